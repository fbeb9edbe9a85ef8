"""Name the tables that the gate reads and writes, and ask them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.extract import contract


def opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, open for writing; instants are UTC."""
    connection = duckdb.connect(str(warehouse))
    connection.execute("set TimeZone = 'UTC'")
    return connection


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The number that a query counts; 0 where it finds none."""
    row = next(iter(connection.execute(query).fetchall()), None)
    return int(row[0]) if row and row[0] is not None else 0


def lake_view(entity: str) -> str:
    """The view of every extracted version of an entity, with its schema."""
    return f"lake.{contract.entities()[entity].domain}__{entity}"


def accepted_table(entity: str) -> str:
    """The table that core reads for an entity, with its schema."""
    return f"gate.accepted_{contract.entities()[entity].domain}__{entity}"


def drop(connection: duckdb.DuckDBPyConnection, target: str) -> None:
    """Drop a table or a view, whichever has that name."""
    schema, _, name = target.partition(".")
    row = next(
        iter(
            connection.execute(
                "select table_type from information_schema.tables"
                " where table_schema = ? and table_name = ?",
                [schema, name],
            ).fetchall()
        ),
        None,
    )
    if row:
        connection.execute(f"drop {'view' if row[0] == 'VIEW' else 'table'} {target}")


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table in their order."""
    return [row[0] for row in connection.execute(f"describe {table}").fetchall()]


def listed(columns: Sequence[str], alias: str) -> str:
    """SQL for these columns of an alias."""
    return ", ".join(f'{alias}."{column}"' for column in columns)
