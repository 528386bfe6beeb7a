"""What was computed is there whole or not at all."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.store import Store, key_of

WRITER = """
import sys
from pathlib import Path
from fastlanes_sim.experiments.store import Store
store = Store(Path(sys.argv[1]))
for number in range(1_000_000):
    store.put(f"{number}", [number] * 1_000)
    if number == 20:
        print("begun", flush=True)
"""


def test_what_was_put_there_is_found_again(tmp_path: Path):
    with Store(tmp_path / "new" / "store.sqlite") as store:
        assert store.get("a") is None
        store.put("a", {"low": [1.5, math.inf], "replication": 3})
    with Store(tmp_path / "new" / "store.sqlite") as store:
        assert store.get("a") == {"low": [1.5, math.inf], "replication": 3}
        assert len(store) == 1


def test_the_key_depends_on_everything_and_on_nothing_else():
    assert key_of(scenario="abc", replication=1) == key_of(replication=1, scenario="abc")
    assert len({key_of(scenario=scenario, replication=number) for scenario in "ab" for number in (1, 2)}) == 4


def test_killed_while_writing_it_holds_whole_values_only(tmp_path: Path):
    path = tmp_path / "store.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.05)
        os.kill(writer.pid, signal.SIGKILL)
    with Store(path) as store:
        assert len(store) > 20
        assert [store.get(str(number)) for number in range(len(store))] == [[number] * 1_000 for number in range(len(store))]


def test_a_file_that_is_no_store_is_refused(tmp_path: Path):
    path = tmp_path / "store.sqlite"
    path.write_text("something else entirely, long enough to be read as a header of a database " * 20)
    with pytest.raises(FastlanesError, match="keeps no results"):
        Store(path)
