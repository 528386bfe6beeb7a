"""One input: made from its number, given to its reader, and what became of it."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import traceback
from functools import cache
from pathlib import Path
from random import Random

from fastlanes_sim.core.errors import FastlanesError
from fuzz.kinds import KINDS
from fuzz.mutation import mutated

LONGEST = 25_000
"""Characters of an error; a scenario may have many problems, of which fifty are told."""


def input_of(kind: str, seed: int, number: int) -> bytes:
    """The same for the same arguments, always."""
    return mutated(_seeds(kind), number, Random(f"{kind} {seed} {number}"))


@cache
def _seeds(kind: str) -> list[bytes]:
    return KINDS[kind].all_seeds(kind)


def attempt(kind: str, data: bytes) -> str:
    """`read`, `refused`, or what went wrong, in words."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    path = folder / f"input{KINDS[kind].suffix}"
    try:
        path.write_bytes(data)
        with contextlib.redirect_stderr(io.StringIO()):
            KINDS[kind].read(path)
    except FastlanesError as error:
        text = str(error)
        if "hint: " not in text:
            return f"no hint: {text[:300]}"
        return "refused" if len(text) <= LONGEST else f"an error of {len(text):,} characters"
    except Exception:
        return traceback.format_exc()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return "read"
