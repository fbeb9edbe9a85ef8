"""People, further: teams, who has too much, where time goes, ramp, training, what commission costs."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

# Of fewer people on a plan, each could tell what the others are paid.
_FEWEST_PAID = 3
_MOST_BARS = 12
# Of fewer recorded hours a share says nothing of the person.
_ENOUGH_HOURS = 10


def team_names(release: Release) -> dict[str, Row]:
    """Name and parent of each team, by its id."""
    if not release.has("dim_team"):
        return {}
    return {
        row["team_id"]: row
        for row in release.rows("select team_id, name, parent_team_id from dim_team")
    }


def rep_names(release: Release) -> dict[str, Row]:
    """Name and team of each rep, by user id."""
    if not release.has("dim_rep"):
        return {}
    team = "coalesce(dim_team.name, dim_rep.team_id)" if release.has("dim_team") else "team_id"
    join = (
        " left join dim_team on dim_rep.team_id = dim_team.team_id"
        if release.has("dim_team")
        else ""
    )
    return {
        row["user_id"]: row
        for row in release.rows(f"select user_id, dim_rep.name, {team} as team from dim_rep{join}")
    }


def _with_rep(rows: list[Row], names: dict[str, Row], words: Words) -> list[Row]:
    return [
        row
        | {
            "name": names.get(row["user_id"], {}).get("name") or row["user_id"],
            "team": names.get(row["user_id"], {}).get("team") or words.say("word.no_member"),
        }
        for row in rows
    ]


def _rep_columns(words: Words) -> tuple[Column, Column]:
    return Column("name", words.say("column.rep")), Column("team", words.say("column.team"))


def teams(release: Release, words: Words, like: Row | None) -> Part:
    """What teams reached in the period and measure of the reps' quotas."""
    if like is None or not release.has("team_attainment"):
        return Part()
    rows = release.rows(
        "select team_id, quota, credited, attainment, gap, reps_at_quota, reps_with_quota,"
        " is_complete from team_attainment where period_type = ? and period_start = ?"
        " and measure = ? and quota > 0 order by attainment desc nulls last, team_id",
        [like["period_type"], like["period_start"], like["measure"]],
    )
    if not rows:
        return Part()
    numbers, names = words.numbers, team_names(release)
    parents = {known["parent_team_id"] for known in names.values()}
    for row in rows:
        known = names.get(row["team_id"], {})
        above = names.get(known.get("parent_team_id"), {})
        row["team"] = known.get("name") or row["team_id"]
        row["parent"] = above.get("name") or known.get("parent_team_id")
    # A team of teams is the sum of what stands beside it.
    single = [row for row in rows if row["team_id"] not in parents] or rows
    best, worst = single[0], single[-1]
    reached = sum(1 for row in single if row["attainment"] >= 1)
    told = "all" if reached == len(single) else "none" if reached == 0 else "some"
    key = "one" if len(single) == 1 else told if like["is_complete"] else "so_far"
    finding = words.say(
        f"team.{key}",
        n=len(single),
        reached=reached,
        best=best["team"],
        high=numbers.rate(best["attainment"]),
        worst=worst["team"],
        low=numbers.rate(worst["attainment"]),
    )
    period = numbers.period(like["period_type"], like["period_start"])
    title = words.say("team.table", period=period)
    columns = (
        Column("team", words.say("column.team")),
        Column("parent", words.say("column.parent_team"), "text", words.say("why.no_parent")),
        Column("attainment", words.term("attainment"), "rate"),
        Column("quota", words.say("column.quota",
                                  measure=words.choice("measure", like["measure"])), "money"),
        Column("credited", words.say("column.credited"), "money"),
        Column("gap", words.say("column.gap"), "money"),
        Column("reps_at_quota", words.say("column.reps_at_quota"), "count"),
        Column("reps_with_quota", words.say("column.reps_with_quota"), "count"),
    )  # fmt: skip
    table = Table("teams", title, columns, rows, finding=finding,
                  native=Native("bar", "team", ("attainment",), title))  # fmt: skip
    if len(single) < 2:
        return Part(tables=(table,))
    bars = [
        {
            "label": row["team"],
            "value": row["attainment"],
            "target": 1.0,
            "is_bad": row["attainment"] < 0.9 and like["is_complete"],
            "text": words.say(
                "team.bar",
                rate=numbers.rate(row["attainment"]),
                reached=row["reps_at_quota"],
                n=row["reps_with_quota"],
            ),
        }
        for row in single[:_MOST_BARS]
    ]
    shown = words.say("team.title")
    legend = [("box-actual", words.term("attainment")), ("tick-target", words.say("legend.quota"))]
    if any(row["is_bad"] for row in bars):
        legend.insert(1, ("box-bad", words.say("legend.far_behind")))
    figure = Figure(
        "teams", shown, words.say("team.subtitle", period=period),
        words.say("alt.chart", title=shown,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars), tuple(legend), finding=finding,
    )  # fmt: skip
    return Part(figures=(figure,), tables=(replace(table, finding=""),))


def load(release: Release, words: Words) -> Part:
    """Who works on much more deals than the team, and who on much fewer."""
    if not release.has("capacity"):
        return Part()
    rows = _with_rep(
        release.rows(
            "select user_id, accounts, open_deals, open_pipeline, deals_per_business_day,"
            " team_median, load from capacity order by deals_per_business_day desc nulls last,"
            " user_id"
        ),
        rep_names(release),
        words,
    )
    over = [row["name"] for row in rows if row["load"] == "over"]
    under = [row["name"] for row in rows if row["load"] == "under"]
    finding = words.join(
        words.say("load.over", names=words.list(over)) if over else "",
        words.say("load.under", names=words.list(under)) if under else "",
    ) or words.say("load.normal")
    bars = [
        {
            "label": row["name"],
            "value": row["deals_per_business_day"],
            "target": row["team_median"],
            "is_bad": row["load"] == "over",
            "text": words.say(
                "load.bar",
                deals=words.numbers.whole(row["deals_per_business_day"], 2),
                open=words.numbers.whole(row["open_deals"]),
            ),
        }
        for row in rows[:_MOST_BARS]
        if is_number(row["deals_per_business_day"])
    ]
    columns = (
        *_rep_columns(words),
        Column("deals_per_business_day", words.term("deals_per_business_day"), "hundredths",
               words.say("why.no_working_day")),
        Column("team_median", words.say("column.team_median"), "hundredths",
               words.say("why.no_team")),
        Column("state", words.say("column.load"), "text", words.say("why.no_team")),
        Column("open_deals", words.say("column.open_deals"), "count"),
        Column("open_pipeline", words.term("open_pipeline"), "money"),
        Column("accounts", words.say("column.accounts"), "count"),
    )  # fmt: skip
    table = Table(
        "capacity",
        words.say("load.table"),
        columns,
        [row | {"state": row["load"] and words.choice("load_state", row["load"])} for row in rows],
        note=words.say("load.note"),
        finding=finding,
    )
    if len(bars) < 2:
        return Part(tables=(table,))
    title = words.say("load.title")
    legend = [("box-actual", words.say("legend.rep"))]
    if over:
        legend.append(("box-bad", words.say("load.over_word")))
    legend.append(("tick-target", words.say("column.team_median")))
    figure = Figure(
        "capacity", title, words.say("load.subtitle"),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars), tuple(legend), finding=finding,
    )  # fmt: skip
    return Part(figures=(figure,), tables=(replace(table, finding=""),))


def time(release: Release, words: Words) -> Part:
    """What the recorded time of the last complete month went into."""
    if not release.has("time_allocation"):
        return Part()
    rows = release.rows(
        "select period_start, user_id, activity_type, is_high_value, activities, minutes,"
        " high_value_share from time_allocation where minutes > 0 and period_start ="
        " (select max(period_start) from time_allocation where is_complete and minutes > 0)"
        " order by user_id, minutes desc, activity_type"
    )
    if not rows:
        return Part()
    numbers, names = words.numbers, rep_names(release)
    period = numbers.month(rows[0]["period_start"])
    whole = sum(row["minutes"] for row in rows)
    types: dict[str, int] = {}
    people: dict[str, Row] = {}
    for row in rows:
        types[row["activity_type"]] = types.get(row["activity_type"], 0) + row["minutes"]
        # Rows of a rep begin with the type that took most.
        person = people.setdefault(
            row["user_id"],
            {"user_id": row["user_id"], "minutes": 0, "activities": 0,
             "high_value_share": row["high_value_share"],
             "most": words.choice("activity", row["activity_type"])},
        )  # fmt: skip
        person["minutes"] += row["minutes"]
        person["activities"] += row["activities"]
    everyone = _with_rep(list(people.values()), names, words)
    everyone.sort(key=lambda row: (-(row["high_value_share"] or 0), row["user_id"]))
    for row in everyone:
        row["hours"] = row["minutes"] / 60
    valuable = sum(row["minutes"] for row in rows if row["is_high_value"])
    compared = [row for row in everyone if row["hours"] >= _ENOUGH_HOURS] or everyone
    finding = words.say(
        "time.split" if len(compared) > 1 else "time.alone",
        period=period,
        hours=numbers.whole(whole / 60),
        rate=numbers.rate(valuable / whole),
        best=compared[0]["name"],
        high=numbers.rate(compared[0]["high_value_share"]),
        worst=compared[-1]["name"],
        low=numbers.rate(compared[-1]["high_value_share"]),
    )
    bars = [
        {
            "label": words.choice("activity", name),
            "value": minutes,
            "text": words.say("time.bar", rate=numbers.rate(minutes / whole),
                              hours=numbers.whole(minutes / 60)),
        }
        for name, minutes in sorted(types.items(), key=lambda item: (-item[1], item[0]))[:8]
    ]  # fmt: skip
    title = words.say("time.title")
    figure = Figure(
        "time", title, words.say("time.subtitle", period=period),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars), finding=finding,
    )  # fmt: skip
    columns = (
        *_rep_columns(words),
        Column("high_value_share", words.term("high_value_share"), "rate"),
        Column("hours", words.say("column.hours"), "days"),
        Column("activities", words.say("column.activities"), "count"),
        Column("most", words.say("column.most_time")),
    )
    table = Table("time", words.say("time.table", period=period), columns, everyone)
    return Part(figures=(figure,), tables=(table,))


def ramp(release: Release, words: Words) -> Part:
    """How long new reps took to come up to speed, and who is on the way."""
    if not release.has("rep_ramp"):
        return Part()
    rows = _with_rep(
        release.rows(
            "select user_id, hire_date, months_to_ramp, is_ramped, rolling_attainment"
            " from rep_ramp where months_to_ramp is not null or not is_ramped"
            " order by hire_date desc nulls last, user_id"
        ),
        rep_names(release),
        words,
    )
    if not rows:
        return Part()
    months = [row["months_to_ramp"] for row in rows if row["months_to_ramp"] is not None]
    coming = [row["name"] for row in rows if not row["is_ramped"]]
    finding = words.join(
        words.say("ramp.took", n=len(months), months=words.numbers.short(median(months)))
        if months
        else "",
        words.say("ramp.coming", n=len(coming), names=words.list(coming)) if coming else "",
    )
    columns = (
        *_rep_columns(words),
        Column("hire_date", words.say("column.hire_date"), "day"),
        Column("months_to_ramp", words.term("months_to_ramp"), "count",
               words.say("why.not_ramped")),
        Column("rolling_attainment", words.say("column.rolling_attainment"), "rate",
               words.say("why.no_quota")),
        Column("state", words.say("column.state")),
    )  # fmt: skip
    for row in rows:
        row["state"] = words.say("ramp.done" if row["is_ramped"] else "ramp.on_the_way")
    return Part(tables=(Table("ramp", words.say("ramp.table"), columns, rows, finding=finding),))


def _effect(words: Words, row: Row) -> str:
    """What the interval of a course's effect says."""
    if row["effect"] is None:
        return "unknown"
    if row["effect_low"] > 0:
        return "works"
    return "harms" if row["effect_high"] < 0 else "unproven"


def training(release: Release, words: Words) -> Part:
    """Whether courses changed attainment and win rates, or why nothing is said of it."""
    if not release.has("training_effect"):
        return Part()
    rows = release.rows(
        "select course, metric, attended, sessions, attendance_rate, exam_score, feedback_score,"
        " cost, n_trained, n_control, effect, effect_low, effect_high from training_effect"
        " order by effect desc nulls last, course, metric"
    )
    if not rows:
        return Part()
    numbers = words.numbers
    for row in rows:
        row["verdict"] = _effect(words, row)
        row["name"] = words.term(row["metric"])

    def said(row: Row) -> str:
        return words.say(
            f"training.{row['verdict']}",
            course=row["course"],
            metric=row["name"],
            effect=numbers.points(row["effect"]),
            low=numbers.points(row["effect_low"]),
            high=numbers.points(row["effect_high"]),
            trained=row["n_trained"],
            control=row["n_control"],
        )

    known = [row for row in rows if row["verdict"] != "unknown"]
    sure = [row for row in known if row["verdict"] != "unproven"]
    unproven = [row for row in known if row["verdict"] == "unproven"]
    refused = sorted({row["course"] for row in rows} - {row["course"] for row in known})
    finding = words.join(
        *(said(row) for row in sure[:2]),
        *(said(row) for row in unproven[: 0 if sure else 1]),
        words.say("training.rest_unproven", names=words.list(
            sorted({row["course"] for row in unproven} - {row["course"] for row in sure})))
        if sure and {row["course"] for row in unproven} - {row["course"] for row in sure}
        else "",
        words.say("training.refused", names=words.list(refused)) if refused else "",
    )  # fmt: skip
    few = words.say("why.few_trained")
    columns = (
        Column("course", words.say("column.course")),
        Column("name", words.say("column.metric")),
        Column("effect", words.term("effect"), "points", few),
        Column("effect_low", words.say("column.low"), "points", few),
        Column("effect_high", words.say("column.high"), "points", few),
        Column("told", words.say("column.verdict")),
        Column("n_trained", words.say("column.n_trained"), "count"),
        Column("n_control", words.say("column.n_control"), "count"),
        Column("sessions", words.say("column.sessions"), "count"),
        Column("attended", words.say("column.attended"), "count"),
        Column("attendance_rate", words.say("column.attendance_rate"), "rate"),
        Column("exam_score", words.say("column.exam_score"), "rate", words.say("why.no_exam")),
        Column("feedback_score", words.say("column.feedback_score"), "rate",
               words.say("why.no_feedback")),
        Column("cost", words.say("column.cost"), "money", words.say("why.no_cost")),
    )  # fmt: skip
    table = Table(
        "training", words.say("training.table"), columns,
        [row | {"told": words.choice("effect_verdict", row["verdict"])} for row in rows],
        note=words.say("training.note"), finding=finding,
    )  # fmt: skip
    if not known:
        return Part(tables=(table,))
    points = [
        {
            "label": f"{row['course']} · {row['name']}",
            "value": row["effect"],
            "low": row["effect_low"],
            "high": row["effect_high"],
            "text": words.say("training.bar", effect=numbers.points(row["effect"]),
                              trained=row["n_trained"], control=row["n_control"]),
        }
        for row in known[:_MOST_BARS]
    ]  # fmt: skip
    widest = max(abs(float(row[key])) for row in known for key in ("effect_low", "effect_high"))
    edge = max(0.1, -(-widest * 10 // 1) / 10)
    title = words.say("training.title")
    wide, narrow = (
        charts.intervals(
            points, numbers, form="rate", reference=0.0, domain=(-edge, edge), width=width
        )
        for width in (charts.WIDE, charts.WIDTH)
    )
    figure = Figure(
        "training", title, words.say("training.subtitle"),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in points)),
        wide,
        (
            ("dot-actual", words.term("effect")),
            ("bar-interval", words.say("legend.interval")),
            ("line-target", words.say("legend.no_change")),
        ),
        is_wide=True, narrow_spec=narrow, finding=finding,
    )  # fmt: skip
    return Part(figures=(figure,), tables=(replace(table, finding=""),))


def pay(release: Release, words: Words) -> Part:
    """What commission costs by plan and period. What one person is paid stands on no page that
    goes to all."""
    if not release.has("commission_statement"):
        return Part()
    rows = release.rows(
        "select period_start, period_type, plan_id, count(distinct user_id) as reps,"
        " sum(bookings_in_tier) as base, sum(commission) as commission,"
        " sum(claw_back) as claw_back, sum(cap_applied) as cap_applied, sum(total) as total,"
        " bool_and(is_complete) as is_complete from commission_statement"
        " group by period_start, period_type, plan_id"
        " having sum(bookings_in_tier) <> 0 or sum(claw_back) <> 0"
        " order by period_start desc, plan_id"
    )
    if not rows:
        return Part()
    numbers = words.numbers
    for row in rows:
        row["rate"] = float(row["total"] / row["base"]) if row["base"] > 0 else None
        row["period"] = numbers.period(row["period_type"], row["period_start"]) + (
            "" if row["is_complete"] else words.say("word.running")
        )
        if row["reps"] < _FEWEST_PAID:
            row |= dict.fromkeys(
                ("base", "commission", "claw_back", "cap_applied", "total", "rate")
            )
    newest = next((row for row in rows if row["is_complete"] and row["rate"] is not None), None)
    finding = ""
    if newest is not None:
        finding = words.say(
            "pay.costs",
            period=newest["period"],
            plan=newest["plan_id"],
            total=numbers.short(newest["total"]),
            n=newest["reps"],
            rate=numbers.rate(newest["rate"]),
        )
    few = words.say("why.few_paid")
    columns = (
        Column("period", words.say("column.period")),
        Column("plan_id", words.say("column.plan")),
        Column("reps", words.say("column.reps"), "count"),
        Column("base", words.say("column.paid_on"), "money", few),
        Column("commission", words.term("commission"), "money", few),
        Column("claw_back", words.say("column.claw_back"), "money", few),
        Column("cap_applied", words.say("column.cap_applied"), "money", few),
        Column("total", words.say("column.paid"), "money", few),
        Column("rate", words.say("column.paid_rate"), "rate", few),
    )
    table = Table("commission", words.say("pay.table"), columns, rows, shown=4,
                  note=words.say("pay.note"), finding=finding)  # fmt: skip
    return Part(tables=(table,))
