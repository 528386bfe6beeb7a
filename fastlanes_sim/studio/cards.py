"""Answers to questions as cards for the page: what it is, what it does, and what to set to have it. The words are those of the reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastlanes_sim.api.calibration import CalibrationResult
from fastlanes_sim.api.capacity import CapacityResult
from fastlanes_sim.api.fit import FitResult
from fastlanes_sim.api.search import SearchResult
from fastlanes_sim.api.sensitivity import SensitivityResult
from fastlanes_sim.experiments.advice import Advice, Effect
from fastlanes_sim.experiments.advice import Trial as Tried
from fastlanes_sim.experiments.capacity_search import TRAFFIC
from fastlanes_sim.experiments.search import Trial
from fastlanes_sim.reports.charts.style import paper
from fastlanes_sim.reports.content.setting import deployment_of
from fastlanes_sim.reports.content.trials import binding_text, misses
from fastlanes_sim.reports.figures.fit import fit_figure
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.labels import lane_title, titled
from fastlanes_sim.reports.report import Table
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.studio.page_data import how_many

Plain = dict[str, Any]
_OPTION = re.compile(r" \(--[a-z]+[^()]*\)")
_SIGNS = {"met": "met", "discarded": "missed", "undecided": "undecided", "not needed": "met"}
_SAID = {"met": "meets every objective", "discarded": "misses an objective", "undecided": "undecided", "not needed": "not needed"}
_NEAREST = 3
"""Layouts that are shown where a search was cancelled."""
_ROWS = 60
"""Of a table."""
_BARS = 8
"""Values that a sensitivity analysis shows for each measure."""


def without_options(text: str) -> str:
    """Without options of the command line in brackets: the page has none."""
    return _OPTION.sub("", text)


def _card(title: str, sign: str, says: str, lines: Iterable[str], use: Mapping[str, object] | None, cost: str = "") -> Plain:
    """
    Args:
        sign: `met`, `missed`, `undecided`, or nothing.
        says: what it comes to, in some words.
        use: what to set, by dotted path; None: nobody can.
    """
    return {"title": title, "sign": sign, "says": says, "lines": list(lines), "cost": cost, "use": None if use is None else dict(use)}


def _answer(headline: str, sign: str, about: str, cards: Sequence[Plain], notes: Iterable[str], **more: Any) -> Plain:
    return {
        "headline": without_options(headline), "sign": sign, "asked_of": about, "cards": list(cards),
        "notes": list(map(without_options, notes)), "tables": [], "bars": [],
        "steps": [], "cancelled": False, **more,
    }  # fmt: skip


def of_advice(advice: Sequence[Advice], scenario: LoadedScenario) -> Plain:
    """What helps, for each who is advised; after it what does not, what breaks something, and all changes together."""
    about, cards, notes = deployment_of(scenario.scenario), list[Plain](), list[str]()
    for one in advice:
        for_whom = f"For {lane_title(one.why.name)}" if len(advice) > 1 and not one.is_of_all else ""
        notes += [*([one.why.sentence, one.standstill, *one.shared] if not one.is_of_all else []), *one.floor]
        working = [trial for trial in one.trials if trial.works]
        cards += [_tried(trial, for_whom, saves=one.is_met) for trial in (working or one.trials[:3])]
        cards += [_tried(trial, for_whom) for trial in one.trials if trial.effect is Effect.BREAKS and trial not in one.trials[:3]][:2]
        if one.control is not None and not one.control.works:
            cards.append(_tried(one.control, "Twice the slots instead"))
    cards += [_tried(one.together, "All of these together") for one in advice if one.together is not None]
    whole = next((one for one in advice if one.is_of_all), None)
    headline, sign = _if_missed(advice) if whole is None else _if_not_missed(whole, advice)
    return _answer(headline, sign, about, cards, filter(None, notes))


def _if_not_missed(whole: Advice, advice: Sequence[Advice]) -> tuple[str, str]:
    """What all comes to where no objective is missed, and its sign. Who waits long all the same is advised beside the whole."""
    long = [titled(one.why.name) for one in advice if one is not whole]
    beside = f" {' and '.join(long)} waits long all the same: what was tried for that is below." if long else ""
    if whole.undecided:
        return f"Not every objective is shown to be met, so nothing can be said of what could be saved.{beside}", "undecided"
    every = "Every objective that there are runs for is met" if whole.floor else "Every objective is met"
    could = any(trial.works for trial in whole.trials)
    return every + (". This could be saved:" if could else ", and no slot and no worker could be saved.") + beside, "met"


def _if_missed(advice: Sequence[Advice]) -> tuple[str, str]:
    """The same where an objective is missed, or none is asked for. A change that replications do not confirm may help, and no more."""
    trials = [trial for one in advice for trial in one.trials]
    if not trials:
        hold = any(one.why.cause is not None for one in advice)
        return ("No setting of the scenario has a hold on that.", "missed") if hold else ("There is nothing to advise.", "")
    working = [trial for trial in trials if trial.works and trial.is_real]
    sure = sum(not _is_unsure(trial) for trial in working)
    order = ", the cheapest first" if len(advice) == 1 else ""
    if sure:
        return (f"{sure} changes help{order}." if sure > 1 else "One change helps."), "met"
    if working:
        many = f"{len(working)} changes may help: replications do not confirm them."
        return (many if len(working) > 1 else "One change may help: replications do not confirm it."), "undecided"
    is_what_if = any(trial.works for trial in trials)
    return f"Nothing that {'can be set' if is_what_if else 'was tried'} is enough.", "missed"


def _is_unsure(trial: Tried) -> bool:
    """It works in one sample, and replications do not confirm that, or were not made of it."""
    return trial.works and (trial.is_confirmed is False or trial.is_of_one_sample)


def _tried(trial: Tried, title: str = "", saves: bool = False) -> Plain:
    unsure = _is_unsure(trial)
    sign = "undecided" if unsure else {Effect.HELPS: "met", Effect.BREAKS: "missed"}.get(trial.effect, "")
    works = ("could save" if unsure else "saves") if saves and trial.works else "may help" if unsure else trial.effect.value
    says = works + ("" if trial.is_real else ", but nobody can set it")
    lines = [str(one) for one in trial.objectives if one.is_news and (one.was, one.before) != (one.verdict, one.after)]
    lines += [f"breaks {one}" for one in trial.broken if not any(one in line for line in lines)]
    lines += [f"p95 wait of {lane}: {before} → {after}" for lane, (before, after) in trial.lanes.items() if before != after]
    implied = {one.text for one in trial.objectives if one.is_implied}
    judged = [one for one in trial.confirmed if one.verdict != "met" or one.slo.text not in implied]
    lines += [f"over replications: {one.slo.text}: {one.text}, {one.verdict}" for one in judged]
    words = trial.step.words[:1].upper() + trial.step.words[1:]
    name = f"{title}: {trial.step.words}" if title else words
    return _card(name, sign, says, lines, trial.step.overrides if trial.is_real else None, str(trial.price) if trial.is_real else "")


def of_search(found: SearchResult) -> Plain:
    """The layout that is recommended, those that came near, and every one that was simulated."""
    best, rule, shown = found.recommended, found.rule, list[Plain]()

    def card(one: Trial, says: str, lines: Iterable[str]) -> Plain:
        sign = "" if found.interrupted and one.fate == "undecided" else _SIGNS[one.fate]
        return _card(one.candidate.label, sign, says, lines, one.candidate.overrides, f"cost {one.candidate.cost:g}")

    if best is not None:
        lines = [f"{case.objective}: {case.measured}" for case in found.report.cases]
        shown.append(card(best, "recommended", lines))
    near = found.near_misses
    if best is None and found.interrupted:
        known = [one for one in found.trials if one.values]
        near = sorted(known, key=lambda one: (one.fate != "met", rule.strain(one.values)))[:_NEAREST]
    for one in near:
        many = f"{_SAID[one.fate]} after {len(one.values)} replications"
        shown.append(card(one, "near miss" if one.fate == "discarded" else many, misses(rule, one) or [binding_text(rule, one)]))
    undecided = [one for one in found.undecided if one.values and one not in near] if not found.interrupted else []
    shown += [card(one, "undecided", [binding_text(rule, one)]) for one in undecided[:_NEAREST]]
    headline = found.report.answer if not found.interrupted else "Cancelled: nothing can be recommended yet. What is known so far:"
    notes = [one for one in found.report.sentences if not one.startswith(("interrupted", "near miss", "undecided"))]
    return _answer(
        headline, found.outcome, deployment_of(found.base.scenario), shown, notes if not found.interrupted else [],
        tables=[_table(one) for one in found.report.tables], cancelled=found.interrupted,
        evidence=f"{found.replications:,} replications of {len(found.trials):,} of {len(found.candidates):,} layouts",
    )  # fmt: skip


def of_traffic(found: CapacityResult) -> Plain:
    """What traffic holds and what does not, and every factor that was simulated."""
    shown, rule = list[Plain](), found.rule
    for factor, words in ((found.carries, "the most that holds"), (found.fails, "the least that does not")):
        if factor is not None:
            one = found.trials[factor]
            lines = misses(rule, one) or [binding_text(rule, one)]
            shown.append(_card(f"× {factor:g}", _SIGNS[one.fate], words, lines, {TRAFFIC: factor}))
    ends = {found.factors[0]: "first", found.factors[-1]: "last", found.fails: "above", found.carries: "below"}
    steps = [
        {"shown": f"× {factor:g}", "sign": _SIGNS[one.fate], "of": factor, "place": ends.get(factor, "")}
        for factor, one in found.trials.items()
    ]
    notes = [one for one in found.report.sentences[1:] if not one.startswith("interrupted")]
    return _answer(
        found.report.answer if not found.interrupted else "Cancelled. What is known so far:", found.outcome,
        deployment_of(found.base.scenario), shown, notes, steps=steps, cancelled=found.interrupted,
        tables=[_table(one) for one in found.report.tables],
        evidence=f"{found.replications:,} replications of {len(found.trials):,} of {len(found.factors):,} factors",
    )  # fmt: skip


def of_sensitivity(found: SensitivityResult) -> Plain:
    """Which values decide each measure, the one that decides most first."""
    bars = []
    for measure in found.asked:
        rows = []
        for number in found.ranked(measure)[:_BARS]:
            value, index = found.values[number], found.index(number, measure)
            low, high = found.ends(number)
            shown = [measure.show(one.estimate(measure).mean) if one.values else "–" for one in (low, high)]
            share = None if index is None else min(max(index.total, 0.0), 1.0)
            rows.append({"name": value.name, "range": value.range, "low": shown[0], "high": shown[1], "share": share})
        bars.append({"measure": measure.text, "rows": rows})
    notes = [one for one in found.report.sentences if not one.startswith("interrupted")]
    headline = found.report.answer
    return _answer(
        f"Cancelled. So far: {headline}" if found.interrupted else headline, "", deployment_of(found.scenario.scenario), [], notes,
        bars=bars, cancelled=found.interrupted, evidence=f"{found.points:,} design points of {found.replications:,} replications",
    )  # fmt: skip


def _table(one: Table) -> Plain:
    return {"heading": one.heading, "head": list(one.head), "rows": [list(row) for row in one.rows[:_ROWS]]}


def of_calibration(found: CalibrationResult, text: str, checked: FitResult, reading: str, name: str) -> Plain:
    """The scenario that an export makes, and how it compares with the export: in sentences, and as a picture."""
    says = checked.text().splitlines()
    return {
        "name": name,
        "text": text,
        "sign": checked.outcome,
        "headline": without_options(says[0]),
        "lines": says[1:],
        "reading": reading.splitlines(),
        "fitted": f"{how_many(found.triggers, 'trigger')} of {how_many(len(found.workflows), 'workflow')}",
        "notes": list(found.notes),
        "picture": inline(fit_figure(checked, paper), "fit", "Runs over time and quantiles, of the export and of the fit, a row a lane"),
    }
