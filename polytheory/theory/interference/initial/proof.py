"""Proofs of the initial forces: moments of Gaussian weights with and without a ReLU."""

from functools import cache

import sympy as sp

from polytheory.algebra import model
from polytheory.algebra.statement import Statement, statement

FEATURES, WIDTH = sp.symbols("n_features n_neurons", positive=True)
NORM, L1 = sp.symbols("squared_norm l1_strength", positive=True)
_WEIGHT = sp.Symbol("a", real=True)
_A, _B, _C, _D = sp.symbols("a_1 b_1 a_2 b_2")


def half_moment(power: int) -> sp.Expr:
    """Return E[ReLU(a)^power] of one N(0, 1/m) weight a, by integration."""
    density = sp.sqrt(WIDTH / (2 * sp.pi)) * sp.exp(-WIDTH * _WEIGHT**2 / 2)
    return sp.integrate(_WEIGHT**power * density, (_WEIGHT, 0, sp.oo))


@cache
def _norm_moments() -> tuple[sp.Expr, sp.Expr]:
    """Return the means of N and N² for N = Σ_k w_k² over m weights."""
    second, fourth = 2 * half_moment(2), 2 * half_moment(4)
    return WIDTH * second, WIDTH * fourth + WIDTH * (WIDTH - 1) * second**2


def _pushes(n_others: int) -> list[sp.Matrix]:
    """Return minus the force of each of `n_others` overlapping rows on W₀ = (√N, 0).

    Coordinates are rotated so that the first is along W₀. One other coordinate is enough.
    """
    encodings = sp.Matrix([[sp.sqrt(NORM), 0], [_A, _B], [_C, _D]][: n_others + 1])

    def velocity(*active: int) -> sp.Matrix:
        pattern = {(0, j): int(j in active) for j in range(1, n_others + 1)}
        return model.force(encodings, pattern, sp.zeros(n_others + 1, 2), sp.S.Zero)[0, :]

    return [velocity() - velocity(j) for j in range(1, n_others + 1)]


def _at_the_start(
    mean_of: str,
    mean: sp.Expr,
    residuals: dict[str, sp.Expr],
    *arguments: sp.Symbol,
    value: sp.Expr | None = None,
) -> Statement:
    turned = "; that the distribution of a row is rotation-invariant" if NORM in arguments else ""
    return Statement(
        claim=sp.Eq(sp.Symbol(f"E[{mean_of}]"), mean),
        residuals=residuals,
        value=value,
        arguments=arguments,
        assumptions=f"Independent N(0, 1/m) weights.{' ‖W_i‖² is given.' if turned else ''}",
        not_proved="That means of sums and of products of independent weights are sums and "
        f"products of their means{turned}.",
    )


@statement
def initial_feature_benefit(root_mean_square: sp.Expr = sp.sqrt(2 / WIDTH)) -> Statement:
    r"""At the start 1 − ‖W_i‖² has mean zero and root mean square :math:`\sqrt{2/m}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons``.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Feature benefit”.

    Examples
    --------
    >>> from polytheory.symbolic import initial_feature_benefit
    >>> initial_feature_benefit().evaluate(n_neurons=200)
    0.1
    """
    mean, mean_square = _norm_moments()
    residuals = {
        "the mean of 1 − N": 1 - mean,
        "the mean square of 1 − N": root_mean_square**2 - (1 - 2 * mean + mean_square),
        "the mean of (1 − N)N": mean - mean_square + 2 / WIDTH,
    }
    square = root_mean_square**2
    return _at_the_start("(1-N)^2", square, residuals, WIDTH, value=root_mean_square)


@statement
def initial_interference(mean: sp.Expr = (FEATURES - 1) * NORM / (2 * WIDTH)) -> Statement:
    r"""The mean of the interference along a given row is :math:`(n-1)\|W_i\|^2/(2m)`.

    Another row acts by its component :math:`a` along W_i, if positive:
    :math:`E[\mathrm{ReLU}(a)a] = \tfrac12E[a^2] = \tfrac1{2m}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons`` and ``squared_norm``.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Interference”; the paper has its order of
    magnitude.

    Examples
    --------
    >>> from polytheory.symbolic import initial_interference
    >>> initial_interference().evaluate(n_features=65, n_neurons=128, squared_norm=1.0)
    0.25
    """
    (push,) = _pushes(1)
    along = sp.sqrt(NORM) * _A
    residuals = {
        "the force of one row is √N·a times it": sum(push - along * sp.Matrix([[_A, _B]])),
        "its component along W_i is N·a²": push[0] * sp.sqrt(NORM) - NORM * _A**2,
        "the mean over all rows": (FEATURES - 1) * NORM * half_moment(2) - mean,
    }
    return _at_the_start("sum_j ReLU(G_ij) G_ij", mean, residuals, FEATURES, WIDTH, NORM)


@statement
def initial_interference_square(
    mean_square: sp.Expr = (FEATURES - 1) * (2 * WIDTH + FEATURES + 2) / (4 * WIDTH**2) * NORM,
) -> Statement:
    r"""The mean square of the total interference is :math:`(n-1)(2m+n+2)\|W_i\|^2/(4m^2)`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons`` and ``squared_norm``.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Interference”.

    Examples
    --------
    >>> from polytheory.symbolic import initial_interference_square
    >>> statement = initial_interference_square()
    >>> statement.evaluate(n_features=2, n_neurons=2, squared_norm=1.0)
    0.5
    """
    first, second = _pushes(2)
    half = half_moment(2)
    one = half_moment(4) + (WIDTH - 1) * half * 2 * half
    # The components of two rows orthogonal to W_i are independent, with mean zero.
    both = (FEATURES - 1) * NORM * (one + (FEATURES - 2) * half**2)
    residuals = {
        "one row": first.dot(first) - NORM * _A**2 * (_A**2 + _B**2),
        "two rows": first.dot(second) - NORM * _A * _C * (_A * _C + _B * _D),
        "the mean over all rows": both - mean_square,
    }
    return _at_the_start("|sum_j ReLU(G_ij) W_j|^2", mean_square, residuals, FEATURES, WIDTH, NORM)


@statement
def initial_regularization(mean: sp.Expr = L1 * sp.sqrt(2 * WIDTH / sp.pi)) -> Statement:
    r"""The mean of the regularization along W_i is :math:`\lambda\sqrt{2m/\pi}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_neurons`` and ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Regularization”; the paper has its order of
    magnitude.

    Examples
    --------
    >>> from polytheory.symbolic import initial_regularization
    >>> round(initial_regularization().evaluate(n_neurons=100, l1_strength=0.01), 6)
    0.079788
    """
    residuals = {"λ times the mean of m sizes": L1 * WIDTH * 2 * half_moment(1) - mean}
    return _at_the_start("lambda |W_i|_1", mean, residuals, WIDTH, L1)


@statement
def initial_norm_speed(
    speed: sp.Expr = -(FEATURES + 3) / WIDTH - 2 * L1 * sp.sqrt(2 * WIDTH / sp.pi),
) -> Statement:
    r"""The mean of :math:`d\|W_i\|^2/dt` is :math:`-(n+3)/m - 2\lambda\sqrt{2m/\pi}`.

    Returns
    -------
    Statement
        Its value is a function of ``n_features``, ``n_neurons`` and ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Regularization”.

    Examples
    --------
    >>> from polytheory.symbolic import initial_norm_speed
    >>> initial_norm_speed().evaluate(n_features=5, n_neurons=4, l1_strength=0.0)
    -2.0
    """
    mean, mean_square = _norm_moments()
    interference = (FEATURES - 1) * mean * half_moment(2)
    regularization = L1 * WIDTH * 2 * half_moment(1)
    x, y = sp.symbols("x y", positive=True)
    row, square = sp.Matrix([[x, y]]), x**2 + y**2
    alone = row.dot(model.force(row, {}, sp.Matrix([[1, 1]]), L1))
    forces = mean - mean_square - interference - regularization
    residuals = {
        "benefit and regularization along W_i": alone - (1 - square) * square + L1 * (x + y),
        "twice the three forces along W_i": 2 * forces - speed,
    }
    return _at_the_start("dN/dt", speed, residuals, FEATURES, WIDTH, L1)
