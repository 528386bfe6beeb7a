"""`--help` in a terminal of 80 columns: nothing is cut, and options are explained in plain English."""

from __future__ import annotations

import re

import pytest

from fastlanes_sim.reports.exporters import formats
from fastlanes_sim.reports.report import ReportKind

COMMANDS = (
    "run", "compare", "sweep", "sensitivity", "search", "bench", "demo", "calibrate", "validate", "conform", "rig", "traffic", "schema",
    "baseline",    "studio",    "baseline record", "baseline check",
)  # fmt: skip
REPORTING = {
    "run": {ReportKind.SIMULATION, ReportKind.REPLICATIONS},
    "compare": {ReportKind.COMPARISON},
    "sweep": {ReportKind.SWEEP},
    "sensitivity": {ReportKind.SENSITIVITY},
    "search": {ReportKind.SEARCH, ReportKind.CAPACITY_SEARCH},
    "baseline check": {ReportKind.BASELINE_CHECK},
}
AVOIDED = re.compile(r"\b(plays?|played|told|tells|cures?|carried|laws?|duty|pool)\b|(?<!such )\b[Aa]s [a-z0-9_]+\(|\bis of (a|one)\b")


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")


@pytest.mark.parametrize("group", ["", "baseline"])
def test_a_command_s_line_is_never_cut(invoke, group: str):
    listed = invoke(*group.split(), "--help").out.partition("Commands:\n")[2].splitlines()
    assert len(listed) >= (2 if group else 11)
    for line in listed:
        assert re.fullmatch(r"  [a-z]+ +[A-Z].*\w\.", line), line
        assert len(line) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_short_sentences_without_our_own_words(invoke, command: str):
    text = invoke(*command.split(), "--help").out
    assert max(map(len, text.splitlines())) <= 80
    assert not AVOIDED.findall(text)
    assert "..." not in re.sub(r"\w+\.\.\. <|\[ARGS\]\.\.\.|\.\.\. *$|\[\w+\]\.\.\.|\{\w+\}\.\.\.", "", text, flags=re.MULTILINE)
    options = text.partition("Options:\n")[2].partition("Commands:")[0]
    helps = [" ".join(part.split()) for part in re.split(r"\n(?=  -)", options)]
    for one in helps:
        assert re.search(r"\.(\s*\[.*\])?$", one), f"no sentence: {one}"


@pytest.mark.parametrize("command", REPORTING)
def test_a_command_has_an_option_for_each_format_that_applies(invoke, command: str):
    text = invoke(*command.split(), "--help").out
    offered = set(re.findall(r"^  --([a-z-]+)", text, re.MULTILINE))
    kinds = REPORTING[command]
    for one in formats.OPTIONAL:
        assert (one.name in offered) == bool(one.kinds & kinds), one.name
