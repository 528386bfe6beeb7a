"""Phoenix channels on the wire, version 2: text frames `[join_ref, ref, topic, event, payload]`, and binary ones.

Source: the serializers of Phoenix and of its JavaScript client, https://hexdocs.pm/phoenix/writing_a_channels_client.html.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONGEST_NAME = 255
"""Bytes of a ref, topic or event: a binary frame has one byte for each length."""
_PUSH, _REPLY = 0, 1


class FrameError(Exception):
    """What came is no frame; the text says why. Phoenix drops such a connection, and so do we."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, either way."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Any
    """JSON, or bytes."""


def decode(data: str | bytes) -> Frame:
    """What a worker sent.

    Raises:
        FrameError: it is no frame.
    """
    return _decode_binary(data) if isinstance(data, bytes) else _decode_text(data)


def _decode_text(text: str) -> Frame:
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"not JSON: {type(error).__name__}") from error
    if not isinstance(parts, list) or len(parts) != 5:
        raise FrameError("not a list of five: join_ref, ref, topic, event, payload")
    join_ref, ref, topic, event, payload = parts
    for name, value in (("join_ref", join_ref), ("ref", ref)):
        if value is not None and not isinstance(value, str):
            raise FrameError(f"{name} is neither a text nor null")
    for name, value in (("topic", topic), ("event", event)):
        if not isinstance(value, str) or not value:
            raise FrameError(f"{name} is no text")
    try:
        sizes = [len(part.encode()) for part in parts[:4] if part is not None]
    except UnicodeEncodeError as error:
        raise FrameError("a ref, topic or event with half a surrogate pair, which is no text") from error
    if any(size > LONGEST_NAME for size in sizes):
        raise FrameError(f"a ref, topic or event is longer than {LONGEST_NAME} bytes")
    return Frame(join_ref, ref, topic, event, payload)


def _decode_binary(data: bytes) -> Frame:
    if len(data) < 5 or data[0] != _PUSH:
        raise FrameError("not a binary push")
    texts, begin = [], 5
    for size in data[1:5]:
        texts.append(data[begin : begin + size])
        begin += size
    if begin > len(data):
        raise FrameError("a binary push that is shorter than it says")
    try:
        join_ref, ref, topic, event = (text.decode() for text in texts)
    except UnicodeDecodeError as error:
        raise FrameError("a binary push whose texts are not UTF-8") from error
    if not topic or not event:
        raise FrameError("a binary push without topic or event")
    return Frame(join_ref or None, ref or None, topic, event, data[begin:])


def encode(frame: Frame) -> str:
    """A push as text."""
    return json.dumps([frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload], separators=(",", ":"))


def encode_reply(to: Frame, status: str, response: Any) -> str | bytes:
    """The answer to a frame: binary where the response is bytes, as Lightning answers `fetch:dataclip`."""
    if isinstance(response, bytes):
        texts = [part.encode() for part in (to.join_ref or "", to.ref or "", to.topic, status)]
        return bytes([_REPLY, *map(len, texts)]) + b"".join(texts) + response
    return encode(Frame(to.join_ref, to.ref, to.topic, "phx_reply", {"status": status, "response": response}))
