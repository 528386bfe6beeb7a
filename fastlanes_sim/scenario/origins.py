"""From the triggers of a scenario to the ways of making a run that L-3 tells apart."""

from __future__ import annotations

from fastlanes_sim.rules.creation import Origin
from fastlanes_sim.scenario.triggers import Trigger, Webhook

_BY_REPLY = {
    "after_completion": Origin.SYNC_WEBHOOK,
    "before_start": Origin.ASYNC_WEBHOOK,
    "custom": Origin.CUSTOM_WEBHOOK,
}


def origin_of(trigger: Trigger) -> Origin:
    """How the trigger's runs are made (L-3)."""
    return _BY_REPLY[trigger.reply] if isinstance(trigger, Webhook) else Origin(trigger.type)
