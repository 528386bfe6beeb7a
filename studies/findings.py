"""python -m studies.findings: docs/findings.md, from results/suite-2/bench.json and further runs of the suite's workloads.

Finished simulations are kept in the store of the suite, so a second call takes seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from fastlanes_sim.experiments.confidence_intervals import Estimate
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.verdicts import mean_text
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.suite.bench import DEFAULT, FAST, LATE, MANUAL, Bench, Cell, run_bench
from fastlanes_sim.suite.index import load_suite

SUITE = load_suite()
RESULTS = Path("results") / SUITE.name / "bench.json"
REPLICATIONS = 10
REFERENCE, PINNED = "default", "pin-1"
SENSITIVE = ("ethiopia_incident", "saas_day", "growth_10x")
SLOTS = {"ethiopia_incident": (4, 5, 6, 8), "saas_day": (6, 8, 10, 12), "growth_10x": (8, 10, 12, 16)}
BACKOFFS = ("0.2/1", "0.5/5", "1/10", "2/30")
DEBOUNCES: Mapping[str, Mapping[str, object]] = {
    "0 s": {"lightning.work_available_debounce": "0s"},
    "500 ms (as shipped)": {"lightning.work_available_debounce": "500ms"},
    "2 s": {"lightning.work_available_debounce": "2s"},
    "off": {"lightning.broadcast_work_available": False},
}
NOT_RUN = "<!-- not run: it simulates for minutes -->\n\n"
"""Before commands that the tests of the pages leave alone."""
Table = list[list[str]]


class Further:
    """Further runs, kept in a store."""

    def __init__(self, store: Store, executor: Executor) -> None:
        self._store, self._executor = store, executor

    def bench(self, workloads: Sequence[str] | None, layouts: Sequence[str], changes: Mapping[str, object]) -> Bench:
        return run_bench(
            SUITE,
            workloads=workloads,
            layouts=layouts,
            changes=changes,
            replications=REPLICATIONS,
            store=self._store,
            executor=self._executor,
        )


def command(workloads: Sequence[str] = (), layouts: Sequence[str] = (), changes: Mapping[str, object] | None = None) -> str:
    """The command that simulates the same, as a block of its own."""
    return NOT_RUN + line(workloads, layouts, changes)


def line(workloads: Sequence[str], layouts: Sequence[str], changes: Mapping[str, object] | None) -> str:
    """One command of a block."""
    words = ["fastlanes-sim", "bench", *(word for one in workloads for word in ("--workload", one))]
    words += [word for one in layouts for word in ("--layout", one)]
    words += [word for path, value in (changes or {}).items() for word in ("--set", f"{path}={_spelt(value)}")]
    further = ["--replications", str(REPLICATIONS), "--out", "results/try"] if changes or workloads or layouts else []
    return f"    {shlex.join([*words, *further])}"


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- one number ---


def shown(name: str, cell: Cell | Mapping[str, Any]) -> str:
    """The mean of a measure, from a cell just simulated or of the committed results."""
    measure = parse_measure(name)
    return mean_text(measure, cell.estimate(name) if isinstance(cell, Cell) else _estimate(cell["statistics"][name], measure.scale))


def _estimate(found: Mapping[str, Any], scale: float) -> Estimate:
    """As it was before it became JSON: null is no number, or no end."""
    ends = {"mean": math.nan, "upper_mean": math.inf, "low": 0.0, "high": math.inf}
    numbers = {end: other if found[end] is None else found[end] * scale for end, other in ends.items()}
    return Estimate(**numbers, replications=found["replications"], level=found["level"])


def claims(cell: Cell | Mapping[str, Any]) -> float:
    return cell.claims_a_minute.mean if isinstance(cell, Cell) else cell["claims_a_minute"]["mean"]


# --- the sections ---


def gains(results: Mapping[str, Any]) -> list[str]:
    rows = [["workload", "best layout", "score", "fast lane: p99 response", "504s", "default: p95 wait", "manual: p95 wait"]]
    much, little = [], []
    for name, workload in results["workloads"].items():
        layouts = workload["layouts"]
        best = best_of(layouts)
        score = layouts[best]["score"]["value"]
        (much if score < 50 else little if score > 90 else []).append(f"`{name}` ({score:.3g})")
        values = [f"{shown(one, layouts[REFERENCE])} → {shown(one, layouts[best])}" for one in (FAST, LATE, DEFAULT, MANUAL)]
        rows.append([f"`{name}`", f"`{best}`", f"{score:.3g}", *values])
    return [
        "## What Fast Lanes achieves",
        "",
        prose(
            f"Each workload under the worker's default layout `{SUITE.layouts[REFERENCE]}` → under the layout with the best score.",
            f"The gain is large (a score below 50) in {listed(much)}. It is negligible (above 90) in {listed(little)}.",
        ),
        "",
        *markdown(rows),
        "",
        command(),
    ]


def best_of(layouts: Mapping[str, Any]) -> str:
    return min(layouts, key=lambda layout: layouts[layout]["score"]["value"])


def ranks(results: Mapping[str, Any]) -> list[str]:
    names = list(results["layouts"])
    rows = [["workload", *(f"`{name}`" for name in names)]]
    for name, workload in results["workloads"].items():
        scores = {layout: cell["score"] for layout, cell in workload["layouts"].items()}
        rows.append([f"`{name}`", *(_cell(scores[layout]) for layout in names)])
    rows.append(["all", *(_cell(results["composite"][layout]) for layout in names)])
    first = [
        layout for layout in sorted(names, key=lambda one: results["composite"][one]["value"]) if results["composite"][layout]["rank"] == 1
    ]
    return [
        "## The best layout of each workload",
        "",
        prose(
            "The table shows scores. Scores of rank 1 are bold: no other layout is significantly better. Over all workloads",
            listed([f"`{one}` (`{SUITE.layouts[one]}`)" for one in first]),
            f"{'share' if len(first) > 1 else 'has'} the first rank.",
        ),
        "",
        *markdown(rows),
        "",
        command(),
    ]


def _cell(score: Mapping[str, Any]) -> str:
    text = f"{score['value']:.3g}"
    return f"**{text}**" if score["rank"] == 1 else text


def pull_request_alone(results: Mapping[str, Any], further: Further) -> list[str]:
    changes = {"lightning.ruleset": "pre-4515"}
    before, after = further.bench(None, [REFERENCE], changes), further.bench(None, [REFERENCE], {})
    rows = [["workload", "fast lane: p99 response", "504s", "manual: p95 wait", "default: p95 wait"]]
    for name in results["workloads"]:
        was, now = before.cells[name, REFERENCE], after.cells[name, REFERENCE]
        rows.append([f"`{name}`", *(f"{shown(one, was)} → {shown(one, now)}" for one in (FAST, LATE, MANUAL, DEFAULT))])
    return [
        "## The pull request alone",
        "",
        prose(
            f"Before lightning #4515 → with it. The layout stays `{SUITE.layouts[REFERENCE]}`, which does not prefer the fast lane. The",
            "changes are that sync requests bypass limits and that manual runs precede bulk retries. Both use the same runs.",
        ),
        "",
        *markdown(rows),
        "",
        command([], [REFERENCE], changes),
    ]


def limits(results: Mapping[str, Any], further: Further) -> list[str]:
    def spread(workload: str, name: str) -> tuple[str, str]:
        found = sorted(results["workloads"][workload]["layouts"].values(), key=lambda cell: cell["statistics"][name]["mean"])
        return shown(name, found[0]), shown(name, found[-1])

    limit, blind = {"projects.noisy.concurrency": 5}, {"lightning.per_workflow_claim_limit": 500}
    faster = {"lightning.work_available_debounce": "0s", "workers.*.backoff": "0.2/1"}
    raised = further.bench(["noisy_neighbour"], [PINNED], limit).cells["noisy_neighbour", PINNED]
    seen = further.bench(["claim_limit_blind_spot"], [PINNED], blind).cells["claim_limit_blind_spot", PINNED]
    asked = further.bench(["steady_light"], [PINNED], faster).cells["steady_light", PINNED]
    usual = results["workloads"]["steady_light"]["layouts"][PINNED]
    noisy, blinded, steady = spread("noisy_neighbour", DEFAULT), spread("claim_limit_blind_spot", FAST), spread("steady_light", DEFAULT)
    return [
        "## Where it does not help",
        "",
        "### Project limits",
        "",
        prose(
            f"In `noisy_neighbour` the default lane's p95 wait is {noisy[0]} under the best layout and {noisy[1]} under the worst,",
            "because runs wait for the limit of their project (L-13), not for a slot.",
            f"If the limit is raised from 3 to 5, with `{PINNED}`, it is {shown(DEFAULT, raised)}.",
        ),
        "",
        command(["noisy_neighbour"], [PINNED], limit),
        "",
        "### The claim limit",
        "",
        prose(
            f"In `claim_limit_blind_spot` the fast lane's p99 response is {blinded[0]} at best and {blinded[1]} at worst: behind 50 active",
            "runs of its own workflow, a sync request is invisible to every slot (L-11), pinned or not. With PER_WORKFLOW_CLAIM_LIMIT=500",
            f"and `{PINNED}` it is {shown(FAST, seen)}, and {shown(LATE, seen)} of the callers get a 504.",
        ),
        "",
        command(["claim_limit_blind_spot"], [PINNED], blind),
        "",
        "### Polling",
        "",
        prose(
            f"In `steady_light` slots are idle, but the default lane's p95 wait is still {steady[0]} at best and {steady[1]} at worst,",
            "because of start-up, the debounce of 500 ms (L-17) and backoff (W-7). Without debounce, with a backoff of 0.2/1 and",
            f"`{PINNED}`, it is {shown(DEFAULT, asked)}, at {claims(asked):,.0f} claims per minute instead of {claims(usual):,.0f}.",
        ),
        "",
        command(["steady_light"], [PINNED], faster),
    ]


def chains(results: Mapping[str, Any], further: Further) -> list[str]:
    changes = {"workers.*.claim_chains": "single"}
    single, usual = further.bench(None, [REFERENCE, PINNED], changes), further.bench(None, [REFERENCE, PINNED], {})
    rows = [
        [
            "workload",
            *(f"`{one}`: claims per minute" for one in (REFERENCE, PINNED)),
            f"`{PINNED}`: p99 response",
            f"`{PINNED}`: default p95 wait",
        ]
    ]
    ratios = {}
    for name in results["workloads"]:
        real, one = usual.of(name), single.of(name)
        ratios[name] = claims(real[REFERENCE]) / claims(one[REFERENCE])
        costs = [f"{claims(real[layout]):,.0f} → {claims(one[layout]):,.0f}" for layout in (REFERENCE, PINNED)]
        rows.append([f"`{name}`", *costs, *(f"{shown(what, real[PINNED])} → {shown(what, one[PINNED])}" for what in (FAST, DEFAULT))])
    most = max(ratios, key=lambda name: ratios[name])
    return [
        "## What the claim chains cost the database",
        "",
        prose(
            "Claim chains multiply: each completed run can leave one more behind (W-7, W-9 and W-10). The table shows the present worker →",
            "one with a single chain per workloop, as its authors intended (`claim_chains: single`).",
            f"Under the default layout, `{most}` sends {ratios[most]:,.0f} times as many claims as with single chains.",
        ),
        "",
        *markdown(rows),
        "",
        command([], [REFERENCE, PINNED], changes),
    ]


def sensitivity(further: Further) -> list[str]:
    return [
        "## Sensitivity",
        "",
        f"With the layout `{PINNED}` (`{SUITE.layouts[PINNED]}`).",
        "",
        "### Slots of a worker",
        "",
        *_varied(
            further, {name: {str(n): {"workers.*.workloops": f"manual>*:{n}"} for n in counts} for name, counts in SLOTS.items()}, "slots"
        ),
        "",
        "### Backoff",
        "",
        *_varied(further, {name: {one: {"workers.*.backoff": one} for one in BACKOFFS} for name in SENSITIVE}, "backoff"),
        "",
        "### Debounce of `work-available`",
        "",
        *_varied(further, dict.fromkeys(SENSITIVE, DEBOUNCES), "debounce"),
    ]


def _varied(further: Further, settings: Mapping[str, Mapping[str, Mapping[str, object]]], what: str) -> list[str]:
    rows = [["workload", what, "fast lane: p99 response", "504s", "default: p95 wait", "manual: p95 wait", "claims per minute"]]
    commands = []
    for name, values in settings.items():
        for value, changes in values.items():
            cell = further.bench([name], [PINNED], changes).cells[name, PINNED]
            rows.append([f"`{name}`", value, *(shown(one, cell) for one in (FAST, LATE, DEFAULT, MANUAL)), f"{claims(cell):,.0f}"])
            commands.append(line([name], [PINNED], changes))
    return [*markdown(rows), "", "<details><summary>The command of each row</summary>", "", NOT_RUN + "\n".join(commands), "", "</details>"]


# --- the page ---


def prose(*parts: str) -> str:
    """One paragraph, wrapped."""
    return fill(" ".join(parts), 140, break_long_words=False, break_on_hyphens=False)


def listed(names: Sequence[str]) -> str:
    return "none" if not names else names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def markdown(rows: Table) -> Iterable[str]:
    return ("| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int)
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    with Store(RESULTS.parent / "store.sqlite") as store:
        further = Further(store, Executor(arguments.processes))
        sections = [
            gains(results),
            pull_request_alone(results, further),
            limits(results, further),
            chains(results, further),
            ranks(results),
            sensitivity(further),
        ]
    head = [
        "# Findings",
        "",
        prose(
            f"Made by `python -m studies.findings` from `{RESULTS.as_posix()}` ({results['replications']} replications) and further",
            f"runs ({REPLICATIONS}); the command under each table reproduces its numbers. [suite.md](suite.md) says what the workloads,",
            "layouts and scores are. Values are means over replications; a percentile is the mean of the replications' own (`p99/day`, see",
            "[verdicts.md](verdicts.md)). ≈, ≥: runs were still open at the end.",
        ),
        "",
    ]
    Path("docs/findings.md").write_text("\n".join([*head, "\n\n".join("\n".join(section) for section in sections), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
