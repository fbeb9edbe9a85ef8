"""Leads: how many become deals, from which source, and how soon they are answered."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import wilson
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

_COHORTS = 12
_ENOUGH = 30


def _mature(release: Release, dimension: str) -> list[Row]:
    """Leads of the last mature months and what became of them, member by member."""
    return release.rows(
        """
        with months as (
            select distinct cohort_month from lead_conversion
            where is_mature and dimension = 'total' order by cohort_month desc limit ?
        )
        select
            lead_conversion.dimension,
            lead_conversion.member,
            max(lead_conversion.member_label) as member_label,
            sum(lead_conversion.mature_leads) as n,
            sum(lead_conversion.converted_within_window) as converted,
            max(lead_conversion.window_days) as window_days,
            min(lead_conversion.cohort_month) as first_cohort,
            max(lead_conversion.cohort_month) as last_cohort
        from lead_conversion
        inner join months on lead_conversion.cohort_month = months.cohort_month
        where lead_conversion.dimension = ?
        group by lead_conversion.dimension, lead_conversion.member
        having sum(lead_conversion.mature_leads) > 0
        order by n desc, lead_conversion.member
        """,
        [_COHORTS, dimension],
    )


def leads(release: Release, words: Words) -> Part:
    """Conversion of leads by source and month; empty where no source delivers leads."""
    if not release.has("lead_conversion"):
        return Part()
    totals = _mature(release, "total")
    if not totals:
        return Part("", (), (_months(release, words),))
    total, numbers = totals[0], words.numbers
    period = words.say(
        "word.from_to",
        first=numbers.month(total["first_cohort"]),
        last=numbers.month(total["last_cohort"]),
    )
    overall = float(total["converted"]) / float(total["n"])
    sources = [
        row | {"rate": float(row["converted"]) / float(row["n"])}
        for row in _mature(release, "source")
    ]
    for row in sources:
        row["low"], row["high"] = wilson(float(row["converted"]), float(row["n"]))
    said = {
        "period": period,
        "days": numbers.whole(total["window_days"]),
        "rate": numbers.rate(overall),
        "n": numbers.whole(total["n"]),
    }
    sure = sorted((row for row in sources if row["n"] >= _ENOUGH), key=lambda row: row["rate"])
    # A best and a worst whose intervals overlap differ by chance: no names then.
    differ = len(sure) > 1 and sure[-1]["low"] > sure[0]["high"]
    finding = (
        words.say(
            "leads.differ",
            best=words.member(sure[-1]),
            best_rate=numbers.rate(sure[-1]["rate"]),
            worst=words.member(sure[0]),
            worst_rate=numbers.rate(sure[0]["rate"]),
            **said,
        )
        if differ
        else words.say("leads.alike" if len(sure) > 1 else "leads.all", **said)
    )
    months = _months(release, words, note="" if len(sources) > 1 else finding)
    if len(sources) < 2:
        return Part("", (), (months,))
    drawn = []
    for row in sources[:10]:
        text = f"{numbers.rate(row['rate'])} · n = {numbers.whole(row['n'])}"
        if row["n"] < _ENOUGH:
            text += f" [{numbers.interval(row['low'], row['high'])}]"
        drawn.append({"label": words.member(row), "value": row["rate"], "low": row["low"],
                      "high": row["high"], "text": text})  # fmt: skip
    title = words.say("leads.title")
    figure = Figure(
        "lead_sources",
        title,
        words.say("leads.subtitle", period=period),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in drawn)),
        charts.intervals(drawn, numbers, form="rate", reference=overall),
        (
            ("dot-actual", words.term("conversion_rate")),
            ("bar-interval", words.say("legend.interval")),
            ("line-target", words.say("legend.company")),
        ),
        finding=finding,
    )  # fmt: skip
    by_source = Table(
        "lead_sources",
        words.say("leads.source_table", period=period),
        (
            Column("member", words.say("column.source")),
            Column("n", words.say("column.leads"), "count"),
            Column("converted", words.say("column.converted"), "count"),
            Column("rate", words.term("conversion_rate"), "rate"),
            Column("low", words.say("column.low"), "rate"),
            Column("high", words.say("column.high"), "rate"),
        ),
        [row | {"member": words.member(row)} for row in sources],
    )
    return Part("", (figure,), (by_source, months))


def _months(release: Release, words: Words, note: str = "") -> Table:
    rows = release.rows(
        # A few mature leads of a young month say nothing of the month.
        "select cohort_month, leads, converted, case when is_mature then conversion_rate end"
        " as conversion_rate, median_response_hours from lead_conversion"
        " where dimension = 'total' order by cohort_month desc"
    )
    return Table(
        "lead_months",
        words.say("leads.month_table"),
        (
            Column("cohort_month", words.say("column.month"), "month"),
            Column("leads", words.say("column.leads"), "count"),
            Column("converted", words.say("column.converted_so_far"), "count"),
            Column("conversion_rate", words.term("conversion_rate"), "rate",
                   words.say("why.no_mature_leads")),
            Column("median_response_hours", words.say("column.response_hours"), "days",
                   words.say("why.no_response")),
        ),
        rows,
        shown=6,
        note=note,
        native=Native("line", "cohort_month", ("conversion_rate",), words.say("leads.month_title"),
                      rows=24),
    )  # fmt: skip
