"""The measured ratio: a table with its uncertainty, what is between its points, and its domain."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from polytheory import ToyModel, initial_encodings, polysemantic_neurons, simulate
from polytheory.theory.collisions import expected_polysemantic, measured_ratio

_TEXT = (files("polytheory.theory.collisions") / "measured.csv").read_text(encoding="utf-8")
TABLE = np.loadtxt(_TEXT.splitlines(), delimiter=",", skiprows=1, usecols=range(5))


def strength(m: float, scaled: float) -> float:
    return scaled / float(np.sqrt(m))


def test_the_points_of_the_table_come_back() -> None:
    n, m, scaled, ratio, error = TABLE[(TABLE[:, 0] >= 64) | (TABLE[:, 2] <= 0.3)].T
    seen = measured_ratio(n.astype(int), m.astype(int), l1_strength=scaled / np.sqrt(m))
    # The grid is written with six digits.
    np.testing.assert_allclose(seen, (ratio, error), rtol=1e-5)


def test_the_grid_is_complete_and_the_errors_are_small() -> None:
    n, m, scaled, ratio, error = TABLE.T
    corners = {(a, b, c) for a, b, c in zip(n, m / n, scaled, strict=True)}
    assert len(corners) == len(TABLE) == np.unique(n).size * np.unique(m / n).size * 5
    assert (error / ratio < 0.04).all()


def test_between_two_points_lies_between_their_values() -> None:
    ends = [measured_ratio(64, m, l1_strength=strength(m, 0.1))[0] for m in (128, 256)]
    middle, error = measured_ratio(64, 181, l1_strength=strength(181, 0.1))
    assert min(ends) <= middle <= max(ends)
    assert error > 0


def test_the_law_is_exclusion_times_the_ratio() -> None:
    ratio, _ = measured_ratio(64, [128, 256], l1_strength=0.01)
    expected = ratio * expected_polysemantic(64, [128, 256])
    seen = expected_polysemantic(64, [128, 256], null_model="measured", l1_strength=0.01)
    np.testing.assert_array_equal(seen, expected)


def test_the_paper_is_right_within_a_quarter_where_few_features_die() -> None:
    # The exponent: over a factor 16 in n²/m the ratio stays within a quarter of 1. At λ√m = 1 and
    # n = m whole rows die, which no null model of chance knows of.
    _, _, scaled, ratio, _ = TABLE.T
    assert (np.abs(ratio[scaled < 1] - 1.0) < 0.25).all()


def held_out() -> np.ndarray:
    """Return n, m, λ√m, ratio and standard error of means between the points of the table."""
    path = Path(__file__).parents[1] / "reference" / "measured_held_out.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1)


def test_held_out_means_lie_within_the_stated_error() -> None:
    n, m, scaled, seen, scatter = held_out().T
    inside = (n >= 64) | (scaled <= 0.3)
    n, m, scaled, seen, scatter = (each[inside] for each in (n, m, scaled, seen, scatter))
    ratio, error = measured_ratio(n.astype(int), m.astype(int), l1_strength=scaled / np.sqrt(m))
    off = (seen - ratio) / np.hypot(scatter, error)
    # Neighbours share points of the table, so their errors are not independent.
    assert 0.5 < np.mean(off**2) < 1.2
    assert np.abs(off).max() < 3.0


def test_held_out_means_of_small_layers_whose_rows_die_are_far_from_any_interpolation() -> None:
    n, m, scaled, seen, scatter = held_out().T
    there = (n < 32) & (m < 1.5 * n) & (scaled > 0.5)
    assert there.sum() >= 3
    corners = TABLE[(TABLE[:, 0] == 16) & (TABLE[:, 1] == 16) & (TABLE[:, 2] >= 0.3), 3]
    assert (seen[there] - 5.0 * scatter[there] > corners.mean()).all()


def test_it_agrees_with_runs_of_other_seeds_off_the_grid() -> None:
    n, m, lam = 24, 40, 0.02
    model = ToyModel(n, m, l1_strength=lam)
    counts = polysemantic_neurons(simulate(model, initial_encodings(model, 400, rng=99)).final)
    ratio, error = measured_ratio(n, m, l1_strength=lam)
    expected = expected_polysemantic(n, m)
    scatter = counts.std(ddof=1) / np.sqrt(counts.size) / expected
    # Four standard errors of both: chance alone exceeds that once in 16,000 seeds.
    assert abs(counts.mean() / expected - ratio) < 4.0 * np.hypot(scatter, error)
    # Exclusion itself, a ratio of 1, is refuted by the same runs.
    assert abs(counts.mean() / expected - 1.0) > 3.0 * scatter


@pytest.mark.parametrize(
    ("n", "m", "lam", "name"),
    [
        (8, 16, 0.01, "n_features"),
        (512, 1024, 0.01, "n_features"),
        (64, 32, 0.01, "n_features"),
        (64, 512, 0.01, "n_neurons"),
        (64, 128, 0.5, "l1_strength"),
        (16, 16, 0.65 / 4, "l1_strength"),  # rows die
        (32, 64, 0.31 / 8, "n_features and n_neurons and l1_strength"),
        (64, 128, 0.0005, "l1_strength"),
        (64, 128, -1.0, "l1_strength"),
        (64.5, 128, 0.01, "n_features"),
    ],
)
def test_what_was_not_measured_is_refused(n: float, m: int, lam: float, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        measured_ratio(n, m, l1_strength=lam)


def test_a_strength_is_needed_by_the_measured_law_and_by_no_other() -> None:
    with pytest.raises(ValueError, match="l1_strength must be given"):
        expected_polysemantic(64, 128, null_model="measured")
    with pytest.raises(ValueError, match="l1_strength must be left out"):
        expected_polysemantic(64, 128, l1_strength=0.01)
