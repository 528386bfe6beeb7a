"""The verbs of the Python interface about exports of real runs: read one, fit a scenario to it, hold the model against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from pathlib import Path

from fastlanes_sim.api.arguments import whole
from fastlanes_sim.api.calibration import CalibrationResult
from fastlanes_sim.api.scenario_argument import ScenarioLike, changes_of, origin_of
from fastlanes_sim.api.validation import ValidationResult
from fastlanes_sim.calibration.calibrate import calibrate as fit
from fastlanes_sim.calibration.deployment_part import Deployed, from_layout, from_scenario
from fastlanes_sim.calibration.input_uncertainty import RESAMPLES
from fastlanes_sim.calibration.unsure import with_uncertainty
from fastlanes_sim.calibration.validate import REPLICATIONS
from fastlanes_sim.calibration.validate import validate as replay
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.once import say_once
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.postgres import read_database
from fastlanes_sim.exports.prometheus import read_prometheus
from fastlanes_sim.exports.read import read_export as read_file
from fastlanes_sim.scenario.overrides import laid_over

__all__ = ["calibrate", "read_export", "validate"]

ExportLike = str | PathLike[str] | Export
"""An export that was read; or where to read one: a file of runs (CSV, also gzipped, or Parquet), or the DSN of a PostgreSQL."""


def read_export(
    source: str | PathLike[str],
    *,
    timezone: str | None = None,
    strict: bool = False,
    columns: Mapping[str, str] | None = None,
    time_format: str | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> Export:
    """Read an export of Lightning's runs.

    Args:
        source: a file of runs (CSV of any dialect, JSON, Parquet, Arrow, a workbook; text also packed), or the DSN of a PostgreSQL of
            Lightning's (`postgresql://…`), read only.
        timezone: of times of a file without an offset; UTC by default, as Lightning writes them.
        strict: stop at rows that make no sense, instead of leaving them out.
        columns: headings of the file that differ from ours: `{"id": "RunID"}`.
        time_format: of its times, as `strptime` has it. Default: recognised.
        encoding: of a text file. Default: recognised.
        progress: called now and then with (how far, how far in all; 0 where that is not known).

    Returns:
        The runs by time of insertion; `.reading` says what was left out and why.

    Raises:
        ExportError: it cannot be read, columns are missing, or (strict) a row makes no sense.
        FastlanesError: something is said of how a file is written, and a PostgreSQL is read.

    Example:
        runs = read_export("runs.csv")
        len(runs), runs.reading.dropped
    """
    place = fspath(source)
    if place.startswith(("postgresql://", "postgres://")):
        of_a_file = {"timezone": timezone, "columns": columns, "time_format": time_format, "encoding": encoding}
        given = [name for name, value in of_a_file.items() if value is not None]
        if given:
            raise FastlanesError(f"{given[0]} says how a file is written, and this is a database", f"leave {', '.join(given)} out")
        return read_database(place, strict=strict, progress=progress)
    written = AsWritten(columns or {}, time_format, encoding)
    return read_file(place, timezone=timezone or "UTC", strict=strict, as_written=written, progress=progress)


def calibrate(
    export: ExportLike,
    *,
    deployment: ScenarioLike | None = None,
    layout: str | None = None,
    replicas: int | None = None,
    backoff: str | None = None,
    overrides: Mapping[str, object] | None = None,
    timezone: str = "UTC",
    span: tuple[int, int] | None = None,
    anonymous: bool = False,
    resamples: int = RESAMPLES,
    progress: Progress | None = None,
) -> CalibrationResult:
    """Fit a scenario to an export of Lightning's runs: arrivals, service times, start-up, limits.

    Args:
        export: an export that `read_export` returned, or what it takes.
        deployment: a scenario whose workers, lightning, network and slos to take.
        layout: instead: the layout of the workers that served the runs, such as `"fast_lane:1 manual>*:4"`. Without both, one worker with
            as many slots as were seen busy at once.
        replicas, backoff: with `layout`: how many workers there were (1 by default), and their WORKER_BACKOFF.
        overrides: with `deployment`: other values by their dotted path.
        timezone: of crons, and of the scenario.
        span: when the export begins and ends (µs since 1970), where these are not its first and its last run.
        anonymous: number projects and workflows instead of naming them.
        resamples: of the export's days, which say how sure the values are; 0: none. An export of less than three days has none.
        progress: called with (workflows fitted, workflows in all).

    Raises:
        ExportError: the export cannot be read, or there is no run to learn from.
        ScenarioError: the deployment is not valid.

    Example:
        calibrate("runs.csv", layout="fast_lane:1 manual>*:4").write("calibrated.yaml")
    """
    served = deployed(layout, replicas, backoff, deployment, overrides)
    runs = export if isinstance(export, Export) else read_export(export)
    found = fit(runs.anonymous() if anonymous else runs, served, timezone=timezone, span=span, progress=progress)
    return CalibrationResult.from_plain(with_uncertainty(found, whole("resamples", resamples)))


def validate(
    export: ExportLike,
    *,
    deployment: ScenarioLike | None = None,
    layout: str | None = None,
    replicas: int | None = None,
    backoff: str | None = None,
    overrides: Mapping[str, object] | None = None,
    replications: int = REPLICATIONS,
    seed: int = 1,
    engine: Engine = "auto",
    progress: Progress | None = None,
    prometheus: str | PathLike[str] | None = None,
    tell: Callable[[str], None] = say_once,
) -> ValidationResult:
    """Replay an export through the deployment that served it, and compare the waits.

    Args:
        export: an export that `read_export` returned, or what it takes: a CSV or Parquet file of runs, or the DSN of a PostgreSQL.
        deployment: a scenario whose workers, lightning, network and slos to take.
        layout: instead: the layout of the workers that served the runs, such as `"fast_lane:1 manual>*:4"`. One of both is needed.
        replicas: with `layout`: how many workers there were, 1 by default.
        backoff: with `layout`: their WORKER_BACKOFF, such as `"1/10"`.
        overrides: with `deployment`: other values by their dotted path.
        replications: how often to replay it, with workers that poll at other instants; at least 5.
        seed: of what an export does not say.
        engine: "kernel", "reference", or "auto". The result is the same.
        progress: called with (replications done, replications in all).
        prometheus: a file of Lightning's own metrics of the same time, which are compared with the replays: OpenMetrics text, or the JSON
            of a query.
        tell: called with a first answer, where replaying takes long because of idle time. Default: standard error.

    Raises:
        ExportError: the export cannot be read, or there is no run to compare with.
        FastlanesError: nobody says what served the export, or it is not valid.

    Example:
        found = validate("runs.csv", layout="fast_lane:1 manual>*:4")
        print(found.text())
    """
    served = deployed(layout, replicas, backoff, deployment, overrides)
    if served is None:
        raise FastlanesError("nothing says what served the export\n    hint: give `layout` or `deployment`")
    runs = export if isinstance(export, Export) else read_export(export)
    metrics = None if prometheus is None else read_prometheus(Path(prometheus))
    asked = {"replications": whole("replications", replications), "seed": whole("seed", seed)}
    found = replay(runs, served, **asked, engine=engine, progress=progress, metrics=metrics, tell=tell)
    return ValidationResult.from_plain(found)


def deployed(
    layout: str | None,
    replicas: int | None = None,
    backoff: str | None = None,
    deployment: ScenarioLike | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Deployed | None:
    """What served the runs of an export; None where nobody says.

    Raises:
        FastlanesError: it is said twice, or only in part.
        ScenarioError: the deployment is not valid.
    """
    if layout is not None and deployment is not None:
        raise FastlanesError("both a layout and a deployment are given\n    hint: give one; a deployment has its own workers")
    if layout is None and (replicas is not None or backoff is not None):
        hint = "give the layout as well" if deployment is None else "leave them out: a deployment has its own workers"
        raise FastlanesError("replicas and backoff say nothing without a layout", hint)
    if deployment is not None:
        origin, own = origin_of(deployment)
        return from_scenario(origin, laid_over(own, changes_of(None, None, None, overrides)))
    if overrides:
        raise FastlanesError("overrides say nothing without a deployment\n    hint: give a scenario as the deployment")
    return None if layout is None else from_layout(layout, 1 if replicas is None else whole("replicas", replicas), backoff)
