"""Play nights on a small warehouse: what sources send, what staging makes of it, the gate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data_quality.suites.contract import staging_table
from pipelines.extract import contract
from pipelines.gate.results import GateSummary
from pipelines.gate.run import run_gate
from pipelines.gate.tables import accepted_table, lake_view
from pipelines.transform import corrections
from tests.unit.data_quality.staged import Row, good_row, lake_schema

FIRST = datetime.fromisoformat("2026-02-01T02:00:00+00:00")


@dataclass
class Company:
    """A warehouse and a lake; `night` is how many nights have passed."""

    home: Path
    night: int = 0
    versions: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def extracted_at(self) -> datetime:
        """When tonight's batches were extracted; the gate runs an hour later."""
        return FIRST + timedelta(days=self.night)

    def send(self, entity: str, label: str = "base", **changes: Any) -> None:
        """A source sends a row tonight: a new one, or a new version of one."""
        row = good_row(entity, label, **changes)
        row |= {
            "_record_id": changes.get("_record_id", label),
            "_batch_id": f"{self.extracted_at:%Y%m%dT%H%M%S}",
            "_extracted_at": self.extracted_at,
            "_row_hash": repr(sorted((k, str(v)) for k, v in row.items() if k[0] != "_")),
        }
        self.versions.setdefault(entity, []).append(row)

    def delete(self, entity: str, label: str) -> None:
        """A source no longer has the record: a tombstone with its key alone."""
        row = good_row(entity, label)
        kept = {*contract.entities()[entity].key, "source_system"}
        gone = {name: value if name in kept else None for name, value in row.items()}
        self.versions[entity].append(
            gone
            | {
                "_record_id": label,
                "_batch_id": f"{self.extracted_at:%Y%m%dT%H%M%S}",
                "_extracted_at": self.extracted_at,
                "_row_hash": "tombstone",
                "_is_tombstone": True,
            }
        )

    def gate(self, **settings: Any) -> GateSummary:
        """Stage what has arrived and judge it; the night is over."""
        self.stage()
        summary = run_gate(
            self.warehouse,
            self.lake,
            now=self.extracted_at + timedelta(hours=1),
            run_id=f"night-{self.night}",
            company_timezone="Asia/Shanghai",
            **settings,
        )
        self.night += 1
        return summary

    def stage(self) -> None:
        """The lake's views and the staging tables, as the steps before the gate leave them."""
        self._mark_batches()
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("begin")
            corrections.create_tables(connection)
            corrections.write_log(connection, self.lake)
            connection.execute("create schema if not exists sent")
            connection.execute("create schema if not exists staging")
            connection.execute("create schema if not exists lake")
            staged = connection.execute("select view_name from duckdb_views()").fetchall()
            for name in contract.entities():
                is_there = (lake_view(name).partition(".")[2],) in staged
                if is_there and name not in self.versions:
                    # Nothing was ever sent: it stays as empty as it is.
                    continue
                table = pa.Table.from_pylist(self.versions.get(name, []), schema=lake_schema(name))
                connection.register("_rows", table)
                connection.execute(f"create or replace table sent.{name} as from _rows")
                connection.unregister("_rows")
                entity = contract.entities()[name]
                view = corrections.corrected(connection, entity, f"select * from sent.{name}")
                connection.execute(f"create or replace view {lake_view(name)} as {view}")
                connection.execute(
                    f"create or replace table {staging_table(name)} as with newest as ("
                    f" select * from {lake_view(name)} qualify _batch_id = max(_batch_id)"
                    " over (partition by source_system, _record_id))"
                    " select * exclude (_is_tombstone) from newest where not _is_tombstone"
                )
            connection.execute("commit")

    def _mark_batches(self) -> None:
        """A file for each batch, which says how many rows came in it: nobody reads more of it."""
        rows = Counter(
            (row["source_system"], entity, row["_batch_id"])
            for entity, versions in self.versions.items()
            for row in versions
        )
        for (source, entity, batch), sent in rows.items():
            file = self.lake / source / entity / f"{batch}.parquet"
            if not file.is_file() or file.read_text() != str(sent):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(str(sent))

    def forget_warehouse(self) -> None:
        """Delete what can be built again; the lake stays."""
        self.warehouse.unlink()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def accepted(self, entity: str, column: str) -> dict[str, Any]:
        """One column of what core reads, by record."""
        found = self.query(f"select _record_id, {column} from {accepted_table(entity)} order by 1")
        assert len(found) == len(dict(found)), found
        return dict(found)

    def waiting(self) -> dict[tuple[str, str], set[str]]:
        """The rules for which each staged record waits, its own or its family's."""
        found: dict[tuple[str, str], set[str]] = {}
        for entity, record, rule in self.query("select entity, record_id, rule from gate.rejected"):
            found.setdefault((entity, record), set()).add(rule)
        return found

    def issues(self) -> dict[tuple[str, str], tuple[Any, ...]]:
        """Status, first seen, last seen and corrected of each issue, by record and rule."""
        found = self.query(
            "select record_id, rule, status, first_seen_at, last_seen_at, corrected_at"
            " from gate.issues"
        )
        assert len(found) == len({row[:2] for row in found}), found
        return {(row[0], row[1]): row[2:] for row in found}


def reference_rows(company: Company) -> None:
    """What orders, deals and answers refer to."""
    for entity in (
        "users",
        "teams",
        "accounts",
        "customers",
        "products",
        "pipeline_stages",
        "surveys",
        "survey_questions",
    ):
        company.send(entity)
