"""How a tortured command is started: by a Python of its own, or as a fork of a process that has imported everything.

Three quarters of a small command are the start of Python and imports, which are the same for all. A fork begins behind them. What the
command starts itself (other processes) it starts as ever.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from tests.support.processes import MARK, marked


@dataclass(frozen=True)
class Place:
    """The folders of one start, below one that nobody else uses."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def temporary(self) -> Path:
        return self.root / "temporary"

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which the processes are known, and their temporary files found."""
        return {MARK: str(self.root), "TMPDIR": str(self.temporary)}

    def processes(self) -> dict[int, str]:
        """Those that have been started here and live."""
        return marked(str(self.root))


@dataclass(frozen=True)
class Ended:
    code: int
    err: str
    seconds: float


class Running(Protocol):
    """A command that has been started."""

    pid: int

    def ended(self, patience: float | None) -> Ended | None:
        """How it ended; None if it still runs after so many seconds."""


class Starter(Protocol):
    def start(self, words: Sequence[str], place: Place, more: Mapping[str, str]) -> Running:
        """Start `fastlanes-sim WORDS` there, with `more` variables."""


class OwnPython:
    """Each command has an interpreter of its own."""

    def start(self, words: Sequence[str], place: Place, more: Mapping[str, str]) -> Running:
        return _Process([sys.executable, "-m", "fastlanes_sim", *words], place, {**os.environ, **place.environment, **more})


class _Process:
    def __init__(self, line: list[str], place: Place, environment: dict[str, str]) -> None:
        self._err = (place.root / "err").open("w+b")
        self._begun = time.monotonic()
        self._process = subprocess.Popen(
            line,
            cwd=place.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._err,
            process_group=0,  # signals to this study's group are not for it
        )
        self.pid = self._process.pid

    def ended(self, patience: float | None) -> Ended | None:
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        seconds = time.monotonic() - self._begun
        with self._err:
            self._err.seek(0)
            return Ended(code, self._err.read().decode(errors="replace"), seconds)


class Forks:
    """Commands are forks of one process, one at a time."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "studies.torture.starts"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._asked: IO[str] = self._server.stdin
        self._answers: IO[str] = self._server.stdout
        self._next()  # it has imported everything

    def start(self, words: Sequence[str], place: Place, more: Mapping[str, str]) -> Running:
        self._asked.write(json.dumps({"words": list(words), "root": str(place.root), "more": dict(more)}) + "\n")
        return _Fork(self, int(self._next()["pid"]), place)

    def close(self) -> None:
        self._asked.close()
        self._server.wait()

    def _next(self) -> dict[str, float]:
        line = self._answers.readline()
        if not line:
            raise RuntimeError("the process that forks has died")
        found: dict[str, float] = json.loads(line)
        return found


class _Fork:
    def __init__(self, forks: Forks, pid: int, place: Place) -> None:
        self._forks, self.pid, self._place = forks, pid, place

    def ended(self, patience: float | None) -> Ended | None:
        """The server answers when it has ended, so an impatient one looks first whether it is a zombie."""
        end = time.monotonic() + (patience if patience is not None else float("inf"))
        while _runs(self.pid):
            if time.monotonic() > end:
                return None
            time.sleep(0.01)
        found = self._forks._next()
        return Ended(int(found["code"]), (self._place.root / "err").read_text(errors="replace"), found["seconds"])


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _serve() -> None:
    """Fork a command for each line of standard input; say its number, then how it ended."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    _import_everything()
    print(json.dumps({}), file=answers)
    for line in sys.stdin:
        asked = json.loads(line)
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            answers.close()
            _become(asked["words"], Place(Path(asked["root"])), asked["more"])
            return
        print(json.dumps({"pid": pid}), file=answers)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps({"code": code, "seconds": time.monotonic() - begun}), file=answers)


def _become(words: Sequence[str], place: Place, more: Mapping[str, str]) -> None:
    """The command; never returns, but for SystemExit."""
    os.setpgid(0, 0)
    os.chdir(place.work)
    os.environ.update({**place.environment, **more})
    tempfile.tempdir = None  # it remembers the folder of its parent
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, os.devnull, os.O_WRONLY),
        (2, str(place.root / "err"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv[:] = ["fastlanes-sim", *words]
    from fastlanes_sim.cli import main

    main()


def _import_everything() -> None:
    """What commands import only when they need it, and the machine code. No thread may be started: a fork has only one."""
    import importlib
    import pkgutil
    import threading

    import fastlanes_sim
    from fastlanes_sim.engines.selection import compile_kernel

    for module in pkgutil.walk_packages(fastlanes_sim.__path__, "fastlanes_sim."):
        if not module.name.endswith("__main__") and ".rig" not in module.name:
            importlib.import_module(module.name)
    for name in ("distributed", "matplotlib.pyplot", "pandas", "joblib.externals.loky", "scipy.stats", "rich.console", "rich.table"):
        importlib.import_module(name)
    compile_kernel()
    if threading.active_count() > 1:
        raise RuntimeError(f"threads: {threading.enumerate()}")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the shell has started this in the background
    _serve()
