"""What the replay of a recorded case yields."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One recorded case: whether the simulator agrees with it, and where not."""

    case: str
    agrees: bool
    differences: tuple[str, ...]
