"""The charts as PNG files."""

from __future__ import annotations

from collections.abc import Mapping

from fastlanes_sim.reports.exporters.exporter import HAS_PAGE, Content, Exportable, Exporter


def _content(one: Exportable) -> Mapping[str, Content]:
    from fastlanes_sim.reports.figures.png import png

    return {f"{stem}.png": [png(figure)] for stem, figure in one.figures().items()}


PNG_CHARTS = Exporter("charts", "Draw the charts.", HAS_PAGE, _content, is_folder=True)
