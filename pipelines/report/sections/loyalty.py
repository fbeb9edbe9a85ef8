"""Customers, further: who leaves, what contracts bring, what sells together, how tickets go."""

from __future__ import annotations

from pipelines.report.content import Column, Native, Part, Table
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

_MONTHS = 12


def _with_members(rows: list[Row], words: Words) -> list[Row]:
    return [row | {"member": words.member(row)} for row in rows]


def churn(release: Release, words: Words) -> Part:
    """Who left in the last month that is over, and from which segments."""
    if not release.has("customer_churn") or not release.has("sales_by_period"):
        return Part()
    rows = release.rows(
        "select churn.period_start, churn.dimension, churn.member, churn.member_label,"
        " active_start, churned, churn_rate, reactivated, churn.new_customers"
        " from customer_churn as churn where dimension in ('total', 'segment')"
        " and period_start = (select max(period_start) from sales_by_period"
        " where period_type = 'month' and dimension = 'total' and is_complete)"
        " order by churn_rate desc nulls last, churned desc, member"
    )
    whole = next((row for row in rows if row["dimension"] == "total"), None)
    if whole is None or whole["churn_rate"] is None:
        return Part()
    numbers = words.numbers
    segments = [row for row in rows if row["dimension"] == "segment"]
    sentence = words.say(
        "loyalty.churn",
        period=numbers.month(whole["period_start"]),
        churned=numbers.whole(whole["churned"]),
        active=numbers.whole(whole["active_start"]),
        rate=numbers.rate(whole["churn_rate"]),
        back=numbers.whole(whole["reactivated"]),
    )
    columns = (
        Column("member", words.choice("dimension", "segment").capitalize()),
        Column("active_start", words.say("column.active_start"), "count"),
        Column("churned", words.say("column.churned"), "count"),
        Column("churn_rate", words.term("churn_rate"), "rate", words.say("why.no_gap")),
        Column("reactivated", words.say("column.reactivated"), "count"),
        Column("new_customers", words.term("new_customers"), "count"),
    )
    title = words.say("loyalty.churn_table", period=numbers.month(whole["period_start"]))
    table = Table("customer_churn", title, columns, _with_members(segments, words),
                  native=Native("bar", "member", ("churn_rate",), title))  # fmt: skip
    return Part(sentence, tables=(table,) if len(segments) > 1 else ())


def recurring(release: Release, words: Words) -> Part:
    """What contracts bring a month, the last twelve months."""
    if not release.has("recurring_revenue"):
        return Part()
    rows = release.rows(
        "select period_start, start_amount, new, expansion, resurrection, contraction, churn,"
        " end_amount, logo_churn_rate, gross_retention, net_retention from recurring_revenue"
        " where dimension = 'total' order by period_start desc limit ?",
        [_MONTHS],
    )
    if not rows:
        return Part()
    numbers, newest = words.numbers, rows[0]
    sentence = ""
    if newest["net_retention"] is not None:
        sentence = words.say(
            "loyalty.recurring",
            period=numbers.month(newest["period_start"]),
            amount=numbers.short(newest["end_amount"]),
            net=numbers.rate(newest["net_retention"]),
            gross=numbers.rate(newest["gross_retention"]),
        )
    movements = ("new", "expansion", "resurrection", "contraction", "churn")
    columns = (
        Column("period_start", words.say("column.month"), "month"),
        Column("start_amount", words.say("column.start_amount"), "money"),
        *(Column(key, words.say(f"movement.{key}"), "money") for key in movements),
        Column("end_amount", words.term("end_amount"), "money"),
        *(
            Column(key, words.term(key), "rate", words.say("why.no_contract"))
            for key in ("logo_churn_rate", "gross_retention", "net_retention")
        ),
    )
    title = words.say("loyalty.recurring_table")
    table = Table("recurring_revenue", title, columns, rows, shown=_MONTHS,
                  native=Native("line", "period_start", ("end_amount",), title))  # fmt: skip
    return Part(sentence, tables=(table,))


def pairs(release: Release, words: Words) -> Part:
    """The products that are bought together most surely, each pair once."""
    if not release.has("product_affinity") or not release.has("dim_product"):
        return Part()
    rows = release.rows(
        "select one.name as product, other.name as other_product, orders_both, confidence, lift"
        " from product_affinity"
        " inner join dim_product as one on product_affinity.product_id = one.product_id"
        " inner join dim_product as other on product_affinity.other_product_id = other.product_id"
        # Of the two directions the surer one.
        " where is_significant and (orders_product < orders_other or (orders_product = orders_other"
        " and one.product_id < other.product_id)) order by lift desc, product, other_product"
    )
    if not rows:
        return Part()
    first = rows[0]
    sentence = words.say(
        "loyalty.pair",
        product=first["product"],
        other=first["other_product"],
        rate=words.numbers.rate(first["confidence"]),
        orders=words.numbers.whole(first["orders_both"]),
    )
    columns = (
        Column("product", words.say("column.product")),
        Column("other_product", words.say("column.other_product")),
        Column("orders_both", words.say("column.orders_both"), "count"),
        Column("confidence", words.term("confidence"), "rate"),
        Column("lift", words.term("lift"), "times"),
    )
    return Part(sentence, tables=(
        Table("product_pairs", words.say("loyalty.pair_table"), columns, rows),))  # fmt: skip


def tickets(release: Release, words: Words) -> Part:
    """How quickly tickets are answered and resolved, month by month."""
    if not release.has("service_levels"):
        return Part()
    rows = release.rows(
        "select period_start, tickets, median_first_response_hours, median_resolution_hours,"
        " reopened_rate, open_at_end, is_complete from service_levels"
        " where dimension = 'total' and period_type = 'month' order by period_start desc"
    )
    if not rows:
        return Part()
    numbers = words.numbers
    newest = next((row for row in rows if row["is_complete"]), rows[0])
    sentence = ""
    if newest["median_first_response_hours"] is not None:
        sentence = words.say(
            "loyalty.tickets",
            period=numbers.month(newest["period_start"]),
            tickets=numbers.whole(newest["tickets"]),
            hours=numbers.decimal(newest["median_first_response_hours"]),
            open=numbers.whole(newest["open_at_end"]),
        )
    unanswered = words.say("why.no_answer")
    columns = (
        Column("period_start", words.say("column.month"), "month"),
        Column("tickets", words.say("column.tickets"), "count"),
        Column("median_first_response_hours", words.say("column.first_response_hours"), "days",
               unanswered),
        Column("median_resolution_hours", words.say("column.resolution_hours"), "days",
               words.say("why.not_resolved")),
        Column("reopened_rate", words.term("reopened_rate"), "rate", words.say("why.no_tickets")),
        Column("open_at_end", words.term("open_at_end"), "count"),
    )  # fmt: skip
    title = words.say("loyalty.tickets_table")
    table = Table("service_levels", title, columns, rows,
                  native=Native("line", "period_start", ("median_first_response_hours",), title,
                                rows=24))  # fmt: skip
    return Part(sentence, tables=(table,))
