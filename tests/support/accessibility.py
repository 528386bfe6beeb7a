"""What axe-core finds wrong with a page (https://github.com/dequelabs/axe-core)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

_AXE = Path(__file__).parents[2] / ".ci" / "node_modules" / "axe-core" / "axe.min.js"
_GRAVE = ("serious", "critical")


def violations(page: Any, what: str) -> list[str]:
    """Serious and critical ones, each with the elements concerned. Where axe-core is missing the test is skipped, and says that `what` was
    not checked. The page's context must bypass its content security policy."""
    if not _AXE.is_file():
        pytest.skip(f"no axe-core is installed (.ci/browser does): the accessibility of {what} was not checked")
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']} ({one['impact']}) at {node['html'][:150]}: {node['failureSummary']}"
        for one in found
        if one["impact"] in _GRAVE
        for node in one["nodes"][:5]
    ]
