"""Fit how often customers buy, and how much, and value what is to come. Plain arrays in and out.

BG/NBD: P. Fader, B. Hardie and K. L. Lee, "Counting Your Customers" the Easy Way, Marketing Science
24 (2005). Gamma–Gamma: P. Fader and B. Hardie, The Gamma-Gamma Model of Monetary Value (2013).
Both by unpenalised maximum likelihood. No library that is kept has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Logarithms of the parameters end here. Where nobody leaves, or all are alike, the likelihood grows
# without end in some of them: at the bound it is as good as there, and still exact to eight digits.
_BOUND = 10.0
# A slope of the mean likelihood that no digit of a figure shows.
_FLAT = 1e-5
# Above this sum of a and b chances to leave are so alike that few of them stand for all.
_ALIKE = 500


class NotFitted(Exception):
    """The likelihood has no maximum that could be found."""


@dataclass(frozen=True)
class BuyingModel:
    """BG/NBD: orders come at rates from Gamma(r, alpha), the chance to leave after each of them
    from Beta(a, b). alpha is in days."""

    r: float
    alpha: float
    a: float
    b: float

    def probability_alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """That customers with x repeat days, the last of them t_x days after their first day, still
        buy T days after it."""
        left = np.where(
            x > 0,
            np.exp(
                np.log(self.a)
                - np.log(self.b + np.maximum(x, 1) - 1)
                + (self.r + x) * (np.log(self.alpha + T) - np.log(self.alpha + t_x))
            ),
            0,
        )
        return np.asarray(1 / (1 + left))

    def probability_of_none(self, x: Floats, t_x: Floats, T: Floats, days: float) -> Floats:
        """That no order comes within so many days: who is gone sends none; of the others the next
        one comes at their rate, which is from Gamma(r + x, alpha + T)."""
        waits = ((self.alpha + T) / (self.alpha + T + days)) ** (self.r + x)
        alive = self.probability_alive(x, t_x, T)
        return np.asarray(1 - alive * (1 - waits))

    def expected(self, x: Floats, t_x: Floats, T: Floats, spans: Sequence[float]) -> Floats:
        """Days with an order within so many days from T on (equation 10 of the paper): one line for
        each span of days."""
        # Of customers who are still there, those of equal x and T expect the same.
        _, first, place = np.unique(x + 1j * T, return_index=True, return_inverse=True)
        alive = self.probability_alive(x, t_x, T)
        return np.stack(
            [self._expected_if_alive(x[first], T[first], days)[place] * alive for days in spans]
        )

    def _expected_if_alive(self, x: Floats, T: Floats, days: float) -> Floats:
        from scipy.special import hyp2f1

        if self.a + self.b > _ALIKE:
            return self._expected_by_chances(x, T, days)
        if self.a == 1:
            # The formula divides by nothing there, and is smooth around it.
            near = [BuyingModel(self.r, self.alpha, a, self.b) for a in (1 - 1e-6, 1 + 1e-6)]
            return np.asarray(np.mean([m._expected_if_alive(x, T, days) for m in near], axis=0))
        z = days / (self.alpha + T + days)
        # 2F1 as it stands overflows where a customer bought often; Euler's transformation has the
        # power of 1 - z, which is (alpha + T) / (alpha + T + days), taken out of it.
        series = hyp2f1(self.a - 1, self.a + self.b - 1 - self.r, self.a + self.b + x - 1, z)
        rest = (1 - z) ** (self.a - 1) * series
        return np.asarray((self.a + self.b + x - 1) / (self.a - 1) * (1 - rest))

    def _expected_by_chances(self, x: Floats, T: Floats, days: float) -> Floats:
        """The same as a mean over a hundred chances to leave, each as likely as the next: who leaves
        with chance p expects (1 - ((alpha + T) / (alpha + T + p days))^(r + x)) / p. The series of
        the formula fails where a and b are large."""
        from scipy.special import betaincinv

        counts, place = np.unique(x, return_inverse=True)
        total = np.zeros_like(x)
        for share in (np.arange(100) + 0.5) / 100:
            p = betaincinv(self.a, self.b + counts, share)[place]
            stays = (self.r + x) * np.log1p(p * days / (self.alpha + T))
            total -= np.expm1(-stays) / p
        return total / 100


@dataclass(frozen=True)
class SpendingModel:
    """Gamma–Gamma: what a customer spends on a day is from Gamma(p, v), and v from Gamma(q, gamma)."""

    p: float
    q: float
    gamma: float

    @property
    def has_mean(self) -> bool:
        """Whether the mean over all customers is finite."""
        return self.q > 1

    def expected(self, n: Floats, mean: Floats) -> Floats:
        """What customers spend on a day who spent `mean` on each of n: between that and all others'
        mean. The more days, the nearer to their own."""
        return np.asarray(self.p * (self.gamma + n * mean) / (self.p * n + self.q - 1))


def buying_likelihood(model: BuyingModel, x: Floats, t_x: Floats, T: Floats) -> Floats:
    """The logarithm of the likelihood of each customer (equation 6 of the paper)."""
    return _buying_terms(np.log([model.r, model.alpha, model.a, model.b]), x, t_x, T)[0]


def _buying_terms(logs: Floats, x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood by customer, and its gradient by the logarithms of r, alpha, a and b."""
    from scipy.special import digamma, expit, gammaln

    r, alpha, a, b = np.exp(logs)
    # Numbers of orders are few: functions of them are computed once for each.
    place = x.astype(int)
    counts = np.arange(place.max() + 1, dtype=float)
    log_T, log_t_x = np.log(alpha + T), np.log(alpha + t_x)
    ordered = x > 0
    # The logarithms of "has not left yet" and "left after the last order", but for what both have.
    stays = -(r + x) * log_T
    leaves = np.where(
        ordered, logs[2] - np.log(b + np.maximum(x, 1) - 1) - (r + x) * log_t_x, -np.inf
    )
    of_count = (
        gammaln(r + counts) - gammaln(r)
        + gammaln(a + b) - gammaln(a + b + counts) + gammaln(b + counts) - gammaln(b)
    )  # fmt: skip
    likelihood = of_count[place] + r * logs[1] + np.logaddexp(stays, leaves)

    left = np.where(ordered, expit(leaves - stays), 0)
    by_r = (digamma(r + counts) - digamma(r))[place] + logs[1] - (1 - left) * log_T - left * log_t_x
    by_alpha = r / alpha - (r + x) * ((1 - left) / (alpha + T) + left / (alpha + t_x))
    by_a = (digamma(a + b) - digamma(a + b + counts))[place] + left / a
    by_b = (
        digamma(a + b) - digamma(a + b + counts) + digamma(b + counts) - digamma(b)
    )[place] - np.where(ordered, left / (b + np.maximum(x, 1) - 1), 0)  # fmt: skip
    return likelihood, np.stack([r * by_r, alpha * by_alpha, a * by_a, b * by_b])


def fit_buying(x: Floats, t_x: Floats, T: Floats) -> BuyingModel:
    """The model under which such customers are the likeliest. Raises NotFitted."""
    scale = max(float(T.max()), 1.0)
    rows, weight = np.unique(
        np.column_stack([x, t_x / scale, T / scale]), axis=0, return_counts=True
    )

    def terms(logs: Floats) -> tuple[Floats, Floats]:
        return _buying_terms(logs, rows[:, 0], rows[:, 1], rows[:, 2])

    r, alpha, a, b = np.exp(_maximum(terms, weight, [(0, -2, 0, 0), (-1, -2, -2, 1)]))
    return BuyingModel(float(r), float(alpha) * scale, float(a), float(b))


def spending_likelihood(model: SpendingModel, n: Floats, mean: Floats) -> Floats:
    """The logarithm of the likelihood of each customer's mean over n days."""
    return _spending_terms(np.log([model.p, model.q, model.gamma]), n, mean)[0]


def _spending_terms(logs: Floats, n: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood by customer, and its gradient by the logarithms of p, q and gamma."""
    from scipy.special import digamma, gammaln

    p, q, gamma = np.exp(logs)
    place = n.astype(int)
    counts = np.arange(place.max() + 1, dtype=float)
    log_total, log_sum = np.log(mean) + np.log(n), np.log(gamma + n * mean)
    # Nobody has 0 days here, of which the function knows nothing.
    counts[0] = 1
    of_count = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q)
    likelihood = (
        of_count[place] + q * logs[2] + p * n * log_total - np.log(mean) - (p * n + q) * log_sum
    )
    joint = digamma(p * counts + q)
    by_p = n * ((joint - digamma(p * counts))[place] + log_total - log_sum)
    by_q = (joint - digamma(q))[place] + logs[2] - log_sum
    by_gamma = q / gamma - (p * n + q) / (gamma + n * mean)
    return likelihood, np.stack([p * by_p, q * by_q, gamma * by_gamma])


def fit_spending(n: Floats, mean: Floats) -> SpendingModel:
    """The model under which such means over n days are the likeliest; all are above 0. Raises
    NotFitted."""
    scale = float(np.mean(mean))

    def terms(logs: Floats) -> tuple[Floats, Floats]:
        return _spending_terms(logs, n, mean / scale)

    p, q, gamma = np.exp(_maximum(terms, np.ones_like(mean), [(0, 1, 1), (2, 2, -1)]))
    return SpendingModel(float(p), float(q), float(gamma) * scale)


def _maximum(
    terms: Callable[[Floats], tuple[Floats, Floats]],
    weight: NDArray[Any],
    starts: list[tuple[float, ...]],
) -> Floats:
    """Where the weighted sum of the likelihoods is highest, from several starts."""
    from scipy.optimize import minimize

    total = float(weight.sum())

    def loss(logs: Floats) -> tuple[float, Floats]:
        likelihood, gradient = terms(logs)
        return -float((likelihood * weight).sum()) / total, -(gradient * weight).sum(axis=1) / total

    found = [
        minimize(
            loss, np.array(start, dtype=float), jac=True, method="L-BFGS-B",
            bounds=[(-_BOUND, _BOUND)] * len(start), options={"ftol": 1e-13, "gtol": 1e-8},
        )
        for start in starts
    ]  # fmt: skip
    best = min(found, key=lambda result: result.fun)
    at_bound = (np.abs(best.x) >= _BOUND) & (best.x * best.jac < 0)
    slope = np.abs(np.where(at_bound, 0, best.jac)).max()
    if not (np.isfinite(best.fun) and slope < _FLAT):
        raise NotFitted(str(best.message))
    return np.asarray(best.x)
