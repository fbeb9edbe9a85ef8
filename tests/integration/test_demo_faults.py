"""The gate finds the demo's faults of the kinds that a rule can decide, each in its record and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality_bench import measure
from tests.quality_bench.__main__ import judged_demo

DECIDED = {
    "rating_off_scale", "percent_scale", "splits_sum", "discount_over_line", "total_against_lines",
    "out_of_range", "delivered_before_shipped", "dates_order", "impossible_date", "future_date",
    "duplicate_key", "missing_required", "dangling_reference", "not_allowed", "text_for_number",
}  # fmt: skip


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> measure.Held:
    folder: Path = tmp_path_factory.mktemp("demo_faults")
    faults, issues = judged_demo(folder, 4, scale=0.25, has_faults=True)
    return measure.held(measure.Seed(4, faults, issues, ()))


def test_every_fault_that_a_rule_decides_is_found(held: measure.Held) -> None:
    missed = [fault for fault, _ in held.missed if fault.kind in DECIDED]
    assert missed == []
    assert {fault.kind for fault, _ in held.found} >= DECIDED


def test_nothing_is_told_of_records_without_a_fault(held: measure.Held) -> None:
    assert [
        issue["rule"] for issue in held.beside if issue["rule"] not in measure.OF_THE_DEMO
    ] == []
