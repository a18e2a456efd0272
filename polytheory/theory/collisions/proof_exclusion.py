"""Proofs for n features on n different signed sites of 2m: the distribution and its moments."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import combinations

import sympy as sp

from polytheory.algebra.statement import Statement, statement

N = sp.Symbol("n_features", positive=True, integer=True)
M = sp.Symbol("n_neurons", positive=True, integer=True)
X = sp.Symbol("count", nonnegative=True, integer=True)

_WAYS = sp.binomial(M, X) * sp.binomial(M - X, N - 2 * X) * 2 ** (N - 2 * X)
_PMF = _WAYS / sp.binomial(2 * M, N)
PAIR = 1 / (2 * M - 1)
MEAN = N * (N - 1) / (2 * (2 * M - 1))
_FREE = 2 * M - N
VARIANCE = N * (N - 1) * _FREE * (_FREE - 1) / (2 * (2 * M - 1) ** 2 * (2 * M - 3))
_NONE = sp.binomial(M, N) * 2**N / sp.binomial(2 * M, N)

#: Numbers of neurons, 2 to 6 sites, whose fillings are enumerated.
WIDTHS = (1, 2, 3)
_SIZES = [(n, m) for m in WIDTHS for n in range(1, 2 * m + 1)]

_DOMAIN = "Every choice of n of the 2m signed sites (neuron, sign) is equally likely; n ≤ 2m."
_SUMMED = "The sum over x, by normalisation at the smaller sizes."


def at(expression: sp.Expr, n_features: sp.Expr, n_neurons: sp.Expr) -> sp.Expr:
    """Return `expression` at other sizes."""
    return expression.subs({N: n_features, M: n_neurons}, simultaneous=True)


def squares(missed: Iterable[sp.Expr]) -> sp.Expr:
    """Return the sum of squares, which vanishes if and only if every term does."""
    return sum((each**2 for each in missed), sp.S.Zero)


@cache
def _counts(n_features: int, n_neurons: int) -> list[int]:
    """Return the number of polysemantic neurons for every choice of sites."""
    sites = [(neuron, sign) for neuron in range(n_neurons) for sign in (1, -1)]
    choices = combinations(sites, n_features)
    return [list(Counter(k for k, _ in each).values()).count(2) for each in choices]


def _mean_of(function: sp.Expr, n_features: int, n_neurons: int) -> sp.Rational:
    counts = _counts(n_features, n_neurons)
    return sum((function.subs(X, count) for count in counts), sp.S.Zero) / len(counts)


def _enumerated(value: sp.Expr, function: sp.Expr) -> sp.Expr:
    """Return the sum of squared differences of `value` from the enumerated mean of a function."""
    return squares(at(value, n, m) - _mean_of(function, n, m) for n, m in _SIZES)


def _if(count: sp.Expr) -> sp.Expr:
    return sp.Piecewise((1, sp.Eq(X, count)), (0, True))


@statement
def polysemantic_pmf(pmf: sp.Expr = _PMF) -> Statement:
    r"""The number of polysemantic neurons when n features exclude one another on 2m signed sites.

    .. math:: P(x) = \binom mx\binom{m-x}{n-2x}2^{n-2x}\Big/\binom{2m}n

    Returns
    -------
    Statement
        Its value is a function of ``count`` (x), ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “The distribution, feature by feature”.

    Examples
    --------
    >>> from polytheory.symbolic import polysemantic_pmf
    >>> round(polysemantic_pmf().evaluate(count=1, n_features=4, n_neurons=4), 4)
    0.6857
    """
    mean = sp.Symbol("mu", positive=True)
    step = sp.gammasimp(pmf.subs(X, X + 1) / pmf)
    chances = {(n, m): [at(pmf, n, m).subs(X, x) for x in range(n // 2 + 1)] for n, m in _SIZES}
    stays, before = 1 - (N - 2 * X) / (2 * M - N), pmf.subs(X, X - 1)
    return Statement(
        claim=sp.Eq(sp.Function("P")(X), pmf),
        residuals={
            "enumeration of up to 6 sites": squares(
                chance - _mean_of(_if(x), *sizes)
                for sizes, each in chances.items()
                for x, chance in enumerate(each)
            ),
            "it sums to 1 there": squares(sum(each, sp.S.NegativeOne) for each in chances.values()),
            "P(x+1)/P(x)": step - (N - 2 * X) * (N - 2 * X - 1) / (4 * (X + 1) * (M - N + X + 1)),
            # Of the 2m − n free sites n − 2x are on half neurons. As the two ways on add up to 1,
            # this is also the induction that the sum over x is 1.
            "one feature more": sp.gammasimp((pmf.subs(N, N + 1) - stays * pmf) / before)
            - (N - 2 * X + 2) / (2 * M - N),
            # At a fixed μ = n²/4m the ratio of neighbours becomes Poisson's.
            "n² = 4μm, m → ∞: P(x+1)/P(x) → μ/(x+1)": sp.limit(
                step.subs(N, 2 * sp.sqrt(mean * M)), M, sp.oo
            )
            - mean / (X + 1),
            "free and occupied sites exchanged": sp.gammasimp(
                at(pmf, 2 * M - N, M).subs(X, M - N + X) / pmf
            )
            - 1,
        },
        arguments=(X, N, M),
        assumptions=f"{_DOMAIN} max(0, n − m) ≤ x ≤ n/2.",
        not_proved=(
            "The chain of one feature after another; that neighbours' ratios and the sum fix the"
            " limit."
        ),
    )


@statement
def expected_polysemantic(mean: sp.Expr = MEAN) -> Statement:
    r"""Mean number of polysemantic neurons under exclusion: :math:`\frac{n(n-1)}{2(2m-1)}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Mean”; n²/(4m) to leading order, as in arXiv
    2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import expected_polysemantic
    >>> round(expected_polysemantic().evaluate(n_features=64, n_neurons=64), 3)
    15.874
    """
    full = sp.gammasimp(sp.binomial(2 * M - 2, N - 2) / sp.binomial(2 * M, N))
    smaller = at(_PMF, N - 2, M - 1).subs(X, X - 1)
    series = N * (N - 1) / (4 * M) * (1 + 1 / (2 * M) + 1 / (2 * M * (2 * M - 1)))
    return Statement(
        claim=sp.Eq(sp.Symbol("E"), mean),
        residuals={
            "enumeration of up to 6 sites": _enumerated(mean, X),
            "m neurons, each with both signs with equal probability": mean - M * full,
            "n(n−1)/2 pairs, each on one neuron with P = 1/(2m−1)": mean - N * (N - 1) / 2 * PAIR,
            "x P(x; n, m) = E · P(x−1; n−2, m−1)": sp.gammasimp(X * _PMF / smaller) - mean,
            "all sites occupied": mean.subs(N, 2 * M) - M,
            "series in 1/m with its remainder": mean - series,
        },
        arguments=(N, M),
        assumptions=_DOMAIN,
        not_proved=_SUMMED,
    )


@statement
def pair_probability(chance: sp.Expr = PAIR) -> Statement:
    r"""Two features that exclude one another share a neuron with probability 1/(2m − 1).

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Mean”.

    Examples
    --------
    >>> from polytheory.symbolic import pair_probability
    >>> pair_probability().evaluate(n_neurons=3)
    0.2
    """
    pairs = sp.binomial(2 * M, 2).expand(func=True)
    return Statement(
        claim=sp.Eq(sp.Symbol("p"), chance),
        residuals={
            "enumeration of two features on up to 6 sites": squares(
                at(chance, 2, m) - _mean_of(X, 2, m) for m in WIDTHS
            ),
            "m of the pairs of sites lie on one neuron": chance - M / pairs,
        },
        arguments=(M,),
        assumptions=_DOMAIN,
    )


@statement
def polysemantic_variance(variance: sp.Expr = VARIANCE) -> Statement:
    r"""Variance of the number of polysemantic neurons under exclusion.

    .. math:: \sigma^2 = \frac{n(n-1)(2m-n)(2m-n-1)}{2(2m-1)^2(2m-3)}

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Variance”.

    Examples
    --------
    >>> from polytheory.symbolic import polysemantic_variance
    >>> round(polysemantic_variance().evaluate(n_features=64, n_neurons=64), 4)
    4.0318
    """
    second = MEAN * (N - 2) * (N - 3) / (2 * (2 * M - 3))
    smaller = at(_PMF, N - 4, M - 2).subs(X, X - 2)
    return Statement(
        claim=sp.Eq(sp.Symbol("sigma") ** 2, variance),
        residuals={
            "enumeration of up to 6 sites": squares(
                at(variance, n, m) - _mean_of(X**2, n, m) + _mean_of(X, n, m) ** 2
                for n, m in _SIZES
            ),
            "E X(X−1) = x(x−1) P(x; n, m)/P(x−2; n−4, m−2)": sp.gammasimp(
                X * (X - 1) * _PMF / smaller
            )
            - second,
            "E X(X−1) + E X − (E X)²": variance - (second + MEAN - MEAN**2),
            "free and occupied sites exchanged": variance - at(variance, 2 * M - N, M),
            "the variance is 0 if all sites are occupied": variance.subs(N, 2 * M),
        },
        arguments=(N, M),
        assumptions=_DOMAIN,
        not_proved=_SUMMED,
    )


@statement
def no_collision_probability(chance: sp.Expr = _NONE) -> Statement:
    r"""Every feature has its own neuron with probability :math:`\binom mn2^n/\binom{2m}n`.

    Returns
    -------
    Statement
        Its value, 0 for n > m, is a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “The probability of no collision”.

    Examples
    --------
    >>> from polytheory.symbolic import no_collision_probability
    >>> round(no_collision_probability().evaluate(n_features=64, n_neurons=1024), 4)
    0.362
    """
    # Of the 2m − n free sites the next feature avoids the n that are on occupied neurons.
    next_one = 2 * (M - N) / (2 * M - N)
    return Statement(
        claim=sp.Eq(sp.Symbol("P_0"), chance),
        residuals={
            "enumeration of up to 6 sites": _enumerated(chance, _if(sp.S.Zero)),
            "one feature: probability 1": sp.gammasimp(chance.subs(N, 1)) - 1,
            "one feature more": sp.gammasimp(chance.subs(N, N + 1) / chance) - next_one,
            "it is P(x = 0)": sp.gammasimp(_PMF.subs(X, 0) / chance) - 1,
        },
        # The formula is zero for n > m, but its gamma functions have poles there.
        value=sp.Piecewise((chance, N <= M), (0, True)),
        arguments=(N, M),
        assumptions=_DOMAIN,
    )
