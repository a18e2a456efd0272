"""Changes of the network or its start (levers), each with a prediction made beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from polytheory._checks import FloatArray
from polytheory.diagnosis import feature_dimensionality
from polytheory.noise import Bipolar, Laplace, Noise
from polytheory.theory.collisions import expected_polysemantic

__all__ = ["LEVERS", "Lever", "packing_loss"]


def packing_loss(encodings: FloatArray) -> FloatArray:
    r"""Return n − Σ_i D_i, with D_i = ‖W_i‖⁴/Σ_j (W_i·W_j)² the dimensionality of a feature.

    It is invariant under rotations of the layer, so measures sharing where no basis is preferred.
    In a one-hot state each feature of a pair on one neuron has D = ½, a dead feature D = 0, so it
    is the number of polysemantic neurons plus that of dead features.

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)

    Returns
    -------
    ndarray (...)
    """
    n, m = encodings.shape[-2:]
    each = [n - feature_dimensionality(W).sum() for W in encodings.reshape(-1, n, m)]
    return np.array(each).reshape(encodings.shape[:-2])


def _by_chance(n: int, m: int) -> float:
    return float(expected_polysemantic(n, m))


def _none(n: int, m: int) -> float:  # noqa: ARG001  # same signature as the others
    return 0.0


def _simplex(n: int, m: int) -> float:  # noqa: ARG001  # the same for every layer with m ≥ n − 1
    """Σ D of a regular simplex, every overlap −N/(n−1), is n − 1."""
    return 1.0


def _kept_overlaps(n: int, m: int) -> float:
    """Half of the overlaps, of variance 1/m, are negative and stay: Σ G²/(Σ D) for n ≪ √m."""
    return n * (n - 1.0) / (2.0 * m)


@dataclass(frozen=True)
class Lever:
    """A change of the network or its start, with the packing loss predicted for it.

    Attributes
    ----------
    predict : callable
        Takes n and m and returns the mean packing loss; in a one-hot state that is the count.
    because : str
        The argument, in a few words.
    kind : str
        Argument of `initial_encodings`.
    widening : int
        Factor by which m is multiplied.
    regularized : bool
        Whether there is an ℓ1 term.
    noise : callable, optional
        Distribution of the noise on the hidden layer in training, as a function of ``std=``.
    together : float
        p/λ in training, with p the probability that a feature is active, independently of others.
    """

    predict: Callable[[int, int], float]
    because: str
    kind: str = "gaussian"
    widening: int = 1
    regularized: bool = True
    noise: Callable[..., Noise] | None = None
    together: float = 0.0


#: By name, in the order of the table; the first is the reference.
LEVERS = {
    "as published": Lever(_by_chance, "exclusion"),
    "twice as wide": Lever(_by_chance, "exclusion, ∝ 1/m", widening=2),
    "four times as wide": Lever(_by_chance, "exclusion, ∝ 1/m", widening=4),
    "non-negative": Lever(_none, "one sign only, and that excludes", kind="non-negative"),
    "orthonormal": Lever(_by_chance, "no help", kind="orthonormal"),
    "signed sites": Lever(_by_chance, "neurons are shared by chance", kind="signed sites"),
    "neurons": Lever(_none, "the largest weight wins", kind="neurons"),
    "carriers": Lever(_none, "the largest weight wins", kind="carriers"),
    "no regularization": Lever(
        _kept_overlaps, "negative overlaps stay, to leading order in n/√m", regularized=False
    ),
    "noise, κ = −2": Lever(_simplex, "collisions are unstable", regularized=False, noise=Bipolar),
    "noise, κ = 3": Lever(_simplex, "nothing gets sparse", regularized=False, noise=Laplace),
    "features together": Lever(_none, "negative overlaps decay at 2p > λ", together=2.0),
}
