"""Whether the workers behave as the model says: each claim, each freed slot, and the waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.calibration.validate import Validation
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.rig.follower import Conduct
from fastlanes_sim.rig.latencies import Latencies
from fastlanes_sim.rig.recording import Recording

LEAST_SHARE = 0.95
"""Of the claims must come when they are due. With less the worker does not behave, unless the machine was busy and it is no less than the
next: then the order of what happened within its timers' lateness explains as much (docs/rig.md)."""
LEAST_SHARE_IF_BUSY = 0.8
FEWEST = 20
"""Claims from which on anything is said."""
FREED_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Freed:
    """How slots were freed (W-13): in the event of the last acknowledgement."""

    runs: int
    """Whose end was acknowledged."""
    in_time: int
    within: int
    """µs: 95 of 100 were free so soon after the acknowledgement, the network's way there and back included."""

    @property
    def holds(self) -> bool:
        """Enough of them were."""
        return self.in_time >= FREED_SHARE * self.runs


@dataclass(frozen=True, slots=True)
class Verdict:
    claims: int
    """That came, or should have."""
    as_expected: int
    missing: int
    """That should have come and did not."""
    ties: int
    freed: Freed
    tolerance: int
    outcome: Outcome
    waits_agree: bool | None
    """The lanes' waits; None where nothing was predicted, or too few runs tell."""

    @property
    def of_claims(self) -> Outcome:
        """Whether enough claims came when they were due; if not, what the whole comes to."""
        if self.claims < FEWEST:
            return "undecided"
        return "met" if _are_due(self.as_expected, self.claims) else self.outcome

    @property
    def of_slots(self) -> Outcome:
        """Whether enough slots were freed in time; if not, what the whole comes to."""
        return "met" if self.freed.holds else self.outcome

    @property
    def words(self) -> str:
        """One sentence."""
        return words_of([self], self.outcome)


def words_of(verdicts: Sequence[Verdict], outcome: Outcome, how_many: str = "") -> str:
    """One sentence on one session or more; `how_many` says in how many of them."""
    claims, good = sum(one.claims for one in verdicts), sum(one.as_expected for one in verdicts)
    runs, in_time = sum(one.freed.runs for one in verdicts), sum(one.freed.in_time for one in verdicts)
    known = f"{good:,} of {claims:,} claims within {format_duration(max(one.tolerance for one in verdicts))} of when they were due"
    freed = f"{in_time:,} of {runs:,} slots freed as W-13 says"
    if runs:
        freed += f" (95 % within {format_duration(max(one.freed.within for one in verdicts))})"
    beginning = {
        "met": "This worker behaves as the model says",
        "missed": "This worker does not behave as the model says",
        "undecided": "Whether this worker behaves as the model says is undecided",
    }[outcome]
    return f"{beginning}{how_many}: {known}, {freed}."


def _are_due(good: int, claims: int) -> bool:
    return good >= LEAST_SHARE * claims


def freed_slots(recording: Recording, tolerance: int) -> Freed:
    """Of all runs whose end the worker could tell."""
    spans = [run.freed_at - run.told_at for run in recording.runs if run.freed_at is not None and run.told_at is not None]
    unfreed = sum(run.freed_at is None and run.told_at is not None and run.told_at < _end(recording) - tolerance for run in recording.runs)
    within = int(np.percentile(spans, 95)) if spans else 0
    return Freed(len(spans) + unfreed, sum(span <= tolerance for span in spans), within)


def _end(recording: Recording) -> int:
    return recording.zero + recording.ended_on


def judge(recording: Recording, measured: Latencies, conducts: Sequence[Conduct], validation: Validation | None) -> Verdict:
    """The verdict on a session. A machine that is too busy, or too few claims, leave it undecided."""
    claims, good = sum(one.expected for one in conducts), sum(one.as_expected for one in conducts)
    freed = freed_slots(recording, measured.tolerance)
    agrees = None if validation is None or validation.outcome == "undecided" else not validation.rejected
    behaves = _are_due(good, claims) and freed.holds
    outcome: Outcome = "met" if behaves else "missed"
    is_excused = measured.is_busy and good >= LEAST_SHARE_IF_BUSY * claims
    if claims < FEWEST or (not behaves and (measured.is_too_busy or is_excused)):
        outcome = "undecided"
    return Verdict(
        claims=claims,
        as_expected=good,
        missing=sum(len(one.missing) for one in conducts),
        ties=sum(one.ties for one in conducts),
        freed=freed,
        tolerance=measured.tolerance,
        outcome=outcome,
        waits_agree=agrees,
    )
