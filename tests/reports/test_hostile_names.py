"""Whatever something is called, every format shows the name and does nothing else with it."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from rich.text import Text as RichText

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.core.escaping import markdown, of_csv, terminal, visible
from fastlanes_sim.reports.charts import design_points, estimates
from fastlanes_sim.reports.charts.style import paper, styled
from fastlanes_sim.reports.exporters.exporter import Exportable
from fastlanes_sim.reports.exporters.formats import CHARTS, OPTIONAL, RUNS, STANDARD
from fastlanes_sim.reports.exporters.github import workflow_commands
from fastlanes_sim.reports.exporters.html import HTML
from fastlanes_sim.reports.exporters.junit import JUNIT
from fastlanes_sim.reports.exporters.markdown import MARKDOWN
from fastlanes_sim.reports.html.page import Chart, Page, Text
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.reports.text.terminal import console, print_line, print_wrapped, rich_table
from tests.support.hostile import LEGAL, NAMES

ORDER = re.compile(r"^\s*::[A-Za-z]|##\w*\[", re.MULTILINE)
"""What GitHub's runner obeys."""


def test_there_are_forty():
    assert len(NAMES) >= 40


def is_harmless(text: str) -> bool:
    """Nothing in it moves a cursor, reorders letters, ends a line where none should end, or gives a runner an order."""
    unseen = [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") and letter not in "\n\t"]
    return not unseen and not ORDER.search(text)


@dataclass
class Everywhere:
    """A report that has the name in every field."""

    name: str
    kind: ReportKind = ReportKind.COMPARISON
    stem: str = "comparison"
    found: Any = None

    @property
    def title(self) -> str:
        return self.name

    @property
    def cases(self) -> list[Case]:
        return [
            Case(self.name, f"objective {self.name}", outcome, self.name, Path(f"a{self.name}".replace("/", "-")), 3, self.name, self.name)
            for outcome in ("met", "missed", "undecided")
        ]  # fmt: skip

    @property
    def sentences(self) -> list[str]:
        return [self.name, f"a sentence with {self.name} in it"]

    @property
    def tables(self) -> list[Table]:
        return [Table(self.name, ["first", self.name], [[self.name, self.name], ["1", f"a {self.name}"]])]

    @property
    def metadata(self) -> dict[str, object]:
        return {"scenario": self.name, "nested": {"deeper": self.name}}

    def summary(self) -> dict[str, object]:
        return {"name": self.name.encode("utf-8", "replace").decode(), "list": ["\x1b", "\u2028"]}

    def frames(self) -> Mapping[str, pd.DataFrame]:
        return {"values": pd.DataFrame({"replication": [0], "value": [1.0]})}


def page(name: str) -> Page:
    report = Everywhere(name)
    chart = Chart(name, name, inline(paper(1, 1), "chart", name), report.tables, name)
    return Page(
        name, report.cases, report.sentences, [chart], report.tables, [Text(name, name, {name: name})], report.metadata, [name],
        [[name, f"    {name}"]], True, name,
    )  # fmt: skip


@pytest.fixture(scope="module")
def chart() -> str:
    return inline(paper(1, 1), "chart", "nothing")


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def seen_of(name: str) -> Seen:
    seen = Seen()
    (content,) = HTML.content(Exportable(Everywhere(name), lambda: page(name), dict))
    seen.feed(content.decode())
    return seen


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_on_a_page_a_name_is_a_text(name: str):
    seen, harmless = seen_of(name), seen_of("harmless")
    assert set(seen.tags) == set(harmless.tags)
    assert set(seen.attributes) == set(harmless.attributes)
    assert seen.tags.count("td") == harmless.tags.count("td")
    text = "".join(seen.texts)
    assert is_harmless(text.replace("##", "").replace("::", ""))
    assert "".join(visible(name).split()) in "".join(text.split()).replace("\u00a0", "")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_in_junit_a_name_is_a_text(name: str):
    report = Everywhere(name)
    (content,) = JUNIT.content(Exportable(report, lambda: page(name), dict))
    root = ElementTree.fromstring(content)
    assert is_harmless(content.decode().replace("##", "").replace("::", ""))
    assert len(root.findall(".//testcase")) == 3
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.attrib["name"] == visible(name)
    assert {one.attrib["name"] for one in root.findall(".//testcase")} == {f"objective {visible(name)}"}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_for_github_a_name_gives_no_order(name: str):
    warnings = [Problem(name, 3, 1, name, name, name, name)]
    lines = workflow_commands(Everywhere(name).cases, warnings, root=Path.cwd())
    assert len(lines) == 4  # the met one was interrupted
    for line in lines:
        kind = re.match(r"::(error|warning) [^:\n]*::", line)
        assert kind is not None
        assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", line)
        properties = dict(part.split("=", 1) for part in line[: kind.end() - 2].partition(" ")[2].split(","))
        assert set(properties) <= {"file", "line", "col", "title"}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_in_markdown_a_name_is_a_text(name: str):
    (content,) = MARKDOWN.content(Exportable(Everywhere(name), lambda: page(name), dict))
    (harmless,) = MARKDOWN.content(Exportable(Everywhere("harmless"), lambda: page("harmless"), dict))
    text = content.decode()
    assert len(text.split("\n")) == len(harmless.decode().split("\n"))
    assert is_harmless(text)
    assert not re.search(r"<[a-z!/]|(?<!\\)\[|^\s*\d+\. ", text)
    for line, plain in zip(text.split("\n"), harmless.decode().split("\n"), strict=True):
        assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", plain))


def test_in_a_terminal_a_name_is_a_text():
    for name in NAMES:
        out = io.StringIO()
        screen = console(out, width=60, force_terminal=False)
        table = rich_table("Names")
        table.add_column(name)
        table.add_column("b", overflow="fold")
        table.add_row(name, RichText(name, "bold red"))
        screen.print(table)
        print_wrapped(screen, name)
        print_line(screen, name, "yellow")
        assert is_harmless(out.getvalue()), ascii(name)
        letters = "".join(terminal(name).split())
        if len(name) < 20:
            assert letters in "".join(out.getvalue().split()), ascii(name)


def test_whoever_prints_our_tables_a_name_is_a_text():
    from rich.console import Console

    out = io.StringIO()
    table = rich_table("")
    table.add_column("[/nope]")
    table.add_row("[red]:smile:")
    Console(file=out, width=60).print(table)
    assert "[/nope]" in out.getvalue()
    assert "[red]:smile:" in out.getvalue()


def figures() -> Iterator[Any]:
    """Every chart that shows names, with all of them in every place."""
    names = list(NAMES)
    few = names[:12]
    with styled():
        for some in (names[:16], names[16:32], names[32:]):
            figure = paper(8, 12)
            estimates.intervals(figure.subplots(), [(name, (1.0, 0.5, 2.0)) for name in some], some[0], "; ".join(some))
            yield figure
        figure = paper(8, 8)
        ends = (1e6, 5e5, 2e6)
        estimates.deployments(figure.subplots(), {name: dict.fromkeys(few, ends) for name in few}, names[6])
        yield figure
        names = [name.encode("utf-8", "replace").decode() for name in names]  # pandas takes no half characters
        frame = pd.DataFrame({"x": names, "y": names[::-1], "value": np.arange(len(names)) + 1.0, "low": 0.5, "high": 99.0})
        for title in ("$x$ and $y^^$", "[red]"):
            figure = paper(8, 8)
            design_points.lines(figure.subplots(), frame, x=title, value=title, bound=3.0)
            yield figure
            figure = paper(8, 8)
            design_points.heat_map(figure.subplots(), frame.iloc[5:15], x=title, y=title, value=title)
            yield figure
            figure = paper(8, 8)
            costs = frame.assign(cost=np.arange(len(names)), label=names, best=True)
            design_points.frontier(figure.subplots(), costs, cost=title, value=title)
            yield figure


@pytest.mark.filterwarnings("ignore:Glyph", "ignore:constrained_layout", "ignore:Tight layout")
def test_in_a_chart_a_name_is_a_text():
    from matplotlib.cbook import is_math_text
    from matplotlib.text import Text

    for figure in figures():
        texts = [one.get_text() for one in figure.findobj(Text)]
        assert not any(map(is_math_text, texts))
        assert all(is_harmless(text.replace("##", "").replace("::", "")) for text in texts)
    with styled():
        figure.set_dpi(40)
        figure.canvas.draw()


def test_every_format_is_walked():
    """A new one must be tested with these names as well."""
    assert {one.name for one in (*OPTIONAL, *STANDARD, *RUNS.values(), CHARTS)} == {
        "export", "trace", "junit", "html", "markdown", "summary", "values", "parquet", "csv", "arrow", "charts",
        "prometheus",  # no name of the user's is in it
    }  # fmt: skip


def scenario() -> dict[str, Any]:
    webhook = {"type": "webhook", "reply": "after_completion", "arrivals": {"poisson": "2/min"}, "service": "2s"}
    return {
        "name": "hostile",
        "horizon": "2m",
        "projects": {name: {"workflows": {name: {"triggers": [webhook]}}} for name in LEGAL},
        "workers": [{"name": name, "workloops": "*:1"} for name in LEGAL[::3]],
        "slos": ["p95(project.*.wait) < 5m", *(f"p95(project.{name}.wait) < 1ms" for name in ("$x$", "[red]"))],
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from fastlanes_sim import simulate

    folder = tmp_path_factory.mktemp("written")
    result = simulate(scenario(), engine="reference")
    for name in ("export", "junit", "html", "markdown", "trace"):
        result.export(name, folder / f"{name}.out")
    for name, exporter in RUNS.items():
        (folder / f"runs.{name}").write_bytes(b"".join(exporter.content(result.exportable())))
    for by in ("lane", "project", "workflow"):
        out = io.StringIO()
        from fastlanes_sim.reports.text.simulation import print_result

        print_result(result, console(out, width=100), by)
        (folder / f"{by}.txt").write_text(out.getvalue(), encoding="utf-8")
    (folder / "notebook.html").write_text(result._repr_html_(), encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(result.summary()), encoding="utf-8")
    return folder


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_simulation_of_such_names_is_written_whole(written: Path):
    for name in ("lane", "project", "workflow"):
        text = (written / f"{name}.txt").read_text(encoding="utf-8")
        assert is_harmless(text)
    for name in ("html.out", "notebook.html"):
        seen = Seen()
        seen.feed((written / name).read_text(encoding="utf-8"))
        assert not {"img", "iframe"} & set(seen.tags)
        assert seen.tags.count("script") == (name == "html.out"), "the page's own"
        assert not [attribute for attribute in seen.attributes if attribute.startswith("on")]
    ElementTree.parse(written / "junit.out")
    json.loads((written / "trace.out").read_text(encoding="utf-8"))
    for name, columns in (("runs.csv", ("project", "workflow", "worker")), ("export.out", ("project", "workflow"))):
        rows = list(csv.DictReader((written / name).open(encoding="utf-8", newline="")))
        assert rows
        for row in rows:
            for column in columns:
                assert not re.match(r"\s*[=+\-@\uff1d]", row[column])
                assert of_csv(row[column]) in {*LEGAL, ""}


def test_markdown_keeps_what_is_harmless():
    assert markdown("p99(fast_lane.wait) < 30s") == r"p99\(fast\_lane.wait\) &lt; 30s"
