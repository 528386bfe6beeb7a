"""What the picture on docs/architecture.md is drawn from: packages, their sizes, and which of them imports which.

The picture is drawn anew only when these data have changed noticeably, so that not every commit changes its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import grimp

from tools.docs import ROOT

PACKAGE = "fastlanes_sim"
DATA = Path("docs/images/architecture.json")
PICTURE = Path("docs/images/architecture.png")
LEFT_OUT = (PACKAGE, "__main__")
"""The facade, which imports lazily what it hands on, and the file that only starts the command line."""

Imports = frozenset[tuple[str, str]]
"""Pairs of an importing package and an imported one."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package, or a module that stands beside the packages."""

    lines: int
    """Of its Python files, those of its parts included."""
    parts: dict[str, int]
    """The lines of each package inside it."""


@dataclass(frozen=True, slots=True)
class Architecture:
    packages: dict[str, Package]
    imports: tuple[tuple[str, str], ...]
    """Without those that follow from others: with A → B and B → C there is no A → C."""


@cache
def of_the_code() -> Architecture:
    """The architecture of the checkout.

    Raises:
        ValueError: packages import each other in a circle.
    """
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    pairs = {
        (package_of(module), package_of(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return Architecture(
        packages(), tuple(sorted(reduced(frozenset(one for one in pairs if one[0] != one[1] and not set(one) & set(LEFT_OUT)))))
    )


def package_of(module: str) -> str:
    """The package right below ours that a module belongs to; for ours itself, ours."""
    return module.split(".")[1] if "." in module else module


def packages() -> dict[str, Package]:
    """Those of the checkout, by name."""
    found = {}
    for path in sorted((ROOT / PACKAGE).iterdir()):
        if path.stem in (*LEFT_OUT, "__init__") or not (path.suffix == ".py" or (path / "__init__.py").exists()):
            continue
        parts = {part.name: _lines(part) for part in sorted(path.iterdir()) if (part / "__init__.py").exists()} if path.is_dir() else {}
        found[path.stem] = Package(_lines(path), parts)
    return found


def _lines(path: Path) -> int:
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in (path.rglob("*.py") if path.is_dir() else [path]))


def reduced(imports: Imports) -> Imports:
    """The transitive reduction: without the imports that a longer way replaces.

    Raises:
        ValueError: there is a circle.
    """
    circle = circle_in(imports)
    if circle:
        raise ValueError(f"packages import each other in a circle: {' → '.join(circle)}")
    return frozenset((importer, imported) for importer, imported in imports if imported not in _beyond(importer, imported, imports))


def _beyond(importer: str, imported: str, imports: Imports) -> set[str]:
    """What a package reaches through others than the one named."""
    reached: set[str] = set()
    to_come = [found for start, found in imports if start == importer and found != imported]
    while to_come:
        one = to_come.pop()
        if one not in reached:
            reached.add(one)
            to_come += [found for start, found in imports if start == one]
    return reached


def circle_in(imports: Iterable[tuple[str, str]]) -> list[str]:
    """A circle, its first module repeated at its end; empty where there is none."""
    following: dict[str, list[str]] = {}
    for importer, imported in sorted(imports):
        following.setdefault(importer, []).append(imported)
    finished: set[str] = set()
    for start in following:
        way: list[str] = []
        stack = [(start, iter(following[start]))] if start not in finished else []
        while stack:
            here, rest = stack[-1]
            if len(way) < len(stack):
                way.append(here)
            found = next((one for one in rest if one not in finished), None)
            if found is None:
                finished.add(here)
                stack.pop()
                way.pop()
            elif found in way:
                return [*way[way.index(found) :], found]
            else:
                stack.append((found, iter(following.get(found, ()))))
    return []


# --- what was drawn last ---


def drawn() -> Architecture | None:
    """What the committed picture shows; None if there is none."""
    file = ROOT / DATA
    return read(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def read(tree: Mapping[str, Any]) -> Architecture:
    packages = {name: Package(one["lines"], one["parts"]) for name, one in tree["packages"].items()}
    return Architecture(packages, tuple((importer, imported) for importer, imported in tree["imports"]))


def shows(old: Architecture, new: Architecture) -> bool:
    """Whether a picture of the old code is still true of the new: the same boxes and arrows, and sizes that an eye cannot tell apart."""
    boxes = [{name: list(package.parts) for name, package in one.packages.items()} for one in (old, new)]
    if boxes[0] != boxes[1] or old.imports != new.imports:
        return False
    sizes = [[lines for package in one.packages.values() for lines in (package.lines, *package.parts.values())] for one in (old, new)]
    return all(abs(now - was) <= max(150, 0.15 * was) for was, now in zip(*sizes, strict=True))


def renew() -> bool:
    """Draw the picture if the committed one no longer shows the code; whether it was drawn."""
    now, before = of_the_code(), drawn()
    if before is not None and shows(before, now):
        return False
    from tools.docs.architecture_picture import draw

    (ROOT / DATA).write_text(json.dumps(asdict(now), indent=1) + "\n", encoding="utf-8")
    draw(now, ROOT / PICTURE)
    return True
