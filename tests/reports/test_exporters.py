"""The formats of reports: what the registry promises, and the one who writes."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim import simulate
from fastlanes_sim.api.result import Result
from fastlanes_sim.cli import report_options
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.exporters import formats
from fastlanes_sim.reports.exporters.exporter import JUDGED, Exportable, Exporter, Setting
from fastlanes_sim.reports.exporters.manager import ExportPlan, standard_plan
from fastlanes_sim.reports.report import ReportKind
from tests.cli.conftest import SMALL


@pytest.fixture(scope="module")
def small() -> Result:
    return simulate(SMALL, engine="model", horizon="5m", record_claims=True)


def test_each_format_has_a_file_and_a_name_of_its_own():
    every = [*formats.OPTIONAL, *formats.RUNS.values(), *formats.STANDARD, formats.CHARTS]
    names = [one.name for one in every] + [one.name for one in formats.CHANNELS]
    assert len(set(names)) == len(names)
    folder = Path(formats.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "exporter", "manager", "formats", "pieces"}
    homes = {inspect.getmodule(one.content) for one in every} | {inspect.getmodule(one.announce) for one in formats.CHANNELS}
    assert {Path(home.__file__).stem for home in homes if home is not None and home.__file__} == files


def test_a_new_format_brings_its_options_along(monkeypatch: pytest.MonkeyPatch):
    colour = Setting("tap-colour", "COLOUR", "Colour of the lines.", lambda text, _: text.upper())
    tap = Exporter("tap", "Write TAP.", JUDGED, lambda one: [b"ok"], settings=(colour,))
    monkeypatch.setattr(report_options, "OPTIONAL", (tap,))
    seen: list[Any] = []

    @report_options.with_report_options(ReportKind.SWEEP)
    def command(scenario: str, *, reports: report_options.ReportOptions) -> None:
        seen.append((scenario, reports))

    assert list(inspect.signature(command).parameters) == ["scenario", "tap", "tap_colour", "github"]
    command(scenario="x", tap="out.tap", tap_colour="red", github=None)
    ((scenario, reports),) = seen
    assert (scenario, reports.places, reports.asked) == ("x", {"tap": "out.tap"}, [tap])
    assert reports.read_settings(None) == {"tap-colour": "RED"}
    with pytest.raises(FastlanesError, match=r"--tap-colour needs --tap\n    hint: add --tap FILE"):
        report_options.ReportOptions({}, {"tap-colour": "red"}).read_settings(None)  # type: ignore[arg-type]


def test_every_format_of_a_single_run_writes_a_file(small: Result, tmp_path: Path):
    for one in (one for one in formats.OPTIONAL if ReportKind.SIMULATION in one.kinds):
        (file,) = small.export(one.name, tmp_path / "deep" / f"x.{one.name}")
        assert file.stat().st_size > 20


def test_nothing_is_left_of_a_file_whose_writing_fails(small: Result, tmp_path: Path):
    def broken(_: Exportable) -> Any:
        yield b"half"
        raise KeyboardInterrupt

    (tmp_path / "x").write_text("before")
    plan = ExportPlan(((Exporter("broken", "", JUDGED, broken), tmp_path / "x"),))
    with pytest.raises(KeyboardInterrupt):
        plan.write(small.exportable())
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "before"


def test_places_are_made_or_refused_beforehand(tmp_path: Path):
    (tmp_path / "file").write_text("")
    html = next(one for one in formats.OPTIONAL if one.name == "html")
    standard_plan(ReportKind.SWEEP, "sweep", tmp_path / "new", more=[(html, tmp_path / "other" / "x.html")]).check_places()
    assert (tmp_path / "new").is_dir()
    assert (tmp_path / "other").is_dir()
    for place, message in ((tmp_path / "file" / "x.html", "no results can be written there"), (tmp_path, "is a folder")):
        with pytest.raises(FastlanesError, match=message):
            ExportPlan(((html, place),)).check_places()


def test_a_check_of_baselines_writes_nothing_unless_it_is_asked_to(tmp_path: Path):
    assert standard_plan(ReportKind.BASELINE_CHECK, "check", tmp_path).entries == ()


def test_reports_never_import_a_result_that_draws():
    """Renderers take plain data; `api` is above them."""
    for path in Path(formats.__file__).parents[1].rglob("*.py"):
        assert "fastlanes_sim.api" not in path.read_text(encoding="utf-8"), path
