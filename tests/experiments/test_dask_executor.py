"""A Dask cluster of separate processes: the same values, also when one of its workers is killed at work."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.api import verbs
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments import dask_executor
from fastlanes_sim.experiments.executors import Executor, map_jobs, run_jobs
from fastlanes_sim.experiments.replicate import replicate
from fastlanes_sim.scenario.load import load_scenario
from tests.support import jobs
from tests.support.sweeping import SCENARIO

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "scenarios" / "quickstart.yaml"
distributed: Any = pytest.importorskip("distributed")


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(dashboard_address=":0", n_workers=2, threads_per_worker=1, processes=True) as cluster:
        yield cluster


class Killer:
    """Kills a worker of the cluster when so many jobs are done."""

    def __init__(self, cluster: Any, at: int) -> None:
        self._cluster, self._at = cluster, at
        self.killed = False

    def __call__(self, done: int, total: int) -> None:
        if done == self._at:
            os.kill(next(iter(self._cluster.workers.values())).pid, signal.SIGKILL)
            self.killed = True


def test_what_dask_logs_about_connections_is_not_shown(caplog: pytest.LogCaptureFixture):
    """It logs a traceback where an interruption ends a connection that it reads from."""
    names = ("distributed.client", "distributed.comm.tcp", "tornado.application", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    others = logging.getLogger("somebody.else")
    for one in loggers:
        one.addHandler(caplog.handler)
    try:
        with dask_executor._silent_loggers():
            for one in (*loggers, others):
                one.error("said by %s", one.name)
        assert [record.name for record in caplog.records] == ["somebody.else"]
        loggers[0].error("said again")
        assert caplog.records[-1].message == "said again"
    finally:
        for one in loggers:
            one.removeHandler(caplog.handler)


def test_a_killed_worker_takes_no_job_with_it(cluster: Any):
    kill_one = Killer(cluster, 10)
    executor = Executor(scheduler=cluster.scheduler_address)
    assert map_jobs(jobs.slow_square, range(40), executor=executor, progress=kill_one) == [number**2 for number in range(40)]
    assert kill_one.killed


def test_a_job_that_raises_or_kills_its_workers_is_named_and_all_others_are_done(cluster: Any):
    executor = Executor(scheduler=cluster.scheduler_address)
    done = run_jobs(jobs.poisoned, range(6), executor=executor)
    assert done.failures[3].message == "ZeroDivisionError: three"
    done = run_jobs(jobs.deadly_on_cluster, range(6), executor=executor)
    assert sorted(done.values) == [0, 1, 2, 4, 5]
    assert "died" in done.failures[3].message


def test_replications_are_the_same_here_in_processes_and_on_a_cluster_that_loses_a_worker(cluster: Any):
    """Equal to the last bit: means, bounds and the order of replications."""
    kill_one = Killer(cluster, 5)
    loaded = load_scenario(QUICKSTART)
    here, spread = (replicate(loaded, 12, executor=Executor(processes)) for processes in (1, 2))
    far = replicate(loaded, 12, executor=Executor(scheduler=cluster.scheduler_address), progress=kill_one)
    assert kill_one.killed
    assert here.frame.to_csv() == spread.frame.to_csv() == far.frame.to_csv()
    assert len(here.values) == 12


def test_a_sweep_has_the_same_bytes_here_and_on_a_cluster_that_loses_a_worker(cluster: Any, tmp_path: Path):
    kill_one = Killer(cluster, 10)
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(SCENARIO)
    over = ["workers.0.replicas=1..10", "traffic=1..3"]
    far = verbs.sweep(
        scenario, over, 2, store=tmp_path / "far.sqlite", scheduler=cluster.scheduler_address, engine="reference", progress=kill_one
    )
    here = verbs.sweep(scenario, over, 2, store=tmp_path / "here.sqlite", processes=1, engine="reference")
    assert kill_one.killed
    assert [len(point.values) for point in far.points] == [2] * 30
    files = [found.write(tmp_path / name, charts=False) for name, found in (("far", far), ("here", here))]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


@pytest.mark.timeout(120)
def test_when_the_last_worker_dies_it_says_so_and_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Dask itself would wait for ever for another one."""
    monkeypatch.setattr("fastlanes_sim.experiments.dask_executor._LOOK", 0.1)
    with distributed.LocalCluster(dashboard_address=":0", n_workers=0) as alone:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", alone.scheduler_address, "--no-nanny", "--nthreads", "1"]
        worker = subprocess.Popen([*command, "--no-dashboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)

        def kill_the_last(done: int, total: int) -> None:
            if done == 5:
                worker.kill()  # there is no nanny who would start it again

        with distributed.Client(alone.scheduler_address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=30)
        monkeypatch.setattr("fastlanes_sim.experiments.dask_executor._PATIENCE", 2)
        try:
            done = run_jobs(jobs.slow_square, range(1_000), executor=Executor(scheduler=alone.scheduler_address), progress=kill_the_last)
        finally:
            worker.kill()
            worker.wait()
    assert done.interrupted
    assert 5 <= len(done.values) < 1_000
    assert not done.failures
    assert "has no worker any more" in capsys.readouterr().err


def test_a_worker_that_dies_before_the_first_job_is_said():
    class Client:
        def wait_for_workers(self, count: int, timeout: float) -> None:
            pass

        def run(self, function: Any) -> Any:
            raise distributed.comm.CommClosedError("Stream is closed")

    with pytest.raises(FastlanesError, match=r"died before the first job \(Stream is closed\)\n    hint: start the same command again"):
        dask_executor._prepare(Client(), "tcp://host:8786", None)


def test_nobody_at_the_address_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.experiments.dask_executor._PATIENCE", 1)
    with pytest.raises(FastlanesError, match="no Dask scheduler answers"):
        map_jobs(jobs.square, range(3), executor=Executor(scheduler="tcp://127.0.0.1:9"))


@pytest.mark.parametrize(
    "address",
    ["", "garbage", "tcp://:", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://host:1:2", "http://host:8786",
     "inproc://x", "tcp://a b:1", "tcp://host:٣", "host:8786\n", "x" * 100_000, "[red]:x", "\x1b[31m:1"],
)  # fmt: skip
def test_what_is_no_address_is_said_before_anything_is_simulated(address: str):
    with pytest.raises(FastlanesError, match=r"is not the address of a Dask scheduler\n    hint: ") as caught:
        Executor(scheduler=address)
    assert len(str(caught.value)) < 200
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["host:8786", "tcp://10.0.0.1:8786", "tls://a-b.example.org:1", "tcp://[::1]:65535", "tcp://host:8786/"]
)
def test_addresses(address: str):
    assert Executor(scheduler=address).scheduler == address


def test_an_encrypted_address_needs_certificates():
    with pytest.raises(FastlanesError, match=r"needs certificates.*\n    hint: "):
        map_jobs(jobs.square, range(3), executor=Executor(scheduler="tls://127.0.0.1:9"))
