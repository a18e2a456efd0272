"""Where the overlaps go under noise: the expected force, the simplex and its norm."""

from __future__ import annotations

import sympy as sp

from polytheory.algebra.statement import Statement, statement, value_of
from polytheory.theory.noise.proof_gaussian import (
    MU,
    NORM,
    STD,
    density,
    distribution,
    gaussian_loss,
    rectified_mean,
    second_moment,
)

N_FEATURES = sp.Symbol("n_features", positive=True)
_SIMPLEX = "n ≥ 2 rows of squared norm N with all overlaps −N/(n − 1), n ≤ m + 1."


def _pull(mu: sp.Expr, s: sp.Expr) -> sp.Expr:
    return s * rectified_mean(mu / s)


def _expected_force_residuals(factor: sp.Expr) -> dict[str, sp.Expr]:
    W = sp.Matrix(2, 2, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))
    gram, loss = W * W.T, gaussian_loss(W, STD)
    s = [STD * sp.sqrt(gram[i, i]) for i in range(2)]
    mu = gram[0, 1]
    noise = STD**2 / 2 * (1 + distribution(mu / s[0]))
    pull = (_pull(mu, s[0]) + _pull(mu, s[1])) / 2
    velocity = (1 - gram[0, 0] - noise) * W[0, 0] - pull * W[1, 0]
    return {"one weight, for all": -factor * sp.diff(loss, W[0, 0]) - velocity}


@statement
def expected_force() -> Statement:
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
    Kind: exact but for the ReLU on a feature's own output. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import expected_force
    >>> expected_force().holds
    True
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("dW/dt"), -sp.Symbol("dL/dW") / 4),
        residuals=_expected_force_residuals(sp.Rational(1, 4)),
        assumptions="Gaussian noise; a feature's own output above the kink of its ReLU.",
        not_proved="From two features on two neurons to any number: the loss is a sum over pairs, "
        "and no row and no neuron is special.",
    )


def _overlap_speed_residuals(speed: sp.Expr) -> dict[str, sp.Expr]:
    n = N_FEATURES
    h, c = sp.symbols("h c", real=True)  # the pull s h₁, and the rate along the row
    norm_speed = 2 * (c * NORM - h * (n - 1) * MU)
    overlap = 2 * (c * MU - h * (NORM + (n - 2) * MU))
    kept = sp.solve(norm_speed, c)[0]
    claimed = speed.subs(sp.Symbol("h", real=True), h)
    return {
        "with the norm at rest": overlap.subs(c, kept) - claimed,
        "it ends at the simplex": claimed.subs(MU, -NORM / (n - 1)),
        "equal rows stay equal": claimed.subs(MU, NORM),
    }


@statement
def overlap_speed() -> Statement:
    r"""With all overlaps equal they fall to −N/(n − 1) and nowhere else.

    .. math:: \dot\mu = -\frac{2s\,h_1(\mu/s)}N (N-\mu)\bigl(N+(n-1)\mu\bigr)

    The pull h₁ is positive for every overlap, so there is no other equilibrium.

    Returns
    -------
    Statement
        Without a value; h stands for the pull s h₁(μ/s).

    Notes
    -----
    Kind: exact, Gaussian noise, the norm at its equilibrium. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import overlap_speed
    >>> overlap_speed().holds
    True
    """
    pull = sp.Symbol("h", real=True)
    speed = -2 * pull / NORM * (NORM - MU) * (NORM + (N_FEATURES - 1) * MU)
    return Statement(
        claim=sp.Eq(sp.Symbol("dμ/dt"), speed),
        residuals=_overlap_speed_residuals(speed),
        assumptions="All rows of squared norm N, all overlaps μ.",
        not_proved="That h₁ > 0: it is the mean of a ReLU.",
    )


def _simplex_overlap_residuals(overlap: sp.Expr) -> dict[str, sp.Expr]:
    total = N_FEATURES * NORM + N_FEATURES * (N_FEATURES - 1) * overlap
    rows = sp.Matrix(3, 2, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))
    gram = rows * rows.T
    summed = sp.ones(1, 3) * rows
    square = (summed * summed.T)[0]
    return {
        "‖ΣW‖² = ΣN + Σμ": square - sum(gram),
        "there the rows add up to nothing": total,
    }


@statement
def simplex_overlap() -> Statement:
    r"""Overlaps cannot all be below −N/(n − 1), as :math:`\|\sum_i W_i\|^2 \ge 0`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``squared_norm``.

    Notes
    -----
    Kind: bound on the mean overlap. That Gaussian noise prefers equal overlaps is Jensen's
    inequality: F is convex and increasing. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import simplex_overlap
    >>> simplex_overlap().evaluate(n_features=5, squared_norm=1.0)
    -0.25
    """
    overlap = -NORM / (N_FEATURES - 1)
    return Statement(
        claim=sp.Ge(sp.Symbol("mean overlap"), overlap),
        residuals=_simplex_overlap_residuals(overlap),
        value=overlap,
        arguments=(N_FEATURES, NORM),
        assumptions="n ≥ 2 rows of mean squared norm N.",
        not_proved="That a square is not negative; Jensen's inequality.",
    )


def growth() -> sp.Expr:
    """Growth rate of the rows of a simplex: it vanishes at the norm of equilibrium."""
    x = -sp.sqrt(NORM) / ((N_FEATURES - 1) * STD)
    spread = STD**2 / 2 * (1 + (N_FEATURES - 1) * distribution(x))
    return 1 - NORM - spread + STD * sp.sqrt(NORM) * rectified_mean(x)


def _equilibrium_norm_residuals(balance: sp.Expr) -> dict[str, sp.Expr]:
    overlap = value_of(simplex_overlap())
    s = STD * sp.sqrt(NORM)
    loss = (NORM - 1) ** 2 + STD**2 * NORM + (N_FEATURES - 1) * second_moment(overlap, s)
    # dL/d√N = 2√N dL/dN, and the flow is minus a quarter of it: d ln √N/dt = −(dL/dN)/2.
    force = -sp.diff(loss, NORM) / 2
    x = overlap / s
    others = (N_FEATURES - 1) * distribution(x)
    pull = (
        1
        - NORM
        - STD**2 / 2 * (1 + others)
        - (N_FEATURES - 1) * s * rectified_mean(x) * (overlap / NORM)
    )
    return {
        "it is the slope of the loss of a simplex": balance - force,
        "it is the force along a row": balance - pull,
    }


@statement
def equilibrium_norm() -> Statement:
    r"""The norm at which the simplex rests.

    .. math:: 1 - N - \tfrac{\sigma^2}2\bigl(1+(n-1)\Phi(x^*)\bigr) + \sigma\sqrt N\,h_1(x^*) = 0,
              \qquad x^* = -\frac{\sqrt N}{(n-1)\sigma}

    Returns
    -------
    Statement
        Without a value: an equation.

    Notes
    -----
    Kind: exact, Gaussian noise, without the ReLU on the diagonal. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import equilibrium_norm
    >>> equilibrium_norm().holds
    True
    """
    balance = growth()
    return Statement(
        claim=sp.Eq(balance, 0),
        residuals=_equilibrium_norm_residuals(balance),
        assumptions=_SIMPLEX,
        not_proved="That the larger root is the stable one.",
    )


def _critical_std_residuals(g: sp.Expr, xi: sp.Symbol) -> dict[str, sp.Expr]:
    n = N_FEATURES
    at = {NORM: ((n - 1) * STD * xi) ** 2}
    others = sp.Symbol("k", positive=True)  # n − 1, so that roots of squares simplify
    balance = sp.powdenest(growth().subs(at).subs(n, others + 1), force=True)
    slope = 2 * (n - 1) * xi - 3 * density(xi) / 2 + 2 * xi * distribution(-xi)
    return {
        "the balance is 1 − σ²g": balance - (1 - STD**2 * g).subs(n, others + 1),
        "its slope": sp.diff(g, xi) - (n - 1) * slope,
        "which rises": sp.diff(slope, xi)
        - (2 * (n - 1) + 2 * distribution(-xi) - xi * density(xi) / 2),
        "from 2/√(n+1)": g.subs(xi, 0) - (n + 1) / 4,
    }


@statement
def critical_std() -> Statement:
    r"""Noise beyond which no norm is in balance: :math:`\sigma_c^{-2} = \min_\xi g(\xi)`.

    .. math:: g(\xi) = (n-1)^2\xi^2 + \tfrac12[1+(n-1)\Phi(-\xi)] - (n-1)\xi h_1(-\xi),
              \qquad \xi = \frac{\sqrt N}{(n-1)\sigma}

    Returns
    -------
    Statement
        Without a value: a minimum. g(0) = (n+1)/4 gives 2/√(n+1) for large n.

    Notes
    -----
    Kind: exact for the balance of `equilibrium_norm`. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import critical_std
    >>> critical_std().holds
    True
    """
    xi = sp.Symbol("xi", positive=True)
    others = N_FEATURES - 1
    g = (others * xi) ** 2 + (1 + others * distribution(-xi)) / 2
    g -= others * xi * rectified_mean(-xi)
    return Statement(
        claim=sp.Eq(sp.Symbol("sigma_c") ** -2, sp.Symbol("min g")),
        residuals=_critical_std_residuals(g, xi),
        assumptions=_SIMPLEX,
        not_proved="That the slope of g has one zero, as 2(n−1) − ξφ/2 > 0; the minimum itself.",
    )
