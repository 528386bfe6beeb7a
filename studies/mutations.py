"""python -m studies.mutations: does `baseline check` detect a broken rule?

Each mutation breaks one rule of the reference engine, in this process; baselines of the suite's workloads, recorded by the kernel (whose
log is the same), are then checked against it. Writes docs/mutations.md. The horizons are short, for the reference engine simulates some
thousand runs per second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastlanes_sim.engines.reference import event_list, server
from fastlanes_sim.engines.reference.records import QueueChannel
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.experiments.executors import Executor, run_jobs
from fastlanes_sim.experiments.store import Store, key_of
from fastlanes_sim.rules import claim, events, polling
from fastlanes_sim.rules.layout_parser import WILDCARD
from fastlanes_sim.scenario.overrides import layout_override
from fastlanes_sim.suite.baseline import Baseline
from fastlanes_sim.suite.check import REAL, Checked, Kind, check
from fastlanes_sim.suite.index import LATEST, load_suite
from fastlanes_sim.suite.layout_templates import fill
from fastlanes_sim.suite.record import record

LAYOUT = "pin-1-prefer"
"""Of the suite: a slot that filters beside slots that prefer."""
REPLICATIONS = 5
NONE = "none"

FROM_TEN = {"start": "2026-01-05T10:00:00"}
WORKLOADS: dict[str, tuple[int, dict[str, object]]] = {
    "steady_light": (5, {"horizon": "15m"}),
    "ethiopia_incident": (5, {"horizon": "45m"}),
    "cron_storm": (5, {"horizon": "18m"}),
    "saas_day": (8, {"horizon": "6m", **FROM_TEN}),
    "sync_burst": (10, {"horizon": "13m"}),
    "manual_vs_bulk_retry": (5, {"horizon": "45m"}),
    "noisy_neighbour": (5, {"horizon": "25m"}),
    "claim_limit_blind_spot": (5, {"horizon": "50m"}),
    "long_runs": (4, {"horizon": "6h"}),
    "deploy_under_load": (4, {"horizon": "75m"}),
    "slow_database": (10, {"horizon": "21m30s"}),
    "growth_10x": (10, {"horizon": "8m"}),
}
"""Slots of a worker, and what is laid over the workload."""


@dataclass(frozen=True)
class Mutation:
    rule: str
    """Its class."""
    words: str
    target: str
    """module:name of what is replaced, wherever it has been imported."""
    replacement: Callable[..., Any]


def _takes_any(_queue: str, _queues: Any) -> bool:
    return True


def _needs_its_name(queue: str, queues: Any) -> bool:
    return queue in queues or (WILDCARD in queues and queue != "fast_lane")


def _does_not_rank(_queue: str, _queues: Any) -> int:
    return 0


def _ranks_backwards(queue: str, queues: Any) -> int:
    return -queues.index(queue if queue in queues else WILDCARD) if WILDCARD in queues else 0


def _nobody_bypasses(_run: Any, _ruleset: Any) -> bool:
    return False


def _manual_bypasses_too(run: Any, _ruleset: Any) -> bool:
    return run.queue in ("fast_lane", "manual")


_within_claim_limit = claim.within_claim_limit


def _bypasses_the_claim_limit(active: Any, limits: Any) -> list[Any]:
    runs = list(active)
    kept = _within_claim_limit(runs, limits)
    ids = {run.id for run in kept}
    return kept + [run for run in runs if run.queue == "fast_lane" and run.id not in ids]


def _no_claim_limit(active: Any, _limits: Any) -> list[Any]:
    return list(active)


def _one_more(number: int, limit: int | None) -> bool:
    return limit is None or number <= limit + 1


def _grows_by_half(delay: float, maximum: float) -> float:
    return min(maximum, delay * 1.5)


def _has_no_maximum(delay: float, _maximum: float) -> float:
    return delay * polling.GROWTH


def _tells_nobody(_world: World, _channel: QueueChannel) -> None:
    pass


_announce_to = server.announce_to


def _starts_anew(world: World, channel: QueueChannel) -> None:
    """As people often understand debouncing: each further run puts the message off."""
    for event in list(world.events.waiting()):
        if event.kind is events.Kind.DEBOUNCED and event.subject is channel:
            event.cancel()
            channel.is_announcing = False
            channel.due -= 1
    _announce_to(world, channel)


def _at_once(world: World, channel: QueueChannel) -> None:
    if world.deployment.lightning.debounce is not None and not channel.is_announcing:
        channel.is_announcing = True
        channel.due += 1
        event_list.after(world, 0, events.Kind.DEBOUNCED, channel)


def _never_kills(service_time: int, _timeout: int) -> tuple[int, bool]:
    return service_time, False


def _kills_at_half(service_time: int, timeout: int) -> tuple[int, bool]:
    return (service_time, False) if service_time <= timeout // 2 else (timeout // 2, True)


CLAIM, POLLING, TIMING = "fastlanes_sim.rules.claim", "fastlanes_sim.rules.polling", "fastlanes_sim.rules.deadlines"
ANNOUNCE = "fastlanes_sim.engines.reference.server:announce_to"
MUTATIONS = (
    Mutation("filter (L-6)", "a strict slot takes any queue", f"{CLAIM}:passes_filter", _takes_any),
    Mutation("filter (L-7)", "`*` leaves the fast lane out", f"{CLAIM}:passes_filter", _needs_its_name),
    Mutation("preference (L-7)", "a list's order does not rank", f"{CLAIM}:queue_rank", _does_not_rank),
    Mutation("preference (L-7)", "a list ranks backwards", f"{CLAIM}:queue_rank", _ranks_backwards),
    Mutation("bypass (L-14)", "the fast lane obeys limits", f"{CLAIM}:bypasses", _nobody_bypasses),
    Mutation("bypass (L-14)", "manual runs bypass limits too", f"{CLAIM}:bypasses", _manual_bypasses_too),
    Mutation("bypass (L-11)", "the fast lane bypasses the claim limit", f"{CLAIM}:within_claim_limit", _bypasses_the_claim_limit),
    Mutation("limit (L-11)", "no claim limit", f"{CLAIM}:within_claim_limit", _no_claim_limit),
    Mutation("limit (L-13)", "one run more than the limit", f"{CLAIM}:fits", _one_more),
    Mutation("backoff (W-7)", "grows by half", f"{POLLING}:next_delay", _grows_by_half),
    Mutation("backoff (W-7)", "has no maximum", f"{POLLING}:next_delay", _has_no_maximum),
    Mutation("debounce (L-17)", "nobody is notified", ANNOUNCE, _tells_nobody),
    Mutation("debounce (L-17)", "each run restarts the timer", ANNOUNCE, _starts_anew),
    Mutation("debounce (L-17)", "everybody is notified at once", ANNOUNCE, _at_once),
    Mutation("kill (L-19)", "no run is killed", f"{TIMING}:run_end", _never_kills),
    Mutation("kill (L-19)", "runs are killed at half their timeout", f"{TIMING}:run_end", _kills_at_half),
)


BY_WORDS = {one.words: one for one in MUTATIONS}


@contextmanager
def broken(mutation: Mutation | None) -> Iterator[None]:
    """The rule replaced inside, in every module that has it."""
    if mutation is None:
        yield
        return
    module, _, name = mutation.target.partition(":")
    owner, _, attribute = name.rpartition(".")
    holders: list[Any] = (
        [getattr(sys.modules[module], owner)] if owner else [one for key, one in sys.modules.items() if key.startswith("fastlanes_sim")]
    )
    usual = getattr(holders[0] if owner else sys.modules[module], attribute)
    holders = [holder for holder in holders if vars(holder).get(attribute) is usual]
    for holder in holders:
        setattr(holder, attribute, mutation.replacement)
    try:
        yield
    finally:
        for holder in holders:
            setattr(holder, attribute, usual)


def baseline_of(workload: str, replications: int = REPLICATIONS) -> Baseline:
    """Recorded by the kernel."""
    slots, changes = WORKLOADS[workload]
    layout = layout_override(fill(load_suite().layouts[LAYOUT], slots))
    return record(f"{LATEST}/{workload}", {**changes, **layout}, replications=replications, engine="kernel", executor=Executor(1))


def caught(mutation: Mutation | None, baseline: Baseline) -> Checked:
    """What `baseline check` makes of the broken rule."""
    with broken(mutation):
        return check([baseline], engine="reference", executor=Executor(1))[0]


@dataclass(frozen=True)
class Seen:
    """What a check made of one mutation in one workload."""

    kind: Kind
    """The gravest."""
    words: str
    """Of the clearest change: of what became worse the largest ratio, else of what changed."""
    ratio: float

    @classmethod
    def of(cls, checked: Checked) -> Seen:
        kind = next(kind for kind in _GRAVEST if checked.of(kind))
        real = [one for one in checked.of(*(REAL if kind in REAL - {Kind.WORSE} else (kind,))) if one.difference.replications]
        ratios = {one.words: abs(one.difference.mean) / (one.was.mean or 1) for one in real}
        words = max(ratios, key=lambda one: ratios[one], default="")
        return cls(kind, words, ratios.get(words, 0.0))


_GRAVEST = (Kind.WORSE, Kind.BETTER, Kind.OTHER, Kind.NOISE, Kind.IDENTICAL)
SIGNS = {Kind.WORSE: "**worse**", Kind.BETTER: "changed", Kind.OTHER: "changed", Kind.NOISE: "noise", Kind.IDENTICAL: "–"}
Place = tuple[str, str]
"""What is broken, and a workload."""


def _job(baselines: Mapping[str, Baseline], place: Place) -> Seen:
    words, workload = place
    return Seen.of(caught(BY_WORDS.get(words), baselines[workload]))


def played(places: Sequence[Place], store: Store, executor: Executor) -> dict[Place, Seen]:
    """Without simulating again what the store holds."""
    key = {place: key_of(mutation=place[0], workload=place[1], changes=WORKLOADS[place[1]], replications=REPLICATIONS) for place in places}
    found = {place: Seen(Kind(kept[0]), *kept[1:]) for place in places if (kept := store.get(key[place])) is not None}
    todo = [place for place in places if place not in found]
    baselines = {workload: baseline_of(workload) for workload in dict.fromkeys(workload for _, workload in todo)}

    def keep(job: int, seen: Seen) -> None:
        store.put(key[todo[job]], astuple(seen))

    done = run_jobs(
        partial(_job, baselines), todo, executor=executor, keep=keep, progress=lambda done, of: print(done, "of", of, file=sys.stderr)
    )
    if done.interrupted or done.failures:
        raise SystemExit(f"not everything was simulated: {done.failures or 'interrupted'}")
    return found | {todo[job]: seen for job, seen in done.values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int)
    arguments = parser.parse_args()
    places = [(words, workload) for words in (NONE, *BY_WORDS) for workload in WORKLOADS]
    with Store(Path("results") / "mutations" / "store.sqlite") as store:
        found = played(places, store, Executor(arguments.processes))
    Path("docs/mutations.md").write_text(_page(found), encoding="utf-8")


def _page(found: Mapping[Place, Seen]) -> str:
    assert all(found[NONE, workload].kind is Kind.IDENTICAL for workload in WORKLOADS), "unbroken, model and kernel agree"
    head = ["rule", "broken so that", *(f"`{workload}`" for workload in WORKLOADS)]
    rows = [
        [rule, words, *(SIGNS[found[words or NONE, workload].kind] for workload in WORKLOADS)]
        for rule, words in [(NONE, ""), *((one.rule, one.words) for one in MUTATIONS)]
    ]
    signs = []
    for one in MUTATIONS:
        seen = {workload: found[one.words, workload] for workload in WORKLOADS if found[one.words, workload].kind in REAL}
        most = max(seen, key=lambda workload: (seen[workload].kind is Kind.WORSE, seen[workload].ratio), default=None)
        signs.append(f"- {one.rule}, {one.words}: {'not detected' if most is None else f'`{most}`: {seen[most].words}'}")
    return "\n".join(
        [
            "# What `baseline check` detects",
            "",
            f"Each rule was broken on purpose and checked against baselines of the suite's workloads (layout `{LAYOUT}`, {REPLICATIONS}",
            "replications, short horizons; longer ones detect more). **worse**: exit code 99. changed: a real change, but nothing became",
            "worse (`--strict` exits with 99). noise: other numbers, but the paired test finds no real change. –: identical.",
            "",
            "A broken rule is only detected if layout and horizon give it an effect. Here every token names `fast_lane`, so it makes no",
            "difference what `*` leaves out. Made by `python -m studies.mutations`.",
            "",
            *("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]),
            "",
            "## The clearest sign of each broken rule",
            "",
            *signs,
            "",
        ]
    )


if __name__ == "__main__":
    main()
