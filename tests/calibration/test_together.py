"""Calls and sharing are seen in an export that has them, and not in one that has not. `python -m studies.together` counts more samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import yaml
from scipy.stats import binom

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.chained_runs import chain_notes, chains
from fastlanes_sim.calibration.deployment_part import from_layout, from_scenario
from fastlanes_sim.calibration.fit_check import check_fit
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.calibration.shared_notes import sharing_notes
from fastlanes_sim.calibration.shared_services import sharing
from fastlanes_sim.calibration.shared_systems import SharedSystem, alone, shared_systems
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import HOUR, MILLISECOND, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.scenario.load import Origin, load_scenario
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate
from studies.together import LOADS, MONDAY, RESOLUTIONS, SHARED, Arrivals, export_of, fitted, proposals, sample, served

SAMPLES = 12


def nobody(export: Export) -> np.ndarray:
    return np.zeros(len(export), np.bool_)


@pytest.mark.parametrize("arrivals", get_args(Arrivals))
def test_independent_runs_are_not_said_to_call_or_to_share(arrivals: Arrivals) -> None:
    """No more false ones than 2 % would bring once in 1,000."""
    tried = [(1_000, resolution, load, number) for resolution in RESOLUTIONS for load in LOADS for number in range(SAMPLES)]
    false = sum(proposals(sample(size, resolution, load, arrivals, number)) > 0 for size, resolution, load, number in tried)
    assert false <= binom.ppf(0.999, len(tried), 0.02)


# --- calls ---

CHAINED = """\
horizon: 4h
start: 2026-01-05T00:00
projects:
  clinic:
    workflows:
      split:
        triggers: [{type: webhook, arrivals: {poisson: 1/min}, service: {lognormal: {median: 4s, p95: 12s}}}]
        calls: [{to: row, count: 3, probability: 0.8}]
      row:
        triggers: [{type: webhook, arrivals: {poisson: 1/min}, service: {lognormal: {median: 1s, p95: 3s}}}]
      other:
        triggers: [{type: webhook, arrivals: {poisson: 4/min}, service: {lognormal: {median: 1s, p95: 3s}}}]
workers: [{workloops: "*:20", dispatch: ideal}]
"""


def test_the_calls_of_a_simulated_export_are_proposed_with_the_lines_to_add(tmp_path: Path) -> None:
    """K-2: at the end of the caller's own work, of which Lightning learns a few round trips later. 0.8 of the ends, three runs each."""
    source, csv = tmp_path / "chained.yaml", tmp_path / "runs.csv"
    source.write_text(CHAINED)
    scenario = load_scenario(source).scenario
    deployed, table = deployment(scenario), generate(scenario, 1)
    write_export(csv, table, simulate_reference(deployed, table), deployed, instant(scenario.start, scenario.timezone))
    export = read_export(csv)
    (found,) = chains(export, nobody(export))
    assert [export.workflows[place].name for place in (found.caller, found.called)] == ["split", "row"]
    assert found.probability == pytest.approx(0.8, abs=0.08)
    assert found.each == pytest.approx(3, abs=0.05)
    calibration = calibrate(export)
    (note,) = [note for note in calibration.notes if "docs/chains.md" in note]
    line = note.partition("add to split `calls: ")[2].partition("`")[0]
    (call,) = yaml.safe_load(line)
    assert (call["to"], call["count"]) == ("row", 3)
    text = yaml.safe_load(scenario_text(calibration, "again"))
    text["projects"]["clinic"]["workflows"]["split"]["calls"] = [call]
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(text, sort_keys=False))
    (again,) = load_scenario(tmp_path / "again.yaml").scenario.projects["clinic"].workflows["split"].calls
    assert again.mean_count == pytest.approx(2.4, rel=0.1)


def test_what_a_cron_makes_nobody_calls() -> None:
    """The same runs, once as webhooks and once as those of a cron."""
    ends = MONDAY + np.arange(1, 101) * 61_234_567
    inserted = np.concatenate([ends - 5 * SECOND, ends])
    finished = np.concatenate([ends, ends + SECOND])
    workflow = np.repeat([0, 1], 100).astype(np.int32)
    export = export_of(inserted, inserted, finished, workflow)
    assert [(one.caller, one.called, one.followed) for one in chains(export, nobody(export))] == [(0, 1, 100)]
    assert not chains(export, export.workflow == 1)


def test_whole_seconds_do_not_show_calls() -> None:
    ends = MONDAY + np.arange(1, 101) * 60 * SECOND
    workflow = np.repeat([0, 1], 100).astype(np.int32)
    export = export_of(np.concatenate([ends - 5 * SECOND, ends]), np.concatenate([ends - 5 * SECOND, ends]), np.tile(ends, 2), workflow)
    assert export.resolution == SECOND
    assert not chains(export, nobody(export))


def test_one_called_run_in_a_sentence() -> None:
    ends = MONDAY + np.arange(1, 101) * 61_234_567
    workflow = np.repeat([0, 1], 100).astype(np.int32)
    begins = np.concatenate([ends - 5 * SECOND, ends + 3 * MILLISECOND])
    export = export_of(begins, begins, np.concatenate([ends, ends + SECOND]), workflow)
    (note,) = chain_notes(export, chains(export, nobody(export)))
    assert note.startswith(
        "Runs of p/w1 come 3 ms after runs of p/w0 end: 100 of 100 ends are followed within 100 ms, and by chance 0 would be."
    )
    assert "add to w0 `calls: [{to: w1}]`" in note
    assert "take 100 % of its arrivals from w1" in note


# --- sharing ---


def shared(capacity: int, load: float, size: int = 1_500) -> Export:
    """Processor sharing by its definition: of n at work each gets min(1, capacity / n)."""
    random = np.random.default_rng(capacity)
    work = random.lognormal(1, 0.7, size)
    inserted = np.sort(random.uniform(0, work.sum() / capacity / load, size))
    finished, left, now, coming = np.zeros(size), dict[int, float](), 0.0, 0
    while coming < size or left:
        rate = min(1.0, capacity / max(len(left), 1))
        first = min(left, key=left.__getitem__, default=None)
        ends = np.inf if first is None else now + left[first] / rate
        until = min(ends, inserted[coming] if coming < size else np.inf)
        left = {run: todo - (until - now) * rate for run, todo in left.items()}
        now = until
        if until == ends and first is not None:
            finished[first] = now
            del left[first]
        else:
            left[coming], coming = work[coming], coming + 1
    begin, end = (MONDAY + np.rint(times * SECOND).astype(np.int64) for times in (inserted, finished))
    return export_of(begin, begin, end, random.integers(0, 2, size).astype(np.int32))


@pytest.mark.parametrize(("capacity", "load"), [(2, 0.6), (5, 0.8)])
def test_shared_services_are_fitted_with_the_capacity_that_they_share(tmp_path: Path, capacity: int, load: float) -> None:
    """R-2. The median of the work is 1 s times e; the whole calibration says what it does, and its scenario has both."""
    export = shared(capacity, load)
    found = sharing(export)
    assert sorted(one.workflow for one in found.growths) == [0, 1]
    assert {one.among for one in found.growths} == {"of all workflows"}
    assert all(one.times > 1.5 for one in found.growths)
    assert found.fitted == (SharedSystem("processors", (0, 1), capacity),)
    calibration = calibrate(export)
    (note,) = [note for note in calibration.notes if "docs/resources.md" in note]
    assert "(and 1 more workflow) grow with the number of runs that are at work" in note
    assert f"They are fitted as sharing (resource `shared`): {capacity} at once go at full speed, and more share that equally." in note
    (tmp_path / "shared.yaml").write_text(scenario_text(calibration, "shared"))
    scenario = load_scenario(tmp_path / "shared.yaml").scenario
    assert scenario.resources["shared"].processors == 1_000 * capacity
    for workflow in scenario.projects["p"].workflows.values():
        assert [use.resource for use in workflow.uses] == ["shared"]
        assert workflow.triggers[0].service.family.quantile(0.5) / SECOND == pytest.approx(np.e, rel=0.15)
    assert shared_systems(scenario, export) == found.fitted
    assert not chains(export, nobody(export))


def test_a_line_is_told_from_sharing() -> None:
    """R-1: 3 places, first come, first served. Half of the services would take 1 s times e."""
    random = np.random.default_rng(3)
    work = np.rint(random.lognormal(1, 0.7, 1_500) * SECOND).astype(np.int64)
    inserted = np.sort(random.uniform(0, work.sum() / 3 / 0.85, len(work))).astype(np.int64)
    finished = served(inserted, work, 3) + work
    export = export_of(*(MONDAY + one for one in (inserted, inserted, finished)), random.integers(0, 2, len(work)).astype(np.int32))
    found = sharing(export)
    assert found.fitted == (SharedSystem("concurrency", (0, 1), 3),)
    own = alone(export, found.fitted)
    assert np.median(own.finished_at - own.started_at) == pytest.approx(np.e * SECOND, rel=0.05)


@pytest.mark.parametrize("name", ["3 processors, one workflow", "2 cores a worker"])
def test_the_system_that_simulated_runs_share_is_found(name: str) -> None:
    """Also among workflows that share nothing, and where each worker has cores of its own (R-4)."""
    counted = fitted(SHARED[name], 1)
    assert counted["right"] == 1
    assert counted["capacity_error"] == pytest.approx(0, abs=0.05)
    assert counted["service_error"] == pytest.approx(0, abs=0.05)


def test_a_fit_with_sharing_behaves_like_its_export_and_one_without_does_not_follow_it_elsewhere(tmp_path: Path) -> None:
    """With half of the traffic runs hold each other up less. A fit without sharing cannot know that."""
    truth = SHARED["4 processors"]
    export = truth.export(1)
    found = calibrate(export, from_layout("*:30", 3))
    (tmp_path / "fit.yaml").write_text(scenario_text(found, "fit"))
    scenario = load_scenario(tmp_path / "fit.yaml").scenario
    check = check_fit(export, scenario, replications=9, engine="kernel")
    assert check.rejected == []
    names = [one.name for one in check.compared]
    assert "service p95, with what runs share" in names

    def halved(origin: Origin) -> float:
        rates = {f"projects.clinic.workflows.{name}.triggers.0.arrivals.poisson": f"{rate}/min" for name, rate in QUIETER.items()}
        loaded = load_scenario(origin, rates).scenario
        services = []
        for replication in range(3):
            table = generate(loaded, 1, replication)
            log = run_engine(deployment(loaded), table, engine="kernel")
            services.append(np.quantile((log.ended_at - log.started_at)[log.ended_at != NEVER], 0.95))
        return float(np.mean(services))

    known, predicted = halved(Source.of_text(truth.text, "truth.yaml")), halved(tmp_path / "fit.yaml")
    measured = float(np.quantile((export.finished_at - export.started_at)[export.finished_at != NEVER], 0.95))
    assert predicted == pytest.approx(known, rel=0.05)
    assert measured > 1.3 * known  # what a fit without sharing predicts


QUIETER = {"a": 12, "b": 11, "c": 10}


def test_sharing_that_may_as_well_be_time_is_said_with_the_lines_to_add_and_not_fitted() -> None:
    """Where many are at it for long and few for long, services that change with time look alike. The median of the work is 1 s times e."""
    export = shared(3, 0.9)
    found = sharing(export)
    assert found.explains
    assert not found.is_sure
    assert found.fitted == ()
    (note,) = sharing_notes(export, found)
    assert "services may as well change with time" in note
    (resources,) = yaml.safe_load(note.partition("add `resources: ")[2].partition("`")[0]).values()
    assert resources["processors"] == pytest.approx(3, abs=0.2)
    service = yaml.safe_load(note.partition("w0 `service: ")[2].partition("`")[0])["lognormal"]["median"]
    assert float(service.removesuffix("s")) == pytest.approx(np.e, rel=0.1)


def test_triggers_with_other_services_that_come_together_do_not_share() -> None:
    """Five long runs at every tick of a cron, claimed one a second, and short ones of a webhook of the same workflow. What comes together
    is long anyway."""
    random = np.random.default_rng(6)
    ticks = np.repeat(np.arange(0, 2 * HOUR, 300 * SECOND), 5)
    others = np.sort(random.integers(0, 2 * HOUR, 240))
    inserted = np.concatenate([ticks, others])
    started = np.concatenate([ticks + SECOND * (np.arange(len(ticks)) % 5), others])
    services = np.concatenate([np.full(len(ticks), 5 * SECOND), random.lognormal(0.7, 0.8, len(others)) * SECOND]).astype(np.int64)
    export = export_of(*(MONDAY + one for one in (inserted, started, started + services)), np.zeros(len(inserted), np.int32))
    assert sharing(export).fitted, "as if they were of one kind"
    found = calibrate(export)
    assert [trigger.keys["type"] for trigger in found.workflows[0].triggers] == ["cron", "webhook"]
    assert found.shared == ()
    assert not any("at work" in note for note in found.notes)


def test_what_no_system_explains_is_said_and_not_fitted() -> None:
    """Services that are longer by the number of runs at their start alone, whoever comes later."""
    random = np.random.default_rng(4)
    inserted = np.sort(random.uniform(0, 4_000, 2_000))
    finished = np.zeros(len(inserted))
    for run, at in enumerate(inserted):
        finished[run] = at + random.lognormal(0, 0.3) * (1 + (finished[:run] > at).sum()) ** 0.7
    begin, end = (MONDAY + np.rint(times * SECOND).astype(np.int64) for times in (inserted, finished))
    export = export_of(begin, begin, end, np.zeros(len(begin), np.int32))
    found = sharing(export)
    assert found.growths
    assert found.fitted == ()
    (note,) = sharing_notes(export, found)
    assert "fitted as if runs did not slow each other down" in note


def test_whole_seconds_and_starts_at_one_instant_show_sharing_too() -> None:
    export = shared(2, 0.6)
    coarse = replace(export, **{name: getattr(export, name) // SECOND * SECOND for name in ("inserted_at", "claimed_at", "started_at")})
    coarse = replace(coarse, finished_at=-(-export.finished_at // SECOND) * SECOND)
    (system,) = sharing(coarse).fitted
    assert 2 <= system.capacity <= 3  # services seem longer by up to 2 s, of 2.7


def test_a_worker_that_was_there_for_one_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has none among the runs from the middle that are judged."""
    monkeypatch.setattr("fastlanes_sim.calibration.shared_likelihood._MOST_JUDGED", 500)
    export = shared(2, 0.6)
    worker = np.zeros(len(export), np.int32)
    worker[0] = 1
    (system,) = sharing(replace(export, worker=worker)).likely
    assert 2 <= system.capacity <= 3


def test_work_by_hand() -> None:
    """One processor. Run 0 from 0 to 30 s, run 1 from 10 to 30 s: from 10 s on each has half of it. Then run 2 is alone."""
    begins, ends = (np.array(times) * SECOND for times in ((0, 10, 40), (30, 30, 45)))
    export = export_of(*(MONDAY + one for one in (begins, begins, ends)), np.zeros(3, np.int32))
    own = alone(export, [SharedSystem("processors", (0,), 1)])
    assert ((own.finished_at - own.started_at) // SECOND).tolist() == [20, 10, 5]
    assert (own.finished_at == export.finished_at).all()
    assert alone(export, ()) is export


def test_places_by_hand() -> None:
    """One place. Run 0 has it from 0 to 10 s, run 1 comes at 5 s and ends at 14 s: it has had it for 4 s. What never ended shares, too."""
    begins, ends = (np.array(times) * SECOND for times in ((0, 5, 20), (10, 14, 22)))
    export = export_of(*(MONDAY + one for one in (begins, begins, ends)), np.zeros(3, np.int32))
    own = alone(export, [SharedSystem("concurrency", (0,), 1)])
    assert ((own.finished_at - own.started_at) // SECOND).tolist() == [10, 4, 2]


def test_a_rejected_fit_with_cores_is_explained_by_what_differs_and_not_by_its_workers(tmp_path: Path) -> None:
    """R-4, R-7. The services of the export's own runs include what these lost by sharing: with cores once more, they would wait without
    end. The traffic of this fit is more than was measured."""
    export = SHARED["2 cores a worker"].export(1)
    (tmp_path / "fit.yaml").write_text(scenario_text(calibrate(export, from_layout("*:8", 3)), "fit"))
    busier = load_scenario(tmp_path / "fit.yaml", {"projects.clinic.workflows.a.triggers.0.arrivals.poisson": "60/min"}).scenario
    assert all(group.cores is not None for group in busier.workers)
    check = check_fit(export, busier, replications=7, engine="kernel")
    assert any(one.metric == "wait" for one in check.rejected)
    causes = [one.words for one in check.causes]
    assert any(words.startswith("the arrivals: ") for words in causes)
    assert not any(words.startswith("the workers: ") for words in causes)


def test_cores_of_a_deployment_are_left_out_because_measured_services_include_what_they_cost(tmp_path: Path) -> None:
    """R-7 says the same of resources."""
    (tmp_path / "with_cores.yaml").write_text(SHARED["2 cores a worker"].text)
    deployed = from_scenario(tmp_path / "with_cores.yaml")
    assert "cores" in deployed.left_out
    assert all("cores" not in group for group in deployed.workers)


def test_services_that_follow_the_hour_are_not_shared() -> None:
    """Many runs at once, and long ones, in the same hours: what the hour explains is taken out."""
    random = np.random.default_rng(1)
    hour = np.repeat(np.arange(24), 100)
    busy = hour % 24 >= 12
    inserted = MONDAY + hour * HOUR + random.integers(0, HOUR, len(hour))
    services = (random.lognormal(1, 0.5, len(hour)) * np.where(busy, 40, 4) * SECOND).astype(np.int64)
    order = np.argsort(inserted)
    export = export_of(inserted[order], inserted[order], (inserted + services)[order], np.zeros(len(hour), np.int32))
    assert not sharing(export).growths
