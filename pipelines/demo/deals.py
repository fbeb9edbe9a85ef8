"""One deal's life: the stages it passes, skips, stalls in and returns to, and how it ends."""

from __future__ import annotations

import math
import random
from bisect import bisect
from dataclasses import dataclass, field, replace

import numpy as np

from pipelines.demo import company
from pipelines.demo.clock import DAY, HOUR, Clock, months_before, work_second
from pipelines.demo.people import People

TYPES = ("new", "expansion", "renewal")
_TYPE_ODDS = (-0.42, -0.10, 0.75)
_TYPE_SIZE = (1.0, 0.75, 0.5)
_BASE_ODDS = -0.22
_BASE_AMOUNT = 62_000


@dataclass(frozen=True)
class DealPlan:
    """What is known of a deal when it begins. `rate` is CNY for one unit of its currency."""

    number: int
    account: int
    type: int
    created: int
    rep: int
    size: float
    rate: float
    source: int
    campaign: int
    lead: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a deal: entering a stage, another amount, date or owner."""

    at: int
    from_stage: str | None
    to_stage: str
    amount: float
    expected: int
    owner: int
    recorded: int


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as it stands on the as-of day; `closed` is 0 while it is open. `missing` is by how much
    the odds fell short, `is_kept` whether training made up for it."""

    plan: DealPlan
    pipeline: company.Pipeline
    product: int
    competitors: tuple[int, ...]
    steps: list[Step] = field(repr=False)
    closed: int
    quiet_since: int
    missing: float
    is_kept: bool = False

    @property
    def last(self) -> Step:
        """The latest change."""
        return self.steps[-1]

    @property
    def is_won(self) -> bool:
        """Whether the deal was won by the as-of day."""
        return self.last.to_stage == company.WON


def live(plan: DealPlan, clock: Clock, people: People, chance: random.Random) -> Deal:
    """The deal's life up to the as-of day."""
    rep = people.reps[plan.rep]
    pipeline = company.RENEWAL if plan.type == 2 else company.SALES
    competitors = _competitors(chance)
    odds = (
        _BASE_ODDS
        + rep.win
        + _TYPE_ODDS[plan.type]
        + company.LEAD_SOURCE_ODDS[plan.source]
        + sum(company.COMPETITOR_ODDS[c] for c in competitors)
        - 0.12 * math.log(plan.size)
        + chance.gauss(0, 0.3)
    )
    luck = chance.random()
    is_won = luck < 1 / (1 + math.exp(-odds))
    missing = math.log(luck / (1 - luck)) - odds
    amount = _BASE_AMOUNT * plan.size**0.6 * rep.size * _TYPE_SIZE[plan.type]
    amount = _rounded(amount * math.exp(chance.gauss(0, 0.55)) / plan.rate)
    if plan.type == 2:
        product = chance.choice(company.SERVICE_PRODUCTS)
    else:
        product = chance.choice((0, 1, 2, 3, 6, 7, 9, 10, 11, 12, 13, 16, 18, 19))
    visits = _visits(pipeline, is_won, chance)
    usual = sum(pipeline.days) * rep.pace
    is_pushing = rep.team == company.PUSHING_TEAM
    haste = company.PUSHING_HASTE if is_pushing else 1.0
    # Solution demos wait for the one engineer who is left to give them.
    slow_since = months_before(clock.end, company.BOTTLENECK_MONTHS)
    state = _State(
        amount=amount,
        expected=plan.created // DAY + round(usual * haste * (0.7 + 0.5 * chance.random())),
        owner=plan.rep,
        leaves=int(people.left[plan.rep]) * DAY + 10 * HOUR,
        heir=int(people.heir[plan.rep]),
        forgets=0.02 if is_pushing else 0.2,
    )
    steps = [state.step(plan.created, None, pipeline.stages[0], plan.created)]
    entered, quiet_since, stage = plan.created, 0, pipeline.stages[0]
    for place, visit in enumerate(visits):
        is_end = place == len(visits) - 1
        days = pipeline.days[visit] * rep.pace * chance.lognormvariate(-0.22, 0.66)
        has_stalled = chance.random() < 0.05
        if has_stalled:
            days *= 3.5
        if is_end and not is_won:
            days *= 1.25
        is_solution = pipeline is company.SALES and visit == company.BOTTLENECK_STAGE
        if is_solution and entered // DAY >= slow_since:
            days *= company.BOTTLENECK_FACTOR
        left = _worked(entered + int(days * DAY), entered, clock, chance)
        if is_end and is_won:
            left = _rushed(left, clock, chance)
        quiet_since = entered + 9 * DAY if has_stalled else 0
        steps += _waiting(state, stage, entered, min(left, clock.last_second + 1), clock, chance)
        if left > clock.last_second:
            return Deal(plan, pipeline, product, competitors, steps, 0, quiet_since, missing)
        to = pipeline.stages[visits[place + 1]] if not is_end else ""
        to = to or (company.WON if is_won else company.LOST)
        if chance.random() < 0.28:
            state.amount = _rounded(state.amount * (0.84 + 0.3 * chance.random()))
        recorded = left
        if is_end:
            state.expected = left // DAY if chance.random() < 0.7 else state.expected
            # Some closings are entered days later.
            late = chance.random()
            delay = chance.random() * (5 * DAY if late < 0.06 else 4 * HOUR if late < 0.5 else 60)
            recorded = min(left + int(delay), clock.last_second)
        elif state.expected < left // DAY + 7:
            state.expected = left // DAY + chance.randint(10, 40)
        steps.append(state.step(left, stage, to, recorded))
        entered, stage = left, to
    return Deal(plan, pipeline, product, competitors, steps, entered, 0, missing)


def practised(deal: Deal, clock: Clock, people: People, chance: random.Random) -> Deal:
    """The deal as its seller's training lets it go: a lost one with a known customer, of which little
    was missing, goes on from the stage in which it would have ended."""
    end = deal.last
    if (
        end.to_stage != company.LOST
        or TYPES[deal.plan.type] == "new"
        or deal.missing > company.TAUGHT_ODDS
        or not people.is_taught(end.owner, deal.closed // DAY)
    ):
        return deal
    stages = deal.pipeline.stages
    steps, stage, at = deal.steps[:-1], str(end.from_stage), deal.closed
    for to in (*stages[stages.index(stage) + 1 :], company.WON):
        expected = at // DAY + (0 if to == company.WON else 20)
        steps.append(Step(at, stage, to, end.amount, expected, end.owner, at))
        if to != company.WON:
            at = _worked(at + int(chance.uniform(5, 15) * DAY), at, clock, chance)
            if at > clock.last_second:
                return replace(deal, steps=steps, closed=0, is_kept=True)
        stage = to
    return replace(deal, steps=steps, closed=at, is_kept=True)


@dataclass
class _State:
    amount: float
    expected: int
    owner: int
    leaves: int
    heir: int
    forgets: float

    def step(self, at: int, from_stage: str | None, to_stage: str, recorded: int) -> Step:
        return Step(at, from_stage, to_stage, self.amount, self.expected, self.owner, recorded)


def _waiting(
    state: _State, stage: str, entered: int, left: int, clock: Clock, chance: random.Random
) -> list[Step]:
    """What happens within one visit: the close date is pushed when it passes (or is forgotten),
    and a seller who leaves hands the deal over."""
    steps: list[Step] = []
    now, is_forgotten = entered, False
    while True:
        due = (state.expected + chance.randint(-2, 4)) * DAY + work_second(chance)
        due = left if is_forgotten else max(due, now + HOUR)
        if now < state.leaves < min(due, left) and state.owner != state.heir:
            now, state.owner = state.leaves, state.heir
            steps.append(state.step(now, stage, stage, now))
            continue
        if due >= left:
            return steps
        if chance.random() < state.forgets:
            is_forgotten = True
            continue
        now = due
        state.expected = now // DAY + chance.randint(14, 45)
        steps.append(state.step(now, stage, stage, now))


def _visits(pipeline: company.Pipeline, is_won: bool, chance: random.Random) -> list[int]:
    last = len(pipeline.stages) - 1
    if not is_won:
        totals = np.cumsum(pipeline.losses).tolist()
        last = min(bisect(totals, chance.random() * totals[-1]), last)
    visits = [0]
    for stage in range(1, last + 1):
        if stage < last and chance.random() < 0.10:
            continue
        visits.append(stage)
        if chance.random() < 0.08:
            visits += [stage - 1, stage]
    return visits


def _worked(instant: int, after: int, clock: Clock, chance: random.Random) -> int:
    """The instant moved to working time, and past `after`."""
    day = int(clock.next_work[min(instant // DAY, clock.end + 60) - clock.first])
    moved = day * DAY + work_second(chance)
    return moved if moved > after + 600 else after + 600 + int(chance.random() * HOUR)


def _rushed(instant: int, clock: Clock, chance: random.Random) -> int:
    """A win drawn to the end of its month, as sellers do with their quota in mind."""
    day = np.datetime64(instant // DAY, "D")
    month_end = int((day.astype("datetime64[M]") + 1).astype("datetime64[D]").astype(int)) - 1
    if month_end - instant // DAY > 11 or chance.random() > 0.75 or month_end > clock.end + 50:
        return instant
    target = int(clock.last_work[month_end - chance.randint(0, 2) - clock.first])
    moved = target * DAY + work_second(chance)
    return max(moved, instant)


def _competitors(chance: random.Random) -> tuple[int, ...]:
    if chance.random() > 0.48:
        return ()
    first = chance.randrange(len(company.COMPETITORS))
    if chance.random() < 0.75:
        return (first,)
    return (first, (first + 1) % len(company.COMPETITORS))


def _rounded(amount: float) -> float:
    return float(max(1_000, round(amount / 100) * 100))
