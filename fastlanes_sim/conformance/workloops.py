"""Recorded answers of the real worker's layout parser and command line (W-3, W-17, W-18), asked of ours."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastlanes_sim.conformance.case_result import CaseResult
from fastlanes_sim.conformance.recordings import HINT, read_text
from fastlanes_sim.core.errors import ConformanceError
from fastlanes_sim.rules.javascript import UNDEFINED
from fastlanes_sim.rules.layout_parser import ParsedWorkloop, WorkloopError, default_layout, effective_capacity, parse_workloops
from fastlanes_sim.rules.worker_options import resolve

# The recording is JSON, which has neither of these; it spells them as texts. Infinity became null.
_UNDEFINED = "undefined"
_NAN = "NaN"

_ERROR = "WorkloopValidationError"
"""The name of the only error that the original's parser raises."""


@dataclass(frozen=True)
class _Section:
    question: tuple[str, ...]
    """The fields that were put to the worker; all others are its answer."""
    answer: Callable[[dict[str, Any]], dict[str, Any]]


def replay(path: Path) -> Iterator[CaseResult]:
    """Every recorded answer of a file: sections `parse`, `default_config` and `cli`, or some of them.

    Raises:
        ConformanceError: the file is not such a recording.
    """
    try:
        recorded = json.loads(read_text(path))
        sections = {name: list(recorded[name]) for name in _SECTIONS if name in recorded}
        if not sections:
            raise KeyError(*_SECTIONS)
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
        raise ConformanceError(f"{path}: not recorded answers of the worker: {type(error).__name__}: {error}", HINT) from error
    for name, cases in sections.items():
        for number, case in enumerate(cases):
            try:
                yield _compare(f"{name}:{number}", case, _SECTIONS[name])
            except (KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
                message = f"{path}: {name}, entry {number}: not a recorded answer: {type(error).__name__}: {error}"
                raise ConformanceError(message, HINT) from error


def _compare(name: str, case: dict[str, Any], section: _Section) -> CaseResult:
    expected = {key: value for key, value in case.items() if key not in section.question}
    answered = section.answer(case)
    differences = tuple(
        f"{key}: recorded {_show(expected, key)}, answered {_show(answered, key)}"
        for key in dict.fromkeys((*expected, *answered))
        if key not in expected or key not in answered or not _same(expected[key], answered[key])
    )
    question = json.dumps([case[key] for key in section.question], ensure_ascii=True)
    return CaseResult(f"{name} {question}", not differences, differences)


def _parse(case: dict[str, Any]) -> dict[str, Any]:
    capacity = {"effective_capacity": _spelled(effective_capacity(case["input"]))}
    try:
        layout = parse_workloops(case["input"])
    except WorkloopError as error:
        return {"ok": False, "error": {"name": _ERROR, "message": error.message}, "warnings": list(error.warnings)} | capacity
    return {"ok": True, "workloops": _workloops(layout.workloops), "warnings": list(layout.warnings)} | capacity


def _default_config(case: dict[str, Any]) -> dict[str, Any]:
    capacity = case["capacity"]
    config = default_layout({_UNDEFINED: UNDEFINED, _NAN: math.nan}[capacity] if capacity in (_UNDEFINED, _NAN) else capacity)
    try:
        layout = parse_workloops(config)
    except WorkloopError as error:
        return {"config": config, "ok": False, "error": error.message}
    return {"config": config, "ok": True, "capacity_parsed": layout.workloops[0].capacity}


def _cli(case: dict[str, Any]) -> dict[str, Any]:
    options = resolve(case["argv"], case["env"])
    if options.cli_error is not None:
        return {"cli_error": options.cli_error}
    args = {
        "workloops": options.workloops,
        "capacity": options.capacity,
        "backoff": options.backoff,
        "loop": options.loop,
        "claimTimeoutSeconds": options.claim_timeout_seconds,
    }
    answer = {"args": {key: _spelled(value) for key, value in args.items()}, "workloop_config": _spelled(options.workloop_config)}
    worked_out = {
        "effective_capacity": options.effective_capacity,
        "backoff_ms": options.backoff_ms,
        "server_backoff_ms": options.server_backoff_ms,
    }
    answer |= {key: _spelled(value) for key, value in worked_out.items() if value is not UNDEFINED}
    if options.startup_error is not None:
        return answer | {"startup_error": options.startup_error}
    return answer | {"workloops": _workloops(options.layout)}


_SECTIONS = {
    "parse": _Section(("input",), _parse),
    "default_config": _Section(("capacity",), _default_config),
    "cli": _Section(("argv", "env"), _cli),
}


def _workloops(workloops: Sequence[ParsedWorkloop]) -> list[dict[str, Any]]:
    return [{"id": each.id, "queues": list(each.queues), "capacity": each.capacity} for each in workloops]


def _spelled(value: object) -> Any:
    """A value as the recording spells it."""
    if value is UNDEFINED:
        return _UNDEFINED
    if isinstance(value, float) and not math.isfinite(value):
        return _NAN if math.isnan(value) else None
    if isinstance(value, list | tuple):
        return [_spelled(item) for item in value]
    return value


def _same(recorded: Any, answered: Any) -> bool:
    """Equal as JavaScript's values: numbers as float64 (JSON may write more digits than one has), a boolean is no number."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        return recorded.keys() == answered.keys() and all(_same(value, answered[key]) for key, value in recorded.items())
    if isinstance(recorded, list) and isinstance(answered, list):
        return len(recorded) == len(answered) and all(map(_same, recorded, answered))
    if _is_number(recorded) and _is_number(answered):
        return float(recorded) == float(answered)
    return type(recorded) is type(answered) and bool(recorded == answered)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _show(fields: dict[str, Any], key: str) -> str:
    return json.dumps(fields[key], ensure_ascii=True) if key in fields else "nothing"
