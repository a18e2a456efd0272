"""Intervals and domains: what lies inside, what is drawn, what is refused."""

import math
from dataclasses import FrozenInstanceError
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory import Domain, Interval
from polytheory.domain import whole
from polytheory.testing import from_domain

ENDS = st.floats(-1e6, 1e6, allow_subnormal=False)
LENGTHS = st.floats(1e-3, 1e6)  # long enough for floats to lie between any two ends drawn here
FLAGS = st.booleans()


@st.composite
def real_intervals(draw: st.DrawFn) -> Interval:
    low, length = draw(ENDS), draw(LENGTHS)
    return Interval(low, low + length, open_low=draw(FLAGS), open_high=draw(FLAGS))


@st.composite
def log_intervals(draw: st.DrawFn) -> Interval:
    low, factor = draw(st.floats(1e-6, 1e6)), draw(st.floats(1.01, 1e6))
    return Interval(low, low * factor, open_low=draw(FLAGS), open_high=draw(FLAGS), log=True)


@st.composite
def integer_intervals(draw: st.DrawFn) -> Interval:
    low, length = draw(st.integers(1, 1000)), draw(st.integers(2, 1000))  # room with both ends open
    return Interval(
        low,
        low + length,
        open_low=draw(FLAGS),
        open_high=draw(FLAGS),
        integer=True,
        log=draw(FLAGS),
    )


INTERVALS = st.one_of(real_intervals(), log_intervals(), integer_intervals())


@pytest.mark.parametrize("open_low", [False, True])
@pytest.mark.parametrize("open_high", [False, True])
def test_an_end_is_inside_unless_it_is_open(open_low: bool, open_high: bool) -> None:
    interval = Interval(0, 1, open_low=open_low, open_high=open_high)
    inside = interval.contains([-1e-9, 0.0, 0.5, 1.0, 1 + 1e-9])
    assert inside.tolist() == [False, not open_low, True, not open_high, False]


def test_only_whole_numbers_are_inside_an_integer_interval() -> None:
    assert Interval(1, 3, integer=True).contains([1.0, 1.5, 2, 3.0]).tolist() == [
        True,
        False,
        True,
        True,
    ]


def test_what_is_not_a_number_is_not_inside() -> None:
    assert not Interval(-np.inf, np.inf).contains(np.nan)


def test_containment_keeps_the_shape() -> None:
    assert Interval(0, 1).contains(np.zeros((2, 3))).shape == (2, 3)
    assert Interval(0, 1).contains(0.5).shape == ()


@pytest.mark.parametrize(
    ("interval", "first", "last"),
    [
        (Interval(1, 4, integer=True), 1, 4),
        (Interval(1, 4, integer=True, open_low=True, open_high=True), 2, 3),
        (Interval(0.5, 3.5, integer=True), 1, 3),
        (Interval(0.5, 3.5, integer=True, open_low=True, open_high=True), 1, 3),
        (Interval(-2.5, -0.5, integer=True), -2, -1),
        (Interval(1, np.inf, integer=True), 1, None),
        (Interval(-np.inf, 1, integer=True), None, 1),
    ],
)
def test_the_outermost_whole_numbers(
    interval: Interval, first: int | None, last: int | None
) -> None:
    assert (interval.first_integer, interval.last_integer) == (first, last)


@pytest.mark.parametrize(
    "empty",
    [
        {"low": 1, "high": 1, "open_low": True},
        {"low": 1, "high": 1, "open_high": True},
        {"low": 1.2, "high": 1.8, "integer": True},
        {"low": 1, "high": 2, "integer": True, "open_low": True, "open_high": True},
    ],
)
def test_an_empty_interval_is_refused(empty: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="non-empty"):
        Interval(**empty)


def test_one_point_is_an_interval() -> None:
    assert Interval(2, 2).contains(2)
    assert Interval(2, 2).sample(np.random.default_rng(0)) == 2


@pytest.mark.parametrize("end", [np.nan, True, None, "1"])
def test_an_end_must_be_a_number(end: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="must be"):
        Interval(end, 2)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0, 1), "[0, 1]"),
        (Interval(0, 1, open_low=True, open_high=True), "(0, 1)"),
        (Interval(0, np.inf), "[0, inf)"),
        (Interval(-np.inf, 0), "(-inf, 0]"),
        (Interval(1, 9, integer=True), "[1, 9] whole"),
    ],
)
def test_an_interval_prints_as_mathematics(interval: Interval, text: str) -> None:
    assert str(interval) == text


def test_an_interval_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Interval(0, 1).low = -1.0  # type: ignore[misc]  # that is what is refused


@given(interval=INTERVALS, seed=st.integers(0, 99))
def test_samples_stay_inside(interval: Interval, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert interval.contains([interval.sample(rng) for _ in range(20)]).all()


def test_samples_have_the_type_of_the_interval() -> None:
    rng = np.random.default_rng(0)
    assert isinstance(Interval(0, 1).sample(rng), float)
    assert isinstance(Interval(0, 1, integer=True).sample(rng), int)


@pytest.mark.parametrize("log", [False, True])
def test_samples_are_even_in_the_value_or_its_logarithm(log: bool) -> None:
    interval = Interval(1, 100, log=log)
    rng = np.random.default_rng(0)
    below_ten = np.mean([interval.sample(rng) < 10 for _ in range(4000)])
    expected = 0.5 if log else 9 / 99
    # 4 standard errors: chance alone exceeds them once in 16 000 seeds.
    assert abs(below_ten - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)


def test_every_whole_number_is_drawn() -> None:
    rng = np.random.default_rng(0)
    # Each has a chance of at least 1/8 a draw: one is missed with probability below 5 (7/8)^200.
    assert {Interval(1, 5, integer=True).sample(rng) for _ in range(200)} == {1, 2, 3, 4, 5}


def test_whole_numbers_are_drawn_evenly() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([Interval(0, 2, integer=True).sample(rng) for _ in range(3000)])
    # 5 standard errors of a count with mean 1000.
    assert abs(counts - 1000).max() < 5 * np.sqrt(3000 * (1 / 3) * (2 / 3))


def test_an_open_end_is_not_drawn_from_a_short_interval() -> None:
    interval = Interval(1e15, 1e15 + 1, open_low=True)
    rng = np.random.default_rng(0)
    assert interval.contains([interval.sample(rng) for _ in range(200)]).all()


def test_an_unbounded_interval_is_not_sampled() -> None:
    with pytest.raises(ValueError, match="bounded"):
        Interval(0, np.inf).sample(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("interval", "ends"),
    [
        (Interval(0, 1), [0, 1]),
        (Interval(0, 1, open_low=True), [1]),
        (Interval(0, 1, open_high=True), [0]),
        (Interval(0, np.inf), [0]),
        (Interval(-np.inf, np.inf), []),
        (Interval(0, 3, integer=True, open_low=True), [1, 3]),
        (Interval(1, np.inf, integer=True), [1]),
    ],
)
def test_closed_ends(interval: Interval, ends: list[float]) -> None:
    assert interval.closed_ends() == ends


def test_an_unbounded_integer_becomes_a_strategy() -> None:
    from_domain(Domain({"n": Interval(1, np.inf, integer=True)}))


# Domains

ORDERED = Domain(
    {"x": Interval(0, 1), "y": Interval(0, 1)}, where=lambda x, y: x < y, because="x < y"
)


def test_check_returns_the_arguments_as_float_arrays() -> None:
    x, y = ORDERED.check(x=0, y=[1, 0.5])
    assert x.dtype == y.dtype == np.float64
    assert x.tolist() == 0.0
    assert y.tolist() == [1.0, 0.5]


def test_check_names_the_argument_that_lies_outside() -> None:
    with pytest.raises(ValueError, match=r"^y must be in \[0, 1\]; got 2\.$"):
        ORDERED.check(x=0.5, y=[0.7, 2.0])


def test_check_says_which_combination_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^x and y must be x < y; got x = 0.5, y = 0.3\.$"):
        ORDERED.check(x=[0.1, 0.5], y=0.3)


def test_the_predicate_is_taken_element_by_element() -> None:
    x, y = ORDERED.check(x=[0.1, 0.2], y=[[0.3], [0.4]])
    assert (x.shape, y.shape) == ((2,), (2, 1))


def test_shapes_must_broadcast() -> None:
    with pytest.raises(ValueError, match=r"x and y must be of shapes that broadcast"):
        ORDERED.check(x=[0.1, 0.2], y=[0.3, 0.4, 0.5])


def test_a_hint_ends_the_message() -> None:
    limited = Domain({"x": Interval(0, 1)}, instead="Try less.")
    with pytest.raises(ValueError, match=r"Try less\.$"):
        limited.check(x=2.0)


@pytest.mark.parametrize(
    ("case", "inside"),
    [((0.1, 0.2), True), ((0.0, 1.0), True), ((0.2, 0.1), False), ((0.5, 1.5), False)],
)
def test_a_case_is_inside_if_box_and_predicate_say_so(
    case: tuple[float, float], inside: bool
) -> None:
    assert ORDERED.contains(x=case[0], y=case[1]) is inside


def test_cases_are_inside_and_as_many_as_asked() -> None:
    cases = list(ORDERED.cases(np.random.default_rng(0), 50))
    assert len(cases) == 50
    assert all(ORDERED.contains(**case) for case in cases)


def test_the_closed_corners_come_first() -> None:
    domain = Domain({"x": Interval(0, 1), "n": Interval(2, 5, integer=True, open_high=True)})
    low, high, _ = domain.cases(np.random.default_rng(0), 3)
    assert low == {"x": 0, "n": 2}
    assert high == {"x": 1, "n": 4}


def test_cases_are_set_by_the_generator() -> None:
    first, again, other = (list(ORDERED.cases(np.random.default_rng(s), 9)) for s in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_no_more_cases_than_asked(count: int) -> None:
    domain = Domain({"x": Interval(0, 1)})
    assert len(list(domain.cases(np.random.default_rng(0), count))) == count


def test_a_predicate_that_is_never_met_is_an_error_not_a_hang() -> None:
    never = Domain({"x": Interval(0, 1)}, where=lambda x: x > 2, because="x > 2")
    with pytest.raises(ValueError, match=r"\(x > 2\) is almost never met"):
        list(never.cases(np.random.default_rng(0), 1))


@given(case=from_domain(ORDERED))
def test_the_strategy_draws_from_the_same_domain(case: dict[str, float]) -> None:
    assert ORDERED.contains(**case)


def test_a_domain_does_not_change() -> None:
    mine = {"x": Interval(0, 1)}
    domain = Domain(mine)
    mine["x"] = Interval(5, 6)
    assert domain.contains(x=0.5)
    with pytest.raises(FrozenInstanceError):
        domain.because = "of me"  # type: ignore[misc]  # that is what is refused
    with pytest.raises(TypeError):
        domain.intervals["x"] = Interval(5, 6)  # type: ignore[index]  # likewise


def test_a_domain_prints_its_box_and_its_reason() -> None:
    assert str(ORDERED) == "x in [0, 1], y in [0, 1]; x < y"
    assert str(Domain({"x": Interval(0, 1)})) == "x in [0, 1]"


@given(interval=real_intervals())
def test_open_and_closed_differ_in_the_ends_only(interval: Interval) -> None:
    closed = Interval(interval.low, interval.high)
    points = np.linspace(interval.low, interval.high, 7)
    different = closed.contains(points) != interval.contains(points)
    assert not different[1:-1].any()
    assert [different[0], different[-1]] == [interval.open_low, interval.open_high]


@given(interval=integer_intervals())
def test_the_whole_numbers_inside_are_the_range_of_first_to_last(interval: Interval) -> None:
    numbers = np.arange(interval.low - 2, interval.high + 3)
    inside = numbers[interval.contains(numbers)]
    assert inside[0] == interval.first_integer
    assert inside[-1] == interval.last_integer
    assert all(b - a == 1 for a, b in pairwise(inside))


# The quick path of plain numbers, and the one of arrays

NUMBERS = st.one_of(
    st.integers(-3, 1005),
    st.sampled_from([0, -0.0, 1e14, 1e15, 10**15, 2**53 + 1, 10**400, -(10**20), np.nan, np.inf]),
    st.sampled_from([True, False, np.bool_(True), None, "1", 1j, [0.5], np.array(2)]),
    st.floats(),
    st.floats(-2, 2).map(np.float64),
    st.floats(-2, 2, width=32).map(np.float32),
    st.integers(-3, 1005).map(np.int64),
)
PREDICATES = {"": None, "x < 1": lambda x: x < 1, "x² > 0.5": lambda x: x**2 > 0.5}


@st.composite
def any_intervals(draw: st.DrawFn) -> Interval:
    low, high = draw(st.sampled_from([-np.inf, -2, 0])), draw(st.sampled_from([2, 1e14, np.inf]))
    wide = Interval(low, high, open_low=draw(FLAGS), open_high=draw(FLAGS), integer=draw(FLAGS))
    return draw(st.one_of(INTERVALS, st.just(wide)))


def outcome(check: Any, *values: Any, **named: Any) -> tuple[Any, ...]:
    try:
        with np.errstate(all="ignore"):
            return tuple((type(each[()]), float(each)) for each in check(*values, **named))
    except (TypeError, ValueError) as problem:
        return type(problem), str(problem)


@settings(max_examples=1000)
@given(data=st.data(), interval=any_intervals(), because=st.sampled_from([*PREDICATES]))
def test_plain_numbers_are_checked_as_arrays_are(
    data: st.DataObject, interval: Interval, because: str
) -> None:
    # Any number, or one of those that decide: the ends, their neighbours, one between two integers.
    ends = [float(end) for end in (interval.low, interval.high) if np.isfinite(end)]
    near = [np.nextafter(end, to).item() for end in ends for to in (-np.inf, np.inf)]
    halves = [math.floor(end) + 0.5 for end in ends]
    deciding = [*ends, *near, *halves, *map(int, ends), 0.5, 1, True, np.inf, -np.inf]
    given = {"x": data.draw(st.one_of(NUMBERS, st.sampled_from(deciding)))}
    where = {"where": PREDICATES[because]} if because else {}
    domain = Domain({"x": interval}, because=because, instead="Try less.", **where)
    assert outcome(domain.check, **given) == outcome(domain._check_arrays, given)


@pytest.mark.parametrize(
    "given", [{"x": 0, "y": 1}, {"x": 0.25, "y": 0.5}, {"x": 0.0, "y": 1}, {"x": -0.0, "y": 1.0}]
)
def test_the_quick_path_is_taken(given: dict[str, float]) -> None:
    # Or the two would agree for want of a difference.
    assert [float(each) for each in ORDERED._plain(given) or []] == list(given.values())
    assert ORDERED._plain({"x": np.float64(0.25), "y": 0.5}) == [0.25, 0.5]
    assert ORDERED._plain(given | {"x": np.float32(0.25)}) is None


def test_of_an_empty_array_every_predicate_is_true() -> None:
    x, y = ORDERED.check(x=np.empty(0), y=0.0)  # no x is less than 0
    assert (x.shape, y.shape) == ((0,), ())


def test_edges_and_corners_are_covered_on_request() -> None:
    box = Domain({"x": Interval(0, 1), "k": whole(1, 9), "y": Interval(0, 1, open_low=True)})
    found = list(box.cases(np.random.default_rng(0), 40, edges=True))
    assert len(found) == 40
    assert all(box.contains(**case) for case in found)
    ends = [(case["x"] in (0, 1), case["k"] in (1, 9), case["y"] == 1) for case in found]
    assert {sum(each) for each in ends} == {0, 1, 2, 3}
    for place in range(3):
        assert any(each[place] for each in ends)
    inside = [case for case in found[30:] if 0 < case["x"] < 1 and case["y"] < 1]
    assert len(inside) == 10  # a quarter is drawn as without edges
    # A predicate that no corner meets leaves the edges.
    ring = Domain({"x": Interval(0, 1), "y": Interval(0, 1)}, lambda x, y: abs(x - y) < 0.5, "near")
    on_edges = [c for c in ring.cases(np.random.default_rng(0), 12, edges=True) if c["x"] in (0, 1)]
    assert len(on_edges) >= 2


def test_corners_have_random_seeds() -> None:
    # Otherwise the sample at a corner would be the same in every run.
    domain = Domain({"x": Interval(0, 1), "seed": Interval(0, 2**32 - 1, integer=True)})
    found = [list(domain.cases(np.random.default_rng(seed), 2)) for seed in range(20)]
    assert all([case["x"] for case in cases] == [0.0, 1.0] for cases in found)
    assert len({case["seed"] for cases in found for case in cases}) == 40
