"""The data of the comparison of ℓ1 and noise: right, paired, and drawn as they are."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from polytheory import ToyModel, initial_encodings, simulate
from polytheory.experiments import FIGURES
from polytheory.experiments._noise import sampled
from polytheory.experiments.mechanisms.counts import (
    RESULTS,
    Counts,
    counted,
    draw_counts,
    draw_fidelity,
    follow,
    partly_shared,
)
from polytheory.experiments.mechanisms.curves import Curves, draw_curves
from polytheory.experiments.mechanisms.curves import follow as follow_curves
from polytheory.experiments.mechanisms.equivalence import (
    Equivalence,
    draw_equivalence,
    predictions,
    reached,
)
from polytheory.noise import Bipolar, Gaussian
from polytheory.theory.noise import working_window

SETTINGS: dict[str, dict[str, Any]] = {
    "mechanisms": {
        "n_features": [6],
        "widths": [1],
        "l1_strength": 0.01,
        "followed": 18,
        "patience": 2.0,
    },
    "participation-ratio": {
        "n_features": 4,
        "n_neurons": 6,
        "noises": ["bipolar", "gaussian"],
        "stds": [0.3],
        "steps": 2000,
        "n_times": 5,
    },
    "equivalence": {"n_features": [5], "widths": [1.6]},
}


def compute(name: str, **changes: Any) -> Any:
    return FIGURES[name].compute("small", **(SETTINGS[name] | changes))


def tasks(name: str, **changes: Any) -> Any:
    figure = FIGURES[name]
    return figure.computation.grid(figure.checked("small", SETTINGS[name] | changes))


@pytest.fixture(scope="module")
def counts() -> Counts:
    return compute("mechanisms")


@pytest.fixture(scope="module")
def curves() -> Curves:
    return compute("participation-ratio")


@pytest.fixture(scope="module")
def equivalence() -> Equivalence:
    return compute("equivalence")


# --- what is computed -----------------------------------------------------------------------------


def test_curves_are_those_of_the_flow_averaged_over_noise(curves: Curves) -> None:
    task = tasks("participation-ratio")[0]
    seen = follow_curves(task, np.random.default_rng(5))["fourth_power_sum"]
    start = initial_encodings(ToyModel(4, 6), rng=np.random.default_rng(5))  # of both
    for norm, noise in zip(seen, (Bipolar, Gaussian), strict=True):
        model = ToyModel(4, 6, noise=noise(std=0.3))
        run = simulate(model, start, time=4 * 0.02 * curves.steps, until=0.08 * 2000)
        np.testing.assert_allclose(norm, run.fourth_power_sum.mean(axis=-1), rtol=1e-12)
    assert curves.fourth_power_sum.shape == (2, 2, 5)


def test_bipolar_noise_makes_rows_sparse_and_gaussian_noise_does_not(curves: Curves) -> None:
    mean, error = curves.mean()
    assert mean[0, -1] > mean[0, 0] + 0.2
    assert mean[1, -1] < mean[0, -1] - 0.2
    assert (error >= 0).all()


def test_all_mechanisms_start_from_the_same_encodings() -> None:
    task = tasks("mechanisms")[0]
    seen = follow(task, np.random.default_rng(5))["results"]
    start = initial_encodings(ToyModel(6, 6), rng=np.random.default_rng(5))
    noise = Bipolar(std=task["std"])
    ends = (
        simulate(ToyModel(6, 6, l1_strength=0.01), start),
        simulate(ToyModel(6, 6, noise=noise), start, max_time=task["time"]),
        simulate(ToyModel(6, 6, l1_strength=0.01, noise=noise), start, max_time=2000.0),
    )
    assert seen.tolist() == [counted(start, np.asarray(end.final)) for end in ends]
    # Instances differ, and none is run twice.
    assert [each["repeat"] for each in tasks("mechanisms", widths=[1, 2])] == [0, 1, 2] * 2


def test_settings_say_what_was_run(counts: Counts) -> None:
    low, high = working_window(6)
    assert counts.mechanisms == ("l1", "noise", "both")
    np.testing.assert_allclose(counts.std, np.sqrt(low * high))
    assert counts.learning_rate.tolist() == [0.0, 0.0, 0.0]
    assert counts.n_instances.tolist() == [3, 3, 3]
    assert counts.results.shape == (3, 3, 5)
    share, partial = (counts.results[..., RESULTS.index(name)] for name in ("share", "partial"))
    assert (share <= partial).all()


def test_results_belong_to_their_setting() -> None:
    sizes: dict[str, Any] = {"n_features": [4, 6], "widths": [1, 2], "followed": 8, "patience": 0.1}
    data = compute("mechanisms", mechanisms=["noise", "l1"], **sizes)
    assert data.mechanisms == ("noise", "l1") * 4
    assert data.n_features.tolist() == [4] * 4 + [6] * 4
    assert data.n_neurons.tolist() == [4, 4, 8, 8, 6, 6, 12, 12]
    assert data.n_instances.tolist() == [2] * 8
    assert FIGURES["mechanisms"].caption(data).endswith("; 2 instances")
    one = compute("mechanisms", mechanisms=["noise", "l1"], **(sizes | {"n_features": [6]}))
    np.testing.assert_array_equal(data.results[4:], one.results)
    carried = data.mean("carried")[0]  # hardly anything has moved under so short a noise
    assert (carried[1::2] > carried[::2]).all()
    few = compute("mechanisms", mechanisms=["l1"], **(sizes | {"followed": 9}))
    assert few.n_instances.tolist() == [3, 3, 2, 2]
    assert (
        np.isnan(few.results).any(axis=-1).tolist()
        == [[False] * 3] * 2 + [[False] * 2 + [True]] * 2
    )
    assert np.isfinite(few.mean("share")).all()
    assert FIGURES["mechanisms"].caption(few).endswith("; 2 to 3 instances")


def test_noise_is_sampled_beyond_a_size() -> None:
    changes = {"averaged": 35, "noise_shared_over": "batch", "patience": 0.1}
    task = tasks("mechanisms", mechanisms=["noise"], **changes)[0]
    assert 0 < task["learning_rate"] <= 0.05
    stream = np.random.default_rng(5)
    model = ToyModel(6, 6, noise=Bipolar(std=task["std"]))
    start = initial_encodings(model, rng=stream)  # what the noise draws comes after that
    given = {name: task[name] for name in ("learning_rate", "time", "noise_shared_over")}
    end = sampled(model, start, **given, rng=stream)
    seen = follow(task, np.random.default_rng(5))["results"]
    assert seen.tolist() == [counted(start, end)]


def test_partly_shared_counts_neurons_with_a_quarter_twice() -> None:
    W = np.array([[0.6, 0.8, 0.0], [0.0, 0.8, 0.6], [0.0, 0.0, 3.0]])
    assert partly_shared(W) == 2  # 0.36 on the third neuron is enough, whatever the norms
    assert partly_shared(np.diag([1.0, 2.0])) == 0
    assert partly_shared(np.zeros((2, 2))) == 0


def test_times_are_those_of_the_median_feature() -> None:
    times = np.array([1.0, 10.0, 100.0])
    fourth = np.array([[0.3, 0.3, 0.3], [0.5, 0.3, 0.6], [0.9, 0.45, 0.9]])
    low, half, high = reached(times, fourth)
    # At 0.5 one feature is there at 10, one never, one between 1 and 10.
    assert half == pytest.approx(10.0, rel=1e-12, abs=0)  # by way of logarithms
    assert low == pytest.approx(10**0.5, rel=1e-12, abs=0)
    assert high == pytest.approx(10**1.5, rel=1e-12, abs=0)
    assert np.isinf(reached(times, fourth / 3)).all()


def test_equivalent_l1_is_as_fast_as_the_noise(equivalence: Equivalence) -> None:
    assert equivalence.noise_times.shape == (2, 2, 3)
    np.testing.assert_allclose(4 * equivalence.std, [1.0, 1.4])
    ratio, error = equivalence.ratio()
    # Two instances of 5 features: single rows scatter by a factor 2, see `half_sparsity_time`.
    assert ((ratio[:, 1] > 0.3) & (ratio[:, 1] < 3.0)).all()
    assert (np.diff(equivalence.noise_times, axis=-1) >= 0).all()
    assert (error >= 0).all()


# --- means ----------------------------------------------------------------------------------------


def test_the_error_is_at_least_that_of_one_count(counts: Counts) -> None:
    results = np.zeros((3, 3, 5))
    results[..., 1] = [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [5.0, np.nan, np.nan]]
    data = replace(counts, results=results, n_instances=np.array([3, 3, 1]))
    mean, error = data.mean("share")
    assert mean.tolist() == [0.0, 2.0, 5.0]
    np.testing.assert_allclose(error, [1 / 3, 1 / 3**0.5, 1.0])
    with pytest.raises(ValueError, match="result"):
        counts.mean("shared")


def test_ratios_are_in_units_of_exclusion(counts: Counts) -> None:
    # n(n−1)/(2(2m−1)) = 30/22 at n = m = 6.
    ratio, error = counts.ratio("share")
    mean, mean_error = counts.mean("share")
    np.testing.assert_allclose(ratio, mean * 22 / 30)
    np.testing.assert_allclose(error, mean_error * 22 / 30)
    fidelity, _ = counts.fidelity()
    assert ((fidelity >= 0) & (fidelity <= 1)).all()


def test_predictions_are_those_of_the_noise() -> None:
    # Uniform noise has κ = −6/5, bipolar −2: the drift, and so λ, is that much weaker.
    bipolar, uniform = (predictions(8, 16, 0.1, noise) for noise in ("bipolar", "uniform"))
    assert uniform[0] == pytest.approx(0.6 * bipolar[0])
    assert uniform[1] == pytest.approx(bipolar[1] / 0.6)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "changes", "name"),
    [
        ("mechanisms", {"n_features": [2]}, "n_features"),
        ("mechanisms", {"n_features": []}, "n_features"),
        ("mechanisms", {"widths": [0.5]}, "widths"),
        ("mechanisms", {"mechanisms": ["dropout"]}, "mechanisms"),
        ("mechanisms", {"l1_strength": 0.0}, "l1_strength"),
        ("mechanisms", {"noise": "gaussian"}, "noise"),
        ("mechanisms", {"std": 3.0}, "std"),
        ("mechanisms", {"followed": 0}, "followed"),
        ("mechanisms", {"noise_shared_over": "epoch"}, "noise_shared_over"),
        ("participation-ratio", {"noises": ["cauchy"]}, "noises"),
        ("participation-ratio", {"stds": [0.0]}, "stds"),
        ("participation-ratio", {"stds": []}, "stds"),
        ("participation-ratio", {"steps": 1}, "steps"),
        ("equivalence", {"noise": "laplace"}, "noise"),
        ("equivalence", {"scaled_stds": []}, "scaled_stds"),
        ("equivalence", {"scaled_stds": [9.0]}, "std"),
        ("equivalence", {"n_features": [5], "widths": [1]}, "n_neurons"),
    ],
)
def test_bad_input_is_named(figure: str, changes: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}.* must be"):
        compute(figure, **changes)


# --- drawing --------------------------------------------------------------------------------------


def axes() -> Axes:
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def test_curves_are_drawn_as_they_are(curves: Curves) -> None:
    ax = axes()
    draw_curves(curves, ax)
    drawn = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == curves.steps.size]
    np.testing.assert_array_equal(drawn, curves.mean()[0])
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_counts_are_drawn_as_they_are(counts: Counts) -> None:
    for draw, seen in ((draw_counts, counts.ratio("share")), (draw_fidelity, None)):
        ax = axes()
        draw(counts, ax)
        value = (counts.fidelity() if seen is None else seen)[0]
        drawn = [float(container.lines[0].get_ydata()[0]) for container in ax.containers]  # type: ignore[attr-defined]
        np.testing.assert_allclose(drawn, value)
        legend = ax.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()][1] == "noise"


def test_the_equivalence_is_drawn_as_it_is(equivalence: Equivalence) -> None:
    ax = axes()
    draw_equivalence(equivalence, ax)
    drawn = ax.containers[1].lines[0].get_ydata()  # type: ignore[attr-defined]  # inverse participation ratio 1/2
    np.testing.assert_allclose(drawn, equivalence.ratio()[0][:, 1])
    ax.figure.canvas.draw()
