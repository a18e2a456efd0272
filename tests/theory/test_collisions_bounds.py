"""What is certain about the number of polysemantic neurons, and the width for a wished number."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory.theory import collisions

EPS = np.finfo(float).eps


# The mean


@given(m=st.integers(1, 10**6), data=st.data())
def test_the_bounds_hold(m: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 2 * m))
    lower, upper = collisions.expected_polysemantic_bounds(n, m)
    mean = Fraction(n * (n - 1), 2 * (2 * m - 1))
    assert lower * (1 - 2 * EPS) <= mean <= upper * (1 + 2 * EPS)


def test_the_bounds_are_attained() -> None:
    m = np.array([1, 2, 7, 1000])
    assert (collisions.expected_polysemantic_bounds(1, m)[0] == 0).all()
    assert collisions.expected_polysemantic_bounds(2 * m, m)[1].tolist() == m.tolist()
    lower, upper = collisions.expected_polysemantic_bounds(64, 128)
    assert (lower, upper) == (64 * 63 / 512, 8.0)


def test_the_upper_bound_would_fail_beyond_two_features_a_neuron() -> None:
    n, m = 9, 4
    assert n * (n - 1) / (2 * (2 * m - 1)) > n**2 / (4 * m)
    with pytest.raises(ValueError, match="n_features ≤ 2 n_neurons"):
        collisions.expected_polysemantic_bounds(n, m)


def test_lack_of_room() -> None:
    assert [collisions.necessary_polysemantic(n, 3) for n in range(1, 7)] == [0, 0, 0, 1, 2, 3]
    with pytest.raises(ValueError, match="n_features ≤ 2 n_neurons"):
        collisions.necessary_polysemantic(7, 3)


# Poisson


def total_variation(n: int, m: int) -> float:
    """Distance of the exact distribution from Poisson's of the same mean."""
    x = np.arange(n // 2 + 1)
    exact = collisions.polysemantic_pmf(x, n, m)
    mean = n * (n - 1) / (2 * (2 * m - 1))
    logs = np.array([k * math.log(mean) - mean - math.lgamma(k + 1) for k in x])
    poisson = np.exp(logs)
    return 0.5 * float(np.abs(exact - poisson).sum() + max(0.0, 1.0 - poisson.sum()))


@pytest.mark.parametrize("m", [1, 2, 3, 5, 10, 40, 300])
def test_the_distance_from_poisson_is_bounded(m: int) -> None:
    for n in sorted({*range(2, min(2 * m, 40) + 1), m, 2 * m - 1, 2 * m} - {0, 1}):
        seen, bound = total_variation(n, m), collisions.poisson_distance_bound(n, m)
        assert seen <= bound + 1e-12
        assert 0 < bound <= 1


@given(m=st.integers(2, 3000), data=st.data())
@settings(max_examples=40)
def test_the_bound_holds_anywhere(m: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, min(2 * m, 1500)))
    assert total_variation(n, m) <= collisions.poisson_distance_bound(n, m) + 1e-12


@pytest.mark.parametrize("m", [1, 2, 5, 1000])
def test_for_two_features_the_bound_is_the_distance(m: int) -> None:
    p = 1 / (2 * m - 1)
    assert collisions.poisson_distance_bound(2, m) == pytest.approx(
        p * -math.expm1(-p), rel=4 * EPS, abs=0
    )
    assert total_variation(2, m) == pytest.approx(collisions.poisson_distance_bound(2, m), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(20, 100), (64, 1024), (200, 10_000)])
def test_the_bound_is_within_a_small_factor(n: int, m: int) -> None:
    assert collisions.poisson_distance_bound(n, m) < 4 * total_variation(n, m)
    assert collisions.poisson_distance_bound(n, m) < n / m


def test_a_tenth_less_would_be_wrong() -> None:
    assert total_variation(2, 5) > 0.9 * collisions.poisson_distance_bound(2, 5)


def test_the_distribution_tends_to_poisson() -> None:
    # n² = 4μm with μ = 1: the distance falls like n/m ~ m^−½.
    widths = 4 ** np.arange(3, 9)
    seen = [total_variation(int(2 * m**0.5), int(m)) for m in widths]
    slope = np.polyfit(np.log(widths), np.log(seen), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.05)


def test_one_feature_is_no_chance_at_all() -> None:
    assert collisions.poisson_distance_bound(1, [1, 2, 100]).tolist() == [0, 0, 0]


# The width for a wish

NULL_MODELS = ["exclusion", "independent", "paper"]


@given(n=st.integers(1, 10**6), expected=st.floats(1e-2, 1e6))
@settings(max_examples=40)
def test_the_width_does_and_one_less_does_not(n: int, expected: float) -> None:
    for null_model in NULL_MODELS:
        m = collisions.width_for(expected=expected, n_features=n, null_model=null_model)
        assert m == int(m) >= n / 2
        assert collisions.expected_polysemantic(n, m, null_model=null_model) <= expected
        if m - 1 >= max(1, n / 2):
            assert collisions.expected_polysemantic(n, m - 1, null_model=null_model) > expected


@given(n=st.integers(2, 10**4), data=st.data())
@settings(max_examples=60)
def test_it_is_the_width_of_the_formula(n: int, data: st.DataObject) -> None:
    m = data.draw(st.integers((n + 1) // 2, 10**7))
    # A whole number of neurons is the answer to the mean that it has, however that is rounded.
    assert collisions.width_for(expected=collisions.expected_polysemantic(n, m), n_features=n) == m


@pytest.mark.parametrize(
    ("expected", "n", "m"),
    [
        (1.0, 2, 1),
        (0.5, 2, 2),
        (1 / 3, 2, 2),
        (3.0, 6, 3),
        (2.9, 6, 4),
        (8.0, 64, 127),
        (99.0, 6, 3),
    ],
)
def test_by_hand(expected: float, n: int, m: int) -> None:
    # m = max(⌈n/2⌉, ⌈½ + n(n−1)/(4E)⌉)
    assert collisions.width_for(expected=expected, n_features=n) == m


def test_a_lone_feature_needs_one_neuron() -> None:
    assert collisions.width_for(expected=0.0, n_features=1) == 1


def test_it_falls_with_what_is_allowed() -> None:
    widths = collisions.width_for(expected=[0.1, 1.0, 10.0], n_features=[[10], [100]])
    assert widths.shape == (2, 3)
    assert (np.diff(widths, axis=1) < 0).all()
    assert (np.diff(widths, axis=0) > 0).all()
    assert type(collisions.width_for(expected=1, n_features=10)) is float


def test_wider_layers_do_as_well_under_every_law() -> None:
    # What makes bisection right: from m = n/2 on the mean falls.
    for n in (2, 3, 4, 5, 10, 33):
        m = np.arange((n + 1) // 2, 40 * n)
        for null_model in NULL_MODELS:
            assert (
                np.diff(collisions.expected_polysemantic(n, m, null_model=null_model)) < 0
            ).all()


@pytest.mark.parametrize(
    ("given_values", "error", "words"),
    [
        ({"expected": 0.0, "n_features": 2}, ValueError, "A width above 10¹⁵ may be needed"),
        ({"expected": 1e-10, "n_features": 10**6}, ValueError, "A width above 10¹⁵ may be needed"),
        ({"expected": -1.0, "n_features": 2}, ValueError, r"expected must be in \[0, "),
        ({"expected": np.nan, "n_features": 2}, ValueError, "expected must be finite"),
        ({"expected": 1.0, "n_features": 0}, ValueError, "n_features must be"),
        ({"expected": 1.0, "n_features": 2.5}, ValueError, "whole"),
        ({"expected": True, "n_features": 2}, TypeError, "expected must be real"),
        ({"expected": [1, 2], "n_features": [2, 3, 4]}, ValueError, "broadcast"),
        (
            {"expected": 1.0, "n_features": 2, "null_model": "none"},
            ValueError,
            "null_model must be one of",
        ),
    ],
)
def test_wishes_that_make_no_sense(
    given_values: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        collisions.width_for(**given_values)


def test_the_estimate_of_the_paper_for_one_feature_is_positive() -> None:
    # n²/4m at m = 10¹⁵ is 2.5e-16: less than that no width reaches.
    assert collisions.width_for(expected=2.5e-16, n_features=1, null_model="paper") == 1e15
    with pytest.raises(ValueError, match="expected must be at least"):
        collisions.width_for(expected=2.4e-16, n_features=1, null_model="paper")
