"""Judge the staged rows, decide who goes on and who waits, and leave accepted tables for core."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

import duckdb

from data_quality.suites.contract import staging_table
from pipelines.extract import contract
from pipelines.gate import corrections, issues, memory, standing
from pipelines.gate.accepted import write_accepted, write_rejected
from pipelines.gate.blocks import BLOCK_RATE, BLOCK_ROWS, overflowing, stopped
from pipelines.gate.judgement import (
    check_results,
    judged,
    rule_hash,
    suites_to_run,
    write_check_days,
    write_checks,
    write_failures,
)
from pipelines.gate.results import GateSummary
from pipelines.gate.tables import count, lake_view, opened
from pipelines.gate.waiting import decide_waiting


def run_gate(
    warehouse: Path,
    lake: Path,
    *,
    now: datetime,
    run_id: str,
    company_timezone: str,
    as_of: date | None = None,
    delivered: Collection[str] | None = None,
    keeps_issues: bool = True,
    basis: str = "",
    judges_all: bool = False,
    block_rate: float = BLOCK_RATE,
    block_rows: int = BLOCK_ROWS,
) -> GateSummary:
    """Check every staged row and write schema `gate` of the warehouse.

    `as_of` is the day that the results are kept for, by default that of `now`. `delivered` names
    the entities that some source delivers (default: those that ever had a row); references to
    others are not checked. With `keeps_issues` False, as in a run for an earlier day, no issue is
    opened or closed. `basis` names all that decides how rows are staged beside the lake and the
    code: while it stays, verdicts stand until a row changes; with `judges_all` none does. The file
    may not be open elsewhere in the process.
    """
    with opened(warehouse) as connection:
        rows_by_source = _staged_rows(connection)
        extracted_through = _extracted_through(connection)
        memory.load(connection, lake, "check_results")
        memory.load(connection, lake, "gate_runs")
        had_rows = _entities_with_rows_before(connection)
        known = set(delivered) if delivered is not None else _ever_delivered(connection)
        suites = suites_to_run(rows_by_source, known, had_rows)
        plan = standing.plan(
            connection, lake, suites, f"{company_timezone} {basis}", judges_all=judges_all
        )
    outcomes = judged(warehouse, plan.asked, company_timezone)
    with opened(warehouse) as connection:
        # All tables of the gate change at once, or none where the run is killed.
        connection.execute("begin")
        for kept in ("check_results", "gate_events", "gate_runs"):
            memory.load(connection, lake, kept)
        issues.load_state(connection, lake, now=now, company_timezone=company_timezone)
        standing.keep(connection, plan, suites, outcomes)
        checks = check_results(connection, suites, rows_by_source)
        write_failures(connection, suites)
        blocked = (
            *overflowing(connection, rows_by_source, block_rate, block_rows),
            *stopped(checks),
        )
        decide_waiting(connection, lake, now=now, run_id=run_id)
        connection.execute("create schema if not exists gate")
        accepted = write_accepted(connection)
        rejected = write_rejected(connection)
        write_checks(connection, lake, checks, run_id=run_id, now=now)
        write_check_days(connection, as_of or now.date())
        rules = {e.rule: rule_hash(e) for found in suites.values() for e in found}
        if keeps_issues:
            issues.record(connection, lake, now=now, through=extracted_through, rules=rules)
        runs = memory.rows(
            "gate_runs",
            [
                {
                    "run_id": run_id,
                    "happened_at": now,
                    "as_of_date": as_of or now.date(),
                    "extracted_through": extracted_through,
                    "is_blocked": bool(blocked),
                    "keeps_issues": keeps_issues,
                    "rules": json.dumps(rules, sort_keys=True),
                }
            ],
        )
        # Last: a run that is killed before is as if it had not judged, and the next one judges.
        memory.append(lake, "gate_runs", runs, now)
        open_issues = issues.write_table(
            connection, lake, now=now, company_timezone=company_timezone
        )
        corrections.write_proposals(connection, lake)
        waiting = count(connection, "select count(*) from waiting")
        standing.drop_rows_to_check(connection)
        connection.execute("commit")
    return GateSummary(
        checks=tuple(checks),
        blocked=blocked,
        rejected=rejected,
        accepted=accepted,
        waiting_families=waiting,
        open_issues=open_issues,
        extracted_through=extracted_through,
    )


def _staged_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    query = " union all ".join(
        f"select '{name}', source_system, count(*) from {staging_table(name)} group by all"
        for name in contract.entities()
    )
    found: dict[str, dict[str, int]] = {name: {} for name in contract.entities()}
    for entity, source, rows in connection.execute(query).fetchall():
        found[entity][source] = rows
    return found


def _extracted_through(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    query = " union all ".join(
        f"select max(_extracted_at) as newest from {lake_view(name)}"
        for name in contract.entities()
    )
    row = next(iter(connection.execute(f"select max(newest) from ({query})").fetchall()), None)
    return row[0] if row else None


def _ever_delivered(connection: duckdb.DuckDBPyConnection) -> set[str]:
    query = " union all ".join(
        f"select '{name}' where exists (select 1 from {lake_view(name)})"
        for name in contract.entities()
    )
    return {row[0] for row in connection.execute(query).fetchall()}


def _entities_with_rows_before(connection: duckdb.DuckDBPyConnection) -> set[str]:
    # Of the last night that was published: a blocked one may have been the emptying one.
    found = connection.execute(
        "select distinct results.entity from memory_check_results as results"
        " where results.rows_checked > 0 and results.run_id = ("
        " select max_by(runs.run_id, runs._sequence) from memory_gate_runs as runs"
        " where not runs.is_blocked)"
    ).fetchall()
    return {row[0] for row in found}
