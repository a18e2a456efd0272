"""Where weights start and end: counted by hand, and against the law without interference."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from polytheory import ToyModel, initial_encodings, simulate
from polytheory.experiments import Seed
from polytheory.experiments import collisions as fig
from polytheory.theory.fixed_points import carrier_amplitude


@pytest.fixture(scope="module")
def weights() -> fig.Weights:
    return fig.compute_weights(n_features=8, n_neurons=16, l1_strength=0.02, n_instances=6, rng=5)


def by_hand(start: list[list[float]], end: list[list[float]]) -> fig.Weights:
    n, m = len(start), len(start[0])
    pair = np.array([[start]]), np.array([[end]])
    return fig.Weights(n, m, 0.01, np.array([1]), *pair, seed=Seed(0))


def alone(n_rows: int, n_neurons: int) -> fig.Weights:
    """Return rows in which the largest weight wins, as it does without interference."""
    start = np.random.default_rng(7).normal(0.0, n_neurons**-0.5, (1, 4, n_rows, n_neurons))
    size = np.abs(start)
    end = np.where(size == size.max(axis=-1, keepdims=True), np.sign(start), 0.0)
    return fig.Weights(n_rows, n_neurons, 0.01, np.array([4]), start, end, seed=Seed(7))


def test_winners_and_shares_by_hand() -> None:
    data = by_hand([[0.1, -0.6], [0.7, 0.2], [0.3, 0.3]], [[0.0, -0.9], [0.0, 0.9], [0.0, 0.0]])
    assert data.winners().tolist() == [[[False, True], [False, True], [False, False]]]
    edges = np.array(
        [0.0, 0.5, 1.0, 2.0]
    )  # of sizes times √2: 0.14, 0.28, 0.42 (twice); 0.85, 0.99
    share, error = data.winning(edges)
    np.testing.assert_allclose(share[:2], [1 / 4, 1 / 2])
    np.testing.assert_allclose(error[:2], [np.sqrt(1 / 4 / 4), np.sqrt(1 / 2 / 2)])
    assert np.isnan(share[2])
    assert np.isnan(error[2])


def test_the_correlation_is_that_of_sizes() -> None:
    data = by_hand([[0.1, -0.2, 0.3]], [[0.2, 0.4, -0.6]])
    mean, error = data.correlation()
    assert mean == pytest.approx(1.0)
    assert np.isnan(error)
    assert by_hand([[0.1, 0.2, 0.3]], [[0.6, 0.4, 0.2]]).correlation()[0] == pytest.approx(-1.0)


def test_the_runs_are_those_of_a_batch(weights: fig.Weights) -> None:
    model = ToyModel(8, 16, l1_strength=0.02)
    start = initial_encodings(model, 6, rng=5)
    np.testing.assert_array_equal(weights.start[0], start)
    np.testing.assert_array_equal(weights.end[0], simulate(model, start).final)
    again = fig.compute_weights(
        n_features=8, n_neurons=16, l1_strength=0.02, n_instances=6, rng=weights.seed.generator()
    )
    np.testing.assert_array_equal(again.end, weights.end)


def test_what_ends_is_zero_or_a_carrier(weights: fig.Weights) -> None:
    size = np.abs(weights.end[0])
    carrier = float(carrier_amplitude(0.02))
    assert bool(((size == 0) | (np.abs(size - carrier) < 1e-3)).all())
    assert weights.winners().sum() == 6 * 8


def off(data: fig.Weights) -> float:
    """Return how far winners are from the law of the largest weight, r.m.s. in standard errors."""
    edges = np.linspace(1.0, 3.2, 12)
    fine = np.linspace(edges[:-1], edges[1:], 101)
    density = np.exp(-(fine**2) / 2)
    law = (fig.largest_wins(fine, data.n_neurons) * density).sum(axis=0) / density.sum(axis=0)
    share, error = data.winning(edges)
    return float(np.sqrt(np.mean(((share - law) / error) ** 2)))


def test_without_interference_the_largest_wins_by_the_law() -> None:
    data = alone(1000, 16)
    assert off(data) < 2.0  # 11 bins: chance alone exceeds this once in some 10⁵ cases
    wrong = fig.Weights(
        1000, 24, 0.01, np.array([4]), data.start * np.sqrt(16 / 24), data.end, seed=Seed(7)
    )
    assert off(wrong) > 4.0  # another exponent


def test_with_interference_it_does_not() -> None:
    crowd = fig.compute_weights(
        n_features=16, n_neurons=16, l1_strength=0.02, n_instances=64, rng=1
    )
    assert off(crowd) > 3.0
    large = crowd.winning(np.array([2.4, 5.0]))[0][0]
    assert large < fig.largest_wins(np.array(2.4), 16)  # the least of the law in this range


def test_they_can_be_drawn(weights: fig.Weights) -> None:
    one = fig.compute_weights(n_features=1, n_neurons=4, l1_strength=0.02, n_instances=1, rng=0)
    for data in (weights, one):
        for draw in (fig.draw_weight_map, fig.draw_winning):
            figure = Figure(layout="constrained")
            ax = figure.add_subplot()
            draw(data, ax)
            FigureCanvasAgg(figure).draw()
            assert "initial size" in ax.get_xlabel()
            assert ax.get_legend() is not None


def test_the_map_counts_every_weight(weights: fig.Weights) -> None:
    figure = Figure()
    ax = figure.add_subplot()
    fig.draw_weight_map(weights, ax)
    counted = ax.collections[0].get_array()
    assert counted is not None
    assert counted.sum() == weights.start.size


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"^n_instances must be"):
        fig.compute_weights(n_features=2, n_neurons=4, l1_strength=0.02, n_instances=0, rng=0)
    with pytest.raises(ValueError, match=r"^l1_strength must be"):
        fig.compute_weights(n_features=2, n_neurons=4, l1_strength=0.0, rng=0)
