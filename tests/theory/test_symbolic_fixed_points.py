"""Closed forms of resting carriers and of collisions against root finding and integration."""

import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from polytheory.symbolic import (
    carrier_amplitude,
    carrier_amplitude_expansion,
    critical_l1,
    unstable_amplitude,
)

CRITICAL = 2.0 / (3.0 * math.sqrt(3.0))
STRENGTHS = [1e-8, 1e-3, 0.05, 0.1, 0.2, 0.3, 0.38]


def roots(l1_strength: float) -> list[float]:
    """Return the roots of x³ − x + λ in increasing order, found without trigonometry."""
    with mpmath.workdps(40):
        found = mpmath.polyroots([1, 0, -1, mpmath.mpf(l1_strength)], maxsteps=200, extraprec=200)
        return sorted(float(mpmath.re(root)) for root in found)


@pytest.mark.parametrize("l1_strength", STRENGTHS)
def test_the_two_rest_points_are_the_positive_roots(l1_strength: float) -> None:
    _, lower, upper = roots(l1_strength)
    rel = 4 * np.finfo(float).eps
    assert carrier_amplitude().evaluate(l1_strength=l1_strength) == pytest.approx(upper, rel=rel)
    assert unstable_amplitude().evaluate(l1_strength=l1_strength) == pytest.approx(lower, rel=rel)


@pytest.mark.parametrize("l1_strength", STRENGTHS)
def test_stability_is_the_sign_of_the_slope(l1_strength: float) -> None:
    upper = carrier_amplitude().evaluate(l1_strength=l1_strength)
    lower = unstable_amplitude().evaluate(l1_strength=l1_strength)
    assert 1 - 3 * upper**2 < 0 < 1 - 3 * lower**2


def test_without_a_penalty_the_carrier_is_perfect() -> None:
    assert carrier_amplitude().evaluate(l1_strength=0.0) == 1.0
    assert unstable_amplitude().evaluate(l1_strength=0.0) == 0.0


def test_a_weak_penalty_is_its_own_watershed() -> None:
    weak = 1e-6  # x₋ = λ + λ³ + …
    found = unstable_amplitude().evaluate(l1_strength=weak)
    assert found == pytest.approx(weak, rel=2e-12, abs=0)


def test_the_rest_points_meet_like_a_square_root() -> None:
    """At λ_c(1 − ε) the gap is 2 sin(⅓ arccos(1 − ε)) = ⅔√(2ε)(1 + O(ε))."""
    eps = np.array([1e-3, 1e-5, 1e-7])
    upper = carrier_amplitude().evaluate(l1_strength=CRITICAL * (1 - eps))
    lower = unstable_amplitude().evaluate(l1_strength=CRITICAL * (1 - eps))
    # The rounding of λ is an error of 1e-16/ε in ε.
    assert (np.abs((upper - lower) / (2 / 3 * np.sqrt(2 * eps)) - 1) < eps + 1e-16 / eps).all()


@pytest.mark.parametrize("ulps", [-1, 0, 1, 4])
def test_a_rounding_error_at_the_end_of_the_domain_is_forgiven(ulps: int) -> None:
    l1_strength = CRITICAL * (1 + ulps * np.finfo(float).eps)
    for statement in (carrier_amplitude(), unstable_amplitude()):
        # √(4 eps), for that is how the roots meet
        assert statement.evaluate(l1_strength=l1_strength) == pytest.approx(3**-0.5, abs=4e-8)


def test_beyond_the_domain_there_is_no_value() -> None:
    for statement in (carrier_amplitude(), unstable_amplitude()):
        with pytest.raises(ValueError, match=r"l1_strength=0\.385"):
            statement.evaluate(l1_strength=[0.1, 0.385])


def test_the_critical_strength_is_the_top_of_the_speed() -> None:
    x = np.linspace(0.5, 0.65, 100_001)
    top = (x - x**3).max()
    assert critical_l1().evaluate(n_equal=1) == pytest.approx(top, abs=3 * (x[1] - x[0]) ** 2)
    assert critical_l1().evaluate(n_equal=[1, 4]).tolist() == pytest.approx([top, top / 2])


@pytest.mark.parametrize(("beyond", "survives"), [(0.99, True), (1.01, False)])
def test_equal_weights_survive_up_to_the_critical_strength(beyond: float, survives: bool) -> None:
    k = 3
    l1_strength = beyond * critical_l1().evaluate(n_equal=k)
    end = solve_ivp(lambda _, w: (1 - k * w**2) * w - l1_strength, (0, 60), [k**-0.5]).y[0, -1]
    assert (end > 0) == survives


def test_the_expansion_is_off_by_its_next_terms() -> None:
    for l1_strength in (0.04, 0.02, 0.01):
        error = carrier_amplitude().evaluate(
            l1_strength=l1_strength
        ) - carrier_amplitude_expansion().evaluate(l1_strength=l1_strength)
        assert error < 0
        next_terms = -3 / 8 * l1_strength**2 - l1_strength**3 / 2
        assert error == pytest.approx(next_terms, rel=4 * l1_strength**2)


@pytest.mark.parametrize(("larger", "smaller"), [(0.6, 0.5), (0.9, 0.89), (1.3, 0.4)])
def test_the_smaller_of_two_of_the_same_sign_dies_in_time(larger: float, smaller: float) -> None:
    l1_strength = 0.05
    cap = max(1.0, larger)
    limit = cap / l1_strength * math.log(larger / (larger - smaller))

    def flow(_: float, w: np.ndarray) -> np.ndarray:
        return (1 - (w**2).sum()) * w - l1_strength

    def death(_: float, w: np.ndarray) -> float:
        return float(w[1])

    death.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(flow, (0, limit), [larger, smaller], events=death, rtol=1e-8, atol=1e-10)
    assert run.t_events[0].size == 1
    assert (np.diff((run.y[0] - run.y[1]) / run.y[0]) > 0).all()
    assert run.y[0, -1] > 0
