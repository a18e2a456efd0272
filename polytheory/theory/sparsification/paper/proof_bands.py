"""Proofs of the bands of the published laws: their ratio to the universal curve.

Letters as in the proofs of the curve. The published laws, √m/(1 + θ) and m/(1 + θ)² before their
floor, depend on the same scaled time θ, so that on the curve the ratio of truth to law is a
function of x alone.
"""

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement, value_of
from polytheory.theory.sparsification.curve.proof import ALONG, CLOCK, G0, G2, KAPPA, THETA
from polytheory.theory.sparsification.curve.proof_moments import X
from polytheory.theory.sparsification.curve.proof_ratios import ratio
from polytheory.theory.sparsification.paper import proof as _paper
from polytheory.theory.sparsification.paper.proof import TIME, WIDTH
from polytheory.theory.sparsification.row.proof import LAMBDA


def _start(band: sp.Expr) -> sp.Expr:
    return band.subs({X: 0, CLOCK: 0})


def _band(
    band: sp.Expr, law: Statement, truth: sp.Expr, slope: sp.Expr, tail: str, **more: sp.Expr
) -> Statement:
    """Return the statement about truth over a published law, in θ and x."""
    (branch,) = set(value_of(law).args) - {sp.S.One}
    before_the_floor = branch.subs(TIME, CLOCK / (LAMBDA * sp.sqrt(WIDTH)))
    return Statement(
        claim=sp.Eq(sp.Symbol("truth/law"), band.subs(CLOCK, THETA)),
        residuals={
            "truth over law": band * before_the_floor - truth,
            "extremes are roots of the log slope": rate(sp.log(band), ALONG) - slope,
            **more,
        },
        arguments=(X,),
        assumptions="On the universal curve: m → ∞, λ√m → 0. Before the published law reaches its "
        "floor of 1.",
        not_proved="The extreme values, at roots of the logarithmic derivative, found numerically. "
        f"The limit at x = ∞, which is that of {tail}.",
    )


@statement
def paper_l1_band(band: sp.Expr = (1 + CLOCK) * KAPPA) -> Statement:
    r"""The ℓ1 norm on the universal curve, as a multiple of the published law.

    .. math:: \frac{\|w\|_1}{1/(1/\sqrt m + \lambda t)} = (1 + \Theta(x))\frac{G_1}{\sqrt{G_2}}
              \in [0.7979, 1.2192]

    It starts at √(2/π), its least value, rises to 1.2192 at x = 1.997 and falls to 1.

    Returns
    -------
    Statement
        Its value is the ratio, of ``scaled_threshold`` (x), evaluated by quadrature.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0. Source: derivations/universal_curve, “The end of the
    curve”.

    Examples
    --------
    >>> from polytheory.symbolic import paper_l1_band
    >>> round(paper_l1_band().evaluate(scaled_threshold=1.0), 6)
    1.126374
    """
    slope = 1 / ((1 + CLOCK) * sp.sqrt(G2)) + ratio(2) / 2 - ratio(1)
    truth, more = sp.sqrt(WIDTH) * KAPPA, {"at x = 0": _start(band) - sp.sqrt(2 / sp.pi)}
    return _band(band, _paper.paper_l1_norm(), truth, slope, "l1_norm_tail", **more)


@statement
def paper_count_band(band: sp.Expr = (1 + CLOCK) ** 2 * G0) -> Statement:
    r"""The number of living weights on the universal curve, as a multiple of the published law.

    .. math:: \frac{m'}{1/(1/\sqrt m + \lambda t)^2} = 2(1 + \Theta(x))^2 Q(x) \in [1, 2.7160]

    It starts at 1, its least value, rises to 2.7160 at x = 2.186 and falls to 2.

    Returns
    -------
    Statement
        Its value is the ratio, of ``scaled_threshold`` (x), evaluated by quadrature.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0. Source: derivations/universal_curve, “The end of the
    curve”.

    Examples
    --------
    >>> from polytheory.symbolic import paper_count_band
    >>> round(paper_count_band().evaluate(scaled_threshold=1.0), 6)
    2.184705
    """
    slope = 2 / ((1 + CLOCK) * sp.sqrt(G2)) - ratio(0)
    one_and_rho = 2 * ratio(1) / ratio(2)
    more = {
        "at x = 0": _start(band) - 1,
        "it is (1 + ρ) times the square of the ℓ1 ratio": band
        - ((1 + CLOCK) * KAPPA) ** 2 * one_and_rho,
    }
    law, truth = _paper.paper_nonzero_count(), WIDTH * G0
    return _band(band, law, truth, slope, "nonzero_count_tail", **more)
