"""The claim rules against a second statement of them, in SQL, answered by a real PostgreSQL (L-5 to L-16).

The recorded cases of `tests/conformance` are fixed, and of the pull request's rules only. Here random tables are claimed from by
the rules and by the database, in every ruleset and run-queue class. `inserted_at` is distinct, as the database leaves the order of
equal ones open (L-22).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.rules.claim import Limits, sanitise_queues, select
from fastlanes_sim.rules.lifecycle import FINAL, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from tests.support.claim_strategies import any_limits, random_row, raw_queues
from tests.support.claims_in_sql import MISSING, TABLES, Database

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def connection(postgres: Callable[[], Any]) -> Iterator[Any]:
    """To a database with empty tables."""
    with postgres() as connection:
        connection.execute(TABLES.replace("CREATE TABLE", "CREATE TEMPORARY TABLE"))
        yield connection


claims = st.tuples(st.just("claim"), raw_queues, st.sampled_from([1, 1, 1, 2, 5, 30, 0]))
operations = st.one_of(
    claims,
    claims,
    st.tuples(st.just("start"), st.integers(0, 79), st.none()),
    st.tuples(st.just("finish"), st.integers(0, 79), st.sampled_from(sorted(FINAL))),
    st.tuples(st.just("insert"), st.none(), st.none()),
)


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

    @settings(max_examples=7 * settings().max_examples)  # each ruleset takes a run of each class
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
