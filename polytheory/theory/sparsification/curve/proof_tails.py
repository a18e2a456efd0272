"""Proofs of the tails of the universal curve, at a threshold of many standard deviations.

Letters as in the curve's own proof and in that of the ratios. The tails are V = ‖w‖₁·λt = θκ and
U = m'·(λt)² = θ²G₀; on the curve dV/dx = h₂/2 + V(h₂/2 − h₁) and U = V²(1 + ρ), so their series
follow from those of h₁, h₂.
"""

from collections.abc import Mapping

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement
from polytheory.theory.sparsification.curve.proof import ALONG, CLOCK, CURVE_SQUARED_CV, G0, KAPPA
from polytheory.theory.sparsification.curve.proof_moments import PHI, X
from polytheory.theory.sparsification.curve.proof_ratios import Z, leading, ratio, ratio_series

#: Terms of the series of the ratios; the tails need fewer.
_TERMS = 7
L1_TAIL, COUNT_TAIL = 1 + 2 * Z**2 - 6 * Z**4, 2 + 6 * Z**2 - 6 * Z**4
#: The first omitted term of each: an estimate of its error.
L1_NEXT, COUNT_NEXT = 90 * Z**6, 190 * Z**6
_H, _SERIES = zip(*((ratio(p), ratio_series(p, _TERMS)) for p in range(3)), strict=True)


def _slope(series: sp.Expr) -> sp.Expr:
    """Return the derivative by x of a series in z = 1/x."""
    return -(Z**2) * sp.diff(series, Z)


def _tail(
    name: sp.Expr, series: sp.Expr, following: sp.Expr, residuals: Mapping[str, sp.Expr]
) -> Statement:
    """Return the statement that a series in z is a tail, up to the next term."""
    return Statement(
        claim=sp.Eq(name, series.subs(Z, 1 / X)),
        residuals=residuals,
        arguments=(X,),
        assumptions=(
            "On the universal curve, x → ∞. The series is asymptotic, with an error of about the "
            f"first term left out, {following.subs(Z, 1)}/x⁶. With θ = λ√m·t, x² + ln(2πx²) = "
            "4 ln θ + O(1/x²)."
        ),
        not_proved=(
            "Watson's lemma for the ratios h_p, and that the true tail is the solution with this "
            "series: all others differ from it by a multiple of κ ~ exp(−x²/4), which is below "
            "every term."
        ),
    )


@statement
def l1_norm_tail(tail: sp.Expr = L1_TAIL, following: sp.Expr = L1_NEXT) -> Statement:
    r"""The ℓ1 norm tends to 1/(λt) from above, logarithmically slowly.

    .. math:: \|w\|_1\,\lambda t = 1 + \frac{2}{x^2} - \frac{6}{x^4} + O(x^{-6})

    Returns
    -------
    Statement
        Its value is the series, of ``scaled_threshold`` (x).

    Notes
    -----
    Kind: leading order as x → ∞, with its next orders. Source: derivations/universal_curve, “The
    end of the curve”.

    Examples
    --------
    >>> from polytheory.symbolic import l1_norm_tail
    >>> round(l1_norm_tail().evaluate(scaled_threshold=10.0), 6)
    1.0194
    """
    (h_0, h_1, h_2), (s_0, s_1, s_2) = _H, _SERIES
    exact, longer = CLOCK * KAPPA, tail + following
    residuals = {}
    for p, (true, series) in enumerate(zip(_H, _SERIES, strict=True)):
        label = f"h_{p}' = h_{p}² − x h_{p} − {p}"
        residuals[label] = sp.diff(true, X) - (true**2 - X * true - p)
        mismatch = _slope(series) - (series**2 - series / Z - p)
        residuals[f"{label}, the series"] = leading(mismatch, 2 * _TERMS - 4)
    solved = _slope(longer) - s_2 / 2 - longer * (s_2 / 2 - s_1)
    residuals |= {
        "dV/dx = h₂/2 + V(h₂/2 − h₁)": rate(exact, ALONG) - (h_2 / 2 + exact * (h_2 / 2 - h_1)),
        "the series solves it": leading(solved, 5),
        "the omitted term is of the next order": sp.diff(following / Z**6, Z),
        "κ solves it without h₂/2": sp.diff(KAPPA, X) - KAPPA * (h_2 / 2 - h_1),
        "κ² by ratios": KAPPA**2 / (2 * PHI) - h_2 / (2 * h_0 * h_1),
        "κ² ~ φ/x": leading(s_2 - Z * s_0 * s_1, -1),
    }
    return _tail(sp.Symbol("|w|_1") * sp.Symbol("lambda t"), tail, following, residuals)


@statement
def nonzero_count_tail(tail: sp.Expr = COUNT_TAIL, following: sp.Expr = COUNT_NEXT) -> Statement:
    r"""The number of living weights tends to 2/(λt)² from above, logarithmically slowly.

    .. math:: m'\,(\lambda t)^2 = 2\Big(1 + \frac{3}{x^2} - \frac{3}{x^4} + O(x^{-6})\Big)

    Returns
    -------
    Statement
        Its value is the series, of ``scaled_threshold`` (x).

    Notes
    -----
    Kind: leading order as x → ∞, with its next orders. The published law has 1 in place of 2.
    Source: derivations/universal_curve, “The end of the curve”.

    Examples
    --------
    >>> from polytheory.symbolic import nonzero_count_tail
    >>> round(nonzero_count_tail().evaluate(scaled_threshold=10.0), 6)
    2.0594
    """
    (h_0, h_1, h_2), (s_0, s_1, s_2) = _H, _SERIES
    exact, norm, longer = CLOCK**2 * G0, L1_TAIL + L1_NEXT, tail + following
    solved = norm * _slope(longer) - longer * (s_2 - norm * s_0)
    residuals = {
        "U = V²(1 + ρ)": exact - (CLOCK * KAPPA) ** 2 * (1 + CURVE_SQUARED_CV),
        "1 + ρ = 2h₁/h₂": 1 + CURVE_SQUARED_CV - 2 * h_1 / h_2,
        "the series, times h₂": leading(longer * s_2 - norm**2 * 2 * s_1, 5),
        # Without the tail of the norm: dU/dx = U(h₂/V − h₀).
        "dU/dx = U(h₂/V − h₀)": rate(exact, ALONG) - exact * (h_2 / (CLOCK * KAPPA) - h_0),
        "the omitted term is of the next order": sp.diff(following / Z**6, Z),
        "the series solves it, times V": leading(solved, 5),
    }
    return _tail(sp.Symbol("m'") * sp.Symbol("(lambda t)^2"), tail, following, residuals)
