"""Machine code on disk, as Numba writes it, with a seal on each file.

Numba unpickles what it finds and executes it: of a damaged file the process dies. Here each file is read only if its seal is whole.
Otherwise it is set aside, and the function compiled again. What is read is code, so `refusal` tells which folders must not hold it.
"""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile

from fastlanes_sim.core.once import say_once
from fastlanes_sim.core.sealed import sealed, sealed_content
from fastlanes_sim.core.trusted_folder import distrusted, unwritable

HINT = "FASTLANES_SIM_CACHE names another folder"


def refusal(folder: Path, *, to_write: bool) -> str:
    """Why machine code must not be read from a folder, or (`to_write`) cannot be kept there; empty if all is well."""
    if why := distrusted(folder) or distrusted(folder.parent):
        return f"machine code is not read from {why}"
    return f"the compiled kernel cannot be kept in {why}" if to_write and (why := unwritable(folder)) else ""


class CodeCache(FunctionCache):
    """Numba's cache of one function, in a folder of our choice."""

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        self._name = repr(function)
        self._py_func = function
        self._impl = _Implementation(function, folder)
        self._cache_path = str(folder)
        self._cache_file = SealedFiles(self._cache_path, self._impl.filename_base, "")
        self.enable()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """None where there is nothing, where it is damaged, and where the folder is not to be trusted."""
        return None if refusal(Path(self._cache_path), to_write=False) else super().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """A disk that is full costs the next process the time to compile, and this one nothing."""
        folder = Path(self._cache_path)
        if refusal(folder, to_write=True):
            return
        try:
            super().save_overload(sig, data)
        except OSError as error:
            say_once(f"note: the compiled kernel could not be kept in {folder}: {error.strerror}\n    hint: make room there, or {HINT}")


class _Implementation(CompileResultCacheImpl):
    """How results are made into bytes, and what the files are called."""

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator(folder, self._lineno, function.__code__.co_filename)
        self._filename_base = self.get_filename_base(f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}", "")


class _Locator:
    """What Numba asks of the place of a cache. The folder's name tells the sources, so a stamp of them is not needed."""

    def __init__(self, folder: Path, line: int, file: str) -> None:
        self._folder, self._line, self._py_file = folder, line, file

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_disambiguator(self) -> str:
        return str(self._line)


class SealedFiles(IndexDataCacheFile):
    """Numba reads pickles, which end where they say: the seal behind them does not disturb it."""

    def _load_index(self) -> Any:
        return {} if sealed_content(Path(self._index_path)) is None else super()._load_index()

    def _load_data(self, name: str) -> Any:
        path = Path(self._data_path(name))
        if sealed_content(path) is None:
            raise FileNotFoundError(path)  # Numba then compiles
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        out = io.BytesIO()
        yield out
        path = Path(filepath)
        temporary = path.with_name(f"{path.name}.tmp.{uuid.uuid4().hex[:16]}")
        try:
            temporary.write_bytes(sealed(out.getvalue(), path.name))
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
