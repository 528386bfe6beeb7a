"""No circle of imports anywhere, and no file name that means two things.

`lint-imports` (pyproject.toml) holds the order of the packages, and forbids circles between the packages inside a package.
"""

from __future__ import annotations

import re
from collections import defaultdict

import grimp
import pytest

from tools.docs import ROOT
from tools.docs.architecture import PACKAGE, circle_in

MIRRORS = {
    "engines": ("engines/reference", "engines/kernel"),
    "reports": ("reports/content", "reports/figures", "reports/html", "reports/text"),
}
"""Packages that mirror each other: the same name for the same concept is the point. They count as one place."""
ONE_CONCEPT = {
    "advice": "advice: what it consists of (experiments), shown (reports)",
    "resources": "what runs share: written (scenario), simulated (engines)",
    "sharing": "processor sharing: as arithmetic (rules), simulated (engines)",
    "result_diff": "what differs between two results: found (results), shown (reports)",
    "run_life": "the life of one run: found (results), shown (reports)",
    "fit": "the check of a fit: for Python users (api), for readers (reports)",
    "attribution": "the causes of a wait: computed (results), drawn (reports)",
    "baseline": "a recorded baseline: kept (suite), recorded and checked (api), its commands (cli)",
    "bench": "the benchmark suite: run (suite, api), shown (reports), its command (cli)",
    "calibrate": "an export becomes a scenario: done (calibration), its command (cli)",
    "callers": "callers of sync webhooks: simulated (engines), counted (results)",
    "calls": "runs that call others: written (scenario), drawn (traffic), simulated (engines)",
    "capacity_search": "the highest sustainable traffic: found (experiments), shown (reports)",
    "claims": "claims: simulated (engines), recorded (conformance)",
    "compare": "a comparison of layouts: made (experiments), its command (cli)",
    "comparison": "a comparison of layouts: its result (api), shown (reports)",
    "connection": "a worker's connection: simulated (engines), of a real worker (rig)",
    "database": "the database of Lightning: its rules (rules), simulated (engines), in wall-clock time (rig)",
    "design_points": "the design points of an experiment: simulated (experiments), drawn (reports)",
    "incidents": "incidents: what they do (rules), written (scenario), simulated (engines)",
    "messages": "messages on the channel of a run: how many (scenario), drawn (traffic), exchanged (engines)",
    "objectives": "the objectives of a scenario: read (scenario), as CI sees them (reports)",
    "process": "a worker process: what it does (rules), simulated (engines)",
    "queue_channel": "Lightning's process for the queue's channel: simulated (engines), for real workers (rig)",
    "run_channel": "Lightning's process for the channel of a run: simulated (engines), for real workers (rig)",
    "scenario_text": "the text of a scenario: read (api), written (calibration)",
    "schema": "the schema of a scenario: its models (scenario), the command that prints it (cli)",
    "search": "the search for a layout: made (experiments), its result (api), shown (reports), its command (cli)",
    "sensitivity": "which value decides: found (experiments), its result (api), shown (reports), its command (cli)",
    "server": "Lightning: simulated (engines), on a socket (rig)",
    "simulation": "one simulation: done (engines), shown (reports)",
    "slot_occupancy": "how many slots are busy: computed (results), drawn (reports)",
    "sweep": "a sweep: made (experiments), its result (api), shown (reports), its command (cli)",
    "validate": "a model held against an export: done (calibration), its command (cli)",
    "validation": "a model held against an export: its result (api), shown (reports)",
    "wire": "one direction of a connection: simulated (engines), for real workers (rig)",
    "worker": "the worker: simulated (engines), recorded (conformance)",
    "worker_processes": "worker processes: deployed (deployment), counted (results)",
}
"""File names that stand in several packages, each for one concept that these packages look at from their own side."""


def test_no_module_imports_itself_in_the_end():
    """Imports inside functions and those for type checkers count: a circle that is hidden there is a circle still."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    imports = {(module, imported) for module in graph.modules for imported in graph.find_modules_directly_imported_by(module)}
    assert " → ".join(circle_in(imports)) == ""


@pytest.mark.parametrize(
    ("imports", "circle"),
    [
        ([], []),
        ([("a", "b"), ("b", "c"), ("a", "c")], []),
        ([("a", "b"), ("b", "a")], ["a", "b", "a"]),
        ([("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")], ["b", "c", "d", "b"]),
        ([("a", "b"), ("a", "c"), ("c", "b"), ("b", "d"), ("d", "e"), ("e", "d")], ["d", "e", "d"]),
    ],
)
def test_a_circle_is_found_where_there_is_one(imports: list[tuple[str, str]], circle: list[str]):
    assert circle_in(imports) == circle


def test_a_file_name_means_one_thing():
    places = defaultdict(set)
    for file in (ROOT / PACKAGE).rglob("*.py"):
        if file.stem not in ("__init__", "__main__"):
            folder = file.parent.relative_to(ROOT / PACKAGE).as_posix()
            places[file.stem].add(next((whole for whole, parts in MIRRORS.items() if folder in parts), folder))
    twice = {name: sorted(folders) for name, folders in places.items() if len(folders) > 1}
    assert {name: folders for name, folders in twice.items() if name not in ONE_CONCEPT} == {}, (
        "two meanings: rename one; one: list it here"
    )
    assert set(ONE_CONCEPT) - set(twice) == set(), "stands only once now: take it off the list"


def test_the_map_of_contributors_has_every_package():
    rows = set(
        re.findall(r"^\| `fastlanes_sim/([\w/]+?)(?:/|\.py)` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    packages = {one.stem for one in (ROOT / PACKAGE).iterdir() if one.is_dir() and (one / "__init__.py").exists()}
    assert packages - {row.split("/")[0] for row in rows} == set()
    assert [row for row in rows if not any((ROOT / PACKAGE / f"{row}{end}").exists() for end in ("", ".py"))] == []
