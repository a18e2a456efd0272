"""Initial encodings; randomness enters only as `rng`."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import ToyModel

__all__ = ["initial_encodings", "initial_row"]

#: More would not fit into any memory.
MOST_INSTANCES = 10**9


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


def initial_encodings(
    model: ToyModel, n_instances: int | None = None, *, rng: Any, scale: float = 1.0
) -> FloatArray:
    """Draw encodings with independent N(0, scale²/m) weights, the paper's initialization.

    Every instance has a random stream of its own, spawned from `rng`: instance number k is the same
    however many are drawn.

    Parameters
    ----------
    model : ToyModel
        Gives the shape.
    n_instances : int, optional
        Size of the batch, at least 1; without it, one instance and no batch axis.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`. A Generator or SeedSequence counts what it spawned, so
        that a second call with it draws other instances.
    scale : float
        Standard deviation times √m; the paper's is 1, so that the expected squared norms are 1.

    Returns
    -------
    ndarray (n_features, n_neurons) or (n_instances, n_features, n_neurons)

    Raises
    ------
    TypeError, ValueError
        For a model that is none, a size that is no whole number of at least 1, an unusable `rng`,
        or a scale outside (0, 1e50].

    Examples
    --------
    >>> from polytheory import ToyModel, initial_encodings
    >>> initial_encodings(ToyModel(4, 8), 3, rng=0).shape
    (3, 4, 8)
    """
    if not isinstance(model, ToyModel):
        raise _checks.refuse_type("model", model, "a ToyModel")
    size = _checks.scalar("scale", scale, low=1 / _checks.LARGEST)
    count = 1 if n_instances is None else _checks.integer("n_instances", n_instances, minimum=1)
    if count > MOST_INSTANCES:
        raise _checks.refuse_value("n_instances", str(count), f"at most {MOST_INSTANCES:g}")
    streams = _checks.streams(rng, count)
    shape = model.n_features, model.n_neurons
    W = np.stack([each.normal(0.0, size / np.sqrt(model.n_neurons), shape) for each in streams])
    return W[0] if n_instances is None else W
