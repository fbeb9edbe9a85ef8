"""Which expectations are asked tonight: those that have a sense, and a count where rows were."""

from __future__ import annotations

import pytest

from data_quality.suites.contract import suite
from pipelines.extract import contract
from pipelines.gate.judgement import suites_to_run

NO_ROWS: dict[str, dict[str, int]] = {name: {} for name in contract.entities()}


@pytest.mark.parametrize("name", contract.entities())
def test_a_table_that_had_rows_must_have_some_and_a_bold_one_blocks(name: str) -> None:
    (counted,) = suites_to_run(NO_ROWS, set(), {name})[name]
    assert (counted.rule, counted.minimum) == (f"{name}.rows.row_count", "1")
    assert counted.action == ("block" if contract.entities()[name].is_core else "warn")


def test_a_table_that_never_had_rows_may_be_empty_and_an_unknown_one_is_not_asked() -> None:
    found = suites_to_run(NO_ROWS, {"teams"}, set())
    assert [(name, e.minimum, e.action) for name, (e,) in found.items()] == [("teams", "0", "warn")]


def test_a_reference_is_asked_only_where_somebody_delivers_what_it_names() -> None:
    rows = {**NO_ROWS, "customers": {"shop": 1}}
    asked = {e.rule for e in suites_to_run(rows, {"customers"}, set())["customers"]}
    left_out = {e.rule for e in suite("customers")} - asked
    assert left_out == {"customers.account_id.reference"}
