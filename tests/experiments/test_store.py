"""What was computed is there whole or not at all."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.once import say_once
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


def kept(path: Path) -> Store:
    """A store of ten values; by now in the file, not only in its log."""
    with Store(path) as store:
        for number in range(10):
            store.put(f"{number}", {"low": [1234567.5, number], "replication": number})
    return Store(path)


VALUES = [{"low": [1234567.5, number], "replication": number} for number in range(10)]


def zeros_at(place: float) -> Callable[[bytes], bytes]:
    def damaged(whole: bytes) -> bytes:
        begin = int(place * (len(whole) - 64))
        return whole[:begin] + bytes(64) + whole[begin + 64 :]

    return damaged


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda whole: b"something else entirely, long enough to be read as a header of a database " * 20,
    "empty": lambda whole: b"",
    "a tenth": lambda whole: whole[: len(whole) // 10],
    "half": lambda whole: whole[: len(whole) // 2],
    "all but a byte": lambda whole: whole[:-1],
    "one digit": lambda whole: whole.replace(b"1234567.5", b"1234568.5"),
    "a digit of a key": lambda whole: whole.replace(b"3{", b"4{"),
    "the schema": lambda whole: whole.replace(b"CREATE TABLE", b"CREATE MABLE"),
    "the table's name": lambda whole: whole.replace(b"sealed_value_1", b"sealed_value_x"),
    "random bytes behind the header": lambda whole: whole[:100] + Random(1).randbytes(len(whole) - 100),
    "longer": lambda whole: whole + b"more" * 1000,
    **{f"zeros at {place}": zeros_at(place) for place in (0, 0.005, 0.1, 0.45, 0.5, 0.55, 0.9, 1)},
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_is_damaged_is_computed_again_and_never_believed(kind: str, tmp_path: Path, capsys):
    path = tmp_path / "store.sqlite"
    kept(path).close()
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    say_once.cache_clear()
    with Store(path) as store:
        found = [store.get(str(number)) for number in range(10)]
        assert all(one in (None, VALUES[number]) for number, one in enumerate(found))
        for number in range(10):
            store.put(str(number), VALUES[number])
    assert capsys.readouterr().err.count("damaged: ") <= 1
    with Store(path) as store:
        assert [store.get(str(number)) for number in range(10)] == VALUES


def test_a_file_that_is_no_store_is_set_aside(tmp_path: Path, capsys):
    path = tmp_path / "store.sqlite"
    path.write_bytes(DAMAGES["text"](b""))
    say_once.cache_clear()
    with Store(path) as store:
        assert store.get("a") is None
    assert "store.sqlite is damaged: it is now store.sqlite.damaged" in capsys.readouterr().err
    assert (tmp_path / "store.sqlite.damaged").read_bytes() == DAMAGES["text"](b"")


def test_a_changed_value_is_told(tmp_path: Path, capsys):
    path = tmp_path / "store.sqlite"
    kept(path).close()
    path.write_bytes(DAMAGES["one digit"](path.read_bytes()))
    say_once.cache_clear()
    with Store(path) as store:
        assert [store.get(str(number)) for number in range(10)] == [None] * 10
    assert capsys.readouterr().err.count("values in") == 1


def test_what_cannot_be_written_is_told_with_the_place_and_a_hint(tmp_path: Path):
    with Store(tmp_path / "store.sqlite") as store:
        store._ask("pragma max_page_count=4")
        with pytest.raises(FastlanesError, match=r"(?s)store\.sqlite keeps no results.*hint: make room"):
            fill(store)
    (tmp_path / "folder").mkdir()
    with pytest.raises(FastlanesError, match="keeps no results: unable to open"):
        Store(tmp_path / "folder")


def fill(store: Store) -> None:
    for number in range(100):
        store.put(str(number), [0.5] * 1_000)
