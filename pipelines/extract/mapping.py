"""Turn files of any shape into contract entities: raw columns land as they are, SELECTs map them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.extract import contract, files, lake
from pipelines.extract.contract import Column, Entity
from pipelines.extract.night import EntityStatus, Say, file_hash
from pipelines.extract.reading import SourceUnavailable
from pipelines.settings import Settings, SettingsError, Source

_FILE_SETTINGS = {"file", "columns", "key", "delimiter", "encoding", "sheet"}


@dataclass(frozen=True)
class RawTable:
    """One file as it is: declared columns with contract types, and how to read it."""

    entity: Entity
    file: str
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Mapping:
    """Raw tables, and one SELECT over them for each contract entity."""

    tables: tuple[RawTable, ...]
    selects: dict[str, str]


def load_mapping(file: Path) -> Mapping:
    """Read a mapping file. Raises SettingsError, with the line, where it is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    if not file.is_file():
        raise SettingsError(f"{file}: there is no such mapping file.")
    try:
        document: Any = YAML().load(file.read_text(encoding="utf-8")) or {}
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{file}, line {line}: no valid YAML: {error.problem}.") from None

    def wrong(where: Any, key: str, text: str) -> SettingsError:
        line = where.lc.key(key)[0] + 1
        return SettingsError(f"{file}, line {line}: {text}")

    for key in document:
        if key not in ("files", "entities"):
            raise wrong(
                document, key, f"unknown part {key!r}: a mapping has `files` and `entities`."
            )
    tables = []
    for name, item in (document.get("files") or {}).items():
        unknown = set(item) - _FILE_SETTINGS
        if unknown:
            raise wrong(item, sorted(unknown)[0], f"unknown setting {sorted(unknown)[0]!r}.")
        if "file" not in item or not item.get("columns"):
            raise wrong(document["files"], name, f"{name} needs `file` and `columns`.")
        columns = []
        for column, type_ in item["columns"].items():
            if type_ not in contract.TYPES:
                known = ", ".join(contract.TYPES)
                raise wrong(item["columns"], column, f"{type_!r} is no type. Known: {known}.")
            columns.append(Column(str(column), str(type_)))
        tables.append(
            RawTable(
                Entity(f"raw_{name}", "raw", tuple(columns), tuple(item.get("key") or ())),
                file=str(item["file"]),
                delimiter=item.get("delimiter"),
                encoding=item.get("encoding"),
                sheet=item.get("sheet"),
            )
        )
    selects = {}
    for name, query in (document.get("entities") or {}).items():
        if name not in contract.entities():
            raise wrong(document["entities"], name, f"{name!r} is no entity of the contract.")
        selects[str(name)] = str(query)
    if not tables or not selects:
        raise SettingsError(f"{file}: a mapping needs `files` and `entities`.")
    return Mapping(tuple(tables), selects)


def _require(file: Path) -> None:
    if not file.is_file():
        raise SourceUnavailable(f"the file {file} is missing. Put it back")


def read_raw(table: RawTable, file: Path, source: Source) -> Iterator[pa.Table]:
    """Rows of a raw file. Raises SourceUnavailable where it is missing, unreadable or lacks a column."""
    _require(file)
    names = set(table.entity.column_names)
    encoding = table.encoding or source.encoding
    files.wait_until_complete(file)
    files.refuse_other_content(file)
    suffix = file.suffix.lower()
    if suffix == ".csv":
        tables = files.read_csv(file, known=names, encoding=encoding, delimiter=table.delimiter)
    elif suffix == ".xlsx":
        tables = files.read_xlsx(file, sheet=table.sheet or file.stem)
    elif suffix == ".jsonl":
        tables = files.read_jsonl(file, encoding=encoding)
    else:
        tables = files.read_parquet(file)
    for arrived in tables:
        missing = (
            names - {name.lower() for name in arrived.column_names} - set(arrived.column_names)
        )
        if missing:
            raise SourceUnavailable(f"{file}, line 1: the column {sorted(missing)[0]!r} is missing")
        yield arrived


def _land_raw(
    settings: Settings, source: Source, mapping: Mapping, at: datetime, say: Say, notes: list[str]
) -> list[str]:
    """Land the raw files; returns what could not be read, a sentence each."""
    assert source.path is not None
    problems = []
    for table in mapping.tables:
        file = settings.resolved(source.path) / table.file
        say(f"extract {source.name}.{table.entity.name.removeprefix('raw_')}")
        try:
            _require(file)
            encoding = table.encoding or source.encoding
            if encoding is None and file.suffix.lower() in (".csv", ".jsonl"):
                found = files.find_encoding(file)
                if found not in ("utf-8", "utf-8-sig"):
                    notes.append(f"{source.name}: {file.name} was read as {found}.")
            lake.land(
                settings.lake,
                source.name,
                table.entity,
                read_raw(table, file, source),
                at=at,
                zone=settings.zone_of(source),
                company_zone=settings.company.timezone,
                is_whole=True,
                vanish_limit=source.vanish_limit,
                origin=f"file {file.name} sha256 {file_hash(file)}",
            )
        except (SourceUnavailable, lake.TooManyVanished) as error:
            problems.append(str(error))
    return problems


def map_entity(
    lake_folder: Path, source: str, mapping: Mapping, name: str, *, zone: str
) -> Iterator[pa.Table]:
    """Rows of one contract entity: its SELECT over the newest raw rows.

    The SELECT sees the raw tables and nothing else: no files, no network. Each has its declared
    columns and `_first_extracted_at`, the instant at which the row was first seen.
    Raises SourceUnavailable with the engine's words where it does not run.
    """
    with lake.open_memory(zone=zone) as connection:
        for table in mapping.tables:
            found = lake.batch_files(lake_folder, source, table.entity.name)
            columns = ", ".join(lake.quoted(c) for c in table.entity.column_names)
            rows = (
                f"select {columns}, _first_extracted_at from ({lake.current_rows(found)}) as r "
                "where not _is_tombstone"
                if found
                else "select "
                + ", ".join(
                    f"cast(null as {contract.SQL_TYPES[c.type]}) as {lake.quoted(c.name)}"
                    for c in table.entity.columns
                )
                + ", cast(null as timestamptz) as _first_extracted_at where false"
            )
            raw_name = lake.quoted(table.entity.name.removeprefix("raw_"))
            connection.execute(f"create table {raw_name} as {rows}")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            for batch in connection.sql(mapping.selects[name]).to_arrow_reader(50_000):
                yield pa.Table.from_batches([batch])
        except duckdb.Error as error:
            words = " ".join(str(error).split())
            raise SourceUnavailable(f"the mapping's SELECT for {name} fails: {words}") from None


def extract_mapped(
    settings: Settings, source: Source, *, at: datetime, say: Say, notes: list[str]
) -> list[EntityStatus]:
    """Land a mapped source: its raw files first, then each contract entity that they map to."""
    if source.system == "surveymonkey":
        from pipelines.systems import surveymonkey

        mapping = surveymonkey.mapping(source, notes=notes)
        problems = surveymonkey.land_raw(settings, source, at=at, say=say, notes=notes)
    else:
        assert source.mapping is not None
        mapping = load_mapping(settings.resolved(source.mapping))
        problems = _land_raw(settings, source, mapping, at, say, notes)
    if problems:
        # The entities of a source hang together: half of its files would map to wrong rows.
        raise SourceUnavailable("; ".join(problems))
    statuses = []
    for name in mapping.selects:
        entity = contract.entities()[name]
        try:
            landing = lake.land(
                settings.lake,
                source.name,
                entity,
                map_entity(
                    settings.lake, source.name, mapping, name, zone=settings.zone_of(source)
                ),
                at=at,
                zone=settings.zone_of(source),
                company_zone=settings.company.timezone,
                is_whole=True,
                vanish_limit=source.vanish_limit,
                origin=f"mapping of {source.name}",
            )
        except (SourceUnavailable, lake.TooManyVanished) as error:
            statuses.append(EntityStatus(source.name, name, "stale", str(error)))
            continue
        is_new = landing.rows_landed or landing.rows_deleted
        statuses.append(
            EntityStatus(
                source.name,
                name,
                "landed" if is_new else "unchanged",
                rows_read=landing.rows_read,
                rows_landed=landing.rows_landed,
                rows_deleted=landing.rows_deleted,
            )
        )
    return statuses
