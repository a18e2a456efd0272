"""Checks of the published laws, in the mean over random rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from polytheory.checking import Law, Observation, drawn, judged, mean_of
from polytheory.checking.measure import random_rows
from polytheory.domain import Interval, whole
from polytheory.flow.row import row_flow
from polytheory.theory.sparsification import paper as closed

_N_ROWS = 60
_STRENGTH = Interval(1e-4, 0.1, log=True)
_WIDTH, _PAPER_WIDTH = whole(10, 20_000, log=True), whole(10, 200_000, log=True)
_WHY = "wider rows, and times before the first deaths and after the last, only repeat these"
_POSITION = Interval(0.0, 1.0)


def _in_time(n_neurons: int, scaled_l1: float, early: float, **_: Any) -> dict[str, Any]:
    """Return a time between λt = 3 (early = 0) and λ√m t = 0.1 (early = 1).

    The last corner of the cases is the start of the widest row, where an exponent shows most.
    """
    root = np.sqrt(n_neurons)
    scaled_time = 3.0 / (30.0 * root) ** early
    lam = scaled_l1 / root
    return {"time": scaled_time / lam, "n_neurons": n_neurons, "l1_strength": lam}


def _to_count(n_neurons: int, scaled_l1: float, left: float, **_: Any) -> dict[str, Any]:
    """Return a whole count between 1 (left = 0) and m − 1 (left = 1)."""
    count = int(np.clip(np.round(n_neurons**left), 1, n_neurons - 1))
    lam = scaled_l1 / np.sqrt(n_neurons)
    return {"count": count, "n_neurons": n_neurons, "l1_strength": lam}


def _seen_time(**case: Any) -> Observation:
    """Return the mean time at which the (m − k)-th smallest weight dies and k are left."""
    given = _to_count(**case)
    count, m, lam = given.values()
    rows, law = random_rows(_N_ROWS, m, case["seed"]), closed.paper_time_to_count(**given)
    times = np.append(0.0, np.geomspace(law / 30.0, 30.0 * law, 120))
    run = row_flow(rows, l1_strength=lam, time=times, rtol=1e-5)
    sizes = np.partition(np.abs(rows), m - count - 1, axis=1)[:, m - count - 1]
    series = zip(sizes, run.soft_threshold.T, strict=True)
    return mean_of(np.array([np.interp(size, threshold, times) for size, threshold in series]))


def _against_rows(form: Callable[..., Any], name: str, band: tuple[float, float]) -> Law:
    def observe(seed: int, **case: Any) -> Observation:
        given = _in_time(**case)
        rows, lam = random_rows(_N_ROWS, given["n_neurons"], seed), given["l1_strength"]
        run = row_flow(rows, l1_strength=lam, time=[given["time"]], rtol=1e-5)
        return mean_of(np.asarray(getattr(run, name)[-1], dtype=float))

    return judged(
        form,
        observe=observe,
        prepare=_in_time,
        cases=drawn(n_neurons=_WIDTH, scaled_l1=_STRENGTH, early=_POSITION),
        full_cases=drawn(n_neurons=_PAPER_WIDTH, scaled_l1=_STRENGTH, early=_POSITION),
        draws=8,
        why=_WHY,
        band=band,
        power=0.7,
        limited_by="the bands, factors of 2 and 3.6, most of which the true ratio takes",
    )


LAWS = (
    _against_rows(closed.paper_l1_norm, "l1_norm", (0.78, 1.56)),
    _against_rows(closed.paper_nonzero_count, "nonzero_count", (0.98, 3.5)),
    judged(
        closed.paper_time_to_count,
        observe=_seen_time,
        prepare=_to_count,
        cases=drawn(n_neurons=_WIDTH, scaled_l1=_STRENGTH, left=_POSITION),
        full_cases=drawn(n_neurons=_PAPER_WIDTH, scaled_l1=_STRENGTH, left=_POSITION),
        draws=5,
        why=_WHY,
        band=(1.4, 2.6),
        power=0.6,
        limited_by="the band 1.4–2.6, which is all that is claimed of the published law",
    ),
)
