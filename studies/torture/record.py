"""What has been tried, a line a signal: a study that is interrupted continues there, and does not mix what other sources did."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import fastlanes_sim

_PACKAGE = Path(fastlanes_sim.__file__).parent
_IMPORTED = re.compile(r"\|\s+(fastlanes_sim[\w.]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Moment:
    """A signal that was sent."""

    trial: str
    signal: str
    number: int
    own_python: bool
    seconds: float
    """After which it was sent."""
    of: float
    """Seconds that the command takes."""
    code: int
    """Exit code then."""
    again: bool
    """Whether the command was started again. It is not where a start in a folder with the same files was fine already."""
    sources: str
    faults: tuple[str, ...]


class Record:
    """A file of moments, and those in it that belong to the sources of today."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        *lines, rest = file.read_text().split("\n") if file.exists() else [""]
        self._all = [_moment(line) for line in lines]
        if rest:  # the study was killed while it wrote
            file.write_text("".join(f"{line}\n" for line in lines))

    def add(self, moment: Moment) -> None:
        with self._lock:
            self._all.append(moment)
            with self._file.open("a") as out:
                out.write(json.dumps(asdict(moment)) + "\n")

    def of(self, trial: str, sources: str) -> list[Moment]:
        """What these sources did in this trial. The last one counts where a moment was tried again."""
        with self._lock:
            return list({(one.signal, one.number): one for one in self._all if (one.trial, one.sources) == (trial, sources)}.values())


def _moment(line: str) -> Moment:
    found = json.loads(line)
    return Moment(**{**found, "faults": tuple(found["faults"])})


def imported(import_times: str) -> set[str]:
    """Modules of ours in what `PYTHONPROFILEIMPORTTIME=1` writes, from a command and all the processes that it starts."""
    return set(_IMPORTED.findall(import_times))


def fingerprint(modules: Iterable[str], words: Sequence[str], files: Iterable[bytes]) -> str:
    """Of what decides how a command behaves: the modules that it imports (comments, docstrings and layout aside), its words, its input."""
    found = hashlib.sha256(sys.version.encode())
    for module in sorted(modules):
        found.update(f"{module} {_meaning(module)}\n".encode())
    for part in [*(word.encode() for word in words), *files]:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:16]


_PARSES = threading.Lock()
"""Python 3.11 counts the depth of trees once for all threads: two that parse at once can fail with a SystemError."""


@cache
def _meaning(module: str) -> str:
    path = _PACKAGE.parent.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with _PARSES:
        tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        for part in ("body", "orelse", "finalbody"):
            statements = getattr(node, part, None)
            if isinstance(statements, list):
                setattr(node, part, [one for one in statements if not _is_text(one)])
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
