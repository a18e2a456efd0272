"""The figures' data, their storage, and that drawing says what it draws."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
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
from polytheory.experiments import load, save
from polytheory.experiments import sparsification as fig
from polytheory.experiments._store import streams
from polytheory.theory.sparsification import completion_distribution, l1_norm, nonzero_count

SETTING = {"n_neurons": 20_000, "l1_strength": 1e-5}
#: Standard errors allowed; the values on a curve are correlated, so it is about one draw each.
Z = 5.0


@pytest.fixture(scope="module")
def speed() -> fig.Speed:
    return fig.compute_speed(**SETTING, n_rows=10, rng=1)


@pytest.fixture(scope="module")
def collapse() -> fig.Collapse:
    return fig.compute_collapse(settings=[(1000, 1e-4), (30_000, 1e-5)], rng=2)


@pytest.fixture(scope="module")
def completion() -> fig.Completion:
    return fig.compute_completion(n_neurons=4000, l1_strength=1e-5, n_rows=400, rng=3)


def same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(one)
        if isinstance(getattr(one, field.name), np.ndarray)
    )


# Speed of sparsification


def test_speed_runs_from_all_weights_to_one(speed: fig.Speed) -> None:
    m = SETTING["n_neurons"]
    assert speed.nonzero_count.shape == speed.l1_norm.shape == (10, speed.time.size)
    # 2φ(0)·0.01 = 0.8 % have died at θ = 0.01
    assert np.allclose(speed.nonzero_count[:, 0] / m, 1.0 - 0.00798, atol=5 * 0.09 / np.sqrt(m))
    assert (np.diff(speed.nonzero_count) <= 0).all()
    assert np.median(speed.nonzero_count[:, -1]) == 1.0
    assert np.isclose(np.median(speed.l1_norm[:, -1]), 1.0, atol=SETTING["l1_strength"])
    assert 0 < speed.curve_l1_norm.size == speed.curve_nonzero_count.size < speed.time.size
    assert speed.curve_nonzero_count[-1] >= 10.0


def scatter(speed: fig.Speed, law: np.ndarray, seen: np.ndarray, systematic: float) -> np.ndarray:
    """Return (mean − law) in standard errors: one row scatters by at most 1/√m' (relative)."""
    rows, count = seen.shape[0], speed.curve_nonzero_count
    # Below a hundred weights the mean of finite rows leaves the curve by more than its scatter.
    wide = count >= 100.0
    relative = np.abs(seen.mean(axis=0)[: count.size] / law[: count.size] - 1.0)[wide]
    return (relative - systematic) * np.sqrt(rows * count[wide])


def test_rows_follow_the_curve(speed: fig.Speed) -> None:
    order = speed.l1_strength * np.sqrt(speed.n_neurons)  # the curve's own relative error
    assert scatter(speed, speed.curve_nonzero_count, speed.nonzero_count, order).max() < Z
    assert scatter(speed, speed.curve_l1_norm, speed.l1_norm, order).max() < Z


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_wrong_strength_is_seen(speed: fig.Speed, factor: float) -> None:
    times = speed.time[: speed.curve_l1_norm.size] * 0.8
    wrong = {"n_neurons": speed.n_neurons, "l1_strength": factor * speed.l1_strength}
    count, norm = nonzero_count(times, **wrong), l1_norm(times, **wrong)
    assert scatter(speed, count, speed.nonzero_count, 0.0).max() > 2 * Z
    assert scatter(speed, norm, speed.l1_norm, 0.0).max() > 2 * Z


def test_the_papers_constant_is_seen_to_be_off(speed: fig.Speed) -> None:
    wide = speed.curve_nonzero_count >= 100.0
    count = speed.ratio("nonzero_count", "paper")[: wide.size][wide]
    norm = speed.ratio("l1_norm", "paper")[: wide.size][wide]
    # 2.72 and 0.80–1.22 on the curve; ten rows of a hundred weights scatter by 3 %.
    assert 1.0 < count.min() < 1.02
    assert 2.6 < count.max() < 2.72 * (1 + Z * 0.032)
    assert np.isclose(norm.min(), 0.80, atol=0.01)
    assert 1.18 < norm.max() < 1.22 * (1 + Z * 0.032)
    assert scatter(speed, speed.paper_nonzero_count, speed.nonzero_count, 0.0).max() > 10 * Z


# Scaling collapse


def test_settings_collapse(collapse: fig.Collapse) -> None:
    on = collapse.on_curve()
    assert on.shape == collapse.nonzero_count.shape == (2, 61)
    assert on[1].sum() > on[0].sum() > 30
    assert np.abs(collapse.deviations()[on]).max() < Z


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_clock_does_not_collapse(collapse: fig.Collapse, factor: float) -> None:
    moved = np.interp(
        factor * collapse.scaled_times, collapse.scaled_times, collapse.curve_fraction
    )
    off = replace(collapse, curve_fraction=moved)
    assert np.abs(off.deviations()[collapse.on_curve()]).max() > 2 * Z


# Completion times


def test_completion_is_when_the_flow_has_one_weight(completion: fig.Completion) -> None:
    generators, _ = streams(completion.seed.generator(), 400)
    m, lam = completion.n_neurons, completion.l1_strength
    rows = [generator.normal(0.0, 1.0 / np.sqrt(m), m) for generator in generators[:3]]
    for row in rows:
        ends = completion.scaled_times[0] / lam
        before = row_flow(row, l1_strength=lam, time=ends * (1 - 1e-6)).nonzero_count
        after = row_flow(row, l1_strength=lam, time=ends * (1 + 1e-6)).nonzero_count
        # exactly one of the recorded times is this row's
        assert ((before == 2) & (after == 1)).sum() == 1


def test_laplace_rows_follow_the_universal_law(completion: fig.Completion) -> None:
    place = completion.initial_laws.index("Laplace")
    # A row of 4000 weights lacks the time beyond, 2/√m·√2/2 = 0.02, at a density of at most 0.68.
    assert completion.distances[place] < fig.dkw_width(400, confidence=0.999) + 0.02


def test_uniform_rows_do_not(completion: fig.Completion) -> None:
    place = completion.initial_laws.index("uniform")
    assert completion.distances[place] > 10 * fig.dkw_width(400)


def test_the_distance_is_scipys(completion: fig.Completion) -> None:
    law = completion_distribution()
    for sample, distance in zip(completion.scaled_times, completion.distances, strict=True):
        assert np.isclose(distance, kstest(sample, lambda x: 1.0 - law.sf(x)).statistic)


def test_the_recorded_law_is_a_law(completion: fig.Completion) -> None:
    step = completion.grid[1] - completion.grid[0]
    assert completion.survival[0] == 1.0
    assert completion.density[0] == 0.0
    # trapezoid rule of a smooth density: its integral is what the survival function loses
    lost = np.concatenate(
        [[0.0], np.cumsum(completion.density[1:] + completion.density[:-1]) / 2 * step]
    )
    assert np.allclose(1.0 - lost, completion.survival, atol=step**2)


def test_the_dkw_band_holds_what_it_says() -> None:
    rng = np.random.default_rng(0)
    tries, n = 2000, 50
    outside = np.mean(
        [kstest(rng.random(n), "uniform").statistic > fig.dkw_width(n) for _ in range(tries)]
    )
    assert 0.02 < outside < 0.05 + Z * np.sqrt(0.05 * 0.95 / tries)
    assert np.isclose(fig.dkw_width(200), np.sqrt(np.log(40) / 400))


# Randomness

SMALL: dict[str, Callable[[Any], Any]] = {
    "speed": lambda rng: fig.compute_speed(n_neurons=50, l1_strength=1e-4, n_rows=2, rng=rng),
    "collapse": lambda rng: fig.compute_collapse(settings=[(50, 1e-3), (60, 1e-4)], rng=rng),
    "completion": lambda rng: fig.compute_completion(
        n_neurons=50, l1_strength=1e-5, n_rows=5, rng=rng
    ),
}
SMALL_CASES = pytest.mark.parametrize("compute", SMALL.values(), ids=SMALL)


@SMALL_CASES
def test_a_seed_gives_the_same_again(compute: Callable[[Any], Any]) -> None:
    assert same(compute(0), compute(np.random.SeedSequence(0)))
    assert not same(compute(0), compute(1))


@SMALL_CASES
def test_the_recorded_seed_suffices(compute: Callable[[Any], Any]) -> None:
    generator = np.random.default_rng([4, 2])
    generator.normal(size=3)
    first, second = compute(generator), compute(generator)
    assert not same(first, second)
    for data in (first, second, compute(None)):
        again = compute(data.seed.generator())
        assert same(again, data)
        assert again.seed == data.seed


def test_a_row_does_not_depend_on_how_many_there_are() -> None:
    few, many = (
        fig.compute_speed(n_neurons=50, l1_strength=1e-4, n_rows=rows, rng=0) for rows in (1, 3)
    )
    assert np.array_equal(few.l1_norm[0], many.l1_norm[0])


def test_a_progress_bar_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    setting: dict[str, Any] = {"n_neurons": 50, "l1_strength": 1e-4, "n_rows": 2, "rng": 0}
    quiet = fig.compute_speed(**setting)
    assert capsys.readouterr() == ("", "")
    assert same(quiet, fig.compute_speed(**setting, progress=True))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2/2" in shown.err


# Bad input


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fig.compute_speed(n_neurons=9, l1_strength=1e-4, rng=0), "n_neurons must be"),
        (lambda: fig.compute_speed(n_neurons=100, l1_strength=0.0, rng=0), "l1_strength must be"),
        (lambda: fig.compute_speed(n_neurons=10**4, l1_strength=0.01, rng=0), "row_flow"),
        (
            lambda: fig.compute_speed(n_neurons=100, l1_strength=1e-4, n_rows=0, rng=0),
            "n_rows must be",
        ),
        (lambda: fig.compute_speed(n_neurons=100, l1_strength=1e-4, rng="a"), "rng must be"),
        (lambda: fig.compute_collapse(settings=[], rng=0), "settings must be"),
        (
            lambda: fig.compute_completion(
                n_neurons=100, l1_strength=1e-4, n_rows=2, initial_laws=("Cauchy",), rng=0
            ),
            "initial_laws must be",
        ),
        (lambda: fig.dkw_width(0), "n_samples must be"),
        (lambda: SMALL["speed"](0).ratio("fourth_power_sum", "paper"), "quantity must be"),
        (lambda: SMALL["speed"](0).ratio("l1_norm", "theirs"), "law must be"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        call()


# Storage


@SMALL_CASES
def test_what_is_saved_comes_back(compute: Callable[[Any], Any], tmp_path: Path) -> None:
    data = compute(np.random.SeedSequence([1, 2], spawn_key=(3,)))
    files = save(data, tmp_path / "run.1")
    assert [file.name for file in files] == ["run.1.npz", "run.1.json"]
    back = load(type(data), tmp_path / "run.1.npz")
    assert same(back, data)
    for field in fields(data):
        value = getattr(data, field.name)
        if not isinstance(value, np.ndarray):
            assert getattr(back, field.name) == value


def test_what_is_saved_can_be_read_without_the_package(tmp_path: Path) -> None:
    data = SMALL["completion"](7)
    arrays_file, numbers_file = save(data, tmp_path / "run")
    numbers = json.loads(numbers_file.read_text("utf-8"))
    assert numbers["seed"] == {"entropy": 7, "spawn_key": [], "spawned": 0}
    assert numbers["parameters"]["n_neurons"] == 50
    assert {"polytheory", "numpy", "scipy", "sympy", "python"} == set(numbers["versions"])
    with np.load(arrays_file, allow_pickle=False) as stored:
        assert np.array_equal(stored["scaled_times"], data.scaled_times)


def test_the_wrong_kind_of_record_is_refused(tmp_path: Path) -> None:
    save(SMALL["speed"](0), tmp_path / "run")
    with pytest.raises(ValueError, match="a saved Collapse"):
        load(fig.Collapse, tmp_path / "run")
    with pytest.raises(FileNotFoundError):
        load(fig.Speed, tmp_path / "elsewhere")


@SMALL_CASES
def test_records_are_read_only(compute: Callable[[Any], Any]) -> None:
    data = compute(0)
    for field in fields(data):
        value = getattr(data, field.name)
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable


# Drawing

DRAWINGS: dict[str, tuple[str, Callable[[Any, Axes], None]]] = {
    "speed m'": ("speed", fig.draw_speed),
    "speed l1": ("speed", lambda data, ax: fig.draw_speed(data, ax, quantity="l1_norm")),
    "ratio m'": ("speed", fig.draw_speed_ratio),
    "ratio l1": ("speed", lambda data, ax: fig.draw_speed_ratio(data, ax, quantity="l1_norm")),
    "collapse": ("collapse", fig.draw_collapse),
    "no collapse": ("collapse", lambda data, ax: fig.draw_collapse(data, ax, scaled=False)),
    "survival": ("completion", fig.draw_completion_survival),
    "density": ("completion", fig.draw_completion_density),
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


@SMALL_CASES
def test_the_smallest_data_can_be_drawn(compute: Callable[[Any], Any]) -> None:
    data = compute(0)
    for name, draw in DRAWINGS.values():
        if name == type(data).__name__.lower():
            ax = Figure().add_subplot()
            draw(data, ax)
            FigureCanvasAgg(ax.figure).draw()


def test_drawing_refuses_unknown_quantities(speed: fig.Speed) -> None:
    for draw in (fig.draw_speed, fig.draw_speed_ratio):
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


def test_the_same_figure_gives_the_same_files(tmp_path: Path, completion: fig.Completion) -> None:
    contents = []
    for name in ("one", "two"):
        with plotting.style():
            ax = Figure().add_subplot()
            fig.draw_completion_survival(completion, ax)
        files = plotting.save_figure(ax.figure, tmp_path / name, formats=("png", "svg", "pdf"))
        assert [file.name for file in files] == [f"{name}.png", f"{name}.svg", f"{name}.pdf"]
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
