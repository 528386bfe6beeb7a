"""What differs between two results, in the terminal."""

from __future__ import annotations

from fastlanes_sim.measures.quantities import SHARE
from fastlanes_sim.measures.values import spelled
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
    part = ", interrupted" if one.interrupted else ""
    return f"{_folder(one)} ({one.scenario}, seed {one.seed}, {many}{part})"


def _headline(diff: ResultDiff) -> list[str]:
    return [*_of_verdicts(diff), *_of_numbers(diff), *_reasons(diff)]


def _of_verdicts(diff: ResultDiff) -> list[str]:
    both = [(was[0], now[0]) for _, was, now in diff.verdicts if was and now]
    changed = [(was, now) for was, now in both if was != now]
    if not changed:
        return ["No verdict has changed."] if both else []
    worse, better = sum(was == "met" for was, _ in changed), sum(now == "met" for _, now in changed)
    said = [f"{worse} no longer met"] * (worse > 0) + [f"{better} met now"] * (better > 0)
    said += [
        f"{sum(one == turn for one in changed)} {turn[1]} instead of {turn[0]}" for turn in dict.fromkeys(changed) if "met" not in turn
    ]
    return [f"Of {len(both)} objective{'s' if len(both) > 1 else ''}: {', '.join(said)}."]


def _of_numbers(diff: ResultDiff) -> list[str]:
    if diff.numbers:
        return []
    if not diff.compared:
        return ["They have no number in common."]
    return [f"All {diff.compared} numbers are the same." if diff.compared > 1 else "The one number that both have is the same."]


def _reasons(diff: ResultDiff) -> list[str]:
    """Why they differ, beside settings and versions."""
    before, after = diff.before, diff.after
    found = [f"{_folder(one)} was interrupted: its numbers are of a part alone." for one in (before, after) if one.interrupted]
    if not diff.same_runs:
        found.append("The seeds differ: part of the difference is chance.")
    if not diff.numbers:
        return found
    if before.replications != after.replications:
        found.append(f"They are of {before.replications} and of {after.replications} replications: part of the difference is chance.")
    if before.has_inputs != after.has_inputs:
        found.append("Only one of them says how uncertain the inputs are (--inputs): its intervals are wider for that.")
    if not (found or diff.settings or diff.versions):
        found.append("The files do not say why: an older version may have written one of them.")
    if min(before.replications, after.replications) == 1:
        found.append("One simulation is one sample. `fastlanes-sim compare` gives differences with intervals.")
    return found


def _folder(one: StoredResult) -> str:
    return one.path.parent.as_posix()


def _verdict(one: tuple[str, str] | None) -> str:
    return "–" if one is None else f"{one[0].upper()} {one[1]}"


def _said(value: object) -> str:
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _show(one: Number) -> str:
    """As the result itself was printed: `≥ 12.3 s` where runs were still open."""
    if one.value is None:
        return "–"
    scale = one.unit.scale
    least, most = one.value * scale, one.most * scale
    is_range = one.unit is SHARE and one.unit.show(least) != one.unit.show(most)
    said = f"{one.unit.show(least)} to {one.unit.show(most)}" if is_range else spelled(least, most, one.unit)
    if one.low is None or one.high is None:
        return said
    return f"{said} [{one.unit.show(one.low * scale)}, {one.unit.show(one.high * scale)}]"


def _difference(was: Number, now: Number) -> str:
    """Empty where both may be the same."""
    difference = now.above(was)
    if not difference:
        return ""
    at_least = "" if was.most == was.value and now.most == now.value else "at least "
    unit = now.unit
    return f"{at_least}{unit.show(abs(difference) * unit.scale)} {unit.more if difference > 0 else unit.less}"


def _more(count: int, most: int = _MOST) -> list[str]:
    return [f"... and {count - most:,} more (--json has all)"] if count > most else []
