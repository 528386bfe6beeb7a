"""How the times of some runs divide among parts, such as the causes of their waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Split:
    """Parts are numbered from 0, as an `IntEnum` numbers them."""

    runs: int
    micros: tuple[int, ...]
    """Of all these runs together, by part."""

    @classmethod
    def of(cls, micros: npt.NDArray[np.int64]) -> Self:
        """µs of each (run, part)."""
        return cls(len(micros), tuple(int(part) for part in micros.sum(axis=0)))

    @property
    def total(self) -> int:
        return sum(self.micros)

    def share(self, part: int) -> float:
        """Of the whole time of these runs, 0 to 1."""
        return self.micros[part] / self.total if self.total else 0.0

    def mean(self, part: int | None = None) -> float:
        """µs of a run: of this part, or of all of them."""
        return (self.total if part is None else self.micros[part]) / self.runs if self.runs else 0.0
