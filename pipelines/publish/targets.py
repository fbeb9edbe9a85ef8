"""Bring a sealed release to its readers: report files beside it, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.extract.lake import quoted
from pipelines.settings import FilesTarget, PostgresTarget, Settings

Say = Callable[[str], None]
_BATCH = 10_000
_POSTGRES_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "HUGEINT": "numeric(38, 0)",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMP": "timestamp",
}


class PublishFailed(Exception):
    """A target could not be written. The message names it, without its password."""


def write_reports(database: Path, folder: Path, settings: Settings) -> list[Path]:
    """Write report.zh.html, report.en.html and report.xlsx of a release's database into a folder."""
    from pipelines.report.facts import CompanyFacts
    from pipelines.report.page import render_html
    from pipelines.report.workbook import write_workbook

    company = CompanyFacts(
        name=settings.company.name,
        currency=settings.company.currency,
        timezone=settings.company.timezone,
        language=settings.company.language,
    )
    folder.mkdir(parents=True, exist_ok=True)
    return [
        render_html(database, folder / "report.zh.html", language="zh", company=company),
        render_html(database, folder / "report.en.html", language="en", company=company),
        write_workbook(database, folder / "report.xlsx", company=company),
    ]


def publish_elsewhere(
    target: FilesTarget | PostgresTarget, database: Path, names: Sequence[str], *, say: Say
) -> None:
    """Publish to one target of the settings; release folders are always written.

    Raises PublishFailed where it cannot be written; nothing of it is visible then.
    """
    if isinstance(target, PostgresTarget):
        say(f"publish to PostgreSQL schema {target.db_schema}")
        _publish_postgres(target, database, names)


def _postgres_type(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL"):
        return duckdb_type.replace("DECIMAL", "numeric")
    return _POSTGRES_TYPES.get(duckdb_type, "text")


def _publish_postgres(target: PostgresTarget, database: Path, names: Sequence[str]) -> None:
    import psycopg
    from sqlalchemy.engine import make_url

    address = make_url(target.url.get_secret_value()).set(drivername="postgresql")
    try:
        with (
            duckdb.connect(str(database), read_only=True) as release,
            # One transaction: readers see the old marts until all the new ones are there.
            psycopg.connect(address.render_as_string(hide_password=False)) as connection,
        ):
            release.execute("set timezone = 'UTC'")
            schema = quoted(target.db_schema)
            connection.execute(f"create schema if not exists {schema}")
            for name in names:
                _replace_rows(release, connection, target.db_schema, name)
            if target.reader_role:
                role = quoted(target.reader_role)
                connection.execute(f"grant usage on schema {schema} to {role}")
                connection.execute(f"grant select on all tables in schema {schema} to {role}")
    except psycopg.Error as error:
        words = " ".join(str(error).split()).replace(str(address.password or "\0"), "***")
        raise PublishFailed(f"PostgreSQL schema {target.db_schema}: {words}") from None


def _replace_rows(
    release: duckdb.DuckDBPyConnection, connection: Any, schema: str, name: str
) -> None:
    """Replace a table's rows; a table whose columns changed is made anew."""
    columns = release.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'marts' and table_name = ? order by ordinal_position",
        [name],
    ).fetchall()
    table = f"{quoted(schema)}.{quoted(name)}"
    known = connection.execute(
        "select column_name from information_schema.columns "
        "where table_schema = %s and table_name = %s order by ordinal_position",
        [schema, name],
    ).fetchall()
    if [row[0] for row in known] == [column for column, _ in columns]:
        # Rows are deleted, not truncated: TRUNCATE would lock readers out.
        connection.execute(f"delete from {table}")
    else:
        connection.execute(f"drop table if exists {table}")
        declared = ", ".join(f"{quoted(c)} {_postgres_type(t)}" for c, t in columns)
        connection.execute(f"create table {table} ({declared})")
    rows = release.execute(f"select * from marts.{quoted(name)}")
    with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
        while batch := rows.fetchmany(_BATCH):
            for row in batch:
                copy.write_row(row)
