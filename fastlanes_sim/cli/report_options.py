"""The options that say where else the result of a command goes. They are made from the registry of formats.

A command that writes reports has a parameter `reports` and is decorated with `with_report_options`, which puts an option for each format
that applies in its place.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.core.escaping import html
from fastlanes_sim.reports.exporters.formats import CHANNELS, OPTIONAL, RUNS
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.api.facade import Facade
    from fastlanes_sim.core.errors import Problem
    from fastlanes_sim.reports.exporters.exporter import Exporter
    from fastlanes_sim.reports.exporters.manager import ExportPlan
    from fastlanes_sim.reports.objectives import Undecided as UndecidedCounts
    from fastlanes_sim.scenario.schema import Scenario

Undecided = Annotated[Literal["pass", "fail"] | None, typer.Option(help="Count an undecided objective as passed or failed.")]
_BY_NAME = {one.name: one for one in OPTIONAL}
_PARAMETER = "reports"
_DEFAULT_RUNS = next(iter(RUNS))
_MADE_BY, _HEAD = b'<meta name="generator" content="fastlanes_sim">', 2_000
"""What a page of ours says in its first bytes."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What the command line says of formats."""

    places: Mapping[str, str] = field(default_factory=dict)
    """The FILE of each format that was asked for, by name; empty: beside the results."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The texts of formats' own options, by name."""
    switches: Mapping[str, bool | None] = field(default_factory=dict)
    """Whether each channel is to be used, by name; None: as it decides itself."""
    runs: str = _DEFAULT_RUNS
    """The format of the table of runs."""

    @property
    def asked(self) -> list[Exporter]:
        """The formats, in the order of the registry."""
        return [one for one in OPTIONAL if one.name in self.places]

    @property
    def records_claims(self) -> bool:
        """Whether a format needs a simulation that kept every claim."""
        return any(one.records_claims for one in self.asked)

    def not_for(self, kind: ReportKind) -> list[str]:
        """The options that were given and do not apply."""
        wrong_table = kind is not ReportKind.SIMULATION and self.runs != _DEFAULT_RUNS
        return [f"--{one.name}" for one in self.asked if kind not in one.kinds] + ["--format"] * wrong_table

    def read_settings(self, scenario: Scenario) -> dict[str, Any]:
        """The values of formats' own options; to be read before anything is simulated.

        Raises:
            FastlanesError: an option is given without its format, or says nothing that can be read.
        """
        found = {}
        for one in OPTIONAL:
            for setting in one.settings:
                text = self.settings.get(setting.name)
                if text is not None and one.name not in self.places:
                    raise FastlanesError(f"--{setting.name} needs --{one.name}\n    hint: add --{one.name} {one.metavar}")
                if text is not None:
                    found[setting.name] = setting.read(text, scenario)
        return found

    def plan(self, kind: ReportKind, stem: str, folder: Path, *, charts: bool = True) -> ExportPlan:
        """What to write and where, after its places have been checked: before anything is simulated.

        Raises:
            FastlanesError: something cannot be written there.
        """
        from fastlanes_sim.reports.exporters.manager import standard_plan

        more = [(one, Path(self.places[one.name] or folder / one.usual_name(kind, stem))) for one in self.asked]
        planned = standard_plan(kind, stem, folder, charts=charts, runs=self.runs, more=more)
        planned.check_places()
        return planned

    def write(
        self,
        found: Facade,
        planned: ExportPlan,
        *,
        warnings: Sequence[Problem] = (),
        undecided: UndecidedCounts = None,
        settings: Mapping[str, Any] | None = None,
        **page: Any,
    ) -> list[Path]:
        """Write everything and report to the channels. Returns the files. `page` is what the result's page takes."""
        exportable = found.exportable(warnings=warnings, undecided=undecided, settings=settings, **page)
        written = planned.write(exportable)
        for channel in CHANNELS:
            if channel.name in self.switches and _is_on(channel, self.switches[channel.name]):
                _tell(channel.announce(exportable))
        return written

    def tell_invalid(self, problems: Sequence[Problem]) -> None:
        """Report to CI what is wrong with a scenario, where it would have read the verdicts."""
        from fastlanes_sim.reports.exporters.github import GITHUB, workflow_commands, workspace
        from fastlanes_sim.reports.exporters.junit import JUNIT, junit_xml
        from fastlanes_sim.reports.objectives import invalid_cases
        from fastlanes_sim.results.files import write_bytes
        from fastlanes_sim.results.summary import versions

        cases = invalid_cases(problems)
        if place := self.places.get(JUNIT.name):
            write_bytes(Path(place), [junit_xml(cases, {"versions": versions()})])
        if GITHUB.name in self.switches and _is_on(GITHUB, self.switches[GITHUB.name]):
            _tell(workflow_commands(cases, root=workspace()))

    def remove_outdated(self, found: Facade, folder: Path, written: Sequence[Path]) -> None:
        """Take away a page of another result that lies beside this one, such as that of a single run beside replications, and say so. What
        this program did not make stays."""
        from fastlanes_sim.reports.html.render import identity

        title = f"<title>{html(found.title)}: ".encode("utf-8", "replace")
        same = f'<meta name="result" content="{identity(found.metadata)}">'.encode()
        for one in OPTIONAL:
            old = folder / one.file_name
            if not one.file_name or old in written or not old.is_file():
                continue
            with old.open("rb") as file:
                head = file.read(_HEAD)
            if _MADE_BY in head and not (title in head and same in head):
                old.unlink()
                typer.echo(f"removed {old}: it showed another result; --{one.name} makes it anew", err=True)


def _tell(lines: Iterable[str]) -> None:
    """On standard error as they are: these lines are orders on purpose, and their texts are escaped already."""
    unfiltered = getattr(sys.stderr, "unfiltered", sys.stderr)
    for line in lines:
        print(line, file=unfiltered)


def _is_on(channel: Any, asked: bool | None) -> bool:
    return bool(channel.is_on() if asked is None else asked)


def with_report_options(*kinds: ReportKind) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each format that applies to one of these kinds, in the place of its parameter `reports`."""
    has_runs = ReportKind.SIMULATION in kinds
    formats = [one for one in OPTIONAL if one.kinds & set(kinds)]
    channels = [one for one in CHANNELS if one.kinds & set(kinds)]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [one for one in signature.parameters.values() if one.name != _PARAMETER]

        @wraps(command)
        def wrapper(**given: Any) -> None:
            places = {one.name: place for one in formats if (place := given.pop(_variable(one.name))) is not None}
            settings = {
                setting.name: text
                for one in formats
                for setting in one.settings
                if (text := given.pop(_variable(setting.name))) is not None
            }
            switches = {one.name: given.pop(_variable(one.name)) for one in channels}
            runs = given.pop("format") if has_runs else _DEFAULT_RUNS
            options = ReportOptions(places, settings, switches, runs)
            try:
                command(**given, **{_PARAMETER: options})
            except ScenarioError as error:
                options.tell_invalid(error.problems)
                raise

        wrapper.__signature__ = signature.replace(parameters=[*own, *[_table()] * has_runs, *_parameters(formats), *map(_switch, channels)])  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _parameters(formats: Iterable[Exporter]) -> list[inspect.Parameter]:
    made = []
    for one in formats:
        made.append(_parameter(one.name, str | None, typer.Option(f"--{one.name}", metavar=one.metavar, help=one.help)))
        for setting in one.settings:
            option = typer.Option(f"--{setting.name}", metavar=setting.metavar, help=setting.help)
            made.append(_parameter(setting.name, str | None, option))
    return made


def _switch(one: Any) -> inspect.Parameter:
    return _parameter(one.name, bool | None, typer.Option(f"--{one.name}/--no-{one.name}", help=one.help, show_default=False))


def _table() -> inspect.Parameter:
    option = typer.Option("--format", help="Format of the table of runs. docs/exports.md lists its columns.")
    return _parameter("format", Literal[tuple(RUNS)], option, _DEFAULT_RUNS)


def _parameter(name: str, kind: Any, option: Any, default: str | None = None) -> inspect.Parameter:
    return inspect.Parameter(_variable(name), inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _variable(name: str) -> str:
    return name.replace("-", "_")


def with_default_places(arguments: list[str]) -> list[str]:
    """Let options such as `--html` stand alone: only what follows one and ends like its files is its FILE."""
    return [
        f"{one}=" if _stands_alone(one) and not after.lower().endswith(_BY_NAME[one[2:]].suffixes) else one
        for one, after in pairwise([*arguments, ""])
    ]


def _stands_alone(argument: str) -> bool:
    known = _BY_NAME.get(argument[2:]) if argument.startswith("--") else None
    return known is not None and bool(known.file_name)


class ReportingCommand(TyperCommand):
    """A command some of whose options need no value: `--html [FILE]`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_default_places(args))
