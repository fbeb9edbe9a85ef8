"""Publish a release to a PostgreSQL schema that BI tools read, in one transaction beside its readers."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb

from pipelines.extract.lake import quoted
from pipelines.settings import PostgresTarget

if TYPE_CHECKING:
    import psycopg

Say = Callable[[str], None]
_ROWS = 50_000
# A reader who comes while a lock is awaited waits behind it: so it is awaited briefly, and again.
_LOCK_SECONDS = 1
_LOCK_TRIES = 20
_ANOTHER_SECONDS = 120
_CONNECT_SECONDS = 10
# What a table carries in its comment: a table without it is somebody else's and is never touched.
_MARK = "Published by salesops."
_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "HUGEINT": "numeric(38,0)",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIMESTAMP": "timestamp without time zone",
}


class PublishFailed(Exception):
    """A target could not be written. The message names it, without its password."""


@dataclass(frozen=True)
class _Table:
    """One mart as PostgreSQL keeps it: columns with types, and what is said of both."""

    name: str
    columns: Mapping[str, str]
    comment: str
    comments: Mapping[str, str]


def _postgres_type(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL"):
        return duckdb_type.replace("DECIMAL", "numeric").replace(" ", "")
    return _TYPES.get(duckdb_type, "text")


def _release_tables(release: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[_Table]:
    columns = release.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'marts' order by table_name, column_index"
    ).fetchall()
    told = dict(
        release.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    )
    return [
        _Table(
            name,
            {column: _postgres_type(type_) for t, column, type_, _ in columns if t == name},
            f"{told.get(name) or ''} {_MARK}".strip(),
            {column: text for t, column, _, text in columns if t == name and text},
        )
        for name in names
    ]


def _address(target: PostgresTarget) -> dict[str, Any]:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(target.url.get_secret_value())
    except ArgumentError:
        raise PublishFailed(
            f"PostgreSQL schema {target.db_schema}: its url is no address "
            "(postgresql+psycopg://user:password@host/database)."
        ) from None
    if url.get_backend_name() != "postgresql":
        raise PublishFailed(
            f"PostgreSQL schema {target.db_schema}: its url names {url.get_backend_name()}; "
            "write postgresql+psycopg://user:password@host/database."
        )
    parts = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }
    return {key: value for key, value in {**parts, **url.query}.items() if value}


def _failure(target: PostgresTarget, address: Mapping[str, Any], error: Exception) -> PublishFailed:
    words = " ".join(str(error).split())
    password = str(address.get("password") or "")
    for secret in filter(None, (password, quote(password), quote(password, safe=""))):
        words = words.replace(secret, "***")
    words = words if words.endswith(("?", ".")) else f"{words}."
    return PublishFailed(f"PostgreSQL schema {target.db_schema}: {words}")


@contextmanager
def _connected(target: PostgresTarget) -> Iterator[psycopg.Connection[Any]]:
    """An autocommitting connection; the driver's errors become PublishFailed."""
    import psycopg

    address = _address(target)
    try:
        with psycopg.connect(
            **{"connect_timeout": _CONNECT_SECONDS, **address}, autocommit=True
        ) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection
    except psycopg.Error as error:
        raise _failure(target, address, error) from None


def _known_tables(
    connection: psycopg.Connection[Any], schema: str
) -> dict[str, tuple[str, dict[str, str]]]:
    """The tables of the schema: comment, and columns with their types."""
    rows = connection.execute(
        """
        select
            c.relname,
            coalesce(obj_description(c.oid, 'pg_class'), ''),
            array_agg(a.attname::text order by a.attnum) filter (where a.attname is not null),
            array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum)
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        left join pg_attribute as a
            on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
        where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f')
        group by c.oid, c.relname
        """,
        [schema],
    ).fetchall()
    return {
        name: (comment, dict(zip(columns or (), types, strict=False)))
        for name, comment, columns, types in rows
    }


def _refuse_foreign(
    target: PostgresTarget, known: Mapping[str, tuple[str, Any]], names: Sequence[str]
) -> None:
    for name in names:
        if name in known and not known[name][0].endswith(_MARK):
            raise PublishFailed(
                f"PostgreSQL schema {target.db_schema}: the table {name} is there already and was "
                "not published by salesops. Name a `schema` of its own for the marts."
            )


def _changed_briefly(connection: psycopg.Connection[Any], statement: str) -> None:
    """Change a table's shape while it is read: try often, and never make readers wait for long.

    Raises psycopg.errors.LockNotAvailable where a reader holds the table all the while.
    """
    from psycopg import errors

    for left in range(_LOCK_TRIES - 1, -1, -1):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{_LOCK_SECONDS}s'")
                connection.execute(statement)
        except errors.LockNotAvailable:
            if not left:
                raise
            time.sleep(_LOCK_SECONDS)
        else:
            return


def _add_columns(
    connection: psycopg.Connection[Any], place: str, table: _Table, known: Mapping[str, str]
) -> None:
    """Give a table its new columns. Until the rows come they are NULL: the old release is whole."""
    added = [
        f"add column {quoted(name)} {type_}"
        for name, type_ in table.columns.items()
        if name not in known
    ]
    if added:
        _changed_briefly(connection, f"alter table {place} {', '.join(added)}")


def _describe_table(connection: psycopg.Connection[Any], place: str, table: _Table) -> None:
    """Write the comments that are not there yet."""
    import psycopg

    def text(value: str) -> str:
        return psycopg.sql.Literal(value).as_string(connection)

    found = connection.execute(
        "select a.attname::text, col_description(a.attrelid, a.attnum) from pg_attribute as a "
        "where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped",
        [place],
    ).fetchall()
    for name, comment in found:
        wanted = table.comments.get(name)
        if wanted and wanted != comment:
            connection.execute(f"comment on column {place}.{quoted(name)} is {text(wanted)}")
    connection.execute(f"comment on table {place} is {text(table.comment)}")


def _let_read(connection: psycopg.Connection[Any], place: str, role: str) -> None:
    """Let the role read a table and take from it what it was given beyond that."""
    [(reads, writes)] = connection.execute(
        "select has_table_privilege(%(role)s, %(place)s, 'select'), "
        "has_table_privilege(%(role)s, %(place)s, 'insert, update, delete, truncate, references')",
        {"role": role, "place": place},
    ).fetchall()
    if writes:
        connection.execute(f"revoke all on {place} from {quoted(role)}")
    if writes or not reads:
        connection.execute(f"grant select on {place} to {quoted(role)}")


def _copy_rows(
    release: duckdb.DuckDBPyConnection, connection: psycopg.Connection[Any], place: str, table: str
) -> None:
    """Copy a mart's rows as CSV: numbers, days and instants keep every digit."""
    import pyarrow.csv as pa_csv

    described = release.execute(f"describe marts.{quoted(table)}").fetchall()
    # PostgreSQL keeps no character zero; a type that it lacks travels as its text.
    values = [
        f"replace({quoted(name)}, chr(0), '') as {quoted(name)}"
        if type_ == "VARCHAR"
        else quoted(name)
        if type_ in _TYPES or type_.startswith("DECIMAL")
        else f"cast({quoted(name)} as varchar) as {quoted(name)}"
        for name, type_, *_ in described
    ]
    columns = ", ".join(quoted(name) for name, *_ in described)
    rows = release.sql(f"select {', '.join(values)} from marts.{quoted(table)}")
    without_header = pa_csv.WriteOptions(include_header=False)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {place} ({columns}) from stdin (format csv)") as copy,
    ):
        for batch in rows.to_arrow_reader(_ROWS):
            text = io.BytesIO()
            pa_csv.write_csv(batch, text, without_header)
            copy.write(text.getvalue())


def _require_role(connection: psycopg.Connection[Any], target: PostgresTarget) -> None:
    found = connection.execute(
        "select 1 from pg_roles where rolname = %s", [target.reader_role]
    ).fetchall()
    if not found:
        raise PublishFailed(
            f"PostgreSQL schema {target.db_schema}: there is no role {target.reader_role}. Create "
            f"it: create role {quoted(target.reader_role or '')} login password '…'"
        )


def _open_schema(connection: psycopg.Connection[Any], target: PostgresTarget) -> None:
    """Create the schema where it is missing, and let the reader's role into it."""
    schema = quoted(target.db_schema)
    found = connection.execute(
        "select 1 from pg_namespace where nspname = %s", [target.db_schema]
    ).fetchall()
    # With `if not exists` a right would be asked for that is not needed then.
    if not found:
        connection.execute(f"create schema {schema}")
    if target.reader_role:
        role = quoted(target.reader_role)
        [(enters, creates)] = connection.execute(
            "select has_schema_privilege(%(role)s, %(schema)s, 'usage'), "
            "has_schema_privilege(%(role)s, %(schema)s, 'create')",
            {"role": target.reader_role, "schema": target.db_schema},
        ).fetchall()
        if creates:
            connection.execute(f"revoke create on schema {schema} from {role}")
        if not enters:
            connection.execute(f"grant usage on schema {schema} to {role}")


def publish_postgres(
    target: PostgresTarget,
    database: Path,
    names: Sequence[str],
    *,
    retired: Sequence[str] = (),
    say: Say = lambda text: None,
) -> None:
    """Replace the marts of the target's schema by those of a release, for all readers at once.

    Rows are deleted and copied in one transaction, which readers neither wait for nor see half of.
    A new column is added before it, a column or mart (of `retired`) that went is dropped after it;
    only a column that changes its type has its table made anew inside. Raises PublishFailed; what
    readers see is the last release then.
    """
    with (
        duckdb.connect(str(database), read_only=True) as release,
        _connected(target) as connection,
    ):
        release.execute("set timezone = 'UTC'")
        tables = _release_tables(release, names)
        if target.reader_role:
            _require_role(connection, target)
        _open_schema(connection, target)
        known = _known_tables(connection, target.db_schema)
        _refuse_foreign(target, known, names)
        gone = [name for name in retired if name in known and known[name][0].endswith(_MARK)]

        def place(name: str) -> str:
            return f"{quoted(target.db_schema)}.{quoted(name)}"

        remade = {
            table.name
            for table in tables
            if table.name in known
            for column, type_ in known[table.name][1].items()
            if table.columns.get(column, type_) != type_
        }
        for table in tables:
            if table.name in known and table.name not in remade:
                _add_columns(connection, place(table.name), table, known[table.name][1])
        with connection.transaction():
            # Two nights at once would each keep their own rows.
            connection.execute(f"set local lock_timeout = '{_ANOTHER_SECONDS}s'")
            connection.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"salesops {target.db_schema}"],
            )
            for table in tables:
                draft = place(f"{table.name}__next" if table.name in remade else table.name)
                if table.name in known and table.name not in remade:
                    # TRUNCATE would lock readers out.
                    connection.execute(f"delete from {draft}")
                else:
                    declared = ", ".join(f"{quoted(c)} {t}" for c, t in table.columns.items())
                    connection.execute(f"create table {draft} ({declared})")
                _describe_table(connection, draft, table)
                if target.reader_role:
                    _let_read(connection, draft, target.reader_role)
                _copy_rows(release, connection, draft, table.name)
            for name in gone:
                connection.execute(f"delete from {place(name)}")
            for name in sorted(remade):
                connection.execute(f"drop table {place(name)}")
                connection.execute(f"alter table {place(f'{name}__next')} rename to {quoted(name)}")
        _tidy(connection, tables, known, gone, remade, place, say)


def _tidy(
    connection: psycopg.Connection[Any],
    tables: Sequence[_Table],
    known: Mapping[str, tuple[str, dict[str, str]]],
    gone: Sequence[str],
    remade: set[str],
    place: Callable[[str], str],
    say: Say,
) -> None:
    """Drop what the new release lacks and give back the room of the old rows. The release is out:
    what cannot be done now is said, and done the next time."""
    import psycopg

    statements = [f"drop table {place(name)}" for name in gone]
    for table in tables:
        columns = known[table.name][1] if table.name in known and table.name not in remade else {}
        dropped = [f"drop column {quoted(c)}" for c in columns if c not in table.columns]
        if dropped:
            statements.append(f"alter table {place(table.name)} {', '.join(dropped)}")
    for statement in statements:
        try:
            _changed_briefly(connection, statement)
        except psycopg.Error as error:
            say(f"PostgreSQL: not done yet: {statement}: {' '.join(str(error).split())}")
    for table in tables:
        # Giving pages back to the system would need a lock that readers wait for.
        connection.execute(f"vacuum (analyze, truncate false) {place(table.name)}")


def published_release(target: PostgresTarget) -> str | None:
    """The id of the release that the target shows; None where it shows none.

    Raises PublishFailed where the target cannot be asked.
    """
    with _connected(target) as connection:
        known = _known_tables(connection, target.db_schema)
        if "release_info" not in known or "release_id" not in known["release_info"][1]:
            return None
        found = connection.execute(
            f"select release_id from {quoted(target.db_schema)}.release_info"
        ).fetchall()
        return str(found[0][0]) if len(found) == 1 else None


def _excess(connection: psycopg.Connection[Any], role: str, schema: str) -> list[str]:
    """What a role may do beyond reading the schema, a phrase each; what extensions bring apart."""
    found = connection.execute(
        """
        select 'is a superuser' from pg_roles where rolname = %(role)s and rolsuper
        union all
        select 'may create in schema ' || nspname from pg_namespace
        where nspname !~ '^pg_' and nspname <> 'information_schema'
            and has_schema_privilege(%(role)s, oid, 'create')
        union all
        select
            case when n.nspname = %(schema)s then 'may write ' else 'may read or write ' end
            || n.nspname || '.' || c.relname
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
            and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            and has_schema_privilege(%(role)s, n.oid, 'usage')
            and has_table_privilege(
                %(role)s, c.oid,
                case
                    when n.nspname = %(schema)s then 'insert, update, delete, truncate'
                    else 'select, insert, update, delete, truncate'
                end
            )
            and not exists (
                select 1 from pg_depend as d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
            )
        """,
        {"role": role, "schema": schema},
    ).fetchall()
    return [text for (text,) in found]


def try_target(target: PostgresTarget) -> tuple[str, bool]:
    """What stands in the way of publishing to the target, or what it shows now. Writes nothing."""
    try:
        with _connected(target) as connection:
            if target.reader_role:
                _require_role(connection, target)
            [(may_create,)] = connection.execute(
                "select has_database_privilege(current_user, current_database(), 'create') "
                "where not exists (select 1 from pg_namespace where nspname = %(schema)s) "
                "union all select has_schema_privilege(current_user, oid, 'create') "
                "from pg_namespace where nspname = %(schema)s",
                {"schema": target.db_schema},
            ).fetchall()
            if not may_create:
                return (
                    f"PostgreSQL schema {target.db_schema}: {_address(target).get('user')} may not "
                    "create tables in it. Grant it: "
                    f"grant create, usage on schema {quoted(target.db_schema)} to …",
                    False,
                )
            if target.reader_role:
                beyond = _excess(connection, target.reader_role, target.db_schema)
                if beyond:
                    return (
                        f"PostgreSQL schema {target.db_schema}: the role {target.reader_role} "
                        f"should read this schema and nothing else, but it {'; '.join(beyond[:5])}",
                        False,
                    )
        shown = published_release(target)
    except PublishFailed as error:
        return str(error), False
    told = f"PostgreSQL, schema {target.db_schema}"
    return f"{told}, shows release {shown}" if shown else f"{told}, nothing published yet", True
