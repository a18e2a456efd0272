"""The data of the collision figures: right, the same whoever computes them, and never lost."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from polytheory import ToyModel, initial_encodings, polysemantic_neurons, simulate
from polytheory._processes import THREADS, one_thread_each, undisturbed
from polytheory.experiments import Seed, load, save
from polytheory.experiments import collisions as fig
from polytheory.experiments._pool import finished
from polytheory.experiments._store import streams
from polytheory.experiments.collisions import _follow

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def small(rng: Any = 0, **changes: Any) -> fig.Ends:
    setting = {"n_features": 8, "n_neurons": [8, 16], "l1_strength": 0.02, "n_instances": 4}
    return fig.compute_count(**(setting | changes), rng=rng)


@pytest.fixture(scope="module")
def count() -> fig.Ends:
    return small()


@pytest.fixture(scope="module")
def ratio() -> fig.Ends:
    return fig.compute_ratio(
        n_features=[8, 16], widths=[1, 2], strengths=[0.3, 0.1], standard_error=0.3, rng=1
    )


@pytest.fixture(scope="module")
def fidelity() -> fig.Ends:
    return fig.compute_fidelity(
        n_features=8, n_neurons=[8, 16], l1_strengths=[0.03, 0.01], n_instances=4, rng=2
    )


def by_hand(polysemantic: list[list[int]]) -> fig.Ends:
    """Return a record of n = 4, m = 4, where exclusion expects 4·3/(2·7) = 6/7."""
    entered = np.array(polysemantic)
    settings = np.full(len(entered), 4)
    asked = np.full(len(entered), entered.shape[1])
    return fig.Ends(
        n_features=settings,
        n_neurons=settings,
        l1_strength=np.full(len(entered), 0.01),
        n_instances=asked,
        polysemantic=entered,
        winners=entered,
        dead=entered,
        settled=entered >= 2,
        dtype="float64",
        rtol=0.01,
        seed=Seed(0),
    )


def same(one: fig.Ends, other: fig.Ends) -> bool:
    names = [field.name for field in fields(fig.Ends)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


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


def test_what_was_not_run_does_not_count() -> None:
    data = by_hand([[1, 3, -1], [2, -1, -1], [-1, -1, -1]])
    assert data.done().tolist() == [2, 1, 0]
    assert data.not_settled().tolist() == [1, 0, 0]
    mean, error = data.count()
    assert mean[:2].tolist() == [2.0, 2.0]
    assert error[0] == 1.0  # variance 2 of two
    assert np.isnan(mean[2])
    assert np.isnan(error[1:]).all()


# The runs


def test_two_features_on_one_neuron_meet_if_their_signs_differ() -> None:
    data = fig.compute_fidelity(
        n_features=2, n_neurons=[1], l1_strengths=[0.001], n_instances=40, rng=3
    )
    (stream,), _ = streams(3, 1)
    W0 = initial_encodings(ToyModel(2, 1), 40, rng=stream)[..., 0]
    assert np.abs(W0).min() > 0.002  # none dies for want of size
    opposite = W0[:, 0] * W0[:, 1] < 0
    assert 0 < opposite.sum() < 40
    assert np.array_equal(data.polysemantic[0], opposite)
    assert np.array_equal(data.dead[0], ~opposite)
    assert np.array_equal(data.winners[0], 1 + opposite)


def test_alone_the_largest_weight_wins() -> None:
    data = fig.compute_fidelity(
        n_features=1, n_neurons=[8, 64], l1_strengths=[0.01], n_instances=10, rng=4
    )
    assert [each.tolist() for each in data.fidelity()] == [[1.0, 1.0], [0.0, 0.0]]
    assert not data.polysemantic.any()


def test_the_instances_are_those_of_a_batch(count: fig.Ends) -> None:
    generators, _ = streams(count.seed.generator(), 2)
    for place, m in enumerate((8, 16)):
        model = ToyModel(8, m, l1_strength=0.02)
        run = simulate(model, initial_encodings(model, 4, rng=generators[place]))
        assert np.array_equal(count.polysemantic[place], polysemantic_neurons(run.final))
        assert (run.outcome == "settled").all()
        assert count.settled[place].all()


def test_a_run_that_does_not_settle_is_told() -> None:
    # Six signed sites for seven features: one-hot states cannot hold them all.
    data = fig.compute_fidelity(
        n_features=7, n_neurons=[3], l1_strengths=[0.001], n_instances=6, rng=5
    )
    assert 0 < data.not_settled()[0] <= 6


def test_instances_bring_the_asked_error() -> None:
    # n = m = 16: the count's variance is near that of exclusion, 57 instances for 3.5 %.
    data = fig.compute_ratio(
        n_features=[16], widths=[1], strengths=[0.1], standard_error=0.035, rng=6
    )
    (ratio,), (error,) = data.ratio()
    # The relative error of a standard deviation from 57 values is 1/√(2·56) = 9 %.
    assert 50 < data.n_instances[0] < 65
    assert error == pytest.approx(0.035, rel=5 * 0.09, abs=0)
    assert abs(ratio - 1.0) < 0.25  # within a quarter of chance, independence says .63
    independent = data.expected("independent") / data.expected("exclusion")
    assert ratio - independent[0] > 5 * error


def test_the_grid_is_in_order(ratio: fig.Ends) -> None:
    assert ratio.n_features.tolist() == [8] * 4 + [16] * 4
    assert ratio.n_neurons.tolist() == [8, 8, 16, 16, 16, 16, 32, 32]
    strength = ratio.l1_strength * np.sqrt(ratio.n_neurons)
    assert np.allclose(strength, [0.3, 0.1] * 4, rtol=1e-15, atol=0)


# Randomness and processes


def test_a_seed_gives_the_same_again(count: fig.Ends) -> None:
    assert same(count, small(np.random.SeedSequence(0)))
    assert not np.array_equal(count.winners, small(1).winners)


def test_the_recorded_seed_suffices() -> None:
    generator = np.random.default_rng([4, 2])
    first, second = small(generator), small(generator)
    assert not np.array_equal(first.winners, second.winners)
    for data in (first, second, small(None)):
        assert same(small(data.seed.generator()), data)


def test_an_instance_does_not_depend_on_how_many_there_are(count: fig.Ends) -> None:
    more = small(n_instances=6)
    assert np.array_equal(more.winners[:, :4], count.winners)


def test_the_number_of_processes_changes_nothing(count: fig.Ends) -> None:
    assert same(small(workers=2), count)


def test_processes_have_one_thread_each(monkeypatch: Patch) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    monkeypatch.delenv(THREADS[1], raising=False)
    seen = dict(finished(os.getenv, THREADS, workers=1))
    assert seen == {0: "1", 1: "1", 2: "1"}
    assert os.environ[THREADS[0]] == "7"
    assert THREADS[1] not in os.environ


def test_the_environment_is_given_back_after_a_failure(monkeypatch: Patch) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    with pytest.raises(LookupError), one_thread_each():
        raise LookupError
    assert os.environ[THREADS[0]] == "7"


@pytest.mark.parametrize("workers", [None, 1])
def test_a_failure_is_not_swallowed(workers: int | None) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(finished(int, ["1", "one", "3"], workers=workers))


def test_a_worker_that_dies_is_noticed() -> None:
    with pytest.raises(BrokenProcessPool):
        list(finished(os._exit, [3], workers=1))


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


def test_a_progress_bar_changes_nothing(count: fig.Ends, capsys: Capture) -> None:
    assert same(small(progress=True), count)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "8/8" in shown.err


# Storage


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize(("number", "left"), [(0, [0, 0]), (6, [4, 2])])
def test_nothing_is_lost_and_nothing_done_twice(
    count: fig.Ends,
    tmp_path: Path,
    interrupted_after: Any,
    error: Any,
    number: int,
    left: list[int],
) -> None:
    path = tmp_path / "run"
    with pytest.raises(error), interrupted_after(number, _follow, "follow_instance", error):
        small(keep=path)
    assert load(fig.Ends, path).done().tolist() == left
    # Exactly the others are run.
    with interrupted_after(8 - number, _follow, "follow_instance", error):
        assert same(small(keep=path, resume=True), count)
    assert same(load(fig.Ends, path), count)


def test_a_complete_setting_is_on_disk_at_once(tmp_path: Path, monkeypatch: Patch) -> None:
    instance, seen = _follow.follow_instance, []

    def look(task: Any) -> Any:
        stored = list(tmp_path.glob("*.npz"))
        seen.append(load(fig.Ends, stored[0]).done().tolist() if stored else None)
        return instance(task)

    monkeypatch.setattr(_follow, "follow_instance", look)
    small(keep=tmp_path / "run")
    assert seen == [None] * 4 + [[4, 0]] * 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rng": 1}, "another seed"),
        ({"l1_strength": 0.03}, "another l1_strength"),
        ({"n_neurons": [8, 17]}, "another n_neurons"),
        ({"n_instances": 5}, "another n_instances"),
        ({"dtype": "float32"}, "another dtype"),
        ({"rtol": 0.001}, "another rtol"),
    ],
)
def test_another_run_is_not_resumed(
    count: fig.Ends, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    save(count, tmp_path / "run")
    with pytest.raises(ValueError, match=words):
        small(**changes, keep=tmp_path / "run", resume=True)
    assert same(load(fig.Ends, tmp_path / "run"), count)


def test_records_are_read_only(count: fig.Ends) -> None:
    for field in fields(count):
        value = getattr(count, field.name)
        assert not isinstance(value, np.ndarray) or not value.flags.writeable


# Bad input

GRID: dict[str, Any] = {
    "n_features": [8],
    "widths": [1],
    "strengths": [0.1],
    "standard_error": 0.5,
    "rng": 0,
}
MAP: dict[str, Any] = {"n_features": 8, "n_neurons": [8], "l1_strengths": [0.1], "rng": 0}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: small(n_features=1), "n_features must be an integer of at least 2"),
        (lambda: small(n_neurons=[8, 3]), "n_features ≤ 2 n_neurons"),
        (lambda: small(n_neurons=[8.0]), "n_neurons must be an integer"),
        (lambda: small(n_neurons=[]), "settings must be one at least"),
        (lambda: small(l1_strength=0.0), "l1_strength must be between 1e-08"),
        (lambda: small(n_instances=0), "n_instances must be"),
        (lambda: small(dtype="float16"), "dtype must be"),
        (lambda: small(workers=0), "workers must be"),
        (lambda: small("a"), "rng must be"),
        (lambda: small(resume=True), "keep must be a path"),
        (lambda: fig.compute_ratio(**GRID | {"n_features": [1]}), "n_features must be"),
        (lambda: fig.compute_ratio(**GRID | {"widths": [0.4]}), "widths must be"),
        (lambda: fig.compute_ratio(**GRID | {"strengths": [-1.0]}), "strengths must be"),
        (lambda: fig.compute_ratio(**GRID | {"strengths": [0.0]}), "l1_strength must be"),
        (lambda: fig.compute_ratio(**GRID | {"standard_error": 0.0}), "standard_error must be"),
        (lambda: fig.compute_fidelity(**MAP | {"l1_strengths": []}), "settings must be"),
        (lambda: fig.compute_fidelity(**MAP | {"n_features": 0}), "n_features must be"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        small(keep=tmp_path / "run", resume=True)


# Drawing

DRAWINGS: dict[str, tuple[str, Callable[[Any, Axes], None]]] = {
    "count": ("count", fig.draw_count),
    "count ratio": ("count", fig.draw_count_ratio),
    "ratio 1": ("ratio", lambda data, ax: fig.draw_ratio(data, ax, width=1)),
    "ratio 2": ("ratio", lambda data, ax: fig.draw_ratio(data, ax, width=2)),
    "fidelity m": ("fidelity", fig.draw_fidelity),
    "fidelity λ": ("fidelity", lambda data, ax: fig.draw_fidelity(data, ax, against="l1_strength")),
}


def drawn(draw: Callable[[Any, Axes], None], data: fig.Ends) -> Axes:
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
    unfinished = data.polysemantic.copy()
    unfinished[1:, 1:] = -1  # one instance: no error bar
    unfinished[-1] = -1  # none: no point
    drawn(draw, replace(data, polysemantic=unfinished))


def test_points_and_bars_are_the_data(ratio: fig.Ends) -> None:
    ax = drawn(lambda data, axes: fig.draw_ratio(data, axes, width=2), ratio)
    mean, error = ratio.ratio()
    for container, at in zip(ax.containers, ([3, 2], [7, 6]), strict=True):  # λ rises
        line, _, (bars,) = container
        assert np.array_equal(line.get_ydata(), mean[at])
        # Points of different n stand beside each other, by half of 5 % here.
        assert np.allclose(line.get_xdata(), [0.1, 0.3], rtol=0.03, atol=0)
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        assert np.allclose(ends.T, [mean[at] - error[at], mean[at] + error[at]], rtol=1e-12, atol=0)


def test_drawing_refuses_what_is_not_there(ratio: fig.Ends, fidelity: fig.Ends) -> None:
    with pytest.raises(ValueError, match=r"width must be one of 1, 2; got 3"):
        fig.draw_ratio(ratio, Figure().add_subplot(), width=3)
    with pytest.raises(ValueError, match="against must be"):
        fig.draw_fidelity(fidelity, Figure().add_subplot(), against="time")
