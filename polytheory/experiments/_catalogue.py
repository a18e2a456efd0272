"""Every figure: the one source of `polytheory figures` and the gallery.

*paper* is the scale of the paper or, for figures of ours, what their findings rest on. *full* is
what all figures together can have within half an hour on two cores; where that is less, the entry
says what is left out. *small* is a quick look, of which nothing can be concluded.

A new figure takes a `Figure` beside its task and its drawing, a line here and a page in
``simulations/``.
"""

from __future__ import annotations

from polytheory.experiments import diagnosis, phase_diagram, weights
from polytheory.experiments._figure import Figure
from polytheory.experiments.avoidance import runs
from polytheory.experiments.collisions import count, fidelity, ratio
from polytheory.experiments.mechanisms import counts, curves, equivalence
from polytheory.experiments.sparsification import collapse, completion, speed
from polytheory.experiments.tradeoff import cost, training

__all__ = ["FIGURES"]

_ALL = (
    speed.FIGURE,
    collapse.FIGURE,
    completion.FIGURE,
    count.FIGURE,
    ratio.FIGURE,
    fidelity.FIGURE,
    weights.FIGURE,
    curves.FIGURE,
    equivalence.FIGURE,
    counts.FIGURE,
    phase_diagram.FIGURE,
    cost.COST,
    cost.COUNT,
    training.FIGURE,
    runs.FIGURE,
    diagnosis.FIGURE,
)

#: Every figure by its name, in the order in which they are drawn.
FIGURES: dict[str, Figure] = {figure.name: figure for figure in _ALL}
