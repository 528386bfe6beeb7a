"""What the shell gets. Scripts and CI lean on these numbers: they never change their meaning."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    MET = 0
    """Every SLO is met, every case agrees."""
    BUG = 1
    """The tool itself failed: always worth a report. `conform` also ends with 1 where cases disagree."""
    USAGE = 2
    """The command line is not right, a file that it names (other than a scenario file) cannot be read or written, or what it asks for takes
    more time or memory than there is."""
    UNDECIDED = 98
    """No SLO is missed, but what was simulated does not decide one of them; `baseline check`: a baseline cannot be compared, or runs that
    are still open may hide that something became worse; `validate`, `calibrate`: there are too few runs to compare with; `rig`: the session
    does not show whether the workers behave as the model says."""
    MISSED = 99
    """An SLO is missed; `baseline check`: something became worse for real; `validate`: the model is rejected;
    `calibrate`: the fit is; `rig`: a worker does not behave as the model says."""
    INVALID = 104
    """The scenario is not valid, or its file cannot be read. Nothing was simulated, nothing written."""
    INTERRUPTED = 105
    """Interrupted: by Ctrl-C, SIGTERM or SIGHUP, or because the last worker of a Dask cluster died. What was there until then has been
    written."""
    READER_HAS_LEFT = 141
    """Whoever read the output has stopped reading, as `head` does (128 and SIGPIPE)."""


OF_VERDICT = {"met": ExitCode.MET, "undecided": ExitCode.UNDECIDED, "missed": ExitCode.MISSED}
"""By `measures.outcome.Outcome`."""
