"""A small fixed sample of `make fuzz`: inputs are read, or refused in one error with a hint, and can be made again."""

from __future__ import annotations

import pytest

from fuzz.attempt import attempt, input_of
from fuzz.kinds import HERE, KINDS

SAMPLE = 25


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_is_read_or_refused_with_a_hint(kind: str):
    outcomes = [attempt(kind, input_of(kind, 7, number)) for number in range(SAMPLE)]
    assert set(outcomes) <= {"read", "refused"}, next(one for one in outcomes if one not in ("read", "refused"))
    assert outcomes[0] in (("read", "refused") if kind == "answers" else ("read",))


@pytest.mark.parametrize("file", sorted(HERE.glob("seeds/*-*")), ids=lambda file: file.name)
def test_what_went_wrong_once_does_not_again(file):
    kind = file.name.partition("-")[0]
    assert attempt(kind, file.read_bytes()) in ("read", "refused")


def test_an_input_depends_on_kind_seed_and_number_alone():
    assert input_of("csv", 1, 50) == input_of("csv", 1, 50)
    assert len({input_of(kind, seed, number) for kind in ("csv", "scenario") for seed in (1, 2) for number in (50, 51)}) == 8


def test_what_goes_wrong_is_told():
    from fastlanes_sim.core.errors import FastlanesError
    from fuzz.kinds import Kind

    def bug(path):
        raise ZeroDivisionError

    def without_a_hint(path):
        raise FastlanesError("no")

    for name, read, words in (("bug", bug, "ZeroDivisionError"), ("mute", without_a_hint, "no hint: no")):
        KINDS[name] = Kind(".x", lambda: [b""], read)
        try:
            assert words in attempt(name, b"")
        finally:
            del KINDS[name]
