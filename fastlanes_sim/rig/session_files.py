"""The files of a session."""

from __future__ import annotations

import json
from pathlib import Path

from fastlanes_sim.reports.html.render import html
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.results.files import write_bytes, write_summary
from fastlanes_sim.rig import timeline
from fastlanes_sim.rig.repeats import Repeats
from fastlanes_sim.rig.session_page import page
from fastlanes_sim.rig.session_result import EXPORT, RigResult

LIVES, SUMMARY, PAGE = "lives.jsonl", "rig.json", "rig.html"


def write_files(found: RigResult, folder: Path) -> list[Path]:
    """Write the export, the timeline, the values, the page, and what a simulation writes of its runs; returns the files.

    Raises:
        OSError: a file cannot be written.
    """
    paths = [folder / name for name in (EXPORT, LIVES, SUMMARY, PAGE)]
    write_export(paths[0], found.table, found.log, found.deployment, found.start)
    case = timeline.case(found.loaded.scenario.name, found.recording, found.deployment, found.table, found.measured, found.conducts)
    write_bytes(paths[1], [json.dumps(case, separators=(",", ":")).encode(), b"\n"])
    write_summary(paths[2], found.summary())
    write_bytes(paths[3], [html(page(Repeats([found]))).encode()])
    return [*paths, *found.observed.write(folder, charts=False)]


def write_repeats(found: Repeats, folder: Path) -> list[Path]:
    """Write the values and the page of several sessions, each of which has its own files already; returns the files.

    Raises:
        OSError: a file cannot be written.
    """
    paths = [folder / name for name in (SUMMARY, PAGE)]
    write_summary(paths[0], found.summary())
    write_bytes(paths[1], [html(page(found)).encode()])
    return paths
