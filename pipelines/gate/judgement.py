"""Choose the expectations that have a sense tonight, run them, and keep what they found."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data_quality.expectations import Expectation, must_have_rows
from data_quality.suites.contract import staging_table, suite
from pipelines.extract import contract
from pipelines.gate import memory
from pipelines.gate.results import CheckResult

if TYPE_CHECKING:
    from data_quality.runner import Outcome


def suites_to_run(
    rows_by_source: dict[str, dict[str, int]], delivered: set[str], had_rows: set[str]
) -> dict[str, list[Expectation]]:
    """The expectations that have a sense tonight, by entity: an empty table is only counted."""
    found: dict[str, list[Expectation]] = {}
    for name, entity in contract.entities().items():
        counted, *others = suite(name)
        if name in had_rows:
            counted = must_have_rows(counted, "block" if entity.is_core else "warn")
        if any(rows_by_source[name].values()):
            found[name] = [counted, *(e for e in others if delivered.issuperset(e.needs))]
        elif name in delivered or name in had_rows:
            found[name] = [counted]
    return found


def judged(
    warehouse: Path, suites: dict[str, list[Expectation]], company_timezone: str
) -> list[Outcome]:
    """What each expectation found in the staged rows; nobody else may hold the file open."""
    from data_quality.runner import run_suites

    return run_suites(
        warehouse,
        {staging_table(name): expectations for name, expectations in suites.items()},
        parameters={"timezone": company_timezone},
    )


def rule_hash(expectation: Expectation) -> str:
    """A hash over what decides the verdict: another one means that the rule changed."""
    # The action may harden from night to night (a table that had rows); words change no verdict.
    judged = replace(expectation, message_zh="", message_en="", minimum=None, action="")
    text = repr((judged, expectation.minimum if expectation.kind != "row_count" else None))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _entity_of(expectation: Expectation) -> str:
    return expectation.rule.split(".", 1)[0]


def check_results(
    outcomes: Sequence[Outcome], rows_by_source: dict[str, dict[str, int]]
) -> list[CheckResult]:
    """One result for each rule and source that has rows of the entity."""
    found = []
    for outcome in outcomes:
        expectation = outcome.expectation
        entity = _entity_of(expectation)
        failed: dict[str, int] = defaultdict(int)
        if outcome.failing is not None:
            counts = outcome.failing.column("source_system").value_counts().to_pylist()
            failed.update({entry["values"]: entry["counts"] for entry in counts})
        is_count = expectation.kind == "row_count"
        # An empty table has no source to name.
        for source, rows in sorted(rows_by_source[entity].items()) or [("(none)", 0)]:
            found.append(
                CheckResult(
                    check_id=f"{expectation.rule}:{source}",
                    rule=expectation.rule,
                    entity=entity,
                    source_system=source,
                    dimension=expectation.dimension,
                    action=expectation.action,
                    rows_checked=rows,
                    rows_failed=failed[source],
                    is_passed=outcome.did_run
                    and (outcome.is_passed if is_count else failed[source] == 0)
                    and source not in outcome.sources,
                    did_run=outcome.did_run,
                    observed=str(rows if is_count else failed[source]) if outcome.did_run else None,
                    threshold=expectation.threshold,
                    error=outcome.error,
                )
            )
    return found


def write_failures(connection: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome]) -> None:
    """Temporary table `failures`: each record and rule that failed, once, and who let it go on."""
    connection.execute(
        "create or replace temp table failures (issue_id varchar, entity varchar,"
        " source_system varchar, record_id varchar, rule varchar, action varchar,"
        " dimension varchar, column_name varchar, is_final boolean, message_zh varchar,"
        " message_en varchar, is_let_go boolean)"
    )
    for outcome in outcomes:
        if outcome.failing is None:
            continue
        e = outcome.expectation
        connection.register("_failing", outcome.failing)
        connection.execute(
            "insert into failures"
            " select md5(concat_ws('|', source_system, $entity, _record_id, $rule)), $entity,"
            " source_system, _record_id, $rule, $action, $dimension, $column_name, $is_final,"
            " $message_zh, $message_en, false"
            " from (select distinct source_system, _record_id from _failing)",
            {
                "entity": _entity_of(e),
                "rule": e.rule,
                "action": e.action,
                "dimension": e.dimension,
                "column_name": e.column_name,
                "is_final": e.is_final,
                "message_zh": e.message_zh,
                "message_en": e.message_en,
            },
        )
        connection.unregister("_failing")
    connection.execute(
        "update failures set is_let_go = true where not is_final and issue_id in"
        " (select issue_id from issue_state where is_accepted)"
    )


def write_checks(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    checks: Sequence[CheckResult],
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Write `gate.check_results`, tonight's only, and remember them."""
    table = memory.rows(
        "check_results",
        [{**check.__dict__, "run_id": run_id, "run_at": now} for check in checks],
    )
    connection.register("_checks", table)
    connection.execute(
        "create or replace table gate.check_results as select * from _checks order by check_id"
    )
    connection.unregister("_checks")
    memory.append(lake, "check_results", table, now)


def write_check_days(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Write `gate.check_days`: how the checks of each day's last night came out, through `as_of`.

    One row for each day, entity, source and quality dimension. `passed` adds up the shares of rows
    that passed; a check that did not run adds nothing. Reads `memory_gate_runs`,
    `memory_check_results` and tonight's `gate.check_results`.
    """
    connection.execute(
        "create or replace table gate.check_days as"
        " with nights as (select as_of_date, max_by(run_id, _sequence) as run_id"
        " from memory_gate_runs where keeps_issues and as_of_date < $as_of group by as_of_date),"
        " results as (select nights.as_of_date, past.entity, past.source_system, past.dimension,"
        " past.rows_checked, past.rows_failed, past.is_passed, past.did_run"
        " from memory_check_results as past join nights on nights.run_id = past.run_id"
        " union all select $as_of, entity, source_system, dimension, rows_checked, rows_failed,"
        " is_passed, did_run from gate.check_results)"
        " select as_of_date, entity, source_system, dimension, count(*) as checks,"
        " max(rows_checked) as rows_checked,"
        " sum(case when not did_run then 0.0"
        " when rows_failed > 0 then 1.0 - rows_failed / cast(rows_checked as double)"
        " when is_passed then 1.0 else 0.0 end) as passed"
        " from results group by all order by all",
        {"as_of": as_of},
    )
