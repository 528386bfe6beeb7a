"""One value of a scenario that can be changed by hand, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fastlanes_sim.core.units import spell_duration, spell_number, spell_rate

Kind = Literal["rate", "duration", "count", "factor", "switch", "text", "number"]


@dataclass(frozen=True, slots=True)
class Control:
    """One value that can be changed."""

    path: str
    """Dotted, as an override."""
    label: str
    kind: Kind
    value: Any
    """A number: events a second, µs, a count or a factor; or a truth, or a text."""
    shown: str
    low: float = 0.0
    """Ends of its slider."""
    high: float = 0.0
    help: str = ""
    under: str = ""
    """Shown below the control before it, by this short label."""

    def spelled(self, value: Any) -> Any:
        """As the file says it.

        Raises:
            ValueError: it is no value of this kind.
        """
        if self.kind == "switch":
            return bool(value)
        if self.kind == "text":
            return str(value)[:200]
        if self.kind == "number" and isinstance(value, str):
            value = float(value[:50])
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{value!r} is not a number")
        number = float(value)
        if not 0 <= number < 1e16:
            raise ValueError(f"{value!r} is out of range")
        match self.kind:
            case "rate":
                amount, _, unit = spell_rate(number).partition("/")
                return f"{spell_number(float(amount), 3)}/{unit}"
            case "duration":
                return spell_duration(number, 3)
            case "count":
                return round(number)
            case _:
                return float(spell_number(number, 3)) if number != round(number) else round(number)
