"""How long a run holds its slot for messages alone, if nothing goes wrong (W-13, W-15). Whole microseconds, plain numbers."""

from __future__ import annotations

from fastlanes_sim.rules.run_messages import BEFORE_INPUT

JOIN_AND_PLAN = 2
STEP_LOG_AND_COMPLETION = 3


def until_launch(up: int, message: int, down: int, credentials: int, has_input: bool) -> int:
    """W-15: from the worker's receipt of a run to its launch, where nothing has to be installed. All credentials are asked for at once, and
    answered one after another (L-30)."""
    fetched = up + credentials * message + down if credentials else 0
    return (JOIN_AND_PLAN + has_input) * (up + message + down) + BEFORE_INPUT + fetched


def until_freed(up: int, message: int, down: int) -> int:
    """W-13: from the end of a run to the freeing of its slot. It succeeded, and had reported all its log lines before."""
    return STEP_LOG_AND_COMPLETION * (up + message + down)
