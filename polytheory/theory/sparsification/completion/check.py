"""Check of the completion time of random rows: Laplace rows, each by its slow time."""

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, judged
from polytheory.domain import whole
from polytheory.reduction import RowShape
from polytheory.theory.sparsification import completion as closed

_SAMPLE = 2_500
PROBES = np.array([1.0, 1.5, 2.0, 3.0])


def _predicted_sample(**_: Any) -> FloatArray:
    distribution = closed.completion_distribution()
    return np.array([distribution.mean(), *distribution.sf(PROBES)])


def _last_step(rows: FloatArray) -> FloatArray:
    """Return the time of the last step of each row minus its mean, to reduce the scatter.

    It is (asinh(1/b) − asinh 1)/√2, b uniform in (0, 1), whose mean is asinh(1)/√2.
    """
    third, second, first = np.partition(rows, (-3, -2, -1), axis=1)[:, -3:].T
    share = (first - second) / (first + second - 2.0 * third)
    return np.asarray((np.arcsinh(1.0 / share) - 2.0 * np.arcsinh(1.0)) / np.sqrt(2.0))


def _seen_sample(n_neurons: int, seed: int) -> Observation:
    """Measure the mean and survival function of λT* over Laplace rows by their slow time."""
    rng = np.random.default_rng(seed)
    rows = rng.exponential(size=(_SAMPLE, n_neurons))
    times = np.array([-RowShape(row).start for row in rows])
    # The spacings beyond the m-th, absent from a finite row, take √(2/m)(1 + O(1/m)) on average and
    # scatter by O(1/m).
    times += np.sqrt(2.0 / n_neurons)
    each = np.column_stack([times - _last_step(rows), times[:, None] > PROBES])
    error = each.std(axis=0, ddof=1) / np.sqrt(_SAMPLE)
    source = f"{_SAMPLE} Laplace rows, and √(2/m) for the weights beyond the m-th"
    missing = 2.0 / n_neurons**1.5
    return Observation(
        each.mean(axis=0), error, source, missing, sampled=True, degrees=_SAMPLE - 1.0
    )


LAWS = (
    judged(
        closed.completion_distribution,
        predict=_predicted_sample,
        closed_form=None,
        not_compared="a quadrature over random steps; the statement is one step",
        observe=_seen_sample,
        cases=drawn(n_neurons=whole(200, 400)),
        full_cases=drawn(n_neurons=whole(1_000, 10_000)),
        why="the limit m → ∞ by finite Laplace rows, corrected: the mean and P at four times",
        draws=2,
    ),
)
