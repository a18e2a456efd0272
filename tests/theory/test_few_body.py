"""The few-body count: its table, what is between the points, its limits and its domain."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from polytheory.theory.collisions import (
    FEW_ERROR,
    expected_polysemantic,
    pair_probability_in_the_flow,
    three_body_slope,
)

_TEXT = (files("polytheory.theory.collisions") / "two_rows.csv").read_text(encoding="utf-8")
TABLE = np.loadtxt(_TEXT.splitlines(), delimiter=",", skiprows=1, usecols=range(6))
REFERENCE = Path(__file__).parents[1] / "reference"


def few(n: object, m: object, lam: object) -> np.ndarray:
    return expected_polysemantic(n, m, null_model="few-body", l1_strength=lam)


def functions(m: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """Return 2mP, its error, E j² and its error."""
    from scipy.stats import norm

    lam = scaled / np.sqrt(m)
    u = norm.isf(0.5 / m)
    factor = m * (norm.sf(u) / norm.pdf(u)) ** 2
    pair, slope = (
        form(m.astype(int), l1_strength=lam)
        for form in (pair_probability_in_the_flow, three_body_slope)
    )
    return np.array([2 * m * pair[0], 2 * m * pair[1], factor * slope[0], factor * slope[1]])


def test_the_table_is_complete_and_its_errors_are_small() -> None:
    m, scaled, ratio, error, square, square_error = TABLE.T
    points = {(a, b) for a, b in zip(m, scaled, strict=True)}
    dying = {(a, 1.0) for a in (16, 32)}
    wanted = {(a, b) for a in np.unique(m) for b in np.unique(scaled)} - dying
    assert points == wanted
    assert (np.unique(m) == 2 ** np.arange(4, 11)).all()
    assert (error / ratio < 0.06).all()
    assert (square_error / square < 0.05).all()


def test_the_smooth_functions_go_through_the_table() -> None:
    m, scaled, ratio, error, square, square_error = TABLE.T
    fitted = functions(m, scaled)
    for seen, scatter, fit in ((ratio, error, fitted[0]), (square, square_error, fitted[2])):
        off = (seen - fit) / scatter
        # 47 points less 16 coefficients: mean 0.66, standard deviation 0.17 if the form is right.
        assert 0.2 < np.mean(off**2) < 1.3
        assert np.abs(off).max() < 4.0


def held_out(name: str) -> np.ndarray:
    return np.loadtxt(REFERENCE / name, delimiter=",", skiprows=1)


def test_held_out_points_lie_within_the_error_of_the_smooth_functions() -> None:
    m, scaled, ratio, error, square, square_error = held_out("two_rows_held_out.csv").T
    fitted = functions(m, scaled)
    for seen, scatter, fit, of_fit in (
        (ratio, error, *fitted[:2]),
        (square, square_error, *fitted[2:]),
    ):
        off = (seen - fit) / np.hypot(scatter, of_fit)
        assert np.abs(off).max() < 3.0
        assert np.mean(off**2) < 2.2  # 1 in 100 by chance, for 8 points
        # They could tell the strengths and widths apart: the mean of all would fail.
        assert np.mean(((seen - seen.mean()) / scatter) ** 2) > 4.0


def test_held_out_counts_lie_within_the_stated_error() -> None:
    n, m, scaled, seen, scatter = held_out("few_body_held_out.csv").T
    predicted = few(n.astype(int), m.astype(int), scaled / np.sqrt(m))
    off = np.abs(seen / predicted - 1.0)
    assert (off < FEW_ERROR + 2.5 * scatter / predicted).all()
    # Neither two rows alone nor exclusion would do.
    assert (few(np.full(len(n), 2), m.astype(int), scaled / np.sqrt(m)) > 0).all()
    pair, _ = pair_probability_in_the_flow(m.astype(int), l1_strength=scaled / np.sqrt(m))
    alone = 0.5 * n * (n - 1) * pair
    assert np.abs(seen / alone - 1.0).max() > 0.12


def test_two_rows_collide_with_the_probability_of_a_pair() -> None:
    pair, _ = pair_probability_in_the_flow([16, 64, 1000], l1_strength=0.01)
    np.testing.assert_allclose(few(2, [16, 64, 1000], 0.01), pair, rtol=1e-14)
    assert few(1, 64, 0.01) == 0.0


def test_each_further_row_lowers_the_probability_of_a_pair_by_the_same_factor() -> None:
    n = np.arange(2, 17)
    probability = few(n, 64, 0.01) / (0.5 * n * (n - 1))
    slope, _ = three_body_slope(64, l1_strength=0.01)
    np.testing.assert_allclose(np.diff(np.log(probability)), -slope, rtol=1e-10)


def test_two_rows_alone_attract_and_less_under_strong_regularization() -> None:
    m = np.array([64, 256, 1000])
    weak, strong = (
        2 * m * pair_probability_in_the_flow(m, l1_strength=scaled / np.sqrt(m))[0]
        for scaled in (0.01, 1.0)
    )
    assert (strong > 1.0).all()
    assert (strong < weak).all()
    assert (weak < 1.3).all()


@pytest.mark.parametrize(
    ("n", "m", "lam", "words"),
    [
        (17, 64, 0.01, "use null_model='measured', or simulate"),
        (33, 16, 0.01, "one-hot states cannot hold more"),
        (8, 15, 0.01, "n_neurons must be"),
        (1, 1, 0.01, "n_neurons must be"),
        (8, 1025, 0.01, "n_neurons must be"),
        (8, 64, 0.0003, "λ√m"),
        (8, 64, 0.13, "λ√m"),
        (8, 16, 0.2, "l1_strength"),
        (8, 32, 0.12, "λ√m"),
        (0, 64, 0.01, "n_features"),
        (8, 64, np.nan, "l1_strength"),
        (8.5, 64, 0.01, "n_features"),
    ],
)
def test_outside_its_domain_it_is_refused(n: float, m: float, lam: float, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words.replace("√", ".")):
        few(n, m, lam)


def test_it_needs_the_strength_and_broadcasts() -> None:
    with pytest.raises(ValueError, match="given with null_model='few-body'"):
        expected_polysemantic(8, 64, null_model="few-body")
    seen = few([[4], [8]], [64, 100, 144], 0.01)
    assert seen.shape == (2, 3)
    assert seen[1, 2] == pytest.approx(few(8, 144, 0.01), rel=1e-12)


@pytest.mark.parametrize("form", [pair_probability_in_the_flow, three_body_slope])
def test_its_parts_broadcast(form: Callable[..., tuple]) -> None:
    value, error = form([[64], [100]], l1_strength=[0.001, 0.01, 0.05])
    assert value.shape == error.shape == (2, 3)
    assert (value[1, 2], error[1, 2]) == pytest.approx(form(100, l1_strength=0.05), rel=1e-12)
    assert isinstance(form(100, l1_strength=0.05)[0], float)


@pytest.mark.parametrize("form", [pair_probability_in_the_flow, three_body_slope])
def test_its_parts_refuse_what_was_not_measured(form: Callable[..., tuple]) -> None:
    for m, lam in ((8, 0.1), (2048, 0.01), (64, 1e-4), (64, 0.126), (32, 0.1)):
        with pytest.raises(ValueError, match="must be"):
            form(m, l1_strength=lam)
