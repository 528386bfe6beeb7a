"""Runs in the first sheet of a workbook (.xlsx, .xlsb, .xls, .ods)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastlanes_sim.exports.problems import ExportError


def sheet_rows(path: Path) -> list[list[str]]:
    """The rows as texts, the header first.

    Raises:
        ExportError: python-calamine is missing, or this is no workbook.
    """
    try:
        import python_calamine
    except ImportError:
        raise ExportError(f"{path}: a workbook needs python-calamine", "pip install 'fastlanes_sim[excel]', or save it as CSV") from None
    try:
        rows = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError):
        raise ExportError(f"{path}: this workbook cannot be read", "save it again, or save it as CSV") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of the library's Rust, which Python knows by no other name
            raise
        raise ExportError(f"{path}: this workbook cannot be read", "save it again, or save it as CSV") from None
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
