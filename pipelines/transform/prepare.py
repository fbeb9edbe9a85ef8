"""Give dbt its inputs in the warehouse: views over the lake, and what only Python knows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from pipelines.extract import contract, lake
from pipelines.extract.contract import Column, Entity
from pipelines.extract.lake import literal, quoted
from pipelines.extract.night import EntityStatus, Extraction
from pipelines.settings import Settings, SettingsError, Source
from pipelines.transform import corrections

# Stages are named by two columns, so that no single column refers to their key.
_STAGE_COLUMNS = {"pipeline_id", "stage_id", "from_stage_id", "to_stage_id"}


def delivered_by(settings: Settings) -> dict[str, tuple[Source, ...]]:
    """The sources that delivered each contract entity, in the order of the settings."""
    return {
        name: tuple(
            source
            for source in settings.sources
            if name not in source.absent and lake.batch_files(settings.lake, source.name, name)
        )
        for name in contract.entities()
    }


def _prefix(
    settings: Settings,
    delivered: dict[str, tuple[Source, ...]],
    source: Source,
    entity: Entity,
    column: Column,
) -> str:
    """The prefix of an id: the source's own for keys; for references that of who delivers them."""
    if column.name in _STAGE_COLUMNS:
        referred = "pipeline_stages"
    elif column.references:
        referred = column.references
    elif column.name == entity.key[0] and column.name.endswith("_id"):
        return source.id_prefix
    else:
        return ""
    owners = delivered[referred]
    if source in owners or not owners:
        return source.id_prefix
    if len(owners) == 1:
        return owners[0].id_prefix
    chosen = settings.references.get(referred)
    for owner in owners:
        if owner.name == chosen:
            return owner.id_prefix
    names = ", ".join(owner.name for owner in owners)
    raise SettingsError(
        f"{source.name}.{entity.name}.{column.name} refers to {referred}, which {names} deliver. "
        f"Say which is meant: `references: {{{referred}: {owners[0].name}}}`."
    )


def _refuse_equal_prefixes(delivered: dict[str, tuple[Source, ...]]) -> None:
    for name, sources in delivered.items():
        prefixes = [source.id_prefix for source in sources]
        if len(set(prefixes)) < len(prefixes):
            names = " and ".join(source.name for source in sources)
            raise SettingsError(
                f"{names} both deliver {name} with the same id_prefix. Give each source a prefix of "
                'its own, for example `id_prefix: "crm:"`.'
            )


def _view_column(prefix: str, entity: Entity, column: Column, source: Source) -> str:
    name = quoted(column.name)
    if column.name == "choice":
        return f"coalesce({name}, '') as {name}"
    if column.type == "text":
        value = f"nullif({name}, '')"
        return f"{literal(prefix)} || {value} as {name}" if prefix else f"{value} as {name}"
    if column.name == "unit_price" and source.prices_include_tax:
        return (
            f"cast({name} - coalesce(tax_amount, 0) / nullif(quantity, 0) as decimal(18, 4))"
            f" as {name}"
        )
    return name


def lake_view(settings: Settings, entity: Entity, delivered: dict[str, tuple[Source, ...]]) -> str:
    """The SELECT of an entity's lake view: every version from every source, ids prefixed.

    Raises SettingsError where the settings leave open whose ids a reference means.
    """
    bookkeeping = ", ".join(quoted(name) for name in lake.BOOKKEEPING)
    selects = []
    for source in delivered[entity.name]:
        columns = ", ".join(
            _view_column(
                _prefix(settings, delivered, source, entity, column), entity, column, source
            )
            for column in entity.columns
        )
        pattern = literal(str(settings.lake / source.name / entity.name / "*.parquet"))
        selects.append(
            f"select {columns}, {literal(source.name)} as source_system, {bookkeeping} "
            f"from read_parquet({pattern})"
        )
    if selects:
        return " union all ".join(selects)
    types: dict[str, str] = {c.name: contract.SQL_TYPES[c.type] for c in entity.columns}
    types["source_system"] = "varchar"
    for name, type_ in lake.BOOKKEEPING.items():
        types[name] = {"bool": "boolean", "int64": "bigint", "string": "varchar"}.get(
            str(type_), "timestamptz"
        )
    nulls = ", ".join(f"cast(null as {type_}) as {quoted(name)}" for name, type_ in types.items())
    return f"select {nulls} where false"


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Sequence[Any]]
) -> None:
    connection.execute(f"create or replace table run.{table} ({columns})")
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into run.{table} values ({marks})", [list(r) for r in rows])


def holiday_rows(country: str | None, first_year: int, last_year: int) -> list[tuple[Any, ...]]:
    """(day, name, is worked) of a country's public holidays, and its weekend days that are worked."""
    if not country:
        return []
    import holidays

    calendar = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    rows: list[tuple[Any, ...]] = [(day, name, False) for day, name in sorted(calendar.items())]
    free = {day for day, _, _ in rows}
    worked = sorted(set(getattr(calendar, "weekend_workdays", ())) - free)
    return rows + [(day, None, True) for day in worked]


def source_rows(settings: Settings, statuses: Sequence[EntityStatus]) -> list[tuple[Any, ...]]:
    """What `run.source_entities` says of each entity of each source, from the lake alone but for
    what was stale tonight."""
    stale = {(s.source, s.entity): s for s in statuses if s.is_stale}
    rows = []
    for source in settings.sources:
        for name in contract.entities():
            info = lake.last_info(settings.lake, source.name, name)
            if info is None:
                continue
            newest = lake.last_cursor(settings.lake, source.name, name)
            lag = (info.extracted_at - newest).total_seconds() / 3600 if newest else None
            status = stale.get((source.name, name))
            rows.append(
                (
                    source.name,
                    name,
                    info.extracted_at,
                    newest,
                    info.rows_read,
                    info.rows_deleted,
                    None,
                    lag,
                    status is not None,
                    status.message if status else "ok",
                )
            )
    return rows


def prepare_warehouse(
    settings: Settings,
    extraction: Extraction,
    *,
    as_of: date,
    run_id: str,
    dictionary: Sequence[Sequence[Any]],
    release: Sequence[Any],
) -> None:
    """Write the `lake` views and the `run` tables that the models read.

    Raises SettingsError where two sources would mix their ids.
    """
    delivered = delivered_by(settings)
    _refuse_equal_prefixes(delivered)
    settings.home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        # All of it at once, or nothing; and a commit for each row takes a second.
        connection.execute("begin")
        for schema in ("lake", "run", "gate"):
            connection.execute(f"create schema if not exists {schema}")
        corrections.find_corrections(connection, settings, delivered)
        corrections.write_log(connection, settings.lake)
        for entity in contract.entities().values():
            select = lake_view(settings, entity, delivered)
            connection.execute(
                f"create or replace view lake.{entity.domain}__{entity.name} as"
                f" {corrections.corrected(connection, entity, select)}"
            )
        _fill(
            connection,
            "holidays",
            "date_day date, holiday_name varchar, is_working_day boolean",
            holiday_rows(settings.company.holidays, 1995, as_of.year + 2),
        )
        _fill(
            connection,
            "delivered",
            "entity varchar, source_system varchar",
            [(name, source.name) for name, found in delivered.items() for source in found],
        )
        _fill(
            connection,
            "source_entities",
            "source_system varchar, entity varchar, last_extracted_at timestamptz, "
            "last_record_at timestamptz, rows_read bigint, rows_deleted bigint, "
            "rows_rejected bigint, lag_hours double, is_stale boolean, status varchar",
            source_rows(settings, extraction.statuses),
        )
        _fill(
            connection,
            "steps",
            "run_id varchar, step varchar, started_at timestamptz, seconds double, rows bigint, "
            "peak_memory_mb double",
            [],
        )
        _fill(
            connection,
            "metric_dictionary",
            "metric varchar, name_zh varchar, name_en varchar, definition_zh varchar, "
            "definition_en varchar, formula varchar, unit varchar, grain varchar, marts varchar, "
            "owner varchar, direction varchar, is_additive boolean",
            dictionary,
        )
        _fill(
            connection,
            "release",
            "release_id varchar, created_at timestamptz, as_of_date date, code_version varchar, "
            "run_id varchar, is_degraded boolean, stale_sources varchar",
            [release],
        )
        connection.execute("commit")
