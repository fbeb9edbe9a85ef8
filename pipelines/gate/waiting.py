"""Decide which families wait, since when, and through which extraction they were accepted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from data_quality.suites.contract import staging_table
from pipelines.gate import families, memory
from pipelines.gate.tables import lake_view


def decide_waiting(
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
