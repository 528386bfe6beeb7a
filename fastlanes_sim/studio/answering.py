"""What a warm process does with a question: it asks the verb, says how far that is, and lays the answer out for the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from fastlanes_sim.api import export_verbs, verbs
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import spell_number
from fastlanes_sim.engines.selection import resolve
from fastlanes_sim.experiments.work_estimate import in_words
from fastlanes_sim.exports.reading_report import reading_text
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.work import work_of
from fastlanes_sim.studio import cards
from fastlanes_sim.studio.requests import Question

Plain = dict[str, Any]
Check = Callable[[], None]
"""Raises where the question is no longer asked."""
Send = Callable[[str, Plain], None]

STORE = "computed.sqlite"
MOST_SLOTS = 40
"""Of a worker, in a search: of three lanes there are 4,100 layouts of so many slots."""
MOST_TRAFFIC = 100.0
FACTORS = 40
"""Between which the highest traffic is looked for, at most."""
_OFTEN = 0.15
"""Seconds between two looks at how far it is."""
_ADVISED, _REPLICATED = 60, 30
"""Simulations that advice takes, roughly: it goes on until nothing more helps."""
_A_LAYOUT, _A_FACTOR, _FACTORS_TRIED = 8, 140, 9
"""Simulations of a layout, most of which are discarded soon; of a factor of the traffic; and how many factors are looked at."""


def answer(question: Question, check: Check, send: Send) -> None:
    """
    Raises:
        FastlanesError: what was asked makes no sense, a file cannot be read, or packages are missing.
        KeyboardInterrupt: it was cancelled before anything was known.
    """
    watch = Watch(check, send)
    if question.kind == "calibrate":
        send("calibrated", _calibrate(question, watch))
        return
    assert question.scenario is not None
    ask = {"advise": _advise, "search": _search, "traffic": _traffic, "sensitivity": _sensitivity}[question.kind]
    found = ask(question, question.scenario, watch)
    send("asked", {**found, "about": question.kind, "hash": question.scenario.hash, "seconds": round(watch.seconds, 1)})


class Watch:
    """Says how far it is, now and then, and looks whether it is still asked for."""

    def __init__(self, check: Check, send: Send) -> None:
        self._check, self._send = check, send
        self._begun = time.monotonic()
        self._last = 0.0
        self._stage, self._unit, self._expected, self._estimate = "", "", 0, ""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def begin(self, stage: str, unit: str, expected: int = 0, seconds: float = 0.0) -> Callable[[int, int], None]:
        """A new stage.

        Args:
            unit: what is counted.
            expected: how many, roughly, where nobody knows; 0: it will be known.
            seconds: how long it takes, roughly; 0: nobody knows.

        Returns:
            What takes (done, of how many; 0 where nobody knows).
        """
        self._stage, self._unit, self._expected = stage, unit, expected
        self._estimate = f"about {in_words(seconds)}" if seconds >= 1 else "a moment" if seconds else ""
        self._last = 0.0
        self._progress(0, 0)
        return self._progress

    def _progress(self, done: int, of: int) -> None:
        self._check()
        now = time.monotonic()
        if now < self._last + _OFTEN:
            return
        self._last = now
        part = done / of if of else min(done / self._expected, 0.97) if self._expected else None
        self._send("progress", {
            "stage": self._stage, "done": done, "of": of, "unit": self._unit, "part": part, "estimate": self._estimate,
            "seconds": round(self.seconds, 1),
        })  # fmt: skip


def _seconds(scenario: LoadedScenario, simulations: int) -> float:
    return simulations * work_of(scenario.scenario).seconds(resolve("auto"), attribution=False)


def _advise(question: Question, scenario: LoadedScenario, watch: Watch) -> Plain:
    takes = _seconds(scenario, _REPLICATED + _ADVISED)
    found = verbs.replicate(scenario, progress=watch.begin("simulating it as it is", "replications", seconds=takes))
    advice = verbs.advise(found, progress=watch.begin("trying changes", "simulations", _ADVISED, takes))
    return cards.of_advice(advice, scenario)


def _search(question: Question, scenario: LoadedScenario, watch: Watch) -> Plain:
    most = _whole(question.options.get("slots"), MOST_SLOTS)
    lanes = len({one for one in _lanes(scenario) if one in ("fast_lane", "manual")})
    layouts = sum(1 if not lanes else 2 * slots if lanes == 1 else 5 * slots * (slots + 1) // 2 for slots in range(1, most + 1))
    expected = layouts * _A_LAYOUT + _A_FACTOR
    report = watch.begin(f"trying layouts of up to {most} slots a worker", "replications", expected, _seconds(scenario, expected))
    found = verbs.search(scenario, range(1, most + 1), store=_store(question), progress=report)
    return cards.of_search(found)


def _lanes(scenario: LoadedScenario) -> set[str]:
    """Those that have triggers; a replayed file may have all."""
    plain = scenario.scenario
    if plain.replay is not None:
        return {"fast_lane", "manual"}
    every = chain.from_iterable(project.workflows.values() for project in plain.projects.values())
    rules = plain.lightning.ruleset
    return {rules.queue_and_priority(one.origin)[0].label for work in every for one in work.triggers} if rules.has_queues else set()


def _traffic(question: Question, scenario: LoadedScenario, watch: Watch) -> Plain:
    factors = ladder(scenario.scenario.traffic, _number(question.options.get("most"), MOST_TRAFFIC))
    expected = _A_FACTOR * min(_FACTORS_TRIED, len(factors))
    report = watch.begin(f"looking between × {factors[0]:g} and × {factors[-1]:g}", "replications", expected, _seconds(scenario, expected))
    return cards.of_traffic(verbs.highest_traffic(scenario, factors, store=_store(question), progress=report))


def ladder(now: float, most: float) -> list[float]:
    """Factors of the traffic from half of what it is now, in even steps with two digits, what it is now among them."""
    least = now / 2
    if most <= least:
        raise FastlanesError(f"the traffic is × {now:g} now", f"ask up to a factor of more than {least:g}")
    step = float(spell_number((most - least) / (FACTORS - 1), 1))
    steps = [float(spell_number(least + step * place, 3)) for place in range(FACTORS)]
    return sorted({*(one for one in steps if 0 < one <= most), now, most} - ({now} if now > most else set()))


def _sensitivity(question: Question, scenario: LoadedScenario, watch: Watch) -> Plain:
    watch.begin("checking what to vary", "values")
    asked = verbs.questions(scenario)
    many = verbs.most_simulations(asked)
    report = watch.begin(f"varying {len(asked.values)} values", "replications", many, _seconds(scenario, many))
    return cards.of_sensitivity(verbs.sensitivity(asked, store=_store(question), progress=report))


def _store(question: Question) -> Path:
    return Path(question.folder) / STORE


def _whole(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise FastlanesError("that is no number of slots", f"enter a whole number from 1 to {most}")
    return value


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
        raise FastlanesError("that is no factor of the traffic", f"enter a number above 0, at most {most:g}")
    return float(value)


def _calibrate(question: Question, watch: Watch) -> Plain:
    """Read, fit, and check: what `calibrate` prints, without what it would write."""
    place, name = Path(question.options["file"]), str(question.options["name"])
    try:
        runs = export_verbs.read_export(place, progress=watch.begin(f"reading {name}", "bytes"))
        zone, fitting = question.options["timezone"], watch.begin("fitting rates, crons and durations", "workflows")
        found = export_verbs.calibrate(runs, deployment=question.scenario, timezone=zone, resamples=0, progress=fitting)
        fitted = found.scenario(place.stem)
        checked = found.check(progress=watch.begin("simulating the fit beside the export", "steps"), tell=lambda _: None)
        return cards.of_calibration(found, fitted.text, checked, _named(reading_text(runs.reading), place, name), name)
    except FastlanesError as error:
        raise FastlanesError(_named(error.message, place, name), error.hint) from None
    finally:
        place.unlink(missing_ok=True)


def _named(text: str, place: Path, name: str) -> str:
    """With the file's own name: nobody knows where we keep it."""
    return text.replace(str(place), name)
