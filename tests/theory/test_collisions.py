"""Features on neurons by chance: every way counted out, limits, sums, monotony, bad input."""

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory.theory import collisions
from polytheory.theory.collisions import (
    MAX_INDEPENDENT_FEATURES,
    expected_polysemantic,
    necessary_polysemantic,
    no_collision_probability,
    pair_probability,
    polysemantic_pmf,
    polysemantic_variance,
)

EPS = np.finfo(float).eps
# Tiny sizes: logarithms of size 10 carry a few roundings each.
TINY = 64 * EPS

Site = tuple[int, int]
State = tuple[Site, ...]  # a site for each feature


@cache
def states(null_model: str, n_features: int, n_neurons: int) -> list[State]:
    """Return all equally likely ways to give each feature a site."""
    sites = list(product(range(n_neurons), (1, -1)))
    if null_model == "exclusion":
        return list(combinations(sites, n_features))
    return list(product(sites, repeat=n_features))


def both_signs(state: State) -> int:
    return sum(state_has(state, k) for k in {neuron for neuron, _ in state})


def state_has(state: State, neuron: int) -> bool:
    return {(neuron, 1), (neuron, -1)} <= set(state)


def crowded(state: State) -> int:
    return sum(many > 1 for many in Counter(neuron for neuron, _ in state).values())


def mean(null_model: str, n: int, m: int, function: Callable[[State], int]) -> Fraction:
    every = states(null_model, n, m)
    return Fraction(sum(map(function, every)), len(every))


def sizes(null_model: str) -> Iterator[Any]:
    if null_model == "exclusion":
        yield from ((null_model, n, m) for m in range(1, 6) for n in range(1, 2 * m + 1))
    else:
        yield from (
            (null_model, n, m) for m in range(1, 5) for n in range(1, 8) if (2 * m) ** n < 10**4
        )


COUNTED = [*sizes("exclusion"), *sizes("independent")]


def near(value: Fraction | float, rel: float = TINY) -> Any:
    # Exact zeros are exact.
    return pytest.approx(float(value), rel=rel, abs=0)


@pytest.mark.parametrize(("null_model", "n", "m"), COUNTED)
def test_every_way_counted_out(null_model: str, n: int, m: int) -> None:
    first = mean(null_model, n, m, both_signs)
    second = mean(null_model, n, m, lambda state: both_signs(state) ** 2)
    assert expected_polysemantic(n, m, null_model=null_model) == near(first)
    assert polysemantic_variance(n, m, null_model=null_model) == near(second - first**2, rel=1e-13)
    assert no_collision_probability(n, m, null_model=null_model) == near(
        mean(null_model, n, m, lambda state: crowded(state) == 0)
    )
    for x in range(-1, n + 2):
        share = mean(null_model, n, m, lambda state, x=x: both_signs(state) == x)  # type: ignore[misc]
        assert polysemantic_pmf(x, n, m, null_model=null_model) == near(share)


@pytest.mark.parametrize(("null_model", "n", "m"), list(sizes("independent")))
def test_neurons_chosen_twice_whatever_the_signs(null_model: str, n: int, m: int) -> None:
    expected = mean(null_model, n, m, crowded)
    assert expected_polysemantic(n, m, null_model=null_model, signs="any") == near(expected)


@pytest.mark.parametrize("null_model", ["exclusion", "independent"])
@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_two_given_features_meet(null_model: str, m: int) -> None:
    # Two features are a pair; nothing depends on which is first.
    assert pair_probability(m, null_model=null_model) == near(mean(null_model, 2, m, crowded))


def test_the_published_estimate() -> None:
    assert expected_polysemantic(64, 128, null_model="paper") == 8.0


def test_seen_by_hand() -> None:
    # Two features on one neuron must take both signs; on two, one of the three other sites is it.
    assert expected_polysemantic(2, 1) == 1.0
    assert expected_polysemantic(2, 2) == near(Fraction(1, 3))
    # Independently: half of the four assignments on one neuron.
    assert expected_polysemantic(2, 1, null_model="independent") == near(Fraction(1, 2))


# Limits

WIDTHS = np.array([1, 2, 3, 10, 1000, 10**9])


@pytest.mark.parametrize("null_model", ["exclusion", "independent"])
def test_a_lone_feature_meets_nobody(null_model: str) -> None:
    assert (expected_polysemantic(1, WIDTHS, null_model=null_model) == 0).all()
    assert (polysemantic_variance(1, WIDTHS, null_model=null_model) == 0).all()
    assert no_collision_probability(1, WIDTHS, null_model=null_model) == pytest.approx(
        1, rel=TINY, abs=0
    )
    assert polysemantic_pmf([0, 1], 1, WIDTHS[:, None], null_model=null_model) == pytest.approx(
        np.array([[1.0, 0.0]] * WIDTHS.size), rel=TINY, abs=0
    )


def test_when_all_sites_are_taken_every_neuron_is_polysemantic() -> None:
    assert expected_polysemantic(2 * WIDTHS, WIDTHS).tolist() == WIDTHS.tolist()
    assert (polysemantic_variance(2 * WIDTHS, WIDTHS) == 0).all()
    assert polysemantic_pmf(WIDTHS, 2 * WIDTHS, WIDTHS) == pytest.approx(1, rel=1e-13, abs=0)
    assert (polysemantic_pmf(WIDTHS - 1, 2 * WIDTHS, WIDTHS) == 0).all()
    assert (no_collision_probability(2 * WIDTHS, WIDTHS) == 0).all()


def test_all_but_one() -> None:
    # One site is left: its neuron has one feature, all others two.
    m = WIDTHS
    assert expected_polysemantic(2 * m - 1, m) == pytest.approx(m - 1.0, rel=4 * EPS, abs=0)
    assert (polysemantic_variance(2 * m - 1, m) == 0).all()


def test_more_features_than_neurons_collide() -> None:
    for null_model in ("exclusion", "independent"):
        assert no_collision_probability(11, 10, null_model=null_model) == 0
        assert no_collision_probability(10, 10, null_model=null_model) > 0


def test_many_independent_features_reach_every_site() -> None:
    assert expected_polysemantic(10**6, 100, null_model="independent") == pytest.approx(
        100, rel=TINY
    )
    assert polysemantic_variance(10**6, 100, null_model="independent") == pytest.approx(
        0, abs=1e-300
    )


@pytest.mark.parametrize("n", [2, 7, 64])
def test_in_a_wide_layer_all_laws_agree(n: int) -> None:
    # Relative corrections are of order n/m.
    m = 10**12
    pairs = n * (n - 1) / (4 * m)
    for null_model in ("exclusion", "independent"):
        assert expected_polysemantic(n, m, null_model=null_model) == pytest.approx(
            pairs, rel=n / m, abs=0
        )
        assert polysemantic_variance(n, m, null_model=null_model) == pytest.approx(
            pairs, rel=4 * n / m, abs=0
        )
    any_sign = expected_polysemantic(n, m, null_model="independent", signs="any")
    assert any_sign == pytest.approx(2 * pairs, rel=n / m, abs=0)


def test_exclusion_is_what_explains_the_published_estimate() -> None:
    # At n = m = 64 independent choices give a third less than n²/(4m) = 16.
    assert expected_polysemantic(64, 64) == pytest.approx(64 * 63 / 254, rel=TINY)
    assert expected_polysemantic(64, 64, null_model="independent") < 10


# Sums and moments of the distribution


@pytest.mark.parametrize(
    ("null_model", "n", "m"),
    [
        ("exclusion", 10, 10),
        ("exclusion", 10_000, 5_000),
        ("exclusion", 10_000, 10_000),
        ("exclusion", 9_999, 10**9),
        ("exclusion", 1500, 1000),
        ("independent", 300, 100),
        ("independent", 200, 1000),
        ("independent", 64, 10**9),
    ],
)
def test_the_distribution_has_the_moments_of_the_closed_forms(
    null_model: str, n: int, m: int
) -> None:
    x = np.arange(n // 2 + 1.0)
    p = polysemantic_pmf(x, n, m, null_model=null_model)
    # Each term is good to 1e-13 or better.
    assert p.sum() == pytest.approx(1, rel=2e-13)
    assert p @ x == pytest.approx(
        expected_polysemantic(n, m, null_model=null_model), rel=2e-13, abs=1e-13
    )
    spread = p @ (x - p @ x) ** 2
    assert spread == pytest.approx(
        polysemantic_variance(n, m, null_model=null_model), rel=1e-12, abs=1e-13
    )
    # A sum of many terms may be added in another order.
    assert p[0] == pytest.approx(polysemantic_pmf(0, n, m, null_model=null_model), rel=TINY, abs=0)


@given(m=st.integers(1, 10**9), data=st.data())
@settings(max_examples=60)
def test_neighbours_have_the_ratio_of_the_binomials(m: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, min(2 * m, 10**6)))
    x = data.draw(st.integers(max(0, n - m), n // 2))
    here, there = (polysemantic_pmf(each, n, m) for each in (x, x + 1))
    if there > 1e-290:
        exact = Fraction((n - 2 * x) * (n - 2 * x - 1), 4 * (x + 1) * (m - n + x + 1))
        assert there / here == pytest.approx(float(exact), rel=2e-12, abs=0)


@given(m=st.integers(2, 10**6), data=st.data())
@settings(max_examples=60)
def test_occupied_and_free_sites_may_be_exchanged(m: int, data: st.DataObject) -> None:
    # A neuron is empty where both of its sites are free: n − m fewer than the full ones.
    n = data.draw(st.integers(1, 2 * m - 1))
    swapped = 2 * m - n
    assert polysemantic_variance(swapped, m) == pytest.approx(
        polysemantic_variance(n, m), rel=8 * EPS, abs=0
    )
    x = data.draw(st.integers(max(0, n - m), n // 2))
    assert polysemantic_pmf(x + m - n, swapped, m) == pytest.approx(
        polysemantic_pmf(x, n, m), rel=1e-12, abs=0
    )


# Monotony

SIZES = np.arange(1, 60)


@pytest.mark.parametrize(
    ("function", "room"),
    [
        (expected_polysemantic, 2),
        (lambda n, m: expected_polysemantic(n, m, null_model="independent"), 2),
        # Of given features most neurons are crowded at n = 1.8 m: fewer neurons, fewer crowded.
        (lambda n, m: expected_polysemantic(n, m, null_model="independent", signs="any"), 1),
        (lambda n, m: -no_collision_probability(n, m), 2),
        (lambda n, m: -no_collision_probability(n, m, null_model="independent"), 2),
    ],
    ids=["exclusion", "independent", "any sign", "none", "none, independent"],
)
def test_more_features_or_less_room_means_more_collisions(function: Any, room: int) -> None:
    n, m = np.meshgrid(SIZES, SIZES, indexing="ij")
    fits = n <= room * m
    value = np.full(n.shape, np.nan)
    value[fits] = function(n[fits], m[fits])
    by_features, by_neurons = np.diff(value, axis=0), np.diff(value, axis=1)
    slack = 1e-13
    assert np.nanmin(by_features) > -slack
    assert np.nanmax(by_neurons) < slack
    # Strictly, where there is a change to see.
    few = (n[:-1] >= 2) & (n[:-1] < m[:-1])
    assert (by_features[few] > 0).all()


def test_independent_features_collide_less_visibly_and_more_often() -> None:
    n, m = np.meshgrid(np.arange(2, 60), np.arange(30, 60), indexing="ij")
    # Same-sign meetings are possible, and take features away from those that count.
    ours = expected_polysemantic(n, m)
    assert (expected_polysemantic(n, m, null_model="independent") < ours).all()
    assert (pair_probability(m, null_model="independent") > pair_probability(m)).all()
    fewer = no_collision_probability(n, m, null_model="independent") < no_collision_probability(
        n, m
    )
    assert fewer[n <= m].all()


def test_what_is_necessary_is_less_than_what_happens() -> None:
    n, m = np.meshgrid(SIZES, SIZES, indexing="ij")
    n, m = n[n <= 2 * m], m[n <= 2 * m]
    forced = necessary_polysemantic(n, m)
    assert (forced <= expected_polysemantic(n, m) * (1 + 4 * EPS)).all()
    # It is attained: no state of the support has fewer, and one has as many.
    assert (polysemantic_pmf(forced, n, m) > 0).all()
    assert (polysemantic_pmf(forced - 1, n, m) == 0).all()


# Shapes and bad input

CALLS: list[Any] = [
    pytest.param(expected_polysemantic, id="expected"),
    pytest.param(polysemantic_variance, id="variance"),
    pytest.param(no_collision_probability, id="none"),
    pytest.param(lambda n, m, **null_model: polysemantic_pmf(1, n, m, **null_model), id="pmf"),
]


@pytest.mark.parametrize("null_model", ["exclusion", "independent"])
@pytest.mark.parametrize("call", CALLS)
def test_numbers_give_floats_and_arrays_broadcast(
    call: Callable[..., Any], null_model: str
) -> None:
    assert type(call(6, 5, null_model=null_model)) is float
    assert type(call(np.int64(6), np.float32(5), null_model=null_model)) is float
    table = call([[2], [4], [6]], [3, 5], null_model=null_model)
    looped = [[call(n, m, null_model=null_model) for m in (3, 5)] for n in (2, 4, 6)]
    assert table.tolist() == looped
    assert call(np.empty(0), 5, null_model=null_model).shape == (0,)


def test_the_distribution_broadcasts_over_counts_too() -> None:
    table = polysemantic_pmf([0, 1, 2], [[4], [5]], 6)
    assert table.shape == (2, 3)
    assert table[1, 2] == polysemantic_pmf(2, 5, 6)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("n", "m", "error", "words"),
    [
        (0, 5, ValueError, r"n_features must be in \[1, 1e\+15\] whole; got 0"),
        (-1, 5, ValueError, "n_features"),
        (2.5, 5, ValueError, "n_features must be .* whole"),
        (np.nan, 5, ValueError, "n_features must be finite"),
        (True, 5, TypeError, "n_features must be real numbers"),
        ("3", 5, TypeError, "n_features must be real numbers"),
        (3, 0, ValueError, "n_neurons"),
        (3, 10**16, ValueError, "n_neurons"),
        (3, [4, np.inf], ValueError, "n_neurons must be finite"),
        (11, 5, ValueError, "n_features ≤ 2 n_neurons; got .* one-hot states cannot hold"),
        ([2, 3], [4, 5, 6], ValueError, "broadcast"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(
    call: Callable[..., Any], n: Any, m: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call(n, m)


def test_laws_that_nobody_knows_are_refused() -> None:
    with pytest.raises(
        ValueError, match="null_model must be one of 'exclusion', 'independent', 'paper'"
    ):
        expected_polysemantic(3, 4, null_model="measured ")
    for function in (polysemantic_variance, no_collision_probability):
        with pytest.raises(
            ValueError, match="null_model must be one of 'exclusion', 'independent'; got"
        ):
            function(3, 4, null_model="paper")
    with pytest.raises(TypeError, match="null_model must be one of"):
        pair_probability(4, null_model=None)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="signs must be one of"):
        expected_polysemantic(3, 4, null_model="independent", signs="both")
    with pytest.raises(ValueError, match="signs must be 'opposite' for that null model"):
        expected_polysemantic(3, 4, signs="any")
    with pytest.raises(ValueError, match=r"count must be in .* whole"):
        polysemantic_pmf(0.5, 3, 4)


def test_what_would_take_too_long_is_refused() -> None:
    most = MAX_INDEPENDENT_FEATURES
    with pytest.raises(ValueError, match=f"n_features must be at most {most} for this null model"):
        polysemantic_pmf(1, most + 1, 10, null_model="independent")


def test_independent_features_may_outnumber_the_sites() -> None:
    assert 0 < expected_polysemantic(11, 5, null_model="independent") < 5
    assert polysemantic_pmf(5, 11, 5, null_model="independent") > 0
    with pytest.raises(ValueError, match="one-hot"):
        expected_polysemantic(11, 5, null_model="paper")


def test_everything_public_is_listed() -> None:
    assert set(collisions.__all__) <= set(vars(collisions))
