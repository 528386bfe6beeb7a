"""Systems that runs use for a part of their service (docs/resources.md)."""

from __future__ import annotations

from pydantic import Field, model_validator

from fastlanes_sim.core.fields import Count, Limit, Name, Part, PositiveDuration, Processors, Rate, Strict, wrong
from fastlanes_sim.core.units import MILLISECOND, SECOND


class Resource(Strict):
    """A system outside that runs use, such as a health-records server. What is not written does not hold a use up."""

    concurrency: Limit | None = None
    """So many uses at once; further ones wait in a line, and their runs hold their slots (R-1)."""
    processors: Processors | None = None
    """So many uses at once go at full speed; more of them share it (R-2)."""
    rate: Rate | None = None
    """So many uses may begin in a time; more are refused (R-3)."""
    burst: Count = 1
    """With `rate`: so many may begin at once where none has for long (R-3)."""
    retry_after: PositiveDuration = 1 * SECOND
    """With `rate`: from a refusal to the next attempt (R-3)."""
    attempts: Count | None = None
    """With `rate`: so many refusals one after another fail the run. Default: none do, the run asks until its timeout (R-3)."""

    @property
    def at_once(self) -> float | None:
        """How many uses it can do at full speed at a time; None: any number."""
        found = [self.concurrency] if self.concurrency is not None else []
        return min([*found, *([self.processors / 1_000] if self.processors is not None else [])], default=None)

    @model_validator(mode="after")
    def refuses_only_with_a_rate(self) -> Resource:
        for name in ("burst", "retry_after", "attempts"):
            if self.rate is None and name in self.model_fields_set:
                raise wrong(f"`{name}` says nothing without a rate", f"add `rate`, such as 10/s, or remove `{name}`")
        if self.retry_after < MILLISECOND:
            raise wrong("nobody asks again within a millisecond", "write a longer `retry_after`, such as 1s")
        if self.rate is not None and self.rate == 0:
            raise wrong("a rate of 0 lets nobody in", "write a rate above zero, such as 10/s, or remove `rate`")
        return self


class Use(Strict):
    """A part of a run's service is spent at a resource (R-1)."""

    resource: Name
    """One of the scenario's `resources`."""
    begins: Part = Field(alias="from", default=0.0)
    """How far the run's own work has come then: 0% is the start of its service."""
    ends: Part = Field(alias="to", default=1.0)
    """And when the use is over: 100% is the end of its service."""

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Use:
        if self.ends <= self.begins:
            raise wrong("a use must end after it begins", "write a larger `to`, or a smaller `from`")
        return self
