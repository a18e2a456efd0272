"""Single rows under the cubic flow, their start and their end."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.theory import noise as theory
from polytheory.theory.noise.edgeworth.check_mixed import symbolic

__all__ = ["LAWS"]

#: Weights drawn for one case.
_DRAWN = 100_000
_MEDIAN_OF = 300


def _directions(count: int, n_neurons: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(count, n_neurons))
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def _follow(row: FloatArray, rate: float, time: float, event: Any = None) -> Any:
    """Integrate dw/dt = γ(w³ − q w) with SciPy's error control.

    Divided by w·w = 1, or rounding would leave the unit sphere exponentially fast for γ < 0.
    """
    from scipy.integrate import solve_ivp  # heavy, and the catalogue is loaded with the package

    def cubic(_: float, w: FloatArray) -> FloatArray:
        return np.asarray(rate * (w**3 - (w**4).sum() / (w @ w) * w))

    return solve_ivp(cubic, (0.0, time), row, method="DOP853", rtol=1e-12, atol=1e-14, events=event)


def _of_flow(n_neurons: int, rate: float, scaled_time: float, seed: int) -> dict[str, Any]:
    (row,) = _directions(1, n_neurons, seed)
    return {"time": scaled_time / abs(rate), "row": row, "rate": rate}


def _seen_flow(**case: Any) -> Observation:
    given = _of_flow(**case)
    end = np.asarray(_follow(given["row"], given["rate"], given["time"]).y[:, -1])
    return Observation(end, np.full_like(end, 1e-9), "tolerance of the integrator")


def _not_still(rate: Any, **_: Any) -> Any:
    return np.abs(rate) >= 1e-3


def _of_waiting(n_neurons: int, fourth_norm: float, rate: float, seed: int) -> dict[str, Any]:
    (row,) = _directions(1, n_neurons, seed)
    return {"row": row, "fourth_norm": fourth_norm, "rate": rate}


def _seen_waiting(**case: Any) -> Observation:
    """Integrate until the fourth norm is there; 0 if it is from the start."""
    given = _of_waiting(**case)
    row, rate, goal = given["row"], given["rate"], given["fourth_norm"]

    def ahead(_: float, w: FloatArray) -> float:
        return float((w**4).sum() - goal)

    if ahead(0.0, row) >= 0.0:
        return Observation(np.zeros(()), np.zeros(()), "there from the start")
    ahead.terminal = True  # type: ignore[attr-defined]
    time = np.asarray(_follow(row, rate, 1e4 / rate, ahead).t_events[0][0])
    return Observation(time, 1e-9 * time + 1e-9 / rate, "tolerance of the integrator")


def _of_width(n_neurons: int, rate: float, **_: int) -> dict[str, Any]:
    return {"n_neurons": n_neurons, "rate": rate}


def _seen_median(n_neurons: int, rate: float, seed: int) -> Observation:
    rows = _directions(_MEDIAN_OF, n_neurons, seed)
    times = np.sort(theory.time_to_fourth_norm(rows, 0.5, rate=rate))
    # The ranks three standard deviations of a binomial from the middle hold the median in between.
    off = int(1.5 * np.sqrt(_MEDIAN_OF))
    middle = _MEDIAN_OF // 2
    error = (times[middle + off] - times[middle - off]) / 2.0
    return Observation(np.asarray(np.median(times)), np.asarray(error), "ranks of the median")


def _mean(samples: FloatArray) -> Observation:
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    return Observation(np.asarray(samples.mean()), np.asarray(error), "standard error of the mean")


def _drawn(n_neurons: int, seed: int) -> FloatArray:
    return _directions(_DRAWN // n_neurons, n_neurons, seed)


def _of_norm(n_neurons: int, squared_norm: float, **_: int) -> dict[str, Any]:
    return {"n_neurons": n_neurons, "squared_norm": squared_norm}


def _seen_fourth(n_neurons: int, squared_norm: float, seed: int) -> Observation:
    return _mean(squared_norm**2 * (_drawn(n_neurons, seed) ** 4).sum(axis=-1))


def _seen_start(n_neurons: int, rate: float, seed: int) -> Observation:
    w = _drawn(n_neurons, seed)
    fourth = (w**4).sum(axis=-1)
    return _mean(4.0 * rate * ((w**6).sum(axis=-1) - fourth**2))


def _seen_plateau(n_features: int, squared_norm: float) -> Observation:
    """The rows of a simplex that are nearest to one-hot ones, and minus their sum."""
    n = n_features
    gram = (np.eye(n) * n - 1.0)[:-1, :-1] * squared_norm / (n - 1)
    values, vectors = np.linalg.eigh(gram)
    sparse = (vectors * np.sqrt(values)) @ vectors.T
    rows = np.vstack([sparse, -sparse.sum(axis=0)])
    mean = (rows**4).sum(axis=-1).mean()
    return Observation(np.asarray(mean), np.asarray(1e-12 * mean), "rounding of a matrix root")


_WIDTH = Interval(3, 10, integer=True)
_WIDE = Interval(2, 400, integer=True, log=True)
_FORWARD = Interval(0.001, 1.0, log=True)
_NORM = Interval(0.2, 1.0)

LAWS = (
    Law(
        name="cubic_flow",
        kind=Kind.EXACT,
        statement="w_k² = u_k/((1−Iu_k)E), t = −Σ ln(1−Iu_l)/(2γ) solves dw_k/dt = γ(w_k³ − q w_k)",
        domain=Domain(
            {
                "n_neurons": _WIDTH,
                "rate": Interval(-1.0, 1.0),
                "scaled_time": Interval(0.0, 20.0),
                "seed": SEED,
            },
            where=_not_still,
            because="|rate| ≥ 0.001",
        ),
        prepare=_of_flow,
        predict=theory.cubic_flow,
        observe=_seen_flow,
        symbolic=symbolic("cubic_flow"),
        source="ours; theory 7.3",
    ),
    Law(
        name="time_to_fourth_norm",
        kind=Kind.EXACT,
        statement="the same, asked for the time at which Σ w_k⁴ has a value",
        domain=Domain(
            {
                "n_neurons": _WIDTH,
                "fourth_norm": Interval(0.5, 0.95),
                "rate": _FORWARD,
                "seed": SEED,
            }
        ),
        prepare=_of_waiting,
        predict=theory.time_to_fourth_norm,
        observe=_seen_waiting,
        symbolic=symbolic("cubic_flow"),
        source="ours; theory 7.3",
    ),
    Law(
        name="half_sparsity_time",
        kind=Kind.LEADING_ORDER,
        statement="half of all random rows have Σ w_k⁴ ≥ 1/2 at the time of the typical row",
        domain=Domain(
            {
                "n_neurons": Interval(8, 128, integer=True, log=True),
                "rate": _FORWARD,
                "seed": SEED,
            }
        ),
        prepare=_of_width,
        predict=theory.half_sparsity_time,
        observe=_seen_median,
        band=(1.0, 1.3),
        symbolic=symbolic("cubic_flow"),
        source="ours; theory 7.5",
        note="The ratio falls from 1.27 at m = 8 towards 1.",
        draws=6,
    ),
    Law(
        name="plateau_fourth_norm",
        kind=Kind.EXACT,
        statement="n−1 sparse rows and a dense one: the fourth norm stops at 0.79 N² for n = 8",
        domain=Domain({"n_features": Interval(2, 100, integer=True), "squared_norm": _NORM}),
        predict=theory.plateau_fourth_norm,
        observe=_seen_plateau,
        symbolic=symbolic("plateau_fourth_norm"),
        source="ours; theory 7.4",
    ),
    Law(
        name="fourth_norm_of_random_rows",
        kind=Kind.STATISTICAL,
        statement="rows without a preferred basis: E‖w‖₄⁴ = 3N²/(m + 2)",
        domain=Domain({"n_neurons": _WIDE, "squared_norm": _NORM, "seed": SEED}),
        prepare=_of_norm,
        predict=theory.fourth_norm_of_random_rows,
        observe=_seen_fourth,
        symbolic=symbolic("fourth_norm_of_random_rows"),
        source="ours; theory 7.2",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
    Law(
        name="initial_fourth_norm_slope",
        kind=Kind.STATISTICAL,
        statement="random rows: E dq/dt = 24(m−1)γ/[(m+2)(m+4)(m+6)]",
        domain=Domain({"n_neurons": _WIDE, "rate": _FORWARD, "seed": SEED}),
        prepare=_of_width,
        predict=theory.initial_fourth_norm_slope,
        observe=_seen_start,
        symbolic=symbolic("initial_fourth_norm_slope"),
        source="ours; theory_noise 2",
        note="The expectation is exact; what is sampled decides how it is judged.",
    ),
)
