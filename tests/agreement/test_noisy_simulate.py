"""`simulate` with noise: the averaged flow, whatever engine follows it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from polytheory import ToyModel, initial_encodings, simulate
from polytheory.flow._forces import Averaged
from polytheory.noise import Bipolar, Gaussian, Laplace, Noise, Uniform

Array = NDArray[np.float64]

#: As in test_engines.py.
RATES = {"heun": 1.0, "rkl2": 2 / 3}
each_method = pytest.mark.parametrize("method", sorted(RATES))


def distance(one: Array, other: Array) -> float:
    return float(np.sqrt(np.square(one - other).mean()))


# What the averaged force is made of


@pytest.mark.parametrize("noise", [Gaussian(std=0.3), Uniform(std=0.1), Laplace(std=0.5)])
@pytest.mark.parametrize("shape", [(1, 3), (3, 5), (6, 2)])
def test_the_stiffness_bounds_the_jacobian_and_is_not_a_wild_one(
    noise: Noise, shape: tuple[int, int]
) -> None:
    W = initial_encodings(ToyModel(*shape), rng=1)
    forces = Averaged(noise, 1e-4)
    step = 1e-5
    columns = []
    for k in range(W.size):
        moved = np.zeros(W.size)
        moved[k] = step
        ahead, behind = (forces(W + s * moved.reshape(shape)) for s in (1, -1))
        columns.append((ahead - behind).ravel() / (2 * step))
    radius = float(np.abs(np.linalg.eigvals(columns)).max())
    found = forces.evaluate(W)[1]
    assert 0.99 * radius <= found <= max(4.0 * radius, 1.1)  # at least 1 in any case


def test_the_two_ways_to_the_force_agree_and_refuse_what_has_left_its_range() -> None:
    W = initial_encodings(ToyModel(4, 6), rng=0)
    forces = Averaged(Bipolar(std=0.2), 1e-4)
    np.testing.assert_array_equal(forces(W), forces.evaluate(W)[0])
    for far in (1e7 * W, np.full_like(W, np.nan)):
        assert np.isnan(forces(far)).all()
        assert np.isnan(forces.evaluate(far)[0]).all()


# The flow


@each_method
def test_it_follows_scipy(method: str) -> None:
    model = ToyModel(5, 6, noise=Gaussian(std=0.3))
    W0 = initial_encodings(model, rng=2)

    def field(_: float, w: Array) -> Array:
        return model.velocity(w.reshape(5, 6)).ravel()

    truth = solve_ivp(field, (0, 4.0), W0.ravel(), method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1]
    errors = [
        distance(simulate(model, W0, until=4.0, rtol=rtol, method=method).final.ravel(), truth)
        for rtol in (1e-2, 1e-4)
    ]
    assert errors[1] < min(1e-3, errors[0] / 5)


@each_method
def test_regularization_and_noise_together_converge_to_one_limit(method: str) -> None:
    # Weights die on the way, and noise pushes on those of the others.
    model = ToyModel(4, 6, l1_strength=0.05, noise=Gaussian(std=0.3))
    W0 = initial_encodings(model, rng=4)
    other = next(name for name in RATES if name != method)
    limit = simulate(model, W0, until=6.0, rtol=1e-5, atol=0.0, method=other).final
    assert 0 < np.count_nonzero(limit) < limit.size
    errors = [
        distance(simulate(model, W0, until=6.0, rtol=r, atol=0.0, method=method).final, limit)
        for r in (1e-2, 1e-4)
    ]
    assert errors[1] < min(2e-3, errors[0] / 5)


def test_the_comparison_sees_another_noise() -> None:
    W0 = initial_encodings(ToyModel(5, 6), rng=2)
    ends = [
        simulate(ToyModel(5, 6, noise=Gaussian(std=std)), W0, until=4.0, rtol=1e-4).final
        for std in (0.3, 0.31)
    ]
    assert distance(*ends) > 1e-3


@pytest.mark.parametrize("noise", [Gaussian(std=0.2), Bipolar(std=0.2), Laplace(std=0.1)])
@pytest.mark.parametrize("l1_strength", [0.0, 0.02])
def test_the_averaged_loss_never_rises(noise: Noise, l1_strength: float) -> None:
    model = ToyModel(4, 7, l1_strength=l1_strength, noise=noise)
    times = np.geomspace(0.1, 60.0, 12)
    run = simulate(model, initial_encodings(model, rng=3), time=times, until=60.0, rtol=1e-3)
    assert (np.diff(run.loss) < 1e-6).all()
    assert run.loss[-1] < run.loss[0] - 0.1


def test_gaussian_noise_has_no_preferred_basis() -> None:
    model = ToyModel(4, 6, noise=Gaussian(std=0.3))
    W0 = initial_encodings(model, rng=0)
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    straight, turned = (simulate(model, W, until=20.0, rtol=1e-4).final for W in (W0, W0 @ turn))
    np.testing.assert_allclose(straight @ turn, turned, atol=1e-6)  # rounding of the step lengths
    shaken = ToyModel(4, 6, noise=Bipolar(std=0.3))  # which has one
    straight, turned = (simulate(shaken, W, until=20.0, rtol=1e-4).final for W in (W0, W0 @ turn))
    assert distance(straight @ turn, turned) > 1e-2


def test_weak_noise_is_next_to_none() -> None:
    W0 = initial_encodings(ToyModel(4, 6), rng=0)
    without = simulate(ToyModel(4, 6), W0, until=5.0, rtol=1e-5).final
    faint = ToyModel(4, 6, noise=Gaussian(std=1e-5))
    np.testing.assert_allclose(simulate(faint, W0, until=5.0, rtol=1e-5).final, without, atol=1e-4)


# How it ends


def test_it_comes_to_rest_and_stays_there() -> None:
    model = ToyModel(3, 5, noise=Gaussian(std=0.3))
    run = simulate(model, initial_encodings(model, rng=0), time=[1.0, 5e3])
    assert (run.outcome, run.final_time) == ("at rest", np.inf)
    assert np.abs(model.velocity(run.final)).max() < 1e-5
    np.testing.assert_allclose(run.squared_norm[1], np.square(run.final).sum(axis=-1), rtol=1e-12)
    stopped = simulate(model, initial_encodings(model, rng=0), until=5e3)
    assert (stopped.outcome, stopped.final_time) == ("at rest", 5e3)


def test_noise_beyond_the_critical_one_fades_the_features() -> None:
    # A feature of norm N costs 1 without weights and at least (n−1)σ²N/2 with them.
    model = ToyModel(8, 10, noise=Gaussian(std=1.5))
    W0 = initial_encodings(model, rng=0)
    run = simulate(model, W0)
    assert run.outcome == "faded"
    assert run.squared_norm.max() < 0.1
    weaker = ToyModel(8, 10, noise=Gaussian(std=0.3))
    assert simulate(weaker, W0).outcome == "at rest"
    assert simulate(model, np.zeros((8, 10))).outcome == "dead"


def test_bounded_noise_out_of_reach_leaves_encodings_where_they_are() -> None:
    # |W_j·ξ| ≤ σ‖W_j‖₁ = 0.2 < 1: no ReLU changes its mind, and σ²‖W‖² only shortens the rows.
    model = ToyModel(2, 2, noise=Bipolar(std=0.2))
    start = np.array([[1.0, 0.0], [-1.0, 0.0]])
    run = simulate(model, start, rtol=1e-6)
    assert run.outcome == "at rest"
    np.testing.assert_allclose(np.abs(run.final[:, 0]), np.sqrt(1 - 0.02), rtol=1e-5)
    np.testing.assert_array_equal(run.final[:, 1], 0.0)


def test_sparse_encodings_do_not_settle_under_noise() -> None:
    # Without noise this pair is settled at once, and keeps sharing its neuron.
    start = np.array([[1.0, 0.02], [-1.0, -0.02]])
    quiet, noisy = (
        ToyModel(2, 2, l1_strength=0.001, noise=noise) for noise in (None, Gaussian(std=0.4))
    )
    assert simulate(quiet, start, until=1.0).outcome == "settled"
    assert simulate(noisy, start, until=1.0).outcome == "running"


def test_regularization_leaves_exact_zeros_under_noise() -> None:
    model = ToyModel(3, 6, l1_strength=0.03, noise=Bipolar(std=0.1))
    run = simulate(model, initial_encodings(model, rng=0))
    assert run.outcome == "at rest"
    assert run.nonzero_count.max() < 6
    held = run.final == 0
    assert (np.abs(model.smooth_force(run.final)[held]) <= 0.03).all()


def test_instances_do_not_see_each_other_and_single_precision_is_enough() -> None:
    model = ToyModel(3, 5, noise=Uniform(std=0.2))
    W0 = initial_encodings(model, 3, rng=0)
    both = simulate(model, W0, until=10.0)
    np.testing.assert_array_equal(both.final[2], simulate(model, W0[2], until=10.0).final)
    single = simulate(model, W0, until=10.0, dtype="float32")
    assert single.final.dtype == np.float32
    np.testing.assert_allclose(single.final, both.final, atol=2e-3)  # steps differ within rtol
