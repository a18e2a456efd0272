"""Checks of the published laws in wide rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from polytheory.checking import Law, Observation, drawn, judged, raised, scaled
from polytheory.domain import Interval, whole
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.theory.sparsification import paper as closed
from polytheory.theory.sparsification.row.check import at_scaled_time

_CASES = drawn(
    n_neurons=whole(10_000, 100_000, log=True),
    l1_strength=Interval(1e-6, 1e-4, log=True),
    scaled_time=Interval(1e-4, 0.1, log=True),
)


def _against_a_row(
    form: Callable[..., Any], name: str, scatter: float, band: tuple[float, float]
) -> Law:
    """Return the law of an observable; `scatter` is that of a finite row times √m'."""

    def observe(n_neurons: int, l1_strength: float, scaled_time: float, seed: int) -> Observation:
        row = initial_row(n_neurons, rng=seed)
        run = row_flow(row, l1_strength=l1_strength, time=[scaled_time / l1_strength])
        value, living = getattr(run, name)[-1], run.nonzero_count[-1]
        error = 3.0 * scatter * value / np.sqrt(living)
        return Observation(value, error, f"3 × {scatter}/√m', the scatter of a finite row")

    return judged(
        form,
        observe=observe,
        prepare=at_scaled_time,
        cases=_CASES,
        draws=16,
        why="the band holds for wide rows under weak ℓ1, down to the floor of 1",
        band=band,
        # The bands span the variation of the true constant, factors of 1.5 and 2.7, and the scatter
        # of a finite row; the cases do not quite reach the ends. A constant off by 1.25 leaves
        # them. So does an exponent off by 5 %: a factor of more than 1.2 over three decades.
        wrong=[scaled(1.25), scaled(0.8), raised(1.05), raised(0.95)],
    )


# Standard deviations of a finite row around the mean row, times √m', measured at m = 10³ … 10⁵.
LAWS = (
    _against_a_row(closed.paper_l1_norm, "l1_norm", 0.55, (0.79, 1.23)),
    _against_a_row(closed.paper_nonzero_count, "nonzero_count", 0.8, (0.99, 2.73)),
)
