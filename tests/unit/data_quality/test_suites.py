"""Each expectation is proved by one planted fault that names exactly that rule."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import list_currencies

from data_quality.currencies import CODES
from data_quality.expectations import ACTIONS, DIMENSIONS, KINDS, Expectation, must_have_rows
from data_quality.runner import Outcome, run_suite, run_suites
from data_quality.suites.contract import staging_table, suite, suites
from pipelines.extract import contract
from tests.unit.data_quality.plain import plain_outcomes
from tests.unit.data_quality.staged import EXTRACTED, Row, good_row, write_staging

TABLES = {staging_table(name): found for name, found in suites().items()}
ZONE = {"timezone": "Asia/Shanghai"}
ALL = {e.rule: e for found in suites().values() for e in found}
# What a row can break only beside others like it is proved in test_peers.py.
AMONG_PEERS = (
    "decimal_shift",
    "spelling",
    "near_duplicate",
    "currency_mismatch",
    "cycle",
    "overlap",
    "speeder",
    "straight_liner",
    "respondent.unique",
    "never_filled",
    "row_count",
)
PLANTED = sorted(rule for rule in ALL if not rule.endswith(AMONG_PEERS))
TOMORROW = EXTRACTED + timedelta(days=1)
BEFORE = EXTRACTED - timedelta(days=90)
ZERO_DAY = {
    "date": date.fromisoformat("1900-01-01"),
    "timestamp": datetime.fromisoformat("1970-01-01T00:00:00+00:00"),
}

# What a fault of a rule's kind would also break, emptied so that the fault is alone.
EMPTIED: dict[str, tuple[str, ...]] = {
    "leads.created_at.not_future": ("first_response_at", "converted_at"),
    "opportunities.created_at.not_future": ("closed_at", "expected_close_date"),
    "orders.ordered_at.not_future": (
        "confirmed_at",
        "cancelled_at",
        "promised_date",
        "requested_date",
    ),
    "survey_responses.started_at.not_future": ("submitted_at", "replied_at"),
    "survey_responses.submitted_at.not_future": ("replied_at",),
    "tickets.created_at.not_future": ("first_response_at", "resolved_at"),
    "shipments.shipped_at.not_future": ("delivered_at",),
}
JANUARY = {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31)}
FAULTS: dict[str, dict[str, Any]] = {
    "users.manager_id.not_self": {"manager_id": "users.manager_id.not_self"},
    "accounts.parent_account_id.not_self": {
        "parent_account_id": "accounts.parent_account_id.not_self"
    },
    "accounts.employee_count.range": {"employee_count": -1},
    "pipeline_stages.is_won.only_when_closed": {"is_won": True},
    "opportunities.amount.required_when_won": {"stage_id": "won", "amount": None}
    | {"is_closed": True, "is_won": True},
    "opportunities.created_at.required_when_closed": {"stage_id": "won", "created_at": None}
    | {"is_closed": True, "is_won": True},
    "opportunities.closed_at.required_when_closed": {"stage_id": "won", "closed_at": None}
    | {"is_closed": True, "is_won": True},
    "opportunities.status.matches_stage": {"is_won": True},
    "opportunities.lost_reason.required_when_lost": {"stage_id": "lost", "lost_reason": " "}
    | {"is_closed": True},
    "opportunity_stage_history.to_stage_id.reference": {"to_stage_id": "nowhere"},
    "opportunity_stage_history.changed_at.within_deal": {"changed_at": BEFORE},
    "targets.metric.invisible_characters": {"metric": "net_sales\u200b"},
    "targets.metric.full_width": {"metric": "net_sales\uff21"},
    "targets.dimension.invisible_characters": {"dimension": "region\u200b"},
    "targets.dimension.full_width": {"dimension": "team\uff21"},
    "targets.metric.known": {"metric": "on_time_rate", "dimension": "team"} | JANUARY,
    "targets.period_end.whole_period": {"metric": "win_rate"},
    "targets.amount.percent_scale": {"metric": "win_rate", "amount": Decimal(45)} | JANUARY,
    "orders.shipments.present": {"status": "shipped"},
    "orders.is_test.unmarked_test": {"order_number": "TEST-1"},
    "shipments.shipped_at.not_before_ordered_at": {"shipped_at": BEFORE},
    "shipments.delivered_at.not_before_ordered_at": {"shipped_at": None, "delivered_at": BEFORE},
    "returns.returned_at.not_before_ordered_at": {"returned_at": BEFORE},
    "survey_responses.started_at.not_before_invitation": {"invitation_id": "base"}
    | {"started_at": BEFORE},
    "survey_responses.is_test.unmarked_test": {"channel": "preview"},
    "survey_answers.question_id.of_survey": {"question_id": "of another survey"},
    "survey_answers.choice.invisible_characters": {"question_id": "a choice", "choice": "a\u200b"},
    "survey_answers.choice.full_width": {"question_id": "a choice", "choice": "\uff21"},
    "quotas.user_id.or_team": {"user_id": None, "team_id": ""},
    "orders.discount_amount.within_lines": {"discount_amount": Decimal(7), "total_amount": None},
    "orders.discount_amount.range": {"discount_amount": Decimal(-1), "total_amount": None},
    "orders.total_amount.matches_lines": {"total_amount": Decimal("1.02")},
    "order_lines.quantity.not_zero": {"quantity": Decimal(0)},
    "order_lines.discount_amount.range": {"discount_amount": Decimal("-0.5")},
    "order_lines.discount_amount.within_line": {"discount_amount": Decimal(3)},
    "order_lines.tax_amount.range": {"tax_amount": Decimal(-1)},
    "returns.order_line_id.or_order_or_product": {
        "order_line_id": None,
        "order_id": None,
        "product_id": None,
    },
    "exchange_rates.rate.positive": {"rate": Decimal(0)},
    "survey_questions.scale.order": {"scale_min": Decimal(5)},
    "survey_questions.scale.present_when_measured": {"scale_max": None},
    "survey_answers.value_number.within_scale": {"value_number": Decimal(6)},
    "survey_answers.value_number.present_when_rated": {"value_number": None},
    "survey_answers.choice.matches_kind": {"choice": "some choice"},
    "contracts.monthly_amount.range": {"monthly_amount": Decimal(-1)},
}
TEXTS = {
    "invisible_characters": "\u200bnobody sees it",
    "full_width": "\uff37\uff29\uff24\uff25",
    "personal_data": "call 139 1234 5678",
    "unmarked_test": "Test account 2",
}
# Faults that lie in another row than the one that they are found in, or in two rows.
ELSEWHERE = {
    "orders.order_lines.present",
    "opportunities.stage_id.matches_history",
    "shipment_lines.quantity.within_ordered",
    "returns.quantity.within_sold",
    "returns.amount.within_sold",
    "opportunities.splits.sum_to_one",
    "pipeline_stages.position.unique",
}


class Planted:
    """A good row of every entity, and beside them one row for each fault, called after its rule."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        for name in contract.entities():
            # The base order has the base line and one of its own.
            changes = {"total_amount": Decimal(2)} if name == "orders" else {}
            self.add(name, "base", **changes)
        self.add("pipeline_stages", "won", pipeline_id="base", is_closed=True, is_won=True)
        self.add("pipeline_stages", "lost", pipeline_id="base", is_closed=True)
        self.add("surveys", "another")
        self.add("survey_questions", "of another survey", survey_id="another")
        self.add("survey_questions", "a choice", kind="single_choice", measure=None)
        for rule in PLANTED:
            self.plant(rule)

    def add(self, entity: str, label: str, **changes: Any) -> None:
        """A row whose relatives are complete, so that it breaks no rule by being alone."""
        row = good_row(entity, label, **changes)
        if entity == "orders" and row["order_id"] is not None:
            self.rows["order_lines"].append(
                good_row("order_lines", f"line of {label}", order_id=row["order_id"])
            )
        self.rows[entity].append(row)

    def plant(self, rule: str) -> None:
        entity = rule.split(".")[0]
        if rule in ELSEWHERE:
            self._plant_elsewhere(rule)
            return
        changes = self._own_parent(entity, rule) | self._fault(ALL[rule])
        if rule.endswith(".key.unique"):
            key = contract.entities()[entity].key
            twin = good_row(entity, rule, **changes)
            self.add(entity, rule, **changes)
            changes = {part: twin[part] for part in key} | changes
            self.rows[entity].append(good_row(entity, rule, **changes))
            return
        self.add(entity, rule, **changes)

    def _own_parent(self, entity: str, rule: str) -> dict[str, Any]:
        """Rows of composite keys, and lines whose order has a total, get a parent of their own."""
        parts = contract.entities()[entity].key
        column = contract.entities()[entity].column(parts[0])
        if entity == "order_lines":
            parent = f"order of {rule}"
            self.rows["orders"].append(good_row("orders", parent, total_amount=None))
            self.rows["order_lines"].append(
                good_row("order_lines", f"line of {parent}", order_id=parent)
            )
            return {"order_id": parent}
        if entity in ("quotas", "commission_assignments"):
            self.add("users", f"user of {rule}")
            user = {"user_id": f"user of {rule}"}
            if entity == "quotas":
                return user
            self.add("commission_plans", f"parent of {rule}")
            return user | {"plan_id": f"parent of {rule}"}
        if entity == "pipeline_stages":
            return {"pipeline_id": rule, "stage_id": rule}
        if column.references is None:
            return {}
        self.add(column.references, f"parent of {rule}")
        return {parts[0]: f"parent of {rule}"}

    def _fault(self, e: Expectation) -> dict[str, Any]:
        if e.rule in FAULTS:
            return FAULTS[e.rule]
        column = e.columns[0]
        kind = e.rule.split(".", 2)[2]
        if kind == "required":
            return {column: None}
        if kind == "type":
            return {column: None, "_rejected_values": f'{{"{column}": "not so"}}'} | (
                {"is_closed": None} if e.rule == "opportunities.stage_id.type" else {}
            )
        if kind == "reference":
            return {e.columns[-1]: "nowhere"}
        if kind == "not_future":
            emptied = {name: None for name in EMPTIED.get(e.rule, ())}
            return {column: TOMORROW} | emptied
        if kind in ("in_set", "email", "currency", "phone"):
            return {column: "other"}
        if kind == "possible":
            type_ = contract.entities()[e.rule.split(".")[0]].column(column).type
            return {column: ZERO_DAY[type_]}
        if kind == "clock_gap":
            return {"_rejected_values": f'{{"{column} in a gap": "2026-03-08 02:30"}}'}
        if kind == "percent_scale":
            return {column: Decimal(45)}
        if kind in TEXTS:
            # What must have a form keeps it.
            good = good_row(e.rule.split(".")[0], e.rule)[column]
            has_form = column in ("email", "phone")
            return {column: TEXTS[kind][:1] + good if has_form else TEXTS[kind]}
        if kind == "range":
            return {column: Decimal(-1)}
        if kind.startswith("not_before_"):
            earlier = good_row(e.rule.split(".")[0])[e.columns[1]]
            day = earlier - timedelta(days=1)
            is_date = contract.entities()[e.rule.split(".")[0]].column(column).type == "date"
            return {column: day.date() if is_date and hasattr(day, "date") else day}
        assert kind == "unique", e.rule
        return {"share": Decimal("0.5")} if e.rule.startswith("opportunity_splits") else {}

    def _plant_elsewhere(self, rule: str) -> None:
        if rule == "orders.order_lines.present":
            self.rows["orders"].append(good_row("orders", rule))
        elif rule == "opportunities.stage_id.matches_history":
            self.add("opportunities", rule)
            self.add("opportunity_stage_history", "went on", opportunity_id=rule, to_stage_id="won")
        elif rule.endswith((".within_sold", ".within_ordered")):
            entity, column, _ = rule.split(".")
            self.add("orders", f"order of {rule}", total_amount=None)
            line = f"line of order of {rule}"
            self.add(entity, rule, order_line_id=line, **{column: Decimal("2.02")})
        elif rule == "opportunities.splits.sum_to_one":
            self.add("opportunities", rule)
            self.add("opportunity_splits", "half", opportunity_id=rule, share=Decimal("0.6"))
        else:
            for stage in ("one", "two"):
                changes = {"pipeline_id": "twice", "stage_id": stage, "_record_id": rule}
                self.add("pipeline_stages", stage, **changes)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which every rule is broken by a row."""
    path = tmp_path_factory.mktemp("planted") / "staged.duckdb"
    write_staging(path, Planted().rows)
    return path


@pytest.fixture(scope="session")
def outcomes(planted: Path) -> list[Outcome]:
    """What the runner finds in it."""
    return run_suites(planted, TABLES, parameters=ZONE)


@pytest.fixture(scope="session")
def found(outcomes: list[Outcome]) -> dict[str, set[str]]:
    """The rules that each planted row broke, by the row's name."""
    broken: dict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        for _, record in _failing(outcome):
            broken[record].add(outcome.expectation.rule)
    return broken


def _failing(outcome: Outcome) -> list[tuple[str, str]]:
    if outcome.failing is None:
        return []
    return sorted(tuple(row.values()) for row in outcome.failing.to_pylist())


def test_every_check_runs_once(outcomes: list[Outcome]) -> None:
    assert [(o.expectation.rule, o.error) for o in outcomes if not o.did_run] == []
    assert [o.expectation.rule for o in outcomes] == list(ALL)


def test_great_expectations_finds_what_plain_sql_finds(
    planted: Path, outcomes: list[Outcome]
) -> None:
    plain = plain_outcomes(planted, TABLES, parameters=ZONE)
    assert {o.expectation.rule: _failing(o) for o in outcomes} == {
        o.expectation.rule: _failing(o) for o in plain
    }


@pytest.mark.parametrize("entity", contract.entities())
def test_each_planted_fault_breaks_its_rule_and_no_other(
    entity: str, found: dict[str, set[str]]
) -> None:
    rules = [rule for rule in PLANTED if rule.startswith(f"{entity}.")]
    assert {rule: found.get(rule) for rule in rules} == {rule: {rule} for rule in rules}


def test_good_rows_break_no_rule(found: dict[str, set[str]]) -> None:
    assert {label: rules for label, rules in found.items() if label not in ALL} == {
        # A share above 1 is a fault of the split, and of the deal's sum as well.
        "parent of opportunity_splits.share.range": {"opportunities.splits.sum_to_one"},
        "parent of opportunity_splits.share.percent_scale": {"opportunities.splits.sum_to_one"},
    }


def test_every_rule_is_listed_with_its_action_and_dimension() -> None:
    listed = (Path(__file__).parent / "rules.txt").read_text().splitlines()
    assert listed == [f"{e.rule} {e.action} {e.dimension}" for e in ALL.values()]


def test_actions_dimensions_and_kinds_are_known_words() -> None:
    assert {e.action for e in ALL.values()} <= set(ACTIONS)
    assert {e.dimension for e in ALL.values()} <= set(DIMENSIONS)
    assert {e.kind for e in ALL.values()} <= set(KINDS)


def test_every_rule_tells_its_owner_in_both_languages_what_to_do() -> None:
    for e in ALL.values():
        assert e.message_zh.endswith("。"), e.rule
        assert e.message_en.endswith("."), e.rule
        assert re.search("[\u4e00-\u9fff]", e.message_zh), e.rule
        assert not re.search("[\u4e00-\u9fff]", e.message_en), e.rule


def test_every_message_about_a_row_names_the_column_to_correct() -> None:
    unnamed = {
        rule
        for rule, e in ALL.items()
        for message in (e.message_zh, e.message_en)
        if e.columns and not any(column in message for column in e.columns)
    }
    assert unnamed == set()


def test_only_rows_that_mean_nothing_alone_are_held_for_a_dead_reference() -> None:
    held = {r for r, e in ALL.items() if r.endswith(".reference") and e.action == "reject"}
    assert held == {
        "order_lines.order_id.reference",
        "survey_answers.response_id.reference",
        "survey_answers.question_id.reference",
        "opportunity_splits.opportunity_id.reference",
        "opportunity_stage_history.opportunity_id.reference",
    }


def test_keys_and_misfits_are_final() -> None:
    final = {r for r, e in ALL.items() if e.is_final}
    assert final == {r for r in ALL if r.endswith((".key.unique", ".type"))} | {
        f"{name}.{part}.required"
        for name, entity in contract.entities().items()
        for part in entity.key
        if entity.column(part).is_required
    }


def test_an_empty_table_that_had_rows_blocks(tmp_path: Path) -> None:
    path = tmp_path / "staged.duckdb"
    write_staging(path, {"accounts": [good_row("accounts")]})
    for entity, is_passed in (("accounts", True), ("orders", False)):
        counted = must_have_rows(ALL[f"{entity}.rows.row_count"])
        (outcome,) = run_suite(path, staging_table(entity), [counted])
        assert (outcome.did_run, outcome.is_passed) == (True, is_passed)
        assert counted.action == "block"


def test_a_currency_is_one_of_iso_4217(tmp_path: Path) -> None:
    path = tmp_path / "staged.duckdb"
    codes = ("CNY", "DEM", "XOF", "RMB", "YEN", "EURO", "cny", "XXX", "")
    rows = [good_row("orders", code, currency_code=code or None) for code in codes]
    write_staging(path, {"orders": rows})
    (outcome,) = run_suite(path, staging_table("orders"), [ALL["orders.currency_code.currency"]])
    assert [record for _, record in _failing(outcome)] == ["EURO", "RMB", "XXX", "YEN", "cny"]
    assert outcome.expectation.threshold == "ISO 4217"


def test_the_list_of_currencies_is_that_of_babel() -> None:
    money = {"XAF", "XCD", "XCG", "XOF", "XPF", "XDR"}
    known = {code for code in list_currencies() if not code.startswith("X")} | money
    assert set(CODES) == known
    assert len(CODES) == len(known)


def test_a_blank_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "staged.duckdb"
    write_staging(path, {"surveys": [good_row("surveys", name="  ", kind=None)]})
    outcomes = run_suite(path, staging_table("surveys"), suite("surveys"), parameters=ZONE)
    assert [o.expectation.rule for o in outcomes if not o.is_passed] == ["surveys.name.required"]


def test_the_day_of_extraction_is_the_companys(tmp_path: Path) -> None:
    path = tmp_path / "staged.duckdb"
    # 23:00 UTC is 07:00 of the next day in Shanghai, and still the same evening in London.
    late = EXTRACTED.replace(hour=23)
    write_staging(path, {"campaign_touches": [good_row("campaign_touches", touched_at=late)]})
    rule = ALL["campaign_touches.touched_at.not_future"]
    passed = {}
    for zone in ("Asia/Shanghai", "Europe/London"):
        (outcome,) = run_suite(
            path, staging_table("campaign_touches"), [rule], parameters={"timezone": zone}
        )
        passed[zone] = outcome.is_passed
    assert passed == {"Asia/Shanghai": False, "Europe/London": True}


@pytest.mark.parametrize(
    ("total", "is_right"),
    [("10", True), ("11", True), ("15", True), ("16", True), ("10.02", True), ("10.03", False)],
)
def test_a_total_may_have_tax_and_freight_and_a_cent_for_each_line(
    tmp_path: Path, total: str, is_right: bool
) -> None:
    path = tmp_path / "staged.duckdb"
    lines = [
        good_row("order_lines", "1", unit_price=Decimal(4), tax_amount=Decimal(0)),
        good_row("order_lines", "2", quantity=Decimal(4), unit_price=Decimal(2)),
    ]
    order = good_row(
        "orders",
        discount_amount=Decimal(2),
        shipping_amount=Decimal(5),
        total_amount=Decimal(total),
    )
    write_staging(path, {"orders": [order], "order_lines": lines})
    rule = ALL["orders.total_amount.matches_lines"]
    (outcome,) = run_suite(path, staging_table("orders"), [rule])
    assert outcome.is_passed == is_right


def test_a_deal_is_won_by_its_flags_only_where_its_stage_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "staged.duckdb"
    changes = {"is_won": True, "is_closed": True, "amount": None}
    deals = [
        good_row("opportunities", "stage is open", **changes),
        good_row("opportunities", "stage is unknown", stage_id="nowhere", **changes),
    ]
    write_staging(path, {"opportunities": deals, "pipeline_stages": [good_row("pipeline_stages")]})
    rule = ALL["opportunities.amount.required_when_won"]
    (outcome,) = run_suite(path, staging_table("opportunities"), [rule])
    assert outcome.failing is not None
    assert outcome.failing.column("_record_id").to_pylist() == ["stage is unknown"]
