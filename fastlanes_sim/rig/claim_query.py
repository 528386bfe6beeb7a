"""The claim as a query of a real PostgreSQL, and the tables that it works on (L-5 to L-16, L-24). Held against `rules/claim` by tests."""

from __future__ import annotations

TABLES = """
CREATE TABLE projects (id int PRIMARY KEY, concurrency int);
CREATE TABLE workflows (id int PRIMARY KEY, project_id int NOT NULL, concurrency int);
CREATE TABLE runs (
    id int PRIMARY KEY, workflow_id int NOT NULL, state text NOT NULL, queue text NOT NULL,
    priority int NOT NULL, inserted_at bigint NOT NULL UNIQUE
);
"""

# Workflow ids never equal project ids, as UUIDs do not: one column of partitions will do.
CLAIM = """
WITH message AS MATERIALIZED (                                                                   -- L-5
    SELECT CASE
        WHEN NOT %(has_queues)s THEN ARRAY['*']
        WHEN jsonb_path_exists(%(queues)s::jsonb, 'strict $ ? (@.type() == "array" && @.size() > 0)')
             AND NOT jsonb_path_exists(%(queues)s::jsonb, 'strict $[*] ? (@.type() != "string")', silent => true)
        THEN ARRAY(SELECT name FROM jsonb_array_elements_text(%(queues)s::jsonb) WITH ORDINALITY AS l (name, place) ORDER BY place)
        ELSE ARRAY['manual', '*']
    END AS queues
    FROM (SELECT {gate}) AS gate
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
    WHERE runs.state = 'available'                                                               -- L-24: still, as its row is locked
    ORDER BY place
    LIMIT %(demand)s
    FOR UPDATE OF runs SKIP LOCKED
),
claimed AS (
    UPDATE runs SET state = 'claimed' FROM chosen WHERE runs.id = chosen.id RETURNING runs.id, place
)
SELECT claimed.id, project_id FROM claimed JOIN active ON active.id = claimed.id ORDER BY place
"""

"""`{gate}` is evaluated once the query has begun, and before it locks any row: a sleep, or a lock that a test holds."""
