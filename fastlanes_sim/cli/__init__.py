"""The command line: one small file a command."""

from __future__ import annotations


def main() -> None:
    """The `fastlanes-sim` command."""
    from fastlanes_sim.cli.app import run_app

    run_app()
