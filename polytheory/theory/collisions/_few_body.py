"""The count to leading order in n/√m: two rows attract, and third rows come between them."""

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.polynomial.chebyshev import chebval2d, chebvander
from numpy.typing import ArrayLike
from scipy.special import ndtri

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.theory.collisions._sites import SITES

__all__ = ["FEW", "FEW_ERROR", "TWO_ROWS", "few_body_mean"]

#: Ends of the table in m and in Λ = λ√m.
_WIDTHS, _SCALED = (16, 1024), (0.003, 1.0)
_SLACK = 1.0 + 1e-9  # rounding must not exclude the ends
#: The smooth functions through the table are polynomials of ln m and Λ^_POWER: lower degrees, or
#: ln Λ, leave residuals well above the errors.
_DEGREES, _POWER = (2, 4), 0.3
#: Relative error of their form: held-out points lie further away than sampling explains.
_FORM = 0.01
#: Relative error of the few-body mean, see derivations/collisions, “Few bodies”.
FEW_ERROR = 0.03


def _in_the_table(n_neurons: Any, l1_strength: Any, **_: Any) -> Any:
    scaled = l1_strength * np.sqrt(n_neurons)
    # In narrow layers strong ℓ1 kills rows, and the functions have an edge.
    largest = np.where(n_neurons < 64, 0.55, _SCALED[1])
    return (scaled >= _SCALED[0] / _SLACK) & (scaled <= largest * _SLACK)


def _few(n_features: Any, n_neurons: Any, l1_strength: Any, **_: Any) -> Any:
    return (n_features**2 <= 4 * n_neurons) & _in_the_table(n_neurons, l1_strength)


_LAYER = {
    "n_neurons": whole(*_WIDTHS),
    "l1_strength": Interval(9.375e-5, 0.1375, log=True),
}
#: Where the two-row functions were measured.
TWO_ROWS = Domain(
    _LAYER,
    where=_in_the_table,
    because="0.003 ≤ λ√m ≤ 1, for m < 64 ≤ 0.55",
    instead="Outside nothing was measured: use polytheory.contact.",
)
#: Where the few-body mean was compared with the flow.
FEW = Domain(
    {"n_features": whole(1, 64)} | _LAYER,
    where=_few,
    because="n ≤ 2√m and 0.003 ≤ λ√m ≤ 1, for m < 64 ≤ 0.55",
    instead="Many rows interact beyond n = 2√m: use null_model='measured', or simulate.",
)


class _Fit(NamedTuple):
    """A smooth function of m and Λ: coefficients and their covariance."""

    coefficients: FloatArray
    covariance: FloatArray


def _places(m: FloatArray, scaled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ln m and Λ^_POWER, each mapped to [−1, 1]."""

    def place(value: FloatArray, ends: FloatArray) -> FloatArray:
        return np.asarray(2.0 * (value - ends[0]) / (ends[1] - ends[0]) - 1.0)

    x, y = np.broadcast_arrays(
        place(np.log(m), np.log(_WIDTHS)), place(scaled**_POWER, np.power(_SCALED, _POWER))
    )
    return x, y


def _basis(m: FloatArray, scaled: FloatArray) -> FloatArray:
    """Return the products of Chebyshev polynomials, in the last axis."""
    x, y = _places(m, scaled)
    # As chebvander2d, which fails for empty arrays.
    first, second = (
        chebvander(each, degree) for each, degree in zip((x, y), _DEGREES, strict=True)
    )
    products = first[..., :, None] * second[..., None, :]
    return np.asarray(products.reshape(*x.shape, first.shape[-1] * second.shape[-1]))


@cache
def _fits() -> tuple[_Fit, _Fit]:
    """Return ln 2mP and ln E j², fitted to the table by least squares.

    Points weigh by their numbers of runs. Rare events raise a value and its error together, so that
    weights 1/error² would bias the fit.
    """
    with (files(__package__) / "two_rows.csv").open(encoding="utf-8") as lines:
        columns = np.loadtxt(lines, delimiter=",", skiprows=1, usecols=range(8)).T
    basis = _basis(columns[0], columns[1])

    def fit(value: FloatArray, error: FloatArray, runs: FloatArray) -> _Fit:
        weight = np.sqrt(runs)
        inverse = np.asarray(np.linalg.pinv(basis * weight[:, None]) * weight, dtype=np.float64)
        scattered = inverse * (error / value)
        return _Fit(inverse @ np.log(value), scattered @ scattered.T)

    return fit(*columns[[2, 3, 6]]), fit(*columns[[4, 5, 7]])


def _value(fit: _Fit, m: FloatArray, lam: FloatArray) -> FloatArray:
    x, y = _places(m, lam * np.sqrt(m))
    coefficients = fit.coefficients.reshape([degree + 1 for degree in _DEGREES])
    return np.asarray(np.exp(chebval2d(x, y, coefficients)))


def _two_row_function(which: int, m: FloatArray, lam: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a two-row function and its standard error."""
    fit, basis = _fits()[which], _basis(m, lam * np.sqrt(m))
    value = _value(fit, m, lam)
    variance = np.einsum("...i,ij,...j->...", basis, fit.covariance, basis)
    return value, value * np.sqrt(variance + _FORM**2)


def _hazard(m: FloatArray) -> FloatArray:
    """Return h = φ/Q at u*, where 2 Q(u*) = 1/m."""
    u = ndtri(0.5 / m)
    return np.asarray(2.0 * m * np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi))


@overload
def pair_probability_in_the_flow(
    n_neurons: Number, *, l1_strength: Number
) -> tuple[float, float]: ...
@overload
def pair_probability_in_the_flow(
    n_neurons: ArrayLike, *, l1_strength: ArrayLike
) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.EMPIRICAL,
    TWO_ROWS,
    says="P(two rows alone end on one neuron with opposite signs), in the full flow: a table",
    source="collisions: Few bodies",
    rests_on="expected_polysemantic",
    note="Chance says 1/(2m) for independent rows and 1/(2m − 1) under exclusion.",
)
def pair_probability_in_the_flow(n_neurons: Any, *, l1_strength: Any) -> Any:
    r"""Return the measured probability that two rows of the flow end on one neuron.

    A smooth function of m and λ√m, fitted to a table of 2mP. Two rows alone attract: contact
    does not touch negative overlaps, so rows that meet with opposite signs stay together.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, in [16, 1024].
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [9.375·10⁻⁵, 0.1375].
        0.003 ≤ λ√m ≤ 1, for m < 64 only to 0.55: beyond, rows die.

    Returns
    -------
    tuple of (float or ndarray)
        The probability, with opposite signs, and its standard error: that of the table, and 1 % for
        the form of the function.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or lies outside the table; `shared_probability` of
        `polytheory.contact` measures it there.

    Notes
    -----
    Kind: empirical. Source: derivations/collisions, “Few bodies”.

    ``simulations/two_rows.py`` computes the table ``two_rows.csv``.

    Examples
    --------
    >>> from polytheory.theory.collisions import pair_probability_in_the_flow
    >>> value, error = pair_probability_in_the_flow(64, l1_strength=0.004)
    >>> 1.1 < 128 * value < 1.25 and error < 0.02 * value
    True
    """
    m, lam = TWO_ROWS.check(n_neurons=n_neurons, l1_strength=l1_strength)
    ratio, error = _two_row_function(0, m, lam)
    return unwrap(ratio / (2.0 * m)), unwrap(error / (2.0 * m))


@overload
def three_body_slope(n_neurons: Number, *, l1_strength: Number) -> tuple[float, float]: ...
@overload
def three_body_slope(
    n_neurons: ArrayLike, *, l1_strength: ArrayLike
) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.EMPIRICAL,
    TWO_ROWS,
    says="h² E j²/m: decrease of ln P(a pair collides) per further row; E j² from a table",
    source="collisions: Few bodies",
    rests_on="expected_polysemantic",
    note="h = φ/Q at u*, 2Q(u*) = 1/m. That this is the decrease is a heuristic: few_body_count "
    "tests it.",
)
def three_body_slope(n_neurons: Any, *, l1_strength: Any) -> Any:
    r"""Return by how much each further row lowers ln P, P the probability that a pair collides.

    .. math:: s = \frac{h^2}{m}\,E\,j^2, \qquad h = \varphi(u_*)/Q(u_*), \quad 2Q(u_*) = 1/m

    A third row that meets both partners on a neuron moves both weights there in the same direction,
    one away from a collision: j is what contact moves in the flow of two rows, given the weight of
    the other row, and h the sensitivity of the largest of m weights. E j² is a smooth function of
    m and λ√m, fitted to a table.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, in [16, 1024].
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [9.375·10⁻⁵, 0.1375].
        0.003 ≤ λ√m ≤ 1, for m < 64 only to 0.55: beyond, rows die.

    Returns
    -------
    tuple of (float or ndarray)
        The slope s and its standard error: that of the table, and 1 % for the form of the function.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or lies outside the table; `squared_displacement` of
        `polytheory.contact` measures E j² there.

    Notes
    -----
    Kind: empirical. Source: derivations/collisions, “Few bodies”.

    ``simulations/two_rows.py`` computes the table ``two_rows.csv``.

    Examples
    --------
    >>> from polytheory.theory.collisions import three_body_slope
    >>> value, error = three_body_slope(64, l1_strength=0.004)
    >>> 0.1 < value * 8 < 0.2 and error < 0.02 * value
    True
    """
    m, lam = TWO_ROWS.check(n_neurons=n_neurons, l1_strength=l1_strength)
    square, error = _two_row_function(1, m, lam)
    factor = _hazard(m) ** 2 / m
    return unwrap(factor * square), unwrap(factor * error)


def few_body_mean(n_features: Any, n_neurons: Any, l1_strength: Any) -> Any:
    """Return n(n − 1)/2 · P e^{−s(n − 2)}, after a check of the domain."""
    SITES.check(n_features=n_features, n_neurons=n_neurons)  # n > 2m: there is no such state
    n, m, lam = FEW.check(n_features=n_features, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(0.5 * n * (n - 1.0) * _collision(n, m, lam))


def _collision(n: FloatArray, m: FloatArray, lam: FloatArray) -> FloatArray:
    """Return P(a given pair of n rows collides) = P e^{−s(n − 2)}."""
    pair, square = (_value(fit, m, lam) for fit in _fits())
    slope = _hazard(m) ** 2 / m * square
    return np.asarray(pair / (2.0 * m) * np.exp(-slope * (n - 2.0)))
