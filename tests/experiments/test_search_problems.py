"""The search against brute force, on two of the problems of `studies.search`; docs/search.md has all ten, with tighter intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.search import Search
from studies.search import Known, brute_force, is_right, searched
from studies.search_problems import PROBLEMS

COUNT = 80


@pytest.fixture(scope="module", params=["two_lanes", "real_batch"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Search, list[Known]]:
    """What the search and what brute force found."""
    problem = replace(next(one for one in PROBLEMS if one.name == request.param), slots=range(1, 6))
    path = problem.write(tmp_path_factory.mktemp("problem"))
    found = searched(problem, path)
    return found, brute_force(problem, path, found, COUNT, Executor(1))


@pytest.mark.slow
def test_it_finds_what_brute_force_finds_with_a_fifth_of_the_runs(both: tuple[Search, list[Known]]):
    found, known = both
    assert len(known) == 30
    best = next(one for one in known if one.meets)
    assert found.recommended is not None
    assert found.recommended.candidate.cost == best.candidate.cost
    assert next(one for one in known if one.candidate == found.recommended.candidate).meets
    assert is_right(found, known)
    assert found.replications <= len(known) * COUNT / 5


@pytest.mark.slow
def test_what_contradicts_brute_force_is_noticed(both: tuple[Search, list[Known]]):
    """The test above can fail: on an answer that is too cheap, and on one that overlooks a cheaper layout."""
    found, known = both
    assert found.recommended is not None
    cheap, dear = (next(one for one in found.candidates if one.slots == slots) for slots in (1, 5))
    assert not is_right(replace(found, recommended=replace(found.recommended, candidate=cheap)), known)
    assert not is_right(replace(found, recommended=replace(found.recommended, candidate=dear)), known)
