"""Exports are read row by row: what makes no sense is named by line and left out, the rest is kept and counted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.escaping import csv as neutral
from fastlanes_sim.core.escaping import of_csv as original
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.export import Export, legal_names
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.exports.reading_report import reading_text, rejects_csv
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.replayed_export import prepare

HEAD = "id,project,workflow,queue,priority,state,inserted_at,claimed_at,started_at,finished_at\n"
SECRET = "patient-4711"


def row(number: int, **changes: str) -> str:
    values = {
        "id": f"run-{number}", "project": "clinic", "workflow": "register", "queue": "default", "priority": "1", "state": "success",
        "inserted_at": f"2026-01-05 06:00:{number:02d}", "claimed_at": f"2026-01-05 06:01:{number:02d}",
        "started_at": f"2026-01-05 06:02:{number:02d}", "finished_at": f"2026-01-05 06:03:{number:02d}",
    } | changes  # fmt: skip
    return ",".join(values.values()) + "\n"


def read(folder: Path, *lines: str, head: str = HEAD, **options: object) -> Export:
    path = folder / "runs.csv"
    path.write_text(head + "".join(lines), encoding="utf-8")
    return read_export(path, **options)  # type: ignore[arg-type]


def lines_of(export: Export) -> list[int]:
    return [problem.line for problem in export.reading.problems]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"inserted_at": SECRET}, "inserted_at"),
        ({"inserted_at": ""}, "inserted_at"),
        ({"finished_at": "2026-02-30 00:00:00"}, "finished_at"),
        ({"started_at": "1812-01-01 00:00:00"}, "started_at"),
        ({"priority": SECRET}, "priority"),
        ({"queue": SECRET}, "queue"),
        ({"state": SECRET}, "state"),
        ({"id": ""}, "id"),
        ({"workflow": f"a,{SECRET}"}, ""),
        ({"workflow": f'"never closed {SECRET}'}, ""),
    ],
)
def test_a_broken_row_is_named_by_line_and_column_and_costs_no_other(tmp_path: Path, change: dict[str, str], column: str) -> None:
    export = read(tmp_path, row(1), row(2), row(3, **change), row(4), row(5))
    assert (len(export), lines_of(export)) == (4, [4])
    assert export.reading.problems[0].column == column
    assert SECRET not in reading_text(export.reading) + rejects_csv(export.reading) + repr(export.reading.dropped)
    with pytest.raises(ExportError, match=r"runs\.csv:4:") as refused:
        read(tmp_path, row(1), row(2), row(3, **change), row(4), row(5), strict=True)
    assert SECRET not in str(refused.value)


def test_an_id_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    export = read(tmp_path, row(1, id="=HYPERLINK(secret)", state="nonsense"))
    assert export.reading.problems[0].key == ""
    assert "HYPERLINK" not in reading_text(export.reading) + rejects_csv(export.reading)


def test_a_line_number_counts_lines_not_rows(tmp_path: Path) -> None:
    export = read(tmp_path, row(1, workflow='"two\nlines"'), "\n", row(2, state="nonsense"))
    assert (len(export), lines_of(export)) == (1, [5])


def test_an_id_counts_once_and_the_others_are_counted_by_line(tmp_path: Path) -> None:
    export = read(tmp_path, row(1), row(2), row(1), row(3), row(2), row(1))
    assert (len(export), lines_of(export)) == (3, [4, 6, 7])
    text = reading_text(export.reading)
    assert "Read 6 rows" in text
    assert "3 kept, 3 dropped" in text
    assert "dropped 3: id: another row has the same id" in text
    assert "runs.csv:6:" in text
    with pytest.raises(ExportError, match=r"runs\.csv:4: id: another row"):
        read(tmp_path, row(1), row(2), row(1), strict=True)


def test_of_rows_with_one_id_the_one_that_knows_most_is_kept_wherever_it_stands(tmp_path: Path) -> None:
    """Two exports, one behind the other: in the first the run was still waiting, in the second it has ended."""
    waiting = row(1, state="available", claimed_at="", started_at="", finished_at="")
    for rows, dropped in (((waiting, row(2), row(1)), 2), ((row(1), row(2), waiting), 4)):
        export = read(tmp_path, *rows)
        assert (export.state.tolist(), lines_of(export)) == ([State.SUCCESS, State.SUCCESS], [dropped])
        assert export.reading.notes == {}


def test_missing_values_of_a_parquet_file_are_missing(tmp_path: Path) -> None:
    """NaN and NaT, as data frames have them: kept and counted, or dropped where a run cannot do without."""
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c", None],
            "workflow": "register",
            "priority": [1.0, float("nan"), 0.0, 1.0],
            "inserted_at": pd.to_datetime(["2026-01-05 06:00", "2026-01-05 06:01", None, "2026-01-05 06:02"]),
            "claimed_at": pd.to_datetime(["2026-01-05 06:00", None, None, None]),
            "started_at": pd.to_datetime(["2026-01-05 06:00", None, None, None]),
            "finished_at": pd.to_datetime([None, None, None, None]),
            "workflow_concurrency": [float("nan"), 3.0, float("nan"), 3.0],
        }
    )
    frame.to_parquet(tmp_path / "runs.parquet")
    export = read_export(tmp_path / "runs.parquet")
    assert export.priority.tolist() == [1, 1]
    assert export.state.tolist() == [State.STARTED, State.AVAILABLE]
    assert lines_of(export) == [3, 4]
    notes = {"not finished when exported": 2, "without a priority: taken as normal": 1, "without a state: told from the times": 2}
    assert export.reading.notes == notes


def test_unfinished_runs_are_kept_and_counted(tmp_path: Path) -> None:
    waiting = {"state": "available", "claimed_at": "", "started_at": "NaN", "finished_at": "\\N"}
    export = read(tmp_path, row(1), row(2, **waiting), row(3, state="started", finished_at="null"))
    assert export.state.tolist() == [State.SUCCESS, State.AVAILABLE, State.STARTED]
    assert (export.claimed_at[1], export.finished_at[2]) == (NEVER, NEVER)
    assert export.reading.notes["not finished when exported"] == 2


@pytest.mark.parametrize("null", ["", "NULL", "null", "[null]", "(null)", "NA", "n/a", "#N/A", "NaN", "NaT", "None", "<NA>", "-", "\\N"])
def test_what_says_that_there_is_nothing_is_understood(tmp_path: Path, null: str) -> None:
    """Of PostgreSQL and its tools, R, spreadsheets and data frames."""
    columns = ("queue", "priority", "state", "claimed_at", "started_at", "finished_at")
    head = HEAD.strip() + ",worker_name\n"
    export = read(tmp_path, row(1).strip() + ",a\n", row(2, **dict.fromkeys(columns, null)).strip() + f",{null}\n", head=head)
    assert export.state.tolist() == [State.SUCCESS, State.AVAILABLE]
    assert export.claimed_at[1] == NEVER
    assert export.worker is not None
    assert export.worker.tolist() == [0, NEVER]


def test_runs_without_a_workflow_or_a_project_are_taken_together_and_counted(tmp_path: Path) -> None:
    missing = [row(number, workflow=name, project=name) for number, name in enumerate(["", "NULL", "[null]", "nan", " "], 1)]
    export = read(tmp_path, *missing, row(8))
    assert [(workflow.project, workflow.name) for workflow in export.workflows] == [("unnamed", "unnamed"), ("clinic", "register")]
    assert export.reading.notes["without a workflow: taken together as `unnamed`"] == 5
    assert export.reading.notes["without a project: taken together as `unnamed`"] == 5


def test_a_name_that_means_nothing_elsewhere_may_be_one(tmp_path: Path) -> None:
    """NA is Namibia."""
    export = read(tmp_path, row(1, project="NA", workflow="-"), row(2, project="n/a", workflow="unnamed"), row(3, workflow=""))
    assert [workflow.name for workflow in export.workflows] == ["-", "unnamed", "unnamed"]
    assert [workflow.project for workflow in export.workflows] == ["NA", "n-a", "clinic"]


def test_a_tenth_of_the_rows_dropped_for_one_reason_makes_the_others_doubtful(tmp_path: Path) -> None:
    rows = [row(number) for number in range(30)]
    rows[:3] = [row(number, claimed_at="nonsense") for number in range(3)]
    assert read(tmp_path, *rows).reading.doubt == ""
    rows[3] = row(3, claimed_at="nonsense")
    reading = read(tmp_path, *rows).reading
    assert reading.doubt.startswith("4 of 30 rows were dropped for one reason (claimed_at: this is not a time")
    assert reading.doubt in reading_text(reading).splitlines()[-1]
    assert read(tmp_path, *rows[4:], *rows[4:]).reading.doubt == ""  # of two exports that overlap


def test_states_that_contradict_their_times_are_counted(tmp_path: Path) -> None:
    no = dict.fromkeys(("claimed_at", "started_at", "finished_at"), "")
    export = read(
        tmp_path, row(1, state="started"), row(2, state="available"), row(3, state="available", finished_at="", started_at=""),
        row(4, state="claimed", finished_at=""), row(5, started_at=""), row(6, state=""), row(7), row(8, state="available", **no),
        row(9, state="cancelled", started_at=""),
    )  # fmt: skip
    assert export.reading.notes == {
        "in a state that is not final, with a finished_at: how long they took is not used": 2,
        "in a state that comes before one of their times, such as available with a claimed_at": 2,
        "successful without a started_at: how long they took is not known": 1,
        "without a state: told from the times": 1,
        "not finished when exported": 3,
    }


@pytest.mark.parametrize(("hours", "asked"), [(9, True), (3, True), (6, False)])
def test_a_column_of_another_time_zone_is_asked_for(tmp_path: Path, hours: int, asked: bool) -> None:
    """Wherever a run is claimed at 6 o'clock, it starts at 6, if both are times of one zone."""
    rows = [row(n, started_at=f"2026-01-05 0{hours}:02:{n:02d}", finished_at=f"2026-01-05 0{hours}:03:{n:02d}") for n in range(1, 13)]
    reading = read(tmp_path, *rows).reading
    assert ("claimed_at and started_at: is one of these columns in another time zone?" in " ".join(reading.notes)) == asked
    assert "started_at and finished_at" not in " ".join(reading.notes)


@pytest.mark.parametrize(
    ("times", "wait"),
    [
        (("2:59:58", "3:00:01", "3:00:02", "3:00:07"), 3),
        (("2:59:58", "2:00:01", "2:00:02", "2:00:07"), 3),
        (("1:59:58", "2:00:01", "2:00:02", "3:00:07"), 3),
        (("2:30:00", "2:30:01", "2:29:59", "2:30:07"), 1),
        (("2:40:00", "2:20:00", "2:20:01", "2:20:07"), 2400),
    ],
)
def test_a_run_in_the_hour_that_comes_twice_goes_forward_and_takes_least_time(tmp_path: Path, times: tuple[str, ...], wait: int) -> None:
    """Berlin on 25 October 2026. The fourth run's worker has a clock that is two seconds late."""
    names = ("inserted_at", "claimed_at", "started_at", "finished_at")
    change = {name: f"2026-10-25 0{time}" for name, time in zip(names, times, strict=True)}
    export = read(tmp_path, row(1, **change), row(2), timezone="Europe/Berlin")
    assert export.claimed_at[1] - export.inserted_at[1] == wait * 1_000_000
    assert [rows for what, rows in export.reading.notes.items() if "showed twice" in what] == [1]


def test_a_time_that_the_clocks_leave_out_costs_its_row_and_asks_for_the_zone(tmp_path: Path) -> None:
    export = read(tmp_path, row(1, claimed_at="2026-03-29 02:30:00"), row(2), timezone="Europe/Berlin")
    assert lines_of(export) == [2]
    assert "does not exist in Europe/Berlin" in str(export.reading.problems[0])
    assert "is --times right?" in export.reading.problems[0].hint


@pytest.mark.parametrize(
    ("lines", "head"),
    [
        ([row(1, claimed_at="nonsense")], HEAD),
        ([row(1, claimed_at="2026-03-29 02:30:00")], HEAD),
        ([row(1, workflow="caf\udce9", project="\u00e9")], HEAD),
        ([row(n, inserted_at=f"0{n}/02/2026 06:00") for n in (1, 2)], HEAD),
        ([row(1)], HEAD.replace("finished_at", "end")),
        ([row(1).strip() + ",x\n"], HEAD.strip() + ",id\n"),
    ],
)
def test_a_scenario_that_replays_has_no_options_and_is_not_told_of_any(tmp_path: Path, lines: list[str], head: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes((head + "".join(lines)).encode("utf-8", "surrogateescape"))
    tree: dict[str, object] = {"replay": {"file": str(path), "timezone": "Europe/Berlin"}}
    findings, rows = prepare(tree, tmp_path)
    hints = [finding.hint for finding in findings] + [problem.hint for problem in rows]
    assert all(hints)
    assert not any(" --" in f" {hint}" or "(--" in hint for hint in hints)


def test_clocks_that_differ_are_told_not_hidden(tmp_path: Path) -> None:
    export = read(tmp_path, row(1), row(2, claimed_at="2026-01-05 05:59:59.5"))
    assert len(export) == 2
    assert export.reading.skew == {"claimed_at before inserted_at": (1, 2_500_000)}
    assert "by up to 2.5 s" in reading_text(export.reading)


def test_without_a_queue_lanes_are_by_priority(tmp_path: Path) -> None:
    """L-4"""
    head = HEAD.replace("queue,", "")
    export = read(tmp_path, row(1).replace("default,", ""), row(2, priority="0").replace("default,", ""), head=head)
    assert export.queue.tolist() == [Queue.DEFAULT, Queue.MANUAL]
    assert not export.has_queue
    from_before = read(tmp_path, row(1, queue="", priority="immediate"), row(2, queue="fast_lane"))
    assert from_before.queue.tolist() == [Queue.MANUAL, Queue.FAST_LANE]


@pytest.mark.parametrize(
    "text", ["2026-01-05T06:00:00Z", "2026-01-05 09:00:00+03", "2026-01-05T06:00:00.000000", "2026-01-05 01:00:00-05:00"]
)
def test_times_with_and_without_an_offset(tmp_path: Path, text: str) -> None:
    export = read(tmp_path, row(1, inserted_at=text))
    assert export.inserted_at[0] == pd.Timestamp("2026-01-05 06:00", tz="UTC").value // 1000


def test_times_without_an_offset_may_be_local(tmp_path: Path) -> None:
    export = read(
        tmp_path, row(1, inserted_at="2026-01-05 09:00:00"), row(2, inserted_at="2026-01-05 06:00:00Z"), timezone="Africa/Addis_Ababa"
    )
    assert export.inserted_at[0] == export.inserted_at[1] == pd.Timestamp("2026-01-05 06:00", tz="UTC").value // 1000


def test_rows_are_in_order_of_insertion_and_retries_follow_their_work_order(tmp_path: Path) -> None:
    head = "work_order," + HEAD
    export = read(tmp_path, "a," + row(9), "a," + row(1), "b," + row(5), "," + row(6), head=head)
    assert (export.inserted_at[1:] >= export.inserted_at[:-1]).all()
    assert export.retry.tolist() == [False, False, False, True]


def test_a_missing_column_is_named_with_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="lacks finished_at") as refused:
        read(tmp_path, row(1), head=HEAD.replace("finished_at", SECRET))
    assert SECRET not in str(refused.value)


def test_semicolons_gzip_and_parquet_say_the_same(tmp_path: Path) -> None:
    plain = read(tmp_path, row(1), row(2, finished_at=""), row(3))
    frame = pd.read_csv(tmp_path / "runs.csv", parse_dates=["inserted_at", "claimed_at", "started_at", "finished_at"])
    frame.to_parquet(tmp_path / "runs.parquet")
    text = (tmp_path / "runs.csv").read_text()
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "semicolons.csv").write_text(text.replace(",", ";"))
    for other in ("runs.parquet", "runs.csv.gz", "semicolons.csv"):
        export = read_export(tmp_path / other)
        for column in ("inserted_at", "claimed_at", "started_at", "finished_at", "state", "queue", "priority", "workflow"):
            assert getattr(export, column).tolist() == getattr(plain, column).tolist(), (other, column)
        assert export.workflows == plain.workflows


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"inserted_at": "1970-01-01 00:00:00"}, "inserted_at"),
        ({"inserted_at": "2062-01-05 06:00:00"}, "inserted_at"),
        ({"finished_at": "2126-01-05 06:03:00"}, "finished_at"),
        ({"claimed_at": "1970-01-01 00:00:00"}, "claimed_at"),
    ],
)
def test_one_wrong_date_costs_one_row_and_is_named_by_its_line(tmp_path: Path, change: dict[str, str], column: str) -> None:
    rows = [row(number) for number in range(1, 30)]
    rows[10] = row(11, **change)
    export = read(tmp_path, *rows)
    assert (len(export), lines_of(export)) == (28, [12])
    assert export.reading.problems[0].column == column
    assert "runs.csv:12:" in reading_text(export.reading)
    assert export.last_seen - export.inserted_at[0] < 3_600_000_000
    with pytest.raises(ExportError, match=r"runs\.csv:12:"):
        read(tmp_path, *rows, strict=True)


def test_dates_that_may_be_right_stay(tmp_path: Path) -> None:
    """A quiet year before a busy week; two thirds of the rows in another year; few rows."""
    quiet = [row(number, inserted_at=f"2025-{number:02d}-01 00:00:00") for number in range(1, 13)]
    assert len(read(tmp_path, *quiet, *(row(number) for number in range(20, 60)))) == 52
    old = [row(number, inserted_at="1999-01-01 00:00:00") for number in range(1, 13)]
    assert len(read(tmp_path, *old, *(row(number) for number in range(20, 26)))) == 18
    assert len(read(tmp_path, row(1, inserted_at="1970-01-01 00:00:00"), row(2), row(3))) == 3


@pytest.mark.parametrize(
    ("column", "text", "us"),
    [
        ("run_timeout_ms", "120000", 120_000_000),
        ("options.run_timeout_ms", "120000.0", 120_000_000),
        ("run_timeout", "120", 120_000_000),
        ("options.run_timeout", "120000", 120_000_000),
        ("Run Timeout", "2m", 120_000_000),
        ("options", '"{""run_timeout_ms"": 120000, ""output_dataclips"": true}"', 120_000_000),
        ("options", '"{""runTimeoutMs"": 120000}"', 120_000_000),
        ("options", '"{""run_timeout_ms"": null}"', NEVER),
        ("options", "not JSON", NEVER),
        ("run_timeout_ms", "-1", NEVER),
    ],
)
def test_the_timeout_of_a_run_is_read_wherever_it_stands(tmp_path: Path, column: str, text: str, us: int) -> None:
    export = read(tmp_path, row(1).strip() + f",{text}\n", row(2).strip() + ",\n", head=HEAD.strip() + f",{column}\n")
    assert (None if export.run_timeout is None else export.run_timeout.tolist()) == (None if us == NEVER else [us, NEVER])


def test_workers_are_numbered(tmp_path: Path) -> None:
    lines = [row(number).strip() + f",{name}\n" for number, name in enumerate(["b", "", "a", "b"], 1)]
    export = read(tmp_path, *lines, head=HEAD.strip() + ",worker_name\n")
    assert export.worker is not None
    assert export.worker.tolist() == [0, NEVER, 1, 0]
    assert read(tmp_path, row(1)).worker is None


def test_headings_and_codes_are_understood_as_people_write_them(tmp_path: Path) -> None:
    head = "ID,Project,Workflow Name,Queue,Priority,State,Inserted At,Claimed-At,started at,FINISHED_AT\n"
    export = read(
        tmp_path, row(1, queue="Fast Lane", state="Success"), row(2, queue="fast-lane", priority="1,0").replace("1,0", '"1,0"'), head=head
    )
    assert export.queue.tolist() == [Queue.FAST_LANE] * 2
    assert export.state.tolist() == [State.SUCCESS] * 2


def test_headings_and_codes_may_be_in_camel_case(tmp_path: Path) -> None:
    """As an interface in JavaScript has them."""
    head = "runId,project,workflowName,queue,priority,state,insertedAt,ClaimedAt,startedAt,finishedAt\n"
    export = read(tmp_path, row(1, queue="FastLane", state="Success"), row(2, queue="fast_lane"), head=head)
    assert export.queue.tolist() == [Queue.FAST_LANE] * 2
    assert not export.reading.problems


def test_limits_are_those_of_the_last_row(tmp_path: Path) -> None:
    head = HEAD.strip() + ",workflow_concurrency,project_concurrency\n"
    export = read(tmp_path, row(1).strip() + ",,5\n", row(2).strip() + ",2.0,7\n", head=head)
    assert (export.workflows[0].concurrency, export.workflows[0].project_concurrency) == (2, 7)


def test_names_become_legal_and_stay_distinct() -> None:
    assert legal_names(["a/b", "a-b", "v1.2", "", "x" * 90, "tab\there"]) == ["a-b", "a-b-2", "v1-2", "unnamed", "x" * 80, "tab here"]


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\nx", "  =1+1", "\uff1d1+1", "'=1+1", "''=1", "plain", "'quoted", " x", ""]
)
def test_what_a_spreadsheet_would_compute_is_neutralised_and_comes_back(text: str) -> None:
    assert not neutral(text).lstrip(" ").startswith(FORMULA)
    assert original(neutral(text)) == text


@given(st.text("=+-@ '\t\n\uff1da", max_size=5) | st.text(max_size=8))
def test_any_text_is_neutral_and_comes_back(text: str) -> None:
    assert not neutral(text).lstrip().startswith(FORMULA)
    assert original(neutral(text)) == text
    assert neutral(text) in (text, f"'{text}")
