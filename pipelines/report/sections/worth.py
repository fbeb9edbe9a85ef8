"""Customers, further: what they will be worth, who is about to leave, what to offer, referrals."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections.team import rep_names
from pipelines.report.words import Words

_TOP = 10
_MOST_IN_WORKBOOK = 1000
_MONTHS = 12


def _customers(release: Release) -> str:
    """Name of a customer and owner of the account, as far as the release knows them."""
    named = release.has("dim_customer")
    owned = release.has("dim_account")
    return " ".join(
        (
            "select customer_360.*,",
            "coalesce(dim_customer.name, customer_360.customer_id) as name,"
            if named
            else "customer_360.customer_id as name,",
            "dim_account.owner_id" if owned else "cast(null as varchar) as owner_id",
            "from customer_360",
            "left join dim_customer on customer_360.customer_id = dim_customer.customer_id"
            if named
            else "",
            "left join dim_account on customer_360.account_id = dim_account.account_id"
            if owned
            else "",
        )
    )


def _products(release: Release) -> dict[str, str]:
    if not release.has("dim_product"):
        return {}
    return {
        row["product_id"]: row["name"]
        for row in release.rows("select product_id, name from dim_product")
    }


def worth(release: Release, words: Words) -> Part:
    """Which customers will bring most in the next twelve months, or why nobody can say."""
    if not release.has("customer_360", "clv_12m", "clv_reason"):
        return Part()
    numbers = words.numbers
    rows = release.rows(
        f"with customers as ({_customers(release)}) select name, clv_12m, expected_orders_12m,"
        " probability_alive, probability_no_order_90d, net_sales, churn_status, next_product_id"
        " from customers where clv_12m is not null order by clv_12m desc, customer_id limit ?",
        [_MOST_IN_WORKBOOK],
    )
    if not rows:
        # Who never ordered has no value to foretell; the reason that counts is the others'.
        reasons = release.rows(
            "select clv_reason, count(*) as n from customer_360"
            " where orders > 0 and clv_reason is not null group by clv_reason"
            " order by n desc, clv_reason limit 1"
        )
        if not reasons:
            return Part()
        return Part(words.say("worth.refused", reason=_reason(words, reasons[0]["clv_reason"])))
    [total] = release.rows(
        "with placed as (select clv_12m, row_number() over (order by clv_12m desc) as place"
        " from customer_360 where clv_12m is not null) select count(*) as n, sum(clv_12m) as whole,"
        " sum(clv_12m) filter (where place <= ?) as top from placed",
        [_TOP],
    )
    key = "few" if total["n"] <= _TOP or total["whole"] <= 0 else "most"
    finding = words.say(
        f"worth.{key}",
        n=numbers.whole(total["n"]),
        amount=numbers.short(total["whole"]),
        top=_TOP,
        share=numbers.rate(float(total["top"] / total["whole"])) if total["whole"] > 0 else "",
    )
    products = _products(release)
    for row in rows:
        row["next"] = products.get(row["next_product_id"], row["next_product_id"])
        row["churn"] = row["churn_status"] and words.choice("churn_status", row["churn_status"])
    few = words.say("why.no_forecast")
    title = words.say("worth.table")
    columns = (
        Column("name", words.say("column.customer")),
        Column("clv_12m", words.term("clv_12m"), "money", few),
        Column("expected_orders_12m", words.term("expected_orders_12m"), "days", few),
        Column("probability_alive", words.term("probability_alive"), "rate", few),
        Column("probability_no_order_90d", words.term("probability_no_order_90d"), "rate", few),
        Column("net_sales", words.say("column.net_sales_so_far"), "money"),
        Column("churn", words.say("column.churn_status"), "text", words.say("why.no_gap")),
        Column("next", words.say("column.next_product"), "text", words.say("why.no_offer")),
    )
    table = Table("customers_worth", title, columns, rows, finding=finding,
                  native=Native("bar", "name", ("clv_12m",), title, rows=_TOP))  # fmt: skip
    return Part(tables=(table,))


def _reason(words: Words, reason: str) -> str:
    """Why there is no forecast; the mart says so in English."""
    key = "too_few" if "again" in reason else "no_cost" if "cost" in reason else "no_model"
    return words.say(f"worth.{key}")


def leaving(release: Release, words: Words) -> Part:
    """Customers who are silent for longer than usual, those who brought most first."""
    if not release.has("customer_360", "churn_status", "churn_gap_days", "last_contact_at"):
        return Part()
    rows = release.rows(
        f"with customers as ({_customers(release)}) select name, owner_id, net_sales,"
        " days_since_last_order, churn_gap_days, probability_alive, last_contact_at, open_tickets"
        " from customers where churn_status = 'at_risk'"
        " order by net_sales desc nulls last, customer_id limit ?",
        [_MOST_IN_WORKBOOK],
    )
    if not rows:
        return Part()
    [total] = release.rows(
        "select count(*) as n, sum(net_sales) as amount from customer_360"
        " where churn_status = 'at_risk'"
    )
    numbers, names = words.numbers, rep_names(release)
    for row in rows:
        row["owner"] = names.get(row["owner_id"], {}).get("name") or row["owner_id"]
        row["last_contact"] = words.local_day(row["last_contact_at"])
    first = rows[0]
    finding = words.say(
        "leaving.at_risk",
        n=numbers.whole(total["n"]),
        amount=numbers.short(total["amount"]),
        name=first["name"],
        days=numbers.whole(first["days_since_last_order"]),
        share=numbers.short(first["net_sales"]),
    )
    columns = (
        Column("name", words.say("column.customer")),
        Column("owner", words.say("column.owner"), "text", words.say("why.no_owner")),
        Column("net_sales", words.say("column.net_sales_so_far"), "money"),
        Column("days_since_last_order", words.say("column.days_silent"), "count"),
        Column("churn_gap_days", words.term("churn_gap_days"), "days", words.say("why.no_gap")),
        Column("probability_alive", words.term("probability_alive"), "rate",
               words.say("why.no_forecast")),
        Column("last_contact", words.say("column.last_contact"), "day",
               words.say("why.no_contact")),
        Column("open_tickets", words.say("column.open_tickets"), "count"),
    )  # fmt: skip
    return Part(
        tables=(
            Table("customers_at_risk", words.say("leaving.table"), columns, rows, finding=finding),
        )
    )


def offers(release: Release, words: Words) -> Part:
    """What could be offered next, and to whom: the customers who bring most first."""
    if not release.has("next_products") or not release.has("customer_360"):
        return Part()
    best = (
        f"with customers as ({_customers(release)}), best as (select name, owner_id, net_sales,"
        " customers.customer_id, next_products.product_id, because_product_id, score"
        " from next_products"
        " inner join customers on next_products.customer_id = customers.customer_id"
        " where rank = 1 and coalesce(churn_status, '') <> 'churned') "
    )
    rows = release.rows(
        f"{best} select * from best order by net_sales desc nulls last, customer_id limit ?",
        [_MOST_IN_WORKBOOK],
    )
    if not rows:
        return Part()
    counted = release.rows(
        f"{best} select product_id, count(*) as n from best group by product_id"
        " order by n desc, product_id"
    )
    numbers, products, names = words.numbers, _products(release), rep_names(release)
    for row in rows:
        row["product"] = products.get(row["product_id"], row["product_id"])
        row["because"] = products.get(row["because_product_id"], row["because_product_id"])
        row["owner"] = names.get(row["owner_id"], {}).get("name") or row["owner_id"]
    ordered = [(products.get(row["product_id"], row["product_id"]), row["n"]) for row in counted]
    finding = words.say(
        "offers.most",
        n=numbers.whole(sum(n for _, n in ordered)),
        product=ordered[0][0],
        customers=numbers.whole(ordered[0][1]),
    )
    columns = (
        Column("name", words.say("column.customer")),
        Column("owner", words.say("column.owner"), "text", words.say("why.no_owner")),
        Column("product", words.say("column.next_product")),
        Column("because", words.say("column.because")),
        Column("score", words.term("confidence"), "rate"),
        Column("net_sales", words.say("column.net_sales_so_far"), "money"),
    )
    table = Table("next_products", words.say("offers.table"), columns, rows)
    if len(ordered) < 2:
        return Part(tables=(Table(table.key, table.title, columns, rows, finding=finding),))
    bars = [{"label": product, "value": n, "text": numbers.whole(n)} for product, n in ordered[:8]]
    title = words.say("offers.title")
    figure = Figure(
        "next_products", title, words.say("offers.subtitle"),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars, label_share=0.4), finding=finding,
    )  # fmt: skip
    return Part(figures=(figure,), tables=(table,))


def referrals(release: Release, words: Words) -> Part:
    """What recommendations brought, the last twelve months."""
    if not release.has("referrals"):
        return Part()
    rows: list[Row] = release.rows(
        "select period_start, referred_leads, referring_accounts, won, won_amount from referrals"
        " order by period_start desc limit ?",
        [_MONTHS],
    )
    leads = sum(row["referred_leads"] for row in rows)
    if not leads:
        return Part()
    numbers = words.numbers
    amount = sum(row["won_amount"] for row in rows if is_number(row["won_amount"]))
    won = sum(row["won"] for row in rows)
    finding = words.say(
        "referrals.won" if won else "referrals.none_won",
        months=len(rows),
        leads=numbers.whole(leads),
        won=numbers.whole(won),
        amount=numbers.short(amount),
    )
    title = words.say("referrals.table")
    columns = (
        Column("period_start", words.say("column.month"), "month"),
        Column("referred_leads", words.term("referred_leads"), "count"),
        Column("referring_accounts", words.say("column.referring_accounts"), "count"),
        Column("won", words.say("column.won"), "count"),
        Column("won_amount", words.say("column.won_amount"), "money"),
    )
    table = Table("referrals", title, columns, rows, shown=6, finding=finding,
                  native=Native("column", "period_start", ("referred_leads",), title))  # fmt: skip
    return Part(tables=(table,))
