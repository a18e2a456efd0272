"""When the end is known, and what it is: against the full model, stepped, and the fixed points."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import ToyModel, row_flow
from polytheory.flow.plain import integrate
from polytheory.flow.settling import final_encodings, is_settled, later_encodings
from polytheory.theory.fixed_points import carrier_amplitude, unstable_amplitude

Array = NDArray[np.float64]


def settled_encodings(n: int, m: int, seed: int, *, scale: float = 0.4) -> Array:
    """Give each of the 2m signed sites to one feature at most, at random."""
    rng = np.random.default_rng(seed)
    W = np.zeros((n, m))
    owner, other = rng.integers(n, size=(2, m))
    size = rng.uniform(0.1, 1.0, size=(2, m)) * scale
    W[owner, np.arange(m)] = size[0]
    free = np.flatnonzero(other != owner)
    W[other[free], free] = -size[1, free]
    return W


def stepped(W: Array, lam: float, times: Array, step: float = 0.01) -> Array:
    """Follow the full model, interference included, by the plain integrator."""
    model = ToyModel(*W.shape, l1_strength=lam)
    return integrate(model.smooth_force, W, l1_strength=lam, time=times, step=step, method="heun")


# When the end is known


@pytest.mark.parametrize(
    ("W", "settled"),
    [
        ([[0.0, 0.0]], True),
        ([[1.0, -1.0]], True),  # one feature never feels itself
        ([[1.0], [-1.0]], True),
        ([[1.0], [1e-300]], False),
        ([[-1.0], [-0.1]], False),
        ([[1.0], [-1.0], [-1.0]], False),
        ([[1.0, 0.0], [0.0, 1.0]], True),
        ([[1.0, 0.3], [-0.2, 1.0]], False),  # the second neuron
        ([[1.0, 0.3], [-0.2, -1.0]], True),
        ([[1.0], [-0.0]], True),
        ([[0.5], [-0.0], [0.0]], True),
    ],
)
def test_the_rule_by_hand(W: list[list[float]], settled: bool) -> None:
    assert is_settled(np.array(W)) is settled


@settings(max_examples=50)
@given(n=st.integers(1, 5), m=st.integers(1, 5), share=st.floats(0, 1), seed=st.integers(0, 999))
def test_the_rule_is_a_count_of_signed_sites(n: int, m: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, m)) * (rng.random((n, m)) < share)
    sites = [(k, np.sign(W[i, k])) for i in range(n) for k in range(m) if W[i, k] != 0]
    assert is_settled(W) == (len(sites) == len(set(sites)))


@settings(max_examples=30)
@given(seed=st.integers(0, 999))
def test_settled_rows_do_not_feel_each_other(seed: int) -> None:
    W = settled_encodings(4, 5, seed)
    assert is_settled(W)
    assert not ToyModel(4, 5).interference(W).any()


# The way there


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lam", [0.02, 0.1, 0.3])
def test_once_settled_every_row_follows_its_own_reduction(seed: int, lam: float) -> None:
    W, times = settled_encodings(4, 8, seed), np.array([0.5, 3.0, 12.0])
    later = np.stack(list(later_encodings(W, l1_strength=lam, time=times)))
    # Of order step²; the constant is the sum of a few deaths.
    np.testing.assert_allclose(stepped(W, lam, times), later, rtol=0, atol=3 * 0.01**2)
    assert all(is_settled(each) for each in later)


def test_an_unsettled_row_does_not() -> None:
    W, times = settled_encodings(4, 8, 0), np.array([3.0])
    W[1, 0] = 0.3 * np.sign(W[:, 0].sum() or 1.0)
    W[2, 0] = W[1, 0]
    assert not is_settled(W)
    later = np.stack(list(later_encodings(W, l1_strength=0.02, time=times)))
    assert np.abs(stepped(W, 0.02, times) - later).max() > 0.05


def test_rows_are_those_of_row_flow_and_rows_of_zeros_stay() -> None:
    W, times = settled_encodings(4, 8, 1), np.array([0.5, 40.0])
    W[2] = 0.0
    later = np.stack(list(later_encodings(W, l1_strength=0.05, time=times)))
    for i in (0, 1, 3):
        alone = row_flow(W[i], l1_strength=0.05, time=times).weights()
        np.testing.assert_array_equal(later[:, i], alone)
    assert not later[:, 2].any()


# The end


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("lam", [0.05, 0.15, 0.3])
def test_the_end_is_that_of_a_long_run(seed: int, lam: float) -> None:
    W = settled_encodings(4, 8, seed)
    end = final_encodings(W, l1_strength=lam)
    # After that many units losers are gone, and of the relaxation (rate 3x² − 1) e^-30 is left. The
    # resting points of the stepping are exact, its path is not: no row is near the watershed here.
    run = stepped(W, lam, np.array([max(40.0, 5.0 / lam)]), step=0.1)[0]
    np.testing.assert_allclose(end, run, rtol=0, atol=1e-6)


@pytest.mark.parametrize("lam", [1e-3, 0.02, 0.1, 0.25])
def test_the_survivor_is_the_largest_and_rests_at_the_fixed_point(lam: float) -> None:
    W = np.array([[0.9, -0.5, 0.1, 0.0], [0.0, 0.0, -0.2, -0.95]])
    end = final_encodings(W, l1_strength=lam)
    expected = np.zeros((2, 4))
    expected[0, 0] = carrier_amplitude(lam)
    expected[1, 3] = -expected[0, 0]
    np.testing.assert_allclose(end, expected, rtol=1e-12)


def test_tied_weights_share_a_length_above_which_nothing_rests() -> None:
    # r − r³ = λ√k by bisection, each weight r/√k.
    for k, lam in ((2, 0.1), (3, 0.05), (4, 0.15)):
        W = np.zeros((1, 6))
        W[0, :k] = 0.6 * (-1.0) ** np.arange(k)
        W[0, 5] = 0.2
        low, high = 3**-0.5, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if middle - middle**3 > lam * math.sqrt(k) else (low, middle)
        expected = np.where(np.abs(W) == 0.6, np.sign(W) * low / math.sqrt(k), 0.0)
        np.testing.assert_allclose(final_encodings(W, l1_strength=lam), expected, atol=1e-14)


def test_the_watershed_is_the_unstable_fixed_point() -> None:
    lam = 0.1
    edge = unstable_amplitude(lam)
    W = np.diag([edge * (1 + 1e-9), edge * (1 - 1e-9), -edge * 1.001, edge * 0.999])
    end = final_encodings(W, l1_strength=lam)
    expected = np.diag([1.0, 0.0, -1.0, 0.0]) * carrier_amplitude(lam)
    np.testing.assert_allclose(end, expected, rtol=1e-12)


def test_no_row_outlives_the_critical_strength() -> None:
    W = settled_encodings(4, 8, 0, scale=3.0)
    critical = 2 / 3**1.5
    assert not final_encodings(W, l1_strength=1.001 * critical).any()
    assert final_encodings(W, l1_strength=0.9 * critical).any()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    lam=st.floats(1e-4, 0.6),
    scale=st.sampled_from([0.02, 0.1, 0.5, 2.0]),
)
def test_the_short_cut_is_the_limit_of_the_reduction(seed: int, lam: float, scale: float) -> None:
    W = settled_encodings(3, 6, seed, scale=scale)
    late = next(later_encodings(W, l1_strength=lam, time=np.array([1e5 / lam])))
    end = final_encodings(W, l1_strength=lam)
    # The reduction's own tolerance, 1e-9 a step; near λ_c the resting point is only half as sharp.
    np.testing.assert_allclose(end, late, rtol=0, atol=1e-6)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), lam=st.floats(1e-4, 0.6))
def test_the_end_has_one_weight_a_row_and_does_not_move(seed: int, lam: float) -> None:
    end = final_encodings(settled_encodings(3, 6, seed), l1_strength=lam)
    assert (np.count_nonzero(end, axis=-1) <= 1).all()
    velocity = ToyModel(3, 6, l1_strength=lam).velocity(end)
    # Rows that follow their reduction to the end stop within its tolerance.
    np.testing.assert_allclose(velocity, 0.0, atol=1e-8)


@pytest.mark.parametrize("lam", [1e-3, 0.1, 1.0])
def test_rows_too_small_for_the_reduction_have_died(lam: float) -> None:
    W = np.array([[1e-60, 0.0], [0.0, -0.9]])
    later = next(later_encodings(W, l1_strength=lam, time=np.array([1e-3])))
    assert later[0].tolist() == [0.0, 0.0]
    assert later[1, 1] < 0
    assert not final_encodings(W, l1_strength=lam)[0].any()


def test_nothing_is_changed_and_zeros_are_positive() -> None:
    W = settled_encodings(4, 8, 0)
    kept = W.copy()
    W.setflags(write=False)
    ends: list[Any] = [final_encodings(W, l1_strength=0.1)]
    ends += list(later_encodings(W, l1_strength=0.1, time=np.array([5.0])))
    np.testing.assert_array_equal(W, kept)
    for end in ends:
        assert not np.signbit(end[end == 0]).any()
