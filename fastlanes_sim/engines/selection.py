"""Which engine simulates: whoever wants a table of runs simulated on a deployment comes through here.

There are two, and their logs are equal: `reference`, on SimPy, written to be read, and the compiled `kernel`, some hundred times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from fastlanes_sim.core.errors import EngineError
from fastlanes_sim.core.once import say_once
from fastlanes_sim.core.units import MILLISECOND

if TYPE_CHECKING:
    from fastlanes_sim.core.run_log import RunLog
    from fastlanes_sim.core.run_table import RunTable
    from fastlanes_sim.deployment.deployment import Deployment

Engine = Literal["auto", "reference", "kernel", "model"]
"""`model` is an older name of `reference`."""
Progress = Callable[[int, int], None]
"""Called with (simulated µs so far, runs created so far)."""

COMPILING = 50.0
"""Seconds that compiling the kernel takes, once for each version of it."""
WORTH_COMPILING = 20.0
"""Seconds of the reference engine from which on that is worth while: there will be a next time, which needs no compiling."""
REFERENCE_EVENTS_PER_SECOND = 100_000
KERNEL_EVENTS_PER_SECOND = 30_000_000
"""Of events that its polls do not even need: the order of magnitude."""
_SLOWER_WITH_CHANGES = 10
"""The reference engine computes the eligibility of all active runs anew whenever one comes or goes: with a backlog it is slower still."""
_EVENTS_PER_RUN, _EVENTS_PER_IDEAL_RUN, _EVENTS_PER_POLL = 50, 5, 6


def run_engine(
    deployment: Deployment,
    table: RunTable,
    *,
    engine: Engine = "auto",
    record_claims: bool = False,
    record_changes: bool = False,
    keeps_interrupted: bool = False,
    progress: Progress | None = None,
) -> RunLog:
    """Simulate `table` on `deployment`, up to and including its horizon.

    Args:
        engine: which engine simulates. "auto" is the kernel, unless Numba is missing, or the kernel is not compiled yet and the reference
            engine takes some seconds only. The log is the same.
        record_claims: keep every claim, connection and notification in the log.
        record_changes: keep in the log the change points that `results.attribution` needs.
        keeps_interrupted: return what there is of a simulation that is interrupted from the keyboard (`RunLog.interrupted`).
        progress: called now and then with (simulated µs so far, runs created so far).

    Raises:
        EngineError: the kernel was asked for and cannot be had.
        KeyboardInterrupt: interrupted. A part of a simulation looks like a whole one, so nobody gets it who has not asked for it.
    """
    chosen = resolve(engine)
    if chosen == "kernel" and needs_compiling():
        if engine == "auto" and reference_seconds(deployment, table) * (_SLOWER_WITH_CHANGES if record_changes else 1) < WORTH_COMPILING:
            about = f"about {COMPILING:.0f} s, once"
            say_once(f"Using the reference engine: compiling the kernel would take longer ({about}). --engine kernel compiles it.")
            chosen = "reference"
        else:
            announce_compiling()
    asked = {"record_claims": record_claims, "record_changes": record_changes}
    if chosen == "reference":
        from fastlanes_sim.engines.reference.simulation import simulate_reference

        log = simulate_reference(deployment, table, **asked, progress=progress)
    else:
        from fastlanes_sim.engines.kernel.simulation import simulate_kernel

        log = simulate_kernel(deployment, table, **asked, progress=progress)
    if log.interrupted and not keeps_interrupted:
        raise KeyboardInterrupt
    return log


def resolve(engine: Engine) -> Literal["reference", "kernel"]:
    """The engine that is meant, as far as that can be said without knowing what is to be simulated.

    Raises:
        EngineError: there is no such engine, or the kernel was asked for and Numba is missing, or its machine code has no place.
    """
    if engine not in get_args(Engine):
        raise EngineError(f'there is no engine "{engine}"', "use auto, reference or kernel")
    if engine in ("reference", "model"):
        return "reference"
    if find_spec("numba") is not None:
        from fastlanes_sim.engines.code_cache import HINT
        from fastlanes_sim.engines.kernel import jit

        if jit.is_disabled():  # Then the kernel is for debuggers, and slower than the reference engine.
            return "reference" if engine == "auto" else "kernel"
        if not (why := jit.refusal()):
            return "kernel"
        if engine == "kernel":
            raise EngineError(why, f"{HINT}; --engine reference needs none and gives the same results, slower")
        say_once(f"Using the reference engine: {why}. The results are the same, slower.\n    hint: {HINT}")
        return "reference"
    if engine == "kernel":
        raise EngineError(
            "the kernel needs Numba, which is not installed", "pip install numba, or use --engine reference (the same, slower)"
        )
    say_once("Using the reference engine: Numba is not installed, so there is no kernel. The results are the same, slower.")
    return "reference"


def announce_compiling() -> None:
    say_once(f"Compiling the kernel, once for this version of fastlanes_sim (about {COMPILING:.0f} s) ...")


def compile_kernel() -> None:
    """Compile the kernel into the cache, for this process and those to come."""
    from fastlanes_sim.core.run_table import RunTable
    from fastlanes_sim.deployment.deployment import Deployment, Worker

    for workers in ((), (Worker("servers", (), dispatch="ideal"),)):
        run_engine(Deployment((), (), workers), RunTable.empty(), engine="kernel")


def for_many(engine: Engine, seconds: float) -> Engine:
    """The engine of many simulations that together take the reference engine so many seconds: "auto" decides about each of them alone."""
    if engine == "auto" and seconds > WORTH_COMPILING and resolve("auto") == "kernel" and needs_compiling():
        return "kernel"
    return engine


def make_ready(engine: Engine) -> None:
    """Before many simulations: compile the kernel, if it is the engine and has yet to be compiled."""
    if resolve(engine) == "kernel" and needs_compiling():
        compile_kernel()


def needs_compiling() -> bool:
    """Whether the kernel has yet to be compiled, on this machine and in this version."""
    from fastlanes_sim.engines.kernel import jit

    return not jit.is_disabled() and not jit.is_cached()


def reference_seconds(deployment: Deployment, table: Sized) -> float:
    """Roughly how long the reference engine would take for so many runs: the order of magnitude is what counts."""
    polling = [worker for worker in deployment.workers if worker.dispatch != "ideal"]
    polls = sum(deployment.horizon / (worker.backoff_max_ms * MILLISECOND) * len(worker.workloops) for worker in polling)
    events = len(table) * (_EVENTS_PER_RUN if polling else _EVENTS_PER_IDEAL_RUN) + polls * _EVENTS_PER_POLL
    return events / REFERENCE_EVENTS_PER_SECOND
