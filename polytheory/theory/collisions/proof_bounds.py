"""Proofs: bounds on the number of polysemantic neurons, Poisson distance, width and overlap."""

import sympy as sp

from polytheory.algebra.statement import Statement, statement
from polytheory.theory.collisions.proof_exclusion import MEAN, PAIR, VARIANCE, M, N, squares

_EXCLUSION = "n features on n different signed sites of 2m, n ≤ 2m."
EXPECTED = sp.Symbol("expected", positive=True)
_SQUARED_NORM, _N_LIVING = sp.symbols("squared_norm_of_sum n_living", nonnegative=True)
AMPLITUDE = sp.Symbol("amplitude", positive=True)
_LACK = (2 * M * (2 * N - 3) - N * (N + 1) + 3) / ((2 * M - 1) * (2 * M - 3))


@statement
def expected_polysemantic_bounds(
    lower: sp.Expr = N * (N - 1) / (4 * M), upper: sp.Expr = N**2 / (4 * M)
) -> Statement:
    r"""Bounds on the mean: :math:`\frac{n(n-1)}{4m} \le \frac{n(n-1)}{2(2m-1)} \le \frac{n^2}{4m}`.

    Returns
    -------
    Statement
        Its value is the column of both, of ``n_features`` and ``n_neurons``. The upper one holds if
        and only if n ≤ 2m.

    Notes
    -----
    Kind: bound. Source: derivations/collisions, “Mean”; the upper one is the estimate of arXiv
    2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import expected_polysemantic_bounds
    >>> expected_polysemantic_bounds().holds
    True
    """
    mean, common = sp.Symbol("E"), N / (4 * M * (2 * M - 1))
    return Statement(
        claim=sp.And(sp.Le(lower, mean), sp.Le(mean, upper)),
        residuals={
            "mean − lower = n(n−1)/(4m(2m−1))": MEAN - lower - common * (N - 1),
            "upper − mean = n(2m−n)/(4m(2m−1))": upper - MEAN - common * (2 * M - N),
        },
        value=sp.ImmutableMatrix([lower, upper]),
        arguments=(N, M),
        assumptions=_EXCLUSION,
        not_proved="The signs of the two differences, which are evident from their factors.",
    )


@statement
def poisson_distance_bound(bound: sp.Expr = (1 - sp.exp(-MEAN)) * _LACK) -> Statement:
    r"""The number of polysemantic neurons is close to a Poisson variable in total variation.

    .. math:: d_{TV} \le (1-e^{-\mu})\Bigl(1-\frac{\sigma^2}\mu\Bigr)
              = (1-e^{-\mu})\frac{2m(2n-3)-n(n+1)+3}{(2m-1)(2m-3)}

    Returns
    -------
    Statement
        Its value is the bound, a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: bound, for negatively related indicators (Barbour, Holst and Janson 1992, Cor. 2.C.2).
    Source: derivations/collisions, “The Poisson limit”.

    Examples
    --------
    >>> from polytheory.symbolic import poisson_distance_bound
    >>> round(poisson_distance_bound().evaluate(n_features=64, n_neurons=1024), 4)
    0.0377
    """
    full, mu = MEAN / M, sp.Symbol("mu", positive=True)
    both = full * (N - 2) * (N - 3) / ((2 * M - 2) * (2 * M - 3))
    scaled = (bound * M / N).subs(N, 2 * sp.sqrt(mu * M))
    # The last factor grows with n and is 2m − 3 at n = 2.
    factor = (2 * M - N) * ((4 * M - 3) * N - 3 * (2 * M - 1))
    negative = -full * factor / (2 * M * (2 * M - 1) * (M - 1) * (2 * M - 3))
    return Statement(
        claim=sp.Le(sp.Symbol("d_TV"), bound),
        residuals={
            "(1 − e^−μ)(1 − σ²/μ)": bound - (1 - sp.exp(-MEAN)) * (1 - VARIANCE / MEAN),
            "σ² from one neuron and from two": VARIANCE
            - (M * full * (1 - full) + M * (M - 1) * (both - full**2)),
            "the covariance of two neurons is negative": both - full**2 - negative,
            # 0 or 1 with probability p. Poisson(p) has more mass at 0 and above 1, less at 1.
            "equality for two features": bound.subs(N, 2) - (PAIR - PAIR * sp.exp(-PAIR)),
            "n² = 4μm, m → ∞: (1 − e^−μ) n/m": sp.limit(scaled, M, sp.oo) - (1 - sp.exp(-mu)),
        },
        arguments=(N, M),
        assumptions=_EXCLUSION + " n ≥ 2, m ≥ 2.",
        not_proved=(
            "Negative association of sites drawn without replacement (Joag-Dev and Proschan 1983)"
            " and the bound for negatively related indicators."
        ),
    )


@statement
def width_for(width: sp.Expr = sp.S.Half + N * (N - 1) / (4 * EXPECTED)) -> Statement:
    r"""Width at which the mean under exclusion is E: :math:`m = \frac12 + \frac{n(n-1)}{4E}`.

    Returns
    -------
    Statement
        Its value, not yet rounded up, is a function of ``expected`` and ``n_features``.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Mean”.

    Examples
    --------
    >>> from polytheory.symbolic import width_for
    >>> width_for().evaluate(expected=1, n_features=64)
    1008.5
    """
    return Statement(
        claim=sp.Eq(M, width),
        residuals={
            "at that width the mean is E": MEAN.subs(M, width) - EXPECTED,
            "the mean decreases with m": sp.diff(MEAN, M) + N * (N - 1) / (2 * M - 1) ** 2,
        },
        arguments=(EXPECTED, N),
        assumptions=_EXCLUSION,
    )


@statement
def necessary_polysemantic(surplus: sp.Expr = N - M) -> Statement:
    r"""If a neuron carries two features at most, max(0, n − m) neurons must be polysemantic.

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: bound, attained by states without an empty neuron. Source: derivations/collisions, “More
    features than neurons”.

    Examples
    --------
    >>> from polytheory.symbolic import necessary_polysemantic
    >>> necessary_polysemantic().evaluate(n_features=96, n_neurons=64)
    32.0
    """
    empty, single, double = sp.symbols("empty single double", nonnegative=True, integer=True)
    counted = surplus.subs({N: single + 2 * double, M: empty + single + double}, simultaneous=True)
    return Statement(
        claim=sp.Ge(sp.Symbol("X"), sp.Max(0, surplus)),
        residuals={"polysemantic = n − m + empty": double - empty - counted},
        arguments=(N, M),
        assumptions="No neuron carries more than two features; n ≤ 2m.",
        not_proved="That no count is negative.",
    )


@statement
def polysemantic_from_overlap(
    count: sp.Expr = (_N_LIVING - _SQUARED_NORM / AMPLITUDE**2) / 2,
) -> Statement:
    r"""The sum of all encodings gives the number of polysemantic neurons of a one-hot state.

    .. math:: X = \frac12\Bigl(n - \frac1{x_+^2}\Bigl\|\sum_i W_i\Bigr\|^2\Bigr)
              = -\frac1{x_+^2}\sum_{i<j} W_i\cdot W_j

    On a neuron with p carriers of sign + and q of sign − the sum has the component (p − q) x₊.

    Returns
    -------
    Statement
        Its value is a function of ``squared_norm_of_sum``, ``n_living`` (n) and ``amplitude`` (x₊).

    Notes
    -----
    Kind: exact. For any p and q it is the number of pairs of opposite signs on a neuron minus that
    of pairs of equal signs. Source: derivations/collisions, “The count is an overlap”.

    Examples
    --------
    >>> from polytheory.symbolic import polysemantic_from_overlap
    >>> polysemantic_from_overlap().evaluate(squared_norm_of_sum=0.25, n_living=3, amplitude=0.5)
    1.0
    """
    p, q, more, others = sp.symbols("p q more others", nonnegative=True)
    overlap = sp.Symbol("overlap")  # Σ_{i<j} W_i·W_j

    def of(square: sp.Expr, living: sp.Expr) -> sp.Expr:
        return count.subs({_SQUARED_NORM: square, _N_LIVING: living}, simultaneous=True)

    neuron = of(((p - q) * AMPLITUDE) ** 2, p + q)
    equal_signs = p * (p - 1) / 2 + q * (q - 1) / 2
    one_a_sign = [(0, 0), (1, 0), (0, 1), (1, 1)]
    return Statement(
        claim=sp.Eq(sp.Symbol("X"), count),
        residuals={
            "a neuron with no carrier, +, −, both": squares(
                neuron.subs({p: plus, q: minus}) - plus * minus for plus, minus in one_a_sign
            ),
            "any neuron: pairs of opposite minus pairs of equal signs": neuron
            - (p * q - equal_signs),
            "neurons add up": of(_SQUARED_NORM + more, _N_LIVING + others)
            - count
            - of(more, others),
            "‖Σ W_i‖² = n x₊² + 2 Σ W_i·W_j": of(_N_LIVING * AMPLITUDE**2 + 2 * overlap, _N_LIVING)
            + overlap / AMPLITUDE**2,
        },
        arguments=(_SQUARED_NORM, _N_LIVING, AMPLITUDE),
        assumptions=(
            "Every living row has one weight, of size x₊; no neuron has two of one sign; n is the "
            "number of living rows."
        ),
        not_proved="That neurons are coordinates: the squared norm of a sum is a sum over neurons.",
    )
