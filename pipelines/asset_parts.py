"""What the packages' assets share: the night of a Dagster run, and how tables describe themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date
from typing import Any

import dagster as dg

from pipelines import nightly
from pipelines.extract import contract
from pipelines.extract.lake import SQL_TYPES
from pipelines.settings import Settings

POOL = "warehouse"
OWNER = "team:sales-operations"
Say = Callable[[str], None]


def night_of(context: Any, settings: Settings, say: Say) -> nightly.Night:
    """The night that a Dagster run stands for: its day from the run's tags, else the default."""
    run = context.run
    record = context.instance.get_run_record_by_id(run.run_id)
    started = record.create_timestamp.astimezone(UTC)
    tagged = run.tags.get("salesops/as_of")
    return nightly.Night(
        settings=settings,
        as_of=date.fromisoformat(tagged) if tagged else nightly.default_as_of(settings, started),
        run_id=run.run_id,
        at=started,
        is_full=run.tags.get("salesops/full_refresh") == "true",
        say=say,
    )


def lake_key(entity: contract.Entity) -> dg.AssetKey:
    return dg.AssetKey(["lake", f"{entity.domain}__{entity.name}"])


def accepted_key(entity: contract.Entity) -> dg.AssetKey:
    return dg.AssetKey(["gate", f"accepted_{entity.domain}__{entity.name}"])


def staging_key(entity: contract.Entity) -> dg.AssetKey:
    return dg.AssetKey(["staging", f"stg_{entity.domain}__{entity.name}"])


def column_schema(columns: Iterable[tuple[str, str, str]]) -> dg.TableSchema:
    """Names, types and descriptions of columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type_ or "unknown", description=text or None)
            for name, type_, text in columns
        ]
    )


def entity_schema(entity: contract.Entity) -> dg.TableSchema:
    """The columns of a contract entity."""
    return column_schema(
        (
            column.name,
            SQL_TYPES[column.type],
            f"refers to {column.references}" if column.references else "",
        )
        for column in entity.columns
    )


def same_columns(upstream: dg.AssetKey, entity: contract.Entity) -> dg.TableColumnLineage:
    """Every column comes from the column of the same name upstream."""
    return dg.TableColumnLineage(
        deps_by_column={
            column.name: [dg.TableColumnDep(asset_key=upstream, column_name=column.name)]
            for column in entity.columns
        }
    )


def table_rows(settings: Settings, tables: Iterable[str]) -> Mapping[str, int]:
    """Rows of tables of the warehouse (`schema.table`) that exist."""
    import duckdb

    found = {}
    with duckdb.connect(str(settings.warehouse)) as connection:
        known = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        }
        for table in tables:
            if table in known:
                [(count,)] = connection.execute(f"select count(*) from {table}").fetchall()
                found[table] = int(count)
    return found
