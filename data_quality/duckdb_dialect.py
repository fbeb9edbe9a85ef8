"""Let SQLAlchemy read a DuckDB file: a small read-only dialect derived from PostgreSQL's.

Great Expectations compiles its expectations with SQLAlchemy and knows PostgreSQL's way of writing
them; DuckDB reads nearly all of it. What differs is here: regular expressions, reflection and the
connection. Nothing is written through it, and a query can reach no file but the one opened.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect

SCHEME = "salesops+duckdb"

# What DuckDB raises.
Error = duckdb.Error

# Closes what `read_only` leaves open: other files, COPY to them, loading of extensions.
_SANDBOX = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
}

_TYPES: dict[str, Any] = {
    "BIGINT": sa.BigInteger,
    "INTEGER": sa.Integer,
    "HUGEINT": sa.BigInteger,
    "BOOLEAN": sa.Boolean,
    "DOUBLE": sa.Float,
    "DATE": sa.Date,
    "TIMESTAMP": sa.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": sa.TIMESTAMP(timezone=True),
}


# What SQLAlchemy opened, by path. Great Expectations keeps engines and connections in places of its
# own, and while one of them lives nobody in the process can open the file for writing.
_opened: dict[str, list[duckdb.DuckDBPyConnection]] = {}


def close_all(path: Path) -> None:
    """Close every connection that was opened to the file through SQLAlchemy."""
    for connection in _opened.pop(str(path), []):
        connection.close()


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that can read this file and do nothing else, in UTC."""
    # The same limit as the models'; what does not fit goes to disk, beside the file.
    limit = os.environ.get("SALESOPS_MEMORY_LIMIT", "700MB")
    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={**_SANDBOX, "memory_limit": limit, "temp_directory": f"{path}.spill"},
    )
    # A second connection to the file shares the first one's instance, which is locked already.
    ((is_locked,),) = connection.execute("select current_setting('lock_configuration')").fetchall()
    if not is_locked:
        connection.execute("set global TimeZone = 'UTC'")
        connection.execute("set lock_configuration = true")
    return connection


class _Compiler(PGCompiler):
    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> str:
        # `~` of DuckDB matches the whole string, PostgreSQL's any part of it.
        if operator.opstring in ("~", "!~"):
            left = self.process(element.left, **kw)
            right = self.process(element.right, **kw)
            negation = "not " if operator.opstring == "!~" else ""
            return f"{negation}regexp_matches({left}, {right})"
        return str(super().visit_custom_op_binary(element, operator, **kw))


class _Cursor:
    """A DB-API cursor over a connection of DuckDB, which itself speaks nearly that."""

    arraysize = 1

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        self._connection.execute(statement, list(parameters or ()))
        self.description = self._connection.description

    def fetchone(self) -> Any:
        return self._connection.fetchone()

    def fetchmany(self, size: int | None = None) -> Any:
        return self._connection.fetchmany(size or self.arraysize)

    def fetchall(self) -> Any:
        return self._connection.fetchall()

    def close(self) -> None:
        self._connection.close()


class _Connection:
    """A connection that reads: there is nothing to commit and nothing to roll back."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def cursor(self) -> _Cursor:
        return _Cursor(self._connection.cursor())

    def commit(self) -> None:
        return None

    def rollback(self) -> None:
        return None

    def close(self) -> None:
        self._connection.close()


class _DuckDB:
    """The DB-API module that the dialect sees."""

    paramstyle = "qmark"
    apilevel = "2.0"
    threadsafety = 1
    Error = duckdb.Error
    DatabaseError = duckdb.DatabaseError
    OperationalError = duckdb.OperationalError
    ProgrammingError = duckdb.ProgrammingError
    IntegrityError = duckdb.IntegrityError
    InterfaceError = duckdb.Error
    InternalError = duckdb.InternalError
    DataError = duckdb.DataError
    NotSupportedError = duckdb.NotSupportedError

    @staticmethod
    def connect(path: str) -> _Connection:
        connection = connect(Path(path))
        _opened.setdefault(path, []).append(connection)
        return _Connection(connection)


class DuckDBDialect(PGDialect):
    """PostgreSQL by name and grammar, DuckDB by connection and catalogue."""

    # Great Expectations looks at the name to decide whether it can use a regular expression.
    name = "postgresql"
    driver = "duckdb"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    statement_compiler = _Compiler
    _backslash_escapes = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return _DuckDB

    def create_connect_args(self, url: sa.URL) -> tuple[list[Any], dict[str, Any]]:
        return [url.query["file"]], {}

    def initialize(self, connection: sa.Connection) -> None:
        self.server_version_info = (16, 0)
        self.default_schema_name = "main"

    def on_connect(self) -> None:
        return None

    def do_begin(self, dbapi_connection: Any) -> None:
        return None

    def get_isolation_level_values(self, dbapi_connection: Any) -> list[str]:
        return ["SERIALIZABLE"]

    def get_isolation_level(self, dbapi_connection: Any) -> str:
        return "SERIALIZABLE"

    def get_default_isolation_level(self, dbapi_conn: Any) -> str:
        return "SERIALIZABLE"

    def get_schema_names(self, connection: sa.Connection, **kw: Any) -> list[str]:
        found = connection.exec_driver_sql(
            "select schema_name from information_schema.schemata order by schema_name"
        )
        return [row[0] for row in found]

    def _tables(self, connection: sa.Connection, schema: str | None, kind: str) -> list[str]:
        found = connection.exec_driver_sql(
            "select table_name from information_schema.tables"
            " where table_schema = ? and table_type = ? order by table_name",
            (schema or "main", kind),
        )
        return [row[0] for row in found]

    def get_table_names(
        self, connection: sa.Connection, schema: str | None = None, **kw: Any
    ) -> list[str]:
        return self._tables(connection, schema, "BASE TABLE")

    def get_view_names(
        self, connection: sa.Connection, schema: str | None = None, **kw: Any
    ) -> list[str]:
        return self._tables(connection, schema, "VIEW")

    def has_table(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        return bool(self.get_columns(connection, table_name, schema))

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        found = connection.exec_driver_sql(
            "select column_name, data_type, is_nullable, column_default"
            " from information_schema.columns"
            " where table_schema = ? and table_name = ? order by ordinal_position",
            (schema or "main", table_name),
        )
        return [
            {
                "name": name,
                "type": _column_type(data_type),
                "nullable": is_nullable == "YES",
                "default": default,
            }
            for name, data_type, is_nullable, default in found
        ]

    def get_pk_constraint(self, *args: Any, **kw: Any) -> dict[str, Any]:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *args: Any, **kw: Any) -> list[Any]:
        return []

    def get_indexes(self, *args: Any, **kw: Any) -> list[Any]:
        return []


def _column_type(data_type: str) -> Any:
    if data_type.startswith("DECIMAL"):
        return sa.Numeric()
    return _TYPES.get(data_type, sa.String)


def register() -> None:
    """Make the dialect known to SQLAlchemy under its scheme; doing it twice does no harm."""
    registry.register(SCHEME.replace("+", "."), __name__, "DuckDBDialect")


def url(path: Path) -> str:
    """The address by which SQLAlchemy opens that file, read-only."""
    # As a quoted parameter: a path may hold what an address or a template gives a meaning to.
    return f"{SCHEME}://?file={quote(str(path), safe='')}"
