"""Service level objectives: what must hold, in one line each.

p99(fast_lane.response) < 30s          mean, max, min and every percentile: p50, p99.9
share(fast_lane.response > 30s) <= 0.1%
lost == 0                              counts, of all lanes or of one: fast_lane.killed <= 3
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastlanes_sim.core.fields import wrong
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import parse_duration

LANES = ("default", "fast_lane", "manual", "all")
METRICS = ("wait", "queue", "startup", "service", "response", "caller_response")
"""wait: inserted → started; queue: inserted → claimed; startup: claimed → started; service: started → ended; response: inserted → ended.
caller_response: a sync caller's first request → reply, over all attempts, or giving up."""
COUNTS = ("runs", "lost", "killed", "failed", "open", "gateway_timeouts", "refused", "unavailable", "missed", "cut_off", "gave_up")
OPERATORS = ("<", "<=", ">", ">=", "==")
_LONGEST = 200
_FORMS = "such as p99(fast_lane.response) < 30s, share(fast_lane.response > 30s) <= 0.1% or lost == 0"
_COMPARISON = re.compile(r"(?P<left>.*?\S)\s*(?P<operator><=|>=|==|=<|=>|!=|=|<|>)\s*(?P<right>[^<>=!()]+)\Z", re.DOTALL)
_CALL = re.compile(r"(?P<name>[A-Za-z_][\w.]*)\s*\((?P<inside>[^()]*)\)\Z")
_SHARE = re.compile(r"(?P<of>[^<>=]*?)\s*(?P<operator>[<>=]+)\s*(?P<threshold>[^<>=]+)\Z")
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d+)?)\Z")


@dataclass(frozen=True, slots=True)
class Slo:
    """One objective. Durations are microseconds."""

    text: str
    statistic: str
    """`p99`, `p99.9`, `mean`, `max`, `min`, `share` or `count`."""
    lane: str
    """`all`, or the lane."""
    metric: str
    """One of METRICS, or of COUNTS where the statistic is `count`."""
    threshold: int | None
    """Of a share: the duration to exceed. None otherwise."""
    operator: str
    bound: int | float
    """Microseconds, a fraction (share) or a number of runs (count)."""

    @property
    def percentile(self) -> float | None:
        """99.9 for `p99.9`, None for another statistic."""
        match = _PERCENTILE.match(self.statistic)
        return float(match[1]) if match else None


def parse_slo(text: str) -> Slo:
    """Read an objective.

    Raises:
        PydanticCustomError: (a ValueError) with what is wrong and its cure, see `wrong`.
    """
    whole = _COMPARISON.match(text.strip()) if len(text) <= _LONGEST else None
    if whole is None:
        raise wrong(f"{show(text)} is not an objective", f"write STATISTIC OPERATOR BOUND, {_FORMS}")
    left, operator, right = whole["left"], whole["operator"], whole["right"].strip()
    if operator not in OPERATORS:
        raise wrong(f"{show(operator)} is not an operator", "write one of < <= > >= ==", _offset(text, operator, len(left)))
    call = _CALL.match(left)
    if call is None:
        return _count(text, left, operator, right)
    statistic, inside = call["name"], call["inside"].strip()
    if operator == "==":
        raise wrong("== is for counts only: a measured time never equals a bound", "write < or <=", text.find("=="))
    if statistic == "share":
        return _share(text, inside, operator, right)
    percentile = _PERCENTILE.match(statistic)
    if percentile is not None and not 0 < float(percentile[1]) < 100:
        raise wrong(f"{show(statistic)} is not a percentile", "a percentile lies between 0 and 100: p50, p99, p99.9", text.find(statistic))
    if percentile is None and statistic not in ("mean", "max", "min"):
        cure = suggest(statistic, ["mean", "max", "min", "share", "p50", "p95", "p99", "p99.9"])
        raise wrong(f"unknown statistic {show(statistic)}", cure, text.find(statistic))
    lane, metric = _lane_and_metric(text, inside, METRICS)
    return Slo(text, statistic, lane, metric, None, operator, _duration(text, right))


def _count(text: str, left: str, operator: str, right: str) -> Slo:
    lane, dot, count = left.rpartition(".")
    if not dot:
        lane = "all"
    elif lane not in LANES:
        raise wrong(f"unknown lane {show(lane)}", suggest(lane, LANES), text.find(lane))
    if count in METRICS:
        raise wrong(
            f"{show(count)} is a time, not a count", f"write a statistic of it, such as p99({lane}.{count}) < 30s", _offset(text, count)
        )
    if count not in COUNTS:
        raise wrong(f"unknown count {show(count)}", f"{suggest(count, COUNTS)}; times need a statistic, {_FORMS}", _offset(text, count))
    if not right.isascii() or not right.isdigit() or len(right) > 15:
        raise wrong(
            f"{show(right)} is not a number of runs", "a count is compared with a whole number, such as lost == 0", text.rfind(right)
        )
    return Slo(text, "count", lane, count, None, operator, int(right))


def _share(text: str, inside: str, operator: str, right: str) -> Slo:
    parts = _SHARE.match(inside)
    if parts is None or parts["operator"] != ">":
        raise wrong(
            f"share wants a metric and what it exceeds, not {show(inside)}",
            "write share(fast_lane.response > 30s) <= 0.1%",
            text.find(inside),
        )
    lane, metric = _lane_and_metric(text, parts["of"], METRICS)
    threshold = _duration(text, parts["threshold"].strip())
    number, percent, _ = right.partition("%")
    try:
        if percent and not right.endswith("%"):
            raise ValueError
        bound = float(number) / 100 if percent else float(number)
    except ValueError:
        raise wrong(
            f"{show(right)} is not a share", "write a percentage such as 0.1%, or a fraction such as 0.001", text.rfind(right)
        ) from None
    if not 0 <= bound <= 1:
        raise wrong(f"{show(right)} is not a share", "a share lies between 0% and 100%", text.rfind(right))
    return Slo(text, "share", lane, metric, threshold, operator, bound)


def _lane_and_metric(text: str, name: str, metrics: tuple[str, ...]) -> tuple[str, str]:
    lane, dot, metric = name.partition(".")
    if not dot:
        cure = f"write all.{name}, or a lane such as fast_lane.{name}" if name in metrics else f"write LANE.METRIC, {_FORMS}"
        raise wrong(f"{show(name)} names no lane", cure, _offset(text, name))
    if lane not in LANES:
        raise wrong(f"unknown lane {show(lane)}", suggest(lane, LANES), _offset(text, lane))
    if metric not in metrics:
        counted = f"; a count stands alone: {lane}.{metric} == 0" if metric in COUNTS else ""
        raise wrong(f"unknown metric {show(metric)}", suggest(metric, metrics) + counted, _offset(text, f".{metric}") + 1)
    return lane, metric


def _duration(text: str, bound: str) -> int:
    try:
        return parse_duration(bound)
    except ValueError as error:
        message, _, cure = str(error).rpartition(": ")
        raise wrong(message or cure, cure if message else "", _offset(text, bound)) from None


def _offset(text: str, part: str, start: int = 0) -> int:
    return max(text.find(part, start), 0)
