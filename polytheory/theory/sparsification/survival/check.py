"""Check of the survival probability: random rows, simulated to their end."""

import numpy as np

from polytheory.checking import Observation, altered, drawn, judged, random_rows, stronger
from polytheory.domain import Interval, whole
from polytheory.flow.row import row_flow
from polytheory.theory.sparsification import survival as closed

_FATE_ROWS = 400
#: Error of the approximation, measured at m = 16, 128 and 1024.
_APPROXIMATION_ERROR = 0.035


def _seen_survival(n_neurons: int, l1_strength: float, seed: int) -> Observation:
    rows = random_rows(_FATE_ROWS, n_neurons, seed)
    # After 300 units of time only rows on the watershed are undecided.
    run = row_flow(rows, l1_strength=l1_strength, time=[300.0], rtol=1e-5)
    source = (
        f"{_FATE_ROWS} simulated rows; {_APPROXIMATION_ERROR} is the error of the approximation"
    )
    error = 0.5 / np.sqrt(_FATE_ROWS)
    return Observation(1.0 - run.collapsed.mean(), error, source, bias=_APPROXIMATION_ERROR)


LAWS = (
    judged(
        closed.survival_probability,
        closed_form=None,
        not_compared="an approximate quadrature; the statement is why two traps decide",
        observe=_seen_survival,
        cases=drawn(n_neurons=whole(16, 64, log=True), l1_strength=Interval(0.22, 0.36)),
        why="some rows of the paper's scale survive and some die; wider rows take longer",
        draws=3,
        # 400 rows give a share to 0.025; 5 of these and the stated approximation leave 0.16.
        wrong=[altered("the share that dies", lambda share: 1.0 - share), stronger(1.5)],
    ),
)
