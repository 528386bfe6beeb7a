"""docs/rules.md: each rule in a line, and which files implement and prove it, found by their citations."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tools.docs import ROOT, pages

LIGHTNING = {
    "L-1": "A run has a queue, a priority (0 immediate, 1 normal), an insertion time and a state; "
    "available, claimed and started ones are active.",
    "L-2": "A queue is `default`, `fast_lane` or `manual`; anything else is refused.",
    "L-3": "How a run is made decides its lane and priority: sync webhook `fast_lane`, click and single retry `manual` (immediate), "
    "bulk retry `default` (immediate), all else `default`.",
    "L-4": "Rows from before the `queue` column existed: immediate runs become `manual`, normal ones `default`.",
    "L-5": 'A claim names a demand, a worker and queues; invalid queues are read as `["manual", "*"]`.',
    "L-6": "Without `*` in the list, a claim takes only the queues that are named, and their order does not rank them.",
    "L-7": "With `*` in the list, a claim takes every queue, ranked by its place in the list; "
    "a queue that is not named has the place of `*`.",
    "L-8": "A list that contains only `*` ranks nothing.",
    "L-9": "The base order is priority, then insertion. The ranking of queues comes before it.",
    "L-10": "A claim takes at most its demand, and no two claims take the same run.",
    "L-11": "Of each workflow's active runs, by priority and insertion, a claim sees the first `PER_WORKFLOW_CLAIM_LIMIT`, "
    "fast lane included.",
    "L-12": "A run's limit is that of its workflow or, if the workflow has none, that of its project; "
    "runs under a workflow's own limit do not count for the project.",
    "L-13": "Runs that share a limit are numbered by insertion alone, active runs and fast-lane runs too.",
    "L-14": "Available runs within their limit are eligible, and so are all fast-lane runs: they ignore limits but take up numbers.",
    "L-15": "The limit goes by insertion, not by how many runs are running.",
    "L-16": "Run queues: `fifo`; `faster_fifo`, without L-11 to L-14; `round_robin`, projects in turn (an assumption).",
    "L-17": "A new run starts a 500 ms timer on each connection that has none; at its end `work-available` is sent once.",
    "L-18": "Every five minutes, a janitor marks runs as lost that are past their timeout and grace.",
    "L-19": "The worker kills a run at its timeout. At one instant, a finish precedes a kill, and a kill precedes the janitor.",
    "L-20": "The caller of a sync webhook gets a 504 after 30 s; the run goes on and keeps its slot.",
    "L-21": "Cron triggers are checked once a minute; ticks and bulk retries are background jobs in one queue.",
    "L-22": "Runs with the same insertion time are in the order of their creation.",
    "L-23": "The claims of a connection are decided one after another.",
    "L-24": "A claim sees the table as it stood when its query began, and takes what is still available when it ends.",
    "L-25": "Overlapping claims share the database's processors.",
    "L-26": "Claims wait for the database's pool; a query longer than the database's timeout claims nothing.",
    "L-27": "A claim that is decided after its socket has closed stays decided.",
    "L-28": "Over its quota a project creates no run: a sync webhook gets a 429.",
    "L-30": "The messages of a run are handled one after another.",
}
WORKER = {
    "W-1": "A workloop has room if its runs and unanswered claims together are fewer than its slots.",
    "W-2": "A segment is one use of the backoff helper; a chain of segments looks like a loop, and several chains may be alive at once.",
    "W-3": "Backoff is 1 s to 10 s by default; 0 or absent means 1 s and 30 s.",
    "W-4": "Stopping a workloop sets its flag and that of its latest segment, and clears no timer.",
    "W-5": "A chain starts with a segment, which becomes the latest only after its first attempt.",
    "W-6": "An attempt without room stops the workloop and ends the chain for good; with room, it sends a claim for one run.",
    "W-7": "After an empty reply a segment sleeps and attempts again; each sleep is 1.15 times as long as the last, up to the maximum.",
    "W-8": "After a reply with a run, the segment settles; while its token is verified, the run is neither open nor active.",
    "W-9": "The chain of a settled segment continues after the minimum backoff, unless the workloop is stopped by then.",
    "W-10": "Resuming a workloop with room starts a new chain at once, in addition to those that sleep.",
    "W-11": "When the worker connects, buffered claims are sent, then all workloops resume.",
    "W-12": "When the socket closes, all workloops stop; the n-th attempt to reconnect comes n seconds after the previous one failed.",
    "W-13": "When a run finishes or cannot be joined, its workloop resumes.",
    "W-14": "On `work-available`, each workloop with room sends one claim outside any segment, even if it is stopped.",
    "W-15": "A run starts when its channel is joined and holds its slot until it finishes.",
    "W-16": "A claim takes request, database and reply time; a claim in flight when the socket dies is lost, "
    "and its slot stays occupied until the claim's timeout.",
    "W-17": "The grammar of layouts: `names:count`, with names joined by `>`, and `*` last.",
    "W-18": "Layout and capacity exclude each other; without either, the layout is `manual>*:5`.",
    "W-19": "Events of one instant happen in the order in which their timers were created, and follow-ups before the next event.",
    "W-20": "A worker that is asked to stop lets its runs end, and ends when it has none left; a worker that crashes loses them.",
    "W-21": "A channel that dies alone is joined again after 1, 2, 5, then every 10 s.",
    "W-22": "The events of a run are reported to Lightning one after another.",
    "W-23": "A message waits for its channel, and fails after the message timeout.",
    "W-24": "What a process had sent before its end still reaches Lightning.",
    "W-25": "A connection that goes mute is closed after 30 to 60 s.",
}
HEAD = """\
# The rules

<!-- Made by `make docs` from tools/docs/rules_page.py and the citations in code and tests. -->

The simulator follows Lightning (`L-…`, pull request #4515) and the worker (`W-…`, versions 1.22.1 and 1.25.0), rule by rule. Each rule has
one line below, with the files that implement it and the tests that cite it. `git grep -w L-12` shows the places.

There are further checks. Every rule of a claim (L-5 to L-16) is compared with 1,500 recorded claims of a real PostgreSQL. The worker's
rules are compared with 430 recorded timelines and 275 recorded lives of runs on the real worker, and with 180 answers of its parser and
command line (`tests/conformance`).
The two engines are compared with each other (`tests/engines`), and both, on random deployments, with a second statement of the rules that
shares no code with them (`tests/support/second_statement.py`).

Rules of our own follow after those; their pages say more. [boundary.md](boundary.md) says what no rule covers.
"""
CITATION = re.compile(r"\b[A-Z]-\d+\b")
OWN = re.compile(r"^- \*\*(?P<rule>[A-Z]-\d+)\*\* (?P<text>.*?)(?=\n- |\n\n|\Z)", re.MULTILINE | re.DOTALL)
"""How a page of ours lays down a rule."""
PACKAGE = "fastlanes_sim"
COLUMNS = {
    "rules, traffic, reference": [f"{PACKAGE}/{name}" for name in ("rules", "traffic", "engines/reference")],
    "kernel": [f"{PACKAGE}/engines/kernel"],
    "tests": ["tests"],
}
"""The folders that are searched for each column. What comes after the engines tells of rules, and implements none."""


def rules_page() -> str:
    parts = [HEAD, *_section("Lightning", LIGHTNING), *_section("The worker", WORKER)]
    for page, rules in own_rules().items():
        title = (ROOT / page).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        parts += _section(f"[{title}]({page.name})", rules)
    return "\n".join(parts)


def _section(title: str, rules: dict[str, str]) -> list[str]:
    lines = [f"## {title}\n", f"| rule | in short | {' | '.join(COLUMNS)} |", "| --- " * (2 + len(COLUMNS)) + "|"]
    for rule, short in rules.items():
        places = [", ".join(map(link, citing(rule, folders))) for folders in COLUMNS.values()]
        lines.append(f"| {rule} | {short} | {' | '.join(places)} |")
    return [*lines, ""]


def own_rules() -> dict[Path, dict[str, str]]:
    """By the page that lays them down: each rule's first sentence."""
    found: dict[Path, dict[str, str]] = {}
    for page in pages():
        for one in OWN.finditer((ROOT / page).read_text(encoding="utf-8")):
            found.setdefault(page, {})[one["rule"]] = first_sentence(one["text"])
    return found


def first_sentence(text: str) -> str:
    """Without a mark such as *Assumed.* before it, and without what would end a cell of a table."""
    plain = re.sub(r"^\*[^*]*\*\s*", "", " ".join(text.split()))
    return re.split(r"(?<=\.)\s(?=[A-Z`])", plain, maxsplit=1)[0].replace("|", "\\|")


def link(file: Path) -> str:
    return f"[{file.parent.name}/{file.stem}](../{file.as_posix()})"


def citing(rule: str, folders: list[str]) -> list[Path]:
    """The files below these folders that cite it."""
    return [file for folder in folders for file in citations(folder).get(rule, [])]


@cache
def citations(folder: str) -> dict[str, list[Path]]:
    """The Python files below a folder that cite each rule; those that are about citing do not count."""
    found: dict[str, list[Path]] = {}
    for file in sorted(one for one in (ROOT / folder).rglob("*.py") if one.parent.name != "docs"):
        for rule in sorted(set(CITATION.findall(file.read_text(encoding="utf-8")))):
            found.setdefault(rule, []).append(file.relative_to(ROOT))
    return found
