"""How many neurons end shared and how many features survive, over strength and crowding.

Every cell of the diagram is a layer of m neurons: n/m says how crowded it is, λ√m how strong ℓ1 is.
Computed through `polytheory.sweep`, into a store that outlives an interruption.
"""

from polytheory.experiments.phase_diagram._draw import draw_crowding as draw_crowding
from polytheory.experiments.phase_diagram._draw import draw_map as draw_map
from polytheory.experiments.phase_diagram._draw import draw_survival as draw_survival
from polytheory.experiments.phase_diagram._run import PhaseDiagram as PhaseDiagram
from polytheory.experiments.phase_diagram._run import (
    compute_phase_diagram as compute_phase_diagram,
)

__all__ = [
    "PhaseDiagram",
    "compute_phase_diagram",
    "draw_crowding",
    "draw_map",
    "draw_survival",
]
