"""Pipeline: leads, the funnel and where it leaks, the bottleneck, what is open, win rates."""

from __future__ import annotations

from typing import Any

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Section, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections.leads import leads
from pipelines.report.sections.outlook import coverage, stalled, velocity, waterfall
from pipelines.report.sections.stages import bottleneck
from pipelines.report.words import Words

_COHORTS = 12
_ENOUGH = 30
# Table → the metrics that it needs explained.
_METRICS_OF = {
    "stage_days": ("cost_score", "baseline_median_days", "reentry_rate", "skip_rate"),
    "waterfall": ("slip_rate",),
    "coverage": ("coverage", "coverage_needed"),
    "velocity": ("velocity_per_day",),
    "lead_months": ("conversion_rate",),
}


def _funnel(release: Release) -> list[Row]:
    """The fullest pipeline's stages over its last mature cohorts."""
    if not release.has("funnel_by_cohort"):
        return []
    return release.rows(
        """
        with mature as (
            select * from funnel_by_cohort
            where is_mature or not exists (select 1 from funnel_by_cohort where is_mature)
        ), months as (
            select distinct cohort_month from mature order by cohort_month desc limit ?
        ), recent as (
            select mature.* from mature
            inner join months on mature.cohort_month = months.cohort_month
        ), fullest as (
            select pipeline_id from recent group by pipeline_id
            order by sum(entered) desc, pipeline_id limit 1
        )
        select
            recent.stage_id,
            coalesce(max(dim_stage.stage_name), recent.stage_id) as stage_name,
            recent.position,
            sum(recent.entered) as entered,
            sum(recent.won) as won,
            sum(round(coalesce(recent.drop_off_rate, 0) * recent.entered)) as dropped,
            sum(recent.still_open) as still_open,
            sum(recent.amount_entered) as amount_entered,
            min(recent.cohort_month) as first_cohort,
            max(recent.cohort_month) as last_cohort,
            bool_and(recent.is_mature) as is_mature
        from recent
        inner join fullest on recent.pipeline_id = fullest.pipeline_id
        left join dim_stage
            on recent.pipeline_id = dim_stage.pipeline_id and recent.stage_id = dim_stage.stage_id
        group by recent.stage_id, recent.position
        having sum(recent.entered) > 0
        order by recent.position, recent.stage_id
        """,
        [_COHORTS],
    )


def _open(release: Release, dimension: str) -> list[Row]:
    if not release.has("open_pipeline"):
        return []
    return release.rows(
        "select member, member_label, deals, amount, weighted_amount, stalled_deals,"
        " stalled_amount, overdue_close_dates from open_pipeline where dimension = ?"
        " and deals > 0 order by amount desc nulls last, member",
        [dimension],
    )


def _stage_order(release: Release) -> dict[str, int]:
    if not release.has("dim_stage"):
        return {}
    return {
        f"{row['pipeline_id']}:{row['stage_id']}": row["position"] or 0
        for row in release.rows("select pipeline_id, stage_id, position from dim_stage")
    }


def _win_period(release: Release) -> Row | None:
    """The running year if enough deals closed in it, else the last one with enough, else any."""
    if not release.has("win_rates"):
        return None
    rows = release.rows(
        "select period_type, period_start, won, lost, won + lost as n, win_rate, win_rate_low,"
        " win_rate_high, median_cycle_days from win_rates"
        " where dimension = 'total' and period_type = 'year' and won + lost > 0"
        " order by period_start desc"
    )
    enough = [row for row in rows if row["n"] >= _ENOUGH]
    usable = enough or rows
    return usable[0] if usable else None


def win_members(release: Release, period: Row, dimension: str) -> list[Row]:
    """The win rates of a dimension's members in a period, most deals first."""
    return release.rows(
        "select member, member_label, won, lost, won + lost as n, no_decision, win_rate,"
        " win_rate_low, win_rate_high, won_amount, median_cycle_days from win_rates"
        " where period_type = ? and period_start = ? and dimension = ? and won + lost > 0"
        " order by won + lost desc, member",
        [period["period_type"], period["period_start"], dimension],
    )


def rate_with_sample(words: Words, row: Row) -> str:
    """A rate with its n, and with its interval where n is small."""
    numbers = words.numbers
    text = f"{numbers.rate(row['win_rate'])} · n = {numbers.whole(row['n'])}"
    if row["n"] < _ENOUGH and is_number(row["win_rate_low"]):
        text += f" [{numbers.interval(row['win_rate_low'], row['win_rate_high'])}]"
    return text


def _funnel_parts(words: Words, stages: list[Row]) -> tuple[Figure, Table]:
    numbers = words.numbers
    period = words.say(
        "word.from_to",
        first=numbers.month(stages[0]["first_cohort"]),
        last=numbers.month(stages[0]["last_cohort"]),
    )
    bars: list[Any] = []
    rows: list[Any] = []
    before: float | None = None
    leak = max(stages, key=lambda stage: float(stage["dropped"]) / float(stage["entered"]))
    for stage in stages:
        entered = float(stage["entered"])
        rate = entered / before if before else None
        drop = float(stage["dropped"]) / entered
        text = numbers.whole(entered)
        if stage["dropped"]:
            text += " · " + words.say("pipeline.lost_here", n=numbers.whole(stage["dropped"]),
                                     rate=numbers.rate(drop))  # fmt: skip
        bars.append({"label": stage["stage_name"], "value": entered, "text": text,
                     "is_bad": stage is leak and drop > 0})  # fmt: skip
        rows.append(stage | {"rate_of_previous": rate, "drop_off_rate": drop})
        before = entered
    won = stages[0]["won"]
    share = float(won) / float(stages[0]["entered"])
    bars.append({"label": words.say("word.won"), "value": won,
                 "text": f"{numbers.whole(won)} · {numbers.rate(share)}"})  # fmt: skip
    title = words.say("pipeline.funnel_title")
    figure = Figure(
        "funnel",
        title,
        words.say("pipeline.funnel_subtitle" if stages[0]["is_mature"]
                  else "pipeline.funnel_subtitle_young", period=period),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars),
        (("box-actual", words.say("legend.entered")), ("box-bad", words.say("legend.leak"))),
        finding=words.say("pipeline.leak", stage=leak["stage_name"],
                          entered=numbers.whole(leak["entered"]),
                          lost=numbers.whole(leak["dropped"]),
                          rate=numbers.rate(float(leak["dropped"]) / float(leak["entered"])))
        if leak["dropped"] else words.say("pipeline.no_leak"),
    )  # fmt: skip
    table = Table(
        "funnel",
        words.say("pipeline.funnel_table", period=period),
        (
            Column("stage_name", words.say("column.stage")),
            Column("entered", words.say("column.entered"), "count"),
            Column("rate_of_previous", words.say("column.rate_of_previous"), "rate",
                   words.say("why.first_stage")),
            Column("dropped", words.say("column.dropped"), "count"),
            Column("drop_off_rate", words.say("column.drop_off_rate"), "rate"),
            Column("won", words.say("column.won"), "count"),
            Column("still_open", words.say("column.still_open"), "count"),
        ),
        rows,
        native=Native("bar", "stage_name", ("entered",), title),
    )  # fmt: skip
    return figure, table


def _win_parts(release: Release, words: Words, period: Row) -> tuple[list[Figure], list[Table]]:
    numbers = words.numbers
    name = numbers.period(period["period_type"], period["period_start"])
    figures: list[Figure] = []
    everyone: list[Row] = []
    for dimension in ("source", "team", "region", "segment"):
        members = win_members(release, period, dimension)
        if len(members) < 2:
            continue
        everyone += [
            row | {"dimension": words.choice("dimension", dimension),
                   "member": words.member(row)} for row in members
        ]  # fmt: skip
        if len(figures) < 2:
            rows = [
                {"label": words.member(row), "value": row["win_rate"], "low": row["win_rate_low"],
                 "high": row["win_rate_high"], "text": rate_with_sample(words, row)}
                for row in members[:10]
            ]  # fmt: skip
            title = words.say("pipeline.win_title", dimension=words.choice("dimension", dimension))
            figures.append(
                Figure(
                    f"win_{dimension}",
                    title,
                    words.say("pipeline.win_subtitle", period=name),
                    words.say("alt.chart", title=title,
                              told="; ".join(f"{row['label']} {row['text']}" for row in rows)),
                    charts.intervals(rows, numbers, form="rate", reference=period["win_rate"]),
                    (
                        ("dot-actual", words.term("win_rate")),
                        ("bar-interval", words.say("legend.interval")),
                        ("line-target", words.say("legend.company")),
                    ),
                )
            )  # fmt: skip
    tables = []
    if everyone:
        tables.append(
            Table(
                "win_rates",
                words.say("pipeline.win_table", period=name),
                (
                    Column("dimension", words.say("column.dimension")),
                    Column("member", words.say("column.member")),
                    Column("won", words.say("column.won"), "count"),
                    Column("lost", words.say("column.lost"), "count"),
                    Column("no_decision", words.say("column.no_decision"), "count"),
                    Column("win_rate", words.term("win_rate"), "rate"),
                    Column("win_rate_low", words.say("column.low"), "rate"),
                    Column("win_rate_high", words.say("column.high"), "rate"),
                    Column("won_amount", words.term("bookings"), "money"),
                    Column("median_cycle_days", words.say("column.median_cycle_days"), "days",
                           words.say("why.no_won")),
                ),
                everyone,
            )
        )  # fmt: skip
    return figures, tables


def _open_parts(release: Release, words: Words) -> tuple[list[Figure], list[Table]]:
    numbers = words.numbers
    order = _stage_order(release)

    def place(row: Row) -> tuple[str, int, str]:
        member = str(row["member"])
        return member.partition(":")[0], order.get(member, 0), member

    stages = sorted(_open(release, "stage"), key=place)
    figures, tables = [], []
    if stages:
        rows = [
            {"label": words.member(row), "value": row["amount"] or 0,
             "text": words.say("pipeline.amount_deals", amount=numbers.short(row["amount"]),
                               n=numbers.whole(row["deals"]))}
            for row in stages[:12]
        ]  # fmt: skip
        title = words.say("pipeline.open_title")
        figures.append(
            Figure("open_stage", title, words.say("pipeline.open_subtitle"),
                   words.say("alt.chart", title=title,
                             told="; ".join(f"{row['label']} {row['text']}" for row in rows)),
                   charts.bars(rows))
        )  # fmt: skip
    owners = _open(release, "owner")
    if owners:
        tables.append(
            Table(
                "open_owner",
                words.say("pipeline.open_table"),
                (
                    Column("member", words.say("column.owner")),
                    Column("deals", words.say("column.deals"), "count"),
                    Column("amount", words.say("column.amount"), "money",
                           words.say("why.no_amount")),
                    Column("weighted_amount", words.say("column.weighted_amount"), "money",
                           words.say("why.no_amount")),
                    Column("stalled_deals", words.say("column.stalled_deals"), "count"),
                    Column("stalled_amount", words.say("column.stalled_amount"), "money",
                           words.say("why.no_amount")),
                    Column("overdue_close_dates", words.say("column.overdue_close_dates"),
                           "count"),
                ),
                [row | {"member": words.member(row)} for row in owners],
                native=Native("bar", "member", ("amount", "stalled_amount"),
                              words.say("pipeline.open_table"), rows=15),
            )
        )  # fmt: skip
    return figures, tables


def _lead(words: Words, total: Row | None, period: Row | None) -> str:
    numbers = words.numbers
    parts = []
    if total:
        stalled = total["stalled_deals"] or 0
        parts.append(
            words.say(
                "pipeline.open_stalled" if stalled else "pipeline.open",
                deals=numbers.whole(total["deals"]),
                amount=numbers.short(total["amount"]),
                stalled=numbers.whole(stalled),
                stalled_amount=numbers.short(total["stalled_amount"]),
                share=numbers.rate(stalled / total["deals"]),
            )
        )
    else:
        parts.append(words.say("pipeline.nothing_open"))
    if period:
        key = "pipeline.win" if period["n"] >= _ENOUGH else "pipeline.win_few"
        parts.append(
            words.say(
                key,
                period=numbers.period(period["period_type"], period["period_start"]),
                rate=numbers.rate(period["win_rate"]),
                n=numbers.whole(period["n"]),
                low=numbers.rate(period["win_rate_low"]),
                high=numbers.rate(period["win_rate_high"]),
            )
        )
    else:
        parts.append(words.say("pipeline.nothing_closed"))
    return words.join(*parts)


def pipeline(release: Release, words: Words) -> Section | None:
    """The section; None where neither a deal nor a lead is known."""
    totals = _open(release, "total")
    stages = _funnel(release)
    period = _win_period(release)
    from_leads = leads(release, words)
    if not (totals or stages or period or from_leads.tables):
        return None
    waiting = bottleneck(release, words)
    covered = coverage(release, words)
    figures: list[Figure] = [*from_leads.figures]
    tables: list[Table] = []
    if stages:
        figure, table = _funnel_parts(words, stages)
        figures.append(figure)
        tables.append(table)
    open_figures, open_tables = _open_parts(release, words)
    for part in (waiting, waterfall(release, words), covered, stalled(release, words),
                 velocity(release, words)):  # fmt: skip
        figures += part.figures
        tables += part.tables
    figures += open_figures
    tables += open_tables
    if period:
        win_figures, win_tables = _win_parts(release, words, period)
        figures += win_figures
        tables += win_tables
    tables += from_leads.tables
    lead = (
        words.join(
            _lead(words, totals[0] if totals else None, period),
            waiting.sentence,
            covered.sentence,
        )
        if totals or stages or period
        else words.say("leads.only")
    )
    shown = {table.key for table in tables}
    return Section(
        "pipeline",
        words.say("section.pipeline"),
        lead,
        tuple(figures),
        tuple(tables),
        ("win_rate", "bookings", "open_pipeline", "stalled_deals", "drop_off_rate",
         "weighted_amount",
         *(metric for table, metrics in _METRICS_OF.items() if table in shown
           for metric in metrics)),
    )  # fmt: skip
