"""The initial row: its law by standard errors, and where its randomness comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from polytheory import initial_row

M = 100_000


def test_the_mean_is_zero() -> None:
    # 4 standard errors: chance alone exceeds them once in 16 000 seeds.
    row = initial_row(M, rng=1)
    assert abs(row.mean()) < 4 / np.sqrt(M) / np.sqrt(M)


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_the_variance_is_scale_squared_over_m(scale: float) -> None:
    # The standard error of a Gaussian variance is √(2/m) relative.
    squared_norm = np.square(initial_row(M, rng=2, scale=scale)).sum()
    assert abs(squared_norm / scale**2 - 1) < 4 * np.sqrt(2 / M)


def test_the_variance_falls_with_width_draw_by_draw() -> None:
    rng = np.random.default_rng(3)
    squared_norms = [np.square(initial_row(4, rng=rng)).sum() for _ in range(10_000)]
    # χ²₄/4 has variance 1/2.
    assert abs(np.mean(squared_norms) - 1) < 4 * np.sqrt(0.5 / 10_000)


def test_the_law_is_gaussian() -> None:
    row = initial_row(M, rng=4) * np.sqrt(M)
    assert stats.kstest(row, "norm").pvalue > 1e-3  # one seed in a thousand would fail


def test_that_check_can_fail() -> None:
    row = initial_row(M, rng=4) * np.sqrt(M)
    assert stats.kstest(1.02 * row, "norm").pvalue < 1e-3


def test_scale_only_scales() -> None:
    # A power of two, so that nothing rounds.
    np.testing.assert_array_equal(initial_row(9, rng=0, scale=4.0), 4 * initial_row(9, rng=0))


@pytest.mark.parametrize("seed", [0, 7, np.random.SeedSequence(7), [1, 2]])
def test_a_seed_fixes_the_row(seed: Any) -> None:
    np.testing.assert_array_equal(initial_row(5, rng=seed), initial_row(5, rng=seed))


def test_seeds_differ() -> None:
    assert (initial_row(5, rng=0) != initial_row(5, rng=1)).all()


def test_a_generator_is_used_and_advanced() -> None:
    rng = np.random.default_rng(0)
    first, second = initial_row(5, rng=rng), initial_row(5, rng=rng)
    np.testing.assert_array_equal(first, initial_row(5, rng=0))
    assert (first != second).all()


def test_without_a_seed_rows_differ() -> None:
    assert (initial_row(5, rng=None) != initial_row(5, rng=None)).all()


@pytest.mark.parametrize("m", [1, 2, np.int64(3)])
def test_any_width_is_drawn(m: int) -> None:
    row = initial_row(m, rng=0)
    assert row.shape == (m,)
    assert row.dtype == np.float64
    assert (row != 0).all()
