"""Lightning's runs in a real PostgreSQL: claims are decided by the query itself (L-24 to L-26). All that it writes is in a schema of its
own, which it makes and drops."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rig.claim_query import CLAIM, TABLES
from fastlanes_sim.rig.run_store import StoreLostError
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.database import pool_size
from fastlanes_sim.rules.lifecycle import State

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_MOST_CONNECTIONS = 50
_WORKFLOWS = 1_000_000
"""Workflows are numbered from here on: no number of a project is one of theirs."""
_CLAIM = CLAIM.format(gate="pg_sleep(%(sleeps)s)")
_START = "UPDATE runs SET state = 'started' WHERE id = %s AND state = 'claimed'"
_FINISH = "UPDATE runs SET state = %s WHERE id = %s AND state IN ('claimed', 'started')"
_PUT_BACK = "UPDATE runs SET state = 'available' WHERE id = ANY(%s)"


class PostgresStore:
    """The runs of one session."""

    takes_its_own_time = True

    def __init__(self, dsn: str, deployment: Deployment, table: RunTable) -> None:
        self._dsn = dsn
        self._deployment = deployment
        self._table = table
        self.schema = f"fastlanes_sim_rig_{secrets.token_hex(6)}"
        self._idle: asyncio.Queue[AsyncConnection[Any]] = asyncio.Queue()
        self._all: list[AsyncConnection[Any]] = []
        self._last_inserted = -1
        self.last_project: int | None = None
        self.active = 0

    @classmethod
    async def open(cls, dsn: str, deployment: Deployment, table: RunTable) -> PostgresStore:
        """Make the schema and its tables.

        Raises:
            FastlanesError: psycopg is missing, the database cannot be reached, or it lets nobody make a schema.
        """
        try:
            import psycopg
        except ImportError:
            raise FastlanesError("--dsn needs psycopg", "pip install 'fastlanes_sim[postgres]'") from None
        store = cls(dsn, deployment, table)
        try:
            await store._connect()
            await store._make()
        except psycopg.Error as error:
            await store.close()
            # What the driver says may repeat parts of the DSN.
            what = f"the database cannot be used: {type(error).__name__}"
            raise FastlanesError(what, "name a database in which the user may create a schema") from None
        except BaseException:  # interrupted: the schema must not stay
            await store.close()
            raise
        return store

    async def _connect(self) -> None:
        import psycopg

        settings = self._deployment.lightning
        size = pool_size(settings.database_pool or _MOST_CONNECTIONS, settings.nodes)
        timeout = 0 if settings.database_timeout is None else settings.database_timeout // MILLISECOND
        for _ in range(min(size, _MOST_CONNECTIONS)):
            options = f"-c search_path={self.schema} -c statement_timeout={timeout}"
            connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, options=options)
            self._all.append(connection)
            self._idle.put_nowait(connection)

    async def _make(self) -> None:
        connection = self._all[0]
        await connection.execute(f"CREATE SCHEMA {self.schema}")
        await connection.execute(TABLES)
        projects = [(number, project.concurrency) for number, project in enumerate(self._deployment.projects, 1)]
        workflows = [(_WORKFLOWS + n, one.project + 1, one.concurrency) for n, one in enumerate(self._deployment.workflows)]
        async with connection.cursor() as cursor:
            await cursor.executemany("INSERT INTO projects VALUES (%s, %s)", projects)
            await cursor.executemany("INSERT INTO workflows VALUES (%s, %s, %s)", workflows)

    async def insert(self, row: int, now: int) -> bool:
        """The run is created. Admission control is not played here."""
        self._last_inserted = max(self._last_inserted + 1, now)
        table = self._table
        queue = Queue(int(table.queue[row])).label
        values = (row, _WORKFLOWS + int(table.workflow[row]), "available", queue, int(table.priority[row]), self._last_inserted)
        await self._execute("INSERT INTO runs VALUES (%s, %s, %s, %s, %s, %s)", values)
        self.active += 1
        return True

    async def begin(self, queues: Sequence[str], demand: int, slow: int) -> PostgresQuery:
        """The query has been sent; it sleeps `slow` µs after it has begun and before it takes anything."""
        settings = self._deployment.lightning
        parameters = {
            "queues": json.dumps(list(queues)),
            "demand": demand,
            "claim_limit": settings.claim_limit,
            "run_queue": settings.run_queue.value,
            "has_queues": settings.ruleset.has_queues,
            "has_priority": settings.ruleset.has_priority,
            "last_project": self.last_project,
            "sleeps": slow / SECOND,
        }
        return PostgresQuery(self, asyncio.create_task(self._claimed(parameters, slow)))

    async def _claimed(self, parameters: dict[str, object], slow: int) -> list[tuple[int, int]]:
        """Where there is nothing to rank the database does not come to the sleep."""
        found, _ = await asyncio.gather(self._rows(_CLAIM, parameters), asyncio.sleep(slow / SECOND))
        return found

    async def start(self, row: int) -> bool:
        return await self._execute(_START, (row,)) == 1

    async def finish(self, row: int, state: State) -> bool:
        changed = await self._execute(_FINISH, (state.name.lower(), row)) == 1
        self.active -= changed
        return changed

    async def put_back(self, rows: list[int]) -> None:
        """L-27"""
        await self._execute(_PUT_BACK, (rows,))

    async def close(self) -> None:
        """Drop the schema, and with it everything that was written."""
        import psycopg

        for connection in self._all:
            await connection.close()
        if self._all:
            with suppress(psycopg.OperationalError):  # a database that is gone keeps its schema
                async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
                    await connection.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        self._all.clear()

    async def _execute(self, text: str, values: Sequence[object]) -> int:
        import psycopg

        connection = await self._idle.get()
        try:
            return (await connection.execute(text, values)).rowcount
        except psycopg.Error as error:
            raise _lost(error) from None
        finally:
            self._idle.put_nowait(connection)

    async def _rows(self, text: str, values: dict[str, object]) -> list[tuple[int, int]]:
        import psycopg

        connection = await self._idle.get()
        try:
            return list(await (await connection.execute(text, values)).fetchall())
        except psycopg.errors.QueryCanceled:
            raise TimeoutError from None
        except psycopg.Error as error:
            raise _lost(error) from None
        finally:
            self._idle.put_nowait(connection)


def _lost(error: Exception) -> StoreLostError:
    """What the driver says may repeat values, so only its kind is named."""
    return StoreLostError(f"the database does not answer any more: {type(error).__name__}", "see whether it still runs, and begin again")


class PostgresQuery:
    """A claim that is under way."""

    def __init__(self, store: PostgresStore, task: asyncio.Task[list[tuple[int, int]]]) -> None:
        self._store = store
        self._task = task

    async def end(self, demand: int) -> list[int]:
        """The rows that it took; with no demand left they are put back (L-27).

        Raises:
            TimeoutError: it was broken off (L-26).
        """
        found = await self._task
        rows = [row for row, _ in found]
        if found:
            self._store.last_project = found[-1][1]
        if not demand and rows:
            await self._store.put_back(rows)
            return []
        return rows

    async def cancel(self) -> None:
        self._task.cancel()
