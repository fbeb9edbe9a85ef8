"""Small sources for tests: SQLite files, settings over them, and what the lake holds of them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.extract import lake, night
from pipelines.settings import Settings, parse_settings

START = datetime(2026, 1, 10, 3, tzinfo=UTC)


def a_night(number: int) -> datetime:
    """The instant at which the night of that number extracts."""
    return START + timedelta(days=number)


def settings_for(folder: Path, sources: str) -> Settings:
    """Settings of a company in Shanghai with these lines of sources; its home is in `folder`."""
    text = f"company: {{name: Test, timezone: Asia/Shanghai, currency: CNY}}\nsources:\n{sources}\n"
    return parse_settings(text, file=folder / "salesops.yaml", home=folder / "home", environment={})


def write_sqlite(file: Path, script: str) -> None:
    """Run a script on a SQLite file."""
    connection = sqlite3.connect(file)
    try:
        connection.executescript(script)
    finally:
        connection.close()


SURVEY = """
create table surveys (survey_id text primary key, name text not null);
create table survey_questions (
    question_id text primary key, survey_id text, kind text);
create table survey_responses (response_id text primary key, survey_id text, submitted_at text);
create table survey_answers (response_id text, question_id text, choice text, value_number numeric);
insert into surveys values ('S1', 'One');
insert into survey_questions values ('Q1', 'S1', 'rating');
insert into survey_responses values ('R1', 'S1', '2026-01-02 23:30:00'), ('R2', 'S1', '2026-01-03');
insert into survey_answers values ('R1', 'Q1', '', 9), ('R2', 'Q1', '', 3);
"""


def extracted(settings: Settings, number: int, *, is_full: bool = False) -> night.Extraction:
    """Extract all sources as the night of that number."""
    return night.extract_all(settings, at=a_night(number), say=lambda text: None, is_full=is_full)


def landed(settings: Settings, source: str, entity: str, columns: str) -> list[tuple[Any, ...]]:
    """Columns of the newest version of each record, tombstones out, in the order of the ids."""
    files = lake.batch_files(settings.lake, source, entity)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(
            f"select {columns} from ({lake.current_rows(files)}) where not _is_tombstone "
            "order by _record_id, _row_hash"
        ).fetchall()
