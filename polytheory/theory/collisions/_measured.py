"""Measured number of polysemantic neurons in the full flow."""

from functools import cache
from importlib.resources import files
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

__all__ = ["MEASURED", "SURVIVED", "measured_ratio"]


def _width_and_strength(n_features: Any, n_neurons: Any, l1_strength: Any, **_: Any) -> Any:
    strength = l1_strength * np.sqrt(n_neurons)
    wide = (n_features <= n_neurons) & (n_neurons <= 4 * n_features)
    # In small layers rows begin to die between the last two points of the grid, λ√m = 0.3 and 1.
    largest = np.where(n_features < 64, 0.3, 1.0)
    # Slack: rounding must not exclude the ends.
    return wide & (strength >= 0.01 / _SLACK) & (strength <= largest * _SLACK)


def _rows_survive(n_features: Any, n_neurons: Any, l1_strength: Any, **_: Any) -> Any:
    strength = l1_strength * np.sqrt(n_neurons)
    wide = (n_features <= n_neurons) & (n_neurons <= 16 * n_features)
    return wide & (strength >= 0.003 / _SLACK) & (strength <= 0.3 * _SLACK)


_SLACK = 1.0 + 1e-9
#: Relative error of the interpolation: held-out means lie 2.7 % (root mean square) from the table,
#: of which sampling explains 2.2 %, and 2 % below it on average.
_INTERPOLATION = 0.025
#: Layers in which few rows die, up to the largest that was simulated.
SURVIVED = Domain(
    {
        "n_features": whole(8, 256),
        "n_neurons": whole(8, 4096),
        "l1_strength": Interval(5e-5, 0.1, log=True),
    },
    where=_rows_survive,
    because="n ≤ m ≤ 16n and 0.003 ≤ λ√m ≤ 0.3",
)
#: Where the table can be interpolated.
MEASURED = Domain(
    {
        "n_features": whole(16, 256),
        "n_neurons": whole(16, 1024),
        "l1_strength": Interval(0.0003, 0.125, log=True),
    },
    where=_width_and_strength,
    because="n ≤ m ≤ 4n and 0.01 ≤ λ√m ≤ 1, for n < 64 ≤ 0.3",
    instead="Outside nothing was measured, or rows die between two measurements: use simulate.",
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


def _on_the_grid(axes: tuple[FloatArray, ...], point: FloatArray) -> Any:
    """Return whether each point is one of the table, to the rounding of its axes."""
    near = [np.abs(point[..., [i]] - axis).min(axis=-1) < 1e-6 for i, axis in enumerate(axes)]
    return np.all(near, axis=0)


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
    rests_on="expected_polysemantic",
    note="No derivation of it is known; the null model that it multiplies is proved.",
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
        λ: ℓ1 strength, flow units; in [0.0003, 0.125].
        0.01 ≤ λ√m ≤ 1, for n < 64 only to 0.3: beyond, rows begin to die between two measurements.

    Returns
    -------
    tuple of (float or ndarray)
        The ratio and its standard error, that of the interpolated means. Off the grid (n a power of
        2, m/n = 1, 2, 4, λ√m = 0.01, 0.03, 0.1, 0.3, 1) it includes 2.5 % for the interpolation.

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
    >>> 0.75 < ratio < 0.85 and error < 0.03
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
    error = np.where(_on_the_grid(axes, inside), error, np.hypot(error, _INTERPOLATION * ratio))
    return unwrap(ratio), unwrap(error)
