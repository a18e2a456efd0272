"""Proofs: ρ increases along the universal curve, and the bounds on the ℓ1 norm that follow.

Letters as in the curve's own proof and in that of the ratios: h = h₁ = G₀/G₁.
"""

from collections.abc import Callable

import sympy as sp

from polytheory.algebra.statement import Statement, statement
from polytheory.theory.sparsification.curve.proof import CURVE_SQUARED_CV
from polytheory.theory.sparsification.curve.proof_moments import X, moment
from polytheory.theory.sparsification.curve.proof_ratios import Z, leading, ratio, ratio_series
from polytheory.theory.sparsification.paper.proof import TIME, WIDTH
from polytheory.theory.sparsification.row.proof import LAMBDA

_MIN, _MAX = sp.pi / 2 - 1, sp.S.One


def slope_cubic(h: sp.Expr, x: sp.Expr) -> sp.Expr:
    """Return a cubic with the sign of dρ/dx."""
    return 2 * h**3 - 3 * x * h**2 + (x**2 - 3) * h + x


#: Terms of the series of a moment before its remainder.
_TERMS = 6


def _series_term(power: int, j: int) -> sp.Expr:
    """Return a term of the series of G_p/(2φ z^(p+1)) in z = 1/x."""
    return (-sp.Rational(1, 2)) ** j * sp.factorial(power + 2 * j) / sp.factorial(j) * Z ** (2 * j)


def far_moment(power: int, share: sp.Expr) -> sp.Expr:
    """Return G_p/(2φ z^(p+1)): a sum, and a share in [0, 1] of the first term left out."""
    terms = (_series_term(power, j) for j in range(_TERMS))
    return sum(terms, share * _series_term(power, _TERMS))


@statement
def moment_series(term: Callable[[int, int], sp.Expr] = _series_term) -> Statement:
    r"""Truncated moments for a high threshold, with a bounded remainder.

    .. math:: \frac{G_p(x)}{2\varphi(x)} = z^{p+1}\Bigl[\sum_{j<n}
              \frac{(-1)^j(p+2j)!}{2^j\,j!}\,z^{2j}
              + \vartheta\,\frac{(-1)^n(p+2n)!}{2^n\,n!}\,z^{2n}\Bigr],
              \qquad z = \frac1x,\quad 0\le\vartheta\le1

    This is Watson's lemma with its remainder: with y = zu the integral of G_p becomes that of
    :math:`u^pe^{-u}e^{-v}`, :math:`v=z^2u^2/2`, and the Taylor series of :math:`e^{-v}` ends with a
    share in [0, 1] of its next term.

    Returns
    -------
    Statement
        For p = 0, 1, 2 and n = 6, without a value.

    Notes
    -----
    Kind: exact. Source: derivations/universal_curve, “The squared coefficient of variation
    increases”.

    Examples
    --------
    >>> from polytheory.symbolic import moment_series
    >>> moment_series().holds
    True
    """
    u, v, s = sp.symbols("u v s", positive=True)
    square = Z**2 * u**2 / 2
    taylor = sum((-v) ** j / sp.factorial(j) for j in range(_TERMS))
    left = (v - s) ** (_TERMS - 1) / sp.factorial(_TERMS - 1)
    remainder = sp.integrate(sp.expand(left * sp.exp(-s)), (s, 0, v))
    residuals = {
        "e^−v with the remainder of Taylor": sp.exp(-v) - taylor - (-1) ** _TERMS * remainder,
        "which is at most its next term": sp.integrate(sp.expand(left), (s, 0, v))
        - v**_TERMS / sp.factorial(_TERMS),
    }
    for p in range(3):
        y = Z * u
        inside = y**p * sp.exp(-y / Z - y**2 / 2) * Z
        residuals[f"p = {p}: y = zu"] = inside - Z ** (p + 1) * u**p * sp.exp(-u - square)
        for j in range(_TERMS + 1):
            each = sp.integrate(u**p * (-square) ** j / sp.factorial(j) * sp.exp(-u), (u, 0, sp.oo))
            residuals[f"p = {p}, term {j}"] = each - term(p, j)
    return Statement(
        claim=sp.Eq(sp.Symbol("A_0"), far_moment(0, sp.Symbol("theta"))),
        residuals=residuals,
        assumptions="x > 0; p = 0, 1, 2.",
        not_proved=(
            "That e^−s lies in [0, 1] for s ≥ 0, and that the integral of a share in [0, 1] of a "
            "function of one sign is such a share of its integral."
        ),
    )


#: Excess of 1 + ρ = 2h₁/h₂ over its value at the largest ρ for x → ∞, times h₂.
_FAR_EXCESS = leading(2 * ratio_series(1, 4) - (1 + _MAX) * ratio_series(2, 4), -1)


@statement
def curve_squared_cv(squared_cv: sp.Expr = CURVE_SQUARED_CV) -> Statement:
    r"""The squared coefficient of variation increases along the curve from π/2 − 1 to 1.

    .. math:: \rho(x) = \frac{G_0G_2}{G_1^2} - 1, \qquad
              \tfrac{\pi}{2} - 1 = \rho(0) \le \rho(x) < \rho(\infty) = 1

    Returns
    -------
    Statement
        Its value is ρ, of ``scaled_threshold`` (x).

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0, and a bound. The proof: with h = G₀/G₁ and y = h − x
    the slope of ρ has the sign of C = 2h³ − 3xh² + (x² − 3)h + x. Where C = 0 its own slope is
    −2y(x + y)/(2y + x)² < 0, so C can change sign only once, from plus to minus; but it is positive
    both at x = 0 and, like 4/x³, for large x. Source: derivations/universal_curve, “The
    squared coefficient of variation increases”.

    Examples
    --------
    >>> from polytheory.symbolic import curve_squared_cv
    >>> curve_squared_cv().evaluate(scaled_threshold=[0.0, 2.0, 10.0]).round(6)
    array([0.570796, 0.820441, 0.981615])
    """
    h = ratio(1)
    # On the plane of x and y = h − x > 0 the ratio h moves along y' = h² − xh − 2.
    y = sp.Symbol("y", positive=True)
    cubic = sp.expand(slope_cubic(X + y, X))
    speed = sp.diff(cubic, X) + sp.diff(cubic, y) * ((X + y) ** 2 - X * (X + y) - 2)
    multiple = 12 * y**3 + 18 * X * y**2 + (8 * X**2 - 6) * y + X**3 - 2 * X
    moving = (2 * y + X) ** 2 * speed + 2 * y * (X + y) - multiple * cubic
    at_zero = sp.sqrt(sp.pi / 2) * (sp.pi - 3)
    far = leading(slope_cubic(ratio_series(1, 4), 1 / Z), 3)
    sign = sp.diff(squared_cv, X) / (1 + squared_cv) - slope_cubic(h, X) / (h * (h - X))
    return Statement(
        claim=sp.Eq(sp.Symbol("rho"), squared_cv),
        residuals={
            "as a ratio of ratios": squared_cv + 1 - 2 * ratio(1) / ratio(2),
            "at x = 0": squared_cv.subs(X, 0) - _MIN,
            "at x = ∞": _FAR_EXCESS,
            "y > 0": h - X - moment(2) / moment(1),
            "h' = h² − xh − 1": sp.diff(h, X) - (h**2 - X * h - 1),
            "dρ/dx has the sign of the cubic": sign,
            "the cubic at x = 0": slope_cubic(h, X).subs(X, 0) - at_zero,
            # Where the cubic is zero it decreases, so it could not become positive again …
            "(2y + x)²·its slope = −2y(x + y) + …·the cubic": moving,
            # … but it is positive for large x.
            "for x → ∞ it is 4/x³": far - 4 * Z**3,
        },
        arguments=(X,),
        assumptions="On the universal curve: m → ∞, λ√m → 0. Finite rows violate the bounds.",
        not_proved=(
            "The sign of the cubic for every x ≥ 0, and ρ < 1: proved by ball arithmetic, up to "
            "x = 16 on boxes and beyond by moment_series (polytheory verify --certify)."
        ),
    )


def _from_start(squared_cv: sp.Expr) -> sp.Expr:
    """Return the norm on a curve of constant ρ."""
    return 1 / (sp.sqrt(sp.pi / (2 * WIDTH)) + squared_cv * LAMBDA * TIME)


def _bound(
    side: Callable[..., sp.Basic], norm: sp.Expr, squared_cv: sp.Expr, label: str, extreme: sp.Expr
) -> Statement:
    return Statement(
        claim=side(sp.Symbol("|w|_1"), norm),
        residuals={
            "d(1/‖w‖₁)/dt = λ·this ρ": sp.diff(1 / norm, TIME) - LAMBDA * squared_cv,
            "it starts on the curve": norm.subs(TIME, 0) - sp.sqrt(2 * WIDTH / sp.pi),
            label: extreme,
        },
        arguments=(TIME, WIDTH, LAMBDA),
        assumptions=(
            "On the universal curve: m → ∞, λ√m → 0. Rows of finite m fluctuate about it and break "
            "the bounds, by some 10 to 30 % at m = 1000."
        ),
        not_proved=(
            "That an inequality of the speeds of 1/‖w‖₁ may be integrated; the inequality is "
            "curve_squared_cv."
        ),
    )


@statement
def l1_norm_lower(norm: sp.Expr = _from_start(_MAX)) -> Statement:
    r"""A lower bound of the ℓ1 norm on the universal curve.

    .. math:: \|w\|_1 \ge \frac{1}{1/L_0 + \lambda t}, \qquad L_0 = \sqrt{2m/\pi}

    Returns
    -------
    Statement
        Its value is the bound, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: bound, from ρ ≤ 1 (`curve_squared_cv`). Source: derivations/universal_curve, “The squared
    coefficient of variation increases”.

    Examples
    --------
    >>> from polytheory.symbolic import l1_norm_lower
    >>> round(l1_norm_lower().evaluate(time=0.0, n_neurons=10_000, l1_strength=1e-3), 3)
    79.788
    """
    return _bound(sp.Ge, norm, _MAX, "the largest ρ", _FAR_EXCESS)


@statement
def l1_norm_upper(norm: sp.Expr = _from_start(_MIN)) -> Statement:
    r"""An upper bound of the ℓ1 norm on the universal curve.

    .. math:: \|w\|_1 \le \frac{1}{1/L_0 + (\pi/2 - 1)\lambda t}, \qquad L_0 = \sqrt{2m/\pi}

    Returns
    -------
    Statement
        Its value is the bound, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: bound, from ρ ≥ π/2 − 1 (`curve_squared_cv`). Source: derivations/universal_curve, “The
    squared coefficient of variation increases”.

    Examples
    --------
    >>> from polytheory.symbolic import l1_norm_upper
    >>> round(l1_norm_upper().evaluate(time=0.0, n_neurons=10_000, l1_strength=1e-3), 3)
    79.788
    """
    excess = CURVE_SQUARED_CV.subs(X, 0) - _MIN
    return _bound(sp.Le, norm, _MIN, "the least ρ", excess)


@statement
def l1_norm_bounds(
    lower: sp.Expr = _from_start(_MAX), upper: sp.Expr = _from_start(_MIN)
) -> Statement:
    r"""Both bounds of the ℓ1 norm on the universal curve.

    .. math:: \frac{1}{1/L_0 + \lambda t} \le \|w\|_1 \le \frac{1}{1/L_0 + (\pi/2 - 1)\lambda t}

    Returns
    -------
    Statement
        Its value is the column of both, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: bound: `l1_norm_lower` and `l1_norm_upper`. Source: derivations/universal_curve, “The
    squared coefficient of variation increases”.

    Examples
    --------
    >>> from polytheory.symbolic import l1_norm_bounds
    >>> given = {"n_neurons": 100_000, "l1_strength": 1e-5}
    >>> l1_norm_bounds().evaluate(time=1e3, **given).round(3).tolist()
    [71.616, 103.399]
    """
    below, above = l1_norm_lower.variant(lower), l1_norm_upper.variant(upper)
    ends = {"lower": below, "upper": above}
    return Statement(
        claim=sp.And(below.claim, above.claim),
        residuals={
            f"{end}: {label}": each
            for end, bound in ends.items()
            for label, each in bound.residuals.items()
        },
        value=sp.ImmutableMatrix([lower, upper]),
        arguments=above.arguments,
        assumptions=above.assumptions,
        not_proved=above.not_proved,
    )
