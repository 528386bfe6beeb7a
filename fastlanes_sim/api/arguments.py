"""Plain arguments of the verbs, checked: how sure, how many, which values. What makes no sense is refused with what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any, overload

from fastlanes_sim.api.scenario_text import plain
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.experiments.factors import parse_counts, parse_numbers


def sureness(name: str, level: object) -> float:
    """How sure an interval or an answer is to be: a share from 0.5 on, below 1.

    Raises:
        FastlanesError: it is no such share.
    """
    found = number(name, level)
    if not 0.5 <= found < 1:
        raise FastlanesError(f"a {name} of {100 * found:g} % makes no sense", "write 0.95 for 95 %")
    return found


def number(name: str, given: object) -> float:
    """A number, also one of NumPy's; a share is one from 0 to 1. How large it may be is known where it is used.

    Raises:
        FastlanesError: it is none.
    """
    if not isinstance(given, Real) or isinstance(given, bool):
        raise FastlanesError(f"{name}: {show(repr(given))} is no number", "write such as 0.05, which is also 5 %")
    return float(given)


@overload
def whole(name: str, given: int) -> int: ...
@overload
def whole(name: str, given: int | None) -> int | None: ...
def whole(name: str, given: object) -> int | None:
    """A whole number, also one of NumPy's; None where none is given. How large it may be is known where it is used.

    Raises:
        FastlanesError: it is none.
    """
    if given is None:
        return None
    if not isinstance(given, Integral) or isinstance(given, bool):
        raise FastlanesError(f"{name}: {show(repr(given))} is no whole number", "write one such as 20")
    return int(given)


def texts(name: str, given: object) -> list[str] | None:
    """Texts, or one text without a list around it; None where none is given.

    Raises:
        FastlanesError: something is no text.
    """
    if given is None:
        return None
    found = []
    for one in [given] if isinstance(given, str) or not isinstance(given, Iterable) else given:
        if not isinstance(one, str):
            raise FastlanesError(f"{name}: {show(repr(one))} is no text", "give a text, or a list of texts")
        found.append(one)
    return found


def texts_and_none(name: str, given: object) -> list[str | None]:
    """The same where None may stand among them, for what is there already.

    Raises:
        FastlanesError: something is neither.
    """
    several = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    there = iter(texts(name, (one for one in several if one is not None)) or ())
    return [None if one is None else next(there) for one in several]


def values_by_path(name: str, given: Mapping[Any, object]) -> dict[str, list[Any]]:
    """Several values for each path, as plain values: of a list, a range or an array of NumPy's.

    Raises:
        FastlanesError: a path is no text, or has something else than a list.
        ScenarioError: a value has no place in a scenario.
    """
    return {path: _several(path, values) for path, values in paths(name, given).items()}


def ranges(name: str, given: Mapping[Any, object]) -> list[str]:
    """A low and a high end for each path, as texts such as `traffic=0.5..2`.

    Raises:
        FastlanesError: a path is no text, or has something else than two ends.
        ScenarioError: an end has no place in a scenario.
    """
    found = []
    for path, ends in paths(name, given).items():
        pair = plain(ends, (path,))
        if not isinstance(pair, list) or len(pair) != 2:
            raise FastlanesError(f"{path}: {show(pair)} is no range", f"give its two ends, such as {{{path!r}: (0.5, 2)}}")
        found.append(f"{path}={pair[0]}..{pair[1]}")
    return found


def paths(name: str, given: object) -> Mapping[str, object]:
    """What is given by dotted path.

    Raises:
        FastlanesError: it is no mapping, or a path is no text.
    """
    if not isinstance(given, Mapping):
        raise FastlanesError(f"{name}: {show(given)} does not say what is to change", f'write a mapping by path: {name}={{"traffic": …}}')
    wrong = next((path for path in given if not isinstance(path, str)), None)
    if wrong is not None:
        raise FastlanesError(f"{name}: {show(wrong)} is no path", 'write one such as "workers.0.replicas"')
    return given


def counts(name: str, given: object) -> list[int]:
    """Whole numbers, or a text such as `1..8`.

    Raises:
        FastlanesError: it is something else.
    """
    return parse_counts(f"--{name}", given) if isinstance(given, str) else [whole(name, one) for one in _several(name, given)]


def traffic_factors(given: object) -> list[float]:
    """Numbers to multiply the traffic by, or a text such as `0.5..4:0.1`.

    Raises:
        FastlanesError: it is something else.
    """
    if isinstance(given, str):
        return parse_numbers("--traffic", given)
    found = _several("factors", given)
    for one in found:
        number("factors", one)
    return found


def _several(name: str, given: object) -> list[Any]:
    found = plain(given, (name,))
    if not isinstance(found, list):
        raise FastlanesError(f"{name}: {show(found)} is no list of values", f"put it into a list: [{found!r}]")
    return found
