"""Make Dagster's event log quick for a run in this process. Knows nothing of what the run does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch


@contextmanager
def quick_events(folder: Path, instance: Any, run_id: str) -> Iterator[None]:
    """Within it the SQLite files of a Dagster home stay open and are synced at checkpoints only,
    and their engines are kept.

    Dagster opens and closes them for each of a night's thousand events, and each time SQLite writes
    its log back and waits for the disk, and SQLAlchemy compiles the statement again. A killed
    process loses nothing by it; a power cut may lose the last events of the run, never the files.
    """
    from dagster._core.storage.event_log.sqlite import sqlite_event_log
    from dagster._core.storage.runs.sqlite import sqlite_run_storage
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    home = str(folder.resolve())

    def sync_less(connection: Any, record: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        files = [row[2] for row in connection.execute("pragma database_list")]
        if any(file.startswith(home) for file in files):
            connection.execute("pragma synchronous = normal")

    engines: dict[str, Engine] = {}

    def engine_of(create: Callable[..., Engine], url: str, **options: Any) -> Engine:
        if url not in engines:
            engines[url] = create(url, **options)
        return engines[url]

    # Asking for the run's events makes its file.
    instance.all_logs(run_id)
    event.listen(Engine, "connect", sync_less)
    try:
        with ExitStack() as held:
            for storage in (sqlite_event_log, sqlite_run_storage):
                kept = partial(engine_of, storage.create_engine)
                held.enter_context(patch.object(storage, "create_engine", kept))
            for file in (folder / "history").rglob("*.db"):
                if file.stem in ("runs", "index", run_id):
                    connection = held.enter_context(closing(sqlite3.connect(file)))
                    connection.execute("select count(*) from sqlite_master").fetchall()
            yield
    finally:
        event.remove(Engine, "connect", sync_less)
