"""The closed forms of one row under ℓ1, and the paper's laws: limits, scalings, naive sums."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import ToyModel, initial_row, observables, row_flow
from polytheory.testing import rows
from polytheory.theory import sparsification as theory

Row = NDArray[np.float64]
EPS = np.finfo(float).eps
STRENGTHS = st.floats(0, 1e-6)  # weak in the widest row
TIMES = st.floats(0, 1e6)
WIDTHS = st.integers(10, 10**9)


def measured(row: Row) -> tuple[int, float, float]:
    """Return m', ‖w‖₁ and N."""
    return (observables.nonzero_count(row), observables.l1_norm(row), observables.squared_norm(row))


# Growth and the reduction


@given(n=st.floats(0, 0.99), strength=STRENGTHS)
def test_a_weight_at_the_threshold_neither_grows_nor_shrinks(n: float, strength: float) -> None:
    assert (1 - n) * theory.growth_threshold(n, strength) == pytest.approx(
        strength, rel=4 * EPS, abs=0
    )


def test_the_threshold_parts_growing_from_shrinking_weights() -> None:
    row = np.array([0.6, 0.3, 0.25, 0.1])
    threshold = theory.growth_threshold(float(row @ row), 0.12)
    velocity = ToyModel(1, 4, l1_strength=0.12).velocity(row[None])[0]
    assert 0.25 < threshold < 0.6  # both kinds are there
    np.testing.assert_array_equal(velocity > 0, row > threshold)


def test_limits_of_the_threshold() -> None:
    assert theory.growth_threshold(0.5, 0.0) == 0
    assert theory.growth_threshold(0.0, 0.1) == 0.1
    assert theory.growth_threshold(np.nextafter(1.0, 0.0), 0.1) > 1e14


@given(u=st.floats(0, 10), q=st.floats(1e-3, 1e3))
def test_the_reduction_at_the_start_and_at_the_end(u: float, q: float) -> None:
    assert theory.reduced_weight(u, 0.0, 1.0) == u
    assert theory.reduced_weight(u, u, q) == 0
    assert theory.reduced_weight(u, u + 1, q) == 0


@given(row=rows(min_neurons=2), tau=st.floats(0, 2), q=st.floats(1e-3, 1e3))
def test_the_reduction_shifts_and_scales(row: Row, tau: float, q: float) -> None:
    u = np.abs(row)
    w = theory.reduced_weight(u, tau, q)
    np.testing.assert_allclose(w**2 * q, np.maximum(u - tau, 0) ** 2, rtol=8 * EPS, atol=1e-300)


def test_the_reduction_solves_the_flow() -> None:
    """Along q' = 2(S₂ − q), τ' = λ√q the weights move at (1 − N)w − λ."""
    u, tau, q, strength, h = np.array([0.9, 0.5, 0.3]), 0.1, 0.7, 0.05, 1e-4
    q_speed = 2 * (np.square(u - tau).sum() - q)
    tau_speed = strength * math.sqrt(q)
    ahead, behind = (
        theory.reduced_weight(u, tau + s * tau_speed, q + s * q_speed) for s in (h, -h)
    )
    w = theory.reduced_weight(u, tau, q)
    # The central difference errs by h²/6 times a third derivative of order ten.
    np.testing.assert_allclose(
        (ahead - behind) / (2 * h), (1 - w @ w) * w - strength, rtol=0, atol=10 * h**2
    )


# Speeds of the norms


@given(row=rows(), strength=STRENGTHS)
def test_the_speeds_are_those_of_the_model(row: Row, strength: float) -> None:
    velocity = ToyModel(1, row.size, l1_strength=strength).velocity(row[None])[0]
    k, s, n = measured(row)
    # Sums of m terms of size at most 50, N being up to 4m.
    slack = 1000 * row.size * EPS * (1 + n) * (1 + s)
    naive = float((np.sign(row) * velocity).sum())
    assert theory.l1_speed(k, s, n, strength) == pytest.approx(naive, rel=0, abs=slack)
    naive = float(2 * row @ velocity)
    assert theory.squared_norm_speed(s, n, strength) == pytest.approx(naive, rel=0, abs=slack)


@given(row=rows(), strength=STRENGTHS, exponent=st.integers(-10, 10))
def test_the_penalty_part_scales_with_the_strength(
    row: Row, strength: float, exponent: int
) -> None:
    k, s, n = measured(row)
    free = theory.l1_speed(k, s, n, 0.0)
    scaled = theory.l1_speed(k, s, n, strength * 2.0**exponent) - free
    expected = 2.0**exponent * (theory.l1_speed(k, s, n, strength) - free)
    assert scaled == pytest.approx(expected, rel=0, abs=4 * EPS * 2**10 * (abs(free) + k))


def test_a_row_of_unit_length_loses_lambda_a_weight() -> None:
    assert theory.l1_speed(9, 3.0, 1.0, 0.01) == pytest.approx(-0.09, rel=2 * EPS, abs=0)
    assert theory.squared_norm_speed(3.0, 1.0, 0.01) == pytest.approx(-0.06, rel=2 * EPS, abs=0)


# Squared coefficient of variation


@given(row=rows())
def test_squared_cv_is_the_measured_one_and_not_negative(row: Row) -> None:
    k, s, n = measured(row)
    slack = 8 * row.size**2 * EPS  # what m'N/‖w‖₁² − 1 loses in the subtraction
    assert theory.squared_cv(k, s, n) == pytest.approx(
        observables.squared_cv(row), rel=0, abs=slack
    )
    assert theory.squared_cv(k, s, n) >= -slack


@given(row=rows(), exponent=st.integers(-30, 30))
def test_squared_cv_is_free_of_scale(row: Row, exponent: int) -> None:
    k, s, n = measured(row)
    expected = theory.squared_cv(k, s, n)
    # Powers of 2 change no digit of k n; the square of s may round differently, by one unit.
    found = theory.squared_cv(k, s * 2.0**exponent, n * 4.0**exponent)
    assert found == pytest.approx(expected, rel=0, abs=2 * EPS * (1 + expected))


@given(size=st.floats(1e-3, 1e3), k=st.integers(1, 1000))
def test_equal_weights_have_no_variation(size: float, k: int) -> None:
    assert theory.squared_cv(k, k * size, k * size**2) == pytest.approx(0, abs=8 * EPS)


def test_norms_that_no_row_has_give_a_negative_squared_cv() -> None:
    assert theory.squared_cv(2, 10.0, 10.0) < 0  # ‖w‖₁² > m'N


# The speed of 1/‖w‖₁


@given(row=rows(), strength=STRENGTHS)
def test_the_inverse_speed_is_lambda_squared_cv_over_n(row: Row, strength: float) -> None:
    k, s, n = measured(row)
    expected = strength * theory.squared_cv(k, s, n) / n
    assert theory.inverse_l1_speed(k, s, n, strength) == pytest.approx(expected, rel=4 * EPS, abs=0)


def test_the_inverse_speed_holds_to_first_order_on_the_slow_manifold() -> None:
    """The relative error is −λ‖w‖₁/2, and what is left of it is of second order."""
    strengths = 0.02 / 2 ** np.arange(6)
    row = initial_row(50, rng=0)
    relative, small = [], []
    for strength in strengths:
        # At t = 20 the norm has relaxed to e^{−40}, and λt is small enough to keep the row.
        run = row_flow(row, l1_strength=strength, time=[20.0], rtol=1e-13)
        k, s, n = run.nonzero_count[0], run.l1_norm[0], run.squared_norm[0]
        true = -theory.l1_speed(k, s, n, strength) / s**2
        relative.append(true / theory.inverse_l1_speed(k, s, n, strength) - 1)
        small.append(strength * s)
    error, x = np.array(relative), np.array(small)
    # Corrections of relative order λ‖w‖₁, up to 0.1 here, and falling.
    slope = np.polyfit(np.log(x[2:]), np.log(-error[2:]), 1)[0]
    assert slope == pytest.approx(1, abs=0.1)
    assert error[-1] / x[-1] == pytest.approx(-0.5, abs=5 * x[-1])


# The paper's laws


@given(m=WIDTHS, strength=STRENGTHS)
def test_the_paper_starts_from_root_m_and_m(m: int, strength: float) -> None:
    assert theory.paper_l1_norm(0.0, n_neurons=m, l1_strength=strength) == pytest.approx(
        math.sqrt(m), rel=4 * EPS, abs=0
    )
    assert theory.paper_nonzero_count(0.0, n_neurons=m, l1_strength=strength) == pytest.approx(
        m, rel=8 * EPS, abs=0
    )


@given(time=TIMES, m=WIDTHS, strength=STRENGTHS)
def test_the_paper_never_goes_below_one(time: float, m: int, strength: float) -> None:
    law = {"n_neurons": m, "l1_strength": strength}
    assert theory.paper_l1_norm(time, **law) >= 1
    assert theory.paper_nonzero_count(time, **law) >= 1


def test_the_paper_ends_at_one() -> None:
    # 1/√m + λt = 1 at t = (1 − 1/√m)/λ = 90.
    law = {"n_neurons": 100, "l1_strength": 0.01}
    assert theory.paper_l1_norm(89.9, **law) > 1
    assert theory.paper_l1_norm([90.1, 1e50], **law).tolist() == [1, 1]


@given(pair=st.tuples(TIMES, TIMES), m=WIDTHS, strength=STRENGTHS)
def test_the_paper_falls_with_time(pair: tuple[float, float], m: int, strength: float) -> None:
    norms = theory.paper_l1_norm(sorted(pair), n_neurons=m, l1_strength=strength)
    assert norms[1] <= norms[0]


@given(time=TIMES, m=WIDTHS)
def test_without_a_penalty_nothing_happens(time: float, m: int) -> None:
    law = {"n_neurons": m, "l1_strength": 0.0}
    assert theory.paper_l1_norm(time, **law) == theory.paper_l1_norm(0.0, **law)


@given(time=TIMES, m=WIDTHS, strength=st.floats(1e-9, 3e-6), exponent=st.integers(0, 20))
def test_only_strength_times_time_matters(
    time: float, m: int, strength: float, exponent: int
) -> None:
    assume(time == 0 or time > 1e-290)  # powers of two are exact
    scaled = theory.paper_l1_norm(
        time * 2.0**exponent, n_neurons=m, l1_strength=strength / 2.0**exponent
    )
    assert scaled == theory.paper_l1_norm(time, n_neurons=m, l1_strength=strength)


@given(time=TIMES, m=WIDTHS, strength=STRENGTHS)
def test_the_papers_count_is_the_square_of_its_norm(time: float, m: int, strength: float) -> None:
    law = {"n_neurons": m, "l1_strength": strength}
    assert theory.paper_nonzero_count(time, **law) == pytest.approx(
        theory.paper_l1_norm(time, **law) ** 2, rel=2 * EPS, abs=0
    )


def test_late_the_paper_forgets_the_width() -> None:
    # ‖w‖₁ λt = 1 − 1/(1 + λt√m).
    m, strength, time = 10**12, 1e-7, 1e6
    product = theory.paper_l1_norm(time, n_neurons=m, l1_strength=strength) * strength * time
    assert product == pytest.approx(1 - 1 / (1 + 1e5), rel=8 * EPS, abs=0)


@given(m=WIDTHS, share=st.floats(0, 1), strength=st.floats(1e-9, 1e-6))
def test_the_papers_time_to_a_count_is_the_inverse_of_its_count(
    m: int, share: float, strength: float
) -> None:
    count = m**share
    law = {"n_neurons": m, "l1_strength": strength}
    assume(count <= m)
    time = theory.paper_time_to_count(count, **law)
    # 1/√m' is a difference that is added back.
    assert theory.paper_nonzero_count(time, **law) == pytest.approx(count, rel=32 * EPS, abs=0)


# Shapes


def test_every_argument_broadcasts() -> None:
    a, b = np.array([[0.1], [0.2]]), np.array([0.3, 0.4, 0.5])
    k = np.array([1, 2, 3])
    assert theory.growth_threshold(a, b).shape == (2, 3)
    assert theory.reduced_weight(a, b, 1.0).shape == (2, 3)
    assert theory.l1_speed(k, a, b, 0.1).shape == (2, 3)
    assert theory.squared_norm_speed(a, b, 0.1).shape == (2, 3)
    assert theory.squared_cv(k, a, b).shape == (2, 3)
    assert theory.inverse_l1_speed(k, a, b, 0.1).shape == (2, 3)
    assert theory.paper_l1_norm(a, n_neurons=10 * k, l1_strength=0.01).shape == (2, 3)
    assert theory.paper_nonzero_count(a, n_neurons=10 * k, l1_strength=0.01).shape == (2, 3)


def test_numbers_in_give_floats_out() -> None:
    results = [
        theory.growth_threshold(0.5, 0.1),
        theory.reduced_weight(0.5, 0.1, 1),
        theory.l1_speed(2, 1, 1, 0.1),
        theory.squared_norm_speed(1, 1, 0.1),
        theory.squared_cv(2, 1, 1),
        theory.inverse_l1_speed(2, 1, 1, 0.1),
        theory.paper_l1_norm(1, n_neurons=40, l1_strength=0.01),
        theory.paper_nonzero_count(1, n_neurons=40, l1_strength=0.01),
    ]
    assert {type(result) for result in results} == {float}
