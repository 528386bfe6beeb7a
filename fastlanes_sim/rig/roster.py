"""Which process is which worker of the scenario."""

from __future__ import annotations

from fastlanes_sim.core.quoting import show
from fastlanes_sim.deployment.deployment import Worker


class Roster:
    """A place for each worker of the scenario. A process is known by the id in its token, which it keeps over reconnections."""

    def __init__(self, workers: tuple[Worker, ...]) -> None:
        self._layouts = [layout_of(worker) for worker in workers]
        self._holder: list[str | None] = [None] * len(workers)
        self._present: set[int] = set()

    def place(self, process: str, number: int | None) -> int | None:
        """The place of a process that opens a socket; `number`: that of its worker, if the rig started it. None: all are taken.

        A process that nobody knows gets a place that was never taken, or else one whose process has no connection (it was restarted).
        """
        if number is not None:
            self._holder[number] = process
            return number
        if process in self._holder:
            return self._holder.index(process)
        empty = [place for place, holder in enumerate(self._holder) if holder is None]
        left = [place for place in range(len(self._holder)) if place not in self._present]
        for place in (*empty, *left):
            self._holder[place] = process
            return place
        return None

    def moved(self, place: int, layout: str) -> int:
        """A process has said what its workloops are: its place, or a free one of that layout, if its own is of another."""
        if self._layouts[place] == layout:
            return place
        for other, of_other in enumerate(self._layouts):
            if of_other == layout and other not in self._present and other != place:
                self._holder[place], self._holder[other] = self._holder[other], self._holder[place]
                return other
        return place

    def comes(self, place: int) -> None:
        self._present.add(place)

    def goes(self, place: int) -> None:
        self._present.discard(place)


def layout_of(worker: Worker) -> str:
    """The workloops as the worker tells them when it joins: two of the same queues are one entry, the later counts."""
    return layout_text({">".join(loop.queues): loop.capacity for loop in worker.workloops})


def layout_text(queues: object) -> str:
    """What a join says of its workloops, as a layout without control characters; what is no such thing is shown as it is."""
    if not isinstance(queues, dict):
        return show(str(queues))
    text = " ".join(f"{names}:{count}" for names, count in queues.items())[:500]
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
