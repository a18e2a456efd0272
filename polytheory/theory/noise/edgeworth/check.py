"""What kurtosis does to F, F′ and E|z|, against the exact sum over all signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.theory import noise as theory
from polytheory.theory.noise.edgeworth import check_mixed as _mixed
from polytheory.theory.noise.edgeworth.check_mixed import cumulants, symbolic

__all__ = ["LAWS"]

# Several at once: at one overlap the leading error may happen to cancel.
_RELATIVE_OVERLAPS = np.linspace(-1.5, 1.5, 7)
_ROUNDING = "rounding of a sum over all signs"


def _row(n_neurons: int, seed: int) -> FloatArray:
    return np.asarray(np.random.default_rng(seed).normal(size=n_neurons) / np.sqrt(n_neurons))


def _overlaps(row: FloatArray, std: float) -> FloatArray:
    return np.asarray(_RELATIVE_OVERLAPS * std * np.linalg.norm(row))


def _norms(row: FloatArray) -> dict[str, float]:
    return {"squared_norm": float(row @ row), "fourth_norm": float((row**4).sum())}


def _of_overlaps(n_neurons: int, std: float, share: float, seed: int) -> dict[str, Any]:
    row = _row(n_neurons, seed)
    kurtosis = cumulants(share)["excess_kurtosis"]
    return {"overlap": _overlaps(row, std), "std": std, "excess_kurtosis": kurtosis, **_norms(row)}


def _of_row(n_neurons: int, std: float, share: float, seed: int) -> dict[str, Any]:
    row = _row(n_neurons, seed)
    return {"std": std, **_norms(row), "sixth_norm": float((row**6).sum()), **cumulants(share)}


def _observation(value: FloatArray) -> Observation:
    return Observation(value, 1e-14 * np.abs(value), _ROUNDING)


def _seen_second(n_neurons: int, std: float, share: float, seed: int) -> Observation:
    row = _row(n_neurons, seed)
    return _observation(_mixed.moments(_overlaps(row, std), row, std, share).second)


def _seen_slope(n_neurons: int, std: float, share: float, seed: int) -> Observation:
    row = _row(n_neurons, seed)
    return _observation(_mixed.moments(_overlaps(row, std), row, std, share).slope)


def _seen_mean_absolute(n_neurons: int, std: float, share: float, seed: int) -> Observation:
    row = _row(n_neurons, seed)
    return _observation(_mixed.moments(np.zeros(1), row, std, share).slope[0])


def _bounds(n_neurons: int, std: float, seed: int) -> Any:
    row = _row(n_neurons, seed)
    return theory.mean_absolute_bounds(float(row @ row), std=std)


def _seen_bipolar(n_neurons: int, std: float, seed: int) -> Observation:
    sums = std * _mixed.all_signs(n_neurons) @ _row(n_neurons, seed)
    return _observation(np.abs(sums).mean())


def _domain(low: float, high: float, widest: int = 8) -> Domain:
    return Domain(
        {
            "n_neurons": Interval(2, widest, integer=True),
            "std": Interval(0.02, 2.0, log=True),
            "share": Interval(low, high, log=True),
            "seed": SEED,
        }
    )


_NOTE = "Observed with noise that is Gaussian but for a bipolar share a: κ = −2a²."

LAWS = (
    Law(
        name="edgeworth_second_moment",
        kind=Kind.LEADING_ORDER,
        statement="F = F_G − (κ_z/12) s μ φ(μ/s), κ_z = κ‖w‖₄⁴/‖w‖₂⁴, s = σ‖w‖₂",
        domain=_domain(0.1, 0.3),
        prepare=_of_overlaps,
        predict=theory.edgeworth_second_moment,
        observe=_seen_second,
        small="share",
        order=3.0,
        symbolic=symbolic("edgeworth_second_moment"),
        source="ours; theory 7.3",
        note=_NOTE,
    ),
    Law(
        name="edgeworth_slope",
        kind=Kind.LEADING_ORDER,
        statement="F′ = 2s h₁(x) + (κ_z/12) s (x² − 1) φ(x), x = μ/s",
        domain=_domain(0.1, 0.3),
        prepare=_of_overlaps,
        predict=theory.edgeworth_slope,
        observe=_seen_slope,
        small="share",
        order=3.0,
        symbolic=symbolic("edgeworth_slope"),
        source="ours; theory 7.3",
        note=_NOTE,
    ),
    Law(
        name="edgeworth_mean_absolute",
        kind=Kind.LEADING_ORDER,
        statement="E|z| = √(2/π) s (1 − κ_z/24 + κ₆z/240 − 5κ_z²/384)",
        domain=_domain(0.08, 0.14, widest=6),
        prepare=_of_row,
        predict=theory.edgeworth_mean_absolute,
        observe=_seen_mean_absolute,
        small="share",
        order=4.0,
        symbolic=symbolic("edgeworth_mean_absolute"),
        source="ours; theory_noise 1 (iv)",
        note=_NOTE,
    ),
    Law(
        name="mean_absolute_bounds",
        kind=Kind.BOUND,
        statement="bipolar noise: s/√2 ≤ E|z| ≤ s for every row",
        domain=Domain(
            {
                "n_neurons": Interval(1, 10, integer=True),
                "std": Interval(0.1, 2.0),
                "seed": SEED,
            }
        ),
        predict=_bounds,
        closed_form=None,
        observe=_seen_bipolar,
        tight=1e-9,
        symbolic=symbolic("mean_absolute_bounds"),
        source="Szarek 1976; theory_noise 5, B4",
        note="One weight attains the upper end; two equal ones, which no draw gives, the lower.",
    ),
)
