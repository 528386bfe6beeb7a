"""Wall-clock time in whole microseconds. Everything is noted down by this clock; `zero` says where the scenario's time 0 is on it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """It runs from its making on; the scenario begins later, when the workers are there."""

    def __init__(self) -> None:
        self._origin = time.monotonic_ns() // 1_000
        self._utc = datetime.now(UTC)
        self.zero: int | None = None
        """When the scenario began, by this clock."""

    def begin(self) -> None:
        """Scenario time 0 is now."""
        self.zero = self.now

    @property
    def now(self) -> int:
        """µs since the clock was made."""
        return time.monotonic_ns() // 1_000 - self._origin

    @property
    def elapsed(self) -> int:
        """µs since scenario time 0; negative before it."""
        return -1 if self.zero is None else self.now - self.zero

    @property
    def start(self) -> datetime:
        """The instant of scenario time 0, in UTC."""
        return self._utc + timedelta(microseconds=self.zero or 0)

    def of_epoch(self, us: int) -> int:
        """The reading of this clock at an instant of a wall clock (µs since 1970), such as that of a worker on this machine."""
        return us - round(self._utc.timestamp() * 1_000_000)

    async def until(self, elapsed: int) -> None:
        """Sleep until that scenario time."""
        while (left := elapsed - self.elapsed) > 0:
            await asyncio.sleep(left / 1_000_000)
