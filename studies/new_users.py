"""python -m studies.new_users: the search as a new user asks it, on twenty random deployments.

Two projects, each with requests, events and batches; the objective speaks of the requests alone. Whatever is recommended is then simulated
on replications that the search has not seen, and must finish what arrives:

- `load`: no set of lanes has more work than its slots can do;
- `starved`: of no lane, project or workflow more than 1 % of the runs wait at the end for longer than a twentieth of the horizon, as a mean
  over replications and without any allowance for chance;
- five times the horizon: the same holds for every single replication of it, so that nothing grows slowly.

The same judges what is recommended where the objective alone counts (`--as-written`). Writes studies/results/new_users.json and
docs/new_users.md; takes about half an hour on one core.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import make_ready
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replication import play_replication
from fastlanes_sim.experiments.search import Search, search
from fastlanes_sim.results.backlog import Backlog
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source

RESULTS = Path(__file__).parent / "results" / "new_users.json"
PAGE = Path(__file__).parents[1] / "docs" / "new_users.md"
HEAD = """\
# The search as a new user asks it

Made by `python -m studies.new_users`. Twenty random deployments: two projects, each with requests, events and batches, and one objective,
for the fast lane alone. The search looks for the fewest slots. What it recommends is simulated on {fresh} replications that it has not
seen, and on {long_ones} of {long} times the horizon.

*Load* is the work of the busiest set of lanes as a share of what its slots can do. *Starved* is the share of the runs of the worst lane,
project or workflow that wait at the end for longer than a twentieth of the horizon: the mean over the replications, and the worst of them.
A deployment *finishes* what arrives if the load is below 100 % and the mean of what starves at most 1 %, and over the longer horizon the
same holds for every replication. *As written* is what is recommended if the objective alone counts (`--as-written`).

{finish} of {recommended} recommended deployments finish what arrives; as written {written_finish} of {written}.

"""
DEPLOYMENTS = range(20)
SLOTS = (2, 4, 6, 8, 12, 16, 24, 32)
FRESH, SEEN = 20, 1_000
"""Replications that judge, and the first of them: the search sees fewer than that."""
LONG, LONG_ONES = 5, 3
"""So many times the horizon, in so many replications."""
MOST_STARVED = 0.01


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a recommended deployment did on replications that nobody had seen. Shares, not percent."""

    mean_load: float
    overloaded: int
    """Replications whose own work is more than their slots can do."""
    mean_starved: float
    """Of the worst lane, project or workflow of each replication."""
    worst_starved: float
    """Of all replications."""
    starving: int
    """Replications in which a scope has more than 1 %."""
    long_load: float
    long_starved: float
    """The worst of the long replications."""

    @property
    def finishes(self) -> bool:
        return max(self.mean_load, self.long_load) < 1 and max(self.mean_starved, self.long_starved) <= MOST_STARVED


def deployment(number: int) -> str:
    """Two projects, each with requests and with batches that keep some slots busy; the objective speaks of the requests alone."""
    draw = random.Random(number)
    projects = ""
    for name in ("north", "south"):
        requests, batch = draw.uniform(0.5, 6), draw.randint(5, 40)
        service, every = draw.choice((5, 20, 60)), draw.choice((10, 20, 30))
        events = draw.uniform(0.2, 3)
        sync, exponential = "type: webhook, reply: after_completion", f"service: {{exponential: {{mean: {service}s}}}}"
        projects += (
            f"  {name}:\n    workflows:\n"
            f"      ask: {{triggers: [{{{sync}, service: 2s, arrivals: {{poisson: {requests:.2f}/min}}}}]}}\n"
            f"      event: {{triggers: [{{type: webhook, service: 10s, arrivals: {{poisson: {events:.2f}/min}}}}]}}\n"
            f"      batch: {{triggers: [{{type: bulk_retry, {exponential},"
            f" arrivals: {{burst: {{size: {batch}, every: {every}m, first: {draw.randint(0, 9)}m}}}}}}]}}\n"
        )
    return (
        f"name: new_user\nhorizon: 2h\nseed: {number}\nstartup: 200ms\nprojects:\n{projects}"
        f'workers: [{{workloops: "*:5"}}]\nslos: ["p95(fast_lane.wait) < {draw.choice((3, 5, 10, 20))}s"]\n'
    )


def ask(number: int, *, implied: bool = True) -> Search:
    """What a new user would."""
    return search(Source.of_text(deployment(number), "new_user"), SLOTS, implied=implied, engine="kernel", executor=Executor(1))


def judge(number: int, layout: str, *, fresh: int = FRESH, long_ones: int = LONG_ONES) -> Judgement:
    """A layout for one of the deployments, on replications from `SEEN` on."""
    plain = [_backlog(number, layout, "2h", SEEN + one) for one in range(fresh)]
    long = [_backlog(number, layout, f"{2 * LONG}h", SEEN + one) for one in range(long_ones)]
    loads, starved = [one.load.share for one in plain], [one.worst for one in plain]
    return Judgement(
        mean_load=sum(loads) / fresh,
        overloaded=sum(load >= 1 for load in loads),
        mean_starved=sum(starved) / fresh,
        worst_starved=max(starved),
        starving=sum(share > MOST_STARVED for share in starved),
        long_load=max(one.load.share for one in long),
        long_starved=max(one.worst for one in long),
    )


def _backlog(number: int, layout: str, horizon: str, replication: int) -> Backlog:
    loaded = load_scenario(Source.of_text(deployment(number), "new_user"), {"workers.*.workloops": layout, "horizon": horizon})
    return Backlog(deployment_of(loaded.scenario), *play_replication(loaded, replication, engine="kernel"))


def study(number: int) -> dict[str, Any]:
    """What is recommended, and what is recommended where nothing but the objective counts: that judgements can fail."""
    return {"number": number, "objective": ask_for(number), "found": told(number), "as_written": told(number, implied=False)}


def ask_for(number: int) -> str:
    loaded = load_scenario(Source.of_text(deployment(number), "new_user"))
    return str(loaded.scenario.slos[0])


def told(number: int, *, implied: bool = True) -> dict[str, Any]:
    found = ask(number, implied=implied)
    if found.recommended is None:
        return {"layout": None, "replications": found.replications, "near_misses": [one.candidate.label for one in found.near_misses]}
    layout = found.recommended.candidate.layout
    judgement = judge(number, layout)
    return {"layout": layout, "replications": found.replications, **asdict(judgement), "finishes": judgement.finishes}


def page(rows: Sequence[dict[str, Any]]) -> str:
    counts = {}
    for which, prefix in (("found", ""), ("as_written", "written_")):
        there = [row[which] for row in rows if row[which]["layout"] is not None]
        counts |= {f"{prefix}finish": sum(one["finishes"] for one in there), prefix.rstrip("_") or "recommended": len(there)}
    return HEAD.format(fresh=FRESH, long_ones=LONG_ONES, long=LONG, **counts) + table(rows) + "\n"


def table(rows: Sequence[dict[str, Any]]) -> str:
    lines = [
        "| deployment | objective | recommended | load | starved: mean, worst | in 10 h | finishes | as written | finishes |",
        "| --: | --- | --- | --: | --: | --: | --- | --- | --- |",
    ]
    for row in rows:
        found, written = row["found"], row["as_written"]
        measured = ["", "", ""]
        if found["layout"] is not None:
            measured = [
                f"{100 * found['mean_load']:.0f} %",
                f"{_percent(found['mean_starved'])}, {_percent(found['worst_starved'])}",
                f"{100 * found['long_load']:.0f} %, {_percent(found['long_starved'])}",
            ]
        cells = [
            str(row["number"]),
            f"`{row['objective']}`",
            _layout(found),
            *measured,
            _finishes(found),
            _layout(written),
            _finishes(written),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _layout(told: dict[str, Any]) -> str:
    return "none" if told["layout"] is None else f"`{told['layout']}`"


def _finishes(told: dict[str, Any]) -> str:
    return "" if told["layout"] is None else "yes" if told["finishes"] else "**no**"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", type=int, nargs="*", help="of deployments; by default all")
    asked = parser.parse_args().numbers
    make_ready("kernel")
    rows = []
    for number in asked or DEPLOYMENTS:
        rows.append(study(number))
        print(rows[-1], flush=True)
        if not asked:
            RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
            PAGE.write_text(page(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
