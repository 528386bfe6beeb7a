"""What a format says of itself, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports.report import Report, ReportKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastlanes_sim.core.errors import Problem
    from fastlanes_sim.reports.html.page import Page
    from fastlanes_sim.reports.objectives import Undecided
    from fastlanes_sim.scenario.schema import Scenario

Content = Iterable[bytes]
"""Of one file, piece by piece: what is large need never be in memory as a whole."""
ANY_KIND = frozenset(ReportKind)
EXPERIMENTS = frozenset(
    {
        ReportKind.REPLICATIONS,
        ReportKind.COMPARISON,
        ReportKind.SWEEP,
        ReportKind.SENSITIVITY,
        ReportKind.SEARCH,
        ReportKind.CAPACITY_SEARCH,
    }
)
"""What has intervals over replications of a scenario of the user's."""
JUDGED = EXPERIMENTS | {ReportKind.SIMULATION, ReportKind.BASELINE_CHECK}
"""What has objectives."""
OF_RUN = frozenset({ReportKind.SIMULATION, ReportKind.REPLICATIONS})
"""What `run` writes, in one place: the newer result takes the place of the older one."""
HAS_PAGE = EXPERIMENTS | {ReportKind.SIMULATION, ReportKind.BENCH}
"""What has results of its own to write: a page, charts, a summary."""


@dataclass(frozen=True, slots=True)
class Exportable:
    """A result as exporters see it. What takes time to make is made when it is asked for."""

    report: Report
    page: Callable[[], Page]
    figures: Callable[[], Mapping[str, Any]]
    """Figures by the stem of the file that is to hold each."""
    warnings: Sequence[Problem] = ()
    """About the scenario."""
    undecided: Undecided = None
    """What an undecided objective counts as."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The values of exporters' own options, by name, as `Setting.read` makes them."""
    beside: Mapping[str, object] = field(default_factory=dict)
    """What the summary holds beside the result itself, as plain values."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A further option of a format, such as --trace-window."""

    name: str
    """Of the option, without dashes."""
    metavar: str
    help: str
    read: Callable[[str, Scenario], Any]
    """From the option's text. Called before anything is simulated, so that what is wrong is said first."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format that is a file, or a folder of files."""

    name: str
    """Of the option, without dashes."""
    help: str
    """One or two sentences for `--help`."""
    kinds: frozenset[ReportKind]
    """What it applies to."""
    content: Callable[[Exportable], Content | Mapping[str, Content]]
    """Of the file; or of every file of the folder, by name."""
    metavar: str = "FILE"
    is_folder: bool = False
    file_name: str = ""
    """Beside the results of `run`, where the option is given without a place; other results give it the name of their files. Empty: it
    needs a place."""
    suffixes: tuple[str, ...] = ()
    """With `file_name`: only what ends like this is taken for the option's place."""
    settings: tuple[Setting, ...] = ()
    records_claims: bool = False
    """It needs a simulation that kept every claim."""

    def usual_name(self, kind: ReportKind, stem: str) -> str:
        """Of its file beside the results. A search does not overwrite the page of a run."""
        return self.file_name if kind in OF_RUN else f"{stem}{self.suffixes[0]}"


@dataclass(frozen=True, slots=True)
class Channel:
    """A place that results are reported to without a file of the user's choice, such as GitHub Actions."""

    name: str
    """Of the switch, without dashes."""
    help: str
    kinds: frozenset[ReportKind]
    is_on: Callable[[], bool]
    """Whether it is used where the user does not say."""
    announce: Callable[[Exportable], Iterable[str]]
    """Reports to it, and returns lines for standard error."""
