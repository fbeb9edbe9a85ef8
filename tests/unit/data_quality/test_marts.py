"""The audit of a release: each check is proved by one planted fault, and a good release passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_quality.runner import run_suites
from data_quality.suites.marts import (
    ADDITIVE,
    COUNTS,
    KEYS,
    KPI_OWNERS,
    RATES,
    ReleaseBefore,
    mart_suites,
)
from tests.unit.data_quality.plain import plain_outcome, plain_outcomes

BEFORE = ReleaseBefore(
    rows={"fct_order": 40},
    net_sales=Decimal(80),
    unchanged_months={date(2026, 4, 1): Decimal("86.00"), date(2026, 5, 1): Decimal("84.99")},
)
ALL = {e.rule: e for found in mart_suites(KEYS, BEFORE).values() for e in found}
PERIOD = "date '2026-01-01'"


def _columns(mart: str) -> list[str]:
    """Every column that a check of the mart names, its key first."""
    named = [*KEYS[mart], *RATES.get(mart, ()), *COUNTS.get(mart, ())]
    named += [c for metric, (owner, c) in KPI_OWNERS.items() if owner == mart]
    for rule, e in ALL.items():
        if rule.split(".")[0] == mart:
            named += [*e.columns, *re.findall(r"this\.(\w+)", e.condition or "")]
    if mart == "fct_order_line":
        named += ["gross_sales", "discount_amount", "quantity", "is_valid"]
    return list(dict.fromkeys(named))


def _value(mart: str, column: str, row: int, dimension: str) -> str:
    """SQL of a good value: every mart has a total and, where it has dimensions, one member each."""
    if column == "dimension":
        return f"'{dimension}'"
    if column in ("period_start", "cohort_month", "as_of_date", "date_day", "valid_from"):
        return f"{PERIOD} + {row if dimension == '' else 0}"
    if column == "period_type":
        return "'all'"
    if column == "measure":
        return "'nps'" if mart == "survey_scores" else "'revenue'"
    if mart == "quality_scores" and column == "score":
        return "cast(0.5 as double)"
    if column == "metric" and mart == "kpis":
        return f"'{sorted(KPI_OWNERS)[row]}'"
    if column in ("is_valid", "did_run", "is_passed"):
        return "true"
    special = {
        "gross_sales": "100.0",
        "discount_amount": "10.0",
        "returned_amount": "5.0",
        "net_sales": "85.0",
        "units": "4.0",
        "quantity": "4.0",
        "won": "1",
        "lost": "1",
        "no_decision": "0",
        "win_rate": "cast(0.5 as double)",
        "win_rate_low": "cast(0.1 as double)",
        "win_rate_high": "cast(0.9 as double)",
        "orders_due": "3",
        "on_time": "2",
        "late": "1",
        "in_full": "2",
        "on_time_in_full": "2",
        "promoters": "1",
        "passives": "0",
        "detractors": "0",
        "score": "cast(50 as double)",
        "quota": "2.0",
        "credited": "1.0",
        "attainment": "cast(0.5 as double)",
        "resurrection": "0",
        "claw_back": "0.0",
        "cap_applied": "0.0",
    }
    if column in special:
        value = special[column]
        return f"cast({value} as decimal(18, 4))" if re.fullmatch("[0-9]+[.]0", value) else value
    if column in KEYS[mart]:
        return f"'{dimension or 'key'} {row}'"
    return "cast(1 as double)"


def _write_release(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for mart in KEYS:
            dimensions = [""]
            if mart in ADDITIVE:
                dimensions = ["total", *ADDITIVE[mart][1]]
            elif mart == "kpis":
                dimensions = ["total"] * len(KPI_OWNERS)
            elif mart == "fct_order":
                dimensions = [""] * 40
            elif mart in {owner for owner, _ in KPI_OWNERS.values()}:
                dimensions = ["total"]
            rows = [
                ", ".join(
                    f"{_value(mart, column, row, dimension)} as {column}"
                    for column in _columns(mart)
                )
                for row, dimension in enumerate(dimensions)
            ]
            connection.execute(
                f"create table marts.{mart} as " + " union all ".join(f"select {r}" for r in rows)
            )
        # Every KPI is its owner's figure of the same member.
        for metric, (owner, column) in KPI_OWNERS.items():
            connection.execute(
                "update marts.kpis set member = owner.member, value = owner.figure from"
                f" (select member, cast({column} as double) as figure from marts.{owner}"
                f" where dimension = 'total') as owner where metric = '{metric}'"
            )


def _fault(rule: str) -> str:
    """The statement that breaks the rule."""
    mart, column, kind = rule.split(".")
    special: dict[str, Callable[[], str]] = {
        "unique": lambda: f"insert into marts.{mart} select * from marts.{mart} limit 1",
        "no_jump": lambda: (
            "delete from marts.fct_order where order_id > 'key 2'"
            if column == "rows"
            else "update marts.sales_by_period set gross_sales = 40, net_sales = 25"
        ),
        "no_unexplained_change": lambda: (
            "insert into marts.sales_by_period select * replace ('month' as period_type,"
            " date '2026-04-01' as period_start) from marts.sales_by_period"
            " where dimension = 'total'"
        ),
        "adds_up": lambda: (
            f"update marts.{mart} set {column} = {column} + 1"
            f" where dimension = '{ADDITIVE[mart][1][0]}'"
            if mart in ADDITIVE
            else f"update marts.{mart} set {column} = 7"
        ),
        "matches_lines": lambda: (
            f"update marts.fct_order_line set {'quantity' if column == 'units' else column} = 1"
        ),
        "matches_owner": lambda: f"update marts.kpis set value = 9 where metric = '{column}'",
        "of_parts": lambda: "update marts.sales_by_period set net_sales = 84",
        "of_counts": lambda: "update marts.win_rates set win_rate = 0.6",
        "within_entered": lambda: f"update marts.{mart} set reached_later = 2",
        "within_cohort": lambda: f"update marts.{mart} set active_customers = 2",
        "what_is_left": lambda: f"update marts.{mart} set total = 2",
        "within_market": lambda: f"update marts.{mart} set own_sales = 2",
        "of_quota": lambda: f"update marts.{mart} set attainment = 2",
        "only_when_run": lambda: f"update marts.{mart} set did_run = false",
    }
    if kind in special:
        return special[kind]()
    if rule == "customer_360.rfm.range":
        return "update marts.customer_360 set rfm_monetary = 6"
    return f"update marts.{mart} set {column} = {120 if column == 'score' else -1}"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release in which every promise holds."""
    path = tmp_path_factory.mktemp("release") / "good.duckdb"
    _write_release(path)
    return path


@pytest.fixture(scope="module")
def opened(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the good release that faults are planted in, and taken out of."""
    path = release.with_name("planted.duckdb")
    path.write_bytes(release.read_bytes())
    with duckdb.connect(str(path)) as connection:
        yield connection


def _broken(outcomes: list[Any]) -> set[str]:
    assert [(o.expectation.rule, o.error) for o in outcomes if not o.did_run] == []
    return {o.expectation.rule for o in outcomes if not o.is_passed}


def test_a_good_release_passes(release: Path) -> None:
    outcomes = run_suites(release, mart_suites(KEYS, BEFORE), key_columns=())
    assert _broken(outcomes) == set()
    assert [o.expectation.rule for o in outcomes] == list(ALL)


@pytest.mark.parametrize("mart", sorted({rule.split(".")[0] for rule in ALL}))
def test_a_fault_in_a_mart_breaks_its_rule(mart: str, opened: duckdb.DuckDBPyConnection) -> None:
    for rule in (rule for rule in ALL if rule.split(".")[0] == mart):
        verdicts = []
        for fault in ("select 1", _fault(rule)):
            opened.execute("begin")
            opened.execute(fault).fetchall()
            outcome = plain_outcome(opened, f"marts.{mart}", ALL[rule], {}, ())
            verdicts.append(outcome.is_passed)
            opened.execute("rollback")
        assert verdicts == [True, False], rule


def test_a_fault_is_found_by_great_expectations_too(release: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.duckdb"
    path.write_bytes(release.read_bytes())
    rules = [
        "sales_by_period.net_sales.of_parts",
        "dim_rep.key.unique",
        "survey_scores.response_rate.range",
        "fct_order.rows.no_jump",
    ]
    with duckdb.connect(str(path)) as connection:
        for rule in rules:
            connection.execute(_fault(rule))
    suites = mart_suites(KEYS, BEFORE)
    tables = {f"marts.{rule.split('.')[0]}" for rule in rules}
    chosen = {table: found for table, found in suites.items() if table in tables}
    by_runner = _broken(run_suites(path, chosen, key_columns=()))
    assert set(rules) <= by_runner
    assert by_runner == _broken(plain_outcomes(path, chosen, key_columns=()))


def test_a_missing_key_part_breaks_the_key(release: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.duckdb"
    path.write_bytes(release.read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.win_rates set member = null where dimension = 'team'")
    suites = {"marts.win_rates": mart_suites(KEYS)["marts.win_rates"]}
    assert _broken(plain_outcomes(path, suites, key_columns=())) == {"win_rates.key.unique"}


def test_a_check_that_needs_a_missing_table_is_left_out() -> None:
    found = mart_suites({"sales_by_period"})["marts.sales_by_period"]
    assert not [e for e in found if "fct_order_line" in e.needs]
    assert len(found) < len(mart_suites(KEYS)["marts.sales_by_period"])


def test_only_closed_months_of_unchanged_sales_must_stay(release: Path, tmp_path: Path) -> None:
    path = tmp_path / "later.duckdb"
    path.write_bytes(release.read_bytes())
    rule = "sales_by_period.net_sales.no_unexplained_change"
    with duckdb.connect(str(path)) as connection:
        # March was not closed then; of April the same, and of May a cent more, by one row each.
        for month, net_sales in (("03", 1), ("04", 86), ("05", 85)):
            connection.execute(
                "insert into marts.sales_by_period select * replace ('month' as period_type,"
                f" date '2026-{month}-01' as period_start, {net_sales} as net_sales)"
                " from marts.sales_by_period where dimension = 'total' and period_type = 'all'"
            )
        outcome = plain_outcome(connection, "marts.sales_by_period", ALL[rule], {}, ())
    assert outcome.rows_failed == 1


def test_only_changes_and_what_others_measured_warn() -> None:
    warned = {rule for rule, e in ALL.items() if e.action == "warn"}
    assert warned == {
        "fct_order.rows.no_jump",
        "market_share.share.within_market",
        "sales_by_period.net_sales.no_jump",
        "sales_by_period.net_sales.no_unexplained_change",
    }
    assert {e.action for e in ALL.values()} == {"warn", "block"}


def test_every_rule_of_the_audit_is_listed() -> None:
    listed = (Path(__file__).parent / "mart_rules.txt").read_text().splitlines()
    assert listed == [f"{e.rule} {e.action} {e.dimension}" for e in ALL.values()]
