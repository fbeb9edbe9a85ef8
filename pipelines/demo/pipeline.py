"""The deals of the demo as CRM rows: opportunities with history, lines, splits, rivals, calls."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from pipelines.demo import company
from pipelines.demo.accounts import Accounts, Customers
from pipelines.demo.catalogue import Catalogue, product_ids
from pipelines.demo.clock import (
    DAY,
    HOUR,
    Clock,
    date_texts,
    loop_stream,
    months_of,
    stream,
    utc_texts,
    work_second,
    work_seconds,
)
from pipelines.demo.deals import TYPES, Deal, DealPlan, live, practised
from pipelines.demo.marketing import Leads
from pipelines.demo.people import People
from pipelines.demo.tables import Chunks, Rows, rows_of, turned

_CHUNK = 1_000
_CURRENCIES = (company.CURRENCY, *company.FOREIGN_CURRENCIES)
_ACTIVITIES = ("call", "email", "meeting", "demo", "task", "note")
_ACTIVITY_TOTALS = (0.34, 0.62, 0.77, 0.85, 0.93, 1.0)
_MINUTES = (12, 6, 60, 75, 20, 8)
_OUTCOMES = ("已沟通", "未接通", "约定下次", "需要资料", "已确认需求")
_LOST_TOTALS = tuple(np.cumsum(company.LOST_REASON_SHARE).tolist())
_TYPE_NAMES = ("新购", "增购", "续约")
_FORECAST = ("pipeline", "pipeline", "best_case", "commit")


@dataclass
class Book:
    """What later steps need of the deals: wins as (instant, deal, account, product, amount in
    fen, rep), bookings in CNY by rep and month, open deals counted."""

    bookings: np.ndarray
    wins: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    deals: int = 0
    open_deals: int = 0
    has_first_win: bool = False


def new_book(people: People, months: int) -> Book:
    """An empty book for these sellers and that many months."""
    return Book(bookings=np.zeros((people.count, months)))


def new_business_days(clock: Clock, seed: int, count: int) -> np.ndarray:
    """When the new-business deals begin, in order."""
    rng = stream(seed, "new business")
    days = clock.demand_days(rng, np.full(count, clock.start), np.full(count, clock.end - 1))
    days = clock.workday_by_end(days)
    return np.sort(days * DAY + work_seconds(rng, count))


def new_business(
    clock: Clock, people: People, accounts: Accounts, leads: Leads, lead_of: np.ndarray,
    created: np.ndarray, catalogue: Catalogue,
) -> Iterator[DealPlan]:  # fmt: skip
    """A plan for each new-business deal: the n-th deal belongs to the n-th prospect."""
    for number in range(len(created)):
        account = accounts.established + number
        lead = int(lead_of[number])
        campaign = int(leads.campaign[lead]) if lead >= 0 else -1
        yield _plan(clock, people, accounts, catalogue, number, account, 0,
                    int(created[number]), campaign, lead)  # fmt: skip


def repeat_business(
    clock: Clock, people: People, accounts: Accounts, customers: Customers,
    last_order: np.ndarray, catalogue: Catalogue, *, first_number: int, count: int, seed: int,
) -> Iterator[DealPlan]:  # fmt: skip
    """Plans of expansions and renewals, with customers who still buy where there are any."""
    rng = stream(seed, "repeat business")
    known = np.flatnonzero(customers.account >= 0)
    known = known[np.argsort(customers.arrived[known], kind="stable")]
    pull = np.cumsum(np.sqrt(customers.rate[known] * customers.size[known]))
    low = np.full(count, clock.start + 3)
    days = np.sort(clock.demand_days(rng, low, np.full(count, clock.end - 1)))
    days = clock.workday_by_end(days)
    created = days * DAY + work_seconds(rng, count)
    ready = np.searchsorted(customers.arrived[known], days - 30, side="right")
    ready = np.maximum(ready, min(len(known), 3))
    kinds = np.where(rng.random(count) < 0.3, 2, 1)
    tries = rng.random((count, 4))
    for place in range(count):
        found = int(known[0])
        for draw in tries[place].tolist():
            at = int(np.searchsorted(pull, draw * pull[ready[place] - 1], side="right"))
            found = int(known[min(at, len(known) - 1)])
            if last_order[found] >= int(days[place]) - 150:
                break
        day = max(int(days[place]), int(customers.arrived[found]) + 1)
        at_instant = int(created[place]) + (day - int(days[place])) * DAY
        at_instant = min(at_instant, clock.last_second - HOUR)
        yield _plan(clock, people, accounts, catalogue, first_number + place,
                    int(customers.account[found]), int(kinds[place]), at_instant,
                    -1, -1)  # fmt: skip


def _plan(
    clock: Clock, people: People, accounts: Accounts, catalogue: Catalogue, number: int,
    account: int, kind: int, created: int, campaign: int, lead: int,
) -> DealPlan:  # fmt: skip
    day = created // DAY
    currency = int(accounts.currency[account])
    return DealPlan(
        number=number, account=account, type=kind, created=created,
        rep=people.owner(int(accounts.rep[account]), day), size=float(accounts.size[account]),
        rate=float(catalogue.rates[currency, day - catalogue.rates_from]),
        source=int(accounts.source[account]), campaign=campaign, lead=lead,
        contacts=int(accounts.contacts[account]),
    )  # fmt: skip


def deal_rows(
    clock: Clock, people: People, accounts: Accounts, catalogue: Catalogue,
    plans: Iterator[DealPlan], book: Book, seed: int, *, name: str, without_date: int = 0,
    copied: tuple[int, ...] = (), deleted: tuple[int, ...] = (),
) -> Chunks:  # fmt: skip
    """Rows of the planned deals and of what belongs to them; wins and bookings go to the book.
    The last `without_date` deals, when open, have no expected date; `copied` ones were entered
    twice and merged, `deleted` ones were mistakes."""
    chance, practice = loop_stream(seed, name), loop_stream(seed, f"{name} practised")
    chunk: list[Deal] = []
    for plan in plans:
        deal = practised(live(plan, clock, people, chance), clock, people, practice)
        if not book.has_first_win and _is_for_newcomer(deal, people):
            deal, book.has_first_win = _handed_over(deal, people.newcomer), True
        chunk.append(deal)
        if len(chunk) == _CHUNK:
            yield from _chunk_rows(
                clock, people, accounts, catalogue, chunk, book, chance, frozenset(deleted)
            )
            chunk = []
    newest = chunk[max(0, len(chunk) - without_date) :]
    undated = frozenset(deal.plan.number for deal in newest if not deal.closed)
    if chunk:
        yield from _chunk_rows(
            clock, people, accounts, catalogue, chunk, book, chance, frozenset(deleted), undated
        )
    yield from _copies(clock, people, accounts, copied, book)


def _is_for_newcomer(deal: Deal, people: People) -> bool:
    """Whether the deal began in the newcomer's time and team, and was won."""
    rep = people.newcomer
    return (
        deal.is_won
        # From somebody as busy: everything else is drawn as it was.
        and people.reps[deal.plan.rep].effort == people.reps[rep].effort
        and deal.plan.created // DAY >= people.hired[rep]
        and bool(people.team[deal.plan.rep] == people.team[rep])
    )


def _handed_over(deal: Deal, rep: int) -> Deal:
    """The deal as if it had been this seller's from its first day."""
    steps = [replace(step, owner=rep) for step in deal.steps]
    return replace(deal, plan=replace(deal.plan, rep=rep), steps=steps)


def _chunk_rows(
    clock: Clock, people: People, accounts: Accounts, catalogue: Catalogue, deals: list[Deal],
    book: Book, chance: random.Random, deleted: frozenset[int],
    undated: frozenset[int] = frozenset(),
) -> Chunks:  # fmt: skip
    history, lines, splits, rivals = [], [], [], []
    acts: list[tuple] = []
    for deal in deals:
        plan, deal_id = deal.plan, _deal_id(deal.plan.number)
        for place, step in enumerate(deal.steps):
            history.append(
                (f"H{plan.number + 1:06d}-{place + 1:02d}", deal_id, step.from_stage,
                 step.to_stage, step.amount, 0 if plan.number in undated else step.expected,
                 people.rep_ids[step.owner], step.recorded)
            )  # fmt: skip
        rivals += [(deal_id, f"X{c + 1:02d}") for c in deal.competitors]
        shares = _shares(deal, people, chance)
        if len(shares) > 1:
            splits += [(deal_id, people.rep_ids[rep], share) for rep, share in shares]
        lines += _lines(deal, accounts, chance)
        acts += _calls(deal, clock, people, chance)
        _enter(deal, shares, catalogue, accounts, clock, book, deleted)
    yield "opportunities", _opportunities(clock, people, accounts, deals, chance, deleted, undated)
    yield "opportunity_stage_history", history_rows(history)
    if rivals:
        ids, names = turned(rivals, 2)
        yield (
            "opportunity_competitors",
            rows_of("opportunity_competitors", opportunity_id=ids, competitor_id=names),
        )
    if splits:
        ids, users, parts = turned(splits, 3)
        yield (
            "opportunity_splits",
            rows_of("opportunity_splits", opportunity_id=ids, user_id=users, share=parts),
        )
    ids, parents, products, counts, amounts, currencies, updated = turned(lines, 7)
    yield "opportunity_lines", rows_of(
        "opportunity_lines", opportunity_line_id=ids, opportunity_id=parents, product_id=products,
        quantity=counts, amount=amounts, currency_code=currencies, updated_at=utc_texts(updated),
    )  # fmt: skip
    yield "activities", activity_rows(acts)


def _deal_id(number: int) -> str:
    return f"D{number + 1:06d}"


def history_rows(raw: list[tuple]) -> Rows:
    """Rows of stage history from (id, deal, from, to, amount, expected day, user, instant)."""
    ids, deals, came, went, amounts, expected, owners, at = turned(raw, 8)
    return rows_of(
        "opportunity_stage_history", history_id=ids, opportunity_id=deals, from_stage_id=came,
        to_stage_id=went, amount=amounts, expected_close_date=date_texts(expected),
        owner_id=owners, changed_at=utc_texts(at), changed_by=owners,
    )  # fmt: skip


def activity_rows(raw: list[tuple]) -> Rows:
    """Rows of activities from (id, type, direction, user, account, contact, lead, deal, happened,
    entered, minutes, outcome)."""
    (ids, types, directions, users, firms, persons, leads, deals, happened, entered, minutes,
     outcomes) = turned(raw, 12)  # fmt: skip
    return rows_of(
        "activities", activity_id=ids, type=types, direction=directions, owner_id=users,
        account_id=firms, contact_id=persons, lead_id=leads, opportunity_id=deals,
        happened_at=utc_texts(happened), entered_at=utc_texts(entered),
        duration_minutes=minutes, outcome=outcomes, updated_at=utc_texts(entered),
    )  # fmt: skip


def _shares(deal: Deal, people: People, chance: random.Random) -> list[tuple[int, float]]:
    owner = deal.last.owner
    if chance.random() > 0.12:
        return [(owner, 1.0)]
    team = people.team[owner]
    day = deal.last.at // DAY
    mates = [
        int(rep)
        for rep in np.flatnonzero(people.team[: people.settled] == team)
        if rep != owner and people.is_at_work(int(rep), day)
    ]
    if not mates:
        return [(owner, 1.0)]
    own = chance.choice((0.5, 0.6, 0.7))
    return [(owner, own), (chance.choice(mates), round(1 - own, 1))]


def _lines(deal: Deal, accounts: Accounts, chance: random.Random) -> list[tuple]:
    parts = chance.choice((1, 1, 2, 3))
    left = round(deal.last.amount * 100)
    currency = _CURRENCIES[int(accounts.currency[deal.plan.account])]
    rows = []
    for part in range(parts):
        is_last = part == parts - 1
        cents = left if is_last else int(left * (0.5 + 0.3 * chance.random()))
        left -= cents
        product = deal.product if part == 0 else chance.choice((5, 14, 15, 20, 21, 23, 27))
        rows.append(
            (f"DL{deal.plan.number + 1:06d}-{part + 1}", _deal_id(deal.plan.number),
             f"P{product + 1:03d}", chance.randint(1, 4 if part == 0 else 20), cents / 100,
             currency, deal.last.recorded)
        )  # fmt: skip
    return rows


def _calls(deal: Deal, clock: Clock, people: People, chance: random.Random) -> list[tuple]:
    plan = deal.plan
    end = deal.closed or deal.quiet_since or clock.last_second
    end = min(max(end, plan.created + 2 * HOUR), clock.last_second)
    count = (2.5 + chance.expovariate(0.32)) * people.reps[plan.rep].effort
    rows = []
    for place in range(min(int(count * (1.25 if deal.is_won else 1.0)), 25)):
        kind = bisect(_ACTIVITY_TOTALS, chance.random())
        at = plan.created + int(chance.random() * (end - plan.created))
        day = int(clock.last_work[at // DAY - clock.first])
        at = day * DAY + work_second(chance)
        if not plan.created <= at <= end:
            continue
        rep = plan.rep if at < int(people.left[plan.rep]) * DAY else int(people.heir[plan.rep])
        person = None if chance.random() < 0.15 else chance.randrange(plan.contacts) + 1
        rows.append(
            (f"V{plan.number + 1:06d}-{place + 1:02d}", _ACTIVITIES[kind],
             "in" if chance.random() < 0.22 else "out", people.rep_ids[rep],
             f"A{plan.account + 1:06d}",
             f"C{plan.account + 1:06d}-{person}" if person else None,
             f"L{plan.lead + 1:06d}" if plan.lead >= 0 and place == 0 else None,
             _deal_id(plan.number), at, entered_at(at, kind, rep, clock, people, chance),
             round(_MINUTES[kind] * (0.5 + chance.random())),
             _OUTCOMES[int(chance.random() * 5)])
        )  # fmt: skip
    return rows


def entered_at(
    at: int, kind: int, rep: int, clock: Clock, people: People, chance: random.Random
) -> int:
    """When an activity was written down: mail by itself, the rest as the seller's discipline is."""
    if kind == 1:
        return min(at + 30, clock.last_second)
    hours = chance.expovariate(1 / people.reps[rep].delay_hours)
    return min(at + 120 + int(hours * HOUR), clock.last_second)


def _enter(
    deal: Deal, shares: list[tuple[int, float]], catalogue: Catalogue, accounts: Accounts,
    clock: Clock, book: Book, deleted: frozenset[int],
) -> None:  # fmt: skip
    book.deals += 1
    if deal.plan.number in deleted:
        return
    if not deal.closed:
        book.open_deals += 1
    if not deal.is_won:
        return
    day = deal.closed // DAY
    currency = int(accounts.currency[deal.plan.account])
    rate = float(catalogue.rates[currency, day - catalogue.rates_from])
    month = int(months_of(day)) - int(months_of(clock.start))
    for rep, share in shares:
        book.bookings[rep, month] += deal.last.amount * rate * share
    if deal.is_kept:
        # Its orders are among those that the customer gives anyway.
        return
    book.wins.append(
        (deal.closed, deal.plan.number, deal.plan.account, deal.product,
         round(deal.last.amount * 100), deal.last.owner)
    )  # fmt: skip


def _opportunities(
    clock: Clock, people: People, accounts: Accounts, deals: list[Deal], chance: random.Random,
    deleted: frozenset[int], undated: frozenset[int],
) -> Rows:  # fmt: skip
    raw = []
    for deal in deals:
        plan, last = deal.plan, deal.last
        number = plan.number
        first_change = deal.steps[1].recorded if len(deal.steps) > 1 else clock.last_second
        delay = chance.random() * (2 * DAY if chance.random() < 0.1 else 5 * HOUR)
        entered = min(plan.created + int(delay), first_change)
        is_open = not deal.closed
        is_early = is_open and last.to_stage == deal.pipeline.stages[0]
        probability, forecast = _outlook(deal, chance)
        lost = None
        if deal.closed and not deal.is_won:
            lost = company.LOST_REASONS[min(bisect(_LOST_TOTALS, chance.random()), 5)]
        updated = max(last.recorded, entered)
        if is_open and chance.random() < 0.4:
            updated += int(chance.random() * (clock.last_second - updated))
        raw.append(
            (_deal_id(number), _deal_name(deal), f"A{plan.account + 1:06d}",
             people.rep_ids[last.owner],
             deal.pipeline.pipeline_id, last.to_stage, TYPES[plan.type], deal.product,
             None if is_early and number % 9 == 0 else last.amount,
             _CURRENCIES[int(accounts.currency[plan.account])], probability, forecast,
             f"L{plan.lead + 1:06d}" if plan.lead >= 0 else None,
             company.LEAD_SOURCES[plan.source],
             f"M{plan.campaign + 1:03d}" if plan.campaign >= 0 else None, lost,
             chance.choice(company.NEXT_STEPS) if is_open and chance.random() < 0.8 else None,
             plan.created, entered,
             0 if is_open and number in undated else last.expected, deal.closed,
             0 if is_open else 1, 1 if deal.is_won else 0, updated,
             1 if number in deleted else 0)
        )  # fmt: skip
    return opportunity_rows(raw, [None] * len(raw))


def _deal_name(deal: Deal) -> str:
    category = company.PRODUCTS[deal.product].category
    return f"{category}{_TYPE_NAMES[deal.plan.type]} {deal.plan.account + 1}"


def _outlook(deal: Deal, chance: random.Random) -> tuple[float, str]:
    if deal.closed:
        return (1.0 if deal.is_won else 0.0), "closed"
    place = deal.pipeline.stages.index(deal.last.to_stage)
    probability = deal.pipeline.probabilities[place] + chance.choice((-0.05, 0.0, 0.0, 0.05))
    forecast = "omitted" if chance.random() < 0.03 else _FORECAST[place]
    return round(probability, 2), forecast


def opportunity_rows(raw: list[tuple], merged_into: list[str | None]) -> Rows:
    """Rows of opportunities from raw tuples in the order of the names below."""
    (ids, names, firms, owners, pipelines, stages, types, products, amounts, currencies, chances,
     forecasts, leads, sources, campaigns, lost, steps, created, entered, expected, closed,
     is_closed, is_won, updated, is_deleted) = turned(raw, 25)  # fmt: skip
    return rows_of(
        "opportunities", opportunity_id=ids, name=names, account_id=firms, owner_id=owners,
        pipeline_id=pipelines, stage_id=stages, type=types,
        product_id=product_ids(np.array(products, dtype=int)), amount=amounts,
        currency_code=currencies, probability=chances, forecast_category=forecasts, lead_id=leads,
        lead_source=sources, campaign_id=campaigns, lost_reason=lost, next_step=steps,
        created_at=utc_texts(created), entered_at=utc_texts(entered),
        expected_close_date=date_texts(expected), closed_at=utc_texts(closed),
        is_closed=is_closed, is_won=is_won, updated_at=utc_texts(updated), is_deleted=is_deleted,
        merged_into_id=merged_into,
    )  # fmt: skip


def _copies(
    clock: Clock, people: People, accounts: Accounts, copied: tuple[int, ...], book: Book
) -> Chunks:
    """Deals that a second person entered again in the first stage, merged by now."""
    raw, history = [], []
    for place, number in enumerate(copied):
        account = accounts.established + number
        at = min(int(accounts.created[account]) + 40 * DAY, clock.last_second - 2 * DAY)
        deal_id = f"DX{place + 1:05d}"
        owner = people.rep_ids[people.owner(int(accounts.rep[account]), at // DAY)]
        currency = _CURRENCIES[int(accounts.currency[account])]
        expected = at // DAY + 50
        raw.append(
            (deal_id, "重复录入", f"A{account + 1:06d}", owner, company.SALES.pipeline_id,
             company.SALES.stages[0], TYPES[0], 0, 20_000.0, currency, 0.1, "pipeline", None,
             company.LEAD_SOURCES[1], None, None, None, at, at + 60, expected, 0, 0, 0,
             at + DAY, 0)
        )  # fmt: skip
        history.append((f"HX{place + 1:05d}-01", deal_id, None, company.SALES.stages[0], 20_000.0,
                        expected, owner, at))  # fmt: skip
        book.deals += 1
    if raw:
        yield "opportunities", opportunity_rows(raw, [_deal_id(number) for number in copied])
        yield "opportunity_stage_history", history_rows(history)


def stage_rows() -> Chunks:
    """Rows of the two pipelines' stages; won and lost close each of them."""
    rows = []
    for process in company.PIPELINES:
        opened = zip(process.stages, process.names, process.probabilities, strict=True)
        closing = ((company.WON, "赢单", 1.0), (company.LOST, "输单", 0.0))
        for position, (stage, name, probability) in enumerate((*opened, *closing), start=1):
            rows.append(
                (process.pipeline_id, stage, process.name, name, position, probability,
                 int(stage in (company.WON, company.LOST)), int(stage == company.WON))
            )  # fmt: skip
    yield "pipeline_stages", rows
