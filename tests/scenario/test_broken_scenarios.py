"""Every way to get a scenario wrong, with the line, the message and the hint."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from fastlanes_sim.core.errors import Problem, ScenarioError
from fastlanes_sim.scenario.checks import check_tree
from fastlanes_sim.scenario.load import load_scenario, slug
from tests.support.scenario_files import VALID, edited, load


def dropped(how: str) -> str:
    """The valid scenario with dropped replies, in line 28."""
    return f"{VALID}incidents: {{dropped_replies: [{{from: 1m, to: 2m, {how}}}]}}\n"


def slow(how: str) -> str:
    """The valid scenario with a slow database, in line 28."""
    return f"{VALID}incidents: {{slow_database: [{{from: 1m, to: 2m, {how}}}]}}\n"


_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)

_LAST = "backoff: 1/10"
"""Of the worker group's lines."""
_SCALED = "autoscaling: {max: 4, runs_per_replica: 5}"

ASYNC = "          - {type: webhook, service: 1s, arrivals: {poisson: 1/h}}\n"


def calling(how: str, more: str = "") -> str:
    """The valid scenario with a call of the workflow register, in line 10, and more triggers of the workflow report."""
    cron = "          - type: cron\n"
    return edited(("        concurrency: 5\n", f"        calls: [{{{how}}}]\n"), (cron, more + cron))


def using(resources: str, how: str) -> str:
    """The valid scenario with these resources, in line 4, and uses of the workflow register, in line 10."""
    return edited(("startup: 500ms\n", f"resources: {{{resources}}}\n"), ("        concurrency: 5\n", f"        uses: [{how}]\n"))


# name, text, line, a part of the message, a part of the hint
ONE_PROBLEM: list[tuple[str, str, int, str, str]] = [
    # --- the file as YAML ---
    ("empty file", "", 0, "the file is empty", "horizon"),
    ("only a comment", "# nothing here\n", 0, "the file is empty", "horizon"),
    ("a list at the top", "- a\n- b\n", 1, "this is a list", "horizon"),
    ("a text at the top", "hello\n", 1, "the single value `hello`", "horizon"),
    ("two documents", VALID + "---\nhorizon: 1h\n", 28, "a second document", "one scenario"),
    ("tab indentation", VALID.replace("  clinic:", "\tclinic:"), 6, "broken", "tab"),
    ("an open bracket", edited(("{poisson: 1/min}", "{poisson: 1/min")), 15, "broken", "check"),
    ("an unquoted star", edited(('"fast_lane:1 manual>*:4"', "*:5")), 23, "alias", "quotes"),
    ("an unknown alias", edited(("service: 2s", "service: *slow")), 15, "*slow has no anchor", "quotes"),
    ("an anchor bomb", _BOMB, 5, "too many aliases", "copies"),
    ("bottomless nesting", "a: " + "[" * 10_000, 1, "levels deep", "brackets"),
    ("a python tag", edited(("service: 2s", "service: !!python/object/apply:os.system [ls]")), 15, "tags", "plain value"),
    ("a custom tag", edited(("service: 2s", "service: !slow 2s")), 15, "tags such as", "plain value"),
    ("a merge key", edited(("startup: 500ms", "<<: {}")), 4, "merge keys", "write the keys out"),
    ("a duplicate key", edited(("startup: 500ms", "horizon: 2h")), 4, "`horizon` appears a second time (first in line 1)", "keep one"),
    ("a duplicate nested key", edited(("reply: after_completion", "type: webhook")), 13, "`type` appears a second time", "keep one"),
    ("not a number", edited(("concurrency: 5", "concurrency: .nan")), 10, "not a finite number", "ordinary number"),
    ("infinity", edited(("concurrency: 5", "concurrency: -.inf")), 10, "not a finite number", "ordinary number"),
    ("a huge number", edited(("concurrency: 5", "concurrency: " + "9" * 5_000)), 10, "reasonable size", "ordinary number"),
    ("a control character", edited(("startup: 500ms", "startup: 500ms\x07")), 4, "U+0007 is not allowed", "remove it"),
    # --- calls (K-1 to K-10) ---
    ("a call of nobody", calling("to: reprt"), 10, "clinic has no workflow `reprt`", "did you mean `report`"),
    ("a call of nobody's project", calling("to: clinik.report"), 10, "there is no project `clinik`", "did you mean `clinic`"),
    ("a call by too many names", calling("to: a.b.c.d"), 10, "names no workflow", "PROJECT.WORKFLOW"),
    ("a call of a cron", calling("to: report"), 10, "report has no webhook", "type webhook"),
    (
        "a call that waits for nothing",
        calling("to: report, wait: true", ASYNC),
        10,
        "answers before its run starts",
        "after_completion",
    ),
    ("an impatient call that does not wait", calling("to: register, timeout: 3s"), 10, "does not wait has no timeout", "wait: true"),
    ("a call beyond the service", calling("to: register, at: 120%"), 10, "no part of the service", "100%"),
    ("a call of one of two", calling("to: report", 2 * ASYNC), 10, "report has several webhooks", "clinic.report.webhook1"),
    ("a call of none of two", calling("to: clinic.report.webhook3", 2 * ASYNC), 10, "no trigger `webhook3`", "did you mean"),
    (
        "a run that calls itself",
        calling("to: register"),
        10,
        "register calls register, and of one run come 1 each",
        "fewer than 1",
    ),
    (
        "a loop that grows",
        calling("to: report, count: 3, probability: 50%", ASYNC).replace(
            "      report:\n", "      report:\n        calls: [{to: register}]\n"
        ),
        10,
        "register calls report calls register, and of one run come 1.5",
        "probability",
    ),
    (
        "a webhook that nobody calls",
        edited(("            arrivals: {poisson: 1/min}\n", "            failures: 0\n")),
        12,
        "nothing says when this webhook is called",
        "arrivals: {poisson",
    ),
    # --- what runs share (R-1 to R-5) ---
    ("a use of nothing", using("records: {}", "{resource: recrods}"), 10, "no resource `recrods`", "did you mean `records`"),
    ("a use where there are none", edited(("concurrency: 5", "uses: [{resource: a}]")), 10, "no resource `a`", "`resources`"),
    ("a use that ends first", using("a: {}", "{resource: a, from: 50%, to: 20%}"), 10, "must end after it begins", "larger `to`"),
    ("a use beyond the service", using("a: {}", "{resource: a, to: 120%}"), 10, "no part of the service", "100%"),
    (
        "two uses at once",
        using("a: {}", "{resource: a, to: 50%}, {resource: a, from: 40%}"),
        10,
        "this use begins at 40%, but that of a lasts until 50%",
        "let one end",
    ),
    ("a burst without a rate", using("a: {burst: 3}", "{resource: a}"), 4, "`burst` says nothing without a rate", "add `rate`"),
    ("a rate of 0", using("a: {rate: 0/s}", "{resource: a}"), 4, "lets nobody in", "above zero"),
    ("a hasty retry", using("a: {rate: 1/s, retry_after: 1us}", "{resource: a}"), 4, "within a millisecond", "such as 1s"),
    ("no places", using("a: {concurrency: 0}", "{resource: a}"), 4, "`0` is out of range", "at least 1"),
    ("processors as a text", using("a: {processors: two}", "{resource: a}"), 4, "`two` is no number of processors", "0.5"),
    ("a very small part", using("a: {processors: 0.0015}", "{resource: a}"), 4, "no whole number of thousandths", "0.25"),
    ("cores of nothing", edited((_LAST, "cores: 0")), 24, "`0` is no number of processors", "0.5"),
    ("memory without a unit", edited((_LAST, "memory: 512")), 24, "`512` is not a size", "500MB"),
    ("memory of an unknown unit", edited((_LAST, "memory: 2 gigs")), 24, "is not a size", "500MB"),
    ("memory beyond reason", edited((_LAST, "memory: 9000000GB")), 24, "a thousand terabytes", "smaller"),
    # --- keys and types ---
    ("an unknown key", edited(("horizon: 1h", "horizont: 1h\nhorizon: 1h")), 1, "unknown key `horizont`", "did you mean `horizon`"),
    ("an unknown setting", edited(("ruleset: pr-4515", "grace: 10s")), 3, "unknown key `grace`", "grace_period"),
    ("an unknown key of a trigger", edited(("reply:", "replies:")), 13, "unknown key `replies`", "did you mean `reply`"),
    (
        "a cron trigger with a reply",
        edited(('cron: "*/5 * * * *"', 'cron: "*/5 * * * *"\n            reply: custom')),
        20,
        "unknown key",
        "allowed",
    ),
    ("no horizon", edited(("horizon: 1h\n", "")), 1, "`horizon` is missing", "add `horizon: 1d`"),
    ("no service", edited(("            service: 2s\n", "")), 12, "`service` is missing", "add `service: 2s`"),
    ("no type", edited(("type: webhook", "startup: 1s")), 12, "`type` is missing", "type: webhook"),
    ("an unknown type", edited(("type: webhook", "type: webhok")), 12, "unknown type `webhok`", "did you mean `webhook`"),
    ("a text for a number", edited(("concurrency: 5", "concurrency: five")), 10, "`five` is not a whole number", "such as 5"),
    ("a fraction for a count", edited(("concurrency: 5", "concurrency: 2.5")), 10, "`2.5` is not a whole number", "such as 5"),
    ("a concurrency of zero", edited(("concurrency: 5", "concurrency: 0")), 10, "`0` is out of range", "at least 1"),
    ("a list for a mapping", edited(("{poisson: 1/min}", "[1/min]")), 14, "is not a mapping", "key: value"),
    ("a mapping for a list", edited(("  - p99(fast_lane.response) < 30s\n  - lost == 0", "  lost: 0")), 25, "is not a list", "- "),
    ("yes for true", edited(("ruleset: pr-4515", "broadcast_work_available: yes")), 3, "neither true nor false", "write true or false"),
    ("nothing after the colon", edited(("horizon: 1h", "horizon:")), 1, "is not a duration", "30s"),
    ("projects without entries", VALID[: VALID.index("projects:")] + "projects: {}\nworkers: [{capacity: 5}]\n", 5, "empty", "one entry"),
    ("a name with a slash", edited(("  clinic:", "  clinic/a:")), 6, "`clinic/a` is not a name", "none of them `/`"),
    ("a scenario's name", edited(("startup: 500ms", "name: My scenario!")), 4, "is not a name", "small letters"),
    ("a version of the future", edited(("startup: 500ms", "version: 2")), 4, "unknown value `2`", "1"),
    ("a negative seed", edited(("startup: 500ms", "seed: -1")), 4, "out of range", "at least 0"),
    ("failures without the sign", edited(("service: 2s", "service: 2s\n            failures: 5")), 16, "not a probability", "such as 5%"),
    ("an underscore in a number", edited(("startup: 500ms", "seed: 1_000")), 4, "`1_000` is not a whole number", "write 1000"),
    ("an underscore in a fraction", edited(("startup: 500ms", "traffic: 1_0.5")), 4, "`1_0.5` is not a number", "write 10.5"),
    ("digits of another script", edited(("horizon: 1h", "horizon: １h")), 1, "not a duration", "such as 30s"),
    ("a duration with a unit twice", edited(("horizon: 1h", "horizon: 1h1h")), 1, "not a duration", "each unit once"),
    ("a limit beyond counting", edited(("concurrency: 5", f"concurrency: {10**10}")), 10, "out of range", "at most 1000000000"),
    # --- durations, rates, distributions ---
    ("no unit", edited(("service: 2s", "service: 2")), 15, "`2` has no unit", "2s for seconds"),
    ("an unknown unit", edited(("service: 2s", "service: 2 fortnights")), 15, "not a duration", "such as 30s"),
    ("a negative duration", edited(("service: 2s", "service: -2s")), 15, "is negative", "0s or more"),
    ("a horizon of nothing", edited(("horizon: 1h", "horizon: 0s")), 1, "must be above zero", "such as 30s"),
    ("longer than a century", edited(("horizon: 1h", "horizon: 99999d")), 1, "longer than a century", ""),
    ("a rate without unit", edited(("1/min", "1")), 14, "is not a rate", "1/min"),
    ("a negative rate", edited(("1/min", "-1/min")), 14, "is not a rate", "1/min"),
    ("an unknown distribution", edited(("lognormal:", "lognormall:")), 20, "unknown key `lognormall`", "did you mean `lognormal`"),
    ("half a lognormal", edited((", p95: 20s", "")), 20, "needs two parameters", "median and p95"),
    ("a p95 below the median", edited(("p95: 20s", "p95: 2s")), 20, "must be above its median", "longer p95"),
    (
        "two kinds of service",
        edited(("service: 2s", "service: {constant: 2s, exponential: {mean: 2s}}")),
        15,
        "this has both constant and",
        "one of",
    ),
    ("no kind of arrivals", edited(("{poisson: 1/min}", "{}")), 14, "this has none", "one of poisson"),
    ("two kinds of arrivals", edited(("{poisson: 1/min}", "{poisson: 1/min, every: 5s}")), 14, "both poisson and every", "one of"),
    (
        "a beginning of a burst at set times",
        edited(("{poisson: 1/min}", "{burst: {size: 5, at: [1m], first: 5m}}")),
        14,
        "`first` says nothing without `every`",
        "add it to the times in `at`",
    ),
    ("a burst without a time", edited(("{poisson: 1/min}", "{burst: {size: 5}}")), 14, "needs either `at` or `every`", "a period"),
    (
        "a shape beyond all",
        edited(("service: 2s", "service: {gamma: {mean: 2s, shape: 1e7}}")),
        15,
        "out of range",
        "at most 1000000",
    ),
    (
        "a shape of next to nothing",
        edited(("service: 2s", "service: {gamma: {mean: 2s, shape: 1e-300}}")),
        15,
        "out of range",
        "at least 0.001",
    ),
    (
        "an infinity with a range",
        edited(("service: 2s", "service: {gamma: {mean: 2s, shape: 1e999 ± 5%}}")),
        15,
        "`1e999 ± 5%` is not a number",
        "such as 0.5",
    ),
    (
        "weights without a finite sum",
        edited(("service: 2s", "service: {empirical: {values: [1s, 2s], weights: [1, 1e13]}}")),
        15,
        "out of range",
        "at most 1000000000000",
    ),
    (
        "weights that do not fit",
        edited(("service: 2s", "service: {empirical: {values: [1s, 2s], weights: [1]}}")),
        15,
        "do not match",
        "as many",
    ),
    ("a time of no week", edited(("{poisson: 1/min}", '{piecewise: {"mon 25:00": 1/min}}')), 14, "not a time of the day", "00 to 23"),
    (
        "an unknown day",
        edited(("{poisson: 1/min}", '{piecewise: {"mon-fry 08:00": 1/min}}')),
        14,
        "unknown day `fry`",
        "did you mean `fri`",
    ),
    (
        "a minute named twice",
        edited(("{poisson: 1/min}", '{piecewise: {"08:00": 1/min, "sat 08:00": 2/min}}')),
        14,
        "both name sat 08:00",
        "days of its own",
    ),
    # --- cron and time zones ---
    ("a six-field cron", edited(('"*/5 * * * *"', '"0 */5 * * * *"')), 19, "has 6 fields", 'write "*/5 * * * *"'),
    ("a four-field cron", edited(('"*/5 * * * *"', '"*/5 * * *"')), 19, "has 4 fields", "has 5"),
    ("a cron minute of 61", edited(('"*/5 * * * *"', '"61 * * * *"')), 19, "`61` is no minute", "check the fields"),
    ("a cron for 30 February", edited(('"*/5 * * * *"', '"0 0 30 2 *"')), 19, "never fires", "name a day that exists"),
    (
        "an unknown time zone",
        edited(("Africa/Addis_Ababa", "Africa/Adis_Ababa")),
        2,
        "unknown time zone",
        "did you mean `Africa/Addis_Ababa`",
    ),
    ("a cron's time zone", edited(('cron: "*/5', 'timezone: Mars/Base\n            cron: "*/5')), 19, "unknown time zone `Mars/Base`", ""),
    ("the time zone of the machine", edited(("Africa/Addis_Ababa", "localtime")), 2, "unknown time zone `localtime`", "the IANA database"),
    ("a start with an offset", edited(("startup: 500ms", "start: 2026-01-05T06:00:00+03:00")), 4, "a local time", "timezone"),
    ("a start that is no time", edited(("startup: 500ms", "start: monday")), 4, "`monday` is not a time", "2026-01-05"),
    # --- callers ---
    (
        "callers who need not wait",
        edited(("reply: after_completion", "callers: {attempts: 3}")),
        12,
        "get their reply before the run starts",
        "reply: after_completion",
    ),
    ("one attempt", edited(("arrivals:", "callers: {attempts: 1}\n            arrivals:")), 14, "`1` is out of range", "at least 2"),
    ("an answer nobody gives", edited(("arrivals:", "callers: {retry_on: [502]}\n            arrivals:")), 14, "`502`", "504"),
    ("an answer twice", edited(("arrivals:", "callers: {retry_on: [504, 504]}\n            arrivals:")), 14, "appears twice", "[504, 429]"),
    ("a shrinking pause", edited(("arrivals:", "callers: {factor: 0.5}\n            arrivals:")), 14, "out of range", "at least 1"),
    ("a limit of none", edited(("concurrency: 20", "admission: {fast_lane: 0}")), 7, "`0` is out of range", "at least 1"),
    ("admission without a limit", edited(("concurrency: 20", "admission: {retry_after: 5s}")), 7, "`fast_lane` is missing", ""),
    # --- incidents ---
    (
        "an incident that ends before it begins",
        f"{VALID}incidents: {{lightning_down: [{{from: 5m, to: 1m}}]}}\n",
        28,
        "must end after it begins",
        "`to`",
    ),
    ("an incident without an end", f"{VALID}incidents: {{lightning_down: [{{from: 5m}}]}}\n", 28, "`to` is missing", "to: 15m"),
    ("a slow database twice", slow("factor: 2, time: 1s"), 28, "needs either `factor` or `time`", "either `factor: 20` or `time: 60s`"),
    ("a slow database without a number", slow("factor: .inf"), 28, "not a finite number", ""),
    ("a faster database", slow("factor: 0.5"), 28, "out of range", "at least 1"),
    ("a claim that takes days", slow("time: 3d"), 28, "spend up to 3 d in the database", "below a day"),
    (
        "a factor that takes days",
        VALID + "network: {database: 30s}\n" + slow("factor: 9000")[len(VALID) :],
        29,
        "up to 3 d 3 h",
        "below a day",
    ),
    (
        "a quota of nobody",
        VALID + "incidents: {over_quota: [{from: 1m, to: 2m, project: clinics}]}\n",
        28,
        "there is no project `clinics`",
        "did you mean `clinic`?",
    ),
    ("a probability beyond all", dropped("probability: 105%"), 28, "`105%` is not a probability", "between 0% and 100%"),
    ("a probability in percent without the sign", dropped("probability: 5"), 28, "`5` is not a probability", "between 0% and 100%"),
    ("a probability in words", dropped("probability: often"), 28, "`often` is not a probability", "such as 5%"),
    ("dropped replies without a probability", dropped("")[:-6] + "}]}\n", 28, "`probability` is missing", "probability: 5%"),
    ("a cold start of no length", f"{VALID}cold_start: {{probability: 50%}}\n", 28, "`time` is missing", "time: 4s"),
    ("an adaptor's key", f"{VALID}adaptors: {{http: {{cold: 4s}}}}\n", 28, "unknown key `cold`", "cold_start"),
    ("an unknown incident", f"{VALID}incidents: {{lightning_off: []}}\n", 28, "unknown key `lightning_off`", "lightning_down"),
    # --- Lightning and workers ---
    ("an unknown ruleset", edited(("ruleset: pr-4515", "ruleset: pr-4514")), 3, "unknown value `pr-4514`", "did you mean `pr-4515`"),
    ("an unknown run queue", edited(("ruleset: pr-4515", "run_queue: lifo")), 3, "unknown value `lifo`", "did you mean `fifo`"),
    ("a misspelled curve", edited(("startup: 500ms", "network: {database: mesured}")), 4, "neither a duration nor a curve", "measured"),
    (
        "a latency of both ways and of one",
        edited(("startup: 500ms", "network: {latency: 20ms, reply: 5ms}")),
        4,
        "and reply is given as well",
        "`request` and `reply`",
    ),
    ("a database without processors", edited(("ruleset: pr-4515", "database_processors: 0")), 3, "`0` is out of range", "at least 1"),
    ("a pool of nothing", edited(("ruleset: pr-4515", "database_pool_size: 0")), 3, "`0` is out of range", "at least 1"),
    ("a database timeout of nothing", edited(("ruleset: pr-4515", "database_timeout: 0s")), 3, "above zero", "such as 30s"),
    ("log lines in words", edited(("startup: 500ms", "messages: {log_lines: many}")), 4, "`many` is not a whole number", "such as 5"),
    ("fewer log lines than none", edited(("startup: 500ms", "messages: {log_lines: -1}")), 4, "out of range", "at least 0"),
    (
        "two kinds of log lines",
        edited(("startup: 500ms", "messages: {log_lines: {constant: 2, poisson: 3}}")),
        4,
        "has both constant and poisson",
        "one of",
    ),
    ("log lines of no value", edited(("startup: 500ms", "messages: {log_lines: []}")), 4, "empty", "one entry"),
    ("an unknown message", edited(("startup: 500ms", "messages: {logs: 2}")), 4, "unknown key `logs`", "log_lines"),
    ("half a credential", edited(("startup: 500ms", "messages: {credentials: 0.5}")), 4, "not a whole number", "such as 5"),
    ("more log lines than bearable", edited(("startup: 500ms", "messages: {log_lines: 50000}"), ("1/min", "1/s")), 1, "log lines", "fewer"),
    ("an empty curve", edited(("startup: 500ms", "network: {database: {}}")), 4, "the curve is empty", "{0: 5ms"),
    ("an empty layout", edited(('"fast_lane:1 manual>*:4"', '""')), 23, "cannot be empty", "NAMES:COUNT"),
    ("a layout without a count", edited(("manual>*:4", "manual>*")), 23, "missing :<count> suffix", "number of slots"),
    ("a layout with a padded count", edited(("manual>*:4", "manual>*:04")), 23, "must be a positive integer", "leading zero"),
    ("a layout with no slots", edited(("fast_lane:1", "fast_lane:0")), 23, "must be >= 1", "1 or more"),
    ("a layout with a bad name", edited(("fast_lane:1", "fast-lane:1")), 23, 'Invalid queue name "fast-lane"', "letters, digits and _"),
    ("a layout with an empty name", edited(("manual>*:4", "manual>>*:4")), 23, "Empty queue name", "separated by >"),
    ("a star in the middle", edited(("manual>*:4", "*>manual:4")), 23, "must be the last element", "put the * last"),
    ("workloops and capacity", edited(("backoff: 1/10", "capacity: 5")), 24, "mutually exclusive", "keep workloops"),
    ("a backoff in words", edited(("backoff: 1/10", "backoff: slow")), 24, "`slow` is not a backoff", "LEAST/MOST"),
    (
        "two workers of one name",
        edited(("slos:", "  - {name: main, capacity: 5}\nslos:")),
        25,
        "another worker already has the name `main`",
        "its own `name`",
    ),
    (
        "a worker named like a replica",
        edited(("slos:", "  - {name: a, replicas: 2}\n  - {name: a-2}\nslos:")),
        26,
        "has the name `a-2`",
        "own `name`",
    ),
    (
        "a workflow named like a copy",
        edited(("      report:", "      register-2: {}\n      report:"), ("concurrency: 5", "copies: 2")),
        16,
        "copy",
        "rename",
    ),
    (
        "an outage that ends before",
        edited(("backoff: 1/10", "outages: [{from: 10m, to: 5m}]")),
        24,
        "must end after it begins",
        "later `to`",
    ),
    ("an outage without an end", edited(("backoff: 1/10", "outages: [{from: 10m}]")), 24, "`to` is missing", "to: 15m"),
    ("an outage of no kind", edited((_LAST, "outages: [{from: 1m, to: 2m, kind: deaf}]")), 24, "unknown value `deaf`", "closed, mute"),
    ("a version in words", edited((_LAST, "version: latest")), 24, "`latest` is not a version", "1.25.0"),
    ("a version that is a number", edited((_LAST, "version: 1.25")), 24, "is not a text", ""),
    ("a restart of an ideal worker", edited((_LAST, "dispatch: ideal\n    restart: 5s")), 25, "no process: restart", "real"),
    ("a message timeout of nothing", edited((_LAST, "message_timeout: 0s")), 24, "above zero", "such as 30s"),
    ("a crash of nobody", edited((_LAST, "crashes: [{at: 10m, replica: 2}]")), 24, "no replica 2: main has one", "from 1"),
    ("a crash of replica 0", edited((_LAST, "crashes: [{at: 10m, replica: 0}]")), 24, "`0` is out of range", "at least 1"),
    ("a crash too early", edited((_LAST, "connect: 5m\n    crashes: [{at: 1m}]")), 25, "replica 1 is not there yet", "later `at`"),
    ("a restart of no kind", edited((_LAST, "crashes: [{at: 10m, restart_after: soon}]")), 24, "'soon' is not a duration", "such as 30s"),
    ("an outage of an ideal worker", edited((_LAST, "dispatch: ideal\n    outages: [{from: 1m, to: 2m}]")), 25, "no connection", "real"),
    ("a late ideal worker", edited((_LAST, "dispatch: ideal\n    connect: 5m")), 25, "no connection: connect cannot be simulated", "real"),
    ("ideal workers one after another", edited((_LAST, "dispatch: ideal\n    stagger: 5s")), 25, "no connection: stagger", "real"),
    ("a crash of an ideal worker", edited((_LAST, "dispatch: ideal\n    crashes: [{at: 10m}]")), 25, "no process", "real"),
    (
        "a deploy of two kinds",
        edited((_LAST, "deploys: [{at: 1m, surge: 1, max_unavailable: 1}]")),
        24,
        "mutually exclusive",
        "keep `surge`",
    ),
    ("a deploy of nonsense", edited((_LAST, 'deploys: [{at: 1m, workloops: "a>b"}]')), 24, "missing :<count>", "fast_lane:1"),
    (
        "a deploy within another",
        edited((_LAST, "replicas: 3\n    deploys: [{at: 1m}, {at: 90s}]")),
        25,
        "but the deploy before it ends only at 2 m",
        "later",
    ),
    (
        "a deploy of what is not there",
        edited((_LAST, "connect: 5m\n    deploys: [{at: 1m}]")),
        25,
        "but the workers connect only at 5 m",
        "later",
    ),
    ("replicas beside autoscaling", edited((_LAST, f"replicas: 2\n    {_SCALED}")), 24, "sets the number of replicas", "remove"),
    (
        "crashes beside autoscaling",
        edited((_LAST, f"crashes: [{{at: 1m}}]\n    {_SCALED}")),
        24,
        "crashes cannot be combined with autoscaling",
        "groups",
    ),
    (
        "autoscaling of ideal workers",
        edited((_LAST, f"dispatch: ideal\n    {_SCALED}")),
        25,
        "no process: autoscaling cannot be simulated",
        "real",
    ),
    (
        "autoscaling from more to fewer",
        edited((_LAST, _SCALED.replace("max", "min: 9, max"))),
        24,
        "min 9 is more than max 4",
        "smaller `min`",
    ),
    ("autoscaling without a target", edited((_LAST, "autoscaling: {max: 4}")), 24, "`runs_per_replica` is missing", "runs_per_replica"),
    (
        "autoscaling by what",
        edited((_LAST, _SCALED.replace("max", "counts: cpu, max"))),
        24,
        "unknown value `cpu`",
        "available, active",
    ),
    ("more restarts than bearable", edited((_LAST, "replicas: 6000\n    crashes: [{at: 1m}]")), 21, "12,000 workers", "at most 10,000"),
    ("an unknown dispatch", edited(("backoff: 1/10", "dispatch: perfect")), 24, "unknown value `perfect`", "real, ideal"),
    ("replicas beyond counting", edited(("backoff: 1/10", "replicas: 1000000")), 24, "out of range", "at most 100000"),
    ("more workers than bearable", edited(("backoff: 1/10", "replicas: 50000")), 21, "50,000 workers", "at most 10,000"),
    ("more runs than bearable", edited(("1/min", "999999/s")), 1, "the triggers make about 3,599,996,412 runs", "shorten the horizon"),
    # --- objectives ---
    ("an SLO on no lane", edited(("fast_lane.response", "fastlane.response")), 26, "unknown lane `fastlane`", "did you mean `fast_lane`"),
    (
        "an SLO on no metric",
        edited(("fast_lane.response", "fast_lane.respones")),
        26,
        "unknown time `respones`",
        "did you mean `response`",
    ),
    ("an SLO without a unit", edited(("< 30s", "< 30")), 26, "has no unit", "30s"),
    ("an SLO on no count", edited(("lost == 0", "lots == 0")), 27, "unknown count `lots`", "did you mean `lost`"),
    ("an SLO with one equals sign", edited(("lost == 0", "lost = 0")), 27, "`=` is not an operator", "=="),
    ("an SLO in words", edited(("lost == 0", "nothing gets lost")), 27, "is not an objective", "such as p99"),
]


def problems_of(folder: Path, text: str, overrides: dict[str, object] | None = None) -> list[Problem]:
    with pytest.raises(ScenarioError) as caught:
        load(folder, text, overrides)
    return caught.value.problems


@pytest.mark.parametrize(("name", "text", "line", "message", "hint"), ONE_PROBLEM, ids=[case[0] for case in ONE_PROBLEM])
def test_a_broken_scenario_names_the_line_the_mistake_and_the_hint(
    name: str, text: str, line: int, message: str, hint: str, tmp_path: Path
) -> None:
    problems = problems_of(tmp_path, text)
    assert len(problems) == 1, [str(problem) for problem in problems]
    (problem,) = problems
    assert problem.line == line
    assert message in problem.message
    assert hint in problem.hint
    assert problem.file.endswith("scenario.yaml")
    if line:
        assert problem.column >= 1
        lines = text.split("\n")
        assert problem.quote.rstrip("…") in lines[line - 1].replace("\t", " ")


def test_the_scenario_that_the_others_spoil_is_valid(tmp_path: Path) -> None:
    assert load(tmp_path, VALID).scenario.name == "scenario"


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = edited(
        ("Africa/Addis_Ababa", "Nowhere"),
        ("concurrency: 5", "concurrency: 0"),
        ("1/min", "often"),
        ("service: 2s", "service: -2s"),
        ('"*/5 * * * *"', '"0 */5 * * * *"'),
        ("fast_lane:1", "fast-lane:1"),
        ("backoff: 1/10", "capacity: 5"),
        ("lost == 0", "lots == 0"),
    )
    problems = problems_of(tmp_path, text)
    assert [problem.line for problem in problems] == [2, 10, 14, 15, 19, 23, 24, 27]


def test_duplicate_keys_do_not_hide_other_problems(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, edited(("startup: 500ms", "horizon: 2h"), ("lost == 0", "lots == 0")))
    assert [problem.line for problem in problems] == [4, 27]


@pytest.mark.parametrize(
    ("text", "column", "points_to"),
    [
        (edited(("manual>*:4", "manual>*")), 29, "manual>*"),
        (edited(("fast_lane:1", "fast-lane:1")), 17, "fast-lane:1"),
        (edited(("fast_lane.response", "fastlane.response")), 9, "fastlane"),
        (edited(("lost == 0", "lost == none")), 13, "none"),
    ],
)
def test_the_column_is_that_of_the_culprit_within_a_text(text: str, column: int, points_to: str, tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, text)
    assert problem.column == column
    assert problem.quote[column - 1 :].startswith(points_to)


def test_the_report_shows_place_line_caret_and_hint(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, edited(("horizon: 1h", "horizon: 1x")))
    assert str(problem).splitlines() == [
        f"{tmp_path / 'scenario.yaml'}:1:10: '1x' is not a duration",
        "    horizon: 1x",
        "             ^",
        "    hint: write a number and a unit (us, ms, s, m, h, d), such as 30s or 1h30m",
    ]


# --- files that are not text ---


def refused(path: Path) -> Problem:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    (problem,) = caught.value.problems
    return problem


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.yaml").message


def test_a_directory(tmp_path: Path) -> None:
    assert "a directory" in refused(tmp_path).message


def test_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "image.yaml"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert "binary" in refused(path).message


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(VALID.replace("clinic", "clínica").encode("latin-1"))
    problem = refused(path)
    assert (problem.line, problem.column) == (6, 5)
    assert "0xed is not valid UTF-8" in problem.message


def test_utf16(tmp_path: Path) -> None:
    path = tmp_path / "wide.yaml"
    path.write_bytes(VALID.encode("utf-16"))
    assert "UTF-16" in refused(path).message


def test_a_file_of_50_megabytes_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    problem = refused(path)
    assert "50.0 MB" in problem.message
    assert "rates and bursts" in problem.hint


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + VALID).scenario.horizon == 3_600_000_000


def test_shared_settings_by_anchor_are_welcome(tmp_path: Path) -> None:
    text = edited(
        ("service: 2s", "service: &slow {exponential: {mean: 2s}}"), ("service: {lognormal: {median: 5s, p95: 20s}}", "service: *slow")
    )
    workflows = load(tmp_path, text).scenario.projects["clinic"].workflows
    assert workflows["register"].triggers[0].service == workflows["report"].triggers[0].service


# --- overrides ---


def test_an_override_is_laid_over_the_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, VALID, {"workers.0.workloops": "*:5", "network.request": "1ms"})
    assert loaded.scenario.workers[0].workloops == "*:5"
    assert loaded.scenario.network.request == 1_000


def test_a_wrong_override_is_told_as_such(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, VALID, {"workers.0.workloops": "*:0"})
    assert (problem.file, problem.line) == ("override workers.0.workloops", 0)
    assert "must be >= 1" in problem.message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("workers.7.workloops", "has no entry `7`"),
        ("horizon.x", "is a plain value"),
        ("workers.0.workloop", "unknown key `workloop`"),
        ("lightnin.ruleset", "unknown key `lightnin`"),
    ],
)
def test_an_override_that_leads_nowhere(path: str, message: str, tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, VALID, {path: "x"})
    assert message in problem.message


def test_null_takes_a_value_away(tmp_path: Path) -> None:
    text = edited(('workloops: "fast_lane:1 manual>*:4"', "capacity: 5"))
    loaded = load(tmp_path, text, {"workers.0.workloops": "*:5", "workers.0.capacity": None})
    assert loaded.scenario.workers[0].capacity is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("traffic", math.nan),
        ("projects.clinic.workflows.register.triggers.0.service", {"gamma": {"mean": "2s", "shape": math.inf}}),
        ("projects.clinic.workflows.register.triggers.0.service", {"empirical": {"values": ["1s"], "weights": [math.inf]}}),
        ("projects.clinic.workflows.register.triggers.0.failures", math.nan),
        ("workers.0.cores", math.inf),
        ("projects.clinic.concurrency", 10**30),
        ("network.database", {10**30: "5ms"}),
    ],
)
def test_a_number_from_python_is_finite_and_can_be_counted_with(path: str, value: object, tmp_path: Path) -> None:
    """YAML has no such numbers: there they are refused when they are read."""
    (problem,) = problems_of(tmp_path, VALID, {path: value})
    assert problem.file == f"override {path}"
    assert problem.hint


# --- the name ---


@pytest.mark.parametrize(
    ("stem", "name"), [("cron storm", "cron-storm"), ("My_File.2", "my_file-2"), ("<text>", "text"), ("scenario", "scenario")]
)
def test_a_scenario_is_named_as_its_file(stem: str, name: str) -> None:
    assert slug(stem) == name


def test_files_whose_names_have_other_letters_do_not_share_a_folder_of_results() -> None:
    stems = ["больница", "ክሊኒክ", "clinic больница", "clinic ክሊኒክ", "café", "cafè", "cafe", "!!!", "???"]
    names = [slug(stem) for stem in stems]
    assert len(set(names)) == len(stems)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) for name in names)
    assert names[2].startswith("clinic-")
    assert slug("cafe\u0301") == slug("caf\u00e9"), "the same letters, as another system writes them in the names of files"


# --- the hash ---


def test_the_hash_depends_on_what_is_said_not_on_how(tmp_path: Path) -> None:
    spelled = edited(("horizon: 1h", "horizon: 60m  # an hour"), ("startup: 500ms\n", ""))
    assert load(tmp_path, VALID).hash == load(tmp_path, spelled).hash
    assert load(tmp_path, VALID).hash != load(tmp_path, VALID, {"seed": 2}).hash


@pytest.mark.parametrize(
    ("workflows", "clash"),
    [
        ({"w": {"copies": 3}, "w-3": {}}, "w-3"),
        ({"w-2": {}, "w-3": {}, "w": {"copies": 3}}, "w-2"),
        ({"w": {"copies": 3}, "w-4": {}, "w-0": {}, "w-03": {}, "w-": {}, "w-x": {}, "-1": {}}, None),
        ({"w": {"copies": 3}, "w-1": {"copies": 3}, "w-1-1": {}}, "w-1-1"),
        ({"w": {"copies": 3}, "w-1": {"copies": 3}}, None),
        ({"": {"copies": 3}, "-1": {}}, "-1"),
    ],
)
def test_a_copy_may_have_no_name_of_another_entry(workflows: dict[str, dict[str, int]], clash: str | None) -> None:
    tree = {"projects": {"p": {"workflows": workflows}, "q": {"workflows": {"w-3": {}}}}}
    messages = [one.message for one in check_tree(tree)]
    assert messages == ([] if clash is None else [f"a copy of another entry also has the name `{clash}`"])


def test_copies_without_end_are_refused_before_anybody_names_them(tmp_path: Path) -> None:
    """600 times 100,000 names would be several gigabytes."""
    some = "".join(f"      w{number}: {{copies: 100000}}\n" for number in range(600))
    with pytest.raises(ScenarioError, match=r"has 60,000,002 workflows, counting all copies"):
        load(tmp_path, VALID.replace("    workflows:\n", f"    workflows:\n{some}", 1))
    groups = "".join(f"  - {{name: w{number}, capacity: 1, replicas: 100000}}\n" for number in range(600))
    with pytest.raises(ScenarioError, match=r"workers, counting all replicas"):
        load(tmp_path, VALID.replace("workers:\n", f"workers:\n{groups}", 1))
