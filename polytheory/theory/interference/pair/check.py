"""Checks of the decay of overlaps, in the flow of all weights without ℓ1."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import (
    PLAIN_STEP,
    Observation,
    drawn,
    halved,
    instead,
    judged,
)
from polytheory.domain import Domain, Interval, whole
from polytheory.flow.plain import integrate
from polytheory.model import noise_free_force
from polytheory.theory.interference import pair as closed


def _overlaps(rows: FloatArray, time: float) -> Callable[[float], FloatArray]:
    """Return a function from the step to the Gram matrix after some time, without ℓ1."""
    times = np.array([time])

    def simulate(step: float) -> FloatArray:
        final = integrate(
            noise_free_force, rows, l1_strength=0.0, time=times, step=step, method="strang"
        )[-1]
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


def _initial_overlaps(n_features: int, largest_overlap: float, seed: int) -> list[FloatArray]:
    """Return two Gram matrices whose entries differ from those of 1 by nearly the largest overlap.

    The signs are random, or the worst: row 0 overlaps with all others, which avoid one another.
    """
    rng = np.random.default_rng(seed)
    shape = (n_features, n_features)
    hub = np.where((np.indices(shape) == 0).any(axis=0), 1.0, -1.0)
    grams = []
    for signs in (rng.choice([-1.0, 1.0], shape), hub):
        off = largest_overlap * np.triu(rng.uniform(0.8, 1.0, shape) * signs, 1)
        norms = np.diag(largest_overlap * rng.uniform(-1.0, 1.0, n_features))
        grams.append(np.asarray(np.eye(n_features) + norms + off + off.T))
    return grams


def _above_diagonal(grams: list[FloatArray]) -> FloatArray:
    return np.concatenate([each[np.triu_indices_from(each, 1)] for each in grams])


def _nearly_orthonormal(time: float, **case: Any) -> dict[str, Any]:
    sizes = {name: case[name] for name in ("n_features", "largest_overlap")}
    return {"initial_overlap": _above_diagonal(_initial_overlaps(**case)), "time": time, **sizes}


def _claimed(time: float, n_features: int, largest_overlap: float, **_: int) -> Any:
    """Return whether the smallest overlap that is drawn, 0.8 of the largest, is in the domain."""
    smallest = {"initial_overlap": 0.8 * largest_overlap, "largest_overlap": largest_overlap}
    return closed.OVERLAP.contains(time=time, n_features=n_features, **smallest)


def _seen_overlaps(time: float, **case: Any) -> Observation:
    runs = [
        _overlaps(np.asarray(np.linalg.cholesky(each)), time) for each in _initial_overlaps(**case)
    ]
    return halved(lambda step: _above_diagonal([run(step) for run in runs]), PLAIN_STEP / 2.0)


_by_the_flow = partial(
    judged,
    cases=drawn(
        initial_cosine=Interval(-1.0, 1.0),
        time=Interval(0.0, 4.0),
        squared_norm=Interval(0.1, 2.0),
        other_squared_norm=Interval(0.1, 2.0),
    ),
    why="later times change little; longer rows need smaller steps, shorter ones more steps",
)


def _all_decay(initial_overlap: Any, time: Any, **_: Any) -> Any:
    return initial_overlap * np.exp(-2.0 * time)


LAWS = (
    _by_the_flow(closed.cosine_decay, observe=lambda **case: _seen_pair(0, **case)),
    _by_the_flow(closed.pair_squared_norm, observe=lambda **case: _seen_pair(1, **case)),
    judged(
        closed.overlap_decay,
        observe=_seen_overlaps,
        cases=drawn(
            Domain({}, where=_claimed, because="every overlap drawn is in the domain"),
            n_features=whole(2, 24),
            largest_overlap=Interval(1e-4, 0.05, log=True),
            time=Interval(0.05, 4.0),
        ),
        why="overlaps near the largest; longer runs and more rows take seconds",
        prepare=_nearly_orthonormal,
        closed_form=closed.first_order,
        wrong=[
            instead("all decay", _all_decay),
            instead("none decays", lambda initial_overlap, **_: initial_overlap),
        ],
    ),
)
