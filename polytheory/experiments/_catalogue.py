"""The catalogue of figures, used by `polytheory figures`, the gallery and the tests.

*paper* is the scale of the paper or, for our own figures, of their findings. *full* is reduced
where a figure would take too long; the entry then says how. *small* is a quick look, too small for
conclusions.

A new figure needs a `Figure` beside its task and its drawing, a line here and a page in
``simulations/``.
"""

from __future__ import annotations

from polytheory.experiments import diagnosis, pairs, phase_diagram, weights
from polytheory.experiments._figure import Figure
from polytheory.experiments.avoidance import runs
from polytheory.experiments.collisions import count, few_body, fidelity, ratio, two_rows
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
    few_body.FIGURE,
    two_rows.FIGURE,
    fidelity.FIGURE,
    weights.FIGURE,
    pairs.COINCIDENCES,
    pairs.OVERLAPS,
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

#: All figures by name, in the order in which they are drawn.
FIGURES: dict[str, Figure] = {figure.name: figure for figure in _ALL}
