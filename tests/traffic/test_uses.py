"""What runs use of resources and of memory follows from their services (R-1, R-5, R-7, R-8, docs/resources.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.fingerprint import deployed, traffic_hash
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.traffic.generate import generate
from tests.support.scenario_files import load

TEXT = """\
horizon: 10m
resources:
  records: {concurrency: 3, processors: 1.5}
  partner: {rate: 3/s, burst: 4, retry_after: 2s, attempts: 5}
projects:
  p:
    workflows:
      plain: {triggers: [{type: cron, cron: "* * * * *", service: 4s}]}
      using:
        copies: 2
        triggers:
          - type: webhook
            reply: after_completion
            arrivals: {poisson: 6/min}
            service: {exponential: {mean: 10s}}
            callers: {attempts: 3}
        uses: [{resource: partner, from: 50%, to: 100%}, {resource: records, from: 10%, to: 30%}]
        calls: [{to: called, count: 3, spacing: 1s}]
        memory: 1.5MB
      called: {triggers: [{type: webhook, service: 3s}], uses: [{resource: records}]}
workers: [{capacity: 5, cores: 2.5, memory: 1GB}]
"""


def scenario(folder: Path, **edits: str) -> LoadedScenario:
    text = TEXT
    for old, new in edits.items():
        text = text.replace(old, new)
    return load(folder, text)


def uses_of(runs: RunTable, row: int) -> list[tuple[int, int, int]]:
    own = slice(runs.use_first[row], runs.use_first[row + 1])
    return list(zip(runs.use_of[own].tolist(), runs.use_from[own].tolist(), runs.use_until[own].tolist(), strict=True))


def test_uses_are_parts_of_each_service(tmp_path: Path):
    """R-1, R-8: in the order in which a run comes to them; of first requests, further attempts, and runs that are called. The spacing of
    its calls is part of a service."""
    runs = generate(scenario(tmp_path).scenario)
    assert runs.has_uses
    names = [runs.sources[source].split("/")[1].split("-")[0] for source in runs.source.tolist()]
    assert set(names) == {"plain", "using", "called"}
    assert runs.has_attempts
    for row, name in enumerate(names):
        service = int(runs.service_time[row])
        expected = {
            "plain": [],
            "using": [(0, round(0.1 * service), round(0.3 * service)), (1, round(0.5 * service), service)],
            "called": [(0, 0, 3 * SECOND)],
        }
        assert uses_of(runs, row) == expected[name]
        assert runs.memory[row] == (1_500_000 if name == "using" else 0)


def test_rows_take_their_uses_along(tmp_path: Path):
    """R-1"""
    runs = generate(scenario(tmp_path).scenario)
    some = np.flatnonzero(runs.source > 0)[::-1][:20]
    for one, other in zip(some.tolist(), range(20), strict=True):
        assert uses_of(runs, one) == uses_of(runs.rows(some), other)
    twice = runs.rows(np.arange(5)).followed_by(runs.rows(np.arange(5, 9)))
    assert [uses_of(runs, row) for row in range(9)] == [uses_of(twice, row) for row in range(9)]


def test_what_is_deployed_says_it(tmp_path: Path):
    """R-1 to R-5"""
    plain = deployment(scenario(tmp_path).scenario)
    records, partner = plain.resources
    assert (records.concurrency, records.processors, records.every) == (3, 1_500, None)
    assert (partner.every, partner.burst, partner.retry_after, partner.attempts) == (333_333, 4, 2 * SECOND, 5)
    assert (plain.workers[0].cores, plain.workers[0].memory) == (2_500, 10**9)


def test_what_a_resource_gives_is_no_part_of_the_traffic(tmp_path: Path):
    """Two capacities meet the same runs; another order of resources does not."""
    base, larger = scenario(tmp_path).scenario, scenario(tmp_path, **{"concurrency: 3": "concurrency: 30"}).scenario
    other = scenario(tmp_path, records="zebra", partner="records").scenario
    assert traffic_hash(base) == traffic_hash(larger) != traffic_hash(other)
    assert deployed(base)["resources.records.concurrency"] == 3


def test_without_uses_nothing_is_different(tmp_path: Path):
    text = "horizon: 1h\nprojects: {p: {workflows: {w: {triggers: [{type: cron, cron: '* * * * *', service: 1s}]}}}}\nworkers: [{}]\n"
    runs = generate(load(tmp_path, text).scenario)
    assert not runs.has_uses
    assert "memory" in runs.left_out
    assert not deployment(load(tmp_path, text).scenario).slots_share
