"""Every format, in the order of the command line's options. A new one is a file beside this one, and a line here."""

from __future__ import annotations

from fastlanes_sim.reports.exporters.exporter import Channel, Exporter
from fastlanes_sim.reports.exporters.github import GITHUB
from fastlanes_sim.reports.exporters.html import HTML
from fastlanes_sim.reports.exporters.json_summary import JSON_SUMMARY
from fastlanes_sim.reports.exporters.junit import JUNIT
from fastlanes_sim.reports.exporters.lightning_csv import LIGHTNING_CSV
from fastlanes_sim.reports.exporters.markdown import MARKDOWN
from fastlanes_sim.reports.exporters.openmetrics import OPENMETRICS
from fastlanes_sim.reports.exporters.png_charts import PNG_CHARTS
from fastlanes_sim.reports.exporters.runs_arrow import RUNS_ARROW
from fastlanes_sim.reports.exporters.runs_csv import RUNS_CSV
from fastlanes_sim.reports.exporters.runs_parquet import RUNS_PARQUET
from fastlanes_sim.reports.exporters.trace import TRACE
from fastlanes_sim.reports.exporters.values_parquet import VALUES_PARQUET

OPTIONAL: tuple[Exporter, ...] = (LIGHTNING_CSV, OPENMETRICS, TRACE, JUNIT, HTML, MARKDOWN)
"""Each is an option: `--html`, `--junit`, …"""
RUNS: dict[str, Exporter] = {"parquet": RUNS_PARQUET, "csv": RUNS_CSV, "arrow": RUNS_ARROW}
"""The choices of `--format`, for the table of runs of a single simulation. The first is the default."""
STANDARD: tuple[Exporter, ...] = (JSON_SUMMARY, VALUES_PARQUET)
"""Beside the results, without being asked for: the summary is a file named after the report, the values a file a table."""
CHARTS = PNG_CHARTS
"""The same, unless `--no-charts`."""
CHANNELS: tuple[Channel, ...] = (GITHUB,)
