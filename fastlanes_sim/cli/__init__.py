"""The command line: one small file a command."""

from __future__ import annotations


def main() -> None:
    """The `fastlanes-sim` command."""
    from fastlanes_sim.cli.signals import end_as_by_ctrl_c, is_interruption, leave_interrupted

    try:
        end_as_by_ctrl_c()
        from fastlanes_sim.cli.app import run_app

        run_app()
    except (KeyboardInterrupt, ImportError, SystemError) as error:  # while it imports
        if is_interruption(error):
            leave_interrupted()
        raise
