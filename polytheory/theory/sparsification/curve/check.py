"""Checks of wide Gaussian rows: the universal curve, its bounds, rate and times; mean field."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import quad
from scipy.interpolate import PchipInterpolator
from scipy.special import erfcx, ndtr, ndtri

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation, drawn, judged
from polytheory.checking.measure import random_rows
from polytheory.checking.wrong import narrowed
from polytheory.domain import Domain, Interval, whole
from polytheory.flow.row import RowTrajectory, row_flow
from polytheory.theory.sparsification import curve as closed
from polytheory.theory.sparsification.curve._mean_field import mean_field_error
from polytheory.theory.sparsification.row.check import at_scaled_time

_SMOOTH_ERROR = "2/m', the largest distance of a row of quantiles from the limit"
_N_ROWS = 200
#: Times of a case: from m living weights (0) to the fewest of the domain (1), in log m'.
_PLACES = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
#: Far below the scatter of a mean over rows.
_RTOL = 1e-5
_FEWER = "rows of up to some thousand weights, in which the claimed error is seen"
_NARROW = "at the widths of a default run, and the scatter of rows"
#: Half-width of the window in time in which deaths are counted, relative.
_WINDOW = 0.1

_ROWS = {"n_neurons": whole(11, 3_000, log=True), "scaled_l1": Interval(1e-4, 0.1, log=True)}
_PAPER_SCALE = {
    "n_neurons": whole(11, 100_000, log=True),
    "scaled_l1": Interval(1e-6, 0.1, log=True),
}
#: Living weights between 10 (0) and all (1), in log m'; the window must contain deaths.
_LEFT = Interval(0.0, 0.97)


def _enough_for_fourth(n_neurons: ArrayLike, scaled_l1: ArrayLike, **_: Any) -> Any:
    return 1.5 * _fewest_for_fourth(scaled_l1) <= n_neurons


def _fewest_for_fourth(scaled_l1: ArrayLike) -> Any:
    """Return the number of living weights at which the stated error of ‖w‖₄⁴ is 1/4."""
    return 11.0 / (0.25 - 1.7 * np.asarray(scaled_l1)) - 11.0 + 1e-6


_FOURTH = Domain({}, where=_enough_for_fourth, because="where enough weights live for ‖w‖₄⁴")


_SMOOTH = Domain(
    {
        "n_neurons": whole(300_000, 500_000, log=True),
        "l1_strength": Interval(1e-11, 1e-10, log=True),
        "scaled_time": Interval(1e-9, 0.05, log=True),
    }
)
_STRONG = drawn(
    Domain(
        {},
        where=lambda **case: closed.MEAN_FIELD.contains(**_field(**case)),
        because="where at least 10 weights live",
    ),
    n_neurons=whole(11, 3_000, log=True),
    scaled_l1=Interval(0.02, 4.0, log=True),
    scale=Interval(0.3, 3.0, log=True),
    time=Interval(0.1, 100.0, log=True),
)


def _ten(_: ArrayLike) -> float:
    return 10.0


def _in_time(fewest: Callable[..., Any] = _ten) -> Callable[..., Any]:
    """Return a function of the case: the arguments of the predictors, at five times."""

    def arguments(n_neurons: int, scaled_l1: float, **_: Any) -> dict[str, Any]:
        lam = scaled_l1 / np.sqrt(n_neurons)
        shares = (float(fewest(scaled_l1)) / n_neurons) ** _PLACES
        row = {"n_neurons": n_neurons, "l1_strength": lam}
        return {"time": closed.time_to_fraction(shares, **row), **row}

    return arguments


def _fractions(n_neurons: int, scaled_l1: float, **_: Any) -> dict[str, Any]:
    shares = (10.0 / n_neurons) ** _PLACES
    return {
        "fraction": np.maximum(shares, 10.0 / n_neurons),
        "n_neurons": n_neurons,
        "l1_strength": scaled_l1 / np.sqrt(n_neurons),
    }


def _one_fraction(**case: Any) -> dict[str, Any]:
    given = _fractions(**case)
    return given | {"fraction": float(given["fraction"][1])}


def _where(fewest: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the case: the arguments of the symbolic forms, at one threshold."""

    def arguments(**case: Any) -> dict[str, float]:
        given = _in_time(fewest)(**case)
        given["time"] = given["time"][1]
        x = closed.scaled_threshold(**given)
        return {"scaled_threshold": x, "n_neurons": given["n_neurons"]}

    return arguments


def _where_left(**case: Any) -> dict[str, float]:
    given = _at_left(**case)
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


def _means(values: FloatArray) -> Observation:
    """Return the means over rows, the last axis."""
    count = values.shape[-1]
    error = values.std(axis=-1, ddof=1) / np.sqrt(count)
    source = f"standard error of the mean of {count} random rows"
    return Observation(values.mean(axis=-1), error, source, sampled=True, degrees=count - 1.0)


def _mean_of_rows(name: str, arguments: Callable[..., Any]) -> Callable[..., Observation]:
    def observe(n_neurons: int, scaled_l1: float, seed: int) -> Observation:
        given = arguments(n_neurons, scaled_l1)
        rows = random_rows(_N_ROWS, n_neurons, seed)
        run = row_flow(rows, l1_strength=given["l1_strength"], time=given["time"], rtol=_RTOL)
        if name == "scaled_threshold":
            return _means(run.soft_threshold * np.sqrt(n_neurons))
        return _means(np.asarray(getattr(run, name), dtype=float))

    return observe


def quantile_row(n_neurons: int) -> FloatArray:
    """Return a Gaussian row without scatter: the quantiles of the half-normal distribution."""
    chances = (np.arange(n_neurons) + 0.5) / n_neurons
    return np.asarray(ndtri(0.5 + chances / 2.0) / np.sqrt(n_neurons))


def _smooth_l1_norm(n_neurons: int, l1_strength: float, scaled_time: float) -> Observation:
    # Start on the slow manifold: let the norm relax in a few units of time, then λt = scaled_time.
    time = [scaled_time / l1_strength]
    run = row_flow(quantile_row(n_neurons), l1_strength=l1_strength, time=time)
    value = run.l1_norm[-1]
    # The curve neglects λ‖w‖₁, the distance of the squared norm from 1.
    error = value * (2.0 / run.nonzero_count[-1] + l1_strength * value)
    return Observation(value, error, f"{_SMOOTH_ERROR}, and λ‖w‖₁")


def _at_left(n_neurons: int, scaled_l1: float, left: float, **_: Any) -> dict[str, Any]:
    lam = scaled_l1 / np.sqrt(n_neurons)
    row = {"n_neurons": n_neurons, "l1_strength": lam}
    return {"time": closed.time_to_fraction((10.0 / n_neurons) ** (1.0 - left), **row), **row}


def _seen_speedup(n_neurons: int, scaled_l1: float, left: float, seed: int) -> Observation:
    """Return −Δ ln m'/(λ Δt) of the mean count over a window in time."""
    given = _at_left(n_neurons, scaled_l1, left)
    times = given["time"] * np.array([1.0 - _WINDOW, 1.0 + _WINDOW])
    rows, lam = random_rows(2 * _N_ROWS, n_neurons, seed), given["l1_strength"]
    early, late = row_flow(rows, l1_strength=lam, time=times, rtol=_RTOL).nonzero_count
    span = lam * (times[1] - times[0])
    value = np.log(early.mean() / late.mean()) / span
    # The logarithm of a ratio of means, linearised in each row's share of them.
    spread = (early / early.mean() - late / late.mean()).std(ddof=1) / np.sqrt(early.size) / span
    # At most like 1/t (late), whose mean over the window is a relative (width²)/3 above its centre.
    curved = float(value) * _WINDOW**2 / 3.0
    source = f"deaths in {early.size} random rows, time ± {_WINDOW:g}"
    return Observation(value, spread, source, curved, sampled=True, degrees=early.size - 1.0)


def _seen_time_to_fraction(n_neurons: int, scaled_l1: float, seed: int) -> Observation:
    """Return the mean time to m' = fm, linear in m' between the deaths of a row."""
    given = _fractions(n_neurons, scaled_l1)
    predicted = closed.time_to_fraction(**given)
    times = np.append(0.0, np.geomspace(predicted[0] / 50.0, 12.0 * predicted[-1], 150))
    rows, lam = random_rows(_N_ROWS, n_neurons, seed), given["l1_strength"]
    run = row_flow(rows, l1_strength=lam, time=times, rtol=_RTOL)
    left = given["fraction"] * n_neurons
    seen = np.empty((left.size, _N_ROWS))
    for each, row in enumerate(np.sort(np.abs(rows), axis=1)):
        # The count falls to k when the threshold passes the (m − k)-th smallest weight.
        threshold, first = np.unique(run.soft_threshold[:, each], return_index=True)
        clock = PchipInterpolator(threshold, times[first])
        below = np.floor(left + 1e-9).astype(int)
        # No time passes until all are alive; the index 0 stands for that.
        sizes = np.append(0.0, row)[n_neurons - np.stack([below, below + 1])]
        reached, before = clock(sizes)
        seen[:, each] = reached + (left - below) * (before - reached)
    return _means(seen)


def _norms(run: closed.MeanField | RowTrajectory) -> FloatArray:
    """Return ‖w‖₁, N, m' and ‖w‖₄⁴ at the end."""
    values = run.l1_norm[-1], run.squared_norm[-1], run.nonzero_count[-1], run.fourth_power_sum[-1]
    return np.array(values, dtype=float)


def _field(n_neurons: int, scaled_l1: float, scale: float, time: float, **_: Any) -> dict[str, Any]:
    lam = scaled_l1 / np.sqrt(n_neurons)
    return {"time": [time], "n_neurons": n_neurons, "l1_strength": lam, "scale": scale}


def _norms_error(**given: Any) -> FloatArray:
    error = float(mean_field_error(**given)[-1])
    return np.array([error] * 3 + [11.0 / (2.0 / error + 11.0)])


def _seen_norms(
    n_neurons: int, scaled_l1: float, scale: float, time: float, seed: int
) -> Observation:
    rows = scale * random_rows(_N_ROWS, n_neurons, seed)
    lam = scaled_l1 / np.sqrt(n_neurons)
    return _means(_norms(row_flow(rows, l1_strength=lam, time=[time], rtol=_RTOL)))


def _on_the_curve(scaled_threshold: float) -> tuple[float, float, float]:
    """Return θκ, θ²G₀ and the relative error of θ, by quadrature of θ = ∫₀^x dy/√G₂(y)."""

    def second(y: float) -> float:  # G₂ over 2φ; its cancellation costs a relative 4e-11 at y = 30
        zeroth = np.sqrt(np.pi / 2.0) * erfcx(y / np.sqrt(2.0))
        return float(zeroth - y * (1.0 - y * zeroth))

    x = scaled_threshold
    theta, error = quad(  # times √(2φ(x)), so that nothing overflows
        lambda y: np.exp((y * y - x * x) / 4.0) / np.sqrt(second(y)), 0, x, epsabs=0, epsrel=1e-11
    )
    zeroth = np.sqrt(np.pi / 2.0) * erfcx(x / np.sqrt(2.0))
    first = (1.0 - x * zeroth) / np.sqrt(second(x))
    return first * theta, zeroth * theta**2, error / theta + 1e-9


def _seen_tail(which: int) -> Callable[..., Observation]:
    def observe(scaled_threshold: float) -> Observation:
        value, error = (_on_the_curve(scaled_threshold)[each] for each in (which, 2))
        return Observation(value, 2.0 * error * value, "quadrature of the curve's definition")

    return observe


def _certificate() -> Any:
    from polytheory.theory.sparsification.curve.certificate import curve_squared_cv

    return curve_squared_cv()


def _in_random_rows(
    predict: Callable[..., Any],
    fewest: Callable[..., Any] = _ten,
    like: Domain | None = None,
    **how: Any,
) -> Law:
    shared: dict[str, Any] = {
        "observe": _mean_of_rows(predict.__name__, _in_time(fewest)),
        "cases": drawn(like, **_ROWS),
        "full_cases": drawn(like, **_PAPER_SCALE),
        "draws": 5,
        "why": _FEWER,
        "prepare": _in_time(fewest),
        "closed_form": _at_threshold(predict),
        "evaluate_at": _where(fewest),
        "power": 0.08,
        "limited_by": f"the claimed error, some 1/m' + 0.4Λ, {_NARROW}",
    }
    return judged(predict, **shared | how)


LAWS = (
    # The statement has the time at a threshold.
    _in_random_rows(closed.scaled_threshold, closed_form=_clock),
    _in_random_rows(closed.l1_norm),
    _in_random_rows(closed.nonzero_count),
    # Dominated by the few largest weights of a row: the claimed error is up to 1/4.
    _in_random_rows(closed.fourth_power_sum, _fewest_for_fourth, _FOURTH, power=0.15),
    judged(
        closed.l1_norm_bounds,
        observe=_smooth_l1_norm,
        certificate=_certificate,
        cases=_SMOOTH,
        why="a finite row is close to the curve, on which the bound holds, while many weights live",
        prepare=at_scaled_time,
        tight=0.01,
        wrong=[narrowed(1.02)],
    ),
    judged(
        closed.speedup,
        observe=_seen_speedup,
        certificate=_certificate,
        cases=drawn(**_ROWS, left=_LEFT),
        full_cases=drawn(**_PAPER_SCALE, left=_LEFT),
        draws=6,
        why=_FEWER,
        prepare=_at_left,
        closed_form=_at_threshold(closed.speedup),
        evaluate_at=_where_left,
        power=0.15,
        limited_by=f"the claimed error 1.3/m' + 0.45Λ {_NARROW}",
    ),
    judged(
        closed.time_to_fraction,
        observe=_seen_time_to_fraction,
        prepare=_fractions,
        cases=drawn(**_ROWS),
        full_cases=drawn(**_PAPER_SCALE),
        draws=3,
        why=_FEWER,
        evaluate_at=_one_fraction,
        power=0.12,
        limited_by=f"the claimed error 0.6/m' + 0.5Λ {_NARROW}",
    ),
    judged(
        closed.mean_field,
        observe=_seen_norms,
        error=_norms_error,
        cases=_STRONG,
        draws=5,
        why="rows of up to some thousand weights that live long enough to be seen",
        prepare=_field,
        predict=lambda **given: _norms(closed.mean_field(**given)),
        closed_form=None,
        not_compared="differential equations without a closed form",
    ),
    *(
        judged(
            form,
            observe=_seen_tail(which),
            # The next term is at most 2 % of the value, and a ten-millionth at the far end.
        )
        for which, form in enumerate((closed.l1_norm_tail, closed.nonzero_count_tail))
    ),
)
