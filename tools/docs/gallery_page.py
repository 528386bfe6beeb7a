"""docs/gallery.md, from `studies.known_cures`: each situation is simulated, advised, and its remedy confirmed on other runs."""

from __future__ import annotations

from fastlanes_sim.api.verbs import advise, simulate
from fastlanes_sim.experiments.advice import Trial
from fastlanes_sim.measures.judge import overall
from studies.known_cures import ALL
from studies.small_scenarios import KnownCure

OTHERS = (2, 3)
"""Seeds of the runs that a remedy is confirmed on."""
HEAD = """\
# Gallery: what goes wrong with job queues, and what helps

<!-- Made by `make docs` from studies/known_cures.py: change the situations there. -->

Each situation retells public reports about job queues in the terms of this simulator; the numbers are the simulator's own. Each is small,
so that it is simulated in a moment: save it as `situation.yaml` and ask `fastlanes-sim run situation.yaml --advise`. What is named here is
what `--advise` names first. It was simulated on the same runs, and then confirmed on the runs of two other seeds. `make test` does the same
with these and twenty-six further situations.
"""


def gallery_page() -> str:
    """All situations that somebody reported."""
    return "\n".join([HEAD, *(_situation(known) for known in ALL if known.reports)])


def _situation(known: KnownCure) -> str:
    result = simulate(known.scenario)
    (advice, *_) = advise(result)
    remedy = advice.remedy
    assert remedy is not None, known.name
    missed = [f"`{one.slo.text}` ({one.value})" for one in result.verdicts if one.verdict != "met"]
    reports = ", ".join(f"[{report}](https://github.com/{report.replace('#', '/issues/')})" for report in known.reports)
    return "\n".join(
        [
            f"## {known.name[0].upper()}{known.name[1:]}",
            "",
            f"{known.phenomenon} Reported in {reports}.",
            "",
            "```yaml",
            known.scenario.strip(),
            "```",
            "",
            f"- **Missed**: {', '.join(missed)}.",
            f"- **Why**: {advice.why.sentence}",
            *_cure(known, remedy),
            "",
        ]
    )


def _cure(known: KnownCure, remedy: Trial) -> list[str]:
    met = [overall(simulate(known.scenario, seed=seed, overrides=remedy.step.overrides).verdicts) for seed in OTHERS]
    bad = [overall(simulate(known.scenario, seed=seed).verdicts) for seed in OTHERS]
    confirmed = sum(outcome == "met" for outcome in met)
    without = sum(outcome == "missed" for outcome in bad)
    objectives = "; ".join(f"`{one.text}`: {one.before} → {one.after}" for one in remedy.objectives if not one.is_implied)
    return [
        f"- **Remedy** ({remedy.price}): {remedy.step.words}. {objectives}.",
        f"- **Confirmed**: with other runs it is met with the remedy in {confirmed} of {len(OTHERS)}, and missed without it in {without}.",
        f"- `{remedy.command}`" if len(remedy.command) < 120 else "- The settings are long: `--advise` prints them.",
    ]
