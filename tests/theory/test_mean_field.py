"""The mean field at any λ√m and scale: against another integration, the curve, and finite rows."""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import erfcx

from polytheory import row_flow
from polytheory.theory import sparsification as theory
from polytheory.theory.sparsification.curve._mean_field import _states
from polytheory.theory.sparsification.curve._tables import on_curve

Array = NDArray[np.float64]
SERIES = ["l1_norm", "squared_norm", "fourth_power_sum", "nonzero_count", "scaled_threshold"]
#: What the integration claims, ten times over: it is compared with another one.
AGREEMENT = 1e-8
#: Rows of this width have ten living weights at all times that are tested.
M_LARGEST = 1e30


class Moments(NamedTuple):
    """I_p with G_p = 2φ I_p, from the closed forms: good to 1e-10 relative up to x = 8."""

    i0: Array
    i1: Array
    i2: Array
    i4: Array


def scaled(x: Any) -> Moments:
    mills = math.sqrt(math.pi / 2) * erfcx(np.asarray(x) / math.sqrt(2))
    return Moments(
        mills,
        1 - x * mills,
        (1 + x * x) * mills - x,
        (x**4 + 6 * x**2 + 3) * mills - (x**3 + 5 * x),
    )


def log_second(x: Any) -> Any:
    return np.log(math.sqrt(2 / math.pi) * scaled(x).i2) - x * x / 2


def by_reduction(strength: float, scale: float, times: Array) -> dict[str, Array]:
    """q' = 2(s²G₂(x) − q), x' = (Λ/s)√q in (ln q, x): shares nothing with the polar form."""

    def rates(_: float, state: Array) -> list[float]:
        log_q, x = state
        growth = 2 * np.expm1(2 * math.log(scale) + log_second(x) - log_q)
        return [growth, strength / scale * math.exp(log_q / 2)]

    run = solve_ivp(rates, (0, times[-1]), [0, 0], "DOP853", times, rtol=1e-12, atol=1e-13)
    log_q, x = run.y
    m, twice_density = M_LARGEST, np.sqrt(2 / np.pi) * np.exp(-x * x / 2)
    i0, i1, i2, i4 = scaled(x)
    return {
        "l1_norm": math.sqrt(m) * scale * twice_density * i1 / np.exp(log_q / 2),
        "squared_norm": scale**2 * twice_density * i2 / np.exp(log_q),
        "fourth_power_sum": scale**4 * twice_density * i4 / np.exp(2 * log_q) / m,
        "nonzero_count": m * twice_density * i0,
        "scaled_threshold": x,
    }


# Against another integration


@pytest.mark.parametrize(
    ("strength", "scale", "end"),
    [
        (0.01, 1.0, 300),
        (0.3, 1.0, 200),
        (1, 1, 60),
        (0.5, 0.1, 40),
        (1, 3, 60),
        (2, 1, 30),
        (3, 5, 9),
    ],
)
def test_equals_the_reduction_with_gaussian_moments(
    strength: float, scale: float, end: float
) -> None:
    times = np.concatenate([[0.0], np.geomspace(0.01, end, 25)])
    expected = by_reduction(strength, scale, times)
    assert expected["scaled_threshold"][-1] < 8  # where the closed moments are still good
    run = theory.mean_field(
        times, n_neurons=M_LARGEST, l1_strength=strength / math.sqrt(M_LARGEST), scale=scale
    )
    for name in SERIES:
        # Relative everywhere; 1e-10 absolute only lets the threshold start at zero.
        np.testing.assert_allclose(getattr(run, name), expected[name], AGREEMENT, 1e-10)


@settings(max_examples=30)
@given(m=st.integers(10**8, 10**29), scale=st.floats(0.5, 5), strength=st.floats(0.01, 0.5))
def test_only_lambda_root_m_and_the_scale_matter(m: int, scale: float, strength: float) -> None:
    times = [1.0, 7.0]
    one, other = (
        theory.mean_field(times, n_neurons=n, l1_strength=strength / math.sqrt(n), scale=scale)
        for n in (m, 10**8)
    )
    expected = {"l1_norm": 0.5, "squared_norm": 0, "fourth_power_sum": -1, "nonzero_count": 1}
    for name, power in expected.items():
        # The same equations up to a rounding of Λ, whose steps may differ by that.
        ratio = getattr(one, name) / getattr(other, name)
        np.testing.assert_allclose(ratio, (m / 1e8) ** power, rtol=AGREEMENT)


# Against the universal curve

THETA = np.array([3.0, 10.0, 30.0])
M = 10**6


def off_the_curve(strength: float) -> Array:
    """Relative deviation of m' from the curve at fixed θ = λ√m t."""
    setting = {"n_neurons": M, "l1_strength": strength / math.sqrt(M)}
    time = THETA / strength
    run = theory.mean_field(time, **setting)
    return np.asarray(run.nonzero_count / theory.nonzero_count(time, **setting) - 1)


def test_the_deviation_from_the_curve_is_of_first_order() -> None:
    off = np.array([off_the_curve(s) for s in (0.04, 0.02, 0.01)])
    order = np.log2(off[:-1] / off[1:])
    # The next order is of relative size Λ/4 (terms in Λ‖w‖₁), so 0.01 at Λ = 0.04.
    np.testing.assert_allclose(order, 1, atol=0.02)


def test_the_first_order_is_that_of_the_slow_time() -> None:
    # λt = σ − (λ/4) ln(S₂(0)/S₂(τ)), so at a given t the row is ahead of the curve by
    # δθ = (Λ/4) ln(1/G₂), and d ln m'/dθ = −speedup/√m.
    setting = {"n_neurons": M, "l1_strength": 0.01 / math.sqrt(M)}
    time = THETA / 0.01
    ahead = -log_second(theory.scaled_threshold(time, **setting)) / 4
    expected = -ahead * theory.speedup(time, **setting) / math.sqrt(M)
    first = (4 * off_the_curve(0.01) - off_the_curve(0.02)) / 2 / 0.01  # without the second order
    np.testing.assert_allclose(first, expected, rtol=1e-3)


@pytest.mark.parametrize(
    "name", ["l1_norm", "fourth_power_sum", "nonzero_count", "scaled_threshold"]
)
def test_a_weak_penalty_gives_the_curve(name: str) -> None:
    # What is left is of relative order Λ = 1e-6 times less than 1 (for the count −0.32, −0.24, …).
    setting = {"n_neurons": M, "l1_strength": 1e-9}
    curve = {
        f.__name__: f
        for f in (
            theory.l1_norm,
            theory.fourth_power_sum,
            theory.nonzero_count,
            theory.scaled_threshold,
        )
    }[name]
    time = THETA / 1e-6
    run = theory.mean_field(time, **setting)
    np.testing.assert_allclose(getattr(run, name), curve(time, **setting), rtol=1e-6)


@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_late_the_initial_scale_is_a_shift_of_the_clock(scale: float) -> None:
    # A row of norm r is ahead by (1 − r)/r − ln((1 + r)/(2r)), once and for all.
    setting = {"n_neurons": M, "l1_strength": 1e-7}
    time = [1e3, 1e4, 1e5, 1e6]
    start, other = (theory.mean_field(time, scale=s, **setting).nonzero_count for s in (1.0, scale))
    shift = (1 - scale) / scale - math.log((1 + scale) / (2 * scale))
    expected = -1e-7 * theory.speedup(time, **setting) * shift
    # To the next order of the shift over the time, and Λ = 1e-4.
    np.testing.assert_allclose(other / start - 1, expected, rtol=abs(shift) / 1e3 + 1e-3)


# Against finite rows

#: Root mean square deviation of a row, relative, times √m': the scatter of a count is 1 at most
#: (that of m' independent weights), that of ‖w‖₁ and N less; Σw⁴ scatters as √(105/9 − 1) = 3.3
#: at the start and more where the few largest weights carry it.
SCATTER = {"nonzero_count": 1, "l1_norm": 1, "squared_norm": 1, "fourth_power_sum": 5}
#: 12 normal draws have an rms of more than 1.8 with probability 1e-4.
SLACK = 1.8


def at_counts(m: int, lam: float) -> Array:
    """Times at which the mean field has half the weights, …, 10."""
    times = np.geomspace(0.5, 1e4, 300)
    _, theta = _states(times, lam * math.sqrt(m), 1.0)
    times = times[m * on_curve("nonzero_count", theta) >= 10]
    run = theory.mean_field(times, n_neurons=m, l1_strength=lam)
    asked = np.array([m / 2, m / 10, m / 40, 11.0])
    return np.interp(-asked, -run.nonzero_count, times)


def scatter(m: int, strength: float, predicted_strength: float) -> dict[str, Array]:
    """Rms of (row/mean field − 1)·√m' over 12 rows, at each time."""
    lam = strength / math.sqrt(m)
    times = at_counts(m, lam)
    inside = times if predicted_strength == strength else times[:-1]
    predicted = theory.mean_field(
        inside, n_neurons=m, l1_strength=predicted_strength / math.sqrt(m)
    )
    times = inside
    rows = np.random.default_rng(m).normal(size=(12, m)) / math.sqrt(m)
    seen = row_flow(rows, l1_strength=lam, time=times)
    return {
        name: np.sqrt(
            np.mean((getattr(seen, name) / getattr(predicted, name)[:, None] - 1) ** 2, axis=1)
            * predicted.nonzero_count
        )
        for name in SCATTER
    }


@pytest.mark.parametrize("m", [1000, 10_000, 100_000])
@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_finite_rows_scatter_by_one_over_the_root_of_the_count(m: int, strength: float) -> None:
    for name, rms in scatter(m, strength, strength).items():
        assert (rms < SLACK * SCATTER[name]).all(), name


def test_a_mean_field_for_another_strength_is_told_apart() -> None:
    # Negative control: 5 % off in λ.
    assert (scatter(100_000, 1.0, 1.05)["nonzero_count"][:2] > 3 * SLACK).all()


# Limits


@given(m=st.integers(10, 10**15), scale=st.floats(1e-3, 1e3))
def test_at_time_zero_it_is_the_gaussian_row(m: int, scale: float) -> None:
    run = theory.mean_field([0.0], n_neurons=m, l1_strength=0.0, scale=scale)
    expected = {
        "squared_norm": scale**2,
        "l1_norm": scale * math.sqrt(2 * m / math.pi),
        "fourth_power_sum": 3 * scale**4 / m,
        "nonzero_count": m,
        "scaled_threshold": 0,
    }
    for name, value in expected.items():
        assert getattr(run, name)[0] == pytest.approx(value, rel=1e-12), name


@settings(max_examples=30)
@given(scale=st.floats(0.01, 100))
def test_without_l1_the_norm_relaxes_logistically(scale: float) -> None:
    times = np.array([0.0, 0.1, 1.0, 10.0])
    run = theory.mean_field(times, n_neurons=100, l1_strength=0.0, scale=scale)
    expected = 1 / (1 + (scale**-2 - 1) * np.exp(-2 * times))
    np.testing.assert_allclose(run.squared_norm, expected, rtol=AGREEMENT)
    assert (run.scaled_threshold == 0).all()
    np.testing.assert_allclose(run.nonzero_count, 100, rtol=1e-12)


@pytest.mark.parametrize(("scale", "strength"), [(1.0, 25.0), (1e3, 25.0), (1e-3, 0.025)])
def test_the_strongest_penalty_gives_numbers_at_all_times(scale: float, strength: float) -> None:
    # Beyond the domain, too: the integration that the domain asks must not fail.
    r, theta = _states(np.array([1.0, 1e10, 1e50]), strength, scale)
    assert np.isfinite(r).all()
    assert np.isfinite(theta).all()
    assert r[-1] == pytest.approx(1, abs=AGREEMENT)  # the tail always recovers


def test_times_with_fewer_than_ten_living_weights_are_refused() -> None:
    given = {"n_neurons": 1000, "l1_strength": 0.01}
    times = np.geomspace(1, 1e3, 40)
    inside = np.array([theory.MEAN_FIELD.contains(time=t, **given, scale=1.0) for t in times])
    assert inside.any()
    assert not inside.all()
    last = theory.mean_field(times[inside], **given).nonzero_count[-1]
    assert 10 <= last < 15
    with pytest.raises(ValueError, match=r"at least 10 weights live.*row_flow"):
        theory.mean_field(times, **given)


def test_results_are_read_only() -> None:
    run = theory.mean_field([0.0, 1.0], n_neurons=100, l1_strength=0.01)
    assert isinstance(run, theory.MeanField)
    for name in [*SERIES, "time"]:
        with pytest.raises(ValueError, match="read-only"):
            getattr(run, name)[0] = 0


# Arguments


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"time": [1.0, 0.0]}, "time", "increasing"),
        ({"time": []}, "time", "non-empty"),
        ({"time": 1.0}, "time", "Wrap"),
        ({"time": [-1.0]}, "time", "non-negative"),
        ({"n_neurons": 0}, "n_neurons", "whole"),
        ({"n_neurons": 1.5}, "n_neurons", "whole"),
        ({"n_neurons": [100, 1000]}, "n_neurons", "single number"),
        ({"l1_strength": -0.1}, "l1_strength", r"\[0, 25\]"),
        ({"l1_strength": [0.1, 0.2]}, "l1_strength", "single number"),
        ({"l1_strength": 3.0}, "l1_strength", "≤ 25"),
        ({"scale": 0.0}, "scale", r"\[0.001, "),
        ({"scale": 0.01, "l1_strength": 0.1}, "scale", "≤ 25"),
    ],
)
def test_arguments_outside_the_domain_are_named(
    change: dict[str, Any], name: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        theory.mean_field(**{"time": [0.0, 1.0], "n_neurons": 100, "l1_strength": 0.1} | change)
    assert name in str(caught.value).split(" must be ")[0]
    assert "got" in str(caught.value)


def test_the_domain_says_how_strong_l1_may_be() -> None:
    assert theory.MEAN_FIELD.contains(time=0.01, n_neurons=100, l1_strength=2.5, scale=1.0)
    assert not theory.MEAN_FIELD.contains(time=0.01, n_neurons=100, l1_strength=2.5, scale=0.9)
