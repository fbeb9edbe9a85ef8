"""Value each customer's next year: read core, fit, write `predict.customer_value`. Nothing of Dagster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.predict import lifetime
from pipelines.predict.lifetime import Floats

# Type and meaning of each column.
COLUMNS = {
    "customer_id": ("varchar", "The surviving customer."),
    "probability_alive": ("double", "Probability that the customer still buys."),
    "probability_no_order_90d": ("double", "Probability of no order in the next 90 days."),
    "expected_orders_12m": ("double", "Days with an order expected in 365 days."),
    "clv_12m": ("decimal(18, 4)", "Margin expected of those days, discounted monthly."),
    "clv_reason": ("varchar", "Why clv_12m is NULL."),
}
# Fewer who came back say too little of how customers come back.
LEAST_REPEAT_CUSTOMERS = 30
MONTHS, YEAR_DAYS = 12, 365
YEARLY_DISCOUNT = 0.10
QUIET_DAYS = 90

# One row for each customer who ordered: days with an order after the first one; when the last of
# them was, and the as-of day, in days from the first; what was spent on those whose sales are known.
_ORDER_DAYS = """
with days as (
    select customer_id, order_date, sum(net_sales) as net_sales
    from core.fct_order
    where is_valid and customer_id is not null
    group by customer_id, order_date
), repeats as (
    select *, min(order_date) over (partition by customer_id) as first_date from days
), margins as (
    select
        customer_id,
        sum(gross_margin) as gross_margin,
        sum(net_sales) filter (where gross_margin is not null) as costed_sales
    from core.fct_order_line
    where is_valid and customer_id is not null
    group by customer_id
)
select
    repeats.customer_id,
    count(*) - 1 as x,
    max(order_date) - min(first_date) as t_x,
    cast($as_of as date) - min(first_date) as t,
    count(net_sales) filter (where order_date > first_date) as paid_days,
    coalesce(sum(net_sales) filter (where order_date > first_date), 0)::double as paid,
    any_value(margins.gross_margin)::double as gross_margin,
    any_value(margins.costed_sales)::double as costed_sales
from repeats
left join margins using (customer_id)
group by repeats.customer_id
order by repeats.customer_id
"""


@dataclass(frozen=True)
class Customers:
    """What is known of customers who ordered, one row each."""

    ids: Any
    x: Floats
    t_x: Floats
    t: Floats
    paid_days: Floats
    paid: Floats
    gross_margin: Floats
    costed_sales: Floats


@dataclass(frozen=True)
class Value:
    """What is expected of each; NaN where nothing can be said, with the reason."""

    alive: Floats
    quiet: Floats
    orders: Floats
    value: Floats
    reasons: list[str | None]


def read_customers(connection: Any, as_of: date) -> Customers:
    """The customers with a valid order, in the order of their ids."""
    found = connection.execute(_ORDER_DAYS, {"as_of": as_of}).fetchnumpy()

    def floats(name: str) -> Floats:
        return np.ma.filled(np.ma.asarray(found[name], dtype=float), np.nan)

    return Customers(found["customer_id"], *(floats(n) for n in (
        "x", "t_x", "t", "paid_days", "paid", "gross_margin", "costed_sales"
    )))  # fmt: skip


def _nothing(customers: Customers, reason: str) -> Value:
    nothing = np.full(len(customers.x), np.nan)
    return Value(nothing, nothing, nothing, nothing, [reason] * len(nothing))


def margin_rates(customers: Customers) -> Floats:
    """What is left of sales after cost: the customer's own share, else the company's."""
    costed = np.nan_to_num(customers.costed_sales)
    margin = np.nan_to_num(customers.gross_margin)
    whole = margin.sum() / costed.sum() if costed.sum() > 0 else np.nan
    return np.where(costed > 0, margin / np.where(costed > 0, costed, 1), whole)


def discounted_orders(model: lifetime.BuyingModel, customers: Customers) -> tuple[Floats, Floats]:
    """Expected days with an order within a year, and the same with later months discounted."""
    months = np.arange(1, MONTHS + 1)
    spans = [YEAR_DAYS * month / MONTHS for month in range(1, MONTHS + 1)]
    until = model.expected(customers.x, customers.t_x, customers.t, spans)
    in_month = np.diff(until, axis=0, prepend=0)
    return until[-1], (1 + YEARLY_DISCOUNT) ** (-months / MONTHS) @ in_month


def value_customers(customers: Customers) -> Value:
    """Fit both models on all customers and value each."""
    came_back = int((customers.x > 0).sum())
    if came_back < LEAST_REPEAT_CUSTOMERS:
        return _nothing(
            customers,
            f"{came_back} customers ordered again: {LEAST_REPEAT_CUSTOMERS} are needed.",
        )
    try:
        buying = lifetime.fit_buying(customers.x, customers.t_x, customers.t)
    except lifetime.NotFitted:
        return _nothing(customers, "How often customers order fits no model.")
    state = (customers.x, customers.t_x, customers.t)
    orders, worth = discounted_orders(buying, customers)
    spent = _spending(customers)
    value = worth * spent * margin_rates(customers)
    reasons = np.where(np.isnan(spent), "What customers spend fits no model.", "No cost is known.")
    return Value(
        buying.probability_alive(*state),
        buying.probability_of_none(*state, QUIET_DAYS),
        orders,
        value,
        [str(r) if np.isnan(v) else None for r, v in zip(reasons, value, strict=True)],
    )


def _spending(customers: Customers) -> Floats:
    """What each is expected to spend on a day; NaN where too few spent anything."""
    # The model knows no day on which less than nothing is spent.
    fits = (customers.paid_days > 0) & (customers.paid > 0)
    if fits.sum() < LEAST_REPEAT_CUSTOMERS:
        return np.full(len(customers.x), np.nan)
    days = np.where(fits, customers.paid_days, 0)
    means = np.where(fits, customers.paid / np.maximum(customers.paid_days, 1), 0)
    try:
        model = lifetime.fit_spending(days[fits], means[fits])
    except lifetime.NotFitted:
        return np.full(len(customers.x), np.nan)
    spent = model.expected(days, means)
    return np.where((days > 0) | model.has_mean, spent, np.nan)


def write_table(connection: Any, ids: Any, value: Value) -> None:
    """Replace the table by what was found."""
    import pyarrow as pa

    columns = ", ".join(f"{name} {type_}" for name, (type_, _) in COLUMNS.items())
    connection.execute("create schema if not exists predict")
    connection.execute(f"create or replace table predict.customer_value ({columns})")
    found = pa.table(
        {
            "customer_id": pa.array(list(ids), pa.string()),
            "alive": pa.array(value.alive, from_pandas=True),
            "quiet": pa.array(value.quiet, from_pandas=True),
            "orders": pa.array(value.orders, from_pandas=True),
            "value": pa.array(value.value, from_pandas=True),
            "reason": pa.array(value.reasons, pa.string()),
        }
    )
    connection.register("found", found)
    connection.execute("insert into predict.customer_value select * from found")
    connection.unregister("found")


def predict_values(warehouse: Path, as_of: date) -> int:
    """Write `predict.customer_value` anew: one row for each customer who ordered. Returns rows."""
    import duckdb

    with duckdb.connect(str(warehouse)) as connection:
        customers = read_customers(connection, as_of)
        write_table(connection, customers.ids, value_customers(customers))
    return len(customers.x)
