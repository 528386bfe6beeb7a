"""Machine code on disk: what is damaged is compiled again, and no code is taken from a folder where others can write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastlanes_sim.core.errors import EngineError
from fastlanes_sim.core.once import say_once
from fastlanes_sim.core.sealed import SEAL, content_of, sealed
from fastlanes_sim.core.trusted_folder import distrusted, unwritable
from fastlanes_sim.engines import code_cache, selection
from fastlanes_sim.engines.kernel import jit


def plus_one(number):
    return number + 1


def use(cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    """Use a small entry as a new process would: whether it came from the cache, and what is said."""
    monkeypatch.setattr(jit, "directory", lambda: cache)
    say_once.cache_clear()
    dispatcher = jit.entry(plus_one)
    assert dispatcher(41) == 42
    return bool(dispatcher.stats.cache_hits), capsys.readouterr().err


def damage(kind: str, whole: bytes) -> bytes:
    half = len(whole) // 2
    return {
        "empty": b"",
        "cut short": whole[:half],
        "one bit": whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :],
        "garbage": bytes(range(256)) * 20,
        "without a seal": whole[:-SEAL],
        "a bomb": b"cos\nabort\n(tR.",  # a pickle that ends the process that reads it
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "cut short", "one bit", "garbage", "without a seal", "a bomb"])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_what_is_damaged_is_set_aside_named_once_and_compiled_again(kind: str, suffix: str, tmp_path: Path, monkeypatch, capsys):
    assert use(tmp_path, monkeypatch, capsys) == (False, "")
    (file,) = tmp_path.glob(f"*{suffix}")
    whole = file.read_bytes()
    file.write_bytes(damage(kind, whole))
    from_cache, said = use(tmp_path, monkeypatch, capsys)
    assert not from_cache
    assert said.count("is damaged") == 1
    assert str(file) in said
    assert file.with_name(f"{file.name}.damaged").read_bytes() == damage(kind, whole)
    assert use(tmp_path, monkeypatch, capsys) == (True, "")


def test_a_full_disk_costs_the_next_process_the_time_to_compile_and_this_one_nothing(tmp_path: Path, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(code_cache.os, "replace", full)
    from_cache, said = use(tmp_path, monkeypatch, capsys)
    assert not from_cache
    assert f"could not be kept in {tmp_path}: No space left on device" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["empty", "cut short", "one bit", "garbage", "without a seal", "a bomb"])
def test_a_seal_tells_every_damage(kind: str):
    whole = sealed(b"content " * 100, "name")
    assert content_of(whole, "name") == b"content " * 100
    assert content_of(damage(kind, whole), "name") is None
    assert content_of(whole, "another name") is None


def test_a_damaged_kernel_counts_as_one_that_has_yet_to_be_compiled(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(jit, "directory", lambda: tmp_path / "kernel-1")
    (tmp_path / "kernel-1").mkdir()
    for name in ("event_loop.simulate-42.py311.nbi", "event_loop.simulate-42.py311.1.nbc"):
        (tmp_path / "kernel-1" / name).write_bytes(sealed(b"code", name))
    assert jit.is_cached()
    (tmp_path / "kernel-1" / name).write_bytes(b"code")
    say_once.cache_clear()
    assert not jit.is_cached()
    assert capsys.readouterr().err.count("is damaged") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.parametrize(("mode", "where"), [(0o777, "."), (0o777, "above"), (0o772, ".")])
def test_no_code_is_taken_from_where_others_can_write(mode: int, where: str, tmp_path: Path, monkeypatch, capsys):
    place = tmp_path / "above" / "cache"
    place.mkdir(parents=True)
    assert distrusted(place) == ""
    (place if where == "." else place.parent).chmod(mode)
    assert "others can write there" in distrusted(place)
    assert use(place, monkeypatch, capsys) == (False, "")
    assert not list(place.iterdir())
    (place.parent).chmod(0o1777)
    place.chmod(0o700)
    assert distrusted(place) == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_the_kernel_is_refused_with_a_hint_and_auto_does_without(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(jit, "directory", lambda: tmp_path / "shared" / "kernel-1")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    with pytest.raises(EngineError, match=r"(?s)others can write there.*hint: FASTLANES_SIM_CACHE"):
        selection.resolve("kernel")
    say_once.cache_clear()
    assert selection.resolve("auto") == "reference"
    assert "Using the reference engine: machine code is not read from" in capsys.readouterr().err


def test_a_folder_where_nothing_can_be_kept_is_noticed_before_compiling(monkeypatch, tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert "no folder" in unwritable(tmp_path / "file" / "cache")
    monkeypatch.setattr(jit, "directory", lambda: tmp_path / "file" / "cache" / "kernel-1")
    with pytest.raises(EngineError, match="cannot be kept"):
        selection.resolve("kernel")


def test_without_a_home_folder_nothing_is_kept(monkeypatch):
    monkeypatch.delenv("FASTLANES_SIM_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(jit.sys, "platform", "linux")

    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(jit.Path, "home", no_home)
    monkeypatch.setattr(jit, "directory", lambda: jit._user_cache() / "kernel-1")
    assert "no home folder" in jit.refusal()
