"""python -m benchmarks.studio: how long the studio takes from an input to the first verdict of it, and what it keeps after many changes.

Measured in the page, in a headless Chromium: from the event of a key to the moment at which the changed verdict is in the page. Each
scenario gets 60 changes of its slots, one every half second at most, while replications of the one before still run. Processor time is that
of the studio's own processes. Memory is measured after 500 changes as quick as they come. Writes benchmarks/results/studio.json and the
tables of docs/studio.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCENARIOS = ("quickstart", "ethiopia_sync", "cron_storm", "retry_after_504", "cold_adaptors")
"""From the smallest to the one whose answer takes longest."""
CHANGES, MANY = 60, 500
PAUSE_MS = 400
"""Between a verdict and the next change."""
RESULTS, PAGE = Path("benchmarks/results/studio.json"), Path("docs/studio.md")
BEGIN, END = "<!-- made by python -m benchmarks.studio -->\n", "<!-- end of what is made -->\n"
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=SCENARIOS, action="append")
    parser.add_argument("--table", action="store_true", help="only write the page anew, from what was measured")
    chosen = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not chosen.table:
        results["machine"] = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        for name in chosen.only or SCENARIOS:
            with opened(name) as (page, processes):
                results.setdefault("latency", {})[name] = latency(page, processes)
            print(name, results["latency"][name], flush=True)
        with opened(SCENARIOS[1]) as (page, processes):
            results["memory"] = {"scenario": SCENARIOS[1], **memory(page, processes)}
        print("memory", results["memory"], flush=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + BEGIN + tables(results) + END + rest.partition(END)[2], encoding="utf-8")


@contextmanager
def opened(name: str) -> Iterator[tuple[Any, dict[str, int]]]:
    """A page that has its first answer and all of its replications, and the numbers of the studio's processes."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    command = [sys.executable, "-m", "fastlanes_sim", "studio", f"scenarios/{name}.yaml", "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as studio, sync_playwright() as playwright:
        try:
            assert studio.stderr is not None
            address = re.search(r"http://127\S+", studio.stderr.readline())
            assert address is not None
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--enable-precise-memory-info"])
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.set_default_timeout(180_000)
            page.goto(address[0])
            page.wait_for_selector(".evidence.whole")
            yield page, {"server": studio.pid, **dict(zip(("answers", "replications"), _children(studio.pid), strict=False))}
            browser.close()
        finally:
            studio.terminate()


def latency(page: Any, processes: dict[str, int]) -> dict[str, Any]:
    """Milliseconds from an input to its verdict, and those of the processor for one change."""
    before = {name: _processor_time(number) for name, number in processes.items()}
    for change in range(CHANGES):
        _change(page, change, "fastlanesStudio.verdicts.length")
        page.wait_for_timeout(PAUSE_MS)
    used = {
        name: 1_000 * (_processor_time(number) - before[name]) / CHANGES for name, number in processes.items() if name != "replications"
    }
    verdicts = sorted(page.evaluate("fastlanesStudio.verdicts"))
    cuts = statistics.quantiles(verdicts, n=20, method="inclusive")
    return {
        "changes": len(verdicts), "p50": round(statistics.median(verdicts)), "p95": round(cuts[-1]), "longest": round(verdicts[-1]),
        "processor": {name: round(value) for name, value in used.items()},
    }  # fmt: skip


def memory(page: Any, processes: dict[str, int]) -> dict[str, Any]:
    """MB of the page's heap, after it was tidied up, and of the processes: after the first answer and after many changes."""
    tools = page.context.new_cdp_session(page)

    def now() -> dict[str, float]:
        tools.send("HeapProfiler.collectGarbage")
        heap = tools.send("Runtime.getHeapUsage")["usedSize"]
        return {"page": round(heap / 1e6, 1)} | {name: round(_resident(number) / 1e6) for name, number in processes.items()}

    before = now()
    for change in range(MANY):
        _change(page, change, "fastlanesStudio.verdicts.length")
    page.wait_for_timeout(5_000)
    return {"changes": MANY, "before": before, "after": now()}


def _change(page: Any, change: int, counted: str) -> None:
    """One slot more or less in the last workloop, by the keyboard; until its verdict is there."""
    had = page.evaluate(counted)
    page.get_by_role("spinbutton", name="Slots of workloop").last.press("ArrowDown" if change % 2 else "ArrowUp")
    page.wait_for_function(f"{counted} > {had}", polling=20)


def tables(results: dict[str, Any]) -> str:
    """The part of the page that is made here."""
    rows = []
    for name, one in results["latency"].items():
        times = [*(one[name] for name in ("p50", "p95", "longest")), *(one["processor"][name] for name in ("server", "answers"))]
        rows.append("".join([f"| `{name}` |", *(f" {time} ms |" for time in times)]))
    kept = results["memory"]
    changed = [f"| {what} | {kept['before'][name]} MB | {kept['after'][name]} MB |" for name, what in _PLACES.items()]
    lines = [
        "| scenario | median | p95 | longest | processor time: server | answers |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
        f"Memory, with `{kept['scenario']}`, when the first answer was there and after {kept['changes']} changes:",
        "",
        "| | before | after |",
        "| --- | --- | --- |",
        *changed,
        "",
        f"Machine: {results['machine']}.",
    ]
    return "\n".join(lines) + "\n"


_PLACES = {
    "page": "heap of the page",
    "server": "server",
    "answers": "process of first answers",
    "replications": "process of replications",
}


def _children(number: int) -> list[int]:
    """In the order of their starting, without Python's own tracker of resources."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if parent == number and "spawn_main" in command:
            found.append(int(folder.name))
    return sorted(found)


def _processor_time(number: int) -> float:
    """Seconds, of all its threads."""
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def _resident(number: int) -> float:
    """Bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{number}/status").read_text())
    return 1_024.0 * int(found[1]) if found else 0.0


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


if __name__ == "__main__":
    main()
