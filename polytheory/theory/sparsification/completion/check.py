"""Check of the completion time of random rows: Laplace rows, each by its slow time."""

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, judged, scaled
from polytheory.domain import whole
from polytheory.reduction import RowShape
from polytheory.theory.sparsification import completion as closed

_SAMPLE = 300
PROBES = np.array([1.0, 1.5, 2.0, 3.0])


def _predicted_sample(**_: Any) -> FloatArray:
    distribution = closed.completion_distribution()
    return np.array([distribution.mean(), *distribution.sf(PROBES)])


def _seen_sample(n_neurons: int, seed: int) -> Observation:
    """Measure the mean and survival function of λT* over Laplace rows by their slow time."""
    rng = np.random.default_rng(seed)
    times = np.array([-RowShape(rng.exponential(size=n_neurons)).start for _ in range(_SAMPLE)])
    above = times[:, None] > PROBES
    value = np.array([times.mean(), *above.mean(axis=0)])
    spread = np.array([times.std(ddof=1), *np.full(PROBES.size, 0.5)])
    # The spacings beyond the m-th, absent from a finite row, take √(2/m) on average.
    missing = np.sqrt(2.0 / n_neurons)
    source = f"{_SAMPLE} Laplace rows; a finite row lacks √(2/m) of λT*"
    return Observation(value, spread / np.sqrt(_SAMPLE), source, bias=missing)


LAWS = (
    judged(
        closed.completion_distribution,
        predict=_predicted_sample,
        closed_form=None,
        not_compared="a quadrature over random steps; the statement is one step",
        observe=_seen_sample,
        cases=drawn(n_neurons=whole(2_000, 4_000)),
        why="the limit m → ∞ by rows of thousands of weights: the mean and P at four times",
        draws=2,
        # A mean over 300 rows with a standard deviation of 0.8, judged at 5 standard errors: 0.23
        # of 1.76.
        wrong=[scaled(1.2), scaled(0.8)],
    ),
)
