"""When a row is complete, by chance; and whether it survives."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED, time_of_threshold
from polytheory.checking.measure import symbolic_statement as symbolic
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.reduction import RowShape
from polytheory.theory import sparsification as theory

# --- one row: slow time and completion ------------------------------------------------------------

_DYING = Domain(
    {
        "n_neurons": Interval(3, 200, integer=True, log=True),
        "scale": Interval(0.6, 1.5),
        "l1_strength": Interval(1e-4, 1e-3, log=True),
        "share": Interval(0.2, 0.95),
        "seed": SEED,
    }
)


def _row(n_neurons: int, scale: float, seed: int, **_: Any) -> FloatArray:
    return np.abs(initial_row(n_neurons, rng=seed, scale=scale))


def _row_and_threshold(l1_strength: float, share: float, **row: Any) -> dict[str, Any]:
    weights = _row(**row)
    # Up to the second largest: beyond, nothing dies any more.
    threshold = share * float(np.sort(weights)[-2])
    return {"initial_row": weights, "threshold": threshold, "l1_strength": l1_strength}


def _seen_time(**case: Any) -> Observation:
    given = _row_and_threshold(**case)
    value = time_of_threshold(given["initial_row"], given["l1_strength"], given["threshold"])
    return Observation(np.asarray(value), np.asarray(1e-10 * value), "root of the exact flow")


_COMPLETING = Domain({name: i for name, i in _DYING.intervals.items() if name != "share"})


def _row_and_strength(l1_strength: float, **row: Any) -> dict[str, Any]:
    return {"initial_row": _row(**row), "l1_strength": l1_strength}


def _seen_completion(l1_strength: float, **row: Any) -> Observation:
    weights = _row(**row)
    value = time_of_threshold(weights, l1_strength, float(np.sort(weights)[-2]))
    return Observation(np.asarray(value), np.asarray(1e-10 * value), "root of the exact flow")


# --- many rows ------------------------------------------------------------------------------------

_SAMPLE = 300
_PROBES = np.array([1.0, 1.5, 2.0, 3.0])


def _predicted_law(**_: Any) -> FloatArray:
    law = theory.completion_law()
    return np.array([law.mean, *law.survival(_PROBES)])


def _seen_law(n_neurons: int, seed: int) -> Observation:
    """Mean of λT* and its survival function over Laplace rows, by the reduction's slow time."""
    rng = np.random.default_rng(seed)
    times = np.array([-RowShape(rng.exponential(size=n_neurons)).start for _ in range(_SAMPLE)])
    above = times[:, None] > _PROBES
    value = np.array([times.mean(), *above.mean(axis=0)])
    spread = np.array([times.std(ddof=1), *np.sqrt(0.25 * np.ones(_PROBES.size))])
    # The spacings beyond the m-th, missing in a finite row, take √(2/m) on average.
    missing = np.sqrt(2.0 / n_neurons)
    source = f"{_SAMPLE} Laplace rows; a finite row lacks √(2/m) of λT*"
    return Observation(value, spread / np.sqrt(_SAMPLE), source, bias=missing)


_FATE_ROWS = 400
#: How far the approximation may be from the truth (measured at m = 16, 128, 1024).
APPROXIMATION = 0.035


def _seen_survival(n_neurons: int, l1_strength: float, seed: int) -> Observation:
    streams = np.random.SeedSequence(seed).spawn(_FATE_ROWS)
    rows = np.stack([initial_row(n_neurons, rng=stream) for stream in streams])
    # After 300 units of time only rows right on the watershed have not chosen.
    run = row_flow(rows, l1_strength=l1_strength, times=[300.0], rtol=1e-5)
    share = 1.0 - run.collapsed.mean()
    source = f"{_FATE_ROWS} simulated rows; {APPROXIMATION} is the approximation's own error"
    error = np.asarray(0.5 / np.sqrt(_FATE_ROWS))
    return Observation(np.asarray(share), error, source, bias=APPROXIMATION)


LAWS = (
    Law(
        name="slow_time",
        kind=Kind.LEADING_ORDER,
        statement="λt = ∫₀^τ ds/√S₂ − (λ/4) ln(S₂(0)/S₂(τ)) − λ[(1−r)/r − ln((1+r)/2r)] + O(λ²)",
        domain=_DYING,
        prepare=_row_and_threshold,
        predict=theory.slow_time,
        closed_form=None,
        observe=_seen_time,
        small="l1_strength",
        order=2.0,
        symbolic=symbolic("slow_manifold_time"),
        source="ours; theory 1.4",
        draws=6,
    ),
    Law(
        name="completion_time",
        kind=Kind.LEADING_ORDER,
        statement="T* = slow time at the second largest weight",
        domain=_COMPLETING,
        prepare=_row_and_strength,
        predict=theory.completion_time,
        closed_form=None,
        observe=_seen_completion,
        small="l1_strength",
        order=2.0,
        symbolic=symbolic("completion_time"),
        source="ours; theory 1.5",
        draws=6,
    ),
    Law(
        name="completion_law",
        kind=Kind.STATISTICAL,
        statement="λT* has one law for m → ∞: spacings E_j/j; mean 1.7586, tail 5.22 exp(−√2 x)",
        domain=Domain({"n_neurons": Interval(2_000, 4_000, integer=True), "seed": SEED}),
        predict=_predicted_law,
        closed_form=None,
        observe=_seen_law,
        symbolic=symbolic("completion_step"),
        source="ours; theory 1.5",
        note="for initial laws in the Gumbel domain; Gaussian rows approach it like 1/ln m",
        draws=2,
    ),
    Law(
        name="survival_probability",
        kind=Kind.STATISTICAL,
        statement="P(survive) ≈ E_b Φ((λ_c(b) − λ)/sd(b)), b the largest weight",
        domain=Domain(
            {
                "n_neurons": Interval(16, 64, integer=True, log=True),
                "l1_strength": Interval(0.22, 0.36),
                "seed": SEED,
            }
        ),
        prepare=lambda n_neurons, l1_strength, **_: {
            "n_neurons": n_neurons,
            "l1_strength": l1_strength,
        },
        predict=theory.survival_probability,
        closed_form=None,
        observe=_seen_survival,
        symbolic=symbolic("survival_traps"),
        source="ours; theory 3.2",
        note="an approximation: within 0.035 of simulation",
        draws=3,
    ),
)
