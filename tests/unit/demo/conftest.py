"""The demo company written once, and its source systems as one database to ask."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.write import DemoSummary, write_demo
from pipelines.extract import contract

# Days that were planned and may lie ahead of the as-of day.
PLANNED = {"expected_close_date", "promised_date", "requested_date", "ends_on", "period_start",
           "period_end"}  # fmt: skip


@dataclass(frozen=True)
class Demo:
    """A written demo and the answers of its source systems, all entities side by side."""

    summary: DemoSummary
    connection: sqlite3.Connection

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """The rows that answer a question in SQL."""
        return self.connection.execute(question).fetchall()

    def one(self, question: str) -> Any:
        """The only value that answers a question in SQL."""
        ((value,),) = self.ask(question)
        return value

    def dangling(self) -> dict[str, list[tuple[Any, ...]]]:
        """References that lead nowhere, by column."""
        lost = {}
        for entity in contract.entities().values():
            for column in entity.columns:
                if not column.references:
                    continue
                target = contract.entities()[column.references]
                rows = self.ask(
                    f"select {column.name} from {entity.name} where {column.name} <> ''"
                    f" and {column.name} not in (select {target.key[0]} from {target.name})"
                )
                if rows:
                    lost[f"{entity.name}.{column.name}"] = rows[:3]
        return lost

    def later_than(self, last_instant: str, last_day: str) -> list[tuple[str, str]]:
        """Columns with an instant (UTC) or an unplanned day after these."""
        late = []
        for entity in contract.entities().values():
            # The shop's instants are local, all others carry their offset.
            shift = ", '-8 hours'" if entity.domain == "orders" else ""
            for column in entity.columns:
                if column.type == "timestamp":
                    value, limit = f"datetime({column.name}{shift})", last_instant
                elif column.type == "date" and column.name not in PLANNED:
                    value, limit = column.name, last_day
                else:
                    continue
                if self.one(f"select count(*) from {entity.name} where {value} > '{limit}'"):
                    late.append((entity.name, column.name))
        return late


def survey_rows(folder: Path, entity: str) -> list[tuple[Any, ...]]:
    """The rows of one survey file, in the contract's order, texts as they stand in it."""
    names = contract.entities()[entity].column_names
    (path,) = (folder / "survey").glob(f"{entity}.*")
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [tuple(row[name] for name in names) for row in csv.DictReader(file)]
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        return [tuple(json.loads(line)[name] for name in names) for line in lines]
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        rows = pq.read_table(path).to_pylist()
        return [
            tuple(v.isoformat() if hasattr(v, "isoformat") else v for v in row.values())
            for row in rows
        ]
    from openpyxl import load_workbook

    header, *rows = load_workbook(path).active.values
    assert header == names
    return [tuple(v.date().isoformat() if hasattr(v, "date") else v for v in row) for row in rows]


def opened(summary: DemoSummary) -> Demo:
    """The demo's entities in one read connection."""
    connection = sqlite3.connect(":memory:")
    connection.execute("attach ? as crm", (f"{summary.folder / 'crm.db'}",))
    connection.execute("attach ? as shop", (f"{summary.folder / 'shop.db'}",))
    for entity in contract.entities().values():
        if entity.domain == "survey":
            columns = ", ".join(entity.column_names)
            marks = ", ".join("?" * len(entity.columns))
            connection.execute(f"create table {entity.name} ({columns})")
            rows = survey_rows(summary.folder, entity.name)
            connection.executemany(f"insert into {entity.name} values ({marks})", rows)
    return Demo(summary, connection)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo company at scale 1."""
    found = opened(write_demo(tmp_path_factory.mktemp("demo") / "aurora"))
    yield found
    found.connection.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Demo]:
    """A maker of small demos: options go to write_demo."""

    def made(**options: Any) -> Demo:
        folder = tmp_path_factory.mktemp("small") / "aurora"
        return opened(write_demo(folder, **{"scale": 0.05, **options}))

    return made
