"""A second statement of the claim rules, in SQL (L-5 to L-16, L-24), which the rig uses: how the tests ask it."""

from __future__ import annotations

import json
from typing import Any

from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.rig import claim_query
from fastlanes_sim.rig.claim_query import TABLES as TABLES
from fastlanes_sim.rules.claim import Limits
from fastlanes_sim.rules.lifecycle import State

CLAIM = claim_query.CLAIM.format(gate="")
GATED_CLAIM = claim_query.CLAIM.format(gate="pg_advisory_lock_shared(%(gate)s), pg_advisory_unlock_shared(%(gate)s)")
"""The same. Its query goes on only when nobody else holds that advisory lock: before it has locked any row, and after it has begun."""


MISSING = object()
"""The message has no `queues` at all."""


class Database:
    """What the test asks of the database. Its claims remember the project served last, as round robin needs."""

    def __init__(self, connection: Any, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self.last_project: int | None = None
        connection.cursor().executemany("INSERT INTO projects VALUES (%s, %s)", list(limits.project_concurrency.items()))
        connection.cursor().executemany(
            "INSERT INTO workflows VALUES (%s, %s, %s)",
            [(workflow, limits.workflow_project[workflow], own) for workflow, own in limits.workflow_concurrency.items()],
        )

    def insert(self, rows: list[RunRow]) -> None:
        self._connection.cursor().executemany(
            "INSERT INTO runs VALUES (%s, %s, %s, %s, %s, %s)",
            [(row.id, row.workflow, row.state.name.lower(), row.queue, row.priority, row.inserted_at) for row in rows],
        )

    def claim(self, raw_queues: object, demand: int) -> list[int]:
        claimed = self._connection.execute(CLAIM, self.parameters(raw_queues, demand)).fetchall()
        if claimed:
            self.last_project = claimed[-1][1]
        return [run_id for run_id, _ in claimed]

    def parameters(self, raw_queues: object, demand: int) -> dict[str, object]:
        """Of the claim statement."""
        return {
            "queues": None if raw_queues is MISSING else json.dumps(raw_queues),
            "demand": demand,
            "claim_limit": self._limits.claim_limit,
            "run_queue": self._limits.run_queue.value,
            # Written as what differs (preamble of the specification), not taken from the code under test.
            "has_queues": self._limits.ruleset.value != "pre-4515",
            "has_priority": self._limits.ruleset.value != "no_priority",
            "last_project": self.last_project,
        }

    def start(self, run_id: int) -> bool:
        return self._connection.execute("UPDATE runs SET state = 'started' WHERE id = %s AND state = 'claimed'", [run_id]).rowcount == 1

    def finish(self, run_id: int, state: State) -> bool:
        return (
            self._connection.execute(
                "UPDATE runs SET state = %s WHERE id = %s AND state IN ('claimed', 'started')", [state.name.lower(), run_id]
            ).rowcount
            == 1
        )

    def active(self) -> dict[int, str]:
        return dict(self._connection.execute("SELECT id, state FROM runs WHERE state IN ('available', 'claimed', 'started')").fetchall())
