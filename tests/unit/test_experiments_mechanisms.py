"""The data of the comparison of ℓ1 and noise: right, resumable, and drawn as they are."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from polytheory.experiments._store import streams

from polytheory import ToyModel, initial_encodings, simulate
from polytheory.experiments import Seed, _sheet, load, save
from polytheory.experiments import mechanisms as fig
from polytheory.experiments.mechanisms import _ends, _equivalence
from polytheory.noise import Bipolar, Gaussian
from polytheory.theory.noise import working_window


def few(rng: Any = 0, **changes: Any) -> fig.Counts:
    setting: dict[str, Any] = {"n_features": [6], "widths": [1], "followed": 18, "patience": 2.0}
    return fig.compute_counts(**(setting | changes), rng=rng)


@pytest.fixture(scope="module")
def counts() -> fig.Counts:
    return few()


@pytest.fixture(scope="module")
def curves() -> fig.Curves:
    return fig.compute_curves(
        n_features=4,
        n_neurons=6,
        laws=["bipolar", "gaussian"],
        stds=[0.3],
        steps=2000,
        n_times=5,
        n_instances=2,
        rng=0,
    )


@pytest.fixture(scope="module")
def equivalence() -> fig.Equivalence:
    return fig.compute_equivalence(
        n_features=[5], widths=[1.6], reach=[1.0, 1.4], n_instances=2, rng=0
    )


def same(a: Any, b: Any) -> bool:
    """Compare two records; NaN is equal to NaN."""
    for field in fields(a):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if isinstance(x, np.ndarray):
            np.testing.assert_array_equal(x, y)
        else:
            assert x == y
    return True


# --- what is computed -----------------------------------------------------------------------------


def test_curves_are_those_of_the_flow_averaged_over_noise(curves: fig.Curves) -> None:
    stream = streams(0, 0)[1].generator()
    start = initial_encodings(ToyModel(4, 6), 2, rng=stream)
    for place, law in enumerate((Bipolar, Gaussian)):
        model = ToyModel(4, 6, noise=law(std=0.3))
        run = simulate(model, start, time=4 * 0.02 * curves.steps, until=0.08 * 2000)
        np.testing.assert_allclose(
            curves.fourth_power_sum[place], run.fourth_power_sum.mean(axis=-1).T, rtol=1e-12
        )
    assert curves.laws == ("bipolar", "gaussian")


def test_bipolar_noise_makes_rows_sparse_and_gaussian_noise_does_not(curves: fig.Curves) -> None:
    mean, error = curves.mean()
    assert mean[0, -1] > mean[0, 0] + 0.2
    assert mean[1, -1] < mean[0, -1] - 0.2
    assert (error >= 0).all()


def test_all_mechanisms_start_from_the_same_encodings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def follow(task: _ends.Task) -> tuple[float, ...]:
        model = ToyModel(task.setting.n_features, task.setting.n_neurons)
        start = initial_encodings(model, rng=task.entry.generator())
        seen.append((task.setting.mechanism, task.entry.number, start))
        return (0.0,) * 5

    monkeypatch.setattr(_ends, "follow", follow)
    few(n_features=[6], widths=[1, 2])
    narrow = {(kind, k): W for kind, k, W in seen if W.shape == (6, 6)}
    assert len(narrow) == 9
    for k in range(3):
        assert np.array_equal(narrow["l1", k], narrow["noise", k])
        assert np.array_equal(narrow["l1", k], narrow["both", k])
    assert not np.array_equal(narrow["l1", 0], narrow["l1", 1])


def test_settings_say_what_was_run(counts: fig.Counts) -> None:
    low, high = working_window(6)
    assert counts.mechanisms == ("l1", "noise", "both")
    assert counts.l1_strength.tolist() == [0.01, 0.0, 0.01]
    np.testing.assert_allclose(counts.std, [0.0, np.sqrt(low * high), np.sqrt(low * high)])
    assert counts.learning_rate.tolist() == [0.0, 0.0, 0.0]
    assert counts.end[0] == np.inf
    assert counts.end[2] == pytest.approx(2000.0, abs=0)
    assert counts.n_instances.tolist() == [3, 3, 3]
    assert counts.done().tolist() == [3, 3, 3]
    assert (counts.share <= counts.partial).all()


def test_noise_is_sampled_beyond_a_size() -> None:
    data = few(mechanisms=["noise"], averaged_up_to=35, noise_shared_over="batch", patience=0.1)
    again = few(mechanisms=["noise"], averaged_up_to=35, noise_shared_over="batch", patience=0.1)
    assert 0 < data.learning_rate[0] <= 0.05
    assert same(data, again)


def test_the_noise_does_not_draw_what_the_encodings_drew() -> None:
    seed = Seed(entropy=3, spawn_key=(1,))
    entries = [_sheet.Entry(0, k, seed) for k in (0, 1)]
    firsts = [initial_encodings(ToyModel(2, 2), rng=entry.generator())[0, 0] for entry in entries]
    noise = [np.random.default_rng(entry.of_noise()).normal() for entry in entries]
    scaled = [2**-0.5 * each for each in noise]
    assert len({*firsts, *scaled}) == 4
    # Instance k of a setting is that of the batch.
    batch = initial_encodings(ToyModel(2, 2), 2, rng=seed.generator())
    assert firsts == batch[:, 0, 0].tolist()


def test_partly_shared_counts_neurons_with_a_quarter_twice() -> None:
    W = np.array([[0.6, 0.8, 0.0], [0.0, 0.8, 0.6], [0.0, 0.0, 3.0]])
    assert _ends.partly_shared(W) == 2  # 0.36 on the third neuron is enough, whatever the norms
    assert _ends.partly_shared(np.diag([1.0, 2.0])) == 0
    assert _ends.partly_shared(np.zeros((2, 2))) == 0


def test_times_are_those_of_the_median_feature() -> None:
    times = np.array([1.0, 10.0, 100.0])
    fourth = np.array([[0.3, 0.3, 0.3], [0.5, 0.3, 0.6], [0.9, 0.45, 0.9]])
    low, half, high = _equivalence.reached(times, fourth)
    # At 0.5 one feature is there at 10, one never, one between 1 and 10.
    assert half == pytest.approx(10.0, abs=0)
    assert low == pytest.approx(10**0.5, rel=1e-12, abs=0)
    assert high == pytest.approx(10**1.5, rel=1e-12, abs=0)
    assert np.isinf(_equivalence.reached(times, fourth / 3)).all()


def test_equivalent_l1_is_as_fast_as_the_noise(equivalence: fig.Equivalence) -> None:
    assert equivalence.noise_times.shape == (2, 2, 3)
    ratio, error = equivalence.ratio()
    # Two instances of 5 features: single rows scatter by a factor 2, see `half_sparsity_time`.
    assert ((ratio[:, 1] > 0.3) & (ratio[:, 1] < 3.0)).all()
    assert (np.diff(equivalence.noise_times, axis=-1) >= 0).all()
    assert (error >= 0).all()


# --- means ----------------------------------------------------------------------------------------


def test_the_error_is_at_least_that_of_one_count(counts: fig.Counts) -> None:
    share = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [5.0, np.nan, np.nan]])
    published = np.where(np.isnan(share), np.nan, 0.0)
    mean, error = replace(counts, share=share, published=published).mean("share")
    assert mean.tolist() == [0.0, 2.0, 5.0]
    np.testing.assert_allclose(error, [1 / 3, 1 / 3**0.5, 1.0])
    with pytest.raises(ValueError, match="result"):
        counts.mean("shared")


def test_ratios_are_in_units_of_exclusion(counts: fig.Counts) -> None:
    # n(n−1)/(2(2m−1)) = 30/22 at n = m = 6.
    ratio, error = counts.ratio("share")
    mean, mean_error = counts.mean("share")
    np.testing.assert_allclose(ratio, mean * 22 / 30)
    np.testing.assert_allclose(error, mean_error * 22 / 30)
    fidelity, _ = counts.fidelity()
    assert ((fidelity >= 0) & (fidelity <= 1)).all()


# --- keeping and going on -------------------------------------------------------------------------


def test_records_come_back(
    counts: fig.Counts, curves: fig.Curves, equivalence: fig.Equivalence, tmp_path: Path
) -> None:
    for record in (counts, curves, equivalence):
        save(record, tmp_path / "record")
        assert same(load(type(record), tmp_path / "record"), record)


def test_an_interrupted_run_goes_on(
    counts: fig.Counts, tmp_path: Path, interrupted_after: Any
) -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_after(4, _ends, "follow"):
        few(keep=tmp_path / "run")
    assert load(fig.Counts, tmp_path / "run").done().tolist() == [3, 1, 0]
    with pytest.raises(ValueError, match="keep must be that of the run to resume"):
        few(keep=tmp_path / "run", resume=True, l1_strength=0.02)
    with pytest.raises(ValueError, match="keep"):
        few(resume=True)
    assert same(few(keep=tmp_path / "run", resume=True), counts)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"n_features": [2]}, "n_features"),
        ({"n_features": []}, "settings"),
        ({"widths": [0.5]}, "widths"),
        ({"mechanisms": ["dropout"]}, "mechanisms"),
        ({"l1_strength": 0.0}, "l1_strength"),
        ({"law": "gaussian"}, "law"),
        ({"std": 3.0}, "std"),
        ({"followed": 0}, "followed"),
        ({"noise_shared_over": "epoch"}, "noise_shared_over"),
        ({"workers": 0}, "workers"),
    ],
)
def test_counts_refuse(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        few(**changes)


@pytest.mark.parametrize(
    ("compute", "changes", "name"),
    [
        (fig.compute_curves, {"laws": ["cauchy"]}, "laws"),
        (fig.compute_curves, {"stds": [0.0]}, "stds"),
        (fig.compute_curves, {"stds": []}, "stds"),
        (fig.compute_curves, {"steps": 1}, "steps"),
        (fig.compute_equivalence, {"law": "laplace"}, "law"),
        (fig.compute_equivalence, {"reach": []}, "settings"),
        (fig.compute_equivalence, {"reach": [9.0]}, "std"),
    ],
)
def test_the_others_refuse(compute: Callable[..., Any], changes: dict[str, Any], name: str) -> None:
    sizes = {"n_features": [5], "widths": [2], "reach": [1.0]}
    given: dict[str, Any] = sizes if compute is fig.compute_equivalence else {}
    with pytest.raises(ValueError, match=name):
        compute(**(given | changes), rng=0)


# --- drawing --------------------------------------------------------------------------------------


def axes() -> Axes:
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def test_curves_are_drawn_as_they_are(curves: fig.Curves) -> None:
    ax = axes()
    fig.draw_curves(curves, ax)
    drawn = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == curves.steps.size]
    np.testing.assert_array_equal(drawn, curves.mean()[0])
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_counts_are_drawn_as_they_are(counts: fig.Counts) -> None:
    for draw, seen in ((fig.draw_counts, counts.ratio("share")), (fig.draw_fidelity, None)):
        ax = axes()
        draw(counts, ax)
        value = (counts.fidelity() if seen is None else seen)[0]
        drawn = [float(container.lines[0].get_ydata()[0]) for container in ax.containers]  # type: ignore[attr-defined]
        np.testing.assert_allclose(drawn, value)
        legend = ax.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()][1] == "noise"


def test_the_equivalence_is_drawn_as_it_is(equivalence: fig.Equivalence) -> None:
    ax = axes()
    fig.draw_equivalence(equivalence, ax)
    drawn = ax.containers[1].lines[0].get_ydata()  # type: ignore[attr-defined]  # inverse participation ratio 1/2
    np.testing.assert_allclose(drawn, equivalence.ratio()[0][:, 1])
    ax.figure.canvas.draw()
