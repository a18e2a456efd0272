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
from polytheory.experiments import diagnosis, phase_diagram, weights
from polytheory.experiments._old_figures import Figure
from polytheory.experiments.avoidance import runs
from polytheory.experiments.collisions import count, fidelity, ratio
from polytheory.experiments.mechanisms import (
    Counts,
    Curves,
    Equivalence,
    compute_counts,
    compute_curves,
    compute_equivalence,
)
from polytheory.experiments.sparsification import (
    Collapse,
    Completion,
    Speed,
    compute_collapse,
    compute_completion,
    compute_speed,
)
from polytheory.experiments.tradeoff import cost, training

__all__ = ["FIGURES"]

_ALL = (
    Figure(
        name="speed-of-sparsification",
        title="how a wide row loses its weights, with the paper's law and the universal curve",
        record=Speed,
        run=compute_speed,
        panels=panels.speed,
        formula=r"$2m\,Q(x)$",
        settings={
            "small": {"n_neurons": 2000, "l1_strength": 1e-4, "n_rows": 5},
            "full": settings.SPEED,
            "paper": settings.SPEED,
        },
        minutes={"full": 0.1, "paper": 0.1},
    ),
    Figure(
        name="scaling-collapse",
        title="rows of all widths m and strengths λ on one universal curve",
        record=Collapse,
        run=compute_collapse,
        panels=panels.scaling_collapse,
        formula=r"$2Q(x)$, $\theta=\int_0^x dy/\sqrt{G_2(y)}$",
        settings={
            "small": {"settings": ((10**3, 1e-4), (3000, 1e-5), (10**4, 1e-5))},
            "full": settings.COLLAPSE,
            "paper": settings.COLLAPSE,
        },
        minutes={"full": 0.1, "paper": 0.1},
    ),
    Figure(
        name="completion-time",
        title="distribution of λT*, when one weight is left, against its universal law",
        record=Completion,
        run=compute_completion,
        panels=panels.completion_time,
        formula=r"$Ce^{-\sqrt{2}x}$",
        settings={
            "small": {"n_neurons": 500, "l1_strength": 1e-5, "n_rows": 200},
            "full": settings.COMPLETION,
            "paper": settings.COMPLETION,
        },
        minutes={"full": 1, "paper": 1},
    ),
    count.FIGURE,
    ratio.FIGURE,
    fidelity.FIGURE,
    weights.FIGURE,
    Figure(
        name="fourth-norm",
        title="the fourth norm under noise of each law and strength",
        record=Curves,
        run=compute_curves,
        panels=panels.fourth_norm,
        formula="$3/(m+2)$",
        settings={
            "small": {
                "n_features": 6,
                "n_neurons": 8,
                "stds": (0.25,),
                "steps": 6000,
                "n_times": 24,
                "n_instances": 2,
            },
            "full": {},
            "paper": {},
        },
        minutes={"full": 1, "paper": 1},
    ),
    Figure(
        name="equivalence",
        title="whether the ℓ1 strength that theory calls equivalent is as fast as noise",
        record=Equivalence,
        run=compute_equivalence,
        panels=panels.equivalence,
        formula=r"$t_{1/2}(\lambda)=t_{1/2}(\gamma)$",
        settings={
            "small": {
                "n_features": (6,),
                "widths": (1.5,),
                "reach": (1.0, 1.4),
                "n_instances": 2,
            },
            "full": {
                "n_features": (8,),
                "widths": (1, 2),
                "reach": (0.5, 0.7, 1.0, 1.4, 2.0),
                "n_instances": 6,
            },
            "paper": {
                "n_features": (8,),
                "widths": (1, 2, 4),
                "reach": (0.5, 0.7, 1.0, 1.4, 2.0),
            },
        },
        minutes={"full": 0.6, "paper": 2},
        reduced="m/n up to 2 of 4, 6 of 8 instances",
    ),
    Figure(
        name="mechanisms",
        title="polysemantic neurons and winners under ℓ1, under noise and under both",
        record=Counts,
        run=compute_counts,
        panels=panels.mechanisms_side_by_side,
        formula="$n(n-1)/(4m-2)$",
        settings={
            "small": {
                "n_features": (4, 6),
                "widths": (1,),
                "followed": 12,
                "l1_strength": 0.05,
            },
            "full": {"n_features": (4, 8, 16), "widths": (1, 2), "followed": 256},
            "paper": {"n_features": (4, 8, 16, 32, 64), "widths": (1, 2, 4)},
        },
        minutes={"full": 3, "paper": 60},
        reduced="n up to 16 of 64, m/n up to 2 of 4, half as many instances",
    ),
    phase_diagram.FIGURE,
    cost.COST,
    cost.COUNT,
    training.FIGURE,
    runs.FIGURE,
    diagnosis.FIGURE,
)

#: Every figure by its name, in the order in which they are drawn.
FIGURES: dict[str, Any] = {figure.name: figure for figure in _ALL}
