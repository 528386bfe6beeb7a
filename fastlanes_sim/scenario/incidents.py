"""What goes wrong at Lightning, and when: offsets from the start (docs/incidents.md)."""

from __future__ import annotations

from pydantic import Field, model_validator

from fastlanes_sim.scenario.fields import Duration, PositiveDuration, Strict
from fastlanes_sim.scenario.wrong import wrong


class Span(Strict):
    """From `from` until `to`, the one included and the other not."""

    begins: Duration = Field(alias="from")
    ends: PositiveDuration = Field(alias="to")

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Span:
        if self.ends <= self.begins:
            raise wrong("an incident ends after it begins", "write a later `to`, or an earlier `from`")
        return self


class LightningDown(Span):
    """There is no Lightning: no worker is connected, no run is created, webhooks are answered with 503."""


class Incidents(Strict):
    lightning_down: list[LightningDown] = Field(default_factory=list)
