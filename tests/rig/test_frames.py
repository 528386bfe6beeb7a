"""Phoenix frames, version 2, text and binary."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlanes_sim.rig.frames import Frame, FrameError, decode, encode, encode_reply

_NAMES = st.text(min_size=1, max_size=60)
_REFS = st.none() | st.text(max_size=20)


@settings(max_examples=50)
@given(_REFS, _REFS, _NAMES, _NAMES, st.dictionaries(st.text(), st.integers() | st.text()))
def test_a_text_frame_comes_back_as_it_was(
    join_ref: str | None, ref: str | None, topic: str, event: str, payload: dict[str, object]
) -> None:
    frame = Frame(join_ref, ref, topic, event, payload)
    assert decode(encode(frame)) == frame


def test_a_binary_push_is_read() -> None:
    texts = [b"1", b"2", b"run:x", b"step:complete"]
    data = bytes([0, *map(len, texts)]) + b"".join(texts) + b"\x00\xff"
    assert decode(data) == Frame("1", "2", "run:x", "step:complete", b"\x00\xff")


def test_a_reply_of_bytes_is_binary_and_any_other_is_text() -> None:
    asked = Frame("3", "4", "run:x", "fetch:dataclip", {})
    assert encode_reply(asked, "ok", b"{}") == bytes([1, 1, 1, 5, 2]) + b"34run:xok{}"
    assert json.loads(encode_reply(asked, "ok", None)) == ["3", "4", "run:x", "phx_reply", {"status": "ok", "response": None}]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "null",
        "[]",
        '["1","2","t","e"]',
        '[1,"2","t","e",{}]',
        '["1","2","","e",{}]',
        '["1","2",null,"e",{}]',
        '["1","2","t",["e"],{}]',
        json.dumps(["1", "2", "t" * 256, "e", {}]),
        "[" * 200_000,
        r'["1","\ud800","t","e",{}]',
        b"",
        b"\x01\x00\x00\x00\x00",
        b"\x00\x01\x01",
        b"\x00\x01\x01\x01\x01ab",
        b"\x00\x01\x01\x00\x01abe",
        b"\x00\x00\x00\x01\x01\xff\xfe",
    ],
)
def test_what_is_no_frame_is_refused(data: str | bytes) -> None:
    with pytest.raises(FrameError):
        decode(data)


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_nothing_but_a_frame_error_comes_of_any_data(data: str | bytes) -> None:
    with contextlib.suppress(FrameError):
        assert isinstance(decode(data), Frame)
