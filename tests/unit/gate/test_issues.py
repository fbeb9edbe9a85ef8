"""Issues open, close, come back and are accepted; too many rejected rows stop the night."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from data_quality.suites import contract as suites
from pipelines.gate import judgement
from pipelines.gate.issues import NotAcceptable, UnknownIssue, accept_issue
from tests.unit.gate.nights import FIRST, Company

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def _issue_id(company: Company, rule: str) -> str:
    ((found,),) = company.query(f"select issue_id from gate.issues where rule = '{rule}'")
    return str(found)


def test_an_issue_is_dated_by_the_batches_that_brought_and_mended_the_row(
    company: Company,
) -> None:
    company.gate()
    company.send("accounts", "x", employee_count=-1)
    assert company.gate().open_issues == 1
    company.gate()
    key = ("x", "accounts.employee_count.range")
    assert company.issues() == {key: ("open", FIRST + DAY, FIRST + 2 * DAY + HOUR, None)}
    company.send("accounts", "x", employee_count=7)
    assert company.gate().open_issues == 0
    assert company.issues() == {
        key: ("corrected", FIRST + DAY, FIRST + 2 * DAY + HOUR, FIRST + 3 * DAY)
    }


def test_an_issue_carries_what_its_owner_needs(company: Company) -> None:
    company.send("opportunities", "d", amount=Decimal(-1), lead_id=None, campaign_id=None)
    company.gate()
    assert company.query(
        "select source_system, entity, record_id, column_name, rule, dimension, action, owner_id"
        " from gate.issues"
    ) == [
        (
            "shop",
            "opportunities",
            "d",
            "amount",
            "opportunities.amount.range",
            "accuracy",
            "reject",
            "base",
        )
    ]


def test_a_recurrence_opens_the_same_issue_again(company: Company) -> None:
    key = ("x", "accounts.employee_count.range")
    seen = []
    for count in (-1, 5, -2):
        company.send("accounts", "x", employee_count=count)
        company.gate()
        seen.append((_issue_id(company, key[1]), company.issues()[key][0]))
    assert [status for _, status in seen] == ["open", "corrected", "open"]
    assert len({issue for issue, _ in seen}) == 1
    assert company.issues()[key][1] == FIRST


def test_a_record_deleted_at_the_source_is_corrected(company: Company) -> None:
    company.send("accounts", "x", employee_count=-1)
    company.gate()
    company.delete("accounts", "x")
    company.gate()
    assert company.issues() == {
        ("x", "accounts.employee_count.range"): ("corrected", FIRST, FIRST + HOUR, FIRST + DAY)
    }


def test_what_it_refers_to_can_mend_a_row(company: Company) -> None:
    company.send("products", "p")
    company.send("orders", "a", customer_id="late", opportunity_id=None, total_amount=None)
    company.send("order_lines", "a1", order_id="a", product_id="p")
    company.gate()
    company.send("customers", "late")
    company.gate()
    assert company.issues() == {
        ("a", "orders.customer_id.reference"): ("corrected", FIRST, FIRST + HOUR, FIRST + DAY)
    }


def test_a_rule_that_changed_releases_its_rows(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.send("accounts", "x", employee_count=-1)
    company.gate()
    kept = tuple(e for e in suites.suite("accounts") if e.rule != "accounts.employee_count.range")
    monkeypatch.setattr(
        judgement, "suite", lambda name: kept if name == "accounts" else suites.suite(name)
    )
    company.gate()
    ran_at = FIRST + DAY + HOUR
    assert company.issues() == {
        ("x", "accounts.employee_count.range"): ("released", FIRST, FIRST + HOUR, ran_at)
    }


def test_a_new_rule_takes_out_the_version_in_use_and_dates_its_issue_by_the_run(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tuple(e for e in suites.suite("products") if e.rule != "products.unit_cost.range")
    company.send("products", "p", unit_cost=Decimal(-1))
    with monkeypatch.context() as patch:
        patch.setattr(
            judgement, "suite", lambda name: kept if name == "products" else suites.suite(name)
        )
        company.gate()
    assert "p" in company.accepted("products", "name")
    company.gate()
    assert "p" not in company.accepted("products", "name")
    assert company.issues()[("p", "products.unit_cost.range")][1] == FIRST + DAY + HOUR


def test_a_run_for_an_earlier_day_opens_and_closes_no_issue(company: Company) -> None:
    company.send("accounts", "x", employee_count=-1)
    company.gate()
    company.send("accounts", "x", employee_count=2)
    company.send("accounts", "y", employee_count=-1)
    before = company.issues()
    assert company.gate(keeps_issues=False).open_issues == 1
    assert company.issues() == before
    company.gate()
    assert {key[0]: found[0::3] for key, found in company.issues().items()} == {
        "x": ("corrected", FIRST + DAY),
        "y": ("open", None),
    }
    # It arrived on the night that kept no issues.
    assert company.issues()[("y", "accounts.employee_count.range")][1] == FIRST + DAY


def test_an_accepted_row_goes_on_until_its_day_is_over(company: Company) -> None:
    company.send("products", "p", unit_cost=Decimal(-1))
    company.gate()
    issue = _issue_id(company, "products.unit_cost.range")
    rule = accept_issue(
        company.lake,
        issue,
        reason="a bonus",
        until=date(2026, 2, 3),
        by="someone",
        now=FIRST + 2 * HOUR,
    )
    assert rule == "products.unit_cost.range"
    seen = []
    for _ in range(3):
        company.gate()
        status = company.query("select status, accepted_by, accepted_reason from gate.issues")
        seen.append((status[0], "p" in company.accepted("products", "name")))
    assert seen == [
        (("accepted", "someone", "a bonus"), True),
        (("accepted", "someone", "a bonus"), True),
        (("open", "someone", "a bonus"), False),
    ]


def test_keys_and_misfits_cannot_be_accepted(company: Company) -> None:
    company.send("products", "twin", name="one")
    company.send("products", "twin", name="two")
    company.send("accounts", "x", employee_count=None, _rejected_values='{"employee_count": "9k"}')
    company.gate()
    for rule in ("products.key.unique", "accounts.employee_count.type"):
        with pytest.raises(NotAcceptable, match=rule):
            accept_issue(
                company.lake,
                _issue_id(company, rule),
                reason="no",
                until=date(2027, 1, 1),
                by="someone",
                now=FIRST,
            )
    with pytest.raises(UnknownIssue, match="nothing-like-that"):
        accept_issue(
            company.lake,
            "nothing-like-that",
            reason="no",
            until=date(2027, 1, 1),
            by="someone",
            now=FIRST,
        )


@pytest.mark.parametrize(
    ("bad", "good", "is_blocked"),
    [(19, 40, False), (20, 379, True), (20, 380, False), (21, 380, True)],
)
def test_above_five_percent_and_twenty_rows_the_night_is_blocked(
    company: Company, bad: int, good: int, is_blocked: bool
) -> None:
    # The company has one good product of its own.
    for i in range(bad):
        company.send("products", f"bad {i}", unit_cost=Decimal(-1))
    for i in range(good - 1):
        company.send("products", f"good {i}")
    summary = company.gate()
    assert summary.is_blocked == is_blocked
    assert [(b.entity, b.source_system, b.rows_failed) for b in summary.blocked] == (
        [("products", "shop", bad)] if is_blocked else []
    )


def test_the_share_is_of_each_source(company: Company) -> None:
    for i in range(20):
        company.send("products", f"bad {i}", source_system="small", unit_cost=Decimal(-1))
        for j in range(20):
            company.send("products", f"good {i} {j}")
    blocked = company.gate().blocked
    assert [(b.source_system, b.rows_failed, b.rows_checked) for b in blocked] == [
        ("small", 20, 20)
    ]


def test_relatives_who_wait_do_not_count(company: Company) -> None:
    company.send("orders", "a", total_amount=None, opportunity_id=None)
    for i in range(60):
        quantity = Decimal(0 if i < 2 else 1)
        company.send("order_lines", f"a{i}", order_id="a", quantity=quantity)
    summary = company.gate()
    assert summary.rejected == {"order_lines": 60, "orders": 1}
    assert not summary.is_blocked


def test_a_source_whose_rows_are_all_rejected_blocks_with_one_message(company: Company) -> None:
    for i in range(60):
        company.send("products", f"bad {i}", source_system="web", unit_cost=Decimal(-1), name=None)
    # Each row breaks two rules; what is told is one sentence of the source.
    assert [b.reason for b in company.gate().blocked] == [
        "60 of 60 rows of products from web are rejected"
    ]


def test_a_bold_entity_that_loses_all_its_rows_blocks(company: Company) -> None:
    assert not company.gate().is_blocked
    company.delete("accounts", "base")
    blocked = company.gate().blocked
    assert [b.reason for b in blocked] == ["accounts had rows before and has none now"]


def test_another_entity_that_loses_all_its_rows_is_told_once_and_stops_nothing(
    company: Company,
) -> None:
    company.gate()
    company.delete("teams", "base")
    summary = company.gate()
    assert not summary.is_blocked
    lost = [c for c in summary.failed if c.rule.endswith(".row_count")]
    assert [(c.rule, c.action, c.observed, c.threshold) for c in lost] == [
        ("teams.rows.row_count", "warn", "0", "1..")
    ]
    assert [c for c in company.gate().failed if c.rule.endswith(".row_count")] == []


def test_results_stand_for_each_check_and_source(company: Company) -> None:
    company.send("products", "p", source_system="other", unit_cost=Decimal(-1))
    summary = company.gate()
    found = {c.check_id: c for c in summary.checks if c.rule == "products.unit_cost.range"}
    assert {
        check_id: (c.rows_checked, c.rows_failed, c.is_passed, c.threshold)
        for check_id, c in found.items()
    } == {
        "products.unit_cost.range:other": (1, 1, False, "0.."),
        "products.unit_cost.range:shop": (1, 0, True, "0.."),
    }
    assert company.query(
        "select count(*), count(distinct check_id), bool_and(did_run) from gate.check_results"
    ) == [(len(summary.checks), len(summary.checks), True)]


@pytest.mark.usefixtures("by_great_expectations")
def test_a_check_that_cannot_run_stops_the_night(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from data_quality.expectations import rows

    broken = rows(
        "products.nothing.at_all", ("x",), "reject", "accuracy", "this.nothing = 1", "无。", "None."
    )
    kept = (suites.suite("products")[0], broken)
    company.send("products", "p")
    monkeypatch.setattr(
        judgement, "suite", lambda name: kept if name == "products" else suites.suite(name)
    )
    summary = company.gate()
    assert [b.entity for b in summary.blocked] == ["products"]
    assert "could not run" in summary.blocked[0].reason
    (check,) = [c for c in summary.checks if c.rule == broken.rule]
    assert (check.did_run, check.is_passed) == (False, False)


def test_references_to_what_nobody_delivers_are_not_checked(company: Company) -> None:
    company.send("orders", "a", total_amount=None)
    company.send("order_lines", "a1", order_id="a")
    rules = {check.rule for check in company.gate().checks}
    assert "orders.opportunity_id.reference" not in rules
    assert "orders.customer_id.reference" in rules
    company.gate(delivered={"orders", "order_lines", "opportunities"})
    assert ("a", "orders.opportunity_id.reference") in company.issues()


def test_a_rebuilt_warehouse_has_the_same_issues_with_the_same_dates(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for record in ("mended", "gone", "again", "borne", "open"):
        company.send("accounts", record, employee_count=-1)
    company.send("products", "freed", unit_cost=Decimal(-1))
    company.gate()
    ((borne,),) = company.query("select issue_id from gate.issues where record_id = 'borne'")
    accept_issue(
        company.lake, borne, reason="so it is", until=date(2026, 12, 31), by="ann", now=FIRST + HOUR
    )
    company.send("accounts", "mended", employee_count=1)
    company.send("accounts", "again", employee_count=2)
    company.delete("accounts", "gone")
    company.gate()
    company.send("accounts", "again", employee_count=-3)
    kept = tuple(e for e in suites.suite("products") if e.rule != "products.unit_cost.range")
    monkeypatch.setattr(
        judgement, "suite", lambda name: kept if name == "products" else suites.suite(name)
    )
    company.gate()
    assert {key[0]: found[0] for key, found in company.issues().items()} == {
        "mended": "corrected",
        "gone": "corrected",
        "again": "open",
        "borne": "accepted",
        "open": "open",
        "freed": "released",
    }
    # What was seen last by this run is seen last by the run that builds anew.
    everything = (
        "select * replace (case when status in ('open', 'accepted') then null else last_seen_at end"
        " as last_seen_at) from gate.issues order by issue_id"
    )
    before = company.query(everything)
    company.forget_warehouse()
    company.gate()
    assert company.query(everything) == before


def test_a_rule_that_changed_releases_a_row_that_waited_without_a_rebuild(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.send("products", "p", unit_cost=Decimal(-1))
    company.gate()
    assert "p" not in company.accepted("products", "name")
    (cost,) = [e for e in suites.suite("products") if e.rule == "products.unit_cost.range"]
    changed = tuple(replace(e, minimum="-5") if e == cost else e for e in suites.suite("products"))
    monkeypatch.setattr(
        judgement, "suite", lambda name: changed if name == "products" else suites.suite(name)
    )
    company.gate()
    assert "p" in company.accepted("products", "name")
    assert company.issues()["p", cost.rule][0::3] == ("released", FIRST + DAY + HOUR)


def test_a_rule_that_changed_keeps_the_issue_of_a_row_that_still_fails(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.send("products", "p", unit_cost=Decimal(-9))
    company.gate()
    changed = tuple(
        replace(e, minimum="-5") if e.rule == "products.unit_cost.range" else e
        for e in suites.suite("products")
    )
    monkeypatch.setattr(
        judgement, "suite", lambda name: changed if name == "products" else suites.suite(name)
    )
    company.gate()
    assert company.issues()["p", "products.unit_cost.range"] == (
        "open",
        FIRST,
        FIRST + DAY + HOUR,
        None,
    )


def test_what_was_accepted_and_then_mended_is_corrected(company: Company) -> None:
    company.send("products", "p", unit_cost=Decimal(-1))
    company.gate()
    accept_issue(
        company.lake,
        _issue_id(company, "products.unit_cost.range"),
        reason="a bonus",
        until=date(2026, 12, 31),
        by="ann",
        now=FIRST + HOUR,
    )
    company.gate()
    company.send("products", "p", unit_cost=Decimal(1))
    company.gate()
    assert company.query("select status, accepted_by from gate.issues") == [("corrected", "ann")]
