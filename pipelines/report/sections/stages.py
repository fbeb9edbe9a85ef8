"""Where deals wait: the bottleneck with its days and money, and work done twice or left out."""

from __future__ import annotations

from typing import Any

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

_MONTHS_SHOWN = 14


def stage_names(release: Release) -> dict[tuple[str, str], Row]:
    """Pipeline and stage → its names and position."""
    if not release.has("dim_stage"):
        return {}
    return {
        (row["pipeline_id"], row["stage_id"]): row
        for row in release.rows(
            "select pipeline_id, stage_id, pipeline_name, stage_name, position from dim_stage"
        )
    }


def _month(release: Release) -> Any:
    """The last month that is over at as-of; the running one where there is no other."""
    [row] = release.rows(
        "select max(period_start) filter (where last_day(period_start) <= as_of_date) as complete,"
        " max(period_start) as latest from stage_bottlenecks"
        " cross join (select max(as_of_date) as as_of_date from release_info) as info"
    )
    return row["complete"] or row["latest"]


def _stages(release: Release, month: Any) -> list[Row]:
    friction = release.has("process_friction", "reentry_rate", "skip_rate")
    joined = (
        " left join process_friction using (period_start, pipeline_id, stage_id)"
        if friction
        else ""
    )
    columns = "reentry_rate, skip_rate" if friction else "null as reentry_rate, null as skip_rate"
    names = stage_names(release)
    rows = release.rows(
        f"select pipeline_id, stage_id, median_days, baseline_median_days, excess_days,"
        f" deals_waiting, amount_waiting, cost_score, is_bottleneck, {columns}"
        f" from stage_bottlenecks{joined} where period_start = ?",
        [month],
    )
    for row in rows:
        named = names.get((row["pipeline_id"], row["stage_id"]), {})
        row["stage"] = named.get("stage_name") or row["stage_id"]
        row["pipeline"] = named.get("pipeline_name") or row["pipeline_id"]
        row["position"] = named.get("position") or 0
    return sorted(rows, key=lambda row: (row["pipeline_id"], row["position"], row["stage_id"]))


def _shown(rows: list[Row]) -> list[Row]:
    """The stages of the pipeline in which most deals wait."""
    waiting: dict[str, int] = {}
    for row in rows:
        waiting[row["pipeline_id"]] = waiting.get(row["pipeline_id"], 0) + (
            row["deals_waiting"] or 0
        )
    chosen = min(waiting, key=lambda key: (-waiting[key], key))
    return [row for row in rows if row["pipeline_id"] == chosen]


def _sentence(words: Words, rows: list[Row], worst: Row | None, month: str) -> str:
    if worst is None:
        measured = any(is_number(row["baseline_median_days"]) for row in rows)
        return words.say("pipeline.no_bottleneck", period=month) if measured else ""
    numbers = words.numbers
    several = len({row["pipeline_id"] for row in rows}) > 1
    return words.say(
        "pipeline.bottleneck" if is_number(worst["amount_waiting"]) and worst["amount_waiting"]
        else "pipeline.bottleneck_free",
        period=month,
        stage=words.say("pipeline.stage_of", stage=worst["stage"], pipeline=worst["pipeline"])
        if several else worst["stage"],
        days=numbers.decimal(worst["median_days"]),
        usual=numbers.decimal(worst["baseline_median_days"]),
        excess=numbers.decimal(worst["excess_days"]),
        deals=numbers.whole(worst["deals_waiting"]),
        amount=numbers.short(worst["amount_waiting"]),
    )  # fmt: skip


def _history(release: Release, words: Words, worst: Row) -> Figure:
    numbers = words.numbers
    months = release.rows(
        "select period_start, median_days, baseline_median_days from stage_bottlenecks"
        " where pipeline_id = ? and stage_id = ? order by period_start desc limit ?",
        [worst["pipeline_id"], worst["stage_id"], _MONTHS_SHOWN],
    )[::-1]
    running = release.rows(
        "select cast(date_trunc('month', max(as_of_date)) as date) as month from release_info"
        " having max(as_of_date) < last_day(max(as_of_date))"
    )
    points = [
        {"period": str(row["period_start"]), "tick": numbers.short_month(row["period_start"]),
         "value": row["median_days"], "past": row["baseline_median_days"],
         "is_running": bool(running) and row["period_start"] == running[0]["month"]}
        for row in months
    ]  # fmt: skip
    title = words.say("pipeline.stage_trend_title", stage=worst["stage"])
    legend = [("line-actual", words.say("legend.days_median")),
              ("line-past", words.say("legend.baseline"))]  # fmt: skip
    if any(point["is_running"] for point in points):
        legend.append(("line-running", words.say("legend.running")))
    return Figure(
        "bottleneck_trend",
        title,
        words.say("pipeline.stage_trend_subtitle"),
        words.say("alt.chart", title=title, told="; ".join(
            f"{numbers.month(row['period_start'])} {numbers.decimal(row['median_days'])}"
            for row in months)),
        charts.trend(points, numbers, form="amount"),
        tuple(legend),
    )  # fmt: skip


def bottleneck(release: Release, words: Words) -> Part:
    """Which stage holds deals longer than it used to; empty without the history of stages."""
    if not (release.has("stage_bottlenecks") and release.has("release_info")):
        return Part()
    month = _month(release)
    rows = _stages(release, month)
    measured = [row for row in rows if is_number(row["median_days"])]
    if not measured:
        return Part()
    numbers = words.numbers
    period = numbers.month(month)
    named = [row for row in measured if row["is_bottleneck"]]
    worst = max(named, key=lambda row: row["cost_score"]) if named else None
    shown = (
        [row for row in rows if row["pipeline_id"] == worst["pipeline_id"]]
        if worst
        else _shown(measured)
    )
    drawn = [
        {"label": row["stage"], "value": row["median_days"], "past": row["baseline_median_days"],
         "text": words.say("pipeline.days_deals", days=numbers.decimal(row["median_days"]),
                           n=numbers.whole(row["deals_waiting"])),
         "is_bad": row is worst}
        for row in shown if is_number(row["median_days"])
    ]  # fmt: skip
    title = words.say("pipeline.stage_title")
    legend = [("box-actual", words.say("legend.days_median")),
              ("box-past", words.say("legend.baseline"))]  # fmt: skip
    if worst:
        legend.append(("box-bad", words.say("legend.bottleneck")))
    figures = [
        Figure(
            "stage_days",
            title,
            words.say("pipeline.stage_subtitle", period=period),
            words.say("alt.chart", title=title,
                      told="; ".join(f"{row['label']} {row['text']}" for row in drawn)),
            charts.bars(drawn),
            tuple(legend),
        )
    ]  # fmt: skip
    if worst:
        figures.append(_history(release, words, worst))
    few = words.say("why.few_visits")
    several = len({row["pipeline_id"] for row in rows}) > 1
    table = Table(
        "stage_days",
        words.say("pipeline.stage_table", period=period),
        (
            *((Column("pipeline", words.say("column.pipeline")),) if several else ()),
            Column("stage", words.say("column.stage")),
            Column("median_days", words.say("column.median_days"), "days", few),
            Column("baseline_median_days", words.say("column.baseline_days"), "days", few),
            Column("excess_days", words.say("column.excess_days"), "days", few),
            Column("deals_waiting", words.say("column.deals_waiting"), "count"),
            Column("amount_waiting", words.say("column.amount_waiting"), "money"),
            Column("cost_score", words.say("column.cost_score"), "days", few),
            Column("reentry_rate", words.term("reentry_rate"), "rate",
                   words.say("why.no_visits")),
            Column("skip_rate", words.term("skip_rate"), "rate", words.say("why.no_visits")),
        ),
        rows,
        native=Native("bar", "stage", ("median_days", "baseline_median_days"), title, rows=12),
    )  # fmt: skip
    return Part(_sentence(words, rows, worst, period), tuple(figures), (table,))
