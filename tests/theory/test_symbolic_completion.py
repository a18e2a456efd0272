"""Flow time to second order, the steps to completion, and the traps, against explicit rows."""

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from polytheory import symbolic

TIGHT = {"rtol": 1e-12, "atol": 1e-15}


def time_to(u: np.ndarray, stop: float, l1_strength: float) -> float:
    """Return λ times the flow time at which the threshold arrives, from the exact reduction."""

    def by_threshold(tau: float, state: np.ndarray) -> list[float]:
        root, _ = state  # √q; dτ = λ√q dt
        second = (np.maximum(u - tau, 0) ** 2).sum()
        return [(second / root - root) / (l1_strength * root), 1 / root]

    run = solve_ivp(by_threshold, (0, stop), [1.0, 0.0], "LSODA", max_step=stop / 50, **TIGHT)
    return float(run.y[1, -1])


@pytest.mark.parametrize("factor", [1.0, 0.7, 1.6])
def test_the_second_order_leaves_the_third(factor: float) -> None:
    """A row of any norm, up to a threshold beyond the first death."""
    u = np.array([0.2, 0.5, 0.6, 0.7])
    u *= factor / np.linalg.norm(u)
    stop = 0.5 * (u[0] + u[1])
    pieces = [(0.0, u[0], u), (u[0], stop, u[1:])]
    steps = [
        symbolic.slow_time().evaluate(
            mean=alive.mean(), variance=alive.var(), nonzero_count=alive.size, start=a, stop=b
        )
        for a, b, alive in pieces
    ]
    heights = np.maximum(u - stop, 0)
    remaining = (heights**2).sum()
    first = {
        "slow_time": sum(steps),
        "initial_norm": np.linalg.norm(u),
        "remaining_square": remaining,
    }
    second = {
        "initial_ratio": u.sum() / np.linalg.norm(u),
        "ratio": heights.sum() / math.sqrt(remaining),
        "count_integral": 4 * steps[0] + 3 * steps[1],
    }
    strengths = [4e-3, 2e-3, 1e-3]
    errors = []
    for l1_strength in strengths:
        time = time_to(u, stop, l1_strength)
        one = symbolic.hitting_time().evaluate(**first, l1_strength=l1_strength)
        two = symbolic.hitting_time_second_order().evaluate(
            **first, **second, l1_strength=l1_strength
        )
        errors.append((abs(time - one), abs(time - two)))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders[:, 0] == pytest.approx(2, abs=0.1)
    assert orders[:, 1] == pytest.approx(3, abs=0.25)


def test_two_weights_complete_in_time() -> None:
    l1_strength, largest, second = 1e-4, 0.8, 0.6
    time = time_to(np.array([largest, second]), second, l1_strength)
    law = symbolic.completion_time().evaluate(
        largest=largest, second=second, l1_strength=l1_strength
    )
    # The first correction of `hitting_time`, of order λ.
    assert l1_strength * law == pytest.approx(time, abs=2 * l1_strength)
    for near in (1e-3, 1e-6):
        late = symbolic.completion_time().evaluate(largest=1, second=1 - near, l1_strength=1.0)
        limit = (math.log(4 / (1 + math.sqrt(2))) - math.log(near)) / math.sqrt(2)
        assert late == pytest.approx(limit, abs=near)


def test_a_tie_has_no_completion_time() -> None:
    with pytest.raises(ValueError, match="no finite real value"):
        symbolic.completion_time().evaluate(largest=0.5, second=0.5, l1_strength=0.1)


def test_the_steps_add_up_to_the_slow_time_of_the_row() -> None:
    gaps = np.random.default_rng(2).exponential(size=12)
    u = np.cumsum((gaps / np.arange(1, 13))[::-1])[::-1]  # the smallest is E_12/12

    total, integral, squared_cv = 0.0, 0.0, 1.0
    for n in range(2, 13):
        share = gaps[: n - 1].sum() / gaps[:n].sum()
        here = {"nonzero_count": n, "squared_cv": squared_cv, "share": share}
        total += symbolic.completion_step().evaluate(**here)
        squared_cv = symbolic.completion_squared_cv().evaluate(**here)
        start = u[n] if n < 12 else 0.0
        alive = u[:n]
        integral += quad(
            lambda tau, alive=alive: ((alive - tau) ** 2).sum() ** -0.5, start, u[n - 1]
        )[0]
    assert total == pytest.approx(integral, rel=1e-9)
    heights = np.append(u, 0.0)
    assert squared_cv == pytest.approx(heights.var() / heights.mean() ** 2, rel=1e-12)


def test_the_rest_is_the_mean_of_many_steps() -> None:
    """Monte Carlo from step 30 on, the steps beyond the 500th by the law itself."""
    rng = np.random.default_rng(8)
    samples, first, last = 4000, 30, 500
    squared_cv, time = np.ones(samples), np.zeros(samples)
    for n in range(first + 1, last + 1):
        share = rng.beta(n - 1, 1, size=samples)
        time += (
            np.arcsinh(1 / (share * np.sqrt(squared_cv))) - np.arcsinh(1 / np.sqrt(squared_cv))
        ) / (math.sqrt(n))
        squared_cv = (1 + (n + 1) * share**2 * squared_cv) / n
    beyond = symbolic.completion_rest().evaluate(nonzero_count=last, squared_cv=1.0)
    law = symbolic.completion_rest().evaluate(nonzero_count=first, squared_cv=1.0)
    error = time.std() / math.sqrt(samples)
    # Left out: the next order, 0.1/n² of the whole, and the mean of Y − 1 at the end, 1/n.
    assert time.mean() + beyond == pytest.approx(law, abs=4 * error + 2e-3 * law)
    assert error < 2e-3 * law


def test_the_slowest_tail_is_that_of_the_last_step() -> None:
    rates = symbolic.completion_tail_rate().evaluate(nonzero_count=np.arange(2, 9))
    assert rates[0] == pytest.approx(math.sqrt(2))
    assert (np.diff(rates) > 2).all()
    # P(ΔT_2 > x) = P(b < β(x)) = β(x), exactly; the step is a decreasing function of b.
    b = np.array([1e-3, 1e-4, 1e-5])
    x = symbolic.completion_step().evaluate(nonzero_count=2, squared_cv=1.0, share=b)
    assert -np.diff(np.log(b)) / np.diff(x) == pytest.approx(rates[0], rel=1e-4)


def survives(row: np.ndarray, l1_strength: float) -> bool:
    """Return whether the row is at rest in the end, with p = √q in place of q."""

    def scalars(_: float, state: np.ndarray) -> list[float]:
        log_p, tau = state
        p = math.exp(log_p)
        second = (np.maximum(row - tau, 0) ** 2).sum()
        return [second / p**2 - 1, l1_strength * p]

    run = solve_ivp(scalars, (0, 100), [0.0, 0.0], "LSODA", rtol=1e-9, atol=1e-12)
    last = np.maximum(row - run.y[1, -1], 0)
    return bool(np.linalg.norm(last) > 0.5 * math.exp(run.y[0, -1]))


@pytest.mark.parametrize("l1_strength", [0.02, 0.08])
def test_a_row_in_a_trap_stays_there(l1_strength: float) -> None:
    rng = np.random.default_rng(4)
    met = set()
    for index in range(12):
        row = np.abs(rng.normal(size=6)) * np.geomspace(0.1 * l1_strength, 0.3, 12)[index]
        ratio, norm = row.sum() / np.linalg.norm(row), np.linalg.norm(row)
        lowest = symbolic.survival_traps().evaluate(ratio=1.0, l1_strength=l1_strength)
        safe = symbolic.survival_traps().evaluate(ratio=ratio, l1_strength=l1_strength)
        if norm > safe:
            assert survives(row, l1_strength)
            met.add("safe")
        elif norm < lowest:
            assert not survives(row, l1_strength)
            met.add("lost")
    assert met == {"safe", "lost"}
