"""Keeps README and docs true: makes the generated pages, and runs what the other pages show.

Not part of the package that is installed. `python -m tools.docs` (`make docs`) writes; `tests/tools/docs` checks.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pages() -> list[Path]:
    """README and docs, relative to the repository."""
    return [Path("README.md"), *sorted(path.relative_to(ROOT) for path in (ROOT / "docs").glob("*.md"))]
