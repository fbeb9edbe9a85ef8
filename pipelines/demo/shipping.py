"""From order to delivery: confirmations, promises, shipments and payments, up to the as-of day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.clock import DAY, HOUR, Clock, local_texts, months_of, work_seconds
from pipelines.demo.orders import ONLINE, Orders
from pipelines.demo.tables import Chunks, Rows, gaps, ids, money, picked, rows_of

_TRANSIT = np.array((1, 2, 2, 4, 7))
_CANCELLED, _DRAFT_LATELY = 0.03, 0.22


@dataclass(frozen=True, eq=False)
class Timeline:
    """What has happened to each order of a chunk; instants are 0 where it has not. `status` is
    the index of draft, confirmed, shipped, delivered, cancelled."""

    status: np.ndarray
    saved: np.ndarray
    confirmed: np.ndarray
    cancelled: np.ndarray
    first_shipped: np.ndarray
    first_delivered: np.ndarray
    second_shipped: np.ndarray
    second_delivered: np.ndarray
    delivered: np.ndarray
    promised: np.ndarray
    is_late: np.ndarray
    is_split: np.ndarray
    freight: np.ndarray


def build_timeline(
    rng: np.random.Generator, clock: Clock, orders: Orders, place: np.ndarray, region: np.ndarray,
    line_count: np.ndarray,
) -> Timeline:  # fmt: skip
    """The timelines of a chunk. One order in ten is late; more before the new year and in the
    far west, fewer since the last half year."""
    count = len(place)
    ordered, channel = orders.ordered[place], orders.channel[place]
    day = ordered // DAY
    is_new = day > clock.end - 12
    drafted = (rng.random(count) < np.where(is_new, _DRAFT_LATELY, 0.002)) & (
        orders.deal[place] < 0
    )
    waits = np.where(channel == ONLINE, 0, rng.geometric(0.75, count) - 1)
    confirm_day = clock.workday(day + waits)
    same_day = ordered + 900 + (rng.random(count) * 2 * HOUR).astype(int)
    confirmed = confirm_day * DAY + work_seconds(rng, count)
    confirmed = np.where((confirm_day == day) | (confirmed <= ordered), same_day, confirmed)
    month = months_of(day) % 12 + 1
    odds = 0.07 + 0.05 * np.isin(month, (11, 12, 1)) + 0.03 * (region == 3)
    odds = odds - 0.03 * (day > clock.end - 180)
    trouble = np.where(rng.random(count) < odds, 6 + rng.geometric(0.25, count), 0)
    ship_day = clock.workday(confirmed // DAY + 1 + rng.poisson(1.6, count) + trouble)
    shipped = ship_day * DAY + work_seconds(rng, count)
    transit = _TRANSIT[region] + rng.poisson(0.5, count)
    delivered = (ship_day + transit) * DAY + work_seconds(rng, count)
    # Promises count working days, so a holiday breaks none.
    promised = clock.workday(clock.workday(day + 6) + _TRANSIT[region] + 2)
    is_split = (rng.random(count) < 0.16) & (line_count > 1)
    later = clock.workday(ship_day + 1 + rng.poisson(1.0, count))
    second = later * DAY + work_seconds(rng, count)
    second_delivered = (later + transit) * DAY + work_seconds(rng, count)
    cancelled = ordered + ((0.2 + rng.random(count) * 3) * DAY).astype(int)
    is_cancelled = (
        (rng.random(count) < _CANCELLED)
        & ~drafted
        & (cancelled <= clock.last_second)
        & (orders.deal[place] < 0)
    )
    gone = drafted | is_cancelled
    # Half of the cancelled ones had been confirmed before.
    unconfirmed = drafted | (is_cancelled & ((place % 2 == 0) | (confirmed >= cancelled)))

    def past(instants: np.ndarray, never: np.ndarray) -> np.ndarray:
        return np.where(never | (instants > clock.last_second), 0, instants)

    confirmed = past(confirmed, unconfirmed)
    never = gone | (confirmed == 0)
    first, arrived = past(shipped, never), past(delivered, never)
    other, other_arrived = (
        past(second, never | ~is_split),
        past(second_delivered, never | ~is_split),
    )
    whole = np.where(is_split, np.where(arrived > 0, other_arrived, 0), arrived)
    whole = np.where(is_split & (whole > 0), np.maximum(whole, arrived), whole)
    status = np.where(first > 0, 2, np.where(confirmed > 0, 1, 0))
    status = np.where(whole > 0, 3, status)
    status = np.where(is_cancelled, 4, status)
    charged = (rng.random(count) < 0.35) | (region == company.ABROAD)
    freight = np.where(charged, 1_500 + 500 * rng.integers(0, 12, count), 0)
    return Timeline(
        status=status, saved=np.maximum(ordered, np.where(unconfirmed, 0, confirmed)),
        confirmed=confirmed, cancelled=np.where(is_cancelled, cancelled, 0),
        first_shipped=first, first_delivered=arrived, second_shipped=other,
        second_delivered=other_arrived, delivered=whole, promised=promised,
        is_late=(whole > 0) & (whole // DAY > promised), is_split=is_split,
        freight=freight.astype(np.int64),
    )  # fmt: skip


def payment_rows(
    rng: np.random.Generator, clock: Clock, orders: Orders, place: np.ndarray,
    total: np.ndarray, timeline: Timeline,
) -> Rows:  # fmt: skip
    """Rows of payments: the web shop is paid at once, others a month after shipping, some with a
    deposit at confirmation."""
    online = orders.channel[place] == ONLINE
    billed = (timeline.status > 0) & ((timeline.status < 4) | online) & (total > 0)
    deposit = billed & ~online & (place % 5 == 0) & (timeline.status < 4)
    terms = ((20 + rng.random(len(place)) * 30) * DAY).astype(int)
    due = np.where(online, orders.ordered[place] + 120, timeline.first_shipped + terms)
    unknown = ~online & (timeline.first_shipped == 0)
    paid = np.where(unknown | (due > clock.last_second), 0, due)
    early = np.where(timeline.confirmed > 0, timeline.confirmed + 5 * HOUR, 0)
    early = np.where(early > clock.last_second, 0, early)
    advance = total * 3 // 10
    at = np.concatenate([np.flatnonzero(billed), np.flatnonzero(deposit)])
    is_advance = np.arange(len(at)) >= int(billed.sum())
    rest = np.where(deposit, total - advance, total)
    when = np.where(is_advance, early[at], paid[at])
    back = timeline.status[at] == 4
    state = np.where(back, 2, np.where(when == 0, 1, 0))
    failed = (state == 1) & (place[at] % 40 == 0)
    return rows_of(
        "payments",
        payment_id=[f"PY{n + 1:07d}-{2 if a else 1}"
                    for n, a in zip(place[at].tolist(), is_advance.tolist(), strict=True)],
        order_id=ids("SO", place[at], 7),
        method=picked(company.PAYMENT_METHODS, np.where(online[at], 2, 0) + (place[at] % 3 == 0)),
        amount=money(np.where(is_advance, advance[at], rest[at])),
        paid_at=local_texts(when),
        status=picked(("paid", "pending", "refunded", "failed"), np.where(failed, 3, state)),
    )  # fmt: skip


def shipment_rows(
    rng: np.random.Generator, clock: Clock, place: np.ndarray, of: np.ndarray,
    quantity: np.ndarray, first_line: int, timeline: Timeline, region: np.ndarray,
) -> Chunks:  # fmt: skip
    """Rows of shipments and of what they held. A shipment without lines held the whole order;
    one order in eighty was sent short."""
    first = np.flatnonzero(timeline.first_shipped > 0)
    second = np.flatnonzero(timeline.second_shipped > 0)
    at = np.concatenate([first, second])
    is_second = np.arange(len(at)) >= len(first)
    carrier = np.where(region[at] == company.ABROAD, 3, place[at] % 3)
    yield "shipments", rows_of(
        "shipments", shipment_id=_shipment_ids(place[at], is_second),
        order_id=ids("SO", place[at], 7),
        shipped_at=local_texts(np.where(is_second, timeline.second_shipped[at],
                                        timeline.first_shipped[at])),
        delivered_at=local_texts(np.where(is_second, timeline.second_delivered[at],
                                          timeline.first_delivered[at])),
        carrier=gaps(picked(company.CARRIERS, carrier), rng.random(len(at)) < 0.03),
    )  # fmt: skip
    line = np.arange(len(of))
    # A split order sends every second line later.
    count = np.bincount(of, minlength=len(place))
    begin = np.cumsum(count) - count
    later = timeline.is_split[of] & ((line - begin[of]) % 2 == 1)
    listed = timeline.is_split | (place % 10 != 4)
    short = (place % 80 == 33)[of] & (line == begin[of]) & (quantity >= 2_000)
    held = np.where(short, quantity - 1_000, quantity)
    now = (timeline.first_shipped[of] > 0) & listed[of] & ~later
    then = (timeline.second_shipped[of] > 0) & later
    rows = np.concatenate([line[now], line[then]])
    is_then = np.arange(len(rows)) >= int(now.sum())
    yield "shipment_lines", rows_of(
        "shipment_lines", shipment_id=_shipment_ids(place[of[rows]], is_then),
        order_line_id=ids("OL", first_line + rows, 8), quantity=held[rows] / 1000,
    )  # fmt: skip


def _shipment_ids(place: np.ndarray, is_second: np.ndarray) -> list[str]:
    pairs = zip(place.tolist(), is_second.tolist(), strict=True)
    return [f"SH{n + 1:07d}-{2 if s else 1}" for n, s in pairs]
