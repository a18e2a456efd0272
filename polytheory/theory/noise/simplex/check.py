"""The simplex and what happens near it, against quadrature and the exact force."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.theory import noise as theory
from polytheory.theory.noise.edgeworth import check_mixed as _mixed
from polytheory.theory.noise.edgeworth.check_mixed import cumulants, symbolic

__all__ = ["LAWS", "rectified", "rotation", "simplex"]

_NODES, _WEIGHTS = leggauss(96)
_REACH = 10.0  # standard deviations beyond which a Gaussian is nothing


def rectified(x: FloatArray) -> list[FloatArray]:
    """E ReLU(x + Z)^p for p = 0, 1, 2 by quadrature over what passes."""
    x = np.asarray(x, dtype=np.float64)[..., None]
    low, high = np.maximum(x - _REACH, 0.0), np.maximum(x, 0.0) + _REACH
    y = low + (high - low) * (_NODES + 1.0) / 2.0
    mass = np.exp(-((y - x) ** 2) / 2.0) / np.sqrt(2.0 * np.pi) * _WEIGHTS * (high - low) / 2.0
    return [np.asarray((y**p * mass).sum(axis=-1)) for p in (0, 1, 2)]


def simplex(n_features: int, n_neurons: int, squared_norm: float, seed: int) -> FloatArray:
    """Return a regular simplex of n rows, turned at random in m ≥ n − 1 dimensions."""
    centred = np.eye(n_features) - 1.0 / n_features
    values, vectors = np.linalg.eigh(centred)
    rows = vectors[:, values > 0.5] * np.sqrt(squared_norm * n_features / (n_features - 1))
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(n_neurons, n_features - 1)))[0].T
    return np.asarray(rows @ turned)


# --- overlaps and norm ----------------------------------------------------------------------------


def _rows(n_features: int, n_neurons: int, centred: float, seed: int) -> FloatArray:
    W = np.random.default_rng(seed).normal(size=(n_features, n_neurons))
    return np.asarray(W - centred * W.mean(axis=0))


def _least_overlap(**case: Any) -> Any:
    N = float(np.square(_rows(**case)).sum(axis=-1).mean())
    return theory.simplex_overlap(case["n_features"], squared_norm=N), np.inf


def _mean_overlap(**case: Any) -> Observation:
    W = _rows(**case)
    gram = W @ W.T
    mean = (gram.sum() - np.trace(gram)) / (len(W) * (len(W) - 1))
    return Observation(np.asarray(mean), np.asarray(1e-13 * np.trace(gram)), "rounding of a sum")


def _one_overlap(n_features: FloatArray, squared_norm: FloatArray) -> Any:
    return theory.simplex_overlap(n_features, squared_norm=squared_norm)


def _of_mean_norm(**case: Any) -> dict[str, Any]:
    N = float(np.square(_rows(**case)).sum(axis=-1).mean())
    return {"n_features": case["n_features"], "squared_norm": N}


def _slope_of_loss(n: int, std: float, root: FloatArray) -> FloatArray:
    """dL/dN per row of a simplex of norm `root` under Gaussian noise, moments by quadrature."""
    x = -root / ((n - 1) * std)
    _, first, second = rectified(x)
    # μ = −N/(n−1) and s = σ√N; E[(x + Z)₊Z] is second − x·first.
    by_overlap = 2.0 * std * root * first * (-1.0 / (n - 1))
    by_width = 2.0 * std * root * (second - x * first) * std / (2.0 * root)
    return np.asarray(2.0 * (root**2 - 1.0) + std**2 + (n - 1) * (by_overlap + by_width))


def _fraction_of_critical(n_features: int, fraction: float) -> dict[str, Any]:
    return {"n_features": n_features, "std": fraction * 2.0 / np.sqrt(n_features + 1.0)}


def _seen_norm(n_features: int, fraction: float) -> Observation:
    """Bisect for where the loss of a simplex is least. Below 2/√(n+1) there is one such norm."""
    std = _fraction_of_critical(n_features, fraction)["std"]
    low, high = 0.0, 2.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        falls = bool(_slope_of_loss(n_features, std, np.asarray(middle)) < 0.0)
        low, high = (middle, high) if falls else (low, middle)
    # Near the critical strength the slope is flat: rounding moves its zero the more.
    h = 1e-4 * high
    ends = _slope_of_loss(n_features, std, np.array([high - h, high + h]))
    error = 1e-14 * 4.0 * h * high / np.abs(ends[1] - ends[0])
    return Observation(np.asarray(high**2), np.asarray(error + 1e-14), "rounding of the slope")


def _seen_critical(n_features: int) -> Observation:
    """Bisect for the noise above which the loss of a simplex rises with its norm everywhere."""
    low, high = 0.5 / np.sqrt(n_features), 3.0 / np.sqrt(n_features)
    for _ in range(45):
        std = 0.5 * (low + high)
        a, b = 1e-6, 1.2
        for _ in range(7):  # the lowest point of the slope, on ever finer grids
            grid = np.linspace(a, b, 33)
            slopes = _slope_of_loss(n_features, std, grid)
            at = int(np.argmin(slopes))
            a, b = grid[max(at - 1, 0)], grid[min(at + 1, 32)]
        low, high = (std, high) if slopes[at] < 0.0 else (low, std)
    return Observation(
        np.asarray(low), np.asarray(1e-12), "bisection and a parabola's lowest point"
    )


# --- the drift ------------------------------------------------------------------------------------


def rotation(W: FloatArray, G: FloatArray) -> FloatArray:
    """Project G on the rotations of the simplex: WΩ with CΩ + ΩC = WᵀG − GᵀW, C = WᵀW."""
    values, vectors = np.linalg.eigh(W.T @ W)
    both = values[:, None] + values
    right = vectors.T @ (W.T @ G - G.T @ W) @ vectors
    turned = np.divide(right, both, out=np.zeros_like(right), where=both > 1e-9 * values.max())
    return np.asarray(W @ (vectors @ turned @ vectors.T))


def _of_drift(n_features: int, std: float, squared_norm: float, share: float, **_: int) -> Any:
    kurtosis = cumulants(share)["excess_kurtosis"]
    return {
        "n_features": n_features,
        "std": std,
        "squared_norm": squared_norm,
        "excess_kurtosis": kurtosis,
    }


def _seen_drift(
    n_features: int, n_neurons: int, std: float, squared_norm: float, share: float, seed: int
) -> Observation:
    """How much of the cube of the weights is in the force, as far as it turns the simplex."""
    W = simplex(n_features, n_neurons, squared_norm, seed)
    turning = rotation(W, -_mixed.noise_gradient(W, std, share) / 4.0)
    cube = rotation(W, W**3 / squared_norm)
    size = float((cube * cube).sum())
    rate = float((turning * cube).sum()) / size
    error = 1e-15 * n_features / np.sqrt(size)
    return Observation(np.asarray(rate), np.asarray(error), "rounding of the force")


def _room(n_features: Any, n_neurons: Any, **_: Any) -> Any:
    return n_neurons >= n_features - 1


# --- collisions -----------------------------------------------------------------------------------


def _force(W: FloatArray, std: float) -> FloatArray:
    """Expected force under Gaussian noise, own outputs above their kink, moments by quadrature."""
    gram = W @ W.T
    N = np.diag(gram)
    s = std * np.sqrt(N)
    passes, first, _ = rectified(gram / s)
    off = 1.0 - np.eye(len(W))
    pull = off * (s * first)
    along = 1.0 - N - std**2 / 2.0 * (1.0 + (off * passes).sum(axis=0))
    return np.asarray(along[:, None] * W - (pull + pull.T) / 2.0 @ W)


def _of_escape(std: float, squared_norm: float, **_: int) -> dict[str, Any]:
    return {"std": std, "squared_norm": squared_norm, "law": "gaussian"}


def _gaussian_escape(std: FloatArray, squared_norm: FloatArray) -> Any:
    return theory.escape_rate(std=std, squared_norm=squared_norm, law="gaussian")


def _seen_escape(n_pairs: int, std: float, squared_norm: float) -> Observation:
    """How fast antipodal pairs, bent a little towards a neuron nobody uses, open."""

    def rate(bent: float) -> float:
        W = np.zeros((2 * n_pairs, n_pairs + 1))
        for pair in range(n_pairs):
            W[2 * pair : 2 * pair + 2, pair] = np.sqrt(squared_norm) * np.array([1.0, -1.0])
        W[:4, -1] = bent * np.array([1.0, 1.0, -1.0, -1.0])
        speed = _force(W, std)
        return float(speed[0, -1] / bent - speed[0, 0] / W[0, 0])

    scale = np.sqrt(squared_norm) * min(std, 1.0)
    coarse, fine = rate(2e-4 * scale), rate(1e-4 * scale)
    error = abs(fine - coarse) + 1e-10 * abs(fine)
    return Observation(np.asarray(fine), np.asarray(error), "bending halved, and rounding")


_FEATURES = Interval(2, 40, integer=True)
_STD = Interval(0.05, 0.5, log=True)
_NORM = Interval(0.2, 1.0)

LAWS = (
    Law(
        name="simplex_overlap",
        kind=Kind.BOUND,
        statement="the mean of W_i·W_j, i ≠ j, is at least −N/(n − 1), N the mean of ‖W_i‖²",
        domain=Domain(
            {
                "n_features": _FEATURES,
                "n_neurons": Interval(1, 60, integer=True),
                "centred": Interval(0.0, 1.0),
                "seed": SEED,
            }
        ),
        predict=_least_overlap,
        closed_form=_one_overlap,
        evaluate_at=_of_mean_norm,
        observe=_mean_overlap,
        tight=1e-9,
        symbolic=symbolic("simplex_overlap"),
        source="ours; theory 7.3",
    ),
    Law(
        name="equilibrium_norm",
        kind=Kind.EXACT,
        statement="1 − N − (σ²/2)(1 + (n−1)Φ(x*)) + σ√N h₁(x*) = 0, x* = −√N/((n−1)σ)",
        domain=Domain({"n_features": _FEATURES, "fraction": Interval(0.01, 0.99)}),
        prepare=_fraction_of_critical,
        predict=theory.equilibrium_norm,
        observe=_seen_norm,
        symbolic=symbolic("equilibrium_norm"),
        source="ours; theory_noise 2",
        note="Exact without the ReLU on the diagonal; fraction is that of 2/√(n+1).",
    ),
    Law(
        name="critical_std",
        kind=Kind.EXACT,
        statement="features shrink above σ_c = [min_ξ g(ξ)]^(−1/2), a little above 2/√(n+1)",
        domain=Domain({"n_features": Interval(2, 64, integer=True)}),
        predict=theory.critical_std,
        observe=_seen_critical,
        symbolic=symbolic("critical_std"),
        source="ours; theory_noise 2",
        draws=4,
    ),
    Law(
        name="drift_rate",
        kind=Kind.LEADING_ORDER,
        statement="on the simplex dw_k/dt = γ(w_k³ − q w_k), γ = −κσ√N φ(x*)/12",
        domain=Domain(
            {
                "n_features": Interval(3, 6, integer=True),
                "n_neurons": Interval(3, 8, integer=True),
                "std": Interval(0.15, 0.5, log=True),
                "squared_norm": _NORM,
                "share": Interval(0.1, 0.3, log=True),
                "seed": SEED,
            },
            where=_room,
            because="n_neurons ≥ n_features − 1",
        ),
        prepare=_of_drift,
        predict=theory.drift_rate,
        observe=_seen_drift,
        small="share",
        order=1.0,
        symbolic=symbolic("drift_rate"),
        source="ours; theory 7.3",
        note="Judged on the exact force, projected on rotations, as the kurtosis −2a² falls.",
    ),
    Law(
        name="escape_rate",
        kind=Kind.EXACT,
        statement="opposite-sign collisions open at the rate F′(0) − F′(−N), nearly E|z|",
        domain=Domain(
            {"n_pairs": Interval(2, 5, integer=True), "std": _STD, "squared_norm": _NORM}
        ),
        prepare=_of_escape,
        predict=theory.escape_rate,
        closed_form=_gaussian_escape,
        observe=_seen_escape,
        symbolic=symbolic("escape_rate"),
        source="ours; theory 7.6",
        note="Observed in the exact force of Gaussian noise.",
    ),
)
