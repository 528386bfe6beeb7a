"""Traffic as a DataFrame: what a notebook has in its hands stands where a scenario names a file."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard

from fastlanes_sim.core.temporary_folder import TemporaryFolder

if TYPE_CHECKING:
    import pandas as pd

_ID, _ALSO_ID = "id", "run"
"""The column that an export has, and the one that the table of runs of a result has."""


def is_frame(value: Any) -> TypeGuard[pd.DataFrame]:
    """Whether it is a DataFrame of pandas. Does not import pandas."""
    return type(value).__name__ == "DataFrame" and type(value).__module__.startswith("pandas")


def kept(frame: pd.DataFrame) -> str:
    """The path of a Parquet file with its rows, in the columns of an export (docs/exports.md) or of `Result.runs`.

    The file is named by its content and lives as long as this process: other processes that simulate can read it meanwhile.
    """
    renamed = frame.rename(columns={_ALSO_ID: _ID}) if _ID not in frame.columns else frame
    content = renamed.to_parquet(index=False)
    path = _folder().path / f"{hashlib.sha256(content).hexdigest()[:32]}.parquet"
    if not path.exists():
        path.write_bytes(content)
    return str(path)


@cache
def _folder() -> TemporaryFolder:
    """Removed when the process ends."""
    return TemporaryFolder()
