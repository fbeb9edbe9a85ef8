"""Market, further: how we do against competitors, our share, where more could be sold, notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

_ENOUGH = 30
_ALL = "all"
_RECENT_DAYS = 90


def competitors(release: Release, words: Words) -> Part:
    """Win rates against each competitor in the newest year with enough deals, else over all time."""
    if not release.has("competitor_win_loss"):
        return Part()
    found = release.rows(
        "select period_type, period_start, competitor_id,"
        " coalesce(competitor_name, competitor_id) as name, won, lost, won + lost as n,"
        " no_decision, win_rate, win_rate_low, win_rate_high, won_amount, lost_amount"
        " from competitor_win_loss where period_type in ('year', 'all') and won + lost > 0"
        " order by period_type = 'all', period_start desc, win_rate desc, competitor_id"
    )
    if not found:
        return Part()
    periods = list(dict.fromkeys((row["period_type"], row["period_start"]) for row in found))
    chosen = next(
        (period for period in periods
         if all(row["n"] >= _ENOUGH for row in found
                if (row["period_type"], row["period_start"]) == period)),
        periods[-1],
    )  # fmt: skip
    rows = [row for row in found if (row["period_type"], row["period_start"]) == chosen]
    numbers = words.numbers
    best, worst = rows[0], rows[-1]
    key = "one" if len(rows) == 1 else "differ" if (
        best["win_rate_low"] > worst["win_rate_high"]) else "alike"  # fmt: skip
    period = numbers.period(*chosen)
    finding = words.say(
        f"rivals.{key}",
        period=period,
        best=best["name"],
        high=numbers.rate(best["win_rate"]),
        best_n=numbers.whole(best["n"]),
        worst=worst["name"],
        low=numbers.rate(worst["win_rate"]),
        worst_n=numbers.whole(worst["n"]),
    )
    title = words.say("rivals.title")
    table = Table(
        "competitors",
        words.say("rivals.table", period=period),
        (
            Column("name", words.say("column.competitor")),
            Column("win_rate", words.term("win_rate"), "rate"),
            Column("n", "n", "count"),
            Column("win_rate_low", words.say("column.low"), "rate"),
            Column("win_rate_high", words.say("column.high"), "rate"),
            Column("won", words.say("column.won"), "count"),
            Column("lost", words.say("column.lost"), "count"),
            Column("no_decision", words.say("column.no_decision"), "count"),
            Column("won_amount", words.say("column.won_amount"), "money"),
            Column("lost_amount", words.say("column.lost_amount"), "money"),
        ),
        rows,
        note=words.say("rivals.note"),
        finding=finding,
        native=Native("bar", "name", ("win_rate",), title),
    )
    if len(rows) < 2:
        return Part(tables=(table,))
    points = [
        {"label": row["name"], "value": row["win_rate"], "low": row["win_rate_low"],
         "high": row["win_rate_high"],
         "text": f"{numbers.rate(row['win_rate'])} · n = {numbers.whole(row['n'])}"
         + (f" [{numbers.interval(row['win_rate_low'], row['win_rate_high'])}]"
            if row["n"] < _ENOUGH else "")}
        for row in rows[:10]
    ]  # fmt: skip
    figure = Figure(
        "competitors", title, words.say("rivals.subtitle", period=period),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in points)),
        charts.intervals(points, numbers, form="rate"),
        (("dot-actual", words.term("win_rate")), ("bar-interval", words.say("legend.interval"))),
        finding=finding,
    )  # fmt: skip
    return Part(figures=(figure,), tables=(replace(table, finding=""),))


def share(release: Release, words: Words) -> Part:
    """Our share of the newest period that was sized, by the newest figures, and of each period by
    each vintage of them."""
    if not release.has("market_share"):
        return Part()
    everything = release.rows(
        "select segment, region, period_start, vintage, own_sales, market_size, share,"
        " share_change, source from market_share where share is not null"
        " order by period_start desc, vintage desc, own_sales desc, segment, region"
    )
    if not everything:
        return Part()
    numbers = words.numbers
    found = [row for row in everything if row["period_start"] == everything[0]["period_start"]]
    vintages = list(dict.fromkeys(row["vintage"] for row in found))
    earlier = {
        (row["segment"], row["region"]): row["share"]
        for row in found
        if len(vintages) > 1 and row["vintage"] == vintages[1]
    }
    wholes = _wholes(everything)
    rows = [row for row in found if row["vintage"] == vintages[0]]
    for row in rows:
        row["earlier"] = earlier.get((row["segment"], row["region"]))
        row["segment"] = _named(words, row["segment"])
        row["region"] = _named(words, row["region"])
    parts = []
    year = numbers.month(rows[0]["period_start"])
    if wholes and wholes[0]["vintage"] == vintages[0]:
        whole = numbers.rate(wholes[0]["share"])
        parts.append(words.say("share.whole", period=year, share=whole, vintage=vintages[0]))
    moved = [row for row in rows if is_number(row["share_change"])]
    if moved:
        up, down = (pick(moved, key=lambda row: row["share_change"]) for pick in (max, min))
        for key, row in (("gained", up), ("lost", down)):
            if row["share_change"] * (1 if key == "gained" else -1) > 0:
                parts.append(
                    words.say(f"share.{key}", segment=row["segment"], region=row["region"],
                              change=numbers.points(row["share_change"]),
                              share=numbers.rate(row["share"]))
                )  # fmt: skip
    columns = (
        Column("segment", words.say("column.market_segment")),
        Column("region", words.choice("dimension", "region").capitalize()),
        Column("own_sales", words.say("column.own_sales"), "money"),
        Column("market_size", words.say("column.market_size"), "money"),
        Column("share", words.say("column.market_share"), "rate"),
        Column("share_change", words.say("column.share_change"), "points",
               words.say("why.no_earlier_size")),
        *(
            [Column("earlier", words.say("column.share_earlier_vintage"), "rate",
                    words.say("why.no_earlier_vintage"))]
            if earlier
            else []
        ),
        Column("source", words.say("column.source")),
    )  # fmt: skip
    title = words.say("share.table", period=year, vintage=vintages[0])
    tables = [Table("market_share", title, columns, rows, finding=words.join(*parts))]
    if len(wholes) > 1:
        tables.append(
            Table(
                "market_share_vintages",
                words.say("share.vintage_table"),
                (
                    Column("period_start", words.say("column.period_from"), "month"),
                    Column("vintage", words.say("column.vintage")),
                    Column("own_sales", words.say("column.own_sales"), "money"),
                    Column("market_size", words.say("column.market_size"), "money"),
                    Column("share", words.say("column.market_share"), "rate"),
                ),
                wholes,
            )
        )
    return Part(tables=tuple(tables))


def _named(words: Words, name: str) -> str:
    return words.say("word.all") if name == _ALL else name


def _wholes(rows: list[Row]) -> list[Row]:
    """The whole of each period and vintage: its own row, else the sum of the rows that name both a
    segment and a region, which hold nothing twice."""
    groups: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["period_start"], row["vintage"]), []).append(row)
    found = []
    for (period_start, vintage), members in groups.items():
        whole = [row for row in members if row["segment"] == row["region"] == _ALL]
        apart = [row for row in members if _ALL not in (row["segment"], row["region"])]
        size = sum(row["market_size"] for row in whole or apart)
        if size > 0:
            own = sum(row["own_sales"] for row in whole or apart)
            found.append({"period_start": period_start, "vintage": vintage, "own_sales": own,
                          "market_size": size, "share": float(own / size)})  # fmt: skip
    return found


def potential(release: Release, words: Words) -> Part:
    """Segments and regions in the order of what could still be sold there."""
    if not release.has("segment_potential"):
        return Part()
    rows = release.rows(
        "select segment, region, market_size, share, growth_yoy, win_rate, gross_margin_rate,"
        " customers, clv_12m, rank from segment_potential where rank is not null"
        " order by rank, segment, region"
    )
    if not rows:
        return Part()
    numbers, first = words.numbers, rows[0]
    for row in rows:
        row["segment"] = _named(words, row["segment"])
        row["region"] = _named(words, row["region"])
    finding = words.say(
        "potential.most",
        segment=first["segment"],
        region=first["region"],
        size=numbers.short(first["market_size"]),
        share=numbers.rate(first["share"]),
    )
    columns = (
        Column("rank", words.say("column.rank"), "count"),
        Column("segment", words.say("column.market_segment")),
        Column("region", words.choice("dimension", "region").capitalize()),
        Column("market_size", words.say("column.market_size"), "money"),
        Column("share", words.say("column.market_share"), "rate"),
        Column("growth_yoy", words.say("column.growth_yoy"), "growth", words.say("why.no_earlier")),
        Column("win_rate", words.term("win_rate"), "rate", words.say("why.no_deals")),
        Column("gross_margin_rate", words.term("gross_margin_rate"), "rate",
               words.say("why.no_cost")),
        Column("customers", words.say("column.customers"), "count"),
        Column("clv_12m", words.term("clv_12m"), "money", words.say("why.no_forecast")),
    )  # fmt: skip
    return Part(
        tables=(
            Table("segment_potential", words.say("potential.table"), columns, rows,
                  finding=finding),
        )
    )  # fmt: skip


def notes(release: Release, words: Words) -> Part:
    """What was noted about the market lately, newest first."""
    if not release.has("market_intelligence"):
        return Part()
    named = release.has("dim_competitor")
    competitor = "dim_competitor.name" if named else "market_intelligence.competitor_id"
    join = (
        " left join dim_competitor on market_intelligence.competitor_id ="
        " dim_competitor.competitor_id"
        if named
        else ""
    )
    rows = release.rows(
        f"select noted_at, kind, source, title, body, {competitor} as competitor, segment, tags,"
        f" age_days from market_intelligence{join}"
        " order by age_days nulls last, noted_at desc, note_id limit 1000"
    )
    if not rows:
        return Part()
    recent = [row for row in rows if (row["age_days"] or 0) <= _RECENT_DAYS]
    tags: dict[str, int] = {}
    for row in recent:
        for tag in filter(None, (part.strip() for part in (row["tags"] or "").split(","))):
            tags[tag] = tags.get(tag, 0) + 1
    most = sorted(tags, key=lambda tag: (-tags[tag], tag))
    finding = words.say(
        "notes.about" if most else "notes.count" if recent else "notes.none",
        n=len(recent),
        days=_RECENT_DAYS,
        tags=words.list(most),
    )
    for row in rows:
        row["noted_on"] = words.local_day(row["noted_at"])
        row["kind"] = words.choice("note_kind", row["kind"])
    columns = (
        Column("noted_on", words.say("column.noted_on"), "day"),
        Column("kind", words.say("column.kind")),
        Column("title", words.say("column.title")),
        Column("body", words.say("column.text"), "long", words.say("why.unknown")),
        Column("competitor", words.say("column.competitor"), "text", words.say("why.none_named")),
        Column("segment", words.say("column.market_segment"), "text", words.say("why.none_named")),
        Column("source", words.say("column.source"), "text", words.say("why.unknown")),
    )
    return Part(
        tables=(
            Table("market_notes", words.say("notes.table"), columns, rows, shown=5,
                  finding=finding),
        )
    )  # fmt: skip
