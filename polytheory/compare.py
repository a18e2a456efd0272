"""The judge: one rule per kind of claim, and none for a particular law.

- *exact*: prediction and observation differ by no more than the observation's own error;
- *leading order*: the relative error falls at the declared order as the small parameter is halved
  twice, or observed/predicted stays in the declared band;
- *bound*: every observation lies inside, and some come close enough that the bound is not vacuous;
- *statistical*, *empirical*: the difference is at most Z standard errors (an empirical law is
  reported as measured, never as proven).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, LawError, Observation
from polytheory.claims import Kind
from polytheory.domain import Case

__all__ = [
    "MAX_ELEMENTS",
    "MAX_STANDARD_ERRORS",
    "ROUNDING_TOLERANCE",
    "SLOPE_TOLERANCE",
    "Comparison",
    "Level",
    "Verdict",
    "compare_case",
    "judge",
    "worst_element",
]

#: Allowed standard errors; among some hundred comparisons per run, chance exceeds 5 with p < 1e-4.
MAX_STANDARD_ERRORS = 5.0
#: A closed form may accumulate a few hundred rounding errors; a wrong constant is far larger.
ROUNDING_TOLERANCE = 1e-11
#: Two halvings fix a slope to about a tenth; a wrong constant has slope 0, a lost order one less.
SLOPE_TOLERANCE = 0.3
#: Largest number of elements per case that are kept for the report.
MAX_ELEMENTS = 200
_TINY = 1e-300


class Level(NamedTuple):
    """Errors at one value of the small parameter, relative to the prediction."""

    small: float
    error: float
    floor: float  # the observation's own error, below which no slope can be fitted


@dataclass(frozen=True, eq=False)
class Comparison:
    """Prediction and observation of one case, and the difference between them.

    Attributes
    ----------
    case : dict
    predicted, observed : object
        As the law returned them; the prediction of a bound is a pair.
    disagreement, tolerance : float
        Of the element that came closest to failing, or failed worst.
    reason : str
        What is compared and where the tolerance comes from.
    distance : float
        Relative distance of the observation from its bound; for an order, infinite if it cannot be
        fitted; otherwise 0.
    off, allowed : ndarray
        Disagreement and tolerance of every element.
    levels : tuple of Level
        Leading order by refinement: the errors from which the order was fitted.
    left_out : int
        Number of elements that `thinned` dropped.
    """

    case: Case
    predicted: Any
    observed: FloatArray
    disagreement: float
    tolerance: float
    reason: str
    off: FloatArray
    allowed: FloatArray
    distance: float = 0.0
    levels: tuple[Level, ...] = ()
    left_out: int = 0

    @property
    def holds(self) -> bool:
        """Whether the law holds in this case."""
        return self.disagreement <= self.tolerance

    def thinned(self, most: int = MAX_ELEMENTS) -> Comparison:
        """Return the comparison with at most `most` elements, evenly spaced, and the worst."""
        size = self.observed.size
        if size <= most:
            return self
        kept = np.linspace(0, size - 1, most).astype(int)
        if self.off.shape == self.observed.shape:  # otherwise one number for all
            kept[-1] = worst_element(self.off, self.allowed)

        def some(values: FloatArray) -> FloatArray:
            values = np.asarray(values)
            return values.ravel()[kept] if values.shape == self.observed.shape else values

        bound = isinstance(self.predicted, tuple)
        return replace(
            self,
            predicted=tuple(map(some, self.predicted)) if bound else some(self.predicted),
            observed=some(self.observed),
            off=some(self.off),
            allowed=some(self.allowed),
            left_out=self.left_out + size - most,
        )


@dataclass(frozen=True)
class Verdict:
    """Outcome of comparing the predictions of a law with observations.

    Attributes
    ----------
    holds : bool
        Whether every case passed.
    disagreement, tolerance : float
        Of the case that came closest to failing, or failed worst.
    reason : str
        What is compared and where the tolerance comes from.
    worst : dict
        The parameters of that case.
    """

    holds: bool
    disagreement: float
    tolerance: float
    reason: str
    worst: Case


def judge(law: Law, cases: Sequence[Case]) -> Verdict:
    """Judge a law on the given cases by the rule of its kind."""
    return summed_up(law, [compare_case(law, case) for case in cases])


def summed_up(law: Law, compared: Sequence[Comparison]) -> Verdict:
    """Return the verdict on a law from the comparisons of all its cases."""
    if not compared:
        raise _unusable(law, "there are no cases")
    # The largest disagreement in units of its tolerance.
    worst = max(compared, key=lambda each: each.disagreement / max(each.tolerance, _TINY))
    holds = all(each.holds for each in compared)
    distance = min(each.distance for each in compared)
    if holds and (reason := vacuous(law, distance)):
        limit = law.tight or 0.0
        return Verdict(False, distance, limit, reason, worst.case)
    return Verdict(holds, worst.disagreement, worst.tolerance, worst.reason, worst.case)


def vacuous(law: Law, distance: float) -> str:
    """Return why a law with this smallest distance is vacuous; empty if it is not."""
    if law.kind is Kind.BOUND and law.tight is not None and distance > law.tight:
        return f"vacuous: no case came within {law.tight:g} of the bound (nearest {distance:.2g})"
    if law.small is not None and distance > 0:
        return "vacuous: no case shows an error above that of the observation"
    return ""


def compare_case(law: Law, case: Case) -> Comparison:
    """Compare prediction and observation in one case by the rule of the law's kind.

    Parameters
    ----------
    law : Law
    case : dict

    Returns
    -------
    Comparison

    Raises
    ------
    LawError
        If a part of the law raises.
    ValueError
        If its results cannot be compared: NaN, an empty array, different shapes.
    """
    if law.kind is Kind.BOUND:
        return _compare_bound(law, case)
    if law.kind is Kind.LEADING_ORDER:
        return _compare_band(law, case) if law.band else _compare_slope(law, case)
    return _compare_difference(law, case)


def ask(
    law: str, part: str, case: Case, call: Callable[..., Any], /, *given: Any, **named: Any
) -> Any:
    """Call a part of a law; raise a `LawError` from any exception in it."""
    try:
        return call(*given, **named)
    except LawError:
        raise
    except (Exception, SystemExit) as problem:
        raise LawError(law, part, case, problem) from problem


def predicted(law: Law, case: Case) -> Any:
    """Return the closed form's prediction for a case."""
    arguments = ask(law.name, "prepare", case, law.prepare, **case)
    return ask(law.name, "predict", case, law.predict, **arguments)


def _unusable(law: Law, words: str) -> ValueError:
    return ValueError(f"law {law.name!r}: {words}")


def _numbers(law: Law, what: str, values: Any, case: Case) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise _unusable(law, f"{what} returned {values!r} for {case}; it must be numbers") from None
    if array.size == 0 or np.isnan(array).any():
        raise _unusable(law, f"{what} returned {array!r} for {case}; it is empty or NaN")
    return array


def _finite(law: Law, what: str, values: Any, case: Case) -> FloatArray:
    array = _numbers(law, what, values, case)
    if not np.isfinite(array).all():
        raise _unusable(law, f"{what} returned {array!r} for {case}; it must be finite")
    return array


def _observed(law: Law, case: Case) -> Observation:
    answer = ask(law.name, "observe", case, law.observe, **case)
    if not isinstance(answer, Observation):
        answer = Observation.of(_numbers(law, "observe", answer, case))
    _finite(law, "observe", answer.value, case)
    allowed = np.append(answer.error, answer.bias)
    if not (np.isfinite(allowed).all() and (allowed >= 0).all()):
        raise _unusable(law, f"observe returned a negative or infinite error for {case}")
    _same_shape(law, "observe", answer.value, "its error", answer.error)
    return answer


def _same_shape(law: Law, one: str, a: FloatArray, other: str, b: FloatArray) -> None:
    """Raise unless b is of the shape of a, or a single number."""
    if b.shape not in ((), a.shape):
        words = f"{one} returned shape {a.shape}, {other} {b.shape}; they must be equal"
        raise _unusable(law, words)


def _matching(law: Law, case: Case) -> tuple[FloatArray, Observation]:
    seen = _observed(law, case)
    value = _finite(law, "predict", predicted(law, case), case)
    if value.shape != seen.value.shape:
        words = f"predict returned shape {value.shape}, observe {seen.value.shape}"
        raise _unusable(law, words)
    return value, seen


def _compare_difference(law: Law, case: Case) -> Comparison:
    statistical = law.kind in (Kind.STATISTICAL, Kind.EMPIRICAL)
    value, seen = _matching(law, case)
    gap = np.abs(value - seen.value)
    allowed = (
        seen.error * (MAX_STANDARD_ERRORS if statistical else 1.0)
        + seen.bias
        + ROUNDING_TOLERANCE * np.abs(value)
    )
    factor = f"{MAX_STANDARD_ERRORS:g} standard errors: " if statistical else ""
    reason = f"|predicted − observed|; {factor}{seen.source}"
    return _compared(case, value, seen.value, gap, allowed, reason)


def _compare_slope(law: Law, case: Case) -> Comparison:
    assert law.small is not None
    assert law.order is not None
    levels, refined = [], []
    for factor in (1.0, 0.25):
        small = case[law.small] * factor
        value, seen = _matching(law, case | {law.small: small})
        size = np.maximum(np.abs(value), _TINY)
        error = float(np.max(np.abs(seen.value - value) / size))
        levels.append(Level(small, error, float(np.max(seen.error / size)) + ROUNDING_TOLERANCE))
        refined.append((value, seen.value))
    slope = fitted_order(*levels)
    # Below the observation's own error no slope can be fitted.
    seen_here = levels[0].error > levels[0].floor
    reason = (
        f"shortfall of the fitted order below {law.order:g} as {law.small} is halved twice;"
        " two halvings fix a slope to about a tenth"
    )
    short = max(law.order - slope, 0.0) if seen_here else 0.0
    distance = 0.0 if seen_here else np.inf
    off, slack = np.asarray(short), np.asarray(SLOPE_TOLERANCE)
    compared = _compared(case, *refined[0], off, slack, reason, distance)
    return replace(compared, levels=tuple(levels))


def fitted_order(coarse: Level, fine: Level) -> float:
    """Return the order at which the error falls over two halvings; its own error is no slope."""
    return float(np.log2(max(coarse.error, coarse.floor) / max(fine.error, fine.floor)) / 2.0)


def worst_element(off: FloatArray, allowed: FloatArray) -> int:
    """Return the flat index of the element nearest to failing."""
    return int(np.argmax(off / np.maximum(allowed, _TINY)))


def _compared(
    case: Case,
    predicted: Any,
    observed: FloatArray,
    off: FloatArray,
    allowed: FloatArray,
    reason: str,
    distance: float = 0.0,
) -> Comparison:
    """Return the comparison with the disagreement and tolerance of its worst element."""
    off, allowed = np.broadcast_arrays(off, allowed)
    worst = worst_element(off, allowed)
    numbers = float(off.flat[worst]), float(allowed.flat[worst])
    return Comparison(case, predicted, observed, *numbers, reason, off, allowed, distance)


def _compare_band(law: Law, case: Case) -> Comparison:
    assert law.band is not None
    low, high = law.band
    value, seen = _matching(law, case)
    if (value == 0).any():
        raise _unusable(law, f"predict returned 0 for {case}; a band needs a ratio to it")
    ratio, slack = seen.value / value, seen.error / np.abs(value)
    outside = np.maximum(np.maximum(low - ratio, ratio - high), 0.0)
    reason = f"distance of observed/predicted from [{low:g}, {high:g}]; {seen.source}"
    return _compared(case, value, seen.value, outside, slack + ROUNDING_TOLERANCE, reason)


def _compare_bound(law: Law, case: Case) -> Comparison:
    lower, upper = _ends(law, predicted(law, case), case)
    seen = _observed(law, case)
    for end in (lower, upper):
        _same_shape(law, "observe", seen.value, "predict", end)
    outside = np.maximum(np.maximum(lower - seen.value, seen.value - upper), 0.0)
    slack = np.minimum(seen.value - lower, upper - seen.value)
    distance = float(np.min(np.abs(slack) / (1.0 + np.abs(seen.value))))
    allowed = seen.error + ROUNDING_TOLERANCE
    reason = f"distance outside the bound; {seen.source}"
    return _compared(case, (lower, upper), seen.value, outside, allowed, reason, distance)


def _ends(law: Law, pair: Any, case: Case) -> tuple[FloatArray, FloatArray]:
    try:
        lower, upper = pair
    except (TypeError, ValueError):
        words = f"predict returned {pair!r} for {case}; a bound is a pair (lower, upper)"
        raise _unusable(law, words) from None
    return _numbers(law, "predict", lower, case), _numbers(law, "predict", upper, case)
