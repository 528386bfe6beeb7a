"""Commands as a page shows them, executed in this process, and what they print laid beside what the page says they do.

A `console` block has commands after `$ ` and what they print below. `...` stands for anything, in a line or for whole lines. A command
succeeds unless `$ echo $?` and its exit code follow.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from unittest.mock import patch

CODE = "echo $?"
WIDTH = "80"
OF_THE_MACHINE = ("Using the reference engine: ", "Compiling the kernel, ")
"""How lines begin that say what this machine has compiled before: no part of a result."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A command, and what the page says that it prints."""

    command: str
    output: str


@dataclass(frozen=True, slots=True)
class Outcome:
    output: str
    """As a terminal shows it: warnings and errors among the rest, without spaces at the ends of lines."""
    code: int


def shown(text: str) -> list[Shown]:
    """The commands of a `console` block. A line that ends in a backslash goes on in the next.

    Raises:
        ValueError: the block does not begin with a command.
    """
    commands: list[tuple[str, list[str]]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while command.endswith("\\"):
                command = command.removesuffix("\\") + next(lines, "").strip()
            commands.append((command, []))
        elif not commands:
            raise ValueError(f"a console block begins with `$ ` and a command, not with {line!r}")
        else:
            commands[-1][1].append(line)
    return [Shown(command, "\n".join(output).strip("\n")) for command, output in commands]


def commands(text: str) -> list[str]:
    """The commands of an indented block, one a line; a comment may follow."""
    return [command for line in text.splitlines() if (command := line.split("  #")[0].strip())]


def words(command: str, folder: Path) -> list[str]:
    """As a shell would split it: what stands in no quotes and has a `*` is the files it matches, or itself where it matches none."""
    lexer = shlex.shlex(command, posix=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    found = []
    for word in lexer:
        files = sorted(glob(word, root_dir=folder)) if "*" in word and not set(word) & {'"', "'"} else []
        found += files or shlex.split(word)
    return found


def agrees(said: str, printed: str) -> bool:
    """Whether a page may say this of what was printed: `...` is anything."""
    pattern = ".*".join(re.escape(part) for part in _trimmed(said).split("..."))
    return re.fullmatch(pattern, _trimmed(printed), re.DOTALL) is not None


def execute(command: str, folder: Path) -> Outcome:
    """Run a command of ours in this process, with `folder` as its place.

    Raises:
        ValueError: it is not a command of ours.
    """
    program, *arguments = words(command, folder)
    if Path(program).name != "fastlanes-sim":
        raise ValueError(f"{command!r} is none of ours: say why it is not run, with <!-- not run: WHY --> before its block")
    from fastlanes_sim.cli import main

    printed = io.StringIO()
    code = 0
    with place(folder), patch.object(sys, "argv", ["fastlanes-sim", *arguments]):
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                main()
        except SystemExit as left:
            code = int(left.code or 0)
    kept = [line for line in printed.getvalue().splitlines() if not line.startswith(OF_THE_MACHINE)]
    return Outcome(_trimmed("\n".join(kept)), code)


@contextlib.contextmanager
def place(folder: Path) -> Iterator[None]:
    """A folder to be in, a terminal of 80 columns without colours, and no screen."""
    with patch.dict(os.environ, {"COLUMNS": WIDTH, "NO_COLOR": "1", "TERM": "dumb", "MPLBACKEND": "agg"}), contextlib.chdir(folder):
        yield


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
