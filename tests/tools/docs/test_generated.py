"""The pages that are made from the code are those that are committed; every rule has a test; what a page links to is there."""

from __future__ import annotations

import re

import pytest
from pydantic import Field

from benchmarks import page as performance
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.core.fields import Duration, Strict
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.scenario.schema import Scenario, json_schema
from tools.docs import ROOT, pages
from tools.docs.generated import GENERATED
from tools.docs.rules_page import COLUMNS, LIGHTNING, WORKER, citations, citing, first_sentence, own_rules
from tools.docs.scenario_page import models, section

RECORDED = LIGHTNING | WORKER
OWN = {rule for rules in own_rules().values() for rule in rules}
ASSUMED_AND_NOT_SIMULATED = {"W-20"}


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_is_as_the_code_is(page: str):
    assert (ROOT / page).read_text(encoding="utf-8") == GENERATED[page](), "stale: run `make docs` (python -m tools.docs) and commit"


def test_what_is_said_of_speed_is_what_was_measured():
    measured = performance.figures()
    assert (ROOT / "docs/performance.md").read_text(encoding="utf-8") == performance.page(measured), "run python -m benchmarks.page"
    assert performance.table_in((ROOT / "README.md").read_text(encoding="utf-8")) == performance.readme_table(measured["engines"])


def test_the_reference_has_every_key_of_every_part():
    page = GENERATED["docs/scenario.md"]()
    definitions = json_schema()["$defs"]
    assert {model.__name__ for model in models(Scenario)} - {"Scenario"} <= set(definitions)
    for model in models(Scenario):
        rows = re.findall(r"^\| `(\w+)` \|", section(model), re.MULTILINE)
        assert rows == [field.alias or name for name, field in model.model_fields.items()]
        assert section(model) in page


class Sample(Strict):
    """A part that somebody adds tomorrow."""

    lasts: Duration = 90_000_000
    """How long."""
    share: float = Field(default=0.5, ge=0, lt=1)
    pause: Distribution = Distribution(constant="1s")  # type: ignore[arg-type]
    names: list[str]


def test_a_new_field_is_described_by_its_type_default_and_docstring():
    assert section(Sample).splitlines()[2:] == [
        "A part that somebody adds tomorrow.",
        "",
        "| key | value | default | meaning |",
        "| --- | --- | --- | --- |",
        "| `lasts` | a duration | `90s` | How long. |",
        "| `share` | a number, at least 0 and below 1 | `0.5` |  |",
        "| `pause` | [Distribution](#distribution) | `1s` |  |",
        "| `names` | a list: text | **required** |  |",
    ]


@pytest.mark.parametrize("rule", RECORDED)
def test_every_rule_is_cited_where_it_is_implemented_and_by_a_test(rule: str):
    places = {column: citing(rule, folders) for column, folders in COLUMNS.items()}
    if rule in ASSUMED_AND_NOT_SIMULATED and not any(places.values()):
        pytest.skip(f"{rule} is an assumption of ours, and not simulated")
    assert places["tests"], f"no test cites {rule}: name it in the docstring of the test that proves it"
    assert places["rules, traffic, reference"] or places["kernel"], f"no code cites {rule}"


@pytest.mark.parametrize("rule", sorted(OWN))
def test_every_rule_of_our_own_is_cited_by_a_test(rule: str):
    assert citing(rule, ["tests"]), f"no test cites {rule}: name it in the docstring of the test that proves it"


def test_no_rule_is_cited_that_there_is_not():
    cited = {rule: files for folder in ("fastlanes_sim", "tests") for rule, files in citations(folder).items()}
    families = {rule[0] for rule in (*RECORDED, *OWN)}
    assert {rule: files for rule, files in cited.items() if rule[0] in families and rule not in (*RECORDED, *OWN)} == {}


def test_a_page_lays_down_a_rule_in_its_first_sentence():
    assert first_sentence("*Assumed.* With `a` a project\n  refuses | it. So much for that.") == "With `a` a project refuses \\| it."
    assert first_sentence("The pause: `p × f`; no more. So much.") == "The pause: `p × f`; no more."


def test_the_readme_has_the_exit_codes():
    codes = re.findall(r"^\| ([\d, ]+) \| (?!---)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(int(code) for cell in codes for code in cell.split(",")) == sorted(ExitCode)


@pytest.mark.parametrize("page", [*pages(), ROOT / "CONTRIBUTING.md"], ids=str)
def test_what_a_page_links_to_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        file, _, heading = target.partition("#")
        there = (ROOT / page).parent / file if file else ROOT / page
        assert there.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings], target
