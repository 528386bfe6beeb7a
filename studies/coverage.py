"""python -m studies.coverage: do 95 % intervals contain the true value 95 times in 100?

Simulates the experiments of each of `cells.CELLS`. Writes studies/results/coverage.json and the table of docs/coverage.md. The values
depend neither on the number of processes nor on which cells are asked for.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from fastlanes_sim.engines.selection import make_ready
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.measures.objective import OF_DAYS, Objective
from fastlanes_sim.measures.quantities import SHARE
from studies.cells import CELLS, Cell, experiment, parsed

RESULTS, DOCS = Path("studies/results/coverage.json"), Path("docs/coverage.md")
WANTED = 0.93, 0.97
"""A cell fails only if its 99 % binomial interval lies outside."""
WRONGLY = 0.025
"""The most of the experiments that may say met where the bound is the truth, likewise."""


Row = dict[str, float | int | str]


def study(cell: Cell, experiments: int, executor: Executor) -> list[Row]:
    """One row a statistic."""
    truths = cell.truths(cell, executor)
    job = partial(experiment, cell, [truth.value for truth in truths])
    answers = map_jobs(job, range(experiments), executor=executor, ready=partial(make_ready, "kernel"))
    rows: list[Row] = []
    for place, (statistic, truth) in enumerate(zip(cell.statistics, truths, strict=True)):
        mine = [answer[place] for answer in answers]
        means = np.array([answer.mean for answer in mine])
        rows.append(
            {
                "system": cell.name,
                "asked": cell.asked,
                "statistic": statistic,
                "experiments": len(mine),
                "truth": truth.value,
                "truth_error": truth.error,
                "covered": sum(answer.low <= truth.value <= answer.high for answer in mine),
                "open": sum(math.isinf(answer.high) for answer in mine),
                "below": sum(answer.high < truth.value for answer in mine),
                "met": sum(answer.at_most == "met" for answer in mine),
                "met_above": sum(answer.at_least == "met" for answer in mine),
                "undecided": sum(answer.at_most == "undecided" for answer in mine),
                "bias": float(means.mean()) / truth.value - 1,
                "bias_error": float(means.std(ddof=1)) / math.sqrt(len(mine)) / truth.value,
                "half_width": float(np.median([answer.high - answer.low for answer in mine])) / 2 / truth.value,
                "replications": float(np.mean([answer.replications for answer in mine])),
            }
        )
    return rows


def ends(covered: int, experiments: int) -> tuple[float, float]:
    """The 99 % binomial interval (Clopper and Pearson)."""
    interval = binomtest(covered, experiments).proportion_ci(0.99)
    return interval.low, interval.high


def passes(covered: int, experiments: int) -> bool:
    low, high = ends(covered, experiments)
    return low <= WANTED[1] and high >= WANTED[0]


def verdict(covered: int, experiments: int, wide: str) -> str:
    if passes(covered, experiments):
        return "passes"
    return "wide" if wide and covered > WANTED[1] * experiments else "**fails**"


def wrongly_met(met: int, experiments: int) -> str:
    """The experiments that say met where the bound is the truth, in bold where they are too many."""
    low, high = ends(met, experiments)
    text = f"{100 * met / experiments:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
    return f"**{text}**" if low > WRONGLY else text


def page(cells: dict[str, list[Row]]) -> str:
    """The table of the cells that must pass, then that of the lessons; cells by their place as text."""
    lessons = {place: CELLS[int(place)].lesson for place in cells}
    parts = [table([row for place, rows in cells.items() if not lessons[place] for row in rows], _wide(cells))]
    taught = [row for place, rows in cells.items() if lessons[place] for row in rows]
    if taught:
        why = "; ".join(f"{CELLS[int(place)].name}, {CELLS[int(place)].asked}: {lesson}" for place, lesson in lessons.items() if lesson)
        parts += [f"Where an interval must not be trusted ({why}):", table(taught)]
    return "\n\n".join(parts)


def _wide(cells: dict[str, list[Row]]) -> dict[tuple[object, object], str]:
    return {(CELLS[int(place)].name, CELLS[int(place)].asked): CELLS[int(place)].wide for place in cells}


def table(rows: Sequence[Row], wide: Mapping[tuple[object, object], str] | None = None) -> str:
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    for row in rows:
        why = (wide or {}).get((row["system"], row["asked"]), "")
        lines.append(f"| {' | '.join(_texts(row, why))} |")
    return "\n".join(lines)


COLUMNS = (
    "system",
    "asked",
    "measure",
    "truth",
    "covered (99 % binomial)",
    "",
    "wrongly met: `<`",
    "`>`",
    "`<` by 95 % alone",
    "undecided",
    "no upper end",
    "estimates, average",
    "half-width",
)


def _texts(row: Row, why_wide: str) -> list[str]:
    """Of each column."""
    covered, experiments = int(row["covered"]), int(row["experiments"])
    low, high = ends(covered, experiments)
    asked = f"{row['asked']} ({float(row['replications']):.0f} on average)" if "until" in str(row["asked"]) else str(row["asked"])
    width = f"{100 * float(row['half_width']):.1f} %" if math.isfinite(float(row["half_width"])) else "∞"
    return [
        str(row["system"]),
        asked,
        str(row["statistic"]).replace("default.wait", "wait").replace(".wait", ""),
        _truth(row),
        f"{100 * covered / experiments:.1f} % ({100 * low:.1f}–{100 * high:.1f})",
        verdict(covered, experiments, why_wide),
        _wrongly(row, "met"),
        "" if OF_DAYS.search(str(row["statistic"])) else _wrongly(row, "met_above"),
        "" if OF_DAYS.search(str(row["statistic"])) else f"{100 * int(row['below']) / experiments:.1f} %",
        f"{100 * int(row['undecided']) / experiments:.0f} %",
        f"{100 * int(row['open']) / experiments:.0f} %",
        f"{100 * float(row['bias']):+.1f} ± {258 * float(row['bias_error']):.1f} %",
        width,
    ]


def _wrongly(row: Row, side: str) -> str:
    return wrongly_met(int(row[side]), int(row["experiments"]))


def _truth(row: Row) -> str:
    one, value = parsed(str(row["statistic"])), float(row["truth"])
    if isinstance(one, Objective):
        return f"{SHARE.show(value)} of days"
    return one.show(value) + (f" ± {100 * float(row['truth_error']):.2f} %" if row["truth_error"] else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, help="of each cell, instead of its own number")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, action="append", help="place of a cell, from 0; the others keep what they have")
    arguments = parser.parse_args()
    for place, cell in enumerate(CELLS):
        if arguments.only is None or place in arguments.only:
            counted = study(cell, arguments.experiments or cell.experiments, Executor(arguments.processes))
            print(table(counted, _wide({str(place): counted})), flush=True)
            rows = (json.loads(RESULTS.read_text()) if RESULTS.exists() else {}) | {str(place): counted}
            rows = {str(n): rows[str(n)] for n in range(len(CELLS)) if str(n) in rows}
            RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
            _show(rows)


def _show(rows: dict[str, list[Row]]) -> None:
    begin, end = "<!-- made by studies/coverage.py -->\n", "\n<!-- end -->"
    text = DOCS.read_text()
    before, after = text.partition(begin)[0], text.partition(end)[2]
    DOCS.write_text(f"{before}{begin}\n{page(rows)}\n{end}{after}")


if __name__ == "__main__":
    main()
