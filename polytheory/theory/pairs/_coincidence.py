"""How often the largest weights of two rows meet on one neuron after the fast phase."""

from functools import cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtr, ndtri

from polytheory._checks import FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Kind, claim, whole

#: Largest x = (n − 2)/√m: from x ≈ 4 on the budget ‖Σ W_i‖² ≥ 0 is spent.
MAX_CROWDING = 8.0
SIGNS = ("opposite", "same")
PAIRS = Domain(
    {"n_neurons": whole(4, 1e9)},
    instead="Two rows on two neurons are solved exactly, in derivations/two_rows.",
)
THIRD_ROWS = Domain(
    {"n_features": whole(2, 1e15), "n_neurons": whole(4, 1e9)},
    where=lambda n_features, n_neurons: n_features - 2.0 <= MAX_CROWDING * np.sqrt(n_neurons),
    because="n_features − 2 ≤ 8 √n_neurons",
    instead="More rows act together: use simulate.",
)
#: Gauss–Legendre points for a largest weight: off by 1.3e-3 at m = 4, 6e-5 from m = 16 on.
_POINTS = 60
#: Widths that are evaluated together, for the memory that they take.
_AT_A_TIME = 500


def _error(n_neurons: Any) -> Any:
    return 0.7 / n_neurons


@cache
def _quantiles() -> tuple[FloatArray, FloatArray]:
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return (points + 1.0) / 2.0, weights / 2.0


def density(x: Any) -> Any:
    """Return the standard normal density."""
    return np.exp(-np.square(x) / 2.0) / np.sqrt(2.0 * np.pi)


def given_overlap(initial_overlap: Any) -> FloatArray:
    """Return both coincidences, opposite and same, for overlaps N(∓z, 1): Φ(±z) + exp(−z²/2)/2."""
    z = np.asarray(initial_overlap, dtype=np.float64)
    met = np.exp(-np.square(z) / 2.0) / 2.0
    return np.stack([ndtr(z) + met, ndtr(-z) + met])


def coincidences(n_neurons: FloatArray) -> FloatArray:
    """Return both coincidences, averaged over the sizes of the two largest weights."""
    m = n_neurons[..., None]
    quantiles, weights = _quantiles()
    largest = -ndtri(-np.expm1(np.log(quantiles) / m) / 2.0)
    # The other weights are normal and smaller: their variance.
    rest = 1.0 - 2.0 * largest * density(largest) / (1.0 - 2.0 * ndtr(-largest))
    product = largest[..., :, None] * largest[..., None, :]
    spread = np.sqrt((m[..., None] - 1.0) * rest[..., :, None] * rest[..., None, :])
    obtuse = ndtr(product / spread)
    # Density of the overlap at 0, over that of any two rows.
    any_rows = np.exp(gammaln((n_neurons - 1.0) / 2.0) - gammaln(n_neurons / 2.0)) / np.sqrt(2.0)
    at_zero = np.exp(-np.square(product / spread) / 2.0) / spread / any_rows[..., None, None]
    both = np.stack([obtuse + at_zero / 2.0, 1.0 - obtuse + at_zero / 2.0])
    return np.asarray(both @ weights @ weights)


@overload
def pair_coincidence(n_neurons: Number, *, signs: str = ...) -> float: ...
@overload
def pair_coincidence(n_neurons: ArrayLike, *, signs: str = ...) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    PAIRS,
    says="two rows, no ℓ1: largest weights meet with opposite or same sign "
    "E[Φ(±z) + exp(−z²/2)/2] times as often as by chance",
    source="two_rows: Two rows after the fast phase",
    note="z is the product of the largest weights over the standard deviation of the rest of the "
    "overlap. Relative error at most 0.7/m, measured.",
    error=_error,
)
def pair_coincidence(n_neurons: Any, *, signs: str = "opposite") -> Any:
    r"""Return how often two rows have their largest weights on one neuron after the fast phase.

    In units of chance, 1/(2m) for each sign, with normal initial weights and no ℓ1:

    .. math:: E\bigl[\Phi(\pm z) + \tfrac12 e^{-z^2/2}\bigr], \qquad
              z \approx \frac{|u|\,|v|}{\sqrt m}

    (+ for opposite signs), where u and v are the largest of m standard normal weights. An obtuse
    pair stays as it is; an acute one becomes a random orthonormal pair, which prefers no sign. As
    obtuse pairs prefer opposite signs, *two rows attract*.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, in [4, 10⁹].
    signs : {"opposite", "same"}
        Signs of the two largest weights.

    Returns
    -------
    float or ndarray
        Tends to 1 for wide layers, like ln m/√m; the sum over both signs is 1 + E exp(−z²/2).

    Raises
    ------
    TypeError, ValueError
        For unknown signs, or a width that is not whole or below 4.

    Notes
    -----
    Kind: leading order. Source: derivations/two_rows, “Two rows after the fast phase”.

    The width of z contains the variance of weights below the largest; only the central limit
    theorem for their sum is approximate.

    Examples
    --------
    >>> from polytheory.theory.pairs import pair_coincidence
    >>> [round(pair_coincidence(64, signs=signs), 3) for signs in ("opposite", "same")]
    [1.181, 0.54]
    """
    place = SIGNS.index(one_of("signs", signs, SIGNS))
    (m,) = PAIRS.check(n_neurons=n_neurons)
    parts = np.array_split(m.ravel(), 1 + m.size // _AT_A_TIME)
    values = np.concatenate([coincidences(part)[place] for part in parts])
    return unwrap(values.reshape(m.shape))


@overload
def third_row_repulsion(n_features: Number, n_neurons: Number) -> float: ...
@overload
def third_row_repulsion(n_features: ArrayLike, n_neurons: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    THIRD_ROWS,
    says="fast phase: n − 2 third rows lower the logarithm of opposite coincidences by "
    "h²(n−2)/(8πm)",
    source="two_rows: A third row repels",
    tested_in="tests/theory/test_pairs.py",
)
def third_row_repulsion(n_features: Any, n_neurons: Any) -> Any:
    r"""Return by how much all other rows reduce the logarithm of opposite coincidences.

    .. math:: h^2\,\frac{n-2}m\,E j^2, \qquad E j^2 = \frac1{8\pi}, \qquad
              h = \frac{\varphi(u_*)}{Q(u_*)}, \quad 2Q(u_*) = \frac1m

    A third row pushes both partners the same way, which separates opposite weights. Of the fast
    phase only: ℓ1 adds to it later.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
        At most 2 + 8√m.
    n_neurons : int or array
        m: number of neurons (columns); whole, in [4, 10⁹].

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If a size is not whole or out of range, or n − 2 > 8√m.

    Notes
    -----
    Kind: leading order. Source: derivations/two_rows, “A third row repels”.

    For few rows, n − 2 ≪ √m. Of 32 rows on 64 neurons the coincidences are 5 % fewer still.

    Examples
    --------
    >>> from polytheory.theory.pairs import third_row_repulsion
    >>> round(third_row_repulsion(16, 64), 4), third_row_repulsion(2, 64)
    (0.0657, 0.0)
    """
    n, m = THIRD_ROWS.check(n_features=n_features, n_neurons=n_neurons)
    hazard = 2.0 * m * density(ndtri(1.0 / (2.0 * m)))
    return unwrap(np.square(hazard) * (n - 2.0) / m / (8.0 * np.pi))
