"""When a given row has lost given weights: orders in λ against the flow, and exact symmetries."""

import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import brentq

from polytheory import initial_row, law, row_flow
from polytheory.testing import rows
from polytheory.theory.sparsification import completion_time, hitting_time

Array = NDArray[np.float64]
REFERENCE = Path(__file__).parents[1] / "reference" / "row_flow_m10000.npz"
#: Sums and logarithms of a dozen terms.
ROUNDING = 1e-12

ROW = np.array([0.7, -0.5, 0.2, 0.2, -0.05])


# Orders in λ

STRENGTHS = np.array([4e-3, 2e-3, 1e-3])


def random_row(m: int, norm: float) -> Array:
    row = np.random.default_rng(m).normal(size=m)
    return np.asarray(row * norm / np.linalg.norm(row))


def crossing(row: Array, tau: float, lam: float) -> float:
    """Flow time at which the exact threshold passes τ."""

    def ahead(t: float) -> float:
        return float(row_flow(row, l1_strength=lam, time=[t], rtol=1e-12).soft_threshold[0] - tau)

    guess = hitting_time(row, tau, l1_strength=lam)
    return float(brentq(ahead, 0.8 * guess, 1.2 * guess, xtol=1e-9, rtol=1e-13))


@cache
def scaled_crossings(m: int, norm: float, rank: int) -> Array:
    """λt at which the weight of that rank dies, for each strength."""
    row = random_row(m, norm)
    tau = float(np.sort(np.abs(row))[-rank])
    return np.array([lam * crossing(row, tau, lam) for lam in STRENGTHS])


def observed_orders(error: Array) -> Array:
    return np.asarray(np.log2(np.abs(error[:-1] / error[1:])))


CASES = pytest.mark.parametrize(
    ("m", "norm", "rank"), [(12, 0.4, 6), (12, 1.0, 2), (30, 0.7, 2), (30, 2.0, 6)]
)


@CASES
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_error_falls_with_one_more_power_of_lambda(
    m: int, norm: float, rank: int, order: int
) -> None:
    row = random_row(m, norm)
    tau = float(np.sort(np.abs(row))[-rank])
    predicted = STRENGTHS * hitting_time(row, tau, l1_strength=STRENGTHS, order=order)
    orders = observed_orders(predicted - scaled_crossings(m, norm, rank))
    # The next term is some 10 λ relative, up to 0.04 here; halving λ halves it: ±0.02/ln 2.
    # The flow's own rtol, 1e-12, and the root's stay below 1e-2 of the smallest error, 1e-9.
    np.testing.assert_allclose(orders, order + 1, atol=0.06)


@CASES
def test_a_wrong_sign_of_the_first_order_is_seen(m: int, norm: float, rank: int) -> None:
    row = random_row(m, norm)
    tau = float(np.sort(np.abs(row))[-rank])
    zeroth, first = (
        STRENGTHS * hitting_time(row, tau, l1_strength=STRENGTHS, order=order) for order in (0, 1)
    )
    flipped = zeroth - (first - zeroth)
    orders = observed_orders(flipped - scaled_crossings(m, norm, rank))
    np.testing.assert_allclose(orders, 1, atol=0.06)


# Order zero against the integral


def integral(row: Array, tau: float) -> float:
    """∫ ds/√S₂(s) from 0 to τ, piece by piece between the deaths."""
    u = np.abs(row)
    ends = [0.0, *np.sort(u[(u > 0) & (u < tau)]), tau]
    pieces = [
        quad(lambda s: 1 / math.sqrt((np.maximum(u - s, 0) ** 2).sum()), a, b, epsabs=0)[0]
        for a, b in pairwise(ends)
        if b > a
    ]
    return sum(pieces)


@pytest.mark.parametrize("tau", [0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.5, 0.6, 0.69])
def test_order_zero_is_the_integral(tau: float) -> None:
    found = hitting_time(ROW, tau, l1_strength=0.01, order=0)
    assert found == pytest.approx(integral(ROW, tau) / 0.01, rel=1e-8)  # quad asks for 1.5e-8


def test_two_weights_by_hand() -> None:
    # ∫ ds/√((a − s)² + (b − s)²) with a = 0.6, b = 0.2: mean 0.4, deviation 0.2, up to s = 0.2:
    # [asinh((0.4 − 0)/0.2) − asinh((0.4 − 0.2)/0.2)]/√2.
    expected = (math.asinh(2) - math.asinh(1)) / math.sqrt(2)
    found = completion_time([0.6, -0.2], l1_strength=0.5, order=0)
    assert found == pytest.approx(expected / 0.5, rel=ROUNDING)


def test_first_order_by_hand() -> None:
    # S₂(0) = 0.4, S₂(0.2) = 0.16, r = √0.4.
    r = math.sqrt(0.4)
    term = math.log(0.4 / 0.16) / 4 + (1 - r) / r - math.log((1 + r) / (2 * r))
    zeroth, first = (completion_time([0.6, -0.2], l1_strength=0.01, order=k) for k in (0, 1))
    assert first - zeroth == pytest.approx(-term, abs=1e-10)  # of times near 50


# Symmetries


def gap_to_largest(row: Array) -> float:
    """Relative gap of the second largest weight: closer ties make the time infinite by rounding."""
    u = np.sort(np.abs(row))
    return float(1 - u[-2] / u[-1])


@given(row=rows(min_neurons=2), scale=st.floats(1e-6, 1e6))
def test_order_zero_does_not_know_the_scale(row: Array, scale: float) -> None:
    assume(gap_to_largest(row) > 1e-6)  # rounding of the product moves the gap by eps/gap
    one, other = (completion_time(c * row, l1_strength=0.1, order=0) for c in (1.0, scale))
    assert other == pytest.approx(one, rel=1e-8)


def completed(row: Array, **given: Any) -> float | None:
    """Return T*, or None where the expansion has no meaning and says so."""
    try:
        return completion_time(row, **given)
    except ValueError as refusal:
        assert "Use row_flow" in str(refusal)  # noqa: PT017 - refusing is one of two right answers
        return None


@given(row=rows(min_neurons=2), data=st.data())
@pytest.mark.parametrize("order", [0, 1, 2])
def test_neither_order_nor_signs_of_the_weights_matter(
    order: int, row: Array, data: st.DataObject
) -> None:
    shuffled = np.array(data.draw(st.permutations(row.tolist())))
    signs = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=row.size, max_size=row.size))
    one, other = (completed(w, l1_strength=0.01, order=order) for w in (row, signs * shuffled))
    assert other == one


@given(row=rows(), fractions=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_later_thresholds_take_longer(row: Array, fractions: tuple[float, float]) -> None:
    tau = np.sort(fractions) * np.abs(row).max()
    early, late = hitting_time(row, tau, l1_strength=0.1, order=0)
    # The two times are sums of up to 12 logarithms; near equal they may differ by their rounding.
    assert late >= early * (1 - ROUNDING) - ROUNDING


@given(row=rows())
def test_at_order_zero_nothing_takes_no_time(row: Array) -> None:
    assert hitting_time(row, 0.0, l1_strength=0.1, order=0) == pytest.approx(0, abs=ROUNDING)


@given(row=rows(min_neurons=2))
@pytest.mark.parametrize("order", [0, 1, 2])
def test_completion_is_the_hitting_time_of_the_second_largest(order: int, row: Array) -> None:
    assume(gap_to_largest(row) > 1e-6)  # hitting_time takes the threshold, which has lost the gap
    second = float(np.sort(np.abs(row))[-2])
    assume(second > 0)  # nothing to wait for otherwise
    found = completed(row, l1_strength=0.01, order=order)
    assume(found is not None)
    expected = hitting_time(row, second, l1_strength=0.01, order=order)
    # The cubic and quartic terms in 1/‖w(0)‖ magnify, the gap is known to eps/1e-6.
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-8)


# Ends


def test_a_tie_of_the_two_largest_never_ends() -> None:
    assert completion_time([0.5, -0.5, 0.1], l1_strength=0.01) == math.inf


def test_a_tie_below_does_end() -> None:
    assert math.isfinite(completion_time([0.5, 0.3, -0.3], l1_strength=0.01))


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize("share", [1e-4, 1e-2])
def test_the_stated_error_covers_the_end_of_the_relaxation(scale: float, share: float) -> None:
    # λ² falls with λ, what is left of the relaxation at t = 2 does not.
    row = initial_row(30, rng=4, scale=scale)
    lam = share * min(float(np.linalg.norm(row)), 1.0) ** 3 / float(np.abs(row).sum())
    run = row_flow(row, l1_strength=lam, time=np.geomspace(2.05, 20.0, 12), rtol=1e-12)
    given = {"soft_threshold": run.soft_threshold, "l1_strength": lam}
    off = np.abs(run.time / hitting_time(row, **given) - 1.0)
    stated = law("hitting_time").error
    assert stated is not None
    share_of_stated = off / stated(initial_row=row, **given)
    # The tolerance of the flow is far below the smallest stated error, 1e-8.
    assert 0.25 < share_of_stated.max() < 1.0


def test_tied_rows_have_their_finite_times_too() -> None:
    # Two weights 1 alive, a third of 0.5 dies at τ = 0.5: S₂ = 2(1 − s)² + (0.5 − s)².
    found = hitting_time([1.0, 1.0, 0.5], 0.5, l1_strength=1e-3, order=0)
    assert found == pytest.approx(1e3 * integral(np.array([1.0, 1.0, 0.5]), 0.5), rel=1e-8)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_single_weight_is_complete_at_once(order: int) -> None:
    assert completion_time([0.0, -0.3], l1_strength=0.01, order=order) == 0


def test_the_largest_weight_never_dies() -> None:
    assert hitting_time(ROW, 0.7, l1_strength=0.01) == math.inf


def test_the_second_largest_dies_sooner_in_a_more_unequal_row() -> None:
    even, uneven = (completion_time([1.0, b], l1_strength=0.01, order=0) for b in (0.9, 0.3))
    assert uneven < even


# Against the flow


@pytest.mark.parametrize("m", [10, 100, 1000])
def test_one_weight_is_left_just_after_the_completion_time(m: int) -> None:
    rng = np.random.default_rng(m)
    lam = 1e-2 / m
    for _ in range(5):
        row = rng.normal(size=m) / math.sqrt(m)
        end = completion_time(row, l1_strength=lam)
        # Order 1 leaves λ²‖w(0)‖₁ in λT*, up to a factor of order one; 5 is a margin for ‖w‖ < 1.
        margin = 5 * lam * np.abs(row).sum()
        run = row_flow(row, l1_strength=lam, time=[end - margin, end + margin])
        assert run.nonzero_count[0] > 1
        assert run.nonzero_count[1] == 1


def test_the_recorded_run_completes_when_predicted() -> None:
    with np.load(REFERENCE) as run:
        row, lam = run["initial_row"], float(run["l1_strength"])
        recorded, step = float(run["completion_time"]), float(run["step"])
    # Euler moves τ by hλ/P with P = 1/√S₂ at the end of its step, not at the middle: at each step
    # it loses (h/2) d ln P, which adds up to (h/4) ln(S₂(0)/S₂(τ)) of flow time.
    second, largest = np.sort(np.abs(row))[-2:]
    lag = step / 4 * math.log((row @ row) / (largest - second) ** 2)
    predicted, zeroth = (completion_time(row, l1_strength=lam, order=k) + lag for k in (1, 0))
    # Recorded within one step; the remainder of order 1 is of size λ‖w(0)‖₁ = 0.007.
    assert abs(predicted - recorded) < step
    assert abs(zeroth - recorded) > 3 * step  # the order matters


# Arguments


@pytest.mark.parametrize(
    ("change", "name", "error", "words"),
    [
        ({"initial_row": [ROW, ROW]}, "initial_row", ValueError, "one row"),
        ({"initial_row": [0.0, 0.0]}, "initial_row", ValueError, "non-zero"),
        ({"initial_row": []}, "initial_row", ValueError, "at least one"),
        ({"initial_row": "abc"}, "initial_row", TypeError, "real numbers"),
        ({"soft_threshold": 0.71}, "soft_threshold", ValueError, "largest weight, 0.69"),
        ({"soft_threshold": [0.1, 0.8]}, "soft_threshold", ValueError, "largest weight"),
        ({"soft_threshold": -0.1}, "soft_threshold", ValueError, "between 0"),
        ({"soft_threshold": math.nan}, "soft_threshold", ValueError, "finite"),
        ({"l1_strength": 0.0}, "l1_strength", ValueError, "Without ℓ1 no weight dies"),
        ({"l1_strength": -0.1}, "l1_strength", ValueError, "must be in .*Without ℓ1"),
        ({"order": 3}, "order", ValueError, "0, 1 or 2"),
        ({"order": -1}, "order", ValueError, "at least 0"),
        ({"order": 1.0}, "order", TypeError, "an integer"),
        (
            {"soft_threshold": [0.1, 0.2], "l1_strength": [0.1, 0.1, 0.1]},
            "l1_strength",
            ValueError,
            "broadcast",
        ),
    ],
)
def test_bad_arguments_are_named(
    change: dict[str, Any], name: str, error: type[Exception], words: str
) -> None:
    good = {"initial_row": ROW, "soft_threshold": 0.1, "l1_strength": 0.01}
    with pytest.raises(error, match=words) as caught:
        hitting_time(**good | change)
    assert name in str(caught.value).split(" must be ")[0]


@pytest.mark.parametrize(
    ("row", "lam", "words"),
    [
        ([0.5, 0.1], 0.0, "l1_strength must be in .*Without ℓ1"),
        ([[0.5, 0.1], [0.0, 0.0]], 0.1, r"initial_row must be .*row \(1,\)"),
        ([[0.5, 0.1]] * 2, [0.1] * 3, "initial_row and l1_strength must be of shapes"),
    ],
)
def test_bad_batches_are_refused(row: Any, lam: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        completion_time(row, l1_strength=lam)


def test_thresholds_and_strengths_broadcast() -> None:
    table = hitting_time(ROW, [[0.0], [0.1], [0.2]], l1_strength=[0.01, 0.02])
    assert table.shape == (3, 2)
    one = hitting_time(ROW, 0.2, l1_strength=0.02)
    assert type(one) is float
    assert table[2, 1] == pytest.approx(one, rel=ROUNDING)


def test_rows_are_batched() -> None:
    batch = np.random.default_rng(1).normal(size=(2, 3, 7))
    table = completion_time(batch, l1_strength=[0.01, 0.02, 0.03])
    assert table.shape == (2, 3)
    assert table[1, 2] == completion_time(batch[1, 2], l1_strength=0.03)


# Where the expansion has no meaning


def test_nothing_has_died_at_time_zero() -> None:
    for order in (0, 1, 2):
        assert hitting_time([0.5, 0.3], 0.0, l1_strength=0.01, order=order) == 0


@pytest.mark.parametrize("order", [1, 2])
def test_a_row_that_is_too_small_for_its_penalty_is_refused(order: int) -> None:
    # It dies before its norm has relaxed: the expansion would give a negative time.
    with pytest.raises(ValueError, match=r"l1_strength must be at most .* Use row_flow"):
        completion_time([1e-3, 5e-4], l1_strength=0.1, order=order)


def test_a_threshold_passed_while_the_norm_relaxes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"soft_threshold must be beyond .* Use row_flow"):
        hitting_time([0.5, 0.3], 1e-4, l1_strength=0.01)
    with pytest.raises(ValueError, match=r"initial_row must be one that outlasts"):
        completion_time([0.5, 1e-4], l1_strength=0.01)
