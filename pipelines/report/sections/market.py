"""Market: what surveys say, with margins of error; campaigns, competitors, share, comments."""

from __future__ import annotations

from datetime import date

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Kind, Part, Section, Table
from pipelines.report.numbers import NOTHING, is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections import campaigns, rivals, voices
from pipelines.report.words import Words, kind_of

_MEASURES = ("nps", "csat", "ces")
_DIMENSIONS = ("segment", "region", "channel", "team")
_ENOUGH = 30


def _scores(release: Release) -> list[Row]:
    """Each survey's score over all time, the survey answered last first."""
    has_surveys = release.has("dim_survey")
    name = "coalesce(dim_survey.name, totals.survey_id)" if has_surveys else "totals.survey_id"
    opened = "dim_survey.opened_on" if has_surveys else "null::date"
    join = "left join dim_survey on totals.survey_id = dim_survey.survey_id" if has_surveys else ""
    return release.rows(
        f"""
        with totals as (
            select * from survey_scores where period_type = 'all' and dimension = 'total' and n > 0
        ), newest as (
            select survey_id, measure, max(period_start) as last_month from survey_scores
            where period_type = 'month' and dimension = 'total' and n > 0
            group by survey_id, measure
        )
        select totals.survey_id, {name} as survey, totals.measure, totals.n, totals.score,
            totals.score_low, totals.score_high, totals.margin_of_error, totals.invitations,
            totals.responses, totals.response_rate, totals.previous_score,
            totals.is_change_significant,
            coalesce(newest.last_month, {opened}, totals.period_start) as last_month
        from totals
        left join newest
            on totals.survey_id = newest.survey_id and totals.measure = newest.measure
        {join}
        order by last_month desc, survey, totals.survey_id, totals.measure
        """
    )


def _text(words: Words, row: Row, kind: Kind) -> str:
    text = f"{words.value(kind, row['score'])} · n = {words.numbers.whole(row['n'])}"
    if row["n"] < _ENOUGH and is_number(row["score_low"]):
        low, high = words.value(kind, row["score_low"]), words.value(kind, row["score_high"])
        text += f" [{low}–{high}]" if kind == "rate" else f" [{low} … {high}]"
    return text


def _margin(words: Words, row: Row, kind: Kind) -> str:
    if not is_number(row["margin_of_error"]):
        return NOTHING
    if kind == "rate":
        return words.numbers.points(row["margin_of_error"]).lstrip("+")
    return f"{float(row['margin_of_error']):.1f}"


def _figure(release: Release, words: Words, newest: Row) -> Figure | None:
    """The newest survey's score by the first dimension that tells at least two members apart."""
    measure = newest["measure"]
    kind = kind_of(measure)
    for dimension in _DIMENSIONS:
        members = release.rows(
            "select member, member_label, n, score, score_low, score_high from survey_scores"
            " where survey_id = ? and measure = ? and period_type = 'all' and dimension = ?"
            " and n > 0 order by n desc, member limit 10",
            [newest["survey_id"], measure, dimension],
        )
        if len(members) < 2:
            continue
        rows = [
            {"label": words.member(row), "value": row["score"], "low": row["score_low"],
             "high": row["score_high"], "text": _text(words, row, kind)} for row in members
        ]  # fmt: skip
        title = words.say("market.by_title", name=words.term(measure),
                          dimension=words.choice("dimension", dimension))  # fmt: skip
        return Figure(
            f"survey_{dimension}",
            title,
            words.say("market.by_subtitle", survey=newest["survey"]),
            words.say("alt.chart", title=title,
                      told="; ".join(f"{row['label']} {row['text']}" for row in rows)),
            charts.intervals(rows, words.numbers, form="rate" if kind == "rate" else "score",
                             reference=float(newest["score"])),
            (
                ("dot-actual", words.term(measure)),
                ("bar-interval", words.say("legend.interval")),
                ("line-target", words.say("legend.all_answers")),
            ),
        )  # fmt: skip
    return None


def _trend(release: Release, words: Words, newest: Row) -> Figure | None:
    """The measure over quarters (over months where those are too few), with its margin."""
    measure = newest["measure"]
    kind = kind_of(measure)
    for period_type in ("quarter", "month"):
        rows = release.rows(
            "select period_start, n, score, score_low, score_high from survey_scores"
            " where survey_id = ? and measure = ? and period_type = ? and dimension = 'total'"
            " and n > 0 order by period_start desc limit 12",
            [newest["survey_id"], measure, period_type],
        )[::-1]
        if len(rows) >= 4:
            break
    else:
        return None
    numbers = words.numbers

    def tick(start: date) -> str:
        if period_type == "month":
            return numbers.short_month(start)
        return f"{start.year % 100:02d}Q{(start.month - 1) // 3 + 1}"

    points = [
        {"period": str(row["period_start"]), "tick": tick(row["period_start"]),
         "value": row["score"], "low": row["score_low"], "high": row["score_high"]}
        for row in rows
    ]  # fmt: skip
    title = words.say("market.trend_title", name=words.term(measure))
    return Figure(
        "survey_trend",
        title,
        words.say("market.trend_subtitle", survey=newest["survey"], low=min(r["n"] for r in rows),
                  high=max(r["n"] for r in rows)),
        words.say("alt.chart", title=title, told="; ".join(
            f"{numbers.period(period_type, row['period_start'])} {_text(words, row, kind)}"
            for row in rows)),
        charts.trend(points, numbers, form="rate" if kind == "rate" else "score"),
        (("line-actual", words.term(measure)), ("bar-interval", words.say("legend.interval"))),
    )  # fmt: skip


def _sentence(words: Words, row: Row) -> str:
    kind = kind_of(row["measure"])
    change = words.compare(kind, row["score"], row["previous_score"], "")
    if change.direction == "none":
        key = "first"
    elif change.direction == "flat":
        key = "flat"
    else:
        sure = "sure" if row["is_change_significant"] else "unsure"
        key = f"{change.direction}_{sure}"
    return words.say(
        f"market.{key}",
        survey=row["survey"],
        name=words.term(row["measure"]),
        score=words.value(kind, row["score"]),
        margin=_margin(words, row, kind),
        n=words.numbers.whole(row["n"]),
        change=words.size(change),
    )


def _surveys(release: Release, words: Words) -> Part:
    """What surveys measured: the newest of each measure in words and charts, all in a table."""
    if not release.has("survey_scores"):
        return Part()
    scores = _scores(release)
    if not scores:
        return Part()
    # One sentence and chart for each measure: its survey that was answered last.
    newest = [
        next(row for row in scores if row["measure"] == measure)
        for measure in _MEASURES
        if any(row["measure"] == measure for row in scores)
    ] or scores[:1]
    spreads = [_figure(release, words, row) for row in newest[:2]]
    trends = [_trend(release, words, row) for row in newest[:2]]
    figures = [figure for figure in (*spreads, *trends) if figure is not None]
    rows = []
    for row in scores:
        kind = kind_of(row["measure"])
        rows.append(
            row
            | {
                "measure": words.term(row["measure"]),
                "score": words.value(kind, row["score"]),
                "margin": _margin(words, row, kind),
                "previous_score": words.value(kind, row["previous_score"]),
                "significant": None
                if row["is_change_significant"] is None
                else words.say("word.yes" if row["is_change_significant"] else "word.no"),
            }
        )
    no_wave = words.say("why.no_earlier_wave")
    table = Table(
        "surveys",
        words.say("market.table"),
        (
            Column("survey", words.say("column.survey")),
            Column("measure", words.say("column.measure")),
            Column("score", words.say("column.score")),
            Column("margin", words.say("column.margin_of_error")),
            Column("n", "n", "count"),
            Column("response_rate", words.say("column.response_rate"), "rate",
                   words.say("why.no_invitations")),
            Column("previous_score", words.say("column.previous_score"), "text", no_wave),
            Column("significant", words.say("column.is_change_significant"), "text", no_wave),
        ),
        rows,
    )  # fmt: skip
    sentence = words.join(*(_sentence(words, row) for row in newest[:2]))
    return Part(sentence, tuple(figures), (table,))


def market(release: Release, words: Words) -> Section | None:
    """The section; None where nothing is known of what the market says or does."""
    parts = [
        part(release, words)
        for part in (_surveys, voices.comments, campaigns.campaigns, rivals.competitors,
                     rivals.share, rivals.potential, rivals.notes, voices.answers)
    ]  # fmt: skip
    tables = [table for part in parts for table in part.tables]
    if not tables:
        return None
    keys = {table.key for table in tables}
    return Section(
        "market",
        words.say("section.market"),
        words.join(*(part.sentence for part in parts)) or words.say("market.no_survey"),
        tuple(figure for part in parts for figure in part.figures),
        tuple(tables),
        (
            *(("nps", "csat", "ces", "response_rate") if "surveys" in keys else ()),
            *(("attributed_revenue", "roi", "cac") if "campaigns" in keys else ()),
            *(("share",) if "market_share" in keys else ()),
        ),
    )
