"""Proofs for rows under the drift: the cubic flow, its initial rate and its end states."""

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement
from polytheory.theory.noise.drift.proof import WIDTH
from polytheory.theory.noise.proof_gaussian import NORM
from polytheory.theory.noise.simplex.proof import N_FEATURES

RATE = sp.Symbol("rate", real=True)
_ALPHA = sp.sqrt(N_FEATURES / (N_FEATURES - 1))
_BETA = (1 / sp.sqrt(N_FEATURES - 1) - _ALPHA) / (N_FEATURES - 1)
#: The sum of fourth powers of a sparse row of the simplex that has one dense row.
_SPARSE = (_ALPHA + _BETA) ** 4 + (N_FEATURES - 2) * _BETA**4
_PLATEAU = NORM**2 * ((N_FEATURES - 1) * _SPARSE + 1 / (N_FEATURES - 1)) / N_FEATURES


@statement
def cubic_flow(clock_sign: int = 1) -> Statement:
    r"""Solution of the flow :math:`\dot w_k = \gamma(w_k^3 - q w_k)` of a unit row.

    .. math:: w_k^2 = \frac{u_k}{(1-Iu_k)E(I)}, \quad E = \sum_l\frac{u_l}{1-Iu_l}, \quad
              t = -\frac1{2\gamma}\sum_l\ln(1-Iu_l), \qquad u_k = w_k(0)^2

    Returns
    -------
    Statement
        Its value is the column of the w_k² of three weights, of their initial squares ``a``, ``b``
        and ``c``, which add up to 1, and ``I``.

    Notes
    -----
    Kind: exact. The order of sizes is conserved. Source: derivations/noise, “The drift”.

    Examples
    --------
    >>> from polytheory.symbolic import cubic_flow
    >>> cubic_flow().holds
    True
    """
    gamma, I = sp.symbols("gamma I", positive=True)
    start = sp.symbols("a b c", positive=True)
    E = sum(each / (1 - I * each) for each in start)
    u = [each / (1 - I * each) / E for each in start]
    clock = -clock_sign * sum(sp.log(1 - I * each) for each in start) / (2 * gamma)
    square = sum(each**2 for each in u)
    residuals = {
        f"weight {k} obeys the flow": sp.diff(u[k], I) / sp.diff(clock, I)
        - 2 * gamma * (u[k] ** 2 - square * u[k])
        for k in range(3)
    }
    gain = sp.diff(u[0] / u[1], I) * (1 - I * start[0]) ** 2 * start[1]
    return Statement(
        claim=sp.Eq(sp.Symbol("dw/dt"), sp.Symbol("gamma") * sp.Symbol("(w³ − q w)")),
        residuals=residuals
        | {
            "at time 0": u[0].subs(I, 0) - start[0] / sum(start),
            # The order is conserved: the ratio of two moves away from 1.
            "the ratio to a smaller weight grows": gain - start[0] * (start[0] - start[1]),
        },
        value=sp.ImmutableMatrix(u),
        arguments=(*start, I),
        assumptions="γ > 0, Σu = 1, 0 ≤ I < 1/max u.",
        not_proved="From three weights to m, which enter by their sums only.",
    )


def _moment(power: int) -> sp.Expr:
    """Return E Σw^p over a uniform direction: (p−1)!! m/[m(m+2)…(m+p−2)]."""
    below = sp.prod([WIDTH + 2 * k for k in range(power // 2)])
    return WIDTH * sp.factorial2(power - 1) / below


@statement
def fourth_power_sum_of_random_rows(mean: sp.Expr = 3 * NORM**2 / (WIDTH + 2)) -> Statement:
    r"""Rows of a uniform direction: :math:`E\|w\|_4^4 = 3N^2/(m+2)`.

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons`` and ``squared_norm``.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “Gaussian noise prefers no basis”.

    Examples
    --------
    >>> from polytheory.symbolic import fourth_power_sum_of_random_rows
    >>> fourth_power_sum_of_random_rows().evaluate(n_neurons=4, squared_norm=1.0)
    0.5
    """
    theta = sp.Symbol("theta", real=True)
    circle = sp.integrate(sp.cos(theta) ** 4 + sp.sin(theta) ** 4, (theta, 0, 2 * sp.pi))
    return Statement(
        claim=sp.Eq(sp.Symbol("E q"), mean),
        residuals={
            "by moments": mean - NORM**2 * _moment(4),
            "on a circle": mean.subs({WIDTH: 2, NORM: 1}) - circle / (2 * sp.pi),
            "one neuron": mean.subs(WIDTH, 1) - NORM**2,
        },
        arguments=(WIDTH, NORM),
        assumptions="A uniform direction in m dimensions, norm √N.",
    )


@statement
def initial_inverse_participation_ratio_slope(
    slope: sp.Expr = 24 * (WIDTH - 1) * RATE / ((WIDTH + 2) * (WIDTH + 4) * (WIDTH + 6)),
) -> Statement:
    r"""Mean speed of ‖w‖₄⁴ in random unit rows: :math:`24(m-1)\gamma/[(m+2)(m+4)(m+6)]`.

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons`` and ``rate``.

    Notes
    -----
    Kind: exact for independent rows. Source: derivations/noise, “The drift”.

    Examples
    --------
    >>> from polytheory.symbolic import initial_inverse_participation_ratio_slope
    >>> initial_inverse_participation_ratio_slope().evaluate(n_neurons=2, rate=1.0)
    0.125
    """
    # E q² has m terms w⁸ and m(m−1) terms w⁴v⁴, the latter 9/105 of the former.
    square = _moment(8) * (1 + (WIDTH - 1) * sp.Rational(9, 105))
    theta = sp.Symbol("theta", real=True)
    q, sixth = (sp.cos(theta) ** p + sp.sin(theta) ** p for p in (4, 6))
    # One full turn, by a finite Fourier sum: exact for trigonometric polynomials of degree 8.
    turn = [(4 * (sixth - q**2)).subs(theta, sp.pi * k / 8 + sp.pi / 16) for k in range(16)]
    weights = sp.symbols("w_0:3", real=True)
    fourth = sum(x**4 for x in weights)
    speed = rate(fourth, {x: RATE * (x**3 - fourth * x) for x in weights})
    return Statement(
        claim=sp.Eq(sp.Symbol("E dq/dt"), slope),
        residuals={
            "dq/dt = 4γ(Σw⁶ − q²)": speed - 4 * RATE * (sum(x**6 for x in weights) - fourth**2),
            "by moments": slope - 4 * RATE * (_moment(6) - square),
            "on a circle": slope.subs(WIDTH, 2) - RATE * sum(turn) / 16,
            "one neuron": slope.subs(WIDTH, 1),
        },
        arguments=(WIDTH, RATE),
        assumptions="A uniform direction in m dimensions, unit norm.",
    )


@statement
def plateau_fourth_power_sum(mean: sp.Expr = _PLATEAU) -> Statement:
    r"""A simplex cannot be one-hot: the mean of ‖w‖₄⁴ in the sparse ones is below N².

    With n − 1 rows :math:`(\alpha+\beta)e_j + \beta(1 - e_j)` and one row
    :math:`-1/\sqrt{n-1}` on all of n − 1 neurons every overlap is −1/(n−1).

    Returns
    -------
    Statement
        Its value is the mean sum of fourth powers in that simplex, a function of ``n_features`` and
        ``squared_norm``.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “The plateau below 1”.

    Examples
    --------
    >>> from polytheory.symbolic import plateau_fourth_power_sum
    >>> round(plateau_fourth_power_sum().evaluate(n_features=8, squared_norm=1.0), 4)
    0.794
    """
    n, own, beta = N_FEATURES, _ALPHA + _BETA, _BETA
    dense, touching = -1 / sp.sqrt(n - 1), -1 / (n - 1)
    four = ((n - 1) * (own**4 + (n - 2) * beta**4) + (n - 1) * dense**4) / n
    # Symmetric form: √(n/(n−1))(1 − J/n).
    a, b = _ALPHA * (1 - 1 / n), -_ALPHA / n
    symmetric = ((n - 1) / n) ** 2 + 1 / (n**2 * (n - 1))
    return Statement(
        claim=sp.Eq(sp.Symbol("q"), mean),
        residuals={
            "a sparse row has norm 1": own**2 + (n - 2) * beta**2 - 1,
            "two sparse rows": 2 * own * beta + (n - 3) * beta**2 - touching,
            "a sparse row and the dense one": dense * (own + (n - 2) * beta) - touching,
            "the dense row has norm 1": (n - 1) * dense**2 - 1,
            "their mean sum of fourth powers": mean - NORM**2 * four,
            "symmetric, norm 1": a**2 + (n - 1) * b**2 - 1,
            "symmetric, overlap": 2 * a * b + (n - 2) * b**2 - touching,
            "symmetric, sum of fourth powers": a**4 + (n - 1) * b**4 - symmetric,
            "two features: one neuron": mean.subs(n, 2) - NORM**2,
        },
        arguments=(N_FEATURES, NORM),
        assumptions="n ≥ 2 rows of squared norm N, n − 1 neurons in use.",
        not_proved="That runs end there, which is measured.",
    )
