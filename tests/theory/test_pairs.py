"""Pairs of rows: limits, invariants, sampled pairs and layers."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import norm

from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.theory import pairs
from polytheory.theory.pairs import check
from polytheory.theory.pairs._coincidence import coincidences


def sampled(n_neurons: int, count: int, seed: int) -> Any:
    """Return normal pairs of rows, (2, count, m)."""
    return np.random.default_rng(seed).normal(size=(2, count, n_neurons))


# --- coincidences ---------------------------------------------------------------------------------


def test_wide_layers_tend_to_chance() -> None:
    widths = 10.0 ** np.arange(3, 10)
    for signs, sense in (("opposite", 1.0), ("same", -1.0)):
        off = sense * (pairs.pair_coincidence(widths, signs=signs) - 1.0)
        assert (off > 0).all()
        assert (np.diff(off) < 0).all()
        # About like ln m/√m: 6 decades of m shrink it by 1000/3.
        assert off[-1] < off[0] / 200


def test_more_pairs_have_opposite_signs_but_not_more_pairs_meet() -> None:
    widths = np.array([4, 16, 64, 1024])
    opposite, same = (pairs.pair_coincidence(widths, signs=each) for each in ("opposite", "same"))
    assert (opposite > 1.0).all()
    assert (same < 1.0).all()
    assert (opposite + same < 2.0).all()


def test_acute_pairs_prefer_no_sign() -> None:
    # Of 60,000 pairs on 8 neurons about 30,000 are acute and 3,500 of them meet.
    first, second = sampled(8, 60_000, seed=1)
    acute = (first * second).sum(axis=-1) > 0
    ends = check.relaxed(first[acute], second[acute])
    np.testing.assert_allclose((ends[0] * ends[1]).sum(axis=-1), 0.0, atol=1e-9)
    largest = [np.abs(each).argmax(axis=-1) for each in ends]
    met = np.flatnonzero(largest[0] == largest[1])
    signs = np.sign([each[met, largest[0][met]] for each in ends]).prod(axis=0)
    assert abs(signs.sum()) < 4.0 * np.sqrt(met.size)  # by chance in 1 of 16,000 seeds


def test_the_pair_flow_of_the_check_is_that_of_the_model() -> None:
    rows = np.stack(sampled(6, 40, seed=2), axis=1) / np.sqrt(6.0)
    final = simulate(ToyModel(2, 6), rows, until=12.0, rtol=1e-8, atol=1e-10).final
    for end, seen in zip(check.relaxed(*rows.swapaxes(0, 1)), final.swapaxes(0, 1), strict=True):
        direction = end / np.linalg.norm(end, axis=-1, keepdims=True)
        # What is left of an overlap after t = 12 is exp(−24) of it.
        np.testing.assert_allclose(seen, direction, atol=1e-6)


def test_the_sum_over_ranks_is_a_direct_count() -> None:
    first, second = sampled(8, 100_000, seed=3)
    ends = check.relaxed(first, second)
    largest = [np.abs(each).argmax(axis=-1) for each in ends]
    met = np.flatnonzero(largest[0] == largest[1])
    signs = np.sign([each[met, largest[0][met]] for each in ends]).prod(axis=0)
    counted = 16.0 * np.array([(signs < 0).sum(), (signs > 0).sum()]) / len(first)
    value, error = check.coincidences(8, seed=4)
    spread = np.hypot(error, 4.0 * np.sqrt(counted / len(first)))  # √(2m R/N)
    assert (np.abs(value - counted) < 4.0 * spread).all()
    assert (error < 0.02).all()


def test_the_error_of_a_shiftat_the_tail_falls_with_the_width() -> None:
    # The estimate that moves each largest weight by its own hazard: off by a half, 9 %, 2 %.
    off = [
        check.at_the_tail(np.float64(m))[1] / pairs.pair_coincidence(m, signs="same") - 1.0
        for m in (16, 64, 256)
    ]
    assert off[0] > 4.0 * off[1] > 12.0 * off[2] > 0.0


def test_on_two_neurons_it_is_off_by_a_hundredth() -> None:
    # There rows meet with opposite signs as often as by chance, and never with the same sign.
    np.testing.assert_allclose(coincidences(np.array([2.0]))[:, 0], [1.0, 0.0], atol=0.014)


# --- one overlap among many -----------------------------------------------------------------------


def numerical(crowding: float, time: float) -> tuple[float, float]:
    """Return ⟨Γ⟩ and A, by following a grid of overlaps: dΓ/dt = −2Γ₊ − 2x⟨Γ₊⟩⟨Γ⟩."""
    share = (np.arange(2000) + 0.5) / 2000
    start = norm.ppf(share)

    def speed(_: float, overlap: Any) -> Any:
        positive = np.maximum(overlap, 0.0)
        return -2.0 * positive - 2.0 * crowding * positive.mean() * overlap.mean()

    end = solve_ivp(speed, (0.0, time), start, rtol=1e-7, atol=1e-9).y[:, -1]
    return float(end.mean()), float(end[0] - start[0])


@pytest.mark.parametrize(("n", "time"), [(2, 1.0), (18, 0.3), (18, 4.0), (66, 2.0)])
def test_it_solves_the_equation_of_the_overlaps(n: int, time: float) -> None:
    mean, shift = numerical((n - 2.0) / 8.0, time)
    # The grid of 2,000 quantiles is off by about 1e-4 in ⟨Γ₊⟩.
    assert pairs.mean_overlap(n, 64, time) == pytest.approx(mean, abs=3e-4)
    assert pairs.overlap_shift(n, 64, time) == pytest.approx(shift, abs=3e-4)


def test_its_limits() -> None:
    assert pairs.mean_overlap(50, 64, 0.0) == 0.0 == pairs.overlap_shift(50, 64, 0.0)
    assert pairs.mean_overlap(2, 64, 1e9) == pytest.approx(-1 / np.sqrt(2 * np.pi), rel=1e-12)
    # Few others: A = x/(4π) and d⟨Γ⟩/dx = 1/(8π), with relative corrections of order x.
    x = 1.0 / np.sqrt(1e12)
    assert pairs.overlap_shift(3, 1e12, 1e9) == pytest.approx(x / (4 * np.pi), rel=1e-3)
    slope = (pairs.mean_overlap(3, 1e6, 1e9) - pairs.mean_overlap(2, 1e6, 1e9)) * 1e3
    assert slope == pytest.approx(1 / (8 * np.pi), rel=2e-3)
    # Many others: the budget ‖Σ W_i‖² ≥ 0 is spent, ⟨Γ⟩ = −1/x.
    assert pairs.mean_overlap(66, 64, 1e9) == pytest.approx(-1 / 8, rel=2e-3)


def test_the_mean_without_others_is_off_by_a_quarter_at_x_2() -> None:
    alone, among = pairs.mean_overlap([2, 66], 1024, 8.0)
    assert alone / among > 1.2


def test_the_coherent_shift_is_proportional_to_n() -> None:
    # n/√m = 0.5 and 2 at m = 256: a shift of order n/√m grows 4.4 times, one of order √(n/m) twice.
    seen, spread = [], []
    for n in (10, 34):
        first, last = check.overlaps(n, 256, 4.0, seed=5)
        negative = first < -0.5
        shift = (last - first)[negative]
        seen.append(check._seen_shift(n_features=n, n_neurons=256, time=4.0, seed=5))
        left = np.minimum(first[negative] + pairs.overlap_shift(n, 256, 4.0), 0.0)
        spread.append((last[negative] - left).std())
        assert abs(shift.mean() - pairs.overlap_shift(n, 256, 4.0)) < 0.03
    growth = seen[1].value / seen[0].value
    error = growth * np.hypot(*(each.error / each.value for each in seen))
    assert growth > 2.0 + 3.0 * error
    # What is left is random, and of order √(n/m).
    assert spread[1] / spread[0] == pytest.approx(np.sqrt(34 / 10), rel=0.15)


# --- third rows -----------------------------------------------------------------------------------


def test_the_mean_square_push_is_one_over_eight_pi() -> None:
    # j(v) = slope · v, so the slope is −√m E[X·W_j] with X = −½G₊W_j to leading order: here exact.
    m = 1000
    first, second = sampled(m, 4000, seed=6) / np.sqrt(m)
    end, _ = check.relaxed(first, second)
    end *= (first * first).sum(axis=-1, keepdims=True) / (end * first).sum(axis=-1, keepdims=True)
    push = -np.sqrt(m) * ((end - first) * second).sum(axis=-1)
    slope, error = push.mean(), push.std() / np.sqrt(len(push))
    assert error < 0.03 * slope
    assert slope**2 == pytest.approx(1 / (8 * np.pi), rel=8 * error / slope)


@pytest.mark.slow
def test_third_rows_lower_opposite_coincidences() -> None:
    # A coincidence of either order of 120 pairs; four standard errors and 5 % for higher orders.
    n, m, count = 16, 64, 3000
    model = ToyModel(n, m)
    start = initial_encodings(model, count, rng=7)
    end = simulate(model, start, until=6.0, rtol=1e-3, dtype="float32").final
    largest = np.abs(end).argmax(axis=-1)
    sign = np.sign(np.take_along_axis(end, largest[..., None], axis=-1))[..., 0]
    met = (largest[:, :, None] == largest[:, None, :]) & (sign[:, :, None] * sign[:, None, :] < 0)
    counts = met.sum(axis=(1, 2)) / (n * (n - 1)) * 2 * m
    seen, error = counts.mean(), counts.std() / np.sqrt(count)
    alone = pairs.pair_coincidence(m)
    expected = alone * np.exp(-pairs.third_row_repulsion(n, m))
    assert abs(seen - expected) < 4.0 * error + 0.05 * expected
    assert seen + 2.0 * error < alone


def test_a_lone_pair_has_no_third_row() -> None:
    assert pairs.third_row_repulsion(2, [4, 64, 1024]).tolist() == [0.0] * 3


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "given", "words"),
    [
        (pairs.pair_coincidence, (1,), "n_neurons"),
        (pairs.pair_coincidence, (64.5,), "n_neurons"),
        (pairs.mean_overlap, (1, 64, 1.0), "n_features"),
        (pairs.mean_overlap, (10, 1, 1.0), "n_neurons"),
        (pairs.overlap_shift, (100, 64, 1.0), "8 √n_neurons"),
        (pairs.overlap_shift, (10, 64, -1.0), "time"),
        (pairs.mean_overlap, (10, 64, float("nan")), "time"),
        (pairs.third_row_repulsion, (70, 64), "8 √n_neurons"),
    ],
)
def test_what_is_outside_is_refused(form: Any, given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        form(*given)


def test_unknown_signs_are_refused() -> None:
    with pytest.raises(ValueError, match="signs"):
        pairs.pair_coincidence(64, signs="any")
