"""Service and fulfilment: on time, in full, and what is open past its promise."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Section, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections import loyalty
from pipelines.report.words import Words

_COLUMNS = (
    "period_start, member, member_label, orders_due, on_time, late, on_time_rate, otif_rate,"
    " open_past_due, median_cycle_days, p90_cycle_days"
)


def _months(release: Release) -> list[Row]:
    return release.rows(
        f"select {_COLUMNS} from fulfilment_by_period where period_type = 'month'"
        " and dimension = 'total' and orders_due > 0 order by period_start"
    )


def _line(words: Words, months: list[Row], metric: str, as_of_month: object) -> Figure:
    shown = months[-14:]
    points = [
        {"period": str(row["period_start"]),
         "tick": words.numbers.short_month(row["period_start"]), "value": row[metric],
         "is_running": row["period_start"] == as_of_month} for row in shown
    ]  # fmt: skip
    legend = [("line-actual", words.say("legend.actual"))]
    if any(point["is_running"] for point in points):
        legend.append(("line-running", words.say("legend.running")))
    title = words.say("service.trend_title", name=words.term(metric))
    return Figure(
        f"trend_{metric}",
        title,
        words.say("service.trend_subtitle"),
        words.say("alt.chart", title=title, told="; ".join(
            f"{words.numbers.month(row['period_start'])} {words.numbers.rate(row[metric])}"
            for row in shown)),
        charts.trend(points, words.numbers, form="rate"),
        tuple(legend),
    )  # fmt: skip


def _running_month(release: Release) -> object:
    """The month that is not over at the as-of date, if that is so."""
    if not release.has("release_info"):
        return None
    rows = release.rows(
        "select cast(date_trunc('month', as_of_date) as date) as month from release_info"
        " where as_of_date < last_day(as_of_date)"
    )
    return rows[0]["month"] if rows else None


def service(release: Release, words: Words) -> Section | None:
    """The section; None where no order has a promised date."""
    if not release.has("fulfilment_by_period"):
        return None
    months = _months(release)
    if not months:
        return None
    numbers = words.numbers
    running = _running_month(release)
    complete = [row for row in months if row["period_start"] != running] or months
    row, before = complete[-1], complete[-2] if len(complete) > 1 else None
    change = words.compare(
        "rate", row["on_time_rate"], before["on_time_rate"] if before else None, ""
    )
    parts = [
        words.say(
            f"service.{'no_earlier' if change.direction == 'none' else change.direction}",
            period=numbers.month(row["period_start"]),
            name=words.term("on_time_rate"),
            rate=numbers.rate(row["on_time_rate"]),
            n=numbers.whole(row["orders_due"]),
            change=words.size(change),
        )
    ]
    everything = release.rows(
        "select open_past_due from fulfilment_by_period where period_type = 'all'"
        " and dimension = 'total'"
    )
    past_due = (
        everything[0]["open_past_due"]
        if everything
        else sum(int(month["open_past_due"] or 0) for month in months)
    )
    parts.append(
        words.say("service.past_due", n=numbers.whole(past_due))
        if past_due
        else words.say("service.nothing_past_due")
    )
    regions = release.rows(
        f"select {_COLUMNS} from fulfilment_by_period where period_type = 'month'"
        " and dimension = 'region' and period_start = ? and orders_due > 0"
        " order by orders_due desc, member",
        [row["period_start"]],
    )
    figures = [_line(words, months, "on_time_rate", running)]
    if any(is_number(month["otif_rate"]) for month in months):
        figures.append(_line(words, months, "otif_rate", running))
    period = numbers.month(row["period_start"])
    not_due = words.say("why.nothing_due")
    measures = (
        Column("orders_due", words.say("column.orders_due"), "count"),
        Column("on_time_rate", words.term("on_time_rate"), "rate", not_due),
        Column("otif_rate", words.term("otif_rate"), "rate", words.say("why.no_shipped_quantity")),
        Column("late", words.say("column.late"), "count"),
        Column("open_past_due", words.say("column.open_past_due"), "count"),
        Column("median_cycle_days", words.say("column.median_cycle_days_order"), "days",
               words.say("why.not_delivered")),
        Column("p90_cycle_days", words.say("column.p90_cycle_days"), "days",
               words.say("why.not_delivered")),
    )  # fmt: skip
    tables = [
        Table(
            "fulfilment_months",
            words.say("service.table"),
            (Column("period_start", words.say("column.month"), "month"), *measures),
            months[::-1],
            native=Native("line", "period_start", ("on_time_rate", "otif_rate"),
                          words.say("service.table"), rows=24),
        )
    ]  # fmt: skip
    if len(regions) > 1:
        tables.append(
            Table(
                "fulfilment_region",
                words.say("service.region_table", period=period),
                (Column("member", words.choice("dimension", "region").capitalize()), *measures),
                [region | {"member": words.member(region)} for region in regions],
            )
        )
    desk = loyalty.tickets(release, words)
    return Section(
        "service",
        words.say("section.service"),
        words.join(*parts, *([desk.sentence] if desk.sentence else [])),
        tuple(figures),
        (*tables, *desk.tables),
        (
            "on_time_rate",
            "otif_rate",
            "open_past_due",
            "median_cycle_days",
            *(["median_first_response_hours", "reopened_rate"] if desk.tables else []),
        ),
    )
