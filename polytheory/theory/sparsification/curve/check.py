"""Wide Gaussian rows: the universal curve, its bounds, speed and times; the mean field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED, time_of_threshold
from polytheory.checking.measure import symbolic_statement as symbolic
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.flow.row import RowTrajectory, row_flow
from polytheory.initial import initial_row
from polytheory.theory import sparsification as theory
from polytheory.theory.sparsification.row.check import at_slow_clock

OURS = "ours; theory 2.2"
SCATTER = "3 standard errors of the mean of 8 random rows, and the bias 1/m' of a finite row"
ROWS = 8

# m' (λt)² ≤ 2.44 and ≥ 2 late on the curve: below slow_clock 0.1 more than 200 weights live.
_WIDE = Domain(
    {
        "n_neurons": Interval(10_000, 50_000, integer=True, log=True),
        "l1_strength": Interval(1e-7, 2e-5, log=True),
        "slow_clock": Interval(1e-3, 0.1, log=True),
        "seed": SEED,
    }
)
_PAPER_SCALE = Domain(
    {
        "n_neurons": Interval(100_000, 300_000, integer=True, log=True),
        "l1_strength": Interval(1e-6, 1e-5, log=True),
        "slow_clock": Interval(1e-3, 0.1, log=True),
        "seed": SEED,
    }
)


def _where(n_neurons: int, **case: Any) -> dict[str, float]:
    """Arguments of the symbolic forms, which are written in the threshold instead of the time."""
    given = at_slow_clock(n_neurons, **case)
    return {"threshold": theory.threshold(**given), "n_neurons": n_neurons}


def _at_threshold(predict: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a predictor in time into one in the threshold, as the symbolic form is written.

    Through its inverse, the time at which a fraction of the weights is left.
    """

    def call(threshold: ArrayLike, n_neurons: ArrayLike) -> Any:
        strength = 1e-6 / np.sqrt(n_neurons)
        fraction = 2.0 * ndtr(-np.asarray(threshold))
        time = theory.time_to_fraction(fraction, n_neurons=n_neurons, l1_strength=strength)
        return predict(time, n_neurons=n_neurons, l1_strength=strength)

    return call


def _runs(n_neurons: int, l1_strength: float, slow_clock: float, seed: int) -> RowTrajectory:
    streams = np.random.SeedSequence(seed).spawn(ROWS)
    rows = np.stack([initial_row(n_neurons, rng=stream) for stream in streams])
    return row_flow(rows, l1_strength=l1_strength, times=[slow_clock / l1_strength])


def _mean_of_rows(name: str) -> Callable[..., Observation]:
    def observe(**case: Any) -> Observation:
        run = _runs(**case)
        values = np.asarray(getattr(run, name)[-1], dtype=float)
        if name == "threshold":
            values = values * np.sqrt(case["n_neurons"])
        standard_error = values.std(ddof=1) / np.sqrt(ROWS)
        bias = values.mean() / run.nonzero_count[-1].mean()
        return Observation(
            np.asarray(values.mean()), np.asarray(3.0 * standard_error + bias), SCATTER
        )

    return observe


def quantile_row(n_neurons: int) -> FloatArray:
    """A Gaussian row without scatter: its weights lie at the quantiles of the half-normal law."""
    chances = (np.arange(n_neurons) + 0.5) / n_neurons
    return np.asarray(ndtri(0.5 + chances / 2.0) / np.sqrt(n_neurons))


_SMOOTH = Domain(
    {
        "n_neurons": Interval(20_000, 100_000, integer=True, log=True),
        "l1_strength": Interval(1e-7, 1e-6, log=True),
        "slow_clock": Interval(1e-5, 0.05, log=True),
    }
)
#: Where a window of 5 % in time holds enough deaths to be counted.
_COUNTED = Domain(dict(_SMOOTH.intervals) | {"slow_clock": Interval(1e-3, 0.05, log=True)})
SMOOTH = "2/m', how far a row at the quantiles can be from the limit"


def _smooth_l1_norm(n_neurons: int, l1_strength: float, slow_clock: float) -> Observation:
    # Start on the slow manifold: let the norm relax in a few units of time, then λt = slow_clock.
    run = row_flow(
        quantile_row(n_neurons), l1_strength=l1_strength, times=[slow_clock / l1_strength]
    )
    value = run.l1_norm[-1]
    # The curve neglects λ‖w‖₁, the distance of the squared norm from 1.
    error = value * (2.0 / run.nonzero_count[-1] + l1_strength * value)
    return Observation(np.asarray(value), np.asarray(error), f"{SMOOTH}, and λ‖w‖₁")


def _smooth_speedup(n_neurons: int, l1_strength: float, slow_clock: float) -> Observation:
    """−Δ ln m'/(λ Δt) over a window of 5 %, which leaves a curvature of about 0.05²/12."""
    middle = slow_clock / l1_strength
    run = row_flow(
        quantile_row(n_neurons), l1_strength=l1_strength, times=[0.975 * middle, 1.025 * middle]
    )
    early, late = run.nonzero_count.astype(float)
    value = np.log(early / late) / (0.05 * middle * l1_strength)
    rounding = 2.0 / late / (0.05 * slow_clock)  # a count is whole
    return Observation(np.asarray(value), np.asarray(rounding), "m' is a whole number")


def _time_arguments(
    n_neurons: int, l1_strength: float, fraction: float, **_: Any
) -> dict[str, float]:
    return {"fraction": fraction, "n_neurons": n_neurons, "l1_strength": l1_strength}


def _seen_time_to_fraction(
    n_neurons: int, l1_strength: float, fraction: float, seed: int
) -> Observation:
    times = []
    for stream in np.random.SeedSequence(seed).spawn(ROWS):
        row = np.abs(initial_row(n_neurons, rng=stream))
        left = int(np.ceil(fraction * n_neurons))
        weight = np.partition(row, n_neurons - left - 1)[n_neurons - left - 1]
        times.append(time_of_threshold(row, l1_strength, float(weight)))
    error = 3.0 * np.std(times, ddof=1) / np.sqrt(ROWS) + np.mean(times) / (fraction * n_neurons)
    return Observation(np.asarray(np.mean(times)), np.asarray(error), SCATTER)


_STRONG = Domain(
    {
        "n_neurons": Interval(20_000, 50_000, integer=True, log=True),
        "strength": Interval(0.01, 2.0, log=True),
        "scale": Interval(0.5, 2.0),
        "time": Interval(0.1, 30.0, log=True),
    },
    where=lambda strength, time, scale, **_: (
        # At least some 200 weights left, whatever the scale.
        strength * time <= 10.0 * np.minimum(1.0, scale)
    ),
    because="where λ√m·time ≤ 10·min(1, scale)",
)


def _mean_field_norms(n_neurons: int, strength: float, scale: float, time: float) -> FloatArray:
    run = theory.mean_field(
        [time], n_neurons=n_neurons, l1_strength=strength / np.sqrt(n_neurons), scale=scale
    )
    return np.array([run.l1_norm[-1], run.squared_norm[-1], run.nonzero_count[-1]])


def _smooth_norms(n_neurons: int, strength: float, scale: float, time: float) -> Observation:
    run = row_flow(
        scale * quantile_row(n_neurons),
        l1_strength=strength / np.sqrt(n_neurons),
        times=[time],
    )
    values = np.array([run.l1_norm[-1], run.squared_norm[-1], float(run.nonzero_count[-1])])
    return Observation(values, values * 2.0 / run.nonzero_count[-1], SMOOTH)


def _curve_law(name: str, statement: str, band: tuple[float, float]) -> Law:
    predict = getattr(theory, name)
    return Law(
        name=name,
        kind=Kind.LEADING_ORDER,
        statement=statement,
        domain=_WIDE,
        full_cases=_PAPER_SCALE,
        prepare=at_slow_clock,
        predict=predict,
        closed_form=_at_threshold(predict),
        evaluate_at=_where,
        observe=_mean_of_rows(name),
        band=band,
        symbolic=symbolic(name),
        source=OURS,
        note="for Gaussian rows with m' ≥ 10; exact for m → ∞, λ√m → 0",
        draws=6,
    )


LAWS = (
    Law(
        name="threshold",
        kind=Kind.LEADING_ORDER,
        statement="λ√m t = Θ(x) = ∫₀^x dy/√G₂(y), x = τ√m/s",
        domain=_WIDE,
        full_cases=_PAPER_SCALE,
        prepare=at_slow_clock,
        predict=theory.threshold,
        closed_form=None,
        observe=_mean_of_rows("threshold"),
        band=(0.99, 1.01),
        symbolic=symbolic("universal_curve"),
        source=OURS,
        note="the universal curve: independent of m, λ and the initial scale",
        draws=6,
    ),
    _curve_law("l1_norm", "‖w‖₁ = √m G₁(x)/√G₂(x)", (0.99, 1.01)),
    _curve_law("nonzero_count", "m' = 2m Q(x)", (0.99, 1.01)),
    _curve_law("fourth_norm", "‖w‖₄⁴ = G₄(x)/(m G₂(x)²)", (0.99, 1.01)),
    Law(
        name="l1_norm_bounds",
        kind=Kind.BOUND,
        statement="1/(1/L₀ + λt) ≤ ‖w‖₁ ≤ 1/(1/L₀ + (π/2 − 1)λt), L₀ = √(2m/π), on the curve",
        domain=_SMOOTH,
        prepare=at_slow_clock,
        predict=theory.l1_norm_bounds,
        closed_form=None,
        observe=_smooth_l1_norm,
        tight=0.01,
        symbolic=symbolic("l1_norm_upper"),
        source="ours; theory 2.3",
        note="on the curve only: random finite rows break it",
    ),
    Law(
        name="speedup",
        kind=Kind.LEADING_ORDER,
        statement="(−d ln m'/dt)/λ = √m (φ/Q)(x) √G₂(x), from 0.798√m down to 2‖w‖₁",
        domain=_COUNTED,
        prepare=at_slow_clock,
        predict=theory.speedup,
        closed_form=_at_threshold(theory.speedup),
        evaluate_at=_where,
        observe=_smooth_speedup,
        band=(0.98, 1.02),
        symbolic=symbolic("speedup"),
        source="ours; theory 2.6 (the authors use the word without defining it)",
    ),
    Law(
        name="time_to_fraction",
        kind=Kind.LEADING_ORDER,
        statement="T(f) = Θ(Q⁻¹(f/2))/(λ√m); ratios of times are exactly (λ₂√m₂)/(λ₁√m₁)",
        domain=Domain(
            {
                "n_neurons": Interval(5_000, 20_000, integer=True, log=True),
                "l1_strength": Interval(1e-7, 1e-5, log=True),
                "fraction": Interval(0.03, 0.9, log=True),
                "seed": SEED,
            }
        ),
        prepare=_time_arguments,
        predict=theory.time_to_fraction,
        closed_form=None,
        observe=_seen_time_to_fraction,
        band=(0.99, 1.01),
        symbolic=symbolic("time_to_fraction"),
        source="ours; theory 2.6",
        draws=4,
    ),
    Law(
        name="mean_field",
        kind=Kind.LEADING_ORDER,
        statement="r' = r(1 − r²) − Λκ(θ), θ' = Λ/r, with Λ = λ√m, for any Λ and initial scale",
        domain=_STRONG,
        predict=_mean_field_norms,
        closed_form=None,
        observe=_smooth_norms,
        band=(0.995, 1.005),
        symbolic=symbolic("mean_field"),
        source="ours; theory 2.1",
        note="exact for m → ∞; compared for a row at the quantiles",
    ),
)
