"""Every notebook runs, shows what is committed, is small, and ends in a decision."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.docs.notebooks import FOLDER, all_executed, comparable, notebooks, plain, read

ALL = notebooks()
MOST_BYTES = 150_000
SUBJECTS = (
    "first_run",
    "comparing_layouts",
    "why_was_it_late",
    "how_many_slots",
    "calibrate",
    "intervals",
    "leaves_out",
    "explorer",
    "table",
)


@pytest.fixture(scope="module")
def executed() -> dict[Path, Any]:
    return all_executed(ALL)


@pytest.mark.slow
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_it_shows_what_is_committed(executed: dict[Path, Any], path: Path):
    assert comparable(executed[path]) == comparable(read(path)), "stale: run `make notebooks` and commit"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_it_is_small_and_holds_nothing_that_changes_from_run_to_run(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    assert read(path) == plain(read(path)), "run `make notebooks` and commit"
    assert not re.search(r"/home/|/tmp/|/Users/|site-packages", text)
    nbformat.validate(read(path))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_it_asks_one_question_and_ends_in_a_decision(path: Path):
    cells = read(path).cells
    title = cells[0].source.splitlines()[0]
    assert title.startswith("# ")
    assert "?" in title
    headings = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines() if line.startswith("## ")]
    assert headings == ["## Decision"]
    place = next(n for n, cell in enumerate(cells) if cell.cell_type == "markdown" and "## Decision" in cell.source)
    assert cells[place + 1].outputs, "the decision is computed, and shown"


def test_there_is_one_for_each_subject():
    assert [subject for subject in SUBJECTS if not any(subject in path.stem for path in ALL)] == []


def test_what_differs_from_run_to_run_is_taken_out():
    streams = [{"output_type": "stream", "name": name, "text": text} for name, text in (("stdout", "a"), ("stderr", "b"), ("stdout", "c"))]
    live = [
        {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "x"},
        {"application/javascript": "x", "application/vnd.holoviews_load.v0+json": "x"},
        {"application/vnd.holoviews_exec.v0+json": "", "text/html": "x", "text/plain": "x"},
        {"text/html": "<style>x</style>"},
    ]
    live = [{"output_type": "display_data", "data": data, "metadata": {}} for data in live]
    cell = {"cell_type": "code", "id": "x1", "execution_count": 1, "source": "", "metadata": {"execution": {"iopub": "now"}}}
    notebook = nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {"widgets": {}}, "cells": [cell | {"outputs": [*streams, *live]}]}
    )
    (left,) = plain(notebook).cells
    assert [output.text for output in left.outputs] == ["ac"]
    assert "now" not in json.dumps(notebook)
    assert "widgets" not in notebook.metadata


def test_a_changed_text_is_noticed_and_a_changed_picture_is_not():
    before = read(FOLDER / "01_first_run.ipynb")
    picture, changed = (read(FOLDER / "01_first_run.ipynb") for _ in range(2))
    outputs = [
        output for cell in picture.cells if cell.cell_type == "code" for output in cell.outputs if "image/png" in output.get("data", {})
    ]
    outputs[0].data["image/png"] = "other"
    assert comparable(picture) == comparable(before)
    next(cell for cell in changed.cells if cell.cell_type == "code").outputs[0].data["text/plain"] += "!"
    assert comparable(changed) != comparable(before)
