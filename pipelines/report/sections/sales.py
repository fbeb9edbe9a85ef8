"""Sales: the trend, what and who moved it, regions, channels and products."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Section, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections.change import bridge, launches, returns
from pipelines.report.words import Words

_MONTHS_SHOWN = 14
_DRIVERS = ("region", "channel", "category", "product")
_BROKEN_DOWN = ("region", "channel", "category", "product")


def _months(release: Release) -> list[Row]:
    return release.rows(
        "select period_start, is_complete, net_sales, previous_net_sales, growth,"
        " year_ago_net_sales, growth_yoy, orders, customers, new_customers, units,"
        " discount_amount, returned_amount, gross_margin, gross_margin_rate,"
        " average_order_value from sales_by_period"
        " where period_type = 'month' and dimension = 'total' order by period_start"
    )


def _targets(release: Release) -> dict[date, Any]:
    if not release.has("kpis"):
        return {}
    return {
        row["period_start"]: row["target"]
        for row in release.rows(
            "select period_start, target from kpis where metric = 'net_sales'"
            " and period_type = 'month' and dimension = 'total' and target is not null"
        )
    }


def _members(release: Release, dimension: str, month: date) -> list[Row]:
    return release.rows(
        "select dimension, member, member_label, net_sales, previous_net_sales, growth,"
        " year_ago_net_sales, growth_yoy, share_of_total, orders, customers, new_customers, units,"
        " gross_margin_rate from sales_by_period where period_type = 'month'"
        " and dimension = ? and period_start = ? and (net_sales <> 0 or previous_net_sales <> 0"
        " or year_ago_net_sales <> 0) order by net_sales desc, member",
        [dimension, month],
    )


def _driver(release: Release, words: Words, row: Row) -> str:
    """The member that moved the total most, in the direction that the total went."""
    if not is_number(row["previous_net_sales"]):
        return ""
    change = row["net_sales"] - row["previous_net_sales"]
    if change == 0:
        return ""
    for dimension in _DRIVERS:
        members = [
            member
            for member in _members(release, dimension, row["period_start"])
            if is_number(member["net_sales"]) and is_number(member["previous_net_sales"])
        ]
        if len(members) < 2:
            continue
        sign = 1 if change > 0 else -1
        lead = max(members, key=lambda m: sign * (m["net_sales"] - m["previous_net_sales"]))
        moved = lead["net_sales"] - lead["previous_net_sales"]
        if sign * moved <= 0:
            continue
        share = float(moved / change)
        key = "sales.driver_share" if share <= 1 else "sales.driver_over"
        way = "rise" if change > 0 else "fall"
        return words.say(
            f"{key}_{way}",
            member=words.member(lead),
            share=words.numbers.rate(share),
            amount=words.numbers.short(abs(moved)),
        )
    return ""


def _lead(release: Release, words: Words, months: list[Row], why: str) -> str:
    complete = [row for row in months if row["is_complete"]]
    row = (complete or months)[-1]
    against = words.compare("money", row["net_sales"], row["previous_net_sales"], "")
    year = words.compare("money", row["net_sales"], row["year_ago_net_sales"], "")
    parts = [
        words.say(
            f"sales.{'no_earlier' if against.direction == 'none' else against.direction}",
            period=words.numbers.month(row["period_start"]),
            name=words.term("net_sales"),
            value=words.numbers.short(row["net_sales"]),
            change=words.size(against),
        )
        + (
            words.say(f"sales.year_{year.direction}", change=words.size(year))
            if year.direction != "none"
            else ""
        )
        + words.say("word.stop")
    ]
    if against.direction in ("up", "down"):
        parts.append(_driver(release, words, row))
    parts.append(why)
    last = months[-1]
    if complete and not last["is_complete"]:
        so_far = words.compare("money", last["net_sales"], last["previous_net_sales"], "")
        parts.append(
            words.say(
                f"sales.running_{so_far.direction}",
                period=words.numbers.month(last["period_start"]),
                value=words.numbers.short(last["net_sales"]),
                change=words.size(so_far),
            )
        )
    return words.join(*parts)


def _trend(release: Release, words: Words, months: list[Row]) -> Figure:
    targets = _targets(release)
    shown = months[-_MONTHS_SHOWN:]
    points = [
        {
            "period": str(row["period_start"]),
            "tick": words.numbers.short_month(row["period_start"]),
            "value": row["net_sales"],
            # A running month is compared by elapsed days: its full year-ago figure is unknown here.
            "past": row["year_ago_net_sales"] if row["is_complete"] else None,
            "target": targets.get(row["period_start"]),
            "is_running": not row["is_complete"],
        }
        for row in shown
    ]
    legend = [("line-actual", words.say("legend.actual"))]
    if any(is_number(point["past"]) for point in points):
        legend.append(("line-past", words.say("legend.year_ago")))
    if any(is_number(point["target"]) for point in points):
        legend.append(("line-target", words.say("legend.target")))
    if any(point["is_running"] for point in points):
        legend.append(("line-running", words.say("legend.running")))
    told = "; ".join(
        f"{words.numbers.month(row['period_start'])} {words.numbers.short(row['net_sales'])}"
        for row in shown
    )
    return Figure(
        "sales_trend",
        words.say("sales.trend_title"),
        words.say("sales.trend_subtitle"),
        words.say("alt.chart", title=words.say("sales.trend_title"), told=told),
        charts.trend(points, words.numbers, form="amount", width=charts.WIDE, height=260),
        tuple(legend),
        is_wide=True,
        narrow_spec=charts.trend(points, words.numbers, form="amount"),
    )


def _breakdown(
    words: Words, dimension: str, members: list[Row], month: str
) -> tuple[Figure, Table]:
    name = words.choice("dimension", dimension)
    top = [
        row
        for row in members
        if is_number(row["net_sales"]) and (row["net_sales"] or row["year_ago_net_sales"])
    ][:10]
    rows = [
        {
            "label": words.member(row),
            "value": row["net_sales"],
            "past": row["year_ago_net_sales"],
            "text": words.numbers.short(row["net_sales"])
            + (f" · {words.numbers.growth(row['growth_yoy'])}"
               if is_number(row["growth_yoy"]) else ""),
        }
        for row in top
    ]  # fmt: skip
    has_past = any(is_number(row["past"]) for row in rows)
    legend = [("box-actual", words.say("legend.actual"))]
    if has_past:
        legend.append(("box-past", words.say("legend.year_ago")))
    title = words.say("sales.by", dimension=name)
    figure = Figure(
        f"sales_{dimension}",
        title,
        words.say("sales.by_subtitle" if has_past else "sales.by_subtitle_alone", period=month),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in rows)),
        charts.bars(rows),
        tuple(legend),
    )  # fmt: skip
    no_earlier = words.say("why.no_earlier")
    table = Table(
        f"sales_{dimension}",
        words.say("sales.by_table", dimension=name, period=month),
        (
            Column("member", name[:1].upper() + name[1:]),
            Column("net_sales", words.term("net_sales"), "money"),
            Column("share_of_total", words.say("column.share_of_total"), "rate"),
            Column("growth", words.say("column.growth"), "growth", no_earlier),
            Column("growth_yoy", words.say("column.growth_yoy"), "growth", no_earlier),
            Column("orders", words.term("orders"), "count"),
            Column("customers", words.term("customers"), "count"),
            Column("gross_margin_rate", words.term("gross_margin_rate"), "rate",
                   words.say("why.no_cost")),
        ),
        [row | {"member": words.member(row)} for row in members],
        native=Native("bar", "member", ("net_sales",), title, rows=10),
    )  # fmt: skip
    return figure, table


def sales(release: Release, words: Words) -> Section | None:
    """The section; None where no order was ever sold."""
    if not release.has("sales_by_period"):
        return None
    months = _months(release)
    if not months:
        return None
    row = ([month for month in months if month["is_complete"]] or months)[-1]
    month = words.numbers.month(row["period_start"])
    why = bridge(release, words, row["period_start"])
    figures, tables = [_trend(release, words, months), *why.figures], [*why.tables]
    for dimension in _BROKEN_DOWN:
        members = _members(release, dimension, row["period_start"])
        if len(members) < 2:
            continue
        figure, table = _breakdown(words, dimension, members, month)
        figures.append(figure)
        tables.append(table)
    for part in (launches(release, words), returns(release, words)):
        figures += part.figures
        tables += part.tables
    no_earlier = words.say("why.no_earlier")
    newest_first = [
        month_row
        | {"state": words.say("word.complete" if month_row["is_complete"] else "word.unfinished")}
        for month_row in reversed(months)
    ]
    history = Table(
        "sales_months",
        words.say("sales.months_table"),
        (
            Column("period_start", words.say("column.month"), "month"),
            Column("state", words.say("column.state")),
            Column("net_sales", words.term("net_sales"), "money"),
            Column("growth", words.say("column.growth"), "growth", no_earlier),
            Column("growth_yoy", words.say("column.growth_yoy"), "growth", no_earlier),
            Column("orders", words.term("orders"), "count"),
            Column("average_order_value", words.term("average_order_value"), "money",
                   words.say("why.no_orders")),
            Column("customers", words.term("customers"), "count"),
            Column("gross_margin_rate", words.term("gross_margin_rate"), "rate",
                   words.say("why.no_cost")),
            Column("returned_amount", words.say("column.returned_amount"), "money"),
        ),
        newest_first,
        note=words.say("sales.running_note"),
        native=Native("line", "period_start", ("net_sales",), words.say("sales.trend_title"),
                      rows=36),
    )  # fmt: skip
    return Section(
        "sales",
        words.say("section.sales"),
        _lead(release, words, months, why.sentence),
        tuple(figures),
        (history, *tables),
        ("net_sales", "orders", "average_order_value", "gross_margin_rate", "customers",
         "new_customers", "growth",
         *(("price_effect", "volume_effect", "mix_effect") if why.figures else ()),
         *(("return_rate",) if any(table.key == "returns" for table in tables) else ())),
    )  # fmt: skip
