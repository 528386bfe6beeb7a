"""What a Markdown page shows: its code blocks, and what a comment before them says about them.

    <!-- not run: WHY -->     the block cannot be run here, and why
    <!-- slow -->             it takes more than a few seconds
    <!-- file: NAME -->       later blocks of the page find it as that file

A block is fenced (``` and a language) or, of commands alone, indented by four spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"(?P<indent> *)(?P<ticks>```+)(?P<language>\w*)\s*$")
REMARK = re.compile(r"<!-- *(?P<key>not run|slow|file) *(?:: *(?P<value>.*?))? *-->")
PROGRAMS = ("fastlanes-sim", ".venv/bin/fastlanes-sim", "make", "python", "uv", "pip", "docker", "jupyter")
"""What an indented block of commands begins with."""


@dataclass(frozen=True, slots=True)
class Block:
    page: Path
    line: int
    """Of the block's first line of content, counted from 1."""
    language: str
    """Of a fenced block, `commands` of an indented one of commands, `indented` of any other."""
    text: str
    not_run: str | None = None
    is_slow: bool = False
    file: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path, text: str) -> list[Block]:
    """Those of a page, in its order.

    Raises:
        ValueError: a fence that nothing closes.
    """
    found = []
    lines = text.splitlines()
    remarks: dict[str, str] = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        fence = FENCE.match(line)
        if fence:
            begin = number + 1
            number = begin
            while number < len(lines) and lines[number].strip() != fence["ticks"]:
                number += 1
            if number == len(lines):
                raise ValueError(f"{page}:{begin}: nothing closes this block")
            content = [one.removeprefix(fence["indent"]) for one in lines[begin:number]]
            found.append(_block(page, begin, fence["language"], content, remarks))
            remarks = {}
        elif line.startswith("    ") and (number == 0 or not lines[number - 1].strip()):
            begin = number
            while number < len(lines) and (lines[number].startswith("    ") or not lines[number].strip()):
                number += 1
            content = [one.removeprefix("    ") for one in lines[begin:number]]
            language = "commands" if content[0].split(" ")[0] in PROGRAMS else "indented"
            found.append(_block(page, begin, language, content, remarks))
            remarks = {}
            continue
        else:
            said = {match["key"]: match["value"] or "" for match in REMARK.finditer(line)}
            remarks = remarks | said if said or not line.strip() else {}
        number += 1
    return found


def _block(page: Path, begin: int, language: str, content: list[str], remarks: dict[str, str]) -> Block:
    text = "\n".join(content).rstrip() + "\n"
    return Block(page, begin + 1, language, text, remarks.get("not run"), "slow" in remarks, remarks.get("file"))
