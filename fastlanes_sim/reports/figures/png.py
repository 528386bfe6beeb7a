"""A figure as PNG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from fastlanes_sim.reports.charts.style import DPI, styled
from fastlanes_sim.results.files import write_bytes


def png(figure: Any) -> bytes:
    """The picture. Without the software's name in it, the same picture has the same bytes."""
    out = BytesIO()
    with styled():
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def save_figure(figure: Any, path: Path) -> Path:
    """Write the picture; returns its path."""
    write_bytes(path, [png(figure)])
    return path
