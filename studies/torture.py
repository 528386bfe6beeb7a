"""python -m studies.torture: kill -9, SIGTERM and SIGINT at random moments to every command that takes long, with one process, two
processes and a Dask cluster. Linux.

After each signal: no process may be left after two seconds. Then the same command is started again and may take its time: its files must
have the bytes of a run that nobody disturbed, and no other file may be there. `--moments 30` is the whole; `--minutes` ends it earlier, and
`--quick` tortures commands of a second or two, so that most of the moments lie in starting and writing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from fastlanes_sim.engines.selection import make_ready
from tests.support.processes import MARK, marked, wait_until

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
GONE = 2.0
"""Seconds after a command's end by which all its processes must have ended."""
PATIENCE = 30.0
"""Seconds that a command may take to keep what it has after SIGTERM or SIGINT."""
INTERRUPTED = 105
STORES = (".sqlite", ".sqlite-wal", ".sqlite-shm")
"""Of what has been computed: their bytes depend on the order in which it was."""
SCENARIO = """\
name: tortured
horizon: 10m
projects:
  clinic:
    workflows:
      register: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 12/min}, service: {exponential: {mean: 3s}}}]}
      report: {triggers: [{type: kafka, arrivals: {poisson: 20/min}, service: {exponential: {mean: 4s}}}]}
workers: [{workloops: "fast_lane:1 manual>*:3"}]
slos: [p95(fast_lane.response) < 30s, p95(default.wait) < 60s]
"""


@dataclass(frozen=True)
class Command:
    """A command line in a folder that has tortured.yaml, runs.csv and base/tortured.json."""

    name: str
    words: tuple[str, ...]
    has_processes: bool = True
    has_scheduler: bool = True


COMMANDS = (
    Command("run", ("run", "tortured.yaml", "--horizon", "2d", "--no-charts", "--html"), has_processes=False, has_scheduler=False),
    Command("run --replications", ("run", "tortured.yaml", "--replications", "40", "--no-charts")),
    Command("compare", ("compare", "tortured.yaml", "--layout", "*:4", "--layout", "*:3", "--replications", "15")),
    Command("sweep", ("sweep", "tortured.yaml", "--vary", "traffic=0.5..1:0.1", "--replications", "5", "--no-charts")),
    Command(
        "sensitivity",
        ("sensitivity", "tortured.yaml", "--trajectories", "2", "--samples", "4", "--keep", "2", "--replications", "2", "--no-charts"),
    ),
    Command("search --slots", ("search", "tortured.yaml", "--slots", "2..4", "--confirming", "22", "--replications", "44", "--no-charts")),
    Command(
        "search --traffic",
        ("search", "tortured.yaml", "--traffic", "0.5..2:0.5", "--confirming", "22", "--replications", "44", "--no-charts"),
    ),
    Command("bench", ("bench", "--quick", "--workload", "steady_light", "--layout", "*:rest", "--replications", "2")),
    Command("baseline record", ("baseline", "record", "tortured.yaml", "--replications", "20"), has_scheduler=False),
    Command("baseline check", ("baseline", "check", "base/tortured.json", "--junit", "junit.xml"), has_scheduler=False),
    Command(
        "calibrate", ("calibrate", "runs.csv", "--layout", "*:4", "--force", "--check-out", "fit"), has_processes=False, has_scheduler=False
    ),
    Command("validate", ("validate", "runs.csv", "--layout", "fast_lane:1 manual>*:3"), has_processes=False, has_scheduler=False),
)
"""Every command that can take long, in a size that takes seconds."""


@dataclass(frozen=True)
class Trial:
    command: Command
    mode: str
    """`one`, `two` or `dask`."""

    @property
    def name(self) -> str:
        return f"{self.command.name} ({self.mode})"

    def line(self, scheduler: str) -> list[str]:
        """The command line."""
        words = list(self.command.words)
        if self.mode == "dask":
            words += ["--scheduler", scheduler]
        elif self.command.has_processes:
            words += ["--processes", {"one": "1", "two": "2"}[self.mode]]
        return [sys.executable, "-m", "fastlanes_sim", *words]


def trials() -> list[Trial]:
    """Every command in every way in which it can compute."""
    found = []
    for command in COMMANDS:
        modes = ["one", *(["two"] if command.has_processes else []), *(["dask"] if command.has_scheduler else [])]
        found += [Trial(command, mode) for mode in modes]
    return found


@dataclass(frozen=True)
class Undisturbed:
    """What a command writes that nobody disturbs, and how long it takes."""

    files: Mapping[str, bytes]
    seconds: float
    code: int


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for the stores."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(STORES))
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@contextmanager
def prepared(template: Path) -> Iterator[Path]:
    """A folder of its own."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        work = Path(folder) / "work"  # of one name: some outputs say where they are from
        shutil.copytree(template, work)
        yield work


def undisturbed(trial: Trial, template: Path, scheduler: str) -> Undisturbed:
    """Run it to its end."""
    with prepared(template) as folder:
        begun = time.monotonic()
        found = subprocess.run(trial.line(scheduler), cwd=folder, capture_output=True, check=False)
        if found.returncode in (1, 2, 104, INTERRUPTED):
            raise RuntimeError(f"{trial.name}: {found.stderr.decode()}")
        return Undisturbed(files_of(folder), time.monotonic() - begun, found.returncode)


def disturbed(trial: Trial, template: Path, scheduler: str, number: signal.Signals, moment: float, expected: Undisturbed) -> list[str]:
    """Send the signal after `moment` seconds; everything that is wrong then, or after a second start."""
    wrong = []
    with prepared(template) as folder:
        mark = str(folder)
        environment = {**os.environ, MARK: mark}
        process = subprocess.Popen(
            trial.line(scheduler), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        time.sleep(moment)
        process.send_signal(number)
        try:
            _, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            wrong.append(f"it still runs {PATIENCE:.0f} s after the signal")
            process.kill()
            _, err = process.communicate()
        if number != signal.SIGKILL and process.returncode not in (INTERRUPTED, expected.code, -number):
            wrong.append(f"exit code {process.returncode}: {err.decode()[-300:]}")
        if b"Traceback" in err and process.returncode != -number:
            wrong.append(f"a traceback: {err.decode()[-600:]}")
        if not wait_until(lambda: not marked(mark), GONE):
            wrong.append(f"processes are left: {marked(mark)}")
        again = subprocess.run(trial.line(scheduler), cwd=folder, env=environment, capture_output=True, check=False)
        if again.returncode != expected.code:
            wrong.append(f"the second start ended with {again.returncode}: {again.stderr.decode()[-300:]}")
        found = files_of(folder)
        wrong += [f"{name} is left" for name in found.keys() - expected.files.keys()]
        wrong += [f"{name} is missing" for name in expected.files.keys() - found.keys()]
        wrong += [f"{name} has other bytes" for name in found.keys() & expected.files.keys() if found[name] != expected.files[name]]
    return wrong


def quick(command: Command) -> Command:
    """The same in a second or two."""
    shorter = {"2d": "3h", "40": "6", "15": "4", "20": "4"}
    return replace(command, words=tuple(shorter.get(word, word) for word in command.words))


def template_in(folder: Path, horizon: str = "10m") -> Path:
    """What every command finds in its folder."""
    template = folder / "template"
    template.mkdir()
    (template / "tortured.yaml").write_text(SCENARIO.replace("10m", horizon))
    run = [sys.executable, "-m", "fastlanes_sim"]
    subprocess.run(
        [*run, "run", "tortured.yaml", "--horizon", "1h", "--no-charts", "--export", "runs.csv"],
        cwd=template,
        capture_output=True,
        check=False,
    )
    record = ["baseline", "record", "tortured.yaml", "--replications", "20" if horizon == "10m" else "4", "--out", "base"]
    subprocess.run([*run, *record], cwd=template, capture_output=True, check=True)
    shutil.rmtree(template / "results", ignore_errors=True)
    return template


def main(arguments: Sequence[str] | None = None) -> int:
    """Torture, and print a row a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=30, help="Of each signal, command and mode.")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="After which no other moment is begun.")
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--quick", action="store_true", help="Smaller commands.")
    asked = parser.parse_args(arguments)
    from distributed import LocalCluster

    chance, end = random.Random(asked.seed), time.monotonic() + 60 * asked.minutes
    done: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    expected: dict[str, Undisturbed] = {}
    with (
        tempfile.TemporaryDirectory(prefix="torture-") as place,
        LocalCluster(dashboard_address=":0", n_workers=2, threads_per_worker=1, processes=True) as cluster,
    ):
        make_ready("kernel")  # once, and not in each of them
        template = template_in(Path(place), "2m" if asked.quick else "10m")
        chosen = [replace(one, command=quick(one.command)) for one in trials()] if asked.quick else trials()
        rounds = product(range(asked.moments), SIGNALS, chosen)
        for _, number, trial in rounds:
            if time.monotonic() > end:
                break
            if trial.name not in expected:
                expected[trial.name] = undisturbed(trial, template, cluster.scheduler_address)
            moment = chance.uniform(0, expected[trial.name].seconds)
            found = disturbed(trial, template, cluster.scheduler_address, number, moment, expected[trial.name])
            done[trial.name, number.name] += 1
            print(
                f"{trial.name}, {number.name} after {moment:.1f} of {expected[trial.name].seconds:.1f} s: {len(found)} faults", flush=True
            )
            for one in found:
                wrong.append(one)
                print(f"    {one}", flush=True)
    print(f"\n| command | {' | '.join(number.name for number in SIGNALS)} |\n| --- | {' | '.join('---' for _ in SIGNALS)} |")
    for trial in trials():
        print(f"| {trial.name} | {' | '.join(str(done[trial.name, number.name]) for number in SIGNALS)} |")
    print(f"\n{sum(done.values())} signals, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
