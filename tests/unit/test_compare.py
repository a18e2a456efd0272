"""The judge passes what is true and, kind by kind, fails what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from polytheory import Domain, Interval, Kind, Law, Observation, verify
from polytheory.compare import (
    FALSE_ALARM,
    MAX_RELATIVE_TOLERANCE,
    MIN_REACHED,
    SLOPE_TOLERANCE,
    Verdict,
    judge,
)
from polytheory.verification import report_on

CASES = [{"x": x} for x in (0.001, 0.01, 0.1)]
ERROR = 1e-9
SAMPLES = 40_000


def decay(x: float) -> Observation:
    """Nature, seen through an instrument."""
    return Observation(np.asarray(np.exp(-x)), np.asarray(ERROR), "the instrument")


def sampled(x: float) -> Observation:
    """Draw the mean of an exponential law of mean e⁻ˣ, with its standard error."""
    draws = np.random.default_rng(0).exponential(np.exp(-x), SAMPLES)
    return Observation(draws.mean(), draws.std() / np.sqrt(SAMPLES), "a finite sample")


def always(value: Any) -> Callable[..., Any]:
    return lambda **_: value


def observing(value: Any, error: Any) -> Callable[..., Observation]:
    return always(Observation(np.asarray(value), np.asarray(error), "the instrument"))


def toy(kind: Kind, predict: Callable[..., Any], **changes: Any) -> Law:
    given = {
        "name": "decay",
        "kind": kind,
        "statement": "e⁻ˣ",
        "domain": Domain({"x": Interval(1e-3, 0.1, log=True)}),
        "predict": predict,
        "observe": decay,
        "source": "a textbook",
    }
    return Law(**given | changes)


EXACT = toy(Kind.EXACT, lambda x: np.exp(-x))
# 1 − x is off by x²/2, so its relative error falls like the square of x.
SLOPE = toy(Kind.LEADING_ORDER, lambda x: 1.0 - x, small="x", order=2.0)
# e⁻ˣ (1 + x) lies between 0.995 and 1 for x up to 0.1.
BAND = toy(Kind.LEADING_ORDER, lambda x: 1.0 / (1.0 + x), band=(0.995, 1.0))
# e⁻ˣ/(1 − x) − 1 is x²/2 + O(x³): at most 0.6 x² for x up to 0.1.
STATED = toy(Kind.LEADING_ORDER, lambda x: 1.0 - x, error=lambda x: 0.6 * x**2)
# At x = 0.001 both sides are within 0.001 of the truth.
BOUND = toy(Kind.BOUND, lambda x: (1.0 - x, 1.0), tight=0.01)
ONE_SIDED = toy(Kind.BOUND, lambda **_: (None, 1.0), tight=0.01)
STATISTICAL = toy(Kind.STATISTICAL, lambda x: np.exp(-x), observe=sampled)
EMPIRICAL = toy(Kind.EMPIRICAL, lambda x: np.exp(-x), observe=sampled)
TRUE = {"exact": EXACT, "slope": SLOPE, "band": BAND, "stated error": STATED}
TRUE |= {"bound": BOUND, "one-sided": ONE_SIDED}
TRUE |= {"statistical": STATISTICAL, "empirical": EMPIRICAL}


def verdict_on(law: Law, drawn: Sequence[dict[str, float]] = CASES, **changes: Any) -> Verdict:
    return judge(replace(law, **changes), drawn)


def judged(law: Law, drawn: Sequence[dict[str, float]] = CASES, **changes: Any) -> bool:
    return verdict_on(law, drawn, **changes).holds


@pytest.mark.parametrize("law", TRUE.values(), ids=TRUE)
def test_what_is_true_holds(law: Law) -> None:
    verdict = judge(law, CASES)
    assert verdict.holds
    assert verdict.undecided == ""
    assert verdict.disagreement <= verdict.tolerance
    # The small parameter is raised so that its refinement stays in the domain.
    assert verdict.worst in (CASES if law.small is None else [{"x": 0.004}, *CASES])
    assert verdict.reason


def wrong(law: Law, says: str, **changes: Any) -> Any:
    return pytest.param(law, changes, id=f"{law.kind.value}: {says}")


WRONG = [
    wrong(EXACT, "constant", predict=lambda x: 1.001 * np.exp(-x)),
    wrong(EXACT, "sign", predict=lambda x: -np.exp(-x)),
    wrong(EXACT, "sign of x", predict=lambda x: 1.0 / np.exp(-x)),
    wrong(EXACT, "ten errors off", predict=lambda x: np.exp(-x) + 10 * ERROR),
    wrong(EXACT, "leading order only", predict=lambda x: 1.0 - x),
    wrong(SLOPE, "constant", predict=lambda x: 1.001 * (1.0 - x)),
    wrong(SLOPE, "sign", predict=lambda x: x - 1.0),
    wrong(SLOPE, "sign of x", predict=lambda x: 1.0 + x),
    wrong(SLOPE, "coefficient", predict=lambda x: 1.0 - 1.1 * x),
    wrong(SLOPE, "order 3 claimed", order=3.0),
    wrong(SLOPE, "order 1 delivered", predict=always(1.0)),
    wrong(BAND, "constant", predict=lambda x: 1.01 / (1.0 + x)),
    wrong(BAND, "sign", predict=lambda x: -1.0 / (1.0 + x)),
    wrong(BAND, "exponent", predict=lambda x: (1.0 + x) ** -1.1),
    wrong(BAND, "too narrow below", band=(0.999, 1.0)),
    wrong(BAND, "too narrow above", band=(0.995, 0.999)),
    wrong(STATED, "constant", predict=lambda x: 1.01 * (1.0 - x)),
    wrong(STATED, "error too small", error=lambda x: 0.4 * x**2),
    wrong(BOUND, "violated from below", predict=lambda x: (1.0 - 0.9 * x, 1.0)),
    wrong(BOUND, "violated from above", predict=lambda x: (1.0 - 2.0 * x, 1.0 - x)),
    wrong(BOUND, "upside down", predict=lambda x: (1.0, 1.0 - x)),
    wrong(ONE_SIDED, "violated from above", predict=lambda x: (None, 1.0 - 2.0 * x)),
    # The mean of n draws from an exponential law has a standard error of 1/√n of it: here 0.5 %.
    wrong(STATISTICAL, "ten standard errors off", predict=lambda x: 1.05 * np.exp(-x)),
    wrong(STATISTICAL, "sign", predict=lambda x: -np.exp(-x)),
    wrong(EMPIRICAL, "ten standard errors off", predict=lambda x: 0.95 * np.exp(-x)),
]


@pytest.mark.parametrize(("law", "changes"), WRONG)
def test_what_is_wrong_fails(law: Law, changes: dict[str, Any]) -> None:
    verdict = verdict_on(law, **changes)
    assert not verdict.holds
    assert verdict.undecided == ""


#: An event of probability 1e-6 in a thousand trials.
never = always(Observation.proportion(0, 1000))


# What nothing contradicts, and nothing could have; and the words of the reason.
NARROW = Domain({"x": Interval(0.06, 0.1)})
UNDECIDED = [
    (wrong(EXACT, "error of the size of the value", observe=observing(0.97, 1.0)), "larger than"),
    (wrong(EXACT, "ten", predict=lambda x: x, observe=observing(0.05, 10.0)), "larger than"),
    (
        wrong(SLOPE, "no case sees the order", predict=always(1.0), observe=observing(1.5, 1.0)),
        "hi",
    ),
    (wrong(SLOPE, "domain", domain=NARROW, cases=NARROW), "less than a factor"),
    (wrong(BAND, "error above the band", observe=observing(0.97, 0.5)), "larger than the claim"),
    (wrong(STATED, "error above the claim", observe=observing(0.97, 0.5)), "larger than"),
    (wrong(STATED, "vacuous", error=always(0.1)), "vacuous"),
    (wrong(BOUND, "both ends far", predict=always((0.0, 2.0))), "lower bound"),
    (wrong(BOUND, "lower end far", predict=always((-1e6, 1.0))), "lower bound"),
    (wrong(BOUND, "upper end far", predict=lambda x: (1.0 - x, 1e6)), "upper bound"),
    (wrong(BOUND, "near 0", predict=always((-0.1, 0.1)), observe=observing(1e-9, 0.0)), "lower"),
    (wrong(BOUND, "near within its error only", observe=observing(0.97, 0.04)), "lower bound"),
    (wrong(ONE_SIDED, "far", predict=always((None, 1e6))), "upper bound"),
    (wrong(STATISTICAL, "no event", predict=always(1e-6), observe=never), "no event seen"),
    (
        wrong(
            STATISTICAL,
            "no other event",
            predict=always(1.0 - 1e-6),
            observe=always(Observation.proportion(1000, 1000)),
        ),
        "no event seen",
    ),
    (wrong(STATISTICAL, "no variation", predict=always(0.1), observe=observing(0.0, 0.0)), "is 0"),
    (
        wrong(
            STATISTICAL,
            "few events",
            predict=always(0.1),
            observe=always(Observation.proportion(1, 10)),
        ),
        "larger than",
    ),
    (
        wrong(
            STATISTICAL,
            "no count",
            predict=always(1e-3),
            observe=always(Observation.count(0, 10.0)),
        ),
        "no event seen",
    ),
]


@pytest.mark.parametrize(
    ("law", "changes", "words"),
    [pytest.param(*case.values, words, id=case.id) for case, words in UNDECIDED],
)
def test_what_nothing_could_have_refuted_is_undecided(
    law: Law, changes: dict[str, Any], words: str
) -> None:
    verdict = verdict_on(law, **changes)
    assert not verdict.holds
    assert verdict.undecided
    assert words in verdict.undecided


def test_an_end_that_is_not_claimed_to_be_tight_need_not_be_approached() -> None:
    loose = {"predict": always((-1e6, 1.0))}
    assert judged(BOUND, **loose, tight=(None, 0.01))
    assert not judged(BOUND, **loose, tight=(0.01, 0.01))
    assert not judged(BOUND, **loose, tight=(0.01, None))


def test_a_rare_event_that_is_false_fails_by_its_tail() -> None:
    # No event in 1000 trials: compatible with 1e-3 (p = 0.74), not with 0.05 (p = 1e-22).
    assert verdict_on(STATISTICAL, predict=always(1e-3), observe=never).undecided
    verdict = verdict_on(STATISTICAL, predict=always(0.05), observe=never)
    assert not verdict.holds
    assert verdict.undecided == ""


def test_one_case_that_tells_is_enough() -> None:
    def blurred(x: float) -> Observation:
        return decay(x) if x == 0.1 else Observation(np.exp(-x), 10.0, "a worse instrument")

    assert judged(EXACT, observe=blurred)
    assert not judged(EXACT, observe=blurred, predict=lambda x: 1.001 * np.exp(-x))


def test_an_order_is_fitted_inside_the_declared_domain() -> None:
    asked = []

    def watched(x: float) -> float:
        asked.append(x)
        return 1.0 - x

    assert judged(SLOPE, predict=watched)
    assert min(asked) >= 1e-3
    asked.clear()
    assert judged(SLOPE, predict=watched, refined_to=1e-5)
    assert min(asked) == pytest.approx(0.001 / 4)


def test_every_kind_has_a_control() -> None:
    assert {case.values[0].kind for case in WRONG} == set(Kind)


@pytest.mark.parametrize("law", TRUE.values(), ids=TRUE)
def test_one_wrong_case_among_many_fails_and_is_shown(law: Law) -> None:
    # Wide enough that for a slope the refinements of x = 0.01 are off too.
    def off_at_one(x: float) -> Observation:
        seen = law.observe(x=x)
        return replace(seen, value=seen.value * (1.2 if 0.002 < x < 0.02 else 1.0))

    verdict = judge(replace(law, observe=off_at_one), CASES)
    assert not verdict.holds
    assert verdict.disagreement > verdict.tolerance
    assert verdict.worst == {"x": 0.01}


def test_one_wrong_element_among_many_fails() -> None:
    powers, one_off = np.arange(1.0, 4.0), np.array([0.0, 10 * ERROR, 0.0])
    law = replace(
        EXACT,
        predict=lambda x: np.exp(-x * powers),
        observe=lambda x: Observation(np.exp(-x * powers), np.full(3, ERROR), "the instrument"),
    )
    assert judged(law)
    assert not judged(law, predict=lambda x: np.exp(-x * powers) + one_off)


# --- where the line runs: a little inside each tolerance holds, a little outside fails ------------

INSIDE, OUTSIDE = 0.99, 1.01


#: Standard errors that chance exceeds with the probability of a false alarm in one of three cases.
ALLOWED = -ndtri(FALSE_ALARM / 3 / 2)


@pytest.mark.parametrize(("kind", "allowed"), [(Kind.EXACT, 1.0), (Kind.STATISTICAL, ALLOWED)])
def test_the_observation_s_own_error_is_the_tolerance(kind: Kind, allowed: float) -> None:
    def off(part: float) -> Callable[..., Any]:
        return lambda x: np.exp(-x) + part * allowed * 0.01

    law = toy(kind, off(0.0), observe=lambda x: Observation(np.exp(-x), np.asarray(0.01), ""))
    assert judged(law, predict=off(INSIDE))
    assert not judged(law, predict=off(OUTSIDE))


def test_an_order_may_fall_short_by_the_slack_and_no_more() -> None:
    law = toy(
        Kind.LEADING_ORDER,
        always(1.0),
        observe=lambda x: 1.0 + x**1.5,  # without error: its order is 1.5 exactly
        small="x",
        order=1.5,
    )
    assert judged(law, order=1.5 + INSIDE * SLOPE_TOLERANCE)
    assert not judged(law, order=1.5 + OUTSIDE * SLOPE_TOLERANCE)


def test_faster_convergence_than_claimed_holds() -> None:
    assert judged(SLOPE, order=1.0)


def test_a_case_below_the_observation_s_error_needs_no_slope() -> None:
    # 1e-6 squared is far below ERROR: noise has no order, and a true law must not fail for it.
    law = replace(SLOPE, domain=(wide := Domain({"x": Interval(1e-7, 0.1, log=True)})), cases=wide)
    assert judged(law, [{"x": 1e-6}, {"x": 0.1}])
    # But if every case is like that, nothing was seen.
    assert verdict_on(law, [{"x": 1e-6}]).undecided
    # Between the two it depends on the error of the observation, not of the law: no alarm.
    for x in np.geomspace(1e-6, 0.1, 40):
        verdict = verdict_on(law, [{"x": x}])
        assert verdict.holds or verdict.undecided


def test_a_band_is_widened_by_the_observation_s_error_only() -> None:
    law = toy(Kind.LEADING_ORDER, always(1.0), band=(0.9, 1.1))

    def at(ratio: float) -> Callable[..., Observation]:
        return observing(ratio, 0.01)

    for edge, out in ((0.9, -1.0), (1.1, 1.0)):
        assert judged(law, observe=at(edge + out * INSIDE * 0.01))
        assert not judged(law, observe=at(edge + out * OUTSIDE * 0.01))


def test_a_bound_must_be_approached_as_closely_as_it_says() -> None:
    # The nearest case, x = 0.001, is 5e-7 above 1 − x; the instrument adds 1e-9.
    assert judged(BOUND, tight=(5.1e-7, None))
    assert not judged(BOUND, tight=(4.9e-7, None))


def test_a_stated_error_must_be_shown_to_a_quarter() -> None:
    # The error shown at x = 0.1 is e⁻ˣ/(1 − x) − 1 = 0.005375; that of the statement is 0.01 c.
    shown = np.exp(-0.1) / 0.9 - 1.0
    for share, holds in ((OUTSIDE, True), (INSIDE, False)):
        stated = shown / (share * MIN_REACHED)
        assert judged(STATED, error=always(stated)) == holds


def test_a_tolerance_tells_nothing_if_it_is_half_of_the_value() -> None:
    for share, holds in ((INSIDE, True), (OUTSIDE, False)):
        error = share * MAX_RELATIVE_TOLERANCE
        assert (
            judged(EXACT, [{"x": 0.05}], predict=always(1.0), observe=observing(1.0, error))
            == holds
        )


# --- what cannot be compared is refused, under the law's name -------------------------------------


INCOMPARABLE = [
    wrong(EXACT, "prediction NaN", predict=always(np.nan)),
    wrong(EXACT, "prediction empty", predict=always([])),
    wrong(EXACT, "prediction of another shape", predict=lambda x: np.exp([-x, -x])),
    wrong(EXACT, "observation NaN", observe=always(np.nan)),
    wrong(EXACT, "observation empty", observe=always(np.array([]))),
    wrong(SLOPE, "prediction NaN", predict=always(np.nan)),
    wrong(BAND, "prediction of another shape", predict=lambda x: np.exp([-x, -x])),
    wrong(BOUND, "bound NaN", predict=always((np.nan, 1.0))),
    wrong(STATED, "error NaN", error=always(np.nan)),
    wrong(STATED, "error 0", error=always(0.0)),
    wrong(STATED, "error of another shape", error=always([0.1, 0.1])),
    wrong(BOUND, "observation NaN", observe=always(np.nan)),
    wrong(STATISTICAL, "prediction NaN", predict=always(np.nan)),
    wrong(EMPIRICAL, "prediction NaN", predict=always(np.nan)),
]


@pytest.mark.parametrize(("law", "changes"), INCOMPARABLE)
def test_what_cannot_be_compared_is_refused_by_name(law: Law, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="law 'decay'"):
        judged(law, **changes)


@pytest.mark.parametrize("error", [np.nan, np.inf, -0.1, [0.1, -0.1]])
def test_an_error_must_be_finite_and_not_negative(error: Any) -> None:
    with pytest.raises(ValueError, match="error must be finite and not negative"):
        Observation(1.0, error, "the instrument")
    with pytest.raises(ValueError, match="bias must be finite"):
        Observation(1.0, 0.1, "the instrument", bias=-1.0)


def test_no_cases_are_no_evidence() -> None:
    with pytest.raises(ValueError, match="law 'decay': there are no cases"):
        judged(EXACT, [])


# Ways to pass that should not exist: an error that is infinite, or that belongs to another element.
LOOPHOLES = [
    wrong(EXACT, "infinite prediction", predict=always(np.inf)),
    wrong(STATISTICAL, "infinite prediction", predict=always(-np.inf)),
    wrong(BAND, "zero predicted", predict=always(0.0)),
    wrong(
        BAND,
        "another element's error",
        predict=always(np.ones(2)),
        observe=observing([5.0, 1.0], [0.0, 100.0]),
    ),
    wrong(
        BOUND,
        "another element's error",
        predict=always((np.zeros(2), np.ones(2))),
        observe=observing([5.0, 1.0], [0.0, 100.0]),
    ),
    wrong(
        SLOPE,
        "another element's error",
        predict=always(np.ones(2)),
        observe=observing([1.5, 1.0], [0.0, 100.0]),
    ),
    wrong(BOUND, "no bound at all", predict=always((-np.inf, np.inf))),
    wrong(BOUND, "no end", predict=always((None, None))),
]


@pytest.mark.parametrize(("law", "changes"), LOOPHOLES)
def test_there_is_no_way_round(law: Law, changes: dict[str, Any]) -> None:
    doctored = replace(law, **changes)
    with np.errstate(all="ignore"):  # outside the tests NumPy only warns, and the judge goes on
        try:
            holds = judge(doctored, CASES).holds
        except ValueError:
            holds = False
    assert not holds


# --- a law that raises ----------------------------------------------------------------------------


def explode(**_: Any) -> Any:
    raise ZeroDivisionError("the instrument is broken")


@pytest.mark.parametrize("field", ["predict", "observe", "prepare", "symbolic"])
def test_what_a_law_raises_is_its_own_failure(field: str) -> None:
    broken = replace(EXACT, name="broken", **{field: explode})
    result = verify([broken, EXACT])
    first, second = result.reports
    assert not result.holds
    assert (first.name, first.outcome) == ("broken", "ERROR")
    assert first.error == "ZeroDivisionError: the instrument is broken"
    assert "the instrument is broken" in str(result)
    assert second.holds


def test_a_bound_that_is_no_pair_is_its_own_failure() -> None:
    report = report_on(replace(BOUND, predict=always(1.0)), rng=np.random.default_rng(0))
    assert not report.holds
    assert report.outcome == "ERROR"


def test_stopping_stops_the_run() -> None:
    def stop(**_: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        report_on(replace(EXACT, observe=stop), rng=np.random.default_rng(0))


def test_an_empirical_law_is_measured_never_proven() -> None:
    report = report_on(EMPIRICAL, rng=np.random.default_rng(0))
    assert report.holds
    assert report.outcome == "measured"


def test_a_doctored_law_is_reported_as_failing() -> None:
    doctored = replace(EXACT, predict=lambda x: 1.001 * np.exp(-x))
    report = report_on(doctored, rng=np.random.default_rng(0))
    assert not report.holds
    assert report.outcome == "FAILS"
