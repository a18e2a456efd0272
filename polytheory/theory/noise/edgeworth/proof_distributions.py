"""Proofs for the noise distributions: cumulants, and E|z| of a few weights."""

import sympy as sp

from polytheory.algebra.gaussian import density
from polytheory.algebra.statement import Statement, statement
from polytheory.theory.noise.proof_gaussian import NORM, STD

_T = sp.Symbol("t")
#: log of the moment-generating function at unit variance, and the cumulants 4 and 6.
DISTRIBUTIONS = {
    "bipolar": (sp.log(sp.cosh(_T)), -2, 16),
    "uniform": (
        sp.log(sp.sinh(sp.sqrt(3) * _T) / (sp.sqrt(3) * _T)),
        sp.Rational(-6, 5),
        sp.Rational(48, 7),
    ),
    "laplace": (-sp.log(1 - _T**2 / 2), 3, 30),
    "gaussian": (_T**2 / 2, 0, 0),
}


@statement
def cumulants(
    distributions: dict[str, tuple[sp.Expr, sp.Expr, sp.Expr]] = DISTRIBUTIONS,
) -> Statement:
    r"""Fourth and sixth cumulants of the noise distributions at unit variance.

    Bipolar −2 and 16, uniform −6/5 and 48/7, Gaussian 0 and 0, Laplace 3 and 30.

    Notes
    -----
    Kind: exact. Source: textbook; here from the logarithms of the generating functions.

    Examples
    --------
    >>> from polytheory.symbolic import cumulants
    >>> cumulants().holds
    True
    """
    residuals = {}
    for name, (log_mean, fourth, sixth) in distributions.items():
        series = sp.series(log_mean, _T, 0, 7).removeO()
        for order, claimed in ((2, 1), (4, fourth), (6, sixth)):
            found = sp.factorial(order) * series.coeff(_T, order)
            residuals[f"{name}, cumulant {order}"] = sp.nsimplify(found) - claimed
    return Statement(
        claim=sp.Eq(sp.Symbol("kappa_4(bipolar)"), -2),
        residuals=residuals,
        assumptions="Unit variance.",
    )


_GAPS = sp.symbols("a b c", positive=True)
_SIZES = [sum(_GAPS[k:]) for k in range(3)]  # a+b+c ≥ b+c ≥ c


@statement
def few_weights(three: sp.Expr = sum(_SIZES) / 2) -> Statement:
    r"""Bipolar noise: E|z|/σ = max |w| if the largest weight exceeds the sum of the others.

    Otherwise three weights have :math:`E|z|/\sigma = (w_1+w_2+w_3)/2`: because of parity E|z| need
    not increase with sparsity.

    Notes
    -----
    Kind: exact. Source: derivations/completion_time, “One step”.

    Examples
    --------
    >>> from polytheory.symbolic import few_weights
    >>> few_weights().holds
    True
    """
    w1, w2, w3 = _SIZES
    two = (sp.Abs(w1 + w2) + sp.Abs(w1 - w2)) / 2
    # Only w1 − w2 − w3 = a − c may be negative; both cases.
    *sums, last = (w1 + e * w2 + f * w3 for e, f in ((1, 1), (1, -1), (-1, 1), (-1, -1)))
    first = sum(sums, sp.S.Zero) / 4
    return Statement(
        claim=sp.Eq(sp.Symbol("E|z|"), three),
        residuals={
            "two: the larger": two - w1,
            "three, the largest exceeds the sum": first + last / 4 - w1,
            "three, otherwise": first - last / 4 - three,
        },
        assumptions="Sizes w₁ = a+b+c, w₂ = b+c, w₃ = c.",
        not_proved="The sign of a − c, which distinguishes the two cases of three weights.",
    )


#: Haagerup's function, of an order ν: 1/ν is the share of a weight in the squared norm.
ORDER = sp.Symbol("nu", positive=True)
HAAGERUP = 2 / sp.sqrt(sp.pi * ORDER) * sp.gamma((ORDER + 1) / 2) / sp.gamma(ORDER / 2)


@statement
def haagerup_function(function: sp.Expr = HAAGERUP) -> Statement:
    r"""Bipolar noise: E|z|/σ is at least a mean of a function of the shares.

    .. math:: F(\nu) = \frac2\pi\int_0^\infty\frac{1-|\cos(t/\sqrt\nu)|^\nu}{t^2}\,dt
              = \frac{2}{\sqrt{\pi\nu}}\,\frac{\Gamma(\frac{\nu+1}2)}{\Gamma(\frac\nu2)},
              \qquad \frac{F(\nu+2)}{F(\nu)} = \frac{\nu+1}{\sqrt{\nu(\nu+2)}} > 1

    Returns
    -------
    Statement
        Without a value in the arguments of a predictor.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “How large the noise of a row is” (Haagerup 1981).

    Examples
    --------
    >>> from polytheory.symbolic import haagerup_function
    >>> haagerup_function().holds
    True
    """
    nu, t, u = ORDER, sp.Symbol("t", positive=True), sp.Symbol("u", positive=True)
    by_parts = -sp.cot(u) * (1 - sp.cos(u) ** nu)
    integrand = (1 - sp.cos(u) ** nu) / sp.sin(u) ** 2 - nu * sp.cos(u) ** nu
    wallis = function * sp.pi / (2 * sp.sqrt(nu))  # claimed: the integral of cos^ν u to π/2
    residuals = {
        "|a| = (2/π) ∫ (1 − cos at) dt/t²": sp.integrate((1 - sp.cos(t)) / t**2, (t, 0, sp.oo))
        - sp.pi / 2,
        "by parts": sp.diff(by_parts, u) - integrand,
        "F(ν + 2) = F(ν) (ν + 1)/√(ν(ν + 2))": sp.gammasimp(
            sp.expand_func(function.subs(nu, nu + 2) / function)
        )
        - (nu + 1) / sp.sqrt(nu * (nu + 2)),
        "(ν + 1)² − ν(ν + 2) = 1": (nu + 1) ** 2 - nu * (nu + 2) - 1,
        "F(2) = 1/√2": function.subs(nu, 2) - 1 / sp.sqrt(2),
    }
    for power in (1, 2, 3, 4):
        found = sp.integrate(sp.cos(u) ** power, (u, 0, sp.pi / 2))
        residuals[f"the integral of cos^{power}"] = found - wallis.subs(nu, power)
    return Statement(
        claim=sp.Eq(sp.Symbol("F"), function),
        residuals=residuals,
        assumptions="ν > 0.",
        not_proved=(
            "Wallis's integral of cos^ν for every ν (a Beta function); the sum over the periods of "
            "the cosine, Σ 1/(u + kπ)² = 1/sin² u."
        ),
    )


@statement
def mean_absolute_bounds(
    two_equal: sp.Expr = 1 / sp.sqrt(2),
    uniform: sp.Expr = sp.sqrt(3) / 2,
    laplace: sp.Expr = 1 / sp.sqrt(2),
) -> Statement:
    r"""E|z| lies between fixed multiples of s: for bipolar noise :math:`1/\sqrt2` and 1.

    Returns
    -------
    Statement
        Its value is the column of all six bounds (lower and upper: bipolar, uniform, Laplace), of
        ``squared_norm`` and ``std``. Only their attainment is proved.

    Notes
    -----
    Kind: bound. Source: Szarek 1976, Haagerup 1981 for bipolar noise.

    Examples
    --------
    >>> from polytheory.symbolic import mean_absolute_bounds
    >>> mean_absolute_bounds().holds
    True
    """
    ratio, z, root = sp.Symbol("E|z|/s"), sp.Symbol("z", positive=True), sp.sqrt(3)
    tail, many = sp.sqrt(2) * sp.exp(-sp.sqrt(2) * z) / 2, sp.sqrt(2 / sp.pi)
    s = STD * sp.sqrt(NORM)
    return Statement(
        claim=sp.And(sp.Le(two_equal, ratio), sp.Le(ratio, 1)),
        residuals={
            # |ε₁ + ε₂|/√2 is 0 or √2 with probability 1/2 each.
            "bipolar, two equal weights": sp.sqrt(2) / 2 - two_equal,
            "uniform, one weight": 2 * sp.integrate(z / (2 * root), (z, 0, root)) - uniform,
            "laplace, one weight": 2 * sp.integrate(z * tail, (z, 0, sp.oo)) - laplace,
            "laplace has variance 1": 2 * sp.integrate(z**2 * tail, (z, 0, sp.oo)) - 1,
            "many: Gaussian": 2 * sp.integrate(z * density(z), (z, 0, sp.oo)) - many,
        },
        value=s * sp.ImmutableMatrix([two_equal, 1, many, uniform, laplace, many]),
        arguments=(NORM, STD),
        assumptions="Symmetric independent components of the named distribution.",
        not_proved="The inequalities themselves. Bipolar: argued in words from haagerup_function, "
        "which for ν ≥ 2 is least at 2 by ball arithmetic (polytheory verify --certify). Uniform "
        "and Laplace: Schur's order of the squared weights.",
    )
