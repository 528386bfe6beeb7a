"""How the text of a file is encoded, and what it is called. Two names that differ must stay different: nothing is replaced."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from dataclasses import dataclass

ERRORS = "surrogateescape"
"""A byte that cannot be decoded becomes a code point that no text has, so that it can be found and no two names become one."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NULS = 0.2


@dataclass(frozen=True, slots=True)
class Encoding:
    codec: str
    """As Python calls it."""
    name: str
    """As people do."""


def recognised(pieces: Iterable[bytes]) -> Encoding:
    """The encoding of a file: by its byte order mark; as UTF-8, if all or most of it is; with NULs in between as UTF-16; else Windows-1252,
    in which spreadsheets in western Europe write CSV. Other encodings of one byte have to be named, for bytes alone do not tell them apart.
    """
    decoder, valid, broken, head = codecs.getincrementaldecoder("utf-8")(errors=ERRORS), 0, 0, b""
    for piece in pieces:
        if not head:
            head = piece[:4_096]
            for mark, codec, name in _BOMS:
                if head.startswith(mark):
                    return Encoding(codec, name)
            nuls = [head[start::2].count(0) / max(len(head) // 2, 1) for start in (0, 1)]
            if max(nuls) > _NULS:
                return Encoding("utf-16-be" if nuls[0] > nuls[1] else "utf-16-le", "UTF-16")
        text = decoder.decode(piece)
        if not text.isascii():
            undecoded = sum(map(is_undecoded_character, text))
            broken += undecoded
            valid += sum(character > "\x7f" for character in text) - undecoded
    return Encoding("utf-8", "UTF-8") if valid >= broken else Encoding("cp1252", "Windows-1252")


def can_read(codec: str) -> bool:
    """Whether Python has this encoding, and it is one of texts: rot13 and hex are not, idna has no way round a wrong byte."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=codec, errors=ERRORS).read()
    except (LookupError, ValueError):
        return False
    return True


def is_undecoded_character(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"


def is_undecoded(text: str) -> bool:
    """Whether a text has bytes that its encoding does not know."""
    return not text.isascii() and any(map(is_undecoded_character, text))
