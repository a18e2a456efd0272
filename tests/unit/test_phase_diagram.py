"""The phase diagram: its corners are what theory says, and it shows what was computed."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from polytheory.experiments import FIGURES
from polytheory.experiments import phase_diagram as pd
from polytheory.experiments.ends import Ends
from polytheory.theory.collisions import expected_polysemantic

GRID: dict[str, Any] = {"n_neurons": 16, "crowding": [0.5, 1, 2], "scaled_l1": [0.2, 9.0]}


def computed(**settings: Any) -> Any:
    return FIGURES["phase-diagram"].compute("small", **GRID | settings)


@pytest.fixture(scope="module")
def data() -> Ends:
    return computed(n_instances=40)


def test_cells_are_those_of_the_grid(data: Ends) -> None:
    assert data.n_features.tolist() == [8, 8, 16, 16, 32, 32]
    assert data.scaled_l1().tolist() == [0.2, 9.0] * 3
    assert data.crowding().tolist() == [0.5, 0.5, 1.0, 1.0, 2.0, 2.0]
    assert data.n_instances.tolist() == [40] * 6


def test_nothing_survives_strong_regularization(data: Ends) -> None:
    strong = data.scaled_l1() == 9.0
    assert (data.surviving[strong] == 0).all()
    assert (data.polysemantic[strong] == 0).all()
    assert data.settled[strong].all()
    assert (data.survivors()[0][~strong][:2] == 1.0).all()


def test_counts_are_near_exclusion_where_regularization_is_weak(data: Ends) -> None:
    weak = (data.scaled_l1() == 0.2) & (data.crowding() <= 1)
    mean, error = data.shared()
    expected = expected_polysemantic(data.n_features, data.n_neurons) / data.n_neurons
    # The flow is within a quarter of exclusion here (theory.collisions.measured_ratio).
    assert (np.abs(mean - expected)[weak] < 0.25 * expected[weak] + 5 * error[weak]).all()
    assert (mean[weak] > 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_neurons": 8}, "n_neurons must be an integer of at least 16"),
        ({"crowding": []}, r"crowding must be a list of at least one value"),
        ({"crowding": [-1.0]}, "crowding must be between 0"),
        ({"scaled_l1": [0.0]}, "scaled_l1/√m must be between 1e-08"),
        (
            {"crowding": [1.0, 1.01]},
            r"crowding must be different numbers of features at 16 neurons",
        ),
        ({"n_instances": 0}, "n_instances must be"),
    ],
)
def test_bad_grids(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        computed(**change)


def test_a_map_says_which_quantity(data: Ends) -> None:
    with pytest.raises(ValueError, match="of must be one of 'shared', 'survivors'"):
        pd.draw_map(data, Figure().add_subplot(), of="both")


def test_maps_show_every_cell(data: Ends) -> None:
    ax = Figure().add_subplot()
    pd.draw_map(data, ax, of="survivors")
    (mesh,) = ax.collections
    cells = np.asarray(mesh.get_array())
    assert cells.tolist() == data.survivors()[0].reshape(3, 2).tolist()


def test_slices_have_theory_and_error_bars(data: Ends) -> None:
    for draw in (pd.draw_crowding, pd.draw_survival):
        ax = Figure().add_subplot()
        draw(data, ax)
        assert len(ax.containers) == (2 if draw is pd.draw_crowding else 3)
        legend = ax.get_legend()
        assert legend is not None
        assert any("exclusion" in t.get_text() or "alone" in t.get_text() for t in legend.texts)
