"""The judge: one rule per kind of claim, and none for a particular law.

- *exact*: prediction and observation differ by no more than the observation's own error;
- *leading order*: the relative error falls at the declared order as the small parameter is reduced,
  or observed/predicted stays in the declared band, or the relative error is at most the stated one;
- *bound*: every observation lies inside, and each end that is claimed to be tight is approached;
- *statistical*, *empirical*: the difference is compatible with chance (an empirical law is
  reported as measured, never as proven).

A law *holds* if no case refutes it and some case could have refuted it. If none could, it is
*undecided*: no event was seen, the error of the observation is larger than the claim, no case came
near the bound. Sampled observations of any kind are judged by p-values, at a level that limits the
probability of a false alarm in the whole run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.observation import FROM_RUN
from polytheory.checking.observed import Observed, observe_case, unusable
from polytheory.checking.pooled import pooled
from polytheory.checking.tails import allowed_distance, p_values, without_event
from polytheory.claims import Kind
from polytheory.domain import Case

__all__ = [
    "FALSE_ALARM",
    "MAX_ELEMENTS",
    "MAX_RELATIVE_TOLERANCE",
    "MIN_REACHED",
    "ROUNDING_TOLERANCE",
    "SLOPE_TOLERANCE",
    "Comparison",
    "Level",
    "Verdict",
    "compare_case",
    "judge",
    "judge_case",
    "judge_observed",
    "summed_up",
    "undecided",
    "worst_element",
]

#: Probability that chance makes some true law fail in a whole run.
FALSE_ALARM = 1e-3
#: A closed form may accumulate a few hundred rounding errors; a wrong constant is far larger.
ROUNDING_TOLERANCE = 1e-11
#: Two halvings fix a slope to about a tenth; a wrong constant has slope 0, a lost order one less.
SLOPE_TOLERANCE = 0.3
#: A tolerance above this share of the compared values tells nothing about them.
MAX_RELATIVE_TOLERANCE = 0.5
#: Some case must show this share of a stated error, or the statement is vacuous.
MIN_REACHED = 0.25
#: Least factor between two values of the small parameter from which an order can be fitted.
_MIN_REDUCTION = 2.0
#: Largest number of elements per case that are kept for the report.
MAX_ELEMENTS = 200
_TINY = 1e-300
#: A smaller relative difference may be the error of a run that nobody asked for its error.
_NEAR = 1e-3


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
    off, allowed : ndarray
        Disagreement and tolerance of every element.
    blind : str
        Why no element of this case could have refuted the law; empty if one could.
    nearest : (float, float)
        Smallest relative distance of an observation from each end of a bound.
    reached : float
        The largest share of the stated error that an element shows.
    claimed : ndarray or None
        The relative error that a leading-order law states.
    p_value : float or None
        Smallest p-value of a sampled element, for one comparison.
    levels : tuple of Level
        Leading order by refinement: the errors from which the order was fitted.
    left_out : int
        Number of elements that `thinned` dropped.
    pooled : bool
        Whether it compares several cases together.
    """

    case: Case
    predicted: Any
    observed: FloatArray
    disagreement: float
    tolerance: float
    reason: str
    off: FloatArray
    allowed: FloatArray
    blind: str = ""
    nearest: tuple[float, float] = (np.inf, np.inf)
    reached: float = np.inf
    claimed: FloatArray | None = None
    p_value: float | None = None
    levels: tuple[Level, ...] = ()
    left_out: int = 0
    pooled: bool = False

    @property
    def holds(self) -> bool:
        """Whether the case does not refute the law."""
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
            claimed=None if self.claimed is None else some(self.claimed),
            left_out=self.left_out + size - most,
        )

    def worst_pair(self) -> tuple[Any, float]:
        """Return prediction (a pair for a bound) and observation of the worst element."""
        at = worst_element(self.off, self.allowed) if self.off.size > 1 else 0

        def one(values: FloatArray) -> float:
            return float(np.broadcast_to(values, self.observed.shape).flat[at])

        ends = self.predicted
        predicted = (one(ends[0]), one(ends[1])) if isinstance(ends, tuple) else one(ends)
        return predicted, one(self.observed)


@dataclass(frozen=True)
class Verdict:
    """Outcome of comparing the predictions of a law with observations.

    Attributes
    ----------
    holds : bool
        Whether no case refuted the law and some case could have.
    disagreement, tolerance : float
        Of the case that came closest to failing, or failed worst.
    reason : str
        What is compared and where the tolerance comes from.
    worst : dict
        The parameters of that case.
    predicted, observed : float
        Of its worst element; the prediction of a bound is a pair.
    undecided : str
        Why the law is neither confirmed nor refuted; empty if it is.
    p_value, false_alarm : float or None
        For sampled observations: the smallest p-value times the number of comparisons, and the
        level below which the law fails.
    pooled : bool
        Whether it is all cases together that came closest to failing; `worst` is then empty.
    """

    holds: bool
    disagreement: float
    tolerance: float
    reason: str
    worst: Case
    predicted: Any = None
    observed: float | None = None
    undecided: str = ""
    p_value: float | None = None
    false_alarm: float | None = None
    pooled: bool = False


def judge(law: Law, cases: Sequence[Case], level: float = FALSE_ALARM) -> Verdict:
    """Judge a law on the given cases by the rule of its kind.

    Parameters
    ----------
    law : Law
    cases : sequence of dict
    level : float
        Probability that chance makes a true law fail, over all cases.

    Returns
    -------
    Verdict
    """
    observed = [observe_case(law, case) for case in cases]
    return judge_observed(law, observed, level)[0]


def judge_observed(
    law: Law, observed: Sequence[Observed], level: float = FALSE_ALARM
) -> tuple[Verdict, list[Comparison]]:
    """Return the verdict on a law from what was observed, and the comparison of each case.

    Independent cases are also compared together (see `polytheory.checking.pooled`); that
    comparison is the last.
    """
    together = pooled(law, observed)
    every = [*observed, together] if together else list(observed)
    share = level_of_each(every, level)
    compared = [judge_case(law, each, share) for each in every]
    return summed_up(law, compared, level, comparisons(every)), compared


def comparisons(observed: Sequence[Observed]) -> int:
    """Return the number of comparisons in which chance plays a part."""
    return sum(each.tests for each in observed)


def level_of_each(observed: Sequence[Observed], level: float) -> float:
    """Return the level of one comparison for a level of all of them together (Bonferroni).

    For the question whether any fails, it is the same as Holm's procedure.
    """
    return level / max(comparisons(observed), 1)


def summed_up(
    law: Law, compared: Sequence[Comparison], level: float = FALSE_ALARM, tests: int = 0
) -> Verdict:
    """Return the verdict on a law from the comparisons of all its cases."""
    if not compared:
        raise unusable(law, "there are no cases")
    # The largest disagreement in units of its tolerance.
    worst = max(compared, key=lambda each: each.disagreement / max(each.tolerance, _TINY))
    refuted = not all(each.holds for each in compared)
    reason = "" if refuted else undecided(law, compared)
    found = [each.p_value for each in compared if each.p_value is not None]
    return Verdict(
        not refuted and not reason,
        worst.disagreement,
        worst.tolerance,
        worst.reason,
        worst.case,
        *worst.worst_pair(),
        undecided=reason,
        p_value=min(1.0, tests * min(found)) if found else None,
        false_alarm=level if found else None,
        pooled=worst.pooled,
    )


def undecided(law: Law, compared: Sequence[Comparison]) -> str:
    """Return why these comparisons, none of which fails, cannot confirm the law; else nothing."""
    blind = [each.blind for each in compared if each.blind]
    if len(blind) == len(compared):
        several = f" (the same or similar in all {len(blind)} cases)" if len(blind) > 1 else ""
        return blind[0] + several
    if law.kind is Kind.BOUND:
        if not any(np.isfinite(end).any() for each in compared for end in each.predicted):
            return "no end of the bound is claimed"
        for place, (end, tight) in enumerate(zip(("lower", "upper"), law.tight_ends, strict=True)):
            claimed = any(np.isfinite(each.predicted[place]).any() for each in compared)
            distance = min(each.nearest[place] for each in compared)
            if claimed and tight is not None and distance > tight:
                words = f"no case came within {tight:g} of the {end} bound"
                return f"{words} (nearest {distance:.2g})"
    if any(each.claimed is not None for each in compared):
        reached = max(
            (each.reached for each in compared if not (each.blind or each.pooled)), default=0.0
        )
        if reached < MIN_REACHED:
            words = "the stated error is vacuous: the cases show at most"
            return f"{words} {reached:.2g} of it, and some must show {MIN_REACHED:g}"
    return ""


# --- comparison -----------------------------------------------------------------------------------


def compare_case(law: Law, case: Case, level: float = FALSE_ALARM) -> Comparison:
    """Compare prediction and observation in one case by the rule of the law's kind.

    Parameters
    ----------
    law : Law
    case : dict
    level : float
        Probability of a false alarm in this case.

    Returns
    -------
    Comparison

    Raises
    ------
    LawError, ValueError
        As `observe_case`.
    """
    observed = observe_case(law, case)
    return judge_case(law, observed, level_of_each([observed], level))


def judge_case(law: Law, observed: Observed, level: float) -> Comparison:
    """Compare what was observed, each element at this level of significance."""
    if observed.refined is not None:
        return _compare_slope(law, observed, observed.refined, level)
    if law.kind is Kind.BOUND:
        return _compare_bound(observed, level)
    if law.kind is Kind.LEADING_ORDER:
        return _compare_ratio(law, observed, level)
    return _compare_difference(observed, level)


def _distance(
    observed: Observed, low: FloatArray, high: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, float | None]:
    """Return how far observations lie outside of what is claimed, how far they may, and p."""
    seen = observed.seen
    nearest = np.clip(seen.value, low, high)
    # Where the ends of a bound are the wrong way round, nothing lies inside.
    off = np.maximum(np.maximum(low - seen.value, seen.value - high), 0.0)
    if not seen.sampled:
        return off, np.broadcast_to(seen.error + seen.bias, off.shape), None
    found = p_values(nearest, seen)
    smallest = None if np.isnan(found).all() else float(np.nanmin(found))
    return off, allowed_distance(nearest, seen, level), smallest


def _no_evidence(seen: Observation) -> str:
    """Return why a sample in which nothing varied is no evidence; empty if something did."""
    if not seen.sampled:
        return ""
    if seen.trials is not None or seen.exposure is not None:
        return f"no event seen ({seen.source})" if without_event(seen).all() else ""
    if (seen.error == 0).all():
        return "the standard error of the sample is 0, which is no evidence"
    return ""


def _blind(seen: Observation, allowed: FloatArray, largest: FloatArray, claim: str) -> str:
    """Return why the tolerances could not have refuted anything; empty if one of them could."""
    if reason := _no_evidence(seen):
        return reason
    telling: Any = allowed <= largest
    if seen.trials is not None or seen.exposure is not None:
        telling = telling & np.logical_not(without_event(seen))
    if telling.any():
        return ""
    at = int(np.argmin(allowed / np.maximum(largest, _TINY)))
    return f"the error of the observation, {float(allowed.flat[at]):.2g}, is larger than {claim}"


def _source(observed: Observed, level: float) -> str:
    source = observed.seen.source
    return f"at a false-alarm rate of {level:.1e}: {source}" if observed.seen.sampled else source


def _compare_difference(observed: Observed, level: float) -> Comparison:
    value, seen = observed.predicted, observed.seen
    off, allowed, p_value = _distance(observed, value, value, level)
    size = np.maximum(np.abs(value), np.abs(seen.value))
    if not value.any():  # next to a prediction of 0, the unit is that of the weights
        size = np.ones_like(size)
    blind = _blind(seen, allowed, MAX_RELATIVE_TOLERANCE * size, "half of the compared value")
    allowed = allowed + ROUNDING_TOLERANCE * np.abs(value)
    reason = f"|predicted − observed|; {_source(observed, level)}"
    known = seen.sampled or seen.source == FROM_RUN
    if not known and (off > allowed).any() and (off < _NEAR * size).all():
        reason += " (of a run? Observation.from_run knows its error)"
    return _compared(observed, off, allowed, reason, blind=blind, p_value=p_value)


def _compare_ratio(law: Law, observed: Observed, level: float) -> Comparison:
    """Compare observed/predicted with a band, or with 1 up to the stated error."""
    value, seen, claimed = observed.predicted, observed.seen, observed.claimed
    if (value == 0).any():
        raise unusable(law, f"predict returned 0 for {observed.case}; a ratio to it is needed")
    if law.band is not None:
        low, high = law.band
        width: Any = high - low
        words = f"distance of observed/predicted from [{low:g}, {high:g}]"
    else:
        assert claimed is not None
        low, high = 1.0 - claimed, 1.0 + claimed  # type: ignore[assignment]
        width = claimed
        words = "relative error beyond the stated one"
    one, other = low * value, high * value
    ends = np.minimum(one, other), np.maximum(one, other)
    off, allowed, p_value = _distance(observed, *ends, level)
    size = np.abs(value)
    off, allowed = off / size, allowed / size
    blind = _blind(seen, allowed, np.broadcast_to(width, off.shape), "the claim")
    error = np.abs(seen.value / value - 1.0)
    return _compared(
        observed,
        off,
        allowed + ROUNDING_TOLERANCE,
        f"{words}; {_source(observed, level)}",
        blind=blind,
        p_value=p_value,
        reached=np.inf if claimed is None else float(np.max(error / claimed)),
        claimed=claimed,
    )


def _compare_bound(observed: Observed, level: float) -> Comparison:
    (lower, upper), seen = observed.predicted, observed.seen
    off, allowed, p_value = _distance(observed, lower, upper, level)
    nearest = (_nearest(lower, seen, allowed), _nearest(upper, seen, allowed))
    reason = f"distance outside the bound; {_source(observed, level)}"
    blind = _no_evidence(seen)
    allowed = allowed + ROUNDING_TOLERANCE
    return _compared(observed, off, allowed, reason, blind=blind, p_value=p_value, nearest=nearest)


def _nearest(end: FloatArray, seen: Observation, allowed: FloatArray) -> float:
    """Return the smallest relative distance of an observation from one end, its error included."""
    there = np.broadcast_to(np.isfinite(end), seen.value.shape)
    if not there.any():
        return np.inf
    end = np.where(there, end, 0.0)
    gap = np.maximum(np.abs(seen.value - end) - ROUNDING_TOLERANCE, 0.0) + allowed
    gap = np.where(there, gap, np.inf)  # an infinite end is none, also in one element
    size = np.maximum(np.abs(seen.value), np.abs(end))
    return float(np.min(np.where(gap > 0, gap / np.maximum(size, _TINY), 0.0)))


def _compare_slope(law: Law, observed: Observed, refined: Observed, level: float) -> Comparison:
    assert law.small is not None
    assert law.order is not None
    coarse, fine = (_level(law, each, level) for each in (observed, refined))
    least, most = _orders(coarse, fine)
    words = f"shortfall of the fitted order below {law.order:g} as {law.small} is reduced by"
    reason = f"{words} {coarse.small / fine.small:.2g}; it is fixed to about a tenth"
    wanted = law.order - SLOPE_TOLERANCE
    blind = ""
    if coarse.small < _MIN_REDUCTION * fine.small:
        blind = f"the domain of {law.small} spans less than a factor of {_MIN_REDUCTION:g}"
    elif coarse.error <= coarse.floor or most >= wanted > least:
        blind = "the error of the observation hides that of the law"
    refuted = not blind and most < wanted
    short = max(law.order - (most if refuted else fitted_order(coarse, fine)), 0.0)
    off = np.asarray(0.0 if blind else short)
    compared = _compared(observed, off, np.asarray(SLOPE_TOLERANCE), reason, blind=blind)
    return replace(compared, levels=(coarse, fine))


def _level(law: Law, observed: Observed, level: float) -> Level:
    assert law.small is not None
    value, seen = observed.predicted, observed.seen
    size = np.maximum(np.abs(value), _TINY)
    error = float(np.max(np.abs(seen.value - value) / size))
    _, allowed, _ = _distance(observed, value, value, level)
    floor = float(np.max(allowed / size)) + ROUNDING_TOLERANCE
    return Level(float(observed.case[law.small]), error, floor)


def _order(ratio_of_errors: float, coarse: Level, fine: Level) -> float:
    if coarse.small <= fine.small:
        return 0.0
    return float(np.log(ratio_of_errors) / np.log(coarse.small / fine.small))


def fitted_order(coarse: Level, fine: Level) -> float:
    """Return the order at which the error falls; what lies below its own error is no slope."""
    ratio = max(coarse.error, coarse.floor) / max(fine.error, fine.floor)
    return _order(ratio, coarse, fine)


def _orders(coarse: Level, fine: Level) -> tuple[float, float]:
    """Return the least and largest order compatible with the errors of both observations."""
    least = max(coarse.error - coarse.floor, _TINY) / (fine.error + fine.floor)
    most = (coarse.error + coarse.floor) / max(fine.error - fine.floor, _TINY)
    return _order(least, coarse, fine), _order(most, coarse, fine)


def worst_element(off: FloatArray, allowed: FloatArray) -> int:
    """Return the flat index of the element nearest to failing."""
    return int(np.argmax(off / np.maximum(allowed, _TINY)))


def _compared(
    observed: Observed, off: FloatArray, allowed: FloatArray, reason: str, **more: Any
) -> Comparison:
    """Return the comparison with the disagreement and tolerance of its worst element."""
    off, allowed = np.broadcast_arrays(off, allowed)
    worst = worst_element(off, allowed)
    numbers = float(off.flat[worst]), float(allowed.flat[worst])
    values = observed.predicted, observed.seen.value
    made = Comparison(observed.case, *values, *numbers, reason, off, allowed, **more)
    return replace(made, pooled=True) if observed.pooled else made
