"""docs/exit-codes.md, from `cli.exit_codes`."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise

from fastlanes_sim.cli import exit_codes
from fastlanes_sim.cli.exit_codes import ExitCode

HEAD = """\
# Exit codes

<!-- Made by `make docs` from fastlanes_sim/cli/exit_codes.py: change its docstrings. -->

The exit codes of `fastlanes-sim`. Scripts and CI may rely on them: their meaning never changes. `--undecided pass` turns 98 into 0, and
`--undecided fail` turns 98 into 99.

| code | name | meaning |
| --- | --- | --- |
"""
TAIL = """
A missed objective, and an invalid scenario:

```console
$ fastlanes-sim run scenarios/claim_limit_blind_spot.yaml --horizon 1h --no-charts
Objectives
...
 MISSED    p99(fast_lane.response) < 30s ...
$ echo $?
99
$ fastlanes-sim run scenarios/quickstart.yaml --layout "fast_lane:1 *>manual:4"
...Wildcard "*" must be the last element...
1 problem; nothing was simulated, nothing written.
$ echo $?
104
```
"""


def exit_codes_page() -> str:
    said = meanings()
    rows = [f"| {code.value} | {code.name.lower()} | {said[code.name]} |" for code in sorted(ExitCode)]
    return HEAD + "\n".join(rows) + "\n" + TAIL


def meanings() -> dict[str, str]:
    """The docstring of each code, by its name."""
    tree = ast.parse(inspect.getsource(exit_codes))
    body = next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == ExitCode.__name__).body
    found = {}
    for assignment, said in pairwise(body):
        if isinstance(assignment, ast.Assign) and isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant):
            name = assignment.targets[0]
            assert isinstance(name, ast.Name)
            found[name.id] = " ".join(str(said.value.value).split())
    return found
