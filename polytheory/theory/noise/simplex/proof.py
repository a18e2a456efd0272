"""Proofs for overlaps under noise: the expected force, the simplex and its norm."""

import sympy as sp

from polytheory.algebra.gaussian import density, distribution, rectified_mean, second_moment
from polytheory.algebra.statement import Statement, statement, value_of
from polytheory.theory.noise.proof_gaussian import MU, NORM, STD, gaussian_loss

N_FEATURES = sp.Symbol("n_features", positive=True)
XI = sp.Symbol("xi", positive=True)
_PULL = sp.Symbol("h", real=True)  # s h₁(μ/s)
_SIMPLEX = "n ≥ 2 rows of squared norm N with all overlaps −N/(n − 1), n ≤ m + 1."
_OTHERS = N_FEATURES - 1
_OVERLAP = -NORM / _OTHERS
_WIDTH = STD * sp.sqrt(NORM)  # s, the standard deviation of the noise along a row
_X = -sp.sqrt(NORM) / (_OTHERS * STD)
#: Growth rate of the rows of a simplex; it vanishes at the equilibrium norm.
_GROWTH = 1 - NORM - STD**2 / 2 * (1 + _OTHERS * distribution(_X)) + _WIDTH * rectified_mean(_X)
#: The 1/σ² at which a simplex with x* = −ξ is in balance.
_INVERSE_SQUARE_STD = (
    (_OTHERS * XI) ** 2 + (1 + _OTHERS * distribution(-XI)) / 2 - _OTHERS * XI * rectified_mean(-XI)
)


def _rows(n: int) -> sp.Matrix:
    return sp.Matrix(n, 2, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))


@statement
def expected_force(factor: sp.Expr = sp.Rational(1, 4)) -> Statement:
    r"""The flow under Gaussian noise is minus a quarter of the gradient of the expected loss.

    .. math:: \dot W_j = \Bigl[1 - N_j - \tfrac{\sigma^2}2
              - \tfrac{\sigma^2}2\sum_{i\ne j}\Phi(x_{ij})\Bigr]W_j
              - \sum_{i\ne j}\tfrac12\bigl[s_ih_1(\mu_{ij}/s_i) + s_jh_1(\mu_{ij}/s_j)\bigr]W_i

    Returns
    -------
    Statement
        Without a value.

    Notes
    -----
    Kind: exact except for the ReLU on a feature's own output. Source: derivations/noise,
    “One function of the overlap”.

    Examples
    --------
    >>> from polytheory.symbolic import expected_force
    >>> expected_force().holds
    True
    """
    W = _rows(2)
    gram = W * W.T
    s = [STD * sp.sqrt(gram[i, i]) for i in range(2)]
    x = [gram[0, 1] / each for each in s]
    noise = STD**2 / 2 * (1 + distribution(x[0]))
    pull = sum(s[i] * rectified_mean(x[i]) for i in range(2)) / 2
    velocity = (1 - gram[0, 0] - noise) * W[0, 0] - pull * W[1, 0]
    slope = sp.diff(gaussian_loss(W, STD), W[0, 0])
    return Statement(
        claim=sp.Eq(sp.Symbol("dW/dt"), -sp.Symbol("dL/dW") / 4),
        residuals={"the rate of a weight": -factor * slope - velocity},
        assumptions="Gaussian noise; a feature's own output above the kink of its ReLU.",
        not_proved="From two features on two neurons to any number: the loss is a sum over pairs, "
        "symmetric in rows and in neurons.",
    )


@statement
def overlap_speed(
    speed: sp.Expr = -2 * _PULL / NORM * (NORM - MU) * (NORM + _OTHERS * MU),
) -> Statement:
    r"""Equal overlaps decrease to −N/(n − 1), the only stable equilibrium.

    .. math:: \dot\mu = -\frac{2s\,h_1(\mu/s)}N (N-\mu)\bigl(N+(n-1)\mu\bigr)

    The pull h₁ is positive for every overlap, so there is no other equilibrium.

    Returns
    -------
    Statement
        Without a value; h denotes the pull s h₁(μ/s).

    Notes
    -----
    Kind: exact, Gaussian noise, the norm at its equilibrium. Source: derivations/interference,
    “Many rows”.

    Examples
    --------
    >>> from polytheory.symbolic import overlap_speed
    >>> overlap_speed().holds
    True
    """
    c = sp.Symbol("c", real=True)  # the rate along the row
    norm_speed = 2 * (c * NORM - _PULL * _OTHERS * MU)
    overlap = 2 * (c * MU - _PULL * (NORM + (N_FEATURES - 2) * MU))
    return Statement(
        claim=sp.Eq(sp.Symbol("dμ/dt"), speed),
        residuals={
            "with the norm at rest": overlap.subs(c, sp.solve(norm_speed, c)[0]) - speed,
            "the simplex is an equilibrium": speed.subs(MU, _OVERLAP),
            "equal rows stay equal": speed.subs(MU, NORM),
        },
        assumptions="All rows of squared norm N, all overlaps μ.",
        not_proved="That h₁ > 0: it is the mean of a ReLU.",
    )


@statement
def simplex_overlap(overlap: sp.Expr = _OVERLAP) -> Statement:
    r"""Overlaps cannot all be below −N/(n − 1), as :math:`\|\sum_i W_i\|^2 \ge 0`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``squared_norm``.

    Notes
    -----
    Kind: bound on the mean overlap. That Gaussian noise prefers equal overlaps is Jensen's
    inequality: F is convex and increasing. Source: derivations/noise, “Overlaps become negative”.

    Examples
    --------
    >>> from polytheory.symbolic import simplex_overlap
    >>> simplex_overlap().evaluate(n_features=5, squared_norm=1.0)
    -0.25
    """
    rows = _rows(3)
    summed = sp.ones(1, 3) * rows
    return Statement(
        claim=sp.Ge(sp.Symbol("mean overlap"), overlap),
        residuals={
            "‖ΣW‖² = ΣN + Σμ": (summed * summed.T)[0] - sum(rows * rows.T),
            "there the rows add up to zero": N_FEATURES * (NORM + _OTHERS * overlap),
        },
        arguments=(N_FEATURES, NORM),
        assumptions="n ≥ 2 rows of mean squared norm N.",
        not_proved="That a square is not negative; Jensen's inequality.",
    )


@statement
def equilibrium_norm(balance: sp.Expr = _GROWTH) -> Statement:
    r"""The norm at which the simplex rests.

    .. math:: 1 - N - \tfrac{\sigma^2}2\bigl(1+(n-1)\Phi(x^*)\bigr) + \sigma\sqrt N\,h_1(x^*) = 0,
              \qquad x^* = -\frac{\sqrt N}{(n-1)\sigma}

    Returns
    -------
    Statement
        Its value is N plus its growth rate, of ``n_features``, ``std`` and ``squared_norm`` (N): at
        rest it is N.

    Notes
    -----
    Kind: exact, Gaussian noise, without the ReLU on the diagonal. Source: derivations/noise,
    “Overlaps become negative”.

    Examples
    --------
    >>> from polytheory.symbolic import equilibrium_norm
    >>> equilibrium_norm().holds
    True
    """
    overlap = value_of(simplex_overlap())
    loss = (NORM - 1) ** 2 + STD**2 * NORM + _OTHERS * second_moment(overlap, _WIDTH)
    x = overlap / _WIDTH
    own = 1 - NORM - STD**2 / 2 * (1 + _OTHERS * distribution(x))
    pull = own - _OTHERS * _WIDTH * rectified_mean(x) * (overlap / NORM)
    return Statement(
        claim=sp.Eq(balance, 0),
        residuals={
            # dL/d√N = 2√N dL/dN, and the flow is minus a quarter of it: d ln √N/dt = −(dL/dN)/2.
            "it is the slope of the loss of a simplex": balance + sp.diff(loss, NORM) / 2,
            "it is the force along a row": balance - pull,
        },
        value=NORM + balance,
        arguments=(N_FEATURES, STD, NORM),
        assumptions=_SIMPLEX,
        not_proved="That the larger root is the stable one.",
    )


@statement
def critical_std(g: sp.Expr = _INVERSE_SQUARE_STD) -> Statement:
    r"""Critical noise, above which no norm is in balance: :math:`\sigma_c^{-2} = \min_\xi g(\xi)`.

    .. math:: g(\xi) = (n-1)^2\xi^2 + \tfrac12[1+(n-1)\Phi(-\xi)] - (n-1)\xi h_1(-\xi),
              \qquad \xi = \frac{\sqrt N}{(n-1)\sigma}

    Returns
    -------
    Statement
        Its value is 1/√g, of ``n_features`` and ``xi``: σ_c is the largest. g(0) = (n+1)/4 gives
        2/√(n+1) for large n.

    Notes
    -----
    Kind: exact for the balance of `equilibrium_norm`. Source: derivations/noise, “The window”.

    Examples
    --------
    >>> from polytheory.symbolic import critical_std
    >>> critical_std().holds
    True
    """
    k = sp.Symbol("k", positive=True)  # n − 1, so that √k² simplifies
    balance = _GROWTH.subs({NORM: (_OTHERS * STD * XI) ** 2}).subs(N_FEATURES, k + 1)
    slope = 2 * _OTHERS * XI - 3 * density(XI) / 2 + 2 * XI * distribution(-XI)
    rise = 2 * _OTHERS + 2 * distribution(-XI) - XI * density(XI) / 2
    return Statement(
        claim=sp.Eq(sp.Symbol("sigma_c") ** -2, sp.Symbol("min g")),
        residuals={
            "the balance is 1 − σ²g": sp.powdenest(balance, force=True)
            - (1 - STD**2 * g).subs(N_FEATURES, k + 1),
            "the slope of g": sp.diff(g, XI) - _OTHERS * slope,
            "the slope increases": sp.diff(slope, XI) - rise,
            "from 2/√(n+1)": g.subs(XI, 0) - (N_FEATURES + 1) / 4,
        },
        value=1 / sp.sqrt(g),
        arguments=(N_FEATURES, XI),
        assumptions=_SIMPLEX,
        not_proved="That the slope of g has one zero, as 2(n−1) − ξφ/2 > 0; the minimum itself.",
    )
