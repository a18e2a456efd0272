"""The two engines of `simulate` against each other, against SciPy, and against the reduction."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from polytheory import ToyModel, carriers, initial_encodings, initial_row, row_flow, simulate
from polytheory.flow import _forces
from polytheory.flow._engines import ENGINES, RungeKuttaLegendre
from polytheory.flow.plain import METHODS
from polytheory.model import soft_threshold

Array = NDArray[np.float64]

#: Error at a fixed time ~ rtol^rate. The plain engine is of order 2 in its step √rtol. A stabilized
#: step makes an error h³ that is held to rtol, and the sum of them, as the error where weights
#: die, revive or pass through zero, is of order h².
RATES = {"heun": 1.0, "rkl2": 2 / 3}
COARSE = {"heun": 10.0 ** -np.arange(2, 5.1, 0.5), "rkl2": 10.0 ** -np.arange(2, 6.1, 0.5)}
FINE = {"heun": 1e-7, "rkl2": 1e-9}
OTHER = {"heun": "rkl2", "rkl2": "heun"}

#: n, m, λ, time, seed: weights die, revive and pass through zero on the way.
SMALL = [(8, 12, 0.03, 3.0, 6)]
SLOW = [
    (6, 8, 0.05, 4.0, 8),
    (8, 16, 0.03, 10.0, 5),
    (8, 8, 0.02, 6.0, 5),
    (8, 16, 0.0, 4.0, 3),
    (7, 3, 0.1, 3.0, 1),
]


def states(method: str, rtol: float, model: ToyModel, W0: Array, time: float) -> Array:
    """Return the encodings at a quarter, a half and the whole of the time."""
    ends = [
        simulate(model, W0, until=part * time, rtol=rtol, atol=0.0, method=method).final
        for part in (0.25, 0.5, 1.0)
    ]
    return np.array(ends)


def instance(case: tuple[int, int, float, float, int]) -> tuple[ToyModel, Array, float]:
    n, m, lam, time, seed = case
    model = ToyModel(n, m, l1_strength=lam)
    return model, initial_encodings(model, rng=seed), time


def distance(one: Array, other: Array) -> float:
    return float(np.sqrt(np.square(one - other).mean()))


def fitted_rate(method: str, limit: Array, *problem: Any) -> float:
    errors = [distance(states(method, rtol, *problem), limit) for rtol in COARSE[method]]
    return float(np.polyfit(np.log(COARSE[method]), np.log(errors), 1)[0])


def rate_is_as_declared(method: str, case: tuple[int, int, float, float, int]) -> bool:
    """Fit the rate at which an engine nears the limit of the other one."""
    problem = instance(case)
    limit = states(OTHER[method], FINE[OTHER[method]], *problem)
    return fitted_rate(method, limit, *problem) == pytest.approx(RATES[method], abs=0.12)


@pytest.mark.parametrize("case", SMALL)
@pytest.mark.parametrize("method", sorted(RATES))
def test_each_engine_converges_to_the_limit_of_the_other(
    method: str, case: tuple[int, int, float, float, int]
) -> None:
    assert rate_is_as_declared(method, case)


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW)
@pytest.mark.parametrize("method", sorted(RATES))
def test_each_engine_converges_to_the_limit_of_the_other_in_more_cases(
    method: str, case: tuple[int, int, float, float, int]
) -> None:
    assert rate_is_as_declared(method, case)


@pytest.mark.parametrize("method", sorted(RATES))
def test_no_engine_converges_to_the_flow_of_another_strength(method: str) -> None:
    n, m, lam, time, seed = SMALL[0]
    limit = states(method, 1e-6, *instance((n, m, 1.01 * lam, time, seed)))
    assert fitted_rate(method, limit, *instance(SMALL[0])) < 0.5 * RATES[method]


@pytest.mark.parametrize("case", SMALL)
def test_those_cases_hold_what_is_hard(case: tuple[int, int, float, float, int]) -> None:
    model, W, time = instance(case)
    signs = last = np.sign(W)  # `last`: that of a weight while it lived
    seen = {"died": 0, "revived": 0, "passed through zero": 0}
    for _ in range(40):
        before, W = signs, simulate(model, W, until=time / 40, rtol=1e-4).final
        signs = np.sign(W)
        seen["died"] += np.count_nonzero((before != 0) & (signs == 0))
        seen["revived"] += np.count_nonzero((before == 0) & (signs != 0))
        seen["passed through zero"] += np.count_nonzero(signs * last < 0)
        last = np.where(signs != 0, signs, last)
    assert all(seen.values()), seen


def test_the_fit_sees_a_sign_taken_at_the_end_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    # Proximal steps: for a weight that passes through zero λ acts one way only, an error of O(h).
    def proximal(force: Any, w: Array, lam: float, h: float) -> Array:
        slope = force(w)
        ahead = soft_threshold(w + h * slope, h * lam)
        return soft_threshold(w + 0.5 * h * (slope + force(ahead)), h * lam)

    problem = instance(SMALL[0])
    limit = states("rkl2", 1e-7, *problem)
    monkeypatch.setitem(METHODS, "heun", proximal)
    assert fitted_rate("heun", limit, *problem) < 0.7


# Stability


def spectral_radius(W: Array) -> float:
    """Differentiate the smooth force numerically; the Jacobian of a gradient is symmetric."""
    model, h = ToyModel(*W.shape), 1e-6
    columns = [
        (model.smooth_force(W + shift) - model.smooth_force(W - shift)).ravel() / (2 * h)
        for shift in h * np.eye(W.size).reshape(-1, *W.shape)
    ]
    return float(np.abs(np.linalg.eigvals(columns)).max())


@pytest.mark.parametrize(
    "W",
    [
        *(initial_encodings(ToyModel(*shape), rng=1) for shape in [(1, 6), (3, 5), (6, 2), (5, 5)]),
        np.abs(initial_encodings(ToyModel(6, 8), rng=2)),
        np.full((3, 4), 2.0),
        np.array([[2.0], [-2.0]]),  # no row sum: power iteration must not start from its null space
        np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 3.0], [0.0, -3.0]]),
        0.01 * np.eye(3),
    ],
)
def test_the_stiffness_is_a_bound_on_the_jacobian_and_not_a_wild_one(W: Array) -> None:
    found, radius = RungeKuttaLegendre(W, 0.1, 0.01, 0.0)._stiffness, spectral_radius(W)
    assert (1 - 1e-6) * radius <= found <= max(4.0 * radius, 1.1)  # at least 1 in any case


#: n, m, λ: the vector of the largest eigenvalue changes along the run.
TURNING = [(2, 2, 0.1), (8, 8, 0.01), (6, 12, 0.02), (16, 4, 0.05)]


def tightest_bound(n: int, m: int, lam: float) -> float:
    """Return the smallest ratio of the bound to the spectral radius along a run."""
    W0 = np.random.default_rng(1).normal(scale=m**-0.5, size=(n, m))
    engine = RungeKuttaLegendre(W0, lam, 0.01, 1e-6)
    ratios = []
    while engine.time < 2.0 / lam:
        engine.advance(2.0 / lam)
        ratios.append(engine._stiffness / max(spectral_radius(engine.W), 1.0))
    return min(ratios)


@pytest.mark.parametrize("case", TURNING)
def test_a_few_power_iterations_follow_the_largest_eigenvalue(
    case: tuple[int, int, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tightest_bound(*case)
    assert few >= 1 - 1e-6  # differences
    monkeypatch.setattr(_forces, "ITERATIONS", 30)
    assert few > 0.98 * tightest_bound(*case)


def test_a_single_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_forces, "FIRST_ITERATIONS", 1)
    monkeypatch.setattr(_forces, "ITERATIONS", 1)
    assert min(tightest_bound(*case) for case in TURNING) < 0.98


# A third witness: without regularization the flow is smooth enough for any integrator


@pytest.mark.parametrize("method", sorted(RATES))
@pytest.mark.parametrize(("n", "m"), [(6, 9), (7, 3)])
def test_without_regularization_both_follow_scipy(method: str, n: int, m: int) -> None:
    model = ToyModel(n, m)
    W0 = initial_encodings(model, rng=2)

    def field(_: float, w: Array) -> Array:
        return model.velocity(w.reshape(n, m)).ravel()

    truth = solve_ivp(field, (0, 3.0), W0.ravel(), method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1]
    errors = [
        distance(simulate(model, W0, until=3.0, rtol=rtol, method=method).final.ravel(), truth)
        for rtol in (1e-3, 1e-5)
    ]
    gained = np.log(errors[0] / errors[1]) / np.log(100.0)
    assert gained == pytest.approx(RATES[method], abs=0.2)  # of two runs, not of a fit
    assert errors[1] < 1e-4


# One feature


@pytest.mark.parametrize("method", sorted(RATES))
@pytest.mark.parametrize("seed", range(3))
def test_the_engines_themselves_follow_the_reduction_of_one_row(method: str, seed: int) -> None:
    # `simulate` would not step a single row: it is settled from the start.
    row = initial_row(12, rng=seed)
    truth = row_flow(row, l1_strength=0.05, time=[8.0], rtol=1e-12).weights()[0]
    errors = []
    for rtol in (1e-3, 1e-5):
        engine = ENGINES[method](row[None], 0.05, rtol, 0.0)
        while engine.time < 8.0:
            engine.advance(8.0)
        assert engine.time == 8.0
        errors.append(distance(engine.W[0], truth))
    assert errors[0] < 2e-3
    gained = np.log(errors[0] / errors[1]) / np.log(100.0)
    assert gained > 0.6 * RATES[method]  # deaths fall anywhere in a step: two runs are no fit


# What a run is for


def test_the_default_tolerance_finds_the_carriers_of_the_exact_flow() -> None:
    model = ToyModel(32, 64, l1_strength=0.01)
    W0 = initial_encodings(model, 4, rng=1)
    exact = carriers(simulate(model, W0, rtol=1e-6).final)
    assert (exact >= 0).all()
    # 128 features: two may differ.
    assert (carriers(simulate(model, W0).final) == exact).mean() >= 0.98
    plain = carriers(simulate(model, W0[:2], method="heun").final)
    assert (plain == exact[:2]).mean() >= 0.98
    # That takes more than a rough idea of the flow: another λ does not do, still less another draw.
    other = carriers(simulate(ToyModel(32, 64, l1_strength=0.1), W0).final)
    assert (other == exact).mean() < 0.9
    assert (exact[1:] == exact[:-1]).mean() < 0.1
