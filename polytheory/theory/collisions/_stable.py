"""Logarithms of binomial probabilities without cancellation, for counts up to 10⁹ and more.

A binomial probability is a quotient of huge numbers close to one another. Written with Poisson
probabilities (Loader 2000, "Fast and accurate computation of binomial probabilities") the huge
parts cancel analytically: the remaining terms are of the size of the logarithm itself.
"""

import numpy as np
from scipy.special import gammaln

from polytheory._checks import FloatArray

#: Below, log(1+x) − x is summed as a series in v = x/(2+x), |v| ≤ 1/5: 11 terms reach rounding.
_SERIES_BELOW = 0.2
_COEFFICIENTS = [1.0 / (2 * j + 3) for j in range(11)]
#: From here on five terms of Stirling's series are exact to rounding.
_STIRLING_FROM = 16.0
_STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188]


def log1p_minus(x: FloatArray) -> FloatArray:
    """Return log(1 + x) − x for x > −1: −x²/2 + … without cancellation."""
    v = x / (2.0 + x)
    small = np.abs(v) <= _SERIES_BELOW
    w = np.where(small, v, 0.0)
    # log(1+x) = 2 artanh v and 2v − x = −xv.
    series = -x * w + 2.0 * w**3 * np.polynomial.polynomial.polyval(w * w, _COEFFICIENTS)
    return np.where(small, series, np.log1p(np.where(small, 0.0, x)) - x)


def expm1_minus(x: FloatArray) -> FloatArray:
    """Return exp(x) − 1 − x for |x| ≤ 1/2."""
    terms = [1.0 / 2.0]
    for k in range(3, 18):
        terms.append(terms[-1] / k)
    return x * x * np.polynomial.polynomial.polyval(x, terms)


def log_poisson(count: FloatArray, mean: FloatArray, surplus: FloatArray) -> FloatArray:
    """Return log(e^{−mean} mean^count / count!), given surplus = count − mean to full precision.

    For the mean equal to the count, zero included, this is the remainder of Stirling's formula.
    """
    positive = count > 0
    k = np.where(positive, count, 1.0)
    e = np.where(positive, mean, 1.0)
    x = np.where(positive, surplus, 0.0) / e
    # The deviance, count·log(count/mean) + mean − count, with count = e(1 + x).
    near = np.abs(x) < 0.5
    y = np.where(near, x, 0.0)
    deviance = np.where(near, e * ((1.0 + y) * log1p_minus(y) + y * y), k * np.log1p(x) - surplus)
    log_probability = -deviance - _stirling_error(k) - 0.5 * np.log(2.0 * np.pi * k)
    return np.where(positive, log_probability, -mean)


def _stirling_error(k: FloatArray) -> FloatArray:
    """Return log k! − log(√(2πk) k^k e^{−k})."""
    large = np.maximum(k, _STIRLING_FROM)
    series = np.polynomial.polynomial.polyval(1.0 / large**2, _STIRLING) / large
    few = np.minimum(k, _STIRLING_FROM)
    direct = gammaln(few + 1.0) - (few + 0.5) * np.log(few) + few - 0.5 * np.log(2.0 * np.pi)
    return np.where(k >= _STIRLING_FROM, series, direct)
