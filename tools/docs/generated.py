"""The pages that are made from the code."""

from __future__ import annotations

from collections.abc import Callable

from tools.docs.exit_codes_page import exit_codes_page
from tools.docs.gallery_page import gallery_page
from tools.docs.rules_page import rules_page
from tools.docs.scenario_page import scenario_page

GENERATED: dict[str, Callable[[], str]] = {
    "docs/scenario.md": scenario_page,
    "docs/rules.md": rules_page,
    "docs/exit-codes.md": exit_codes_page,
    "docs/gallery.md": gallery_page,
}
