"""Initial encodings; randomness enters only as `rng`."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray

__all__ = ["initial_row"]


def initial_row(n_neurons: int, *, rng: Any, scale: float = 1.0) -> FloatArray:
    """Draw one encoding with independent N(0, scale²/m) weights, the paper's initialization.

    Parameters
    ----------
    n_neurons : int
        m, at least 1.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`.
    scale : float
        Standard deviation times √m; the paper's is 1, so that the expected squared norm is 1.

    Returns
    -------
    ndarray (n_neurons,)

    Raises
    ------
    TypeError, ValueError
        For a size that is no whole number, an unusable `rng`, or a scale outside (0, 1e50].

    Examples
    --------
    >>> from polytheory.initial import initial_row
    >>> initial_row(4, rng=0).shape
    (4,)
    """
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    size = _checks.scalar("scale", scale, low=1 / _checks.LARGEST)
    return _checks.generator(rng).normal(0.0, size / np.sqrt(m), m)
