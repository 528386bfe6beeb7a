"""Tries inputs of each kind in a process of its own, which may die, hang or grow: that is told with the input's number."""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.attempt import attempt, input_of
from fuzz.kinds import KINDS

SLOWEST = 10.0
"""Seconds of computing that one input may take."""
LARGEST = 2_000
"""MB that the process may grow to."""


@dataclass
class Found:
    """Of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, str] = field(default_factory=dict)
    slowest: float = 0.0
    megabytes: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--kind", action="append", choices=KINDS, help="Of these kinds alone. Repeatable.")
    parser.add_argument("--inputs", type=int, default=5_000, help="Inputs of each kind.")
    parser.add_argument("--seconds", type=float, help="At most so long, all kinds together.")
    parser.add_argument("--seed", type=int, default=1, help="Another seed makes other inputs.")
    parser.add_argument("--only", type=int, help="This input alone, in this process; needs --kind.")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    kinds = given.kind or list(KINDS)
    if given.only is not None:
        print(attempt(kinds[0], input_of(kinds[0], given.seed, given.only)))
        return 0
    if given.worker is not None:
        return _work(kinds[0], given.seed, given.worker, given.inputs)
    whole = {}
    end = None if given.seconds is None else time.monotonic() + given.seconds
    for place, kind in enumerate(kinds):
        seconds = None if end is None else max(1.0, (end - time.monotonic()) / (len(kinds) - place))
        whole[kind] = found = tried(kind, given.seed, given.inputs, seconds)
        counts = ", ".join(f"{number:,} {what}" for what, number in sorted(found.outcomes.items()))
        print(
            f"{kind:<10} {sum(found.outcomes.values()):>6,} inputs: {counts}; slowest {found.slowest:.1f} s, {found.megabytes:,} MB",
            flush=True,
        )
        for number, words in found.wrong.items():
            print(f"  --kind {kind} --seed {given.seed} --only {number}: {words.strip().splitlines()[-1][:200]}", flush=True)
    return 1 if any(found.wrong for found in whole.values()) else 0


def tried(kind: str, seed: int, inputs: int, seconds: float | None) -> Found:
    """Try inputs from 0 on; where the process dies or hangs, a new one goes on behind that input."""
    found, end, next_one = Found(), None if seconds is None else time.monotonic() + seconds, 0
    while next_one < inputs and (end is None or time.monotonic() < end):
        first = next_one
        command = [sys.executable, "-m", "fuzz", "--kind", kind, "--seed", str(seed), "--inputs", str(inputs), "--worker", str(next_one)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            for number, outcome, took, megabytes in _answers(process, end):
                next_one = number + 1
                found.slowest, found.megabytes = max(found.slowest, took), max(found.megabytes, megabytes)
                word = outcome if outcome in ("read", "refused") else "wrong"
                found.outcomes[word] += 1
                if word == "wrong" or megabytes > LARGEST:
                    found.wrong[number] = outcome if word == "wrong" else f"{megabytes} MB"
            if next_one == first and process.poll() not in (None, 0):
                raise RuntimeError(f"{kind}: the process cannot begin: {' '.join(command)}")
            is_over = end is not None and time.monotonic() >= end
            code = process.poll()
            process.kill()
        if next_one < inputs and not is_over:
            found.outcomes["wrong"] += 1
            found.wrong[next_one] = f"longer than {SLOWEST:g} s" if code is None else f"the process ended with {code}"
            next_one += 1
    return found


def _answers(process: subprocess.Popen[bytes], end: float | None) -> Iterator[tuple[int, str, float, int]]:
    """Until the process is silent for too long, ends, or there is no time left."""
    assert process.stdout is not None
    began, rest, used = False, b"", 0.0
    while end is None or time.monotonic() < end:
        ready, _, _ = select.select([process.stdout], [], [], SLOWEST)
        if not ready and _cpu_seconds(process.pid) - used < (SLOWEST if began else 60.0):
            continue  # the machine is busy with something else
        data = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
        if not data:
            return
        used = _cpu_seconds(process.pid)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if began:
                yield tuple(json.loads(line))
            began = True


def _cpu_seconds(pid: int) -> float:
    """That a process has used; where the system does not say, as if it had worked all the time."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _work(kind: str, seed: int, first: int, inputs: int) -> int:
    import resource

    attempt(kind, input_of(kind, seed, 0))  # imports what is needed
    print("ready", flush=True)
    for number in range(first, inputs):
        begin = time.perf_counter()
        outcome = attempt(kind, input_of(kind, seed, number))
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000
        print(json.dumps([number, outcome, time.perf_counter() - begin, megabytes]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
