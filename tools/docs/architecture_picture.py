"""The picture of the architecture: a box for each package, its area in proportion to its lines; an arrow means "imports".

Rows come from the imports: a package stands one row above the highest of those it imports. Where an arrow passes a row it gets a place of
its own in it (Sugiyama, Tagawa and Toda, IEEE Transactions on Systems, Man, and Cybernetics 11:109, 1981), so that no arrow crosses a box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path as Curve

from tools.docs.architecture import Architecture, Package

WIDTH = 7.6
"""Of the picture, in inches, or more where its boxes need it; so are all lengths below."""
EDGE = 0.1
"""Right of the boxes, at least."""
DPI = 160
AREA = 0.44 / 1000
"""Of a line of code."""
ASPECT = 2.6
SMALLEST = 1.3, 0.45
"""Of a box: its name must fit."""
GAP, ROW_GAP = 0.3, 0.4
MARGIN = 1.0
"""On the left, more than on the right: there, at the top, stands what the colours mean."""
PASSING = 0.1
"""The width that an arrow takes up in a row that it passes."""
GROUPS = {
    "what people and programs call": ("#F6D9C6", ("cli", "pytest_plugin", "rig", "studio", "api")),
    "what they see": ("#F3E3B3", ("reports",)),
    "questions that take many simulations": ("#D5E8D4", ("suite", "experiments", "calibration", "conformance")),
    "one simulation": ("#CFE2F3", ("results", "engines", "traffic")),
    "what is simulated": ("#E1D5E7", ("deployment", "starter", "scenario", "exports")),
    "what all others use": ("#E3E3E3", ("measures", "distributions", "rules", "core")),
}
"""By what packages are for: their colour and their names. A package that is not named here is white."""
HEAD = 0.1
"""The straight end of an arrow, above the row that it leads to."""
SMALL = 8.5
"""The size of small letters, in points."""
LETTER = 0.0086
"""The width of a letter in inches, for each point of its size."""
INK, ARROW = "#333333", "#7A7A7A"


@dataclass
class Node:
    """A box, or (without a package) the place where an arrow passes a row."""

    name: str
    row: int
    width: float
    height: float = 0.0
    package: Package | None = None
    x: float = 0.0
    y: float = 0.0
    """The middle of its row, like `x` the middle of the node."""
    top: float = 0.0
    bottom: float = 0.0
    """Of its row."""
    up: list[Node] = field(default_factory=list)
    down: list[Node] = field(default_factory=list)


def draw(architecture: Architecture, path: Path) -> None:
    rows = placed(architecture)
    nodes = [node for row in rows for node in row if node.package is not None]
    height = max(node.top for node in nodes)
    left, right = sides_of(rows)
    figure = Figure(figsize=(right - left, height + 0.2), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left, right), ylim=(-0.1, height + 0.1))
    axes.axis("off")
    for node in nodes:
        for below in node.down:
            _arrow(axes, node, below)
    for node in nodes:
        _box(axes, node)
    for number, (words, (colour, _)) in enumerate(GROUPS.items()):
        y = height - 0.1 - 0.24 * number
        axes.add_patch(Rectangle((left + 0.1, y - 0.07), 0.2, 0.14, facecolor=colour, edgecolor=INK, linewidth=0.5))
        axes.text(left + 0.4, y, words, ha="left", va="center", fontsize=SMALL, color=INK)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


# --- where everything is ---


def sides_of(rows: Sequence[Sequence[Node]]) -> tuple[float, float]:
    """The left and the right edge of the picture: no box is cut, and no arrow that passes a row."""
    nodes = [node for row in rows for node in row]
    left, right = min(node.x - node.width / 2 for node in nodes), max(node.x + node.width / 2 for node in nodes)
    return min(0.0, left - EDGE), max(WIDTH, right + EDGE)


def placed(architecture: Architecture) -> list[list[Node]]:
    """The rows, from the bottom up, of boxes and passing arrows, from left to right, each with its place."""
    levels = rows_of(architecture)
    nodes = {name: _node(name, levels[name], package) for name, package in architecture.packages.items()}
    rows: list[list[Node]] = [[node for node in nodes.values() if node.row == row] for row in range(max(levels.values()) + 1)]
    for importer, imported in architecture.imports:
        above = nodes[importer]
        for row in range(levels[importer] - 1, levels[imported], -1):
            passing = Node(f"{importer} → {imported}", row, PASSING)
            rows[row].append(passing)
            _join(above, passing)
            above = passing
        _join(above, nodes[imported])
    _order(rows)
    _spread(rows)
    y = 0.0
    for row in rows:
        tallest = max(node.height for node in row)
        for node in row:
            node.bottom, node.y, node.top = y, y + tallest / 2, y + tallest
        y += tallest + ROW_GAP
    return rows


def rows_of(architecture: Architecture) -> dict[str, int]:
    """The row of each package: 0 where it imports nothing, else one above the highest of those it imports."""
    found: dict[str, int] = {}

    def row(name: str) -> int:
        if name not in found:
            found[name] = 1 + max((row(imported) for importer, imported in architecture.imports if importer == name), default=-1)
        return found[name]

    for name in architecture.packages:
        row(name)
    return found


def _node(name: str, row: int, package: Package) -> Node:
    area = package.lines * AREA
    height = max((area / ASPECT) ** 0.5, SMALLEST[1])
    return Node(name, row, max(area / height, SMALLEST[0]), height, package)


def _join(above: Node, below: Node) -> None:
    above.down.append(below)
    below.up.append(above)


def _order(rows: list[list[Node]]) -> None:
    """So that few arrows cross, and those that are left are short. A row has few nodes: every order of it is tried."""
    for row in rows:
        _line_up(row)
    for _ in range(8):
        for row in [*rows, *reversed(rows)]:
            best = min(permutations(row), key=_cost)
            row[:] = best
            _line_up(row)


def _cost(order: Sequence[Node]) -> tuple[int, float]:
    _line_up(order)
    crossings = 0
    for ends in ("up", "down"):
        lines = [(node.x, other.x) for node in order for other in getattr(node, ends)]
        crossings += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for n, a in enumerate(lines) for b in lines[:n])
    return crossings, sum(abs(node.x - other.x) for node in order for other in (*node.up, *node.down))


def _line_up(row: Sequence[Node]) -> None:
    """Side by side, around the middle."""
    x = WIDTH / 2 - (sum(node.width for node in row) + GAP * (len(row) - 1)) / 2
    for node in row:
        node.x = x + node.width / 2
        x += node.width + GAP


def _spread(rows: list[list[Node]]) -> None:
    """Each node as near as its row allows to the middle of its neighbours above and below."""
    for _ in range(200):
        for row in rows:
            wanted = [_middle(node) for node in row]
            offsets = [0.0]
            for left, right in pairwise(row):
                offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP)
            for node, x, offset in zip(row, _rising([x - offset for x, offset in zip(wanted, offsets, strict=True)]), offsets, strict=True):
                node.x += 0.5 * (x + offset - node.x)
    left = min(node.x - node.width / 2 for row in rows for node in row)
    right = max(node.x + node.width / 2 for row in rows for node in row)
    for row in rows:
        for node in row:
            node.x += (MARGIN + WIDTH - left - right) / 2


def _middle(node: Node) -> float:
    others = [*node.up, *node.down]
    return sum(other.x for other in others) / len(others) if others else WIDTH / 2


def _rising(wanted: Sequence[float]) -> list[float]:
    """The numbers nearest to these (in squares) that never fall: neighbours that would be pooled."""
    pools: list[list[float]] = []
    for one in wanted:
        pools.append([one])
        while len(pools) > 1 and sum(pools[-2]) / len(pools[-2]) > sum(pools[-1]) / len(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    return [sum(pool) / len(pool) for pool in pools for _ in pool]


# --- how it looks ---


def _port(node: Node, other: Node, ends: list[Node]) -> float:
    """Where on a box's edge the arrow from or to another node is: beside those that end further left."""
    place = sorted(ends, key=lambda one: one.x).index(other)
    return node.x + 0.8 * node.width * ((place + 1) / (len(ends) + 1) - 0.5)


def _arrow(axes: Any, start: Node, first: Node) -> None:
    """Straight through rows, bent between them."""
    x = _port(start, first, start.down)
    vertices = [(x, start.y - start.height / 2), (x, start.bottom)]
    codes = [Curve.MOVETO, Curve.LINETO]
    last, node = start, first
    while True:
        (from_x, from_y), to_y = vertices[-1], node.top + HEAD
        x = node.x if node.package is None else _port(node, last, node.up)
        bend = 0.55 * (from_y - to_y)
        vertices += [(from_x, from_y - bend), (x, to_y + bend), (x, to_y)]
        codes += [Curve.CURVE4] * 3
        if node.package is not None:
            break
        vertices.append((x, node.bottom))
        codes.append(Curve.LINETO)
        last, node = node, node.down[0]
    vertices.append((x, node.y + node.height / 2))
    codes.append(Curve.LINETO)
    axes.add_patch(
        FancyArrowPatch(path=Curve(vertices, codes), arrowstyle="-|>", mutation_scale=9, color=ARROW, linewidth=1.1, shrinkA=0, shrinkB=0)
    )


def _box(axes: Any, node: Node) -> None:
    assert node.package is not None
    left, bottom = node.x - node.width / 2, node.y - node.height / 2
    colour = next((colour for colour, names in GROUPS.values() if node.name in names), "white")
    style = "round,pad=0,rounding_size=0.06"
    box = FancyBboxPatch((left, bottom), node.width, node.height, boxstyle=style, facecolor=colour, edgecolor=INK, linewidth=0.9)
    axes.add_patch(box)
    if node.package.parts:
        _parts(axes, node, box)
    whole = node.package.lines
    middle = node.y + (0.2 * node.height if node.package.parts else 0)
    axes.text(node.x, middle + 0.08, node.name, ha="center", va="center", fontsize=11, fontweight="bold", color=INK)
    axes.text(node.x, middle - 0.105, f"{round(whole, -2) or whole:,} lines", ha="center", va="center", fontsize=SMALL, color=INK)


def _parts(axes: Any, node: Node, box: FancyBboxPatch) -> None:
    """The packages inside a package along its bottom edge, in one line or, where their names would not fit, in two."""
    assert node.package is not None
    parts = list(node.package.parts.items())
    whole = sum(lines for _, lines in parts)
    room = node.width * whole / node.package.lines
    fits = all(room * lines / whole > LETTER * SMALL * len(name) for name, lines in parts)
    y = node.y - node.height / 2
    for one in [parts] if fits or len(parts) == 1 else reversed(_halves(parts)):
        in_line = sum(lines for _, lines in one)
        x, height = node.x - node.width / 2, 0.42 * node.height * in_line / whole
        for name, lines in one:
            width = room * lines / in_line
            part = Rectangle((x, y), width, height, facecolor="#FFFFFF90", edgecolor=INK, linewidth=0.5)
            axes.add_patch(part)
            part.set_clip_path(box)
            size = min(SMALL, 0.95 * width / (LETTER * len(name)))
            axes.text(x + width / 2, y + height / 2, name, ha="center", va="center", fontsize=size, color=INK)
            x += width
        y += height


def _halves(parts: list[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """Two lines of parts with as many lines of code each as may be."""
    split = min(range(1, len(parts)), key=lambda n: abs(sum(lines for _, lines in parts[:n]) - sum(lines for _, lines in parts[n:])))
    return [parts[:split], parts[split:]]
