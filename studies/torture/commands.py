"""What is tortured: every command that computes, reads for long or writes, in a size of seconds, in every way in which it can compute."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_RECORDED = Path(__file__).parents[2] / "tests" / "conformance"
SCENARIO = """\
name: tortured
horizon: 5m
projects:
  clinic:
    workflows:
      register: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 12/min}, service: {exponential: {mean: 3s}}}]}
      report: {triggers: [{type: kafka, arrivals: {poisson: 20/min}, service: {exponential: {mean: 4s}}}]}
workers: [{workloops: "fast_lane:1 manual>*:3"}]
slos: [p95(fast_lane.response) < 30s, p95(default.wait) < 60s]
"""


@dataclass(frozen=True)
class Command:
    """A command line in the folder that `template_in` makes."""

    name: str
    words: tuple[str, ...]
    has_processes: bool = False
    has_scheduler: bool = False


def _command(name: str, words: str, ways: str = "") -> Command:
    return Command(name, tuple(words.split()), has_processes="processes" in ways, has_scheduler="scheduler" in ways)


_BOTH = "processes, scheduler"
COMMANDS = (
    _command("run", "run tortured.yaml --horizon 2h --no-charts --html --markdown report.md --junit junit.xml --trace trace.json"),
    _command("run --replications", "run tortured.yaml --replications 6 --no-charts --html --junit junit.xml", _BOTH),
    _command("run --advise", "run tortured.yaml --replications 3 --no-charts --advise --markdown report.md", _BOTH),
    _command("compare", "compare tortured.yaml --layout *:4 --layout *:3 --replications 5 --html page.html", _BOTH),
    _command("sweep", "sweep tortured.yaml --vary traffic=0.5..1:0.25 --replications 3 --no-charts --html page.html", _BOTH),
    _command(
        "sensitivity",
        "sensitivity tortured.yaml --trajectories 2 --samples 2 --keep 2 --replications 2 --no-charts --html page.html",
        _BOTH,
    ),
    _command("search --slots", "search tortured.yaml --slots 3..4 --confirming 22 --replications 44 --no-charts", _BOTH),
    _command("search --traffic", "search tortured.yaml --traffic 0.5..1:0.5 --confirming 22 --replications 44 --no-charts", _BOTH),
    _command("bench", "bench --quick --workload steady_light --layout *:rest --replications 2", _BOTH),
    _command("baseline record", "baseline record tortured.yaml --replications 6", "processes"),
    _command("baseline check", "baseline check base/tortured.json --junit junit.xml", "processes"),
    _command("calibrate", "calibrate runs.csv --layout *:4 --force --check-out fit --rejects rejects.csv"),
    _command("validate", "validate runs.csv --layout *:4"),
    _command("demo", "demo tortured.yaml"),
    _command("traffic", "traffic tortured.yaml --horizon 12h --out traffic.ndjson"),
    _command("explain", "explain tortured.yaml --all"),
    _command("conform", "conform lives lives.jsonl.gz"),
    Command("init", ("init", "first.yaml", "--force", "--workflow", "clinic/register sync 2/min 2s..8s")),
    _command("diff", "diff before after"),
)
"""`run --watch` and `rig` never end by themselves: tests of their own send signals to them."""


@dataclass(frozen=True)
class Trial:
    command: Command
    mode: str
    """`one`, `two` or `dask`."""

    @property
    def name(self) -> str:
        return f"{self.command.name} ({self.mode})"

    def words(self, scheduler: str) -> list[str]:
        """The command line behind `fastlanes-sim`."""
        words = list(self.command.words)
        if self.mode == "dask":
            words += ["--scheduler", scheduler]
        elif self.command.has_processes:
            words += ["--processes", {"one": "1", "two": "2"}[self.mode]]
        return words


def trials() -> list[Trial]:
    """Every command in every way in which it can compute."""
    found = []
    for command in COMMANDS:
        modes = ["one", *(["two"] if command.has_processes else []), *(["dask"] if command.has_scheduler else [])]
        found += [Trial(command, mode) for mode in modes]
    return found


def template_in(folder: Path) -> Path:
    """What every command finds in its folder."""
    template = folder / "template"
    template.mkdir()
    (template / "tortured.yaml").write_text(SCENARIO)
    with gzip.open(_RECORDED / "lives.jsonl.gz", "rt") as recorded, gzip.open(template / "lives.jsonl.gz", "wt") as few:
        few.writelines(recorded.readlines()[:4])
    for words in (
        "run tortured.yaml --horizon 1h --no-charts --export runs.csv --out before",
        "run tortured.yaml --seed 2 --no-charts --out after",
        "baseline record tortured.yaml --replications 6 --out base",
    ):
        found = subprocess.run(
            [sys.executable, "-m", "fastlanes_sim", *words.split()], cwd=template, capture_output=True, text=True, check=False
        )
        if found.returncode not in (0, 98, 99):
            raise RuntimeError(f"{words}: {found.stderr}")
    shutil.rmtree(template / "results", ignore_errors=True)
    return template
