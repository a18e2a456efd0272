"""How panels are put together: a function a figure, from a record to an empty matplotlib Figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from polytheory import plotting
from polytheory.experiments import mechanisms, sparsification

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "completion_time",
    "equivalence",
    "fourth_norm",
    "mechanisms_side_by_side",
    "scaling_collapse",
    "speed",
]


def _letters(panels: Iterable[Axes]) -> None:
    for panel, name in zip(panels, "abcdefgh", strict=False):
        plotting.letter(panel, name)


def _side_by_side(figure: Figure, width: float, height: float, **options: Any) -> Any:
    """Return two lettered panels."""
    figure.set_size_inches(width, height)
    panels = figure.subplots(1, 2, **options)
    _letters(panels)
    return panels


def _alone(figure: Figure, width: float, height: float) -> Axes:
    figure.set_size_inches(width, height)
    return figure.subplots()


def speed(data: sparsification.Speed, figure: Figure) -> None:
    """Draw both quantities above their ratios to the laws."""
    figure.set_size_inches(7.2, 5.2)
    panels = figure.subplots(2, 2, sharex=True, height_ratios=(2, 1))
    for column, quantity in enumerate(("nonzero_count", "l1_norm")):
        sparsification.draw_speed(data, panels[0, column], quantity=quantity)
        sparsification.draw_speed_ratio(data, panels[1, column], quantity=quantity)
        panels[0, column].set_xlabel("")
    _letters(panels.flat)


def scaling_collapse(data: sparsification.Collapse, figure: Figure) -> None:
    """Draw the runs as they are, and on the clock θ."""
    panels = _side_by_side(figure, 7.2, 3.4, sharey=True)
    sparsification.draw_collapse(data, panels[0], scaled=False)
    sparsification.draw_collapse(data, panels[1])
    panels[1].set_ylabel("")


def completion_time(data: sparsification.Completion, figure: Figure) -> None:
    """Draw density and survival."""
    panels = _side_by_side(figure, 7.2, 4.2)
    sparsification.draw_completion_density(data, panels[0])
    sparsification.draw_completion_survival(data, panels[1])


def fourth_norm(data: mechanisms.Curves, figure: Figure) -> None:
    """Draw the fourth norm in time."""
    mechanisms.draw_curves(data, _alone(figure, 6.4, 3.8))


def equivalence(data: mechanisms.Equivalence, figure: Figure) -> None:
    """Draw the time of noise over that of the equivalent ℓ1."""
    mechanisms.draw_equivalence(data, _alone(figure, 4.8, 3.8))


def mechanisms_side_by_side(data: mechanisms.Counts, figure: Figure) -> None:
    """Draw the counts, and which weight wins."""
    panels = _side_by_side(figure, 7.2, 4.0)
    mechanisms.draw_counts(data, panels[0])
    mechanisms.draw_fidelity(data, panels[1])
