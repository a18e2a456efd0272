"""Proofs of rates: the drift on the simplex, its late stage, and opening of collisions."""

import sympy as sp

from polytheory.algebra.gaussian import density, hermite, rectified_mean, second_moment
from polytheory.algebra.statement import Statement, statement, value_of
from polytheory.theory.noise.edgeworth.proof import KURTOSIS, SIXTH, expected, gradient
from polytheory.theory.noise.proof_gaussian import MU, NORM, STD
from polytheory.theory.noise.simplex.proof import N_FEATURES, simplex_overlap

WIDTH = sp.Symbol("n_neurons", positive=True)
_S = STD * sp.sqrt(NORM)
_X = -sp.sqrt(NORM) / ((N_FEATURES - 1) * STD)
_RATE = -KURTOSIS * _S / 12 * density(_X)
_BRACKET = KURTOSIS - SIXTH * (3 - _X**2) / (2 * WIDTH)
_BRACKET += KURTOSIS**2 * (_X**4 - 10 * _X**2 + 15) / (8 * WIDTH)
_WINNER = sp.Symbol("w_1", positive=True)


@statement
def drift_rate(rate: sp.Expr = _RATE) -> Statement:
    r"""Kurtosis rotates the simplex: :math:`\gamma = -\kappa\sigma\sqrt N\varphi(x^*)/12`.

    The force of kurtosis on a row is a cubic term, which depends on the basis, and terms without
    effect on rotations. It favours sparse rows iff κμ > 0, so on the simplex, μ < 0, iff κ < 0.

    Returns
    -------
    Statement
        Its value is γ, a function of ``n_features``, ``std``, ``excess_kurtosis`` and
        ``squared_norm``.

    Notes
    -----
    Kind: leading order in κ. Source: derivations/noise, “The drift”.

    Examples
    --------
    >>> from polytheory.symbolic import drift_rate
    >>> given = {"n_features": 8, "std": 0.1, "squared_norm": 1.0}
    >>> drift_rate().evaluate(excess_kurtosis=-2.0, **given) > 0
    True
    """
    w, q, A, B = sp.symbols("w q A B", real=True)
    # Of the force on a row of norm √N, −(n−1)/4 times the gradient, what is cubic in its weights;
    # a term along the row, and any symmetric mixing of rows, does not turn the simplex.
    force = -(N_FEATURES - 1) / 4 * gradient(w, NORM, q, value_of(simplex_overlap()))
    cubic = sp.expand(force).coeff(w, 3)
    W, turn = sp.Matrix(2, 2, sp.symbols("a b c d", real=True)), sp.Matrix([[0, 1], [-1, 0]])
    mixing = sp.Matrix([[A, q], [q, B]])
    return Statement(
        claim=sp.Eq(sp.Symbol("gamma"), rate),
        residuals={
            "of a normalised row": cubic * NORM - rate,
            "symmetric mixing does not rotate": ((mixing * W).T * (W * turn)).trace(),
            "linear in the kurtosis": sp.diff(rate, KURTOSIS, 2),
            "no drift under Gaussian noise": rate.subs(KURTOSIS, 0),
            "many features: σ√N/(12√(2π))": sp.limit(rate / KURTOSIS, N_FEATURES, sp.oo)
            + _S / (12 * sp.sqrt(2 * sp.pi)),
        },
        arguments=(N_FEATURES, STD, KURTOSIS, NORM),
        assumptions="A regular simplex of rows of squared norm N, rotations of it only; |κ| ≪ 1.",
        not_proved="That the flow stays near the simplices while it rotates them.",
    )


@statement
def drift_rate_second_order(rate: sp.Expr = -_S / 12 * density(_X) * _BRACKET) -> Statement:
    r"""The first correction in 1/m to the rate of the drift.

    .. math:: \gamma_2 = -\frac{\sigma\sqrt N}{12}\varphi(x)\Bigl[\kappa
              - \frac{\kappa_6(3-x^2)}{2m} + \frac{\kappa^2(x^4-10x^2+15)}{8m}\Bigr], \qquad x = x^*

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons``, ``std``, ``excess_kurtosis``,
        ``sixth_cumulant`` and ``squared_norm``.

    Notes
    -----
    Kind: leading order in 1/m. Source: derivations/noise, “The drift to second order”.

    Examples
    --------
    >>> from polytheory.symbolic import drift_rate_second_order
    >>> drift_rate_second_order().holds
    True
    """
    w, z = sp.symbols("w z", real=True)
    F, at = second_moment(MU, _S), {MU: value_of(simplex_overlap())}
    # In a random row w⁵ contains 10N/m times w³, by E[He₃ z⁵]/E[He₃²], and a term along the row.
    share = expected(hermite(3, z) * z**5, z) / expected(hermite(3, z) ** 2, z)
    by_sixth = SIXTH * STD**6 / 720 * sp.diff(F, MU, 6) * 6 * share * NORM / WIDTH * w**3
    q = 3 * NORM**2 / WIDTH
    by_square = KURTOSIS**2 * STD**8 / 1152 * sp.diff(F, MU, 8) * 2 * q * 4 * w**3
    force = -(N_FEATURES - 1) / 4 * (by_sixth + by_square).subs(at) / w**3 * NORM
    return Statement(
        claim=sp.Eq(sp.Symbol("gamma_2"), rate),
        residuals={
            "the fifth power contains ten cubes": share - 10,
            "the next order": rate - _RATE - force,
            "the first order as m → ∞": sp.limit(rate, WIDTH, sp.oo) - _RATE,
        },
        arguments=(N_FEATURES, WIDTH, STD, KURTOSIS, SIXTH, NORM),
        assumptions="Random rows, m ≫ 1.",
        not_proved="That F(μ; z) is the Gaussian one with κ₄, κ₆ and κ₄² terms, and their order.",
    )


@statement
def late_rate(rate: sp.Expr = STD * NORM / (4 * _WINNER)) -> Statement:
    r"""Late under bipolar noise all weights but the winner decay at the rate σN/(4w₁).

    Where the winner exceeds the sum of all others, E|z| = σw₁, and the loss of a simplex is
    :math:`-\sum_j N_j E|z_j|` up to a constant if (n−1)σ ≫ 1.

    Returns
    -------
    Statement
        Without a value in the arguments of a predictor.

    Notes
    -----
    Kind: leading order in 1/((n−1)σ), for independent rows. Source: derivations/universal_curve,
    “The end of the curve”.

    Examples
    --------
    >>> from polytheory.symbolic import late_rate
    >>> late_rate().holds
    True
    """
    theta = sp.Symbol("theta", real=True)
    # −¼ of the loss is (N/4) E|z| = (Nσ/4) w₁; rotate w₁ into an unused neuron by θ.
    potential = NORM * STD / 4 * _WINNER * sp.cos(theta)
    other = sp.diff(_WINNER * sp.sin(theta), theta)
    turning = sp.diff(potential, theta) / _WINNER**2  # steepest ascent on the circle of radius w₁
    return Statement(
        claim=sp.Eq(sp.Symbol("rate"), rate),
        residuals={
            "an unused neuron decays": (sp.diff(other * turning, theta) + rate * other).subs(
                theta, 0
            ),
            "one-hot rows: σ√N/4": rate.subs(_WINNER, sp.sqrt(NORM)) - _S / 4,
        },
        assumptions="Bipolar noise, one weight larger than the sum of the others, (n−1)σ ≫ 1.",
        not_proved="That rows of a simplex may be treated as independent.",
    )


@statement
def escape_rate(
    rate: sp.Expr = 2 * _S * (rectified_mean(sp.S.Zero) - rectified_mean(-NORM / _S)),
) -> Statement:
    r"""Two features of opposite sign on one neuron separate at the rate F′(0) − F′(−N).

    Returns
    -------
    Statement
        Its value is that of Gaussian noise, a function of ``std`` and ``squared_norm``.

    Notes
    -----
    Kind: exact, for pairs on separate neurons. Source: derivations/noise, “Opposite-sign collisions
    escape”.

    Examples
    --------
    >>> from polytheory.symbolic import escape_rate
    >>> round(escape_rate().evaluate(std=0.1, squared_norm=1.0), 6)
    0.079788
    """
    at_zero, at_partner, c = sp.symbols("F′(0) F′(−N) c", real=True)
    # The components f_l in an unused direction have the rates c f_l − ½ Σ F′(μ_li) f_i; two pairs.
    matrix = sp.Matrix(
        4, 4, lambda l, i: c if l == i else -(at_partner if l ^ 1 == i else at_zero) / 2
    )
    opening = sp.Matrix([1, 1, -1, -1])
    own = c + at_partner / 2  # growth of a row: its partner is −1 times the row
    growth = matrix * opening
    opens = {
        f"two pairs opening in opposite directions, row {l}": each
        for l, each in enumerate(growth - growth[0] * opening)
    }
    gaussian = {
        at_zero: 2 * _S * rectified_mean(sp.S.Zero),
        at_partner: 2 * _S * rectified_mean(-NORM / _S),
    }
    return Statement(
        claim=sp.Eq(sp.Symbol("F′(0) − F′(−N)"), rate),
        residuals=opens
        | {
            "faster than the rows grow": growth[0] - own - (at_zero - at_partner),
            "Gaussian": rate - (at_zero - at_partner).subs(gaussian),
            "weak noise: E|z|": sp.limit((rate / STD).subs(NORM, 1), STD, 0) - sp.sqrt(2 / sp.pi),
        },
        arguments=(STD, NORM),
        assumptions="n/2 ≥ 2 such pairs, each on its own neuron, and an unused neuron.",
        not_proved="That in that direction noise acts equally on all rows, by symmetry.",
    )
