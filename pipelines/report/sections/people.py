"""People: attainment and its spread, and who needs help and why. A spread, not a ranking."""

from __future__ import annotations

from statistics import median

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Section, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections import team
from pipelines.report.words import Words

_MEASURES = ("bookings", "revenue", "new_customers", "units")
_PERIODS = ("quarter", "month", "year")
# Table → the metrics that it needs explained.
_METRICS_OF = {
    "capacity": ("deals_per_business_day",),
    "time": ("high_value_share",),
    "training": ("effect",),
    "ramp": ("months_to_ramp",),
    "commission": ("commission",),
}
_SHARED_COLUMNS = "bookings, net_sales, won, lost, won + lost as n, win_rate, win_rate_adjusted"


def _quotas(release: Release) -> list[Row]:
    """Each rep's attainment in the last complete period that has quotas, else the running one."""
    if not release.has("quota_attainment"):
        return []
    for only_complete in (True, False):
        for period_type in _PERIODS:
            for measure in _MEASURES:
                rows = release.rows(
                    "select user_id, period_type, period_start, measure, quota, credited,"
                    " attainment, gap, is_complete from quota_attainment"
                    " where period_type = ? and measure = ? and quota > 0"
                    " and (is_complete or not ?) and period_start = (select max(period_start)"
                    " from quota_attainment where period_type = ? and measure = ?"
                    " and quota > 0 and (is_complete or not ?)) order by user_id",
                    [period_type, measure, only_complete, period_type, measure, only_complete],
                )
                if rows:
                    return rows
    return []


def _scores(release: Release, period: Row | None) -> list[Row]:
    """The scorecards of that period, else of the last complete quarter or month."""
    if not release.has("rep_scorecard"):
        return []
    columns = (
        f"select user_id, period_type, period_start, {_SHARED_COLUMNS}, orders,"
        " median_cycle_days, csat_adjusted, csat_answers, activities, attainment, position,"
        " position_reason from rep_scorecard where period_type = ? and period_start = ?"
        " order by user_id"
    )
    if period:
        return release.rows(columns, [period["period_type"], period["period_start"]])
    for period_type in _PERIODS:
        starts = release.rows(
            "select distinct period_start from rep_scorecard where period_type = ?"
            " and (coalesce(bookings, 0) <> 0 or coalesce(net_sales, 0) <> 0)"
            " order by period_start desc limit 2",
            [period_type],
        )
        if starts:
            is_running = len(starts) > 1 and _is_running(release, period_type, starts[0])
            start = starts[1 if is_running else 0]["period_start"]
            return release.rows(columns, [period_type, start])
    return []


def _is_running(release: Release, period_type: str, row: Row) -> bool:
    """Whether the period goes on after the as-of date; where that is unknown, it may."""
    if not release.has("release_info"):
        return True
    months = {"month": 1, "quarter": 3, "year": 12}[period_type]
    return bool(
        release.rows(
            "select as_of_date < ?::date + to_months(?) - interval 1 day as is_running"
            " from release_info limit 1",
            [row["period_start"], months],
        )[0]["is_running"]
    )


def _joined(quotas: list[Row], scores: list[Row], names: dict[str, Row], words: Words) -> list[Row]:
    by_user = {row["user_id"]: row for row in scores}
    measured = {row["user_id"]: row for row in quotas}
    people = []
    for user in sorted(measured or by_user):
        score, quota = by_user.get(user, {}), measured.get(user, {})
        known = names.get(user, {})
        people.append(
            {
                "name": known.get("name") or user,
                "team": known.get("team") or words.say("word.no_member"),
                "quota": quota.get("quota"),
                "credited": quota.get("credited"),
                "attainment": quota.get("attainment"),
                "gap": quota.get("gap"),
                "bookings": score.get("bookings"),
                "net_sales": score.get("net_sales"),
                "n": score.get("n"),
                "win_rate": score.get("win_rate"),
                "win_rate_adjusted": score.get("win_rate_adjusted"),
                "median_cycle_days": score.get("median_cycle_days"),
                "csat_adjusted": score.get("csat_adjusted"),
                "csat_answers": score.get("csat_answers"),
                "position": words.say(f"position.{score['position']}")
                if score.get("position") in ("top", "middle", "needs_help")
                else None,
                "needs_help": score.get("position") == "needs_help",
                "reason": "",
            }
        )
    rates = [float(row["win_rate_adjusted"]) for row in people
             if is_number(row["win_rate_adjusted"])]  # fmt: skip
    for row in people:
        row["reason"] = _reason(words, row, median(rates) if rates else None)
    return sorted(people, key=lambda row: (row["team"], row["name"]))


def _reason(words: Words, row: Row, middle: float | None) -> str:
    """The figures behind a standing, in words."""
    numbers, parts = words.numbers, []
    if is_number(row["attainment"]):
        parts.append(words.say("people.why_attainment", value=numbers.rate(row["attainment"])))
    if is_number(row["win_rate_adjusted"]):
        parts.append(
            words.say("people.why_win_rate", value=numbers.rate(row["win_rate_adjusted"]),
                      n=numbers.whole(row["n"]), median=numbers.rate(middle))
        )  # fmt: skip
    if is_number(row["csat_adjusted"]):
        parts.append(
            words.say("people.why_csat", value=numbers.rate(row["csat_adjusted"]),
                      n=numbers.whole(row["csat_answers"]))
        )  # fmt: skip
    return words.say("word.semicolon").join(parts) or words.say("people.why_position")


def _quota_sentence(words: Words, people: list[Row], period: str, is_complete: bool) -> str:
    numbers = words.numbers
    rates = [float(row["attainment"]) for row in people if is_number(row["attainment"])]
    if not rates:
        return words.say("people.no_quota", period=period)
    reached = sum(1 for rate in rates if rate >= 1)
    key = "all" if reached == len(rates) else "none" if reached == 0 else "some"
    return words.say(
        f"people.reached_{key}" if is_complete else "people.so_far",
        period=period,
        n=len(rates),
        reached=reached,
        median=numbers.rate(median(rates)),
        low=numbers.rate(min(rates)),
        high=numbers.rate(max(rates)),
    )


def _help_sentence(words: Words, people: list[Row]) -> str:
    if not any(row["position"] for row in people):
        return ""
    names = [row["name"] for row in people if row["needs_help"]]
    if not names:
        return words.say("people.nobody_needs_help")
    return words.say("people.need_help", names=words.list(names), n=len(names))


def _strip(words: Words, people: list[Row], period: str) -> Figure | None:
    has_quota = any(is_number(row["attainment"]) for row in people)
    key = "attainment" if has_quota else "bookings" if any(
        row["bookings"] for row in people) else "net_sales"  # fmt: skip
    kept = [row for row in people if is_number(row[key])]
    if len(kept) < 2:
        return None
    middle = median(float(row[key]) for row in kept)
    rows = [
        {"group": row["team"], "label": row["name"], "value": row[key],
         "is_bad": row["needs_help"]} for row in kept[:40]
    ]  # fmt: skip
    name = words.term(key)
    title = words.say("people.spread_title", name=name)
    kind = "rate" if has_quota else "money"
    legend = [("dot-actual", words.say("legend.rep")), ("line-past", words.say("legend.median"))]
    if any(row["needs_help"] for row in kept):
        legend.insert(1, ("dot-bad", words.say("legend.needs_help")))
    if has_quota:
        legend.append(("line-target", words.say("legend.quota")))
    wide, narrow = (
        charts.strip(
            rows,
            words.numbers,
            form="rate" if has_quota else "amount",
            reference=1.0 if has_quota else None,
            median=middle,
            width=width,
        )
        for width in (charts.WIDE, charts.WIDTH)
    )
    return Figure(
        "people_spread",
        title,
        words.say("people.spread_subtitle", period=period),
        words.say(
            "alt.chart",
            title=title,
            told="; ".join(f"{row['name']} {words.value(kind, row[key])}" for row in kept[:40]),
        ),
        wide,
        tuple(legend),
        is_wide=True,
        narrow_spec=narrow,
    )


def people(release: Release, words: Words) -> Section | None:
    """The section; None where no rep has a figure."""
    quotas = _quotas(release)
    scores = _scores(release, quotas[0] if quotas else None)
    if not (quotas or scores):
        return None
    source = (quotas or scores)[0]
    period = words.numbers.period(source["period_type"], source["period_start"])
    everyone = _joined(quotas, scores, team.rep_names(release), words)
    if not everyone:
        return None
    figure = _strip(words, everyone, period)
    no_quota, no_deals = words.say("why.no_quota"), words.say("why.no_deals")
    measure = words.choice("measure", quotas[0]["measure"]) if quotas else ""
    columns = [
        Column("team", words.say("column.team")),
        Column("name", words.say("column.rep")),
        Column("attainment", words.term("attainment"), "rate", no_quota),
        Column("quota", words.say("column.quota", measure=measure), "money", no_quota),
        Column("credited", words.say("column.credited"), "money", no_quota),
        Column("bookings", words.term("bookings"), "money", no_deals),
        Column("net_sales", words.term("net_sales"), "money", words.say("why.no_orders")),
        Column("win_rate", words.term("win_rate"), "rate", no_deals),
        Column("n", "n", "count", no_deals),
        Column("win_rate_adjusted", words.say("column.win_rate_adjusted"), "rate", no_deals),
        Column("median_cycle_days", words.say("column.median_cycle_days"), "days",
               words.say("why.no_won")),
        Column("position", words.say("column.position"), "text", words.say("why.few_reps")),
    ]  # fmt: skip
    if not quotas:
        columns = [
            column
            for column in columns
            if column.key not in ("attainment", "quota", "credited", "gap")
        ]
    if not any(row["position"] for row in everyone):
        columns = [column for column in columns if column.key != "position"]
    tables = [
        Table(
            "people",
            words.say("people.table", period=period),
            tuple(columns),
            everyone,
            shown=12,
            note=words.join(words.say("people.note"), words.say("people.cards")),
            native=Native(
                "bar", "name", ("attainment" if quotas else "net_sales",),
                words.say("people.spread_title",
                          name=words.term("attainment" if quotas else "net_sales")),
                rows=40,
            ),
        )
    ]  # fmt: skip
    helped = [row for row in everyone if row["needs_help"]]
    if helped:
        tables.insert(
            0,
            Table(
                "people_help",
                words.say("people.help_table"),
                (
                    Column("name", words.say("column.rep")),
                    Column("team", words.say("column.team")),
                    Column("reason", words.say("column.reason"), "long"),
                ),
                helped,
            ),
        )
    parts = [
        team.teams(release, words, quotas[0] if quotas else None),
        *(part(release, words) for part in (team.load, team.time, team.training, team.ramp,
                                            team.pay)),
    ]  # fmt: skip
    figures = [figure] if figure else []
    figures += [drawn for part in parts for drawn in part.figures]
    tables += [table for part in parts for table in part.tables]
    is_complete = bool(quotas[0]["is_complete"]) if quotas else True
    lead = words.join(
        _quota_sentence(words, everyone, period, is_complete), _help_sentence(words, everyone)
    )
    return Section(
        "people",
        words.say("section.people"),
        lead,
        tuple(figures),
        tuple(tables),
        (
            "attainment",
            "bookings",
            "win_rate_adjusted",
            *(metric for table in tables for metric in _METRICS_OF.get(table.key, ())),
        ),
    )
