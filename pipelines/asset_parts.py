"""What the packages' assets share: the night of a Dagster run, and how tables describe themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.extract import contract
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.nightly import Night

POOL = "warehouse"
OWNER = "team:sales-operations"
# Whose runs publish; single assets from the UI work on the private warehouse.
JOB = "nightly"
# A night of the largest companies takes less.
_WAIT_SECONDS = 4 * 3600.0
Say = Callable[[str], None]


def night_of(context: Any, settings: Settings, say: Say) -> Night:
    """The night that a Dagster run stands for: its day from the run's tags, else the default.

    From here on the run's process holds the warehouse; it waits for who does so now.
    """
    from pipelines import nightly, running

    run = context.run
    running.hold_until_exit(settings, f"Dagster's run {run.run_id[:8]}", wait_seconds=_WAIT_SECONDS)
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
            contract.SQL_TYPES[column.type],
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


def check_result(
    asset: dg.AssetKey,
    name: str,
    told: Mapping[str, str],
    *,
    failed: Iterable[str] = (),
    refuses: bool = True,
) -> dg.AssetCheckResult:
    """One result for a table and action, with what each expectation found in its metadata: those
    that failed, or all where none did. `refuses` tells an error from a warning."""
    broken = [rule for rule in told if rule in set(failed)]
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR if refuses else dg.AssetCheckSeverity.WARN,
        metadata={rule: told[rule] for rule in (broken or list(told))[:50]},
    )


def table_rows(settings: Settings, tables: Iterable[str]) -> Mapping[str, int]:
    """Rows of tables of the warehouse (`schema.table`) that exist."""
    import duckdb

    found: dict[str, int] = {}
    with duckdb.connect(str(settings.warehouse)) as connection:
        known = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        }
        counts = [f"select '{t}', count(*) from {t}" for t in tables if t in known]
        if counts:
            found.update(connection.execute(" union all ".join(counts)).fetchall())
    return found


def table_columns(settings: Settings) -> dict[str, dict[str, dict[str, str]]]:
    """Columns with their types of every table and view of the warehouse, by schema and table."""
    import duckdb

    found: dict[str, dict[str, dict[str, str]]] = {}
    with duckdb.connect(str(settings.warehouse)) as connection:
        for schema, table, column, type_ in connection.execute(
            "select table_schema, table_name, column_name, data_type"
            " from information_schema.columns order by ordinal_position"
        ).fetchall():
            found.setdefault(schema, {}).setdefault(table, {})[column] = type_
    return found
