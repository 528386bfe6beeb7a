"""Scenario files for tests: a valid one, and edits of it that keep its lines where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastlanes_sim.scenario.load import LoadedScenario, load_scenario

VALID = """\
horizon: 1h
timezone: Africa/Addis_Ababa
lightning: {ruleset: pr-4515}
startup: 500ms
projects:
  clinic:
    concurrency: 20
    workflows:
      register:
        concurrency: 5
        triggers:
          - type: webhook
            reply: after_completion
            arrivals: {poisson: 1/min}
            service: 2s
      report:
        triggers:
          - type: cron
            cron: "*/5 * * * *"
            service: {lognormal: {median: 5s, p95: 20s}}
workers:
  - name: main
    workloops: "fast_lane:1 manual>*:4"
    backoff: 1/10
slos:
  - p99(fast_lane.response) < 30s
  - lost == 0
"""


def edited(*edits: tuple[str, str]) -> str:
    """The valid scenario with texts replaced; each must stand in it."""
    text = VALID
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def load(folder: Path, text: str, overrides: dict[str, Any] | None = None) -> LoadedScenario:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path, overrides or {})
