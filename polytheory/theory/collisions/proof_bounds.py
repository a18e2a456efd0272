"""What bounds the number of polysemantic neurons, and what it is close to."""

from __future__ import annotations

import sympy as sp

from polytheory.algebra.statement import Statement, statement, value_of
from polytheory.theory.collisions.proof_exclusion import (
    M,
    N,
    expected_polysemantic,
    pair_probability,
    polysemantic_variance,
)

_EXCLUSION = "n features on n different ones of 2m signed sites, n ≤ 2m."
EXPECTED = sp.Symbol("expected", positive=True)


def _expected_polysemantic_bounds_residuals(lower: sp.Expr, upper: sp.Expr) -> dict[str, sp.Expr]:
    mean = value_of(expected_polysemantic())
    common = N / (4 * M * (2 * M - 1))
    return {
        "mean − lower = n(n−1)/(4m(2m−1))": mean - lower - common * (N - 1),
        "upper − mean = n(2m−n)/(4m(2m−1))": upper - mean - common * (2 * M - N),
    }


@statement
def expected_polysemantic_bounds() -> Statement:
    r"""Bounds on the mean: :math:`\frac{n(n-1)}{4m} \le \frac{n(n-1)}{2(2m-1)} \le \frac{n^2}{4m}`.

    Returns
    -------
    Statement
        Without a value: a pair of bounds. The right one holds if and only if n ≤ 2m.

    Notes
    -----
    Kind: bound. Source: this library; the right one is the estimate of arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import expected_polysemantic_bounds
    >>> expected_polysemantic_bounds().holds
    True
    """
    lower, upper = N * (N - 1) / (4 * M), N**2 / (4 * M)
    mean = sp.Symbol("E")
    return Statement(
        claim=sp.And(sp.Le(lower, mean), sp.Le(mean, upper)),
        residuals=_expected_polysemantic_bounds_residuals(lower, upper),
        assumptions=_EXCLUSION,
        not_proved="The signs of the two differences, which are read off their factors.",
    )


def _poisson_distance_bound_residuals(bound: sp.Expr) -> dict[str, sp.Expr]:
    mean, variance = value_of(expected_polysemantic()), value_of(polysemantic_variance())
    full = mean / M
    both = full * (N - 2) * (N - 3) / ((2 * M - 2) * (2 * M - 3))
    p, mu = value_of(pair_probability()), sp.Symbol("mu", positive=True)
    # Two features: 0 or 1 with chance p. Poisson(p) has more at 0 and beyond 1, less at 1.
    of_two = p - p * sp.exp(-p)
    scaled = (bound * M / N).subs(N, 2 * sp.sqrt(mu * M))
    # The last factor grows with n and is 2m − 3 at n = 2.
    factor = (2 * M - N) * ((4 * M - 3) * N - 3 * (2 * M - 1))
    return {
        "(1 − e^−μ)(1 − σ²/μ)": bound - (1 - sp.exp(-mean)) * (1 - variance / mean),
        "σ² from one neuron and from two": variance
        - (M * full * (1 - full) + M * (M - 1) * (both - full**2)),
        "the covariance of two neurons is negative": both
        - full**2
        + full * factor / (2 * M * (2 * M - 1) * (M - 1) * (2 * M - 3)),
        "equality for two features": bound.subs(N, 2) - of_two,
        "n² = 4μm, m → ∞: (1 − e^−μ) n/m": sp.limit(scaled, M, sp.oo) - (1 - sp.exp(-mu)),
    }


@statement
def poisson_distance_bound() -> Statement:
    r"""The number of polysemantic neurons is close to Poisson's law in total variation.

    .. math:: d_{TV} \le (1-e^{-\mu})\Bigl(1-\frac{\sigma^2}\mu\Bigr)
              = (1-e^{-\mu})\frac{2m(2n-3)-n(n+1)+3}{(2m-1)(2m-3)}

    Returns
    -------
    Statement
        Its value is the bound, a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: bound, for negatively related indicators (Barbour, Holst and Janson 1992, Cor. 2.C.2).
    Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import poisson_distance_bound
    >>> round(poisson_distance_bound().evaluate(n_features=64, n_neurons=1024), 4)
    0.0377
    """
    mean = value_of(expected_polysemantic())
    lack = (2 * M * (2 * N - 3) - N * (N + 1) + 3) / ((2 * M - 1) * (2 * M - 3))
    value = (1 - sp.exp(-mean)) * lack
    return Statement(
        claim=sp.Le(sp.Symbol("d_TV"), value),
        residuals=_poisson_distance_bound_residuals(value),
        value=value,
        arguments=(N, M),
        assumptions=_EXCLUSION + " n ≥ 2, m ≥ 2.",
        not_proved=(
            "Negative association of sites drawn without replacement (Joag-Dev and Proschan 1983)"
            " and the bound for negatively related indicators."
        ),
    )


def _width_for_residuals(width: sp.Expr) -> dict[str, sp.Expr]:
    mean = value_of(expected_polysemantic())
    return {
        "at that width the mean is what is allowed": mean.subs(M, width) - EXPECTED,
        "it falls with m": sp.diff(mean, M) + N * (N - 1) / (2 * M - 1) ** 2,
    }


@statement
def width_for() -> Statement:
    r"""Width at which the mean under exclusion is E: :math:`m = \frac12 + \frac{n(n-1)}{4E}`.

    Returns
    -------
    Statement
        Its value, not yet rounded up, is a function of ``expected`` and ``n_features``.

    Notes
    -----
    Kind: exact. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import width_for
    >>> width_for().evaluate(expected=1, n_features=64)
    1008.5
    """
    value = sp.Rational(1, 2) + N * (N - 1) / (4 * EXPECTED)
    return Statement(
        claim=sp.Eq(M, value),
        residuals=_width_for_residuals(value),
        value=value,
        arguments=(EXPECTED, N),
        assumptions=_EXCLUSION,
    )


def _necessary_polysemantic_residuals(surplus: sp.Expr) -> dict[str, sp.Expr]:
    empty, single, double = sp.symbols("empty single double", nonnegative=True, integer=True)
    counted = surplus.subs({N: single + 2 * double, M: empty + single + double}, simultaneous=True)
    return {"polysemantic = n − m + empty": double - empty - counted}


@statement
def necessary_polysemantic() -> Statement:
    r"""Where a neuron has room for two, at least max(0, n − m) neurons must be polysemantic.

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: bound, attained by states without an empty neuron. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import necessary_polysemantic
    >>> necessary_polysemantic().evaluate(n_features=96, n_neurons=64)
    32.0
    """
    return Statement(
        claim=sp.Ge(sp.Symbol("X"), sp.Max(0, N - M)),
        residuals=_necessary_polysemantic_residuals(N - M),
        value=sp.Max(0, N - M),
        arguments=(N, M),
        assumptions="No neuron carries more than two features; n ≤ 2m.",
        not_proved="That no count is negative.",
    )
