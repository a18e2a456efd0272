"""Survival of Gaussian rows: limits, and simulated rows followed to their end."""

import math
from typing import Any

import numpy as np
import pytest

from polytheory import row_flow
from polytheory.theory.fixed_points import critical_l1
from polytheory.theory.sparsification import survival_probability

#: Standard errors that a simulated frequency may be off: once in 10⁴ per comparison.
STANDARD_ERRORS = 3.9

# Strengths that about 85 %, 50 % and 15 % of the rows survive.
CASES = [(16, 0.26), (16, 0.315), (16, 0.36), (128, 0.165), (128, 0.19), (128, 0.215)]


def stated(m: int, scale: float = 1.0) -> float:
    """What the approximation claims."""
    return min(0.16, 0.005 + 0.8 * scale**2 / m)


def survivors(m: int, lam: float, count: int, scale: float = 1.0) -> float:
    """Fraction of seeded rows with a living weight long after the fate of nearly all is sealed.

    rtol = 1e-6 shifts the watershed by about as much in λ, where less than 1e-4 of the rows lie.
    """
    rows = scale * np.random.default_rng(m).normal(size=(count, m)) / math.sqrt(m)
    run = row_flow(rows, l1_strength=lam, time=[1e3], rtol=1e-6)
    return float(1 - run.collapsed.mean())


def allowed(probability: float, count: int, error: float) -> float:
    return error + STANDARD_ERRORS * math.sqrt(probability * (1 - probability) / count)


# Against simulated rows


@pytest.mark.parametrize(("m", "lam"), CASES)
def test_as_many_rows_survive_as_predicted(m: int, lam: float) -> None:
    predicted = survival_probability(lam, n_neurons=m)
    assert abs(survivors(m, lam, 300) - predicted) < allowed(predicted, 300, stated(m))


@pytest.mark.slow
@pytest.mark.parametrize(("m", "lam"), [*CASES, (1024, 0.087), (1024, 0.093), (1024, 0.1)])
def test_as_many_of_thousands_of_rows_survive_as_predicted(m: int, lam: float) -> None:
    predicted = survival_probability(lam, n_neurons=m)
    assert abs(survivors(m, lam, 3000) - predicted) < allowed(predicted, 3000, stated(m))


@pytest.mark.slow
@pytest.mark.parametrize(("m", "lam"), [(16, 0.34), (16, 0.375), (32, 0.34), (64, 0.27)])
def test_long_rows_survive_as_predicted(m: int, lam: float) -> None:
    predicted, error = survival_probability(lam, n_neurons=m, scale=3.0), stated(m, 3.0)
    assert abs(survivors(m, lam, 3000, 3.0) - predicted) < allowed(predicted, 3000, error)


@pytest.mark.slow
def test_the_error_is_that_of_narrow_rows() -> None:
    # Not vacuous: the error of wider rows would fail.
    predicted = survival_probability(0.335, n_neurons=16)
    assert abs(survivors(16, 0.335, 3000) - predicted) > stated(64)


@pytest.mark.parametrize("factor", [0.5, 0.9])
def test_a_mistaken_strength_is_seen(factor: float) -> None:
    wrong = survival_probability(factor * 0.19, n_neurons=128)
    assert abs(survivors(128, 0.19, 300) - wrong) > allowed(wrong, 300, stated(128))


# Limits


@pytest.mark.parametrize("m", [16, 1024])
def test_without_l1_every_row_survives(m: int) -> None:
    assert survival_probability(0.0, n_neurons=m) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("m", [16, 1024])
def test_above_the_strength_that_one_weight_bears_none_does(m: int) -> None:
    strengths = critical_l1() * np.array([1 + 1e-12, 2.0, 1e40])
    np.testing.assert_array_equal(survival_probability(strengths, n_neurons=m), 0)


@pytest.mark.parametrize("m", [16, 1024])
def test_stronger_l1_kills_more(m: int) -> None:
    chance = survival_probability(np.linspace(0, 0.4, 401), n_neurons=m)
    assert (np.diff(chance) <= 0).all()
    assert (chance >= 0).all()
    assert (chance <= 1).all()


def test_more_weights_bear_less() -> None:
    # The same norm is spread over more of them.
    chances = [survival_probability(0.15, n_neurons=m) for m in (16, 128, 1024)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] - chances[-1] > 0.9


def test_larger_rows_bear_more() -> None:
    # λ dr/dς = r²(1 − r²) − λcr: a row that starts longer stays longer at every slow time ς.
    one, three = (survival_probability(0.19, n_neurons=128, scale=s) for s in (1.0, 3.0))
    assert three - one > 0.2


# Arguments


@pytest.mark.parametrize(
    ("change", "name", "error", "words"),
    [
        ({"l1_strength": -0.1}, "l1_strength", ValueError, r"in \[0, 1e\+50\]"),
        ({"l1_strength": math.nan}, "l1_strength", ValueError, "finite"),
        ({"l1_strength": "0.1"}, "l1_strength", TypeError, "real numbers"),
        ({"n_neurons": 1}, "n_neurons", ValueError, "at least 16"),
        ({"n_neurons": 16.0}, "n_neurons", TypeError, "an integer"),
        ({"n_neurons": 10**9}, "n_neurons", ValueError, r"in \[16, 1e\+08\]"),
        ({"scale": 0.0}, "scale", ValueError, "between 0.3 and 3"),
        ({"scale": 11.0}, "scale", ValueError, "between 0.3 and 3"),
        ({"scale": [1.0, 2.0]}, "scale", ValueError, "single number"),
    ],
)
def test_bad_arguments_are_named(
    change: dict[str, Any], name: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        survival_probability(**{"l1_strength": 0.1, "n_neurons": 16} | change)
    assert str(caught.value).startswith(f"{name} must be ")


def test_floats_in_floats_out_and_arrays_keep_their_shape() -> None:
    assert type(survival_probability(0.3, n_neurons=16)) is float
    table = survival_probability(np.full((2, 3), 0.3), n_neurons=16)
    assert table.shape == (2, 3)
    np.testing.assert_allclose(table, survival_probability(0.3, n_neurons=16), atol=1e-12)
