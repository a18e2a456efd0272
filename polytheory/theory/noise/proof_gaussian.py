"""Proofs for Gaussian noise: F in closed form, and rotation invariance."""

import sympy as sp

from polytheory.algebra.gaussian import (
    density,
    distribution,
    hermite,
    rectified_mean,
    second_moment,
)
from polytheory.algebra.statement import Statement, statement

MU = sp.Symbol("overlap", real=True)
STD, NORM, SCALE = sp.symbols("std squared_norm noise_std", positive=True)


@statement
def gaussian_second_moment(F: sp.Expr = second_moment(MU, SCALE)) -> Statement:
    r"""Gaussian noise behind a ReLU: :math:`F = (\mu^2+s^2)\Phi(x) + \mu s\varphi(x)`, x = μ/s.

    Returns
    -------
    Statement
        Its value is a function of ``overlap`` and ``noise_std``, the s = σ‖w‖ of the row.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “One function of the overlap”.

    Examples
    --------
    >>> from polytheory.symbolic import gaussian_second_moment
    >>> gaussian_second_moment().evaluate(overlap=0.0, noise_std=2.0)
    2.0
    """
    x, z = MU / SCALE, sp.Symbol("z", real=True)
    # (μ+z)² times the density of z has this antiderivative; z = −μ is where the ReLU begins.
    from_kink = sp.integrate((MU + z) ** 2 * density(z / SCALE) / SCALE, z)
    both_ends = sp.limit(from_kink.subs(MU, 1), z, sp.oo) - from_kink.subs({MU: 1, z: -1})
    return Statement(
        claim=sp.Eq(sp.Symbol("F"), F),
        residuals={
            "at μ = 1 it is E ReLU(μ + z)²": both_ends - F.subs(MU, 1),
            "F′ = 2s h₁(x)": sp.diff(F, MU) - 2 * SCALE * rectified_mean(x),
            "F″ = 2P(z > −μ)": sp.diff(F, MU, 2) - 2 * distribution(x),
            "F(μ) + F(−μ) = μ² + s²": F + F.subs(MU, -MU) - MU**2 - SCALE**2,
            "F(0) = s²/2": F.subs(MU, 0) - SCALE**2 / 2,
            "F′(0) = E|z|": sp.diff(F, MU).subs(MU, 0) - sp.sqrt(2 / sp.pi) * SCALE,
            "heat equation ∂F/∂s² = F″/2": sp.diff(F, SCALE) / (2 * SCALE) - sp.diff(F, MU, 2) / 2,
        },
        arguments=(MU, SCALE),
        assumptions="z Gaussian with standard deviation s > 0.",
        not_proved="From μ = 1 to every μ, by scaling: F(μ; s) = μ² F(1; s/μ).",
    )


@statement
def gaussian_derivatives(sign: int = -1) -> Statement:
    r"""Higher derivatives: :math:`F^{(k)} = 2(-1)^{k-1} He_{k-3}(x)\varphi(x)/s^{k-2}`, k ≥ 3.

    Returns
    -------
    Statement
        Without a value; shown for k up to 8, the highest order used by the expansions.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “One function of the overlap”.

    Examples
    --------
    >>> from polytheory.symbolic import gaussian_derivatives
    >>> gaussian_derivatives().holds
    True
    """
    F, x = second_moment(MU, SCALE), MU / SCALE
    claimed = {
        k: 2 * sign ** (k - 1) * hermite(k - 3, x) * density(x) / SCALE ** (k - 2)
        for k in range(3, 9)
    }
    return Statement(
        claim=sp.Eq(sp.Symbol("F'''"), claimed[3]),
        residuals={f"derivative {k}": sp.diff(F, MU, k) - each for k, each in claimed.items()},
        assumptions="z Gaussian with standard deviation s > 0.",
        not_proved="That the pattern continues beyond k = 8.",
    )


def gaussian_loss(W: sp.Matrix, std: sp.Expr) -> sp.Expr:
    """Return the expected loss under Gaussian noise, without the ReLU on own outputs."""
    gram = W * W.T
    own = sum((gram[i, i] - 1) ** 2 + std**2 * gram[i, i] for i in range(W.rows))
    others = sum(
        second_moment(gram[i, j], std * sp.sqrt(gram[j, j]))
        for i in range(W.rows)
        for j in range(W.rows)
        if i != j
    )
    return own + others


@statement
def gaussian_invariance(fourth: sp.Expr = sp.S.Zero) -> Statement:
    r"""Gaussian noise has no preferred basis: :math:`L(WO) = L(W)` for every rotation O.

    The noise of a row enters by its standard deviation only, so that the loss is a function of the
    Gram matrix. From a rotation-invariant start the distribution of W(t) stays so, and
    :math:`E\|W_i\|_4^4 = 3E N^2/(m+2)` at all times: Gaussian noise makes nothing sparse.

    Returns
    -------
    Statement
        Without a value: an invariance.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “Gaussian noise prefers no basis”.

    Examples
    --------
    >>> from polytheory.symbolic import gaussian_invariance
    >>> gaussian_invariance().holds
    True
    """
    W = sp.Matrix(2, 2, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))
    loss = gaussian_loss(W, STD) + fourth * sum(w**4 for w in W)
    turning = (sp.diff(loss, W[i, 0]) * W[i, 1] - sp.diff(loss, W[i, 1]) * W[i, 0] for i in (0, 1))
    return Statement(
        claim=sp.Eq(sp.Function("L")(sp.Symbol("W O")), sp.Function("L")(sp.Symbol("W"))),
        residuals={"rotation of two neurons": sum(turning, sp.S.Zero)},
        assumptions="Gaussian noise of any strength; shown for two features on two neurons.",
        not_proved="From two neurons to m, by composing rotations of two; from the loss to the "
        "distribution of the flow.",
    )


_F_OFF, _SLOPE_OFF = sp.symbols("F(−a) F′(−a)")


@statement
def diagonal_loss(lost: sp.Expr = _F_OFF + _SLOPE_OFF) -> Statement:
    r"""A feature's own output: :math:`E(\mathrm{ReLU}(a+z)-1)^2 = (a-1)^2 + s^2 - F(-a) - F'(-a)`.

    The term of the ReLU, F(−a) + F′(−a), is exponentially small for a ≫ s, and zero for bounded
    noise that cannot reach −a.

    Returns
    -------
    Statement
        Without a value: an identity.

    Notes
    -----
    Kind: exact, for any symmetric noise. Source: derivations/noise, “One function of the overlap”.

    Examples
    --------
    >>> from polytheory.symbolic import diagonal_loss
    >>> diagonal_loss().holds
    True
    """
    a, s = sp.symbols("a s", positive=True)
    F_of, slope_of = sp.symbols("F(a) F′(a)")
    # Any symmetric distribution: F(a) + F(−a) = a² + s² and F′(a) − F′(−a) = 2a.
    either = {F_of: a**2 + s**2 - _F_OFF, slope_of: 2 * a + _SLOPE_OFF}
    square = (a - 1) ** 2 + s**2
    gaussian = second_moment(MU, SCALE)
    slope, at = sp.diff(gaussian, MU), {MU: a, SCALE: s}
    here = {_F_OFF: gaussian.subs(MU, -MU).subs(at), _SLOPE_OFF: slope.subs(MU, -MU).subs(at)}
    return Statement(
        claim=sp.Eq(sp.Symbol("E(ReLU(a+z)−1)²"), square - lost),
        residuals={
            "any symmetric distribution": (F_of - slope_of + 1).subs(either) - (square - lost),
            "Gaussian": (gaussian - slope + 1).subs(at) - (square - lost.subs(here)),
        },
        assumptions="Symmetric z with variance s².",
    )
