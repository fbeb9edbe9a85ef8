"""Open, close and accept quality issues; the lake remembers them, `gate.issues` lists them."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import duckdb

from data_quality import corrections
from data_quality.suites.contract import staging_table
from pipelines.extract import contract
from pipelines.gate import memory

# Whom a failing row is for: SQL over the row (alias `this`), by entity. Parts ask their parent.
_ORDER_REP = (
    "(select min(parent.sales_rep_id) from staging.stg_orders__orders as parent"
    " where parent.order_id = this.order_id)"
)
_DEAL_OWNER = (
    "(select min(parent.owner_id) from staging.stg_crm__opportunities as parent"
    " where parent.opportunity_id = this.opportunity_id)"
)
_ACCOUNT_OWNER = (
    "(select min(parent.owner_id) from staging.stg_crm__accounts as parent"
    " where parent.account_id = this.account_id)"
)
_OWNERS = {
    "users": "this.user_id",
    "accounts": "this.owner_id",
    "contacts": _ACCOUNT_OWNER,
    "leads": "this.owner_id",
    "opportunities": "this.owner_id",
    "opportunity_stage_history": f"coalesce(this.changed_by, {_DEAL_OWNER})",
    "opportunity_lines": _DEAL_OWNER,
    "opportunity_splits": _DEAL_OWNER,
    "opportunity_competitors": _DEAL_OWNER,
    "activities": "this.owner_id",
    "quotas": "this.user_id",
    "commission_assignments": "this.user_id",
    "tickets": "this.owner_id",
    "training_attendances": "this.user_id",
    "research_notes": "this.user_id",
    "improvement_actions": "this.owner_id",
    "customers": _ACCOUNT_OWNER,
    "orders": "this.sales_rep_id",
    "order_lines": _ORDER_REP,
    "payments": _ORDER_REP,
    "shipments": _ORDER_REP,
    "returns": _ORDER_REP,
}


class UnknownIssue(Exception):
    """No issue has that id."""


class NotAcceptable(Exception):
    """Keys, and values that do not fit their type, cannot be accepted: they must be corrected."""


def load_state(
    connection: duckdb.DuckDBPyConnection, lake: Path, *, now: datetime, company_timezone: str
) -> None:
    """Temporary table `issue_state`: every issue as its events leave it, one row each.

    `is_accepted` holds through the day of `accepted_until`, by the company's calendar.
    """
    memory.load(connection, lake, "quality_issues")
    connection.execute(
        "create or replace temp table issue_state as"
        " with happened as (select * from memory_quality_issues where event <> 'accepted'),"
        " accepted as (select issue_id, max_by(accepted_by, _sequence) as accepted_by,"
        " max_by(accepted_until, _sequence) as accepted_until,"
        " max_by(reason, _sequence) as reason"
        " from memory_quality_issues where event = 'accepted' group by issue_id),"
        " opened as (select issue_id, min(happened_at) as first_seen_at from happened"
        " where event = 'opened' group by issue_id),"
        " last_event as (select * from happened"
        " qualify row_number() over (partition by issue_id order by _sequence desc) = 1)"
        " select last_event.* exclude (accepted_by, accepted_until, reason), opened.first_seen_at,"
        " accepted.accepted_by, accepted.accepted_until, accepted.reason,"
        " coalesce(accepted.accepted_until >= cast(timezone($zone, $now) as date), false)"
        " as is_accepted"
        " from last_event"
        " join opened on opened.issue_id = last_event.issue_id"
        " left join accepted on accepted.issue_id = last_event.issue_id",
        {"zone": company_timezone, "now": now},
    )


def record(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    *,
    now: datetime,
    through: datetime | None,
    rules: dict[str, str],
) -> None:
    """Open an issue for each failure that has none, close those that fail no more.

    Reads `failures`, `issue_state` and `memory_gate_runs`. Dates are those of the extraction that
    brought the row; a row that has not changed is dated by what changed instead: its rule (`now`)
    or something it refers to (`through`, the newest extraction).
    """
    last = next(
        iter(
            connection.execute(
                "select max_by(row(happened_at, extracted_through, rules), _sequence)"
                " from memory_gate_runs"
                " where keeps_issues"
            ).fetchall()
        ),
        None,
    )
    last_at, last_through, last_rules = last[0] if last and last[0] else (None, None, "{}")
    changed_rules = _changed_rules(json.loads(last_rules), rules)
    connection.execute("create or replace temp table changed_rules (rule varchar)")
    if changed_rules:
        connection.executemany(
            "insert into changed_rules values (?)", [[rule] for rule in changed_rules]
        )
    _find_opening(connection)
    _find_closing(connection, rules)
    events = connection.sql(
        "select issue_id, 'opened' as event,"
        " case when $last_through is null or extracted_at > $last_through then extracted_at"
        " when rule in (select rule from changed_rules) then $now"
        " else coalesce($through, $now) end as happened_at,"
        " $now as run_at, $now as seen_at, source_system, entity, record_id, column_name, rule,"
        " dimension, action, owner_id, is_final, message_zh, message_en,"
        " cast(null as varchar) as accepted_by, cast(null as date) as accepted_until,"
        " cast(null as varchar) as reason"
        " from opening"
        " union all"
        " select issue_id,"
        " case when is_gone or changed_at > $last_through then 'corrected'"
        " when rule in (select rule from changed_rules) then 'released' else 'corrected' end,"
        " case when changed_at > $last_through then changed_at"
        " when rule in (select rule from changed_rules) and not is_gone then $now"
        " else coalesce($through, $now) end,"
        " $now, $last_at, source_system, entity, record_id, column_name, rule, dimension, action,"
        " owner_id, is_final, message_zh, message_en, null, null, null"
        " from closing order by entity, source_system, record_id, rule",
        params={"last_through": last_through, "last_at": last_at, "through": through, "now": now},
    ).to_arrow_table()
    memory.append(lake, "quality_issues", events, now)


def _changed_rules(before: dict[str, str], tonight: dict[str, str]) -> list[str]:
    return sorted(rule for rule in {*before, *tonight} if before.get(rule) != tonight.get(rule))


def _find_opening(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create or replace temp table opening as"
        " select failures.*, cast(null as timestamp with time zone) as extracted_at,"
        " cast(null as varchar) as owner_id from failures"
        " where issue_id not in (select issue_id from issue_state where event = 'opened')"
    )
    _find_owners(connection, "opening")


def _find_owners(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Fill `extracted_at` and `owner_id` of a table of issues from what is staged."""
    found = connection.execute(f"select distinct entity from {table} order by entity").fetchall()
    for (entity,) in found:
        connection.execute(
            f"update {table} set extracted_at = staged.extracted_at, owner_id = staged.owner_id"
            " from (select this.source_system, this._record_id,"
            f" max(this._extracted_at) as extracted_at, min({_OWNERS.get(entity, 'null')})"
            # Owners are looked up of the rows in question only.
            f" as owner_id from (select * from {staging_table(entity)}"
            " where (source_system, _record_id) in (select (source_system, record_id)"
            f" from {table} where entity = $entity)) as this group by all) as staged"
            f" where {table}.entity = $entity and {table}.source_system = staged.source_system"
            f" and {table}.record_id = staged._record_id",
            {"entity": entity},
        )


def _find_closing(connection: duckdb.DuckDBPyConnection, rules: dict[str, str]) -> None:
    """Temporary table `closing`: open issues that fail no more, with what became of their rows."""
    connection.execute(
        "create or replace temp table closing as"
        " select *, cast(null as timestamp with time zone) as changed_at, false as is_gone"
        " from issue_state where event = 'opened'"
        " and issue_id not in (select issue_id from failures)"
    )
    # A check that could not run tells nothing of the rows: their issues stay as they are.
    connection.execute(
        "delete from closing where rule in (select rule from gate.check_results where not did_run)"
    )
    known = contract.entities()
    found = connection.execute("select distinct entity from closing order by entity").fetchall()
    for (entity,) in found:
        if entity not in known:
            continue
        connection.execute(
            "update closing set changed_at = versions.changed_at, is_gone = versions.is_gone"
            " from (select version.source_system, version._record_id,"
            " max(version._extracted_at) as changed_at,"
            " max_by(version._is_tombstone, version._extracted_at) as is_gone"
            f" from lake.{known[entity].domain}__{entity} as version"
            " where (version.source_system, version._record_id) in"
            " (select (source_system, record_id) from closing where entity = $entity)"
            " group by all) as versions"
            " where closing.entity = $entity and closing.source_system = versions.source_system"
            " and closing.record_id = versions._record_id",
            {"entity": entity},
        )


def write_table(
    connection: duckdb.DuckDBPyConnection, lake: Path, *, now: datetime, company_timezone: str
) -> int:
    """Write `gate.issues`, one row for each issue ever opened; how many of them are open."""
    load_state(connection, lake, now=now, company_timezone=company_timezone)
    memory.load(connection, lake, "gate_runs")
    _find_corrected(connection)
    connection.execute(
        "create or replace table gate.issues as"
        " with last_run as (select max(happened_at) as ran_at from memory_gate_runs"
        " where keeps_issues)"
        " select state.issue_id, state.source_system, state.entity, state.record_id,"
        " state.column_name, state.rule, state.dimension, state.action, state.owner_id,"
        " state.first_seen_at,"
        " case when state.event = 'opened' then last_run.ran_at else state.seen_at end"
        " as last_seen_at,"
        " case when state.event <> 'opened' then state.happened_at end as corrected_at,"
        " case when state.event <> 'opened' then state.event"
        " when state.is_accepted then 'accepted' else 'open' end as status,"
        " state.accepted_by, state.accepted_until, state.reason as accepted_reason,"
        " state.is_final, state.message_zh, state.message_en"
        " from issue_state as state cross join last_run"
        " union all select issue_id, source_system, entity, record_id, column_name, rule, dimension,"
        " 'warn', owner_id, first_seen_at, last_seen_at, first_seen_at, 'corrected', null, null, null,"
        " false, message_zh, message_en from mended_by_rule order by issue_id"
    )
    row = next(
        iter(
            connection.execute("select count(*) from gate.issues where status = 'open'").fetchall()
        ),
        None,
    )
    return int(row[0]) if row else 0


def _find_corrected(connection: duckdb.DuckDBPyConnection) -> None:
    """Temporary table `mended_by_rule`: an issue for each record and rule that was corrected."""
    connection.execute(
        "create or replace temp table mended_by_rule as"
        " select md5(concat_ws('|', source_system, entity, record_id, rule)) as issue_id,"
        " source_system, entity, record_id, column_name, rule, kind,"
        " min(corrected_at) as first_seen_at, max(last_seen_at) as last_seen_at,"
        " cast(null as timestamp with time zone) as extracted_at, cast(null as varchar) as owner_id,"
        " cast(null as varchar) as dimension, cast(null as varchar) as message_zh,"
        " cast(null as varchar) as message_en"
        " from corrections.log where approved_by = 'rule' and not is_undone group by all"
        # One that a suite knows by the same name is told once.
        " having issue_id not in (select issue_id from issue_state)"
    )
    found = connection.execute(
        "select distinct entity, column_name, kind from mended_by_rule order by all"
    ).fetchall()
    for entity, column, kind in found:
        zh, en = corrections.message(entity, column, kind)
        connection.execute(
            "update mended_by_rule set dimension = ?, message_zh = ?, message_en = ?"
            " where entity = ? and column_name = ? and kind = ?",
            [corrections.dimension(kind), zh, en, entity, column, kind],
        )
    _find_owners(connection, "mended_by_rule")


def accept_issue(
    lake: Path, issue_id: str, *, reason: str, until: date, by: str, now: datetime
) -> str:
    """Let an oddity stand through the day `until`: from the next run on its row goes on.

    Returns the rule it broke. Raises UnknownIssue or NotAcceptable.
    """
    connection = duckdb.connect()
    try:
        memory.load(connection, lake, "quality_issues")
        row = next(
            iter(
                connection.execute(
                    "select is_final, rule from memory_quality_issues"
                    " where issue_id = ? and event = 'opened' order by _sequence desc limit 1",
                    [issue_id],
                ).fetchall()
            ),
            None,
        )
    finally:
        connection.close()
    if row is None:
        raise UnknownIssue(f"there is no issue {issue_id}; `salesops quality` lists them")
    if row[0]:
        raise NotAcceptable(
            f"issue {issue_id} ({row[1]}) is about a key or a value that does not fit its type: it "
            "cannot be accepted, correct it at the source"
        )
    event = {
        "issue_id": issue_id,
        "event": "accepted",
        "happened_at": now,
        "run_at": now,
        "rule": row[1],
        "accepted_by": by,
        "accepted_until": until,
        "reason": reason,
    }
    memory.append(lake, "quality_issues", memory.rows("quality_issues", [event]), now)
    return str(row[1])
