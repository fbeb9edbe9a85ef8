"""Will the quarter be made: how its pipeline came about, coverage of the target, stalled deals."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections.stages import stage_names
from pipelines.report.words import Words

# Column of the waterfall → whether it adds to the pipeline.
STEPS = {
    "created": True,
    "pulled_in": True,
    "reopened": True,
    "transferred_in": True,
    "increased": True,
    "decreased": False,
    "pushed_out": False,
    "transferred_out": False,
    "won": False,
    "lost": False,
}
_QUARTERS_SHOWN = 4


def _as_of(release: Release) -> date | None:
    if not release.has("release_info"):
        return None
    found: date | None = release.rows("select max(as_of_date) as day from release_info")[0]["day"]
    return found


def waterfall(release: Release, words: Words) -> Part:
    """How the pipeline of the quarter that holds as-of came to be what it is."""
    if not release.has("pipeline_waterfall"):
        return Part()
    steps = ", ".join(STEPS)
    rows = release.rows(
        f"select period_start, dimension, member, member_label, is_complete, start_amount, {steps},"
        " end_amount, start_deals, end_deals, expected_deals, slipped_deals, slip_rate"
        " from pipeline_waterfall where period_type = 'quarter'"
        " order by period_start desc, end_amount + won desc, member"
    )
    totals = [row for row in rows if row["dimension"] == "total"]
    if not totals:
        return Part()
    total, numbers = totals[0], words.numbers
    moved = [float(total[key] or 0) for key in ("start_amount", *STEPS, "end_amount")]
    if not any(moved):
        return Part()
    period = numbers.period("quarter", total["period_start"])
    came = sum(float(total[key] or 0) for key in ("created", "pulled_in", "reopened",
                                                  "transferred_in"))  # fmt: skip
    finding = words.say(
        "pipeline.waterfall_complete" if total["is_complete"] else "pipeline.waterfall_running",
        period=period,
        start=numbers.short(total["start_amount"]),
        came=numbers.short(came),
        won=numbers.short(total["won"]),
        lost=numbers.short(total["lost"]),
        pushed=numbers.short(total["pushed_out"]),
        end=numbers.short(total["end_amount"]),
    )
    if total["expected_deals"] and is_number(total["slip_rate"]):
        finding = words.join(
            finding,
            words.say("pipeline.slipped", rate=numbers.rate(total["slip_rate"]),
                      slipped=numbers.whole(total["slipped_deals"]),
                      n=numbers.whole(total["expected_deals"])),
        )  # fmt: skip
    drawn = [
        {"label": words.say("waterfall.start"), "value": total["start_amount"], "is_total": True,
         "text": numbers.short(total["start_amount"])},
    ]  # fmt: skip
    for key, adds in STEPS.items():
        amount = float(total[key] or 0)
        if amount:
            signed = amount if adds else -amount
            text = ("+" if signed > 0 else "") + numbers.short(signed)
            drawn.append({"label": words.say(f"waterfall.{key}"), "value": signed,
                          "is_total": False, "text": text,
                          "is_good": adds or key == "won"})  # fmt: skip
    drawn.append(
        {"label": words.say("waterfall.end"), "value": total["end_amount"], "is_total": True,
         "text": numbers.short(total["end_amount"])}
    )  # fmt: skip
    title = words.say("pipeline.waterfall_title")
    figure = Figure(
        "waterfall",
        title,
        words.say("pipeline.waterfall_subtitle", period=period),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{step['label']} {step['text']}" for step in drawn)),
        charts.bridge(drawn),
        (
            ("box-total", words.say("legend.total")),
            ("box-actual", words.say("legend.comes_or_won")),
            ("box-bad", words.say("legend.lost_or_put_off")),
        ),
        finding=finding,
    )  # fmt: skip
    quarters = Table(
        "waterfall",
        words.say("pipeline.waterfall_table"),
        _waterfall_columns(words, Column("period", words.say("column.quarter")), totals),
        [row | {"period": numbers.period("quarter", row["period_start"])} for row in totals],
        shown=_QUARTERS_SHOWN,
        native=Native("column", "period", ("start_amount", "won", "end_amount"), title, rows=8),
    )
    teams = [
        row | {"member": words.member(row)}
        for row in rows
        if row["dimension"] == "team" and row["period_start"] == total["period_start"]
    ]
    tables = [quarters]
    if len(teams) > 1:
        tables.append(
            Table(
                "waterfall_teams",
                words.say("pipeline.waterfall_team_table", period=period),
                _waterfall_columns(words, Column("member", words.say("column.team")), teams),
                teams,
            )
        )
    return Part("", (figure,), tuple(tables))


def _waterfall_columns(words: Words, first: Column, rows: list[Row]) -> tuple[Column, ...]:
    """Start, the steps that ever moved anything, end and slip rate."""
    moved = [key for key in STEPS if any(row[key] for row in rows)]
    return (
        first,
        Column("start_amount", words.say("waterfall.start"), "money"),
        *(Column(key, words.say(f"waterfall.{key}"), "money") for key in moved),
        Column("end_amount", words.say("waterfall.end"), "money"),
        Column("expected_deals", words.say("column.expected_deals"), "count"),
        Column("slip_rate", words.term("slip_rate"), "rate", words.say("why.nothing_expected")),
    )


def _quarter_ahead(release: Release, as_of: date) -> Any:
    """The quarter that is not over at as-of: on its last day that is the next one."""
    [row] = release.rows(
        "select min(period_start) filter (where period_start + to_months(3)"
        " > cast(? as date) + 1) as ahead, max(period_start) as latest"
        " from pipeline_coverage where dimension = 'total'",
        [as_of],
    )
    return row["ahead"] or row["latest"]


def _judged(row: Row) -> str:
    """met, no_target, unknown (no win rate to say what is needed), enough or short."""
    if row["is_target_met"]:
        return "met"
    if not is_number(row["target"]) or not is_number(row["coverage"]):
        return "no_target"
    if not is_number(row["coverage_needed"]):
        return "unknown"
    return "enough" if row["coverage"] >= row["coverage_needed"] else "short"


def coverage(release: Release, words: Words) -> Part:
    """Whether the deals open for the quarter are enough for what is left of its target."""
    as_of = _as_of(release)
    if as_of is None or not release.has("pipeline_coverage"):
        return Part()
    quarter = _quarter_ahead(release, as_of)
    rows = release.rows(
        "select dimension, member, member_label, open_amount, target, booked, remaining, coverage,"
        " coverage_needed, is_target_met from pipeline_coverage where period_start = ?"
        " order by coverage / coverage_needed nulls last, member",
        [quarter],
    )
    totals = [row for row in rows if row["dimension"] == "total"]
    if not totals or not (totals[0]["open_amount"] or is_number(totals[0]["target"])):
        return Part()
    total, numbers = totals[0], words.numbers
    period = numbers.period("quarter", quarter)
    sentence = words.say(
        f"pipeline.coverage_{_judged(total)}",
        period=period,
        open=numbers.short(total["open_amount"]),
        target=numbers.short(total["target"]),
        booked=numbers.short(total["booked"]),
        remaining=numbers.short(total["remaining"]),
        coverage=numbers.decimal(total["coverage"]),
        needed=numbers.decimal(total["coverage_needed"]),
    )
    held = [row for row in rows if is_number(row["target"])]
    dimension = "team" if sum(row["dimension"] == "team" for row in held) > 1 else "owner"
    members = [row for row in held if row["dimension"] == dimension]
    figures: tuple[Figure, ...] = ()
    if len(members) > 1:
        drawn = [
            {
                "label": words.member(row),
                "value": row["coverage"],
                "target": None if row["is_target_met"] else row["coverage_needed"],
                "text": words.say(
                    f"pipeline.cover_{_judged(row)}",
                    coverage=words.value("times", row["coverage"]),
                    needed=words.value("times", row["coverage_needed"]),
                ),
                "is_bad": _judged(row) == "short",
            }
            for row in members[:12]
        ]
        title = words.say("pipeline.coverage_title")
        legend = [("box-actual", words.say("legend.covered"))]
        if any(row["is_bad"] for row in drawn):
            legend.append(("box-bad", words.say("legend.too_little")))
        legend.append(("tick-target", words.say("legend.needed")))
        figures = (
            Figure(
                "coverage",
                title,
                words.say("pipeline.coverage_subtitle", period=period),
                words.say("alt.chart", title=title,
                          told="; ".join(f"{row['label']} {row['text']}" for row in drawn)),
                charts.bars(drawn),
                tuple(legend),
            ),
        )  # fmt: skip
    listed = [
        row | {"dimension": words.choice("dimension", row["dimension"]),
               "member": words.member(row) if row["dimension"] != "total"
               else words.say("legend.company"),
               "state": words.say(f"coverage_state.{_judged(row)}")}
        for row in [*totals, *(row for row in held if row["dimension"] != "total")]
    ]  # fmt: skip
    nothing_left = words.say("why.nothing_left")
    table = Table(
        "coverage",
        words.say("pipeline.coverage_table", period=period),
        (
            Column("dimension", words.say("column.dimension")),
            Column("member", words.say("column.member")),
            Column("state", words.say("column.state")),
            Column("open_amount", words.say("column.open_amount"), "money"),
            Column("target", words.say("column.target"), "money", words.say("why.no_quota")),
            Column("booked", words.say("column.booked"), "money"),
            Column("remaining", words.say("column.remaining"), "money",
                   words.say("why.no_quota")),
            Column("coverage", words.term("coverage"), "times", nothing_left),
            Column("coverage_needed", words.term("coverage_needed"), "times",
                   words.say("why.no_won_rate")),
        ),
        listed,
    )  # fmt: skip
    return Part(sentence, figures, (table,))


def velocity(release: Release, words: Words) -> Part:
    """What the open pipeline brings a day, by team."""
    if not release.has("pipeline_velocity"):
        return Part()
    rows = release.rows(
        "select dimension, member, member_label, open_deals, win_rate, average_won_amount,"
        " median_cycle_days, velocity_per_day from pipeline_velocity"
        " where dimension in ('total', 'team') and open_deals > 0"
        " order by dimension = 'team', velocity_per_day desc nulls last, member"
    )
    if not any(is_number(row["velocity_per_day"]) for row in rows):
        return Part()
    why = words.say("why.no_velocity")
    table = Table(
        "velocity",
        words.say("pipeline.velocity_table"),
        (
            Column("member", words.say("column.team")),
            Column("open_deals", words.say("column.deals"), "count"),
            Column("win_rate", words.term("win_rate"), "rate", words.say("why.no_deals")),
            Column("average_won_amount", words.term("average_won_amount"), "money",
                   words.say("why.no_won")),
            Column("median_cycle_days", words.say("column.median_cycle_days"), "days",
                   words.say("why.no_won")),
            Column("velocity_per_day", words.term("velocity_per_day"), "money", why),
        ),
        [
            row | {"member": words.say("legend.company") if row["dimension"] == "total"
                   else words.member(row)}
            for row in rows
        ],
    )  # fmt: skip
    return Part("", (), (table,))


def stalled(release: Release, words: Words) -> Part:
    """The deals that stand still, dearest first."""
    if not release.has("stalled_opportunities"):
        return Part()
    rows = release.rows("select * from stalled_opportunities order by amount desc nulls last,"
                        " days_in_stage desc nulls last, opportunity_id")  # fmt: skip
    deals = _by_id(release, "fct_opportunity", "opportunity_id", "name", "pipeline_id")
    reps = _by_id(release, "dim_rep", "user_id", "name")
    stages = stage_names(release)
    for row in rows:
        deal = deals.get(row["opportunity_id"], {})
        stage = stages.get((deal.get("pipeline_id"), row["stage_id"]), {})
        row["name"] = deal.get("name") or row["opportunity_id"]
        row["owner"] = reps.get(row["owner_id"], {}).get("name") or row["owner_id"]
        row["stage"] = stage.get("stage_name") or row["stage_id"]
        row["last_day"] = words.local_day(row["last_activity_at"])
    table = Table(
        "stalled",
        words.say("pipeline.stalled_table"),
        (
            Column("name", words.say("column.deal")),
            Column("owner", words.say("column.owner"), missing=words.say("word.no_owner")),
            Column("stage", words.say("column.stage")),
            Column("amount", words.say("column.amount"), "money", words.say("why.no_amount")),
            Column("days_in_stage", words.say("column.days_in_stage"), "days"),
            Column("stage_p75_days", words.say("column.stage_p75_days"), "days"),
            Column("last_day", words.say("column.last_activity"), "day",
                   words.say("why.no_activity")),
            Column("next_step", words.say("column.next_step"), missing=words.say("why.no_step")),
        ),
        rows,
        note=words.say("pipeline.stalled_note"),
    )  # fmt: skip
    return Part("", (), (table,))


def _by_id(release: Release, mart: str, key: str, *columns: str) -> dict[Any, Row]:
    if not release.has(mart, key, *columns):
        return {}
    return {
        row[key]: row for row in release.rows(f"select {', '.join((key, *columns))} from {mart}")
    }
