"""Checks of wide Gaussian rows: the universal curve, its bounds, rate and times; mean field."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation, drawn, judged, mean_of
from polytheory.checking.measure import random_rows, time_of_threshold
from polytheory.checking.wrong import narrowed, scaled
from polytheory.domain import Domain, Interval, whole
from polytheory.flow.row import RowTrajectory, row_flow
from polytheory.theory.sparsification import curve as closed
from polytheory.theory.sparsification.row.check import at_scaled_time

_SCATTER = "3 standard errors of the mean of 8 random rows, and the bias 1/m' of a finite row"
_SMOOTH_ERROR = "2/m', the largest distance of a row of quantiles from the limit"
_N_ROWS = 8

# m' (λt)² ≤ 2.44 and ≥ 2 late on the curve: below scaled_time 0.1 more than 200 weights live.
_WIDE = drawn(
    n_neurons=whole(10_000, 50_000, log=True),
    l1_strength=Interval(1e-7, 2e-5, log=True),
    scaled_time=Interval(1e-3, 0.1, log=True),
)
_PAPER_SCALE = drawn(
    n_neurons=whole(100_000, 300_000, log=True),
    l1_strength=Interval(1e-6, 1e-5, log=True),
    scaled_time=_WIDE.intervals["scaled_time"],
)
_SMOOTH = Domain(
    {
        "n_neurons": whole(20_000, 100_000, log=True),
        "l1_strength": Interval(1e-7, 1e-6, log=True),
        "scaled_time": Interval(1e-5, 0.05, log=True),
    }
)
#: Cases in which a window of 5 % in time contains enough deaths.
_COUNTED = Domain(dict(_SMOOTH.intervals) | {"scaled_time": Interval(1e-3, 0.05, log=True)})
_STRONG = Domain(
    {
        "n_neurons": whole(20_000, 50_000, log=True),
        "scaled_l1": Interval(0.01, 2.0, log=True),
        "scale": Interval(0.5, 2.0),
        "time": Interval(0.1, 30.0, log=True),
    },
    where=lambda scaled_l1, time, scale, **_: (
        # At least some 200 weights are left for every scale.
        scaled_l1 * time <= 10.0 * np.minimum(1.0, scale)
    ),
    because="where λ√m·time ≤ 10·min(1, scale)",
)
_MANY = "a finite row is close to the limit only while many of its weights live"


def _where(**case: Any) -> dict[str, float]:
    """Return the arguments of the symbolic forms, which take the threshold, not the time."""
    given = at_scaled_time(**case)
    return {"scaled_threshold": closed.scaled_threshold(**given), "n_neurons": given["n_neurons"]}


def _at_threshold(predict: Callable[..., Any]) -> Callable[..., Any]:
    """Convert a predictor in time to one in the threshold, like the symbolic form.

    By the time at which a fraction of the weights is left.
    """

    def call(scaled_threshold: ArrayLike, n_neurons: ArrayLike) -> Any:
        row = {"n_neurons": n_neurons, "l1_strength": 1e-6 / np.sqrt(n_neurons)}
        return predict(
            closed.time_to_fraction(2.0 * ndtr(-np.asarray(scaled_threshold)), **row), **row
        )

    return call


def _clock(scaled_threshold: float) -> Any:
    """Return λ√m t at which the predicted threshold has a value, by one Newton step."""
    row = {"n_neurons": 10**6, "l1_strength": 1e-9}
    guess = closed.time_to_fraction(2.0 * float(ndtr(-scaled_threshold)), **row)
    here, later = closed.scaled_threshold([guess, guess * (1.0 + 1e-6)], **row)
    slope = (later - here) / (1e-6 * guess)
    return (guess + (scaled_threshold - here) / slope) * 1e-6


def _row_at(row: FloatArray, l1_strength: float, *scaled_times: float) -> RowTrajectory:
    times = [each / l1_strength for each in scaled_times]
    return row_flow(row, l1_strength=l1_strength, time=times)


def _mean(of_rows: FloatArray, living: float) -> Observation:
    mean = mean_of(of_rows)
    return Observation(mean.value, 3.0 * mean.error + mean.value / living, _SCATTER)


def _mean_of_rows(name: str) -> Callable[..., Observation]:
    def observe(n_neurons: int, l1_strength: float, scaled_time: float, seed: int) -> Observation:
        run = _row_at(random_rows(_N_ROWS, n_neurons, seed), l1_strength, scaled_time)
        if name == "scaled_threshold":
            values = run.soft_threshold[-1] * np.sqrt(n_neurons)
        else:
            values = np.asarray(getattr(run, name)[-1], dtype=float)
        return _mean(values, run.nonzero_count[-1].mean())

    return observe


def quantile_row(n_neurons: int) -> FloatArray:
    """Return a Gaussian row without scatter: the quantiles of the half-normal distribution."""
    chances = (np.arange(n_neurons) + 0.5) / n_neurons
    return np.asarray(ndtri(0.5 + chances / 2.0) / np.sqrt(n_neurons))


def _smooth_l1_norm(n_neurons: int, l1_strength: float, scaled_time: float) -> Observation:
    # Start on the slow manifold: let the norm relax in a few units of time, then λt = scaled_time.
    run = _row_at(quantile_row(n_neurons), l1_strength, scaled_time)
    value = run.l1_norm[-1]
    # The curve neglects λ‖w‖₁, the distance of the squared norm from 1.
    error = value * (2.0 / run.nonzero_count[-1] + l1_strength * value)
    return Observation(value, error, f"{_SMOOTH_ERROR}, and λ‖w‖₁")


def _smooth_speedup(n_neurons: int, l1_strength: float, scaled_time: float) -> Observation:
    """Return −Δ ln m'/(λ Δt) over a window of 5 %; curvature adds a relative 0.05²/12."""
    ends = 0.975 * scaled_time, 1.025 * scaled_time
    run = _row_at(quantile_row(n_neurons), l1_strength, *ends)
    early, late = run.nonzero_count.astype(float)
    value, rounding = np.log(early / late) / (0.05 * scaled_time), 2.0 / late / (0.05 * scaled_time)
    return Observation(value, rounding, "rounding of m' to a whole number")


def _seen_time_to_fraction(
    n_neurons: int, l1_strength: float, fraction: float, seed: int
) -> Observation:
    last, times = n_neurons - int(np.ceil(fraction * n_neurons)) - 1, np.empty(_N_ROWS)
    for each, row in enumerate(np.abs(random_rows(_N_ROWS, n_neurons, seed))):
        weight = float(np.partition(row, last)[last])
        times[each] = time_of_threshold(row, l1_strength, weight)
    return _mean(times, fraction * n_neurons)


def _norms(run: closed.MeanField | RowTrajectory) -> FloatArray:
    """Return ‖w‖₁, N and m' at the end."""
    return np.array([run.l1_norm[-1], run.squared_norm[-1], float(run.nonzero_count[-1])])


def _field(n_neurons: int, scaled_l1: float, scale: float, time: float) -> dict[str, Any]:
    lam = scaled_l1 / np.sqrt(n_neurons)
    return {"time": [time], "n_neurons": n_neurons, "l1_strength": lam, "scale": scale}


def _smooth_norms(n_neurons: int, scaled_l1: float, scale: float, time: float) -> Observation:
    lam = scaled_l1 / np.sqrt(n_neurons)
    values = _norms(row_flow(scale * quantile_row(n_neurons), l1_strength=lam, time=[time]))
    return Observation(values, values * 2.0 / values[-1], _SMOOTH_ERROR)


# Means over 8 random rows have errors of a few per cent where few weights are left and of a few
# thousandths where many are; a row of quantiles has no scatter.
ON_THE_CURVE = [scaled(1.05), scaled(0.95)]


def _in_random_rows(predict: Callable[..., Any], **how: Any) -> Law:
    shared: dict[str, Any] = {
        "observe": _mean_of_rows(predict.__name__),
        "cases": _WIDE,
        "full_cases": _PAPER_SCALE,
        "draws": 6,
        "why": _MANY,
        "prepare": at_scaled_time,
        "closed_form": _at_threshold(predict),
        "evaluate_at": _where,
        "band": (0.99, 1.01),
        "wrong": ON_THE_CURVE,
    }
    return judged(predict, **shared | how)


LAWS = (
    # The statement has the time at a threshold.
    _in_random_rows(closed.scaled_threshold, closed_form=_clock),
    _in_random_rows(closed.l1_norm),
    _in_random_rows(closed.nonzero_count),
    # Dominated by the few largest weights of a row.
    _in_random_rows(closed.fourth_power_sum, wrong=[scaled(1.1), scaled(0.9)]),
    judged(
        closed.l1_norm_bounds,
        observe=_smooth_l1_norm,
        cases=_SMOOTH,
        why=_MANY,
        prepare=at_scaled_time,
        tight=0.01,
        wrong=[narrowed(1.02)],
    ),
    judged(
        closed.speedup,
        observe=_smooth_speedup,
        cases=_COUNTED,
        why="a window of 5 % in time must contain enough deaths",
        prepare=at_scaled_time,
        closed_form=_at_threshold(closed.speedup),
        evaluate_at=_where,
        band=(0.98, 1.02),
        wrong=ON_THE_CURVE,
    ),
    judged(
        closed.time_to_fraction,
        observe=_seen_time_to_fraction,
        cases=drawn(
            n_neurons=whole(5_000, 20_000, log=True),
            l1_strength=Interval(1e-7, 1e-5, log=True),
            fraction=Interval(0.03, 0.9, log=True),
        ),
        draws=4,
        why=_MANY,
        band=(0.99, 1.01),
        wrong=ON_THE_CURVE,
    ),
    judged(
        closed.mean_field,
        observe=_smooth_norms,
        cases=_STRONG,
        why=_MANY,
        prepare=_field,
        predict=lambda **given: _norms(closed.mean_field(**given)),
        closed_form=None,
        not_compared="differential equations without a closed form",
        band=(0.995, 1.005),
        wrong=[scaled(1.01), scaled(0.99)],
    ),
)
