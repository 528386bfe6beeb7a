"""The worker's options: what its command line and its environment amount to when it starts (W-18, W-3).

The rules are few, but the original's oddities are kept, because deployments live with them: an empty variable is a value,
a capacity flag of 0 yields to the variable, a flag given twice is a list, and only the start finds out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastlanes_sim.rules import command_line, javascript
from fastlanes_sim.rules.command_line import Options, Value
from fastlanes_sim.rules.javascript import UNDEFINED, Number, Undefined
from fastlanes_sim.rules.layout_parser import (
    DEFAULT_CAPACITY,
    ParsedWorkloop,
    WorkloopError,
    default_layout,
    effective_capacity,
    parse_workloops,
)

DEFAULT_BACKOFF = "1/10"
DEFAULT_CLAIM_TIMEOUT = 3600
"""Seconds (W-16)."""
FALLBACK_MIN_MS = 1_000
FALLBACK_MAX_MS = 30_000
"""What the worker polls with where a bound of the backoff is 0 or absent (W-3); not what the command line defaults to."""

_OPTIONS = Options(
    numbers=frozenset(
        (
            "port",
            "logPayloadMemory",
            "batchInterval",
            "batchLimit",
            "capacity",
            "runMemory",
            "payloadMemory",
            "maxRunDurationSeconds",
            "engineValidationTimeoutMs",
            "engineValidationRetries",
            "profilePollIntervalMs",
            "timeoutRetryCount",
            "timeoutRetryDelay",
        )
    ),
    strings=frozenset(("workloops", "collectionsVersion")),
    booleans=frozenset(("debug", "loop", "mock", "batchLogs", "profile", "help", "version")),
    arrays=frozenset(("statePropsToRemove",)),
    aliases={
        "p": "port",
        "l": "lightning",
        "lightningServiceUrl": "lightning",
        "d": "repoDir",
        "m": "monorepoDir",
        "s": "secret",
        "dsn": "sentryDsn",
        "t": "maxRunDurationSeconds",
        "c": "collectionsUrl",
    },
)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker starts with, or why it does not.

    The first five are as given, of whatever type that was. What follows an error was never worked out: it is `UNDEFINED`.
    """

    workloops: Value = UNDEFINED
    capacity: Value = UNDEFINED
    backoff: Value = UNDEFINED
    loop: Value = UNDEFINED
    claim_timeout_seconds: Value = UNDEFINED
    workloop_config: Value = UNDEFINED
    """The layout in force, not yet read."""
    effective_capacity: Number | Undefined = UNDEFINED
    backoff_ms: tuple[Number, Number | Undefined] | Undefined = UNDEFINED
    server_backoff_ms: tuple[Number, Number] | Undefined = UNDEFINED
    """W-3 applied to `backoff_ms`."""
    layout: tuple[ParsedWorkloop, ...] = ()
    cli_error: str | None = None
    startup_error: str | None = None


def resolve(argv: Sequence[str], env: Mapping[str, str]) -> WorkerOptions:
    """What the worker makes of its command line (without the program's name) and its environment."""
    flags = command_line.parse(argv, _OPTIONS)
    workloops = _flag_or_variable(flags.get("workloops", UNDEFINED), env.get("WORKER_WORKLOOPS"), UNDEFINED)
    capacity = flags.get("capacity", UNDEFINED)
    if workloops is not UNDEFINED and (capacity is not UNDEFINED or "WORKER_CAPACITY" in env):
        return WorkerOptions(cli_error="--workloops and --capacity are mutually exclusive")
    options = WorkerOptions(
        workloops=workloops,
        capacity=_flag_or_variable(capacity, env.get("WORKER_CAPACITY"), DEFAULT_CAPACITY),
        backoff=_flag_or_variable(flags.get("backoff", UNDEFINED), env.get("WORKER_BACKOFF"), DEFAULT_BACKOFF),
        loop=flags.get("loop", True),
        claim_timeout_seconds=_flag_or_variable(
            flags.get("claimTimeoutSeconds", UNDEFINED), env.get("WORKER_CLAIM_TIMEOUT_SECONDS"), DEFAULT_CLAIM_TIMEOUT
        ),
    )
    return _start(options)


def parse_backoff(text: str) -> tuple[Number, Number | Undefined]:
    """The bounds in `MIN/MAX` (seconds) as milliseconds: NaN what is not a number, undefined what is not there (W-18)."""
    bounds = [_milliseconds(part) for part in text.split("/")]
    return bounds[0], bounds[1] if len(bounds) > 1 else UNDEFINED


def effective_backoff(minimum: Number | Undefined, maximum: Number | Undefined) -> tuple[float, float]:
    """The bounds that the worker polls with, in milliseconds and fractions of them: 1 s and 30 s for what is 0 or absent (W-3).

    Only timers are whole milliseconds (`rules.polling.sleep_ms`).

    Raises:
        ValueError: an infinite bound.
    """
    low, high = _server_backoff(minimum, maximum)
    if math.isinf(low) or math.isinf(high):
        raise ValueError("a bound of the backoff is infinite")
    return low, high


def _start(options: WorkerOptions) -> WorkerOptions:
    """The worker's start up to the reading of the layout, as far as it comes."""
    layout = default_layout(options.capacity) if options.workloops is UNDEFINED else options.workloops
    options = replace(options, workloop_config=layout)
    if not isinstance(layout, str):
        return replace(options, startup_error="TypeError: cfg.trim is not a function")
    options = replace(options, effective_capacity=effective_capacity(layout))
    if not isinstance(options.backoff, str):
        return replace(options, startup_error="TypeError: args.backoff.split is not a function")
    bounds = parse_backoff(options.backoff)
    options = replace(options, backoff_ms=bounds, server_backoff_ms=_server_backoff(*bounds))
    try:
        return replace(options, layout=parse_workloops(layout).workloops)
    except WorkloopError as error:
        return replace(options, startup_error=f"WorkloopValidationError: {error}")


def _flag_or_variable(flag: Value, variable: str | None, default: Value) -> Value:
    """A flag beats its variable, and an empty variable the default; but a numeric flag of 0 or NaN yields to a variable."""
    if isinstance(default, int) and variable and not javascript.truthy(flag):
        return javascript.parse_int(variable)
    if flag is not UNDEFINED:
        return flag
    return default if variable is None else variable


def _milliseconds(seconds: str) -> Number:
    value = float(javascript.parse_float(seconds)) * 1_000
    return int(value) if value.is_integer() else value


def _server_backoff(minimum: Number | Undefined, maximum: Number | Undefined) -> tuple[Number, Number]:
    return (
        FALLBACK_MIN_MS if isinstance(minimum, Undefined) or not javascript.truthy(minimum) else minimum,
        FALLBACK_MAX_MS if isinstance(maximum, Undefined) or not javascript.truthy(maximum) else maximum,
    )
