"""docs/scenario.md: every key of a scenario file, from the models that read it and the docstrings of their fields."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.measures.counts import COUNTS
from fastlanes_sim.measures.operators import OPERATORS
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.measures.scopes import KINDS
from fastlanes_sim.measures.statistics import STATISTICS
from fastlanes_sim.measures.system import SYSTEM
from fastlanes_sim.measures.times import TIMES
from fastlanes_sim.rules.creation import QUEUES
from fastlanes_sim.scenario.schema import Scenario, json_schema
from tools.docs import ROOT

HEAD = """\
# The scenario file

<!-- Made by `make docs` from fastlanes_sim/scenario/: change the docstrings there. -->

A scenario is a YAML 1.2 file. A key that is not listed here is an error; the message names its line and suggests what to write instead.
`fastlanes-sim schema` prints the same information as a JSON Schema, for editors that complete and check while you type. The
[guide](guide.md) shows how to write such a file.

A small example, `scenarios/quickstart.yaml`:

```yaml
{example}```

A duration is a number with a unit (`us`, `ms`, `s`, `m`, `h`, `d`), or several of them, each once and the larger ones first: `500ms`,
`30s`, `1h30m`, `2 hours`. A rate is a number per unit of time: `1/min`, `0.5/s`, `200/h`. A probability is a percentage or a fraction:
`5%`, `0.05`. YAML 1.2 has no underscores in numbers: `1_000` is a text.

The command line can override any value by its path: `--set lightning.run_timeout=10m`, `--set workers.0.replicas=3`. Lists are counted from
0, and `*` is every entry; where a name follows it, as in `projects.*.workflows.sync.copies=2`, every entry that has one. A project,
workflow, resource or adaptor on the way must be there, so that a slip in its name is an error; a whole one may be added:
`--set 'resources.records={{concurrency: 4}}'`. A text that looks like a number needs quotes that the shell leaves: `--set 'name="5"'`.
`--layout` is for all workers, and cannot be combined with `workloops` or `capacity` of one of them.

A value may say how far off it may be: `median: 3s ± 20%` (or `+-`). Simulations take the value; [sensitivity](sensitivity.md) varies it in
this range.
"""
OBJECTIVES = """\
## Objectives

A line each in `slos`: a measure, an operator and a bound. `--metric`, `--until`, sweeps and Python take the same measures, without a bound.

| form | example |
| --- | --- |
| STATISTIC(SCOPE.TIME) OPERATOR BOUND | `p99(fast_lane.response) < 30s`, `mean(slowdown) < 3` |
| share(SCOPE.TIME > THRESHOLD) OPERATOR SHARE | `share(fast_lane.response > 30s) <= 0.1%` |
| SCOPE.COUNT OPERATOR NUMBER | `lost == 0`, `project.clinic.killed <= 3` |
| NUMBER OF THE SYSTEM OPERATOR BOUND | `utilisation < 80%`, `claims_per_minute < 500` |
| … in SHARE of days | `p99(fast_lane.response) < 30s in 95% of days`: each day for itself |

Over replications, percentiles and shares are those of all their runs together. `p99/day(fast_lane.response)` and `share/day(…)` are the
means of the days' own, where a day is a replication. Everything else is the mean over the replications. [verdicts.md](verdicts.md) says
when an objective is met, missed or undecided.

Operators: {operators}; `==` for counts only.

**Scopes.** Without a scope all runs are meant. A lane is {lanes}.

| scope | which runs |
| --- | --- |
{scopes}

A trigger has the name of its type, such as `webhook` or `cron`. Where a workflow has several triggers of one type, they are numbered in the
order of the file: `cron1`, `cron2`. The runs of a replayed file are the trigger `replay` of their workflow. Each copy of a project or a
workflow has a name of its own: `clinic-1`, `clinic-2`.

In a name `*` stands for any characters. `p95(project.*.wait) < 5m` is one objective for each project, and each has a verdict of its own.

**Statistics** of a time:

| statistic | value |
| --- | --- |
{statistics}

**Times**:

| time | from → to | bound |
| --- | --- | --- |
{times}

**Counts**, as they stand at the end of the simulation:

| count | of |
| --- | --- |
{counts}

**Numbers of the system** have no scope and include the warm-up:

| number | value | unit |
| --- | --- | --- |
{system}
"""


def objectives() -> str:
    """From the registry of measures."""
    return OBJECTIVES.format(
        operators=codes(tuple(OPERATORS)),
        lanes=codes(QUEUES),
        scopes=table([f"`{kind.form}`", kind.meaning] for kind in KINDS.values()),
        statistics=table([f"`{one.name}`", one.meaning] for one in STATISTICS.values()),
        times=table([f"`{one.name}`", one.meaning, "a duration" if one.unit is TIME else "a number"] for one in TIMES.values()),
        counts=table([f"`{row.name}`", row.meaning] for row in COUNTS.values()),
        system=table([f"`{row.name}`", row.meaning, row.unit.name] for row in SYSTEM.values()),
    )


def table(rows: Iterable[list[str]]) -> str:
    """The rows of a table in Markdown."""
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows)


def scenario_page() -> str:
    order = models(Scenario)
    example = (ROOT / "scenarios" / "quickstart.yaml").read_text(encoding="utf-8")
    return "\n".join([HEAD.format(example=example), *(section(model) for model in order), objectives()])


def models(top: type[BaseModel]) -> list[type[BaseModel]]:
    """The model and all that it is made of, each once, a part right after what it is first a part of."""
    found: list[type[BaseModel]] = []

    def meet(model: type[BaseModel]) -> None:
        if model not in found:
            found.append(model)
            for field in model.model_fields.values():
                for one in submodels(whole_type(field)):
                    meet(one)

    meet(top)
    return found


def submodels(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [one for inner in get_args(kind) for one in submodels(inner)]


def whole_type(field: FieldInfo) -> Any:
    """The field's type with what pydantic has taken off it."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def section(model: type[BaseModel]) -> str:
    required = set(json_schema()["required"]) if model is Scenario else None
    rows = [row(name, field, required) for name, field in model.model_fields.items()]
    said = description(model)
    lines = [
        f"## {title(model)}",
        "",
        *([said, ""] if said else []),
        "| key | value | default | meaning |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]
    return "\n".join(lines)


def title(model: type[BaseModel]) -> str:
    return "The file" if model is Scenario else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).capitalize()


def anchor(model: type[BaseModel]) -> str:
    return title(model).lower().replace(" ", "-")


def description(model: type[BaseModel]) -> str:
    own = model.__doc__
    return inspect.cleandoc(own) if own and own != BaseModel.__doc__ else ""


def row(name: str, field: FieldInfo, required: set[str] | None = None) -> str:
    """`required` are the keys that a file must have, where the models ask for more: reading fills in the rest."""
    key = field.alias or name
    meaning = " ".join((field.description or "").split())
    filled_in = required is not None and field.is_required() and key not in required
    cells = [f"`{key}`", spelled_type(whole_type(field)), "" if filled_in else default(field), meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if value is None or (isinstance(value, (list, dict)) and not value):
        return ""
    if isinstance(value, BaseModel):
        given = value.model_dump(exclude_unset=True, by_alias=True)
        return f"`{written(given, submodels(whole_type(field))[0])}`" if given else ""
    return f"`{written(value, whole_type(field))}`"


def written(value: Any, kind: Any) -> str:
    """A value as a scenario file would write it; `kind` tells durations from other numbers."""
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
        only = [written(one, whole_type(kind.model_fields[key])) for key, one in value.items()]
        return only[0] if list(value) == ["constant"] else "{" + ", ".join(f"{k}: {v}" for k, v in zip(value, only, strict=True)) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, int) and "a duration" in spelled_type(kind):
        return duration(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, list):
        return "[" + ", ".join(written(one, None) for one in value) + "]"
    return str(value)


def duration(us: int) -> str:
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLISECOND), ("us", 1)):
        if us and us % size == 0:
            return f"{us // size}{unit}"
    return "0s"


def spelled_type(kind: Any, bounds: tuple[Any, ...] = ()) -> str:
    """What may be written, in words."""
    if get_origin(kind) is Annotated:
        inner, *about = get_args(kind)
        spelling = next((one.json_schema for one in about if isinstance(one, WithJsonSchema)), None)
        if spelling is not None and "description" in spelling:
            return str(spelling["description"]).split(" such as ")[0]
        return spelled_type(inner, tuple(limit for one in about for limit in limits(one)))
    if get_origin(kind) in (Union, types.UnionType):
        return either([spelled_type(one, bounds) for one in get_args(kind) if one is not type(None)])
    if get_origin(kind) is Literal:
        return either([f"`{one}`" for one in get_args(kind)])
    if get_origin(kind) is list:
        return f"a list: {spelled_type(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        key, value = get_args(kind)
        return f"a mapping: {spelled_type(key)} → {spelled_type(value)}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{title(kind)}](#{anchor(kind)})"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return either([f"`{one.value}`" for one in kind])
    names = {bool: "`true` or `false`", int: "a whole number", float: "a number", str: "text", datetime: "a local time"}
    return names.get(kind, str(kind)) + interval(bounds)


def either(said: list[str]) -> str:
    return " or ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def limits(about: Any) -> list[tuple[str, float]]:
    """The bounds that a piece of metadata sets."""
    if isinstance(about, FieldInfo):
        return [limit for one in about.metadata for limit in limits(one)]
    found = []
    for name, words in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
        value = getattr(about, name, None)
        if value is not None and isinstance(about, (annotated_types.Ge, annotated_types.Gt, annotated_types.Le, annotated_types.Lt)):
            found.append((words, value))
    return found


def interval(bounds: tuple[Any, ...]) -> str:
    said = [f"{words} {'2^63' if value == 2**63 else f'{value:,}'}" for words, value in bounds]
    return f", {' and '.join(said)}" if said else ""


def codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
