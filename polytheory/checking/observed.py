"""Prediction and observation of a law in one case, checked so that they can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking.law import Law, LawError
from polytheory.checking.observation import Observation
from polytheory.claims import Kind
from polytheory.domain import Case

__all__ = ["Observed", "ask", "observe_case", "predicted", "prepared", "unusable"]

#: Factor by which the small parameter is reduced.
_REDUCTION = 4.0


class Observed(NamedTuple):
    """Prediction and observation of a case, before they are compared.

    Attributes
    ----------
    case : dict
    predicted : ndarray, or a pair of them
    seen : Observation
    claimed : ndarray or None
        The relative error that a leading-order law states for it.
    refined : Observed or None
        The same at a smaller value of the small parameter.
    pooled : bool
        Whether it is made of several cases (see `polytheory.checking.pooled`).
    """

    case: Case
    predicted: Any
    seen: Observation
    claimed: FloatArray | None = None
    refined: Observed | None = None
    pooled: bool = False

    @property
    def tests(self) -> int:
        """The number of comparisons in which chance plays a part."""
        later = self.refined.tests if self.refined else 0
        return (self.seen.value.size if self.seen.sampled else 0) + later


def observe_case(law: Law, case: Case, arguments: Mapping[str, Any] | None = None) -> Observed:
    """Return prediction and observation of a case.

    Parameters
    ----------
    law : Law
    case : dict
    arguments : mapping, optional
        The arguments of the prediction, if they are prepared already.

    Returns
    -------
    Observed

    Raises
    ------
    LawError
        If a part of the law raises.
    ValueError
        If its results cannot be compared: NaN, an empty array, different shapes.
    """
    if law.kind is not Kind.LEADING_ORDER or law.small is None:
        return _observe(law, case, arguments)
    coarse, fine = _sizes(law, float(case[law.small]))
    found = _observe(law, case | {law.small: coarse})
    return found._replace(refined=_observe(law, case | {law.small: fine}))


def _sizes(law: Law, drawn: float) -> tuple[float, float]:
    """Return the two values of the small parameter: none below the lowest that is declared."""
    assert law.small is not None
    interval = law.domain.intervals.get(law.small) or law.cases.intervals[law.small]
    low = interval.low if law.refined_to is None else law.refined_to
    coarse = min(max(drawn, _REDUCTION * low), law.cases.intervals[law.small].high)
    return coarse, max(coarse / _REDUCTION, low)


def _observe(law: Law, case: Case, arguments: Mapping[str, Any] | None = None) -> Observed:
    if arguments is None:
        arguments = prepared(law, case)
    value = ask(law.name, "predict", case, law.predict, **arguments)
    seen = _observation(law, case)
    if law.kind is Kind.BOUND:
        return Observed(case, _ends(law, value, case, seen), seen)
    value = _finite(law, "predict", value, case)
    if value.shape != seen.value.shape:
        words = f"predict returned shape {value.shape}, observe {seen.value.shape}"
        raise unusable(law, words)
    if law.kind is not Kind.LEADING_ORDER or law.error is None:
        return Observed(case, value, seen)
    claimed = ask(law.name, "error", case, law.error, **arguments)
    claimed = _finite(law, "error", claimed, case)
    _same_shape(law, "predict", value, "error", claimed)
    if not (claimed > 0).all():
        raise unusable(law, f"error returned {claimed!r} for {case}; it must be positive")
    return Observed(case, value, seen, np.broadcast_to(claimed, value.shape))


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


def prepared(law: Law, case: Case) -> Mapping[str, Any]:
    """Return the arguments of the prediction for a case."""
    arguments: Mapping[str, Any] = ask(law.name, "prepare", case, law.prepare, **case)
    return arguments


def predicted(law: Law, case: Case) -> Any:
    """Return the closed form's prediction for a case."""
    return ask(law.name, "predict", case, law.predict, **prepared(law, case))


def unusable(law: Law, words: str) -> ValueError:
    """Return the error of a law whose results cannot be compared."""
    return ValueError(f"law {law.name!r}: {words}")


def _numbers(law: Law, what: str, values: Any, case: Case) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise unusable(law, f"{what} returned {values!r} for {case}; it must be numbers") from None
    if array.size == 0 or np.isnan(array).any():
        raise unusable(law, f"{what} returned {array!r} for {case}; it is empty or NaN")
    return array


def _finite(law: Law, what: str, values: Any, case: Case) -> FloatArray:
    array = _numbers(law, what, values, case)
    if not np.isfinite(array).all():
        raise unusable(law, f"{what} returned {array!r} for {case}; it must be finite")
    return array


def _observation(law: Law, case: Case) -> Observation:
    answer = ask(law.name, "observe", case, law.observe, **case)
    if not isinstance(answer, Observation):
        answer = Observation.of(_numbers(law, "observe", answer, case))
    _finite(law, "observe", answer.value, case)
    _same_shape(law, "observe", answer.value, "its error", answer.error)
    # The error of a statistical law is a standard error, also if it does not say so.
    return answer.as_sampled() if law.kind in (Kind.STATISTICAL, Kind.EMPIRICAL) else answer


def _same_shape(law: Law, one: str, a: FloatArray, other: str, b: FloatArray) -> None:
    """Raise unless b is of the shape of a, or a single number."""
    if b.shape not in ((), a.shape):
        words = f"{one} returned shape {a.shape}, {other} {b.shape}; they must be equal"
        raise unusable(law, words)


def _ends(law: Law, pair: Any, case: Case, seen: Observation) -> tuple[FloatArray, FloatArray]:
    """Return both ends of a bound; one that is not claimed is infinite."""
    try:
        lower, upper = pair
    except (TypeError, ValueError):
        words = f"predict returned {pair!r} for {case}; a bound is a pair (lower, upper)"
        raise unusable(law, words) from None
    ends = (-np.inf if lower is None else lower), (np.inf if upper is None else upper)
    low, high = (_numbers(law, "predict", end, case) for end in ends)
    for end in (low, high):
        _same_shape(law, "observe", seen.value, "predict", end)
    return low, high
