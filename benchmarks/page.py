"""python -m benchmarks.page: docs/performance.md and the table in the README, from the figures in benchmarks/results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
FIGURES = ("sizes", "engines", "growth", "attribution", "idle", "questions", "fleet")


README = Path("README.md")
HEAD_IN_README = ["system", "kernel, runs/s", "compared with"]


def main() -> None:
    found = figures()
    Path("docs/performance.md").write_text(page(found), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    README.write_text(text.replace("\n".join(table_in(text)), "\n".join(readme_table(found["engines"]))), encoding="utf-8")


def figures() -> dict[str, Any]:
    """All that the page shows."""
    return {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in FIGURES}


def table_in(readme: str) -> list[str]:
    """The lines of the README's table of engines."""
    first = table(HEAD_IN_README, [])[0]
    found = re.search(rf"{re.escape(first)}\n(?:\|.*\n)*", readme)
    assert found is not None
    return found.group().splitlines()


SYSTEMS = {
    "a": "five ideal servers, three ranked queues",
    "b": "the incident, real worker rules",
    "c": "1,000 workflows with limits, 40 workers, backlog 5,000",
}
OTHERS = {
    "the reference engine": "the reference engine",
    "salabim": "salabim",
    "Ciw": "Ciw",
    "natural SimPy": "SimPy with a process per run",
    "leanest SimPy": "the leanest SimPy script",
    "C++ (drawn as for the kernel)": "bare C++",
}


def readme_table(engines: Mapping[str, Any]) -> list[str]:
    """What the kernel does in a second, and how many times as fast it is as others that were measured beside it."""
    rows = []
    for name, system in SYSTEMS.items():
        one = engines[name]
        times = one["kernel_times_as_fast"]
        compared = ", ".join(f"{times[who]:.{0 if times[who] >= 20 else 2}f} × {what}" for who, what in OTHERS.items() if who in times)
        rows.append([system, f"{round(one['runs_per_second']['kernel'], -3):,.0f}", compared])
    return table(HEAD_IN_README, rows)


_NOT_RUN = ("<!-- not run: it measures for minutes -->", "")
"""Before commands that the tests of the pages must not run."""


def page(found: Mapping[str, Any]) -> str:
    sizes, engines, growth = found["sizes"], found["engines"], found["growth"]
    machine = ", ".join(f"{name} {value}" for name, value in sizes["machine"].items() if name not in ("processor", "rounds"))
    lines = [
        "# How fast the simulator is",
        "",
        "Made by `python -m benchmarks.page` from `benchmarks/results`. The rows of a table were measured together, taking turns, on one",
        "core of a shared machine. Ratios are valid elsewhere, seconds are not. Drawing the runs is included; compiling the kernel (once)",
        "is not.",
        "",
        f"Machine: {sizes['machine']['processor']}; {machine}.",
        "",
        "## Both engines on three sizes",
        "",
        "The incident's deployment with real worker rules. An event is what the engine itself counts: the kernel computes polls that must",
        "fail instead of simulating them. In processor time.",
        "",
        *table(
            ["runs", "reference: runs/s", "events/s", "kernel: runs/s", "events/s", "kernel/reference"],
            (
                [
                    f"{int(runs):,}",
                    *(
                        f"{one[engine][what]:,.0f}"
                        for engine in ("reference", "kernel")
                        for what in ("runs_per_second", "events_per_second")
                    ),
                    f"{one['kernel']['runs_per_second'] / one['reference']['runs_per_second']:,.0f} ×",
                ]
                for runs, one in sizes["sizes"].items()
            ),
        ),
        "",
        *_NOT_RUN,
        "    python -m benchmarks.sizes",
        "",
        "## Compared with other simulators",
        "",
    ]
    for name in ("a", "b", "c"):
        one = engines[name]
        rows = ([who, f"{rate:,.0f}", f"{one['kernel_times_as_fast'][who]:,.2f} ×"] for who, rate in one["runs_per_second"].items())
        lines += [f"{one['title']}:", "", *table(["", "runs/s", "the kernel is"], rows), ""]
    memory = growth["bytes_per_run_at_10_million"]
    start = sizes["startup"]
    return "\n".join(
        [
            *lines,
            "    make time-engines",
            "",
            *_idle(found["idle"]),
            *_questions(found["questions"]),
            *_fleet(found["fleet"]),
            "## Growth, memory, start-up",
            "",
            f"- Time grows with the number of runs to the power of {growth['exponent_of_runs']:.2f} (10⁵ to 10⁷ runs).",
            *_exponents(growth),
            *(f"- Memory, everything included: {bytes_:.0f} bytes per run ({name}, 10 million runs)." for name, bytes_ in memory.items()),
            f"- `fastlanes-sim --help` takes {start['--help'] / start['import numpy']:.2f} times as long as importing numpy.",
            "- Simulation with attribution, compared with simulation alone:",
            *(f"    - {name}: {_attribution(one)}" for name, one in found["attribution"].items()),
            "",
            *_NOT_RUN,
            "    python -m benchmarks.growth",
            "    python -m benchmarks.startup",
            "    python -m benchmarks.attribution",
            "",
        ]
    )


def _idle(idle: Mapping[str, Any]) -> list[str]:
    nothing = idle["nothing arrives"]
    seconds = {f"{int(days):,}": taken for days, taken in nothing["seconds_by_days"].items()}
    return [
        "## Polls that come back empty",
        "",
        "A day of the incident. A poll that must fail is foreseen where nothing can come between: only the end of the next sleep is an",
        "event. Beside it the same kernel that simulates each of them, in turn; the logs are equal. The times are of whole simulations,",
        "runs included.",
        "",
        *table(
            ["", "empty claims", "simulated: s", "ns each", "foreseen: s", "ns each", "times as fast"],
            (
                [
                    name,
                    f"{one['empty_claims']:,}",
                    f"{one['seconds_simulated']:.3f}",
                    f"{one['ns_per_empty_claim_simulated']:,.0f}",
                    f"{one['seconds']:.3f}",
                    f"{one['ns_per_empty_claim']:,.0f}",
                    f"{one['times_as_fast']:.1f} ×",
                ]
                for name, one in idle.items()
                if "empty_claims" in one
            ),
        ),
        "",
        f"Where nothing arrives, {' / '.join(seconds)} days take {' / '.join(f'{1e3 * taken:.1f}' for taken in seconds.values())} ms:",
        f"the time grows with the horizon to the power of {nothing['exponent_of_horizon']:.2f}.",
        "",
        "With one idle slot, or with ten workers that are all notified of each run, most of the time goes to the runs. What one more",
        "failing poll costs is the difference to the same simulation with twice the maximum of the backoff, in which the idle poll half as",
        "often and everything else is the same. What is less than 10 ns is noise:",
        "",
        *table(
            ["", "backoff up to", "more failing polls", "simulated: ns each", "foreseen: ns each"],
            (
                [
                    name,
                    f"{one['backoff_maximum_ms'] // 1_000} s",
                    f"{one['more_polls']:,}",
                    f"{one['ns_of_one_more_simulated']:,.0f}",
                    f"{one['ns_of_one_more']:,.0f}",
                ]
                for name, one in idle.items()
                if "more_polls" in one
            ),
        ),
        "",
        "The polls of one slot that idles between two arrivals are counted instead of made. Ten workers share the database's",
        "processors (L-25): polls whose queries overlap are simulated.",
        "",
        f"295 runs in 326 days on four slots take {idle['sparse']['seconds']:.2f} s; {idle['sparse']['claims']:,} claims are sent.",
        "",
        *_NOT_RUN,
        "    python -m benchmarks.idle",
        "",
    ]


def _questions(questions: Mapping[str, Any]) -> list[str]:
    return [
        "## What a question costs",
        "",
        "Commands about the incident (`scenarios/ethiopia_sync.yaml`), with nothing computed before. Seconds; processor time is that of",
        "all processes together. The wall time depends on what else the machine does.",
        "",
        *table(
            ["", "processor", "wall", "first output"],
            ([name, *(f"{one[what]:.1f}" for what in ("processor", "wall", "first_output"))] for name, one in questions.items()),
        ),
        "",
        *_NOT_RUN,
        "    python -m benchmarks.questions",
        "",
    ]


def _fleet(fleet: Mapping[str, Any]) -> list[str]:
    command = fleet["command"]
    return [
        "## A fleet",
        "",
        f"500 workers with four workloops each, ten million runs a day (`benchmarks/fleet.yaml`). {fleet['horizon']} of it, which are",
        f"{fleet['runs']:,} runs and {fleet['claims']:,} claims, take {fleet['seconds']:.1f} s of processor time after",
        f"{fleet['seconds_of_drawing']:.1f} s of drawing, and {fleet['peak_mb']:,} MB at most.",
        "",
        f"`fastlanes-sim run benchmarks/fleet.yaml --replications 2` takes {command['seconds_a_replication']:.0f} s of it a replication,",
        f"with all percentiles and intervals, and {command['peak_mb']:,} MB. Without `--replications` the causes of all waits are found,",
        "too. That wants `--force`: an hour of the day takes a minute.",
        "",
        *_NOT_RUN,
        "    python -m benchmarks.fleet",
        "",
    ]


def _exponents(growth: Mapping[str, Any]) -> list[str]:
    power = {what: {size: f"{one['exponent']:.2f}" for size, one in growth[what].items()} for what in ("incident", "nothing arrives")}
    incident, nothing = power["incident"], power["nothing arrives"]
    return [
        "- That of a day of the incident grows with the number of workers (1 to 50) to the power of",
        f"  {incident['workers']}, and with that of idle slots (1 to 50) to the power of {incident['idle slots']}.",
        f"- Where nothing arrives, it grows with the number of workers to the power of {nothing['workers']}, with that of",
        f"  idle slots to the power of {nothing['idle slots']}, and with the horizon (1 to 1,000 days) to the power of {nothing['days']}.",
    ]


def _attribution(one: Mapping[str, Any]) -> str:
    seconds = one["seconds"]
    plain = seconds["simulating"]
    return f"{(seconds['simulating with change points'] + seconds['attributing']) / plain:.2f} times as long"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]


if __name__ == "__main__":
    main()
