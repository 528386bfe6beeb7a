"""How an input is made from others: cut, changed byte by byte, put together from two, or with a word where another was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

_WORD = re.compile(rb"[A-Za-z_]+|[0-9][0-9.:eE+-]*|\"[^\"\n]{0,40}\"")
WORDS = (
    b"",
    b"0",
    b"-1",
    b"1",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"Infinity",
    b"9223372036854775808",
    b"9" * 400,
    b"0x10",
    b"1_000",
    b"true",
    b"null",
    b"[]",
    b"{}",
    b"[[[[[[[[",
    b"}}}}",
    b'"',
    b"'",
    b"&a",
    b"*a",
    b"!!python/object:os.system",
    b"<<",
    b"---",
    b"%YAML 9.9",
    b"\t",
    b"\r",
    b"\n\n",
    b"\x00",
    b"\x1b[31m",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"=1+1",
    b"::error::x",
    b"1us",
    b"1000d",
    b"1e-300/s",
    b"1970-01-01",
    b"9999-12-31T23:59:59Z",
    b"0001-01-01",
    b"2026-02-30",
    b"../../etc/passwd",
    b"a" * 5_000,
)  # fmt: skip
"""What has been a surprise to some reader of texts."""


def mutated(seeds: Sequence[bytes], number: int, chance: Random) -> bytes:
    """The input of this number: the seeds as they are first, then mutations of them."""
    if number < len(seeds):
        return seeds[number]
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        data = _once(data, seeds, chance)
    return bytes(data)


def _once(data: bytearray, seeds: Sequence[bytes], chance: Random) -> bytearray:
    if not data:
        return bytearray(chance.choice(seeds))
    place = chance.randrange(len(data))
    match chance.randrange(8):
        case 0:
            return data[:place]
        case 1:
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        case 2:
            data[chance.randrange(min(400, len(data)))] ^= 1 << chance.randrange(8)
        case 3:
            data[place : place + chance.randrange(200)] = chance.randbytes(chance.randrange(200))
        case 4:
            data[place:place] = data[place : place + chance.randrange(1, 300)] * chance.randrange(1, 20)
        case 5:
            other = chance.choice(seeds)
            return data[:place] + other[chance.randrange(len(other) + 1) :]
        case _:
            found = list(_WORD.finditer(data[place : place + 2_000]))
            if found:
                word = chance.choice(found)
                data[place + word.start() : place + word.end()] = chance.choice(WORDS)
    return data
