"""Random initial encodings of several kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import ToyModel, require_model

__all__ = ["KINDS", "initial_encodings", "initial_row"]

#: More would not fit in memory.
_MAX_INSTANCES = 10**9


def initial_row(n_neurons: int, *, rng: Any, scale: float = 1.0) -> FloatArray:
    """Return one encoding with independent N(0, scale²/m) weights, the paper's initialization.

    Parameters
    ----------
    n_neurons : int
        m, at least 1.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`.
    scale : float
        Standard deviation times √m; 1 in the paper, so that the expected squared norm is 1.

    Returns
    -------
    ndarray (n_neurons,)

    Raises
    ------
    TypeError, ValueError
        If `n_neurons` is not a whole number of at least 1, `rng` is invalid, or `scale` is outside
        (0, 1e50].

    Examples
    --------
    >>> from polytheory.initial import initial_row
    >>> initial_row(4, rng=0).shape
    (4,)
    """
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    size = _checks.scalar("scale", scale, low=1 / _checks.MAX_VALUE)
    return _checks.generator(rng).normal(0.0, size / np.sqrt(m), m)


# --- kinds of encodings: each draws (n, m) with weights of order 1/√m -----------------------------


def _gaussian(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    return rng.normal(0.0, 1.0 / np.sqrt(m), (n, m))


def _non_negative(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    return np.abs(_gaussian(n, m, rng))


def _orthonormal(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    """Draw n rows of a uniform random rotation; the sign of R's diagonal makes QR unique."""
    q, r = np.linalg.qr(_gaussian(n, m, rng).T)
    return np.ascontiguousarray((q * np.sign(np.diag(r))).T)


def _put_largest(W: FloatArray, neurons: Any, signs: FloatArray) -> FloatArray:
    """Swap the largest weight of each row with that on the given neuron, and set its sign."""
    rows = np.arange(len(W))
    largest = np.abs(W).argmax(axis=1)
    size = np.abs(W[rows, largest])
    W[rows, largest] = W[rows, neurons]
    W[rows, neurons] = size * signs
    return W


def _signed_sites(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    W = _gaussian(n, m, rng)
    sites = rng.choice(2 * m, n, replace=False)
    return _put_largest(W, sites // 2, np.where(sites % 2, 1.0, -1.0))


def _neurons(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    W = _gaussian(n, m, rng)
    return _put_largest(W, rng.choice(m, n, replace=False), rng.choice([-1.0, 1.0], n))


def _carriers(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    W = _gaussian(n, m, rng)
    W[np.arange(n), rng.choice(m, n, replace=False)] = rng.choice([-1.0, 1.0], n)
    return W


Draw = Callable[[int, int, np.random.Generator], FloatArray]
_DRAWS: dict[str, tuple[Draw, int | None]] = {  # with the largest number of features per neuron
    "gaussian": (_gaussian, None),
    "non-negative": (_non_negative, None),
    "orthonormal": (_orthonormal, 1),
    "signed sites": (_signed_sites, 2),
    "neurons": (_neurons, 1),
    "carriers": (_carriers, 1),
}
#: The kinds of initial encodings.
KINDS = tuple(_DRAWS)


def initial_encodings(
    model: ToyModel,
    n_instances: int | None = None,
    *,
    rng: Any,
    scale: float = 1.0,
    kind: str = "gaussian",
) -> FloatArray:
    """Return random encodings, by default with independent N(0, scale²/m) weights as in the paper.

    The other kinds are meant to avoid collisions; whether they do, the figure of
    `polytheory.experiments.avoidance.levers` measures. Each instance has its own random stream,
    spawned from `rng`: instance k does not depend on the number of instances.

    Parameters
    ----------
    model : ToyModel
        Determines the shape.
    n_instances : int, optional
        Size of the batch, at least 1; without it, one instance and no batch axis.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`. A Generator or SeedSequence spawns new streams at each
        call, so that a second call draws other instances.
    scale : float
        Standard deviation times √m; 1 in the paper, so that the expected squared norms are 1. The
        kinds are described for scale 1; their weights are multiplied by it.
    kind : str
        - "gaussian": independent N(0, 1/m) weights.
        - "non-negative": their absolute values.
        - "orthonormal": rows of a random rotation, for n ≤ m.
        - "signed sites": Gaussian rows whose largest weights are moved such that no two have the
          same neuron and sign, for n ≤ 2m.
        - "neurons": the same such that no two have the same neuron, for n ≤ m.
        - "carriers": Gaussian rows with one weight each set to ±1, on different neurons, n ≤ m.

    Returns
    -------
    ndarray (n_features, n_neurons) or (n_instances, n_features, n_neurons)

    Raises
    ------
    TypeError, ValueError
        If `model` is not a ToyModel, `n_instances` is not a whole number of at least 1, `rng` is
        invalid, `scale` is outside (0, 1e50], or `kind` is unknown or does not allow n features.

    Examples
    --------
    >>> from polytheory import ToyModel, initial_encodings
    >>> initial_encodings(ToyModel(4, 8), 3, rng=0).shape
    (3, 4, 8)
    """
    require_model(model)
    size = _checks.scalar("scale", scale, low=1 / _checks.MAX_VALUE)
    count = 1 if n_instances is None else _checks.integer("n_instances", n_instances, minimum=1)
    if count > _MAX_INSTANCES:
        raise _checks.refuse_value("n_instances", str(count), f"at most {_MAX_INSTANCES:g}")
    n, m = model.n_features, model.n_neurons
    draw, room = _DRAWS[_checks.one_of("kind", kind, KINDS)]
    if room is not None and n > room * m:
        came = f"{kind!r} for {n} features on {m} neurons"
        allowed = f"one that has room for as many features (this one has room for {room * m})"
        raise _checks.refuse_value("kind", came, allowed)
    W = size * np.stack([draw(n, m, each) for each in _checks.streams(rng, count)])
    return W[0] if n_instances is None else W
