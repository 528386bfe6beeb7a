"""python -m studies.torture: signals at random moments to every command. Linux.

A command that ends as if nothing had happened must have done everything. After each signal no process may be left after two seconds. Then
the same command is started again: its files must have the bytes of a run that nobody disturbed, and no other file may be there, temporary
ones included. Ctrl-C goes to all processes of a command, as in a terminal.

Of the moments of each signal, command and way to compute, two fifths are spread over the whole of a command with a Python of its own, three
fifths over one that begins behind the imports (`starts.py`). The study keeps each moment in `--record` as soon as it is over, and continues
there. Moments that other sources had count no more; only the modules that the command imports count as its sources.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import queue
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fastlanes_sim.engines.selection import make_ready
from studies.torture.commands import Trial, template_in, trials
from studies.torture.record import Moment, Record, fingerprint, imported
from studies.torture.starts import Ended, Forks, OwnPython, Place, Starter
from tests.support.processes import wait_until

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ROUNDS = 10
GONE = 2.0
"""Seconds after a command's end by which all its processes must have ended."""
PATIENCE = 60.0
"""Seconds that a command may take to keep what it has after SIGTERM or SIGINT, on a machine that does other things."""
ENDS = 600.0
"""Seconds after which a command that nobody disturbs counts as hanging."""
INTERRUPTED = 105
STORES = (".sqlite", ".sqlite-wal", ".sqlite-shm")
"""Of what has been computed: their bytes depend on the order in which it was."""
_LATE = 5
"""How often a signal may come after the command's end before it is given up."""


@dataclass(frozen=True)
class Undisturbed:
    """What a command does that nobody disturbs."""

    files: Mapping[str, bytes]
    code: int
    modules: frozenset[str]


@dataclass
class Known:
    """What a trial has been found to do, today."""

    undisturbed: Undisturbed
    sources: str
    fine: set[str] = field(default_factory=set)
    """Folders, by a checksum of all their files, in which a second start was fine."""


def files_below(place: Place) -> dict[str, bytes]:
    paths = sorted(path for folder in (place.work, place.temporary) for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(place.root)): path.read_bytes() for path in paths}


def _without_stores(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.endswith(STORES)}


def _checksum(files: Mapping[str, bytes]) -> str:
    found = hashlib.sha256()
    for name, content in sorted(files.items()):
        found.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return found.hexdigest()


@contextmanager
def prepared(template: Path) -> Iterator[Place]:
    """A folder of its own."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        place = Place(Path(folder))
        shutil.copytree(template, place.work)
        place.temporary.mkdir()
        yield place


def to_its_end(starter: Starter, trial: Trial, place: Place, scheduler: str, more: Mapping[str, str] | None = None) -> Ended:
    """
    Raises:
        RuntimeError: it fails, or does not end.
    """
    running = starter.start(trial.words(scheduler), place, more or {})
    ended = running.ended(ENDS)
    if ended is None:
        os.kill(running.pid, signal.SIGKILL)
        running.ended(None)
        raise RuntimeError(f"{trial.name}: it does not end")
    if ended.code not in (0, 98, 99):
        raise RuntimeError(f"{trial.name} ends with {ended.code}: {ended.err[-600:]}")
    return ended


def undisturbed(trial: Trial, template: Path, scheduler: str) -> Undisturbed:
    """Run it to its end, with a Python of its own."""
    with prepared(template) as place:
        ended = to_its_end(OwnPython(), trial, place, scheduler, {"PYTHONPROFILEIMPORTTIME": "1"})
        return Undisturbed(_without_stores(files_below(place)), ended.code, frozenset(imported(ended.err)))


def disturbed(
    starter: Starter, again: Starter, trial: Trial, template: Path, scheduler: str, number: signal.Signals, after: float, known: Known
) -> tuple[Ended, bool, list[str]] | float:
    """Send the signal after so many seconds. How it ended, whether it was started again, and what is wrong then; or, if it had ended
    before, after how many seconds."""
    expected = known.undisturbed
    wrong: list[str] = []
    with prepared(template) as place:
        running = starter.start(trial.words(scheduler), place, {})
        if early := running.ended(after):
            return early.seconds
        send = os.killpg if number == signal.SIGINT else os.kill  # a terminal sends Ctrl-C to all processes of the command
        send(running.pid, number)
        ended = running.ended(PATIENCE)
        if ended is None:
            wrong.append(f"it still runs {PATIENCE:.0f} s after the signal")
            os.kill(running.pid, signal.SIGKILL)
            ended = running.ended(None)
            assert ended is not None
        elif ended.code not in (-number, expected.code) and (ended.code != INTERRUPTED or number == signal.SIGKILL):
            wrong.append(f"exit code {ended.code}: {ended.err[-300:]}")
        if ended.code == expected.code:  # it says that it has done everything
            wrong += differences(_without_stores(files_below(place)), expected.files)
        if "Traceback" in ended.err and ended.code != -number:
            wrong.append(f"a traceback: {ended.err[-600:]}")
        if not wait_until(lambda: not place.processes(), GONE):
            left, since = place.processes(), time.monotonic()
            are_gone = wait_until(lambda: not place.processes(), PATIENCE)
            wrong.append(f"processes are left{f', for {GONE + time.monotonic() - since:.1f} s' if are_gone else ''}: {left}")
        state = _checksum(files_below(place))
        if is_new := state not in known.fine:
            try:
                found = to_its_end(again, trial, place, scheduler)
            except RuntimeError as error:
                return ended, True, [*wrong, f"the second start: {error}"]
            if found.code != expected.code:
                wrong.append(f"the second start ended with {found.code}: {found.err[-300:]}")
            wrong += differences(_without_stores(files_below(place)), expected.files)
            if not wrong:
                known.fine.add(state)
    return ended, is_new, wrong


def differences(found: Mapping[str, bytes], expected: Mapping[str, bytes]) -> list[str]:
    """Of files, in words."""
    return [
        *(f"{name} is left" for name in sorted(found.keys() - expected.keys())),
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} has other bytes" for name in sorted(found.keys() & expected.keys()) if found[name] != expected[name]),
    ]


def begins_behind_imports(round_: int) -> bool:
    """Whether the commands of this round do."""
    return round_ % 5 not in (0, 2)


def plan(moments: int) -> list[tuple[int, float, float, bool]]:
    """Number of each moment, the part of the duration in which it lies (from, to), and whether the command begins behind the imports."""
    found = []
    kinds = [begins_behind_imports(number * ROUNDS // moments) for number in range(moments)]
    for kind in (False, True):
        numbers = [number for number, one in enumerate(kinds) if one == kind]
        parts = list(range(len(numbers)))
        random.Random(f"parts {kind}").shuffle(parts)
        found += [(number, part / len(numbers), (part + 1) / len(numbers), kind) for number, part in zip(numbers, parts, strict=True)]
    return sorted(found)


class Study:
    """Stations take rounds of trials, each station with a process that forks."""

    def __init__(self, asked: argparse.Namespace, template: Path, scheduler: str) -> None:
        self._asked, self._template, self._scheduler = asked, template, scheduler
        self._record = Record(asked.record)
        self._known: dict[str, Known] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._end = time.monotonic() + 60 * asked.minutes
        self._todo: queue.SimpleQueue[tuple[int, Trial]] = queue.SimpleQueue()
        self.is_over = threading.Event()
        for round_ in range(ROUNDS):
            for trial in trials():
                self._todo.put((round_, trial))

    def station(self) -> None:
        """Take what is to be done until there is nothing, or the time is over."""
        forks = Forks()
        try:
            while not self.is_over.is_set() and time.monotonic() < self._end:
                try:
                    round_, trial = self._todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    self._round(forks, round_, trial)
                except RuntimeError as error:
                    self._say(f"{trial.name}: NOT TRIED: {error}")
        finally:
            forks.close()

    def _round(self, forks: Forks, round_: int, trial: Trial) -> None:
        moments = [one for one in plan(self._asked.moments) if one[0] * ROUNDS // self._asked.moments == round_]
        with self._locks[trial.name]:
            known = self._known_of(trial)
        done = {(one.signal, one.number) for one in self._record.of(trial.name, known.sources)}
        todo = [(*one, signal_) for one in moments for signal_ in SIGNALS if (signal_.name, one[0]) not in done]
        if not todo:
            return
        starter: Starter = forks if begins_behind_imports(round_) else OwnPython()
        with prepared(self._template) as place:
            duration = to_its_end(starter, trial, place, self._scheduler).seconds
            if wrong := differences(_without_stores(files_below(place)), known.undisturbed.files):
                raise RuntimeError(f"undisturbed it does not do the same twice: {wrong}")
        for number, least, most, _, signal_ in todo:
            if self.is_over.is_set() or time.monotonic() > self._end:
                return
            chance = random.Random(f"{self._asked.seed} {trial.name} {number} {signal_.name}")
            for _ in range(_LATE):
                after = chance.uniform(least, most) * duration
                found = disturbed(starter, forks, trial, self._template, self._scheduler, signal_, after, known)
                if not isinstance(found, float):
                    break
                duration = found  # the machine has become faster
            else:
                continue
            ended, again, wrong = found
            is_own = isinstance(starter, OwnPython)
            moment = Moment(
                trial.name,
                signal_.name,
                number,
                is_own,
                round(after, 3),
                round(duration, 3),
                ended.code,
                again,
                known.sources,
                tuple(wrong),
            )
            self._record.add(moment)
            self._say(f"{trial.name}, {signal_.name} after {after:.2f} of {duration:.2f} s: {len(wrong)} faults")
            for one in wrong:
                self._say(f"    {one}")

    def _known_of(self, trial: Trial) -> Known:
        if trial.name not in self._known:
            found = undisturbed(trial, self._template, self._scheduler)
            inputs = [path.read_bytes() for path in sorted(self._template.rglob("*")) if path.is_file() and path.suffix != ".gz"]
            without_address = replace(trial, mode="two").words("") if trial.mode == "dask" else trial.words("")
            self._known[trial.name] = Known(found, fingerprint(found.modules, [*without_address, trial.mode], inputs))
        return self._known[trial.name]

    @staticmethod
    def _say(line: str) -> None:
        print(time.strftime("%H:%M:%S ") + line, flush=True)

    def table(self) -> str:
        """How many signals there were, and how many of them went wrong, a row a trial."""
        heads = [one.name for one in SIGNALS]
        lines = [f"| command | {' | '.join(heads)} | started again | faults |", "| --- " * (len(heads) + 3) + "|"]
        everything: list[Moment] = []
        for trial in trials():
            if trial.name in self._known:
                found = self._record.of(trial.name, self._known[trial.name].sources)
                everything += found
                counts = [sum(one.signal == name for one in found) for name in heads]
                cells = [trial.name, *counts, sum(one.again for one in found), sum(bool(one.faults) for one in found)]
                lines.append(f"| {' | '.join(map(str, cells))} |")
        return "\n".join([*lines, "", f"{len(everything)} signals, {sum(bool(one.faults) for one in everything)} with faults"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Torture, and print a row a command."""
    parser = argparse.ArgumentParser(prog="python -m studies.torture", description=__doc__)
    parser.add_argument("--moments", type=int, default=30, help="Of each signal, command and mode.")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="After which no other moment is begun.")
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--stations", type=int, default=2, help="How many commands run at once.")
    parser.add_argument("--record", type=Path, default=Path("results/torture.jsonl"), help="File that keeps each moment.")
    asked = parser.parse_args(arguments)
    asked.record.parent.mkdir(parents=True, exist_ok=True)
    asked.record = asked.record.resolve()
    import distributed

    dask: Any = distributed  # most of it has no types

    with (
        tempfile.TemporaryDirectory(prefix="torture-") as place,
        dask.LocalCluster(dashboard_address=":0", n_workers=2, threads_per_worker=1, processes=True) as cluster,
    ):
        make_ready("kernel")  # once, and not in each of them
        study = Study(asked, template_in(Path(place)), cluster.scheduler_address)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: study.is_over.set())
        stations = [threading.Thread(target=study.station) for _ in range(asked.stations)]
        for station in stations:
            station.start()
        for station in stations:
            station.join()
    print(study.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
