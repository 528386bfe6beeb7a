"""How the kernel is compiled, and where the machine code is kept.

Every function of the kernel is `@compiled`; only the few that Python calls are `@entry`, which Numba compiles together with all
that they call and keeps in the user's cache directory. Numba notices when the file of a cached function changes, but not when the file
of a function that it calls does. Therefore the directory's name is a fingerprint of everything the machine code depends on: after
any change, a reinstall or on another machine it is a new directory, and the kernel is compiled anew.

With NUMBA_DISABLE_JIT=1 both decorators leave the functions as they are: slow, and open to debuggers and coverage.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.core.config
import numpy as np
from numba.core import types

from fastlanes_sim.core.sealed import sealed_content
from fastlanes_sim.engines import code_cache
from fastlanes_sim.engines.code_cache import CodeCache
from fastlanes_sim.engines.kernel.parts import pipelines

config: Any = numba.core.config
F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).resolve().parents[2]
_COMPILED_FROM = ("engines/kernel", "rules")
"""The packages whose source ends up in the machine code."""
_FILES = b"sealed 1"
"""How the files are written (`engines.code_cache`)."""
_OF_PART, _OF_WHOLE = pipelines()
_NO_HOME = Path(os.devnull, "home")
"""Stands for the home folder where there is none: nothing can be there."""


def compiled(function: F) -> F:
    """A function that only compiled functions call.

    Its integers are all 64 bits wide. Left to itself, Numba compiles a function anew for each constant and each width it is called with:
    twice as many versions as functions, and twice the time.
    """
    return _compiled(function)


def inlined(function: F) -> F:
    """The same, put into each of its callers: for what a polling worker does all the time, where calls are half of the work.

    What seldom happens stays outside, or compiling takes twice as long."""
    return _compiled(function, is_inlined=True)


def _compiled(function: F, *, is_inlined: bool = False) -> F:
    if is_disabled():
        return function
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_OF_PART}  # Python never calls it
    dispatcher: Any = numba.njit(error_model="numpy", forceinline=is_inlined, **options)(function)
    template = dispatcher.get_call_template
    dispatcher.get_call_template = lambda args, kws: template(tuple(_widened(arg) for arg in args), kws)
    return cast(F, dispatcher)


def _widened(argument: Any) -> Any:
    return types.int64 if isinstance(types.unliteral(argument), types.Integer | types.IntEnumMember) else argument


def entry(function: F) -> F:
    """A function that Python calls: compiled with all that it calls, and kept in `directory()`."""
    if is_disabled():
        return function
    dispatcher: Any = numba.njit(error_model="numpy", **_OF_WHOLE)(function)
    dispatcher._cache = CodeCache(function, directory())  # as Numba's `cache=True` does it, with ours
    return cast(F, dispatcher)


def is_disabled() -> bool:
    return bool(config.DISABLE_JIT)


@cache
def directory() -> Path:
    """Where this version of the kernel is kept on this machine. It need not exist."""
    digest = hashlib.sha256()
    for part in (numba.__version__, np.__version__, sys.version, platform.machine(), _cpu(), str(_PACKAGE)):
        digest.update(part.encode() + b"\0")
    digest.update(_FILES)
    for package in _COMPILED_FROM:
        for file in sorted((_PACKAGE / package).glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return _user_cache() / f"kernel-{digest.hexdigest()[:16]}"


def is_cached() -> bool:
    """Whether the event loop, and so nearly all there is to compile, need not be compiled. What is damaged must be."""
    files = [file for pattern in ("nbi", "*.nbc") for file in directory().glob(f"event_loop.simulate-*.{pattern}")]
    return len(files) > 1 and all(_is_whole(file, file.stat().st_mtime_ns) for file in files)


@cache
def _is_whole(file: Path, changed: int) -> bool:
    return sealed_content(file) is not None


def refusal() -> str:
    """Why the machine code must not be read, or (where it has yet to be compiled) cannot be kept; empty if all is well."""
    if _NO_HOME in directory().parents:
        return "there is no home folder to keep the compiled kernel in"
    return code_cache.refusal(directory(), to_write=not is_cached())


def _cpu() -> str:
    """Machine code is made for one kind of processor; a home directory may be shared by several."""
    from llvmlite import binding

    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


def _user_cache() -> Path:
    """https://specifications.freedesktop.org/basedir-spec, and what macOS and Windows have instead."""
    if chosen := os.environ.get("FASTLANES_SIM_CACHE"):
        return Path(chosen).absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = _home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")
    return base / "fastlanes_sim"


def _home() -> Path:
    """The user's."""
    try:
        return Path.home()
    except RuntimeError:
        return _NO_HOME
