"""The curve a row's direction follows: against naive sums, quadrature and its own inverse."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import IntegrationWarning, quad

from polytheory import initial_row, reduction
from polytheory.reduction import RowShape, evolve, time_of
from polytheory.testing import rows

Row = NDArray[np.float64]
EPS = np.finfo(float).eps
FRACTIONS = st.floats(1e-6, 1.0)
POWERS = [("living", 0), ("first", 1), ("second", 2), ("fourth", 4)]


def gaps(row: Row) -> Row:
    """Return d_k, the gaps to the largest weight, of the non-zero weights."""
    u = np.abs(row[row != 0])
    return (u.max() - u) / u.max()


def shape_of(row: Row) -> RowShape:
    return RowShape(np.abs(row))


def rounding(row: Row) -> float:
    """Bound the relative rounding of sums of m positive terms and of products of a few."""
    return 8 * (row.size + 4) * EPS


# The nodes


@given(row=rows())
def test_nodes_are_the_deaths_and_the_start(row: Row) -> None:
    shape = shape_of(row)
    np.testing.assert_array_equal(shape.reach, [*np.sort(gaps(row)), 1.0])
    assert shape.ties == np.count_nonzero(gaps(row) == 0)


@given(row=rows())
def test_slow_time_rises_to_zero_at_completion(row: Row) -> None:
    shape = shape_of(row)
    assert (np.diff(shape.slow_time) <= 0).all()  # nodes go back in time
    assert (shape.slow_time[: shape.ties + 1] == 0).all()
    assert shape.start <= 0


@given(row=rows())
def test_the_norm_is_that_of_the_row(row: Row) -> None:
    assert shape_of(row).norm == pytest.approx(np.linalg.norm(row), rel=rounding(row), abs=0)


@given(row=rows(), exponent=st.integers(-50, 50))
def test_the_curve_does_not_depend_on_the_scale(row: Row, exponent: int) -> None:
    row = np.where(np.abs(row) < 1e-100, 0.0, row)  # away from underflow powers of two are exact
    shape, scaled = shape_of(row), shape_of(row * 2.0**exponent)
    np.testing.assert_array_equal(scaled.reach, shape.reach)
    np.testing.assert_array_equal(scaled.slow_time, shape.slow_time)


@given(row=rows(), seed=st.integers(0, 99))
def test_the_curve_depends_on_sizes_only(row: Row, seed: int) -> None:
    # Order, signs and zeros play no part.
    rng = np.random.default_rng(seed)
    other = rng.permutation(np.append(row * rng.choice([-1.0, 1.0], row.size), 0.0))
    np.testing.assert_array_equal(shape_of(other).reach, shape_of(row).reach)
    np.testing.assert_array_equal(shape_of(other).slow_time, shape_of(row).slow_time)


def test_equal_weights_have_no_way_to_go() -> None:
    shape = RowShape(np.full(5, 0.3))
    assert shape.ties == 5
    assert shape.start == 0


# Reach and slow time


@given(row=rows(), fraction=FRACTIONS)
def test_slow_time_is_the_integral_of_one_over_root_second(row: Row, fraction: float) -> None:
    # Deaths closer than this cannot be told apart by a quadrature in reach.
    row = np.where(gaps_or_one(row) < 1e-3, np.abs(row).max(), row)
    shape, d = shape_of(row), gaps(row)
    inside = (d > fraction) & (d < 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)  # its error is in the tolerance
        value, error = quad(
            lambda a: 1 / math.sqrt((np.maximum(a - d, 0.0) ** 2).sum()),
            fraction,
            1.0,
            points=np.unique(d[inside]) if inside.any() else None,
            limit=200,
        )
    elapsed = float(shape.slow_time_at(np.array(fraction))) - shape.start
    assert elapsed == pytest.approx(value, rel=1e-9, abs=error + 1e-12)


def gaps_or_one(row: Row) -> Row:
    """Return d_k of every weight; zeros have 1."""
    u = np.abs(row)
    return np.asarray((u.max() - u) / u.max())


@given(row=rows(), fraction=FRACTIONS)
def test_reach_is_recovered_from_slow_time(row: Row, fraction: float) -> None:
    shape = shape_of(row)
    sigma = shape.slow_time_at(np.array(fraction))
    # da/dς = −√S₂ ≥ −√m: the rounding of ς, a sum of m terms, is passed on.
    slack = rounding(row) * (1 + abs(shape.start)) * math.sqrt(row.size)
    assert shape.reach_at(sigma) == pytest.approx(fraction, abs=slack)


@given(row=rows(), fraction=FRACTIONS)
def test_slow_time_is_recovered_from_reach(row: Row, fraction: float) -> None:
    shape = shape_of(row)
    sigma = np.array((1 - fraction) * shape.start + fraction * 20)  # completion passed, too
    # dς/da = −1/√S₂ ≥ −1/a: the relative rounding of a is passed on.
    slack = rounding(row) * (1 + abs(shape.start) + abs(sigma))
    assert shape.slow_time_at(shape.reach_at(sigma)) == pytest.approx(sigma, abs=slack)


@given(row=rows())
def test_every_weight_lives_at_the_start(row: Row) -> None:
    shape = shape_of(row)
    assert shape.reach_at(np.array(shape.start)) == 1
    assert shape.reach_at(np.array(shape.start - 1)) == 1
    assert shape.slow_time_at(np.array(1.0)) == pytest.approx(shape.start, rel=rounding(row), abs=0)


@given(row=rows(), times=st.lists(st.floats(-50, 50), min_size=2, max_size=6))
def test_reach_falls_with_slow_time(row: Row, times: list[float]) -> None:
    reach = shape_of(row).reach_at(np.sort(times))
    assert (np.diff(reach) <= 4 * EPS).all()
    assert ((reach > 0) & (reach <= 1)).all()


@pytest.mark.parametrize("ties", [1, 2, 5])
def test_after_completion_the_reach_falls_exponentially(ties: int) -> None:
    # S₂ = k a², so a' = −√k a; the smaller weight died at a = 1/2.
    shape = RowShape(np.array([1.0] * ties + [0.5]))
    sigma = np.array([0.0, 1.0, 10.0])
    expected = 0.5 * np.exp(-math.sqrt(ties) * sigma)
    np.testing.assert_allclose(shape.reach_at(sigma), expected, rtol=16 * EPS)


@pytest.mark.parametrize("sigma", [800.0, 1e50])
def test_the_reach_stays_positive_for_ever(sigma: float) -> None:
    assert RowShape(np.array([1.0, 0.5])).reach_at(np.array(sigma)) > 0


def test_two_weights_by_hand() -> None:
    # d = (0, g): with both alive S₂ = a² + (a−g)², so ς = −[asinh((2a−g)/g)]/√2 from a to 1.
    g = 0.75
    shape = RowShape(np.array([1.0, 1 - g]))
    assert shape.start == pytest.approx(
        -(math.asinh(2 / g - 1) - math.asinh(1)) / math.sqrt(2), rel=8 * EPS, abs=0
    )


def test_a_gap_of_one_rounding_is_seen() -> None:
    # As above with g = EPS/2; asinh(x) = ln 2x for large x.
    g = EPS / 2
    shape = RowShape(np.array([1.0, 1.0 - g]))
    expected = -(math.log(4 / g) - math.asinh(1)) / math.sqrt(2)
    assert shape.start == pytest.approx(expected, rel=8 * EPS, abs=0)


# Sums


@pytest.mark.parametrize(("name", "power"), POWERS)
@given(row=rows(), reach=FRACTIONS)
def test_power_sums_equal_naive_sums(name: str, power: int, row: Row, reach: float) -> None:
    d = gaps(row)
    terms = (1 - d[d < reach] / reach) ** power
    sums = shape_of(row).power_sums(np.array(reach))
    assert getattr(sums, name) == pytest.approx(terms.sum(), rel=rounding(row), abs=0)


@given(row=rows(), reach=FRACTIONS)
def test_scalar_sums_equal_naive_sums(row: Row, reach: float) -> None:
    left = np.maximum(reach - gaps(row), 0.0)
    first, second = shape_of(row).scalar_sums(reach)
    assert first == pytest.approx(left.sum(), rel=rounding(row), abs=0)
    assert second == pytest.approx(np.square(left).sum(), rel=rounding(row), abs=0)


def test_sums_take_any_shape() -> None:
    shape = RowShape(np.array([1.0, 0.5, 0.2]))
    reach = np.array([[1.0, 0.6, 0.3], [0.0, 1e-300, 0.9]])
    for name, _ in POWERS:
        looped = [[getattr(shape.power_sums(np.array(a)), name) for a in line] for line in reach]
        np.testing.assert_array_equal(getattr(shape.power_sums(reach), name), looped)


def test_a_dead_row_has_no_sums() -> None:
    sums = RowShape(np.array([1.0, 0.5])).power_sums(np.array(0.0))
    assert [float(s) for s in sums] == [0, 0, 0, 0]


# The ratio of the norms


@given(row=rows(), fraction=FRACTIONS)
def test_the_ratio_is_that_of_the_norms(row: Row, fraction: float) -> None:
    shape = shape_of(row)
    sigma = fraction * shape.start
    left = np.maximum(float(shape.reach_at(np.array(sigma))) - gaps(row), 0.0)
    naive = left.sum() / math.sqrt(np.square(left).sum())
    c, _ = shape.ratio(sigma)
    # |dc/dς| = |c² − k| ≤ m: the rounding of ς is passed on.
    assert c == pytest.approx(naive, abs=row.size * rounding(row) * (1 + abs(shape.start)))


@given(row=rows())
def test_the_ratio_goes_from_the_row_to_the_ties(row: Row) -> None:
    shape = shape_of(row)
    start = np.abs(row).sum() / np.linalg.norm(row)
    assert shape.ratio(shape.start)[0] == pytest.approx(start, rel=row.size * rounding(row), abs=0)
    assert shape.ratio(0.0) == (math.sqrt(shape.ties), shape.ties)
    assert shape.ratio(5.0) == (math.sqrt(shape.ties), shape.ties)


@given(row=rows(min_neurons=2))
def test_the_ratio_counts_the_living(row: Row) -> None:
    shape = shape_of(row)
    # In the middle between two deaths, where there is a middle.
    for node in range(shape.ties, shape.reach.size - 1):
        low, high = shape.slow_time[node + 1], shape.slow_time[node]
        if high - low > 1e-9:
            assert shape.ratio((low + high) / 2)[1] == node + 1


@given(row=rows(), fraction=st.floats(0.01, 0.99))
def test_the_ratio_obeys_its_equation(row: Row, fraction: float) -> None:
    """Between deaths dc/dς = c² − k."""
    shape, h = shape_of(row), 1e-4
    sigma = fraction * shape.start
    (low, k_low), (c, k), (high, k_high) = (shape.ratio(sigma + s) for s in (-h, 0.0, h))
    if k_low == k == k_high and sigma + h < 0:
        # The third derivative is at most 6m², and values of √m are rounded.
        slack = h**2 * row.size**2 + 100 * row.size**1.5 * EPS / h
        assert (high - low) / (2 * h) == pytest.approx(c**2 - k, abs=slack)


# The two scalars


def run(row: Row, strength: float, times: list[float]) -> tuple[Row, Row]:
    return evolve(RowShape(row), l1_strength=strength, time=np.array(times), rtol=1e-10)


def test_at_time_zero_nothing_has_moved() -> None:
    row = np.array([0.5, 0.4, 0.1])
    r, sigma = run(row, 0.1, [0.0])
    assert r[0] == RowShape(row).norm
    assert sigma[0] == RowShape(row).start


def test_without_a_penalty_the_direction_stays() -> None:
    row = np.array([0.5, 0.4, 0.1])
    _, sigma = run(row, 0.0, [1.0, 1e9])
    assert (sigma == RowShape(row).start).all()


def test_slow_time_advances() -> None:
    _, sigma = run(np.array([0.5, 0.4, 0.1]), 0.05, [0.0, 0.1, 1.0, 10.0, 1e3])
    assert (np.diff(sigma) > 0).all()


def test_a_collapsed_row_has_length_zero_from_then_on() -> None:
    r, _ = run(np.array([0.5, 0.4]), 0.4, [0.0, 100.0, 1e6])
    assert r[0] > 0
    assert (r[1:] == 0).all()


# Between the steps

#: m, λ, time, seed: weights die one at a time, and many in a step.
RUNS = [(3, 0.05, 60.0, 0), (30, 0.05, 60.0, 1), (300, 1e-3, 400.0, 2)]
RTOL = 1e-7


def errors_at(part: float, case: tuple[int, float, float, int], *, straight: bool = False) -> float:
    """Return the largest error after this part of a step, as the step control measures it."""
    m, strength, end, seed = case
    shape = shape_of(initial_row(m, rng=seed))
    times, states = [], []
    for step in reduction._steps(shape, strength, RTOL):
        if step.time + step.size > end:
            break
        times.append(step.time + part * step.size)
        line = [a + part * (b - a) for a, b in zip(step.start, step.end, strict=True)]
        states.append(line if straight else step.after(part * step.size))
    r, sigma = np.array(states).T
    clock = np.array(times)
    true_r, true_sigma = evolve(shape, l1_strength=strength, time=clock, rtol=1e-13)
    living = np.array([shape.ratio(each)[1] for each in true_sigma])
    return float((np.abs(r / true_r - 1) + np.abs(sigma - true_sigma) * np.sqrt(living)).max())


@pytest.mark.parametrize("case", RUNS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_errors_inside_the_steps_are_those_at_their_ends(
    part: float, case: tuple[int, float, float, int]
) -> None:
    # The errors of all steps before, as at the end of one, and at most that of one more.
    assert errors_at(part, case) < errors_at(1.0, case) + RTOL


@pytest.mark.parametrize("case", RUNS)
def test_a_straight_line_between_steps_has_larger_errors(
    case: tuple[int, float, float, int],
) -> None:
    assert errors_at(0.5, case, straight=True) > 10 * (errors_at(1.0, case) + RTOL)


def test_the_error_inside_a_step_is_of_fifth_order() -> None:
    # A pair of equal weights has a constant c: r' = r − r³ − λ√2 is smooth.
    strength, shape = 0.05, RowShape(np.array([0.2, 0.2]))
    step = next(s for s in reduction._steps(shape, strength, 1e-3) if s.size > 0.5)
    parts = step.size / 2.0 ** np.arange(5)
    restarted = RowShape(np.full(2, step.start[0] / math.sqrt(2)))
    true, _ = evolve(restarted, l1_strength=strength, time=parts[::-1], rtol=1e-13)
    errors = [abs(step.after(part)[0] - r) for part, r in zip(parts, true[::-1], strict=True)]
    # The next power of h = 1 … 0.06.
    assert np.polyfit(np.log(parts), np.log(errors), 1)[0] == pytest.approx(5, abs=0.3)


@given(row=rows(), strength=st.floats(1e-3, 0.5), fraction=st.floats(0, 1))
def test_a_time_is_that_at_which_the_slow_time_is_reached(
    row: Row, strength: float, fraction: float
) -> None:
    shape = shape_of(row)
    sigma = fraction * shape.start
    time = time_of(shape, sigma, l1_strength=strength, rtol=1e-9)
    if math.isinf(time):
        r, last = evolve(shape, l1_strength=strength, time=np.array([1e50]), rtol=1e-9)
        assert r[0] == 0
        assert last[0] <= sigma
    else:
        r, reached = evolve(shape, l1_strength=strength, time=np.array([time]), rtol=1e-9)
        # The same steps: only the rounding of the time (dς/dt = λ/r) and of ς is left.
        slack = 16 * EPS * (1 + abs(shape.start)) + 4 * math.ulp(time) * strength / r[0]
        assert reached[0] == pytest.approx(sigma, rel=0, abs=slack)


def test_the_start_is_reached_at_once_and_the_end_of_a_dying_row_never() -> None:
    shape = RowShape(np.array([0.5, 0.4]))
    assert time_of(shape, shape.start, l1_strength=0.1, rtol=1e-9) == 0.0
    # As r falls to zero, ς grows like the logarithm of 1/r only.
    assert math.isinf(time_of(shape, 1e3, l1_strength=0.5, rtol=1e-9))
