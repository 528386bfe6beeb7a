"""How pages are read, and that what is not true is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.docs.blocks import Block, blocks
from tools.docs.console import Shown, agrees, commands, shown, words
from tools.docs.refresh import renewed
from tools.docs.session import NotAsShownError, Session

PAGE = Path("page.md")


def test_blocks_are_fenced_or_indented_commands():
    text = "a\n\n    fastlanes-sim schema\n\n    fastlanes-sim demo\n\nb\n\n```python\nx = 1\n```\n\n    p99 < 1s\n"
    assert [(one.line, one.language, one.text) for one in blocks(PAGE, text)] == [
        (3, "commands", "fastlanes-sim schema\n\nfastlanes-sim demo\n"),
        (10, "python", "x = 1\n"),
        (13, "indented", "p99 < 1s\n"),
    ]


def test_a_comment_speaks_of_the_next_block_alone():
    text = "<!-- not run: needs a cluster -->\n<!-- slow -->\n\n```console\n$ x\n```\n\n```console\n$ y\n```\n"
    text += "<!-- slow -->\ntext\n\n```python\n```\n"
    assert [(one.not_run, one.is_slow) for one in blocks(PAGE, text)] == [("needs a cluster", True), (None, False), (None, False)]


def test_an_open_fence_is_an_error():
    with pytest.raises(ValueError, match=r"page.md:1: nothing closes"):
        blocks(PAGE, "```python\nx\n")


def test_a_console_block_is_commands_and_what_they_print():
    assert shown("$ a \\\n    --b\none\ntwo\n$ echo $?\n0\n") == [Shown("a --b", "one\ntwo"), Shown("echo $?", "0")]
    with pytest.raises(ValueError, match="begins with"):
        shown("fastlanes-sim schema\n")


def test_a_comment_may_follow_a_command():
    assert commands("fastlanes-sim demo    # six simulations\n\nfastlanes-sim schema\n") == ["fastlanes-sim demo", "fastlanes-sim schema"]


def test_words_are_those_of_a_shell(tmp_path: Path):
    for name in ("b.yaml", "a.yaml"):
        (tmp_path / name).touch()
    assert words("run *.yaml --layout \"*:5\" --set 'a=[\"*\"]' *.none", tmp_path) == [
        "run", "a.yaml", "b.yaml", "--layout", "*:5", "--set", 'a=["*"]', "*.none",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "agree"),
    [
        ("a b\nc\nd", True),
        ("a b  \nc\nd\n", True),
        ("a ...\nd", True),
        ("...\nd", True),
        ("a...\nc\n...", True),
        ("a b\nc", False),
        ("a b\n...\ne", False),
        ("b...", False),
    ],
)
def test_three_dots_are_anything_and_nothing_else_is(said: str, agree: bool):
    assert agrees(said, "a b\nc\nd") is agree


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


@pytest.mark.parametrize(
    ("said", "new"),
    [("x", "a\nb\nc"), ("x\ny\n...", "a\nb\n..."), ("...\nx", None), ("x ...", None), ("", None)],
)
def test_what_a_page_shows_is_renewed_as_far_as_it_says_what_it_leaves_out(said: str, new: str | None):
    assert renewed(said, "a\nb\nc") == new


CLAIMS = [
    ("console", "$ fastlanes-sim --version\nfastlanes-sim 9.9.9\n"),
    ("console", "$ fastlanes-sim run missing.yaml\n...\n"),
    ("console", "$ fastlanes-sim run missing.yaml\n...\n$ echo $?\n0\n"),
    ("commands", "fastlanes-sim run missing.yaml\n"),
    ("python", ">>> 1 + 1\n3\n"),
]


@pytest.mark.parametrize(("language", "text"), CLAIMS, ids=[text.splitlines()[0] for _, text in CLAIMS])
def test_what_does_not_hold_is_noticed(session: Session, language: str, text: str):
    with pytest.raises(NotAsShownError, match=r"page\.md:1"):
        session.execute(Block(PAGE, 1, language, text))


def test_what_holds_passes(session: Session):
    session.execute(Block(PAGE, 1, "console", "$ fastlanes-sim run missing.yaml\n...missing.yaml...\n$ echo $?\n104\n"))
    session.execute(Block(PAGE, 1, "python", ">>> x = 1 + 1\n>>> x\n2\n"))
    assert session.names["x"] == 2


def test_other_programs_must_say_why_they_are_not_run(session: Session):
    with pytest.raises(ValueError, match="not run: WHY"):
        session.execute(Block(PAGE, 1, "commands", "docker run\n"))


def test_targets_of_make_are_looked_up_and_not_run(session: Session):
    session.execute(Block(PAGE, 1, "commands", "make demo    # six simulations\n"))
    with pytest.raises(NotAsShownError, match="no such target"):
        session.execute(Block(PAGE, 1, "commands", "make demos\n"))


def test_a_scenario_that_does_not_load_is_noticed(session: Session):
    with pytest.raises(Exception, match="wrokers"):
        session.execute(Block(PAGE, 1, "yaml", "wrokers: []\n"))
