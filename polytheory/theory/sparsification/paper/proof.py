"""Proofs for the published laws of sparsification."""

import sympy as sp

from polytheory.algebra.statement import Statement, statement
from polytheory.theory.sparsification.row.proof import LAMBDA

TIME = sp.Symbol("time", positive=True)
WIDTH = sp.Symbol("n_neurons", positive=True)
FRACTION = sp.Symbol("fraction", positive=True)
_LEFT = sp.Symbol("count", positive=True)
_PAPER_NORM = 1 / (1 / sp.sqrt(WIDTH) + LAMBDA * TIME)
_INVERSE = (1 / sp.sqrt(_LEFT) - 1 / sp.sqrt(WIDTH)) / LAMBDA
_AT_FLOOR = {TIME: (1 - 1 / sp.sqrt(WIDTH)) / LAMBDA}


@statement
def paper_l1_norm(norm: sp.Expr = _PAPER_NORM) -> Statement:
    r"""The published law of the ℓ1 norm.

    .. math:: \|w\|_1 \approx \max\Big(\frac{1}{1/\sqrt m + \lambda t},\, 1\Big)

    The solution of :math:`\dot s = -\lambda s^2`, :math:`s(0) = \sqrt m`, bounded below by 1, the
    least value for a row of norm 1.

    Returns
    -------
    Statement
        Its value is the law, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: leading order; exponents correct, constants not, see ``assumptions``. Source: arXiv
    2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import paper_l1_norm
    >>> paper_l1_norm().evaluate(time=[0.0, 75.0, 1e6], n_neurons=16, l1_strength=0.01)
    array([4., 1., 1.])
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("|w|_1"), sp.Max(norm, 1)),
        residuals={
            "ds/dt = −λs²": sp.diff(norm, TIME) + LAMBDA * norm**2,
            "it starts at √m": norm.subs(TIME, 0) - sp.sqrt(WIDTH),
            "it reaches the floor when λt = 1 − 1/√m": norm.subs(_AT_FLOOR) - 1,
        },
        arguments=(TIME, WIDTH, LAMBDA),
        assumptions=(
            "ds/dt = −λs² is d(1/s)/dt = λρ/‖w‖² (inverse_l1_speed) with ρ/‖w‖² set to 1, while "
            "the ρ of a random row grows from π/2 − 1 to about 1; and s(0) = √m is only the "
            "largest that a row of norm 1 can have, a Gaussian one has √(2m/π)."
        ),
        not_proved="That the law is close to the flow, which simulation tests.",
    )


@statement
def paper_nonzero_count(count: sp.Expr = _PAPER_NORM**2) -> Statement:
    r"""The published law of the number of living weights.

    .. math:: m' \approx \max\Big(\frac{1}{(1/\sqrt m + \lambda t)^2},\, 1\Big)

    Returns
    -------
    Statement
        Its value is the law, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: leading order; exponents correct, constants not, see ``assumptions``. Source: arXiv
    2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import paper_nonzero_count
    >>> paper_nonzero_count().evaluate(time=[0.0, 25.0], n_neurons=16, l1_strength=0.01)
    array([16.,  4.])
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("m'"), sp.Max(count, 1)),
        residuals={
            "m' = s²": count - _PAPER_NORM**2,
            "dm'/dt = −2λm'^(3/2)": sp.diff(count, TIME) + 2 * LAMBDA * sp.sqrt(count) ** 3,
            "it starts at m": count.subs(TIME, 0) - WIDTH,
            "it reaches the floor when λt = 1 − 1/√m": count.subs(_AT_FLOOR) - 1,
        },
        arguments=(TIME, WIDTH, LAMBDA),
        assumptions=(
            "As for paper_l1_norm, and m' = s². The two are not consistent: with ‖w‖ = 1 "
            "and ρ = 1 the definition of ρ gives m' = 2s², while m' = s² means ρ = 0, equal "
            "weights, for which s is constant. Hence a constant between π/2 and 2 is missing."
        ),
        not_proved="That the law is close to the flow, which simulation tests.",
    )


@statement
def paper_time_to_count(time: sp.Expr = _INVERSE) -> Statement:
    r"""The time to a given number of living weights by the published law.

    .. math:: T = \frac1\lambda\Big(\frac{1}{\sqrt{m'}} - \frac{1}{\sqrt m}\Big)

    Returns
    -------
    Statement
        Its value is T, of ``count`` (m'), ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: leading order, as `paper_nonzero_count`, for 1 ≤ m' ≤ m. To a fixed fraction m'/m it
    scales with m and λ like `time_to_fraction`. Source: arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import paper_time_to_count
    >>> paper_time_to_count().evaluate(count=4, n_neurons=16, l1_strength=0.01)
    25.0
    """
    scaled = time.subs(_LEFT, FRACTION * WIDTH) * LAMBDA * sp.sqrt(WIDTH)
    return Statement(
        claim=sp.Eq(sp.Symbol("T"), time),
        residuals={
            "the published law, inverted": _PAPER_NORM.subs(TIME, time) ** 2 - _LEFT,
            "all live at time 0": time.subs(_LEFT, WIDTH),
            "at a fixed fraction it scales like 1/(λ√m)": sp.diff(scaled, WIDTH),
        },
        arguments=(_LEFT, WIDTH, LAMBDA),
        assumptions="As for paper_nonzero_count; 1 ≤ m' ≤ m.",
        not_proved="That the law is close to the flow, which simulation tests.",
    )
