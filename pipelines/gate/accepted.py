"""Write what goes on to the marts, and what is held back and why."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data_quality.suites.contract import staging_table
from pipelines.extract import contract
from pipelines.gate import families
from pipelines.gate.tables import accepted_table, columns_of, count, drop, lake_view, listed


def write_accepted(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
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
        drop(connection, target)
        family = families.family_sql(name, "staged")
        _find_following(connection, name)
        is_touched = _has_waiting(connection, name) or count(
            connection, f"select count(*) from following where entity = '{name}'"
        )
        if not is_touched:
            connection.execute(f"create view {target} as select * from {staging_table(name)}")
        else:
            columns = columns_of(connection, staging_table(name))
            connection.execute(
                f"create table {target} as"
                f" with going_on as (select {listed(columns, 'staged')}"
                f" from {staging_table(name)} as staged"
                f" where {family} not in (select family from waiting)"
                " and (staged.source_system, staged._record_id) not in"
                f" (select (source_system, record_id) from following where entity = '{name}')),"
                f" {_as_last_accepted(name, columns)}"
                " select * from going_on"
                f" union all select {listed(columns, 'held')} from last_accepted as held"
                # A row that has moved to a family that goes on is there already.
                " where (held.source_system, held._record_id) not in"
                " (select (source_system, _record_id) from going_on)"
            )
        found[name] = count(connection, f"select count(*) from {target}")
    return found


def _has_waiting(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a family waits to which a row of the entity may belong."""
    prefixes = (f"starts_with(family, '{root}|')" for root in {families.root(name), name})
    return bool(count(connection, f"select count(*) from waiting where {' or '.join(prefixes)}"))


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
        f"{listed(columns, 'version')}, version._is_tombstone, {family} as own_family,"
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
        f" last_accepted as (select {listed(columns, 'then_row')} from newest_then as then_row"
        " where not then_row._is_tombstone and then_row.own_family = then_row.waiting_family)"
    )


def _find_following(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Add the rows of the entity whose parent was never accepted to `following`."""
    for parent, identifier, condition in families.followed_sql(name):
        connection.execute(
            "create or replace temp table parents as"
            f" select substr(family, {len(parent) + 2}) as id from waiting"
            f" where accepted_through is null and starts_with(family, '{parent}|')"
        )
        connection.execute(
            "insert into following"
            f" select distinct '{name}', this.source_system, this._record_id,"
            f" '{parent}|' || trim({identifier})"
            # First by the condition, which asks nothing of each row.
            f" from (select * from {staging_table(name)} as this where {condition}) as this"
            f" where trim({identifier}) in (select id from parents)"
        )


def write_rejected(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
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
    for name in contract.entities():
        if _has_waiting(connection, name):
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
