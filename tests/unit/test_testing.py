"""The strategies draw what they promise, all of it, and the simplest first."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from polytheory import CATALOGUE, Domain, Interval, Kind, Law, ToyModel, observables, row_flow
from polytheory.checking.observed import predicted
from polytheory.testing import from_domain, from_law, models, rows, times
from polytheory.theory import fixed_points

Error = type[Exception]
Data = st.DataObject

# --- rows -----------------------------------------------------------------------------------------


@given(data=st.data(), low=st.integers(1, 5), more=st.integers(0, 5), top=st.floats(1e-3, 1e3))
def test_rows_are_rows_that_a_flow_accepts(data: Data, low: int, more: int, top: float) -> None:
    row = data.draw(rows(min_neurons=low, max_neurons=low + more, largest=top))
    assert row.dtype == np.float64
    assert row.ndim == 1
    assert low <= row.size <= low + more
    assert np.isfinite(row).all()
    assert row.any()
    assert np.abs(row).max() <= top
    row_flow(row, l1_strength=0.0, time=[0.0])


ROW_EXAMPLES: dict[str, Callable[[Any], bool]] = {
    "one weight": lambda row: row.size == 1,
    "the most weights": lambda row: row.size == 12,
    "both signs": lambda row: (row > 0).any() and (row < 0).any(),
    "a zero": lambda row: (row == 0).any(),
    "a tie for the largest": lambda row: np.sum(np.abs(row) == np.abs(row).max()) > 1,
    "nearly a tie": lambda row: np.any((np.diff(row) != 0) & (np.abs(np.diff(row)) < 1e-8)),
    "too long to be stable without relaxing": lambda row: row @ row > 4.0,
    "small throughout": lambda row: np.abs(row).max() < 0.01,
}


@pytest.mark.parametrize("wanted", ROW_EXAMPLES.values(), ids=ROW_EXAMPLES)
def test_rows_of_every_sort_are_found(wanted: Callable[[Any], bool]) -> None:
    # 2,000 examples found each sort when this file ran alone, but once not in a whole run.
    find(rows(), wanted, settings=settings(max_examples=20_000, derandomize=True))


def smallest(claim_is_false: Callable[[Any], bool]) -> Any:
    return find(rows(), claim_is_false, settings=settings(max_examples=2000, derandomize=True))


def test_a_counterexample_shrinks_to_a_few_weights() -> None:
    # "All living weights of a row are equal in size": two weights refute it.
    assert smallest(lambda row: observables.squared_cv(row) > 0.01).size == 2

    # "No weight ever dies": neither does it take more than two to see one die.
    def some_die(row: Any) -> bool:
        left = row_flow(row, l1_strength=0.05, time=[50.0]).nonzero_count[-1]
        return bool(0 < left < np.count_nonzero(row))

    assert smallest(some_die).size == 2

    # "At most two sizes occur in a row."
    assert smallest(lambda row: np.unique(np.abs(row)).size > 2).size == 3


# --- times ----------------------------------------------------------------------------------------


@given(data=st.data(), low=st.integers(1, 4), more=st.integers(0, 4), top=st.floats(1e-9, 1e9))
def test_times_increase(data: Data, low: int, more: int, top: float) -> None:
    drawn = data.draw(times(max_time=top, min_count=low, max_count=low + more))
    assert drawn.dtype == np.float64
    assert drawn.ndim == 1
    assert low <= drawn.size <= low + more
    assert (np.diff(drawn) > 0).all()
    assert drawn[0] >= 0.0
    assert drawn[-1] <= top


@pytest.mark.parametrize("wanted", [0.0, 100.0])
def test_both_ends_of_time_are_drawn(wanted: float) -> None:
    find(times(), lambda t: wanted in t, settings=settings(max_examples=2000, derandomize=True))


# --- models ---------------------------------------------------------------------------------------


@given(data=st.data(), n=st.integers(1, 9), m=st.integers(1, 9), top=st.floats(0, 10))
def test_models_are_within_bounds(data: Data, n: int, m: int, top: float) -> None:
    model = data.draw(models(max_features=n, max_neurons=m, max_l1=top))
    assert 1 <= model.n_features <= n
    assert 1 <= model.n_neurons <= m
    assert 0.0 <= model.l1_strength <= top


@given(models())
def test_by_default_a_weight_can_survive(model: ToyModel) -> None:
    fixed_points.carrier_amplitude(model.l1_strength)


MODEL_EXAMPLES: dict[str, Callable[[ToyModel], bool]] = {
    "more features than neurons": lambda model: model.n_features > model.n_neurons,
    "more neurons than features": lambda model: model.n_features < model.n_neurons,
    "as many": lambda model: model.n_features == model.n_neurons > 1,
    "no penalty": lambda model: model.l1_strength == 0.0,
    "a penalty": lambda model: model.l1_strength > 0.1,
}


@pytest.mark.parametrize("wanted", MODEL_EXAMPLES.values(), ids=MODEL_EXAMPLES)
def test_models_of_every_proportion_are_found(wanted: Callable[[ToyModel], bool]) -> None:
    find(models(), wanted, settings=settings(max_examples=2000, derandomize=True))


# --- domains --------------------------------------------------------------------------------------


def single(interval: Interval) -> st.SearchStrategy[Any]:
    return from_domain(Domain({"x": interval})).map(lambda case: case["x"])


numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(
    data=st.data(), low=numbers, width=st.floats(1e-3, 1e6), ends=st.tuples(*[st.booleans()] * 2)
)
def test_open_ends_are_left_out(
    data: Data, low: float, width: float, ends: tuple[bool, bool]
) -> None:
    interval = Interval(low, low + width, open_low=ends[0], open_high=ends[1])
    x = data.draw(single(interval))
    assert isinstance(x, float)
    assert low <= x <= low + width
    assert not (ends[0] and x == low)
    assert not (ends[1] and x == low + width)


@given(data=st.data(), low=numbers, width=st.floats(2.0, 100.0), log=st.booleans())
def test_whole_numbers_are_whole(data: Data, low: float, width: float, log: bool) -> None:
    low = abs(low) + 1e-3 if log else low
    interval = Interval(low, low + width, integer=True, log=log, open_low=True, open_high=True)
    x = data.draw(single(interval))
    assert isinstance(x, int)
    assert low < x < low + width


@pytest.mark.parametrize("open_ends", [False, True])
def test_closed_ends_are_drawn_and_open_ones_are_not(open_ends: bool) -> None:
    whole = single(Interval(0, 2, integer=True, open_low=open_ends, open_high=open_ends))
    fraction = single(Interval(0, 1, open_low=open_ends, open_high=open_ends))
    hard = settings(max_examples=500, derandomize=True)
    if not open_ends:
        assert find(whole, lambda x: x == 2, settings=hard) == 2
        assert find(fraction, lambda x: x == 1.0, settings=hard) == 1.0
    assert find(whole, lambda x: x > 0, settings=hard) == 1


@pytest.mark.parametrize("interval", [Interval(0, np.inf), Interval(-np.inf, np.inf)], ids=str)
@given(data=st.data())
def test_an_unbounded_interval_gives_finite_numbers(data: Data, interval: Interval) -> None:
    x = data.draw(single(interval))
    assert np.isfinite(x)
    assert interval.contains(x)


@pytest.mark.parametrize("low", [0, -np.inf])
def test_an_unbounded_interval_gives_whole_numbers(low: float) -> None:
    assert find(single(Interval(low, np.inf, integer=True)), lambda _: True) == 0


ORDERED = Domain(
    {"low": Interval(0, 1), "high": Interval(0, 1), "count": Interval(1, 4, integer=True)},
    where=lambda low, high, count: (low < high) & (count * low < 2.0),
    because="low below high and 2/count",
)


@given(from_domain(ORDERED))
def test_the_predicate_is_met(case: dict[str, float]) -> None:
    assert set(case) == set(ORDERED.intervals)
    assert case["low"] < case["high"]
    assert case["count"] * case["low"] < 2.0


def test_a_counterexample_in_a_domain_shrinks() -> None:
    domain = Domain({"x": Interval(0, 100), "n": Interval(1, 100, integer=True)})
    assert find(from_domain(domain), lambda case: case["n"] > 3) == {"x": 0.0, "n": 4}


# --- laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", CATALOGUE, ids=lambda law: law.name)
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])  # some simulate to prepare
@given(data=st.data())
def test_every_law_predicts_on_its_own_cases(law: Law, data: Data) -> None:
    case = data.draw(from_law(law))
    assert set(case) == set(law.cases.intervals)
    assert law.cases.contains(**case)
    prediction = predicted(law, case)
    if law.kind is Kind.BOUND:  # one end may be open
        prediction = [end for end in prediction if end is not None]
    prediction = np.asarray(prediction, dtype=float)
    assert not np.isnan(prediction).any()
    assert np.isfinite(prediction).all() or law.kind is Kind.BOUND


def test_a_false_law_is_refuted_by_its_strategy() -> None:
    law = next(each for each in CATALOGUE if each.name == "carrier_amplitude")

    def off(case: Any) -> bool:
        return abs(law.observe(**case).value - (1.0 - case["l1_strength"] / 2.0)) > 0.1

    assert find(from_law(law), off, settings=settings(max_examples=500))["l1_strength"] > 0.2


# --- bad arguments --------------------------------------------------------------------------------

BAD = [
    (lambda: rows(min_neurons=0), "min_neurons", ValueError),
    (lambda: rows(min_neurons=1.0), "min_neurons", TypeError),
    (lambda: rows(min_neurons=3, max_neurons=2), "max_neurons", ValueError),
    (lambda: rows(max_neurons="many"), "max_neurons", TypeError),
    (lambda: rows(largest=0.0), "largest", ValueError),
    (lambda: rows(largest=-1.0), "largest", ValueError),
    (lambda: rows(largest=np.nan), "largest", ValueError),
    (lambda: rows(largest=np.inf), "largest", ValueError),
    (lambda: rows(largest=1e60), "largest", ValueError),
    (lambda: rows(largest=None), "largest", TypeError),
    (lambda: times(max_time=0.0), "max_time", ValueError),
    (lambda: times(max_time=-1.0), "max_time", ValueError),
    (lambda: times(max_time=np.inf), "max_time", ValueError),
    (lambda: times(max_time="late"), "max_time", TypeError),
    (lambda: times(min_count=0), "min_count", ValueError),
    (lambda: times(min_count=9, max_count=8), "max_count", ValueError),
    (lambda: times(max_count=2.5), "max_count", TypeError),
    (lambda: models(max_features=0), "max_features", ValueError),
    (lambda: models(max_features=True), "max_features", TypeError),
    (lambda: models(max_neurons=0), "max_neurons", ValueError),
    (lambda: models(max_l1=-0.1), "max_l1", ValueError),
    (lambda: models(max_l1=np.nan), "max_l1", ValueError),
    (lambda: models(max_l1="strong"), "max_l1", TypeError),
    (lambda: from_domain({"x": Interval(0, 1)}), "domain", TypeError),
    (lambda: from_domain(None), "domain", TypeError),
    (lambda: from_law("carrier_amplitude"), "law", TypeError),
    (lambda: from_law(CATALOGUE), "law", TypeError),
]


@pytest.mark.parametrize(("call", "name", "error"), BAD)
def test_refusals_name_the_argument(call: Callable[[], Any], name: str, error: Error) -> None:
    # At the call, not at the first draw: a strategy that is refused inside a test is hard to read.
    with pytest.raises(error, match=f"^{name} must be .*; got "):
        call()
