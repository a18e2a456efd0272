"""Interference: moments of the start by enumeration and sampling, pairs of rows by their flow."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory.flow.plain import integrate
from polytheory.laws import law
from polytheory.model import ToyModel
from polytheory.theory.interference import (
    cosine_decay,
    initial_feature_benefit,
    initial_interference,
    initial_interference_square,
    initial_norm_speed,
    initial_regularization,
    overlap_decay,
    pair_squared_norm,
)

EPS = np.finfo(float).eps
COSINES = st.floats(-1.0, 1.0)
TIMES = st.floats(0.0, 20.0)
SQUARES = st.floats(1e-3, 1e3)


# --- at the start ---------------------------------------------------------------------------------


def test_a_lone_feature_has_no_interference() -> None:
    assert initial_interference(1, [1, 10, 1000]).tolist() == [0.0] * 3
    assert initial_interference_square(1, [1, 10, 1000]).tolist() == [0.0] * 3


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 4), (3, 3), (4, 2)])
def test_the_mean_along_the_row_holds_for_bipolar_weights(n: int, m: int) -> None:
    # Any symmetric law with covariance 1/m will do: all 2^{nm} matrices of ±1/√m, each of norm 1.
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=n * m))).reshape(-1, n, m)
    W = signs / math.sqrt(m)
    along = -(ToyModel(n, m).interference(W)[:, 0] * W[:, 0]).sum(axis=-1)
    assert initial_interference(n, m) == pytest.approx(along.mean(), rel=1e-13, abs=0)


def test_two_others_on_one_neuron() -> None:
    # E(a₊a + b₊b)² = 2·3/2 + 2·(1/2)² for a, b ~ N(0, 1).
    assert initial_interference_square(3, 1) == pytest.approx(3.5, rel=4 * EPS, abs=0)
    # One other on one neuron pushes along the row only: E a₊² a² = 3/2.
    assert initial_interference_square(2, 1) == pytest.approx(1.5, rel=4 * EPS, abs=0)


def test_a_wide_layer_has_the_norm_of_the_notes() -> None:
    n = 5
    m = 10 ** np.arange(2, 8)
    excess = initial_interference_square(n, m) / ((n - 1) / (2 * m)) - 1
    # The share (n + 2)/(2m), against the rounding of a 1 that has been taken off.
    np.testing.assert_allclose(excess, (n + 2) / (2 * m), rtol=0, atol=4 * EPS)


def test_a_square_layer_pushes_harder_than_the_notes_say() -> None:
    share = initial_interference_square(10_000, 10_000) * 2 * 10_000 / 9_999
    assert share == pytest.approx(1.5, abs=2e-4)


@given(n=st.integers(1, 10**6), m=st.integers(1, 10**6), square=st.floats(0, 1e6))
def test_interference_is_proportional_to_the_row(n: int, m: int, square: float) -> None:
    for form in (initial_interference, initial_interference_square):
        given_row = form(n, m, squared_norm=square)
        assert given_row == pytest.approx(square * form(n, m), rel=8 * EPS, abs=1e-300)


@given(n=st.integers(1, 10**6), m=st.integers(1, 10**6))
def test_the_whole_force_is_no_shorter_than_its_part_along_the_row(n: int, m: int) -> None:
    # (E x)² ≤ E x² for the part x along a row of length 1, and that part is no longer than all.
    assert initial_interference_square(n, m) >= initial_interference(n, m) ** 2


@given(n=st.integers(1, 10**4), m=st.integers(1, 10**4), strength=st.floats(0, 10))
def test_the_norm_shrinks_by_twice_the_three_forces(n: int, m: int, strength: float) -> None:
    # E(1 − N)N = 1 − E N², and N is χ²_m/m.
    benefit = 1 - (m**2 + 2 * m) / m**2
    drag = initial_interference(n, m) + initial_regularization(m, l1_strength=strength)
    # 1 − E N² cancels to a few units in the last place of 1.
    speed = initial_norm_speed(n, m, l1_strength=strength)
    assert speed == pytest.approx(2 * (benefit - drag), rel=8 * EPS, abs=8 * EPS)


def test_one_weight() -> None:
    assert initial_feature_benefit(1) == pytest.approx(math.sqrt(2), rel=2 * EPS, abs=0)
    mean_size = math.sqrt(2 / math.pi)  # of N(0, 1)
    assert initial_regularization(1, l1_strength=3.0) == pytest.approx(3 * mean_size, rel=4 * EPS)


def test_sampled_forces_have_the_moments_claimed() -> None:
    n, m, strength, samples = 6, 5, 0.05, 20_000
    rng = np.random.default_rng(20231205)
    W = rng.normal(size=(samples, n, m)) / math.sqrt(m)
    G = np.einsum("sk,sjk->sj", W[:, 0], W[:, 1:])
    push = np.einsum("sj,sjk->sk", np.maximum(G, 0), W[:, 1:])
    N = (W[:, 0] ** 2).sum(axis=-1)
    size = np.abs(W[:, 0]).sum(axis=-1)
    sampled = {
        initial_interference(n, m): (np.maximum(G, 0) * G).sum(axis=-1),
        initial_interference_square(n, m): (push**2).sum(axis=-1),
        initial_feature_benefit(m) ** 2: (1 - N) ** 2,
        initial_regularization(m, l1_strength=strength): strength * size,
        initial_norm_speed(n, m, l1_strength=strength): 2
        * ((1 - N) * N - (push * W[:, 0]).sum(axis=-1) - strength * size),
    }
    for claimed, seen in sampled.items():
        # Four standard errors: by chance alone one of the five fails once in 3000 seeds.
        assert abs(seen.mean() - claimed) < 4 * seen.std() / math.sqrt(samples)


# --- two rows -------------------------------------------------------------------------------------


def later(c: float, t: float, first: float, second: float) -> tuple[float, float, float]:
    return (
        cosine_decay(c, t, squared_norm=first, other_squared_norm=second),
        pair_squared_norm(c, t, squared_norm=first, other_squared_norm=second),
        pair_squared_norm(c, t, squared_norm=second, other_squared_norm=first),
    )


@given(c=COSINES, first=SQUARES, second=SQUARES)
def test_nothing_has_happened_at_time_zero(c: float, first: float, second: float) -> None:
    assert later(c, 0.0, first, second) == pytest.approx((c, first, second), rel=4 * EPS, abs=0)


@given(c=st.floats(-1.0, 0.0), t=TIMES, first=SQUARES, second=SQUARES)
def test_obtuse_rows_keep_their_angle_and_grow_alone(
    c: float, t: float, first: float, second: float
) -> None:
    cosine, norm, other = later(c, t, first, second)
    assert cosine == c
    # Bernoulli's equation N' = 2(1 − N)N in the variable 1/N − 1, which decays like exp(−2t).
    for end, start in ((norm, first), (other, second)):
        assert 1 / end - 1 == pytest.approx(
            (1 / start - 1) * math.exp(-2 * t), rel=1e-12, abs=1e-12
        )


@given(t=TIMES, first=SQUARES, second=SQUARES)
def test_parallel_rows_stay_parallel_and_share_one_norm(
    t: float, first: float, second: float
) -> None:
    cosine, norm, other = later(1.0, t, first, second)
    assert cosine == 1.0
    assert norm / other == pytest.approx(first / second, rel=32 * EPS, abs=0)
    together = pair_squared_norm(0.0, t, squared_norm=first + second)
    assert norm + other == pytest.approx(together, rel=32 * EPS, abs=0)


@given(c=st.floats(1e-6, 0.999), times=st.tuples(TIMES, TIMES), first=SQUARES, second=SQUARES)
def test_one_run_is_two_in_a_row(
    c: float, times: tuple[float, float], first: float, second: float
) -> None:
    halfway = later(c, times[0], first, second)
    expected = later(c, sum(times), first, second)
    # 1 − c² magnifies the rounding of c by 1/(1 − c).
    assert later(halfway[0], times[1], *halfway[1:]) == pytest.approx(expected, rel=1e-10, abs=0)


@given(c=st.floats(0.0, 1.0), times=st.tuples(TIMES, TIMES), first=SQUARES, second=SQUARES)
def test_a_positive_cosine_falls_and_stays_positive(
    c: float, times: tuple[float, float], first: float, second: float
) -> None:
    early, late = (later(c, t, first, second)[0] for t in sorted(times))
    assert 0.0 <= late <= early * (1 + 8 * EPS) <= c * (1 + 16 * EPS)
    assert later(c, times[0], second, first)[0] == later(c, times[0], first, second)[0]


@given(c=st.floats(0.0, 0.99), t=st.floats(0.0, 5.0), first=SQUARES, second=SQUARES)
def test_eigenvalues_of_the_gram_matrix_grow_logistically(
    c: float, t: float, first: float, second: float
) -> None:
    overlap = c * math.sqrt(first * second)
    values, vectors = np.linalg.eigh([[first, overlap], [overlap, second]])
    # A tiny eigenvalue carries the rounding of the large one.
    e, loss = math.exp(-2 * t), 1e-12 * values[1] / values[0]
    G = vectors @ np.diag(values / (e + (1 - e) * values)) @ vectors.T
    cosine, norm, other = later(c, t, first, second)
    assert (norm, other) == pytest.approx((G[0, 0], G[1, 1]), rel=1e-12 + loss, abs=0)
    expected = G[0, 1] / math.sqrt(G[0, 0] * G[1, 1])
    assert cosine == pytest.approx(expected, rel=0, abs=1e-12 + loss)


@pytest.mark.parametrize(("c", "first", "second"), [(0.1, 1.0, 1.0), (0.99, 0.3, 2.0)])
def test_in_the_end_the_rate_is_two(c: float, first: float, second: float) -> None:
    t = np.array([12.0, 13.0, 20.0])
    given_pair = {"squared_norm": first, "other_squared_norm": second}
    constant = c / (math.sqrt(first * second) * (1 - c**2))
    # What is left out is exp(−2t)/(N(1 − c²)), below 1e-8 here.
    np.testing.assert_allclose(
        cosine_decay(c, t, **given_pair), constant * np.exp(-2 * t), rtol=1e-8
    )


def test_extremes_are_numbers() -> None:
    cosines = np.array([-1.0, 0.0, 1e-300, 0.5, 1.0 - EPS / 2, 1.0])[:, None, None, None]
    times = np.array([0.0, 1.0, 400.0, 1e50])[:, None, None]
    squares = np.array([1e-50, 1.0, 1e50])
    given_pairs = {"squared_norm": squares[:, None], "other_squared_norm": squares}
    cosine = cosine_decay(cosines, times, **given_pairs)
    norm = pair_squared_norm(cosines, times, **given_pairs)
    assert cosine.shape == norm.shape == (6, 4, 3, 3)
    assert ((cosine >= -1) & (cosine <= 1)).all()
    assert (np.isfinite(norm) & (norm > 0)).all()


# --- against the flow -----------------------------------------------------------------------------


def run(W: Any, time: float, step: float = 0.01) -> np.ndarray:
    force = ToyModel(*W.shape).smooth_force
    times = np.array([time])
    return integrate(force, W, l1_strength=0.0, time=times, step=step, method="strang")[-1]


def norms_and_cosine(W: np.ndarray) -> tuple[float, float, float]:
    G = W @ W.T
    return G[0, 1] / math.sqrt(G[0, 0] * G[1, 1]), G[0, 0], G[1, 1]


@pytest.mark.parametrize("n_neurons", [1, 2, 7])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_two_rows_in_the_model_wherever_they_lie(n_neurons: int, sign: float) -> None:
    rng = np.random.default_rng(n_neurons)
    W = rng.normal(size=(2, n_neurons)) / math.sqrt(n_neurons)
    W[1] *= sign * np.sign(W[0] @ W[1])
    c, first, second = norms_and_cosine(W)
    errors = []
    for step in (0.04, 0.02, 0.01):
        seen = norms_and_cosine(run(W, 1.5, step))
        errors.append(np.abs(np.subtract(seen, later(min(c, 1.0), 1.5, first, second))).max())
    # What is left is the integrator's: second order in the step.
    assert errors[-1] < 1e-4
    assert np.log2(errors[0] / errors[-1]) / 2 == pytest.approx(2.0, abs=0.15)


def test_neither_turning_nor_renaming_matters_to_the_model() -> None:
    rng = np.random.default_rng(3)
    W = np.abs(rng.normal(size=(2, 4)))
    turned = (W @ np.linalg.qr(rng.normal(size=(4, 4)))[0])[::-1]
    c, first, second = norms_and_cosine(run(W, 0.7))
    assert norms_and_cosine(run(turned, 0.7)) == pytest.approx((c, second, first), rel=1e-12)


def test_rows_end_at_the_nearest_orthonormal_pair() -> None:
    W = np.abs(np.random.default_rng(5).normal(size=(2, 4)))
    left, _, right = np.linalg.svd(W, full_matrices=False)
    # Heun's method conserves the direction of this limit to its order, step².
    np.testing.assert_allclose(run(W, 15.0, 0.02), left @ right, rtol=0, atol=1e-4)


# --- many rows ------------------------------------------------------------------------------------


def test_the_leading_order_of_two_rows_is_off_by_the_square_of_the_cosine() -> None:
    c, t = 2.0 ** -np.arange(5, 14), 1.0
    error = cosine_decay(c, t) / overlap_decay(c, t, n_features=2, largest_overlap=c) - 1
    # c/[c² + (1 − c²)e^{2t}] = c e^{−2t}[1 + c²(1 − e^{−2t}) + O(c⁴)]
    np.testing.assert_allclose(error / c**2, 1 - math.exp(-2 * t), rtol=2 * c[0] ** 2)


@given(share=st.floats(-1, 1), t=st.floats(0, 4))
def test_only_positive_overlaps_decay(share: float, t: float) -> None:
    g = 0.01 * math.copysign(max(abs(share), 0.5), share)
    seen = overlap_decay(g, t, n_features=2, largest_overlap=0.01)
    assert seen == (g if g <= 0 else pytest.approx(g * math.exp(-2 * t), rel=1e-12))


def stated(**given: float) -> float:
    error = law("overlap_decay").error
    assert error is not None
    return float(error(**given))


def test_the_stated_error_by_hand() -> None:
    # n = 10, ε = 0.01: A = 0.1 (3/2 · 2 + 4/5).
    given = {"initial_overlap": -0.008, "time": 2.0, "n_features": 10, "largest_overlap": 0.01}
    assert stated(**given) == pytest.approx(0.01 / 0.008 * math.expm1(0.38), rel=1e-12)
    assert stated(**given | {"time": 0.0}) == 0.0
    assert stated(**given | {"time": 1e50}) > 1e100


@pytest.mark.parametrize(
    ("g", "t", "n", "largest"),
    [
        (0.1, 2.0, 64, 0.4),  # the paper's start at n = m = 64: 12 times off
        (0.01, 4.0, 10, 0.01),  # too late
        (0.001, 1.0, 10, 0.01),  # too small beside the others
        (0.01, 1.0, 30, 0.01),  # too many rows
        (0.02, 0.1, 2, 0.01),  # above its bound
    ],
)
def test_where_other_rows_may_change_it_by_more_than_half_it_is_refused(
    g: float, t: float, n: int, largest: float
) -> None:
    with pytest.raises(ValueError, match="use simulate"):
        overlap_decay(g, t, n_features=n, largest_overlap=largest)


def test_at_the_edge_the_flow_is_within_the_stated_error() -> None:
    """One row that overlaps with all others, which avoid one another, is nearly the worst."""
    n, largest = 12, 0.02
    gram = np.eye(n) - largest * (1 - np.eye(n))
    gram[0, 1:] = gram[1:, 0] = largest
    W = np.linalg.cholesky(gram)
    edge = {"initial_overlap": largest, "n_features": n, "largest_overlap": largest}
    t = math.log(1.5) / (2.5 * n * largest)  # below 4/5, where both terms of A grow
    final = integrate(
        ToyModel(n, n).smooth_force,
        W,
        l1_strength=0.0,
        time=np.array([t]),
        step=0.005,
        method="strang",
    )[-1]
    seen = (final @ final.T)[0, 1:]
    off = np.abs(seen / overlap_decay(time=t * (1 - 1e-9), **edge) - 1)
    assert stated(time=t, **edge) == pytest.approx(0.5, rel=1e-9)
    assert (off < 0.5).all()
    assert (off > 0.5 / 4).all()


def test_in_wide_layers_random_overlaps_decay_like_that() -> None:
    n, t = 4, 1.0
    widths = np.array([50, 200, 800])
    rng = np.random.default_rng(11)
    off = []
    for m in widths:
        W = rng.normal(size=(60, n, m)) / math.sqrt(m)
        model = ToyModel(n, m)
        final = integrate(
            model.smooth_force, W, l1_strength=0.0, time=np.array([t]), step=0.05, method="strang"
        )[-1]
        i, j = np.triu_indices(n, 1)
        before, after = (np.einsum("sik,sjk->sij", V, V)[:, i, j] for V in (W, final))
        decayed = np.where(before > 0, math.exp(-2 * t), 1) * before
        off.append(np.sqrt(np.mean((after - decayed) ** 2 / np.mean(before**2))))
    # The relative error is of the order √(n/m); 360 overlaps a width fix it to about 5 %.
    slope = np.polyfit(np.log(widths), np.log(off), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)


# --- shapes ---------------------------------------------------------------------------------------

FORMS: list[tuple[Callable[..., Any], dict[str, float]]] = [
    (initial_feature_benefit, {"n_neurons": 7}),
    (initial_interference, {"n_features": 3, "n_neurons": 7, "squared_norm": 0.5}),
    (initial_interference_square, {"n_features": 3, "n_neurons": 7, "squared_norm": 0.5}),
    (initial_regularization, {"n_neurons": 7, "l1_strength": 0.1}),
    (initial_norm_speed, {"n_features": 3, "n_neurons": 7, "l1_strength": 0.1}),
    (cosine_decay, {"initial_cosine": 0.5, "time": 1.0, "squared_norm": 2.0}),
    (pair_squared_norm, {"initial_cosine": 0.5, "time": 1.0, "other_squared_norm": 2.0}),
    (
        overlap_decay,
        {"initial_overlap": 0.01, "time": 0.5, "n_features": 4, "largest_overlap": 0.02},
    ),
]


@pytest.mark.parametrize(("form", "case"), FORMS, ids=lambda each: getattr(each, "__name__", ""))
def test_numbers_give_floats_and_arrays_broadcast(form: Any, case: dict[str, float]) -> None:
    assert type(form(**case)) is float
    for name, value in case.items():
        assert form(**case | {name: [[value], [value]]}).tolist() == [[form(**case)]] * 2


@settings(max_examples=30)
@given(c=st.one_of(st.floats(1.0, 1e6, exclude_min=True), st.floats(-1e6, -1.0, exclude_max=True)))
def test_no_cosine_lies_outside(c: float) -> None:
    for form in (cosine_decay, pair_squared_norm):
        with pytest.raises(ValueError, match="initial_cosine must be"):
            form(c, 1.0)
