"""Keeps README and docs true: the generated pages are made here, and what the pages show is found and played here.

Not part of the package that is installed. `python -m tools.docs` (`make docs`) writes; `tests/tools/docs` checks.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pages() -> list[Path]:
    """README and docs, relative to the repository."""
    return [Path("README.md"), *sorted(path.relative_to(ROOT) for path in (ROOT / "docs").glob("*.md"))]
