"""Customers whose parameters are known: the fit finds them again, and the formulas are the papers'."""

from __future__ import annotations

from math import exp, gamma, lgamma, log

import numpy as np
import pytest
from scipy.special import hyp2f1

from pipelines.predict.lifetime import (
    BuyingModel,
    SpendingModel,
    buying_likelihood,
    fit_buying,
    fit_spending,
    spending_likelihood,
)

MANY = 20_000


def simulated(model: BuyingModel, days: float, seed: int) -> tuple[np.ndarray, ...]:
    """x, t_x and T of customers who began at some time in so many days and behave as the model says."""
    chance = np.random.default_rng(seed)
    T = chance.uniform(days / 2, days, MANY)
    rate, leaves = chance.gamma(model.r, 1 / model.alpha, MANY), chance.beta(model.a, model.b, MANY)
    x, t_x, now = np.zeros(MANY), np.zeros(MANY), np.zeros(MANY)
    stays = np.ones(MANY, dtype=bool)
    while stays.any():
        now = np.where(stays, now + chance.exponential(1 / rate), now)
        buys = stays & (now <= T)
        x, t_x = x + buys, np.where(buys, now, t_x)
        stays = buys & (chance.random(MANY) > leaves)
    return x, t_x, T


@pytest.mark.parametrize(
    ("model", "days"),
    [
        (BuyingModel(r=1.5, alpha=30, a=0.8, b=2.0), 2000),
        (BuyingModel(r=2.0, alpha=100, a=1.5, b=4.0), 6000),
        (BuyingModel(r=0.5, alpha=20, a=0.5, b=3.0), 2000),
    ],
)
def test_the_parameters_of_simulated_customers_are_found_within_five_percent(model, days):
    found = fit_buying(*simulated(model, days, seed=1))
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(getattr(model, name), rel=0.05), name


def test_the_spending_of_simulated_customers_is_found_within_five_percent():
    model, chance = SpendingModel(p=6.0, q=4.0, gamma=2000.0), np.random.default_rng(1)
    days = chance.integers(1, 12, MANY).astype(float)
    means = chance.gamma(model.p * days, 1 / chance.gamma(model.q, 1 / model.gamma, MANY)) / days
    found = fit_spending(days, means)
    for name in ("p", "q", "gamma"):
        assert getattr(found, name) == pytest.approx(getattr(model, name), rel=0.05), name


def beta(a: float, b: float) -> float:
    return gamma(a) * gamma(b) / gamma(a + b)


def test_the_likelihood_is_equation_6_of_the_paper():
    model = BuyingModel(r=0.5, alpha=10.0, a=1.5, b=2.0)
    # Never came back within 30 days: (10 / 40)^0.5.
    # Twice, last on day 20 of 30: B(1.5, 4) / B(1.5, 2) · Γ(2.5) 10^0.5 / (Γ(0.5) 40^2.5)
    # + B(2.5, 3) / B(1.5, 2) · Γ(2.5) 10^0.5 / (Γ(0.5) 30^2.5); Γ(2.5) / Γ(0.5) = 1.5·0.5.
    orders = 0.75 * 10**0.5
    twice = (
        beta(1.5, 4) / beta(1.5, 2) * orders / 40**2.5
        + beta(2.5, 3) / beta(1.5, 2) * orders / 30**2.5
    )
    found = buying_likelihood(
        model, np.array([0.0, 2.0]), np.array([0.0, 20.0]), np.array([30.0, 30.0])
    )
    assert found == pytest.approx([log(0.5), log(twice)], abs=1e-12)


def test_what_is_expected_is_equation_10_of_the_paper():
    model = BuyingModel(r=0.8, alpha=40.0, a=0.9, b=2.5)
    x, t_x, T, t = 5.0, 200.0, 400.0, 365.0
    left = 0.9 / (2.5 + x - 1) * ((40 + T) / (40 + t_x)) ** (0.8 + x)
    paper = (
        (0.9 + 2.5 + x - 1) / (0.9 - 1)
        * (1 - ((40 + T) / (40 + T + t)) ** (0.8 + x)
           * hyp2f1(0.8 + x, 2.5 + x, 0.9 + 2.5 + x - 1, t / (40 + T + t)))
        / (1 + left)
    )  # fmt: skip
    state = np.array([x]), np.array([t_x]), np.array([T])
    assert model.expected(*state, [t])[0] == pytest.approx(paper, rel=1e-9)
    assert model.probability_alive(*state) == pytest.approx(1 / (1 + left), rel=1e-12)
    # Alive, and no order of a rate from Gamma(0.8 + 5, 440) in 90 days; or gone.
    none = 1 - 1 / (1 + left) * (1 - (440 / 530) ** 5.8)
    assert model.probability_of_none(*state, 90) == pytest.approx(none, rel=1e-12)


def test_expectations_stay_sound_where_the_formula_is_hard():
    # a = 1 divides by nothing, and 400 orders overflow its terms.
    state = np.array([0.0, 400.0]), np.array([0.0, 995.0]), np.array([1000.0, 1000.0])
    at, near = (BuyingModel(0.8, 40.0, a, 2.5).expected(*state, [365.0])[0] for a in (1, 1.0001))
    assert at == pytest.approx(near, rel=1e-3)
    assert 0 < at[0] < 1
    assert 100 < at[1] < 400 * 365 / 1000


def test_customers_who_are_all_alike_are_fitted_and_expected_too():
    # Every one of them leaves with chance 0.2: a and b have no end, and their share is that chance.
    chance = np.random.default_rng(1)
    x = np.minimum(chance.geometric(0.2, 4000) - 1.0, 8)
    t_x, T = x * 30.0, np.full(4000, 600.0)
    found = fit_buying(x, t_x, T)
    assert found.a / (found.a + found.b) == pytest.approx(0.2, rel=0.25)
    orders = found.expected(x, t_x, T, [365.0])[0]
    assert np.isfinite(orders).all()
    # Where both ways hold they agree.
    both = BuyingModel(2.0, 60.0, 60.0, 240.0)
    state = np.array([0.0, 3.0]), np.array([200.0, 200.0]), np.array([300.0, 300.0])
    assert both._expected_by_chances(state[0], state[2], 365.0) == pytest.approx(
        both._expected_if_alive(state[0], state[2], 365.0), rel=1e-3
    )


def test_the_likelihood_of_spending_is_the_papers():
    model = SpendingModel(p=2.0, q=3.0, gamma=5.0)
    # Γ(px + q) / (Γ(px) Γ(q)) · γ^q z^(px - 1) x^(px) / (γ + zx)^(px + q) with x = 4 and z = 7.
    paper = exp(lgamma(11) - lgamma(8) - lgamma(3)) * 5**3 * 7**7 * 4**8 / 33**11
    assert spending_likelihood(model, np.array([4.0]), np.array([7.0])) == pytest.approx(
        [log(paper)], abs=1e-12
    )
    # Of 4 days at 7: 2·(5 + 28) ÷ (8 + 3 - 1); of none the mean of all, 2·5 ÷ (3 - 1).
    assert model.expected(np.array([4.0, 0.0]), np.array([7.0, 0.0])) == pytest.approx([6.6, 5])
