"""What is planned and rewarded: quotas, targets, commission, training, improvement actions."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from pipelines.demo import company
from pipelines.demo.clock import (
    DAY,
    HOUR,
    Clock,
    date_texts,
    day_number,
    day_of,
    loop_stream,
    month_start,
    months_of,
    utc_texts,
)
from pipelines.demo.people import People, training_day
from pipelines.demo.shop import Ledger
from pipelines.demo.tables import Chunks, ids, rows_of, turned

# Plans are made a little above what the company then sells: attainment averages about 0.9.
_AMBITION = 1.05


def _smooth(values: np.ndarray, ahead: int, reach: int) -> np.ndarray:
    """A centred mean of `reach` periods each side, carried `ahead` periods with a year's growth."""
    count = len(values)
    found = np.array([values[max(0, n - reach) : n + reach + 1].mean() for n in range(count)])
    tail = values[-max(1, min(count, 4 * reach)) :].mean() * 1.08
    return np.concatenate([found, np.full(ahead, tail)])


def _planned(actual: np.ndarray, is_active: np.ndarray, ahead: int, reach: int) -> np.ndarray:
    """Plans by seller and period: a third of what an average seller makes then, the rest by what
    this one usually makes against the average."""
    active = is_active[:, : actual.shape[1]]
    average = actual.sum(axis=0) / np.maximum(active.sum(axis=0), 1)
    usual = np.where(active, actual, 0).sum(axis=1)
    expected = np.where(active, average, 0).sum(axis=1)
    ratio = usual / np.maximum(expected, 1)
    return _smooth(average, ahead, reach) * (0.35 + 0.65 * ratio)[:, None] * _AMBITION


def _is_active(people: People, starts: list[int], ends: list[int]) -> np.ndarray:
    begin, end = np.array(starts), np.array(ends)
    return (people.hired[:, None] <= end[None, :]) & (people.left[:, None] > begin[None, :])


def quota_rows(clock: Clock, people: People, bookings: np.ndarray, ledger: Ledger) -> Chunks:
    """Rows of quotas: bookings by quarter and revenue by month for sellers, bookings, new
    customers and units for teams, to the end of the as-of year."""
    first, months = int(months_of(clock.start)), bookings.shape[1]
    last = (day_of(clock.end).year - 1970) * 12 + 11
    raw: list[tuple] = []
    planned = {"revenue": (1, ledger.by_rep), "bookings": (3, bookings)}
    lead = first % 3
    for measure, (length, actual) in planned.items():
        # Quarters are calendar quarters; the first may have begun before the demo.
        origin = first - (lead if length == 3 else 0)
        padded = np.pad(actual, ((0, 0), (first - origin, 0)))
        short = -padded.shape[1] % length
        periods = np.pad(padded, ((0, 0), (0, short))).reshape(people.count, -1, length).sum(2)
        if short and periods.shape[1] > 1:
            # The running quarter is planned like the one before it.
            periods[:, -1] = periods[:, -2]
        total = (last + 1 - origin) // length
        starts = [month_start(origin + length * n) for n in range(total)]
        ends = [month_start(origin + length * (n + 1)) - timedelta(days=1) for n in range(total)]
        active = _is_active(people, [day_number(d) for d in starts], [day_number(d) for d in ends])
        own = people.settled
        plan = _planned(
            periods[:own], active[:own], total - periods.shape[1], 2 if length == 1 else 1
        )
        # Who is new begins with half a plan, in the first whole period.
        plan = np.vstack([plan, plan.mean(axis=0) / 2])
        active[people.newcomer] = [
            day_number(day) >= people.hired[people.newcomer] for day in starts
        ]
        plan = np.maximum(np.round(plan, -4), 10_000)
        for rep in range(people.count):
            for n in np.flatnonzero(active[rep]).tolist():
                raw.append((people.rep_ids[rep], None, starts[n], ends[n], measure,
                            float(plan[rep, n]), company.CURRENCY))  # fmt: skip
        for team, team_id in enumerate(people.team_ids):
            for n in range(total):
                members = (people.team == team) & active[:, n]
                if length == 3 and members.any():
                    amount = float(np.round(plan[members, n].sum() * 0.97, -4))
                    raw += _team_quotas(team_id, starts[n], ends[n], amount, int(members.sum()))
    users, teams, begins, finishes, measures, amounts, currencies = turned(raw, 7)
    # Plans of a year are set in the December before, those of the first year at the start.
    known = [max(clock.start, day_number(d.replace(month=1, day=1)) - 18) for d in begins]
    known = [min(day, clock.end) * DAY + 9 * HOUR for day in known]
    yield "quotas", rows_of(
        "quotas", quota_id=ids("Q", range(len(raw)), 6), user_id=users, team_id=teams,
        period_start=[d.isoformat() for d in begins], period_end=[d.isoformat() for d in finishes],
        measure=measures, amount=amounts, currency_code=currencies, updated_at=utc_texts(known),
    )  # fmt: skip
    yield "targets", _targets(ledger, first, months, last)


def _team_quotas(team_id: str, start: date, end: date, amount: float, members: int) -> list[tuple]:
    return [
        (None, team_id, start, end, "bookings", amount, company.CURRENCY),
        (None, team_id, start, end, "new_customers", float(3 * members), None),
        (None, team_id, start, end, "units", float(800 * members), None),
    ]


def _targets(ledger: Ledger, first: int, months: int, last: int) -> list[tuple]:
    ahead = last + 1 - first - months
    sales = np.array([_smooth(row, ahead, 2) for row in ledger.by_region]) * 1.04
    counts = _smooth(ledger.orders.astype(float), ahead, 2) * 1.03
    rows: list[tuple] = []

    def add(metric: str, member: str, month: int, length: int, amount: float) -> None:
        end = month_start(month + length) - timedelta(days=1)
        dimension = "total" if member == "all" else "region"
        rows.append((metric, month_start(month).isoformat(), dimension, member, end.isoformat(),
                     amount))  # fmt: skip

    for n in range(months + ahead):
        month = first + n
        total = round(float(sales[:, n].sum()), -4)
        orders = round(float(counts[n]))
        add("net_sales", "all", month, 1, total)
        for region, name in enumerate(company.REGIONS):
            add("net_sales", name, month, 1, round(float(sales[region, n]), -4))
        add("orders", "all", month, 1, float(orders))
        add("average_order_value", "all", month, 1, round(total / max(orders, 1), -2))
        add("new_customers", "all", month, 1, float(max(1, round(orders * 0.045))))
        add("gross_margin_rate", "all", month, 1, 0.46)
        if month % 3 == 0:
            add("win_rate", "all", month, 3, 0.4)
            add("nps", "all", month, 3, 35.0)
            add("csat", "all", month, 3, 0.86)
            add("data_quality_score", "all", month, 3, 0.995)
    return rows


def commission_rows(clock: Clock, people: People) -> Chunks:
    """Rows of two commission plans, their tiers, and who is on which: all moved from the monthly
    to the quarterly plan after a year and a half, but for those who had left."""
    yield "commission_plans", rows_of(
        "commission_plans", plan_id=["CP-M", "CP-Q"], name=["月度回款提成", "季度签约提成"],
        measure=["revenue", "bookings"], period_type=["month", "quarter"],
    )  # fmt: skip
    tiers = [
        ("CP-M", "1", 0.0, 0.010, 0, None),
        ("CP-M", "2", 0.8, 0.016, 0, None),
        ("CP-M", "3", 1.2, 0.022, 0, 40_000.0),
        ("CP-Q", "1", 0.0, 0.012, 0, None),
        ("CP-Q", "2", 0.9, 0.020, 0, None),
        ("CP-Q", "3", 1.1, 0.028, 1, 160_000.0),
    ]
    plans, names, since, rates, whole, caps = turned(tiers, 6)
    yield "commission_tiers", rows_of(
        "commission_tiers", plan_id=plans, tier=names, attainment_from=since, rate=rates,
        is_retroactive=whole, cap_amount=caps,
    )  # fmt: skip
    changed = int(day_number(month_start(int(months_of(clock.start + 550)) // 3 * 3)))
    raw = []
    for rep in range(people.count):
        joined = max(int(people.hired[rep]), clock.start)
        left = int(people.left[rep])
        if joined < changed:
            raw.append(("CP-M", people.rep_ids[rep], joined, changed - 1))
        if left > changed:
            raw.append(("CP-Q", people.rep_ids[rep], max(joined, changed),
                        left if left <= clock.end else 0))  # fmt: skip
    plans, users, begins, ends = turned(raw, 4)
    yield "commission_assignments", rows_of(
        "commission_assignments", plan_id=plans, user_id=users, valid_from=date_texts(begins),
        valid_to=date_texts(ends),
    )  # fmt: skip


def training_days(clock: Clock) -> list[int]:
    """The days of the training sessions, in order."""
    return [training_day(clock, months) for _, _, months, _ in company.TRAINING]


def training_members(people: People, session: int, day: int) -> list[int]:
    """The sellers invited to a session: those of its places who are at work."""
    places = company.TRAINING[session][3]
    return [
        rep
        for rep in range(people.settled)
        if rep % len(company.REPS) in places and people.is_at_work(rep, day)
    ]


def training_rows(clock: Clock, people: People, seed: int) -> Chunks:
    """Rows of training sessions and of who was invited, came, and how it went."""
    chance = loop_stream(seed, "training")
    days = training_days(clock)
    yield "training_sessions", rows_of(
        "training_sessions", session_id=ids("TS", range(len(days)), 3),
        course=[course for course, *_ in company.TRAINING],
        format=[form for _, form, *_ in company.TRAINING],
        held_on=date_texts(days), currency_code=company.CURRENCY,
        cost=[float(6_000 + 900 * (n % 5) * len(training_members(people, n, day)) // 4)
              for n, day in enumerate(days)],
    )  # fmt: skip
    raw = []
    for n, day in enumerate(days):
        for rep in training_members(people, n, day):
            # Who is to show what a course changes was there.
            came = chance.random() < 0.9 or len(company.TRAINING[n][3]) < len(company.REPS) - 1
            skill = 0.74 + 0.08 * people.reps[rep].win + chance.gauss(0, 0.09)
            exam = round(min(max(skill, 0.3), 1.0), 2) if came else None
            liked = round(min(max(chance.gauss(0.8, 0.12), 0.2), 1.0), 2)
            raw.append((f"TS{n + 1:03d}", people.rep_ids[rep], int(came), exam,
                        liked if came and chance.random() < 0.85 else None))  # fmt: skip
    sessions, users, presence, exams, marks = turned(raw, 5)
    yield "training_attendances", rows_of(
        "training_attendances", session_id=sessions, user_id=users, has_attended=presence,
        exam_score=exams, feedback_score=marks,
    )  # fmt: skip


_ACTIONS = (
    ("win_rate", "team", "T-02", "报价阶段输给低价对手", 0.04, 120, 180),
    ("on_time_rate", "region", "西南", "西南区物流中转时间长", 0.03, 300, 150),
    ("median_response_hours", "total", "all", "线索首次响应慢于一个工作日", -4.0, 420, 120),
    ("net_sales", "region", "华北", "大客户复购下降", 300_000.0, 560, 200),
    ("nps", "total", "all", "客户反映校准周期偏长", 5.0, 700, 240),
    ("median_cycle_days", "total", "all", "方案演示排期过长", -8.0, 960, 0),
)


def improvement_rows(clock: Clock, people: People) -> Chunks:
    """Rows of improvement actions: a finding, what was expected, and when it was done."""
    metrics, dimensions, members, findings, changes, begins, lengths = turned(list(_ACTIONS), 7)
    started = [clock.start + day for day in begins]
    closed = [day + length if length else 0 for day, length in zip(started, lengths, strict=True)]
    yield "improvement_actions", rows_of(
        "improvement_actions", action_id=ids("IA", range(len(metrics)), 3), metric=metrics,
        dimension=dimensions, member=members, finding=findings,
        owner_id=[f"U{11 + n % len(people.team_ids):03d}" for n in range(len(metrics))],
        started_on=date_texts(started), expected_change=changes, closed_on=date_texts(closed),
    )  # fmt: skip
