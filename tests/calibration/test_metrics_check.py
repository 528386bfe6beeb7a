"""Lightning's own metrics: written from a simulation, read as Prometheus has them, and compared with replays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.validate import validate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.prometheus import read_prometheus
from fastlanes_sim.exports.queue_metrics import AVAILABLE, DELAY, FINALISED, QueueMetrics, openmetrics
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.results.simulated_queue import queue_metrics
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.traffic.generate import generate
from tests.support.exports import MONDAY
from tests.support.traffic_files import scenario, webhook

SCENARIO = scenario(
    webhook({"poisson": "20/min"}) | {"service": {"exponential": {"mean": "10s"}}}, horizon="3h", workers=[{"workloops": "*:4"}]
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> tuple[Export, QueueMetrics]:
    """Four slots, 83 % of them busy: what the database and what the metrics tell of it."""
    folder = tmp_path_factory.mktemp("system")
    plain, table = deployment(SCENARIO), generate(SCENARIO, 1)
    log = run_engine(plain, table, engine="kernel")
    write_export(folder / "runs.csv", table, log, plain, instant(SCENARIO.start, SCENARIO.timezone))
    return read_export(folder / "runs.csv"), queue_metrics(log, MONDAY, np.arange(0, 3 * HOUR + 1, 15 * SECOND))


def as_text(found: QueueMetrics) -> str:
    return "".join(openmetrics(found))


def as_json(found: QueueMetrics, *, restart: bool = False) -> str:
    """A range query, of which a second node of Lightning shows the same gauges and no delays; `restart`: the first began anew half way."""
    assert found.delay is not None
    series = []
    for place, bound in enumerate(found.delay.bounds):
        counts = found.delay.counts[:, place].copy()
        if restart:
            counts[len(counts) // 2 :] -= counts[len(counts) // 2 - 1]
        le = "+Inf" if np.isinf(bound) else f"{bound:.0f}"
        values = [[at / SECOND, str(int(count))] for at, count in zip(found.delay.times, counts, strict=True)]
        series.append({"metric": {"__name__": f"{DELAY}_bucket", "le": le, "instance": "a"}, "values": values})
        series.append({"metric": {"__name__": f"{DELAY}_bucket", "le": le, "instance": "b"}, "values": [[at, "7"] for at, _ in values]})
    assert found.available is not None
    gauge = [[at / SECOND, str(int(value))] for at, value in zip(found.available.times, found.available.values, strict=True)]
    series += [{"metric": {"__name__": AVAILABLE, "instance": name}, "values": gauge} for name in "ab"]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}})


@pytest.mark.parametrize("write", [as_text, as_json, lambda found: as_json(found, restart=True)])
def test_what_is_written_is_read(tmp_path: Path, system: tuple[Export, QueueMetrics], write: Callable[[QueueMetrics], str]) -> None:
    """A counter that began anew, and a node that counted before, add nothing."""
    (tmp_path / "metrics").write_text(write(system[1]))
    found = read_prometheus(tmp_path / "metrics")
    assert found.delay is not None
    assert system[1].delay is not None
    assert found.delay.bounds == system[1].delay.bounds
    np.testing.assert_array_equal(found.delay.times, system[1].delay.times)
    np.testing.assert_array_equal(found.delay.counts, system[1].delay.counts)
    assert found.available is not None
    assert system[1].available is not None
    np.testing.assert_array_equal(found.available.values, system[1].available.values)


def test_openmetrics_text_is_as_the_specification_has_it(system: tuple[Export, QueueMetrics]) -> None:
    """A strict parser takes one instant of it."""
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    assert system[1].delay is not None
    delay, last = system[1].delay, slice(-1, None)
    one = replace(delay, times=delay.times[last], counts=delay.counts[last], total=delay.total[last])
    families = {family.name: family for family in text_string_to_metric_families(as_text(replace(system[1], delay=one)))}
    assert {name: family.type for name, family in families.items()} == {DELAY: "histogram", AVAILABLE: "gauge", FINALISED: "gauge"}
    assert len(families[DELAY].samples) == len(delay.bounds) + 2


def test_the_metrics_are_those_of_the_runs(system: tuple[Export, QueueMetrics]) -> None:
    export, found = system
    assert found.delay is not None
    started = export.started_at >= 0
    delay = (export.started_at - export.inserted_at)[started] // 1_000
    assert found.delay.counts[-1].tolist() == [(delay <= bound).sum() for bound in found.delay.bounds]
    assert found.finalised is not None
    looks = (found.finalised.times - MONDAY) % (15 * SECOND) == 0
    assert looks.all()
    assert found.finalised.values.sum() == pytest.approx((export.finished_at >= 0).sum() / 3, rel=0.1)  # 5 of 15 seconds


def test_it_agrees_with_the_model_that_made_it_and_not_with_another(system: tuple[Export, QueueMetrics]) -> None:
    export, metrics = system
    found = validate(export, from_layout("*:4"), replications=9, engine="kernel", metrics=metrics)
    assert found.agrees
    assert found.metrics is not None
    assert len(found.metrics.compared) == 12
    assert "nothing in its metrics speaks against the model (12 numbers)" in found.metrics.lines[0]
    other = validate(export, from_layout("*:6"), replications=9, engine="kernel", metrics=metrics)
    assert other.metrics is not None
    assert other.metrics.contradicts
    assert any("the mean number of available runs is" in line for line in other.metrics.lines)


def test_an_export_that_lacks_runs_is_found_out(system: tuple[Export, QueueMetrics]) -> None:
    """Whoever queries one project only has an export of which the workers know nothing."""
    export, metrics = system
    part = np.arange(0, len(export), 2)
    columns = ("inserted_at", "claimed_at", "started_at", "finished_at", "state", "queue", "priority", "workflow", "retry", "worker")
    half = replace(export, **{name: None if getattr(export, name) is None else getattr(export, name)[part] for name in columns})
    found = validate(half, from_layout("*:4"), replications=5, engine="kernel", metrics=metrics)
    assert found.metrics is not None
    assert found.metrics.lines[-1].endswith("Is it complete?")
    assert not found.agrees


def test_metrics_of_another_month_are_refused_with_both_times(system: tuple[Export, QueueMetrics]) -> None:
    """They would be compared in no number at all, and `nothing speaks against the model` would be said of them."""
    export, found = system
    later = {name: getattr(found, name) for name in ("delay", "available", "finalised")}
    moved = QueueMetrics(**{name: replace(one, times=one.times + 60 * DAY) for name, one in later.items()})
    with pytest.raises(FastlanesError, match=r"2026-03-06 00:00 to 2026-03-06 03:00, and .*runs.csv is from 2026-01-05 00:00") as refused:
        validate(export, from_layout("*:4"), replications=5, engine="kernel", metrics=moved)
    assert "hint: ask Prometheus for the time of the export" in str(refused.value)


def test_one_look_without_a_time_tells_the_shares(tmp_path: Path, system: tuple[Export, QueueMetrics]) -> None:
    """What /metrics shows: Prometheus text."""
    assert system[1].delay is not None
    lines = [f"# TYPE {DELAY} histogram"]
    for bound, count in zip(system[1].delay.bounds, system[1].delay.counts[-1], strict=True):
        lines.append(f'{DELAY}_bucket{{le="{"+Inf" if np.isinf(bound) else int(bound)}"}} {int(count)}')
    (tmp_path / "metrics").write_text("\n".join([*lines, f"{DELAY}_sum 1", f"{DELAY}_count {int(count)}", ""]))
    found = read_prometheus(tmp_path / "metrics")
    assert found.delay is not None
    np.testing.assert_allclose(found.delay.shares, system[1].delay.shares)
    checked = validate(system[0], from_layout("*:4"), replications=5, engine="kernel", metrics=found).metrics
    assert checked is not None
    assert not checked.contradicts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# TYPE up gauge\nup 1\n", "there are no metrics of Lightning's queue"),
        ('{"status": "error"}', "not the JSON of a query"),
        ("lightning_run_queue_delay_milliseconds_bucket{le=\n", "neither OpenMetrics nor Prometheus text"),
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "metrics").write_text(text)
    with pytest.raises(FastlanesError, match=reason):
        read_prometheus(tmp_path / "metrics")


def test_delays_are_counted_from_the_first_look() -> None:
    from fastlanes_sim.exports.queue_metrics import delays_of

    inserted = np.array([0, 0, 10, 20], np.int64) * SECOND
    started = inserted + np.array([1_000, 250_000, 99_999, MINUTE])
    found = delays_of(inserted, started, np.array([0, 1, 30, 100]) * SECOND + 1_000)
    assert found.counts[:, 0].tolist() == [0, 0, 1, 1]
    assert found.counts[:, -1].tolist() == [0, 1, 2, 3]
    assert found.total.tolist() == [0, 250, 349, 60_349]
