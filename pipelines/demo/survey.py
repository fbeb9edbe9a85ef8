"""The survey tool's exports: quarterly NPS, satisfaction with deliveries and tickets, the sales
team's own survey, feedback on training, and market research."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.accounts import Accounts, Customers
from pipelines.demo.clock import (
    DAY,
    HOUR,
    Clock,
    day_number,
    day_of,
    month_start,
    months_of,
    offset_texts,
    stream,
)
from pipelines.demo.orders import Orders, Purchases
from pipelines.demo.people import People
from pipelines.demo.plans import training_days, training_members
from pipelines.demo.service import Tickets, is_slump
from pipelines.demo.shop import Ledger
from pipelines.demo.tables import Chunks, Rows, gaps, ids, optional_ids, rows_of

_CHUNK = 10_000
_ASPECTS = ("质量", "价格", "交期", "售后", "易用性")
_TROUBLES = ("客户预算", "报价审批慢", "交期不稳", "系统录入繁琐", "竞品低价")
_BRANDS = ("极光仪器", "Nordlux 测量", "恒信仪器", "Keystone Test", "天枢电子")
_GOOD = ("质量稳定，会继续购买。", "响应很快，工程师专业。", "交货准时，包装完好。", "性价比不错。")
_BAD = (
    "交期比承诺晚了一周。",
    "售后回复太慢。",
    "价格比同行高。",
    "说明书不够清楚。",
    "包装有破损。",
)


@dataclass(frozen=True)
class Question:
    """One question of a form, by kind."""

    text: str
    kind: str
    measure: str | None = None
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()


_NPS = (
    Question("您有多大可能向同行推荐极光仪器？", "rating", "nps", 0, 10),
    Question("您给出这个分数的主要原因是什么？", "text"),
    Question("您对我们的哪些方面最满意？", "multiple_choice", choices=_ASPECTS),
)
_SERVICE = (
    Question("您对这次服务满意吗？", "rating", "csat", 1, 5),
    Question("办理这件事对您来说容易吗？", "rating", "ces", 1, 7),
    Question("还有什么想告诉我们的？", "text"),
)
_TEAM = (
    Question("目前工作中最大的困难是什么？", "single_choice", choices=_TROUBLES),
    Question("您对团队支持的评价？", "rating", None, 1, 5),
    Question("您希望公司改进什么？", "text"),
)
_TRAINING = (
    Question("您对本次培训满意吗？", "rating", "csat", 1, 5),
    Question("对培训的建议？", "text"),
)
_MARKET = (
    Question("贵单位首选的仪器品牌？", "single_choice", choices=_BRANDS),
    Question("选型时最看重哪些因素？", "multiple_choice", choices=_ASPECTS),
    Question("您对极光仪器的了解程度？", "rating", None, 1, 5),
    Question("对市场的其他看法？", "text"),
)


@dataclass(frozen=True, eq=False)
class Asked:
    """Who was asked in one survey, as arrays: index of customer, account, user, order and ticket
    (-1 for none), when, and how content (0 is average) each one is."""

    customer: np.ndarray
    account: np.ndarray
    user: np.ndarray
    order: np.ndarray
    ticket: np.ndarray
    sent: np.ndarray
    mood: np.ndarray

    @property
    def count(self) -> int:
        """How many were asked."""
        return len(self.sent)

    def part(self, at: np.ndarray) -> Asked:
        """Those at these places."""
        return Asked(self.customer[at], self.account[at], self.user[at], self.order[at],
                     self.ticket[at], self.sent[at], self.mood[at])  # fmt: skip


def _asked(sent: np.ndarray, mood: np.ndarray, **known: np.ndarray) -> Asked:
    none = np.full(len(sent), -1)
    parts = {name: known.get(name, none) for name in ("customer", "account", "user", "order",
                                                      "ticket")}  # fmt: skip
    return Asked(sent=sent, mood=mood, **parts)


@dataclass(frozen=True)
class Form:
    """One survey: its questions, the share of those asked who answer, and its days."""

    survey_id: str
    name: str
    kind: str
    opened: int
    closed: int
    questions: tuple[Question, ...]
    answering: float


# One survey after the other, each with those who were asked.
Surveys = Iterator[tuple[Form, Asked]]


def survey_rows(
    clock: Clock, people: People, accounts: Accounts, customers: Customers,
    purchases: Purchases, orders: Orders, ledger: Ledger, tickets: Tickets, seed: int,
) -> Chunks:  # fmt: skip
    """Rows of all surveys with their questions, invitations, responses and answers."""
    counter = [0, 0]
    for form, asked in _surveys(
        clock, people, accounts, customers, purchases, orders, ledger, tickets, seed
    ):
        yield "surveys", [
            (form.survey_id, form.name, form.kind, day_of(form.opened),
             day_of(form.closed) if 0 < form.closed <= clock.end else None)
        ]  # fmt: skip
        yield (
            "survey_questions",
            [
                (
                    f"{form.survey_id}-{n}",
                    form.survey_id,
                    n,
                    q.text,
                    q.kind,
                    q.measure,
                    q.low,
                    q.high,
                )
                for n, q in enumerate(form.questions, start=1)
            ],
        )
        rng = stream(seed, form.survey_id)
        for begin in range(0, asked.count, _CHUNK):
            place = np.arange(begin, min(begin + _CHUNK, asked.count))
            yield from _answers(rng, clock, people, form, asked.part(place), counter)


def _surveys(
    clock: Clock, people: People, accounts: Accounts, customers: Customers,
    purchases: Purchases, orders: Orders, ledger: Ledger, tickets: Tickets, seed: int,
) -> Surveys:  # fmt: skip
    late = np.bincount(orders.customer[ledger.is_late & (orders.customer >= 0)],
                       minlength=customers.count)  # fmt: skip
    sent = np.bincount(orders.customer[(ledger.delivered > 0) & (orders.customer >= 0)],
                       minlength=customers.count)  # fmt: skip
    mood = customers.mood - 2.0 * (late / np.maximum(sent, 1) - 0.1)
    yield from _nps_waves(clock, customers, purchases, mood, seed)

    rng = stream(seed, "satisfaction")
    about = np.flatnonzero(
        (ledger.delivered > 0)
        & (ledger.delivered < clock.last_second - 3 * DAY)
        & (rng.random(orders.count) < 0.30)
    )
    about = about[np.argsort(ledger.delivered[about], kind="stable")]
    who = orders.customer[about]
    yield (
        Form("S-DELIVERY", "交付满意度", "csat", clock.start, 0, _SERVICE, 0.36),
        _asked(
            ledger.delivered[about] + DAY,
            np.where(who < 0, 0.0, mood[who]) * 0.6 - 1.3 * ledger.is_late[about],
            customer=who, order=about,
        ),
    )  # fmt: skip
    solved = np.flatnonzero(
        (tickets.resolved > 0) & (tickets.resolved < clock.last_second - 2 * DAY)
    )
    slow = (tickets.resolved[solved] - tickets.created[solved]) > 5 * DAY
    waited = is_slump(clock, tickets.created[solved])
    yield (
        Form("S-TICKET", "售后服务满意度", "csat", clock.start, 0, _SERVICE, 0.38),
        _asked(
            tickets.resolved[solved] + 2 * HOUR,
            mood[tickets.customer[solved]] * 0.5 - 0.8 * slow - company.SLUMP_MOOD * waited - 0.1,
            customer=tickets.customer[solved], ticket=solved,
            order=tickets.order[solved],
        ),
    )  # fmt: skip
    yield from _own_people(clock, people, seed)
    yield from _market_research(clock, accounts, seed)


def _nps_waves(clock: Clock, customers: Customers, purchases: Purchases, mood: np.ndarray,
               seed: int) -> Surveys:  # fmt: skip
    rng = stream(seed, "nps")
    month = int(months_of(clock.start)) // 3 * 3
    while True:
        closed = day_number(month_start(month + 3)) - 1
        opened = closed - 24
        if opened > clock.end - 6:
            return
        if opened > clock.start:
            recent = (purchases.day > opened - 300) & (purchases.day < opened)
            bought = np.unique(purchases.customer[recent & (purchases.customer >= 0)])
            chosen = bought[rng.random(len(bought)) < 0.75]
            sent = opened * DAY + 10 * HOUR + (rng.random(len(chosen)) * DAY / 4).astype(int)
            year, quarter = 1970 + month // 12, month % 12 // 3 + 1
            yield (
                Form(f"S-NPS-{year}Q{quarter}", f"{year} 年第 {quarter} 季度客户推荐度", "nps",
                     opened, closed, _NPS, 0.45),
                _asked(sent, mood[chosen], customer=chosen),
            )  # fmt: skip
        month += 3


def _own_people(clock: Clock, people: People, seed: int) -> Surveys:
    for n, day in enumerate(clock.workday(np.arange(clock.start + 120, clock.end - 20, 182))):
        reps = [rep for rep in range(people.settled) if people.is_at_work(rep, int(day))]
        user = np.array(reps)
        sent = np.full(len(user), int(day) * DAY + 9 * HOUR)
        yield (
            Form(f"S-TEAM-{n + 1}", f"销售团队调查第 {n + 1} 期", "team", int(day), int(day) + 14,
                 _TEAM, 0.85),
            _asked(sent, 0.2 * np.array([people.reps[r].win for r in reps]), user=user),
        )  # fmt: skip
    for n, day in enumerate(training_days(clock)):
        user = np.array(training_members(people, n, day))
        sent = np.full(len(user), day * DAY + 17 * HOUR)
        yield (
            Form(f"S-TRAIN-{n + 1}", f"培训反馈第 {n + 1} 期", "training", day, day + 10,
                 _TRAINING, 0.8),
            _asked(sent, np.full(len(user), 0.3), user=user),
        )  # fmt: skip


def _market_research(clock: Clock, accounts: Accounts, seed: int) -> Surveys:
    rng = stream(seed, "market research")
    for n, day in enumerate(clock.workday(np.arange(clock.start + 250, clock.end - 40, 365))):
        sent = np.full(accounts.count, int(day) * DAY + 10 * HOUR)
        known = np.flatnonzero((accounts.created < sent) & (rng.random(accounts.count) < 0.4))
        known = known[known < accounts.count - 2]
        strangers = max(20, len(known) // 4)
        account = np.concatenate([known, np.full(strangers, -1)])
        yield (
            Form(f"S-MARKET-{n + 1}", f"市场调研第 {n + 1} 期", "market_research", int(day),
                 int(day) + 30, _MARKET, 0.3),
            _asked(np.full(len(account), int(day) * DAY + 10 * HOUR),
                   0.3 * rng.standard_normal(len(account)), account=account),
        )  # fmt: skip


def _answers(
    rng: np.random.Generator, clock: Clock, people: People, form: Form, asked: Asked,
    counter: list[int],
) -> Chunks:  # fmt: skip
    count = asked.count
    users = [people.rep_ids[u] if u >= 0 else None for u in asked.user.tolist()]
    invitation = np.arange(counter[0], counter[0] + count)
    # Strangers of the market research came by a link: nobody invited them.
    is_invited = (asked.customer >= 0) | (asked.account >= 0) | (asked.user >= 0)
    bounced = is_invited & (asked.user < 0) & (rng.random(count) < 0.03)
    counter[0] += count
    at = np.flatnonzero(is_invited)
    yield "survey_invitations", rows_of(
        "survey_invitations", invitation_id=ids("I", invitation[at], 7),
        survey_id=form.survey_id, account_id=optional_ids("A", asked.account[at], 6),
        customer_id=optional_ids("K", asked.customer[at], 6), user_id=[users[i] for i in at],
        sent_at=offset_texts(asked.sent[at]), is_bounced=bounced[at],
    )  # fmt: skip
    begun = asked.sent + 600 + (rng.exponential(1.6, count) * DAY).astype(int)
    limit = np.where(form.closed, (min(form.closed, clock.end) + 1) * DAY - HOUR,
                     clock.last_second - HOUR)  # fmt: skip
    answers = ~bounced & (begun < limit) & (rng.random(count) < form.answering)
    answers |= ~is_invited & (begun < limit)
    here = np.flatnonzero(answers)
    response = np.arange(counter[1], counter[1] + len(here))
    counter[1] += len(here)
    given = asked.part(here)
    started = begun[here]
    finished = rng.random(len(here)) > 0.04
    submitted = np.where(finished, started + 45 + (rng.exponential(120, len(here))).astype(int), 0)
    mood = given.mood + rng.standard_normal(len(here))
    is_test = rng.random(len(here)) < 0.006
    # Unhappy customers are called back within days.
    reply = submitted + ((0.3 + rng.random(len(here)) * 4) * DAY).astype(int)
    called = finished & (mood < -0.8) & (given.customer >= 0) & (rng.random(len(here)) < 0.7)
    called &= reply <= clock.last_second
    channel = np.searchsorted((0.5, 0.85), rng.random(len(here)), side="right")
    yield "survey_responses", rows_of(
        "survey_responses", response_id=ids("R", response, 7), survey_id=form.survey_id,
        invitation_id=gaps(ids("I", invitation[here], 7), ~is_invited[here]),
        account_id=optional_ids("A", given.account, 6),
        customer_id=optional_ids("K", given.customer, 6),
        user_id=[users[i] for i in here.tolist()],
        order_id=optional_ids("SO", given.order, 7), ticket_id=optional_ids("TK", given.ticket, 6),
        started_at=offset_texts(started), submitted_at=offset_texts(submitted),
        replied_at=offset_texts(np.where(called, reply, 0)),
        channel=[("email", "wechat", "web")[c] for c in channel.tolist()], is_test=is_test,
    )  # fmt: skip
    yield "survey_answers", _given(rng, form, response, mood, finished)


def _given(
    rng: np.random.Generator, form: Form, response: np.ndarray, mood: np.ndarray,
    finished: np.ndarray,
) -> Rows:  # fmt: skip
    rows: Rows = []
    count = len(response)
    names = ids("R", response, 7)
    for n, question in enumerate(form.questions, start=1):
        key = f"{form.survey_id}-{n}"
        # Who breaks off has answered the first question only.
        here = np.flatnonzero(finished if n > 1 else np.ones(count, dtype=bool))
        if question.kind == "rating":
            low, high = question.low or 0, question.high or 0
            shift = mood[here] + 0.25 * rng.standard_normal(len(here))
            share, spread = (0.842, 0.135) if question.measure == "nps" else (0.85, 0.165)
            score = low + (high - low) * (share + spread * shift)
            value = np.clip(np.round(score), low, high)
            rows += [(names[i], key, "", float(v), None)
                     for i, v in zip(here.tolist(), value.tolist(), strict=True)]  # fmt: skip
        elif question.kind == "text":
            draw = rng.random(len(here))
            for i, d, feel in zip(here.tolist(), draw.tolist(), mood[here].tolist(), strict=True):
                if d < 0.45:
                    words = _BAD if feel < -0.5 else _GOOD
                    rows.append((names[i], key, "", None, words[int(d * 997) % len(words)]))
        else:
            rows += _chosen(rng, question, key, names, here)
    return rows


def _chosen(
    rng: np.random.Generator, question: Question, key: str, names: list[str], here: np.ndarray
) -> Rows:
    options = len(question.choices)
    first = (rng.random(len(here)) ** 1.4 * options).astype(int).tolist()
    other = (rng.random(len(here)) * options).astype(int).tolist()
    rows: Rows = []
    for i, one, two in zip(here.tolist(), first, other, strict=True):
        rows.append((names[i], key, question.choices[one], None, None))
        if question.kind == "multiple_choice" and two != one:
            rows.append((names[i], key, question.choices[two], None, None))
    return rows
