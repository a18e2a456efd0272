"""Certificate: ρ increases along the universal curve, from π/2 − 1 to 1.

Letters as in the proof of the bounds. Beyond x = 16 the moments are G_p = 2φ z^(p+1) A_p with the
series A_p in w = z² = 1/x², whose remainder is a share θ_p of its first term left out.
"""

from collections.abc import Callable

import sympy as sp

from polytheory.certificates import Certificate, Inequality, certify
from polytheory.theory.sparsification.curve.proof_bounds import far_moment, slope_cubic
from polytheory.theory.sparsification.curve.proof_moments import X, moment
from polytheory.theory.sparsification.curve.proof_ratios import Z

#: Where the series take over, and the order of the Taylor polynomials below.
_FAR, _ORDER = 16, 16
_G = sp.symbols("G_0 G_1 G_2", positive=True)
_W = sp.Symbol("w")
_SHARES = sp.symbols("theta_0 theta_1 theta_2")

_RESTS_ON = (
    "curve_squared_cv (dρ/dx has the sign of the cubic, and ρ(0)), moment_series (the remainder "
    "beyond x = 16), l1_norm (d(1/‖w‖₁)/dt = λρ, integrated in words), "
    "d ln(1 + ρ)/dt = λ(2ρ‖w‖₁ − v); all on the curve, m → ∞"
)


def _positive(says: str, form: sp.Expr, leading: int) -> tuple[Inequality, Inequality]:
    """Return that a form in G₀, G₁, G₂ and x is positive for x ≤ 16 and for x ≥ 16.

    Its series begins with ``z**leading`` once each G_p is divided by 2φz.
    """
    scaled = {each: sp.expand(moment(p) * sp.exp(X**2 / 2)) for p, each in enumerate(_G)}
    series = {each: Z**p * far_moment(p, _SHARES[p]) for p, each in enumerate(_G)}
    far = sp.expand(form.subs(series | {X: 1 / Z}, simultaneous=True) / Z**leading)
    shares = {each.name: (0, 1) for each in _SHARES}
    return (
        Inequality(
            says=f"{says} for x ≤ {_FAR}",
            margin=form.subs(scaled, simultaneous=True),
            box={X.name: (0, _FAR)},
            strict=True,
            order=_ORDER,
        ),
        Inequality(
            says=f"{says} for x ≥ {_FAR}",
            margin=far.subs(Z, sp.sqrt(_W)),
            box={_W.name: (0, sp.Rational(1, _FAR**2)), **shares},
            unknown=tuple(shares),
            strict=True,
        ),
    )


def curve_squared_cv(
    slope: Callable[[sp.Expr, sp.Expr], sp.Expr] = slope_cubic, largest: sp.Expr = sp.S.One
) -> Certificate:
    """Certify that ρ increases on the whole curve and stays below 1, and what follows.

    Parameters
    ----------
    slope : callable
        A cubic in h = G₀/G₁, of h and x, with the sign of dρ/dx.
    largest : sympy.Expr
        The upper bound of ρ.

    Returns
    -------
    Certificate
    """
    zeroth, first, second = _G
    increases = sp.expand(first**3 * slope(zeroth / first, X))
    below = (1 + largest) * first**2 - zeroth * second
    return certify(
        "ρ increases from π/2 − 1 and is below 1 for every x ≥ 0, hence the bounds on ‖w‖₁, and "
        "the speedup v ≤ 2ρ‖w‖₁ < 2‖w‖₁",
        *_positive("dρ/dx > 0", increases, 6),
        *_positive("ρ < 1", below, 4),
        rests_on=_RESTS_ON,
    )
