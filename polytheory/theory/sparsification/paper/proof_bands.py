"""The universal curve as a multiple of the published laws: the bands of the latter.

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

_ASSUMPTIONS = (
    "On the universal curve: m → ∞, λ√m → 0. Before the published law reaches its floor of 1."
)
_EXTREMES = (
    "The extreme values: they are the roots of the logarithmic derivative, found numerically. The "
    "limit at x = ∞, which is that of {tail}."
)


def _before_the_floor(law: Statement) -> sp.Expr:
    """Return the branch of max(…, 1) that is not the floor, at scaled time θ."""
    (branch,) = set(value_of(law).args) - {sp.S.One}
    return branch.subs(TIME, CLOCK / (LAMBDA * sp.sqrt(WIDTH)))


@statement
def paper_l1_band(band: sp.Expr = (1 + CLOCK) * KAPPA) -> Statement:
    r"""The ℓ1 norm on the universal curve, as a multiple of the published law.

    .. math:: \frac{\|w\|_1}{1/(1/\sqrt m + \lambda t)} = (1 + \Theta(x))\frac{G_1}{\sqrt{G_2}}
              \in [0.7979, 1.2192]

    It starts at √(2/π), its least value, rises to 1.2192 at x = 1.997 and falls to 1.

    Returns
    -------
    Statement
        Its value is the ratio, of ``threshold`` (x), evaluated by quadrature.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import paper_l1_band
    >>> round(paper_l1_band().evaluate(threshold=1.0), 6)
    1.126374
    """
    slope = 1 / ((1 + CLOCK) * sp.sqrt(G2)) + ratio(2) / 2 - ratio(1)
    value = band.subs(CLOCK, THETA)
    return Statement(
        claim=sp.Eq(sp.Symbol("truth/law"), value),
        residuals={
            "truth over law": band * _before_the_floor(_paper.paper_l1_norm())
            - sp.sqrt(WIDTH) * KAPPA,
            "at x = 0": band.subs({X: 0, CLOCK: 0}) - sp.sqrt(2 / sp.pi),
            "an extreme is a root of this": rate(sp.log(band), ALONG) - slope,
        },
        arguments=(X,),
        assumptions=_ASSUMPTIONS,
        not_proved=_EXTREMES.format(tail="l1_norm_tail"),
    )


@statement
def paper_count_band(band: sp.Expr = (1 + CLOCK) ** 2 * G0) -> Statement:
    r"""The number of living weights on the universal curve, as a multiple of the published law.

    .. math:: \frac{m'}{1/(1/\sqrt m + \lambda t)^2} = 2(1 + \Theta(x))^2 Q(x) \in [1, 2.7160]

    It starts at 1, its least value, rises to 2.7160 at x = 2.186 and falls to 2.

    Returns
    -------
    Statement
        Its value is the ratio, of ``threshold`` (x), evaluated by quadrature.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import paper_count_band
    >>> round(paper_count_band().evaluate(threshold=1.0), 6)
    2.184705
    """
    slope = 2 / ((1 + CLOCK) * sp.sqrt(G2)) - ratio(0)
    value = band.subs(CLOCK, THETA)
    return Statement(
        claim=sp.Eq(sp.Symbol("truth/law"), value),
        residuals={
            "truth over law": band * _before_the_floor(_paper.paper_nonzero_count()) - WIDTH * G0,
            "at x = 0": band.subs({X: 0, CLOCK: 0}) - 1,
            "an extreme is a root of this": rate(sp.log(band), ALONG) - slope,
            "it is (1 + ρ) times the square of the other": band
            - ((1 + CLOCK) * KAPPA) ** 2 * 2 * ratio(1) / ratio(2),
        },
        arguments=(X,),
        assumptions=_ASSUMPTIONS,
        not_proved=_EXTREMES.format(tail="nonzero_count_tail"),
    )
