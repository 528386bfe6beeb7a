"""The plan of a run: one job that waits as long as the run's service time says, on the worker's mock engine and on the real one alike.

Source of the shape: `LightningPlan` in the worker's lexicon.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.rules.lifecycle import State

_SPACE = UUID("6f0f2f0c-9b3c-4b2a-8d5e-fa57a4e55100")
INPUT = b'{"data":{}}'
ADAPTOR = "@openfn/language-common@latest"
_END = {
    State.SUCCESS: "return state",
    State.FAILED: "throw new Error('the scenario says that this run fails')",
    State.CRASHED: "return notDefinedSoThatItCrashes",
}


def run_id(row: int) -> str:
    """The run's id: that of its row in an export (`results.export_writer`)."""
    return str(UUID(int=row))


def row_of(text: str, rows: int) -> int | None:
    """The row of a run's id, or None: there is no such run."""
    try:
        row = UUID(text).int
    except ValueError:
        return None
    return row if row < rows and str(UUID(int=row)) == text else None


def plan(table: RunTable, row: int, workflow: str) -> dict[str, Any]:
    """What `fetch:plan` answers for the run in this row."""
    trigger, job = (str(uuid5(_SPACE, f"{kind} {table.workflow[row]}")) for kind in ("trigger", "job"))
    credentials = int(table.credentials[row])
    body: dict[str, Any] = {
        "id": run_id(row),
        "name": workflow,
        "starting_node_id": trigger,
        "triggers": [{"id": trigger, "type": "webhook"}],
        "jobs": [{"id": job, "name": workflow, "adaptor": ADAPTOR, "body": job_body(table, row)}],
        "edges": [
            {"id": str(uuid5(_SPACE, f"edge {job}")), "source_trigger_id": trigger, "target_job_id": job, "condition": "always"},
        ],
        "options": {"run_timeout_ms": int(table.timeout[row]) // MILLISECOND, "output_dataclips": True},
    }
    if credentials:
        body["jobs"][0]["credential_id"] = str(uuid5(_SPACE, f"credential {job}"))
    if table.has_input[row]:
        body["dataclip_id"] = str(uuid5(_SPACE, f"dataclip {row}"))
    return body


def job_body(table: RunTable, row: int) -> str:
    """JavaScript that waits, and writes the run's log lines when their time comes. No semicolon ends it: the mock engine puts it into a
    list."""
    service, startup = int(table.service_time[row]), int(table.startup_time[row])
    lines = (table.log_at[table.log_first[row] : table.log_first[row + 1]] - startup).tolist()
    steps, now = [], 0
    for number, at in enumerate(sorted(min(max(0, line), service) for line in lines), 1):
        if at - now >= MILLISECOND:
            steps.append(f"await pause({(at - now) // MILLISECOND})")
            now += (at - now) // MILLISECOND * MILLISECOND
        steps.append(f'console.log("line {number}")')
    steps.append(f"await pause({(service - now) // MILLISECOND})")
    steps.append(_END.get(State(int(table.outcome[row])), _END[State.SUCCESS]))
    code = "; ".join(steps)
    return f"fn(async (state) => {{ const pause = (ms) => new Promise((done) => setTimeout(done, ms)); {code}; }})"
