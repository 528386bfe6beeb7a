"""The trace: a reader of our own finds in it what the log says, and so does Perfetto's, where it can be had."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.api.result import Result
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.reports.exporters.trace import parse_window
from fastlanes_sim.reports.trace_events import trace_json
from fastlanes_sim.results.series import queue_depth
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.rules.creation import Queue


@pytest.fixture(scope="module")
def hour() -> Result:
    return simulate("scenarios/quickstart.yaml", horizon="65min", engine="reference", record_claims=True)


@pytest.fixture(scope="module")
def trace(hour: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "trace.json"
    path.write_bytes(b"".join(trace_json(hour)))
    return path


def events(path: Path, phase: str) -> list[dict]:
    return [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] == phase]


def test_slices_are_the_log(hour: Result, trace: Path):
    slices = {event["args"]["run"]: event for event in events(trace, "X")}
    held, log = holds(hour.log), hour.log
    assert sorted(slices) == np.flatnonzero(log.claimed_at != NEVER).tolist()
    for run, begin, end in zip(held.run.tolist(), held.begins.tolist(), held.ends.tolist(), strict=True):
        one = slices[run]
        assert (one["ts"], one["dur"]) == (begin, end - begin)
        assert one["name"] == Queue(int(hour.table.queue[run])).label
        wait = (log.started_at[run] if log.started_at[run] != NEVER else log.ended_on) - log.inserted_at[run]
        assert one["args"]["wait_ms"] == wait / 1000 == pytest.approx(sum(one["args"]["waited_for"].values()))


def test_no_two_runs_hold_one_slot(hour: Result, trace: Path):
    lines = defaultdict(list)
    for event in events(trace, "X"):
        lines[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events(trace, "M") if e["name"] == "thread_name"}
    assert {names[line] for line in lines} == {"fast_lane:1 slot 1", *(f"manual>*:4 slot {i}" for i in range(1, 5))}
    for spans in lines.values():
        spans.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


WIDE = """
name: wide
horizon: 1m
projects: {p: {workflows: {w: {triggers: [{type: cron, cron: "* * * * *", runs_per_tick: 2, service: 1s}]}}}}
workers: [{workloops: "*:1100 fast_lane:3", replicas: 2}]
"""


def test_every_slot_has_a_thread_of_its_own_and_so_have_the_claims_of_a_workloop(tmp_path: Path):
    path = tmp_path / "wide.json"
    found = simulate(WIDE, engine="reference", record_claims=True)
    assert found.log.claims
    path.write_bytes(b"".join(trace_json(found)))
    named = [(event["pid"], event["tid"]) for event in events(path, "M") if event["name"] == "thread_name"]
    assert len(named) == len(set(named)) == 2 * (1100 + 1 + 3 + 1)
    names = {(event["pid"], event["tid"]): event["args"]["name"] for event in events(path, "M") if event["name"] == "thread_name"}
    assert {names[event["pid"], event["tid"]] for event in events(path, "i")} <= {"*:1100 claims", "fast_lane:3 claims"}
    assert {names[event["pid"], event["tid"]] for event in events(path, "X")} <= {"*:1100 slot 1", "*:1100 slot 2"}
    sorts = [event for event in events(path, "M") if event["pid"] == 2 and event["name"] == "thread_sort_index"]
    order = [names[2, event["tid"]] for event in sorted(sorts, key=lambda event: event["args"]["sort_index"])]
    assert order[:2] == ["*:1100 claims", "*:1100 slot 1"]
    assert order[1101:] == ["fast_lane:3 claims", "fast_lane:3 slot 1", "fast_lane:3 slot 2", "fast_lane:3 slot 3"]


def test_claims_and_depths_are_the_logs(hour: Result, trace: Path):
    claims = events(trace, "i")
    assert len(claims) == len(hour.log.claims) > 100
    won = {event["args"]["run"] for event in claims if event["name"] == "claim won"}
    assert won == set(np.flatnonzero(hour.log.claimed_at != NEVER).tolist())
    counted = [(event["ts"], event["args"]["runs"]) for event in events(trace, "C") if event["name"] == "default waiting"]
    depth = queue_depth(hour.table, hour.log, Queue.DEFAULT)
    assert counted == list(zip(depth.times.tolist(), depth.counts.tolist(), strict=True))


def test_a_window_has_what_touches_it_and_the_depth_at_its_beginning(hour: Result, trace: Path, tmp_path: Path):
    begin, end = 60 * MINUTE + 10 * SECOND, 60 * MINUTE + 30 * SECOND
    (tmp_path / "window.json").write_bytes(b"".join(trace_json(hour, begin, end)))
    expected = [event for event in events(trace, "X") if event["ts"] <= end and event["ts"] + event["dur"] >= begin]
    assert events(tmp_path / "window.json", "X") == expected
    assert 0 < len(expected) < len(events(trace, "X"))
    assert all(begin <= event["ts"] <= end for event in events(tmp_path / "window.json", "i"))
    depth = queue_depth(hour.table, hour.log, Queue.DEFAULT)
    at_begin = int(depth.counts[np.searchsorted(depth.times, begin, side="right") - 1])
    first = next(event for event in events(tmp_path / "window.json", "C") if event["name"] == "default waiting")
    assert (first["ts"], first["args"]["runs"]) == (begin, at_begin)
    assert at_begin > 0


def test_the_same_bytes_every_time(hour: Result, trace: Path, tmp_path: Path):
    hour.export("trace", tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == trace.read_bytes()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6h..6h10m", (6 * HOUR, 6 * HOUR + 10 * MINUTE)),
        ("06:00..06:10", (4 * HOUR, 4 * HOUR + 10 * MINUTE)),
        ("01:30..02:00", (23 * HOUR + 30 * MINUTE, 24 * HOUR)),
        ("23:50..0:10:05", (21 * HOUR + 50 * MINUTE, 22 * HOUR + 10 * MINUTE + 5 * SECOND)),
        ("06:00..5h", (4 * HOUR, 5 * HOUR)),
    ],
)
def test_a_window_is_read_by_the_scenarios_clock(text: str, expected: tuple[int, int]):
    assert parse_window(text, datetime(2026, 1, 5, 2), "Africa/Addis_Ababa") == expected


def test_on_the_day_that_summer_time_begins_the_clock_jumps():
    assert parse_window("01:30..03:30", datetime(2026, 3, 29), "Europe/Berlin") == (90 * MINUTE, 150 * MINUTE)


@pytest.mark.parametrize("text", ["", "6h", "6h..5h", "6h..x", "25:00..26:00", "..", "6..7", "-1h..2h"])
def test_what_is_no_window_is_refused(text: str):
    with pytest.raises(FastlanesError, match="hint: write FROM"):
        parse_window(text, datetime(2026, 1, 5), "UTC")


def test_perfetto_finds_the_same_slices(hour: Result, trace: Path):
    """Its package fetches its program when it is first used; a test fetches nothing, so it must have been used before."""
    perfetto = pytest.importorskip("perfetto.trace_processor")
    programs = sorted((Path.home() / ".local/share/perfetto/prebuilts").glob("trace_processor_shell-*[0-9a-f]"))
    program = os.environ.get("PERFETTO_TRACE_PROCESSOR") or next(map(str, programs), None)
    if program is None:
        pytest.skip("Perfetto's trace processor is not on this machine: name it with PERFETTO_TRACE_PROCESSOR")
    with perfetto.TraceProcessor(trace=str(trace), config=perfetto.TraceProcessorConfig(bin_path=program)) as processor:
        found = processor.query("select ts, dur, name, extract_arg(arg_set_id, 'args.run') as run from slice where category = 'run'")
        slices = sorted((row.run, row.ts, row.dur, row.name) for row in found)
        ours = sorted((e["args"]["run"], e["ts"] * 1000, e["dur"] * 1000, e["name"]) for e in events(trace, "X"))
        assert slices == ours
        (claims,) = processor.query("select count(*) as n from slice where category = 'claim'")
        assert claims.n == len(hour.log.claims)


# --- runs that call others (docs/chains.md) ---


def test_arrows_lead_from_a_caller_to_what_it_calls_and_back(tmp_path: Path):
    """K-1, K-5. Each arrow begins and ends within a slice: of the caller, and of the run that it calls; and a slice within the caller's
    is as long as it waits."""
    found = simulate("scenarios/calls_itself.yaml", layout="manual>*:30", horizon="10min", engine="reference")
    path = tmp_path / "trace.json"
    path.write_bytes(b"".join(trace_json(found)))
    slices = {event["args"]["run"]: event for event in events(path, "X") if event["cat"] == "run"}
    caller, called = found.table.called_by, np.flatnonzero((found.table.called_by != NEVER) & (found.log.ended_at != NEVER))
    assert len(called) == 20
    ends = {event["id"]: event for event in events(path, "f")}
    begins = {event["id"]: event for event in events(path, "s")}
    assert sorted(ends) == sorted(begins) == sorted([*(2 * called).tolist(), *(2 * called + 1).tolist()])
    for run in called.tolist():
        there = (slices[int(caller[run])], slices[run])
        for number, (of, to) in ((2 * run, there), (2 * run + 1, there[::-1])):
            for event, one in ((begins[number], of), (ends[number], to)):
                assert (event["pid"], event["tid"]) == (one["pid"], one["tid"])
                assert one["ts"] <= event["ts"] < one["ts"] + one["dur"]
        assert begins[2 * run]["ts"] == found.log.inserted_at[run]
        assert ends[2 * run + 1]["ts"] == found.log.ended_at[run]
    waits = {event["args"]["run"]: event["dur"] for event in events(path, "X") if event["cat"] == "child"}
    assert waits == {run: int(found.log.ended_at[run] - found.log.inserted_at[run]) for run in called.tolist()}


def test_what_a_window_does_not_show_has_no_arrow(tmp_path: Path):
    found = simulate("scenarios/calls_itself.yaml", layout="manual>*:30", horizon="10min", engine="reference")
    path = tmp_path / "trace.json"
    path.write_bytes(b"".join(trace_json(found, 0, MINUTE)))
    assert not events(path, "s")
