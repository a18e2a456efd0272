"""The comparison with chance, against counting every case in whole numbers."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory.diagnosis import compare_with_chance, compare_with_flow

SMALL = [(1, 1), (2, 1), (2, 3), (3, 2), (4, 4), (5, 4), (7, 4), (8, 4), (6, 6)]


def both(sites: tuple[int, ...]) -> int:
    """Return how many neurons have both sites taken; site 2k and 2k + 1 are on neuron k."""
    return sum(count == 2 for count in Counter(site // 2 for site in set(sites)).values())


def law(K: int, m: int) -> dict[int, Fraction]:
    counts = Counter(map(both, combinations(range(2 * m), K)))
    total = sum(counts.values())
    return {x: Fraction(counts[x], total) for x in sorted(counts)}


@pytest.mark.parametrize(("K", "m"), SMALL)
def test_tails_mean_and_range_by_enumeration(K: int, m: int) -> None:
    exact = law(K, m)
    for x in exact:
        seen = compare_with_chance(x, K, m)
        fewer = float(sum(p for y, p in exact.items() if y <= x))
        more = float(sum(p for y, p in exact.items() if y >= x))
        assert seen.p_fewer == pytest.approx(fewer, rel=1e-12, abs=0)
        assert seen.p_more == pytest.approx(more, rel=1e-12, abs=0)
        assert seen.p_value == pytest.approx(min(1.0, 2 * min(fewer, more)), rel=1e-12, abs=0)
        assert seen.possible == (min(exact), max(exact))
        mean = sum(y * p for y, p in exact.items())
        assert seen.expected == pytest.approx(float(mean), rel=1e-12, abs=0)
        variance = float(sum(y * y * p for y, p in exact.items()) - mean**2)
        assert seen.standard_deviation**2 == pytest.approx(variance, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(("K", "m"), SMALL)
@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_interval_holds_what_it_promises(K: int, m: int, level: float) -> None:
    exact = law(K, m)
    low, high = compare_with_chance(min(exact), K, m, level=level).interval
    outside = Fraction(1) - Fraction(level)
    assert sum(p for x, p in exact.items() if x < low) <= outside / 2
    assert sum(p for x, p in exact.items() if x > high) <= outside / 2
    # … and no more: one count further in, it would not.
    assert sum(p for x, p in exact.items() if x <= low) > outside / 2
    assert sum(p for x, p in exact.items() if x >= high) > outside / 2


@pytest.mark.parametrize(("K", "m"), [(20, 15), (64, 128), (64, 64), (500, 1000)])
def test_the_p_value_is_valid_and_agrees_with_the_interval(K: int, m: int) -> None:
    low, high = compare_with_chance(max(K - m, 0), K, m).possible
    every = [compare_with_chance(x, K, m) for x in range(low, high + 1)]
    pmf = np.diff([0.0, *(each.p_fewer for each in every)])
    p = np.array([each.p_value for each in every])
    for alpha in (0.001, 0.01, 0.05, 0.2, 0.5):
        assert pmf[p <= alpha].sum() <= alpha * (1 + 1e-9)
    assert [each.consistent for each in every] == (p > 0.05).tolist()


@pytest.mark.parametrize(("n", "m"), [(3, 2), (4, 3), (5, 2)])
def test_independent_features_follow_it_given_the_sites_they_took(n: int, m: int) -> None:
    chosen = list(product(range(2 * m), repeat=n))
    for K in range(1, min(n, 2 * m) + 1):
        counts = Counter(both(each) for each in chosen if len(set(each)) == K)
        total = sum(counts.values())
        assert {x: Fraction(c, total) for x, c in counts.items()} == law(K, m)


def test_far_tails_keep_their_digits() -> None:
    # All 100 features in 50 pairs of 1000 neurons: C(1000, 50)/C(2000, 100).
    from math import comb

    seen = compare_with_chance(50, 100, 1000)
    exact = Fraction(comb(1000, 50), comb(2000, 100))
    assert seen.p_more == pytest.approx(float(exact), rel=1e-11, abs=0)


@settings(max_examples=30)
@given(st.integers(1, 400), st.data())
def test_it_is_a_probability(m: int, data: st.DataObject) -> None:
    K = data.draw(st.integers(1, 2 * m))
    x = data.draw(st.integers(max(K - m, 0), K // 2))
    seen = compare_with_chance(x, K, m)
    assert 0.0 < seen.p_value <= 1.0
    assert seen.p_fewer + seen.p_more > 1.0 - 1e-10  # both hold P(X = x)
    assert seen.possible[0] <= seen.interval[0] <= seen.interval[1] <= seen.possible[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((5, 8, 4), "observed must be between 4 and 4"),
        ((0, 8, 4), "observed must be between 4 and 4"),
        ((-1, 2, 4), "observed must be an integer"),
        ((0, 0, 4), "n_sites must be an integer of at least 1"),
        ((0, 9, 4), "n_features"),
        ((0, 1, 0), "n_neurons must be"),
    ],
)
def test_impossible_counts_are_refused(arguments: tuple[int, int, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compare_with_chance(*arguments)


# The flow: the same sites, with a weight for each pair


def test_a_flow_like_exclusion_is_exclusion() -> None:
    for x in range(9):
        one = compare_with_chance(x, 16, 20)
        other = compare_with_flow(x, 16, 20, ratio=1.0)
        assert other.interval == one.interval
        for name in ("expected", "standard_deviation", "p_fewer", "p_more", "p_value"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9)


@pytest.mark.parametrize("ratio", [0.5, 0.8, 1.3])
def test_the_flow_has_its_mean_and_a_distribution(ratio: float) -> None:
    K, m = 12, 30
    exact = compare_with_chance(0, K, m)
    seen = [compare_with_flow(x, K, m, ratio=ratio) for x in range(K // 2 + 1)]
    assert seen[0].expected == pytest.approx(ratio * exact.expected, rel=1e-9)
    at_most = np.array([each.p_fewer for each in seen])
    pmf = np.diff(at_most, prepend=0.0)
    assert at_most[-1] == pytest.approx(1.0)
    assert pmf @ np.arange(K // 2 + 1) == pytest.approx(ratio * exact.expected, rel=1e-9)
    # Each pair multiplies the probability by the same factor.
    plain = np.diff([compare_with_chance(x, K, m).p_fewer for x in range(K // 2 + 1)], prepend=0.0)
    np.testing.assert_allclose(np.diff(np.log(pmf / plain), n=2), 0.0, atol=1e-6)


def test_the_uncertainty_of_the_mean_widens_the_test() -> None:
    sure, unsure = (compare_with_flow(2, 64, 128, ratio=0.85, error=e) for e in (0.0, 0.1))
    assert unsure.p_value > sure.p_value
    assert unsure.interval[0] <= sure.interval[0]
    assert unsure.interval[1] >= sure.interval[1]
    assert unsure.expected == sure.expected
    # The largest over the two ends that it allows.
    ends = [compare_with_flow(2, 64, 128, ratio=ratio) for ratio in (0.65, 1.05)]
    assert unsure.p_fewer == pytest.approx(max(each.p_fewer for each in ends), rel=1e-9)
    assert unsure.p_more == pytest.approx(max(each.p_more for each in ends), rel=1e-9)


def test_one_site_leaves_no_choice() -> None:
    seen = compare_with_flow(0, 1, 5, ratio=0.9)
    assert (seen.p_value, seen.expected, seen.interval) == (1.0, 0.0, (0, 0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ratio": 0.0}, "ratio"),
        ({"ratio": np.nan}, "ratio"),
        ({"ratio": 60.0}, "between 0 and 3"),
        ({"ratio": 0.9, "error": -0.1}, "error"),
        ({"ratio": 0.9, "error": 0.5}, "error"),
    ],
)
def test_an_impossible_flow_is_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compare_with_flow(0, 6, 20, **options)
