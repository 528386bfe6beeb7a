"""Admission control per project for the fast lane (lightning #4573): a proposal, so these rules are our reading of it (docs/callers.md)."""

from __future__ import annotations


def refuses(active: int, limit: int) -> bool:
    """Whether a webhook is answered with 429 instead of a run: the project has `limit` active fast-lane runs, or more, at that instant."""
    return active >= limit
