"""Customers: new ones, who stays, who weighs most."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Section, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections import loyalty, worth
from pipelines.report.words import Words

MOST_IN_WORKBOOK = 5000
# Table → the metrics that it needs explained.
_METRICS_OF = {
    "recurring_revenue": ("end_amount", "net_retention"),
    "product_pairs": ("confidence", "lift"),
    "customers_worth": ("clv_12m", "expected_orders_12m", "probability_alive"),
    "customers_at_risk": ("churn_gap_days",),
    "referrals": ("referred_leads",),
}
_COHORTS = 12
_TOP = 10


def _new(release: Release) -> list[Row]:
    if not release.has("sales_by_period"):
        return []
    return release.rows(
        """
        with months as (
            select period_start, is_complete, new_customers, customers from sales_by_period
            where period_type = 'month' and dimension = 'total'
        )
        select
            months.period_start,
            months.is_complete,
            months.new_customers,
            months.customers,
            before.new_customers as previous,
            year_before.new_customers as year_ago
        from months
        left join months as before on before.period_start = months.period_start - interval 1 month
        left join months as year_before
            on year_before.period_start = months.period_start - interval 1 year
        order by months.period_start
        """
    )


def _top(release: Release, words: Words) -> list[Row]:
    if not release.has("customer_360"):
        return []
    advice = "suggested_action"
    if words.language == "zh":
        has_own = "suggested_action_zh" in release.columns["customer_360"]
        advice = "suggested_action_zh" if has_own else "cast(null as varchar)"
    has_names = release.has("dim_customer")
    name = "coalesce(dim_customer.name, customer_360.customer_id)" if has_names else "customer_id"
    join = (
        " left join dim_customer on customer_360.customer_id = dim_customer.customer_id"
        if has_names
        else ""
    )
    return release.rows(
        f"select {name} as name, orders, net_sales, gross_margin, average_order_value,"
        " first_order_date, last_order_date, days_since_last_order, rfm_segment,"
        f" {advice} as suggested_action, churn_status, last_nps, open_tickets"
        f" from customer_360{join} where orders > 0"
        " order by net_sales desc nulls last, customer_360.customer_id limit ?",
        [MOST_IN_WORKBOOK],
    )


def _totals(release: Release) -> Row:
    if not release.has("customer_360"):
        return {"customers": 0, "net_sales": None, "top": None}
    return release.rows(
        "with ordered as (select net_sales, row_number() over (order by net_sales desc nulls last)"
        " as place from customer_360 where orders > 0)"
        " select count(*) as customers, sum(net_sales) as net_sales,"
        " sum(net_sales) filter (where place <= ?) as top from ordered",
        [_TOP],
    )[0]


def _cohorts(release: Release) -> list[Row]:
    if not release.has("customer_cohorts"):
        return []
    return release.rows(
        """
        with newest as (
            select distinct cohort_month from customer_cohorts
            where cohort_size > 0 order by cohort_month desc limit ?
        )
        select cohort_month, month_number, cohort_size, active_customers, retention_rate,
            net_sales, cumulative_net_sales, is_complete
        from customer_cohorts
        where cohort_month in (select cohort_month from newest) and month_number <= 12
            and cohort_size > 0
        order by cohort_month, month_number
        """,
        [_COHORTS + 1],
    )


def _kept(release: Release, month_number: int) -> Row | None:
    """Of all whole cohorts: the share that bought in that month of their life."""
    if not release.has("customer_cohorts"):
        return None
    rows = release.rows(
        "select sum(active_customers) as active, sum(cohort_size) as size from customer_cohorts"
        " where month_number = ? and is_complete",
        [month_number],
    )
    return rows[0] if rows and rows[0]["size"] else None


def _new_figure(words: Words, rows: list[Row]) -> Figure:
    shown = rows[-14:]
    points = [
        {
            "period": str(row["period_start"]),
            "tick": words.numbers.short_month(row["period_start"]),
            "value": row["new_customers"],
            "past": row["year_ago"] if row["is_complete"] else None,
            "is_running": not row["is_complete"],
        }
        for row in shown
    ]
    legend = [("line-actual", words.say("legend.actual"))]
    if any(is_number(point["past"]) for point in points):
        legend.append(("line-past", words.say("legend.year_ago")))
    if any(point["is_running"] for point in points):
        legend.append(("line-running", words.say("legend.running")))
    title = words.say("customers.new_title")
    return Figure(
        "new_customers",
        title,
        words.say("customers.new_subtitle"),
        words.say("alt.chart", title=title, told="; ".join(
            f"{words.numbers.month(row['period_start'])} {row['new_customers']}" for row in shown)),
        charts.trend(points, words.numbers, form="amount"),
        tuple(legend),
    )  # fmt: skip


def _cohort_figure(words: Words, rows: list[Row]) -> Figure | None:
    cells = [
        {
            "line": f"{words.numbers.month(row['cohort_month'])} ({row['cohort_size']})",
            "step": int(row["month_number"]),
            "value": row["retention_rate"],
        }
        for row in rows
        if row["month_number"] > 0 and row["is_complete"] and is_number(row["retention_rate"])
    ]
    if len({cell["line"] for cell in cells}) < 3:
        return None
    title = words.say("customers.cohort_title")
    firsts = [cell for cell in cells if cell["step"] == 1]
    return Figure(
        "cohorts",
        title,
        words.say("customers.cohort_subtitle"),
        words.say("alt.chart", title=title, told="; ".join(
            f"{cell['line']} {words.numbers.rate(cell['value'])}" for cell in firsts)),
        charts.heat(cells, words.numbers),
    )  # fmt: skip


def _lead(words: Words, release: Release, new: list[Row], totals: Row) -> str:
    numbers = words.numbers
    parts = []
    complete = [row for row in new if row["is_complete"]]
    if new:
        row = (complete or new)[-1]
        change = words.compare("count", row["new_customers"], row["previous"], "")
        parts.append(
            words.say(
                f"customers.new_{change.direction}",
                period=numbers.month(row["period_start"]),
                value=numbers.whole(row["new_customers"]),
                previous=numbers.whole(row["previous"]),
            )
        )
    if totals["customers"] > _TOP and totals["net_sales"] and totals["net_sales"] > 0:
        parts.append(
            words.say(
                "customers.top",
                n=_TOP,
                customers=numbers.whole(totals["customers"]),
                share=numbers.rate(totals["top"] / totals["net_sales"]),
            )
        )
    kept = _kept(release, 3)
    if kept:
        parts.append(
            words.say(
                "customers.kept",
                rate=numbers.rate(float(kept["active"]) / float(kept["size"])),
                n=numbers.whole(kept["size"]),
            )
        )
    return words.join(*parts) or words.say("customers.nothing")


def customers(release: Release, words: Words) -> Section | None:
    """The section; None where no customer ever ordered."""
    top, totals = _top(release, words), _totals(release)
    if not top:
        return None
    new, cohorts = _new(release), _cohorts(release)
    figures: list[Figure] = [_new_figure(words, new)] if len(new) > 1 else []
    cohort_figure = _cohort_figure(words, cohorts)
    if cohort_figure:
        figures.append(cohort_figure)
    for row in top:
        for key in ("rfm_segment", "churn_status"):
            row[key] = None if row[key] is None else words.choice(key, row[key])
    later = {
        "rfm_segment": Column("rfm_segment", words.say("column.rfm_segment")),
        "churn_status": Column("churn_status", words.say("column.churn_status")),
        "suggested_action": Column(
            "suggested_action", words.say("column.suggested_action"), "long"
        ),
    }
    columns = [
        Column("name", words.say("column.customer")),
        Column("net_sales", words.term("net_sales"), "money"),
        Column("share", words.say("column.share_of_total"), "rate"),
        Column("orders", words.term("orders"), "count"),
        Column("average_order_value", words.term("average_order_value"), "money"),
        Column("gross_margin", words.say("column.gross_margin"), "money",
               words.say("why.no_cost")),
        Column("first_order_date", words.say("column.first_order_date"), "day"),
        Column("last_order_date", words.say("column.last_order_date"), "day"),
        # What later marts fill is shown once it is filled.
        *(column for key, column in later.items() if any(row[key] is not None for row in top)),
    ]  # fmt: skip
    whole = totals["net_sales"]
    rows = [
        row | {"share": float(row["net_sales"] / whole)
               if whole and is_number(row["net_sales"]) else None} for row in top
    ]  # fmt: skip
    more = totals["customers"] - len(top)
    tables = [
        Table(
            "customers_top",
            words.say("customers.top_table"),
            tuple(columns),
            rows,
            note=words.say("customers.more", n=words.numbers.whole(more)) if more > 0 else "",
            native=Native("bar", "name", ("net_sales",), words.say("customers.top_table"),
                          rows=_TOP),
        )
    ]  # fmt: skip
    parts = [
        part(release, words)
        for part in (loyalty.churn, loyalty.recurring, loyalty.pairs, worth.worth, worth.leaving,
                     worth.offers, worth.referrals)
    ]  # fmt: skip
    tables += [table for part in parts for table in part.tables]
    figures += [figure for part in parts for figure in part.figures]
    return Section(
        "customers",
        words.say("section.customers"),
        words.join(_lead(words, release, new, totals), *(p.sentence for p in parts if p.sentence)),
        tuple(figures),
        tuple(tables),
        (
            "new_customers",
            "retention_rate",
            "net_sales",
            "average_order_value",
            *(["churn_rate"] if parts[0].sentence else []),
            *(metric for table in tables for metric in _METRICS_OF.get(table.key, ())),
        ),
    )
