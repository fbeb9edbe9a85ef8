"""Audit a release's database before it is sealed, and write into it what the audit found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.publish.release import DATABASE, read_facts, write_json

if TYPE_CHECKING:
    from data_quality.expectations import Expectation
    from data_quality.runner import Outcome

# Rows that a refusal shows of each check.
_SHOWN = 20


@dataclass(frozen=True)
class AuditCheck:
    """What one check found in one mart. A check that did not run has not passed.

    `failing` holds the first keys of rows that fail what forbids publishing, the parts of each
    joined by a vertical bar.
    """

    run_id: str
    check_id: str
    entity: str
    dimension: str
    action: str
    rows_checked: int
    rows_failed: int
    is_passed: bool
    did_run: bool
    observed: str | None
    told: str
    failing: tuple[str, ...] = ()


def _before(previous: Path | None, sales_basis: str) -> Any:
    """Rows of each mart and net sales of the release in use; None before the first."""
    from data_quality.suites.marts import ReleaseBefore

    if previous is None:
        return None
    with duckdb.connect(str(previous / DATABASE), read_only=True) as connection:
        rows = _table_rows(connection)
        net_sales, months = None, {}
        if "sales_by_period" in rows:
            net_sales = _net_sales(connection)
            if read_facts(previous).get("sales_basis") == sales_basis:
                months = _closed_months(connection)
    return ReleaseBefore(rows=rows, net_sales=net_sales, unchanged_months=months)


def _closed_months(connection: duckdb.DuckDBPyConnection) -> dict[date, Decimal]:
    return dict(
        connection.execute(
            "select period_start, net_sales from marts.sales_by_period where is_complete"
            " and period_type = 'month' and dimension = 'total' order by period_start"
        ).fetchall()
    )


def _net_sales(connection: duckdb.DuckDBPyConnection) -> Any:
    found = connection.execute(
        "select net_sales from marts.sales_by_period "
        "where period_type = 'all' and dimension = 'total'"
    ).fetchall()
    return found[0][0] if found else None


def _table_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    ).fetchall()
    return {
        name: connection.execute(f'select count(*) from marts."{name}"').fetchall()[0][0]
        for (name,) in names
    }


def table_rows(database: Path) -> dict[str, int]:
    """Rows of each mart of a release's database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return _table_rows(connection)


def audit_release(
    database: Path, *, previous: Path | None, run_id: str, sales_basis: str = ""
) -> list[AuditCheck]:
    """Run the suites of the marts over a draft's database, in the light of the release in use.

    Where that was made from the same `sales_basis`, its closed months must be the same.
    """
    from data_quality.runner import run_suites
    from data_quality.suites.marts import mart_suites

    rows = table_rows(database)
    suites = mart_suites(rows, _before(previous, sales_basis))
    outcomes = run_suites(database, suites, key_columns=())
    failing = _failing_rows(database, outcomes)
    return [
        AuditCheck(
            run_id=run_id,
            check_id=f"{outcome.expectation.rule}:release",
            entity=outcome.table.partition(".")[2],
            dimension=outcome.expectation.dimension,
            action=outcome.expectation.action,
            rows_checked=rows[outcome.table.partition(".")[2]],
            rows_failed=outcome.rows_failed,
            is_passed=outcome.is_passed,
            did_run=outcome.did_run,
            observed=outcome.observed or outcome.error,
            told=outcome.expectation.message_en,
            failing=failing.get(outcome.expectation.rule, ()),
        )
        for outcome in outcomes
    ]


def _failing_rows(database: Path, outcomes: Sequence[Outcome]) -> dict[str, tuple[str, ...]]:
    """By rule, the first keys of the rows that break what forbids publishing."""
    from data_quality.runner import run_suite
    from data_quality.suites.marts import KEYS

    broken: dict[str, list[Expectation]] = {}
    for outcome in outcomes:
        if outcome.did_run and not outcome.is_passed and outcome.expectation.action == "block":
            broken.setdefault(outcome.table, []).append(outcome.expectation)
    found = {}
    for table, expectations in broken.items():
        keys = KEYS[table.partition(".")[2]]
        for outcome in run_suite(database, table, expectations, key_columns=keys):
            if outcome.failing is not None:
                found[outcome.expectation.rule] = tuple(
                    "|".join("" if part is None else str(part) for part in row.values())
                    for row in outcome.failing.slice(0, _SHOWN).to_pylist()
                )
    return found


def check_rows(checks: Sequence[AuditCheck]) -> list[Mapping[str, Any]]:
    """The audit's results as rows of `quality_checks`."""
    return [
        {
            "run_id": check.run_id,
            "check_id": check.check_id,
            "entity": check.entity,
            "source_system": "release",
            "dimension": check.dimension,
            "action": check.action,
            "rows_checked": check.rows_checked,
            "rows_failed": check.rows_failed,
            "is_passed": check.is_passed,
            "did_run": check.did_run,
            "observed": check.observed,
            "threshold": None,
        }
        for check in checks
    ]


def refusals(checks: Sequence[AuditCheck]) -> list[str]:
    """What forbids publishing, a sentence each: blocking checks that failed, and any that could
    not run."""
    return [
        f"{check.check_id} "
        + (
            f"fails for {check.rows_failed} of {check.rows_checked} rows: {check.told} "
            f"`salesops quality --entity {check.entity}` shows them."
            if check.did_run
            else f"did not run: {check.observed}"
        )
        for check in checks
        if is_refused(check)
    ]


def keep_refusal(file: Path, checks: Sequence[AuditCheck]) -> None:
    """Keep what forbids publishing for `salesops quality`; an audit that passed takes it away."""
    kept = [
        {
            "check_id": check.check_id,
            "entity": check.entity,
            "dimension": check.dimension,
            "rows_failed": check.rows_failed,
            "rows_checked": check.rows_checked,
            "did_run": check.did_run,
            "observed": check.observed,
            "message_en": check.told,
            "failing": list(check.failing),
        }
        for check in checks
        if is_refused(check)
    ]
    write_json(file, {"refused": kept})


def is_refused(check: AuditCheck) -> bool:
    """Whether the check forbids publishing: a blocking one that failed, or any that did not run."""
    return not check.is_passed and (check.action == "block" or not check.did_run)


def complete_release_info(database: Path, rows: Mapping[str, int]) -> None:
    """Write the counts of all checks and rows into `release_info`, the release's own row."""
    found = counts(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update marts.release_info set checks_passed = ?, checks_warned = ?, rows = ?",
            [found["passed"], found["warned"] + found["rejected"], sum(rows.values())],
        )
        connection.execute("checkpoint")


def counts(database: Path) -> dict[str, int]:
    """How the checks of a release came out, and how many issues are open."""
    with duckdb.connect(str(database), read_only=True) as connection:
        [(passed, warned, rejected, failed)] = connection.execute(
            "select count(*) filter (is_passed), "
            "count(*) filter (not is_passed and did_run and action = 'warn'), "
            "count(*) filter (not is_passed and did_run and action = 'reject'), "
            "count(*) filter (not did_run) from marts.quality_checks"
        ).fetchall()
        [(issues,)] = connection.execute(
            "select count(*) from marts.quality_issues where status = 'open'"
        ).fetchall()
    return {
        "passed": passed,
        "warned": warned,
        "rejected": rejected,
        "did_not_run": failed,
        "open_issues": issues,
    }
