"""After the sale: tickets, service contracts, and the calls that belong to no deal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.accounts import Accounts, Customers, contact_ids, shares
from pipelines.demo.catalogue import product_ids
from pipelines.demo.clock import (
    DAY,
    HOUR,
    Clock,
    date_texts,
    local_texts,
    loop_stream,
    months_before,
    stream,
    utc_texts,
    work_seconds,
)
from pipelines.demo.marketing import Leads
from pipelines.demo.orders import Orders
from pipelines.demo.people import People
from pipelines.demo.shop import Ledger
from pipelines.demo.tables import Chunks, gaps, ids, optional_ids, picked, rows_of, turned

_CHUNK = 20_000
_CATEGORIES = ("质量", "物流", "使用咨询", "发票", "校准")
_PRIORITIES = ("high", "normal", "low")
_REPLY_HOURS = (2.0, 7.0, 16.0)
_CHANNELS = ("电话", "邮件", "微信", "网页")
_CURRENCIES = (company.CURRENCY, *company.FOREIGN_CURRENCIES)


@dataclass(frozen=True, eq=False)
class Tickets:
    """Tickets as arrays in order of creation; `order` is -1 where a ticket names none."""

    customer: np.ndarray
    order: np.ndarray
    created: np.ndarray
    answered: np.ndarray
    resolved: np.ndarray
    category: np.ndarray
    priority: np.ndarray


def build_tickets(
    clock: Clock, customers: Customers, orders: Orders, ledger: Ledger, seed: int
) -> Tickets:
    """Complaints about deliveries, late ones above all, and questions of customers."""
    rng = stream(seed, "tickets")
    odds = np.where(ledger.is_late, 0.22, 0.055)
    odds = np.where((ledger.delivered > 0) & (orders.customer >= 0), odds, 0.0)
    about = np.flatnonzero(rng.random(orders.count) < odds)
    at_order = ledger.delivered[about] + (rng.exponential(6.0, len(about)) * DAY).astype(int)
    extra = max(6, round(customers.count * 0.6))
    asker = (rng.random(extra) * customers.count).astype(int)
    days = clock.demand_days(rng, customers.arrived[asker], np.full(extra, clock.end))
    at_will = days * DAY + work_seconds(rng, extra)
    created = np.concatenate([at_order, at_will])
    customer = np.concatenate([orders.customer[about], asker])
    order = np.concatenate([about, np.full(extra, -1)])
    late = np.concatenate([ledger.is_late[about], np.zeros(extra, dtype=bool)])
    known = np.flatnonzero(created <= clock.last_second - HOUR)
    known = known[np.argsort(created[known], kind="stable")]
    created, customer, order, late = created[known], customer[known], order[known], late[known]
    count = len(known)
    category = shares(rng, (0.26, 0.16, 0.30, 0.12, 0.16), count)
    category = np.where(late & (rng.random(count) < 0.7), 1, category)
    priority = shares(rng, (0.2, 0.6, 0.2), count)
    slow = np.where(is_slump(clock, created), company.SLUMP_FACTOR, 1.0)
    hours = np.array(_REPLY_HOURS)[priority] * rng.gamma(1.2, 0.8, count) * slow
    answered = created + 300 + (hours * HOUR).astype(int)
    resolved = answered + HOUR + (rng.gamma(1.0, 2.4, count) * slow**0.5 * DAY).astype(int)
    unsolved = (resolved > clock.last_second) | (rng.random(count) < 0.015)
    return Tickets(
        customer=customer, order=order, created=created,
        answered=np.where(answered > clock.last_second, 0, answered),
        resolved=np.where(unsolved, 0, resolved), category=category, priority=priority,
    )  # fmt: skip


def is_slump(clock: Clock, created: np.ndarray) -> np.ndarray:
    """Whether tickets came while service was short of people."""
    since, until = (
        months_before(clock.end, months) * DAY
        for months in (company.SLUMP_MONTHS, company.SLUMP_END)
    )
    return (created >= since) & (created < until)


def ticket_rows(
    clock: Clock, people: People, customers: Customers, tickets: Tickets, seed: int
) -> Chunks:
    """Rows of tickets."""
    rng = stream(seed, "ticket rows")
    for begin in range(0, len(tickets.created), _CHUNK):
        n = np.arange(begin, min(begin + _CHUNK, len(tickets.created)))
        account = customers.account[tickets.customer[n]]
        owner = (n + tickets.category[n]) % len(people.service_ids)
        solved = tickets.resolved[n] > 0
        again = solved & (rng.random(len(n)) < 0.08)
        updated = np.maximum.reduce([tickets.created[n], tickets.answered[n], tickets.resolved[n]])
        yield "tickets", rows_of(
            "tickets", ticket_id=ids("TK", n, 6), account_id=optional_ids("A", account, 6),
            contact_id=gaps(contact_ids(account, np.zeros_like(account)),
                            (account < 0) | (n % 6 == 1)),
            customer_id=ids("K", tickets.customer[n], 6),
            order_id=optional_ids("SO", tickets.order[n], 7),
            owner_id=picked(people.service_ids, owner),
            category=picked(_CATEGORIES, tickets.category[n]),
            priority=picked(_PRIORITIES, tickets.priority[n]),
            channel=picked(_CHANNELS, shares(rng, (0.3, 0.25, 0.3, 0.15), len(n))),
            created_at=utc_texts(tickets.created[n]),
            first_response_at=utc_texts(tickets.answered[n]),
            resolved_at=utc_texts(tickets.resolved[n]), reopened_count=again.astype(int),
            updated_at=utc_texts(np.minimum(updated + 60, clock.last_second)),
        )  # fmt: skip


def contract_rows(clock: Clock, customers: Customers, seed: int) -> Chunks:
    """Rows of service contracts: a year each, renewed for more or less, or cancelled."""
    chance = loop_stream(seed, "contracts")
    raw: list[tuple] = []
    for customer in range(customers.count):
        if customers.account[customer] < 0 or (chance.random() > 0.36 and customer > 2):
            continue
        day = int(customers.arrived[customer]) + chance.randint(0, 200)
        amount = round(600 + 1_500 * float(customers.size[customer]) ** 0.7, -1)
        product = chance.choice(company.SERVICE_PRODUCTS)
        while day <= clock.end:
            is_endless = chance.random() < 0.1
            cancelled = day + chance.randint(110, 330) if chance.random() < 0.12 else 0
            cancelled = cancelled if cancelled <= clock.end else 0
            raw.append((customer, product, day, 0 if is_endless else day + 364, amount, cancelled))
            # A gap now and then; some come back after it, some never do.
            if is_endless or cancelled or chance.random() < 0.14:
                break
            day += 365 + (chance.randint(20, 120) if chance.random() < 0.1 else 0)
            amount = round(amount * (0.88 + 0.36 * chance.random()), -1)
    owner, products, begins, ends, amounts, stops = turned(raw, 6)
    of = np.array(owner, dtype=int)
    changed = [max(b, c) * DAY + 10 * HOUR for b, c in zip(begins, stops, strict=True)]
    for begin in range(0, len(raw), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        n = np.arange(begin, begin + len(begins[part]))
        yield "contracts", rows_of(
            "contracts", contract_id=ids("CT", n, 6), customer_id=ids("K", of[part], 6),
            product_id=product_ids(np.array(products[part])), starts_on=date_texts(begins[part]),
            ends_on=date_texts(ends[part]), monthly_amount=amounts[part],
            currency_code=picked(_CURRENCIES, customers.currency[of[part]]),
            cancelled_on=date_texts(stops[part]), updated_at=local_texts(changed[part]),
        )  # fmt: skip


def service_calls(
    clock: Clock, people: People, accounts: Accounts, customers: Customers, leads: Leads, seed: int
) -> Chunks:
    """Rows of activities outside deals: the first answer to each lead, calls to customers."""
    rng = stream(seed, "service calls")
    answered = np.flatnonzero(leads.answered > 0)
    for begin in range(0, len(answered), _CHUNK):
        n = answered[begin : begin + _CHUNK]
        deal = leads.deal[n]
        account = np.where(deal >= 0, accounts.established + deal, -1)
        rep = np.where(deal >= 0, accounts.rep[account], n % people.settled)
        at = leads.answered[n]
        owner = people.owners(rep, at // DAY)
        yield "activities", rows_of(
            "activities", activity_id=ids("VL", n, 6),
            type=picked(("call", "email"), (n % 3 == 0).astype(int)), direction="out",
            owner_id=picked(people.rep_ids, owner), account_id=optional_ids("A", account, 6),
            lead_id=ids("L", n, 6), happened_at=utc_texts(at),
            entered_at=utc_texts(np.minimum(at + 240, clock.last_second)),
            duration_minutes=5 + n % 20, outcome=gaps(["首次联系"] * len(n), n % 4 == 0),
            updated_at=utc_texts(np.minimum(at + 240, clock.last_second)),
        )  # fmt: skip
    known = np.flatnonzero(customers.account >= 0)
    of = np.repeat(known, rng.poisson(9.0, len(known)))
    days = clock.demand_days(rng, customers.arrived[of], np.full(len(of), clock.end))
    days = clock.workday_by_end(days)
    for begin in range(0, len(of), _CHUNK):
        buyer, day = of[begin : begin + _CHUNK], days[begin : begin + _CHUNK]
        n = np.arange(begin, begin + len(buyer))
        account = customers.account[buyer]
        owner = people.owners(customers.rep[buyer], day)
        at = day * DAY + work_seconds(rng, len(n))
        kind = shares(rng, (0.4, 0.3, 0.18, 0.0, 0.07, 0.05), len(n))
        hours = np.array([rep.delay_hours for rep in people.reps])[owner]
        entered = at + 120 + (rng.exponential(1.0, len(n)) * hours * HOUR).astype(int)
        entered = np.minimum(entered, clock.last_second)
        position = (rng.random(len(n)) * accounts.contacts[account]).astype(int)
        yield "activities", rows_of(
            "activities", activity_id=ids("VS", n, 7),
            type=picked(("call", "email", "meeting", "demo", "task", "note"), kind),
            direction=picked(("out", "in"), (rng.random(len(n)) < 0.3).astype(int)),
            owner_id=picked(people.rep_ids, owner), account_id=ids("A", account, 6),
            contact_id=contact_ids(account, position), happened_at=utc_texts(at),
            entered_at=utc_texts(entered), duration_minutes=6 + n % 50,
            outcome=gaps(["客户回访"] * len(n), n % 5 == 0), updated_at=utc_texts(entered),
        )  # fmt: skip
