"""Closed forms of one sparsifying encoding against explicit rows, quadrature and integration."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad, solve_ivp

from polytheory import symbolic
from polytheory.algebra import model

ROUNDING = 50 * np.finfo(float).eps


@pytest.fixture
def row() -> np.ndarray:
    """Return a row of living weights, some negative, that is not normalised."""
    return np.random.default_rng(5).normal(size=9) / 3


def force(row: np.ndarray, l1_strength: float) -> np.ndarray:
    return np.asarray((1 - row @ row) * row - l1_strength * np.sign(row))


def test_the_published_loss_falls_along_the_flow() -> None:
    """A true ReLU, n = 3, m = 2, and derivatives by mpmath, at points of several patterns."""
    rng = np.random.default_rng(11)
    patterns = set()
    for _ in range(12):
        weights = rng.normal(size=(3, 2)) / math.sqrt(2)
        gram = weights @ weights.T
        active = {(i, j): int(gram[i, j] > 0) for i in range(3) for j in range(i + 1, 3)}
        patterns.add(tuple(active.values()))

        def loss(*entries: mpmath.mpf) -> mpmath.mpf:
            rows = [entries[0:2], entries[2:4], entries[4:6]]
            total = mpmath.mpf("0.1") * sum(abs(entry) for entry in entries)
            for i, one in enumerate(rows):
                for j, other in enumerate(rows):
                    overlap = one[0] * other[0] + one[1] * other[1]
                    total += (max(overlap, 0) - (i == j)) ** 2
            return total

        velocity = model.force(sp.Matrix(weights), active, sp.Matrix(np.sign(weights)), 0.025)
        at = tuple(mpmath.mpf(w) for w in weights.ravel())
        for index, speed in enumerate(velocity):
            order = tuple(int(i == index) for i in range(6))
            assert -float(mpmath.diff(loss, at, order)) == pytest.approx(4 * float(speed), abs=1e-9)
    assert len(patterns) >= 4
    assert symbolic.flow_units().holds


def test_the_threshold_separates_growth_from_decay(row: np.ndarray) -> None:
    norm = row @ row
    assert norm < 1
    threshold = symbolic.growth_threshold().evaluate(squared_norm=norm, l1_strength=0.1)
    for factor in (0.99, 1.01):
        growth = (1 - norm) * factor * threshold - 0.1
        assert (growth > 0) == (factor > 1)
    assert symbolic.growth_threshold().evaluate(squared_norm=norm, l1_strength=0.0) == 0.0
    with pytest.raises(ValueError, match="no finite real value"):
        symbolic.growth_threshold().evaluate(squared_norm=1.0, l1_strength=0.1)


def test_the_norms_move_as_their_weights_do(row: np.ndarray) -> None:
    norms = {"l1_norm": np.abs(row).sum(), "squared_norm": row @ row, "l1_strength": 0.03}
    speed = force(row, 0.03)
    by_weights = np.sign(row) @ speed
    assert symbolic.l1_speed().evaluate(nonzero_count=row.size, **norms) == pytest.approx(
        by_weights, abs=ROUNDING
    )
    assert symbolic.squared_norm_speed().evaluate(**norms) == pytest.approx(
        2 * row @ speed, abs=ROUNDING
    )


def test_the_reduction_is_the_flow_of_every_weight() -> None:
    """Two scalars against five weights, long enough for two of them to die."""
    initial = np.array([0.05, 0.11, 0.4, 0.45, 0.5])
    l1_strength = 0.05

    def weights(_: float, w: np.ndarray) -> np.ndarray:
        return np.asarray((1 - w @ w) * w - l1_strength * (w > 0))

    def scalars(_: float, state: np.ndarray) -> list[float]:
        q, tau = state
        return [2 * ((np.maximum(initial - tau, 0) ** 2).sum() - q), l1_strength * math.sqrt(q)]

    tight = {"rtol": 1e-8, "atol": 1e-10, "max_step": 0.01}
    plain = solve_ivp(weights, (0, 4.0), initial, **tight).y[:, -1]
    q, tau = solve_ivp(scalars, (0, 4.0), [1.0, 0.0], **tight).y[:, -1]
    reduced = symbolic.soft_threshold_reduction().evaluate(
        initial_weight=initial, soft_threshold=tau, q=q
    )
    assert (reduced == 0).tolist() == [True, True, False, False, False]
    # The plain solver steps over each death, by at most λ·max_step.
    np.testing.assert_allclose(plain, reduced, atol=2 * l1_strength * 0.01)
    np.testing.assert_allclose(plain[2:], reduced[2:], atol=1e-5)


def test_the_leading_order_of_the_inverse_norm_is_that_of_the_flow() -> None:
    """On the slow manifold the relative error is −λs/2: half the strength, half the error."""

    def flow(_: float, w: np.ndarray, l1_strength: float) -> np.ndarray:
        return force(w, l1_strength)

    initial = np.array([0.2, 0.5, 0.6, 0.7])
    errors = []
    for l1_strength in (0.004, 0.002, 0.001):
        # 15 units relax the norm (e⁻³⁰) and move s by little.
        run = solve_ivp(flow, (0, 15), initial, args=(l1_strength,), rtol=1e-11, atol=1e-12)
        w = run.y[:, -1]
        norms = {"nonzero_count": 4, "l1_norm": w.sum(), "squared_norm": w @ w}
        leading = symbolic.inverse_l1_speed().evaluate(l1_strength=l1_strength, **norms)
        exact = -force(w, l1_strength).sum() / w.sum() ** 2
        errors.append((exact / leading - 1) / (l1_strength * w.sum()))
    assert errors[-1] == pytest.approx(-0.5, abs=0.01)
    # and the rest shrinks in proportion to λ
    assert (errors[0] + 0.5) / (errors[1] + 0.5) == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(("initial_ratio", "count"), [(1.9, 4), (1.2, 2), (3.0, 25)])
def test_the_ratio_solves_its_equation(initial_ratio: float, count: int) -> None:
    end = 0.1
    run = solve_ivp(lambda _, c: c**2 - count, (0, end), [initial_ratio], rtol=1e-11, atol=1e-12).y[
        0, -1
    ]
    ratio = symbolic.polar_form().evaluate(
        initial_ratio=initial_ratio, nonzero_count=count, slow_time=end
    )
    assert ratio == pytest.approx(run, rel=1e-9)


@pytest.mark.parametrize("count", [1, 4, 100])
@pytest.mark.parametrize("elapsed", [0.0, 1.0, 1e4])
def test_equal_weights_keep_their_ratio(count: int, elapsed: float) -> None:
    root = math.sqrt(count)
    ratio = symbolic.polar_form().evaluate(
        initial_ratio=root, nonzero_count=count, slow_time=elapsed
    )
    assert ratio == root


@pytest.mark.parametrize("weights", [[0.3, 0.4, 0.9], [0.5, 0.5], [0.2, 0.200001, 0.3, 0.31, 0.7]])
def test_the_slow_time_is_the_integral(weights: list[float]) -> None:
    u = np.array(weights)
    stop = 0.9 * u.min()
    integral, error = quad(lambda tau: ((u - tau) ** 2).sum() ** -0.5, 0, stop, epsabs=1e-13)
    clock = symbolic.slow_time().evaluate(
        mean=u.mean(), variance=u.var(), nonzero_count=u.size, start=0.0, stop=stop
    )
    assert clock == pytest.approx(integral, abs=10 * error)


def test_the_flow_time_has_its_two_corrections() -> None:
    """The remainder falls like λ², while without the corrections it falls like λ."""
    u = np.array([0.4, 0.5, 0.65])
    stop, r0 = 0.35, float(np.linalg.norm(u))
    clock = symbolic.slow_time().evaluate(
        mean=u.mean(), variance=u.var(), nonzero_count=3, start=0, stop=stop
    )
    remaining = ((u - stop) ** 2).sum()
    plain, corrected = [], []
    for l1_strength in (4e-3, 2e-3, 1e-3):

        def scalars(_: float, state: np.ndarray, lam: float = l1_strength) -> list[float]:
            q, tau = state
            return [2 * (((u - tau) ** 2).sum() - q), lam * math.sqrt(q)]

        def arrived(_: float, state: np.ndarray) -> float:
            return float(state[1] - stop)

        arrived.terminal = True  # type: ignore[attr-defined]
        run = solve_ivp(
            scalars, (0, 5 / l1_strength), [1, 0], "LSODA", events=arrived, rtol=1e-10, atol=1e-13
        )
        time = l1_strength * run.t_events[0][0]
        law = symbolic.hitting_time().evaluate(
            slow_time=clock, initial_norm=r0, remaining_square=remaining, l1_strength=l1_strength
        )
        plain.append(time - clock)
        corrected.append(time - law)
    assert np.log2(np.abs(corrected[:-1]) / np.abs(corrected[1:])) == pytest.approx(2, abs=0.05)
    assert np.log2(np.abs(plain[:-1]) / np.abs(plain[1:])) == pytest.approx(1, abs=0.05)


def test_the_published_laws_start_and_end_where_they_say() -> None:
    m, l1_strength = 100, 0.01
    time = np.array([0.0, 10.0, 90.0, 91.0, 1e9])
    norm = symbolic.paper_l1_norm().evaluate(time=time, n_neurons=m, l1_strength=l1_strength)
    count = symbolic.paper_nonzero_count().evaluate(time=time, n_neurons=m, l1_strength=l1_strength)
    np.testing.assert_allclose(norm, [10, 5, 1, 1, 1], rtol=ROUNDING)
    np.testing.assert_allclose(count, [100, 25, 1, 1, 1], rtol=ROUNDING)
    assert symbolic.paper_l1_norm().evaluate(time=5.0, n_neurons=m, l1_strength=0.0) == 10.0


def test_the_published_law_solves_its_own_equation() -> None:
    run = solve_ivp(lambda _, s: -0.02 * s**2, (0, 30), [8.0], rtol=1e-10, atol=1e-12).y[0, -1]
    law = symbolic.paper_l1_norm().evaluate(time=30.0, n_neurons=64, l1_strength=0.02)
    assert law == pytest.approx(run, rel=1e-8)
