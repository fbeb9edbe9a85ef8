"""When who orders: the buying process of each customer, orders of won deals, guests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.accounts import Customers
from pipelines.demo.clock import DAY, HOUR, Clock, months_before, stream, work_seconds
from pipelines.demo.people import People

ONLINE = 2
# A guest is customer -1. Every 25th order is one.
_GUEST_SHARE = 0.04
# Some buyers use another channel now and then.
_OTHER_CHANNEL = 0.08
# The process makes more orders than wanted; chance thins them to the number asked for.
_SURPLUS = 3.0


@dataclass(frozen=True, eq=False)
class Orders:
    """Order headers as arrays in order of time. `deal` is the won deal's number or -1, `target`
    its amount in fen of the customer's currency, `product` what it was about."""

    customer: np.ndarray
    ordered: np.ndarray
    channel: np.ndarray
    rep: np.ndarray
    deal: np.ndarray
    target: np.ndarray
    product: np.ndarray

    @property
    def count(self) -> int:
        """How many orders there are."""
        return len(self.customer)


@dataclass(frozen=True, eq=False)
class Purchases:
    """Orders that no deal led to: customer index and day."""

    customer: np.ndarray
    day: np.ndarray


def build_purchases(clock: Clock, customers: Customers, seed: int, count: int) -> Purchases:
    """Each buyer orders at his own rate, by the season, until he leaves for good."""
    rng = stream(seed, "purchases")
    guests = round(count * _GUEST_SHARE)
    wanted = count - guests
    end = np.full(customers.count, clock.end)
    exposure = customers.rate * clock.demand(customers.arrived, end)
    mean = exposure * (wanted * _SURPLUS / exposure.sum())
    orders = np.minimum(rng.poisson(mean), 4_000)
    # Who came by the web shop did so to order.
    firsts = customers.is_new & (customers.account < 0)
    customer = np.repeat(np.arange(customers.count), orders)
    day = clock.demand_days(rng, customers.arrived[customer], np.full(len(customer), clock.end))
    order = np.lexsort((day, customer))
    customer, day = customer[order], day[order]
    begin = np.concatenate([[0], np.cumsum(orders)[:-1]])
    place = np.arange(len(customer)) - begin[customer]
    stays = place < customers.lives[customer]
    # A rival has opened an office in one region.
    lags = (customers.region[customer] == company.LAGGING_REGION) & (
        day >= months_before(clock.end, company.LAGGING_MONTHS)
    )
    stays &= ~lags | (rng.random(len(customer)) < company.LAGGING_SHARE)
    customer, day = customer[stays], day[stays]
    keep = np.sort(np.argsort(rng.random(len(customer)), kind="stable")[:wanted])
    customer, day = customer[keep], day[keep]
    customer = _without_leavers(clock, customers, customer, day, seed)
    first = np.flatnonzero(firsts)
    guest_days = clock.demand_days(rng, np.full(guests, clock.start), np.full(guests, clock.end))
    return Purchases(
        customer=np.concatenate([customer, first, np.full(guests, -1)]),
        day=np.concatenate([day, customers.arrived[first], guest_days]),
    )


def _without_leavers(
    clock: Clock, customers: Customers, customer: np.ndarray, day: np.ndarray, seed: int
) -> np.ndarray:
    """Who ordered, but for those of one segment who left: others of their region buy in their
    stead, so that nothing else changes."""
    chance = stream(seed, "leaving")
    leaves = customers.segment == company.LEAVING_SEGMENT
    leaves &= chance.random(customers.count) < company.LEAVING_SHARE
    since = months_before(clock.end, company.LEAVING_MONTHS)
    is_late = day >= since
    found = customer.copy()
    for region in np.unique(customers.region):
        here = is_late & (customers.region[customer] == region)
        gone = np.flatnonzero(here & leaves[customer])
        # Those who were customers by then, and still buy.
        others = np.unique(customer[here & ~leaves[customer]])
        others = others[customers.arrived[others] < since]
        if len(others):
            found[gone] = others[(chance.random(len(gone)) * len(others)).astype(int)]
    return found


def last_orders(customers: Customers, purchases: Purchases) -> np.ndarray:
    """The day of each customer's last order, or of his arrival."""
    last = customers.arrived.copy()
    known = purchases.customer >= 0
    np.maximum.at(last, purchases.customer[known], purchases.day[known])
    return last


def build_orders(
    clock: Clock, people: People, customers: Customers, purchases: Purchases,
    wins: list[tuple[int, int, int, int, int, int]], seed: int,
) -> Orders:  # fmt: skip
    """All orders in order of time. A deal that made a customer leads to an order, and so do most
    expansions, some days after the closing."""
    rng = stream(seed, "orders")
    plain = len(purchases.customer)
    buyer = {int(a): n for n, a in enumerate(customers.account.tolist()) if a >= 0}
    linked = []
    chances = rng.random(len(wins)).tolist()
    waits = np.minimum(rng.exponential(4.0, len(wins)), 25).astype(int).tolist()
    seen: set[int] = set()
    for (closed, deal, account, product, cents, rep), draw, wait in zip(
        wins, chances, waits, strict=True
    ):
        customer = buyer[account]
        is_first = bool(customers.is_new[customer]) and customer not in seen
        seen.add(customer)
        if not is_first and draw > 0.62:
            continue
        at = closed + HOUR if is_first else closed + (1 + wait) * DAY
        if at // DAY <= clock.end:
            linked.append((customer, at, rep, deal, cents, product))
    columns = np.array(linked, dtype=np.int64).reshape(-1, 6).T
    buyers = np.concatenate([purchases.customer, columns[0]])
    is_guest = buyers < 0
    of = np.where(is_guest, 0, buyers)
    usual = np.where(is_guest, ONLINE, customers.channel[of])
    other = rng.random(len(buyers)) < _OTHER_CHANNEL
    channel = np.where(other & ~is_guest, ONLINE, usual)
    channel[plain:] = np.where(usual[plain:] == 1, 1, 0)
    day = np.concatenate([purchases.day, columns[1] // DAY])
    at_work = clock.workday_by_end(day)
    low = np.where(is_guest, clock.start, customers.arrived[of])
    day = np.where(channel == ONLINE, day, np.maximum(at_work, low))
    awake = 8 * HOUR + 1_800 + (rng.random(len(day)) * 14.5 * HOUR).astype(int)
    second = np.where(channel == ONLINE, awake, work_seconds(rng, len(day)))
    ordered = day * DAY + second
    # An order of a deal comes after its closing, on the same evening at the latest.
    linked_at = np.minimum(np.maximum(ordered[plain:], columns[1]), clock.last_second - 600)
    ordered[plain:] = linked_at
    seller = np.where(is_guest, -1, customers.rep[of])
    known = seller >= 0
    seller = np.where(known, people.owners(np.where(known, seller, 0), day), -1)
    # The web shop's orders carry their seller only where an account manager follows them.
    seller = np.where((channel == ONLINE) & (rng.random(len(seller)) < 0.7), -1, seller)
    seller[plain:] = people.owners(columns[2], linked_at // DAY)
    none = np.full(plain, -1)
    order = np.argsort(ordered, kind="stable")
    return Orders(
        customer=buyers[order], ordered=ordered[order], channel=channel[order], rep=seller[order],
        deal=np.concatenate([none, columns[3]])[order],
        target=np.concatenate([np.zeros(plain, dtype=np.int64), columns[4]])[order],
        product=np.concatenate([none, columns[5]])[order],
    )  # fmt: skip
