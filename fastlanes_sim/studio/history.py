"""The texts that a scenario went through, as a value: where one is, where one can step back or forward to, what is pinned."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_STEPS = 200
"""That are kept; the oldest go first, never the first of all."""


@dataclass(frozen=True, slots=True)
class Step:
    """A text, and what was done to the one before it."""

    text: str
    words: str
    subject: str = ""
    """What was changed: the place of a control, or whatever else is changed many times in a row. Empty: every change is a step."""


@dataclass(frozen=True, slots=True)
class History:
    """At least one step."""

    steps: tuple[Step, ...]
    place: int = 0
    """Of the current step."""
    pinned: str | None = None
    """The text that the current one is compared with."""
    is_open: bool = False
    """The last step may still be replaced by one of the same subject: a slider that is still being moved."""

    @staticmethod
    def of(text: str) -> History:
        """The history of what has just been opened."""
        return History((Step(text, "opened"),))

    @property
    def text(self) -> str:
        return self.steps[self.place].text

    @property
    def can_go_forward(self) -> bool:
        return self.place < len(self.steps) - 1

    def changed(self, text: str, words: str, subject: str = "") -> History:
        """One step further; what had been taken back is forgotten. The same text is no step.

        Args:
            words: what was done, for people.
            subject: what was changed. Several changes of one subject in a row are one step.
        """
        if text == self.text:
            return self
        steps = self.steps[: self.place + 1]
        if subject and self.is_open and len(steps) > 1 and steps[-1].subject == subject and not self.can_go_forward:
            steps = steps[:-1]
        steps = (*steps, Step(text, words, subject))
        if len(steps) > MOST_STEPS:
            steps = (steps[0], *steps[2:])
        return replace(self, steps=steps, place=len(steps) - 1, is_open=bool(subject))

    def went(self, place: int) -> History:
        """At another step; beyond the ends at the last one there is."""
        return replace(self, place=max(0, min(place, len(self.steps) - 1)), is_open=False)

    def pin(self, text: str | None) -> History:
        return replace(self, pinned=text)
