"""Known holes in the packages of the lock files: `make audit`.

pip-audit asks the package index for what is known. An index that has no such data, or none that can be reached, makes it say that nothing
is known: so it is told apart here how many packages were checked, and a version with a known hole is asked for as a control.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-plain.lock")
CONTROL = "jinja2==2.10"
"""Has had a known hole since 2019 (CVE-2019-10906)."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of the packages of one file."""

    checked: int
    unchecked: tuple[str, ...]
    holes: tuple[str, ...]
    """`jinja2 2.10: CVE-2019-10906 (mended in 2.10.1)`"""


def audit_of(found: Mapping[str, Any]) -> Audit:
    """From what pip-audit writes as JSON."""
    packages = found.get("dependencies", [])
    holes = [
        f"{one['name']} {one['version']}: {hole['id']} (mended in {', '.join(hole['fix_versions']) or 'no version'})"
        for one in packages
        for hole in one.get("vulns", [])
    ]
    unchecked = tuple(one["name"] for one in packages if "skip_reason" in one)
    return Audit(len(packages) - len(unchecked), unchecked, tuple(holes))


def audited(file: Path) -> Audit:
    """Ask the index about the packages of a file. Where it cannot be asked, none is checked."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "audit.json")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--disable-pip", "--no-deps", "--progress-spinner", "off"]
        subprocess.run([*command, "--format", "json", "--output", str(out)], capture_output=True, check=False)
        return audit_of(json.loads(out.read_text(encoding="utf-8")) if out.exists() and out.stat().st_size else {})


def verdict(audits: Mapping[str, Audit], control: Audit) -> tuple[int, list[str]]:
    """(exit code, lines): 1 where a hole is known, 0 where none is or where the data cannot be had, which is said."""
    lines = [f"{name}: {hole}" for name, one in audits.items() for hole in one.holes]
    if lines:
        return 1, lines
    if not control.holes:
        return 0, ["NOT CHECKED: the package index here has no data on known holes. Run `make audit` where pypi.org can be reached."]
    for name, one in audits.items():
        rest = f"; not checked: {', '.join(one.unchecked)}" if one.unchecked else ""
        lines.append(f"{name}: no hole is known in {one.checked} packages{rest}")
    return 0, lines


def main(names: Sequence[str] = LOCKS) -> int:
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder, "control.txt")
        control.write_text(f"{CONTROL}\n", encoding="utf-8")
        code, lines = verdict({name: audited(ROOT / name) for name in names}, audited(control))
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
