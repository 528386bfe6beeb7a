"""Named streams of random numbers.

Every purpose of every source has a stream of its own, named by (seed, replication, source, purpose). Adding a source, or
asking one for more numbers, disturbs no other; the layout of the workers is not part of any name. So two layouts under one
seed meet exactly the same runs.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import numpy.typing as npt


def stream(seed: int, replication: int, source: str, purpose: str) -> np.random.Generator:
    """The generator of this name: the same numbers each time it is asked for."""
    name = "\0".join((str(replication), source, purpose)).encode()
    words = np.frombuffer(hashlib.sha256(name).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(np.concatenate((_pool(seed), words)))))


@cache
def _pool(seed: int) -> npt.NDArray[np.uint32]:
    """What NumPy puts before a spawn key: `SeedSequence(seed, spawn_key=words)` comes to the same words, at three times the cost."""
    words = [seed >> shift & 0xFFFFFFFF for shift in range(0, max(seed.bit_length(), 1), 32)]
    return np.array(words + [0] * (np.random.SeedSequence().pool_size - len(words)), np.uint32)
