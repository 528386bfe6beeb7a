"""The picture of the architecture shows the code as it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tools.docs import ROOT
from tools.docs.architecture import PICTURE, Architecture, Package, drawn, of_the_code, packages, reduced, shows
from tools.docs.architecture_picture import GROUPS, draw, placed, rows_of, sides_of

SMALL = Architecture(
    {"cli": Package(900, {}), "reports": Package(3_000, {"html": 800}), "engines": Package(5_000, {}), "rules": Package(40, {})},
    (("cli", "reports"), ("engines", "rules"), ("reports", "rules")),
)


def test_the_committed_picture_shows_the_code():
    before = drawn()
    assert before is not None
    assert (ROOT / PICTURE).exists()
    assert shows(before, of_the_code()), "stale: run `make docs` (python -m tools.docs) and commit"


def test_every_package_has_its_colour():
    """What a package is for: see `GROUPS`."""
    assert set(packages()) - {name for _, names in GROUPS.values() for name in names} == set()


@pytest.mark.parametrize(
    ("other", "still"),
    [
        (SMALL, True),
        (replace(SMALL, packages=SMALL.packages | {"engines": Package(5_500, {})}), True),
        (replace(SMALL, packages=SMALL.packages | {"engines": Package(6_500, {})}), False),
        (replace(SMALL, packages=SMALL.packages | {"reports": Package(3_000, {"charts": 800})}), False),
        (replace(SMALL, packages=SMALL.packages | {"core": Package(100, {})}), False),
        (replace(SMALL, imports=SMALL.imports[:-1]), False),
    ],
)
def test_a_picture_is_stale_if_one_would_see_it(other: Architecture, still: bool):
    assert shows(SMALL, other) is still


def test_arrows_that_follow_from_others_are_left_out():
    assert reduced(frozenset({("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")})) == {("a", "b"), ("b", "c"), ("d", "c")}
    with pytest.raises(ValueError, match="a → b → a"):
        reduced(frozenset({("a", "b"), ("b", "a")}))


def test_no_box_and_no_arrow_is_cut():
    for architecture in (SMALL, of_the_code()):
        rows = placed(architecture)
        left, right = sides_of(rows)
        assert all(node.x - node.width / 2 > left and node.x + node.width / 2 < right for row in rows for node in row)


def test_arrows_point_down_and_boxes_do_not_overlap():
    assert rows_of(SMALL) == {"cli": 2, "reports": 1, "engines": 1, "rules": 0}
    for architecture in (SMALL, drawn()):
        assert architecture is not None
        rows = placed(architecture)
        for row in rows:
            for left, right in pairwise(row):
                assert left.x + left.width / 2 < right.x - right.width / 2
            assert all(below.top < node.bottom for node in row for below in node.down)


def test_areas_are_in_proportion_to_lines_unless_a_name_would_not_fit():
    boxes = {node.name: node.width * node.height for row in placed(SMALL) for node in row if node.package}
    assert boxes["engines"] / boxes["reports"] == pytest.approx(5 / 3)
    assert boxes["rules"] == boxes["cli"]


def test_the_picture_can_be_drawn(tmp_path: Path):
    parts = {"charts": 700, "content": 700, "exporters": 400, "figures": 200, "html": 450, "text": 250}
    draw(replace(SMALL, packages=SMALL.packages | {"api": Package(3_000, parts)}), tmp_path / "small.png")
    assert (tmp_path / "small.png").read_bytes().startswith(b"\x89PNG")
