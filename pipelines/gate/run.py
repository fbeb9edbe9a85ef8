"""Judge the staged rows, decide who goes on and who waits, and leave accepted tables for core."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data_quality.expectations import Expectation, must_have_rows
from data_quality.suites.contract import staging_table, suite
from pipelines.extract import contract
from pipelines.gate import families, issues, memory

if TYPE_CHECKING:
    from data_quality.runner import Outcome

# An entity of a source blocks the night when more than this share of its rows, and at least so
# many, fail by themselves: that is no longer a few bad rows but a broken source.
BLOCK_RATE = 0.05
BLOCK_ROWS = 20


@dataclass(frozen=True)
class CheckResult:
    """What one check found in the rows of one source. A check that did not run has not passed."""

    check_id: str
    rule: str
    entity: str
    source_system: str
    dimension: str
    action: str
    rows_checked: int
    rows_failed: int
    is_passed: bool
    did_run: bool
    observed: str | None
    threshold: str | None
    error: str | None


@dataclass(frozen=True)
class Block:
    """Why nothing may be published: an entity of a source, and the reason in plain words."""

    entity: str
    source_system: str
    rows_failed: int
    rows_checked: int
    reason: str


@dataclass(frozen=True)
class GateSummary:
    """What a run of the gate decided. `rejected` counts staged rows that wait, by entity."""

    checks: tuple[CheckResult, ...]
    blocked: tuple[Block, ...]
    rejected: dict[str, int]
    accepted: dict[str, int]
    waiting_families: int
    open_issues: int
    extracted_through: datetime | None

    @property
    def is_blocked(self) -> bool:
        return bool(self.blocked)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that found something, or could not run."""
        return tuple(check for check in self.checks if not check.is_passed)


def run_gate(
    warehouse: Path,
    lake: Path,
    *,
    now: datetime,
    run_id: str,
    company_timezone: str,
    delivered: Collection[str] | None = None,
    keeps_issues: bool = True,
    block_rate: float = BLOCK_RATE,
    block_rows: int = BLOCK_ROWS,
) -> GateSummary:
    """Check every staged row and write schema `gate` of the warehouse.

    `delivered` names the entities that some source delivers (default: those that ever had a row);
    references to others are not checked. With `keeps_issues` False, as in a run for an earlier
    day, no issue is opened or closed. The file may not be open elsewhere in the process.
    """
    with _opened(warehouse) as connection:
        rows_by_source = _staged_rows(connection)
        extracted_through = _extracted_through(connection)
        memory.load(connection, lake, "check_results")
        memory.load(connection, lake, "gate_runs")
        had_rows = _entities_with_rows_before(connection)
        known = set(delivered) if delivered is not None else _ever_delivered(connection)
    suites = _suites_to_run(rows_by_source, known, had_rows)
    outcomes = _judged(warehouse, suites, company_timezone)
    checks = _check_results(outcomes, rows_by_source)
    with _opened(warehouse) as connection:
        # All tables of the gate change at once, or none where the run is killed.
        connection.execute("begin")
        memory.load(connection, lake, "gate_events")
        memory.load(connection, lake, "gate_runs")
        issues.load_state(connection, lake, now=now, company_timezone=company_timezone)
        _write_failures(connection, outcomes)
        blocked = (
            *_overflowing(connection, rows_by_source, block_rate, block_rows),
            *_stopped(checks),
        )
        _decide_waiting(connection, lake, now=now, run_id=run_id)
        connection.execute("create schema if not exists gate")
        accepted = _write_accepted(connection)
        rejected = _write_rejected(connection)
        _write_checks(connection, lake, checks, run_id=run_id, now=now)
        rules = {e.rule: _rule_hash(e) for found in suites.values() for e in found}
        if keeps_issues:
            issues.record(connection, lake, now=now, through=extracted_through, rules=rules)
        runs = memory.rows(
            "gate_runs",
            [
                {
                    "run_id": run_id,
                    "happened_at": now,
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
        waiting = _count(connection, "select count(*) from waiting")
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


def _opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(warehouse))
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = next(iter(connection.execute(query).fetchall()), None)
    return int(row[0]) if row and row[0] is not None else 0


def lake_view(entity: str) -> str:
    """The view of every extracted version of an entity, with its schema."""
    return f"lake.{contract.entities()[entity].domain}__{entity}"


def accepted_table(entity: str) -> str:
    """The table that core reads for an entity, with its schema."""
    return f"gate.accepted_{contract.entities()[entity].domain}__{entity}"


def _staged_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    query = " union all ".join(
        f"select '{name}', source_system, count(*) from {staging_table(name)} group by all"
        for name in contract.entities()
    )
    found: dict[str, dict[str, int]] = {name: {} for name in contract.entities()}
    for entity, source, count in connection.execute(query).fetchall():
        found[entity][source] = count
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


def _suites_to_run(
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


def _judged(
    warehouse: Path, suites: dict[str, list[Expectation]], company_timezone: str
) -> list[Outcome]:
    from data_quality.runner import run_suites

    return run_suites(
        warehouse,
        {staging_table(name): expectations for name, expectations in suites.items()},
        parameters={"timezone": company_timezone},
    )


def _rule_hash(expectation: Expectation) -> str:
    # The action may harden from night to night (a table that had rows); words change no verdict.
    judged = replace(expectation, message_zh="", message_en="", minimum=None, action="")
    text = repr((judged, expectation.minimum if expectation.kind != "row_count" else None))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _entity_of(expectation: Expectation) -> str:
    return expectation.rule.split(".", 1)[0]


def _check_results(
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
                    and (outcome.is_passed if is_count else failed[source] == 0),
                    did_run=outcome.did_run,
                    observed=str(rows if is_count else failed[source]) if outcome.did_run else None,
                    threshold=expectation.threshold,
                    error=outcome.error,
                )
            )
    return found


def _write_failures(connection: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome]) -> None:
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


def _overflowing(
    connection: duckdb.DuckDBPyConnection,
    rows_by_source: dict[str, dict[str, int]],
    block_rate: float,
    block_rows: int,
) -> tuple[Block, ...]:
    """The entities of sources in which too many rows fail by themselves; relatives don't count."""
    found = []
    failing = connection.execute(
        "select distinct entity from failures where action = 'reject' and not is_let_go order by 1"
    ).fetchall()
    for (entity,) in failing:
        counts = connection.execute(
            f"select staged.source_system, count(*) from {staging_table(entity)} as staged"
            " where (staged.source_system, staged._record_id) in (select (source_system, record_id)"
            " from failures where entity = $entity and action = 'reject' and not is_let_go)"
            " group by staged.source_system order by staged.source_system",
            {"entity": entity},
        ).fetchall()
        for source, failed in counts:
            total = rows_by_source[entity][source]
            if failed >= block_rows and failed > block_rate * total:
                found.append(
                    Block(
                        entity,
                        source,
                        failed,
                        total,
                        f"{failed} of {total} rows of {entity} from {source} are rejected",
                    )
                )
    return tuple(found)


def _stopped(checks: Sequence[CheckResult]) -> tuple[Block, ...]:
    """Checks that stop the night by themselves, and those that hold rows back and could not run."""
    found = []
    for check in checks:
        if not check.did_run and check.action != "warn":
            reason = f"check {check.rule} could not run: {check.error}"
        elif check.action == "block" and not check.is_passed:
            reason = f"{check.entity} had rows before and has none now"
        else:
            continue
        found.append(
            Block(check.entity, check.source_system, check.rows_failed, check.rows_checked, reason)
        )
    return tuple(found)


def _decide_waiting(
    connection: duckdb.DuckDBPyConnection, lake: Path, *, now: datetime, run_id: str
) -> None:
    """Temporary table `waiting` (family, since, accepted_through), and its changes remembered."""
    connection.execute(
        "create or replace temp table failing_families (family varchar, root varchar)"
    )
    held = "action = 'reject' and not is_let_go"
    for (entity,) in connection.execute(
        f"select distinct entity from failures where {held} order by 1"
    ).fetchall():
        connection.execute(
            "insert into failing_families"
            f" select distinct {families.family_sql(entity, 'staged')}, $root"
            f" from {staging_table(entity)} as staged"
            " where (staged.source_system, staged._record_id) in"
            f" (select (source_system, record_id) from failures where entity = $entity and {held})",
            {"root": families.root(entity), "entity": entity},
        )
    connection.execute(
        "create or replace temp table waited as"
        " select family, max_by(happened_at, _sequence) as since,"
        # max_by skips NULLs, and NULL (never accepted) is an answer here.
        " max_by(row(accepted_through), _sequence)[1] as accepted_through"
        " from memory_gate_events group by family having max_by(event, _sequence) = 'waits'"
    )
    connection.execute(
        "create or replace temp table starting as select distinct family, root"
        " from failing_families where family not in (select family from waited)"
    )
    _date_starting(connection)
    events = connection.sql(
        "select family, 'waits' as event, $now as happened_at, accepted_through, $run_id as run_id"
        " from dated_starting"
        " union all select family, 'goes_on', $now, null, $run_id from waited"
        " where family not in (select family from failing_families) order by family",
        params={"now": now, "run_id": run_id},
    ).to_arrow_table()
    memory.append(lake, "gate_events", events, now)
    connection.execute(
        "create or replace temp table waiting as"
        " select family, since, accepted_through from waited"
        " where family in (select family from failing_families)"
        " union all select family, $now, accepted_through from dated_starting",
        {"now": now},
    )


def _date_starting(connection: duckdb.DuckDBPyConnection) -> None:
    """Temporary table `dated_starting`: up to which extraction each of them was accepted, if ever.

    That is the last judged one, when the family was there then and something of it has come since;
    what fails without having changed fails a new rule, and is taken out.
    """
    row = next(
        iter(
            connection.execute(
                "select max_by(extracted_through, _sequence) from memory_gate_runs"
            ).fetchall()
        ),
        None,
    )
    judged_through = row[0] if row else None
    connection.execute(
        "create or replace temp table dated_starting"
        " (family varchar, accepted_through timestamp with time zone)"
    )
    if judged_through is None:
        connection.execute("insert into dated_starting select family, null from starting")
        return
    roots = connection.execute("select distinct root from starting order by root").fetchall()
    for (root,) in roots:
        versions = " union all ".join(
            f"select {families.family_sql(member, 'version')} as family,"
            f" version._extracted_at, version._is_tombstone, '{member}' as entity"
            f" from {lake_view(member)} as version"
            for member in families.members(root)
        )
        connection.execute(
            "insert into dated_starting"
            " select starting.family, case"
            " when bool_or(versions._extracted_at > $through)"
            # What binds the family must have stood at that time, or there was nothing to accept.
            " and max_by(versions._is_tombstone, versions._extracted_at) filter ("
            " where versions._extracted_at <= $through and versions.entity = $root) = false"
            " then $through end"
            f" from starting left join ({versions}) as versions"
            " on versions.family = starting.family"
            " where starting.root = $root group by starting.family",
            {"through": judged_through, "root": root},
        )


def _write_accepted(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write `gate.accepted_…` for every entity; rows of each, by entity.

    A view of staging where nothing waits. Otherwise a table: the newest rows of the families that
    go on, and those of waiting families as they stood when last accepted.
    """
    connection.execute(
        "create or replace temp table following (entity varchar,"
        " source_system varchar, record_id varchar, family varchar)"
    )
    found = {}
    for name in contract.entities():
        target = accepted_table(name)
        _drop(connection, target)
        family = families.family_sql(name, "staged")
        _find_following(connection, name)
        roots = tuple({families.root(name), name})
        prefixes = " or ".join(f"starts_with(family, '{root}|')" for root in roots)
        is_touched = _count(
            connection,
            f"select count(*) from waiting where {prefixes}",
        ) or _count(connection, f"select count(*) from following where entity = '{name}'")
        if not is_touched:
            connection.execute(f"create view {target} as select * from {staging_table(name)}")
        else:
            columns = _columns(connection, staging_table(name))
            connection.execute(
                f"create table {target} as"
                f" with going_on as (select {_listed(columns, 'staged')}"
                f" from {staging_table(name)} as staged"
                f" where {family} not in (select family from waiting)"
                " and (staged.source_system, staged._record_id) not in"
                f" (select (source_system, record_id) from following where entity = '{name}')),"
                f" {_as_last_accepted(name, columns)}"
                " select * from going_on"
                f" union all select {_listed(columns, 'held')} from last_accepted as held"
                # A row that has moved to a family that goes on is there already.
                " where (held.source_system, held._record_id) not in"
                " (select (source_system, _record_id) from going_on)"
            )
        found[name] = _count(connection, f"select count(*) from {target}")
    return found


def _as_last_accepted(name: str, columns: Sequence[str]) -> str:
    """CTEs that end in `last_accepted`: the rows of waiting families as of accepted_through."""
    family = families.family_sql(name, "version")
    return (
        # Every version of a record that was ever in the family: it may have come from another one.
        f"concerned as (select distinct version.source_system, version._record_id,"
        f" waiting.family, waiting.accepted_through from {lake_view(name)} as version"
        f" join waiting on waiting.family = {family}"
        " where waiting.accepted_through is not null),"
        " newest_then as (select "
        f"{_listed(columns, 'version')}, version._is_tombstone, {family} as own_family,"
        " concerned.family as waiting_family"
        f" from {lake_view(name)} as version join concerned"
        " on concerned.source_system = version.source_system"
        " and concerned._record_id = version._record_id"
        " where version._extracted_at <= concerned.accepted_through"
        " qualify rank() over (partition by version.source_system, version._record_id,"
        " concerned.family order by version._batch_id desc nulls last) = 1"
        # Rows of one extraction that are equal in every column are one.
        " and row_number() over (partition by version.source_system, version._record_id,"
        " concerned.family, version._batch_id, version._row_hash"
        " order by version._row_number nulls last) = 1),"
        f" last_accepted as (select {_listed(columns, 'then_row')} from newest_then as then_row"
        " where not then_row._is_tombstone and then_row.own_family = then_row.waiting_family)"
    )


def _find_following(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Add the rows of the entity whose parent was never accepted to `following`."""
    for parent in families.followed_families(name):
        connection.execute(
            "insert into following"
            f" select distinct '{name}', this.source_system, this._record_id, {parent}"
            f" from {staging_table(name)} as this"
            f" where {parent} in (select family from waiting where accepted_through is null)"
        )


def _write_rejected(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write `gate.rejected`: one row for each staged record that waits and each rule; rows waiting
    by entity."""
    connection.execute(
        "create or replace table gate.rejected (source_system varchar, entity varchar,"
        " record_id varchar, family varchar, rule varchar, is_own_failure boolean,"
        " since timestamp with time zone, accepted_through timestamp with time zone)"
    )
    connection.execute(
        "create or replace temp table held_members (entity varchar, source_system varchar,"
        " record_id varchar, family varchar)"
    )
    if _count(connection, "select count(*) from waiting"):
        for name in contract.entities():
            connection.execute(
                f"insert into held_members select distinct '{name}', staged.source_system,"
                f" staged._record_id, waiting.family from {staging_table(name)} as staged"
                f" join waiting on waiting.family = {families.family_sql(name, 'staged')}"
            )
    connection.execute(
        "insert into gate.rejected"
        " with own as (select members.*, failures.rule from held_members as members"
        " join failures on failures.entity = members.entity"
        " and failures.source_system = members.source_system"
        " and failures.record_id = members.record_id"
        " where failures.action = 'reject' and not failures.is_let_go),"
        " family_rules as (select distinct family, rule from own),"
        " relatives as (select members.*, family_rules.rule from held_members as members"
        " join family_rules on family_rules.family = members.family"
        " where (members.entity, members.source_system, members.record_id) not in"
        " (select (entity, source_system, record_id) from own)),"
        " followers as (select following.*, family_rules.rule from following"
        " join family_rules on family_rules.family = following.family"
        " where (following.entity, following.source_system, following.record_id) not in"
        " (select (entity, source_system, record_id) from own)),"
        " all_rows as (select *, true as is_own from own union all"
        " select *, false from relatives union all select *, false from followers)"
        " select all_rows.source_system, all_rows.entity, all_rows.record_id, all_rows.family,"
        " all_rows.rule, all_rows.is_own, waiting.since, waiting.accepted_through"
        " from all_rows join waiting on waiting.family = all_rows.family"
        " order by all_rows.entity, all_rows.source_system, all_rows.record_id, all_rows.rule"
    )
    counts = connection.execute(
        "select entity, count(distinct (source_system, record_id)) from gate.rejected"
        " group by entity order by entity"
    ).fetchall()
    return dict(counts)


def _write_checks(
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


def _drop(connection: duckdb.DuckDBPyConnection, target: str) -> None:
    schema, _, name = target.partition(".")
    row = next(
        iter(
            connection.execute(
                "select table_type from information_schema.tables"
                " where table_schema = ? and table_name = ?",
                [schema, name],
            ).fetchall()
        ),
        None,
    )
    if row:
        connection.execute(f"drop {'view' if row[0] == 'VIEW' else 'table'} {target}")


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe {table}").fetchall()]


def _listed(columns: Sequence[str], alias: str) -> str:
    return ", ".join(f'{alias}."{column}"' for column in columns)
