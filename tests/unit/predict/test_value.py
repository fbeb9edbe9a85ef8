"""What is written of each customer: figures where they can be said, else the reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pipelines.predict import lifetime
from pipelines.predict.value import (
    Customers,
    discounted_orders,
    margin_rates,
    predict_values,
    read_customers,
)

AS_OF = date(2024, 12, 31)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """40 customers who came back, and three who didn't; nobody's costs are known but c0's."""
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema core")
        connection.execute(
            "create table core.fct_order as select 'c' || i as customer_id,"
            " date '2024-01-01' + cast(i % 7 + j * (10 + i) as integer) as order_date,"
            " (100 + i)::decimal(18, 4) as net_sales, true as is_valid"
            " from range(0, 43) as c (i), range(0, 6) as o (j)"
            " where (i < 40 or j = 0) and 10 * j + i * j + 7 < 366"
        )
        connection.execute(
            "create table core.fct_order_line as select customer_id, net_sales, is_valid,"
            " if(customer_id = 'c0', 40, null)::decimal(18, 4) as gross_margin from core.fct_order"
        )
    return file


def test_days_after_the_first_are_counted_and_two_orders_of_one_day_once(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into core.fct_order values ('c0', '2024-01-11', null, true),"
            " ('c0', '2024-01-12', 999, false), (null, '2024-01-12', 999, true)"
        )
        found = read_customers(connection, AS_OF)
    # c0 on 1, 11, 21 and 31 January, 10 and 20 February, each for 100.
    assert (found.ids[0], found.x[0], found.t_x[0], found.t[0]) == ("c0", 5, 50, 365)
    assert (found.paid_days[0], found.paid[0]) == (5, 500)
    assert len(found.x) == 43


def test_everyone_is_valued_by_the_margin_that_is_known(warehouse: Path) -> None:
    assert predict_values(warehouse, AS_OF) == 43
    with duckdb.connect(str(warehouse)) as connection:
        rows = connection.execute(
            "select probability_alive, probability_no_order_90d, expected_orders_12m, clv_12m,"
            " clv_reason from predict.customer_value"
        ).fetchall()
    assert len(rows) == 43
    for alive, quiet, orders, value, reason in rows:
        assert 0 <= 1 - alive <= quiet <= 1
        assert min(orders, value) >= 0
        assert reason is None


def test_without_a_cost_there_are_orders_and_no_value(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update core.fct_order_line set gross_margin = null")
    predict_values(warehouse, AS_OF)
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute(
            "select clv_reason, count(*), count(clv_12m), count(expected_orders_12m)"
            " from predict.customer_value group by 1"
        ).fetchall() == [("No cost is known.", 43, 0, 43)]


def test_thirty_who_came_back_are_enough_and_one_less_is_not(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from core.fct_order where customer_id in ('c0', 'c1', 'c2',"
                           " 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9')")  # fmt: skip
    predict_values(warehouse, AS_OF)
    with duckdb.connect(str(warehouse)) as connection:
        [(known,)] = connection.execute(
            "select count(probability_alive) from predict.customer_value"
        ).fetchall()
        connection.execute("delete from core.fct_order where customer_id = 'c10'")
    predict_values(warehouse, AS_OF)
    with duckdb.connect(str(warehouse)) as connection:
        rows = connection.execute(
            "select distinct clv_reason, probability_alive from predict.customer_value"
        ).fetchall()
    assert (known, rows) == (33, [("29 customers ordered again: 30 are needed.", None)])


def some(**columns: list[float]) -> Customers:
    number = len(next(iter(columns.values())))
    nothing = {n: np.zeros(number) for n in ("x", "t_x", "t", "paid_days", "paid")}
    known = {name: np.array(values, dtype=float) for name, values in columns.items()}
    empty = {n: np.full(number, np.nan) for n in ("gross_margin", "costed_sales")}
    return Customers(ids=np.arange(number), **(nothing | empty | known))


def test_who_has_no_cost_of_their_own_has_the_companys_margin() -> None:
    # 30 of 100; nothing known; all together 30 + 20 of 100 + 100.
    found = margin_rates(some(gross_margin=[30, np.nan, 20], costed_sales=[100, np.nan, 100]))
    assert found == pytest.approx([0.3, 0.25, 0.2])


def test_later_months_are_worth_less() -> None:
    class Steady(lifetime.BuyingModel):
        def expected(self, x, t_x, T, spans):
            return np.outer(np.asarray(spans) * 12 / 365, np.ones_like(x))

    orders, worth = discounted_orders(Steady(1, 1, 1, 1), some(x=[1]))
    # One a month: 1 / 1.1^(1/12) + 1 / 1.1^(2/12) + … + 1 / 1.1.
    assert orders == pytest.approx([12])
    assert worth == pytest.approx([sum(1.1 ** (-month / 12) for month in range(1, 13))])
