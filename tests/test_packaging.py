"""What an installed package has besides its code, and that README and changelog speak of it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from importlib.resources import files

import fastlanes_sim
from tools.audit import audit_of, verdict
from tools.docs import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_type_checkers_see_the_types():
    assert files("fastlanes_sim").joinpath("py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["fastlanes_sim"]


def test_there_is_one_place_for_the_version():
    assert version("fastlanes_sim") == fastlanes_sim.__version__
    assert "version" in PROJECT["project"]["dynamic"]
    assert f"## {fastlanes_sim.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_says_what_each_extra_is_for():
    section = README.split("## Install\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \| .+ \|$", section, re.MULTILINE) == list(PROJECT["project"]["optional-dependencies"])


def test_the_licence_is_the_one_that_the_package_names():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith(f"{PROJECT['project']['license']} License")


def pins(name: str) -> dict[str, int]:
    """The lines `NAME==VERSION …` of a lock file, and how many hashes each has."""
    found: dict[str, int] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("    --hash=sha256:"):
            found[next(reversed(found))] += 1
        else:
            found[line.removesuffix(" \\")] = 0
    return found


def test_every_package_is_locked_with_its_hashes():
    for name in ("requirements.lock", "requirements-plain.lock"):
        for pin, hashes in pins(name).items():
            assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+( ; .+)?$", pin)
            assert hashes, pin


def test_a_plain_install_has_the_versions_that_were_tested():
    plain, whole = pins("requirements-plain.lock"), pins("requirements.lock")
    assert {pin.partition(" ;")[0] for pin in plain} <= {pin.partition(" ;")[0] for pin in whole}
    needed = {re.split(r"[<>=]", one)[0].replace(".", "-") for one in PROJECT["project"]["dependencies"]}
    assert needed <= {pin.partition("==")[0] for pin in plain}


JINJA = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "CVE-2019-10906", "fix_versions": ["2.10.1"]}]}
UNKNOWN = {"name": "numba", "skip_reason": "Dependency not found on PyPI"}


def test_an_audit_tells_what_it_could_not_check():
    clean = {"name": "numpy", "version": "2.0", "vulns": []}
    none, some, hole = (audit_of({"dependencies": list(found)}) for found in ((UNKNOWN,), (clean, UNKNOWN), (JINJA, clean)))
    assert verdict({"a.lock": some}, none) == (0, [verdict({}, none)[1][0]])
    assert "NOT CHECKED" in verdict({"a.lock": some}, none)[1][0]
    assert verdict({"a.lock": some}, hole) == (0, ["a.lock: no hole is known in 1 packages; not checked: numba"])
    assert verdict({"a.lock": hole}, hole) == (1, ["a.lock: jinja2 2.10: CVE-2019-10906 (mended in 2.10.1)"])
    assert audit_of({}).checked == 0
