"""What differs between two results, in the terminal."""

from __future__ import annotations

from fastlanes_sim.reports.report import Table
from fastlanes_sim.reports.text.terminal import aligned
from fastlanes_sim.results.result_diff import Number, ResultDiff, StoredResult

_FEW = 6
"""Settings in a short account."""
_MOST = 30
"""Settings and numbers that are listed."""


def text(diff: ResultDiff) -> str:
    """The answer first: what became of the verdicts; then what was changed; then the numbers."""
    parts = [[f"{_name(diff.before)}  →  {_name(diff.after)}", *_headline(diff)]]
    if diff.verdicts:
        rows = [[name, _verdict(was), _verdict(now)] for name, was, now in diff.verdicts]
        parts.append(aligned(Table("", ["objective", "before", "after"], rows)))
    changed = [[path, _said(was), _said(now)] for path, was, now in (*diff.settings, *diff.versions)]
    if changed:
        parts.append(["What was changed:", *aligned(Table("", ["setting", "before", "after"], changed[:_MOST])), *_more(len(changed))])
    numbers = [[name, _show(was), _show(now), _difference(was, now)] for name, was, now in diff.numbers]
    if numbers:
        parts.append(["What came of it:", *aligned(Table("", ["measure", "before", "after", "so"], numbers[:_MOST])), *_more(len(numbers))])
    return "\n\n".join("\n".join(part) for part in parts)


def changes_text(diff: ResultDiff) -> str:
    """What was changed, and the verdicts that it turned: a line each. Empty where nothing was."""
    lines = [f"  {path}: {_said(was)} → {_said(now)}" for path, was, now in diff.settings[:_FEW]]
    lines += _more(len(diff.settings), _FEW)
    lines += [f"  {name}: {_verdict(was)} → {_verdict(now)}" for name, was, now in diff.verdicts if was != now and was and now]
    return "\n".join(["Since the last time:", *lines]) if lines else ""


def _name(one: StoredResult) -> str:
    many = f"{one.replications} replications" if one.replications > 1 else "one simulation"
    return f"{one.path.parent.as_posix()} ({one.scenario}, seed {one.seed}, {many})"


def _headline(diff: ResultDiff) -> list[str]:
    both = [(was[0], now[0]) for _, was, now in diff.verdicts if was and now]
    worse = sum(was == "met" and now != "met" for was, now in both)
    better = sum(was != "met" and now == "met" for was, now in both)
    lines = []
    if worse or better:
        lines.append(f"{worse} of {len(both)} objectives are no longer met, {better} are met now.")
    elif both:
        lines.append("No verdict has changed.")
    if not diff.numbers:
        lines.append(f"All {diff.compared} numbers are the same.")
    if diff.numbers and not (diff.settings or diff.versions or not diff.same_runs):
        lines.append("The files do not say why: an older version may have written one of them.")
    if not diff.same_runs:
        lines.append("The seeds differ: part of the difference is chance.")
    if min(diff.before.replications, diff.after.replications) == 1 and diff.numbers:
        lines.append("One simulation is one sample. `fastlanes-sim compare` gives differences with intervals.")
    return lines


def _verdict(one: tuple[str, str] | None) -> str:
    return "–" if one is None else f"{one[0].upper()} {one[1]}"


def _said(value: object) -> str:
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _show(one: Number) -> str:
    if one.value is None:
        return "–"
    if one.low is None or one.high is None:
        return _amount(one, one.value)
    return f"{_amount(one, one.value)} [{_amount(one, one.low)}, {_amount(one, one.high)}]"


def _amount(one: Number, value: float) -> str:
    return one.unit.show(value * one.unit.scale)


def _difference(was: Number, now: Number) -> str:
    if was.value is None or now.value is None or was.value == now.value:
        return ""
    difference = now.value - was.value
    return f"{_amount(now, abs(difference))} {now.unit.more if difference > 0 else now.unit.less}"


def _more(count: int, most: int = _MOST) -> list[str]:
    return [f"... and {count - most:,} more (--json has all)"] if count > most else []
