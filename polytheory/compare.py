"""The judge: one rule a kind, and nothing about any particular law.

- *exact*: prediction and observation differ by no more than the observation's own error;
- *leading order*: the relative error falls at the declared order as the small parameter is halved
  twice, or observed/predicted stays in the declared band;
- *bound*: every observation lies inside, and some come close enough that the bound says something;
- *statistical*, *empirical*: the difference is at most Z standard errors (an empirical law is
  reported as measured, never as proven).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.domain import Case
from polytheory.laws._law import Kind, Law, Observation

__all__ = ["ROUNDING", "SLOPE_SLACK", "Verdict", "Z", "judge"]

#: Standard errors allowed; with some hundred comparisons a run, 5 is missed by chance < 1e-4 times.
Z = 5.0
#: A closed form may carry a few hundred roundings; any wrong constant is many orders larger.
ROUNDING = 1e-11
#: Two halvings see a slope to about a tenth; a wrong constant has slope 0, a lost order one less.
SLOPE_SLACK = 0.3
_TINY = 1e-300


@dataclass(frozen=True)
class Verdict:
    """Outcome of holding predictions against observations.

    Attributes
    ----------
    holds : bool
        Whether every case passed.
    disagreement, tolerance : float
        Of the case that came closest to failing, or failed worst.
    reason : str
        What is compared and where the tolerance comes from.
    worst : dict
        That case.
    """

    holds: bool
    disagreement: float
    tolerance: float
    reason: str
    worst: Case


def judge(law: Law, cases: Sequence[Case]) -> Verdict:
    """Judge a law on the given cases by the rule of its kind."""
    if not cases:
        raise ValueError(f"law {law.name!r}: no cases to judge it on")
    if law.kind is Kind.BOUND:
        return _judge_bound(law, cases)
    if law.kind is Kind.LEADING_ORDER:
        return _judge_band(law, cases) if law.band else _judge_slope(law, cases)
    return _judge_difference(law, cases)


def predicted(law: Law, case: Case) -> Any:
    """Return the closed form's prediction for a case."""
    return law.predict(**law.prepare(**case))


def _numbers(law: Law, what: str, values: Any, case: Case) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0 or np.isnan(array).any():
        raise ValueError(f"law {law.name!r}: {what} returned {array!r} for {case}; NaN or nothing")
    return array


def _finite(law: Law, what: str, values: Any, case: Case) -> FloatArray:
    array = _numbers(law, what, values, case)
    if not np.isfinite(array).all():
        raise ValueError(f"law {law.name!r}: {what} returned {array!r} for {case}; infinite")
    return array


def _seen(law: Law, case: Case) -> Observation:
    seen = Observation.of(law.observe(**case))
    _finite(law, "observe", seen.value, case)
    if not (np.isfinite(seen.error).all() and np.all(seen.error >= 0)):
        raise ValueError(
            f"law {law.name!r}: observe returned a negative or infinite error for {case}"
        )
    return seen


def _matching(law: Law, case: Case) -> tuple[FloatArray, Observation]:
    seen = _seen(law, case)
    value = _finite(law, "predict", predicted(law, case), case)
    if value.shape != seen.value.shape:
        raise ValueError(
            f"law {law.name!r}: predict returned shape {value.shape}, observe {seen.value.shape}"
        )
    return value, seen


def _worst(rows: list[tuple[float, float, Case]], reason: str) -> Verdict:
    """Pick the case with the largest disagreement in units of its tolerance."""
    gap, tolerance, case = max(rows, key=lambda row: row[0] / max(row[1], _TINY))
    return Verdict(all(g <= t for g, t, _ in rows), float(gap), float(tolerance), reason, case)


def _judge_difference(law: Law, cases: Sequence[Case]) -> Verdict:
    statistical = law.kind in (Kind.STATISTICAL, Kind.EMPIRICAL)
    rows, source = [], ""
    for case in cases:
        value, seen = _matching(law, case)
        gap = np.abs(value - seen.value)
        allowed = seen.error * (Z if statistical else 1.0) + seen.bias + ROUNDING * np.abs(value)
        rows.append((*_worst_element(gap, allowed), case))
        source = seen.source
    factor = f"{Z:g} standard errors: " if statistical else ""
    return _worst(rows, f"|predicted − observed|; {factor}{source}")


def _judge_slope(law: Law, cases: Sequence[Case]) -> Verdict:
    assert law.small is not None
    assert law.order is not None
    rows, resolved = [], False
    for case in cases:
        errors, floors = [], []
        for factor in (1.0, 0.25):
            value, seen = _matching(law, case | {law.small: case[law.small] * factor})
            size = np.maximum(np.abs(value), _TINY)
            errors.append(float(np.max(np.abs(seen.value - value) / size)))
            floors.append(float(np.max(seen.error / size)) + ROUNDING)
        slope = float(np.log2(max(errors[0], floors[0]) / max(errors[1], floors[1])) / 2.0)
        # Below the observation's own error there is no slope left to see.
        seen_here = errors[0] > floors[0]
        resolved = resolved or seen_here
        rows.append((max(law.order - slope, 0.0) if seen_here else 0.0, SLOPE_SLACK, case))
    if not resolved:
        reason = "vacuous: no case shows an error above that of the observation"
        return Verdict(False, 0.0, SLOPE_SLACK, reason, rows[0][2])
    return _worst(
        rows,
        f"shortfall of the fitted order below {law.order:g} as {law.small} is halved twice;"
        " two halvings fix a slope to about a tenth",
    )


def _worst_element(outside: FloatArray, allowed: FloatArray) -> tuple[float, float]:
    """Return disagreement and tolerance of the element nearest to failing."""
    outside, allowed = np.broadcast_arrays(outside, allowed)
    worst = np.argmax(outside / np.maximum(allowed, _TINY))
    return float(outside.flat[worst]), float(allowed.flat[worst])


def _judge_band(law: Law, cases: Sequence[Case]) -> Verdict:
    assert law.band is not None
    low, high = law.band
    rows, source = [], ""
    for case in cases:
        value, seen = _matching(law, case)
        if (value == 0).any():
            raise ValueError(f"law {law.name!r}: predict returned 0 for {case}; no ratio to it")
        ratio, slack = seen.value / value, seen.error / np.abs(value)
        outside = np.maximum(np.maximum(low - ratio, ratio - high), 0.0)
        rows.append((*_worst_element(outside, slack + ROUNDING), case))
        source = seen.source
    return _worst(rows, f"distance of observed/predicted from [{low:g}, {high:g}]; {source}")


def _judge_bound(law: Law, cases: Sequence[Case]) -> Verdict:
    assert law.tight is not None
    rows, source, closeness = [], "", np.inf
    for case in cases:
        lower, upper = (_numbers(law, "predict", p, case) for p in predicted(law, case))
        seen = _seen(law, case)
        outside = np.maximum(np.maximum(lower - seen.value, seen.value - upper), 0.0)
        slack = np.minimum(seen.value - lower, upper - seen.value)
        closeness = min(closeness, float(np.min(np.abs(slack) / (1.0 + np.abs(seen.value)))))
        rows.append((*_worst_element(outside, seen.error + ROUNDING), case))
        source = seen.source
    verdict = _worst(rows, f"distance outside the bound; {source}")
    if verdict.holds and closeness > law.tight:
        reason = f"vacuous: no case came within {law.tight:g} of it (nearest {closeness:.2g})"
        return Verdict(False, closeness, law.tight, reason, verdict.worst)
    return verdict
