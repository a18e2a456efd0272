"""Independent features on 2m signed sites: moments and the number of sites they occupy."""

import numpy as np

from polytheory._checks import FloatArray
from polytheory.theory.collisions._stable import expm1_minus, log1p_minus

#: Up to this largest exponent of the covariance its linear terms are cancelled analytically;
#: beyond, cancellation costs less than a hundredth.
_CLOSE = 0.3


def both_signs(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return P(a given neuron is chosen with both signs), 1 − 2(1 − 1/2m)ⁿ + (1 − 1/m)ⁿ.

    With a the probability that one site is free, both are free with probability a₂ just below a².
    So 1 − 2a + a₂ = (1 − a)² − (a² − a₂), where for n ≥ 2 the second term is at most half of the
    first.
    """
    log_free, log_ratio = _one_site(n, m), _two_sites(n, m)
    taken, free = -np.expm1(log_free), np.exp(log_free)
    return np.where(n > 1, taken**2 + free**2 * np.expm1(log_ratio), 0.0)


def two_or_more(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return P(a given neuron is chosen twice or more), 1 − (1−p)ⁿ − np(1−p)ⁿ⁻¹, p = 1/m.

    With k = n − 1 this is 1 − (1−p)^k (1 + kp): one exponent, in which kp cancels analytically.
    """
    k, p = np.maximum(n - 1.0, 1.0), 1.0 / m
    alone = k * _log1p_minus_from_one(p) + log1p_minus(k * p)
    return np.where(n > 1, -np.expm1(alone), 0.0)


def _log1p_minus_from_one(p: FloatArray) -> FloatArray:
    """Return log(1 − p) + p, −∞ for p = 1."""
    return np.where(p < 1.0, log1p_minus(-np.where(p < 1.0, p, 0.0)), -np.inf)


def _one_site(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return log a, a = (1 − h)ⁿ the probability that a given site stays free, h = 1/2m."""
    return n * np.log1p(-0.5 / m)


def _two_sites(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return log(a₂/a²), a₂ = (1 − 2h)ⁿ for two sites; −∞ for m = 1, which has only two."""
    with np.errstate(divide="ignore"):
        return n * np.log1p(-1.0 / (2.0 * m - 1.0) ** 2)


def variance(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return the variance of the number of neurons chosen with both signs."""
    one = both_signs(n, m)
    log_free, log_ratio = _one_site(n, m), _two_sites(n, m)
    free = np.exp(log_free)
    not_one = free * (2.0 - free * np.exp(log_ratio))  # 2a − a₂
    pair = np.where(m > 1, _covariance(n, np.maximum(m, 2.0)), 0.0)
    return np.where(n > 1, m * (one * not_one + (m - 1.0) * pair), 0.0)


def _covariance(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return the covariance of the indicators that two neurons have both signs.

    a_j = (1 − jh)ⁿ is the probability that j given sites stay free. Inclusion–exclusion gives

        4(a₂ − a₁²) − 4(a₃ − a₁a₂) + (a₄ − a₂²),

    whose terms nh² cancel down to n³h⁴. So the differences κ, τ, υ of order 2, 3, 4 of log a_j at
    j = 0 are taken analytically. With ρ = a₂/a₁ the above is

        a₁² [4 expm1(κ) − 4ρ expm1(2κ+τ) + ρ² expm1(4κ+4τ+υ)],

    whose part linear in them is 4κ(1−ρ)² − 4ρ(1−ρ)τ + ρ²υ.
    """
    h = 0.5 / m
    kappa = _two_sites(n, m)
    tau = n * np.log1p(-(h**3) * (2.0 - 3.0 * h) / (1.0 - 2.0 * h) ** 3)
    with np.errstate(divide="ignore"):  # −∞ for m = 2, which has only four sites
        upsilon = n * np.log1p(-(h**4) * _fourth(h) / ((1.0 - 3.0 * h) * (1.0 - h)) ** 4)
    log_rho = n * np.log1p(-h / (1.0 - h))
    rho, one_less = np.exp(log_rho), -np.expm1(log_rho)
    second, third = 2.0 * kappa + tau, 4.0 * kappa + 4.0 * tau + upsilon

    plain = 4.0 * np.expm1(kappa) - 4.0 * rho * np.expm1(second) + rho**2 * np.expm1(third)

    close = third > -_CLOSE
    kappa, tau, upsilon, second, third = (
        np.where(close, x, 0.0) for x in (kappa, tau, upsilon, second, third)
    )
    linear = 4.0 * kappa * one_less**2 - 4.0 * rho * one_less * tau + rho**2 * upsilon
    rest = 4.0 * expm1_minus(kappa) - 4.0 * rho * expm1_minus(second) + rho**2 * expm1_minus(third)
    return np.asarray(np.exp(2.0 * _one_site(n, m)) * np.where(close, linear + rest, plain))


def _fourth(h: FloatArray) -> FloatArray:
    """Return [(1−3h)⁴(1−h)⁴ − (1−4h)(1−2h)⁶]/h⁴."""
    return 6.0 + h * (-48.0 + h * (140.0 + h * (-176.0 + 81.0 * h)))


def distinct_sites(n: int, m: int) -> FloatArray:
    """Return P(n features occupy k different sites of 2m) for k = 0 … n, feature by feature.

    Every term is positive, so relative rounding grows by a few units per feature at most.
    """
    k = np.arange(n + 1.0)
    stays, moves = k / (2.0 * m), np.maximum(1.0 - (k - 1.0) / (2.0 * m), 0.0)
    chance = np.zeros(n + 1)
    chance[0] = 1.0
    for _ in range(n):
        chance[1:] = chance[1:] * stays[1:] + chance[:-1] * moves[1:]
        chance[0] = 0.0
    return chance
