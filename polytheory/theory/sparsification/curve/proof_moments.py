"""Proofs for truncated Gaussian moments, used by the mean field of one encoding.

Letters: g is standard normal with density φ and tail Q; x is the threshold in standard deviations;
G_p(x) = E(|g| − x)₊^p.
"""

from functools import cache

import sympy as sp

from polytheory.algebra.statement import Statement, statement

X = sp.Symbol("scaled_threshold", nonnegative=True)
POWER = sp.Symbol("power", integer=True, nonnegative=True)
PHI = sp.exp(-(X**2) / 2) / sp.sqrt(2 * sp.pi)
TAIL = sp.erfc(X / sp.sqrt(2)) / 2


@cache
def moment(power: int) -> sp.Expr:
    """Return G_p by its recursion, as a polynomial in x times φ plus another times Q."""
    if power == 0:
        return 2 * TAIL
    if power == 1:
        return 2 * (PHI - X * TAIL)
    return sp.expand((power - 1) * moment(power - 2) - X * moment(power - 1))


#: Moments of the theory: the count, the ℓ1, ℓ2 and ℓ4 norms, and the third moment.
MOMENTS = tuple(moment(p) for p in range(5))


@statement
def gaussian_moment(moments: tuple[sp.Expr, ...] = MOMENTS) -> Statement:
    r"""Truncated moments of a standard normal variable.

    .. math:: G_p(x) = E(|g| - x)_+^p = 2\varphi(x)\int_0^\infty y^p e^{-xy-y^2/2}\,dy

    with :math:`G_0 = 2Q`, :math:`G_1 = 2(\varphi - xQ)`,
    :math:`G_p = (p-1)\,G_{p-2} - x\,G_{p-1}` and :math:`G_p' = -p\,G_{p-1}`.

    Returns
    -------
    Statement
        Its value is :math:`G_p(x)`, of ``power`` (p = 0, …, 4) and ``scaled_threshold`` (x ≥ 0).

    Notes
    -----
    Kind: exact. The closed forms lose digits to cancellation, like :math:`x^{2p}`: in double
    precision use the integral. Source: derivations/universal_curve, “Truncated moments”.

    Examples
    --------
    >>> from polytheory.symbolic import gaussian_moment
    >>> [round(gaussian_moment().evaluate(power=p, scaled_threshold=1.0), 6) for p in range(5)]
    [0.317311, 0.166631, 0.15068, 0.182582, 0.269456]
    """
    y = sp.Symbol("y", positive=True)
    residuals = {"G₀' = −2φ": sp.diff(moments[0], X) + 2 * PHI}
    at_zero = [1, sp.sqrt(2 / sp.pi), 1, 2 * sp.sqrt(2 / sp.pi), 3]
    for p, each in enumerate(moments):
        # (|g| − x)₊ = y: both signs of g, and φ(x + y) = φ(x) exp(−xy − y²/2).
        integral = 2 * PHI * sp.integrate(y**p * sp.exp(-X * y - y**2 / 2), (y, 0, sp.oo))
        residuals[f"G_{p} is the integral"] = each - integral.rewrite(sp.erfc)
        residuals[f"G_{p}(0) = E|g|^{p}"] = each.subs(X, 0) - at_zero[p]
        if p >= 1:
            residuals[f"G_{p}' = −{p} G_{p - 1}"] = sp.diff(each, X) + p * moments[p - 1]
        if p >= 2:
            down = (p - 1) * moments[p - 2] - X * moments[p - 1]
            residuals[f"G_{p} = {p - 1} G_{p - 2} − x G_{p - 1}"] = each - down
            # φ(x) solves φ' = −xφ, hence every G_p is a parabolic cylinder function.
            curved = sp.diff(each, X, 2) + X * sp.diff(each, X) - p * each
            residuals[f"G_{p}'' + x G_{p}' = {p} G_{p}"] = curved
    cases = ((each, sp.Eq(POWER, p)) for p, each in enumerate(moments))
    return Statement(
        claim=sp.Eq(sp.Symbol("G_p"), sp.Piecewise(*cases, (sp.nan, True))),
        residuals=residuals,
        arguments=(POWER, X),
        assumptions="x ≥ 0; p = 0, 1, 2, 3, 4.",
    )
