"""Tail probabilities: uniform if the prediction is true, and nothing from no evidence.

References are SciPy's tests and distributions, which share no code with the judge's tails.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from polytheory import Observation
from polytheory.checking.tails import allowed_distance, p_values, without_event

#: Some 100 comparisons with SciPy per test; all must agree to rounding.
ROUNDING = 1e-9


def p_of(predicted: Any, seen: Observation) -> Any:
    return p_values(np.asarray(predicted, dtype=float), seen)


def mean_of(samples: Any) -> Observation:
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    return Observation(samples.mean(), error, "", sampled=True, degrees=samples.size - 1)


def test_a_mean_is_judged_as_by_the_t_test() -> None:
    rng = np.random.default_rng(0)
    for size in (2, 3, 8, 100):
        samples = rng.normal(size=size)
        for mean in (-1.0, 0.0, 0.3):
            expected = stats.ttest_1samp(samples, mean).pvalue
            assert p_of(mean, mean_of(samples)) == pytest.approx(expected, rel=ROUNDING)


@given(trials=st.integers(1, 300), data=st.data())
def test_a_proportion_is_judged_by_the_smaller_tail_twice(trials: int, data: Any) -> None:
    events = data.draw(st.integers(0, trials))
    probability = data.draw(st.floats(0.0, 1.0))
    tails = [
        stats.binomtest(events, trials, probability, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    seen = Observation.proportion(events, trials)
    assert p_of(probability, seen) == pytest.approx(min(1.0, 2.0 * min(tails)), abs=ROUNDING)


@given(events=st.integers(0, 200), rate=st.floats(0.0, 50.0), exposure=st.floats(0.1, 10.0))
def test_a_count_is_judged_by_the_smaller_tail_twice(
    events: int, rate: float, exposure: float
) -> None:
    law = stats.poisson(rate * exposure)
    expected = min(1.0, 2.0 * min(law.cdf(events), law.sf(events - 1)))
    assert p_of(rate, Observation.count(events, exposure)) == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("size", [4, 30])
def test_p_values_of_means_are_uniform(size: int) -> None:
    rng = np.random.default_rng(1)
    found = [p_of(0.0, mean_of(rng.normal(size=size))) for _ in range(2000)]
    assert stats.kstest(found, "uniform").pvalue > 1e-3
    # The control: with a Gaussian instead of Student's distribution they are not.
    if size == 4:
        gaussian = [
            p_of(0.0, Observation(each.value, each.error, "", sampled=True))
            for each in (mean_of(rng.normal(size=size)) for _ in range(2000))
        ]
        assert stats.kstest(gaussian, "uniform").pvalue < 1e-9


@pytest.mark.parametrize(("trials", "probability"), [(20, 0.3), (1000, 0.002)])
def test_p_values_of_counts_are_never_too_small(trials: int, probability: float) -> None:
    events = np.random.default_rng(2).binomial(trials, probability, 4000)
    for seen, rate in (
        (Observation.proportion(events, trials), probability),
        # A binomial count varies less than a Poisson one.
        (Observation.count(events), trials * probability),
    ):
        found = p_of(np.full(events.shape, rate), seen)
        assert stats.kstest(found, "uniform", alternative="greater").pvalue > 1e-3
        assert stats.kstest(p_of(np.full(events.shape, 1.3 * rate), seen), "uniform").pvalue < 1e-9


SEEN = st.one_of(
    st.builds(Observation.proportion, st.integers(0, 40), st.just(40), st.sampled_from([0.0, 0.1])),
    st.builds(Observation.count, st.integers(0, 60), st.just(40.0), st.sampled_from([0.0, 0.1])),
    st.builds(
        lambda value, bias: Observation(value, 0.1, "", bias, sampled=True, degrees=5.0),
        st.floats(0.0, 1.0),
        st.sampled_from([0.0, 0.1]),
    ),
)


@given(seen=SEEN, predicted=st.floats(0.0, 1.0), level=st.sampled_from([1e-6, 1e-3, 0.05]))
def test_the_allowed_distance_is_exceeded_where_p_is_below_the_level(
    seen: Observation, predicted: float, level: float
) -> None:
    value = np.asarray(predicted)
    allowed = float(allowed_distance(value, seen, level))
    off, p = abs(float(seen.value) - predicted), float(p_values(value, seen))
    if abs(off - allowed) > 1e-12 and abs(p / level - 1.0) > 1e-9:
        assert (off > allowed) == (p < level)


def test_a_bias_is_granted_in_the_direction_of_the_observation() -> None:
    for seen in (
        Observation(0.5, 0.1, "", bias=0.2, sampled=True),
        Observation.proportion(50, 100, bias=0.2),
        Observation.count(50, 100.0, bias=0.2),
    ):
        assert p_of(0.7, seen) == pytest.approx(1.0, abs=0.1)
        assert p_of(0.3, seen) == pytest.approx(1.0, abs=0.1)
        assert p_of(1.5, seen) < 1e-3


def test_no_variation_and_no_event_are_no_evidence() -> None:
    still = Observation([0.0, 1.0], [0.0, 0.1], "", sampled=True)
    assert np.isnan(p_of([0.1, 1.0], still)).tolist() == [True, False]
    assert allowed_distance(np.array([0.1, 1.0]), still, 1e-3)[0] == np.inf
    shares = Observation.proportion([0, 5, 10], 10)
    assert without_event(shares).tolist() == [True, False, True]
    assert without_event(Observation.count([0, 5], 10.0)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Observation.proportion(3, 2), "events must be"),
        (lambda: Observation.proportion(-1, 2), "events must be whole"),
        (lambda: Observation.proportion(0.5, 2), "events must be whole"),
        (lambda: Observation.proportion(0, 0), "at least one trial"),
        (lambda: Observation.count(-1), "events must be whole"),
        (lambda: Observation.count(1, 0.0), "exposure must be positive"),
        (lambda: Observation.proportion(np.nan, 2), "events"),
    ],
)
def test_counts_that_cannot_be_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
