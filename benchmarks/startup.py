"""How long `fastlanes-sim --help` takes, as a multiple of importing numpy. At most 2.5 is the promise.

The two take turns, so that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
COMMANDS = {"import numpy": ["-c", "import numpy"], "--help": ["-m", "fastlanes_sim", "--help"]}


def seconds(arguments: list[str]) -> float:
    """Wall-clock seconds of one fresh interpreter."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began


def medians() -> dict[str, float]:
    """Seconds by command."""
    rounds = [{name: seconds(arguments) for name, arguments in COMMANDS.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(each[name] for each in rounds) for name in COMMANDS}


def main() -> None:
    found = medians()
    for name, median in found.items():
        print(f"{name:<14}{median:.3f} s (median of {ROUNDS})")
    print(f"ratio         {found['--help'] / found['import numpy']:.2f} (at most 2.5)")


if __name__ == "__main__":
    main()
