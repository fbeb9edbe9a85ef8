"""Which expectations are asked tonight: those that have a sense, and a count where rows were."""

from __future__ import annotations

from datetime import date

import pytest

from data_quality.suites.contract import suite
from pipelines.extract import contract
from pipelines.gate.judgement import suites_to_run
from tests.unit.gate.nights import Company

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


def test_each_day_keeps_how_its_last_night_came_out(tmp_path) -> None:
    company = Company(tmp_path)
    company.send("teams", "north")
    company.send("teams", "south", name=None)
    company.gate(as_of=date(2026, 1, 30))
    company.gate(as_of=date(2026, 1, 31))
    # For an earlier day: it counts for its own figures, and is no day's night.
    company.gate(as_of=date(2026, 1, 30), keeps_issues=False)
    company.send("teams", "south", name="South")
    company.gate(as_of=date(2026, 1, 31))
    company.gate(as_of=date(2026, 2, 1))
    days = company.query(
        "select as_of_date, checks, rows_checked, passed from gate.check_days"
        " where entity = 'teams' and dimension = 'completeness' order by 1"
    )
    # Checks: rows, team_id and name; one of two rows had no name until the second night of 31.
    assert days == [
        (date(2026, 1, 30), 3, 2, 2.5),
        (date(2026, 1, 31), 3, 2, 3.0),
        (date(2026, 2, 1), 3, 2, 3.0),
    ]
