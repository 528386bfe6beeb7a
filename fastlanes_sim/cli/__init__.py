"""The command line: one small file a command."""

from __future__ import annotations

import sys


def main() -> None:
    """The `fastlanes-sim` command."""
    from fastlanes_sim.cli.exit_codes import ExitCode
    from fastlanes_sim.cli.signals import end_as_by_ctrl_c

    try:
        end_as_by_ctrl_c()
        from fastlanes_sim.cli.app import run_app

        run_app()
    except KeyboardInterrupt:  # while it imports
        print("Interrupted before there was anything to show.", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
