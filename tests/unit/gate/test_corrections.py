"""What is proposed, approved, rejected and taken back, and that a rebuild follows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from data_quality.expectations import Expectation, rows
from data_quality.proposals import KINDS, proposal
from data_quality.suites import contract as suites
from pipelines import reading
from pipelines.cli import cli
from pipelines.gate import corrections, judgement, memory
from pipelines.gate.corrections import NotDecidable, UnknownCorrection
from pipelines.settings import parse_settings
from tests.unit.gate.nights import FIRST, Company

DAY = timedelta(days=1)
LATER = datetime.fromisoformat("2026-01-10T04:00:00+00:00")


def _shifted_price(company: Company) -> None:
    company.send("orders", "o", total_amount=None)
    for number in range(5):
        company.send("order_lines", f"n{number}", order_id="o", unit_price=Decimal(10 + number))
    company.send("order_lines", "x", order_id="o", unit_price=Decimal(1150))


def _shifted_deal(company: Company) -> None:
    company.send("opportunities", "x", amount=Decimal(500), product_id=None)
    company.send("opportunity_lines", "l", opportunity_id="x", amount=Decimal(5000))


def _shifted_total(company: Company) -> None:
    company.send("orders", "x", total_amount=Decimal(2400))
    company.send(
        "order_lines", "l", order_id="x", quantity=Decimal(12), unit_price=Decimal(2),
        tax_amount=Decimal(0),
    )  # fmt: skip


def _shifted_list_price(company: Company) -> None:
    company.send("products", "x", list_price=Decimal("0.99"))
    company.send("order_lines", "l", product_id="x", unit_price=Decimal(99))


def _shifted_payment(company: Company) -> None:
    company.send("orders", "o", total_amount=None)
    company.send(
        "order_lines", "l", order_id="o", quantity=Decimal(3), unit_price=Decimal(40),
        tax_amount=Decimal(0),
    )  # fmt: skip
    company.send("payments", "x", order_id="o", amount=Decimal(12000))


def _contract_of_another_currency(company: Company) -> None:
    for number in range(9):
        company.send("contracts", f"n{number}")
    company.send("contracts", "x", currency_code="USD")


def _percentage(company: Company) -> None:
    company.send("opportunities", "x", probability=Decimal(45))


def _foreign_currency(company: Company) -> None:
    for number in range(9):
        company.send("orders", f"n{number}", total_amount=None)
    company.send("orders", "x", total_amount=None, currency_code="USD")


def _line_of_another_currency(company: Company) -> None:
    company.send("opportunities", "d")
    company.send("opportunity_lines", "x", opportunity_id="d", currency_code="USD")


def _price_of_another_currency(company: Company) -> None:
    for number in range(9):
        company.send("products", f"n{number}")
    company.send("products", "x", currency_code="USD")


def _second_account(company: Company) -> None:
    own = {"phone": None, "email": None, "tax_id": None, "external_id": None}
    company.send("accounts", "a", name="Acme Ltd", city="Bonn", **own)
    company.send("accounts", "b", name="Other", city="Bonn", **own)
    company.send("accounts", "x", name="ACME, Ltd.", city="Bonn", created_at=LATER, **own)


def _second_contact(company: Company) -> None:
    company.send("contacts", "a", name="Ann Lee", email="ann@example.org", phone=None)
    company.send(
        "contacts", "x", name="A. Lee", email="Ann@example.org", phone=None, account_id=None,
        created_at=LATER,
    )  # fmt: skip


Case = tuple[str, str, str, Callable[[Company], None], Any, Any]
CASES: dict[str, Case] = {
    "price": ("order_lines.unit_price.decimal_shift", "this.unit_price > 500", "unit_price",
              _shifted_price, Decimal(1150), Decimal("11.5")),
    "deal": ("opportunities.amount.decimal_shift", "this.amount = 500", "amount",
             _shifted_deal, Decimal(500), Decimal(5000)),
    "total": ("orders.total_amount.decimal_shift", "this.total_amount > 999", "total_amount",
              _shifted_total, Decimal(2400), Decimal(24)),
    "list price": ("products.list_price.decimal_shift", "this.list_price = 0.99", "list_price",
                   _shifted_list_price, Decimal("0.99"), Decimal(99)),
    "payment": ("payments.amount.decimal_shift", "this.amount > 999", "amount",
                _shifted_payment, Decimal(12000), Decimal(120)),
    "contract's currency": ("contracts.currency_code.currency_mismatch",
                            "this.currency_code = 'USD'", "currency_code",
                            _contract_of_another_currency, "USD", "CNY"),
    "percentage": ("opportunities.probability.percent_scale", "this.probability > 1",
                   "probability", _percentage, Decimal(45), Decimal("0.45")),
    "currency": ("orders.currency_code.currency_mismatch", "this.currency_code = 'USD'",
                 "currency_code", _foreign_currency, "USD", "CNY"),
    "line's currency": ("opportunity_lines.currency_code.currency_mismatch",
                        "this.currency_code = 'USD'", "currency_code",
                        _line_of_another_currency, "USD", "CNY"),
    "price's currency": ("products.currency_code.currency_mismatch",
                         "this.currency_code = 'USD'", "currency_code",
                         _price_of_another_currency, "USD", "CNY"),
    "account": ("accounts.name.near_duplicate",
                "this._record_id = 'x' and this.merged_into_id is null", "merged_into_id",
                _second_account, None, "a"),
    "contact": ("contacts.name.near_duplicate",
                "this._record_id = 'x' and this.merged_into_id is null", "merged_into_id",
                _second_contact, None, "a"),
}  # fmt: skip


def _rule(rule: str, condition: str) -> Expectation:
    column = rule.split(".")[1]
    return rows(rule, (column,), "warn", "accuracy", condition, "请核对。", "Check it.")


def _judge_by(monkeypatch: pytest.MonkeyPatch, expectation: Expectation) -> None:
    entity = expectation.rule.split(".")[0]
    monkeypatch.setattr(
        judgement,
        "suite",
        lambda name: (
            (suites.suite(name)[0], expectation) if name == entity else suites.suite(name)[:1]
        ),
    )


def _states(company: Company) -> list[tuple[str, str | None]]:
    found = corrections.corrections(company.warehouse, company.lake)
    return [(row["status"], row["approved_by"]) for row in found]


def _decide(company: Company, event: str) -> None:
    (row,) = corrections.corrections(company.warehouse, company.lake)
    corrections.decide(
        company.warehouse,
        company.lake,
        [row["correction_id"][:8]],
        event,
        by="ann",
        now=company.extracted_at - timedelta(hours=2),
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_was_approved_counts_until_it_is_taken_back(
    company: Company, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    rule, condition, column, send, before, after = case
    entity = rule.split(".")[0]
    everything = f"select * from {suites.staging_table(entity)} order by _record_id"
    value = f"select {column} from {suites.staging_table(entity)} where _record_id = 'x'"
    status = f"select status from gate.issues where rule = '{rule}'"
    _judge_by(monkeypatch, _rule(rule, condition))
    send(company)
    company.gate()
    former = company.query(everything)
    assert company.query(value) == [(before,)]
    assert _states(company) == [("waiting", None)]

    _decide(company, "approved")
    assert _states(company) == [("approved", None)]
    # Whatever is built again follows what was decided.
    company.forget_warehouse()
    company.gate()
    assert company.query(value) == [(after,)]
    assert company.query(status) == [("corrected",)]
    assert _states(company) == [("made", "ann")]
    assert company.query(
        "select record_id, column_name, rule, approved_by, is_undone from corrections.log"
    ) == [("x", column, rule, "ann", False)]

    _decide(company, "undone")
    company.forget_warehouse()
    company.gate()
    assert company.query(everything) == former
    assert company.query(status) == [("open",)]
    assert company.query("select approved_by, is_undone from corrections.log") == [("ann", True)]


def test_the_next_run_follows_a_decision_without_a_rebuild(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judge_by(monkeypatch, _rule("opportunities.probability.percent_scale", "this.probability > 1"))
    _percentage(company)
    seen = []
    for event in ("approved", "undone", "approved", None):
        company.gate()
        seen += company.query(
            "select probability from staging.stg_crm__opportunities where _record_id = 'x'"
        )
        if event:
            _decide(company, event)
    assert [float(value) for (value,) in seen] == [45, 0.45, 45, 0.45]


def test_of_two_yeses_to_one_value_the_later_counts(company: Company) -> None:
    company.send("opportunities", "x", amount=Decimal(500))
    for number, after in enumerate(("50", "5")):
        record = {
            "correction_id": f"c{number}",
            "event": "approved",
            "happened_at": FIRST + number * DAY,
            "source_system": "shop",
            "entity": "opportunities",
            "record_id": "x",
            "column_name": "amount",
            "rule": f"opportunities.amount.kind_{number}",
            "value_before": "500.0000",
            "value_after": after,
            "decided_by": "ann",
        }
        memory.append(company.lake, "corrections", memory.rows("corrections", [record]), FIRST)
    company.stage()
    assert company.query(
        "select amount from staging.stg_crm__opportunities where _record_id = 'x'"
    ) == [(Decimal(5),)]


def test_what_was_rejected_is_not_proposed_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judge_by(monkeypatch, _rule("opportunities.probability.percent_scale", "this.probability > 1"))
    _percentage(company)
    company.gate()
    _decide(company, "rejected")
    for _ in range(2):
        company.gate()
        assert company.query("select count(*) from gate.proposals") == [(0,)]
        assert _states(company) == [("rejected", "ann")]
        company.forget_warehouse()
    company.gate()
    assert company.query("select status from gate.issues") == [("open",)]
    # A no can be taken back as well.
    _decide(company, "undone")
    company.gate()
    assert _states(company) == [("waiting", None)]


def test_corrections_are_listed_and_decided_on_the_command_line(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judge_by(monkeypatch, _rule("opportunities.probability.percent_scale", "this.probability > 1"))
    _percentage(company)
    company.gate()
    config = company.home / "salesops.yaml"
    config.write_text("sources:\n  - {name: shop, path: files}\n", encoding="utf-8")
    environment = {"SALESOPS_HOME": str(company.home), "LOGNAME": "ann"}

    def salesops(*words: str) -> tuple[int, str]:
        command = ["correct", *words, "--config", str(config)]
        result = CliRunner().invoke(cli, command, env=environment)
        return result.exit_code, result.output

    code, text = salesops("list")
    correction = text.split(" ", 1)[0]
    assert (code, text.splitlines()) == (
        0,
        [
            f"{correction}  waiting: opportunities x (shop) probability: '45.00000000' → "
            "'0.45000000'  opportunities.probability.percent_scale",
            "",
            "1 wait: salesops correct approve ID… or reject ID…",
            "0 were made: salesops correct undo ID… takes one back",
        ],
    )
    assert salesops("approve", correction) == (
        0,
        "approved: opportunities x probability\n\nNext: salesops run\n",
    )
    company.gate()
    (row,) = json.loads(salesops("list", "--json")[1])
    assert (row["status"], row["approved_by"], row["value_after"]) == ("made", "ann", "0.45000000")
    assert salesops("undo", correction)[0] == 0
    code, text = salesops("approve", "nothing")
    assert (code, text.startswith("salesops: no correction begins with nothing;")) == (2, True)
    assert salesops("approve")[0] == 2


def test_a_run_says_how_many_were_made_and_how_many_wait(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judge_by(monkeypatch, _rule("opportunities.probability.percent_scale", "this.probability > 1"))
    file = company.home / "salesops.yaml"
    text = "sources:\n  - {name: shop, path: files}\n"
    settings = parse_settings(text, file=file, home=company.home, environment={})
    company.gate()
    assert reading._corrections_line(settings) == []
    _percentage(company)
    company.send("opportunities", "y", probability=Decimal(30))
    company.gate()
    first, _ = corrections.corrections(company.warehouse, company.lake)
    corrections.decide(
        company.warehouse, company.lake, [first["correction_id"]], "approved", by="ann", now=FIRST
    )
    company.gate()
    assert reading._corrections_line(settings) == [
        "Corrections: 0 made by rules, 1 by people; 1 wait for one (salesops correct list)."
    ]


def test_what_is_personal_is_masked_in_the_list(company: Company) -> None:
    company.stage()
    company.query(
        "insert into corrections.found values ('shop', 'contacts', 'base', 'email', 'blanks',"
        f" ' ann@example.org', 'ann@example.org', timestamptz '{FIRST}')"
    )
    company.gate()
    text = "sources:\n  - {name: shop, path: files}\n"
    file = company.home / "salesops.yaml"
    for extra, shown in (
        ("", "***"),
        ("privacy: {publish_personal_data: true}\n", "ann@example.org"),
    ):
        settings = parse_settings(extra + text, file=file, home=company.home, environment={})
        (row,) = reading.corrections(settings)
        assert (row["record_id"], row["value_after"]) == ("base", shown)
        assert "is_personal" not in row


def test_a_source_that_mends_its_value_is_believed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judge_by(monkeypatch, _rule("opportunities.probability.percent_scale", "this.probability > 1"))
    _percentage(company)
    company.gate()
    _decide(company, "approved")
    company.send("opportunities", "x", probability=Decimal("0.5"))
    company.gate()
    assert company.query(
        "select probability from staging.stg_crm__opportunities where _record_id = 'x'"
    ) == [(Decimal("0.5"),)]


def test_a_decision_that_is_none_is_refused_and_says_why(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judge_by(monkeypatch, _rule("opportunities.probability.percent_scale", "this.probability > 1"))
    _percentage(company)
    company.gate()
    with pytest.raises(NotDecidable, match=r"is waiting: it cannot be undone\."):
        _decide(company, "undone")
    with pytest.raises(UnknownCorrection, match="no correction begins with 00000000; `salesops"):
        corrections.decide(
            company.warehouse, company.lake, ["00000000"], "approved", by="ann", now=FIRST
        )


def test_without_a_likely_value_nothing_is_proposed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two prices are no peers, and a price that is right among its peers is not shifted.
    _judge_by(monkeypatch, _rule("order_lines.unit_price.decimal_shift", "this.unit_price > 0"))
    company.send("order_lines", "n", unit_price=Decimal(10))
    company.send("order_lines", "x", unit_price=Decimal(1000))
    company.gate()
    assert company.query("select count(*) from gate.issues where status = 'open'") == [(2,)]
    assert company.query("select count(*) from gate.proposals") == [(0,)]


def test_every_doubt_that_a_suite_raises_has_a_proposal_that_runs(company: Company) -> None:
    company.stage()
    without = []
    for entity, expectations in suites.suites().items():
        for rule in [e.rule for e in expectations]:
            _, column, kind = rule.split(".")
            if kind not in KINDS:
                continue
            found = proposal(entity, column, kind)
            if found is None:
                without.append(rule)
                continue
            columns = "source_system, record_id, value_before, value_after"
            assert (
                company.query(
                    "with doubted as (select '' as source_system, '' as record_id)"
                    f" select {columns} from ({found.query}) as proposed"
                )
                == []
            )
    # A lead cannot be merged: the contract has no column for it.
    assert without == ["leads.contact_id.near_duplicate"]


def test_a_rules_correction_is_told_as_a_corrected_issue_until_it_is_taken_back(
    company: Company,
) -> None:
    company.send("opportunities", "d", name=" a deal", lead_id=None, campaign_id=None)
    company.stage()
    with_log = (
        "insert into corrections.found values ('shop', 'opportunities', 'd', 'name', 'blanks',"
        f" ' a deal', 'a deal', timestamptz '{FIRST}')"
    )
    company.query(with_log)
    company.gate()
    issue = (
        "select entity, record_id, column_name, rule, dimension, action, owner_id, status,"
        " first_seen_at, corrected_at, message_en from gate.issues"
        " where rule = 'opportunities.name.blanks'"
    )
    assert company.query(issue) == [
        (
            "opportunities", "d", "name", "opportunities.name.blanks", "conformity", "warn", "base",
            "corrected", FIRST, FIRST,
            "The name of this deal was corrected (outer or odd blanks). Mend it at the source too, "
            "or take it back with `salesops correct undo`.",
        )
    ]  # fmt: skip
    value = "select name from staging.stg_crm__opportunities where _record_id = 'd'"
    assert company.query(value) == [("a deal",)]
    _decide(company, "undone")
    assert _states(company) == [("undone", "rule")]
    company.gate()
    assert company.query(issue) == []
    assert company.query(value) == [(" a deal",)]
    _decide(company, "approved")
    company.gate()
    assert company.query(value) == [("a deal",)]
    assert _states(company) == [("made", "rule")]
