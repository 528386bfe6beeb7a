"""The one way in which measures and objectives are read.

p99(fast_lane.response) < 30s              mean, max, min and every percentile of a time: p50, p99.9
share(fast_lane.response > 30s) <= 0.1%    the share of runs beyond a threshold
p99/day(fast_lane.response) < 30s          over replications: the mean of the days' own p99, not the p99 of the runs of all days
lost == 0                                  counts: fast_lane.killed <= 3
utilisation < 80%                          numbers of the whole system
p99(fast_lane.response) < 30s in 95% of days   must hold on so many days, each day for itself

What stands before the dot is a scope (`scopes`); without one, all runs are meant.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.measures.counts import COUNTS
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import OF_DAYS, Objective
from fastlanes_sim.measures.operators import OPERATORS
from fastlanes_sim.measures.quantities import SHARE
from fastlanes_sim.measures.scopes import ALL, Scope, read_scope
from fastlanes_sim.measures.statistics import PER_DAY, read_statistic
from fastlanes_sim.measures.system import SYSTEM
from fastlanes_sim.measures.times import TIMES

_LONGEST = 400
_EXAMPLES = "such as p99(fast_lane.response) < 30s, share(fast_lane.response > 30s) <= 0.1% or lost == 0"
_SIGNS = "".join(sorted({letter for symbol in OPERATORS for letter in symbol} | set("<>=!")))
_SIGN = f"[{re.escape(_SIGNS)}]"
_COMPARISON = re.compile(
    rf"(?P<left>.*?[^\s{re.escape(_SIGNS)}])\s*(?P<operator>{_SIGN}+)\s*(?P<right>[^{re.escape(_SIGNS)}()]+)\Z", re.DOTALL
)
_CALL = re.compile(r"(?P<statistic>[A-Za-z_][\w.]*)(?P<per_day>/\w*)?\s*\((?P<inside>.*)\)\Z", re.DOTALL)
_BEYOND = re.compile(rf"(?P<of>.*?)\s*(?P<operator>{_SIGN}+)\s*(?P<threshold>[^{re.escape(_SIGNS)}]+)\Z", re.DOTALL)


@lru_cache(maxsize=4_096)
def parse_objective(text: str) -> Objective:
    """Read `p99(fast_lane.response) < 30s`.

    Raises:
        MeasureError: with what is wrong, what to write instead, and where in the text the culprit is.
    """
    begin = len(text) - len(text.lstrip())
    of_days = OF_DAYS.search(text) if len(text) <= _LONGEST else None
    asked = text if of_days is None else text[: of_days.start()]
    whole = _COMPARISON.match(asked.strip()) if len(text) <= _LONGEST else None
    if whole is None:
        raise MeasureError(f"{show(text)} is not an objective", f"write MEASURE OPERATOR BOUND, {_EXAMPLES}")
    operator = OPERATORS.get(whole["operator"])
    try:
        if operator is None:
            raise MeasureError(f"{show(whole['operator'])} is not an operator", f"write one of {' '.join(OPERATORS)}", whole["operator"])
        measure = _measure(whole["left"])
        row = measure.row
        if not row.may_be_objective:
            raise MeasureError(f"{show(row.name)} is no objective", "it can be measured with --metric", whole["left"])
        if operator.side == "exactly" and not row.unit.is_counted:
            what = "time" if row.unit.name == "s" else row.unit.name
            raise MeasureError(f"{operator} is for counts only: a measured {what} never equals a bound", "write < or <=", operator.symbol)
        bound = row.unit.read(whole["right"].strip())
        days = None if of_days is None else _days(of_days["days"])
    except MeasureError as error:
        in_right = error.part in (whole["operator"], whole["right"].strip())
        start = whole.start("operator") if in_right else len(asked.strip()) if of_days and error.part == of_days["days"] else 0
        error.offset = begin + max(text.strip().find(error.part, start), 0)
        raise
    return Objective(text, measure, operator, bound, days)


def _days(text: str) -> float:
    """The share of days."""
    share = SHARE.read(text)
    if not 0 < share < 1:
        raise MeasureError(f"{show(text)} of days cannot be shown", "write a share between 0% and 100%, such as 95%", text)
    return share


@lru_cache(maxsize=4_096)
def parse_measure(text: str) -> Measure:
    """Read `p99(fast_lane.response)`.

    Raises:
        MeasureError: with what is wrong and what to write instead.
    """
    try:
        if len(text) > _LONGEST:
            raise MeasureError("too long for a measure", f"write {_EXAMPLES.partition(' <')[0]}")
        return _measure(text.strip())
    except MeasureError as error:
        raise error.about(text) from None


def _measure(text: str) -> Measure:
    call = _CALL.match(text)
    if call is not None:
        return _statistic(call["statistic"], call["inside"].strip(), call["per_day"] or "")
    path, dot, name = text.rpartition(".")
    if name in SYSTEM:
        if dot and path != str(ALL):
            raise MeasureError(f"{show(name)} is of the whole system, not of {path}", f"write {name} alone", text)
        return Measure(name)
    scope = read_scope(path) if dot else ALL
    if name in TIMES:
        raise MeasureError(f"{show(name)} is a time, not a count", f"write a statistic of it, such as p99({scope}.{name}) < 30s", name)
    if name not in COUNTS:
        raise MeasureError(f"unknown count {show(name)}", f"{suggest(name, [*COUNTS, *SYSTEM])}; times need a statistic, {_EXAMPLES}", name)
    return Measure(name, scope)


def _statistic(spelled: str, inside: str, suffix: str = "") -> Measure:
    statistic, spelled, _ = read_statistic(spelled)
    per_day = suffix == PER_DAY
    if suffix and not per_day:
        raise MeasureError(f"unknown ending {show(suffix)}", f"write {spelled} of all runs, or {spelled}{PER_DAY} of each day", suffix)
    if per_day and not statistic.pooled:
        raise MeasureError(f"{spelled}{PER_DAY} is what {spelled} is anyway: the mean of the days' own", f"write {spelled}", suffix)
    if not statistic.has_threshold:
        scope, name = _scope_and_time(inside)
        return Measure(name, scope, spelled, per_day=per_day)
    parts = _BEYOND.match(inside)
    if parts is None or parts["operator"] != ">":
        raise MeasureError(
            f"{spelled} wants a time and what it exceeds, not {show(inside)}", f"write {spelled}(fast_lane.response > 30s) <= 0.1%", inside
        )
    scope, name = _scope_and_time(parts["of"])
    return Measure(name, scope, spelled, TIMES[name].unit.read(parts["threshold"].strip()), per_day)


def _scope_and_time(text: str) -> tuple[Scope, str]:
    path, dot, name = text.strip().rpartition(".")
    if path.rpartition(".")[2] == "work_order" and f"work_order_{name}" in TIMES:
        hint = f"write {path.removesuffix('work_order')}work_order_{name}, such as p95(workflow.clinic.import.work_order_{name})"
        raise MeasureError(f"{show(path)} is no scope", hint, path)
    scope = read_scope(path) if dot else ALL
    if name not in TIMES:
        row = COUNTS.get(name) or SYSTEM.get(name)
        alone = "" if row is None else f"; {name} stands alone: {f'{scope}.' if row.has_scope else ''}{name}"
        raise MeasureError(f"unknown time {show(name)}", suggest(name, TIMES) + alone, name)
    return scope, name
