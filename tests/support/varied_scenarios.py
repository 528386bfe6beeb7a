"""Twenty-two scenarios, as different as the schema allows. Tests calibrate their exports and simulate them again."""

from __future__ import annotations

from typing import Any


def _webhook(arrivals: dict[str, Any], service: Any, reply: str = "after_completion", **more: Any) -> dict[str, Any]:
    return {"type": "webhook", "reply": reply, "arrivals": arrivals, "service": service} | more


def _cron(expression: str, runs: int, service: Any, **more: Any) -> dict[str, Any]:
    return {"type": "cron", "cron": expression, "runs_per_tick": runs, "service": service} | more


def _manual(arrivals: dict[str, Any], service: Any, kind: str = "manual", **more: Any) -> dict[str, Any]:
    return {"type": kind, "arrivals": arrivals, "service": service} | more


def _lognormal(median: str, p95: str) -> dict[str, Any]:
    return {"lognormal": {"median": median, "p95": p95}}


def _one(*triggers: dict[str, Any], layout: str = "fast_lane:1 manual>*:4", horizon: str = "6h", **settings: Any) -> dict[str, Any]:
    workflows = {f"w{number}": {"triggers": [trigger]} for number, trigger in enumerate(triggers)}
    return {"horizon": horizon, "projects": {"p": {"workflows": workflows}}, "workers": [{"workloops": layout}]} | settings


SYNC = _webhook({"poisson": "2/min"}, _lognormal("2s", "8s"))
HOURLY = _cron("0 * * * *", 20, {"exponential": {"mean": "20s"}})

VARIED: dict[str, dict[str, Any]] = {
    "a pinned slot beside an hourly batch": _one(SYNC, HOURLY),
    "one pool for everything": _one(SYNC, HOURLY, layout="manual>*:5"),
    "before Fast Lanes": _one(SYNC, HOURLY, layout="manual>*:5", lightning={"ruleset": "pre-4515"}),
    "no notifications": _one(SYNC, HOURLY, lightning={"broadcast_work_available": False}),
    "a slow poll": _one(SYNC, HOURLY, workers=[{"workloops": "fast_lane:1 manual>*:4", "backoff": "5/30"}]),
    "batches every ten minutes": _one(SYNC, _cron("*/10 * * * *", 12, _lognormal("20s", "60s"))),
    "two batches that meet": _one(_cron("*/15 * * * *", 8, _lognormal("8s", "20s")), _cron("*/20 * * * *", 8, "10s"), SYNC),
    "gamma": _one(_webhook({"poisson": "6/min"}, {"gamma": {"mean": "6s", "shape": 3.0}}, "before_start"), layout="*:2"),
    "a light Weibull": _one(_webhook({"poisson": "6/min"}, {"weibull": {"mean": "12s", "shape": 2.0}}, "before_start"), layout="*:3"),
    "a heavy Weibull": _one(_webhook({"poisson": "4/min"}, {"weibull": {"mean": "8s", "shape": 0.7}}, "before_start"), layout="*:3"),
    "exponential": _one(_webhook({"poisson": "5/min"}, {"exponential": {"mean": "10s"}}, "before_start"), layout="*:3"),
    "two kinds of runs in one workflow": _one(
        _webhook({"poisson": "4/min"}, {"empirical": {"values": ["1s", "2s", "40s"], "weights": [5, 4, 1]}}, "before_start"), layout="*:3"
    ),
    "constant times": _one(_webhook({"every": "7s"}, "12s", "before_start"), SYNC, layout="fast_lane:1 *:3"),
    "working hours": _one(
        _webhook({"piecewise": {"00:00": "1/min", "08:00": "8/min", "18:00": "1/min"}}, _lognormal("6s", "20s"), "before_start"),
        layout="*:2",
        horizon="24h",
    ),
    "a flood of retries": _one(
        SYNC, _manual({"burst": {"size": 60, "over": "5s", "every": "1h", "first": "10m"}}, {"exponential": {"mean": "10s"}}, "bulk_retry")
    ),
    "people who click": _one(SYNC, HOURLY, _manual({"poisson": "1/min"}, _lognormal("4s", "15s")), layout="fast_lane:1 manual>*:3"),
    "a project's limit": _one(SYNC, HOURLY) | {
        "projects": {
            "p": {
                "concurrency": 2,
                "workflows": {"a": {"triggers": [_cron("*/30 * * * *", 15, _lognormal("10s", "30s"))]}, "b": {"triggers": [SYNC]}},
            }
        }
    },
    "a workflow's limit": _one(SYNC, HOURLY) | {
        "projects": {
            "p": {
                "workflows": {
                    "a": {"concurrency": 1, "triggers": [_webhook({"poisson": "3/min"}, _lognormal("6s", "20s"), "before_start")]},
                    "b": {"triggers": [SYNC]},
                }
            }
        }
    },
    "three workers": _one(
        _webhook({"poisson": "30/min"}, _lognormal("5s", "15s"), "before_start"), SYNC, HOURLY, horizon="2h",
        workers=[{"workloops": "fast_lane:1 manual>*:2", "replicas": 3, "stagger": "300ms"}],
    ),
    "a slow start-up": _one(SYNC, HOURLY, startup=_lognormal("1s", "4s")),
    "runs killed at their timeout": _one(
        _webhook({"poisson": "2/min"}, _lognormal("15s", "90s"), "before_start"), lightning={"run_timeout": "60s"}, layout="*:2"
    ),
    "many workflows alike": _one(SYNC) | {
        "projects": {
            "p": {"workflows": {"sync": {"copies": 12, "triggers": [_cron("*/10 * * * *", 1, _lognormal("20s", "60s"))]}}},
            "q": {"workflows": {"register": {"triggers": [SYNC]}}},
        }
    },
}  # fmt: skip
"""Its question -> the scenario's tree."""
