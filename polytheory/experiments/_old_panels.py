"""How panels are put together: a function a figure, from a record to an empty matplotlib Figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from polytheory import plotting
from polytheory.experiments import tradeoff
from polytheory.experiments.avoidance import Avoidance, draw_avoidance
from polytheory.experiments.phase_diagram import (
    PhaseDiagram,
    draw_crowding,
    draw_map,
    draw_survival,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "avoidance",
    "phase_diagram",
    "tradeoff_cost",
    "tradeoff_count",
    "tradeoff_training",
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


def phase_diagram(data: PhaseDiagram, figure: Figure) -> None:
    """Draw both maps above slices through them."""
    figure.set_size_inches(7.2, 6.4)
    panels = figure.subplots(2, 2)
    draw_map(data, panels[0, 0], of="shared")
    draw_map(data, panels[0, 1], of="survivors")
    draw_crowding(data, panels[1, 0])
    draw_survival(data, panels[1, 1])
    _letters(panels.flat)


def tradeoff_cost(data: tradeoff.Cost, figure: Figure) -> None:
    """Draw the excess loss against p, and under noise."""
    panels = _side_by_side(figure, 7.2, 3.8)
    tradeoff.draw_excess(data, panels[0])
    tradeoff.draw_noise(data, panels[1])


def tradeoff_count(data: tradeoff.Cost, figure: Figure) -> None:
    """Draw the loss against the count."""
    panel = _alone(figure, 4.6, 3.6)
    tradeoff.draw_loss(data, panel, probability=float(data.probability[0]))


def tradeoff_training(data: tradeoff.CoOccurrence, figure: Figure) -> None:
    """Draw the count against p/λ."""
    tradeoff.draw_training(data, _alone(figure, 4.6, 3.6))


def avoidance(data: Avoidance, figure: Figure) -> None:
    """Draw a line a lever."""
    draw_avoidance(data, _alone(figure, 6.8, 4.4))
