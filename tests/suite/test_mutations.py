"""A rule of each class broken on purpose, and `baseline check` notices; the whole table is docs/mutations.md."""

from __future__ import annotations

import pytest

from fastlanes_sim.api.baseline import CheckResult
from fastlanes_sim.rules import claim
from fastlanes_sim.suite.check import Kind
from studies import mutations
from studies.mutations import MUTATIONS, baseline_of, broken, caught

NOTICED = {
    "a strict slot takes any queue": "ethiopia_incident",
    "a list's order does not rank": "manual_vs_bulk_retry",
    "the fast lane bypasses the claim limit": "claim_limit_blind_spot",
    "no claim limit": "claim_limit_blind_spot",
    "grows by half": "ethiopia_incident",
    "nobody is notified": "ethiopia_incident",
    "runs are killed at half their timeout": "long_runs",
}
"""By what is broken, one of each class, a workload that tells."""


@pytest.fixture(scope="module")
def baselines():
    return {workload: baseline_of(workload) for workload in set(NOTICED.values())}


@pytest.mark.parametrize("words", NOTICED)
def test_a_broken_rule_of_each_class_is_noticed(words: str, baselines):
    mutation = next(one for one in MUTATIONS if one.words == words)
    assert CheckResult([caught(mutation, baselines[NOTICED[words]])], strict=True).regressed


def test_unbroken_model_and_kernel_give_identical_numbers(baselines):
    checked = caught(None, baselines["ethiopia_incident"])
    assert checked.of(Kind.IDENTICAL) == checked.changes


def test_each_class_of_rules_is_broken():
    classes = {mutation.rule.split()[0] for mutation in MUTATIONS}
    assert classes == {"filter", "preference", "bypass", "limit", "backoff", "debounce", "kill"}
    assert classes == {mutation.rule.split()[0] for mutation in MUTATIONS if mutation.words in NOTICED}
    assert set(mutations.WORKLOADS) <= set(mutations.load_suite().workloads)


def test_what_was_broken_is_whole_again():
    usual = claim.passes_filter
    with broken(MUTATIONS[0]):
        assert claim.passes_filter is not usual
    assert claim.passes_filter is usual
