"""What an installed package has besides its code, and that README and changelog speak of it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from importlib.resources import files

import fastlanes_sim
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
