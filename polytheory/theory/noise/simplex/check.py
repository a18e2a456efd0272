"""Checks of the simplex and its norm, by random rows and the loss by quadrature."""

from functools import partial
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from polytheory._checks import FloatArray
from polytheory.checking import Observation, bisected, drawn, judged
from polytheory.checking.wrong import (
    altered,
    instead,
)
from polytheory.domain import Domain, Interval, whole
from polytheory.theory.noise import simplex as closed

_NODES, _WEIGHTS = leggauss(96)
_REACH = 10.0  # standard deviations beyond which a Gaussian is negligible


def rectified(x: FloatArray) -> list[FloatArray]:
    """Return E ReLU(x + Z)^p for p = 0, 1, 2 by quadrature over x + Z > 0."""
    x = np.asarray(x, dtype=np.float64)[..., None]
    low, high = np.maximum(x - _REACH, 0.0), np.maximum(x, 0.0) + _REACH
    y = low + (high - low) * (_NODES + 1.0) / 2.0
    mass = np.exp(-((y - x) ** 2) / 2.0) / np.sqrt(2.0 * np.pi) * _WEIGHTS * (high - low) / 2.0
    return [np.asarray((y**p * mass).sum(axis=-1)) for p in (0, 1, 2)]


def simplex(n_features: int, n_neurons: int, squared_norm: float, seed: int) -> FloatArray:
    """Return a regular simplex of n rows, rotated at random in m ≥ n − 1 dimensions."""
    centred = np.eye(n_features) - 1.0 / n_features
    values, vectors = np.linalg.eigh(centred)
    rows = vectors[:, values > 0.5] * np.sqrt(squared_norm * n_features / (n_features - 1))
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(n_neurons, n_features - 1)))[0].T
    return np.asarray(rows @ turned)


def rotation(W: FloatArray, G: FloatArray) -> FloatArray:
    """Project G on the rotations of the simplex: WΩ with CΩ + ΩC = WᵀG − GᵀW, C = WᵀW."""
    values, vectors = np.linalg.eigh(W.T @ W)
    both = values[:, None] + values
    right = vectors.T @ (W.T @ G - G.T @ W) @ vectors
    turned = np.divide(right, both, out=np.zeros_like(right), where=both > 1e-9 * values.max())
    return np.asarray(W @ (vectors @ turned @ vectors.T))


def _rows(n_features: int, n_neurons: int, mean_removed: float, seed: int) -> FloatArray:
    W = np.random.default_rng(seed).normal(size=(n_features, n_neurons))
    return np.asarray(W - mean_removed * W.mean(axis=0))


def _of_mean_norm(**case: Any) -> dict[str, Any]:
    N = float(np.square(_rows(**case)).sum(axis=-1).mean())
    return {"n_features": case["n_features"], "squared_norm": N}


def _mean_overlap(**case: Any) -> Observation:
    W = _rows(**case)
    gram = W @ W.T
    mean = (gram.sum() - np.trace(gram)) / (len(W) * (len(W) - 1))
    return Observation(mean, 1e-13 * np.trace(gram), "rounding of a sum")


def _slope_of_loss(n: int, std: float, root: FloatArray) -> FloatArray:
    """Return dL/dN per row of a simplex of norm `root` under Gaussian noise by quadrature."""
    x = -root / ((n - 1) * std)
    _, first, second = rectified(x)
    # μ = −N/(n−1) and s = σ√N; E[(x + Z)₊Z] is second − x·first.
    by_overlap = 2.0 * std * root * first * (-1.0 / (n - 1))
    by_width = 2.0 * std * root * (second - x * first) * std / (2.0 * root)
    return np.asarray(2.0 * (root**2 - 1.0) + std**2 + (n - 1) * (by_overlap + by_width))


def _fraction_of_critical(n_features: int, std_over_critical: float) -> dict[str, Any]:
    return {"n_features": n_features, "std": std_over_critical * 2.0 / np.sqrt(n_features + 1.0)}


def _at_rest(**case: Any) -> dict[str, Any]:
    given = _fraction_of_critical(**case)
    return given | {"squared_norm": closed.equilibrium_norm(**given)}


def _at_critical(n_features: int) -> dict[str, Any]:
    """Return ξ = √N/((n − 1)σ) where the two norms in balance merge."""
    std = closed.critical_std(n_features)
    root = np.sqrt(closed.equilibrium_norm(n_features, std=std))
    return {"n_features": n_features, "xi": root / ((n_features - 1) * std)}


def _seen_norm(n_features: int, std_over_critical: float) -> Observation:
    """Bisect for the norm of least loss of a simplex, which is unique below 2/√(n+1)."""
    std = _fraction_of_critical(n_features, std_over_critical)["std"]
    slope = partial(_slope_of_loss, n_features, std)
    _, high = bisected(lambda root: slope(np.asarray(root)) < 0.0, 0.0, 2.0)
    # Near the critical strength the slope is flat, and rounding shifts its zero more.
    h = 1e-4 * high
    ends = slope(np.array([high - h, high + h]))
    error = 1e-14 * 4.0 * h * high / np.abs(ends[1] - ends[0])
    return Observation(high**2, error + 1e-14, "rounding of the slope")


def _seen_critical(n_features: int) -> Observation:
    """Bisect for the noise above which the loss of a simplex increases with its norm everywhere."""

    def falls_somewhere(std: float) -> Any:
        a, b = 1e-6, 1.2
        for _ in range(7):  # the minimum of the slope, on finer and finer grids
            grid = np.linspace(a, b, 33)
            slopes = _slope_of_loss(n_features, std, grid)
            at = int(np.argmin(slopes))
            a, b = grid[max(at - 1, 0)], grid[min(at + 1, 32)]
        return slopes[at] < 0.0

    root = np.sqrt(n_features)
    low, _ = bisected(falls_somewhere, 0.5 / root, 3.0 / root, halvings=45)
    return Observation(low, 1e-12, "bisection and the minimum of a parabola")


def _seen_window(n_features: int) -> Observation:
    """Bisect for where the drift of a unit row per σ has 4 % (3.5 to 4.5) of its value at x = 0."""

    def weak(share: float) -> float:
        def below(std: float) -> Any:
            return np.exp(-0.5 / ((n_features - 1) * std) ** 2) < share

        return bisected(below, 1e-3 / n_features, 10.0)[0]

    low, high = weak(0.035), weak(0.045)
    end = _seen_critical(n_features)
    seen, error = [(low + high) / 2.0, end.value], [(high - low) / 2.0, end.error]
    return Observation(np.array(seen), np.array(error), f"4 % to half a per cent; {end.source}")


_FEATURES = whole(2, 40)

LAWS = (
    judged(
        closed.simplex_overlap,
        observe=_mean_overlap,
        predict=lambda **given: (closed.simplex_overlap(**given), None),
        closed_form=closed.simplex_overlap,
        prepare=_of_mean_norm,
        cases=drawn(n_features=_FEATURES, n_neurons=whole(1, 60), mean_removed=Interval(0.0, 1.0)),
        why="rows of standard normal weights are drawn, which fixes their norm",
        tight=(1e-9, None),
        # The bound is negative: the first of these is not attained, the second is violated.
        wrong=[
            altered("a lower end", lambda ends: (1.02 * ends[0], None)),
            altered("a higher end", lambda ends: (ends[0] / 1.001, None)),
        ],
    ),
    judged(
        closed.equilibrium_norm,
        closed_form=lambda squared_norm, **_: squared_norm,  # a root of the symbolic balance
        evaluate_at=_at_rest,
        observe=_seen_norm,
        prepare=_fraction_of_critical,
        cases=Domain({"n_features": _FEATURES, "std_over_critical": Interval(0.01, 0.99)}),
        why="σ_c is close to 2/√(n+1), below which the loss has one minimum",
        wrong=[
            instead("with the ReLU on the diagonal", closed.equilibrium_norm, diagonal="exact"),
        ],
    ),
    judged(
        closed.critical_std,
        closed_form=lambda n_features, **_: closed.critical_std(n_features),  # the largest 1/√g
        evaluate_at=_at_critical,
        observe=_seen_critical,
        cases=Domain({"n_features": whole(2, 64)}),
        draws=4,
        why="each is a bisection within a bisection, and small layers show the dependence on n",
        wrong=[
            instead("stability of N = 0", lambda n_features: 2 / np.sqrt(n_features + 1.0)),
        ],
    ),
    judged(
        closed.working_window,
        predict=lambda n_features: np.array(closed.working_window(n_features)),
        closed_form=None,
        not_compared="the lower end is a convention, and the upper one has its own law",
        observe=_seen_window,
        cases=Domain({"n_features": whole(2, 64)}),
        draws=2,
        why="the upper end is a bisection within a bisection",
        wrong=[
            altered("half the lower end", lambda ends: ends * np.array([0.5, 1.0])),
        ],
    ),
)
