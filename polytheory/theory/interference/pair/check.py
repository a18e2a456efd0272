"""Checks of the decay of overlaps, in the flow of all weights without ℓ1."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import OFF_BY_A_THOUSANDTH, PLAIN_STEP, Observation, drawn, halved, judged
from polytheory.domain import Interval, whole
from polytheory.flow.plain import integrate
from polytheory.model import ToyModel
from polytheory.theory.interference import pair as closed


def _overlaps(rows: FloatArray, time: float) -> Callable[[float], FloatArray]:
    """Return a function from the step to the Gram matrix after some time, without ℓ1."""
    force, times = ToyModel(*rows.shape).smooth_force, np.array([time])

    def simulate(step: float) -> FloatArray:
        final = integrate(force, rows, l1_strength=0.0, time=times, step=step, method="strang")[-1]
        return np.asarray(final @ final.T)

    return simulate


def _pair(
    initial_cosine: float, squared_norm: float, other_squared_norm: float, seed: int
) -> FloatArray:
    """Return two rows at the given angle, rotated at random in five dimensions."""
    rng = np.random.default_rng(seed)
    plane = np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    sine = np.sqrt((1.0 - initial_cosine) * (1.0 + initial_cosine))
    directions = np.array([[1.0, 0.0], [initial_cosine, sine]]) @ plane
    return np.asarray(directions * np.sqrt([[squared_norm], [other_squared_norm]]))


def _seen_pair(which: int, time: float, **pair: Any) -> Observation:
    """Measure the cosine of two rows (0) or their squared norms (1, 2).

    The largest of their errors is used for all: a single one may change little by accident when
    the step is halved.
    """
    gram = _overlaps(_pair(**pair), time)

    def simulate(step: float) -> FloatArray:
        G = gram(step)
        return np.array([G[0, 1] / np.sqrt(G[0, 0] * G[1, 1]), G[0, 0], G[1, 1]])

    seen = halved(simulate)
    return Observation(seen.value[which], seen.error[which], seen.source)


def _initial_overlaps(n_features: int, largest_overlap: float, seed: int) -> FloatArray:
    """Return a Gram matrix with ones on the diagonal and overlaps of either sign elsewhere."""
    rng = np.random.default_rng(seed)
    shape = (n_features, n_features)
    upper = rng.uniform(0.5, 1.0, shape) * rng.choice([-1.0, 1.0], shape)
    off = largest_overlap * np.triu(upper, 1)
    return np.asarray(np.eye(n_features) + off + off.T)


def _above_diagonal(gram: FloatArray) -> FloatArray:
    return gram[np.triu_indices_from(gram, 1)]


def _nearly_orthonormal(time: float, **case: Any) -> dict[str, Any]:
    return {"initial_overlap": _above_diagonal(_initial_overlaps(**case)), "time": time}


def _seen_overlaps(time: float, **case: Any) -> Observation:
    gram = _overlaps(np.asarray(np.linalg.cholesky(_initial_overlaps(**case))), time)
    return halved(lambda step: _above_diagonal(gram(step)), PLAIN_STEP / 2.0)


_by_the_flow = partial(
    judged,
    cases=drawn(
        initial_cosine=Interval(-1.0, 1.0),
        time=Interval(0.0, 4.0),
        squared_norm=Interval(0.1, 2.0),
        other_squared_norm=Interval(0.1, 2.0),
    ),
    why="later times change little; longer rows need smaller steps, shorter ones more steps",
    wrong=OFF_BY_A_THOUSANDTH,
)

LAWS = (
    _by_the_flow(closed.cosine_decay, observe=lambda **case: _seen_pair(0, **case)),
    _by_the_flow(closed.pair_squared_norm, observe=lambda **case: _seen_pair(1, **case)),
    judged(
        closed.overlap_decay,
        observe=_seen_overlaps,
        cases=drawn(
            n_features=whole(3, 6),
            largest_overlap=Interval(0.004, 0.02, log=True),
            time=Interval(0.2, 2.0),
        ),
        why="the order is measured at small overlaps, before they have decayed",
        prepare=_nearly_orthonormal,
        small="largest_overlap",
        order=1.0,
        wrong=OFF_BY_A_THOUSANDTH,
    ),
)
