"""A scenario under sliders, for notebooks: how its slots are split, how many workers there are, how much traffic comes.

    from fastlanes_sim import explore

    explore("scenarios/quickstart.yaml")

Without ipywidgets, outside a notebook, and on a page that shows a notebook without running it, there is a table of layouts instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastlanes_sim.api.result import Result
from fastlanes_sim.api.scenario_argument import ScenarioLike, load_scenario
from fastlanes_sim.api.verbs import simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.scenario.overrides import layout_override

if TYPE_CHECKING:
    import pandas as pd

MOST_PINNED = 3
"""Pinned slots that the table of layouts goes up to."""


def layout(pinned: int, others: int, prefer: bool = False) -> str:
    """So many slots for the fast lane alone, and so many for all lanes, which prefer the fast lane or do not.

    Raises:
        FastlanesError: not one slot.
    """
    if pinned + others < 1:
        raise FastlanesError("a worker without slots\n    hint: one pinned slot, or one other")
    parts = [f"fast_lane:{pinned}"] if pinned else []
    return " ".join([*parts, *([f"{'fast_lane>' if prefer else ''}manual>*:{others}"] if others else [])])


class Explorer:
    """What the sliders ask; each answer is simulated once.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        engine: "kernel", "reference", or "auto". The result is the same.

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
    """

    def __init__(
        self,
        scenario: ScenarioLike,
        *,
        seed: int | None = None,
        horizon: str | None = None,
        overrides: Mapping[str, object] | None = None,
        engine: Engine = "auto",
    ) -> None:
        self._asked: dict[tuple[object, ...], Result] = {}
        self._loaded, self._engine = load_scenario(scenario, seed=seed, horizon=horizon, overrides=overrides), engine
        self.scenario = self._loaded.scenario
        self.slots = max(sum(loop.capacity for loop in worker.workloops) for worker in deployment(self.scenario).workers)
        """Of one worker, of the group that has most."""

    def ask(self, pinned: int, others: int, prefer: bool = False, workers: int | None = None, traffic: float = 1.0) -> Result:
        """The scenario with these slots in every worker, `workers` in every group, and its traffic times `traffic`."""
        question = (pinned, others, prefer, workers, traffic)
        if question not in self._asked:
            changes: dict[str, object] = layout_override(layout(pinned, others, prefer))
            if workers is not None:
                changes["workers.*.replicas"] = workers
            if traffic != 1:
                changes["traffic"] = self.scenario.traffic * traffic
            self._asked[question] = simulate(self._loaded, overrides=changes, engine=self._engine)
        return self._asked[question]

    @cached_property
    def table(self) -> pd.DataFrame:
        """As many slots as there are, none to some of them pinned: the p99 of each lane's wait, the 504s, the objectives."""
        import pandas as pd

        pins = range(min(MOST_PINNED, self.slots) + 1)
        return pd.DataFrame([self._row(pinned) for pinned in pins]).set_index("layout")

    def _row(self, pinned: int) -> dict[str, object]:
        result = self.ask(pinned, self.slots - pinned)
        lanes = [lane for lane in LANES if lane != "all" and result.observed.counts(lane).runs]
        waits = {f"{lane}: p99 of the wait": str(result.observed.durations(lane, "wait").quantile(0.99) or "–") for lane in lanes}
        missed = [verdict.slo.text for verdict in result.verdicts if verdict.verdict != "met"]
        verdict = {"not met": "; ".join(missed) or "–"} if result.verdicts else {}
        return {
            "layout": layout(pinned, self.slots - pinned), **waits, "504s": result.observed.counts("all").gateway_timeouts, **verdict,
        }  # fmt: skip

    def sliders(self, show: Callable[[Result], None]) -> Any:
        """The widget, which hands each answer to `show`.

        Raises:
            ImportError: ipywidgets is not installed.
        """
        import ipywidgets as widgets

        def slider(kind: Any, words: str, value: float, least: float, most: float, step: float) -> Any:
            look = {"style": {"description_width": "11em"}, "layout": widgets.Layout(width="28em")}
            return kind(description=words, value=value, min=least, max=most, step=step, continuous_update=False, **look)

        controls: dict[str, Any] = {
            "pinned": slider(widgets.IntSlider, "pinned to the fast lane", min(1, self.slots - 1), 0, self.slots + 5, 1),
            "others": slider(widgets.IntSlider, "other slots", max(self.slots - 1, 1), 1, 2 * self.slots + 5, 1),
            "prefer": widgets.Checkbox(description="they prefer the fast lane", value=False),
            "workers": slider(widgets.IntSlider, "workers in a group", max(group.replicas for group in self.scenario.workers), 1, 10, 1),
        }
        if self.scenario.replay is None:
            controls["traffic"] = slider(widgets.FloatSlider, "traffic, times", 1.0, 0.25, 4.0, 0.25)
        return widgets.interactive(lambda **asked: show(self.ask(**asked)), **controls)


def explore(
    scenario: ScenarioLike,
    *,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
) -> Explorer:
    """Show the table of layouts, and below it sliders where they can be had. Returns the explorer, for questions from code.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        engine: "kernel", "reference", or "auto". The result is the same.

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.

    Example:
        explore("scenarios/quickstart.yaml").ask(pinned=1, others=4, traffic=1.5).plot_latency()
    """
    explorer = Explorer(scenario, seed=seed, horizon=horizon, overrides=overrides, engine=engine)
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = None
    if get_ipython is None or get_ipython() is None:
        print(explorer.table.to_string())
        return explorer
    display(explorer.table)  # type: ignore[no-untyped-call]
    try:
        sliders = explorer.sliders(lambda result: _show(result, display))
    except ImportError:
        print("Sliders need ipywidgets: pip install ipywidgets")
    else:
        display(sliders)  # type: ignore[no-untyped-call]
    return explorer


def _show(result: Result, display: Callable[..., Any]) -> None:
    import matplotlib.pyplot as plt

    display(result)
    result.plot_latency()
    plt.show()
