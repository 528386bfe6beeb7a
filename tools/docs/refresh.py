"""Puts what commands print now into the `console` blocks of the pages written by hand."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tools.docs import ROOT, pages
from tools.docs.blocks import Block, blocks
from tools.docs.console import CODE, agrees, shown
from tools.docs.generated import GENERATED
from tools.docs.session import Session


def refresh() -> None:
    """What elides something other than an end is only told, for what to leave out is the writer's business."""
    for page in pages():
        found = blocks(page, (ROOT / page).read_text(encoding="utf-8"))
        if str(page) in GENERATED or not any(one.language == "console" for one in found):
            continue
        with tempfile.TemporaryDirectory() as folder:
            session = Session(Path(folder))
            for block in found:
                if block.not_run is None and block.language == "console":
                    _refresh(block, session)
                elif block.not_run is None:
                    session.execute(block)


def renewed(said: str, printed: str) -> str | None:
    """What a page may say now, which shows all of the output or so many lines of its beginning; None if it shows something else of it."""
    shown_lines = said.splitlines()
    if not said:
        return None
    if "..." not in said:
        return printed
    if shown_lines[-1] == "..." and "..." not in "".join(shown_lines[:-1]):
        return "\n".join([*printed.splitlines()[: len(shown_lines) - 1], "..."])
    return None


def _refresh(block: Block, session: Session) -> None:
    text = block.text
    code = 0
    for one in shown(block.text):
        if one.command == CODE:
            printed = str(code)
        else:
            code = session.run(one.command, block, None)
            printed = session.printed[one.command]
        if agrees(one.output, printed):
            continue
        new = renewed(one.output, printed)
        if new is None:
            print(f"{block}: {one.command}\nprints something else now; mend by hand what the page shows of it:\n{printed}", file=sys.stderr)
        else:
            text = text.replace(one.output, new, 1)
    if text != block.text:
        path = ROOT / block.page
        path.write_text(path.read_text(encoding="utf-8").replace(block.text, text, 1), encoding="utf-8")
        print(f"wrote {block}")
