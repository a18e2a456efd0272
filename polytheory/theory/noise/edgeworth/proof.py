"""Proofs of the expansions of F, F′ and E|z| in the cumulants of the noise."""

import sympy as sp

from polytheory.algebra.gaussian import density, hermite, rectified_mean, second_moment
from polytheory.algebra.statement import Statement, statement
from polytheory.theory.noise.proof_gaussian import MU, NORM, STD

KURTOSIS, SIXTH = sp.symbols("excess_kurtosis sixth_cumulant", real=True)
FOURTH_POWER_SUM, SIXTH_POWER_SUM = sp.symbols("fourth_power_sum sixth_power_sum", positive=True)
_ARGUMENTS = (MU, NORM, FOURTH_POWER_SUM, STD, KURTOSIS)
_S = STD * sp.sqrt(NORM)
_X = MU / _S
_KURTOSIS_OF_Z = KURTOSIS * FOURTH_POWER_SUM / NORM**2
_F = second_moment(MU, _S) - _KURTOSIS_OF_Z / 12 * _S * MU * density(_X)
_SLOPE = 2 * _S * rectified_mean(_X) + _KURTOSIS_OF_Z / 12 * _S * (_X**2 - 1) * density(_X)
_KAPPA_6 = SIXTH * SIXTH_POWER_SUM / NORM**3
_SERIES = 1 - _KURTOSIS_OF_Z / 24 + _KAPPA_6 / 240 - 5 * _KURTOSIS_OF_Z**2 / 384
_FIRST = "Symmetric independent components; |κ_z| ≪ 1 at a fixed x = μ/s."


def expected(polynomial: sp.Expr, z: sp.Symbol) -> sp.Expr:
    """Return the mean of a polynomial in a standard normal z."""
    terms = sp.Poly(sp.expand(polynomial), z).terms()
    return sum(c * sp.factorial2(p - 1) for (p,), c in terms if p % 2 == 0)


@statement
def edgeworth_second_moment(F: sp.Expr = _F) -> Statement:
    r"""Kurtosis adds :math:`-\tfrac{\kappa_z}{12}\,s\mu\varphi(\mu/s)` to F.

    For a negative overlap the sign is that of κ, and :math:`\kappa_z = \kappa\|w\|_4^4/\|w\|^4`:
    the loss falls with the fourth powers of a row if and only if κμ > 0.

    Returns
    -------
    Statement
        Its value is F, a function of ``overlap``, ``squared_norm``, ``fourth_power_sum``, ``std``
        and ``excess_kurtosis``.

    Notes
    -----
    Kind: leading order in κ_z. Source: derivations/noise, “Kurtosis selects the basis of the
    neurons”.

    Examples
    --------
    >>> from polytheory.symbolic import edgeworth_second_moment
    >>> row = {"squared_norm": 1.0, "fourth_power_sum": 0.2, "std": 0.1}
    >>> value = edgeworth_second_moment().evaluate
    >>> value(overlap=-0.1, excess_kurtosis=-2.0, **row) < value(
    ...     overlap=-0.1, excess_kurtosis=0.0, **row
    ... )
    True
    """
    z, kappa = sp.symbols("z kappa", real=True)
    w, t, k4 = sp.symbols("w t k_4")
    weight = 1 + kappa * hermite(4, z) / 24  # of the density φ(z)
    # The cumulants of independent terms add up, each times a power of its weight.
    one = (k4 * (w * t) ** 4 / 24).coeff(t, 4) * 24
    # F″ = 2P(z > −μ), and He₃φ is minus the antiderivative of He₄φ.
    above = hermite(3, -_X) * density(_X) * _KURTOSIS_OF_Z / 24
    added = F - second_moment(MU, _S)
    return Statement(
        claim=sp.Eq(sp.Symbol("F"), F),
        residuals={
            "a density": expected(weight, z) - 1,
            "of variance 1": expected(z**2 * weight, z) - 1,
            "with excess kurtosis κ": expected(z**4 * weight, z) - 3 - kappa,
            "a weight enters by its fourth power": one - k4 * w**4,
            "∫ He₄φ = −He₃φ": sp.diff(hermite(3, z) * density(z), z) + hermite(4, z) * density(z),
            "F″ = 2P(z > −μ)": sp.diff(added, MU, 2) - 2 * above,
            "F vanishes at −∞": sp.limit(added.subs({NORM: 1, STD: 1, KURTOSIS: 1}), MU, -sp.oo),
            "Gaussian at κ = 0": added.subs(KURTOSIS, 0),
            "F(μ) + F(−μ) = μ² + s²": F + F.subs(MU, -MU) - MU**2 - _S**2,
        },
        arguments=_ARGUMENTS,
        assumptions=_FIRST,
        not_proved="That the remainder is of the order of κ_z² and of the sixth cumulant.",
    )


@statement
def edgeworth_slope(slope: sp.Expr = _SLOPE) -> Statement:
    r"""Kurtosis adds :math:`\tfrac{\kappa_z}{12}\,s(x^2-1)\varphi(x)` to F′.

    Returns
    -------
    Statement
        Its value is F′, a function of the arguments of `edgeworth_second_moment`.

    Notes
    -----
    Kind: leading order in κ_z. Source: derivations/noise, “Kurtosis selects the basis of the
    neurons”.

    Examples
    --------
    >>> from polytheory.symbolic import edgeworth_slope
    >>> edgeworth_slope().holds
    True
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("F'"), slope),
        residuals={
            "it is the slope of F": sp.diff(_F, MU) - slope,
            "F′(μ) − F′(−μ) = 2μ": slope - slope.subs(MU, -MU) - 2 * MU,
        },
        arguments=_ARGUMENTS,
        assumptions=_FIRST,
    )


@statement
def edgeworth_mean_absolute(series: sp.Expr = sp.sqrt(2 / sp.pi) * _S * _SERIES) -> Statement:
    r"""The slope of F at zero overlap, to second order in 1/m.

    .. math:: E|z| = \sqrt{\tfrac2\pi}\,s\Bigl(1 - \tfrac{\kappa_z}{24} + \tfrac{\kappa_{6z}}{240}
              - \tfrac{5\kappa_z^2}{384}\Bigr)

    Returns
    -------
    Statement
        Its value is a function of ``squared_norm``, ``fourth_power_sum``, ``sixth_power_sum``,
        ``std``, ``excess_kurtosis`` and ``sixth_cumulant``.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “How large the noise of a row is”.

    Examples
    --------
    >>> from polytheory.symbolic import edgeworth_mean_absolute
    >>> edgeworth_mean_absolute().holds
    True
    """
    z = sp.Symbol("z", positive=True)
    kappa, sixth = sp.symbols("kappa_z kappa_6z", real=True)
    weight = 1 + kappa * hermite(4, z) / 24 + sixth * hermite(6, z) / 720
    weight += kappa**2 * hermite(8, z) / 1152
    mean = sum(
        c * sp.integrate(z ** (p + 1) * density(z), (z, 0, sp.oo)) * 2
        for (p,), c in sp.Poly(sp.expand(weight), z).terms()
    )
    of_z = {kappa: _KURTOSIS_OF_Z, sixth: _KAPPA_6}
    first = sp.diff(_SLOPE.subs(MU, 0), KURTOSIS)
    return Statement(
        claim=sp.Eq(sp.Symbol("E|z|"), series),
        residuals={
            "integrated": _S * mean.subs(of_z) - series,
            "E|z| = F′(0) to first order": sp.diff(series, KURTOSIS).subs(KURTOSIS, 0) - first,
        },
        arguments=(NORM, FOURTH_POWER_SUM, SIXTH_POWER_SUM, STD, KURTOSIS, SIXTH),
        assumptions="Symmetric independent components; m → ∞ with weights of the size 1/√m.",
        not_proved="The order of the remainder.",
    )


def gradient(w: sp.Expr, N: sp.Expr, q: sp.Expr, mu: sp.Expr) -> sp.Expr:
    """Return the derivative of the kurtosis term of F by a weight w."""
    x = mu / (STD * sp.sqrt(N))
    inner = w**3 - q * w * (3 - x**2) / (4 * N)
    return -KURTOSIS * STD**2 / 3 * x * density(x) / N * inner


_WEIGHT = sp.Symbol("weight", real=True)


@statement
def edgeworth_gradient(
    claimed: sp.Expr = gradient(_WEIGHT, NORM, FOURTH_POWER_SUM, MU),
) -> Statement:
    r"""Kurtosis adds a cubic term to the gradient of F by the weights of a row.

    .. math:: \frac{\partial F}{\partial w_k} = 2\sigma^2 w_k\Phi(x)
              - \frac{\kappa\sigma^2}3\frac{x\varphi(x)}N
              \Bigl[w_k^3 - \frac{q\,w_k(3-x^2)}{4N}\Bigr]

    The cube is the only term that depends on the basis.

    Returns
    -------
    Statement
        Without a value in the arguments of a predictor.

    Notes
    -----
    Kind: leading order in κ. Source: derivations/noise, “The drift”.

    Examples
    --------
    >>> from polytheory.symbolic import edgeworth_gradient
    >>> edgeworth_gradient().holds
    True
    """
    v, w = sp.symbols("v w", positive=True)
    row = {NORM: v**2 + w**2, FOURTH_POWER_SUM: v**4 + w**4}
    added = (_F - _F.subs(KURTOSIS, 0)).subs(row)
    return Statement(
        claim=sp.Eq(sp.Symbol("dF₁/dw"), claimed),
        residuals={
            "the derivative by a weight": sp.diff(added, w) - claimed.subs(row | {_WEIGHT: w})
        },
        assumptions=_FIRST,
        not_proved="From two weights to m: the others enter by N and q only.",
    )
