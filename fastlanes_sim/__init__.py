"""A discrete-event capacity simulator of OpenFn Lightning's job queue and its workers ("Fast Lanes").

Importing this package is cheap: the simulator itself is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlanes_sim.api.verbs import compare, highest_traffic, load_scenario, replicate, search, simulate, sweep

__all__ = ["__version__", "compare", "highest_traffic", "load_scenario", "replicate", "search", "simulate", "sweep"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in __all__ and name != "__version__":
        from fastlanes_sim.api import verbs

        return getattr(verbs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
