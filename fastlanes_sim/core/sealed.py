"""Bytes with a seal: a checksum behind the content that tells damage, and a file that was taken for another.

It tells accidents (a full disk, a bad copy, a power cut), not forgery: who can write the file can write the seal.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from fastlanes_sim.core.once import say_once

_MARK = b"fastlanes seal 1"
SEAL = len(_MARK) + hashlib.sha256().digest_size
"""Bytes of a seal."""


def sealed(content: bytes, name: str) -> bytes:
    """The content with the seal of what is called `name` behind it."""
    return content + _MARK + _checksum(content, name)


def content_of(whole: bytes, name: str) -> bytes | None:
    """What was sealed under this name; None if it is damaged, or was sealed under another name."""
    content, seal = whole[:-SEAL], whole[-SEAL:]
    return content if seal == _MARK + _checksum(content, name) else None


def sealed_content(path: Path) -> bytes | None:
    """The content of a file that was sealed under its own name; None where there is no such file. A damaged one is set aside."""
    try:
        whole = path.read_bytes()
    except FileNotFoundError:
        return None
    content = content_of(whole, path.name)
    if content is None:
        set_aside(path)
    return content


def set_aside(path: Path) -> None:
    """Rename a damaged file to NAME.damaged, and tell it once."""
    aside = path.with_name(f"{path.name}.damaged")
    with suppress(OSError):
        os.replace(path, aside)
    where = f"it is now {aside.name}" if not path.exists() else "it is not used"
    say_once(f"note: {path} is damaged: {where}, and is made again")


def _checksum(content: bytes, name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\0" + content).digest()
