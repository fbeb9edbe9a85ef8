"""Dagster's events cost little, and nobody else's database is touched."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy

from pipelines.event_log import quick_events

FULL, NORMAL = 2, 1


class Instance:
    """What is asked of Dagster's: asking for a run's events makes its file."""

    def __init__(self, home: Path) -> None:
        self.runs = home / "history" / "runs"
        self.runs.mkdir(parents=True)

    def all_logs(self, run_id: str) -> None:
        for name in ("index", run_id):
            assert synchronous(self.runs / f"{name}.db") == FULL


def synchronous(file: Path) -> int:
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("create table if not exists t (a)"))
        return int(connection.execute(sqlalchemy.text("pragma synchronous")).scalar_one())


def test_only_dagsters_own_files_are_synced_less_and_only_within_the_run(tmp_path):
    home = tmp_path / "dagster"
    instance = Instance(home)
    with quick_events(home, instance, "run-1"):
        assert synchronous(instance.runs / "run-1.db") == NORMAL
        assert synchronous(instance.runs / "index.db") == NORMAL
        assert synchronous(tmp_path / "shop.db") == FULL
    assert synchronous(instance.runs / "run-1.db") == FULL
