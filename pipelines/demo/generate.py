"""The demo company's three years in the order in which they depend on one another."""

from __future__ import annotations

from datetime import date

import numpy as np

from pipelines.demo import plans
from pipelines.demo.accounts import (
    account_rows,
    build_accounts,
    build_customers,
    customer_rows,
)
from pipelines.demo.catalogue import build_catalogue, product_rows, rate_rows
from pipelines.demo.clock import HOUR, build_clock, months_of
from pipelines.demo.marketing import (
    build_leads,
    campaign_rows,
    lead_of_deal,
    lead_rows,
    market_rows,
)
from pipelines.demo.orders import build_orders, build_purchases, last_orders
from pipelines.demo.people import build_people, organisation
from pipelines.demo.pipeline import (
    deal_rows,
    new_book,
    new_business,
    new_business_days,
    repeat_business,
    stage_rows,
)
from pipelines.demo.service import build_tickets, contract_rows, service_calls, ticket_rows
from pipelines.demo.shop import new_ledger, order_rows
from pipelines.demo.survey import survey_rows
from pipelines.demo.tables import Chunks

# Sizes at scale 1; the generators below say what each one counts.
_ESTABLISHED, _NEW_DEALS, _REPEAT_DEALS = 140, 690, 808
_COLD, _ONLINE, _OTHER_LEADS, _PURCHASES = 30, 55, 1_300, 6_560


def demo_chunks(scale: float, seed: int, as_of: date) -> Chunks:
    """The rows of every contract entity, chunk by chunk."""
    clock = build_clock(as_of)
    people = build_people(clock, seed, scale)
    catalogue = build_catalogue(clock, seed)
    yield from organisation(clock, people)
    yield from product_rows(clock, catalogue)
    yield from rate_rows(clock, catalogue)
    yield from stage_rows()

    def sized(count: int) -> int:
        return max(6, round(count * scale))

    begun = new_business_days(clock, seed, sized(_NEW_DEALS))
    leads = build_leads(clock, seed, begun, sized(_OTHER_LEADS))
    lead_of = lead_of_deal(leads, len(begun))
    has_lead = lead_of >= 0
    accounts = build_accounts(
        clock, people, seed, established=sized(_ESTABLISHED),
        prospects_since=np.where(has_lead, leads.created[lead_of], begun - HOUR),
        sources=np.where(has_lead, leads.source[lead_of], 3), cold=sized(_COLD),
    )  # fmt: skip
    yield from account_rows(clock, people, accounts, seed)
    yield from lead_rows(clock, people, accounts, leads, seed)
    yield from campaign_rows(clock, leads, accounts, seed)
    yield from plans.commission_rows(clock, people)
    yield from plans.improvement_rows(clock, people)

    months = int(months_of(clock.end)) - int(months_of(clock.start)) + 1
    book = new_book(people, months)
    third = len(begun) // 3
    yield from deal_rows(
        clock, people, accounts, catalogue,
        new_business(clock, people, accounts, leads, lead_of, begun, catalogue), book, seed,
        name="new deals", copied=(third, 2 * third), deleted=(third // 2, third + 1, 2 * third + 2),
    )  # fmt: skip
    firsts = [(account, closed) for closed, _, account, *_ in sorted(book.wins)]
    customers = build_customers(clock, accounts, seed, won=firsts, online=sized(_ONLINE))
    purchases = build_purchases(clock, customers, seed, sized(_PURCHASES))
    yield from customer_rows(clock, accounts, customers, seed)
    repeats = repeat_business(
        clock, people, accounts, customers, last_orders(customers, purchases), catalogue,
        first_number=len(begun), count=sized(_REPEAT_DEALS), seed=seed,
    )  # fmt: skip
    yield from deal_rows(
        clock, people, accounts, catalogue, repeats, book, seed, name="repeat deals",
        without_date=3,
    )  # fmt: skip
    orders = build_orders(clock, people, customers, purchases, sorted(book.wins), seed)
    ledger = new_ledger(clock, people, orders)
    yield from order_rows(clock, people, customers, catalogue, orders, ledger, seed)
    yield from contract_rows(clock, customers, seed)
    tickets = build_tickets(clock, customers, orders, ledger, seed)
    yield from ticket_rows(clock, people, customers, tickets, seed)
    yield from service_calls(clock, people, accounts, customers, leads, seed)
    yield from market_rows(clock, people, accounts, ledger.by_segment, seed)
    yield from plans.quota_rows(clock, people, book.bookings, ledger)
    yield from plans.training_rows(clock, people, seed)
    yield from survey_rows(
        clock, people, accounts, customers, purchases, orders, ledger, tickets, seed
    )
