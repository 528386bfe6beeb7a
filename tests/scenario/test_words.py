"""Errors stay short, name the right line and have a hint, whatever is in the file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fastlanes_sim
from fastlanes_sim.core.errors import FastlanesError, Problem, ScenarioError, shortened
from fastlanes_sim.core.quoting import shown_path
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source

BASE = """\
horizon: 30m
projects:
  p:
    workflows:
      w:
        triggers:
          - {type: webhook, arrivals: {poisson: 2/min}, service: 2s}
workers:
  - workloops: '*:1'
"""
LONG = "b" * 100_000


def refusal(text: str, **overrides: object) -> ScenarioError:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(Source.of_text(text, "<text>"), overrides)
    return refused.value


@pytest.mark.parametrize(
    "text",
    [
        BASE + f"{LONG}: 1\n",
        BASE + f"? {LONG}\n: 1\n",
        BASE + f"seed: {LONG}\n",
        BASE + f"slos:\n  - p95({LONG}) < 1s\n",
        BASE + f"a: *{LONG}\n",
        BASE + f"a: !{LONG} 1\n",
        BASE + f"timezone: {LONG}\n",
        BASE + f"replay: {{file: {LONG}}}\n",
        BASE + 'replay: {file: "a\\0b"}\n',
        BASE.replace("2/min", LONG),
        BASE.replace("'*:1'", f"'*:{LONG}'"),
        BASE + "slos:\n" + "".join(f"  - p95(x{number}) < 1s\n" for number in range(3_000)),
        "[" + "1," * 10_000 + "1]",
    ],
    ids=range(13),
)
def test_no_message_is_longer_than_some_thousand_characters(text: str):
    error = refusal(text)
    assert len(str(error)) < 20_000
    for problem in error.problems[:50]:
        assert len(str(problem)) < 5_000
        assert problem.hint


def test_a_message_is_cut_and_says_so():
    assert shortened("short") == "short"
    assert shortened(LONG).endswith("… (and 98,000 characters more)")
    for name in ({"x" * 100_000: 1}, {"horizon": LONG}):
        assert len(str(refusal(BASE, **name))) < 5_000


def test_more_problems_than_anybody_reads_are_counted():
    error = ScenarioError([Problem("file", number, 1, "", "wrong", "do it right") for number in range(1, 61)])
    assert len(error.lines) == 51
    assert str(error).endswith("and 10 problems more")
    assert len(error.problems) == 60


def test_a_hint_inside_a_message_is_one():
    error = FastlanesError("wrong\n    hint: do it right")
    assert (error.message, error.hint, str(error)) == ("wrong", "do it right", "wrong\n    hint: do it right")


@pytest.mark.parametrize("each", [1, 10, 30])
def test_a_chain_of_aliases_is_as_deep_as_what_it_stands_for(each: int):
    chain = "".join(f"a{n}: &a{n} {'[' * each}*a{n - 1}{']' * each}\n" for n in range(1, 99))
    error = refusal(f"a0: &a0 1\n{chain}")
    assert "nested more than 32 levels deep" in str(error)
    assert "hint: " in str(error)


@pytest.mark.parametrize("end", ["\u2028", "\u2029"])
def test_a_separator_that_ends_no_line_of_the_file_shifts_no_number(end: str):
    (problem,) = refusal(f"# one{end}two{end}three\n" + BASE + f"# more{end}\nbogus: 1\n").problems
    assert (problem.line, problem.column, problem.quote) == (12, 1, "bogus: 1")
    for text in (f'"a{end}{end}b"', f"a{end}b"):
        (problem, *_) = refusal(BASE + f"timezone: {text}\n").problems
        assert (problem.line, problem.column) == (10, 11)


def test_what_calibrate_wrote_is_named_by_its_own_path(tmp_path: Path, monkeypatch):
    from fastlanes_sim.api.calibration import CalibrationResult

    monkeypatch.setattr(CalibrationResult, "text", lambda self, name="": BASE + "bogus: 1\n")
    found = object.__new__(CalibrationResult)
    with pytest.raises(ScenarioError) as refused:
        found.write(tmp_path / "mine.yaml")
    assert str(refused.value).startswith(f"{tmp_path / 'mine.yaml'}:10:1: unknown key")
    assert not list(tmp_path.iterdir())


def test_every_error_for_users_has_a_hint():
    """Each place that raises one says what to do, in the message's own hint or as an argument."""
    kinds = {"FastlanesError", "ExportError", "EngineError", "ConformanceError"}
    told_after_a_colon = {"executors.py", "bench.py", "record.py"}
    """One that names the remedy behind a colon; three that pass on the failure of a job, whose own hint is in it."""
    without = []
    for path in sorted(Path(fastlanes_sim.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                call = node.exc
                hinted = len(call.args) > 1 or call.keywords or "hint" in ast.unparse(call)
                if call.func.id in kinds and not hinted and path.name not in told_after_a_colon:
                    without.append(f"{path.name}:{node.lineno}")
    assert not without


def test_a_path_in_results_tells_nothing_of_the_folder_or_the_user(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(Path("a/b.yaml")) == Path("a/b.yaml")
    assert shown_path(tmp_path / "a" / "b.yaml") == Path("a/b.yaml")
    assert shown_path(Path("/home/somebody/b.yaml")) == Path("b.yaml")


def test_the_same_bytes_from_two_folders(tmp_path: Path, monkeypatch):
    """Named from the root or not; the page's figures are the same by tests of their own."""
    from fastlanes_sim import simulate
    from fastlanes_sim.reports.html import simulation, slowest_runs

    for module in (simulation, slowest_runs):
        monkeypatch.setattr(module, "inline", lambda *_: "<svg></svg>")
    made = []
    for name, absolute in (("one", False), ("another one", True)):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("USER", name)
        monkeypatch.setenv("HOSTNAME", name)
        (folder / "s.yaml").write_text(BASE.replace("30m", "3m") + "slos: [p95(default.wait) < 1us]\n")
        result = simulate(folder / "s.yaml" if absolute else "s.yaml", engine="reference")
        for form in ("junit", "html", "markdown"):
            result.export(form, folder / form)
        made.append({form: (folder / form).read_bytes() for form in ("junit", "html", "markdown")})
        assert b"s.yaml" in made[-1]["junit"]
        assert b"s.yaml" in made[-1]["html"]
    assert made[0] == made[1]
    assert not [form for form, content in made[0].items() if str(tmp_path).encode() in content]
