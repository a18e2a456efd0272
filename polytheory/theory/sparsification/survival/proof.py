"""Proof of survival under ℓ1: two traps that decide the fate of a row."""

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement, value_of
from polytheory.theory.fixed_points import proof as fixed_points
from polytheory.theory.sparsification.row import proof as _row
from polytheory.theory.sparsification.row.proof import COUNT, L1, LAMBDA, NORM

RATIO = sp.Symbol("ratio", positive=True)
_LOWER, _UPPER = (
    value_of(root()).subs(LAMBDA, LAMBDA * RATIO)
    for root in (fixed_points.unstable_amplitude, fixed_points.carrier_amplitude)
)


@statement
def survival_traps(watershed: sp.Expr = _LOWER) -> Statement:
    r"""A row above the watershed survives; a row below the last watershed dies.

    With :math:`r_-(a)` the smaller root of :math:`r - r^3 = a`,

    .. math:: r > r_-(\lambda c) \;\Rightarrow\; \text{survives}, \qquad
              r < r_-(\lambda) \;\Rightarrow\; \text{dies},

    for :math:`r' = r(1-r^2) - \lambda c`, where :math:`c = \|w\|_1/\|w\|_2 \ge 1` never increases.

    Returns
    -------
    Statement
        Its value is the watershed :math:`r_-(\lambda c)`, of ``ratio`` (c) and ``l1_strength``.

    Notes
    -----
    Kind: bound, for λc ≤ 2/(3√3); between the traps the row must be simulated. Source:
    derivations/sparsification, “Two traps”.

    Examples
    --------
    >>> from polytheory.symbolic import survival_traps
    >>> round(survival_traps().evaluate(ratio=2.0, l1_strength=0.05), 6)
    0.101031
    """
    r, radius, c = sp.Symbol("r", positive=True), sp.sqrt(NORM), L1 / sp.sqrt(NORM)
    fall = LAMBDA / radius * c**2 * (COUNT * NORM / L1**2 - 1)
    slope, speed = 1 - 3 * watershed**2, r * (1 - r**2) - LAMBDA * RATIO
    factors = (r - watershed) * (_UPPER - r) * (r + watershed + _UPPER)
    return Statement(
        claim=sp.Eq(sp.Symbol("r_-"), watershed),
        residuals={
            "the radius": rate(radius, _row.SPEEDS) - (radius * (1 - NORM) - LAMBDA * c),
            "c never increases: c' = −(λ/r)c²ρ": rate(c, _row.SPEEDS)
            + fall,  # ρ ≥ 0: see `squared_cv`
            "on the watershed the radius rests": speed.subs(r, watershed),
            # … and it decreases with c, for this is positive below the larger root.
            "the slope of the watershed in c": sp.diff(watershed, RATIO) * slope - LAMBDA,
            "that slope in terms of the roots": slope
            - (_UPPER - watershed) * (_UPPER + 2 * watershed),
            "the roots of the speed": speed - factors,
        },
        arguments=(RATIO, LAMBDA),
        assumptions="One encoding, no interference; λc ≤ 2/(3√3), c ≥ 1; flow units.",
        not_proved=(
            "The signs, and their consequences: the watershed, on which the radius rests, "
            "decreases, so r stays above it; below the last one, c = 1, r keeps decreasing."
        ),
    )
