"""Many pairs of rows at once, against the simulator and against their own refinement."""

import numpy as np
import pytest

from polytheory import ToyModel, simulate
from polytheory.flow.two_rows import follow_pairs


def pairs(count: int, m: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 2, m)) / np.sqrt(m)


def sites(W: np.ndarray) -> np.ndarray:
    """Return the neuron of the largest weight, counted from 1, with its sign; 0 for a dead row."""
    place = np.abs(W).argmax(axis=-1)
    return (place + 1) * np.sign(np.take_along_axis(W, place[..., None], axis=-1)[..., 0])


@pytest.mark.parametrize(("m", "scaled"), [(8, 0.3), (32, 0.03), (32, 1.0)])
def test_pairs_end_where_the_simulator_takes_them(m: int, scaled: float) -> None:
    lam = scaled / np.sqrt(m)
    W = pairs(40, m)
    expected = sites(simulate(ToyModel(2, m, l1_strength=lam), W, rtol=1e-3).final)
    seen = follow_pairs(W, l1_strength=lam).site
    # Competition amplifies errors: of 80 rows one may be decided by them.
    assert np.count_nonzero(seen != expected) <= 1


def displaced(W: np.ndarray, lam: float, step: float) -> np.ndarray:
    found = follow_pairs(W, l1_strength=lam, step=step, displacements=True).displacement
    assert found is not None
    return found


def test_displacements_converge_with_the_step() -> None:
    W = pairs(100, 16)
    coarse, middle, fine = (displaced(W, 0.02, step) for step in (0.16, 0.04, 0.01))
    first, second = (np.linalg.norm(each - fine) for each in (coarse, middle))
    assert second < 0.4 * first  # first order: a quarter
    assert second < 0.02 * np.linalg.norm(fine)


def plain_displacements(W: np.ndarray, lam: float, step: float, time: float) -> np.ndarray:
    """Return −∫ (W₁·W₂)₊ W_jb/A_i dt by Euler steps with exact zeros."""
    W, moved, growth = W.copy(), np.zeros_like(W), np.ones((*W.shape[:2], 1))
    for _ in range(round(time / step)):
        near = np.maximum((W[:, 0] * W[:, 1]).sum(axis=-1), 0.0)[:, None, None]
        free = 1.0 - np.square(W).sum(axis=-1, keepdims=True)
        push = -near * W[:, ::-1]
        moved += step * push / growth
        growth *= np.exp(step * free)
        after = W + step * (free * W + push)
        W = np.sign(after) * np.maximum(np.abs(after) - step * lam, 0.0)
    return moved


def test_displacements_are_the_integral_that_defines_them() -> None:
    W, lam = pairs(40, 6, seed=1), 0.1
    # Contact has ended by then, or 1/A has made it negligible.
    expected = plain_displacements(W, lam, step=0.01, time=60.0)
    error = np.linalg.norm(displaced(W, lam, 0.01) - expected) / np.linalg.norm(expected)
    assert error < 0.02  # both are of first order in their steps


def test_opposite_largest_weights_on_one_neuron_stay_the_largest() -> None:
    W = pairs(200, 12)
    for row, sign in ((0, 1.0), (1, -1.0)):
        w = W[:, row]
        there, runs = np.abs(w).argmax(axis=-1), np.arange(len(w))
        w[runs, there], w[:, 0] = w[:, 0].copy(), sign * np.abs(w[runs, there])
    np.testing.assert_array_equal(follow_pairs(W, l1_strength=0.01).site, [[1, -1]] * 200)


def test_rows_that_never_part_die_or_are_zero_end_nowhere() -> None:
    equal = np.array([[[0.6, 0.3], [0.6, 0.3]]])
    dead = np.array([[[0.02, 0.01], [0.5, 0.1]]])
    zero = np.zeros((1, 2, 2))
    W = np.concatenate([equal, dead, zero])
    end = follow_pairs(W, l1_strength=0.2, displacements=True)
    np.testing.assert_array_equal(end.site, [[0, 0], [0, 1], [0, 0]])
    assert np.isfinite(end.displacement).all()


def test_collinear_rows_and_one_neuron_have_an_end() -> None:
    W = np.array([[[0.6], [0.3]], [[0.6], [-0.3]]])
    np.testing.assert_array_equal(follow_pairs(W, l1_strength=0.01).site, [[1, 0], [1, -1]])
    twice = np.array([[[0.6, 0.3, 0.1], [0.3, 0.15, 0.05]]])
    assert np.isfinite(follow_pairs(twice, l1_strength=0.01).site).all()


def test_no_pairs_have_no_ends() -> None:
    assert follow_pairs(np.zeros((0, 2, 3)), l1_strength=0.1).site.shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"W": np.ones((3, 4))}, "shape"),
        ({"W": np.ones((1, 3, 4))}, "shape"),
        ({"W": np.ones((1, 2, 0))}, "shape"),
        ({"W": np.full((1, 2, 2), np.nan)}, "W"),
        ({"W": np.full((1, 2, 2), 1e5)}, "W"),
        ({"l1_strength": 0.0}, "l1_strength"),
        ({"step": 0.0}, "step"),
        ({"step": 2.0}, "step"),
    ],
)
def test_bad_input_is_refused(change: dict, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        follow_pairs(**{"W": np.ones((1, 2, 2)), "l1_strength": 0.1} | change)
