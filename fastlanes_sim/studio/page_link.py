"""What a page shows as the fragment of its address, and back: a link on this machine shows the same again.

A browser sends a fragment to no server. It is compressed, because addresses are short.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.yaml.source import LARGEST_FILE

LONGEST = 60_000
"""Characters of a fragment. Browsers take more; whoever passes a link on may not."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link holds; None: what the file says."""

    text: str | None
    pinned: str | None = None


def fragment(linked: Linked) -> str:
    """Empty where there is nothing to say, or too much."""
    if linked.text is None and linked.pinned is None:
        return ""
    plain = json.dumps([linked.text, linked.pinned], ensure_ascii=False).encode("utf-8", "surrogatepass")
    packed = urlsafe_b64encode(zlib.compress(plain, 9)).decode().rstrip("=")
    return packed if len(packed) <= LONGEST else ""


def read_fragment(text: str) -> Linked:
    """
    Raises:
        FastlanesError: it is none of ours, or cut off.
    """
    if not text:
        return Linked(None)
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(packed, 2 * LARGEST_FILE)
        if not unpacking.eof:
            raise ValueError("cut off, or a bomb")
        found = json.loads(plain.decode("utf-8", "surrogatepass"))
        current, pinned = found
        if not all(one is None or isinstance(one, str) for one in found):
            raise ValueError("not texts")
    except (ValueError, zlib.error, TypeError, RecursionError) as error:
        raise FastlanesError("the link's end cannot be read", "it may have been cut off: copy it whole") from error
    return Linked(current, pinned)
