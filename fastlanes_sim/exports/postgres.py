"""A live PostgreSQL: one query in a transaction that may only read, streamed as the CSV that it would be exported to."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

from fastlanes_sim.exports.encoding import ERRORS
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.parse import Parser
from fastlanes_sim.exports.problems import ExportError, Reading
from fastlanes_sim.exports.read import Progress, finish, read_lines

QUERY = """\
SELECT r.id, r.work_order_id AS work_order, p.name AS project, w.name AS workflow,{queue}
       r.priority, r.state, r.inserted_at, r.claimed_at, r.started_at, r.finished_at,
       w.concurrency AS workflow_concurrency, p.concurrency AS project_concurrency
FROM runs r
JOIN work_orders o ON o.id = r.work_order_id
JOIN workflows w ON w.id = o.workflow_id
JOIN projects p ON p.id = w.project_id
ORDER BY r.inserted_at, r.id"""
"""`{queue}` is ` r.queue,` where the table has that column. The order makes the answer repeatable."""
_HAS_QUEUE = "SELECT 1 FROM pg_attribute WHERE attrelid = 'runs'::regclass AND attname = 'queue' AND NOT attisdropped"


def read_database(dsn: str, *, strict: bool = False, progress: Progress | None = None) -> Export:
    """Read `runs` joined to its work orders, workflows and projects. Nothing is written, nothing of it is kept.

    Args:
        dsn: as psycopg takes it, `postgresql://reader@host/lightning`; better without a password: see PGPASSFILE.
        strict: stop at a row that makes no sense.
        progress: called now and then with (rows read, 0).

    Raises:
        ExportError: psycopg is missing, there is no connection, the tables are not Lightning's, or (strict) a row makes no sense.
    """
    try:
        import psycopg
    except ImportError:
        raise ExportError("--dsn needs psycopg", "pip install 'fastlanes_sim[postgres]'") from None
    parser = Parser(Reading("the database"))
    try:
        connection = psycopg.connect(dsn, options="-c TimeZone=UTC -c DateStyle=ISO")
    except psycopg.OperationalError:
        # What the driver says may repeat parts of the DSN.
        raise ExportError("the database cannot be reached", "check host, user, password and network with psql") from None
    except (psycopg.Error, ValueError):  # as it is not UTF-8, or has a NUL
        raise ExportError("this is not a DSN", "write postgresql://USER@HOST:PORT/DATABASE") from None
    try:
        with connection:
            connection.read_only = True
            has_queue = connection.execute(_HAS_QUEUE).fetchone() is not None
            query = QUERY.format(queue=" r.queue," if has_queue else "")
            with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy:
                report = None if progress is None else (lambda: progress(parser.reading.rows, 0))
                read_lines(_lines(copy), parser, strict, report)
    except psycopg.Error as error:
        kind = error.sqlstate or type(error).__name__
        hint = "point the DSN at Lightning's database, with the right to read runs, work_orders, workflows and projects"
        raise ExportError(f"the query was refused (SQLSTATE {kind})", hint) from None
    finally:
        connection.close()
    return finish(parser, strict)


def _lines(copy: Any) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors=ERRORS)
    rest = ""
    for data in copy:
        lines = (rest + decoder.decode(bytes(data))).split("\n")
        rest = lines.pop()
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest
