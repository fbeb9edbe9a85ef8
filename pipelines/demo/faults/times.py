"""Faults of time: dates in the wrong order, impossible or to come, periods that overlap, history that
contradicts. A time in a daylight-saving gap is not among them: the company's zone has none."""

from __future__ import annotations

from datetime import date

from pipelines.demo.faults.planter import Kind, Planter, shifted

_EACH = 4
# The later one, which is put before the earlier one.
_ORDERED = (
    ("opportunities", "closed_at", "created_at"), ("tickets", "resolved_at", "created_at"),
    ("tickets", "first_response_at", "created_at"), ("leads", "converted_at", "created_at"),
    ("orders", "confirmed_at", "ordered_at"), ("campaigns", "ends_on", "starts_on"),
    ("contracts", "ends_on", "starts_on"), ("surveys", "closed_on", "opened_on"),
    ("quotas", "period_end", "period_start"), ("market_sizes", "period_end", "period_start"),
    ("survey_responses", "submitted_at", "started_at"), ("users", "leave_date", "hire_date"),
    ("orders", "promised_date", "ordered_at"),
)  # fmt: skip
_DATED = (
    ("opportunities", "expected_close_date"), ("orders", "promised_date"),
    ("contracts", "ends_on"), ("campaigns", "ends_on"), ("users", "hire_date"),
    ("products", "launched_on"), ("activities", "happened_at"), ("tickets", "created_at"),
    ("payments", "paid_at"), ("research_notes", "noted_at"), ("returns", "returned_at"),
    ("surveys", "opened_on"), ("leads", "created_at"),
)  # fmt: skip
_PAST = (
    ("activities", "happened_at"), ("tickets", "created_at"), ("payments", "paid_at"),
    ("research_notes", "noted_at"), ("leads", "created_at"), ("campaign_touches", "touched_at"),
    ("returns", "returned_at"), ("accounts", "created_at"), ("customers", "created_at"),
    ("contacts", "created_at"), ("shipments", "delivered_at"), ("survey_invitations", "sent_at"),
)  # fmt: skip


def _filled(column: str) -> str:
    return f"coalesce({column}, '') <> ''"


def _dates_order(planter: Planter) -> None:
    for entity, later, earlier in planter.chance.sample(_ORDERED, _EACH + 1):
        (found,) = planter.take(entity, f"{_filled(later)} and {_filled(earlier)}")
        days = planter.chance.randint(2, 40)
        moved = shifted(found.row[earlier], days=-days)
        if len(found.row[later]) == 10:
            moved = moved[:10]
        planter.spoil(found, {later: moved}, column=f"{later},{earlier}",
                      related=planter.kin(found))  # fmt: skip


def _impossible_date(planter: Planter) -> None:
    days = ("2026-02-30", "2025-13-05", "0000-00-00", "2025-06-31")
    for (entity, column), day in zip(planter.chance.sample(_DATED, _EACH), days, strict=True):
        (found,) = planter.take(entity, _filled(column))
        planter.spoil(found, {column: day + found.row[column][10:]})


def _long_ago(planter: Planter) -> None:
    years = ("1900", "0206", "1826", "1899")
    for (entity, column), year in zip(planter.chance.sample(_PAST, _EACH), years, strict=True):
        (found,) = planter.take(entity, _filled(column))
        planter.spoil(found, {column: f"{year}-01-15{found.row[column][10:]}"})


def _future_date(planter: Planter) -> None:
    for entity, column in planter.chance.sample(_PAST, _EACH):
        (found,) = planter.take(entity, _filled(column))
        # Two digits typed the wrong way round: 2062 for 2026.
        years = planter.as_of.year + planter.chance.randint(9, 40)
        moved = date(years, 1 + planter.chance.randrange(12), 15).isoformat()
        planter.spoil(found, {column: moved + found.row[column][10:]})


def _delivered_before_shipped(planter: Planter) -> None:
    for days in (-1, -2, -6):
        (parcel,) = planter.take("shipments", "shipped_at is not null and delivered_at is not null")
        moved = shifted(parcel.row["shipped_at"], days=days)
        planter.spoil(parcel, {"delivered_at": moved}, column="delivered_at,shipped_at",
                      related=planter.parents(parcel))  # fmt: skip


def _shipped_before_ordered(planter: Planter) -> None:
    for days in (-2, -5, -20):
        (parcel,) = planter.take("shipments", "shipped_at is not null and delivered_at is not null")
        ((ordered,),) = planter.sources.ask(
            "select ordered_at from orders where order_id = ?", parcel.row["order_id"]
        )
        planter.spoil(parcel, {"shipped_at": shifted(ordered, days=days)},
                      related=planter.parents(parcel))  # fmt: skip


def _overlapping_quotas(planter: Planter) -> None:
    for number in range(_EACH):
        (quota,) = planter.take("quotas", "user_id is not null" if number % 2 else "true")
        half = {name: shifted(quota.row[name], days=12) for name in ("period_start", "period_end")}
        row = {**quota.row, **half, "quota_id": planter.new_id(quota, number)}
        neighbours = planter.sources.ask(
            "select quota_id from quotas where measure = ? and user_id is ? and team_id is ?"
            " and period_start <= ? and period_end >= ?",
            *(row[n] for n in ("measure", "user_id", "team_id", "period_end", "period_start")),
        )
        related = tuple(f"quotas:{quota}" for (quota,) in neighbours)
        planter.taken |= {("quotas", quota) for (quota,) in neighbours}
        planter.add("quotas", row, column="period_start,period_end", related=related)


def _overlapping_assignments(planter: Planter) -> None:
    for _ in range(3):
        (held,) = planter.take(
            "commission_assignments",
            "(valid_to is null or valid_to > valid_from) and (plan_id, user_id) in"
            " (select plan_id, user_id from commission_assignments"
            " group by plan_id, user_id having count(*) = 1)",
        )
        row = {**held.row, "valid_from": shifted(held.row["valid_from"], days=20)}
        planter.add("commission_assignments", row, column="valid_from,valid_to",
                    related=(f"commission_assignments:{held.record_id}",))  # fmt: skip


def _contradicting_history(planter: Planter) -> None:
    for number in range(_EACH):
        state = ("is_closed = 1 and is_won = 1", "is_closed = 1 and is_won = 0")[number % 2]
        (deal,) = planter.take("opportunities", state)
        ((place, record, stage),) = planter.sources.ask(
            "select rowid, history_id, to_stage_id from opportunity_stage_history"
            " where opportunity_id = ? order by changed_at desc, history_id desc limit 1",
            deal.row["opportunity_id"],
        )
        other = "lost" if stage == "won" else "won"
        planter.sources.update("opportunity_stage_history", place, {"to_stage_id": other})
        planter.tell(deal, "stage_id", stage, other, (f"opportunity_stage_history:{record}",))


KINDS = (
    Kind("overlapping_assignments", "consistency", _overlapping_assignments),
    Kind("overlapping_quotas", "consistency", _overlapping_quotas),
    Kind("contradicting_history", "consistency", _contradicting_history),
    Kind("delivered_before_shipped", "consistency", _delivered_before_shipped),
    Kind("shipped_before_ordered", "consistency", _shipped_before_ordered),
    Kind("dates_order", "consistency", _dates_order),
    Kind("impossible_date", "conformity", _impossible_date),
    Kind("long_ago", "accuracy", _long_ago),
    Kind("future_date", "accuracy", _future_date),
)
