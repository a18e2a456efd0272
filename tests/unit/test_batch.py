"""The batch gradient: the published one for basis vectors, and a derivative for any inputs."""

import numpy as np
import pytest

from polytheory import ToyModel, initial_encodings
from polytheory.flow.batch import batch_gradient, batch_loss
from polytheory.inputs import Bernoulli, KHot

MODEL = ToyModel(5, 7)
W = initial_encodings(MODEL, 3, rng=1)
X = Bernoulli(probability=0.4, size=11).sample(5, rng=2)


def test_the_basis_vectors_give_the_published_loss_and_flow() -> None:
    x, scale = np.eye(5), KHot(active=1, size=5).scale(5)
    np.testing.assert_allclose(batch_loss(W, x, scale), MODEL.loss(W), rtol=1e-14)
    # −∇L = 4 × the velocity of the flow.
    gradient = batch_gradient(W, x, scale)
    np.testing.assert_allclose(gradient, -4 * MODEL.smooth_force(W), rtol=0, atol=1e-13)


@pytest.mark.parametrize("direction", range(4))
def test_it_is_the_derivative_of_the_loss(direction: int) -> None:
    step = np.random.default_rng(direction).normal(size=W.shape)
    h = 1e-6  # the error of a central difference is h² times a third derivative of order 100
    rise = batch_loss(W + h * step, X, 0.7) - batch_loss(W - h * step, X, 0.7)
    slope = (batch_gradient(W, X, 0.7) * step).sum(axis=(-2, -1))
    np.testing.assert_allclose(rise / (2 * h), slope, rtol=1e-7, atol=1e-7)


def test_that_check_can_fail() -> None:
    # Only what W does as a decoder, without what it does as an encoder.
    hidden = X @ W
    y = hidden @ np.swapaxes(W, -1, -2)
    half = 2 * 0.7 * np.swapaxes(np.where(y > 0, y - X, 0), -1, -2) @ hidden
    assert np.abs(half - batch_gradient(W, X, 0.7)).max() > 0.1


def test_empty_inputs_and_the_order_of_inputs_do_not_matter() -> None:
    x = np.vstack([X[::-1], np.zeros((4, 5))])
    np.testing.assert_allclose(batch_gradient(W, x, 0.7), batch_gradient(W, X, 0.7), atol=1e-13)


def test_an_instance_may_have_inputs_of_its_own() -> None:
    xs = np.stack([Bernoulli(probability=0.4, size=6).sample(5, rng=k) for k in range(3)])
    alone = [batch_gradient(w, x, 0.7) for w, x in zip(W, xs, strict=True)]
    np.testing.assert_allclose(batch_gradient(W, xs, 0.7), alone, atol=1e-13)


def test_single_precision_stays_single() -> None:
    found = batch_gradient(W.astype(np.float32), X, 0.7)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, batch_gradient(W, X, 0.7), atol=1e-5)


def test_batches_average_to_the_published_gradient_as_features_get_rare() -> None:
    # 1/p times the mean over inputs; those with two features have a share of 4p/2 here, at most.
    p = 1e-4
    batch = Bernoulli(probability=p, size=1_000_000)
    active = np.random.default_rng(5).random((batch.size, 5)) < p
    x = active[active.any(axis=1)].astype(float)
    mean = batch_gradient(W, x, batch.scale(5))
    published = batch_gradient(W, np.eye(5), 1.0)
    # Each feature is seen 100 times: 10 % of each term, of which there are few; 4 of these.
    assert np.abs(mean - published).max() < 4 * 0.1 * np.abs(published).max()
