"""The engines mirror each other: a file of the one has its counterpart in the other, unless the package's docstring says why not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from fastlanes_sim import engines

FOLDER = Path(engines.__file__).parent
ABOUT = engines.__doc__ or ""
SHARED, KERNEL_ONLY = (set(re.findall(r"`(\w+)`", part)) for part in ABOUT.partition("Both have")[2].split("Only the kernel has:"))


def files(package: str) -> set[str]:
    return {file.stem for file in (FOLDER / package).glob("*.py")} - {"__init__"}


def functions(package: str, file: str) -> set[str]:
    tree = ast.parse((FOLDER / package / f"{file}.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_docstring_names_every_file():
    assert files("reference") == SHARED
    assert files("kernel") == SHARED | {name for name in KERNEL_ONLY if name not in SHARED}


ACCESSORS = {"connection_of", "detail_of", "loop_of", "planned_kill", "unreachable"}
"""Functions of the reference engine that look something up on an object; the kernel has a field of its arrays."""
OF_PYTHON = ACCESSORS | {"expect_arrival", "drop_events", "counts", "slots", "first"}
"""Functions of the reference engine that the kernel does otherwise."""
WORDED_ALIKE = SHARED - {"simulation", "initial_state", "world", "records", "event_list", "event_loop", "active_runs", "wait_causes"}


@pytest.mark.parametrize("file", sorted(WORDED_ALIKE))
def test_what_the_reference_engine_does_the_kernel_does_under_the_same_name(file: str):
    assert functions("reference", file) - functions("kernel", file) <= OF_PYTHON
