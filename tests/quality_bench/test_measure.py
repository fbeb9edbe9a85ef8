"""A fault counts as found only under its record, one of its columns and its dimension."""

from __future__ import annotations

import pytest

from pipelines.demo.faults.planter import Fault
from tests.quality_bench import measure
from tests.quality_bench.page import bench_page

PRICE = Fault("order_lines", "OL1", "unit_price", "shift", "accuracy", 5, 50, ("orders:SO1",))
PERIOD = Fault("quotas", "Q1", "period_start,period_end", "overlap", "consistency", None, "x")
KEYLESS = Fault("payments", "", "payment_id", "missing", "completeness", "PY1", None)
HASH = "0123456789abcdef" * 2


def issue(
    entity: str, record: str, column: str, dimension: str, rule: str = "", action: str = "warn"
) -> measure.Issue:
    return {
        "entity": entity,
        "record_id": record,
        "column_name": column,
        "dimension": dimension,
        "rule": rule or f"{entity}.{column}.rule",
        "action": action,
    }


def seed(*issues: measure.Issue, clean: tuple[measure.Issue, ...] = ()) -> measure.Seed:
    return measure.Seed(3, (PRICE, PERIOD, KEYLESS), issues, clean)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (issue("order_lines", "OL1", "unit_price", "accuracy"), [PRICE]),
        (issue("order_lines", "OL1", "quantity,unit_price", "accuracy"), [PRICE]),
        (issue("quotas", "Q1", "period_end", "consistency"), [PERIOD]),
        (issue("payments", HASH, "payment_id", "completeness"), [KEYLESS]),
        (issue("order_lines", "OL1", "unit_price", "consistency"), []),
        (issue("order_lines", "OL1", "quantity", "accuracy"), []),
        (issue("order_lines", "OL2", "unit_price", "accuracy"), []),
        (issue("payments", HASH, "amount", "completeness"), []),
        (issue("returns", HASH, "payment_id", "completeness"), []),
    ],
)
def test_record_column_and_dimension_must_be_right(told: measure.Issue, found: list[Fault]) -> None:
    held = measure.held(seed(told))
    assert [fault for fault, _ in held.found] == found
    assert {fault for fault, _ in held.missed} == {PRICE, PERIOD, KEYLESS} - set(found)


def test_one_record_without_its_key_stands_for_one_fault() -> None:
    twice = measure.Seed(
        3, (KEYLESS, KEYLESS), (issue("payments", HASH, "payment_id", "completeness"),), ()
    )
    held = measure.held(twice)
    assert (len(held.found), len(held.missed)) == (1, 1)


def test_what_a_fault_explains_or_the_demo_is_meant_to_have_is_no_false_alarm() -> None:
    natural = issue("orders", "SO9", "order_id", "completeness", "orders.order_lines.present")
    always = issue("orders", "SO8", "region", "consistency")
    alarm = issue("quotas", "Q7", "period_end", "consistency")
    told = (
        issue("orders", "SO1", "total_amount", "accuracy"),
        issue("order_lines", "OL1", "quantity", "accuracy"),
        natural,
        always,
        alarm,
    )
    held = measure.held(seed(*told, clean=(natural, always)))
    assert held.beside == (always, alarm)


def test_a_false_alarm_counts_against_the_kind_that_its_rule_finds() -> None:
    right = issue("quotas", "Q1", "period_end", "consistency", "quotas.overlap")
    held = measure.held(
        seed(
            right,
            issue("quotas", "Q7", "period_end", "consistency", "quotas.overlap"),
            issue("quotas", "Q8", "amount", "accuracy", "quotas.other"),
        )
    )
    scores, unclaimed = measure.scores([held])
    told = {s.kind: (s.recall, s.precision, s.worst) for s in scores}
    assert told == {
        "overlap": (1.0, 0.5, 3),
        "shift": (0.0, None, 3),
        "missing": (0.0, None, 3),
    }
    assert unclaimed == {"quotas.other": 1}


def test_the_page_shows_kinds_and_what_nobody_spoiled_brings() -> None:
    natural = issue("orders", "SO9", "order_id", "completeness", "orders.order_lines.present")
    one = seed(issue("quotas", "Q1", "period_end", "consistency"), clean=(natural,))
    scores, unclaimed = measure.scores([measure.held(one)])
    page = bench_page([one], scores, unclaimed, {"Northwind": [natural]})
    assert "| overlap | consistency | 1 | 1 | 100.0% | 0 | 100.0% |  |" in page
    assert "| shift | accuracy | 1 | 0 | 0.0% | 0 |  | 3 |" in page
    assert "| warn | orders.order_lines.present | 1 | two orders without lines" in page
    assert "0 rows rejected, 1 warnings" in page
    assert "the open data was missing" in bench_page([one], scores, unclaimed, None)
