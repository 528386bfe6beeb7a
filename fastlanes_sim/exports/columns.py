"""The columns of an export, in the order in which ours are written."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fastlanes_sim.rules.creation import QUEUES_IN_WORDS

_NOT_A_LETTER = re.compile(r"[^\w]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

COLUMNS: dict[str, str] = {
    "id": "the run's id",
    "work_order": "id of its work order: a later run of the same one is a retry (optional)",
    "project": "name of the project (optional)",
    "workflow": "name of the workflow",
    "queue": f"{QUEUES_IN_WORDS} (optional: L-4 says what rows without it are)",
    "priority": "0 or immediate, 1 or normal (optional)",
    "state": "the run's state (L-1; optional: the times tell it otherwise)",
    "inserted_at": "when Lightning created the run",
    "claimed_at": "when Lightning gave it to a worker; empty if it did not",
    "started_at": "when it started on the worker; empty if it did not",
    "finished_at": "when it ended; empty if it did not",
    "workflow_concurrency": "the workflow's own limit, empty where it has none (L-12; optional)",
    "project_concurrency": "the project's limit, empty where it has none (L-12; optional)",
}
FURTHER: dict[str, str] = {
    "run_timeout_ms": "the run's timeout in milliseconds (optional)",
    "run_timeout": "the run's timeout: seconds, or a duration such as 5m (optional)",
    "options": "the run's options as JSON, for their run_timeout_ms (optional)",
    "worker_name": "the worker that claimed the run (optional)",
}
"""Columns that are read, too, but not written."""
REQUIRED = ("id", "workflow", "inserted_at", "claimed_at", "started_at", "finished_at")
TIMES = ("inserted_at", "claimed_at", "started_at", "finished_at")

ALIASES = {
    "run_id": "id",
    "work_order_id": "work_order",
    "project_name": "project",
    "workflow_name": "workflow",
    "options_run_timeout_ms": "run_timeout_ms",
    "options_run_timeout": "run_timeout",
    "worker": "worker_name",
}
"""Other names under which a column is understood."""

_NULLS = frozenset({"", "\\n", "null", "[null]", "(null)", "nan", "nat", "none", "<na>"})
"""Spellings of a value that is not there, in small letters: empty, those of PostgreSQL and its tools, and what data frames write."""
MISSING = _NULLS | {"na", "n/a", "#n/a", "-", "--"}
"""The same where no name is expected. A project or a workflow may be called NA, so that there only `_NULLS` are missing."""
_LONGEST_MISSING = max(map(len, MISSING))


def is_missing(text: str) -> bool:
    """Whether a field says that there is no value."""
    return text.strip().lower() in MISSING


def is_missing_name(text: str) -> bool:
    """The same of the name of a project or a workflow."""
    return text.strip().lower() in _NULLS


def are_missing(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """`is_missing` of each, without a look at what is longer than any such spelling."""
    plain = list(map(str.strip, texts))
    missing = np.fromiter(map(len, plain), np.int64, len(plain)) <= _LONGEST_MISSING
    short = np.flatnonzero(missing)
    small = map(str.lower, map(plain.__getitem__, short.tolist()))
    missing[short] = np.fromiter(map(MISSING.__contains__, small), np.bool_, len(short))
    return missing


def plain_name(text: str) -> str:
    """A heading or a code in small letters with underscores: `Inserted At`, `inserted-at` and `options.run_timeout` become names."""
    return _NOT_A_LETTER.sub("_", text.strip().strip("\"'").strip().lower()).strip("_")


def plain_name_of_camel(text: str) -> str:
    """The same of `insertedAt` and `FastLane`."""
    return plain_name(_HUMP.sub("_", text))


def places(header: Sequence[str], aliases: Mapping[str, str] | None = None) -> dict[str, list[int]]:
    """Where each column stands; in more than one place if several headings mean it. Columns that nobody asked for are left out.

    Args:
        aliases: further headings (as `plain_name` has them) and what they mean; they come first.
    """
    aliases = aliases or {}
    named = set(aliases.values())
    found: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        plain = plain_name(name)
        ours = aliases.get(plain)
        if ours is None:
            understood = (ALIASES.get(one, one) for one in (plain, plain_name_of_camel(name)))
            ours = next((one for one in understood if (one in COLUMNS or one in FURTHER) and one not in named), "")
        if ours in COLUMNS or ours in FURTHER:
            found.setdefault(ours, []).append(place)
    return found


def missing_columns(found: Container[str]) -> list[str]:
    return [name for name in REQUIRED if name not in found]
