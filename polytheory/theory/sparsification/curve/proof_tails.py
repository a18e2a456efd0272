"""The end of the universal curve: a threshold of many standard deviations.

Letters as in `_curve` and `_ratios`. The tails are V = ‖w‖₁·λt = θκ and U = m'·(λt)² = θ²G₀; on the
curve dV/dx = h₂/2 + V(h₂/2 − h₁) and U = V²(1 + ρ), so their series follow from those of h₁, h₂.
"""

from __future__ import annotations

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement
from polytheory.theory.sparsification.curve.proof import CURVE_SPREAD, G2, KAPPA
from polytheory.theory.sparsification.curve.proof_moments import PHI, X, moment
from polytheory.theory.sparsification.curve.proof_ratios import Z, leading, ratio, ratio_series

#: Terms of the series of the ratios, more than the tails need.
_TERMS = 7
_L1_TAIL = 1 + 2 * Z**2 - 6 * Z**4
_COUNT_TAIL = 2 + 6 * Z**2 - 6 * Z**4
#: The first term that each leaves out: what its error is like.
_L1_NEXT, _COUNT_NEXT = 90 * Z**6, 190 * Z**6

_ASSUMPTIONS = (
    "On the universal curve, x → ∞. The series is asymptotic, with an error of about the first "
    "term left out, {next}/x⁶. With θ = λ√m·t, x² + ln(2πx²) = 4 ln θ + O(1/x²)."
)
_NOT_PROVED = (
    "Watson's lemma for the ratios h_p, and that the true tail is the solution with this series: "
    "all others differ from it by a multiple of κ ~ exp(−x²/4), which is below every term."
)

_THETA = sp.Symbol("theta", positive=True)
#: Along the curve: dθ/dx = 1/√G₂.
_ALONG = {X: sp.S.One, _THETA: 1 / sp.sqrt(G2)}


def _slope(series: sp.Expr) -> sp.Expr:
    """Return the derivative by x of a series in z = 1/x."""
    return -(Z**2) * sp.diff(series, Z)


def _l1_norm_tail_residuals(tail: sp.Expr, following: sp.Expr) -> dict[str, sp.Expr]:
    exact = _THETA * KAPPA
    longer = tail + following
    h_0, h_1, h_2 = (ratio_series(p, _TERMS) for p in range(3))
    residuals = {}
    for p, h in enumerate((h_0, h_1, h_2)):
        label, true = f"h_{p}' = h_{p}² − x h_{p} − {p}", ratio(p)
        residuals[label] = sp.diff(true, X) - (true**2 - X * true - p)
        residuals[f"{label}, the series"] = leading(_slope(h) - (h**2 - h / Z - p), 2 * _TERMS - 4)
    return residuals | {
        "dV/dx = h₂/2 + V(h₂/2 − h₁)": rate(exact, _ALONG)
        - (ratio(2) / 2 + exact * (ratio(2) / 2 - ratio(1))),
        "the series solves it": leading(_slope(longer) - h_2 / 2 - longer * (h_2 / 2 - h_1), 5),
        "the term left out is of the next order": sp.diff(following / Z**6, Z),
        "κ solves it without h₂/2": sp.diff(KAPPA, X) - KAPPA * (ratio(2) / 2 - ratio(1)),
        "κ² by ratios": KAPPA**2 / (2 * PHI) - ratio(2) / (2 * ratio(0) * ratio(1)),
        "κ² ~ φ/x": leading(h_2 - Z * h_0 * h_1, -1),
    }


@statement
def l1_norm_tail() -> Statement:
    r"""In the end the ℓ1 norm is 1/(λt), approached from above and logarithmically slowly.

    .. math:: \|w\|_1\,\lambda t = 1 + \frac{2}{x^2} - \frac{6}{x^4} + O(x^{-6})

    Returns
    -------
    Statement
        Its value is the series, of ``threshold`` (x).

    Notes
    -----
    Kind: leading order as x → ∞, with its next orders. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import l1_norm_tail
    >>> round(l1_norm_tail().evaluate(threshold=10.0), 6)
    1.0194
    """
    value = _L1_TAIL.subs(Z, 1 / X)
    return Statement(
        claim=sp.Eq(sp.Symbol("|w|_1") * sp.Symbol("lambda t"), value),
        residuals=_l1_norm_tail_residuals(_L1_TAIL, _L1_NEXT),
        value=value,
        arguments=(X,),
        assumptions=_ASSUMPTIONS.format(next=90),
        not_proved=_NOT_PROVED,
    )


def _nonzero_count_tail_residuals(tail: sp.Expr, following: sp.Expr) -> dict[str, sp.Expr]:
    exact, h_1, h_2 = _THETA**2 * moment(0), ratio_series(1, _TERMS), ratio_series(2, _TERMS)
    norm, longer = _L1_TAIL + _L1_NEXT, tail + following
    return {
        "U = V²(1 + ρ)": exact - (_THETA * KAPPA) ** 2 * (1 + CURVE_SPREAD),
        "1 + ρ = 2h₁/h₂": 1 + CURVE_SPREAD - 2 * ratio(1) / ratio(2),
        "the series, times h₂": leading(longer * h_2 - norm**2 * 2 * h_1, 5),
        # Without the tail of the norm: dU/dx = U(h₂/V − h₀).
        "dU/dx = U(h₂/V − h₀)": rate(exact, _ALONG)
        - exact * (ratio(2) / (_THETA * KAPPA) - ratio(0)),
        "the term left out is of the next order": sp.diff(following / Z**6, Z),
        "the series solves it, times V": leading(
            norm * _slope(longer) - longer * (h_2 - norm * ratio_series(0, _TERMS)), 5
        ),
    }


@statement
def nonzero_count_tail() -> Statement:
    r"""In the end 2/(λt)² weights are left, approached from above and logarithmically slowly.

    .. math:: m'\,(\lambda t)^2 = 2\Big(1 + \frac{3}{x^2} - \frac{3}{x^4} + O(x^{-6})\Big)

    Returns
    -------
    Statement
        Its value is the series, of ``threshold`` (x).

    Notes
    -----
    Kind: leading order as x → ∞, with its next orders. The published law has 1 in place of 2.
    Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import nonzero_count_tail
    >>> round(nonzero_count_tail().evaluate(threshold=10.0), 6)
    2.0594
    """
    value = _COUNT_TAIL.subs(Z, 1 / X)
    return Statement(
        claim=sp.Eq(sp.Symbol("m'") * sp.Symbol("(lambda t)^2"), value),
        residuals=_nonzero_count_tail_residuals(_COUNT_TAIL, _COUNT_NEXT),
        value=value,
        arguments=(X,),
        assumptions=_ASSUMPTIONS.format(next=190),
        not_proved=_NOT_PROVED,
    )
