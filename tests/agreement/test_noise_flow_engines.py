"""The ways to step the averaged flow without ℓ1, against each other and against SciPy."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from polytheory import ToyModel, initial_encodings, simulate
from polytheory.flow import _implicit
from polytheory.flow._engines import MAX_IMPLICIT_WEIGHTS, FreeRungeKuttaLegendre, Heun, engine
from polytheory.flow._forces import Averaged
from polytheory.flow._implicit import Implicit
from polytheory.noise import Bipolar, Gaussian, Laplace, Noise, Uniform, expected_loss

Array = NDArray[np.float64]


def start(n: int, m: int, seed: int = 0) -> Array:
    return np.asarray(initial_encodings(ToyModel(n, m), rng=seed))


def distance(one: Array, other: Array) -> float:
    return float(np.sqrt(np.square(one - other).mean()))


def states(stepper: Implicit | FreeRungeKuttaLegendre | Heun, times: Array) -> Array:
    """Return the encodings at the times."""
    seen = []
    for time in times:
        while stepper.time < time:
            stepper.advance(time)
        seen.append(stepper.W.copy())
    return np.array(seen)


def scipy_states(W0: Array, noise: Noise, times: Array) -> Array:
    # The kinks of bipolar noise make a step of order 8 no better than one of order 2.
    tol = 1e-11 if isinstance(noise, Gaussian) else 1e-7
    forces = Averaged(noise, 1e-6)

    def field(_: float, w: Array) -> Array:
        return forces(w.reshape(W0.shape)).ravel()

    span = (0.0, times[-1])
    run = solve_ivp(field, span, W0.ravel(), "DOP853", times, rtol=tol, atol=tol)
    return np.asarray(run.y.T.reshape(-1, *W0.shape))


# The three engines against SciPy's explicit method of order 8


@pytest.mark.parametrize(
    ("noise", "finest"),
    [(Gaussian(std=0.3), 1e-6), (Bipolar(std=0.2), 1e-4), (Laplace(std=0.2), 1e-4)],
)
def test_implicit_steps_follow_scipy(noise: Noise, finest: float) -> None:
    W0, times = start(3, 5), np.array([0.3, 1.0, 4.0, 8.0])
    truth = scipy_states(W0, noise, times)
    for rtol in (1e-2, 1e-4, finest):
        seen = states(Implicit(W0, rtol, 0.0, noise), times)
        # A step is allowed rtol/100; errors of a few dozen add up.
        assert distance(seen, truth) < 0.1 * rtol


def test_the_error_falls_as_the_tolerance_where_the_order_is_high() -> None:
    # A step of order k is as long as the (k+1)-th root of what is allowed, and the error of the run
    # a multiple of that to the power k/(k+1): 5/6 at the highest order, lower ones at the start.
    W0, noise, times = start(4, 6, seed=1), Gaussian(std=0.3), np.array([2.0, 10.0])
    truth = scipy_states(W0, noise, times)
    rtols = 10.0 ** -np.arange(2, 7)
    errors = [distance(states(Implicit(W0, r, 0.0, noise), times), truth) for r in rtols]
    assert 0.7 < np.polyfit(np.log(rtols), np.log(errors), 1)[0] < 1.15


def test_at_the_default_implicit_steps_are_the_better_ones() -> None:
    W0, noise, times = start(5, 8, seed=2), Gaussian(std=0.2), np.array([1.0, 5.0, 20.0])
    truth = scipy_states(W0, noise, times)
    implicit, free, plain = (
        distance(states(each, times), truth)
        for each in (
            Implicit(W0, 1e-2, 1e-6, noise),
            FreeRungeKuttaLegendre(W0, 0.0, 1e-2, 1e-6, noise),
            Heun(W0, 0.0, 1e-4, 1e-6, noise),
        )
    )
    assert implicit < 0.3 * free
    assert free < 1e-2  # its rtol
    assert plain < 1e-4  # order h², h² = rtol


def test_the_comparison_sees_another_noise() -> None:
    W0, times = start(4, 6), np.array([15.0])
    truth = scipy_states(W0, Gaussian(std=0.3), times)
    assert distance(states(Implicit(W0, 1e-2, 0.0, Gaussian(std=0.31)), times), truth) > 1e-3


# A long run at the published size


def test_the_loss_of_a_long_run_is_right_to_one_part_in_a_million() -> None:
    # Bipolar noise of weight 2^-16 an atom and kinks on the way; the second run is allowed 1/50.
    W0, noise, times = start(6, 10, seed=0), Bipolar(std=0.15), np.geomspace(0.5, 600.0, 24)
    seen, tight = (states(Implicit(W0, r, 1e-8, noise), times) for r in (2e-5, 4e-7))
    losses = [expected_loss(each, noise, rtol=1e-12) for each in (seen, tight)]
    assert (np.abs(losses[0] / losses[1] - 1) < 2e-6).all()
    fourth = np.square(np.square(tight[[0, -1]])).sum(axis=-1).mean(axis=-1)
    assert fourth[1] > 2 * fourth[0]  # it did sparsify meanwhile
    # Runge–Kutta–Legendre steps, which know nothing of Hessians, come to the same end.
    free = states(FreeRungeKuttaLegendre(W0, 0.0, 1e-3, 1e-6, noise), times[-1:])
    assert distance(free[0], tight[-1]) < 3e-3


# How it behaves


def test_where_it_is_stopped_does_not_matter_and_pairs_are_consistent() -> None:
    W0, noise = start(4, 6), Gaussian(std=0.3)
    straight = Implicit(W0, 1e-3, 0.0, noise)
    often = Implicit(W0, 1e-3, 0.0, noise)
    straight.advance(np.inf)
    while often.time < 20.0:
        before, stop = often.time, min(20.0, 1.05 * often.time + 0.01)
        often.advance(stop)
        assert before < often.time <= stop
        while straight.time < often.time:
            straight.advance(often.time)
        np.testing.assert_array_equal(straight.W, often.W)


def test_an_interrupted_step_leaves_the_last_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    stepper = Implicit(start(4, 6), 1e-3, 0.0, Gaussian(std=0.3))
    for _ in range(20):
        stepper.advance(np.inf)
    W, time = stepper.W, stepper.time

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Averaged, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt):
        stepper.advance(np.inf)
    assert stepper.W is W
    assert stepper.time == time


@pytest.mark.parametrize("size", [1e3, 1e-3, 0.0])
def test_it_starts_from_any_encodings(size: float) -> None:
    stepper = Implicit(size * start(3, 4), 1e-2, 0.0, Bipolar(std=0.1))
    states(stepper, np.array([100.0]))
    norms = np.square(stepper.W).sum(axis=-1)
    assert ((norms > 0.9) & (norms < 1.0)).all() if size else not stepper.W.any()


def test_a_jacobian_that_is_no_good_costs_steps_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    W0, noise, times = start(3, 4), Gaussian(std=0.3), np.array([1.0, 5.0])
    good = states(Implicit(W0, 1e-2, 0.0, noise), times)

    def wrong(W: Array, _: Noise, **__: float) -> Array:
        return np.zeros((*W.shape, *W.shape))

    monkeypatch.setattr(_implicit, "expected_hessian", wrong)
    np.testing.assert_allclose(states(Implicit(W0, 1e-2, 0.0, noise), times), good, atol=1e-3)


def test_a_new_jacobian_is_trusted_as_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    W0, noise, times = start(3, 4), Bipolar(std=0.2), np.geomspace(1.0, 100.0, 4)
    asked, force = [0], Averaged.__call__

    def counted(self: Averaged, W: Array) -> Array:
        asked[-1] += 1
        return force(self, W)

    monkeypatch.setattr(Averaged, "__call__", counted)
    seen = states(Implicit(W0, 1e-4, 0.0, noise), times)
    # Distrust takes a second iteration to measure the rate again.
    monkeypatch.setattr(_implicit, "LEAST_RATE", _implicit.NEW_RATE)
    asked.append(0)
    careful = states(Implicit(W0, 1e-4, 0.0, noise), times)
    assert asked[0] < 0.95 * asked[1]
    assert distance(seen, careful) < 1e-5  # as against SciPy above


def test_single_precision_in_and_out() -> None:
    W0, noise = start(3, 4).astype(np.float32), Uniform(std=0.2)
    stepper = Implicit(W0, 1e-2, 1e-6, noise)
    seen = states(stepper, np.array([10.0]))
    assert stepper.W.dtype == np.float32
    truth = states(Implicit(W0.astype(np.float64), 1e-2, 1e-6, noise), np.array([10.0]))
    np.testing.assert_allclose(seen, truth, rtol=0, atol=1e-6)


def test_small_models_under_noise_alone_are_stepped_implicitly() -> None:
    noise = Gaussian(std=0.1)
    small, large = (
        np.ones((2, MAX_IMPLICIT_WEIGHTS // 2)),
        np.ones((2, MAX_IMPLICIT_WEIGHTS // 2 + 1)),
    )
    assert isinstance(engine("rkl2", small, 0.0, 0.01, 1e-6, noise), Implicit)
    assert isinstance(engine("rkl2", large, 0.0, 0.01, 1e-6, noise), FreeRungeKuttaLegendre)
    for method, lam, distribution in (
        ("heun", 0.0, noise),
        ("rkl2", 0.1, noise),
        ("rkl2", 0.0, None),
    ):
        assert not isinstance(
            engine(method, small, lam, 0.01, 1e-6, distribution), Implicit | FreeRungeKuttaLegendre
        )


def test_simulate_records_at_the_asked_times_and_finds_rest() -> None:
    model = ToyModel(4, 6, noise=Gaussian(std=0.3))
    times = np.array([0.0, 0.5, 2.0, 2.1, 40.0])
    run = simulate(model, start(4, 6), time=times, until=40.0, rtol=1e-4)
    truth = scipy_states(start(4, 6), model.noise or Gaussian(std=1.0), times)
    np.testing.assert_allclose(run.loss, expected_loss(truth, Gaussian(std=0.3)), rtol=1e-5)
    assert all(later < earlier for earlier, later in pairwise(run.loss))
    assert simulate(model, start(4, 6)).outcome == "at rest"


def test_the_package_loads_no_integrator() -> None:
    code = "import sys, polytheory; print('scipy.integrate' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
