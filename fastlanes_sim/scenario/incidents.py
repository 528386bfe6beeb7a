"""What goes wrong at Lightning, and when: offsets from the start (docs/incidents.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from fastlanes_sim.core.fields import Duration, Name, PositiveDuration, Probability, Strict, wrong
from fastlanes_sim.scenario.network import Curve


class Span(Strict):
    """From `from` (included) until `to` (not included)."""

    begins: Duration = Field(alias="from")
    ends: PositiveDuration = Field(alias="to")

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Span:
        if self.ends <= self.begins:
            raise wrong("an incident must end after it begins", "write a later `to`, or an earlier `from`")
        return self


class LightningDown(Span):
    """There is no Lightning: no worker is connected, no run is created, webhooks are answered with 503."""


class SlowDatabase(Span):
    """Claims that are sent in this span spend longer in the database: by a factor, or for a fixed time (a flip of the query plan)."""

    factor: Annotated[float, Field(ge=1, le=10_000)] | None = None
    """Multiplies the time of `network.database`, in whole thousandths."""
    time: PositiveDuration | None = None
    """A fixed time, whatever the number of active runs."""

    def slowed(self, curve: Curve) -> Curve:
        """I-7: the curve of the database's time within the span."""
        if self.time is not None:
            return ((0, self.time),)
        assert self.factor is not None
        thousandths = round(self.factor * 1_000)
        return tuple((active, time * thousandths // 1_000) for active, time in curve)

    @model_validator(mode="after")
    def says_once_how_slow(self) -> SlowDatabase:
        if (self.factor is None) == (self.time is None):
            raise wrong("a slow database needs either `factor` or `time`", "write either `factor: 20` or `time: 60s`")
        return self


class DroppedReplies(Span):
    """Replies to claims that are decided in this span are lost with this probability: the runs are claimed and never start."""

    probability: Probability


class OverQuota(Span):
    """A project has used up its quota of runs (L-28): a sync webhook is answered with 429, everything else makes no run."""

    project: Name
    """Each of its copies."""


class Incidents(Strict):
    lightning_down: list[LightningDown] = Field(default_factory=list)
    slow_database: list[SlowDatabase] = Field(default_factory=list)
    dropped_replies: list[DroppedReplies] = Field(default_factory=list)
    over_quota: list[OverQuota] = Field(default_factory=list)
