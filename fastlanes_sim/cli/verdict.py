"""Which exit code a result comes to."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode


def decided(code: ExitCode, undecided: str | None) -> ExitCode:
    """What an undecided verdict counts as, where the user says so."""
    if code != ExitCode.UNDECIDED or undecided is None:
        return code
    return ExitCode.MET if undecided == "pass" else ExitCode.MISSED


def exit_code(result: Any) -> ExitCode:
    """The worst of what there is to say."""
    from fastlanes_sim.measures.judge import overall

    if result.log.interrupted:
        return ExitCode.INTERRUPTED
    return OF_VERDICT[overall(result.verdicts)]
