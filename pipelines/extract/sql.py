"""Read contract tables from a SQL database: PostgreSQL by COPY, others by a server-side cursor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipelines.extract.contract import Entity
from pipelines.extract.reading import SourceUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_CHUNK = 50_000


def _safe(error: Exception, url: str) -> str:
    """The driver's words on one line, without the password of the address."""
    from sqlalchemy.engine import make_url

    text = " ".join(str(getattr(error, "orig", error)).split())
    password = make_url(url).password
    return text.replace(str(password), "***") if password else text


def _sqlite_file(url: str, base: Path) -> Path | None:
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    file = Path(parsed.database)
    return file if file.is_absolute() else base / file


def open_engine(url: str, *, base: Path) -> Engine:
    """An engine for a source's address; a SQLite file is opened read-only and must exist.

    Raises SourceUnavailable where the file is missing or no driver is installed for the address.
    """
    import sqlite3

    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        file = _sqlite_file(url, base)
        if file is None:
            return create_engine(url)
        if not file.is_file():
            raise SourceUnavailable(
                f"the database file {file} does not exist. Put it back, or correct the source's `url`"
            )
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True),
        )
    except ArgumentError:
        raise SourceUnavailable("its url is no SQLAlchemy address (dialect+driver://…)") from None
    except (NoSuchModuleError, ImportError) as error:
        raise SourceUnavailable(f"no driver for it is installed: {error}") from None


class SqlReader:
    """One snapshot of one database: every entity is read inside the same transaction."""

    def __init__(
        self, connection: Connection, *, schema: str | None, url: str, table_prefix: str = ""
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._url = url
        self._prefix = table_prefix
        self._kind = connection.engine.dialect.name
        self._columns = self._find_columns()

    def _find_columns(self) -> dict[str, dict[str, Any]]:
        from sqlalchemy import inspect

        from pipelines.extract.contract import entities

        inspector = inspect(self._connection)
        if self._schema and self._schema not in inspector.get_schema_names():
            raise SourceUnavailable(f"it has no schema {self._schema!r}")
        names = {*inspector.get_table_names(schema=self._schema)}
        names |= {*inspector.get_view_names(schema=self._schema)}
        if self._kind == "postgresql":
            names |= {*inspector.get_materialized_view_names(schema=self._schema)}
        by_lower = {name.lower(): name for name in names}
        wanted = {entity: f"{self._prefix}{entity}".lower() for entity in entities()}
        self._tables = {e: by_lower[name] for e, name in wanted.items() if name in by_lower}
        return {
            entity: {
                c["name"]: c["type"] for c in inspector.get_columns(table, schema=self._schema)
            }
            for entity, table in self._tables.items()
        }

    def delivered(self) -> dict[str, tuple[str, ...]]:
        """The contract entities that the database has, with the columns of each."""
        return {entity: tuple(columns) for entity, columns in self._columns.items()}

    def _quote(self, name: str) -> str:
        return self._connection.dialect.identifier_preparer.quote_identifier(name)

    def _table(self, entity: str) -> str:
        table = self._quote(self._tables[entity])
        return f"{self._quote(self._schema)}.{table}" if self._schema else table

    def rows(
        self, entity: Entity, *, since: datetime | None = None, zone: str = "UTC"
    ) -> Iterator[pa.Table]:
        """Rows of an entity as text; with `since` those whose cursor is at or after it, those
        without one that can be read, and those that share their key."""
        columns = list(self._columns[entity.name])
        condition = ""
        values: list[str] = []
        if since is not None and entity.cursor:
            condition, values = self._since(entity, since, zone)
        if condition:
            condition += f" or {self._shares_its_key(entity)}"
        return self._read(columns, self._table(entity.name), condition, values)

    def keys(self, entity: Entity) -> Iterator[pa.Table]:
        """The key columns of all rows of an entity, as text."""
        by_lower = {name.lower(): name for name in self._columns[entity.name]}
        columns = [by_lower[name] for name in entity.key]
        for table in self._read(columns, self._table(entity.name), "", []):
            yield table.rename_columns(list(entity.key))

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Let one table fail without taking the snapshot of the others with it."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            if self._kind == "postgresql":
                with self._connection.begin_nested():
                    yield
            else:
                yield
        except SQLAlchemyError as error:
            raise SourceUnavailable(_safe(error, self._url)) from None
        except Exception as error:
            if type(error).__module__.startswith(("psycopg", "sqlite3")):
                raise SourceUnavailable(_safe(error, self._url)) from None
            raise

    def _shares_its_key(self, entity: Entity) -> str:
        # A second row of an old key: read alone it would pass for a new version of the first.
        by_lower = {name.lower(): name for name in self._columns[entity.name]}
        key = ", ".join(self._quote(by_lower[name]) for name in entity.key)
        return (
            f"({key}) in (select {key} from {self._table(entity.name)}"
            f" group by {key} having count(*) > 1)"
        )

    def _since(self, entity: Entity, since: datetime, zone: str) -> tuple[str, list[str]]:
        by_lower = {name.lower(): name for name in self._columns[entity.name]}
        name = by_lower[entity.cursor or ""]
        column = self._quote(name)
        is_aware = bool(getattr(self._columns[entity.name][name], "timezone", False))
        if self._kind == "sqlite":
            sample = self._connection.exec_driver_sql(
                f"select {column} from {self._table(entity.name)}"
                f" where datetime({column}) is not null limit 1"
            ).scalar()
            # Without a sample, or with a number for a time, nothing can be compared: read all.
            if not isinstance(sample, str):
                return "", []
            is_aware = bool(re.search(r"(Z|[+-]\d{2}:?\d{2})$", sample.strip()))
            local = since.astimezone(UTC if is_aware else ZoneInfo(zone))
            text = local.strftime("%Y-%m-%d %H:%M:%S")
            # What SQLite cannot read as a time is no cursor: such rows come every time.
            return f" where coalesce(datetime({column}) >= datetime(?), 1)", [text]
        local = since.astimezone(UTC if is_aware else ZoneInfo(zone))
        text = local.strftime("%Y-%m-%d %H:%M:%S") + ("+00" if is_aware else "")
        return f" where {column} is null or {column} >= '{text}'", []

    def _read(
        self, columns: list[str], table: str, condition: str, values: list[str]
    ) -> Iterator[pa.Table]:
        if self._kind == "postgresql":
            yield from self._copy(columns, f"{table}{condition}")
            return
        names = [self._quote(name) for name in columns]
        if self._kind == "sqlite":
            # SQLite keeps any type in any column: as text, a word among the numbers is kept.
            names = [f"cast({name} as text)" for name in names]
        query = f"select {', '.join(names)} from {table}{condition}"
        result = self._connection.execution_options(stream_results=True).exec_driver_sql(
            query, tuple(values)
        )
        is_empty = True
        while rows := result.fetchmany(_CHUNK):
            is_empty = False
            yield _as_table(columns, rows)
        if is_empty:
            yield _as_table(columns, [])

    def _copy(self, columns: list[str], rest: str) -> Iterator[pa.Table]:
        import pyarrow.csv as pa_csv

        names = ", ".join(self._quote(name) for name in columns)
        raw: Any = self._connection.connection.driver_connection
        query = f"copy (select {names} from {rest}) to stdout (format csv, header true)"
        with raw.cursor() as cursor, cursor.copy(query) as copy:
            reader = pa_csv.open_csv(
                pa.PythonFile(_CopyStream(copy), mode="r"),
                read_options=pa_csv.ReadOptions(block_size=8 << 20),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    null_values=[""],
                ),
            )
            for batch in reader:
                yield pa.Table.from_batches([batch])


class _CopyStream:
    """A COPY as a file: pyarrow reads it in pieces, so memory stays small."""

    def __init__(self, copy: Any) -> None:
        self._pieces = iter(copy)
        self._rest = b""
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        pieces = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            pieces.append(bytes(piece))
            length += len(pieces[-1])
        whole = b"".join(pieces)
        self._rest = whole[size:] if size >= 0 else b""
        return whole[:size] if size >= 0 else whole

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _as_table(columns: list[str], rows: Any) -> pa.Table:
    by_column = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    arrays = [pa.array([_text(value) for value in values], pa.string()) for values in by_column]
    return pa.table(arrays, names=columns)


@contextmanager
def open_sql(
    url: str, *, schema: str | None, base: Path, table_prefix: str = ""
) -> Iterator[SqlReader]:
    """A reader over one snapshot of the database at `url`.

    Raises SourceUnavailable, without the password of the address, where it cannot be reached.
    """
    from sqlalchemy.exc import SQLAlchemyError

    engine = open_engine(url, base=base)
    try:
        with engine.connect() as plain:
            if engine.dialect.name == "postgresql":
                connection = plain.execution_options(isolation_level="REPEATABLE READ")
                connection.exec_driver_sql("set transaction read only")
                connection.exec_driver_sql("set local time zone 'UTC'")
                connection.exec_driver_sql("set local datestyle to 'ISO'")
            else:
                connection = plain
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("begin")
            yield SqlReader(connection, schema=schema, url=url, table_prefix=table_prefix)
    except SQLAlchemyError as error:
        raise SourceUnavailable(_safe(error, url)) from None
    except Exception as error:
        if type(error).__module__.startswith(("psycopg", "sqlite3")):
            raise SourceUnavailable(_safe(error, url)) from None
        raise
    finally:
        engine.dispose()
