"""Where weights start and end: counted by hand, and against the law without interference."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from polytheory import ToyModel, simulate
from polytheory.experiments import FIGURES, Settings
from polytheory.experiments import weights as fig
from polytheory.theory.fixed_points import carrier_amplitude


def computed(n_features: int, n_neurons: int, n_instances: int, **options: Any) -> Any:
    sizes = {"n_features": n_features, "n_neurons": n_neurons, "n_instances": n_instances}
    return FIGURES["weight-map"].compute("small", l1_strength=0.02, **sizes, **options)


@pytest.fixture(scope="module")
def weights() -> fig.Weights:
    return computed(8, 16, 6, rng=5)


def record(start: Any, end: Any) -> fig.Weights:
    start = np.asarray(start)
    n, m = start.shape[-2:]
    given = {"n_features": n, "n_neurons": m, "l1_strength": 0.01, "n_instances": len(start)}
    return fig.Weights(settings=Settings(given), seed=None, start=start, end=np.asarray(end))


def by_hand(start: list[list[float]], end: list[list[float]]) -> fig.Weights:
    return record([start], [end])


def alone(n_rows: int, n_neurons: int) -> fig.Weights:
    """Return rows in which the largest weight wins, as it does without interference."""
    start = np.random.default_rng(7).normal(0.0, n_neurons**-0.5, (4, n_rows, n_neurons))
    size = np.abs(start)
    return record(start, np.where(size == size.max(axis=-1, keepdims=True), np.sign(start), 0.0))


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


def test_the_ends_are_those_of_the_flow(weights: fig.Weights) -> None:
    model = ToyModel(8, 16, l1_strength=0.02)
    np.testing.assert_array_equal(weights.end, simulate(model, weights.start).final)
    # 768 weights of variance 1/16: the mean square has a relative error of √(2/768).
    assert np.square(weights.start).mean() * 16 == pytest.approx(1.0, abs=5 * 0.051)
    assert len(np.unique(weights.start)) == weights.start.size  # no two instances alike


def test_what_ends_is_zero_or_a_carrier(weights: fig.Weights) -> None:
    size = np.abs(weights.end)
    carrier = float(carrier_amplitude(0.02))
    assert bool(((size == 0) | (np.abs(size - carrier) < 1e-3)).all())
    assert weights.winners().sum() == 6 * 8


def off(data: fig.Weights) -> float:
    """Return how far winners are from the law of the largest weight, r.m.s. in standard errors."""
    edges = np.linspace(1.0, 3.2, 12)
    fine = np.linspace(edges[:-1], edges[1:], 101)
    density = np.exp(-(fine**2) / 2)
    law = (fig.largest_wins(fine, data.settings.n_neurons) * density).sum(axis=0) / density.sum(
        axis=0
    )
    share, error = data.winning(edges)
    return float(np.sqrt(np.mean(((share - law) / error) ** 2)))


def test_without_interference_the_largest_wins_by_the_law() -> None:
    data = alone(1000, 16)
    assert off(data) < 2.0  # 11 bins: chance alone exceeds this once in some 10⁵ cases
    wider = Settings({**data.settings, "n_neurons": 24})
    wrong = replace(data, settings=wider, start=data.start * np.sqrt(16 / 24))
    assert off(wrong) > 4.0  # another exponent


def test_with_interference_it_does_not() -> None:
    crowd = computed(16, 16, 64, rng=1)
    assert off(crowd) > 3.0
    large = crowd.winning(np.array([2.4, 5.0]))[0][0]
    assert large < fig.largest_wins(np.array(2.4), 16)  # the least of the law in this range


def test_they_can_be_drawn(weights: fig.Weights) -> None:
    one = computed(1, 4, 1)
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
