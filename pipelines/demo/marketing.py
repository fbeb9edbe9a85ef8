"""What comes before a deal: campaigns and their touches, leads, and what is known of the market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.accounts import Accounts, contact_ids, shares
from pipelines.demo.clock import (
    DAY,
    HOUR,
    Clock,
    date_texts,
    day_of,
    months_of,
    stream,
    utc_texts,
    work_seconds,
)
from pipelines.demo.people import People
from pipelines.demo.tables import Chunks, flags, gaps, ids, optional_ids, picked, rows_of

_CHUNK = 20_000
_CAMPAIGN_EVERY = 62
_KINDS = ("展会", "邮件", "网络广告", "网络研讨会")
_KIND_CHANNEL = ("线下", "邮件", "搜索引擎", "线上直播")
_KIND_COST = (180_000, 12_000, 64_000, 26_000)
_KIND_NAMES = ("测量技术展", "新品邮件", "搜索推广", "应用研讨会")


@dataclass(frozen=True, eq=False)
class Leads:
    """Leads as arrays by index. `deal` is the index of the new-business deal that a lead became,
    or -1; `campaign` likewise. Instants are local seconds; 0 is never."""

    created: np.ndarray
    source: np.ndarray
    campaign: np.ndarray
    deal: np.ndarray
    answered: np.ndarray
    converted: np.ndarray

    @property
    def count(self) -> int:
        """How many leads there are."""
        return len(self.created)


def campaign_days(clock: Clock) -> np.ndarray:
    """The first day of each campaign: one every two months."""
    return np.arange(clock.start + 12, clock.end - 20, _CAMPAIGN_EVERY)


def build_leads(clock: Clock, seed: int, deals_created: np.ndarray, others: int) -> Leads:
    """A lead for four of five new-business deals, and `others` that never became one."""
    rng = stream(seed, "leads")
    has_lead = rng.random(len(deals_created)) < 0.8
    deal = np.flatnonzero(has_lead)
    converted = deals_created[deal]
    waited = (np.minimum(1 + rng.gamma(1.1, 17.0, len(deal)), 170) * DAY).astype(int)
    first = clock.start * DAY + 8 * HOUR
    came = np.minimum(np.maximum(converted - waited, first), converted - 600)
    low = np.full(others, clock.start)
    days = clock.demand_days(rng, low, np.full(others, clock.end))
    days = clock.workday_by_end(days)
    lost = np.minimum(days * DAY + work_seconds(rng, others), clock.last_second - 60)
    created = np.concatenate([came, lost])
    deal = np.concatenate([deal, np.full(others, -1)])
    done = np.concatenate([converted, np.zeros(others, dtype=int)])
    order = np.argsort(created, kind="stable")
    created, deal, done = created[order], deal[order], done[order]
    source = shares(rng, company.LEAD_SOURCE_SHARE, len(created))
    running = np.searchsorted(campaign_days(clock), created // DAY, side="right") - 1
    from_campaign = np.isin(source, (0, 1, 4)) & (rng.random(len(created)) < 0.55)
    quick = np.array([6.0, 2.5, 4.0, 9.0, 3.5, 5.0])[source]
    reply = created + (rng.exponential(1.0, len(created)) * quick * HOUR).astype(int) + 300
    # Nobody converts before the first answer; some of the rest are never answered.
    reply = np.where(done > 0, np.minimum(reply, done), reply)
    never = (done == 0) & (rng.random(len(created)) < 0.12)
    return Leads(
        created=created, source=source, campaign=np.where(from_campaign, running, -1), deal=deal,
        answered=np.where(never | (reply > clock.last_second), 0, reply), converted=done,
    )  # fmt: skip


def lead_of_deal(leads: Leads, deals: int) -> np.ndarray:
    """The index of the lead of each new-business deal, or -1."""
    found = np.full(deals, -1)
    at = np.flatnonzero(leads.deal >= 0)
    found[leads.deal[at]] = at
    return found


def lead_rows(clock: Clock, people: People, accounts: Accounts, leads: Leads, seed: int) -> Chunks:
    """Rows of leads. A referral names the customer who gave it; a few are deleted."""
    rng = stream(seed, "lead rows")
    for begin in range(0, leads.count, _CHUNK):
        n = np.arange(begin, min(begin + _CHUNK, leads.count))
        won = leads.deal[n] >= 0
        account = np.where(won, accounts.established + leads.deal[n], -1)
        rep = np.where(
            won, accounts.rep[account], (rng.random(len(n)) * people.settled).astype(int)
        )
        days = leads.created[n] // DAY
        owner = people.owners(rep, days)
        aged = leads.created[n] < clock.last_second - 60 * DAY
        status = np.where(won, 0, np.where(leads.answered[n] == 0, 1, np.where(aged, 2, 3)))
        referred = leads.source[n] == company.REFERRAL
        by = (rng.random(len(n)) ** 2 * accounts.established).astype(int)
        last = np.maximum(np.maximum(leads.created[n], leads.answered[n]), leads.converted[n])
        closed = np.where(~won & aged, last + 45 * DAY, last)
        yield "leads", rows_of(
            "leads", lead_id=ids("L", n, 6), source=picked(company.LEAD_SOURCES, leads.source[n]),
            campaign_id=optional_ids("M", leads.campaign[n], 3),
            status=picked(("converted", "new", "disqualified", "working"), status),
            owner_id=picked(people.rep_ids, owner), account_id=optional_ids("A", account, 6),
            contact_id=gaps(contact_ids(account, np.zeros_like(account)), ~won),
            referred_by_account_id=gaps(ids("A", by, 6), ~referred),
            created_at=utc_texts(leads.created[n]),
            first_response_at=utc_texts(leads.answered[n]),
            converted_at=utc_texts(leads.converted[n]),
            converted_opportunity_id=optional_ids("D", leads.deal[n], 6),
            updated_at=utc_texts(np.minimum(closed + 120, clock.last_second)),
            is_deleted=flags(~won & (n % 400 == 399)),
        )  # fmt: skip


def campaign_rows(clock: Clock, leads: Leads, accounts: Accounts, seed: int) -> Chunks:
    """Rows of campaigns and of touches: each lead of a campaign, and people at known accounts."""
    starts = campaign_days(clock)
    number = np.arange(len(starts))
    kind = number % len(_KINDS)
    ends = starts + np.where(kind == 0, 4, 30)
    size = (accounts.count / 850) ** 0.5
    budget = (np.array(_KIND_COST)[kind] * size * (1 + 0.05 * (number % 5))).astype(int)
    budget = np.round(budget, -3) + 1000
    spent = np.round(budget * (0.86 + 0.07 * (number % 4)), 2)
    changed = np.minimum(ends, clock.end) * DAY + 18 * HOUR
    yield "campaigns", rows_of(
        "campaigns", campaign_id=ids("M", number, 3),
        name=[f"{day_of(d).year}{_KIND_NAMES[k]}{n + 1}"
              for n, (d, k) in enumerate(zip(starts.tolist(), kind.tolist(), strict=True))],
        type=picked(_KINDS, kind), channel=picked(_KIND_CHANNEL, kind),
        starts_on=date_texts(starts), ends_on=date_texts(ends), budget=budget.astype(float),
        cost=spent, currency_code=company.CURRENCY, updated_at=utc_texts(changed),
    )  # fmt: skip
    rng = stream(seed, "touches")
    lead = np.flatnonzero(leads.campaign >= 0)
    begun = np.minimum(starts[leads.campaign[lead]] * DAY + 9 * HOUR, leads.created[lead])
    since = np.maximum(begun, leads.created[lead] - 12 * DAY)
    at_lead = since + (rng.random(len(lead)) * (leads.created[lead] - since)).astype(int)
    extra = round(accounts.count * 1.2)
    account = (rng.random(extra) * (accounts.count - 2)).astype(int)
    campaign = (rng.random(extra) * len(starts)).astype(int)
    at = starts[campaign] * DAY + (rng.random(extra) * 4 * DAY).astype(int) + 9 * HOUR
    known = (accounts.created[account] < at) & (at <= clock.last_second)
    account, campaign, at = account[known], campaign[known], at[known]
    none = np.full(len(lead), -1)
    instants = np.concatenate([at_lead, at])
    order = np.argsort(instants, kind="stable")
    of_lead = np.concatenate([lead, np.full(len(account), -1)])[order]
    of_account = np.concatenate([none, account])[order]
    of_campaign = np.concatenate([leads.campaign[lead], campaign])[order]
    responded = np.where(of_lead >= 0, True, rng.random(len(order)) < 0.18)
    for begin in range(0, len(order), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        firm = of_account[part]
        person = gaps(contact_ids(firm, np.zeros_like(firm)), (firm < 0) | (firm % 3 == 0))
        yield "campaign_touches", rows_of(
            "campaign_touches",
            touch_id=ids("TC", np.arange(begin, begin + len(firm)), 7),
            campaign_id=ids("M", of_campaign[part], 3),
            lead_id=optional_ids("L", of_lead[part], 6), contact_id=person,
            account_id=optional_ids("A", firm, 6),
            touched_at=utc_texts(instants[order][part]), has_responded=flags(responded[part]),
        )  # fmt: skip


_NOTES = (
    (
        "interview",
        "客户访谈",
        "实验室扩建计划",
        "明年新增两条产线，需要多通道测试方案。",
        "访谈,产线",
    ),
    (
        "social",
        "微信公众号",
        "用户讨论校准周期",
        "用户认为校准周期偏长，希望上门服务。",
        "校准,服务",
    ),
    ("news", "行业新闻", "竞争对手发布新品", "对手推出同级示波器，定价低约一成。", "竞品,价格"),
    (
        "report",
        "市场报告",
        "测试测量市场年度报告",
        "新能源测试需求同比增长约 12 %。",
        "趋势,新能源",
    ),
    ("policy", "政策文件", "设备更新补贴政策", "高校与制造企业可申请设备更新补贴。", "政策,补贴"),
    ("rep_feedback", "销售反馈", "客户比较交期", "交期是近期丢单的主要原因之一。", "交期,丢单"),
)


def market_rows(
    clock: Clock, people: People, accounts: Accounts, sales: np.ndarray, seed: int
) -> Chunks:
    """Rows of competitors, market sizes and research notes. `sales[segment, region, year]` is the
    company's own (CNY), so that the market is larger than what was sold in it."""
    yield "competitors", rows_of(
        "competitors", competitor_id=ids("X", range(len(company.COMPETITORS)), 2),
        name=list(company.COMPETITORS),
    )  # fmt: skip
    chance = stream(seed, "market")
    rows = []
    first_year, last_year = day_of(clock.start).year, day_of(clock.end).year
    mean = sales.mean(axis=2)
    for vintage_year in range(max(first_year + 1, last_year - 1), last_year + 1):
        for year in range(first_year, vintage_year):
            for s, segment in enumerate(company.SEGMENTS):
                for r, region in enumerate(company.REGIONS):
                    share = 0.06 + 0.10 * ((s * 5 + r * 3) % 7) / 7
                    grown = 1.05 ** (year - first_year) * (0.97 + 0.06 * chance.random())
                    amount = max(mean[s, r], 50_000) / share * grown
                    amount = max(amount, sales[s, r, year - first_year] * 3)
                    rows.append(
                        (segment, region, f"{year}-01-01", f"{vintage_year}-03", f"{year}-12-31",
                         float(round(amount, -4)), company.CURRENCY, "行业协会年报")
                    )  # fmt: skip
    yield "market_sizes", rows
    count = max(18, round((clock.end - clock.start) / 16))
    days = np.sort((chance.random(count) * (clock.end - clock.start)).astype(int)) + clock.start
    days = clock.workday_by_end(days)
    kind = (np.arange(count) * 5 + 1) % len(_NOTES)
    account = (chance.random(count) * accounts.established).astype(int)
    noted = days * DAY + work_seconds(chance, count)
    month = months_of(days) % 12 + 1
    owner = people.owners((np.arange(count) * 3) % people.settled, days)
    yield "research_notes", rows_of(
        "research_notes", note_id=ids("N", np.arange(count), 4),
        kind=[_NOTES[k][0] for k in kind.tolist()], noted_at=utc_texts(noted),
        source=[_NOTES[k][1] for k in kind.tolist()],
        title=[f"{m} 月：{_NOTES[k][2]}"
               for m, k in zip(month.tolist(), kind.tolist(), strict=True)],
        body=[_NOTES[k][3] for k in kind.tolist()],
        account_id=gaps(ids("A", account, 6), ~np.isin(kind, (0, 1, 5))),
        competitor_id=gaps(ids("X", np.arange(count) % len(company.COMPETITORS), 2),
                           ~np.isin(kind, (2, 5))),
        user_id=gaps(picked(people.rep_ids, owner), kind == 4),
        segment=[company.SEGMENTS[n % 4] for n in range(count)],
        tags=[_NOTES[k][4] for k in kind.tolist()],
    )  # fmt: skip
