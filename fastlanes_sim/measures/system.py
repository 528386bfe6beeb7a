"""Numbers of the whole system over the whole horizon. A new one is a line in `SYSTEM`.

They belong to no particular runs: of a steady scenario the warm-up counts too. All batches of a long run share one such number: it counts
once (`estimation.own_values`).
"""

from __future__ import annotations

from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.quantities import CLAIMS, MESSAGES, PER_MINUTE, SHARE, WORKLOOPS
from fastlanes_sim.measures.row import Row
from fastlanes_sim.measures.scopes import Scope
from fastlanes_sim.measures.stopped_workloops import stopped_workloops
from fastlanes_sim.measures.values import Amount, Share


def _utilisation(observations: Observations, _scope: Scope) -> Share:
    time = observations.whole.slot_time
    # Of whole microseconds: in which order runs were served is not to be seen in the last digit.
    share = time.held / time.there if time.there else 0.0
    return Share(share, share)


def _load(observations: Observations, _scope: Scope) -> Share:
    share = observations.whole.backlog.load.share
    return Share(share, share)


def _starved(observations: Observations, _scope: Scope) -> Share:
    share = observations.whole.backlog.worst
    return Share(share, share)


def _claims(observations: Observations, _scope: Scope) -> int:
    return observations.whole.log.claims_sent


def _empty_claims(observations: Observations, _scope: Scope) -> int:
    return observations.whole.log.claims_empty


def _claims_per_minute(observations: Observations, _scope: Scope) -> Amount | None:
    log = observations.whole.log
    if not log.ended_on:
        return None
    rate = log.claims_sent * MINUTE / log.ended_on
    return Amount(rate, rate, PER_MINUTE)


def _notifications(observations: Observations, _scope: Scope) -> int:
    return observations.whole.log.notifications


def _stopped_workloops(observations: Observations, _scope: Scope) -> int | None:
    log = observations.whole.log
    return None if log.changes is None else len(stopped_workloops(log))


def _not_recorded(_observations: Observations, _scope: Scope) -> str:
    return "it was not recorded why workloops did not ask"


SYSTEM: dict[str, Row] = {
    row.name: row
    for row in (
        Row("utilisation", "share of all slots' time that runs held", SHARE, _utilisation, better=None, has_scope=False, ceiling=1.0),
        Row(
            "load",
            "work that arrives, as a share of what the busiest set of slots, or the busiest limit, can do: 100 % is too much",
            SHARE,
            _load,
            has_scope=False,
        ),
        Row(
            "starved",
            "of a lane's, project's or workflow's runs the share that has waited a 20th of the horizon at the end and not started: the "
            "largest of these shares",
            SHARE,
            _starved,
            has_scope=False,
            of_many=True,
            ceiling=1.0,
        ),
        Row("claims", "claims that workers sent (W-16)", CLAIMS, _claims, better=None, has_scope=False),
        Row("empty_claims", "claims that Lightning answered without a run", CLAIMS, _empty_claims, better=None, has_scope=False),
        Row("claims_per_minute", "claims by simulated time", PER_MINUTE, _claims_per_minute, better=None, has_scope=False),
        Row(
            "notifications",
            "`work-available` messages that reached a worker (L-17)",
            MESSAGES,
            _notifications,
            better=None,
            has_scope=False,
        ),
        Row(
            "stopped_workloops",
            "workloops that have room and stopped asking for good (W-6)",
            WORKLOOPS,
            _stopped_workloops,
            has_scope=False,
            needs_changes=True,
            nothing=_not_recorded,
        ),
    )
}
