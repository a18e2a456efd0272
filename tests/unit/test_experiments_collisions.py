"""The data of the collision figures: right, and the same whoever computes them."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from polytheory import ToyModel, initial_encodings, polysemantic_neurons, simulate
from polytheory._processes import THREADS, one_thread_each, undisturbed
from polytheory.experiments import FIGURES, Settings
from polytheory.experiments.collisions import count as count_figure
from polytheory.experiments.collisions import fidelity as fidelity_figure
from polytheory.experiments.collisions import ratio as ratio_figure
from polytheory.experiments.ends import Ends, ends
from polytheory.sweeps import SweepTable, count_task

Patch = pytest.MonkeyPatch


def computed(name: str, **settings: Any) -> Any:
    return FIGURES[name].compute("small", **settings)


def small(**changes: Any) -> Any:
    setting = {"n_features": 8, "n_neurons": [8, 16], "l1_strength": 0.02, "n_instances": 4}
    return computed("count", **(setting | changes))


@pytest.fixture(scope="module")
def count() -> Ends:
    return small()


@pytest.fixture(scope="module")
def ratio() -> Ends:
    return computed("ratio-map", standard_error=0.3, rng=1)


@pytest.fixture(scope="module")
def fidelity() -> Ends:
    return computed("winner-fidelity", n_neurons=[8, 16], n_instances=4, rng=2)


def by_hand(polysemantic: list[list[int]]) -> Ends:
    """Return a record of n = 4, m = 4, where exclusion expects 4·3/(2·7) = 6/7."""
    entered = np.array(polysemantic)
    settings = np.full(len(entered), 4)
    return Ends(
        settings=Settings({}),
        seed=None,
        n_features=settings,
        n_neurons=settings,
        l1_strength=np.full(len(entered), 0.01),
        n_instances=np.count_nonzero(entered >= 0, axis=1),
        polysemantic=entered,
        surviving=entered,
        winners=entered,
        dead=entered,
        settled=entered >= 2,
    )


# Means and errors


def test_means_and_errors_by_hand() -> None:
    mean, error = by_hand([[1, 2, 3]]).count()
    assert mean.tolist() == [2.0]
    assert error[0] == pytest.approx(1 / np.sqrt(3), rel=1e-14, abs=0)  # variance 1 of three
    ratio, ratio_error = by_hand([[1, 2, 3]]).ratio()
    assert ratio[0] == pytest.approx(7 / 3, rel=1e-14, abs=0)
    assert ratio_error[0] == pytest.approx(7 / 6 / np.sqrt(3), rel=1e-14, abs=0)
    share, share_error = by_hand([[1, 2, 3]]).fidelity()
    assert share.tolist() == [0.5]
    assert share_error[0] == pytest.approx(1 / 4 / np.sqrt(3), rel=1e-14, abs=0)


def test_instances_that_a_setting_has_not_do_not_count() -> None:
    data = by_hand([[1, 3, -1], [2, -1, -1]])
    assert data.not_settled().tolist() == [1, 0]
    mean, error = data.count()
    assert mean.tolist() == [2.0, 2.0]
    assert error[0] == 1.0  # variance 2 of two
    assert np.isnan(error[1])
    assert data.instances() == "1 to 2 instances"


def test_a_table_of_unequal_settings_becomes_a_record() -> None:
    rows = {
        "n_features": [4, 4, 2],
        "n_neurons": [8, 8, 8],
        "l1_strength": [0.1, 0.1, 0.1],
        "repeat": [0, 1, 0],
        "polysemantic": [1, 0, 0],
        "surviving": [4, 3, 2],
        "winner_fidelity": [0.75, 0.5, 1.0],
        "alive": [4, 3, 2],
        "outcome": ["settled", "max_time", "dead"],
    }
    table = SweepTable({name: np.array(column) for name, column in rows.items()})
    data = ends(Settings({}), table)
    assert data.n_features.tolist() == [4, 2]
    assert data.n_instances.tolist() == [2, 1]
    assert data.polysemantic.tolist() == [[1, 0], [0, -1]]
    assert data.winners.tolist() == [[3, 2], [2, -1]]
    assert data.dead.tolist() == [[0, 1], [0, -1]]
    assert data.settled.tolist() == [[True, False], [True, False]]
    assert data.not_settled().tolist() == [1, 0]


# The runs


def test_two_features_on_one_neuron_meet_if_their_signs_differ() -> None:
    data = computed(
        "winner-fidelity",
        n_features=2,
        n_neurons=[1],
        l1_strengths=[0.001],
        n_instances=40,
    )
    (shared,), (dead,), (winners,) = data.polysemantic, data.dead, data.winners
    # Of opposite signs both stay; of equal ones the larger wins and the other dies.
    assert np.array_equal(dead, 1 - shared)
    assert np.array_equal(winners, 1 + shared)
    # Signs are fair coins: 20 of 40, to 4 standard deviations of √10.
    assert abs(shared.sum() - 20) < 4 * np.sqrt(10)


def test_alone_the_largest_weight_wins() -> None:
    data = computed(
        "winner-fidelity", n_features=1, n_neurons=[8, 64], l1_strengths=[0.01], n_instances=10
    )
    assert [each.tolist() for each in data.fidelity()] == [[1.0, 1.0], [0.0, 0.0]]
    assert not data.polysemantic.any()


def test_the_counts_are_those_of_the_flow() -> None:
    """From the start that the task drew, the plain simulator ends with the same count."""
    model, parameters = ToyModel(8, 16, l1_strength=0.02), {"n_features": 8, "n_neurons": 16}
    for seed in range(4):
        W0 = initial_encodings(model, rng=np.random.default_rng(seed))
        end = count_task(parameters | {"l1_strength": 0.02}, np.random.default_rng(seed))
        assert end["polysemantic"] == polysemantic_neurons(simulate(model, W0).final)


def test_a_run_that_does_not_settle_is_told() -> None:
    # Six signed sites for seven features: one-hot states cannot hold them all.
    data = computed(
        "winner-fidelity", n_features=7, n_neurons=[3], l1_strengths=[0.001], n_instances=6, rng=5
    )
    assert 0 < data.not_settled()[0] <= 6


def test_instances_bring_the_asked_error() -> None:
    # n = m = 16: the count's variance is near that of exclusion, 57 instances for 3.5 %.
    data = computed(
        "ratio-map", n_features=[16], widths=[1], scaled_l1=[0.1], standard_error=0.035, rng=6
    )
    (ratio,), (error,) = data.ratio()
    # The relative error of a standard deviation from 57 values is 1/√(2·56) = 9 %.
    assert 50 < data.n_instances[0] < 65
    assert error == pytest.approx(0.035, rel=5 * 0.09, abs=0)
    assert abs(ratio - 1.0) < 0.25  # within a quarter of chance, independence says .63
    independent = data.expected("independent") / data.expected("exclusion")
    assert ratio - independent[0] > 5 * error


def test_the_grid_is_in_order(ratio: Ends) -> None:
    assert ratio.n_features.tolist() == [8] * 4 + [16] * 4
    assert ratio.n_neurons.tolist() == [8, 8, 16, 16, 16, 16, 32, 32]
    assert ratio.scaled_l1().tolist() == [0.3, 0.1] * 4


# Randomness and processes


def test_another_seed_gives_other_instances(count: Ends) -> None:
    assert not np.array_equal(count.winners, small(rng=1).winners)


def test_an_instance_does_not_depend_on_how_many_there_are(count: Ends) -> None:
    more = small(n_instances=6)
    assert np.array_equal(more.winners[:, :4], count.winners)


def test_the_environment_is_given_back_after_a_failure(monkeypatch: Patch) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    with pytest.raises(LookupError), one_thread_each():
        raise LookupError
    assert os.environ[THREADS[0]] == "7"


@pytest.fixture
def listens_to_ctrl_c() -> Iterator[None]:
    """A shell that starts the tests in the background has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listens_to_ctrl_c")
def test_a_second_ctrl_c_does_not_disturb() -> None:
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


# Bad input


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("count", {"n_features": 1}, "n_features must be an integer of at least 2"),
        ("count", {"n_features": 8, "n_neurons": [8, 3]}, "n_features ≤ 2 n_neurons"),
        ("count", {"l1_strength": 0.0}, "l1_strength must be between 1e-08"),
        ("count", {"n_instances": 0}, "n_instances must be"),
        ("ratio-map", {"n_features": [1]}, "n_features must be"),
        ("ratio-map", {"widths": [0.4]}, "widths must be"),
        ("ratio-map", {"scaled_l1": [-1.0]}, "scaled_l1 must be"),
        ("ratio-map", {"scaled_l1": [0.0]}, "scaled_l1/√m must be"),
        ("ratio-map", {"standard_error": 0.0}, "standard_error must be"),
        ("winner-fidelity", {"n_features": 0}, "n_features must be"),
    ],
)
def test_bad_input_is_named(name: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        computed(name, **settings)


# Drawing

DRAWINGS: dict[str, tuple[str, Callable[[Any, Axes], None]]] = {
    "count": ("count", count_figure.draw_count),
    "count ratio": ("count", count_figure.draw_count_ratio),
    "ratio 1": ("ratio", lambda data, ax: ratio_figure.draw_ratio(data, ax, width=1)),
    "ratio 2": ("ratio", lambda data, ax: ratio_figure.draw_ratio(data, ax, width=2)),
    "fidelity m": ("fidelity", fidelity_figure.draw_fidelity),
    "fidelity λ": (
        "fidelity",
        lambda data, ax: fidelity_figure.draw_fidelity(data, ax, against="l1_strength"),
    ),
}


def drawn(draw: Callable[[Any, Axes], None], data: Ends) -> Axes:
    ax = Figure().add_subplot()
    draw(data, ax)
    FigureCanvasAgg(ax.figure).draw()  # also: every glyph and formula can be set
    return ax


@pytest.mark.parametrize(("name", "draw"), DRAWINGS.values(), ids=DRAWINGS)
def test_drawings_are_labelled(
    name: str, draw: Callable[[Any, Axes], None], request: pytest.FixtureRequest
) -> None:
    data = request.getfixturevalue(name)
    ax = drawn(draw, data)
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    _, labels = ax.get_legend_handles_labels()
    assert len(labels) == len(set(labels))
    fewer = data.polysemantic.copy()
    fewer[1:, 1:] = -1  # one instance: no error bar
    drawn(draw, replace(data, polysemantic=fewer))


def test_points_and_bars_are_the_data(ratio: Ends) -> None:
    ax = drawn(lambda data, axes: ratio_figure.draw_ratio(data, axes, width=2), ratio)
    mean, error = ratio.ratio()
    for container, at in zip(ax.containers, ([3, 2], [7, 6]), strict=True):  # λ rises
        line, _, (bars,) = container
        assert np.array_equal(line.get_ydata(), mean[at])
        # Points of different n stand beside each other, by half of 5 % here.
        assert np.allclose(line.get_xdata(), [0.1, 0.3], rtol=0.03, atol=0)
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        assert np.allclose(ends.T, [mean[at] - error[at], mean[at] + error[at]], rtol=1e-12, atol=0)


def test_drawing_refuses_what_is_not_there(ratio: Ends, fidelity: Ends) -> None:
    with pytest.raises(ValueError, match=r"width must be one of 1, 2; got 3"):
        ratio_figure.draw_ratio(ratio, Figure().add_subplot(), width=3)
    with pytest.raises(ValueError, match="against must be"):
        fidelity_figure.draw_fidelity(fidelity, Figure().add_subplot(), against="time")
