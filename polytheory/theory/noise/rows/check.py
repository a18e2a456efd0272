"""Checks of single rows under the cubic flow, and of the plateau."""

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import (
    Observation,
    drawn,
    instead,
    judged,
    mean_of,
)
from polytheory.domain import Domain, Interval, whole
from polytheory.theory.noise import rows as closed

#: Weights drawn per case.
_DRAWN = 100_000
_MEDIAN_OF, _RATIO_OF = 1500, 1000
_RESAMPLED = 200
#: Steps of the threshold from 0 to the largest weight.
_STEPS = 200


def _directions(count: int, n_neurons: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(count, n_neurons))
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def _follow(row: FloatArray, rate: float, time: float, event: Any = None) -> Any:
    """Integrate dw/dt = γ(w³ − q w) with SciPy's error control.

    Divided by w·w = 1: otherwise rounding grows exponentially off the unit sphere for γ < 0.
    """
    from scipy.integrate import solve_ivp  # heavy, and the catalogue is loaded with the package

    def cubic(_: float, w: FloatArray) -> FloatArray:
        return np.asarray(rate * (w**3 - (w**4).sum() / (w @ w) * w))

    return solve_ivp(cubic, (0.0, time), row, method="DOP853", rtol=1e-12, atol=1e-14, events=event)


def _of_flow(n_neurons: int, rate: float, scaled_time: float, seed: int) -> dict[str, Any]:
    (row,) = _directions(1, n_neurons, seed)
    return {"time": scaled_time / abs(rate), "row": row, "rate": rate}


def _of_three(scaled_time: float, seed: int, **_: Any) -> dict[str, float]:
    """Return the squares of a row of three weights and the parameter I of a later state."""
    squares = _directions(1, 3, seed)[0] ** 2
    # I·max u = 1 − e^(−v), v up to 4: the two others are left with some per cent.
    later = -np.expm1(-scaled_time / 5.0) / squares.max()
    return dict(zip("abcI", [*squares, later], strict=True))


def _squares(a: float, b: float, c: float, I: float) -> FloatArray:
    """Return the squared weights at the time t(I), for γ = 1."""
    start = np.array([a, b, c], float)
    time = -0.5 * np.log1p(-I * start).sum()
    return np.square(closed.cubic_flow(time, np.sqrt(start), rate=1.0))


def _seen_flow(**case: Any) -> Observation:
    given = _of_flow(**case)
    end = _follow(given["row"], given["rate"], given["time"]).y[:, -1]
    return Observation(end, np.full_like(end, 1e-9), "tolerance of the integrator")


def _of_waiting(n_neurons: int, seed: int, **given: float) -> dict[str, Any]:
    (row,) = _directions(1, n_neurons, seed)
    return {"row": row, **given}


def _seen_waiting(**case: Any) -> Observation:
    """Integrate until the inverse participation ratio is reached; 0 if it is at the start."""
    row, rate = _of_waiting(**case)["row"], case["rate"]

    def ahead(_: float, w: FloatArray) -> float:
        return float((w**4).sum() - case["inverse_participation_ratio"])

    if ahead(0.0, row) >= 0.0:
        return Observation(0.0, 0.0, "reached at the start")
    ahead.terminal = True  # type: ignore[attr-defined]
    time = _follow(row, rate, 1e4 / rate, ahead).t_events[0][0]
    return Observation(time, 1e-9 * time + 1e-9 / rate, "tolerance of the integrator")


def _seen_median(n_neurons: int, rate: float, seed: int) -> Observation:
    rows = _directions(_MEDIAN_OF, n_neurons, seed)
    times = np.sort(closed.time_to_inverse_participation_ratio(rows, 0.5, rate=rate))
    # The ranks one binomial standard deviation from the middle.
    off = int(0.5 * np.sqrt(_MEDIAN_OF))
    middle = _MEDIAN_OF // 2
    error = (times[middle + off] - times[middle - off]) / 2.0
    return Observation(np.median(times), error, "ranks of the median", sampled=True)


def _half_time_error(n_neurons: int, **_: Any) -> float:
    """Return the measured error of the time of the typical row, 0.26 at m = 8, 0.07 at 64."""
    return float(1.1 * n_neurons**-0.65)


def _drawn(n_neurons: int, seed: int) -> FloatArray:
    return _directions(_DRAWN // n_neurons, n_neurons, seed)


def _seen_fourth(n_neurons: int, squared_norm: float, seed: int) -> Observation:
    return mean_of(squared_norm**2 * (_drawn(n_neurons, seed) ** 4).sum(axis=-1))


def _gaussian(n_neurons: int, squared_norm: float) -> float:
    return 3.0 * squared_norm**2 / n_neurons


def _seen_start(n_neurons: int, rate: float, seed: int) -> Observation:
    w = _drawn(n_neurons, seed)
    fourth = (w**4).sum(axis=-1)
    return mean_of(4.0 * rate * ((w**6).sum(axis=-1) - fourth**2))


def _seen_plateau(n_features: int, squared_norm: float) -> Observation:
    """Measure the mean over n − 1 rows nearest to one-hot ones and minus their sum."""
    n = n_features
    gram = (np.eye(n) * n - 1.0)[:-1, :-1] * squared_norm / (n - 1)
    values, vectors = np.linalg.eigh(gram)
    sparse = (vectors * np.sqrt(values)) @ vectors.T
    rows = np.vstack([sparse, -sparse.sum(axis=0)])
    mean = (rows**4).sum(axis=-1).mean()
    return Observation(mean, 1e-12 * mean, "rounding of a matrix root")


def _l1_half_times(rows: FloatArray) -> FloatArray:
    """Return λt at which each row has the ratio 1/2 on its slow manifold, d(λt) = dτ/√S₂."""
    size = np.abs(rows)
    step = size.max(axis=-1, keepdims=True) / _STEPS
    left = np.maximum(size[:, None, :] - (step * (np.arange(_STEPS) + 0.5))[..., None], 0.0)
    square = np.square(left).sum(axis=-1)
    clock = np.cumsum(step / np.sqrt(square), axis=-1)
    at = np.argmax((left**4).sum(axis=-1) >= 0.5 * square**2, axis=-1)
    return np.asarray(np.take_along_axis(clock, at[:, None], axis=-1)[:, 0])


def _seen_equivalent(n_neurons: int, rate: float, seed: int) -> Observation:
    """Compare the median times to half sparsity of the same rows under ℓ1 and under noise."""
    rows = _directions(_RATIO_OF, n_neurons, seed)
    noisy = closed.time_to_inverse_participation_ratio(rows, 0.5, rate=rate)
    times = np.stack([_l1_half_times(rows), noisy])
    of = np.random.default_rng(seed).integers(_RATIO_OF, size=(_RESAMPLED, _RATIO_OF))
    plain, under_noise = np.median(times[:, of], axis=-1)
    ratio = np.divide(*np.median(times, axis=-1))
    error = np.std(plain / under_noise)
    return Observation(ratio, error, "bootstrap of two medians", bias=ratio / _STEPS, sampled=True)


_FEW, _FORWARD = whole(3, 10), Interval(0.001, 1.0, log=True)
_WIDTH, _NORM = whole(2, 400, log=True), Interval(0.2, 1.0)
_UNITS = "the rate sets the unit of time, and larger rows take longer to integrate"
_DRAWS = "the other argument sets a unit, and wider rows take longer to draw; m = 1 is not random"
_NOT_STILL = Domain({}, where=lambda rate, **_: np.abs(rate) >= 1e-3, because="|rate| ≥ 0.001")

LAWS = (
    judged(
        closed.cubic_flow,
        closed_form=_squares,
        evaluate_at=_of_three,
        observe=_seen_flow,
        prepare=_of_flow,
        cases=drawn(
            _NOT_STILL, n_neurons=_FEW, rate=Interval(-1.0, 1.0), scaled_time=Interval(0.0, 20.0)
        ),
        why=_UNITS,
    ),
    judged(
        closed.time_to_inverse_participation_ratio,
        closed_form=None,
        not_compared="the statement has the time and the ratio by a parameter, which is inverted",
        observe=_seen_waiting,
        prepare=_of_waiting,
        cases=drawn(n_neurons=_FEW, inverse_participation_ratio=Interval(0.5, 0.95), rate=_FORWARD),
        why=f"{_UNITS}; most rows start below 1/2, and near 1 the time diverges",
    ),
    judged(
        closed.half_sparsity_time,
        closed_form=None,
        not_compared="the statement is of a given row, this is the time of a typical one",
        observe=_seen_median,
        cases=drawn(n_neurons=whole(8, 128, log=True), rate=_FORWARD),
        draws=6,
        why="the rate sets the unit of time, and wider rows take longer to draw",
        full_cases=drawn(n_neurons=whole(8, 512, log=True), rate=_FORWARD),
        error=_half_time_error,
        power=0.25,
        limited_by="the error of the typical row, 0.05 at m = 128, and the scatter of the rows",
    ),
    judged(
        closed.plateau_fourth_power_sum,
        observe=_seen_plateau,
        cases=Domain({"n_features": whole(2, 100), "squared_norm": _NORM}),
        why="the norm sets the unit, and the root of a larger matrix takes longer",
        wrong=[
            instead("the other simplex", closed.plateau_fourth_power_sum, shape="symmetric"),
        ],
    ),
    judged(
        closed.fourth_power_sum_of_random_rows,
        "fourth_power_sum_of_random_rows",
        observe=_seen_fourth,
        cases=drawn(n_neurons=_WIDTH, squared_norm=_NORM),
        why=_DRAWS,
        wrong=[instead("Gaussian weights, not unit rows", _gaussian)],
    ),
    judged(
        closed.initial_inverse_participation_ratio_slope,
        observe=_seen_start,
        cases=drawn(n_neurons=_WIDTH, rate=_FORWARD),
        why=_DRAWS,
        # Narrow rows have most draws: a few per cent at 5 standard errors.
    ),
    judged(
        closed.equivalent_l1,
        closed_form=None,
        not_compared="the statement is the flow of one row, not the time of the typical one",
        observe=_seen_equivalent,
        cases=drawn(n_neurons=whole(8, 32, log=True), rate=_FORWARD),
        draws=2,
        why="the rate sets the unit of time, and wider rows take longer to draw",
        band=(0.93, 1.07),  # 0.96 at m = 8, 1.01 at 32
        power=0.3,
        limited_by="the band 0.93–1.07 of typical rows, and the scatter of medians",
    ),
)
