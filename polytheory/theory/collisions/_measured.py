"""The count of polysemantic neurons in the full flow, as it was measured."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, unwrap
from polytheory.domain import Domain, Interval

__all__ = ["MEASURED", "measured_ratio"]


def _width_and_strength(n_features: Any, n_neurons: Any, l1_strength: Any) -> Any:
    n, m = np.asarray(n_features), np.asarray(n_neurons)
    strength = np.asarray(l1_strength) * np.sqrt(m)
    # The ends are included, whatever rounding makes of them.
    return (n <= m) & (m <= 4 * n) & (strength >= 0.01 / _HAIR) & (strength <= _HAIR)


_HAIR = 1.0 + 1e-9
#: Where the flow was measured.
MEASURED = Domain(
    {
        "n_features": Interval(16, 256, integer=True),
        "n_neurons": Interval(16, 1024, integer=True),
        "l1_strength": Interval(0.0003, 0.25, log=True),
    },
    where=_width_and_strength,
    because="n ≤ m ≤ 4n and 0.01 ≤ λ√m ≤ 1",
    instead="Nothing was measured there: simulate it.",
)


@cache
def _table() -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray]:
    """Return the grid in ln n, ln m/n, ln λ√m, and ratio and standard error on it."""
    with (files(__package__) / "measured.csv").open(encoding="utf-8") as lines:
        n, m, strength, ratio, error = np.loadtxt(
            lines, delimiter=",", skiprows=1, usecols=range(5)
        ).T
    columns = (np.log(each).round(9) for each in (n, m / n, strength))
    axes, places = zip(*(np.unique(c, return_inverse=True) for c in columns), strict=True)
    values = np.empty((*(axis.size for axis in axes), 2))
    values[places] = np.stack([ratio, error], axis=-1)
    return axes, values


def measured_ratio(n_features: ArrayLike, n_neurons: ArrayLike, *, l1_strength: ArrayLike) -> Any:
    r"""Polysemantic neurons in the full flow over what exclusion expects, as measured.

    Linear interpolation of simulated means in ln n, ln(m/n) and ln(λ√m), from independent N(0, 1/m)
    weights to the end of the flow; carriers by the published rule.

    Parameters
    ----------
    n_features, n_neurons : int or array
        n from 16 to 256, and n ≤ m ≤ 4n.
    l1_strength : float or array
        λ in **flow units**, with 0.01 ≤ λ√m ≤ 1.

    Returns
    -------
    tuple of (float or ndarray)
        The ratio, and its standard error: that of the means it comes from. Between the points of
        the grid (n a power of 2, m/n = 1, 2, 4, λ√m = 0.01, 0.03, 0.1, 0.3, 1) the interpolation
        may be off by about as much again.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or lies outside of what was measured.

    Notes
    -----
    Kind: empirical. No derivation of this number is known. Source: ours, theory 5.4;
    ``simulations/collision_ratio.py`` makes such tables, and ``measured.csv`` says with which
    instances, tolerance and seed its rows were made.

    Examples
    --------
    >>> from polytheory.theory.collisions import measured_ratio
    >>> ratio, error = measured_ratio(64, 128, l1_strength=0.003)
    >>> 0.75 < ratio < 0.85 and error < 0.02
    True
    """
    from scipy.interpolate import interpn  # not needed by anything else

    given = MEASURED.check(n_features=n_features, n_neurons=n_neurons, l1_strength=l1_strength)
    n, m, lam = np.broadcast_arrays(*given)
    axes, values = _table()
    point = np.stack([np.log(n), np.log(m / n), np.log(lam * np.sqrt(m))], axis=-1)
    ends = np.array([(axis[0], axis[-1]) for axis in axes]).T
    inside = np.clip(point, *ends)  # the ends of the grid are rounded
    ratio, error = np.moveaxis(interpn(axes, values, inside).reshape(*n.shape, 2), -1, 0)
    return unwrap(ratio), unwrap(error)
