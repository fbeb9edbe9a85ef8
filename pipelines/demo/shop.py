"""The order system, chunk by chunk: orders with their lines, payments, shipments and returns.

An order's `total_amount` is what the customer pays: the sum over its lines of quantity times price
less the line's discount, less the order's own discount, plus the lines' tax, plus shipping. Tax is
13 % VAT on what is left after both discounts; deliveries abroad carry none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.accounts import Customers, twice
from pipelines.demo.catalogue import Catalogue, category_names, product_ids
from pipelines.demo.clock import (
    DAY,
    HOUR,
    Clock,
    date_texts,
    local_texts,
    months_before,
    months_of,
    stream,
)
from pipelines.demo.orders import ONLINE, Orders
from pipelines.demo.people import People
from pipelines.demo.shipping import Timeline, build_timeline, payment_rows, shipment_rows
from pipelines.demo.tables import Chunks, flags, gaps, ids, money, optional_ids, picked, rows_of

_CHUNK = 10_000
_VAT = 0.13
_PRICE_RISE, _COST_RISE = 1.02, 1.012
_RATES = (0.0, 0.03, 0.05, 0.08, 0.10, 0.15)
_CHANNEL_RATE = (0.045, 0.11, 0.015)
_CURRENCIES = (company.CURRENCY, *company.FOREIGN_CURRENCIES)
_STATUS = ("draft", "confirmed", "shipped", "delivered", "cancelled")
# Old customer entries, merged by now into the first and the sixth, under which a few orders stand.
_OLD_ENTRY = {0: 0, 5: 1}
_MERGED_ENTRIES = 3


@dataclass(frozen=True, eq=False)
class Ledger:
    """What later steps need of the orders, filled chunk by chunk: delivery instants and lateness
    by order, revenue in CNY by seller and month, and by segment, region and year."""

    delivered: np.ndarray
    is_late: np.ndarray
    by_rep: np.ndarray
    by_region: np.ndarray
    by_segment: np.ndarray
    orders: np.ndarray


def new_ledger(clock: Clock, people: People, orders: Orders) -> Ledger:
    """An empty ledger for these orders."""
    months = int(months_of(clock.end)) - int(months_of(clock.start)) + 1
    regions, segments = len(company.REGIONS), len(company.SEGMENTS)
    return Ledger(
        delivered=np.zeros(orders.count, dtype=np.int64),
        is_late=np.zeros(orders.count, dtype=bool),
        by_rep=np.zeros((people.count, months)),
        by_region=np.zeros((regions, months)),
        by_segment=np.zeros((segments, regions, months // 12 + 2)),
        orders=np.zeros(months, dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of one chunk of orders; `of` is the order's place in the chunk, money in fen,
    quantities in thousandths."""

    of: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    price: np.ndarray
    discount: np.ndarray
    tax: np.ndarray
    cost: np.ndarray

    @property
    def net(self) -> np.ndarray:
        """Quantity times price less the line's discount."""
        return self.quantity * self.price // 1000 - self.discount


def order_rows(
    clock: Clock, people: People, customers: Customers, catalogue: Catalogue, orders: Orders,
    ledger: Ledger, seed: int,
) -> Chunks:  # fmt: skip
    """Rows of everything that hangs on orders; the ledger is filled on the way."""
    line_number = 0
    for number, begin in enumerate(range(0, orders.count, _CHUNK)):
        rng = stream(seed, f"shop {number}")
        place = np.arange(begin, min(begin + _CHUNK, orders.count))
        customer = orders.customer[place]
        of = np.where(customer < 0, 0, customer)
        region = np.where(customer < 0, place % 4, customers.region[of])
        currency = np.where(customer < 0, 0, customers.currency[of])
        lines, rebate = _lines(rng, clock, customers, catalogue, orders, place, currency, region)
        timeline = build_timeline(
            rng, clock, orders, place, region, np.bincount(lines.of, minlength=len(place))
        )
        yield (
            "orders",
            _orders(
                rng,
                clock,
                people,
                orders,
                customers,
                place,
                region,
                currency,
                lines,
                rebate,
                timeline,
            ),
        )
        yield "order_lines", _line_rows(rng, place, lines, timeline, line_number)
        total = _totals(lines, rebate, timeline, len(place))
        yield "payments", payment_rows(rng, clock, orders, place, total, timeline)
        yield from shipment_rows(
            rng, clock, place, lines.of, lines.quantity, line_number, timeline, region
        )
        yield "returns", _returns(rng, clock, orders, place, lines, line_number, timeline)
        _book(ledger, clock, customers, catalogue, orders, place, region, currency, lines, rebate,
              timeline)  # fmt: skip
        line_number += len(lines.of)


def _mixed(
    rng: np.random.Generator, clock: Clock, product: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """The products, of which from some day on more and more give way to a cheaper one."""
    since = months_before(clock.end, company.MIX_MONTHS)
    share = company.MIX_SHARE * np.clip((day - since) / 180, 0, 1)
    gives_way = np.isin(product, company.MIX_FROM) & (rng.random(len(product)) < share)
    return np.where(gives_way, company.MIX_TO, product)


def _lines(
    rng: np.random.Generator, clock: Clock, customers: Customers, catalogue: Catalogue,
    orders: Orders, place: np.ndarray, currency: np.ndarray, region: np.ndarray,
) -> tuple[Lines, np.ndarray]:  # fmt: skip
    count = 1 + np.minimum(rng.poisson(1.93, len(place)), 9)
    # Two orders were saved without a line: the one natural gap of the shop.
    count[np.isin(place, (orders.count // 4, orders.count * 7 // 10))] = 0
    of = np.repeat(np.arange(len(place)), count)
    total = len(of)
    begin = np.cumsum(count) - count
    is_first = np.arange(total) == begin[of]
    order = place[of]
    day = orders.ordered[order] // DAY
    buyer = orders.customer[order]
    popular = np.cumsum(catalogue.popularity) / catalogue.popularity.sum()
    product = np.searchsorted(popular, rng.random(total), side="right")
    # Buyers keep to a category of their own for about a third of what they take.
    liked = customers.category[np.where(buyer < 0, 0, buyer)]
    by_category = [np.flatnonzero(catalogue.category == c) for c in range(6)]
    sizes = np.array([len(members) for members in by_category])
    members = np.array([np.resize(m, sizes.max()) for m in by_category])
    own = members[liked, (rng.random(total) * sizes[liked]).astype(int)]
    product = np.where((buyer >= 0) & (rng.random(total) < 0.34), own, product)
    wanted = orders.product[order]
    product = np.where(is_first & (wanted >= 0), wanted, product)
    # What goes with the first line: probes with a scope, leads with a meter.
    first_product = product[np.minimum(begin[of], total - 1)]
    follows = ~is_first & (rng.random(total) < 0.30)
    product = np.where(follows, catalogue.companion[first_product], product)
    product = _mixed(rng, clock, product, day)
    product = catalogue.on_sale(product, day)

    years = (day - catalogue.rates_from) / 365.25
    rate = catalogue.rate(currency[of], day)
    price = catalogue.price[product] * _PRICE_RISE ** np.floor(years) / rate
    rises = catalogue.category[product] == category_names().index(company.PRICE_RISE_CATEGORY)
    rises &= day >= months_before(clock.end, company.PRICE_RISE_MONTHS)
    price = np.where(rises, price * company.PRICE_RISE, price)
    metre = catalogue.by_metre[product]
    # Prices by the metre end in a full ten fen, so that half metres cost whole fen.
    price = np.where(metre, np.round(price / 10) * 10, np.round(price)).astype(np.int64)
    cost = np.round(catalogue.cost[product] * _COST_RISE**years / rate).astype(np.int64)

    size = np.where(buyer < 0, 0.3, customers.size[np.where(buyer < 0, 0, buyer)])
    factor = 0.55 * size**0.45 * np.where(orders.channel[order] == 1, 1.6, 1.0)
    amount = catalogue.usual[product] * factor * np.exp(0.5 * rng.standard_normal(total))
    # A deal's order is about as large as the deal.
    gross = np.bincount(of, weights=amount * price, minlength=len(place))
    target = orders.target[place]
    scale = np.where(target > 0, target / np.maximum(gross, 1) / 0.95, 1.0)
    amount = amount * scale[of]
    half = np.maximum(np.round(amount * 2), 1) * 500
    quantity = np.where(metre, half, np.maximum(np.round(amount), 1) * 1000).astype(np.int64)

    habit = np.array(_CHANNEL_RATE)[orders.channel[order]] * np.where(target[of] > 0, 1.5, 1.0)
    step = np.searchsorted(_RATES, habit * 2 * rng.random(total), side="right") - 1
    line_gross = quantity * price // 1000
    discount = np.round(line_gross * np.array(_RATES)[step]).astype(np.int64)
    net = np.bincount(of, weights=line_gross - discount, minlength=len(place))
    share = np.where(rng.random(len(place)) < 0.09, rng.integers(1, 4, len(place)) / 100, 0.0)
    rebate = np.round(net * share).astype(np.int64)
    vat = np.where(region == company.ABROAD, 0.0, _VAT)[of]
    tax = np.round((line_gross - discount) * (1 - share[of]) * vat).astype(np.int64)
    lines = Lines(of=of, product=product, quantity=quantity, price=price, discount=discount,
                  tax=tax, cost=cost)  # fmt: skip
    return lines, rebate


def _totals(lines: Lines, rebate: np.ndarray, timeline: Timeline, count: int) -> np.ndarray:
    paid = np.bincount(lines.of, weights=lines.net + lines.tax, minlength=count)
    return paid.astype(np.int64) - rebate + timeline.freight


def customer_ids(customer: np.ndarray, place: np.ndarray, count: int) -> list[str | None]:
    """The ids of customers (-1: a guest); some orders stand under a second entry, merged or not."""
    found = optional_ids("K", customer, 6)
    for at in np.flatnonzero(np.isin(customer, tuple(_OLD_ENTRY)) & (place % 7 == 3)).tolist():
        found[at] = f"K{count + _OLD_ENTRY[int(customer[at])] + 1:06d}"
    for number, (first, _) in enumerate(twice(count)):
        for at in np.flatnonzero((customer == first) & (place % 3 == 1)).tolist():
            found[at] = f"K{count + _MERGED_ENTRIES + number + 1:06d}"
    return found


def _orders(
    rng: np.random.Generator, clock: Clock, people: People, orders: Orders, customers: Customers,
    place: np.ndarray, region: np.ndarray, currency: np.ndarray, lines: Lines,
    rebate: np.ndarray, timeline: Timeline,
) -> list[tuple]:  # fmt: skip
    count = len(place)
    ordered = orders.ordered[place]
    channel = orders.channel[place]
    typed = np.where(rng.random(count) < 0.06, 30 * HOUR, 1_200) * rng.random(count)
    entered = np.where(channel == ONLINE, ordered, ordered + typed.astype(int))
    # An order is in the system before it is confirmed, shipped or called off.
    for known in (timeline.confirmed, timeline.cancelled):
        entered = np.where(known > 0, np.minimum(entered, known), entered)
    entered = np.minimum(entered, clock.last_second)
    latest = np.maximum.reduce([entered, timeline.confirmed, timeline.cancelled,
                                timeline.first_shipped, timeline.delivered])  # fmt: skip
    is_deleted = place % 347 == 211
    updated = np.minimum(latest + np.where(is_deleted, 2 * DAY, 180), clock.last_second)
    asked = orders.ordered[place] // DAY + 3 + (rng.random(count) * 14).astype(int)
    rep = orders.rep[place]
    seller = gaps(picked(people.rep_ids, np.where(rep < 0, 0, rep)), rep < 0)
    return rows_of(
        "orders", order_id=ids("SO", place, 7),
        order_number=[f"AI-{n + 100001}" for n in place.tolist()],
        customer_id=customer_ids(orders.customer[place], place, customers.count),
        channel=picked(company.CHANNELS, channel), status=picked(_STATUS, timeline.status),
        sales_rep_id=seller, opportunity_id=optional_ids("D", orders.deal[place], 6),
        # Guests and some of the rest leave it to the customer's or the seller's region.
        region=gaps(picked(company.REGIONS, region), rng.random(count) < 0.08),
        ordered_at=local_texts(ordered), entered_at=local_texts(entered),
        confirmed_at=local_texts(timeline.confirmed), cancelled_at=local_texts(timeline.cancelled),
        requested_date=gaps(date_texts(asked), rng.random(count) < 0.3),
        promised_date=gaps(date_texts(timeline.promised), timeline.status == 0),
        discount_amount=money(rebate),
        total_amount=money(_totals(lines, rebate, timeline, count)),
        shipping_amount=money(timeline.freight),
        currency_code=picked(_CURRENCIES, currency), is_test=flags(place % 331 == 107),
        updated_at=local_texts(updated), is_deleted=flags(is_deleted),
    )  # fmt: skip


def _line_rows(
    rng: np.random.Generator, place: np.ndarray, lines: Lines, timeline: Timeline, first: int
) -> list[tuple]:
    count = len(lines.of)
    number = np.arange(first, first + count)
    # A line without a product: freight packed by hand, a special part.
    product = gaps(product_ids(lines.product), rng.random(count) < 0.004)
    return rows_of(
        "order_lines", order_line_id=ids("OL", number, 8), order_id=ids("SO", place[lines.of], 7),
        product_id=product, quantity=lines.quantity / 1000, unit_price=money(lines.price),
        discount_amount=money(lines.discount), tax_amount=money(lines.tax),
        unit_cost=money(lines.cost, rng.random(count) < 0.08),
        updated_at=local_texts(timeline.saved[lines.of]),
    )  # fmt: skip


def _returns(
    rng: np.random.Generator, clock: Clock, orders: Orders, place: np.ndarray, lines: Lines,
    first: int, timeline: Timeline,
) -> list[tuple]:  # fmt: skip
    total = len(lines.of)
    delivered = timeline.delivered[lines.of]
    # Each chunk has its returns; in a tiny company every third delivery gives one.
    odds = 0.024 if orders.count > 2_000 else 0.06
    came = delivered + ((3 + rng.random(total) * 32) * DAY).astype(int)
    back = np.flatnonzero(
        (rng.random(total) < odds) & (delivered > 0) & (came <= clock.last_second)
    )
    of, kind = lines.of[back], rng.random(len(back))
    share = np.where(rng.random(len(back)) < 0.6, 1.0, 0.5)
    quantity = np.maximum(np.floor(lines.quantity[back] * share / 1000), 1) * 1000
    quantity = np.minimum(quantity, lines.quantity[back])
    amount = np.floor(lines.net[back] * quantity / lines.quantity[back]).astype(np.int64)
    customer = orders.customer[place[of]]
    # Most name their line; some only the order, some the product and the buyer, some the buyer.
    by_buyer = (kind > 0.93) & (customer >= 0)
    by_line = kind <= 0.84
    with_product = by_line | (by_buyer & (kind < 0.985))
    undated = by_line & (kind > 0.82)
    return rows_of(
        "returns", return_id=ids("RT", first + back, 8),
        order_line_id=gaps(ids("OL", first + back, 8), ~by_line),
        order_id=gaps(ids("SO", place[of], 7), by_buyer | (by_line & (kind < 0.2))),
        product_id=gaps(product_ids(lines.product[back]), ~with_product),
        customer_id=gaps(optional_ids("K", customer, 6), ~by_buyer & (kind > 0.4)),
        quantity=quantity / 1000, amount=money(amount),
        returned_at=local_texts(np.where(undated, 0, came[back])),
        reason=picked(company.RETURN_REASONS, (kind * 997).astype(int) % 5),
    )  # fmt: skip


def _book(
    ledger: Ledger, clock: Clock, customers: Customers, catalogue: Catalogue, orders: Orders,
    place: np.ndarray, region: np.ndarray, currency: np.ndarray, lines: Lines,
    rebate: np.ndarray, timeline: Timeline,
) -> None:  # fmt: skip
    ledger.delivered[place] = timeline.delivered
    ledger.is_late[place] = timeline.is_late
    valid = (timeline.status > 0) & (timeline.status < 4)
    place, region, currency = place[valid], region[valid], currency[valid]
    net = np.bincount(lines.of, weights=lines.net, minlength=len(valid)) - rebate
    day = orders.ordered[place] // DAY
    amount = net[valid] / 100 * catalogue.rate(currency, day)
    month = months_of(day) - int(months_of(clock.start))
    sold = orders.rep[place] >= 0
    np.add.at(ledger.by_rep, (orders.rep[place][sold], month[sold]), amount[sold])
    np.add.at(ledger.by_region, (region, month), amount)
    np.add.at(ledger.orders, month, 1)
    buyer = orders.customer[place]
    segment = np.where(buyer < 0, 2, customers.segment[np.where(buyer < 0, 0, buyer)])
    year = (month + int(months_of(clock.start)) % 12) // 12
    np.add.at(ledger.by_segment, (segment, region, year), amount)
