"""Small scenarios with one known cure, or none: how they are written, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KnownCure:
    """A situation, and the paths of the settings that its cure changes."""

    name: str
    phenomenon: str
    scenario: str
    cures: Sequence[str]
    """Any of them: how `PATH=VALUE` begins, as in `workers.0.workloops=fast_lane>`. Where it takes two, `FIRST + SECOND`. Empty: there is
    none."""
    reports: Sequence[str] = ()
    """Public reports of the same, as OWNER/NAME#NUMBER of GitHub. They are retold in this simulator's terms: no number is theirs."""
    cause: str = ""
    """What the report blames, where it is one of `rules.causes`."""
    proof: Mapping[str, object] = field(default_factory=dict, hash=False)
    """One change of this kind that meets every objective, known before advice was asked for."""

    def is_cured_by(self, overrides: Mapping[str, object] | None) -> bool:
        """Whether a recommendation, or that there is none, is the right one."""
        if overrides is None:
            return not self.cures
        settings = [f"{path}={value}" for path, value in overrides.items()]
        return any(all(any(one.startswith(part) for one in settings) for part in cure.split(" + ")) for cure in self.cures)


def sync(rate: str, service: str, name: str = "ask") -> str:
    return f"      {name}: {{triggers: [{{type: webhook, reply: after_completion, arrivals: {{poisson: {rate}}}, service: {service}}}]}}\n"


def asynchronous(rate: str, service: str, name: str = "send") -> str:
    return f"      {name}: {{triggers: [{{type: webhook, arrivals: {{poisson: {rate}}}, service: {service}}}]}}\n"


def burst(size: int, service: str, name: str = "batch", at: str = "[10m, 70m]", more: str = "") -> str:
    arrivals = f"{{burst: {{size: {size}, at: {at}}}}}"
    return f"      {name}: {{{more}triggers: [{{type: bulk_retry, arrivals: {arrivals}, service: {service}}}]}}\n"


def crons(service: str, copies: int = 1, name: str = "report", cron: str = "0 * * * *") -> str:
    return f'      {name}: {{copies: {copies}, triggers: [{{type: cron, cron: "{cron}", service: {service}}}]}}\n'


def scenario(workflows: str, workers: str, slos: str, *, horizon: str = "2h", lightning: str = "", more: str = "") -> str:
    projects = workflows if workflows.startswith("  ") and not workflows.startswith("      ") else f"  p:\n    workflows:\n{workflows}"
    return (
        f"name: known_cure\nhorizon: {horizon}\nstart: 2026-01-05T06:00\nstartup: {{constant: 200ms}}\n{more}"
        f"lightning: {{{lightning}}}\nprojects:\n{projects}workers: [{{{workers}}}]\nslos: [{slos}]\n"
    )
