"""The gate finds the demo's faults of the kinds that a rule can decide, each in its record and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.demo.faults.plant import kinds
from tests.quality_bench import measure
from tests.quality_bench.__main__ import judged_demo

# Kinds that only a look at other records tells: the bench measures them over ten seeds.
STATISTICAL = {"decimal_shift", "near_duplicate", "speeder", "spelling_variant"}
DECIDED = {kind.name for kind in kinds()} - STATISTICAL


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> measure.Held:
    folder: Path = tmp_path_factory.mktemp("demo_faults")
    faults, issues = judged_demo(folder, 4, scale=0.25, has_faults=True)
    return measure.held(measure.Seed(4, faults, issues, ()))


def test_every_fault_that_a_rule_decides_is_found(held: measure.Held) -> None:
    missed = [fault for fault, _ in held.missed if fault.kind in DECIDED]
    assert missed == []
    assert {fault.kind for fault, _ in held.found} >= DECIDED


def test_no_rule_that_decides_tells_of_a_record_without_a_fault(held: measure.Held) -> None:
    guesses = ("decimal_shift", "near_duplicate", "speeder", "spelling")
    told = [
        issue["rule"]
        for issue in held.beside
        if not issue["rule"].endswith(guesses) and issue["rule"] not in measure.OF_THE_DEMO
    ]
    assert told == []
