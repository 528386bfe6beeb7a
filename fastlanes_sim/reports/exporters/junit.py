"""JUnit XML, which every CI reads: a suite a deployment, a case an objective.

The format has no specification. This keeps to what https://github.com/testmoapp/junitxml documents and Jenkins, GitLab and GitHub
actions read; `time` is left out, for how long simulating took is no property of the result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from fastlanes_sim.core.escaping import xml
from fastlanes_sim.core.quoting import shown_path
from fastlanes_sim.reports.exporters.exporter import JUDGED, Content, Exportable, Exporter

if TYPE_CHECKING:
    from fastlanes_sim.reports.objectives import Case, Undecided


def junit_xml(cases: Sequence[Case], properties: Mapping[str, object], undecided: Undecided = None) -> bytes:
    """Missed is a failure, undecided an error. `properties` (seed, scenario hash, versions …) go with each suite."""
    from fastlanes_sim.reports.objectives import by_deployment

    whole = ElementTree.Element("testsuites", {"name": "fastlanes_sim", **_counts(cases, undecided)})
    for deployment, of_it in by_deployment(cases).items():
        suite = ElementTree.SubElement(whole, "testsuite", {"name": xml(deployment), **_counts(of_it, undecided)})
        listed = ElementTree.SubElement(suite, "properties")
        for name, value in sorted(properties.items()):
            ElementTree.SubElement(listed, "property", {"name": name, "value": xml(value if isinstance(value, str) else json.dumps(value))})
        for case in of_it:
            place = {"file": xml(shown_path(case.file).as_posix())} | ({"line": str(case.line)} if case.line else {})
            attributes = {"classname": f"{xml(deployment)}.slos", "name": xml(case.objective), **place}
            node = ElementTree.SubElement(suite, "testcase", attributes)
            _result(node, case, undecided)
            ElementTree.SubElement(node, "system-out").text = xml(case.found)
    ElementTree.indent(whole)
    document: bytes = ElementTree.tostring(whole, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _result(node: ElementTree.Element, case: Case, undecided: Undecided) -> None:
    counted = case.counted(undecided)
    if counted == "met":
        return
    tag, kind = ("failure", case.outcome) if counted == "missed" else ("error", "undecided")
    result = ElementTree.SubElement(node, tag, {"type": kind, "message": xml(f"{kind}: {case.message}")})
    result.text = xml(f"{shown_path(case.file).as_posix()}:{case.line}: {case.message}" if case.line else case.message)


def _counts(cases: Sequence[Case], undecided: Undecided) -> dict[str, str]:
    counted = [case.counted(undecided) for case in cases]
    return {"tests": str(len(cases)), "failures": str(counted.count("missed")), "errors": str(counted.count("undecided"))}


def _content(one: Exportable) -> Content:
    return [junit_xml(one.report.cases, one.report.metadata, one.undecided)]


JUNIT = Exporter("junit", "Write the verdicts as JUnit XML, one test case per objective.", JUDGED, _content)
