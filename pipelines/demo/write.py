"""Write the demo company's source systems: two SQLite databases, a folder of files, settings."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from pipelines.demo import company
from pipelines.demo.generate import demo_chunks
from pipelines.demo.tables import Rows
from pipelines.extract import contract

DEFAULT_AS_OF = date(2026, 6, 30)
LEDGER = "faults.csv"

DATABASES = {"crm": "crm.db", "orders": "shop.db"}
SURVEY_FILES = {
    "surveys": "surveys.xlsx",
    "survey_questions": "survey_questions.csv",
    "survey_invitations": "survey_invitations.parquet",
    "survey_responses": "survey_responses.jsonl",
    "survey_answers": "survey_answers.csv",
}
_SQLITE_TYPES = {
    "text": "TEXT", "integer": "INTEGER", "decimal": "NUMERIC", "rate": "NUMERIC",
    "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE",
}  # fmt: skip


@dataclass(frozen=True)
class DemoSummary:
    """What was written: rows by entity, and the files."""

    folder: Path
    as_of: date
    rows: Mapping[str, int]
    files: tuple[Path, ...]
    faults: tuple[Any, ...] = ()


def write_demo(
    folder: Path,
    *,
    scale: float = 1.0,
    seed: int = 7,
    as_of: date = DEFAULT_AS_OF,
    plant: Callable[[Path], tuple[Any, ...]] | None = None,
) -> DemoSummary:
    """Write crm.db, shop.db, survey/ and salesops.yaml into the folder. They are written beside it
    and moved in when all are whole, the settings last: without them it is no demo. Files of the
    same names are replaced, other files stay. `plant` spoils the draft, writes faults.csv into it
    and returns the faults; the databases are lax ones then, which take rows without a key, two of
    one key, and empty columns. ValueError for a scale that is not above 0, or where `plant` says
    that it is too small."""
    if not scale > 0:
        raise ValueError(f"scale must be above 0, not {scale}")
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "survey").mkdir(parents=True)
    rows: Counter[str] = Counter()
    with ExitStack() as stack:
        databases = {
            domain: stack.enter_context(_database(draft / name, domain, is_lax=plant is not None))
            for domain, name in DATABASES.items()
        }
        files = stack.enter_context(SurveyFiles(draft / "survey"))
        for entity, chunk in demo_chunks(scale, seed, as_of):
            rows[entity] += len(chunk)
            domain = contract.entities()[entity].domain
            if domain in databases:
                marks = ", ".join("?" * len(contract.entities()[entity].columns))
                databases[domain].executemany(f'insert into "{entity}" values ({marks})', chunk)
            else:
                files.add(entity, chunk)
    planted: tuple[Any, ...] = ()
    if plant is not None:
        try:
            planted = plant(draft)
        except ValueError:
            # Too small for its faults: nobody can use what is left.
            shutil.rmtree(draft)
            raise
    (draft / "salesops.yaml").write_text(company.SETTINGS, encoding="utf-8")
    names = [*DATABASES.values(), *(f"survey/{name}" for name in SURVEY_FILES.values())]
    names += [LEDGER] if plant else []
    _move_in(draft, folder)
    counted = {entity: rows[entity] for entity in contract.entities()}
    return DemoSummary(
        folder,
        as_of,
        counted,
        tuple(folder / name for name in [*names, "salesops.yaml"]),
        planted,
    )


def _move_in(draft: Path, folder: Path) -> None:
    if not folder.exists():
        draft.rename(folder)
        return
    (folder / "salesops.yaml").unlink(missing_ok=True)
    (folder / LEDGER).unlink(missing_ok=True)
    for name in (*DATABASES.values(), "survey", LEDGER, "salesops.yaml"):
        target = folder / name
        if not (draft / name).exists():
            continue
        if target.is_dir():
            shutil.rmtree(target)
        (draft / name).replace(target)
    draft.rmdir()


@contextmanager
def _database(path: Path, domain: str, *, is_lax: bool) -> Iterator[sqlite3.Connection]:
    """An SQLite database with the domain's tables, filled in one transaction; a lax one takes rows
    without a key, two of one key, and empty columns."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # A draft that breaks off is thrown away: no journal is needed, nor a sync before the end.
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.execute("begin")
        for entity in contract.entities().values():
            if entity.domain == domain:
                connection.execute(_create_table(entity, is_lax=is_lax))
        yield connection
        connection.execute("commit")
    finally:
        connection.close()


def _create_table(entity: contract.Entity, *, is_lax: bool) -> str:
    columns = [
        f'"{c.name}" {_SQLITE_TYPES[c.type]}{" not null" if c.is_required and not is_lax else ""}'
        for c in entity.columns
    ]
    if is_lax:
        return f'create table "{entity.name}" ({", ".join(columns)})'
    key = ", ".join(f'"{name}"' for name in entity.key)
    return f'create table "{entity.name}" ({", ".join(columns)}, primary key ({key}))'


class SurveyFiles:
    """The survey tool's export: one file for each entity, each in a format of its own. A lax one
    writes texts where the format would have a type."""

    def __init__(self, folder: Path, *, is_lax: bool = False) -> None:
        self._folder = folder
        self._is_lax = is_lax
        self._stack = ExitStack()
        self._workbook: list[Rows] = []
        self._csv: dict[str, Any] = {}

    def __enter__(self) -> Self:
        for entity, name in SURVEY_FILES.items():
            path = self._folder / name
            if path.suffix == ".csv":
                # Excel needs the mark to read UTF-8; the questions are kept by people.
                encoding = "utf-8-sig" if entity == "survey_questions" else "utf-8"
                file = self._stack.enter_context(path.open("w", encoding=encoding, newline=""))
                self._csv[entity] = csv.writer(file, lineterminator="\n")
                self._csv[entity].writerow(contract.entities()[entity].column_names)
            elif path.suffix == ".jsonl":
                self._lines = self._stack.enter_context(path.open("w", encoding="utf-8"))
            elif path.suffix == ".parquet":
                self._schema = _arrow_schema(entity, is_lax=self._is_lax)
                self._parquet = self._stack.enter_context(_parquet_writer(path, self._schema))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        if kind is None:
            _write_workbook(self._folder / SURVEY_FILES["surveys"], self._workbook)

    def add(self, entity: str, rows: Rows) -> None:
        """Append rows to the entity's file."""
        if entity in self._csv:
            self._csv[entity].writerows(rows)
        elif entity == "survey_responses":
            names = contract.entities()[entity].column_names
            for row in rows:
                values = dict(zip(names, row, strict=True))
                self._lines.write(json.dumps(values, ensure_ascii=False) + "\n")
        elif entity == "survey_invitations":
            self._parquet.write_table(_arrow_table(self._schema, rows))
        else:
            self._workbook.append(rows)


def _arrow_schema(entity: str, *, is_lax: bool) -> Any:
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", tz=company.TIMEZONE),
    }
    columns = contract.entities()[entity].columns
    return pa.schema(
        [(column.name, pa.string() if is_lax else types[column.type]) for column in columns]
    )


def _parquet_writer(path: Path, schema: Any) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetWriter(path, schema)


def _arrow_table(schema: Any, rows: Rows) -> Any:
    import pyarrow as pa

    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [() for _ in schema]
    if pa.bool_() not in schema.types:
        columns = [[_text(value) for value in values] for values in columns]
    texts = [
        pa.array(values, pa.string() if pa.types.is_timestamp(field.type) else field.type)
        for values, field in zip(columns, schema, strict=True)
    ]
    return pa.table([a.cast(f.type) for a, f in zip(texts, schema, strict=True)], schema=schema)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _write_workbook(path: Path, chunks: list[Rows]) -> None:
    import xlsxwriter

    # A fixed date of creation, so that the same demo is the same file.
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("surveys")
        sheet.write_row(0, 0, contract.entities()["surveys"].column_names)
        for number, row in enumerate((row for rows in chunks for row in rows), start=1):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, day)
                elif value is not None:
                    sheet.write_string(number, place, value)
