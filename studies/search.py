"""python -m studies.search: does the search find what brute force finds, and with how many replications less?

Brute force simulates 200 replications of every layout of the family, other ones than the search. Then the search is repeated under other
seeds, and its answers are held against what brute force knows. Writes docs/search.md; takes some twenty minutes on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fastlanes_sim.engines.selection import compile_kernel
from fastlanes_sim.experiments.confidence_intervals import one_sided
from fastlanes_sim.experiments.design_points import play_points
from fastlanes_sim.experiments.estimation import estimate_of, place_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.feasibility import Rule
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.search import Candidate, Search, search
from fastlanes_sim.measures.outcome import outcome_between
from fastlanes_sim.scenario.load import LoadedScenario, load_variants
from studies.search_problems import PROBLEMS, Problem

FIRST = 1_000_000
"""Number of brute force's first replication: far beyond the search's."""
ERROR = 0.001
"""Of each of brute force's intervals."""
HEAD = """\
# The search compared with brute force

Made by `python -m studies.search`. Brute force simulates {count} replications of every layout of a family and decides for each layout
whether it meets its objectives (each interval one-sided at 99.9 %). The search (95 %, indifference zone 10 %) simulates other
replications. *Right* means: brute force does not show that the recommended layout misses an objective, nor that a cheaper layout meets
each objective by more than 10 % of its bound.

"""


@dataclass(frozen=True)
class Known:
    """What brute force says of one layout."""

    candidate: Candidate
    meets: bool
    """Every objective, as far as can be shown."""
    meets_clearly: bool
    """Each by more than the tolerance."""
    misses: bool
    """One, as far as can be shown."""
    width: float
    """Of the interval of the objective nearest to its bound: half of it, as a part of the bound, at 95 %."""


def brute_force(problem: Problem, path: Path, found: Search, count: int, executor: Executor) -> list[Known]:
    """Of every layout of the family, cheapest first."""
    loaded = load_variants(path, (one.overrides for one in found.candidates))
    scenarios = [one for one in loaded if isinstance(one, LoadedScenario)]
    played = play_points(scenarios, range(FIRST, FIRST + count), found.rule.measures, engine="kernel", executor=executor)
    assert not played.failures
    assert not played.interrupted
    return [_known(candidate, found.rule, played.of(place)) for place, candidate in enumerate(found.candidates)]


def _known(candidate: Candidate, rule: Rule, values: Sequence[Values]) -> Known:
    outcomes = []
    for slo in rule.slos:  # those of the problems say how much there may be at most
        place = place_of(slo.measure, rule.measures)
        low, high = one_sided([one.low[place] for one in values], [one.high[place] for one in values], ERROR)
        eased = replace(slo, bound=(1 - rule.tolerance) * slo.bound)
        outcomes.append([outcome_between(slo, high, high), outcome_between(eased, high, high), outcome_between(slo, low, low)])
    worst, worst_eased, best = zip(*outcomes, strict=True)
    hardest = rule.by_strain(values)[0]
    half = estimate_of(hardest.measure, rule.measures, values).half_width
    return Known(
        candidate,
        meets=set(worst) == {"met"},
        meets_clearly=set(worst_eased) == {"met"},
        misses="missed" in best,
        width=half / hardest.bound if hardest.bound else 0.0,
    )


def is_right(found: Search, known: Sequence[Known]) -> bool:
    """Nothing that brute force knows contradicts what the search says."""
    best = found.recommended
    undecided = [one.candidate for one in found.undecided]
    cheaper = [one for one in known if best is None or one.candidate.cost < best.candidate.cost]
    overlooked = next((one for one in cheaper if one.meets_clearly), None)
    misses = best is not None and next(one for one in known if one.candidate == best.candidate).misses
    return not misses and (overlooked is None or overlooked.candidate in undecided)


def searched(problem: Problem, path: Path, seed: int | None = None) -> Search:
    overrides = {} if seed is None else {"seed": seed}
    return search(
        path,
        problem.slots,
        problem.replicas,
        prices=problem.prices,
        overrides=overrides,
        tolerance=0.1,
        implied=False,
        engine="kernel",
        executor=Executor(1),
    )


def row(problem: Problem, path: Path, count: int, seeds: int, executor: Executor) -> str:
    """Of the table, and of the terminal."""
    found = searched(problem, path)
    known = brute_force(problem, path, found, count, executor)
    feasible = [one for one in known if one.meets]
    best = [one for one in feasible if one.candidate.cost == feasible[0].candidate.cost] if feasible else []
    assert best, f"{problem.name}: brute force found nothing that meets the objectives"
    assert found.recommended is not None
    tied = found.recommended.candidate in [one.candidate for one in best]
    verdict = "the same" if found.recommended.candidate == best[0].candidate else "as cheap" if tied else "within the indifference zone"
    up_to = sum(one.candidate.cost <= best[0].candidate.cost for one in known)
    right = sum(is_right(searched(problem, path, seed), known) for seed in range(2, seeds + 2))
    width = max(one.width for one in best)
    cells = [
        problem.name,
        f"{len(known)}",
        f"`{best[0].candidate.label}`" + (f" and {len(best) - 1} as cheap" if len(best) > 1 else ""),
        f"±{100 * width:.1f} %",
        f"`{found.recommended.candidate.label}`",
        f"{verdict}, {'right' if is_right(found, known) else 'WRONG'}",
        f"{len(known) * count:,}",
        f"{up_to * count:,}",
        f"{found.replications:,}",
        f"1/{len(known) * count / found.replications:.0f}",
        f"{right} of {seeds}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(problems: Sequence[Problem], count: int, seeds: int, executor: Executor, tell: Callable[[str], object] = print) -> list[str]:
    head = [
        "problem",
        "layouts",
        "best by brute force",
        "known to",
        "search",
        "verdict",
        "replications of brute force",
        "up to the best's cost",
        "of the search",
    ]
    head += ["share", "right under other seeds"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    with tempfile.TemporaryDirectory() as folder:
        for problem in problems:
            lines.append(row(problem, problem.write(Path(folder)), count, seeds, executor))
            tell(lines[-1])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    compile_kernel()
    count, seeds = arguments.replications, arguments.seeds
    lines = table(PROBLEMS, count, seeds, Executor(arguments.processes), lambda line: print(line, flush=True))
    Path("docs/search.md").write_text(HEAD.format(count=count) + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
