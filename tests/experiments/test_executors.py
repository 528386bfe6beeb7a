"""Jobs here and in processes: the same values in the same order, and what goes wrong takes only its own job with it."""

from __future__ import annotations

import inspect
import os
import threading
from pathlib import Path

import pytest
from joblib.externals.loky import process_executor

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.interruption import Interrupted, interrupts
from fastlanes_sim.experiments import joblib_executor
from fastlanes_sim.experiments.executors import Executor, map_jobs, run_jobs
from fastlanes_sim.experiments.jobs import JobError
from tests.support import jobs

HERE, TWO, THREE = Executor(1), Executor(2), Executor(3)


@pytest.mark.parametrize("executor", [None, HERE, TWO, THREE])
def test_values_stand_in_the_order_of_the_items(executor: Executor | None):
    assert map_jobs(jobs.square, range(40), executor=executor) == [number**2 for number in range(40)]


def test_an_interruption_behind_the_last_value_is_seen_by_who_wants_all_values():
    """The list is shorter than the items."""

    def at_the_end(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    assert map_jobs(jobs.square, range(3), executor=HERE, progress=at_the_end) == [0, 1]


def test_an_interruption_of_which_another_error_was_made_is_no_failure_of_the_job(monkeypatch: pytest.MonkeyPatch):
    """As Python 3.11 does where a class is being made (`__set_name__`)."""

    def job(number: int) -> int:
        if number == 2:
            try:
                raise Interrupted
            except KeyboardInterrupt as error:
                raise RuntimeError("Error calling __set_name__") from error
        return number

    monkeypatch.setattr(interrupts, "has_raised", True)
    done = run_jobs(job, range(5), executor=HERE)
    assert (done.values, done.failures, done.interrupted) == ({0: 0, 1: 1}, {}, True)


def test_short_work_stays_in_this_process_and_processes_are_others():
    assert set(map_jobs(jobs.where, range(20))) == {os.getpid()}
    assert os.getpid() not in map_jobs(jobs.where, range(20), executor=TWO)


@pytest.mark.parametrize("executor", [HERE, TWO])
def test_a_job_that_raises_is_named_and_all_others_are_done(executor: Executor):
    done = run_jobs(jobs.poisoned, range(10), executor=executor)
    assert sorted(done.values) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert done.failures[3].message == "ZeroDivisionError: three"
    assert "poisoned" in done.failures[3].traceback


def test_who_wants_all_values_gets_the_error():
    with pytest.raises(JobError, match="three"):
        map_jobs(jobs.poisoned, range(10))
    with pytest.raises(FastlanesError, match="three is too many"):
        map_jobs(jobs.refused, range(10), executor=TWO)


def test_a_process_that_dies_takes_no_job_with_it(tmp_path: Path):
    done = run_jobs(jobs.deadly_once, [(number, str(tmp_path)) for number in range(12)], executor=TWO)
    assert (tmp_path / "died").exists()
    assert [done.values[place] for place in range(12)] == list(range(12))
    assert not done.failures


def test_a_job_that_kills_its_process_again_is_to_blame_alone():
    done = run_jobs(jobs.deadly, range(12), executor=TWO)
    assert sorted(done.values) == [number for number in range(12) if number != 3]
    assert "died" in done.failures[3].message


@pytest.mark.parametrize("executor", [HERE, TWO])
def test_interrupted_it_keeps_what_is_done(executor: Executor):
    kept: list[int] = []

    def interrupt(done: int, total: int) -> None:
        assert total == 50
        if done == 5:
            raise KeyboardInterrupt

    done = run_jobs(jobs.square, range(50), executor=executor, keep=lambda place, value: kept.append(place), progress=interrupt)
    assert done.interrupted
    assert len(done.values) == 5
    assert sorted(done.values) == sorted(kept)


def test_it_is_ready_once_before_the_first_job_and_not_at_all_without_one():
    calls: list[str] = []
    run_jobs(jobs.square, range(3), ready=lambda: calls.append("ready"))
    run_jobs(jobs.square, [], ready=lambda: calls.append("ready"))
    assert calls == ["ready"]


@pytest.mark.parametrize(("processes", "scheduler"), [(0, None), (2, "tcp://127.0.0.1:1")])
def test_a_pool_that_makes_no_sense_is_refused(processes: int, scheduler: str | None):
    with pytest.raises(FastlanesError):
        Executor(processes, scheduler)


def test_where_processes_cannot_share_memory_there_is_one(monkeypatch, capsys):
    from fastlanes_sim.core.once import say_once
    from fastlanes_sim.experiments import joblib_executor

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joblib_executor, "get_reusable_executor", full)
    say_once.cache_clear()
    answers = list(joblib_executor.in_processes(abs, [(0, -1), (1, -2)], 2))
    assert answers == [(0, 1), (1, 2)]
    assert "one process instead of 2: processes cannot share memory here (No space left on device)" in capsys.readouterr().err


def test_of_a_shutdown_only_the_thread_that_hands_jobs_on_may_fail_silently(monkeypatch: pytest.MonkeyPatch):
    """It looked for a job that SIGTERM had taken away: `KeyError: 150`, once in 3,325 signals."""
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: told.append(failed.thread.name))
    with joblib_executor._manager_may_stumble():
        for name in (joblib_executor._MANAGER, "another"):
            thread = threading.Thread(target={}.__getitem__, args=(150,), name=name)
            thread.start()
            thread.join()
    assert told == ["another"]
    manager = process_executor._ExecutorManagerThread
    assert joblib_executor._MANAGER in inspect.getsource(manager.__init__)
