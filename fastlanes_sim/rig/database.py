"""How long the query of a claim takes in wall-clock time: the scenario's curve and slow databases (I-7), processors that queries share
(L-25), a pool of connections and a timeout (L-26)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rules.database import attained, interpolate, pool_size, until_attained


class Database:
    """Of one Lightning."""

    def __init__(self, deployment: Deployment) -> None:
        settings = deployment.lightning
        self._deployment = deployment
        size = settings.database_pool
        self._pool = None if size is None else asyncio.Semaphore(pool_size(size, settings.nodes))
        self._queries: set[asyncio.Event] = set()
        """One for each query that is under way; set when their number changes."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        """L-26: one of the pool, however long it takes to get it."""
        if self._pool is None:
            yield
            return
        async with self._pool:
            yield

    def takes(self, now: int, active: int) -> int:
        """µs of a query that begins at this scenario time, were it alone."""
        slow = (span.database for span in self._deployment.incidents.slow if span.begins <= now < span.ends)
        return interpolate(next(slow, self._deployment.latency.database), active)

    def is_slow(self, now: int) -> bool:
        """I-7: whether a query that begins at this scenario time is one of a slow database."""
        return any(span.begins <= now < span.ends for span in self._deployment.incidents.slow)

    async def query(self, takes: int) -> None:
        """Sleep as long as a query lasts that takes so long alone.

        Raises:
            TimeoutError: it was broken off (L-26).
        """
        timeout = self._deployment.lightning.database_timeout
        if takes <= 0:
            return
        async with asyncio.timeout(None if timeout is None else timeout / 1_000_000):
            await self._shared(takes)

    async def _shared(self, left: int) -> None:
        processors = self._deployment.lightning.database_processors
        changed = asyncio.Event()
        self._queries.add(changed)
        self._tell()
        try:
            while left > 0:
                changed.clear()
                queries = len(self._queries) if processors is not None else 1
                began = time.monotonic_ns()
                wait = until_attained(left, processors or 1, queries) / 1_000_000
                try:
                    async with asyncio.timeout(wait):
                        await changed.wait()
                except TimeoutError:
                    return
                left -= attained((time.monotonic_ns() - began) // 1_000, processors or 1, queries)
        finally:
            self._queries.discard(changed)
            self._tell()

    def _tell(self) -> None:
        if self._deployment.lightning.database_processors is not None:
            for other in self._queries:
                other.set()
