"""Extract, stage and judge a company's sources, without the marts, and read what the gate says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from pipelines import nightly
from pipelines.extract import contract
from pipelines.settings import Settings

Failure = tuple[str, str, str]


@dataclass(frozen=True)
class Judged:
    """What a night's gate left: issues by entity, record and rule, and the records that go on."""

    issues: dict[Failure, dict[str, Any]]
    accepted: dict[str, set[str]]
    waiting: set[tuple[str, str]]
    not_run: list[str]

    def having(self, status: str) -> set[Failure]:
        return {failure for failure, issue in self.issues.items() if issue["status"] == status}


def judged(settings: Settings, manifest: Any, at: datetime) -> Judged:
    """Extract, stage and judge what the sources hold at that time."""
    yesterday = (at - timedelta(days=1)).date()
    night = nightly.Night(settings, yesterday, f"night of {yesterday}", at)
    extraction = nightly.extract(night)
    assert extraction.stale == ()
    nightly.stage(night, manifest)
    nightly.judge(night)
    with duckdb.connect(str(settings.warehouse)) as connection:
        rows = connection.sql("select * from gate.issues").to_arrow_table().to_pylist()
        accepted = {
            e.name: {
                record
                for (record,) in connection.execute(
                    f"select _record_id from gate.accepted_{e.domain}__{e.name}"
                ).fetchall()
            }
            for e in contract.entities().values()
        }
        waiting = connection.execute("select entity, record_id from gate.rejected").fetchall()
        not_run = connection.execute("select rule from gate.check_results where not did_run")
        return Judged(
            {(row["entity"], row["record_id"], row["rule"]): row for row in rows},
            accepted,
            set(waiting),
            [rule for (rule,) in not_run.fetchall()],
        )
