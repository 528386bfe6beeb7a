"""What the callers of a webhook do when there is no reply, and when a project refuses them (docs/callers.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from fastlanes_sim.core.fields import Duration, Limit, PositiveDuration, Strict, wrong
from fastlanes_sim.distributions.distribution import Distribution

Answer = Literal[504, 429, 503]


class Callers(Strict):
    """Callers who ask again. Without this they give up at the first 504, 429 or 503."""

    attempts: Annotated[int, Field(ge=2, le=20)] = 3
    """Requests in all, the first among them; then the caller gives up."""
    retry_on: list[Answer] = Field(default=[504, 429], min_length=1)
    """504: no reply within `webhook_response_timeout` (L-20). 429: refused by the project's `admission`. 503: Lightning is down,
    or goes down while they wait (I-2, I-5)."""
    pause: Distribution = Distribution(constant="1s")  # type: ignore[arg-type]
    """From the answer to the second attempt."""
    factor: Annotated[float, Field(ge=1, le=100)] = 2.0
    """Each further pause is so many times as long: exponential backoff."""
    longest_pause: PositiveDuration | None = None
    """No pause is longer, a Retry-After apart."""
    heeds_retry_after: bool = True
    """After a 429 the pause is at least the project's `retry_after`."""

    @field_validator("retry_on")
    @classmethod
    def names_each_answer_once(cls, value: list[Answer]) -> list[Answer]:
        if len(set(value)) < len(value):
            raise wrong("an answer is named twice", "write each once, such as [504, 429]")
        return value


class Admission(Strict):
    """Admission control for the fast lane (lightning #4573, a proposal): beyond the limit, webhooks are answered with 429."""

    fast_lane: Limit
    """With so many active fast-lane runs of the project, available ones among them, a further request is refused."""
    retry_after: Duration = 0
    """The Retry-After that comes with the 429."""
