"""Land batches in the lake: typed, lossless, append-only Parquet. Knows nothing of sources or Dagster."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.extract.contract import SQL_TYPES, VERSION, Column, Entity

_ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 4),
    "rate": pa.decimal128(18, 8),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
}
# What every row of the lake carries beside its entity's columns.
BOOKKEEPING = {
    "_record_id": pa.string(),
    "_row_hash": pa.string(),
    "_is_tombstone": pa.bool_(),
    "_batch_id": pa.string(),
    "_extracted_at": pa.timestamp("us", "UTC"),
    "_rejected_values": pa.string(),
    "_extra": pa.string(),
    "_row_number": pa.int64(),
}
_STATE = "_salesops"
_METADATA = b"salesops"
# The name under which a reader gives the row or line of a file.
ROW_NUMBER = "_salesops_row"


class TooManyVanished(Exception):
    """More keys vanished at once than the source's `vanish_limit` allows: nothing was deleted."""


@dataclass(frozen=True)
class Landing:
    """What one extraction of one entity did to the lake. Counts are rows."""

    rows_read: int
    rows_landed: int
    rows_deleted: int
    batch: Path | None


@dataclass(frozen=True)
class BatchInfo:
    """The bookkeeping of one batch, from its file's metadata. Instants are UTC."""

    source: str
    entity: str
    rows: int
    extracted_at: datetime
    cursor_to: datetime | None
    columns: tuple[str, ...]
    origin: str
    contract_version: str
    rows_read: int
    rows_deleted: int


def quoted(identifier: str) -> str:
    """A SQL identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def arrow_schema(entity: Entity) -> pa.Schema:
    """The physical schema of an entity's batches: fixed by its declaration, whatever arrives."""
    fields = [pa.field(column.name, _ARROW[column.type]) for column in entity.columns]
    fields += [pa.field(name, type_) for name, type_ in BOOKKEEPING.items()]
    return pa.schema(fields)


def open_memory(*, zone: str = "UTC") -> duckdb.DuckDBPyConnection:
    """A private in-memory engine that does not outgrow a laptop."""
    connection = duckdb.connect(
        config={"memory_limit": "700MB", "threads": 2, "preserve_insertion_order": True}
    )
    connection.execute(f"set timezone = {literal(zone)}")
    return connection


def batch_files(lake: Path, source: str, entity: str) -> list[Path]:
    """The batches of one entity of one source, oldest first."""
    return sorted((lake / source / entity).glob("*.parquet"))


def read_info(file: Path) -> BatchInfo:
    """The bookkeeping that a batch carries in its own metadata."""
    metadata = pq.read_metadata(file).metadata or {}
    info = json.loads(metadata[_METADATA])
    cursor = info["cursor_to"]
    return BatchInfo(
        source=info["source"],
        entity=info["entity"],
        rows=info["rows"],
        extracted_at=datetime.fromisoformat(info["extracted_at"]),
        cursor_to=datetime.fromisoformat(cursor) if cursor else None,
        columns=tuple(info["columns"]),
        origin=info["origin"],
        contract_version=info["contract_version"],
        rows_read=info["rows_read"],
        rows_deleted=info["rows_deleted"],
    )


def last_info(lake: Path, source: str, entity: str) -> BatchInfo | None:
    """The newest batch's bookkeeping; None where the entity was never landed."""
    files = batch_files(lake, source, entity)
    return read_info(files[-1]) if files else None


def last_cursor(lake: Path, source: str, entity: str) -> datetime | None:
    """The newest cursor value that was extracted; None where the entity is compared whole."""
    for file in reversed(batch_files(lake, source, entity)):
        cursor = read_info(file).cursor_to
        if cursor is not None:
            return cursor
    return None


def needs_whole(lake: Path, source: str, entity: Entity) -> bool:
    """Whether the newest extraction holds rows without a key, or several of one key.

    What people do about them leaves no trace that a cursor finds (a row deleted beside another of
    its key, a key filled in): only reading the entity whole tells.
    """
    files = batch_files(lake, source, entity.name)
    if not files:
        return True
    connection = open_memory()
    try:
        [(is_needed,)] = connection.execute(
            "with counted as (select _record_id, _batch_id, count(*) as n,"
            " bool_or(_record_id = _row_hash) as is_keyless,"
            " bool_and(_is_tombstone) as is_gone from read_parquet(?) group by all),"
            " newest as (select max_by(n, _batch_id) as n,"
            " max_by(is_keyless, _batch_id) as is_keyless,"
            " max_by(is_gone, _batch_id) as is_gone from counted group by _record_id)"
            " select coalesce(bool_or(not is_gone and (n > 1 or is_keyless)), false) from newest",
            [[str(file) for file in files]],
        ).fetchall()
    finally:
        connection.close()
    return bool(is_needed)


def batch_id(at: datetime) -> str:
    """The name of the batches extracted at that instant; names sort by time."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


# What follows a column's name in the remark that its local time never was: clocks went forward.
GAP = " in a gap"
_OFFSET = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"


@cache
def moves_clocks(zone: str) -> bool:
    """Whether the zone's clocks went forward in some year since 1995."""
    days = (datetime(year, month, 1, tzinfo=ZoneInfo(zone)) for year in range(1995, 2041)
            for month in (1, 4, 7, 10))  # fmt: skip
    return len({day.utcoffset() for day in days}) > 1


def _typed(column: Column, text: str, company_zone: str) -> str:
    """SQL that casts a text expression to a column's type, NULL where it does not fit."""
    if column.type == "text":
        return text
    value = f"nullif(trim({text}), '')"
    if column.type == "timestamp":
        # Some tools write a blank before the offset.
        value = f"regexp_replace({value}, ' ([+-])', '\\1')"
    if column.type == "boolean":
        return (
            f"case lower({value}) when 'true' then true when 't' then true when '1' then true "
            "when 'false' then false when 'f' then false when '0' then false end"
        )
    if column.type == "integer":
        number = f"try_cast({value} as decimal(38, 6))"
        return f"case when {number} = floor({number}) then try_cast({number} as bigint) end"
    if column.type == "timestamp":
        # A bare date is that date in the company's zone; the session's zone is the source's.
        return (
            f"case when regexp_matches({value}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$') "
            f"then timezone({literal(company_zone)}, try_cast({value} as timestamp)) "
            f"else try_cast({value} as timestamptz) end"
        )
    if column.type == "date":
        # A date that a source keeps as an instant is its date in the company's zone, one without
        # an offset the date that it says.
        return (
            f"case when regexp_matches({value}, '{_OFFSET}') "
            f"and length({value}) > 10 "
            f"then cast(timezone({literal(company_zone)}, try_cast({value} as timestamptz)) as date) "
            f"else coalesce(try_cast({value} as date), "
            f"try_cast(try_cast({value} as timestamp) as date)) end"
        )
    return f"try_cast({value} as {SQL_TYPES[column.type]})"


def _typing_query(
    entity: Entity, delivered: tuple[str, ...], *, zone: str, company_zone: str, at: datetime
) -> str:
    """The SELECT that turns a raw batch (view `raw`) into rows of the lake."""
    by_name = {name.lower(): name for name in delivered}
    texts, typed, misfits = [], [], []
    for column in entity.columns:
        arrived = by_name.pop(column.name, None)
        text = quoted(f"text of {column.name}")
        name = quoted(column.name)
        source = quoted(arrived) if arrived else "null"
        texts.append(f"cast({source} as varchar) as {text}")
        typed.append(
            f"cast({_typed(column, text, company_zone)} as {SQL_TYPES[column.type]}) as {name}"
        )
        if arrived and column.type != "text":
            misfits.append(
                f"{{'name': {literal(column.name)}, 'value': "
                f"case when {name} is null then nullif(trim({text}), '') end}}"
            )
        if arrived and column.type == "timestamp" and moves_clocks(zone):
            # A local time that the clocks skipped has become another one in the session's zone.
            misfits.append(
                f"{{'name': {literal(column.name + GAP)}, 'value': "
                f"case when not regexp_matches(trim({text}), '{_OFFSET}')"
                f" and length(trim({text})) > 10"
                f" and cast({name} as timestamp) <> try_cast(trim({text}) as timestamp)"
                f" then trim({text}) end}}"
            )
    extras = [name for name in by_name.values() if name != ROW_NUMBER]
    packed = ", ".join(f"{literal(name)}: cast({quoted(name)} as varchar)" for name in extras)
    extra = f"cast(to_json({{{packed}}}) as varchar)" if extras else "cast(null as varchar)"
    row_number = ROW_NUMBER if ROW_NUMBER in delivered else "null"
    names = ", ".join(quoted(column.name) for column in entity.columns)
    hashed = ", ".join(
        f"coalesce(cast({quoted(n)} as varchar), chr(0))" for n in entity.column_names
    )
    # `choice` is empty for ratings and texts: it may be missing in a key.
    present = [
        f"coalesce(cast({quoted(k)} as varchar), '') <> ''" for k in entity.key if k != "choice"
    ]
    key = ", ".join(f"coalesce(cast({quoted(k)} as varchar), '')" for k in entity.key)
    record_id = (
        f"case when {' and '.join(present)} then concat_ws('|', {key}) else _row_hash end"
        if present
        else "_row_hash"
    )
    return f"""
        with texts as (
            select {", ".join(texts)}, {extra} as _extra, cast({row_number} as bigint) as _row_number
            from raw
        ),
        typed as (
            select {", ".join(typed)}, texts.* from texts
        ),
        checked as (
            select {names}, _extra, _row_number, [x for x in [{", ".join(misfits)}] if x.value is not null]
                as misfits
            from typed
        ),
        told as (
            select {names}, _extra, _row_number,
                case when len(misfits) > 0 then cast(
                    to_json(map_from_entries([(x.name, x.value) for x in misfits])) as varchar
                ) end as _rejected_values
            from checked
        ),
        hashed as (
            select *, md5(concat_ws(
                chr(31), {hashed}, coalesce(_rejected_values, ''), coalesce(_extra, '')
            )) as _row_hash
            from told
        )
        select {names}, {record_id} as _record_id, _row_hash, false as _is_tombstone,
            {literal(batch_id(at))} as _batch_id,
            cast({literal(at.astimezone(UTC).isoformat())} as timestamptz) as _extracted_at,
            _rejected_values, _extra, _row_number
        from hashed
    """


class _BatchWriter:
    """A Parquet file written beside its place and renamed into it when it is whole."""

    def __init__(self, target: Path, schema: pa.Schema) -> None:
        self.target = target
        self.draft = target.with_name(f".{target.name}.tmp")
        self.rows = 0
        target.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self.draft, schema, compression="zstd")
        self._schema = schema

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table.cast(self._schema))
        self.rows += table.num_rows

    def close(self) -> Path:
        """Close the draft without putting it in place; returns where it stands."""
        self._writer.close()
        return self.draft

    def finish(self, metadata: dict[str, object]) -> Path:
        self._writer.add_key_value_metadata({_METADATA: json.dumps(metadata).encode()})
        self._writer.close()
        with self.draft.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(self.draft, self.target)
        sync_folder(self.target.parent)
        return self.target


def sync_folder(folder: Path) -> None:
    """Make a rename in that folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files_list(files: list[Path]) -> str:
    return "[" + ", ".join(literal(str(file)) for file in files) + "]"


def current_rows(files: list[Path]) -> str:
    """SQL for the newest extraction of every record in these batches, tombstones included."""
    return (
        "select *, min(_extracted_at) over (partition by _record_id) as _first_extracted_at "
        f"from read_parquet({_files_list(files)}) "
        "qualify _batch_id = max(_batch_id) over (partition by _record_id)"
    )


def _newest_cursor(table: pa.Table, cursor: str | None, at: datetime) -> datetime | None:
    """The latest cursor value of these rows, but none after the extraction: a row dated in the
    future would make the next night skip everything before it."""
    if cursor is None or table.num_rows == 0:
        return None
    column = table.column(cursor)
    limit = pa.scalar(at.astimezone(UTC), pa.timestamp("us", "UTC"))
    newest = pc.max(pc.filter(column, pc.less_equal(column, limit))).as_py()
    return newest.astimezone(UTC) if newest else None


def land(
    lake: Path,
    source: str,
    entity: Entity,
    batches: Iterable[pa.RecordBatch | pa.Table],
    *,
    at: datetime,
    zone: str,
    company_zone: str,
    is_whole: bool,
    keys: Iterable[pa.Table] | None = None,
    vanish_limit: float = 0.2,
    origin: str = "",
    is_always_kept: bool = False,
) -> Landing:
    """Land one extraction of an entity and return what it did.

    `batches` carry the source's columns by name, as text or in types of their own; a column named
    `ROW_NUMBER` is the file's row. `is_whole` says that they are all rows of the entity: a key that
    is missing becomes a tombstone. For a part, `keys` (columns of the key, as text) are all keys
    of the source; without them nothing is deleted. Only what changed is written; the first batch
    of an entity, and with `is_always_kept` every batch, is written even when it is empty.

    Raises TooManyVanished, before anything is written, when more than `vanish_limit` of the keys
    are gone at once. Exceptions of `batches` pass through; nothing is landed then.
    """
    existing = batch_files(lake, source, entity.name)
    target = lake / source / entity.name / f"{batch_id(at)}.parquet"
    drafts: list[Path] = []
    connection = open_memory(zone=zone)
    try:
        writer = _BatchWriter(target, arrow_schema(entity))
        drafts.append(writer.draft)
        cursor: datetime | None = None
        delivered: set[str] = set()
        for batch in batches:
            table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
            delivered |= {name.lower() for name in table.column_names}
            connection.register("raw", table)
            query = _typing_query(
                entity, tuple(table.column_names), zone=zone, company_zone=company_zone, at=at
            )
            typed = connection.sql(query).to_arrow_table()
            connection.unregister("raw")
            writer.write(typed)
            newest = _newest_cursor(typed, entity.cursor, at)
            cursor = max(filter(None, (cursor, newest)), default=None)
        rows_read, rows_deleted = writer.rows, 0
        if existing:
            everything = writer.close().rename(writer.draft.with_suffix(".read"))
            drafts.append(everything)
            writer = _BatchWriter(target, arrow_schema(entity))
            rows_deleted = _keep_changes(
                connection,
                everything,
                writer,
                entity,
                existing,
                at,
                is_whole=is_whole,
                keys=keys,
                vanish_limit=vanish_limit,
            )
            if writer.rows == 0 and not is_always_kept:
                writer.close()
                return Landing(rows_read, 0, 0, None)
        batch_file = writer.finish(
            {
                "source": source,
                "entity": entity.name,
                "contract_version": VERSION,
                "columns": [name for name in entity.column_names if name in delivered],
                "extracted_at": at.astimezone(UTC).isoformat(),
                "cursor_to": cursor.isoformat() if cursor else None,
                "rows": writer.rows,
                "rows_read": rows_read,
                "rows_deleted": rows_deleted,
                "origin": origin,
            }
        )
        return Landing(rows_read, writer.rows - rows_deleted, rows_deleted, batch_file)
    finally:
        connection.close()
        for draft in drafts:
            draft.unlink(missing_ok=True)


def _keep_changes(
    connection: duckdb.DuckDBPyConnection,
    everything: Path,
    writer: _BatchWriter,
    entity: Entity,
    existing: list[Path],
    at: datetime,
    *,
    is_whole: bool,
    keys: Iterable[pa.Table] | None,
    vanish_limit: float,
) -> int:
    """Write the records that changed, and tombstones for those that vanished; returns how many."""
    history = f"read_parquet({_files_list(existing)})"
    connection.execute(
        f"create view incoming as select * from read_parquet({literal(str(everything))})"
    )
    # A key may come twice in one extraction: a record is all rows of its key.
    signature = "md5(string_agg(_row_hash, ',' order by _row_hash))"
    connection.execute(
        f"create temp table known as select _record_id, {signature} as signature, "
        "bool_and(_is_tombstone) as is_gone, bool_or(_record_id = _row_hash) as is_keyless from ("
        f"select _record_id, _row_hash, _is_tombstone from {history} "
        "qualify _batch_id = max(_batch_id) over (partition by _record_id)) as newest "
        "group by _record_id"
    )
    connection.execute(
        f"create temp table fresh as select _record_id, {signature} as signature "
        "from incoming group by _record_id"
    )
    connection.execute(
        "create temp table changed as select fresh._record_id from fresh "
        "left join known on fresh._record_id = known._record_id "
        "where known._record_id is null or known.is_gone or known.signature <> fresh.signature"
    )
    vanished = _find_vanished(
        connection, entity, is_whole=is_whole, keys=keys, vanish_limit=vanish_limit
    )
    rows = connection.sql(
        "select * from incoming where _record_id in (select _record_id from changed)"
    ).to_arrow_reader(100_000)
    for batch in rows:
        writer.write(pa.Table.from_batches([batch]))
    if vanished:
        names = [
            quoted(column.name)
            if column.name in entity.key
            else f"cast(null as {SQL_TYPES[column.type]}) as {quoted(column.name)}"
            for column in entity.columns
        ]
        writer.write(
            connection.sql(
                f"select {', '.join(names)}, _record_id, md5('tombstone') as _row_hash, "
                f"true as _is_tombstone, {literal(batch_id(at))} as _batch_id, "
                f"cast({literal(at.astimezone(UTC).isoformat())} as timestamptz) as _extracted_at, "
                "cast(null as varchar) as _rejected_values, cast(null as varchar) as _extra, "
                f"cast(null as bigint) as _row_number from {history} "
                "where _record_id in (select _record_id from vanished) qualify row_number() over "
                "(partition by _record_id order by _batch_id desc, _row_hash) = 1"
            ).to_arrow_table()
        )
    return vanished


def _find_vanished(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    *,
    is_whole: bool,
    keys: Iterable[pa.Table] | None,
    vanish_limit: float,
) -> int:
    """Fill `vanished` with the records that the source no longer has; returns how many."""
    if is_whole:
        connection.execute("create temp table present as select _record_id from fresh")
    elif keys is not None:
        connection.execute("create temp table present (_record_id varchar)")
        key = ", ".join(f"coalesce(cast({quoted(name)} as varchar), '')" for name in entity.key)
        for table in keys:
            connection.register("some_keys", table)
            connection.execute(f"insert into present select concat_ws('|', {key}) from some_keys")
            connection.unregister("some_keys")
        connection.execute("insert into present select _record_id from fresh")
    else:
        connection.execute("create temp table present as select _record_id from known")
    connection.execute(
        "create temp table vanished as select _record_id from known where not is_gone "
        "and _record_id not in (select _record_id from present where _record_id is not null)"
    )
    [(gone, keys_gone, alive)] = connection.execute(
        # A row without a key vanishes when its key is filled in: that is no sign of a broken source.
        "select (select count(*) from vanished), (select count(*) from vanished join known"
        " on known._record_id = vanished._record_id where not known.is_keyless),"
        " (select count(*) from known where not is_gone and not is_keyless)"
    ).fetchall()
    if alive and keys_gone / alive > vanish_limit:
        raise TooManyVanished(
            f"{keys_gone} of {alive} records of {entity.name} vanished at once, more than "
            f"{vanish_limit:.0%}: the source is taken to be broken, and nothing is deleted. "
            "If they were meant to go, raise the source's `vanish_limit` for one run."
        )
    return int(gone)


def append_state(lake: Path, name: str, table: pa.Table, at: datetime) -> Path | None:
    """Land rows of what people decided or the platform learned; None for an empty table.

    They are kept under `_salesops/<name>/`, append-only like everything in the lake.
    """
    if table.num_rows == 0:
        return None
    folder = lake / _STATE / name
    folder.mkdir(parents=True, exist_ok=True)
    # Two decisions of one instant must both be kept.
    number = sum(1 for file in folder.glob(f"{batch_id(at)}-*.parquet"))
    writer = _BatchWriter(folder / f"{batch_id(at)}-{number:04d}.parquet", table.schema)
    writer.write(table)
    return writer.finish({"entity": name, "rows": table.num_rows})


def state_files(lake: Path, name: str) -> list[Path]:
    """The files of one kind of platform memory, oldest first."""
    return sorted((lake / _STATE / name).glob("*.parquet"))


def sweep_drafts(lake: Path) -> int:
    """Remove what a killed run left beside its place; returns how many files."""
    drafts = [
        *lake.glob("*/*/.*.tmp"),
        *lake.glob("*/*/.*.read"),
    ]
    for draft in drafts:
        draft.unlink(missing_ok=True)
    return len(drafts)


def fingerprint(folder: Path) -> str:
    """A hash over names and sizes of all batches below a folder: equal means that none was added."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.parquet")):
        if not file.name.startswith("."):
            digest.update(f"{file.relative_to(folder)} {file.stat().st_size}\n".encode())
    return digest.hexdigest()
