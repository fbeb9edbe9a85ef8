"""Open the demo's written sources for changes: every entity is a table of one SQLite connection."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.demo.write import DATABASES, SURVEY_FILES, SurveyFiles
from pipelines.extract import contract

Record = dict[str, Any]


class Sources:
    """The sources' rows, each at a place (its rowid) that stays its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that answer a question in SQL."""
        return self.connection.execute(question, values).fetchall()

    def row(self, entity: str, place: int) -> Record:
        """The row at a place."""
        names = contract.entities()[entity].column_names
        listed = ", ".join(f'"{name}"' for name in names)
        (found,) = self.ask(f'select {listed} from "{entity}" where rowid = ?', place)
        return dict(zip(names, found, strict=True))

    def places(self, entity: str, condition: str, limit: int) -> list[int]:
        """The places of rows that meet a condition in SQL, the first ones."""
        found = self.ask(
            f'select rowid from "{entity}" where {condition} order by rowid limit {limit}'
        )
        return [place for (place,) in found]

    def insert(self, entity: str, row: Mapping[str, Any]) -> int:
        """Add a row; returns its place."""
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        cursor = self.connection.execute(
            f'insert into "{entity}" ({names}) values ({marks})', tuple(row.values())
        )
        return int(cursor.lastrowid or 0)

    def update(self, entity: str, place: int, row: Mapping[str, Any]) -> None:
        """Put these values into the row at a place."""
        changes = ", ".join(f'"{name}" = ?' for name in row)
        self.connection.execute(
            f'update "{entity}" set {changes} where rowid = ?', (*row.values(), place)
        )

    def delete(self, entity: str, place: int) -> None:
        """Remove the row at a place."""
        self.connection.execute(f'delete from "{entity}" where rowid = ?', (place,))


@contextmanager
def opened_sources(folder: Path) -> Iterator[Sources]:
    """The demo in the folder, to read and change; kept when the block ends, not when it raises."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.execute("pragma temp_store = memory")
        for domain, name in DATABASES.items():
            connection.execute(f'attach ? as "{domain}"', (str(folder / name),))
        # Only the tables of the survey's files are made here: columns without a type keep texts.
        for entity, file in SURVEY_FILES.items():
            names = ", ".join(f'"{name}"' for name in contract.entities()[entity].column_names)
            connection.execute(f'create table "{entity}" ({names})')
            marks = ", ".join("?" * len(contract.entities()[entity].columns))
            connection.executemany(
                f'insert into "{entity}" values ({marks})', _read(folder / "survey" / file, entity)
            )
        connection.execute("begin")
        yield Sources(connection)
        connection.execute("commit")
        with SurveyFiles(folder / "survey", is_lax=True) as files:
            for entity in SURVEY_FILES:
                listed = ", ".join(f'"{n}"' for n in contract.entities()[entity].column_names)
                rows = connection.execute(f'select {listed} from "{entity}" order by rowid')
                files.add(entity, [_as_written(entity, row) for row in rows])
    finally:
        connection.close()


def _read(file: Path, entity: str) -> list[tuple[Any, ...]]:
    names = contract.entities()[entity].column_names
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return [tuple(row[name] for name in names) for row in csv.DictReader(stream)]
    if file.suffix == ".jsonl":
        lines = file.read_text(encoding="utf-8").splitlines()
        return [tuple(json.loads(line)[name] for name in names) for line in lines]
    if file.suffix == ".parquet":
        import pyarrow.parquet as pq

        rows = pq.read_table(file).to_pylist()
        return [tuple(_plain(row[name]) for name in names) for row in rows]
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True)
    cells: list[tuple[Any, ...]] = list(book[entity].iter_rows(min_row=2, values_only=True))
    book.close()
    return [tuple(_plain(v.date() if hasattr(v, "date") else v) for v in row) for row in cells]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _as_written(entity: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values as the entity's file has them: SQLite keeps neither booleans nor dates."""
    columns = contract.entities()[entity].columns
    return tuple(_typed(column.type, value) for column, value in zip(columns, row, strict=True))


def _typed(type_: str, value: Any) -> Any:
    if type_ == "boolean" and value in (0, 1):
        return bool(value)
    if type_ == "date" and value:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
