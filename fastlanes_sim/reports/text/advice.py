"""Advice in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.text.terminal import print_wrapped

if TYPE_CHECKING:
    from rich.console import Console

    from fastlanes_sim.experiments.advise import Advice


def print_advice(advice: Sequence[Advice], console: Console) -> None:
    """What was found, what was tried, and the settings to try it oneself; the settings on lines of their own, for copying."""
    console.print("Advice (each change simulated on the same runs)", style="bold")
    for one in advice:
        print_wrapped(console, f"{lane_title(one.why.lane)}: {one.lines[0]}")
        for line in one.lines[1:]:
            if line.startswith(" "):  # a command
                console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
            else:
                print_wrapped(console, line, indent="  ")
    console.print()
