"""What a report page consists of, whatever it reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.report import Table


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with the numbers behind it."""

    heading: str
    says: str
    """In words, for those who do not see it: what is drawn over what."""
    svg: str
    """As `svg.inline` makes it."""
    numbers: Sequence[Table]
    legend: str = ""
    """A sentence for everybody, above the picture."""


LONGEST_TEXT = 200_000
"""Characters of a scenario that a page shows; the page is to stay small."""


@dataclass(frozen=True, slots=True)
class Text:
    """A scenario file as it was read."""

    name: str
    text: str
    overrides: Mapping[str, object] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The text, cut where it is very long."""
        rest = len(self.text) - LONGEST_TEXT
        return self.text if rest <= 0 else f"{self.text[:LONGEST_TEXT]}\n… and {rest:,} characters more"


@dataclass(frozen=True, slots=True)
class Page:
    """In the order in which it is read."""

    title: str
    cases: Sequence[Case]
    why: Sequence[str]
    """Sentences."""
    charts: Sequence[Chart]
    tables: Sequence[Table]
    scenarios: Sequence[Text]
    metadata: Mapping[str, object]
    warnings: Sequence[str] = ()
    advice: Sequence[Sequence[str]] = ()
    """Paragraphs of lines; a line that begins with a space is a command."""
    advised_on: str = "Each change was simulated on the same runs."
    interrupted: bool = False
    caution: str = ""
    """What the headline says beside the verdicts: `workflow.clinic.import starves`."""
    headline: str = ""
    """The answer in one sentence; where there is none the objectives are counted."""
    question: str = ""
    """What the scenario asks."""
    why_heading: str = ""
    """Of the sentences, where it is not about waits."""
    facts: Sequence[tuple[str, str]] = ()
    """What the answer is about and rests on: name and value."""
