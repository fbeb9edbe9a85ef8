"""Make Dagster's event log quick for a run in this process. Knows nothing of what the run does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch


@contextmanager
def quick_events(folder: Path) -> Iterator[None]:
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
    from sqlalchemy.pool import QueuePool

    home = str(folder.resolve())

    def sync_less(connection: Any, record: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        files = [row[2] for row in connection.execute("pragma database_list")]
        if any(file.startswith(home) for file in files):
            connection.execute("pragma synchronous = normal")

    engines: dict[str, Engine] = {}
    held = ExitStack()

    def engine_of(create: Callable[..., Engine], url: str, **options: Any) -> Engine:
        if url not in engines:
            engine = create(url, **{**options, "poolclass": QueuePool})
            # Dagster lets go of its engine after every event.
            held.enter_context(patch.object(engine, "dispose"))
            engines[url] = engine
        return engines[url]

    event.listen(Engine, "connect", sync_less)
    try:
        with held:
            for storage in (sqlite_event_log, sqlite_run_storage):
                kept = partial(engine_of, storage.create_engine)
                held.enter_context(patch.object(storage, "create_engine", kept))
            yield
    finally:
        event.remove(Engine, "connect", sync_less)
        for engine in engines.values():
            engine.dispose()
