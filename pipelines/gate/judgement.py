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
import pyarrow as pa

from data_quality.expectations import Expectation, must_have_rows
from data_quality.suites.contract import suite
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
        has_rows = any(rows_by_source[name].values())
        # The rule is the same from the first rows on: what changes is judged again.
        if has_rows or name in had_rows:
            counted = must_have_rows(counted, "block" if entity.is_core else "warn")
        if has_rows:
            found[name] = [counted, *(e for e in others if delivered.issuperset(e.needs))]
        elif name in delivered or name in had_rows:
            found[name] = [counted]
    return found


def judged(
    warehouse: Path, asked: dict[str, list[Expectation]], company_timezone: str
) -> list[Outcome]:
    """What each expectation found in the table asked; nobody else may hold the file open."""
    from data_quality.runner import run_suites

    return run_suites(warehouse, asked, parameters={"timezone": company_timezone})


def rule_hash(expectation: Expectation) -> str:
    """A hash over what decides the verdict: another one means that the rule changed."""
    # The action may harden from night to night (a table that had rows); words change no verdict.
    judged = replace(expectation, message_zh="", message_en="", minimum=None, action="")
    text = repr((judged, expectation.minimum if expectation.kind != "row_count" else None))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_results(
    connection: duckdb.DuckDBPyConnection,
    suites: dict[str, list[Expectation]],
    rows_by_source: dict[str, dict[str, int]],
) -> list[CheckResult]:
    """One result for each rule and source that has rows of the entity, from `standing`."""
    verdicts = {
        row[0]: row[1:]
        for row in connection.execute(
            "select rule, did_run, is_passed, sources, error from standing.rules"
        ).fetchall()
    }
    failed: dict[tuple[str, str], int] = defaultdict(int)
    for rule, source, rows in connection.execute(
        "select rule, source_system, cast(sum(failed_rows) as bigint) from standing.failures"
        " group by rule, source_system"
    ).fetchall():
        failed[rule, source] = rows
    found = []
    for entity, expectations in suites.items():
        # An empty table has no source to name.
        by_source = sorted(rows_by_source[entity].items()) or [("(none)", 0)]
        for e in expectations:
            did_run, is_passed, sources, error = verdicts[e.rule]
            is_count = e.kind == "row_count"
            for source, rows in by_source:
                failures = failed[e.rule, source]
                found.append(
                    CheckResult(
                        check_id=f"{e.rule}:{source}",
                        rule=e.rule,
                        entity=entity,
                        source_system=source,
                        dimension=e.dimension,
                        action=e.action,
                        rows_checked=rows,
                        rows_failed=failures,
                        is_passed=did_run
                        and (is_passed if is_count else failures == 0)
                        and source not in sources,
                        did_run=did_run,
                        observed=str(rows if is_count else failures) if did_run else None,
                        threshold=e.threshold,
                        error=error,
                    )
                )
    return found


def write_failures(
    connection: duckdb.DuckDBPyConnection, suites: dict[str, list[Expectation]]
) -> None:
    """Temporary table `failures`: each record and rule that failed, once, and who let it go on."""
    rules = pa.Table.from_pylist(
        [
            {
                "rule": e.rule,
                "entity": entity,
                "action": e.action,
                "dimension": e.dimension,
                "column_name": e.column_name,
                "is_final": e.is_final,
                "message_zh": e.message_zh,
                "message_en": e.message_en,
            }
            for entity, expectations in suites.items()
            for e in expectations
        ]
    )
    connection.register("_rules", rules)
    connection.execute(
        "create or replace temp table failures as"
        " select md5(concat_ws('|', failed.source_system, _rules.entity, failed.record_id,"
        " failed.rule)) as issue_id, _rules.entity, failed.source_system, failed.record_id,"
        " failed.rule, _rules.action, _rules.dimension, _rules.column_name, _rules.is_final,"
        " _rules.message_zh, _rules.message_en, false as is_let_go"
        " from standing.failures as failed join _rules on _rules.rule = failed.rule"
    )
    connection.unregister("_rules")
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
