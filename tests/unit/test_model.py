"""The toy model: its flow against the gradient of its loss, force by force, and its symmetries."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from polytheory import ToyModel
from polytheory.model import noise_free_force, soft_threshold
from polytheory.notation import GRADIENT_FACTOR
from polytheory.testing import models

Array = NDArray[np.float64]
EPS = np.finfo(float).eps
#: Sums of at most 6 · 8 products of four weights of size ≤ 1.
ROUNDING = 64 * EPS

SHAPES = [(1, 1), (1, 4), (4, 1), (2, 5), (3, 3), (5, 2)]
FORCES = ["feature_benefit", "interference", "regularization", "smooth_force", "velocity"]


@st.composite
def models_and_encodings(draw: st.DrawFn) -> tuple[ToyModel, Array]:
    """Draw a model and weights in [-1, 1], exact zeros included."""
    model = draw(models())
    weights = st.one_of(st.just(0.0), st.floats(-1, 1, allow_subnormal=False))
    shape = (model.n_features, model.n_neurons)
    return model, draw(hnp.arrays(np.float64, shape, elements=weights))


def smooth_encodings(shape: tuple[int, ...], reach: float, seed: int) -> Array:
    """Draw encodings that no change of one weight by `reach` takes across a kink of the loss."""
    rng = np.random.default_rng(seed)
    while True:
        W = rng.uniform(-1, 1, shape)
        # W_i·W_j moves by at most reach · |W_jk| ≤ reach; its kink is at zero, and so is |W_ik|'s.
        if min(np.abs(W).min(), np.abs(W @ W.swapaxes(-1, -2)).min()) > 2 * reach:
            return W


def gradient(loss: Callable[[Array], float], W: Array, step: float) -> Array:
    """Differentiate with five points: exact for a polynomial of degree 4."""
    result = np.empty_like(W)
    for index in np.ndindex(W.shape):
        unit = np.zeros_like(W)
        unit[index] = step
        near = loss(W + unit) - loss(W - unit)
        far = loss(W + 2 * unit) - loss(W - 2 * unit)
        result[index] = (8 * near - far) / (12 * step)
    return result


# The loss and the flow


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("l1_strength", [0.0, 0.07])
@pytest.mark.parametrize("seed", range(3))
def test_minus_the_gradient_is_four_times_the_velocity(
    shape: tuple[int, int], l1_strength: float, seed: int
) -> None:
    step = 2.0**-10
    model = ToyModel(*shape, l1_strength=l1_strength)
    W = smooth_encodings(shape, 2 * step, seed)
    # Between kinks the loss has degree 4: what is left is its rounding over the step.
    rounding = 16 * EPS * (model.loss(W) + 1) * W.size / step
    np.testing.assert_allclose(
        -gradient(model.loss, W, step), GRADIENT_FACTOR * model.velocity(W), rtol=0, atol=rounding
    )


def test_that_comparison_rejects_a_wrong_factor() -> None:
    step = 2.0**-10
    model = ToyModel(3, 3, l1_strength=0.07)
    W = smooth_encodings((3, 3), 2 * step, 0)
    wrong = 4.001 * model.velocity(W)
    rounding = 16 * EPS * (model.loss(W) + 1) * W.size / step
    assert np.abs(-gradient(model.loss, W, step) - wrong).max() > rounding


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_a_batch(seed: int) -> None:
    step = 2.0**-10
    model = ToyModel(2, 3, l1_strength=0.07)
    W = smooth_encodings((2, 2, 3), 2 * step, seed)
    total = gradient(lambda w: model.loss(w).sum(), W, step)
    rounding = 16 * EPS * (model.loss(W).sum() + 1) * W.size / step
    np.testing.assert_allclose(-total, 4 * model.velocity(W), rtol=0, atol=rounding)


def test_the_loss_is_zero_at_perfect_one_hot_encodings() -> None:
    # Two features may share a neuron with opposite signs.
    W = [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]
    assert ToyModel(3, 3).loss(W) == 0
    assert (ToyModel(3, 3).velocity(W) == 0).all()


def test_the_loss_of_nothing_is_one_a_feature() -> None:
    assert ToyModel(3, 2, l1_strength=0.1).loss(np.zeros((3, 2))) == 3


def test_same_sign_carriers_on_one_neuron_cost() -> None:
    # Each input brings back the other feature too, with error 1.
    assert ToyModel(2, 1).loss([[1.0], [1.0]]) == 2


def test_the_loss_by_hand() -> None:
    # WWᵀ = [[1/4, −1/2], [−1/2, 1]]: errors 3/4, 0, 0, 0; ‖W‖₁ = 3/2 at λ_loss = 4 · 1/4.
    model = ToyModel(2, 1, l1_strength=0.25)
    assert model.loss([[0.5], [-1.0]]) == 9 / 16 + 3 / 2


@given(given_=models_and_encodings())
def test_the_loss_is_not_negative_and_carries_the_penalty(given_: tuple[ToyModel, Array]) -> None:
    model, W = given_
    free = ToyModel(model.n_features, model.n_neurons)
    penalty = 4 * model.l1_strength * np.abs(W).sum()
    assert free.loss(W) >= 0
    assert model.loss(W) == pytest.approx(free.loss(W) + penalty, rel=8 * EPS, abs=0)


# The forces


@given(given_=models_and_encodings())
def test_each_force_is_its_formula(given_: tuple[ToyModel, Array]) -> None:
    model, W = given_
    n = model.n_features
    benefit = [(1 - w @ w) * w for w in W]
    interference = [
        -sum((max(W[i] @ W[j], 0.0) * W[j] for j in range(n) if j != i), np.zeros(W.shape[1]))
        for i in range(n)
    ]
    exact = {"rtol": 0, "atol": ROUNDING}
    np.testing.assert_allclose(model.feature_benefit(W), benefit, **exact)
    np.testing.assert_allclose(model.interference(W), interference, **exact)
    np.testing.assert_array_equal(model.regularization(W), -model.l1_strength * np.sign(W))


@given(given_=models_and_encodings())
def test_the_forces_on_living_weights_add_up(given_: tuple[ToyModel, Array]) -> None:
    model, W = given_
    smooth = model.feature_benefit(W) + model.interference(W)
    np.testing.assert_array_equal(model.smooth_force(W), smooth)
    np.testing.assert_array_equal(noise_free_force(W), smooth)
    alive = W != 0
    total = smooth + model.regularization(W)
    np.testing.assert_array_equal(model.velocity(W)[alive], total[alive])


def test_a_lone_feature_feels_no_interference() -> None:
    W = np.random.default_rng(0).normal(size=(1, 5))
    assert (ToyModel(1, 5).interference(W) == 0).all()


def test_obtuse_rows_do_not_interfere() -> None:
    W = np.array([[1.0, 0.2], [-1.0, 0.1]])
    assert (ToyModel(2, 2).interference(W) == 0).all()


def test_acute_rows_are_pushed_apart() -> None:
    W = np.array([[1.0, 0.2], [0.9, 0.1]])
    moved = W + 1e-3 * ToyModel(2, 2).interference(W)
    assert moved[0] @ moved[1] < W[0] @ W[1]


def test_orthonormal_rows_are_at_rest() -> None:
    W = np.array([[0.6, 0.8], [-0.8, 0.6]])  # sums of squares that round to 1
    np.testing.assert_allclose(ToyModel(2, 2).velocity(W), 0, atol=ROUNDING)


# Zero weights: the set-valued sign


@pytest.mark.parametrize("l1_strength", [0.5, 0.7])
def test_a_zero_weight_stays_under_a_force_of_at_most_lambda(l1_strength: float) -> None:
    # W₀·W₁ = 1/2, so the force on the zero weight is −½ · 1.
    model = ToyModel(2, 2, l1_strength=l1_strength)
    W = [[0.5, 0.0], [1.0, 1.0]]
    assert model.smooth_force(W)[0, 1] == -0.5
    assert model.velocity(W)[0, 1] == 0


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_zero_weight_revives_at_the_excess_of_the_force(sign: float) -> None:
    model = ToyModel(2, 2, l1_strength=0.125)
    W = [[0.5, 0.0], [1.0, sign]]
    assert model.velocity(W)[0, 1] == -sign * (0.5 - 0.125)


@given(given_=models_and_encodings())
def test_zero_weights_take_the_least_velocity_the_sign_allows(
    given_: tuple[ToyModel, Array],
) -> None:
    model, W = given_
    zero = W == 0
    force, lam = model.smooth_force(W)[zero], model.l1_strength
    least = force - np.clip(force, -lam, lam)
    np.testing.assert_allclose(model.velocity(W)[zero], least, rtol=0, atol=EPS)


def test_all_zero_encodings_are_at_rest() -> None:
    assert (ToyModel(3, 2).velocity(np.zeros((3, 2))) == 0).all()


@given(values=hnp.arrays(np.float64, 5, elements=st.floats(-2, 2)), amount=st.floats(0, 2))
def test_soft_threshold_is_the_proximal_step(values: Array, amount: float) -> None:
    moved = soft_threshold(values, amount)
    assert (moved[np.abs(values) <= amount] == 0).all()
    kept = np.abs(values) > amount
    np.testing.assert_array_equal(moved[kept], (values - amount * np.sign(values))[kept])


# Symmetries


@pytest.mark.parametrize("force", FORCES)
@given(given_=models_and_encodings(), seed=st.integers(0, 99))
def test_renaming_neurons_and_features_renames_the_force(
    force: str, given_: tuple[ToyModel, Array], seed: int
) -> None:
    model, W = given_
    rng = np.random.default_rng(seed)
    features, neurons = (rng.permutation(size) for size in W.shape)
    renamed = getattr(model, force)(W[features][:, neurons])
    expected = getattr(model, force)(W)[features][:, neurons]
    np.testing.assert_allclose(renamed, expected, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("force", FORCES)
@given(given_=models_and_encodings(), seed=st.integers(0, 99))
def test_flipping_neurons_flips_the_force(
    force: str, given_: tuple[ToyModel, Array], seed: int
) -> None:
    model, W = given_
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], model.n_neurons)
    flipped = getattr(model, force)(signs * W)
    np.testing.assert_allclose(flipped, signs * getattr(model, force)(W), rtol=0, atol=ROUNDING)


@given(given_=models_and_encodings(), seed=st.integers(0, 99))
def test_the_loss_ignores_names_and_signs_of_neurons(
    given_: tuple[ToyModel, Array], seed: int
) -> None:
    model, W = given_
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], model.n_neurons)
    same = (signs * W)[rng.permutation(model.n_features)][:, rng.permutation(model.n_neurons)]
    assert model.loss(same) == pytest.approx(model.loss(W), rel=ROUNDING, abs=ROUNDING)


def test_flipping_one_feature_is_no_symmetry() -> None:
    # The ReLU tells overlaps apart by sign: a check that the tests above could fail.
    model, W = ToyModel(2, 2), np.array([[1.0, 0.2], [0.9, 0.1]])
    assert model.loss(W) > model.loss(W * [[1.0], [-1.0]])


# Shapes and types


@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_equals_a_loop(shape: tuple[int, int]) -> None:
    model = ToyModel(*shape, l1_strength=0.1)
    batch = np.random.default_rng(0).normal(size=(2, 3, *shape))
    batch[0, 0, 0, 0] = 0.0
    for method in ["reconstruction", *FORCES]:
        looped = [[getattr(model, method)(W) for W in block] for block in batch]
        # A stacked matrix product may sum in another order.
        np.testing.assert_allclose(getattr(model, method)(batch), looped, rtol=1e-12, atol=1e-12)
    losses = [[model.loss(W) for W in block] for block in batch]
    np.testing.assert_allclose(model.loss(batch), losses, rtol=1e-12)


def test_one_matrix_gives_a_float() -> None:
    assert type(ToyModel(2, 3).loss(np.ones((2, 3)))) is float


def test_the_default_inputs_are_the_basis_vectors() -> None:
    W = np.random.default_rng(0).normal(size=(3, 4))
    model = ToyModel(3, 4)
    np.testing.assert_array_equal(model.reconstruction(W), model.reconstruction(W, np.eye(3)))


@given(given_=models_and_encodings(), seed=st.integers(0, 99))
def test_reconstruction_is_relu_of_the_gram_matrix(
    given_: tuple[ToyModel, Array], seed: int
) -> None:
    model, W = given_
    inputs = np.random.default_rng(seed).uniform(-1, 1, (4, model.n_features))
    expected = [np.maximum(W @ (W.T @ x), 0) for x in inputs]
    np.testing.assert_allclose(
        model.reconstruction(W, inputs), expected, rtol=0, atol=ROUNDING * model.n_features
    )


WHOLE = np.array([[1, 0, -1], [0, 2, 1]])


@pytest.mark.parametrize(
    "encodings",
    [
        WHOLE.tolist(),
        WHOLE,
        WHOLE.astype(np.int8),
        WHOLE.astype(np.float32),
        np.asfortranarray(WHOLE.astype(float)),
        WHOLE.astype(float)[:, ::-1][:, ::-1],
    ],
    ids=["list", "int64", "int8", "float32", "Fortran", "strided"],
)
@pytest.mark.parametrize("method", ["loss", "reconstruction", *FORCES])
def test_any_real_dtype_and_layout_is_accepted(method: str, encodings: Any) -> None:
    model = ToyModel(2, 3, l1_strength=0.25)
    result = getattr(model, method)(encodings)
    np.testing.assert_array_equal(result, getattr(model, method)(WHOLE.astype(float)))


@pytest.mark.parametrize("method", ["loss", "reconstruction", *FORCES])
def test_input_is_read_only_to_the_model(method: str) -> None:
    W = np.random.default_rng(0).normal(size=(2, 3))
    before = W.copy()
    W.setflags(write=False)
    result = getattr(ToyModel(2, 3, l1_strength=0.25), method)(W)
    np.testing.assert_array_equal(W, before)
    assert not np.shares_memory(result, W)


def test_a_model_is_a_value() -> None:
    assert ToyModel(2, 3, l1_strength=0.1) == ToyModel(np.int64(2), 3, l1_strength=np.float64(0.1))
    assert len({ToyModel(2, 3), ToyModel(2, 3), ToyModel(3, 2)}) == 2
