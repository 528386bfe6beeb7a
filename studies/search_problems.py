"""Ten small questions whose best layout brute force can find: what arrives, what must hold, what may be deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastlanes_sim.experiments.search import Prices

_IDEAL = "startup: 0s\nnetwork: {request: 0s, database: 0s, reply: 0s, notification: 0s}\n"
_SYNC = "{type: webhook, reply: after_completion, arrivals: %s, service: %s}"


@dataclass(frozen=True)
class Problem:
    name: str
    triggers: Sequence[str]
    slos: Sequence[str]
    slots: Sequence[int]
    replicas: Sequence[int] | None = None
    prices: Prices = field(default_factory=Prices)
    ideal: bool = True
    """Servers of queueing theory, or the real worker with its claims and polls."""

    def write(self, folder: Path) -> Path:
        workflows = "\n".join(f"      w{number}: {{triggers: [{trigger}]}}" for number, trigger in enumerate(self.triggers))
        slos = "\n".join(f"  - {slo}" for slo in self.slos)
        worker = '{workloops: "manual>*:1", dispatch: ideal}' if self.ideal else '{workloops: "manual>*:1", backoff: "0.5/5"}'
        path = folder / f"{self.name}.yaml"
        path.write_text(
            f"horizon: 20m\n{_IDEAL if self.ideal else 'startup: {constant: 300ms}'}\n"
            f"projects:\n  p:\n    workflows:\n{workflows}\nworkers: [{worker}]\nslos:\n{slos}\n"
        )
        return path


def _sync(arrivals: str, service: str) -> str:
    return _SYNC % (arrivals, service)


def _async(arrivals: str, service: str) -> str:
    return f"{{type: webhook, arrivals: {arrivals}, service: {service}}}"


PROBLEMS = [
    Problem(
        "two_lanes",
        [_sync("{poisson: 20/min}", "{exponential: {mean: 2s}}"), _async("{poisson: 15/min}", "{exponential: {mean: 6s}}")],
        ["p95(fast_lane.wait) < 2s", "p95(default.wait) < 20s", "lost == 0"],
        range(1, 7),
    ),
    Problem(
        "quick_requests",
        [_sync("{poisson: 40/min}", "{exponential: {mean: 500ms}}"), _async("{poisson: 10/min}", "{exponential: {mean: 10s}}")],
        ["p99(fast_lane.wait) < 1s", "p95(default.wait) < 40s"],
        range(1, 7),
    ),
    Problem(
        "slow_requests",
        [_sync("{poisson: 8/min}", "{exponential: {mean: 8s}}"), _async("{poisson: 8/min}", "{exponential: {mean: 8s}}")],
        ["p95(fast_lane.response) < 28s", "p95(default.response) < 80s"],
        range(1, 7),
    ),
    Problem(
        "three_lanes",
        [
            _sync("{poisson: 10/min}", "{exponential: {mean: 2s}}"),
            "{type: manual, arrivals: {poisson: 6/min}, service: {exponential: {mean: 4s}}}",
            _async("{poisson: 10/min}", "{exponential: {mean: 6s}}"),
        ],
        ["p95(fast_lane.wait) < 2s", "p95(manual.wait) < 6s", "p95(default.wait) < 30s"],
        range(1, 5),
    ),
    Problem(
        "workers_cost",
        [_sync("{poisson: 20/min}", "{exponential: {mean: 2s}}"), _async("{poisson: 20/min}", "{exponential: {mean: 6s}}")],
        ["p95(fast_lane.wait) < 1s", "p95(default.wait) < 30s"],
        range(1, 6),
        replicas=(1, 2),
        prices=Prices(1, 2),
    ),
    Problem(
        "share_of_late",
        [_sync("{poisson: 20/min}", "{exponential: {mean: 3s}}"), _async("{burst: {size: 20, every: 5m, first: 1m}}", "5s")],
        ["share(fast_lane.response > 10s) <= 10%", "p95(default.wait) < 1m"],
        range(1, 7),
    ),
    Problem(
        "batch",
        [_sync("{poisson: 6/min}", "{exponential: {mean: 3s}}"), '{type: cron, cron: "*/5 * * * *", runs_per_tick: 15, service: 10s}'],
        ["p95(fast_lane.wait) < 4s", "p95(default.wait) < 70s"],
        range(1, 7),
    ),
    Problem(
        "real_two_lanes",
        [_sync("{poisson: 15/min}", "{exponential: {mean: 2s}}"), _async("{poisson: 15/min}", "{exponential: {mean: 6s}}")],
        ["p95(fast_lane.wait) < 5s", "p95(default.wait) < 30s"],
        range(1, 7),
        ideal=False,
    ),
    Problem(
        "real_batch",
        [_sync("{poisson: 6/min}", "{exponential: {mean: 2s}}"), '{type: cron, cron: "*/5 * * * *", runs_per_tick: 10, service: 8s}'],
        ["p95(fast_lane.wait) < 6s", "p95(default.wait) < 80s"],
        range(1, 7),
        ideal=False,
    ),
    Problem(
        "real_workers",
        [_sync("{poisson: 20/min}", "{exponential: {mean: 2s}}"), _async("{poisson: 10/min}", "{exponential: {mean: 8s}}")],
        ["p95(fast_lane.wait) < 3s", "p95(default.wait) < 40s"],
        range(1, 5),
        replicas=(1, 2),
        prices=Prices(1, 1),
        ideal=False,
    ),
]
