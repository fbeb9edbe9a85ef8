"""Keep what the gate learned in the lake: runs, who waits since when, check results, issues."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.extract import lake as lake_store

_INSTANT = pa.timestamp("us", tz="UTC")

SCHEMAS: dict[str, pa.Schema] = {
    # One row for each time that the gate judged: through which extraction, by which rules.
    "gate_runs": pa.schema(
        [
            ("run_id", pa.string()),
            ("happened_at", _INSTANT),
            ("as_of_date", pa.date32()),
            ("extracted_through", _INSTANT),
            ("is_blocked", pa.bool_()),
            ("keeps_issues", pa.bool_()),
            ("rules", pa.string()),
        ]
    ),
    # One row for each time that a family starts (`waits`) or stops (`goes_on`) waiting.
    "gate_events": pa.schema(
        [
            ("family", pa.string()),
            ("event", pa.string()),
            ("happened_at", _INSTANT),
            ("accepted_through", _INSTANT),
            ("run_id", pa.string()),
        ]
    ),
    # One row for each check and source of each run.
    "check_results": pa.schema(
        [
            ("run_id", pa.string()),
            ("check_id", pa.string()),
            ("rule", pa.string()),
            ("entity", pa.string()),
            ("source_system", pa.string()),
            ("dimension", pa.string()),
            ("action", pa.string()),
            ("rows_checked", pa.int64()),
            ("rows_failed", pa.int64()),
            ("is_passed", pa.bool_()),
            ("did_run", pa.bool_()),
            ("observed", pa.string()),
            ("threshold", pa.string()),
            ("error", pa.string()),
            ("run_at", _INSTANT),
        ]
    ),
    # One row for each time that a person approves, rejects or takes back a correction.
    "corrections": pa.schema(
        [
            ("correction_id", pa.string()),
            ("event", pa.string()),
            ("happened_at", _INSTANT),
            ("source_system", pa.string()),
            ("entity", pa.string()),
            ("record_id", pa.string()),
            ("column_name", pa.string()),
            ("rule", pa.string()),
            ("value_before", pa.string()),
            ("value_after", pa.string()),
            ("decided_by", pa.string()),
        ]
    ),
    # One row for each time that an issue opens, ends or is accepted by a person.
    "quality_issues": pa.schema(
        [
            ("issue_id", pa.string()),
            ("event", pa.string()),
            ("happened_at", _INSTANT),
            ("run_at", _INSTANT),
            ("seen_at", _INSTANT),
            ("source_system", pa.string()),
            ("entity", pa.string()),
            ("record_id", pa.string()),
            ("column_name", pa.string()),
            ("rule", pa.string()),
            ("dimension", pa.string()),
            ("action", pa.string()),
            ("owner_id", pa.string()),
            ("is_final", pa.bool_()),
            ("message_zh", pa.string()),
            ("message_en", pa.string()),
            ("accepted_by", pa.string()),
            ("accepted_until", pa.date32()),
            ("reason", pa.string()),
        ]
    ),
}


def load(connection: duckdb.DuckDBPyConnection, lake: Path, name: str) -> str:
    """Make temporary table `memory_<name>` of all that is remembered, in order of `_sequence`."""
    table = f"memory_{name}"
    files = lake_store.state_files(lake, name)
    connection.register("_empty", SCHEMAS[name].empty_table())
    connection.execute(
        f"create or replace temp table {table} as select *, cast(0 as bigint) as _sequence"
        " from _empty"
    )
    if files:
        # File names sort by time, and rows of one file were written in their order. What a file of
        # an earlier version does not hold is NULL.
        connection.execute(
            f"insert into {table} by name select * exclude (filename, file_row_number),"
            " row_number() over (order by filename, file_row_number) as _sequence"
            " from read_parquet(?, filename = true, file_row_number = true, union_by_name = true)",
            [[str(file) for file in files]],
        )
    connection.unregister("_empty")
    return table


def append(lake: Path, name: str, table: pa.Table, at: datetime) -> None:
    """Remember these rows; their columns are those of the kind's schema, in any order."""
    schema = SCHEMAS[name]
    lake_store.append_state(lake, name, table.select(schema.names).cast(schema), at)


def rows(name: str, records: list[dict[str, Any]]) -> pa.Table:
    """Records of one kind of memory as a table; what a record does not name is NULL."""
    return pa.Table.from_pylist(records, schema=SCHEMAS[name])
