"""The forces on a row at the start: moments of Gaussian weights, whole and halved by the ReLU."""

from __future__ import annotations

from functools import cache

import sympy as sp

from polytheory.algebra import model
from polytheory.algebra.statement import Statement, statement

FEATURES, WIDTH = sp.symbols("n_features n_neurons", positive=True)
NORM, L1 = sp.symbols("squared_norm l1_strength", positive=True)
_WEIGHT = sp.Symbol("a", real=True)

_START = "Independent N(0, 1/m) weights."
_INDEPENDENT = (
    "That means of sums and of products of independent weights are sums and products of their means"
)


def half_moment(power: int) -> sp.Expr:
    """Return E[ReLU(a)^power] of one weight a with the law N(0, 1/m), by integration."""
    density = sp.sqrt(WIDTH / (2 * sp.pi)) * sp.exp(-WIDTH * _WEIGHT**2 / 2)
    return sp.integrate(_WEIGHT**power * density, (_WEIGHT, 0, sp.oo))


@cache
def _norm_moments() -> tuple[sp.Expr, sp.Expr]:
    """Return the means of N and N² for N = Σ_k w_k² over m weights."""
    second, fourth = 2 * half_moment(2), 2 * half_moment(4)
    return WIDTH * second, WIDTH * fourth + WIDTH * (WIDTH - 1) * second**2


def _pushes(n_others: int) -> list[sp.Matrix]:
    """Return what each of `n_others` overlapping rows takes from the speed of W₀ = (√N, 0).

    The coordinates are turned so that the first is along W₀. Of the others one is enough.
    """
    others = [[sp.Symbol(f"a_{j}"), sp.Symbol(f"b_{j}")] for j in range(1, n_others + 1)]
    encodings = sp.Matrix([[sp.sqrt(NORM), 0], *others])

    def velocity(*active: int) -> sp.Matrix:
        pattern = {(0, j): int(j in active) for j in range(1, n_others + 1)}
        return model.force(encodings, pattern, sp.zeros(n_others + 1, 2), sp.S.Zero)[0, :]

    return [velocity() - velocity(j) for j in range(1, n_others + 1)]


def _initial_feature_benefit_residuals(root_mean_square: sp.Expr) -> dict[str, sp.Expr]:
    mean, mean_square = _norm_moments()
    return {
        "the mean of 1 − N": 1 - mean,
        "the mean square of 1 − N": root_mean_square**2 - (1 - 2 * mean + mean_square),
        "the mean of (1 − N)N": mean - mean_square + 2 / WIDTH,
    }


@statement
def initial_feature_benefit() -> Statement:
    r"""At the start 1 − ‖W_i‖² has mean zero and root mean square :math:`\sqrt{2/m}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import initial_feature_benefit
    >>> initial_feature_benefit().evaluate(n_neurons=200)
    0.1
    """
    value = sp.sqrt(2 / WIDTH)
    return Statement(
        claim=sp.Eq(sp.Symbol("E[(1-N)^2]"), value**2),
        residuals=_initial_feature_benefit_residuals(value),
        value=value,
        arguments=(WIDTH,),
        assumptions=_START,
        not_proved=f"{_INDEPENDENT}.",
    )


def _initial_interference_residuals(mean: sp.Expr) -> dict[str, sp.Expr]:
    a, b = sp.symbols("a_1 b_1")
    (push,) = _pushes(1)
    return {
        "the push of one row is √N·a times it": sum(push - sp.sqrt(NORM) * a * sp.Matrix([[a, b]])),
        "its part along W_i is N·a²": push[0] * sp.sqrt(NORM) - NORM * a**2,
        "the mean over all rows": (FEATURES - 1) * NORM * half_moment(2) - mean,
    }


@statement
def initial_interference() -> Statement:
    r"""The mean of the interference along a given row is :math:`(n-1)\|W_i\|^2/(2m)`.

    Of another row only :math:`a`, its part along W_i, counts, and of that only a positive one:
    :math:`E[\mathrm{ReLU}(a)a] = \tfrac12E[a^2] = \tfrac1{2m}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons`` and ``squared_norm``.

    Notes
    -----
    Kind: exact. Source: this library; the paper has its order of magnitude.

    Examples
    --------
    >>> from polytheory.symbolic import initial_interference
    >>> initial_interference().evaluate(n_features=65, n_neurons=128, squared_norm=1.0)
    0.25
    """
    value = (FEATURES - 1) * NORM / (2 * WIDTH)
    return Statement(
        claim=sp.Eq(sp.Symbol("E[sum_j ReLU(G_ij) G_ij]"), value),
        residuals=_initial_interference_residuals(value),
        value=value,
        arguments=(FEATURES, WIDTH, NORM),
        assumptions=f"{_START} ‖W_i‖² is given.",
        not_proved=f"{_INDEPENDENT}; that the law of a row is the same in turned coordinates.",
    )


def _initial_interference_square_residuals(mean_square: sp.Expr) -> dict[str, sp.Expr]:
    a, b, c, d = sp.symbols("a_1 b_1 a_2 b_2")
    first, second = _pushes(2)
    half, variance = half_moment(2), 2 * half_moment(2)
    one = half_moment(4) + (WIDTH - 1) * half * variance
    # The parts across W_i of two different rows are independent, with mean zero.
    two = half**2
    return {
        "one row": first.dot(first) - NORM * a**2 * (a**2 + b**2),
        "two rows": first.dot(second) - NORM * a * c * (a * c + b * d),
        "the mean over all rows": (FEATURES - 1) * NORM * (one + (FEATURES - 2) * two)
        - mean_square,
    }


@statement
def initial_interference_square() -> Statement:
    r"""The mean square of the whole interference is :math:`(n-1)(2m+n+2)\|W_i\|^2/(4m^2)`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons`` and ``squared_norm``.

    Notes
    -----
    Kind: exact. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import initial_interference_square
    >>> statement = initial_interference_square()
    >>> statement.evaluate(n_features=2, n_neurons=2, squared_norm=1.0)
    0.5
    """
    value = (FEATURES - 1) * (2 * WIDTH + FEATURES + 2) / (4 * WIDTH**2) * NORM
    return Statement(
        claim=sp.Eq(sp.Symbol("E[|sum_j ReLU(G_ij) W_j|^2]"), value),
        residuals=_initial_interference_square_residuals(value),
        value=value,
        arguments=(FEATURES, WIDTH, NORM),
        assumptions=f"{_START} ‖W_i‖² is given.",
        not_proved=f"{_INDEPENDENT}; that the law of a row is the same in turned coordinates.",
    )


def _initial_regularization_residuals(mean: sp.Expr) -> dict[str, sp.Expr]:
    return {"λ times the mean of m sizes": L1 * WIDTH * 2 * half_moment(1) - mean}


@statement
def initial_regularization() -> Statement:
    r"""The mean of the regularization along W_i is :math:`\lambda\sqrt{2m/\pi}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons`` and ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: this library; the paper has its order of magnitude.

    Examples
    --------
    >>> from polytheory.symbolic import initial_regularization
    >>> round(initial_regularization().evaluate(n_neurons=100, l1_strength=0.01), 6)
    0.079788
    """
    value = L1 * sp.sqrt(2 * WIDTH / sp.pi)
    return Statement(
        claim=sp.Eq(sp.Symbol("E[lambda |W_i|_1]"), value),
        residuals=_initial_regularization_residuals(value),
        value=value,
        arguments=(WIDTH, L1),
        assumptions=_START,
        not_proved=f"{_INDEPENDENT}.",
    )


def _initial_norm_speed_residuals(speed: sp.Expr) -> dict[str, sp.Expr]:
    mean, mean_square = _norm_moments()
    benefit = mean - mean_square
    interference = (FEATURES - 1) * mean * half_moment(2)
    regularization = L1 * WIDTH * 2 * half_moment(1)
    x, y = sp.symbols("x y", positive=True)
    row = sp.Matrix([[x, y]])
    alone = row.dot(model.force(row, {}, sp.Matrix([[1, 1]]), L1))
    square = x**2 + y**2
    return {
        "benefit and regularization along W_i": alone - (1 - square) * square + L1 * (x + y),
        "twice the three forces along W_i": 2 * (benefit - interference - regularization) - speed,
    }


@statement
def initial_norm_speed() -> Statement:
    r"""The mean of :math:`d\|W_i\|^2/dt` is :math:`-(n+3)/m - 2\lambda\sqrt{2m/\pi}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons`` and ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import initial_norm_speed
    >>> initial_norm_speed().evaluate(n_features=5, n_neurons=4, l1_strength=0.0)
    -2.0
    """
    value = -(FEATURES + 3) / WIDTH - 2 * L1 * sp.sqrt(2 * WIDTH / sp.pi)
    return Statement(
        claim=sp.Eq(sp.Symbol("E[dN/dt]"), value),
        residuals=_initial_norm_speed_residuals(value),
        value=value,
        arguments=(FEATURES, WIDTH, L1),
        assumptions=_START,
        not_proved=f"{_INDEPENDENT}.",
    )
