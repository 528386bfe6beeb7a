"""The command line: one small file a command."""

from __future__ import annotations


def main() -> None:
    """The `fastlanes-sim` command."""
    from fastlanes_sim.cli.signals import end_as_by_ctrl_c, leave_interrupted
    from fastlanes_sim.core.interruption import is_interruption

    try:
        end_as_by_ctrl_c()
        from fastlanes_sim.cli.app import run_app

        run_app()
    except (KeyboardInterrupt, Exception) as error:  # while it imports
        if is_interruption(error):
            leave_interrupted()
        raise
