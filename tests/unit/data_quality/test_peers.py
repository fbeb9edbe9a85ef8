"""Rules that hold a row against others: each finds the odd one out, and nothing among good ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data_quality.expectations import Expectation
from data_quality.runner import run_suites
from data_quality.suites.contract import NAMES, staging_table, suites
from pipelines.extract import contract
from tests.unit.data_quality.staged import Row, good_row, write_staging

ALL = {e.rule: e for found in suites().values() for e in found}
ZONE = {"timezone": "Asia/Shanghai"}


def rules(kind: str) -> dict[str, Expectation]:
    """Every rule of a kind."""
    return {rule: e for rule, e in ALL.items() if rule.endswith(f".{kind}")}


def found(path: Path, chosen: Iterable[str]) -> dict[str, set[str]]:
    """The records that break these rules, by rule; rules that nothing breaks are not in it."""
    by_table: dict[str, list[Expectation]] = {}
    for rule in chosen:
        by_table.setdefault(staging_table(rule.split(".")[0]), []).append(ALL[rule])
    outcomes = run_suites(path, by_table, parameters=ZONE)
    assert [o.error for o in outcomes if not o.did_run] == []
    return {
        o.expectation.rule: set(o.failing.column("_record_id").to_pylist())
        for o in outcomes
        if o.failing is not None
    }


def staged(folder: Path, rows: dict[str, list[Row]]) -> Path:
    """A warehouse that holds these rows."""
    path = folder / "staged.duckdb"
    write_staging(path, rows)
    return path


# What the peers of a number share.
SHIFTS: dict[str, dict[str, Any]] = {
    "opportunities.amount": {"product_id": "meter"},
    "opportunity_lines.amount": {"product_id": "meter", "quantity": Decimal(1)},
    "quotas.amount": {},
    "market_sizes.amount": {"segment": "labs", "region": "north"},
    "order_lines.unit_price": {"product_id": "meter", "discount_amount": Decimal(0)},
    "order_lines.unit_cost": {"product_id": "meter"},
    "contracts.monthly_amount": {"product_id": "meter"},
    "exchange_rates.rate": {"currency_code": "EUR"},
}


@pytest.mark.parametrize("topic", SHIFTS)
def test_a_number_with_its_point_misplaced_stands_out_among_its_peers(
    topic: str, tmp_path: Path
) -> None:
    entity, column = topic.split(".")
    values = {f"peer {n}": Decimal(100 + n % 5) for n in range(24)}
    values |= {"tenfold": Decimal(1010), "a hundredth": Decimal("1.03"), "dear": Decimal(480)}
    rows = [
        good_row(entity, label, **{**SHIFTS[topic], column: value})
        for label, value in values.items()
    ]
    path = staged(tmp_path, {entity: rows, "orders": [good_row("orders")]})
    rule = f"{topic}.decimal_shift"
    assert found(path, [rule]) == {rule: {"tenfold", "a hundredth"}}


@pytest.mark.parametrize("topic", SHIFTS)
def test_numbers_that_lie_far_apart_tell_nothing(topic: str, tmp_path: Path) -> None:
    entity, column = topic.split(".")
    rows = [
        good_row(entity, str(n), **{**SHIFTS[topic], column: Decimal(10) * 2 ** (n % 9)})
        for n in range(27)
    ]
    path = staged(tmp_path, {entity: rows, "orders": [good_row("orders")]})
    assert found(path, [f"{topic}.decimal_shift"]) == {}


def test_four_peers_are_too_few(tmp_path: Path) -> None:
    rule = "exchange_rates.rate.decimal_shift"
    for peers, is_found in ((3, False), (4, True)):
        rates = {f"{n}": 7 for n in range(peers)} | {"tenfold": 70}
        rows = [
            good_row("exchange_rates", name, currency_code="EUR", rate=Decimal(rate))
            for name, rate in rates.items()
        ]
        (tmp_path / f"{peers}").mkdir()
        path = staged(tmp_path / f"{peers}", {"exchange_rates": rows})
        assert found(path, [rule]) == ({rule: {"tenfold"}} if is_found else {})


def test_who_is_new_begins_with_a_smaller_quota(tmp_path: Path) -> None:
    months = [date(2026, month, 1) for month in range(1, 13)]
    quotas = [
        good_row(
            "quotas",
            f"{who} {n}",
            user_id=who,
            period_start=month,
            period_end=month + timedelta(days=27),
            amount=Decimal(amount),
        )
        for who, first, slip in (("new", 1400, 10000), ("slip", 10000, 1000))
        for n, month in enumerate(months)
        for amount in (first if n == 0 else slip if n == 6 else 8000 + 300 * n,)
    ]
    path = staged(tmp_path, {"quotas": quotas})
    assert found(path, ["quotas.amount.decimal_shift"]) == {
        "quotas.amount.decimal_shift": {"slip 6"}
    }


def test_a_price_is_held_against_what_its_product_costs_elsewhere(tmp_path: Path) -> None:
    price = {"list_price": Decimal(100), "unit_cost": Decimal(60)}
    products = [good_row("products", "meter", **price)]
    products += [good_row("products", "tester", list_price=Decimal(1000), unit_cost=Decimal(6))]
    lines = [
        good_row("order_lines", f"{product} {n}", product_id=product)
        | {"unit_price": Decimal(95), "unit_cost": Decimal(61)}
        for product in ("meter", "tester")
        for n in range(5)
    ]
    rows = {"products": products, "order_lines": lines, "orders": [good_row("orders")]}
    path = staged(tmp_path, rows)
    assert found(path, rules("decimal_shift")) == {
        "products.list_price.decimal_shift": {"tester"},
        "products.unit_cost.decimal_shift": {"tester"},
    }


def test_who_pays_as_much_in_another_contract_pays_it_by_intent(tmp_path: Path) -> None:
    amounts = {("small", n): 100 + n for n in range(20)} | {
        ("large", n): 1000 + n for n in range(2)
    }
    amounts |= {("slipped", 0): 100, ("slipped", 1): 1000}
    rows = [
        good_row("contracts", f"{customer} {n}", product_id="meter")
        | {"customer_id": customer, "monthly_amount": Decimal(amount)}
        for (customer, n), amount in amounts.items()
    ]
    rule = "contracts.monthly_amount.decimal_shift"
    assert found(staged(tmp_path, {"contracts": rows}), [rule]) == {rule: {"slipped 1"}}


def test_a_deal_is_held_against_its_lines_and_its_history(tmp_path: Path) -> None:
    deals = {"as its lines": 300, "ten times its lines": 3000, "ten times before": 9000}
    path = staged(
        tmp_path,
        {
            "opportunities": [
                good_row("opportunities", name, amount=Decimal(amount), product_id=None)
                for name, amount in deals.items()
            ],
            "opportunity_lines": [
                good_row("opportunity_lines", f"{n} of {deal}", opportunity_id=deal)
                | {"product_id": None, "amount": Decimal(150)}
                for deal in ("as its lines", "ten times its lines")
                for n in range(2)
            ],
            "opportunity_stage_history": [
                good_row("opportunity_stage_history", "before", opportunity_id="ten times before")
                | {"amount": Decimal(900)}
            ],
        },
    )
    assert found(path, ["opportunities.amount.decimal_shift"]) == {
        "opportunities.amount.decimal_shift": {"ten times its lines", "ten times before"}
    }


def test_a_line_and_a_payment_are_held_against_what_is_missing(tmp_path: Path) -> None:
    path = staged(
        tmp_path,
        {
            "opportunities": [good_row("opportunities", amount=Decimal(300))],
            "opportunity_lines": [
                good_row("opportunity_lines", name, amount=Decimal(amount), product_id=None)
                for name, amount in {"one": 100, "two": 150, "ten times": 500}.items()
            ],
            "orders": [
                good_row("orders", name, total_amount=Decimal(90)) for name in ("whole", "shifted")
            ],
            "payments": [
                good_row("payments", name, order_id=order, amount=Decimal(amount))
                for name, order, amount in (
                    ("half", "whole", 40),
                    ("half again", "whole", 50),
                    ("first", "shifted", 40),
                    ("a tenth", "shifted", 5),
                )
            ],
        },
    )
    assert found(path, rules("decimal_shift")) == {
        "opportunity_lines.amount.decimal_shift": {"ten times"},
        "payments.amount.decimal_shift": {"a tenth"},
    }


NAMES_WRITTEN = {
    # The usual name, a variant of it, and another name that is as rare and no variant.
    "case": ("Northern Tools", "NORTHERN TOOLS", "Southern Tools"),
    "letter": ("Laboratory", "Laboratry", "Lavatories"),
    "width": ("Region 1", "Ｒｅｇｉｏｎ 1", "Region 2"),
    "blanks": ("new business", "new  business", "new businesses 2"),
    "ending": ("浙江", "浙江省", "江苏"),
    "character": ("精密仪器制造", "精密仪器制告", "精密机床加工"),
    "order": ("航空航天", "航天航空", "航海"),
    "class": ("Customer Class A", "Custmer Class A", "Customer Class B"),
    "accent": ("Zürich", "Zurich", "Zug"),
}


@pytest.mark.parametrize("way", NAMES_WRITTEN)
def test_a_rare_variant_of_a_usual_name_is_found_and_a_name_of_its_own_is_not(
    way: str, tmp_path: Path
) -> None:
    usual, variant, other = NAMES_WRITTEN[way]
    labels = {f"usual {n}": usual for n in range(12)} | {"variant": variant, "other": other}
    rows = {
        entity: [
            good_row(entity, label, **dict.fromkeys(columns, value))
            for label, value in labels.items()
        ]
        for entity, columns in NAMES.items()
    }
    path = staged(tmp_path, rows)
    assert found(path, rules("spelling")) == {rule: {"variant"} for rule in rules("spelling")}


def test_the_same_characters_in_another_order_are_a_variant_where_the_name_is_everywhere(
    tmp_path: Path,
) -> None:
    labels = {f"usual {n}": "航空航天" for n in range(40)}
    labels |= {"variant": "航天航空", "other": "航海航运"}
    rows = [good_row("accounts", label, industry=name) for label, name in labels.items()]
    rule = "accounts.industry.spelling"
    assert found(staged(tmp_path, {"accounts": rows}), [rule]) == {rule: {"variant"}}


def test_every_column_of_few_names_has_its_rule() -> None:
    assert set(rules("spelling")) == {
        f"{entity}.{column}.spelling" for entity, columns in NAMES.items() for column in columns
    }
    for entity, columns in NAMES.items():
        assert set(columns) <= set(contract.entities()[entity].column_names)


def _person(entity: str, label: str, days: int, **changes: Any) -> Row:
    row = good_row(entity, label)
    return row | {"created_at": row["created_at"] + timedelta(days=days)} | changes


@pytest.mark.parametrize("entity", ["accounts", "customers"])
@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, False),
        ({"name": "Aurora instruments, Inc.", "city": "BERLIN"}, True),
        ({"name": "Aurora Instruments", "city": "Paris"}, False),
        ({"name": "Aurora Instrumants", "city": "Berlin"}, True),
        ({"name": "Aurora Instruments 2", "city": "Berlin"}, False),
        ({"name": "Aurora Instr.", "email": "INFO@aurora.cn "}, True),
        ({"name": "Bright Lamps", "email": "info@aurora.cn"}, False),
        ({"name": "Aurora", "phone": "(030) 123 456 789"}, True),
        ({"name": "Quite Another", "tax_id": "DE-811 569869"}, True),
        ({"name": "Quite Another", "external_id": "erp 00042"}, True),
        ({"name": "Aurora Instruments", "city": "Berlin", "tax_id": "DE123456789"}, False),
        ({"name": "Aurora Instruments", "city": "Berlin", "external_id": "ERP-00043"}, True),
        ({"name": "Aurora Instruments", "city": "Berlin", "is_deleted": True}, False),
        ({"name": "Aurora Instruments", "city": "Berlin", "merged_into_id": "first"}, False),
    ],
)
def test_the_younger_of_two_records_that_are_one_is_found(
    entity: str, changes: dict[str, Any], is_found: bool, tmp_path: Path
) -> None:
    known = {"name": "Aurora Instruments GmbH", "city": "Berlin", "email": "info@aurora.cn"}
    known |= {"phone": "+49 30 123456789", "tax_id": "DE811569869", "external_id": "ERP-00042"}
    codes = {"tax_id": None, "external_id": None}
    rows = [
        _person(entity, "second", 9, **codes, **changes)
        if not codes.keys() & changes.keys()
        else _person(entity, "second", 9, **{**codes, **changes}),
        _person(entity, "first", 0, **known),
    ]
    path = staged(tmp_path, {entity: rows})
    rule = f"{entity}.name.near_duplicate"
    assert found(path, [rule]) == ({rule: {"second"}} if is_found else {})


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"name": "WANG  Wei"}, True),
        ({"name": "Wang Wei", "account_id": "another"}, False),
        ({"name": "Wang W.", "email": "wang@aurora.cn"}, True),
        ({"name": "Li Na", "phone": "13912345678"}, False),
    ],
)
def test_a_contact_is_one_with_another_of_its_account(
    changes: dict[str, Any], is_found: bool, tmp_path: Path
) -> None:
    known = {"name": "Wang Wei", "email": "wang@aurora.cn", "phone": "139 1234 5678"}
    rows = [_person("contacts", "first", 0, **known), _person("contacts", "second", 9, **changes)]
    path = staged(tmp_path, {"contacts": rows})
    rule = "contacts.name.near_duplicate"
    assert found(path, [rule]) == ({rule: {"second"}} if is_found else {})


def test_a_contact_has_one_lead_in_a_week(tmp_path: Path) -> None:
    rows = [
        _person("leads", "first", 0, contact_id="C1"),
        _person("leads", "within the week", 3, contact_id="C1"),
        _person("leads", "of another", 3, contact_id="C2"),
        _person("leads", "weeks later", 30, contact_id="C1"),
    ]
    path = staged(tmp_path, {"leads": rows})
    rule = "leads.contact_id.near_duplicate"
    assert found(path, [rule]) == {rule: {"within the week"}}


@pytest.mark.parametrize("rule", rules("cycle"))
def test_a_chain_of_parents_that_leads_back_to_itself_is_found(rule: str, tmp_path: Path) -> None:
    entity, column, _ = rule.split(".")
    parents = {
        "a": "b",
        "b": "c",
        "c": "a",
        "below": "a",
        "top": None,
        "child": "top",
        "own": "own",
    }
    rows = [good_row(entity, name, **{column: parent}) for name, parent in parents.items()]
    assert found(staged(tmp_path, {entity: rows}), [rule]) == {rule: {"a", "b", "c"}}


def test_quotas_of_one_person_and_measure_share_no_day(tmp_path: Path) -> None:
    def quota(label: str, start: str, end: str, **changes: Any) -> Row:
        period = {"period_start": _day(start), "period_end": _day(end), "team_id": None}
        return good_row("quotas", label, **{**period, **changes})

    rows = [
        quota("January", "2026-01-01", "2026-01-31"),
        quota("February", "2026-02-01", "2026-02-28"),
        quota("a long March", "2026-02-28", "2026-03-31"),
        quota("in units", "2026-01-01", "2026-12-31", measure="units"),
        quota("somebody else's", "2026-01-01", "2026-12-31", user_id="another"),
        quota("a team's", "2026-01-01", "2026-12-31", user_id=None, team_id="base"),
        quota("without an end", "2026-01-01", "2026-01-31", period_end=None),
    ]
    rule = "quotas.period_start.overlap"
    assert found(staged(tmp_path, {"quotas": rows}), [rule]) == {rule: {"February", "a long March"}}


def test_plans_that_pay_for_the_same_are_assigned_one_after_the_other(tmp_path: Path) -> None:
    def assigned(label: str, start: str, end: str | None, plan: str, **changes: Any) -> Row:
        period = {"valid_from": _day(start), "valid_to": end and _day(end), "plan_id": plan}
        return good_row("commission_assignments", label, **{**period, **changes})

    rows = {
        "commission_plans": [
            good_row("commission_plans", "old", measure="bookings"),
            good_row("commission_plans", "new", measure="bookings"),
            good_row("commission_plans", "on revenue", measure="revenue"),
        ],
        "commission_assignments": [
            assigned("until June", "2025-01-01", "2025-06-30", "old"),
            assigned("from July", "2025-07-01", "2025-12-31", "new"),
            assigned("on revenue", "2025-01-01", None, "on revenue"),
            assigned("from December", "2025-12-31", None, "old"),
            assigned("of another", "2025-01-01", None, "old", user_id="another"),
            assigned("end that nobody can read", "2020-01-01", None, "old")
            | {"_rejected_values": '{"valid_to": "summer"}'},
        ],
    }
    rule = "commission_assignments.valid_from.overlap"
    assert found(staged(tmp_path, rows), [rule]) == {rule: {"from July", "from December"}}


@pytest.mark.parametrize(
    ("entity", "party", "parties"),
    [
        ("orders", "customer_id", "customers"),
        ("contracts", "customer_id", "customers"),
        ("opportunities", "account_id", "accounts"),
    ],
)
def test_a_currency_that_neither_country_nor_customer_uses_is_found(
    entity: str, party: str, parties: str, tmp_path: Path
) -> None:
    rows = {
        parties: [
            good_row(parties, name, country="Deutschland")
            for name in ("one", "other", "in dollars")
        ],
        entity: [
            *(good_row(entity, f"{n}", currency_code="EUR", **{party: "one"}) for n in range(30)),
            good_row(entity, "odd", currency_code="USD", **{party: "other"}),
            good_row(entity, "dollars", currency_code="USD", **{party: "in dollars"}),
            good_row(entity, "again", currency_code="USD", **{party: "in dollars"}),
            good_row(entity, "no code", currency_code="euro", **{party: "one"}),
        ],
    }
    rule = f"{entity}.currency_code.currency_mismatch"
    assert found(staged(tmp_path, rows), [rule]) == {rule: {"odd"}}


def test_a_price_list_has_one_currency_and_a_line_its_deals(tmp_path: Path) -> None:
    products = [good_row("products", f"{n}", currency_code="EUR") for n in range(12)]
    products.append(good_row("products", "odd", currency_code="CNY"))
    rows = {
        "products": products,
        "opportunities": [good_row("opportunities", currency_code="EUR")],
        "opportunity_lines": [
            good_row("opportunity_lines", "odd", currency_code="CNY"),
            good_row("opportunity_lines", "right", currency_code="EUR"),
            good_row("opportunity_lines", "none", currency_code=None),
        ],
    }
    assert found(staged(tmp_path, rows), rules("currency_mismatch")) == {
        "products.currency_code.currency_mismatch": {"odd"},
        "opportunity_lines.currency_code.currency_mismatch": {"odd"},
    }


def _response(label: str, seconds: int, **changes: Any) -> Row:
    row = good_row("survey_responses", label)
    return row | {"submitted_at": row["started_at"] + timedelta(seconds=seconds)} | changes


def test_who_answers_far_quicker_than_all_others_is_found(tmp_path: Path) -> None:
    rows = [_response(f"{n}", 90 + 3 * n) for n in range(30)]
    rows += [_response("in ten seconds", 10), _response("quick", 50)]
    # Less than a third of the median, but many were nearly as quick.
    rows += [_response(f"{n} of a short form", 45 + 8 * n, survey_id="short") for n in range(30)]
    rows += [_response("a test", 5, is_test=True), _response("another survey", 5, survey_id="few")]
    rule = "survey_responses.submitted_at.speeder"
    assert found(staged(tmp_path, {"survey_responses": rows}), [rule]) == {rule: {"in ten seconds"}}


def test_who_gives_every_question_the_same_mark_is_found_where_few_do(tmp_path: Path) -> None:
    def answers(label: str, marks: Iterable[int]) -> list[Row]:
        return [
            good_row("survey_answers", f"{label} {n}", response_id=label, question_id=f"q{n}")
            | {"value_number": Decimal(mark)}
            for n, mark in enumerate(marks)
        ]

    given = {f"{n}": (4, 5, 3, 5, n % 5 + 1) for n in range(24)}
    given |= {"straight": (5, 5, 5, 5, 5), "four questions": (2, 2, 2, 2)}
    rows = {
        "survey_questions": [good_row("survey_questions", f"q{n}") for n in range(5)],
        "survey_responses": [good_row("survey_responses", label) for label in given],
        "survey_answers": [row for label, marks in given.items() for row in answers(label, marks)],
    }
    rule = "survey_responses.answers.straight_liner"
    assert found(staged(tmp_path, rows), [rule]) == {rule: {"straight"}}
    content = {f"{n}": (5, 5, 5, 5, 5) if n % 3 else (4, 5, 5, 4, 5) for n in range(24)}
    rows["survey_responses"] = [good_row("survey_responses", label) for label in content]
    rows["survey_answers"] = [row for label, m in content.items() for row in answers(label, m)]
    (tmp_path / "content").mkdir()
    assert found(staged(tmp_path / "content", rows), [rule]) == {}


def test_a_respondent_answers_once_in_a_wave(tmp_path: Path) -> None:
    rows = {
        "survey_invitations": [good_row("survey_invitations", "by mail", customer_id="K1")
                               | {"user_id": None}],
        "survey_responses": [
            good_row("survey_responses", "first", customer_id="K1", order_id=None, ticket_id=None),
            good_row("survey_responses", "by invitation", order_id=None, ticket_id=None)
            | {"invitation_id": "by mail"},
            good_row("survey_responses", "of an order", customer_id="K1", order_id="O1"),
            good_row("survey_responses", "of a ticket", customer_id="K1", order_id=None),
            good_row("survey_responses", "a test", customer_id="K1", order_id="O1", is_test=True),
            good_row("survey_responses", "of nobody", order_id="O1"),
            good_row("survey_responses", "of nobody else", order_id="O1"),
        ],
    }  # fmt: skip
    rule = "survey_responses.respondent.unique"
    assert found(staged(tmp_path, rows), [rule]) == {rule: {"first", "by invitation"}}


def test_a_column_that_a_source_never_fills_is_one_remark_about_it(tmp_path: Path) -> None:
    lost = {"stage_id": "lost", "is_closed": True}
    deals = [
        good_row("opportunities", f"{source} {n}", source_system=source, lost_reason=reason, **lost)
        for source, reasons in {
            "silent": [None] * 6,
            "telling": ["price", None, None, None, None],
            "small": [None] * 4,
        }.items()
        for n, reason in enumerate(reasons)
    ]
    orders = [
        good_row("orders", f"{source} {n}", source_system=source, status="shipped")
        for source in ("silent", "telling")
        for n in range(5)
    ]
    rows = {
        "opportunities": deals,
        "pipeline_stages": [
            good_row("pipeline_stages", "lost", pipeline_id="base", is_closed=True)
        ],
        "orders": orders,
        "shipments": [good_row("shipments", order_id="telling 0")],
    }
    path = staged(tmp_path, rows)
    remarks = rules("never_filled")
    outcomes = run_suites(
        path,
        {staging_table(r.split(".")[0]): [e] for r, e in remarks.items() if "lost" in r}
        | {staging_table(r.split(".")[0]): [e] for r, e in remarks.items() if "ship" in r},
        parameters=ZONE,
    )
    assert {o.expectation.rule: (o.sources, o.rows_failed, o.failing) for o in outcomes} == {
        rule: (("silent",), 0, None) for rule in remarks
    }
    assert found(
        path,
        ["opportunities.lost_reason.required_when_lost", "orders.shipments.present"],
    ) == {
        "opportunities.lost_reason.required_when_lost": {f"telling {n}" for n in range(1, 5)},
        "orders.shipments.present": {f"telling {n}" for n in range(1, 5)},
    }


TRIALS = {
    "Test Company (delete me)": True,
    "test test": True,
    "dummy test record": True,
    "TEST-测试数据": True,
    "测试客户 请勿使用": True,
    "测试001": True,
    "Acme (TEST)": True,
    "Acme_test": True,
    "asdf": True,
    "Demo account 3": True,
    "test": True,
    "foo bar": True,
    "demokratie e.V.": False,
    "delete systems GmbH": False,
    "Test Devices Inc": False,
    "Contest Media": False,
    "Keystone Test": False,
    "上海华东测试技术有限公司": False,
    "Demonstration Farm": False,
    "New Company for Data": False,
    "Testa": False,
}


def test_a_trial_is_told_by_its_name_and_a_company_that_tests_is_none(tmp_path: Path) -> None:
    rows = [good_row("accounts", name, name=name) for name in TRIALS]
    rule = "accounts.name.unmarked_test"
    expected = {name for name, is_one in TRIALS.items() if is_one}
    assert found(staged(tmp_path, {"accounts": rows}), [rule]) == {rule: expected}


PHONES = {
    "+86 139 1234 5678": True,
    "+86 10 1234 5678": True,
    "400-000-0001": True,
    "(030) 123 45 67 ext. 12": True,
    "Tel. 0512-00000001 转 8": True,
    "95588": True,
    "981-443655": True,
    "n/a": False,
    "12": False,
    "11111111": False,
    "123456789": False,
    "+86 129 1234 5678": False,
    "1234567890123456789": False,
    "call me": False,
}


def test_a_phone_number_can_be_one(tmp_path: Path) -> None:
    rows = [good_row("contacts", number, phone=number) for number in PHONES]
    rule = "contacts.phone.phone"
    expected = {number for number, can_be in PHONES.items() if not can_be}
    assert found(staged(tmp_path, {"contacts": rows}), [rule]) == {rule: expected}


def test_a_mobile_has_as_many_digits_as_the_others(tmp_path: Path) -> None:
    numbers = [f"138{n:08}" for n in range(100, 125)]
    rows = [good_row("contacts", number, phone=number) for number in (*numbers, "138000001")]
    rule = "contacts.phone.phone"
    assert found(staged(tmp_path, {"contacts": rows}), [rule]) == {rule: {"138000001"}}


EMAILS = {
    "name@aurora.cn": True,
    "first.last+tag@mail.aurora.co.uk": True,
    "名字@公司.中国": True,
    "a..b@aurora.cn": False,
    ".a@aurora.cn": False,
    "a@aurora": False,
    "a@b@aurora.cn": False,
    "a@aurora.cn,b@aurora.cn": False,
    "a@aurora..cn": False,
    "a@10.0.0.1": False,
    "a@aurora.c": False,
}


def test_an_email_address_can_be_one(tmp_path: Path) -> None:
    rows = [good_row("contacts", email, email=email) for email in EMAILS]
    rule = "contacts.email.email"
    expected = {email for email, can_be in EMAILS.items() if not can_be}
    assert found(staged(tmp_path, {"contacts": rows}), [rule]) == {rule: expected}


PERSONS = {
    "请联系 13912345678": True,
    "call +49 (30) 123-45678 today": True,
    "write to name@aurora.cn": True,
    "身份证 11010519491231002X": True,
    "座机 0512-12345678": True,
    "phone (212) 555-0123": True,
    "0151/23456789": True,
    "order AI-106985 of 2026-06-30, 1,234,567.00": False,
    "批号 202606301234567": False,
    "10.0.0.1:8080": False,
    "1 200 300 units": False,
}


def test_personal_data_in_a_free_text_is_found_and_a_number_of_an_order_is_not(
    tmp_path: Path,
) -> None:
    rows = [good_row("research_notes", text, body=text) for text in PERSONS]
    rule = "research_notes.body.personal_data"
    expected = {text for text, is_personal in PERSONS.items() if is_personal}
    assert found(staged(tmp_path, {"research_notes": rows}), [rule]) == {rule: expected}


def _day(text: str) -> date:
    return date.fromisoformat(text)
