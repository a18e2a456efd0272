"""Proofs of the decay of overlaps: the Gram matrix of two rows, and many to first order."""

from functools import cache

import sympy as sp

from polytheory.algebra import model
from polytheory.algebra.statement import Statement, rate, statement

COSINE = sp.Symbol("initial_cosine", real=True)
TIME, FIRST, SECOND = sp.symbols("time squared_norm other_squared_norm", positive=True)
OVERLAP = sp.Symbol("initial_overlap", real=True)
_LEFT = sp.exp(-2 * TIME)
_SINE_SQUARE = 1 - COSINE**2
_GROWN = (1 / _LEFT - 1) * _SINE_SQUARE
_OTHER_LEFT = _LEFT / (_LEFT + (1 - _LEFT) * _SINE_SQUARE * SECOND)


# All quantities of two rows are rational in z = exp(−2t) and the initial g = c√(N₁N₂).
_Z, _G = sp.symbols("z g", positive=True)


@cache
def gram() -> sp.Matrix:
    """Return G(t) = G(0)[z + (1 − z)G(0)]⁻¹ of two rows with a positive overlap g."""
    start = sp.Matrix([[FIRST, _G], [_G, SECOND]])
    both = _Z * sp.eye(2) + (1 - _Z) * start
    return (start * both.adjugate() / both.det()).applyfunc(sp.cancel)


def _rational(expression: sp.Expr) -> sp.Expr:
    by_z = expression.subs(TIME, -sp.log(_Z) / 2)
    return sp.cancel(sp.together(by_z.subs(COSINE, _G / sp.sqrt(FIRST * SECOND))))


# dG/dt = 2G(1 − G), by its entries.
_SPEEDS = {
    FIRST: 2 * FIRST * (1 - FIRST) - 2 * _G**2,
    SECOND: 2 * SECOND * (1 - SECOND) - 2 * _G**2,
    _G: 2 * _G * (1 - FIRST - SECOND),
}


def _time_derivative(expression: sp.Expr) -> sp.Expr:
    """Return d/dt = −2z d/dz."""
    return -2 * _Z * sp.diff(expression, _Z)


def _closed_system() -> dict[str, sp.Expr]:
    """Return residuals: the forces of the model give a flow of the Gram matrix alone."""
    encodings = sp.Matrix(3, 2, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))
    residuals: dict[str, sp.Expr] = {}
    for size in (2, 3):
        W = encodings[:size, :]
        G = W * W.T
        every = {(i, j): 1 for i in range(size) for j in range(i + 1, size)}
        V = model.force(W, every, sp.zeros(size, 2), sp.S.Zero)
        off = V * W.T + W * V.T - 2 * (G - G * G)
        residuals |= {f"{size} rows, dG/dt = 2G(1 − G), {k}": each for k, each in enumerate(off)}
    W = encodings[:2, :]
    silent = model.force(W, {(0, 1): 0}, sp.zeros(2, 2), sp.S.Zero)
    rates = dict(zip(W, silent, strict=True))
    cosine = W.row(0).dot(W.row(1)) / sp.sqrt(W.row(0).dot(W.row(0)) * W.row(1).dot(W.row(1)))
    return residuals | {"a negative cosine is constant": rate(cosine, rates)}


def _riccati() -> dict[str, sp.Expr]:
    """Return residuals: the closed form of the Gram matrix solves its equation."""
    G = gram()
    off = G.applyfunc(_time_derivative) - 2 * (G - G * G)
    start = sp.Matrix([[FIRST, _G], [_G, SECOND]])
    entries = 2 * (start - start * start) - sp.Matrix(
        [[_SPEEDS[FIRST], _SPEEDS[_G]], [_SPEEDS[_G], _SPEEDS[SECOND]]]
    )
    return {
        **{f"dG/dt by its entries, {k}": each for k, each in enumerate(entries)},
        "N₁ moves as claimed": off[0, 0],
        "the overlap moves as claimed": off[0, 1],
        "N₁ at time 0": G[0, 0].subs(_Z, 1) - FIRST,
        "the overlap at time 0": G[0, 1].subs(_Z, 1) - _G,
    }


def _of_two_rows(
    symbol: str, acute: sp.Expr, obtuse: sp.Expr, residuals: dict[str, sp.Expr]
) -> Statement:
    return Statement(
        claim=sp.Eq(sp.Symbol(symbol), acute),
        residuals=_closed_system() | _riccati() | residuals,
        value=sp.Piecewise((obtuse, COSINE <= 0), (acute, True)),
        arguments=(COSINE, TIME, FIRST, SECOND),
        assumptions="Two features on any number of neurons, no regularization.",
        not_proved="That the flow of rows is a flow of inner products for any number of neurons.",
    )


@statement
def cosine_decay(
    cosine: sp.Expr = COSINE / sp.sqrt(1 + _GROWN * FIRST) / sp.sqrt(1 + _GROWN * SECOND),
) -> Statement:
    r"""A positive cosine of two rows decays, finally at the rate 2.

    While every overlap is positive the flow is :math:`\dot W = (1-G)W`, so the Gram matrix obeys a
    matrix Riccati equation with the solution

    .. math:: \dot G = 2G(1-G), \qquad G(t) = G(0)\bigl[e + (1-e)G(0)\bigr]^{-1}, \quad e = e^{-2t}.

    Returns
    -------
    Statement
        Its value is the cosine, a function of ``initial_cosine``, ``time``, ``squared_norm`` and
        ``other_squared_norm``.

    Notes
    -----
    Kind: exact, for two features. Source: derivations/interference, “Two rows, solved”.

    Examples
    --------
    >>> from polytheory.symbolic import cosine_decay
    >>> given = {"initial_cosine": 0.6, "squared_norm": 1.0, "other_squared_norm": 1.0}
    >>> round(cosine_decay().evaluate(time=1.0, **given), 6)
    0.117901
    """
    G = gram()
    square = _rational(cosine**2)  # the cosine itself is positive
    now = _G / sp.sqrt(FIRST * SECOND)
    fall = now * (1 - now**2) * (FIRST + SECOND)
    late = _G / (FIRST * SECOND * (1 - now**2))
    residuals = {
        "it is the overlap over the norms": square * G[0, 0] * G[1, 1] - G[0, 1] ** 2,
        "its rate is (1 − c²)(N₁ + N₂)": rate(now, _SPEEDS) + fall,
        "at time 0": cosine.subs(TIME, 0) - COSINE,
        "asymptotically exp(−2t) times a constant": sp.cancel(square / _Z**2).subs(_Z, 0) - late**2,
        "parallel rows stay parallel": cosine.subs(COSINE, 1) - 1,
    }
    return _of_two_rows("c(t)", cosine, COSINE, residuals)


@statement
def pair_squared_norm(
    square: sp.Expr = FIRST / (_LEFT + (1 - _LEFT) * (FIRST + COSINE**2 * SECOND * _OTHER_LEFT)),
) -> Statement:
    r"""Two rows tend to norm 1, unless they are parallel.

    Returns
    -------
    Statement
        Its value is the squared norm of the first, a function of ``initial_cosine``, ``time``,
        ``squared_norm`` and ``other_squared_norm``.

    Notes
    -----
    Kind: exact, for two features. Source: derivations/interference, “Two rows, solved”.

    Examples
    --------
    >>> from polytheory.symbolic import pair_squared_norm
    >>> given = {"initial_cosine": 1.0, "squared_norm": 3.0, "other_squared_norm": 1.0}
    >>> round(pair_squared_norm().evaluate(time=50.0, **given), 6)
    0.75
    """
    late = square.subs(TIME, -sp.log(_Z) / 2)
    alone, together = square.subs(COSINE, 0), late.subs(COSINE, 1).subs(_Z, 0)
    residuals = {
        "it is the entry 11 of the Gram matrix": _rational(square) - gram()[0, 0],
        "orthogonal rows relax independently": alone - FIRST / (_LEFT + (1 - _LEFT) * FIRST),
        "it tends to 1": late.subs(_Z, 0) - 1,
        "parallel rows tend to N₁/(N₁ + N₂)": together - FIRST / (FIRST + SECOND),
    }
    return _of_two_rows("N_1(t)", square, alone, residuals)


@statement
def overlap_decay(overlap: sp.Expr = OVERLAP * _LEFT) -> Statement:
    r"""Positive overlaps of nearly orthonormal rows decay like exp(−2t); others are constant.

    With :math:`W = 1 + \varepsilon A` the overlaps are :math:`\varepsilon(A_{ij}+A_{ji})`; to first
    order each has the rate −2 or 0, independently of the others and of the norms.

    Returns
    -------
    Statement
        Its value is a function of ``initial_overlap`` and ``time``.

    Notes
    -----
    Kind: leading order in the overlaps. Source: derivations/interference, “Many rows”.

    Examples
    --------
    >>> from polytheory.symbolic import overlap_decay
    >>> round(overlap_decay().evaluate(initial_overlap=0.1, time=1.0), 6)
    0.013534
    """
    eps = sp.Symbol("epsilon", positive=True)
    A = sp.Matrix(3, 3, lambda i, k: sp.Symbol(f"A_{i}{k}", real=True))
    W = sp.eye(3) + eps * A
    residuals = {"at time 0": overlap.subs(TIME, 0) - OVERLAP}
    for active in model.patterns(3):
        V = model.force(W, active, sp.zeros(3, 3), sp.S.Zero)
        speeds = sp.diff(V * W.T + W * V.T, eps).subs(eps, 0)
        for (i, j), passes in active.items():
            slope = sp.diff(overlap, TIME) / overlap if passes else sp.S.Zero
            label = f"overlap {i}{j}, pattern {''.join(map(str, active.values()))}"
            # To first order G_ij = ε(A_ij + A_ji).
            residuals[label] = speeds[i, j] - slope * (A[i, j] + A[j, i])
    return Statement(
        claim=sp.Eq(sp.Symbol("G_ij(t)"), overlap),
        residuals=residuals,
        value=sp.Piecewise((OVERLAP, OVERLAP <= 0), (overlap, True)),
        arguments=(OVERLAP, TIME),
        assumptions="Overlaps and 1 − ‖W_i‖² of order ε → 0 at a fixed time; no regularization.",
        not_proved=(
            "That the remainder is of order ε²; that three rows suffice for any number, as a third "
            "row enters the rate of an overlap by products of two overlaps."
        ),
    )
