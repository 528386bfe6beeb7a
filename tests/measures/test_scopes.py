"""Over which runs something is measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.measures.scopes import ALL, KINDS, LANES, NOWHERE, Places, Scope, read_scope, trigger_names
from fastlanes_sim.rules.creation import Queue
from tests.support.synthetic_logs import Row, played

PLACES = Places(
    workflows=(("clinic", "register"), ("clinic", "import"), ("lab", "register")),
    sources=(
        "clinic/register/0:webhook",
        "clinic/import/0:cron",
        "clinic/import/1:manual",
        "clinic/import/2:cron",
        "lab/register/0:webhook",
        "lab/register/replay",
    ),
)


# One run of each source.
QUEUES = [Queue.FAST_LANE, Queue.DEFAULT, Queue.MANUAL, Queue.DEFAULT, Queue.FAST_LANE, Queue.DEFAULT]
RUNS = replace(
    played(*(Row(0, queue=queue) for queue in QUEUES))[0],
    workflow=np.array([0, 1, 1, 1, 2, 2], np.int32),
    source=np.arange(6, dtype=np.int32),
    sources=PLACES.sources,
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("all", [0, 1, 2, 3, 4, 5]),
        ("fast_lane", [0, 4]),
        ("default", [1, 3, 5]),
        ("manual", [2]),
        ("project.clinic", [0, 1, 2, 3]),
        ("project.lab", [4, 5]),
        ("project.nobody", []),
        ("workflow.clinic.register", [0]),
        ("workflow.lab.register", [4, 5]),
        ("workflow.clinic.import", [1, 2, 3]),
        ("trigger.clinic.register.webhook", [0]),
        ("trigger.clinic.import.cron1", [1]),
        ("trigger.clinic.import.cron2", [3]),
        ("trigger.clinic.import.manual", [2]),
        ("trigger.lab.register.replay", [5]),
    ],
)
def test_a_scope_is_a_mask_of_rows(text: str, rows: list[int]) -> None:
    scope = read_scope(text)
    assert str(scope) == text
    assert np.flatnonzero(scope.rows(RUNS, PLACES)).tolist() == rows


def test_the_scopes_of_each_kind_share_out_all_runs() -> None:
    for kind in KINDS.values():
        masks = [Scope(kind.word, names).rows(RUNS, PLACES) for names in dict.fromkeys(kind.names(PLACES))]
        assert np.sum(masks, axis=0).tolist() == [1] * len(RUNS), kind.word


def test_nothing_has_no_rows() -> None:
    for text in ("all", "default", "project.clinic", "workflow.clinic.import", "trigger.clinic.import.manual"):
        assert read_scope(text).rows(RunTable.empty(), NOWHERE).tolist() == []


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("all", ["all"]),
        ("fast_lane", ["fast_lane"]),
        ("*", ["default", "fast_lane", "manual"]),
        ("project.clinic", ["project.clinic"]),
        ("project.*", ["project.clinic", "project.lab"]),
        ("project.c*", ["project.clinic"]),
        ("workflow.*.register", ["workflow.clinic.register", "workflow.lab.register"]),
        ("workflow.clinic.*", ["workflow.clinic.register", "workflow.clinic.import"]),
        ("trigger.clinic.import.cron*", ["trigger.clinic.import.cron1", "trigger.clinic.import.cron2"]),
        ("trigger.*.*.webhook", ["trigger.clinic.register.webhook", "trigger.lab.register.webhook"]),
    ],
)
def test_a_star_stands_for_any_characters_of_one_name(text: str, scopes: list[str]) -> None:
    assert [str(scope) for scope in read_scope(text).expanded(PLACES)] == scopes


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("project.clinc", "unknown project `clinc`", "did you mean `clinic`? allowed: clinic, lab"),
        ("project.x*", "unknown project `x*`", "allowed: clinic, lab"),
        ("workflow.clinc.register", "unknown project `clinc`", "did you mean `clinic`"),
        ("workflow.clinic.registre", "unknown workflow `registre` in clinic", "did you mean `register`? allowed: register, import"),
        ("workflow.lab.import", "unknown workflow `import` in lab", "allowed: register"),
        ("trigger.clinic.import.cron", "unknown trigger `cron` in clinic.import", "allowed: cron1, manual, cron2"),
        ("trigger.clinic.register.webhook1", "unknown trigger `webhook1` in clinic.register", "did you mean `webhook`"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(text: str, message: str, hint: str) -> None:
    with pytest.raises(MeasureError) as caught:
        read_scope(text).expanded(PLACES)
    assert caught.value.message == message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text", ["", "fastlane", "project", "project.", "workflow.clinic", "trigger.a.b", "project.a.b", "all.wait", "lane.x"]
)
def test_what_is_no_scope(text: str) -> None:
    with pytest.raises(MeasureError) as caught:
        read_scope(text)
    assert caught.value.hint


def test_a_pattern_for_too_many_is_refused() -> None:
    many = Places(tuple(("p", f"w{number}") for number in range(1_001)), ())
    with pytest.raises(MeasureError, match="stands for 1,001 scopes"):
        read_scope("workflow.*.*").expanded(many)
    assert len(read_scope("workflow.*.w1*").expanded(many)) == 112


def test_a_trigger_is_called_by_its_type_and_numbered_where_there_are_several() -> None:
    assert [names[2] for names in trigger_names(PLACES.sources)] == ["webhook", "cron1", "manual", "cron2", "webhook", "replay"]


def test_lanes() -> None:
    assert LANES == ("default", "fast_lane", "manual", "all")
    assert [read_scope(lane).lane for lane in LANES] == list(LANES)
    assert ALL.lane == "all"
    assert read_scope("project.clinic").lane is None
