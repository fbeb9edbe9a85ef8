"""A mistake in a suite is told by file, line and rule before a night meets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data_quality.expectations import Expectation, between, rows
from data_quality.mistakes import mistakes
from data_quality.suites import contract as declared
from data_quality.suites.contract import suites
from pipelines.checkup import describe_rules


def rule(condition: str, **changes: str) -> Expectation:
    """A rule of orders with this condition."""
    made = rows(
        "orders.status.odd", ("status",), "warn", "accuracy", condition, "订单。", "An order."
    )
    return replace(made, origin="suites/orders.py, line 7", **changes)


def test_the_suites_have_no_mistakes() -> None:
    assert mistakes(suites().items()) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (rule("this.state = 'x'"), 'its SQL does not bind: Binder Error: Table "this" does not'),
        (rule("this.status ="), "its SQL does not bind: Parser Error"),
        (rule("this.status = '$zone'"), "its SQL does not bind: 'zone'"),
        (rule("true", action="hold"), "the action hold is none of: reject, warn, block"),
        (rule("true", dimension="beauty"), "the dimension beauty is none of: accuracy, "),
        (rule("true", kind="columns"), "the kind columns is none of: not_null, "),
        (rule("true", rule="order.status.odd"), "the name is not orders.<column or topic>.<kind>"),
        (replace(rule("true"), columns=("statu",)), "orders has no column statu"),
        (replace(rule("true"), needs=("shipment",)), "it needs shipment, which is no entity"),
        (between("orders", "shipping", "0", None, "warn"), "orders has no column shipping"),
    ],
)
def test_each_mistake_is_told_with_rule_and_line(wrong: Expectation, told: str) -> None:
    (sentence,) = mistakes([("orders", [rule("this.status = 'x'", rule="orders.x.y"), wrong])])
    assert sentence.startswith(f"{wrong.origin}: {wrong.rule}: {told}")


def test_a_name_is_given_once() -> None:
    twice = rule("true")
    assert mistakes([("orders", [twice, twice])]) == [
        "suites/orders.py, line 7: orders.status.odd: another expectation has this name"
    ]


def test_an_expectation_knows_the_line_that_states_it() -> None:
    by_rule = {e.rule: e for found in suites().values() for e in found}
    file, line = by_rule["orders.total_amount.matches_lines"].origin.split(", line ")
    text = (Path(declared.__file__).parents[2] / file).read_text(encoding="utf-8").splitlines()
    around = "\n".join(text[int(line) - 1 : int(line) + 2])
    assert '"orders.total_amount.matches_lines"' in around
    assert by_rule["orders.order_id.required"].origin.startswith("data_quality/suites/contract.py")


def test_check_config_names_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_rules() == []
    wrong = {"orders": (rule("true", action="hold"),)}
    monkeypatch.setattr(declared, "suites", lambda: wrong)
    (row,) = describe_rules()
    assert row["is_ok"] is False
    assert row["details"] == [
        "suites/orders.py, line 7: orders.status.odd: "
        "the action hold is none of: reject, warn, block"
    ]
