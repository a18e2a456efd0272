"""The flow with frozen signs: two forms of one right-hand side, and the model's own."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import ToyModel
from polytheory.flow._orthant import DenseOrthant, SparseOrthant, frozen_signs, residual

Array = NDArray[np.float64]

#: n, m, share of living weights, λ, seed.
CASES = st.tuples(
    st.integers(1, 6),
    st.integers(1, 9),
    st.sampled_from([0.1, 0.3, 1.0]),
    st.sampled_from([0.0, 0.02, 0.4]),
    st.integers(0, 10**6),
)
Case = tuple[int, int, float, float, int]


def drawn(case: Case) -> tuple[ToyModel, Array, Array]:
    """Return a model, a sparse W and the frozen signs, with one living weight at least."""
    n, m, share, lam, seed = case
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, m)) * (rng.random((n, m)) < share)
    W[0, 0] = 0.5
    model = ToyModel(n, m, l1_strength=lam)
    return model, W, frozen_signs(W, model.smooth_force(W), lam)


def slope(space: DenseOrthant | SparseOrthant, W: Array) -> Array:
    """Return f − λ s in the form's own vector."""
    x = space.gather(W)
    out = np.full_like(x, 7.0)
    space.stage(x, out, 0.0, 1.0, 1.0)
    return np.asarray(out - x)


def tolerance(W: Array) -> float:
    # A few dozen products of three weights.
    return 1e-14 * W.size * (1 + float(np.abs(W).max()) ** 3)


@settings(max_examples=60)
@given(case=CASES)
def test_both_forms_are_the_force_of_the_model(case: Case) -> None:
    model, W, signs = drawn(case)
    expected = model.smooth_force(W) - model.l1_strength * signs
    dense, sparse = DenseOrthant(signs, model.l1_strength), SparseOrthant(signs, case[3])
    np.testing.assert_allclose(
        slope(dense, W).reshape(W.shape)[signs != 0],
        expected[signs != 0],
        rtol=0,
        atol=tolerance(W),
    )
    np.testing.assert_allclose(
        slope(sparse, W), expected.T[signs.T != 0], rtol=0, atol=tolerance(W)
    )


@settings(max_examples=60)
@given(case=CASES)
def test_weights_move_at_the_velocity_of_the_model_or_are_held(case: Case) -> None:
    model, W, signs = drawn(case)
    found = slope(DenseOrthant(signs, model.l1_strength), W).reshape(W.shape)
    held = (W == 0) & (found * signs <= 0)  # the projection does that
    np.testing.assert_allclose(
        np.where(held, 0.0, found), model.velocity(W), rtol=0, atol=tolerance(W)
    )


@settings(max_examples=30)
@given(case=CASES, factors=st.tuples(*[st.floats(-2.0, 2.0), st.floats(0.1, 2.0)] * 2))
def test_a_stage_adds_its_three_terms(case: Case, factors: tuple[float, ...]) -> None:
    model, W, signs = drawn(case)
    nu, mu, _, a = factors
    rng = np.random.default_rng(1)
    for space in (DenseOrthant(signs, model.l1_strength), SparseOrthant(signs, case[3])):
        x, before = space.gather(W), rng.normal(size=space.signs.size)
        expected = nu * before + mu * x + a * slope(space, W)
        space.stage(x, before, nu, mu, a)
        np.testing.assert_allclose(before, expected, rtol=0, atol=10 * tolerance(W))


def test_the_factors_of_a_stage_do_not_overflow_in_a_tiny_step() -> None:
    _, W, signs = drawn((4, 6, 0.5, 0.02, 0))
    W, signs = W.astype(np.float32), signs.astype(np.float32)
    before = np.zeros(W.size, np.float32)
    DenseOrthant(signs, 0.02).stage(W.ravel(), before, 0.5, 1.0, 1e-300)
    np.testing.assert_array_equal(before, W.ravel())


def test_that_comparison_sees_a_wrong_strength() -> None:
    model, W, signs = drawn((4, 6, 0.5, 0.02, 0))
    wrong = SparseOrthant(signs, 0.021)
    expected = model.smooth_force(W) - model.l1_strength * signs
    assert np.abs(slope(wrong, W) - expected.T[signs.T != 0]).max() > 100 * tolerance(W)


@settings(max_examples=30)
@given(case=CASES)
def test_scatter_undoes_gather(case: Case) -> None:
    model, W, signs = drawn(case)
    for space in (DenseOrthant(signs, 0.1), SparseOrthant(signs, model.l1_strength)):
        np.testing.assert_array_equal(space.scatter(space.gather(W)), W)
        x = space.signs * np.arange(1.0, space.signs.size + 1)
        np.testing.assert_array_equal(space.gather(space.scatter(x)), x)
        np.testing.assert_array_equal(space.gather(signs), space.signs)


@settings(max_examples=30)
@given(case=CASES)
def test_pairs_are_counted_with_repetition(case: Case) -> None:
    _, _, signs = drawn(case)
    n, m = signs.shape
    by_hand = sum(
        bool(signs[i, k]) and bool(signs[j, k])
        for i, j, k in itertools.product(range(n), range(n), range(m))
    )
    assert SparseOrthant.pairs(signs) == by_hand


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_encodings_keep_their_type(dtype: type) -> None:
    model, W, signs = drawn((4, 6, 0.5, 0.02, 0))
    W, signs = W.astype(dtype), signs.astype(dtype)
    for space in (DenseOrthant(signs, 0.02), SparseOrthant(signs, 0.02)):
        assert space.scatter(space.gather(W)).dtype == dtype
        expected = model.smooth_force(W)[W != 0] - 0.02 * np.sign(W[W != 0])
        found = space.scatter(slope(space, W))[W != 0]
        np.testing.assert_allclose(found, expected, rtol=0, atol=50 * np.finfo(dtype).eps)


def test_the_input_is_left_alone() -> None:
    model, W, signs = drawn((4, 6, 0.5, 0.02, 0))
    before = W.copy(), signs.copy()
    for space in (DenseOrthant(signs, 0.02), SparseOrthant(signs, model.l1_strength)):
        x = space.gather(W)
        kept = x.copy()
        space.stage(x, np.zeros_like(x), 0.5, 0.5, 0.5)
        np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal((W, signs), before)


@pytest.mark.parametrize(
    ("weight", "force", "sign"),
    [
        # λ = 0.2
        (0.7, -5.0, 1),  # living weights keep their sign, however they are pushed
        (-1e-300, 5.0, -1),
        (0.0, 0.0, 0),
        (0.0, 0.1, 0),  # up to λ/2 held
        (0.0, -0.1, 0),
        (0.0, 0.11, 1),  # beyond it free, in the direction of the force
        (0.0, -0.11, -1),
        (-0.0, 0.3, 1),
    ],
)
def test_the_rules_of_the_signs(weight: float, force: float, sign: int) -> None:
    assert frozen_signs(np.array([[weight]]), np.array([[force]]), 0.2) == sign


def test_without_regularization_any_force_frees_a_weight() -> None:
    signs = frozen_signs(np.zeros((1, 3)), np.array([[1e-300, 0.0, -1e-300]]), 0.0)
    assert signs.tolist() == [[1, 0, -1]]


def test_the_residual_by_hand() -> None:
    gram = np.array([[0.25, -0.5, 0.5], [-0.5, 4.0, 0.0], [0.5, 0.0, 1.0]])
    expected = [[-0.75, 0.0, 0.5], [0.0, 3.0, 0.0], [0.5, 0.0, 0.0]]
    found = residual(gram)
    assert found is gram
    np.testing.assert_array_equal(found, expected)
