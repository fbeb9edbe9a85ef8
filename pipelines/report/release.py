"""Open a published release for reading: its marts as rows, with nothing else in reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]

SCHEMA = "marts"


@dataclass(frozen=True)
class Release:
    """The marts of one release and the columns each of them carries."""

    connection: duckdb.DuckDBPyConnection
    columns: dict[str, frozenset[str]]

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[Row]:
        """The rows of a query, each as column → value."""
        cursor = self.connection.execute(query, parameters or [])
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def has(self, mart: str, *columns: str) -> bool:
        """Whether the mart is there with these columns and holds a row."""
        if mart not in self.columns or not set(columns) <= self.columns[mart]:
            return False
        return bool(self.rows(f"select 1 from {mart} limit 1"))


@contextmanager
def opened(path: Path) -> Iterator[Release]:
    """A release's `salesops.duckdb`, read-only, with external access off and the settings locked.

    Raises FileNotFoundError where there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"No release at {path}")
    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
        },
    )
    try:
        connection.execute(f"set schema = '{SCHEMA}'")
        # Instants are read as UTC; a report names the company's zone when it shows one.
        connection.execute("set timezone = 'UTC'")
        connection.execute("set lock_configuration = true")
        found: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = ?",
            [SCHEMA],
        ).fetchall():
            found.setdefault(table, set()).add(column)
        yield Release(connection, {table: frozenset(names) for table, names in found.items()})
    finally:
        connection.close()
