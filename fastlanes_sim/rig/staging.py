"""The scenario's traffic for a real Lightning: the same requests at the same instants, as a k6 script or a schedule (a JSON object a line).

Source of k6's executors: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/shared-iterations/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

WEBHOOK = "webhook"
_MOST_USERS = 2_000
_SPARE = 5
_SCRIPT = """\
// The webhooks of scenario %(name)s (seed %(seed)s), at the instants at which the simulation has them.
//   k6 run -e WEBHOOKS='%(example)s' SCRIPT
// Each request's body says how long its run is to take: let the workflow's job wait for `service_ms`.
import http from "k6/http";
import exec from "k6/execution";
import { sleep } from "k6";
import { SharedArray } from "k6/data";

const urls = JSON.parse(__ENV.WEBHOOKS);
const requests = new SharedArray("requests", () => [
%(requests)s
]);

export const options = {
  scenarios: {
    webhooks: { executor: "shared-iterations", vus: %(users)s, iterations: %(count)s, maxDuration: "%(seconds)ss" },
  },
};

export function setup() {
  for (const [, workflow] of requests) {
    if (!urls[workflow]) throw new Error(`WEBHOOKS has no URL for ${workflow}`);
  }
  return Date.now() + 2000;
}

export default function (begin) {
  const [at_s, workflow, service_ms] = requests[exec.scenario.iterationInTest];
  sleep(Math.max(0, begin / 1000 + at_s - Date.now() / 1000));
  http.post(urls[workflow], JSON.stringify({ service_ms }), { headers: { "Content-Type": "application/json" }, timeout: "%(timeout)ss" });
}
"""


def kind_of(table: RunTable, row: int) -> str:
    """What makes the run: `webhook`, `cron`, `manual`, …; `replay` of a replayed file."""
    source: str = table.sources[table.source[row]]
    return source.rpartition(":")[2]


def ndjson(table: RunTable, deployment: Deployment) -> Iterator[str]:
    """Every run, one object a line: at_s since the start, project, workflow, kind, queue, priority, service_ms, log_lines, outcome.
    Further attempts of callers and runs that runs call are not among them: whether they are made depends on what happens."""
    for row in range(table.first_requests):
        workflow = deployment.workflows[table.workflow[row]]
        one: dict[str, Any] = {
            "at_s": int(table.inserted_at[row]) / SECOND,
            "project": deployment.projects[workflow.project].name,
            "workflow": workflow.name,
            "kind": kind_of(table, row),
            "waits_for_answer": bool(table.sync[row]),
            "queue": Queue(int(table.queue[row])).label,
            "priority": int(table.priority[row]),
            "service_ms": int(table.service_time[row]) // MILLISECOND,
            "log_lines": int(table.log_first[row + 1] - table.log_first[row]),
            "outcome": State(int(table.outcome[row])).name.lower(),
        }
        yield json.dumps(one, separators=(",", ":"))


def k6(table: RunTable, deployment: Deployment, name: str, seed: int) -> str:
    """A script that posts every webhook at its instant. What Lightning makes itself, such as crons, is for it to make."""
    rows = [row for row in range(table.first_requests) if is_posted(table, row)]
    at = table.inserted_at[rows] if rows else np.zeros(0, np.int64)
    full = [f"{deployment.projects[workflow.project].name}/{workflow.name}" for workflow in deployment.workflows]
    names = [full[table.workflow[row]] for row in rows]
    lines = [
        f"  [{time / SECOND:.6f}, {json.dumps(workflow)}, {int(table.service_time[row]) // MILLISECOND}],"
        for row, time, workflow in zip(rows, at.tolist(), names, strict=True)
    ]
    timeout = deployment.lightning.webhook_timeout // SECOND + _SPARE
    example = json.dumps(dict.fromkeys(dict.fromkeys(names), "https://staging.example.org/i/UUID"))
    values = {
        "name": name,
        "seed": seed,
        "example": example.replace("'", ""),
        "requests": "\n".join(lines),
        "users": _users(at, timeout * SECOND),
        "count": max(1, len(rows)),
        "seconds": deployment.horizon // SECOND + timeout + _SPARE,
        "timeout": timeout,
    }
    return _SCRIPT % values


def is_posted(table: RunTable, row: int) -> bool:
    """Whether somebody outside asks for it: a webhook, or a fast-lane run of a replayed file."""
    return kind_of(table, row) == WEBHOOK or bool(table.sync[row])


def _users(at: Any, span: int) -> int:
    """As many as may wait for an answer at once, and one that waits for its turn."""
    if not len(at):
        return 1
    behind = np.arange(1, len(at) + 1) - np.searchsorted(at, at - span)
    return int(min(_MOST_USERS, behind.max() + 1, len(at)))
