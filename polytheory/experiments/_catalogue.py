r"""Every figure: the one source of `polytheory figures` and the gallery.

*paper* is the scale of the paper or, for figures of ours, what their findings rest on. *full* is
what all figures together can have within half an hour on two cores; where that is less, the entry
says what is left out. *small* is a quick look, of which nothing can be concluded.

A new figure takes an entry, a `Figure` beside its task and its drawing, a line here and a page in
``simulations/``.
"""

from __future__ import annotations

from typing import Any

from polytheory.experiments import _old_panels as panels
from polytheory.experiments import _old_settings as settings
from polytheory.experiments import diagnosis, weights
from polytheory.experiments._old_figures import Figure
from polytheory.experiments.avoidance import Avoidance, compute_avoidance
from polytheory.experiments.collisions import count, fidelity, ratio
from polytheory.experiments.mechanisms import counts, curves, equivalence
from polytheory.experiments.phase_diagram import PhaseDiagram, compute_phase_diagram
from polytheory.experiments.sparsification import collapse, completion, speed
from polytheory.experiments.tradeoff import CoOccurrence, Cost, compute_cost, compute_training

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
    Figure(
        name="phase-diagram",
        title="polysemantic neurons and surviving features over strength and crowding",
        record=PhaseDiagram,
        run=compute_phase_diagram,
        panels=panels.phase_diagram,
        formula="$n(n-1)/(2m(2m-1))$",
        settings={
            "small": {
                "n_neurons": 16,
                "crowding": (0.25, 0.5, 1, 2),
                "strengths": (0.2, 0.7, 1.5, 4),
                "n_instances": 4,
            },
            "full": settings.PHASES | {"strengths": settings.STRENGTHS[1:], "n_instances": 8},
            "paper": settings.PHASES,
        },
        minutes={"full": 0.7, "paper": 4},
        reduced="λ√m from 0.1 for 0.05 on, 8 of 16 instances",
    ),
    Figure(
        name="tradeoff",
        title="what polysemantic neurons cost when features occur together, and gain under noise",
        record=Cost,
        run=compute_cost,
        panels=panels.tradeoff_cost,
        formula="$2p^2(1-(1-x_+^2)^2)$",
        settings={
            "small": {
                "n_features": 12,
                "n_neurons": (12, 16),
                "l1_strengths": (0.05,),
                "probabilities": (0.1, 0.2, 0.4),
                "stds": (0.0, 0.3),
                "n_instances": 4,
                "n_inputs": 2000,
            },
            "full": settings.COST,
            "paper": settings.COST,
        },
        minutes={"full": 2, "paper": 2},
    ),
    Figure(
        name="tradeoff-count",
        title="the loss of a layer against the number of its polysemantic neurons",
        record=Cost,
        run=compute_cost,
        panels=panels.tradeoff_count,
        formula="$2p^2(1-(1-x_+^2)^2)$",
        settings={
            "small": {
                "n_features": 12,
                "n_neurons": (12, 16),
                "l1_strengths": (0.05, 0.1),
                "probabilities": (0.2,),
                "n_instances": 4,
                "n_inputs": 2000,
            },
            "full": settings.LOSS,
            "paper": settings.LOSS,
        },
        minutes={"full": 0.3, "paper": 0.3},
    ),
    Figure(
        name="tradeoff-training",
        title="polysemantic neurons left by training on features that occur together",
        record=CoOccurrence,
        run=compute_training,
        panels=panels.tradeoff_training,
        settings={
            "small": {
                "sizes": ((8, 8),),
                "l1_strengths": (0.05,),
                "ratios": (0.0, 0.5, 2.0),
                "n_instances": 16,
            },
            "full": settings.TRAINING,
            "paper": settings.TRAINING,
        },
        minutes={"full": 2, "paper": 2},
    ),
    Figure(
        name="avoidance",
        title="what avoids polysemantic neurons, predicted and measured",
        record=Avoidance,
        run=compute_avoidance,
        panels=panels.avoidance,
        formula="$n(n-1)/(4m-2)$",
        settings={
            "small": {
                "n_features": 10,
                "n_neurons": 12,
                "l1_strengths": (0.05,),
                "levers": (
                    "as published",
                    "twice as wide",
                    "non-negative",
                    "carriers",
                    "no regularization",
                    "noise, κ = −2",
                    "features together",
                ),
                "n_instances": 6,
                "n_inputs": 500,
            },
            "full": settings.AVOIDANCE | {"n_features": 16, "n_neurons": 32, "n_instances": 48},
            "paper": settings.AVOIDANCE,
        },
        minutes={"full": 3, "paper": 60},
        reduced="n = 16, m = 32 for 64, 128; 48 of 64 instances",
    ),
    diagnosis.FIGURE,
)

#: Every figure by its name, in the order in which they are drawn.
FIGURES: dict[str, Any] = {figure.name: figure for figure in _ALL}
