"""Play a company of a few rows through the nightly steps, and read what its marts say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines import nightly
from pipelines.settings import Settings, parse_settings

AREAS = ("core", "sales", "pipeline")


@dataclass(frozen=True)
class Extracted:
    """What the source held on an earlier day: tables as text; the others are as they were before.

    Before the first of them every table is empty.
    """

    at: datetime
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Company:
    """A company: its settings, its tables as text, what it held before, and the day that is asked.

    A table is CSV in which blanks beside the commas do not count, so that columns can be aligned.
    """

    name: str
    settings: str
    as_of: date
    at: datetime
    tables: Mapping[str, str]
    earlier: tuple[Extracted, ...] = ()
    areas: tuple[str, ...] = AREAS

    def on(self, as_of: date) -> Company:
        """The same company asked for another day."""
        return replace(self, name=f"{self.name}_{as_of:%Y%m%d}", as_of=as_of)

    def without(self, name: str, *entities: str) -> Company:
        """The same company where no source delivers these entities."""
        return replace(
            self,
            name=name,
            tables={e: text for e, text in self.tables.items() if e not in entities},
            earlier=tuple(
                replace(x, tables={e: t for e, t in x.tables.items() if e not in entities})
                for x in self.earlier
            ),
        )


def _csv(text: str) -> str:
    lines = [line.split(",") for line in text.strip().splitlines() if line.strip()]
    assert {len(line) for line in lines} == {len(lines[0])}, [
        line for line in lines if len(line) != len(lines[0])
    ]
    return "\n".join(",".join(cell.strip() for cell in line) for line in lines) + "\n"


def _write_tables(folder: Path, company: Company, tables: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for entity, text in company.tables.items():
        whole = _csv(tables.get(entity, text.strip().splitlines()[0]))
        file = folder / f"{entity}.csv"
        file.write_text(whole, encoding="utf-8")
        # A file that was just written is waited for, as it might still grow.
        os.utime(file, (0, 0))


def settings_of(company: Company, home: Path) -> Settings:
    """The company's settings, with one source of files below its home."""
    text = f"{company.settings.strip()}\nsources:\n  - {{name: golden, path: files}}\n"
    return parse_settings(text, file=home / "salesops.yaml", home=home, environment={})


def night_of(company: Company, home: Path) -> nightly.Night:
    """The night that builds the company's marts."""
    return nightly.Night(settings_of(company, home), company.as_of, "golden", company.at)


def play(company: Company, home: Path) -> Path:
    """Extract, stage, judge and build the marts by the nightly steps; returns the warehouse."""
    held: dict[str, str] = {}
    for extracted in company.earlier:
        held |= extracted.tables
        _write_tables(home / "files", company, held)
        earlier = replace(company, at=extracted.at)
        nightly.extract(night_of(earlier, home))
    _write_tables(home / "files", company, company.tables)
    night = night_of(company, home)
    nightly.extract(night)
    manifest = _manifest(home)
    nightly.stage(night, manifest)
    nightly.judge(night)
    build_areas(night, manifest, company.areas)
    return night.settings.warehouse


def play_again(company: Company, played: Path, home: Path) -> Path:
    """Build the marts of a company that was played in another home, for the day that it asks."""
    shutil.copytree(played, home)
    night = night_of(company, home)
    build_areas(night, _manifest(home), company.areas)
    return night.settings.warehouse


def build_areas(night: nightly.Night, manifest: Any, areas: Sequence[str]) -> None:
    """Build these areas, and the tests that hold within them. What is fitted to core comes between."""
    selected = ["path:seeds", *(f"path:models/marts/{area}" for area in areas)]
    if "customers" in areas:
        nightly.build(night, manifest, selected[:2])
        nightly.predict(night)
        selected = selected[2:]
    nightly.build(night, manifest, selected)


_manifests: dict[str, Any] = {}


def _manifest(home: Path) -> Any:
    """The parsed project, once in a process: it is the same for every company."""
    from pipelines.transform import models

    key = str(models.project_folder())
    if key not in _manifests:
        settings = parse_settings(
            "sources:\n  - {name: golden, path: files}\n",
            file=home / "salesops.yaml",
            home=home,
            environment={},
        )
        _manifests[key] = models.parse_project(settings)
    return _manifests[key]


class Marts:
    """What the marts of one company say, until they are closed."""

    def __init__(self, warehouse: Path) -> None:
        self._connection = duckdb.connect(str(warehouse), read_only=True)
        self._connection.execute("set TimeZone = 'UTC'")

    def close(self) -> None:
        """Let go of the warehouse, so that it can be written again."""
        self._connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query: decimals as numbers, dates as text, instants as text in UTC."""
        found = self._connection.execute(sql).fetchall()
        return [tuple(_plain(value) for value in row) for row in found]

    def row(self, sql: str) -> tuple[Any, ...]:
        """The only row of a query."""
        (only,) = self.rows(sql)
        return only

    def by(self, sql: str) -> dict[Any, Any]:
        """Rows by their first column: a value where two columns are asked, else a tuple."""
        found = self.rows(sql)
        keyed = {row[0]: row[1] if len(row) == 2 else row[1:] for row in found}
        assert len(keyed) == len(found), found
        return keyed


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    return value
