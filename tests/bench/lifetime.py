"""Lifetime value of simulated customers: time and memory of `salesops run`'s step `predict` alone.

`python -m tests.bench.lifetime [CUSTOMERS]`, a million by default: customers who order and leave as
the model has it, over three years, in a warehouse with nothing but their orders.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.predict.value import predict_values
from tests.bench.marts import cpu_seconds

AS_OF = date(2026, 6, 30)
DAYS = 3 * 365
# How often customers order, and how soon they leave: r, alpha (days), a, b; and what they spend.
ORDERING = (0.8, 60.0, 0.8, 2.5)
SPENDING = (6.0, 4.0, 15.0)


def order_days(customers: int, seed: int = 1) -> pa.Table:
    """The orders (customer, days before the end, amount) of so many customers."""
    chance = np.random.default_rng(seed)
    r, alpha, a, b = ORDERING
    rate = chance.gamma(r, 1 / alpha, customers)
    leaves = chance.beta(a, b, customers)
    p, q, gamma = SPENDING
    scale = chance.gamma(q, 1 / gamma, customers)
    who = np.arange(customers)
    day = chance.uniform(0, DAYS, customers)
    found: list[Any] = []
    while len(who):
        found.append((who, day, chance.gamma(p, 1 / scale[who])))
        stays = chance.uniform(size=len(who)) >= leaves[who] if len(found) > 1 else who >= 0
        who, day = who[stays], day[stays]
        day = day + chance.exponential(1 / rate[who])
        who, day = who[day < DAYS], day[day < DAYS]
    columns = [np.concatenate([part[place] for part in found]) for place in range(3)]
    return pa.table({"customer": columns[0], "day": columns[1], "amount": columns[2]})


def write_warehouse(warehouse: Path, orders: pa.Table) -> None:
    """The columns of core that the step reads; a third of what is sold is margin."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.register("orders", orders)
        connection.execute("create schema core")
        connection.execute(
            "create table core.fct_order as select 'c' || customer as customer_id, true as is_valid,"
            f" cast(date '{AS_OF}' - cast({DAYS} - floor(day) as integer) as date) as order_date,"
            " cast(amount as decimal(18, 4)) as net_sales from orders"
        )
        connection.execute(
            "create table core.fct_order_line as select customer_id, is_valid, net_sales,"
            " cast(net_sales / 3 as decimal(18, 4)) as gross_margin from core.fct_order"
        )


def main(customers: int) -> None:
    """Print what valuing so many customers takes."""
    with tempfile.TemporaryDirectory() as name:
        warehouse = Path(name) / "warehouse.duckdb"
        orders = order_days(customers)
        write_warehouse(warehouse, orders)
        cpu, started = cpu_seconds(), time.monotonic()
        rows = predict_values(warehouse, AS_OF)
        seconds, cpu = time.monotonic() - started, cpu_seconds() - cpu
        with duckdb.connect(str(warehouse)) as connection:
            valued = connection.execute(
                "select count(clv_12m), round(avg(probability_alive), 3), round(avg(clv_12m), 2)"
                " from predict.customer_value"
            ).fetchone()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:,} customers, {orders.num_rows:,} orders: {seconds:.1f} s, {cpu:.1f} s of CPU,"
        f" peak memory {memory:.0f} MB; valued, mean alive, mean value: {valued}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
