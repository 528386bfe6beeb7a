"""Named streams of random numbers.

Every purpose of every source has a stream of its own, named by (seed, replication, source, purpose). Adding a source, or
asking one for more numbers, disturbs no other; the layout of the workers is not part of any name. So two layouts under one
seed meet exactly the same runs.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, replication: int, source: str, purpose: str) -> np.random.Generator:
    """The generator of this name: the same numbers each time it is asked for."""
    name = "\0".join((str(replication), source, purpose)).encode()
    words = np.frombuffer(hashlib.sha256(name).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=tuple(int(word) for word in words))))
