"""What the figures of the gallery are held against sees a flaw where there is one."""

from collections.abc import Callable

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polytheory import plotting

Flaws = Callable[..., list[str]]


def good() -> tuple[Figure, Axes]:
    figure = Figure(layout="constrained")
    ax = figure.add_subplot()
    for look, name in zip(plotting.LOOKS[:3], ("$x^2$", "run", "other run"), strict=True):
        ax.errorbar([0, 1, 2], [0, 1, len(name)], 0.1, fmt=look.marker, color=look.color, capsize=2)
        ax.plot([0, 2], [0, len(name)], color=look.color, linestyle=look.linestyle, label=name)
    plotting.label_axes(ax, x="time", x_unit="flow units", y="weights")
    plotting.legend_below(ax)
    return figure, ax


def test_a_good_figure_has_none(flaws: Flaws) -> None:
    assert flaws(good()[0], "$x^2$") == []


def test_shared_axes_are_named_once(flaws: Flaws) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2, sharey=True)
    for ax in (left, right):
        ax.plot([1, 2], label="x")
        ax.set_xlabel("time")
        ax.legend()
    assert flaws(figure) == ["axis 0y has no name"]
    left.set_ylabel("weights")
    assert flaws(figure) == []


def no_name(ax: Axes) -> None:
    ax.set_xlabel("")


def no_legend(ax: Axes) -> None:
    legend = ax.get_legend()
    assert legend is not None
    legend.remove()


def no_formula(ax: Axes) -> None:
    ax.legend(labels=["paper", "run", "other run"])


def one_line(ax: Axes) -> None:
    for line in ax.lines:
        line.set_linestyle("-")


def one_marker(ax: Axes) -> None:
    for line in ax.lines:
        if line.get_marker() in {"o", "s", "^"}:
            line.set_marker("o")


@pytest.mark.parametrize(
    ("spoil", "flaw"),
    [
        (no_name, "axis 0x has no name"),
        (no_legend, "no legend has the formula"),
        (no_formula, "no legend has the formula"),
        (one_line, "series of axes 0 differ by colour alone"),
        (one_marker, "series of axes 0 differ by colour alone"),
    ],
)
def test_a_flaw_is_seen(spoil: Callable[[Axes], None], flaw: str, flaws: Flaws) -> None:
    figure, ax = good()
    spoil(ax)
    assert flaws(figure, "$x^2$") == [flaw]


def test_a_blank_figure_is_seen(flaws: Flaws) -> None:
    assert flaws(Figure()) == ["blank", "no legend has the formula"]
