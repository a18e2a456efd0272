"""Distribution of the number of polysemantic neurons, and its distance from Poisson."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, require, unwrap
from polytheory.claims import Kind, claim
from polytheory.theory.collisions._expected import RANDOM_PLACEMENTS, exclusion_mean
from polytheory.theory.collisions._independent import distinct_sites
from polytheory.theory.collisions._sites import COUNT_DOMAINS, DOMAINS, SITES
from polytheory.theory.collisions._stable import log_poisson

#: The distribution of independent choices is a sum over n terms, each a recursion over n features.
MAX_INDEPENDENT_FEATURES = 1000


@overload
def polysemantic_pmf(
    count: Number, n_features: Number, n_neurons: Number, *, null_model: str = ...
) -> float: ...
@overload
def polysemantic_pmf(
    count: ArrayLike, n_features: ArrayLike, n_neurons: ArrayLike, *, null_model: str = ...
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    COUNT_DOMAINS["exclusion"],
    says="P(x neurons are polysemantic) = C(m,x) C(m−x,n−2x) 2^(n−2x)/C(2m,n)",
    source="collisions: The distribution, feature by feature",
)
def polysemantic_pmf(
    count: Any, n_features: Any, n_neurons: Any, *, null_model: str = "exclusion"
) -> Any:
    r"""Return the probability that exactly `count` neurons are polysemantic.

    .. math:: P(x) = \binom mx\binom{m-x}{n-2x}2^{n-2x}\Big/\binom{2m}n

    for *exclusion*. Independent features take K different sites, every set of K as likely as any
    other, so their distribution is that of *exclusion* with n = K, averaged over K; it counts the
    neurons chosen with both signs.

    Parameters
    ----------
    count : int or array
        x: number of weights or neurons; any whole number.
        The probability is exactly 0 outside max(0, n − m) ≤ x ≤ n/2 (0 ≤ x ≤ min(m, n/2) for
        *independent*).
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        For *exclusion* n ≤ 2m, for *independent* n ≤ 1000.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    null_model : {"exclusion", "independent"}
        Null model of the placement; see `expected_polysemantic`.

    Returns
    -------
    float or ndarray
        Broadcast over the three arguments; relative error about 1e-13 for *exclusion* up to
        n, √(mx) ≈ 10⁷, plus n units in the last place for *independent*.

    Raises
    ------
    TypeError, ValueError
        For an unknown null model, a count that is not whole, or sizes outside the null model's
        domain.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “The distribution, feature by feature”.

    Exact as combinatorics, statistical as a model of the flow.

    Examples
    --------
    >>> from polytheory.theory.collisions import polysemantic_pmf
    >>> polysemantic_pmf([0, 1, 2], 4, 4).round(4).tolist()
    [0.2286, 0.6857, 0.0857]
    """
    one_of("null_model", null_model, RANDOM_PLACEMENTS)
    given = COUNT_DOMAINS[null_model].check(count=count, n_features=n_features, n_neurons=n_neurons)
    if null_model == "exclusion":
        return unwrap(_exclusion_pmf(*given))
    few = given[1] <= MAX_INDEPENDENT_FEATURES
    hint = "Use the null model 'exclusion', which has no such limit."
    require(
        "n_features", given[1], few, f"at most {MAX_INDEPENDENT_FEATURES} for this null model", hint
    )
    return unwrap(_independent_pmf(*np.broadcast_arrays(*given)))


def _exclusion_pmf(x: FloatArray, n: FloatArray, m: FloatArray) -> FloatArray:
    """Return the probability as Multinomial(m; empty, single, double)/Binomial(2m; n).

    Occupy every site independently with probability n/2m. Given that n are occupied, all choices
    of n are equally likely; and neurons are independent, with 0, 1 or 2 occupied sites. Factors
    to the n-th power cancel.
    """
    inside = (x >= np.maximum(n - m, 0.0)) & (2.0 * x <= n)
    x = np.where(inside, x, np.maximum(n - m, 0.0))
    free = 2.0 * m - n
    # Counts exceed their means by d, −2d, d. Products up to 2⁵³ make the difference exact.
    d = (4.0 * m * x - n * n) / (4.0 * m)
    empty = log_poisson(m - n + x, free * free / (4.0 * m), d)
    single = log_poisson(n - 2.0 * x, n * free / (2.0 * m), -2.0 * d)
    double = log_poisson(x, n * n / (4.0 * m), d)
    log_p = empty + single + double - _at_mean(m) - _at_mean(n) - _at_mean(free) + _at_mean(2.0 * m)
    return np.where(inside, np.exp(log_p), 0.0)


def _at_mean(count: FloatArray) -> FloatArray:
    return log_poisson(count, count, np.zeros_like(count))


def _independent_pmf(x: FloatArray, n: FloatArray, m: FloatArray) -> FloatArray:
    result = np.zeros(x.shape)
    for features, neurons in {*zip(n.flat, m.flat, strict=True)}:
        here = (n == features) & (m == neurons)
        # Occupied sites: at least one, at most n or all 2m.
        sites = np.arange(1.0, min(features, 2.0 * neurons) + 1.0)
        chance = distinct_sites(int(features), int(neurons))[1 : sites.size + 1]
        given = _exclusion_pmf(x[here][:, None], sites, np.asarray(neurons))
        result[here] = given @ chance
    return result


@overload
def no_collision_probability(
    n_features: Number, n_neurons: Number, *, null_model: str = ...
) -> float: ...
@overload
def no_collision_probability(
    n_features: ArrayLike, n_neurons: ArrayLike, *, null_model: str = ...
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    SITES,
    says="P(no neuron is polysemantic) = C(m,n) 2ⁿ/C(2m,n)",
    source="collisions: The probability of no collision",
)
def no_collision_probability(
    n_features: Any, n_neurons: Any, *, null_model: str = "exclusion"
) -> Any:
    r"""Return the probability that no two features share a neuron.

    .. math:: \text{exclusion: } \binom mn 2^n\Big/\binom{2m}n \qquad
              \text{independent: } \frac{m!}{(m-n)!\,m^n}

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        For *exclusion* n ≤ 2m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    null_model : {"exclusion", "independent"}
        Null model of the placement; see `expected_polysemantic`. Under *independent*, features
        of equal sign must not share a neuron either.

    Returns
    -------
    float or ndarray
        0 for n > m; relative error about 1e-13.

    Raises
    ------
    TypeError, ValueError
        For an unknown null model or sizes outside its domain.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “The probability of no collision”.

    Exact as combinatorics, statistical as a model of the flow.

    Examples
    --------
    >>> from polytheory.theory.collisions import no_collision_probability
    >>> round(no_collision_probability(64, 1024), 4)
    0.362
    """
    one_of("null_model", null_model, RANDOM_PLACEMENTS)
    n, m = DOMAINS[null_model].check(n_features=n_features, n_neurons=n_neurons)
    if null_model == "exclusion":
        return unwrap(_exclusion_pmf(np.zeros_like(n), n, m))
    inside = n <= m
    n = np.where(inside, n, 1.0)
    return unwrap(np.where(inside, np.exp(log_poisson(m - n, m, -n) - _at_mean(m)), 0.0))


@overload
def poisson_distance_bound(n_features: Number, n_neurons: Number) -> float: ...
@overload
def poisson_distance_bound(n_features: ArrayLike, n_neurons: ArrayLike) -> FloatArray: ...
@claim(
    Kind.BOUND,
    SITES,
    says="total variation from Poisson(μ) ≤ (1 − e^−μ)(1 − σ²/μ)",
    source="collisions: The Poisson limit (Barbour, Holst and Janson 1992, Cor. 2.C.2)",
)
def poisson_distance_bound(n_features: Any, n_neurons: Any) -> Any:
    r"""Bound the total variation distance of the count under exclusion from a Poisson distribution.

    .. math:: d_{TV} \le (1-e^{-\mu})\Bigl(1-\frac{\sigma^2}\mu\Bigr)
              = (1-e^{-\mu})\frac{2m(2n-3) - n(n+1) + 3}{(2m-1)(2m-3)}

    with mean μ and variance σ². It is about n/m for 1 ≪ n ≪ m.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        n ≤ 2m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.

    Returns
    -------
    float or ndarray
        Between 0 and 1; 0 for n = 1, where both distributions are concentrated at 0.

    Raises
    ------
    ValueError
        If a size is not a whole number from 1 to 10¹⁵, or n > 2m.

    Notes
    -----
    Kind: bound. Source: derivations/collisions, “The Poisson limit” (Barbour, Holst and Janson
    1992, Cor. 2.C.2).

    Attained for n = 2. Sites drawn without replacement are negatively associated (Joag-Dev and
    Proschan 1983); the indicator that a neuron holds two features is an increasing function of its
    own two sites. So these indicators are negatively related, and the bound is Corollary 2.C.2 of
    Barbour, Holst and Janson (1992), "Poisson Approximation".

    Examples
    --------
    >>> from polytheory.theory.collisions import poisson_distance_bound
    >>> round(poisson_distance_bound(64, 1024), 4)
    0.0377
    """
    n, m = SITES.check(n_features=n_features, n_neurons=n_neurons)
    sites = 2.0 * m
    # Numerator and denominator divided by 2m.
    lack = (2.0 * n - 3.0) - n / sites * (n + 1.0) + 3.0 / sites
    shortfall = lack / (sites - 1.0) * (sites / np.maximum(sites - 3.0, 1.0))
    # m = 1, n = 2: the one neuron holds both features; the distance from Poisson(1) is 1 − 1/e.
    shortfall = np.where(m > 1, shortfall, 1.0)
    return unwrap(np.where(n > 1, -np.expm1(-exclusion_mean(n, m)) * shortfall, 0.0))
