"""Interference: the forces at the start by sampling, the decay of overlaps by the plain flow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED, STEP, halved, symbolic_statement
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.flow.plain import integrate
from polytheory.model import ToyModel
from polytheory.theory import interference as theory

#: Weights drawn for one case: some hundredths of a second.
_DRAWN = 400_000


_symbolic = partial(symbolic_statement, "interference")


# --- at the start ---------------------------------------------------------------------------------


def _draw(n_features: int, n_neurons: int, seed: int) -> FloatArray:
    """Draw as many independent initial encodings as the budget has room for."""
    samples = max(_DRAWN // (n_features * n_neurons), 100)
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(samples, n_features, n_neurons)) / np.sqrt(n_neurons))


def _mean(samples: FloatArray) -> Observation:
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    return Observation(np.asarray(samples.mean()), np.asarray(error), "standard error of the mean")


def _push(
    n_features: int, n_neurons: int, squared_norm: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return row 0, of the given norm, and minus the interference on it, for many draws."""
    W = _draw(n_features, n_neurons, seed)
    row = W[:, 0, :]
    row *= np.sqrt(squared_norm / np.square(row).sum(axis=-1, keepdims=True))
    return row, -ToyModel(n_features, n_neurons).interference(W)[:, 0, :]


def _seen_interference(**case: Any) -> Observation:
    row, push = _push(**case)
    return _mean((row * push).sum(axis=-1))


def _seen_square(**case: Any) -> Observation:
    _, push = _push(**case)
    return _mean(np.square(push).sum(axis=-1))


def _seen_benefit(n_neurons: int, seed: int) -> Observation:
    """Root mean square of the force over the length of the row, with the error of the root."""
    W = _draw(1, n_neurons, seed)
    force = np.square(ToyModel(1, n_neurons).feature_benefit(W)).sum(axis=(-2, -1))
    square = _mean(force / np.square(W).sum(axis=(-2, -1)))
    root = np.sqrt(square.value)
    return Observation(root, square.error / (2.0 * root), "standard error of the mean square")


def _seen_regularization(n_neurons: int, l1_strength: float, seed: int) -> Observation:
    W = _draw(1, n_neurons, seed)
    force = ToyModel(1, n_neurons, l1_strength=l1_strength).regularization(W)
    return _mean(-(W * force).sum(axis=(-2, -1)))


def _seen_norm_speed(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> Observation:
    W = _draw(n_features, n_neurons, seed)
    velocity = ToyModel(n_features, n_neurons, l1_strength=l1_strength).velocity(W)
    return _mean(2.0 * (W * velocity).sum(axis=-1).mean(axis=-1))


_FEATURES = Interval(1, 40, integer=True)
_WIDTH = Interval(1, 200, integer=True, log=True)
_STRENGTH = Interval(0.0, 0.1)
_GIVEN_ROW = Domain(
    {
        "n_features": _FEATURES,
        "n_neurons": _WIDTH,
        "squared_norm": Interval(0.25, 4.0),
        "seed": SEED,
    }
)


def _without_seed(seed: int, **case: Any) -> dict[str, Any]:  # noqa: ARG001 - named to be left out
    return case


# --- later ----------------------------------------------------------------------------------------


def _overlaps(rows: FloatArray, time: float) -> Callable[[float], FloatArray]:
    """Return a function from the step to the Gram matrix after some time, without ℓ1."""
    model = ToyModel(*rows.shape)

    def simulate(step: float) -> FloatArray:
        final = integrate(
            model.smooth_force,
            rows,
            l1_strength=0.0,
            times=np.array([time]),
            step=step,
            method="strang",
        )[-1]
        return np.asarray(final @ final.T)

    return simulate


def _pair(
    initial_cosine: float, squared_norm: float, other_squared_norm: float, seed: int
) -> FloatArray:
    """Return two rows at the given angle, turned at random in five dimensions."""
    rng = np.random.default_rng(seed)
    plane = np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    sine = np.sqrt((1.0 - initial_cosine) * (1.0 + initial_cosine))
    directions = np.array([[1.0, 0.0], [initial_cosine, sine]]) @ plane
    return np.asarray(directions * np.sqrt([[squared_norm], [other_squared_norm]]))


def _seen_pair(time: float, **pair: Any) -> Observation:
    """Cosine and squared norms of two rows; the worst of their errors stands for all.

    One alone may happen to change little when the step is halved.
    """
    gram = _overlaps(_pair(**pair), time)

    def simulate(step: float) -> FloatArray:
        G = gram(step)
        return np.array([G[0, 1] / np.sqrt(G[0, 0] * G[1, 1]), G[0, 0], G[1, 1]])

    return halved(simulate)


def _seen_cosine(**case: Any) -> Observation:
    seen = _seen_pair(**case)
    return Observation(seen.value[0], seen.error[0], seen.source)


def _seen_squared_norm(**case: Any) -> Observation:
    seen = _seen_pair(**case)
    return Observation(seen.value[1], seen.error[1], seen.source)


_TWO_ROWS = Domain(
    {
        "initial_cosine": Interval(-1.0, 1.0),
        "time": Interval(0.0, 4.0),
        "squared_norm": Interval(0.1, 2.0),
        "other_squared_norm": Interval(0.1, 2.0),
        "seed": SEED,
    }
)


def _initial_overlaps(n_features: int, overlap: float, seed: int) -> FloatArray:
    """Return a Gram matrix with ones on the diagonal and overlaps of either sign elsewhere."""
    rng = np.random.default_rng(seed)
    upper = rng.uniform(0.5, 1.0, (n_features, n_features)) * rng.choice(
        [-1.0, 1.0], (n_features, n_features)
    )
    off = overlap * np.triu(upper, 1)
    return np.asarray(np.eye(n_features) + off + off.T)


def _above_diagonal(gram: FloatArray) -> FloatArray:
    return gram[np.triu_indices_from(gram, 1)]


def _nearly_orthonormal(time: float, **case: Any) -> dict[str, Any]:
    return {"initial_overlap": _above_diagonal(_initial_overlaps(**case)), "time": time}


def _seen_overlaps(time: float, **case: Any) -> Observation:
    rows: FloatArray = np.asarray(np.linalg.cholesky(_initial_overlaps(**case)), dtype=np.float64)
    gram = _overlaps(rows, time)
    return halved(lambda step: _above_diagonal(gram(step)), STEP / 2.0)


LAWS = (
    Law(
        name="initial_feature_benefit",
        kind=Kind.STATISTICAL,
        statement="at the start 1 − ‖W_i‖² has root mean square √(2/m)",
        domain=Domain({"n_neurons": _WIDTH, "seed": SEED}),
        prepare=_without_seed,
        predict=theory.initial_feature_benefit,
        observe=_seen_benefit,
        symbolic=_symbolic("initial_feature_benefit"),
        source="ours; theory 4.1",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
    Law(
        name="initial_interference",
        kind=Kind.STATISTICAL,
        statement="at the start E[Σ_j ReLU(G_ij) G_ij | W_i] = (n−1)‖W_i‖²/(2m)",
        domain=_GIVEN_ROW,
        prepare=_without_seed,
        predict=theory.initial_interference,
        observe=_seen_interference,
        symbolic=_symbolic("initial_interference"),
        source="theory 4.1",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
    Law(
        name="initial_interference_square",
        kind=Kind.STATISTICAL,
        statement="at the start E[‖Σ_j ReLU(G_ij) W_j‖² | W_i] = (n−1)(2m+n+2)‖W_i‖²/(4m²)",
        domain=_GIVEN_ROW,
        prepare=_without_seed,
        predict=theory.initial_interference_square,
        observe=_seen_square,
        symbolic=_symbolic("initial_interference_square"),
        source="ours; theory 4.1",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
    Law(
        name="initial_regularization",
        kind=Kind.STATISTICAL,
        statement="at the start λ E‖W_i‖₁ = λ√(2m/π)",
        domain=Domain({"n_neurons": _WIDTH, "l1_strength": _STRENGTH, "seed": SEED}),
        prepare=_without_seed,
        predict=theory.initial_regularization,
        observe=_seen_regularization,
        symbolic=_symbolic("initial_regularization"),
        source="theory 4.1",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
    Law(
        name="initial_norm_speed",
        kind=Kind.STATISTICAL,
        statement="at the start E[d‖W_i‖²/dt] = −(n+3)/m − 2λ√(2m/π)",
        domain=Domain(
            {"n_features": _FEATURES, "n_neurons": _WIDTH, "l1_strength": _STRENGTH, "seed": SEED}
        ),
        prepare=_without_seed,
        predict=theory.initial_norm_speed,
        observe=_seen_norm_speed,
        symbolic=_symbolic("initial_norm_speed"),
        source="ours; theory 4.1",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
    Law(
        name="cosine_decay",
        kind=Kind.EXACT,
        statement="two rows: c > 0 has dc/dt = −c(1−c²)(N₁+N₂), solved; c ≤ 0 stays",
        domain=_TWO_ROWS,
        prepare=_without_seed,
        predict=theory.cosine_decay,
        observe=_seen_cosine,
        symbolic=_symbolic("cosine_decay"),
        source="ours; theory 4.2",
    ),
    Law(
        name="pair_squared_norm",
        kind=Kind.EXACT,
        statement="two rows: G(t) = G(0)[e + (1−e)G(0)]⁻¹, e = exp(−2t), if G₁₂ > 0: its corner",
        domain=_TWO_ROWS,
        prepare=_without_seed,
        predict=theory.pair_squared_norm,
        observe=_seen_squared_norm,
        symbolic=_symbolic("pair_squared_norm"),
        source="ours; theory 4.2",
    ),
    Law(
        name="overlap_decay",
        kind=Kind.LEADING_ORDER,
        statement="nearly orthonormal rows: positive overlaps decay like exp(−2t), others stay",
        domain=Domain(
            {
                "n_features": Interval(3, 6, integer=True),
                "overlap": Interval(0.004, 0.02, log=True),
                "time": Interval(0.2, 2.0),
                "seed": SEED,
            }
        ),
        prepare=_nearly_orthonormal,
        predict=theory.overlap_decay,
        observe=_seen_overlaps,
        small="overlap",
        order=1.0,
        symbolic=_symbolic("overlap_decay"),
        source="theory 4.2",
    ),
)
