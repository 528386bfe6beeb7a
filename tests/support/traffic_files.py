"""Scenarios with one or two workflows, from a few arguments."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.scenario.schema import Scenario


def scenario(*triggers: dict[str, Any], horizon: str = "1h", **settings: Any) -> Scenario:
    """One project `p` with one workflow `w` that has these triggers, each with a service of 1s unless it says otherwise."""
    return Scenario.model_validate(
        {
            "name": "test",
            "horizon": horizon,
            "projects": {"p": {"workflows": {"w": {"triggers": [{"service": "1s"} | trigger for trigger in triggers]}}}},
            "workers": [{}],
        }
        | settings
    )


def webhook(arrivals: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "webhook", "arrivals": arrivals} | more


def cron(expression: str, **more: Any) -> dict[str, Any]:
    return {"type": "cron", "cron": expression} | more
