"""Situations of one known cure, or of none: small scenarios, each with the setting that an engineer would change first.

Many of them retell public reports about job queues (docs/gallery.md). The cure is known because the situation was built around it: without
it an objective is missed, with it all are met, and nothing cheaper does it.
"""

from __future__ import annotations

from studies.small_scenarios import KnownCure, asynchronous, burst, crons, scenario, sync

FAST = '"p95(fast_lane.wait) < 10s"'
ALL = (
    KnownCure(
        "requests behind batches",
        "Every slot takes the oldest job first: a burst of long batch jobs starves the quick requests that people wait for.",
        scenario(
            sync("2/min", "2s") + burst(60, "{exponential: {mean: 30s}}"),
            'workloops: "manual>*:5"',
            '"p95(fast_lane.wait) < 30s", "p95(default.wait) < 7m"',
        ),
        ("workers.0.workloops=fast_lane>",),
        cause="slots",
        reports=("openaustralia/morph#1076", "SACGF/variantgrid#1653"),
    ),
    KnownCure(
        "batches as long as the patience of callers",
        "Jobs of several minutes hold every slot; even who is first in line waits for one of them to end. A slot must be kept free.",
        scenario(sync("1/min", "2s") + burst(30, "5m", at="[10m]"), 'workloops: "fast_lane>*:5"', '"p95(fast_lane.wait) < 20s"'),
        ("workers.0.workloops=fast_lane:",),
        cause="slots",
        reports=("elkarbackup/elkarbackup#336",),
    ),
    KnownCure(
        "a noisy neighbour in a shared lane",
        "One tenant's batch fills all slots of the lane that it shares; the other tenants' few jobs wait for half an hour.",
        scenario(
            "  noisy:\n    workflows:\n" + burst(150, "60s", at="[10m]") + "  quiet:\n    workflows:\n" + asynchronous("1/min", "2s"),
            'workloops: "manual>*:5"',
            '"p95(project.quiet.wait) < 30s"',
        ),
        ("projects.noisy.workflows.batch.concurrency", "projects.noisy.concurrency"),
        cause="slots",
        reports=("sourcegraph/sourcegraph-public-snapshot#26895", "illinois-cs241/broadway#21"),
    ),
    KnownCure(
        "crons that all fire on the hour",
        "Dozens of reports are due in one minute, and whatever comes then waits for all of them. Spread over the minutes, nobody waits.",
        scenario(
            asynchronous("1/min", "2s") + crons("25s", 45), 'workloops: "manual>*:4"', '"p95(workflow.p.send.wait) < 5s"', horizon="4h"
        ),
        ("projects.p.workflows.report.triggers.0.spread",),
        cause="slots",
        reports=("kubernetes/test-infra#12148", "hashicorp/nomad#17024"),
    ),
    KnownCure(
        "different crons in one minute",
        "A dozen workflows of different owners all chose minute 0.",
        scenario(
            asynchronous("1/min", "2s") + "".join(crons("60s", 1, f"report_{number}") for number in range(12)),
            'workloops: "manual>*:2"',
            '"p95(workflow.p.send.wait) < 45s"',
            horizon="4h",
        ),
        ("projects.p.workflows.report_",),
        cause="slots",
        reports=("dkron-io/dkron#866", "pschlan/cron-job.org#16"),
    ),
    KnownCure(
        "a limit of the project",
        "Slots are idle and runs wait: the project may have two runs at once.",
        scenario(
            "  p:\n    concurrency: 2\n    workflows:\n" + burst(60, "30s", at="[10m]"),
            'workloops: "manual>*:20"',
            '"p95(default.wait) < 4m"',
        ),
        ("projects.p.concurrency",),
        cause="concurrency",
    ),
    KnownCure(
        "a limit of the workflow",
        "One workflow may run once at a time, and gets a job every half minute that takes a minute.",
        scenario(
            burst(40, "60s", at="[10m]", more="concurrency: 1, ") + asynchronous("2/min", "1s"),
            'workloops: "manual>*:20"',
            '"p95(workflow.p.batch.wait) < 10m"',
        ),
        ("projects.p.workflows.batch.concurrency",),
        cause="concurrency",
    ),
    KnownCure(
        "a limit behind another limit",
        "Most of a burst is hidden by the claim limit; but it is the workflow's own limit that lets only five run.",
        scenario(
            burst(300, "1m", at="[5m]", more="concurrency: 5, "), 'workloops: "manual>*:60"', '"p95(default.wait) < 8m"', horizon="3h"
        ),
        ("projects.p.workflows.batch.concurrency",),
    ),
    KnownCure(
        "requests hidden behind a bulk retry of their own workflow",
        "Somebody retries 300 runs of a workflow that also answers requests. A claim looks at 50 runs of it, and they are not among them.",
        scenario(
            "      ask:\n        triggers:\n"
            "          - {type: webhook, reply: after_completion, arrivals: {poisson: 2/min}, service: 2s}\n"
            "          - {type: bulk_retry, arrivals: {burst: {size: 300, at: [10m]}}, service: 5s}\n",
            'workloops: "fast_lane:1 manual>*:4"',
            FAST,
            horizon="1h",
        ),
        ("lightning.per_workflow_claim_limit",),
        cause="claim_limit",
    ),
    KnownCure(
        "workers that poll with a long backoff",
        "Little traffic, idle slots, and yet every job waits: workers ask once a minute, and nobody tells them of new work.",
        scenario(
            sync("1/min", "2s"),
            'workloops: "fast_lane:1 manual>*:4", backoff: 5/60',
            '"p95(fast_lane.wait) < 3s"',
            lightning="broadcast_work_available: false",
        ),
        ("lightning.broadcast_work_available", "workers.0.backoff"),
        cause="polling",
        reports=("deeplethe/utopia#517", "rust-lang/crates.io#13885"),
    ),
    KnownCure(
        "too few workers",
        "The work is more than the slots can do: the backlog grows all day, whichever limit is looked at.",
        scenario(asynchronous("8/min", "30s"), 'workloops: "manual>*:3"', '"p95(default.wait) < 60s"', horizon="1h"),
        ("workers.0.workloops", "workers.0.replicas"),
        cause="slots",
    ),
    KnownCure(
        "too few slots in both lanes",
        "Requests have the right of way, and both lanes wait: nothing but slots is missing.",
        scenario(
            sync("20/min", "8s") + asynchronous("20/min", "8s"),
            'workloops: "fast_lane>*:4"',
            '"p95(default.wait) < 30s"',
            horizon="1h",
        ),
        ("workers.0.workloops=fast_lane>*:", "workers.0.replicas"),
        cause="slots",
    ),
    KnownCure(
        "a lane that nobody serves",
        "A worker was set up for named queues, and a queue was added later: its jobs stay where they are.",
        scenario(sync("1/min", "2s") + asynchronous("1/min", "2s"), 'workloops: "manual>default:5"', FAST, horizon="1h"),
        ("workers.0.workloops",),
        cause="unserved",
    ),
    KnownCure(
        "pinned slots that idle",
        "Slots are kept for requests that hardly come, while everything else queues for the only other slot.",
        scenario(sync("0.5/min", "2s") + asynchronous("3/min", "30s"), 'workloops: "fast_lane:6 default:1"', '"p95(default.wait) < 60s"'),
        ("workers.0.workloops=fast_lane>",),
        cause="slots",
        reports=("frappe/press#893",),
    ),
    KnownCure(
        "a deploy that kills what runs",
        "Every deploy gives running jobs 30 seconds; jobs take minutes, are killed and lost. (A worker that drains may still win one.)",
        scenario(
            asynchronous("1/min", "3m"),
            'workloops: "manual>*:8", replicas: 2, deploys: [{at: 30m, grace: 30s}, {at: 60m, grace: 30s}, {at: 90m, grace: 30s}]',
            '"lost <= 2"',
        ),
        ("workers.0.deploys.0.grace",),
        reports=("internetstandards/Internet.nl#1472", "OpenFn/kit#934"),
    ),
    KnownCure(
        "scale-in that kills",
        "When the burst is over the autoscaler removes workers that still run long jobs; their grace is shorter than the jobs.",
        scenario(
            burst(40, "{lognormal: {median: 2m, p95: 10m}}", at="[5m, 45m, 85m]"),
            'workloops: "manual>*:2", autoscaling: {min: 1, max: 10, runs_per_replica: 2, cool_down: 1m, grace: 30s}',
            '"lost == 0"',
        ),
        ("workers.0.autoscaling.grace",),
        reports=("kedacore/keda#3674", "kedacore/keda#2900"),
    ),
    KnownCure(
        "jobs killed at their timeout",
        "A timeout of a minute, and one job in twenty takes longer.",
        scenario(
            asynchronous("2/min", "{lognormal: {median: 20s, p95: 70s}}"),
            'workloops: "manual>*:10"',
            '"killed == 0"',
            lightning="run_timeout: 1m",
        ),
        ("lightning.run_timeout",),
    ),
    KnownCure(
        "callers who give up before the answer",
        "The jobs take 35 seconds, callers get a 504 after 30: no slot changes that.",
        scenario(sync("1/min", "35s"), 'workloops: "manual>*:10"', '"gateway_timeouts == 0"', horizon="1h"),
        ("lightning.webhook_response_timeout",),
        reports=("openSUSE/osc#1860",),
    ),
    KnownCure(
        "answers that cannot be faster",
        "The work of a request takes 29 seconds; the objective is 20.",
        scenario(sync("1/min", "29s"), 'workloops: "manual>*:5"', '"p95(fast_lane.response) < 20s"', horizon="1h"),
        (),
    ),
    KnownCure(
        "retries after time-outs",
        "Callers who time out ask again, and each further request is more work for slots that were late already.",
        scenario(
            sync("4/min", "5s, callers: {attempts: 4}") + burst(80, "30s"),
            'workloops: "manual>*:4"',
            '"fast_lane.gateway_timeouts == 0"',
        ),
        ("workers.0.workloops=fast_lane",),
        cause="slots",
        reports=("aws/aws-app-mesh-roadmap#448", "smg-project/smg#2247"),
    ),
    KnownCure(
        "no worker during a rolling update",
        "The update stops the old worker before the new one is there; for a minute nobody takes anything.",
        scenario(
            sync("4/min", "1s"),
            'workloops: "manual>*:5", deploys: [{at: 10m, max_unavailable: 1, start_up: 1m}, {at: 40m, max_unavailable: 1, start_up: 1m}]',
            '"p95(fast_lane.wait) < 5s", "max(fast_lane.wait) < 20s"',
            horizon="1h",
        ),
        ("workers.0.deploys.0",),
        cause="outage",
    ),
    KnownCure(
        "a limit held by a dead worker",
        "A worker crashes with the only run that the workflow may have. Until the run is given up, hours later, no other starts.",
        scenario(
            "      sync: {concurrency: 1, triggers: [{type: webhook, arrivals: {every: 2m}, service: 60s}]}\n",
            'workloops: "manual>*:3", replicas: 2, crashes: [{at: 20m30s, replica: 1}, {at: 20m30s, replica: 2}]',
            '"p95(default.wait) < 25m"',
            horizon="3h",
            lightning="run_timeout: 60m",
        ),
        ("lightning.run_timeout", "projects.p.workflows.sync.concurrency"),
        cause="concurrency",
        reports=("rails/solid_queue#546", "ixti/sidekiq-throttled#61", "PrefectHQ/prefect#9895"),
    ),
    KnownCure(
        "a slow autoscaler",
        "The burst comes and the fleet grows one poll at a time; a minimum of workers would have served it.",
        scenario(
            burst(10, "20s", at="[10m, 40m, 70m, 100m]"),
            'workloops: "manual>*:5", autoscaling: {min: 1, max: 4, runs_per_replica: 5, start_up: 60s, cool_down: 2m}',
            '"p95(default.wait) < 18s"',
        ),
        ("workers.0.autoscaling.min",),
        cause="slots",
        reports=("ray-project/ray#39219",),
    ),
    KnownCure(
        "one slow database for every claim",
        "Claims of one connection are decided one after another; each takes two seconds, and a burst waits for its claims.",
        scenario(
            burst(60, "200ms", at="[10m, 30m, 50m]"),
            'workloops: "manual>*:20"',
            '"p95(default.wait) < 45s"',
            horizon="1h",
            more="network: {database: 1s}\n",
        ),
        ("workers.0.replicas",),
        reports=("cockroachdb/cockroach#97135", "timgit/pg-boss#669"),
    ),
    KnownCure(
        "all is well",
        "Everything is met. Nothing needs to be changed.",
        scenario(sync("1/min", "2s"), 'workloops: "manual>*:1"', FAST, horizon="1h"),
        (),
    ),
)
