"""What README and docs show is true: every block is executed, in the order of its page, and compared.

What cannot be executed says why on the page, and is listed as skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tools.docs import ROOT, pages
from tools.docs.blocks import Block, blocks
from tools.docs.session import Session

EXECUTED = ("console", "commands", "bash", "sh", "shell", "python", "yaml")
NOT_EXECUTED = ("", "indented", "json", "text", "sql")


@cache
def of_page(page: Path) -> list[Block]:
    return blocks(page, (ROOT / page).read_text(encoding="utf-8"))


ALL = [block for page in pages() for block in of_page(page)]
TO_EXECUTE = [block for block in ALL if block.language in EXECUTED]


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Block], None]:
    """Executes a block in its page's folder, and before it those above it that have not been executed yet."""
    opened: dict[Path, tuple[Session, list[Block]]] = {}

    def up_to(block: Block) -> None:
        if block.page not in opened:
            opened[block.page] = (Session(tmp_path_factory.mktemp(block.page.stem)), list(of_page(block.page)))
        session, to_come = opened[block.page]
        while to_come and to_come[0].line <= block.line:
            one = to_come.pop(0)
            if one.not_run is None:
                session.execute(one)

    return up_to


@pytest.mark.parametrize("block", [pytest.param(one, marks=pytest.mark.slow) if one.is_slow else one for one in TO_EXECUTE], ids=str)
def test_what_a_page_shows_is_what_happens(execute: Callable[[Block], None], block: Block):
    if block.not_run is not None:
        assert len(block.not_run) > 10, "say why"
        pytest.skip(block.not_run)
    execute(block)


def test_every_block_is_of_a_known_kind():
    unknown = [f"{block}: {block.language}" for block in ALL if block.language not in (*EXECUTED, *NOT_EXECUTED)]
    assert unknown == [], "execute it in tools/docs/session.py, or write ```text"
    hidden = [
        str(block) for block in ALL if block.language in NOT_EXECUTED and re.search(r"^(\$ )?(\S*/)?fastlanes-sim ", block.text, re.M)
    ]
    assert hidden == [], "write commands as ```console, or indented from the first line on"
