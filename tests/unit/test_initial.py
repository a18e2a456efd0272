"""Initial rows and encodings: distribution by standard errors, and the source of randomness."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from polytheory import ToyModel, initial_encodings, initial_row
from polytheory.initial import KINDS

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


def test_the_distribution_is_gaussian() -> None:
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


# Encodings

MODEL = ToyModel(4, 6)


def test_encodings_have_the_shape_of_the_model_after_that_of_the_batch() -> None:
    assert initial_encodings(MODEL, rng=0).shape == (4, 6)
    assert initial_encodings(MODEL, 1, rng=0).shape == (1, 4, 6)
    assert initial_encodings(MODEL, np.int64(3), rng=0).shape == (3, 4, 6)
    assert initial_encodings(MODEL, 3, rng=0).dtype == np.float64


def test_an_instance_is_the_same_however_many_are_drawn() -> None:
    many = initial_encodings(MODEL, 5, rng=7)
    for count in (1, 2, 4):
        np.testing.assert_array_equal(initial_encodings(MODEL, count, rng=7), many[:count])
    np.testing.assert_array_equal(initial_encodings(MODEL, rng=7), many[0])


def test_instances_differ() -> None:
    first, second = initial_encodings(MODEL, 2, rng=0)
    assert (first != second).all()
    assert (initial_encodings(MODEL, rng=0) != initial_encodings(MODEL, rng=1)).all()
    assert (initial_encodings(MODEL, rng=None) != initial_encodings(MODEL, rng=None)).all()


def test_a_generator_gives_new_instances_each_time() -> None:
    rng = np.random.default_rng(3)
    drawn = [initial_encodings(MODEL, 2, rng=rng) for _ in range(2)]
    np.testing.assert_array_equal(np.concatenate(drawn), initial_encodings(MODEL, 4, rng=3))


@pytest.mark.parametrize("seed", [0, 7, [1, 2]])
def test_a_seed_fixes_the_encodings(seed: Any) -> None:
    one, other = (initial_encodings(MODEL, 2, rng=seed) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_every_weight_is_gaussian_with_variance_scale_squared_over_m(scale: float) -> None:
    W = initial_encodings(ToyModel(20, 50), 40, rng=1, scale=scale) * np.sqrt(50) / scale
    assert abs(np.square(W).mean() - 1) < 4 * np.sqrt(2 / W.size)  # four standard errors
    assert abs(W.mean()) < 4 / np.sqrt(W.size)
    assert stats.kstest(W.ravel(), "norm").pvalue > 1e-3
    # Features, and instances, are uncorrelated: each of these averages has one of 40 000 terms.
    for one, other in ((W[:, :-1], W[:, 1:]), (W[:-1], W[1:])):
        assert abs((one * other).mean()) < 4 / np.sqrt(one.size)


def test_the_strength_of_the_model_and_the_scale_change_nothing_else() -> None:
    expected = initial_encodings(MODEL, rng=0)
    np.testing.assert_array_equal(
        initial_encodings(ToyModel(4, 6, l1_strength=1.0), rng=0), expected
    )
    np.testing.assert_array_equal(initial_encodings(MODEL, rng=0, scale=4.0), 4 * expected)


@pytest.mark.parametrize(
    ("arguments", "name", "error", "allowed"),
    [
        ({"model": (4, 6)}, "model", TypeError, "a ToyModel"),
        ({"n_instances": 0}, "n_instances", ValueError, "at least 1"),
        ({"n_instances": -1}, "n_instances", ValueError, "at least 1"),
        ({"n_instances": 2.0}, "n_instances", TypeError, "an integer"),
        ({"n_instances": True}, "n_instances", TypeError, "an integer"),
        ({"rng": "seed"}, "rng", TypeError, "Generator"),
        ({"rng": -1}, "rng", TypeError, "Generator"),
        ({"rng": True}, "rng", TypeError, "Generator"),
        ({"scale": 0.0}, "scale", ValueError, "between"),
        ({"scale": -1.0}, "scale", ValueError, "between"),
        ({"scale": 1e60}, "scale", ValueError, "between"),
        ({"scale": np.nan}, "scale", ValueError, "finite"),
        ({"scale": [1.0, 2.0]}, "scale", ValueError, "single number"),
    ],
)
def test_what_initial_encodings_refuse(
    arguments: dict[str, Any], name: str, error: type[Exception], allowed: str
) -> None:
    with pytest.raises(error, match=rf"^{name}\b.* must be .*{allowed}"):
        initial_encodings(**{"model": MODEL, "rng": 0} | arguments)


def test_randomness_has_to_be_named() -> None:
    with pytest.raises(TypeError, match="rng"):
        initial_encodings(MODEL)  # type: ignore[call-arg]


# Other kinds

CROWDED = ToyModel(12, 12)


def largest(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return neuron and sign of the largest weight of each row."""
    where = np.abs(W).argmax(axis=-1)
    return where, np.sign(np.take_along_axis(W, where[..., None], -1)[..., 0])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_seeded_and_scaled(kind: str) -> None:
    W = initial_encodings(CROWDED, 3, rng=0, kind=kind)
    assert W.shape == (3, 12, 12)
    np.testing.assert_array_equal(initial_encodings(CROWDED, rng=0, kind=kind), W[0])
    np.testing.assert_array_equal(initial_encodings(CROWDED, 3, rng=0, kind=kind, scale=4.0), 4 * W)
    assert (W[0] != W[1]).any()


def test_the_paper_s_kind_is_the_default() -> None:
    np.testing.assert_array_equal(
        initial_encodings(MODEL, 2, rng=5), initial_encodings(MODEL, 2, rng=5, kind="gaussian")
    )


def test_non_negative_weights_are_those_without_their_signs() -> None:
    W = initial_encodings(MODEL, 2, rng=5, kind="non-negative")
    np.testing.assert_array_equal(W, np.abs(initial_encodings(MODEL, 2, rng=5)))


def test_orthonormal_rows_are_and_prefer_no_direction() -> None:
    W = initial_encodings(ToyModel(3, 5), 2000, rng=1, kind="orthonormal")
    overlap = W @ np.swapaxes(W, -1, -2)
    np.testing.assert_allclose(overlap, np.broadcast_to(np.eye(3), overlap.shape), atol=1e-14)
    # A uniform direction has E w⁴ = 3/m(m+2), here 3/35, and E w = 0. Four standard errors.
    fourth = (W**4).mean(axis=0)
    assert np.abs(fourth - 3 / 35).max() < 4 * (W**4).std() / np.sqrt(2000)
    assert np.abs(W.mean(axis=0)).max() < 4 / np.sqrt(5 * 2000)


def test_signed_sites_are_distinct_and_neurons_may_be_shared() -> None:
    full = ToyModel(12, 6)  # every site is taken
    for W in initial_encodings(full, 20, rng=2, kind="signed sites"):
        neuron, sign = largest(W)
        assert sorted(zip(neuron, sign, strict=True)) == [(k, s) for k in range(6) for s in (-1, 1)]


@pytest.mark.parametrize("kind", ["neurons", "carriers"])
def test_neurons_are_distinct_and_signs_are_not_prescribed(kind: str) -> None:
    W = initial_encodings(CROWDED, 200, rng=3, kind=kind)
    neuron, sign = largest(W)
    if kind == "carriers":  # another weight may be larger, four standard deviations out
        neuron = (np.abs(W) == 1).argmax(axis=-1)
        assert ((np.abs(W) == 1).sum(axis=-1) == 1).all()
    assert (np.sort(neuron, axis=-1) == np.arange(12)).all()
    assert abs(sign.mean()) < 4 / np.sqrt(sign.size)
    assert abs((neuron[:, 0] == 5).mean() - 1 / 12) < 4 * np.sqrt(1 / 12 / 200)  # anywhere


@pytest.mark.parametrize("kind", ["signed sites", "neurons"])
def test_moving_the_largest_weight_changes_no_size(kind: str) -> None:
    moved = np.sort(np.abs(initial_encodings(MODEL, 2, rng=9, kind=kind)), axis=-1)
    np.testing.assert_array_equal(
        moved, np.sort(np.abs(initial_encodings(MODEL, 2, rng=9)), axis=-1)
    )


@pytest.mark.parametrize(
    ("kind", "most"), [("orthonormal", 3), ("neurons", 3), ("carriers", 3), ("signed sites", 6)]
)
def test_a_kind_without_room_is_refused(kind: str, most: int) -> None:
    assert initial_encodings(ToyModel(most, 3), rng=0, kind=kind).shape == (most, 3)
    with pytest.raises(ValueError, match=rf"^kind must be .* for {most}\); got '{kind}'"):
        initial_encodings(ToyModel(most + 1, 3), rng=0, kind=kind)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^kind must be one of 'gaussian'"):
        initial_encodings(MODEL, rng=0, kind="uniform")
