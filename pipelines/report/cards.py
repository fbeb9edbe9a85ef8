"""Gather what a scorecard says of each rep, with one query for each mart whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from statistics import quantiles
from typing import Any

from pipelines.report.content import Kind
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections.team import team_names

# With fewer, a spread would tell what one of the others did.
FEWEST_PEERS = 5
_HISTORY = 9
_MOST_ROWS = 10
_MONTHS = {"quarter": 3, "month": 1, "year": 12}
_LOST_DAYS = 365


@dataclass(frozen=True)
class Measure:
    """A figure of the card: its column, how it is written, and whether less of it is better."""

    key: str
    kind: Kind
    lower_is_better: bool = False


MEASURES = (
    Measure("attainment", "rate"),
    Measure("bookings", "money"),
    Measure("net_sales", "money"),
    Measure("orders", "count"),
    Measure("win_rate_adjusted", "rate"),
    Measure("average_won_amount", "money"),
    Measure("median_cycle_days", "days", lower_is_better=True),
    Measure("open_pipeline", "money"),
    Measure("activities", "count"),
    Measure("meetings", "count"),
    Measure("high_value_share", "rate"),
    Measure("first_response_hours", "days", lower_is_better=True),
    Measure("csat_adjusted", "rate"),
    Measure("market_share", "rate"),
    Measure("training_sessions", "count"),
    Measure("entry_timeliness", "rate"),
    Measure("quality_issues", "count", lower_is_better=True),
)
# Of the card's mart; what else is measured comes from elsewhere.
_COLUMNS = tuple(measure.key for measure in MEASURES if measure.key != "high_value_share")


@dataclass(frozen=True)
class Spread:
    """How a figure spreads over the reps who are compared."""

    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


@dataclass(frozen=True)
class Card:
    """What is known of one rep: figures by period, newest first, and what waits for action."""

    user_id: str
    name: str
    team: str | None
    manager: str | None
    region: str | None
    hired: date | None
    periods: dict[date, Row]
    quota: Row = field(default_factory=dict)
    coverage: Row = field(default_factory=dict)
    open: Row = field(default_factory=dict)
    load: Row = field(default_factory=dict)
    pay: Row = field(default_factory=dict)
    lost_for: Row = field(default_factory=dict)
    stalled: tuple[Row, ...] = ()
    fixes: tuple[Row, ...] = ()
    open_fixes: int = 0


@dataclass(frozen=True)
class Cards:
    """The cards of one period, and how the reps who are compared spread: those with a standing, or
    everybody where nobody has one (`is_ranked` says which)."""

    period_type: str
    start: date
    before: date
    year_ago: date
    is_complete: bool
    as_of: date | None
    spreads: dict[str, Spread]
    peers: int
    is_ranked: bool
    cards: tuple[Card, ...]


def gather(release: Release) -> Cards | None:
    """The cards of the last complete quarter (month, where there is none) for everybody at work who
    has a figure in it; None where nobody has."""
    if not release.has("rep_scorecard", "is_complete"):
        return None
    period = _period(release)
    if period is None:
        return None
    months = _MONTHS[period["period_type"]]
    start: date = period["period_start"]
    rows = _figures(release, period["period_type"], start, months)
    people = _people(release)
    now = {
        user: periods[start]
        for user, periods in rows.items()
        if start in periods
        and people.get(user, {}).get("is_active", True) is not False
        and _has_figure(periods[start])
    }
    if not now:
        return None
    as_of = _as_of(release)
    rest = _rest(release, start, months, as_of, period["period_type"])
    ranked = [row for row in now.values() if row["position"] is not None]
    compared = ranked or list(now.values())
    spreads = {
        measure.key: spread
        for measure in MEASURES
        if (spread := _spread(row.get(measure.key) for row in compared)) is not None
    }
    cards = [
        Card(
            user_id=user,
            name=people.get(user, {}).get("name") or user,
            team=people.get(user, {}).get("team"),
            manager=people.get(user, {}).get("manager"),
            region=people.get(user, {}).get("region"),
            hired=people.get(user, {}).get("hire_date"),
            periods=rows[user],
            **{key: found[user] for key, found in rest.items() if user in found},
        )
        for user in now
    ]
    return Cards(
        period_type=period["period_type"],
        start=start,
        before=_earlier(start, months),
        year_ago=_earlier(start, 12),
        is_complete=bool(period["is_complete"]),
        as_of=as_of,
        spreads=spreads,
        peers=len(compared),
        is_ranked=bool(ranked),
        cards=tuple(sorted(cards, key=lambda card: (card.team or "", card.name, card.user_id))),
    )


def _earlier(start: date, months: int) -> date:
    """The first of the month so many months before."""
    month = start.year * 12 + start.month - 1 - months
    return start.replace(year=month // 12, month=month % 12 + 1)


def _as_of(release: Release) -> date | None:
    rows = (
        release.rows("select as_of_date from release_info") if release.has("release_info") else []
    )
    return rows[0]["as_of_date"] if rows else None


def _period(release: Release) -> Row | None:
    rows = release.rows(
        "select period_type, period_start, bool_and(is_complete) as is_complete from rep_scorecard"
        " where period_type in ('quarter', 'month') and (won + lost > 0 or bookings <> 0"
        " or net_sales <> 0) group by period_type, period_start"
        # A complete quarter before a complete month before what is running; the newest of them.
        " order by bool_and(is_complete) desc, period_type desc, period_start desc limit 1"
    )
    return rows[0] if rows else None


def _has_figure(row: Row) -> bool:
    return (
        row["n"] > 0
        or bool(row["bookings"])
        or bool(row["net_sales"])
        or bool(row["open_pipeline"])
        or row["attainment"] is not None
    )


def _figures(
    release: Release, period_type: str, start: date, months: int
) -> dict[str, dict[date, Row]]:
    """By rep and period start, the newest first."""
    found: dict[str, dict[date, Row]] = {}
    for row in release.rows(
        f"select user_id, period_start, {', '.join(_COLUMNS)}, coalesce(won, 0) as won,"
        " coalesce(won, 0) + coalesce(lost, 0) as n, win_rate, csat,"
        " coalesce(csat_answers, 0) as csat_answers, rank, position, position_reason"
        " from rep_scorecard where period_type = ? and period_start between ? and ?"
        " order by user_id, period_start desc",
        [period_type, _earlier(start, months * (_HISTORY - 1)), start],
    ):
        found.setdefault(row["user_id"], {})[row["period_start"]] = row | {"high_value_share": None}
    if release.has("time_allocation"):
        for row in release.rows(
            f"select user_id, date_trunc('{period_type}', period_start)::date as period_start,"
            " sum(minutes) filter (where is_high_value) as valuable, sum(minutes) as minutes"
            " from time_allocation group by all having sum(minutes) > 0"
        ):
            periods = found.get(row["user_id"], {})
            if row["period_start"] in periods:
                share = (row["valuable"] or 0) / row["minutes"]
                periods[row["period_start"]]["high_value_share"] = share
    return found


def _people(release: Release) -> dict[str, Row]:
    if not release.has("dim_rep"):
        return {}
    teams = team_names(release)
    rows = release.rows(
        "select user_id, name, team_id, manager_id, region, hire_date, is_active from dim_rep"
    )
    names = {row["user_id"]: row["name"] for row in rows}
    return {
        row["user_id"]: row
        | {
            "team": teams.get(row["team_id"], {}).get("name") or row["team_id"],
            "manager": names.get(row["manager_id"]) or row["manager_id"],
        }
        for row in rows
    }


def _spread(values: Iterable[Any]) -> Spread | None:
    kept = sorted(float(value) for value in values if is_number(value))
    if len(kept) < FEWEST_PEERS:
        return None
    quarter, middle, three_quarters = quantiles(kept, n=4, method="inclusive")
    return Spread(kept[0], quarter, middle, three_quarters, kept[-1])


def _rest(
    release: Release, start: date, months: int, as_of: date | None, period_type: str
) -> dict[str, dict[str, Any]]:
    """What other marts say, by the card's field and rep."""
    end = _earlier(start, -months)
    found: dict[str, dict[str, Any]] = {}

    def one(field_name: str, rows: list[Row]) -> None:
        found[field_name] = {row["user_id"]: row for row in rows}

    def many(field_name: str, rows: list[Row]) -> None:
        grouped: dict[str, list[Row]] = {}
        for row in rows:
            grouped.setdefault(row["user_id"], []).append(row)
        found[field_name] = {user: tuple(own) for user, own in grouped.items()}

    if release.has("quota_attainment"):
        one("quota", release.rows(
            "select user_id, measure, quota, credited, gap from quota_attainment"
            " where period_type = ? and period_start = ? and quota > 0"
            " and measure in ('bookings', 'revenue')"
            " qualify row_number() over (partition by user_id order by measure) = 1",
            [period_type, start],
        ))  # fmt: skip
    if release.has("pipeline_coverage") and as_of is not None:
        one("coverage", release.rows(
            "select member as user_id, period_start, open_amount, target, remaining, coverage,"
            " coverage_needed, is_target_met from pipeline_coverage where dimension = 'owner'"
            " and target > 0 and period_start + interval 3 month > ?::date + 1"
            " qualify row_number() over (partition by member order by period_start) = 1",
            [as_of],
        ))  # fmt: skip
    if release.has("open_pipeline"):
        one("open", release.rows(
            "select member as user_id, deals, amount, stalled_deals, stalled_amount,"
            " overdue_close_dates from open_pipeline where dimension = 'owner'"
        ))  # fmt: skip
    if release.has("capacity"):
        one("load", release.rows(
            "select user_id, deals_per_business_day, team_median, load from capacity"
        ))  # fmt: skip
    if release.has("commission_statement"):
        one("pay", release.rows(
            "select user_id, period_type, period_start, sum(commission) as commission,"
            " sum(claw_back) as claw_back, sum(cap_applied) as cap_applied, sum(total) as total"
            " from commission_statement where is_complete and period_start < ?"
            " group by user_id, period_type, period_start"
            " qualify row_number() over (partition by user_id order by period_start desc,"
            " period_type) = 1",
            [end],
        ))  # fmt: skip
    if release.has("fct_opportunity", "lost_reason", "closed_date", "owner_id", "status"):
        one("lost_for", release.rows(
            "with reasons as (select owner_id as user_id, lost_reason, count(*) as lost"
            " from fct_opportunity where status = 'lost' and closed_date >= ?::date - ?"
            " and closed_date < ? and lost_reason is not null and owner_id is not null"
            " group by owner_id, lost_reason)"
            " select user_id, lost_reason, lost, sum(lost) over (partition by user_id) as whole"
            " from reasons qualify row_number() over (partition by user_id"
            " order by lost desc, lost_reason) = 1",
            [end, _LOST_DAYS, end],
        ))  # fmt: skip
    if release.has("stalled_opportunities") and release.has("fct_opportunity"):
        stages = release.has("dim_stage")
        many("stalled", release.rows(
            "select stalled.owner_id as user_id, stalled.amount, stalled.days_in_stage,"
            " stalled.last_activity_at, stalled.next_step,"
            " coalesce(deals.name, stalled.opportunity_id) as name,"
            + (" coalesce(dim_stage.stage_name, stalled.stage_id) as stage" if stages
               else " stalled.stage_id as stage")
            + " from stalled_opportunities as stalled left join fct_opportunity as deals"
            " on stalled.opportunity_id = deals.opportunity_id"
            + (" left join dim_stage on deals.pipeline_id = dim_stage.pipeline_id"
               " and stalled.stage_id = dim_stage.stage_id" if stages else "")
            + " where stalled.owner_id is not null qualify row_number() over ("
            "partition by stalled.owner_id order by stalled.amount desc nulls last,"
            " stalled.opportunity_id) <= ?"
            " order by stalled.amount desc nulls last, stalled.opportunity_id",
            [_MOST_ROWS],
        ))  # fmt: skip
    if release.has("quality_issues"):
        many("fixes", release.rows(
            "select owner_id as user_id, entity, record_id, column_name, amount_at_risk,"
            " message_zh, message_en, count(*) over (partition by owner_id) as whole"
            " from quality_issues where status = 'open' and owner_id is not null"
            " qualify row_number() over (partition by owner_id"
            " order by amount_at_risk desc nulls last, issue_id) <= ?"
            " order by amount_at_risk desc nulls last, issue_id",
            [_MOST_ROWS],
        ))  # fmt: skip
        found["open_fixes"] = {user: own[0]["whole"] for user, own in found["fixes"].items()}
    return found
