"""The figures of sparsification: their data against the theory, and what is drawn."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.stats import kstest

from polytheory import plotting, row_flow
from polytheory.experiments import FIGURES
from polytheory.experiments.sparsification import dkw_width
from polytheory.experiments.sparsification.collapse import Collapse, draw_collapse
from polytheory.experiments.sparsification.completion import (
    DRAWS,
    Completion,
    draw_density,
    draw_survival,
    follow,
)
from polytheory.experiments.sparsification.speed import Speed, draw_speed, draw_speed_ratio
from polytheory.theory.sparsification import completion_distribution, l1_norm, nonzero_count

NAMES = {
    "speed": "speed-of-sparsification",
    "collapse": "scaling-collapse",
    "completion": "completion-time",
}
SETTING = {"n_neurons": 20_000, "l1_strength": 1e-5}
#: Standard errors allowed; the values on a curve are correlated, so it is about one draw each.
Z = 5.0


def compute(name: str, **options: Any) -> Any:
    return FIGURES[NAMES[name]].compute("small", **options)


@pytest.fixture(scope="module")
def speed() -> Speed:
    return compute("speed", **SETTING, n_rows=10, rng=1)


@pytest.fixture(scope="module")
def collapse() -> Collapse:
    return compute("collapse", rows=[(1000, 1e-4), (30_000, 1e-5)], rng=2)


@pytest.fixture(scope="module")
def completion() -> Completion:
    return compute("completion", n_neurons=4000, l1_strength=1e-5, n_rows=400, rng=3)


# Speed of sparsification


def test_speed_runs_from_all_weights_to_one(speed: Speed) -> None:
    m = SETTING["n_neurons"]
    assert speed.nonzero_count.shape == speed.l1_norm.shape == (10, speed.time.size)
    # 2φ(0)·0.01 = 0.8 % have died at θ = 0.01
    assert np.allclose(speed.nonzero_count[:, 0] / m, 1.0 - 0.00798, atol=5 * 0.09 / np.sqrt(m))
    assert (np.diff(speed.nonzero_count) <= 0).all()
    assert np.median(speed.nonzero_count[:, -1]) == 1.0
    assert np.isclose(np.median(speed.l1_norm[:, -1]), 1.0, atol=SETTING["l1_strength"])
    curve = speed.predicted("nonzero_count", "curve")
    assert 0 < speed.predicted("l1_norm", "curve").size == curve.size < speed.time.size
    assert curve[-1] >= 10.0


def scatter(speed: Speed, law: np.ndarray, seen: np.ndarray, systematic: float) -> np.ndarray:
    """Return (mean − law) in standard errors: one row scatters by at most 1/√m' (relative)."""
    rows, count = seen.shape[0], speed.predicted("nonzero_count", "curve")
    # Below a hundred weights the mean of finite rows leaves the curve by more than its scatter.
    wide = count >= 100.0
    relative = np.abs(seen.mean(axis=0)[: count.size] / law[: count.size] - 1.0)[wide]
    return (relative - systematic) * np.sqrt(rows * count[wide])


def test_rows_follow_the_curve(speed: Speed) -> None:
    order = SETTING["l1_strength"] * np.sqrt(SETTING["n_neurons"])  # the curve's own relative error
    assert (
        scatter(speed, speed.predicted("nonzero_count", "curve"), speed.nonzero_count, order).max()
        < Z
    )
    assert scatter(speed, speed.predicted("l1_norm", "curve"), speed.l1_norm, order).max() < Z


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_wrong_strength_is_seen(speed: Speed, factor: float) -> None:
    times = speed.time[: speed.predicted("l1_norm", "curve").size] * 0.8
    wrong = SETTING | {"l1_strength": factor * SETTING["l1_strength"]}
    count, norm = nonzero_count(times, **wrong), l1_norm(times, **wrong)
    assert scatter(speed, count, speed.nonzero_count, 0.0).max() > 2 * Z
    assert scatter(speed, norm, speed.l1_norm, 0.0).max() > 2 * Z


def test_the_papers_constant_is_seen_to_be_off(speed: Speed) -> None:
    wide = speed.predicted("nonzero_count", "curve") >= 100.0
    count = speed.ratio("nonzero_count", "paper").mean(axis=0)[: wide.size][wide]
    norm = speed.ratio("l1_norm", "paper").mean(axis=0)[: wide.size][wide]
    # 2.72 and 0.80–1.22 on the curve; ten rows of a hundred weights scatter by 3 %.
    assert 1.0 < count.min() < 1.02
    assert 2.6 < count.max() < 2.72 * (1 + Z * 0.032)
    assert np.isclose(norm.min(), 0.80, atol=0.01)
    assert 1.18 < norm.max() < 1.22 * (1 + Z * 0.032)
    assert (
        scatter(speed, speed.predicted("nonzero_count", "paper"), speed.nonzero_count, 0.0).max()
        > 10 * Z
    )


# Scaling collapse


def test_settings_collapse(collapse: Collapse) -> None:
    on = collapse.on_curve()
    assert on.shape == collapse.nonzero_count.shape == (2, 61)
    assert on[1].sum() > on[0].sum() > 30
    assert np.abs(collapse.deviations()[on]).max() < Z


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_clock_does_not_collapse(collapse: Collapse, factor: float) -> None:
    off = replace(collapse, scaled_times=factor * collapse.scaled_times)
    assert np.abs(off.deviations()[collapse.on_curve()]).max() > 2 * Z


# Completion times


def test_completion_is_when_the_flow_has_one_weight() -> None:
    m, lam = 4000, 1e-5
    task = {"distribution": "Laplace", "n_neurons": m, "l1_strength": lam, "first": 0, "rows": 3}
    times = follow(task, np.random.default_rng(3))["scaled_times"] / lam
    stream = np.random.default_rng(3)
    for end in times:
        row = DRAWS["Laplace"](stream, m)
        seen = row_flow(row, l1_strength=lam, time=end * np.array([1 - 1e-6, 1 + 1e-6]))
        assert seen.nonzero_count.tolist() == [2, 1]


@pytest.mark.parametrize("name", DRAWS)
def test_rows_have_unit_expected_length(name: str) -> None:
    squares = np.square(DRAWS[name](np.random.default_rng(0), 100_000))
    assert abs(squares.sum() - 1.0) < Z * squares.std() * np.sqrt(squares.size)


def test_a_sample_has_all_rows(completion: Completion) -> None:
    tasks = FIGURES["completion-time"].computation.grid(completion.settings)
    assert sum(task["rows"] for task in tasks) == completion.scaled_times.size == 1200
    assert compute("completion", n_rows=57).scaled_times.shape == (3, 57)  # two tasks each
    assert (np.diff(completion.scaled_times) > 0).all()


def test_laplace_rows_follow_the_universal_distribution(completion: Completion) -> None:
    place = completion.settings.distributions.index("Laplace")
    # A row of 4000 weights lacks the time beyond, 2/√m·√2/2 = 0.02, at a density of at most 0.68.
    assert completion.distances()[place] < dkw_width(400, confidence=0.999) + 0.02


def test_uniform_rows_do_not(completion: Completion) -> None:
    place = completion.settings.distributions.index("uniform")
    assert completion.distances()[place] > 10 * dkw_width(400)


def test_the_distance_is_the_largest_gap(completion: Completion) -> None:
    for sample, distance in zip(completion.scaled_times, completion.distances(), strict=True):
        below = 1.0 - completion_distribution().sf(sample)
        steps = np.arange(sample.size + 1) / sample.size
        gap = max((below - steps[:-1]).max(), (steps[1:] - below).max())
        assert distance == pytest.approx(gap, abs=1e-12)


def test_the_dkw_band_holds_what_it_says() -> None:
    rng = np.random.default_rng(0)
    tries, n = 2000, 50
    outside = np.mean(
        [kstest(rng.random(n), "uniform").statistic > dkw_width(n) for _ in range(tries)]
    )
    assert 0.02 < outside < 0.05 + Z * np.sqrt(0.05 * 0.95 / tries)
    assert np.isclose(dkw_width(200), np.sqrt(np.log(40) / 400))


def test_a_row_does_not_depend_on_how_many_there_are() -> None:
    few, many = (compute("speed", n_neurons=50, n_rows=rows) for rows in (1, 3))
    assert np.array_equal(few.l1_norm[0], many.l1_norm[0])


# Bad input


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compute("speed", n_neurons=9), "n_neurons must be"),
        (lambda: compute("speed", l1_strength=0.0), "l1_strength must be"),
        (lambda: compute("speed", n_neurons=10**4, l1_strength=0.01), "row_flow"),
        (lambda: compute("completion", n_neurons=10**4, l1_strength=0.01), "row_flow"),
        (lambda: compute("speed", n_rows=0), "n_rows must be"),
        (lambda: compute("speed", n_times=1), "n_times must be"),
        (lambda: compute("collapse", rows=[]), "rows must be"),
        (lambda: compute("collapse", rows=[1000, 1e-4]), "rows must be a pair"),
        (lambda: compute("collapse", rows=[(100, 1e-4, 1)]), "rows must be a pair"),
        (lambda: compute("collapse", rows=[(9, 1e-4)]), r"rows \(first of a pair\) must be"),
        (lambda: compute("collapse", rows=[(100, 1e-4), (10**4, 0.01)]), "row_flow"),
        (lambda: compute("completion", distributions=("Cauchy",)), "distributions must be"),
        (lambda: dkw_width(0), "n_samples must be"),
        (lambda: SMALL["speed"]().ratio("fourth_power_sum", "paper"), "quantity must be"),
        (lambda: SMALL["speed"]().ratio("l1_norm", "theirs"), "prediction must be"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()


# Drawing

SMALL: dict[str, Callable[[], Any]] = {
    "speed": lambda: compute("speed", n_neurons=50, n_rows=1),
    "collapse": lambda: compute("collapse", rows=[(50, 1e-3), (60, 1e-4)]),
    "completion": lambda: compute("completion", n_neurons=50, n_rows=5),
}

DRAWINGS: dict[str, tuple[str, Callable[[Any, Axes], None]]] = {
    "speed m'": ("speed", draw_speed),
    "speed l1": ("speed", lambda data, ax: draw_speed(data, ax, quantity="l1_norm")),
    "ratio m'": ("speed", draw_speed_ratio),
    "ratio l1": ("speed", lambda data, ax: draw_speed_ratio(data, ax, quantity="l1_norm")),
    "collapse": ("collapse", draw_collapse),
    "no collapse": ("collapse", lambda data, ax: draw_collapse(data, ax, scaled=False)),
    "survival": ("completion", draw_survival),
    "density": ("completion", draw_density),
}


@pytest.mark.parametrize(("name", "draw"), DRAWINGS.values(), ids=DRAWINGS)
def test_drawings_are_labelled(
    name: str, draw: Callable[[Any, Axes], None], request: pytest.FixtureRequest
) -> None:
    ax = Figure().add_subplot()
    draw(request.getfixturevalue(name), ax)
    FigureCanvasAgg(ax.figure).draw()  # also: every glyph and formula can be set
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert ("flow time" in ax.get_xlabel()) == ("flow units" in ax.get_xlabel())
    legend = ax.get_legend()
    assert legend is not None
    handles, labels = ax.get_legend_handles_labels()
    assert len(handles) == len(set(labels)) >= 2


@pytest.mark.parametrize("kind", SMALL)
def test_the_smallest_data_can_be_drawn(kind: str) -> None:
    data = SMALL[kind]()
    for name, draw in DRAWINGS.values():
        if name == kind:
            ax = Figure().add_subplot()
            draw(data, ax)
            FigureCanvasAgg(ax.figure).draw()


def test_drawing_refuses_unknown_quantities(speed: Speed) -> None:
    for draw in (draw_speed, draw_speed_ratio):
        with pytest.raises(ValueError, match="quantity must be"):
            draw(speed, Figure().add_subplot(), quantity="fourth_power_sum")


# The shared look


def luminance(color: str) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in mpl.colors.to_rgb(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_series_differ_by_more_than_colour() -> None:
    for part in ("color", "marker", "linestyle"):
        assert len({getattr(look, part) for look in plotting.LOOKS}) == len(plotting.LOOKS)


def test_every_colour_shows_on_white() -> None:
    contrasts = [1.05 / (luminance(look.color) + 0.05) for look in plotting.LOOKS]
    assert min(contrasts) > 2.0
    assert min(contrasts[:3]) > 3.0  # what most figures use
    assert 1.05 / (luminance("#F0E442") + 0.05) < 2.0  # the yellow that was left out


def test_the_style_is_given_back() -> None:
    before = dict(mpl.rcParams)
    with plotting.style():
        assert mpl.rcParams["svg.hashsalt"] == "polytheory"
    assert dict(mpl.rcParams) == before


def test_the_same_figure_gives_the_same_files(tmp_path: Path, completion: Completion) -> None:
    contents = []
    for name in ("one", "two"):
        with plotting.style():
            ax = Figure().add_subplot()
            draw_survival(completion, ax)
        files = plotting.save_figure(ax.figure, tmp_path / name, formats=("png", "svg", "pdf"))
        assert [file.name for file in files] == [f"{name}.png", f"{name}.svg", f"{name}.pdf"]
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
