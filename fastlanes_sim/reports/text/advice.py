"""Advice in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.text.terminal import print_line, print_wrapped

if TYPE_CHECKING:
    from rich.console import Console

    from fastlanes_sim.experiments.advice import Advice


def heading(advice: Advice) -> str:
    """Whom it is for."""
    return lane_title(advice.why.lane) if advice.why.name == advice.why.lane else advice.why.name


def paragraph(advice: Advice) -> list[str]:
    """Its lines, with whom it is for."""
    first, *rest = advice.lines
    return [first if advice.is_of_all else f"{heading(advice)}: {first}", *rest]


def print_advice(advice: Sequence[Advice], console: Console) -> None:
    """What was found, what was tried, and the settings to try it oneself; the settings on lines of their own, for copying."""
    print_line(console, "Advice (each change simulated on the same runs)", "bold")
    for one in advice:
        first, *rest = paragraph(one)
        print_wrapped(console, first)
        for line in rest:
            if line.startswith("    "):  # a command
                print_line(console, f"  {line}")
            else:
                print_wrapped(console, line.strip(), indent="    " if line.startswith(" ") else "  ")
    console.print()
