"""Faults of numbers: out of range, on another scale, in another currency, not what they add up to."""

from __future__ import annotations

from pipelines.demo.faults.planter import Found, Kind, Planter

_EACH = 4
# A value that cannot be, whatever the company sells.
_IMPOSSIBLE = (
    ("opportunities", "amount", "amount > 0", -5_000),
    ("order_lines", "unit_price", "quantity > 0", -99.5),
    ("order_lines", "quantity", "quantity > 0", 0),
    ("quotas", "amount", "true", -100_000),
    ("contracts", "monthly_amount", "true", -300),
    ("products", "unit_cost", "unit_cost > 0", -40),
    ("accounts", "employee_count", "employee_count > 0", -12),
    ("opportunities", "probability", "is_closed = 0", -0.2),
    ("training_attendances", "exam_score", "exam_score is not null", -0.5),
    ("campaigns", "cost", "cost > 0", -800),
    ("returns", "amount", "amount > 0", -60),
    ("exchange_rates", "rate", "true", 0),
    ("activities", "duration_minutes", "duration_minutes > 0", -30),
    ("market_sizes", "amount", "true", -1_000_000),
)  # fmt: skip
_SHIFTS = (10, 100, 0.1, 0.01)


def _out_of_range(planter: Planter) -> None:
    for entity, column, where, value in planter.chance.sample(_IMPOSSIBLE, _EACH + 1):
        (found,) = planter.take(entity, where)
        planter.spoil(found, {column: value}, related=planter.parents(found))


def _percent_scale(planter: Planter) -> None:
    (deal,) = planter.take("opportunities", "is_closed = 0 and probability between 0.1 and 0.9")
    planter.spoil(deal, {"probability": round(deal.row["probability"] * 100)})
    for column in ("exam_score", "feedback_score"):
        (seat,) = planter.take("training_attendances", f"{column} between 0.1 and 0.99")
        planter.spoil(seat, {column: round(seat.row[column] * 100)})
    (stage,) = planter.take("pipeline_stages", "default_probability between 0.1 and 0.9")
    planter.spoil(stage, {"default_probability": round(stage.row["default_probability"] * 100)})


def _balance(planter: Planter, order: str) -> None:
    """State the order's total again, as the shop does whenever a line changes."""
    planter.sources.ask(
        "update orders set total_amount = round((select sum(quantity * unit_price"
        " - coalesce(discount_amount, 0) + coalesce(tax_amount, 0)) from order_lines as l"
        " where l.order_id = orders.order_id) - coalesce(discount_amount, 0)"
        " + coalesce(shipping_amount, 0), 2) where order_id = ?",
        order,
    )


def _shadow(planter: Planter, order: str) -> tuple[str, ...]:
    """The order and its payments, which say another sum than a line or total that is wrong."""
    payments = planter.sources.ask("select payment_id from payments where order_id = ?", order)
    return (f"orders:{order}", *(f"payments:{payment}" for (payment,) in payments))


def _decimal_shift(planter: Planter) -> None:
    """A price or amount typed with its point one or two places off; everything that tells what it
    should be stays: other lines of the product, a deal's own lines, an order's payment."""
    for shift in _SHIFTS:
        (line,) = planter.take(
            "order_lines",
            "unit_price >= 50 and quantity > 0 and product_id in (select product_id from"
            " order_lines group by product_id having count(*) >= 20)",
        )
        changed = {
            name: round((line.row[name] or 0) * shift, 2)
            for name in ("unit_price", "discount_amount", "tax_amount")
        }
        planter.spoil(line, changed, related=_shadow(planter, line.row["order_id"]))
        _balance(planter, line.row["order_id"])
    (product,) = planter.take(
        "products",
        "list_price >= 50 and product_id in"
        " (select product_id from order_lines group by product_id having count(*) >= 20)",
    )
    price = round(product.row["list_price"] * planter.chance.choice(_SHIFTS), 2)
    planter.spoil(product, {"list_price": price})
    for shift in planter.chance.sample(_SHIFTS, 2):
        (deal,) = planter.take("opportunities", "amount >= 1000")
        amount = round(deal.row["amount"] * shift, 2)
        planter.spoil(deal, {"amount": amount}, related=_lines_of(planter, deal))
    (payment,) = planter.take(
        "payments",
        "status = 'paid' and amount > 100"
        " and (order_id, amount) in (select order_id, total_amount from orders)",
    )
    shift = planter.chance.choice((10, 0.1))
    planter.spoil(payment, {"amount": round(payment.row["amount"] * shift, 2)},
                  related=planter.parents(payment))  # fmt: skip


def _currency_mismatch(planter: Planter) -> None:
    """A foreign customer's business in the home currency, or the other way round; the figures
    themselves are as they were."""
    at_home = "currency_code = 'CNY' and {0} in (select {0} from {1} where country = '中国')"
    abroad = "currency_code <> 'CNY' and {0} in (select {0} from {1} where country <> '中国')"
    for entity, key, owner, where in (
        ("orders", "customer_id", "customers", at_home),
        ("orders", "customer_id", "customers", abroad),
        ("opportunities", "account_id", "accounts", at_home),
        ("opportunities", "account_id", "accounts", abroad),
        ("contracts", "customer_id", "customers", at_home),
    ):
        (found,) = planter.take(entity, where.format(key, owner))
        other = "USD" if found.row["currency_code"] == "CNY" else "CNY"
        planter.spoil(found, {"currency_code": other}, related=_lines_of(planter, found))


def _lines_of(planter: Planter, found: Found) -> tuple[str, ...]:
    if found.entity == "contracts":
        return ()
    entity, key, column = {
        "orders": ("order_lines", "order_line_id", "order_id"),
        "opportunities": ("opportunity_lines", "opportunity_line_id", "opportunity_id"),
    }[found.entity]
    lines = planter.sources.ask(f"select {key} from {entity} where {column} = ?", found.row[column])
    return tuple(f"{entity}:{line}" for (line,) in lines)


def _discount_over_line(planter: Planter) -> None:
    for _ in range(_EACH):
        (line,) = planter.take("order_lines", "unit_price > 10 and quantity > 0")
        gross = line.row["quantity"] * line.row["unit_price"]
        discount = round(gross * planter.chance.choice((1.2, 1.5, 2.0)), 2)
        related = _shadow(planter, line.row["order_id"])
        planter.spoil(line, {"discount_amount": discount}, related=related)
        _balance(planter, line.row["order_id"])


def _total_against_lines(planter: Planter) -> None:
    for factor in (1.25, 0.8, 1.07, 0.5):
        (order,) = planter.take("orders", "total_amount > 100 and order_id in"
                                " (select order_id from order_lines)")  # fmt: skip
        total = round(order.row["total_amount"] * factor + 3, 2)
        planter.spoil(order, {"total_amount": total}, related=_shadow(planter, order.record_id))


def _return_over_sold(planter: Planter) -> None:
    for times in (2, 3, 5):
        (back,) = planter.take("returns", "order_line_id is not null and quantity > 0")
        ((sold,),) = planter.sources.ask(
            "select quantity from order_lines where order_line_id = ?", back.row["order_line_id"]
        )
        planter.spoil(back, {"quantity": sold * times + 1})


def _splits_sum(planter: Planter) -> None:
    for off in (0.2, -0.2, 0.1):
        (split,) = planter.take("opportunity_splits", "share between 0.25 and 0.75")
        share = round(split.row["share"] + off, 2)
        (deal,) = planter.look("opportunities", f"opportunity_id = '{split.row['opportunity_id']}'")
        planter.sources.update("opportunity_splits", split.place, {"share": share})
        planter.tell(deal, "share", split.row["share"], share,
                     (f"opportunity_splits:{split.record_id}",))  # fmt: skip


KINDS = (
    Kind("percent_scale", "conformity", _percent_scale),
    Kind("splits_sum", "accuracy", _splits_sum),
    Kind("return_over_sold", "accuracy", _return_over_sold),
    Kind("currency_mismatch", "consistency", _currency_mismatch),
    Kind("decimal_shift", "accuracy", _decimal_shift),
    Kind("discount_over_line", "accuracy", _discount_over_line),
    Kind("total_against_lines", "accuracy", _total_against_lines),
    Kind("out_of_range", "accuracy", _out_of_range),
)
