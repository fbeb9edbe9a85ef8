"""Dagster's events cost little, and nobody else's database is touched."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from pipelines.event_log import quick_events

FULL, NORMAL = 2, 1


def synchronous(file: Path) -> int:
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("create table if not exists t (a)"))
        return int(connection.execute(sqlalchemy.text("pragma synchronous")).scalar_one())


def test_only_dagsters_own_files_are_synced_less_and_only_within_the_run(tmp_path):
    home = tmp_path / "dagster"
    home.mkdir()
    with quick_events(home):
        assert synchronous(home / "run-1.db") == NORMAL
        assert synchronous(tmp_path / "shop.db") == FULL
    assert synchronous(home / "run-1.db") == FULL


def test_dagsters_files_stay_open_until_the_run_has_ended(tmp_path):
    connections = []

    def connected() -> object:
        engine = sqlite_event_log.create_engine(
            f"sqlite:///{tmp_path / 'run.db'}", poolclass=sqlalchemy.pool.NullPool
        )
        with engine.connect() as connection:
            found = connection.connection.dbapi_connection
        engine.dispose()
        connections.append(found)
        return found

    with quick_events(tmp_path):
        assert connected() is connected()
    assert connected() is not connections[0]
    assert connected() is not connections[2]
