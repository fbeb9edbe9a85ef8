"""Families go on or wait as one, come back by themselves, and the lake remembers it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.unit.gate.nights import FIRST, Company


def _order(company: Company, label: str = "a", price: str = "1", **changes: object) -> None:
    company.send("orders", label, total_amount=None, opportunity_id=None, **changes)
    company.send("order_lines", f"{label}1", order_id=label, unit_price=Decimal(price))
    company.send("order_lines", f"{label}2", order_id=label)


def test_where_nothing_waits_staging_itself_is_accepted(company: Company) -> None:
    _order(company)
    summary = company.gate()
    assert not summary.is_blocked
    assert summary.rejected == {}
    assert company.accepted("orders", "order_id") == {"a": "a"}
    assert company.query(
        "select table_type from information_schema.tables where table_schema = 'gate'"
        " and table_name = 'accepted_orders__orders'"
    ) == [("VIEW",)]


def test_an_order_that_was_never_accepted_is_out_with_its_lines(company: Company) -> None:
    _order(company)
    _order(company, "b", price="-1")
    summary = company.gate()
    assert company.accepted("orders", "order_id") == {"a": "a"}
    assert company.accepted("order_lines", "order_id") == {"a1": "a", "a2": "a"}
    rule = "order_lines.unit_price.range"
    assert company.waiting() == {
        ("orders", "b"): {rule},
        ("order_lines", "b1"): {rule},
        ("order_lines", "b2"): {rule},
    }
    assert summary.rejected == {"order_lines": 2, "orders": 1}
    assert company.query("select record_id from gate.rejected where is_own_failure") == [("b1",)]


@pytest.mark.usefixtures("by_great_expectations")
def test_while_a_new_version_waits_the_family_stays_as_last_accepted(company: Company) -> None:
    _order(company)
    _order(company, "b", channel="old")
    company.gate()
    # The order is changed well, one line badly, a third line is new: none of it counts yet.
    company.send("orders", "b", total_amount=None, opportunity_id=None, channel="new")
    company.send("order_lines", "b1", order_id="b", quantity=Decimal(0))
    company.send("order_lines", "b3", order_id="b")
    company.gate()
    assert company.accepted("orders", "channel") == {"a": "some text", "b": "old"}
    assert company.accepted("order_lines", "quantity") == {
        line: Decimal(1) for line in ("a1", "a2", "b1", "b2")
    }
    assert company.query("select distinct family, accepted_through from gate.rejected") == [
        ("orders|b", FIRST)
    ]
    # A line that the source deletes meanwhile is still part of what was accepted.
    company.delete("order_lines", "b2")
    company.gate()
    assert list(company.accepted("order_lines", "order_id")) == ["a1", "a2", "b1", "b2"]
    # Mended: the newest of everything, and nobody waits.
    company.send("order_lines", "b1", order_id="b", quantity=Decimal(5))
    summary = company.gate()
    assert company.accepted("orders", "channel")["b"] == "new"
    assert company.accepted("order_lines", "quantity") == {
        "a1": Decimal(1),
        "a2": Decimal(1),
        "b1": Decimal(5),
        "b3": Decimal(1),
    }
    assert (summary.waiting_families, company.waiting()) == (0, {})


def test_a_family_can_wait_and_come_back_more_than_once(company: Company) -> None:
    _order(company, "b")
    company.gate()
    seen = []
    for night, price in enumerate(("-1", "2", "-3", "4")):
        company.send("order_lines", "b1", order_id="b", unit_price=Decimal(price))
        company.gate()
        through = company.query("select min(accepted_through) from gate.rejected")[0][0]
        seen.append((night, int(company.accepted("order_lines", "unit_price")["b1"]), through))
    assert seen == [
        (0, 1, FIRST),
        (1, 2, None),
        (2, 2, FIRST + timedelta(days=2)),
        (3, 4, None),
    ]


def test_a_rebuild_from_the_lake_accepts_the_same(company: Company) -> None:
    _order(company, "b", channel="old")
    _order(company, "c", price="-1")
    company.gate()
    company.send("orders", "b", total_amount=None, opportunity_id=None, status="lost")
    company.gate()
    tables = ("gate.rejected", "gate.issues", "gate.accepted_orders__orders")
    before = [sorted(company.query(f"from {table}"), key=str) for table in tables]
    last_seen = "select issue_id from gate.issues where last_seen_at is null"
    company.forget_warehouse()
    company.night -= 1
    company.gate()
    assert [sorted(company.query(f"from {table}"), key=str) for table in tables] == before
    assert company.query(last_seen) == []
    assert company.accepted("orders", "status") == {"b": "confirmed"}


def test_a_deal_waits_with_its_splits_and_history(company: Company) -> None:
    company.send("opportunities", "d", lead_id=None, campaign_id=None)
    company.send("opportunity_splits", "s", opportunity_id="d")
    company.send("opportunity_stage_history", "h", opportunity_id="d")
    company.gate()
    company.send("opportunity_splits", "s", opportunity_id="d", share=Decimal(7))
    company.send("opportunity_stage_history", "h2", opportunity_id="d")
    company.gate()
    assert company.accepted("opportunity_splits", "share") == {"s": Decimal(1)}
    assert company.accepted("opportunity_stage_history", "history_id") == {"h": "h"}
    assert {entity for entity, _ in company.waiting()} == {
        "opportunities",
        "opportunity_splits",
        "opportunity_stage_history",
    }


def test_a_response_waits_with_its_answers(company: Company) -> None:
    for label in ("good", "bad"):
        company.send("survey_responses", label, order_id=None, ticket_id=None, invitation_id=None)
        value = Decimal(9 if label == "bad" else 3)
        company.send("survey_answers", f"{label} 1", response_id=label, value_number=value)
        company.send(
            "survey_answers",
            f"{label} 2",
            response_id=label,
            question_id="second",
        )
    company.send("survey_questions", "second")
    company.gate()
    assert company.accepted("survey_responses", "response_id") == {"good": "good"}
    assert list(company.accepted("survey_answers", "response_id")) == ["good 1", "good 2"]


def test_parts_wait_only_for_a_parent_that_was_never_accepted(company: Company) -> None:
    _order(company, "known")
    _order(company, "never", price="-1")
    for order in ("known", "never"):
        company.send("payments", f"{order} payment", order_id=order)
        company.send("shipments", f"{order} shipment", order_id=order)
        company.send(
            "shipment_lines",
            f"{order} shipped",
            shipment_id=f"{order} shipment",
            order_line_id=f"{order}1",
        )
        company.send("returns", f"{order} return", order_id=None, order_line_id=f"{order}1")
    company.gate()
    company.send("order_lines", "known1", order_id="known", unit_price=Decimal(-1))
    company.gate()
    for entity, word in (
        ("payments", "payment"),
        ("shipments", "shipment"),
        ("shipment_lines", "shipped"),
        ("returns", "return"),
    ):
        assert list(company.accepted(entity, "source_system")) == [f"known {word}"], entity
        assert company.waiting()[(entity, f"never {word}")] == {"order_lines.unit_price.range"}


def test_nothing_waits_for_a_customer(company: Company) -> None:
    company.send("customers", "unnamed", customer_id=None)
    _order(company, "a", customer_id="unnamed")
    company.gate()
    assert list(company.accepted("customers", "name")) == ["base"]
    assert company.accepted("orders", "customer_id") == {"a": "unnamed"}


def test_both_rows_of_a_doubled_key_wait(company: Company) -> None:
    company.send("products", "twin", name="one")
    company.send("products", "twin", name="two")
    company.gate()
    assert list(company.accepted("products", "name")) == ["base"]
    assert company.waiting() == {("products", "twin"): {"products.key.unique"}}


def test_composite_keys_are_told_apart(company: Company) -> None:
    company.send("pipeline_stages", "p|1", pipeline_id="p", stage_id="1", position=1)
    company.send("pipeline_stages", "p|2", pipeline_id="p", stage_id="2", position=None)
    company.gate()
    assert list(company.accepted("pipeline_stages", "stage_id")) == ["base", "p|1"]


def test_rows_without_their_parents_id_wait_alone(company: Company) -> None:
    _order(company, "a")
    company.send("order_lines", "lost", order_id=None)
    company.send("order_lines", "stray", order_id="nowhere")
    company.gate()
    assert list(company.accepted("order_lines", "order_id")) == ["a1", "a2"]
    assert company.waiting() == {
        ("order_lines", "lost"): {"order_lines.order_id.required"},
        ("order_lines", "stray"): {"order_lines.order_id.reference"},
    }


def test_a_row_that_moves_into_a_family_that_goes_on_is_there_once(company: Company) -> None:
    _order(company, "a")
    _order(company, "b")
    company.gate()
    company.send("order_lines", "a2", order_id="b")
    company.send("order_lines", "a1", order_id="a", quantity=Decimal(0))
    company.gate()
    assert company.accepted("order_lines", "order_id") == {"a1": "a", "a2": "b", "b1": "b"} | {
        "b2": "b"
    }


def test_a_deleted_family_no_longer_waits(company: Company) -> None:
    _order(company, "b", price="-1")
    assert company.gate().waiting_families == 1
    for entity, label in (("orders", "b"), ("order_lines", "b1"), ("order_lines", "b2")):
        company.delete(entity, label)
    assert company.gate().waiting_families == 0
    assert company.accepted("orders", "order_id") == {}


def test_what_the_source_calls_deleted_goes_on_so_that_core_can_take_it_out(
    company: Company,
) -> None:
    _order(company, "a")
    company.gate()
    # Deleting emptied the order.
    company.send("orders", "a", is_deleted=True, status=None, ordered_at=None)
    company.gate()
    assert company.accepted("orders", "is_deleted") == {"a": True}
    assert company.issues() == {}


def test_rows_that_name_no_parent_wait_for_nobody(company: Company) -> None:
    _order(company)
    company.send("order_lines", "stray", order_id=None)
    company.send("orders", "nameless", order_id=None, total_amount=None, channel=None)
    company.send("returns", "by product", order_id=None, order_line_id=None, amount=Decimal(1))
    company.gate()
    assert company.accepted("returns", "amount") == {"by product": Decimal(1)}
    assert company.waiting() == {
        ("order_lines", "stray"): {"order_lines.order_id.required"},
        ("orders", "nameless"): {"orders.order_id.required"},
    }
