"""Lightning's metrics as Prometheus has them: OpenMetrics or Prometheus text, or the JSON of (range) queries."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.exports.queue_metrics import AVAILABLE, DELAY, FINALISED, Floats, Gauge, Histogram, QueueMetrics, Times

_EXEMPLAR = re.compile(r" # \{.*$", re.MULTILINE)


class _Sample(NamedTuple):
    name: str
    labels: tuple[tuple[str, str], ...]
    """Without `le`, sorted."""
    le: float
    at: int | None
    """µs since 1970."""
    value: float


def read_prometheus(path: Path) -> QueueMetrics:
    """What a file says of the queue, all nodes of Lightning together.

    Raises:
        FastlanesError: it is neither such text nor such JSON, or has none of these metrics.
        OSError: it cannot be read.
    """
    text = path.read_text(encoding="utf-8")
    samples = [one for one in (_of_json(path, text) if text.lstrip()[:1] in ("{", "[") else _of_text(path, text)) if _is_ours(one.name)]
    found = QueueMetrics(_histogram(samples), _gauge(samples, AVAILABLE), _gauge(samples, FINALISED))
    if found == QueueMetrics(None, None, None):
        hint = f"export {DELAY}_bucket, {AVAILABLE} and {FINALISED}"
        raise FastlanesError(f"{path}: there are no metrics of Lightning's queue\n    hint: {hint}")
    return found


def _is_ours(name: str) -> bool:
    return name in (AVAILABLE, FINALISED) or name.startswith(DELAY)


def _of_text(path: Path, text: str) -> Iterator[_Sample]:
    """Both kinds of text, which differ in the unit of time stamps.

    Of the buckets of a histogram, the library's parser of OpenMetrics keeps the first time stamp only; that of Prometheus text keeps all.
    """
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ModuleNotFoundError:
        raise FastlanesError(
            f'{path}: reading OpenMetrics text needs prometheus-client\n    hint: pip install "fastlanes_sim[prometheus]"'
        ) from None
    is_open = text.rstrip().endswith("# EOF")
    unit = 1_000 * SECOND if is_open else SECOND  # the parser takes them for milliseconds
    try:
        for family in text_string_to_metric_families(_EXEMPLAR.sub("", text) if is_open else text):
            for one in family.samples:
                at = None if one.timestamp is None else round(float(one.timestamp) * unit)
                yield _sample(one.name, dict(one.labels), at, float(one.value))
    except ValueError as error:
        hint = "save what /metrics shows, or the JSON of a query"
        raise FastlanesError(f"{path}: neither OpenMetrics nor Prometheus text: {error}\n    hint: {hint}") from None


def _of_json(path: Path, text: str) -> Iterator[_Sample]:
    try:
        answers = json.loads(text)
        for answer in answers if isinstance(answers, list) else [answers]:
            data = answer.get("data", answer)
            for series in data["result"]:
                labels = dict(series["metric"])
                name = labels.pop("__name__", "")
                for at, value in series.get("values") or [series["value"]]:
                    yield _sample(name, labels, round(float(at) * SECOND), float(value))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "save what /api/v1/query_range answers, with the names of the metrics"
        raise FastlanesError(f"{path}: not the JSON of a query of Prometheus ({error})\n    hint: {hint}") from None


def _sample(name: str, labels: dict[str, Any], at: int | None, value: float) -> _Sample:
    others = sorted((key, str(text)) for key, text in labels.items() if key != "le")
    return _Sample(name, tuple(others), float(labels.get("le", "nan")), at, value)


def _histogram(samples: Iterable[_Sample]) -> Histogram | None:
    buckets = [one for one in samples if one.name == f"{DELAY}_bucket" and not math.isnan(one.le)]
    if not buckets:
        return None
    bounds = tuple(sorted({one.le for one in buckets}))
    if bounds[-1] != math.inf:
        return None
    if any(one.at is None for one in buckets):
        counts = [sum(one.value for one in buckets if one.le == bound) for bound in bounds]
        return Histogram(np.zeros(0, np.int64), bounds, np.array([counts]), np.array([math.nan]))
    times = np.array(sorted({one.at or 0 for one in buckets}), np.int64)
    counts_at = np.array([_counter([one for one in buckets if one.le == bound], times) for bound in bounds]).T
    sums = [one for one in samples if one.name == f"{DELAY}_sum"]
    return Histogram(times, bounds, counts_at, _counter(sums, times) if sums else np.full(len(times), math.nan))


def _counter(samples: Iterable[_Sample], times: Times) -> Floats:
    """All series together, counted from the first instant on. A counter that falls began anew."""
    together = np.zeros(len(times))
    series: dict[tuple[tuple[str, str], ...], list[_Sample]] = {}
    for one in samples:
        series.setdefault(one.labels, []).append(one)
    for mine in series.values():
        mine.sort(key=lambda one: one.at or 0)
        values = np.array([one.value for one in mine])
        more = np.diff(values, prepend=0.0)
        more = np.where(more < 0, values, more)
        if mine[0].at == times[0]:
            more[0] = 0.0  # what was counted before anybody looked
        place = np.searchsorted([one.at or 0 for one in mine], times, side="right")
        together += np.append(0.0, np.cumsum(more))[place]
    return together


def _gauge(samples: Iterable[_Sample], name: str) -> Gauge | None:
    """Every node of Lightning counts the runs of the same database: where they differ, they looked at different times."""
    values: dict[int, float] = {}
    for one in samples:
        if one.name == name and one.at is not None and not math.isnan(one.value):
            values[one.at] = max(values.get(one.at, 0.0), one.value)
    times = sorted(values)
    return Gauge(np.array(times, np.int64), np.array([values[at] for at in times])) if times else None
