"""The companies the demo sells to: accounts and contacts in the CRM, customers in the shop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.clock import DAY, HOUR, Clock, local_texts, stream, utc_texts, work_seconds
from pipelines.demo.people import People
from pipelines.demo.tables import Chunks, flags, gaps, ids, optional_ids, picked, rows_of

_CHUNK = 20_000
_DUPLICATES = 2


@dataclass(frozen=True, eq=False)
class Accounts:
    """Companies as arrays by index: established customers first, then prospects (one for each
    new-business deal, in the deals' order), then those never worked on."""

    region: np.ndarray
    city: np.ndarray
    industry: np.ndarray
    segment: np.ndarray
    size: np.ndarray
    currency: np.ndarray
    rep: np.ndarray
    created: np.ndarray
    source: np.ndarray
    contacts: np.ndarray
    established: int

    @property
    def count(self) -> int:
        """How many accounts there are, duplicates apart."""
        return len(self.region)


@dataclass(frozen=True, eq=False)
class Customers:
    """Buyers as arrays by index; `account` is -1 for those who only shop online. `arrived` is a
    day, `rate` the appetite for orders, `lives` how many orders until the buyer leaves."""

    account: np.ndarray
    arrived: np.ndarray
    region: np.ndarray
    segment: np.ndarray
    currency: np.ndarray
    channel: np.ndarray
    category: np.ndarray
    size: np.ndarray
    rate: np.ndarray
    lives: np.ndarray
    mood: np.ndarray
    is_new: np.ndarray
    rep: np.ndarray

    @property
    def count(self) -> int:
        """How many customers there are, duplicates apart."""
        return len(self.account)


def shares(rng: np.random.Generator, share: tuple[float, ...], count: int) -> np.ndarray:
    """Indexes drawn by their shares."""
    return np.searchsorted(np.cumsum(share) / sum(share), rng.random(count), side="right")


def build_accounts(
    clock: Clock, people: People, seed: int, *, established: int, prospects_since: np.ndarray,
    sources: np.ndarray, cold: int,
) -> Accounts:  # fmt: skip
    """Established companies, prospects known since these instants, and cold ones."""
    rng = stream(seed, "accounts")
    count = established + len(prospects_since) + cold
    region = shares(rng, company.REGION_SHARE, count)
    cities = np.array([len(names) for names in company.CITIES])
    city = (rng.random(count) * cities[region]).astype(int)
    segment = shares(rng, company.SEGMENT_SHARE, count)
    abroad = region == company.ABROAD
    currencies = [1 + company.FOREIGN_CURRENCIES.index(c) for c in company.ABROAD_CURRENCY]
    currency = np.where(abroad, np.array(currencies)[np.where(abroad, city, 0)], 0)
    kind = np.array(company.REGION_TEAM)[region]
    rep_kind = np.array([rep.team for rep in people.reps[: people.settled]])
    rep = np.zeros(count, dtype=int)
    for team in range(len(company.TEAM_NAMES)):
        members = np.flatnonzero(rep_kind == team)
        ours = kind == team
        rep[ours] = members[(rng.random(int(ours.sum())) * len(members)).astype(int)]
    old = (clock.start - 30 - (rng.random(established) * 700).astype(int)) * DAY
    old = old + work_seconds(rng, established)
    late = (clock.start + (rng.random(cold) * (clock.end - clock.start - 30)).astype(int)) * DAY
    late = late + work_seconds(rng, cold)
    own_source = shares(rng, company.LEAD_SOURCE_SHARE, count)
    own_source[established : established + len(sources)] = sources
    return Accounts(
        region=region, city=city, industry=shares(rng, company.INDUSTRY_SHARE, count),
        segment=segment,
        size=np.array(company.SEGMENT_SIZE)[segment] * np.exp(0.75 * rng.standard_normal(count)),
        currency=currency, rep=rep, created=np.concatenate([old, prospects_since, late]),
        source=own_source, contacts=1 + (rng.random(count) * 2.6).astype(int),
        established=established,
    )  # fmt: skip


def build_customers(
    clock: Clock, accounts: Accounts, seed: int, *, won: list[tuple[int, int]], online: int
) -> Customers:
    """The buyers: established accounts, accounts won (index, instant of the first won deal), and
    small firms that found the web shop by themselves."""
    rng = stream(seed, "customers")
    established = accounts.established
    own = np.array([account for account, _ in won], dtype=int)
    won_day = np.array([instant // DAY for _, instant in won], dtype=int)
    count = established + len(own) + online
    low = np.full(online, clock.start)
    arrived = np.concatenate(
        [
            np.full(established, clock.start),
            won_day,
            clock.demand_days(rng, low, np.full(online, clock.end - 2)),
        ]
    )
    account = np.concatenate([np.arange(established), own, np.full(online, -1)])
    known = account >= 0
    at = np.where(known, account, 0)
    home = shares(rng, company.REGION_SHARE[: company.ABROAD], count)
    size = np.where(known, accounts.size[at], 0.3 * np.exp(0.5 * rng.standard_normal(count)))
    # Appetites differ as in the negative binomial model of buying: gamma, and larger firms more.
    rate = np.minimum(rng.gamma(0.9, 1.0, count) * np.minimum(size, 6.0) ** 0.35, 3.5)
    # Leaving is a coin tossed after each order (BG/NBD); its odds differ between buyers.
    coin = np.clip(rng.beta(0.8, 18.0, count), 0.003, 0.6)
    lives = 1 + np.floor(np.log1p(-rng.random(count)) / np.log1p(-coin)).astype(int)
    channel = shares(rng, (0.64, 0.26, 0.10), count)
    return Customers(
        account=account, arrived=arrived, region=np.where(known, accounts.region[at], home),
        segment=np.where(known, accounts.segment[at], 2),
        currency=np.where(known, accounts.currency[at], 0), channel=np.where(known, channel, 2),
        category=(rng.random(count) * 6).astype(int), size=size, rate=rate, lives=lives,
        mood=1.1 * rng.standard_normal(count), is_new=np.arange(count) >= established,
        rep=np.where(known, accounts.rep[at], -1),
    )  # fmt: skip


def company_names(region: np.ndarray, city: np.ndarray) -> list[str]:
    """A name of its own for each company, by its index."""
    brands = len(company.BRAND_FIRST) * len(company.BRAND_SECOND)
    names = []
    for n, (area, place) in enumerate(zip(region.tolist(), city.tolist(), strict=True)):
        # 7919 is prime to the number of brands: neighbours differ, and nothing comes twice.
        brand = n * 7919 % brands
        word = company.BRAND_FIRST[brand % len(company.BRAND_FIRST)]
        word += company.BRAND_SECOND[brand // len(company.BRAND_FIRST)]
        trade = (n // brands) * 3 + n
        town = company.CITIES[area][place]
        if area == company.ABROAD:
            last = company.TRADES_ABROAD[trade % len(company.TRADES_ABROAD)]
            names.append(f"{town} {last} {n + 1}")
        else:
            names.append(f"{town}{word}{company.TRADES[trade % len(company.TRADES)]}有限公司")
    return names


def person_name(number: int) -> str:
    """An invented person."""
    surname = company.SURNAMES[number * 7 % len(company.SURNAMES)]
    return surname + company.GIVEN[number * 11 // 3 % len(company.GIVEN)]


def _tax_ids(prefix: str, numbers: list[int]) -> list[str]:
    return [f"{prefix}{n * 73_856_093 % 10**14:014d}" for n in numbers]


def _country(region: np.ndarray, city: np.ndarray) -> list[str]:
    pairs = zip(region.tolist(), city.tolist(), strict=True)
    return [company.ABROAD_COUNTRY[c] if r == company.ABROAD else "中国" for r, c in pairs]


def account_rows(clock: Clock, people: People, accounts: Accounts, seed: int) -> Chunks:
    """Rows of accounts and contacts, with a few that were merged into others or deleted."""
    rng = stream(seed, "account rows")
    # The copies: entered twice by two people, merged a week later.
    copies = np.linspace(0, accounts.established - 1, _DUPLICATES).astype(int)
    order = np.concatenate([np.arange(accounts.count), copies])
    names = company_names(accounts.region, accounts.city)
    for begin in range(0, len(order), _CHUNK):
        place = np.arange(begin, min(begin + _CHUNK, len(order)))
        of = order[place]
        is_copy = place >= accounts.count
        number = (place + 1).tolist()
        created = accounts.created[of] + np.where(is_copy, 3 * DAY, 0)
        touched = created + (rng.random(len(of)) * (clock.last_second - created)).astype(int)
        updated = np.where(rng.random(len(of)) < 0.7, touched, created)
        region, city = accounts.region[of], accounts.city[of]
        staff = np.array(company.SEGMENT_STAFF)[accounts.segment[of]] * accounts.size[of]
        owners = people.owners(accounts.rep[of], np.full(len(of), clock.end))
        has_parent = (rng.random(len(of)) < 0.06) & (of > 10) & ~is_copy
        parent = (of * 0.3).astype(int)
        is_cold = (of >= accounts.count - 2) & ~is_copy
        town = [company.CITIES[r][c] for r, c in zip(region.tolist(), city.tolist(), strict=True)]
        yield "accounts", rows_of(
            "accounts", account_id=ids("A", place, 6),
            name=[names[i] + (" (重复)" if c else "")
                  for i, c in zip(of.tolist(), is_copy.tolist(), strict=True)],
            tax_id=gaps(_tax_ids("9131", number), rng.random(len(of)) < 0.12),
            external_id=gaps(ids("ERP", place, 6), rng.random(len(of)) < 0.4),
            email=[f"info@c{n}.example" for n in number],
            phone=[f"400-{n // 10000:03d}-{n % 10000:04d}" for n in number],
            parent_account_id=gaps(ids("A", parent, 6), ~has_parent),
            industry=picked(company.INDUSTRIES, accounts.industry[of]),
            segment=picked(company.SEGMENTS, accounts.segment[of]),
            employee_count=np.maximum(5, staff.astype(int)), country=_country(region, city),
            region=picked(company.REGIONS, region), city=town,
            website=gaps([f"www.c{n}.example" for n in number], rng.random(len(of)) < 0.3),
            owner_id=picked(people.rep_ids, owners),
            source=picked(company.LEAD_SOURCES, accounts.source[of]),
            created_at=utc_texts(created), updated_at=utc_texts(updated),
            is_deleted=flags(is_cold), merged_into_id=gaps(ids("A", of, 6), ~is_copy),
        )  # fmt: skip
    yield from _contacts(clock, accounts, rng)


def contact_ids(accounts: np.ndarray, positions: np.ndarray) -> list[str]:
    """The ids of an account's contacts by their position (0 is the first)."""
    pairs = zip(accounts.tolist(), positions.tolist(), strict=True)
    return [f"C{a + 1:06d}-{p + 1}" for a, p in pairs]


def _contacts(clock: Clock, accounts: Accounts, rng: np.random.Generator) -> Chunks:
    for begin in range(0, accounts.count, _CHUNK):
        block = np.arange(begin, min(begin + _CHUNK, accounts.count))
        of = np.repeat(block, accounts.contacts[block])
        first = np.concatenate([[0], np.cumsum(accounts.contacts[block])[:-1]])
        position = np.arange(len(of)) - np.repeat(first, accounts.contacts[block])
        created = accounts.created[of] + position * 9 * HOUR
        created = np.minimum(created, clock.last_second - HOUR)
        updated = created + (rng.random(len(of)) * (clock.last_second - created)).astype(int)
        number = (of * 4 + position).tolist()
        # The third contact of some established firms is an old entry of the first one.
        is_merged = (position == 2) & (of % 40 == 0)
        is_deleted = (position == 1) & (of % 90 == 5)
        yield "contacts", rows_of(
            "contacts", contact_id=contact_ids(of, position), account_id=ids("A", of, 6),
            name=[person_name(n) for n in number],
            email=[f"p{n}@c{n // 4 + 1}.example" for n in number],
            phone=gaps([f"138{n % 10**8:08d}" for n in number], rng.random(len(of)) < 0.2),
            title=[company.TITLES[n % len(company.TITLES)] for n in number],
            has_opted_out=flags(rng.random(len(of)) < 0.07), created_at=utc_texts(created),
            updated_at=utc_texts(updated), is_deleted=flags(is_deleted),
            merged_into_id=gaps(contact_ids(of, np.zeros_like(of)), ~is_merged),
        )  # fmt: skip


def twice(count: int) -> list[tuple[int, str]]:
    """The customers that were entered a second time, with what gives them away."""
    return [(first, rule) for first, rule in company.TWICE if first < count]


def customer_rows(clock: Clock, accounts: Accounts, customers: Customers, seed: int) -> Chunks:
    """Rows of the shop's customers and of old entries that were merged or deleted."""
    rng = stream(seed, "customer rows")
    # Two old entries were merged into the first and the sixth buyer, one was deleted.
    copies = np.array([0, 5, 9])
    entered_twice = twice(customers.count)
    order = np.concatenate([np.arange(customers.count), copies, [c for c, _ in entered_twice]])
    order = order.astype(int)
    names = company_names(accounts.region, accounts.city)
    for begin in range(0, len(order), _CHUNK):
        place = np.arange(begin, min(begin + _CHUNK, len(order)))
        of = order[place]
        is_copy = place >= customers.count
        is_deleted = place == customers.count + len(copies) - 1
        # Who a second entry gives away by what, by its place among the rows and that of the first.
        shares = {first: (first, rule) for first, rule in entered_twice}
        shares |= {customers.count + len(copies) + n: pair for n, pair in enumerate(entered_twice)}
        number_of = {
            rule: [shares[i][0] + 1 if shares.get(i, (0, ""))[1] == rule else i + 1
                   for i in place.tolist()]
            for rule in ("tax_id", "email", "phone")
        }  # fmt: skip
        account = customers.account[of]
        known = account >= 0
        at = np.where(known, account, 0)
        region = customers.region[of]
        cities = np.array([len(c) for c in company.CITIES])
        city = np.where(known, accounts.city[at], of % cities[region])
        old = accounts.created[at] + 2 * HOUR
        created = np.where(customers.is_new[of], customers.arrived[of] * DAY + 8 * HOUR, old)
        created = np.maximum(created, np.where(known, accounts.created[at], 0))
        created = np.minimum(created + np.where(is_copy, 40 * DAY, 0), clock.last_second - HOUR)
        updated = created + (rng.random(len(of)) * (clock.last_second - created)).astype(int)
        number = (place + 1).tolist()
        firm = [
            names[a] if k else f"{company.CITIES[r][c]}{person_name(n)}工作室{n}"
            for a, k, r, c, n in zip(
                at.tolist(), known.tolist(), region.tolist(), city.tolist(), number, strict=True
            )
        ]
        firm = [
            name if i < customers.count + len(copies)
            else name.replace("有限公司", " (有限公司)") if shares[i][1] == "name_city"
            else f"{name}采购部"
            for name, i in zip(firm, place.tolist(), strict=True)
        ]  # fmt: skip
        # Who enters a customer again does not look for the tax id; the same one gives it away.
        has_tax = (rng.random(len(of)) >= 0.3) & (place < customers.count + len(copies))
        has_tax |= np.isin(place, [i for i, (_, rule) in shares.items() if rule == "tax_id"])
        yield "customers", rows_of(
            "customers", customer_id=ids("K", place, 6),
            account_id=optional_ids("A", account, 6), name=firm,
            tax_id=gaps(_tax_ids("9233", number_of["tax_id"]), ~has_tax),
            external_id=gaps(ids("WEB", place, 6), rng.random(len(of)) < 0.5),
            email=[f"order@k{n}.example" for n in number_of["email"]],
            phone=[f"0512-{n % 10**8:08d}" for n in number_of["phone"]],
            country=_country(region, city), region=picked(company.REGIONS, region),
            city=[company.CITIES[r][c]
                  for r, c in zip(region.tolist(), city.tolist(), strict=True)],
            segment=picked(company.SEGMENTS, customers.segment[of]),
            created_at=local_texts(created), updated_at=local_texts(updated),
            is_deleted=flags(is_deleted),
            merged_into_id=gaps(
                ids("K", of, 6), ~is_copy | is_deleted | (place >= customers.count + len(copies))
            ),
        )  # fmt: skip
