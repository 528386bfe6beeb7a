"""What a run makes its worker and Lightning say to each other on the run's channel (W-15, W-22a)."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fastlanes_sim.core.fields import Probability, Strict, exactly_one_kind, with_short_forms

MOST_LINES = 100_000
"""Of one run."""
Lines = Annotated[int, Field(ge=0, le=MOST_LINES)]
Mean = Annotated[float, Field(ge=0, le=MOST_LINES)]
Numbers = npt.NDArray[np.int64]


class LogLines(Strict):
    """How many log lines a run writes. Exactly one kind. `5` alone is short for `{constant: 5}`, a list for `{values: …}`."""

    constant: Lines | None = None
    """Always the same number."""
    poisson: Mean | None = None
    """A Poisson distribution with this mean."""
    geometric: Mean | None = None
    """A geometric distribution (from 0) with this mean: most runs write few lines, a few write many."""
    values: Annotated[list[Lines], Field(min_length=1)] | None = None
    """One of these, each with the same probability: the numbers of lines of real runs."""

    @property
    def is_none(self) -> bool:
        """Whether no run ever writes a line."""
        return self.expectation() == 0

    def expectation(self) -> float:
        """The mean."""
        if self.constant is not None:
            return float(self.constant)
        if self.values is not None:
            return float(np.mean(self.values))
        mean = self.poisson if self.poisson is not None else self.geometric
        assert mean is not None
        return mean

    def sample(self, size: int, random: np.random.Generator) -> Numbers:
        """`size` numbers. A larger sample from the same generator begins with the same numbers."""
        if self.constant is not None:
            return np.full(size, self.constant, np.int64)
        if self.values is not None:
            return np.asarray(self.values, np.int64)[random.integers(len(self.values), size=size)]
        if self.poisson is not None:
            drawn = random.poisson(self.poisson, size)
        else:
            assert self.geometric is not None
            drawn = random.geometric(1 / (1 + self.geometric), size) - 1
        return np.minimum(drawn, MOST_LINES).astype(np.int64)

    @model_validator(mode="before")
    @classmethod
    def a_bare_value_is_short(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {"values": value}
        return value if isinstance(value, (dict, cls)) else {"constant": value}

    @model_validator(mode="after")
    def is_of_exactly_one_kind(self) -> LogLines:
        exactly_one_kind(self, "distribution")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The mapping, and the short forms beside it."""
        return with_short_forms(
            core_schema,
            handler,
            {"type": "integer", "minimum": 0, "maximum": MOST_LINES, "description": "always the same number"},
            {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": MOST_LINES}, "minItems": 1},
        )


class Messages(Strict):
    """What is said on a run's channel beyond what every run says: each message takes a round trip before or after the run."""

    log_lines: LogLines = LogLines(constant=0)
    """How many log lines a run writes, evenly spread over its service time: one message each, one after another (W-22a)."""
    at_end: Probability = 0.0
    """The share of these lines that are written at the very end instead, such as results. They hold the slot one round trip each (W-13)."""
    credentials: Annotated[int, Field(ge=0, le=100)] = 0
    """How many credentials are fetched before the launch, all at once; Lightning answers them one after another (W-15)."""
    input: bool = True
    """The run has an input that is fetched before it is handed to the engine (W-15); real runs do."""
