"""Extraction from a real PostgreSQL, by COPY."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pipelines.extract.night import SourceNeverDelivered
from tests.unit.extract.sources import extracted, landed, settings_for

pytestmark = pytest.mark.component

TABLES = """
drop schema if exists sales cascade;
create schema sales;
create table sales.customers (customer_id integer primary key, name text, updated_at timestamptz);
create table sales.products (product_id text primary key, name text, unit_cost numeric);
create table sales.orders (
    order_id bigint primary key, customer_id integer, status text, ordered_at timestamp,
    promised_date date, is_test boolean, note jsonb);
create view sales.order_lines as
    select 1 as order_line_id, 10 as order_id, 'P' as product_id, 2::numeric as quantity,
        1234567890.12::numeric as unit_price;
insert into sales.customers values
    (1, 'a "quoted", name' || chr(10) || 'on two lines', '2026-01-09 10:00+08'),
    (2, '', '2026-01-01 10:00+08'), (3, null, null), (4, '\\N', '2026-01-01 10:00+08'),
    (5, 'e', '2026-01-01 10:00+08');
insert into sales.products values ('P', 'Lampe ä 灯', 3.14159);
insert into sales.orders values
    (10, 1, 'shipped', '2026-01-05 23:30', '2026-01-08', false, '{"a": 1}'),
    (11, 2, 'draft', null, null, true, null);
"""


@pytest.fixture
def settings(tmp_path, postgres_url):
    execute(postgres_url, TABLES)
    return settings_for(tmp_path, f'  - {{name: shop, url: "{postgres_url}", schema: sales}}')


def execute(url: str, script: str) -> None:
    from sqlalchemy import create_engine

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(script)
    engine.dispose()


def test_tables_and_views_land_exactly(settings):
    extracted(settings, 0)
    assert landed(settings, "shop", "customers", "customer_id, name, updated_at") == [
        ("1", 'a "quoted", name\non two lines', datetime(2026, 1, 9, 2, tzinfo=UTC)),
        ("2", "", datetime(2026, 1, 1, 2, tzinfo=UTC)),
        ("3", None, None),
        ("4", "\\N", datetime(2026, 1, 1, 2, tzinfo=UTC)),
        ("5", "e", datetime(2026, 1, 1, 2, tzinfo=UTC)),
    ]
    assert landed(settings, "shop", "products", "name, unit_cost") == [
        ("Lampe ä 灯", Decimal("3.1416"))
    ]
    assert landed(settings, "shop", "orders", "ordered_at, promised_date, is_test, _extra") == [
        (
            datetime(2026, 1, 5, 15, 30, tzinfo=UTC),
            date(2026, 1, 8),
            False,
            '{"note":"{\\"a\\": 1}"}',
        ),
        (None, None, True, '{"note":null}'),
    ]
    assert landed(settings, "shop", "order_lines", "quantity, unit_price") == [
        (Decimal(2), Decimal("1234567890.1200"))
    ]


def test_only_new_rows_are_read_and_deleted_ones_found(settings, postgres_url):
    extracted(settings, 0)
    execute(
        postgres_url,
        "update sales.customers set name = 'new' where customer_id = 1;"
        "delete from sales.customers where customer_id = 5;",
    )
    [customers] = [s for s in extracted(settings, 1).statuses if s.entity == "customers"]
    assert (customers.rows_read, customers.rows_landed, customers.rows_deleted) == (2, 1, 1)


def test_a_view_that_fails_is_stale_and_the_others_land(settings, postgres_url):
    extracted(settings, 0)
    execute(
        postgres_url,
        "drop view sales.order_lines;"
        "create view sales.order_lines as select 1 as order_line_id, 10 as order_id, 'P' as product_id,"
        " 2::numeric as quantity, 1 / (select 0 from sales.products) as unit_price;"
        "insert into sales.customers values (6, 'f', '2026-01-10 00:00+08');",
    )
    extraction = extracted(settings, 1)
    [stale] = extraction.stale
    assert (stale.entity, "division by zero" in stale.message) == ("order_lines", True)
    assert len(landed(settings, "shop", "customers", "customer_id")) == 6


def test_a_password_is_never_told(tmp_path):
    settings = settings_for(
        tmp_path,
        '  - {name: shop, url: "postgresql+psycopg://ann:geheim@127.0.0.1:9/none", schema: sales}',
    )
    with pytest.raises(SourceNeverDelivered) as caught:
        extracted(settings, 0)
    assert "shop" in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert "geheim" not in settings.model_dump_json()


def test_a_schema_that_is_missing_is_named(tmp_path, postgres_url):
    settings = settings_for(tmp_path, f'  - {{name: shop, url: "{postgres_url}", schema: nowhere}}')
    with pytest.raises(SourceNeverDelivered, match="no schema 'nowhere'"):
        extracted(settings, 0)
