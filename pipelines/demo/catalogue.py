"""What is sold and in which money: products with their days on sale, daily exchange rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.clock import DAY, HOUR, Clock, date_texts, local_texts, stream
from pipelines.demo.tables import Chunks, rows_of

_ALWAYS = 10**6
# What the shares in the catalogue leave out: inbound freight and warranty.
_COST_OF_TODAY = 1.08
_DAYS_OF_RATES_BEFORE = 40


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Products as arrays by index (money in fen, days as day numbers); `rates[c]` holds CNY for
    one unit of currency c on each day from `rates_from`, with currency 0 being CNY itself."""

    price: np.ndarray
    cost: np.ndarray
    usual: np.ndarray
    popularity: np.ndarray
    companion: np.ndarray
    launched: np.ndarray
    ended: np.ndarray
    stands_in: np.ndarray
    by_metre: np.ndarray
    category: np.ndarray
    rates: np.ndarray
    rates_from: int

    def on_sale(self, products: np.ndarray, days: np.ndarray) -> np.ndarray:
        """The products, or what stands in for those not on sale on their day."""
        found = products
        for _ in range(2):
            is_off = (days < self.launched[found]) | (days >= self.ended[found])
            found = np.where(is_off, self.stands_in[found], found)
        return found

    def rate(self, currency: np.ndarray, days: np.ndarray) -> np.ndarray:
        """CNY for one unit of the currency on the day."""
        return self.rates[currency, days - self.rates_from]


def category_names() -> tuple[str, ...]:
    """The product categories in the order of the catalogue."""
    return tuple(dict.fromkeys(product.category for product in company.PRODUCTS))


def build_catalogue(clock: Clock, seed: int) -> Catalogue:
    """The catalogue with the exchange rates of the demo's days."""
    products = company.PRODUCTS
    names = category_names()
    rng = stream(seed, "rates")
    since = clock.start - _DAYS_OF_RATES_BEFORE
    days = clock.end - since + 1
    rates = [np.ones(days)]
    for level in company.FOREIGN_RATE:
        drift, value = [], 0.0
        for step in rng.standard_normal(days).tolist():
            # Pulled back to its level, so that three years stay in sight of it.
            value = 0.99 * value + 0.003 * step
            drift.append(value)
        rates.append(np.round(level * (1 + np.array(drift)), 4))
    return Catalogue(
        price=np.array([round(p.price * 100) for p in products]),
        cost=np.array([round(p.price * p.cost_share * _COST_OF_TODAY * 100) for p in products]),
        usual=np.array([p.usual_quantity for p in products]),
        popularity=np.array([p.popularity for p in products]),
        companion=np.array([p.companion for p in products]),
        launched=np.array([clock.start + p.launched if p.launched else 0 for p in products]),
        ended=np.array([clock.start + p.ended if p.ended else _ALWAYS for p in products]),
        stands_in=np.array([p.stands_in for p in products]),
        by_metre=np.array([p.is_by_metre for p in products]),
        category=np.array([names.index(p.category) for p in products]),
        rates=np.array(rates), rates_from=since,
    )  # fmt: skip


def product_ids(products: np.ndarray) -> list[str]:
    """The shop's ids of products."""
    return [f"P{n + 1:03d}" for n in products.tolist()]


def product_rows(clock: Clock, catalogue: Catalogue) -> Chunks:
    """Rows of products at today's prices; those launched later than as-of are not known yet."""
    known = [n for n in range(len(company.PRODUCTS)) if catalogue.launched[n] <= clock.end]
    old = [clock.start - 300 - 37 * n for n in known]
    launched = [int(catalogue.launched[n]) or day for n, day in zip(known, old, strict=True)]
    ended = [int(catalogue.ended[n]) for n in known]
    updated = [
        max(start, end if end <= clock.end else 0, clock.end - 120 - n)
        for n, start, end in zip(known, launched, ended, strict=True)
    ]
    products = [company.PRODUCTS[n] for n in known]
    yield "products", rows_of(
        "products", product_id=product_ids(np.array(known)), sku=[p.sku for p in products],
        name=[p.name for p in products], category=[p.category for p in products],
        family=[p.family for p in products], unit_cost=[catalogue.cost[n] / 100 for n in known],
        list_price=[p.price for p in products], currency_code=company.CURRENCY,
        is_active=[1 if end > clock.end else 0 for end in ended],
        launched_on=date_texts(launched),
        updated_at=local_texts([day * DAY + 10 * HOUR for day in updated]),
    )  # fmt: skip


def rate_rows(clock: Clock, catalogue: Catalogue) -> Chunks:
    """Rows of exchange rates: every day, weekends included."""
    days = np.arange(catalogue.rates_from, clock.end + 1)
    for place, code in enumerate(company.FOREIGN_CURRENCIES, start=1):
        yield "exchange_rates", rows_of(
            "exchange_rates", currency_code=[code] * len(days), rate_date=date_texts(days),
            rate=catalogue.rates[place],
        )  # fmt: skip
