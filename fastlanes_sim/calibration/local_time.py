"""What clocks showed: times of arrivals by the local day and hour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import DAY, HOUR

Times = npt.NDArray[np.int64]


def local_times(times: Times, timezone: str) -> Times:
    """µs from midnight of 1970-01-01 to what the clocks of a time zone show, of instants in µs since 1970."""
    if timezone == "UTC":
        return times
    import pandas as pd

    shown = pd.DatetimeIndex(times.astype("datetime64[us]")).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    return np.asarray(shown.to_numpy("datetime64[us]").astype(np.int64))


def local_hours(times: Times, timezone: str) -> tuple[Times, Times]:
    """(weekday from Monday, hour) of instants."""
    shown = local_times(times, timezone)
    return (shown // DAY + 3) % 7, shown % DAY // HOUR  # 1970-01-01 was a Thursday
