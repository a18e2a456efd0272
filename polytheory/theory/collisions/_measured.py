"""Measured number of polysemantic neurons in the full flow."""

from functools import cache
from importlib.resources import files
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

__all__ = ["MEASURED", "measured_ratio"]


def _width_and_strength(n_features: Any, n_neurons: Any, l1_strength: Any, **_: Any) -> Any:
    strength = l1_strength * np.sqrt(n_neurons)
    wide = (n_features <= n_neurons) & (n_neurons <= 4 * n_features)
    # Slack: rounding must not exclude the ends.
    return wide & (strength >= 0.01 / _HAIR) & (strength <= _HAIR)


_HAIR = 1.0 + 1e-9
#: Range of the measurements.
MEASURED = Domain(
    {
        "n_features": whole(16, 256),
        "n_neurons": whole(16, 1024),
        "l1_strength": Interval(0.0003, 0.25, log=True),
    },
    where=_width_and_strength,
    because="n ≤ m ≤ 4n and 0.01 ≤ λ√m ≤ 1",
    instead="There are no measurements outside: use simulate.",
)


@cache
def _table() -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray]:
    """Return the grid in ln n, ln m/n, ln λ√m, and the ratios and standard errors on it."""
    with (files(__package__) / "measured.csv").open(encoding="utf-8") as lines:
        n, m, strength, ratio, error = np.loadtxt(
            lines, delimiter=",", skiprows=1, usecols=range(5)
        ).T
    columns = (np.log(each).round(9) for each in (n, m / n, strength))
    axes, places = zip(*(np.unique(c, return_inverse=True) for c in columns), strict=True)
    values = np.empty((*(axis.size for axis in axes), 2))
    values[places] = np.stack([ratio, error], axis=-1)
    return axes, values


@overload
def measured_ratio(
    n_features: Number, n_neurons: Number, *, l1_strength: Number
) -> tuple[float, float]: ...
@overload
def measured_ratio(
    n_features: ArrayLike, n_neurons: ArrayLike, *, l1_strength: ArrayLike
) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.EMPIRICAL,
    MEASURED,
    says="polysemantic neurons at the end of the flow over n(n−1)/(2(2m−1)): a measured table",
    source="collisions: An open problem: the constant",
    tested_in="tests/theory/test_measured.py",
)
def measured_ratio(n_features: Any, n_neurons: Any, *, l1_strength: Any) -> Any:
    r"""Return the measured ratio of the count in the full flow to its mean under exclusion.

    Linear interpolation in ln n, ln(m/n) and ln(λ√m) of simulated means at the end of the flow from
    independent N(0, 1/m) weights; carriers by the published rule.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, in [16, 256].
    n_neurons : int or array
        m: number of neurons (columns); whole, in [16, 1024].
        n ≤ m ≤ 4n.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0.0003, 0.25].
        0.01 ≤ λ√m ≤ 1.

    Returns
    -------
    tuple of (float or ndarray)
        The ratio and its standard error, that of the interpolated means. Between the points of
        the grid (n a power of 2, m/n = 1, 2, 4, λ√m = 0.01, 0.03, 0.1, 0.3, 1) the interpolation
        may add an error of about the same size.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or lies outside the range of the measurements.

    Notes
    -----
    Kind: empirical. Source: derivations/collisions, “An open problem: the constant”.

    No derivation of this number is known. ``simulations/collision_ratio.py`` computes the table
    ``measured.csv``, which records the instances, tolerance and seed of each row.

    Examples
    --------
    >>> from polytheory.theory.collisions import measured_ratio
    >>> ratio, error = measured_ratio(64, 128, l1_strength=0.003)
    >>> 0.75 < ratio < 0.85 and error < 0.02
    True
    """
    from scipy.interpolate import interpn  # imported here only: used nowhere else

    given = MEASURED.check(n_features=n_features, n_neurons=n_neurons, l1_strength=l1_strength)
    n, m, lam = np.broadcast_arrays(*given)
    axes, values = _table()
    point = np.stack([np.log(n), np.log(m / n), np.log(lam * np.sqrt(m))], axis=-1)
    ends = np.array([(axis[0], axis[-1]) for axis in axes]).T
    inside = np.clip(point, *ends)  # the ends of the grid are rounded
    ratio, error = np.moveaxis(interpn(axes, values, inside).reshape(*n.shape, 2), -1, 0)
    return unwrap(ratio), unwrap(error)
