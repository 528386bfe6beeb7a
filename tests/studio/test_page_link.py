"""The state in a page's address."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.studio.page_link import LONGEST, Linked, fragment, read_fragment

TEXTS = st.none() | st.text(max_size=200)


@given(TEXTS, TEXTS)
def test_a_fragment_is_read_back(text: str | None, pinned: str | None):
    linked = Linked(text, pinned)
    assert read_fragment(fragment(linked)) == linked
    assert fragment(linked).replace("-", "").replace("_", "").isalnum() or not fragment(linked)


@given(st.text(max_size=60))
def test_nothing_else_is_read(text: str):
    if text:
        with pytest.raises(FastlanesError, match="cannot be read"):
            read_fragment(text)


def test_a_state_that_is_too_long_has_no_link():
    import random

    text = "".join(chr(random.Random(1).randrange(40, 4_000)) for _ in range(10)) + "".join(
        f"{random.Random(i).random()}" for i in range(9_000)
    )
    assert fragment(Linked(text)) == ""


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = urlsafe_b64encode(zlib.compress(b"[" * 40_000_000, 9)).decode()
    assert len(bomb) < LONGEST
    with pytest.raises(FastlanesError):
        read_fragment(bomb)
