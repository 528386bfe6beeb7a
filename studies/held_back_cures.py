"""Fifteen more situations of one known cure, or of none, that were written after the remedies and not used to make them.

The cure of each was written down, and shown to be one (`KnownCure.proof`), before advice was asked for. `python -m studies.held_back_cures`
counts how often advice names it first; what the first count was is in docs/attribution.md.
"""

from __future__ import annotations

from studies.small_scenarios import KnownCure, asynchronous, burst, crons, scenario, sync

_SHARED_LIMIT = "  p:\n    concurrency: 3\n    workflows:\n"
_MANUAL = "      press: {triggers: [{type: manual, arrivals: {poisson: 1/min}, service: 5s}]}\n"
_IN_BURSTS = (
    "      ask: {triggers: [{type: webhook, reply: after_completion, service: 10s,"
    " arrivals: {burst: {size: 60, every: 20m, first: 5m}}}]}\n"
)
_RARE = "      send: {triggers: [{type: webhook, arrivals: {every: 10m}, service: 10s}]}\n"

HELD_BACK = (
    KnownCure(
        "strict priority starves the rest",
        "Workers take the urgent queue as long as there is anything in it; whoever is in the ordinary queue waits for its end.",
        scenario(
            _IN_BURSTS + asynchronous("1/min", "5s"),
            'workloops: "fast_lane>*:3"',
            '"p95(default.wait) < 60s", "p95(fast_lane.wait) < 6m"',
        ),
        ("workers.0.workloops=default:", "workers.0.workloops=default>"),
        reports=("ecosyste-ms/packages#1803", "sidekiq/sidekiq#3934"),
        proof={"workers.0.workloops": "default:1 fast_lane>*:2"},
    ),
    KnownCure(
        "questions and batches under one limit",
        "A project may have three runs at once, and its own batch has them all. Its questions wait, though slots are free.",
        scenario(
            _SHARED_LIMIT + asynchronous("2/min", "2s", "ask") + burst(40, "60s").replace("bulk_retry", "webhook"),
            'workloops: "*:20"',
            '"p95(workflow.p.ask.wait) < 10s"',
        ),
        ("projects.p.workflows.ask.concurrency", "projects.p.workflows.batch.concurrency", "projects.p.concurrency"),
        proof={"projects.p.workflows.ask.concurrency": 3},
    ),
    KnownCure(
        "a workflow limit below its load",
        "Two at once, and a new one every twenty seconds that takes a minute: its queue grows for ever beside idle slots.",
        scenario(
            asynchronous("3/min", "60s", "import").replace("{triggers", "{concurrency: 2, triggers") + asynchronous("1/min", "2s"),
            'workloops: "manual>*:10"',
            '"p95(workflow.p.import.wait) < 60s"',
        ),
        ("projects.p.workflows.import.concurrency",),
        proof={"projects.p.workflows.import.concurrency": 6},
    ),
    KnownCure(
        "schedules every five minutes",
        "Forty workflows poll something every five minutes, all of them in the same minute; events that come then wait for them.",
        scenario(
            asynchronous("2/min", "2s") + crons("5s", 40, cron="*/5 * * * *"),
            'workloops: "manual>*:4"',
            '"p95(workflow.p.send.wait) < 15s"',
        ),
        ("projects.p.workflows.report.triggers.0.spread",),
        reports=("n8n-io/n8n#20444",),
        proof={"projects.p.workflows.report.triggers.0.spread": "5m"},
    ),
    KnownCure(
        "scaled to zero",
        "A job comes every ten minutes, and each finds no worker: it waits for the scaler's poll and for a pod to start.",
        scenario(
            _RARE,
            'workloops: "manual>*:5", autoscaling: {min: 0, max: 5, runs_per_replica: 5, start_up: 60s, cool_down: 2m}',
            '"p95(default.wait) < 30s"',
        ),
        ("workers.0.autoscaling.min",),
        reports=("temporalio/temporal-worker-controller#547", "kedacore/keda#3426"),
        proof={"workers.0.autoscaling.min": 1},
    ),
    KnownCure(
        "people behind the backlog",
        "Somebody presses Run and watches; the workers are busy with a backlog that nobody watches.",
        scenario(_MANUAL + burst(60, "{exponential: {mean: 30s}}"), 'workloops: "fast_lane>*:5"', '"p95(manual.wait) < 30s"'),
        ("workers.0.workloops=manual>", "workers.0.workloops=fast_lane>manual>", "workers.0.workloops=manual:"),
        reports=("teamsempo/SempoBlockchain#142", "transitland/transitland-datastore#1078"),
        proof={"workers.0.workloops": "manual>fast_lane>*:5"},
    ),
    KnownCure(
        "long reports before short jobs",
        "A dozen reports of ten minutes take every worker of a queue; jobs of seconds wait for half an hour.",
        scenario(
            asynchronous("1/min", "2s") + burst(12, "10m", at="[10m]"), 'workloops: "manual>*:4"', '"p95(workflow.p.send.wait) < 20s"'
        ),
        ("projects.p.workflows.batch.concurrency",),
        reports=("celery/celery#1591", "OpenTreeMap/otm-core#1944"),
        proof={"projects.p.workflows.batch.concurrency": 3},
    ),
    KnownCure(
        "a limit and slots that are both full",
        "A workflow may run three at once on four slots; sixty jobs of a minute come together. More of one alone changes little.",
        scenario(burst(60, "60s", at="[10m]", more="concurrency: 3, "), 'workloops: "manual>*:4"', '"p95(default.wait) < 8m"'),
        (
            "projects.p.workflows.batch.concurrency + workers.0.workloops",
            "projects.p.workflows.batch.concurrency + workers.0.replicas",
        ),
        proof={"projects.p.workflows.batch.concurrency": 10, "workers.0.workloops": "manual>*:10"},
    ),
    KnownCure(
        "an autoscaler with too low a ceiling",
        "The fleet grows at once, and stops at two workers while sixty jobs wait.",
        scenario(
            burst(60, "60s", at="[10m, 60m]"),
            'workloops: "manual>*:2", autoscaling: {min: 1, max: 2, runs_per_replica: 2, poll: 15s, start_up: 10s}',
            '"p95(default.wait) < 8m"',
        ),
        ("workers.0.autoscaling.max",),
        reports=("github-aws-runners/terraform-aws-github-runner#3105",),
        proof={"workers.0.autoscaling.max": 6},
    ),
    KnownCure(
        "a crash loses what was running",
        "The process is killed for its memory. What it held is lost, whatever the queue is set to.",
        scenario(asynchronous("2/min", "60s"), 'workloops: "manual>*:5", crashes: [{at: 30m}]', '"lost == 0"', horizon="1h"),
        (),
        reports=("sidekiq/sidekiq#6829", "resque/resque#300"),
    ),
    KnownCure(
        "reports that wait for each other",
        "Forty reports are due on the hour. Nobody else is there: they wait for each other, and could be due one after the other.",
        scenario(crons("30s", 40), 'workloops: "manual>*:4"', '"p95(default.wait) < 60s"', horizon="4h"),
        ("projects.p.workflows.report.triggers.0.spread",),
        proof={"projects.p.workflows.report.triggers.0.spread": "30m"},
    ),
    KnownCure(
        "one reserved worker, and callers who ask again",
        "Requests have one worker of their own, which is nearly full; nine others idle and may not help. Callers time out and ask again.",
        scenario(
            sync("6/min", "8s, callers: {attempts: 3}") + asynchronous("2/min", "20s"),
            'workloops: "fast_lane:1 manual>default:9"',
            '"fast_lane.gateway_timeouts == 0"',
        ),
        ("workers.0.workloops=fast_lane:1 manual>default>fast_lane", "workers.0.workloops=fast_lane:1 fast_lane>"),
        proof={"workers.0.workloops": "fast_lane:1 manual>default>fast_lane:9"},
    ),
    KnownCure(
        "far more than is needed",
        "Everything is met, with twenty slots for the work of one.",
        scenario(
            sync("1/min", "2s") + asynchronous("1/min", "10s"),
            'workloops: "fast_lane:5 manual>*:15"',
            '"p95(fast_lane.wait) < 10s"',
            horizon="1h",
        ),
        (),
    ),
    KnownCure(
        "two troubles at once",
        "Requests wait behind a batch; and another project waits for its own limit. Each needs a change of its own.",
        scenario(
            "  a:\n    workflows:\n"
            + sync("2/min", "2s")
            + burst(60, "20s", at="[10m]")
            + "  b:\n    concurrency: 1\n    workflows:\n"
            + asynchronous("0.5/min", "90s"),
            'workloops: "manual>*:6"',
            '"p99(fast_lane.wait) < 15s", "p95(project.b.wait) < 60s"',
        ),
        ("workers.0.workloops=fast_lane>", "projects.b.concurrency", "projects.b.workflows.send.concurrency"),
        proof={"workers.0.workloops": "fast_lane>manual>*:6", "projects.b.concurrency": 4},
    ),
    KnownCure(
        "a tenant with many batch workflows",
        "One tenant starts six batches at once. A limit for one of them is not enough: the tenant as a whole must leave room.",
        scenario(
            "  noisy:\n    workflows:\n"
            + "".join(burst(40, "60s", f"batch_{number}", at="[10m]") for number in range(6))
            + "  quiet:\n    workflows:\n"
            + asynchronous("1/min", "2s"),
            'workloops: "manual>*:8"',
            '"p95(project.quiet.wait) < 30s"',
        ),
        ("projects.noisy.concurrency", "lightning.run_queue"),
        reports=("postel-sh/postel#126", "huridocs/uwazi#8062"),
        proof={"projects.noisy.concurrency": 7},
    ),
)


def main() -> None:
    from fastlanes_sim.api.verbs import advise, simulate
    from fastlanes_sim.measures.judge import overall

    right = 0
    for known in HELD_BACK:
        before = simulate(known.scenario)
        proof = overall(simulate(known.scenario, overrides=known.proof).verdicts) if known.proof else "none"
        advice = advise(before)
        remedies = [one.remedy for one in advice]
        ok = all(known.is_cured_by(None if one is None else one.step.overrides) for one in remedies)
        right += ok
        print(f"{'right' if ok else 'WRONG'}: {known.name} (without: {overall(before.verdicts)}, with the known cure: {proof})")
        for one in remedies:
            print(f"    {'no remedy' if one is None else one.text}")
    print(f"{right} of {len(HELD_BACK)} named first")


if __name__ == "__main__":
    main()
