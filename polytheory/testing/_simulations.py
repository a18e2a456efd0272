"""Simulated runs of drawn models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.simulate import simulate
from polytheory.flow.trajectory import Trajectory
from polytheory.model import ToyModel
from polytheory.testing._arrays import encodings, times
from polytheory.testing._models import strengths


@dataclass(frozen=True, eq=False)
class Simulation:
    """A run with what it started from; prints as what it takes to repeat it.

    Attributes
    ----------
    model : ToyModel
    encodings : ndarray (n_features, n_neurons)
    run : Trajectory
    """

    model: ToyModel
    encodings: FloatArray
    run: Trajectory

    def __repr__(self) -> str:
        parts = {
            "model": repr(self.model),
            "encodings": _lines(self.encodings),
            "time": _lines(self.run.time),
            "outcome": repr(self.run.outcome),
            "final": _lines(self.run.final),
        }
        return "\n".join(f"{name:10}{words}" for name, words in parts.items())


def _lines(array: FloatArray) -> str:
    # All digits: a counterexample that is rounded need not be one.
    text = np.array2string(array, separator=", ", floatmode="unique", max_line_width=100)
    return text.replace("\n", "\n" + " " * 10)


@st.composite
def _simulations(
    draw: st.DrawFn,
    initial: st.SearchStrategy[FloatArray],
    l1_strength: st.SearchStrategy[float],
    times: st.SearchStrategy[FloatArray],
    until: str | float,
) -> Simulation:
    # The model follows the encodings, not the other way: so a failure loses features and neurons.
    encodings = draw(initial)
    model = ToyModel(*encodings.shape, l1_strength=draw(l1_strength))
    return Simulation(model, encodings, simulate(model, encodings, time=draw(times), until=until))


def trajectories(
    initial: st.SearchStrategy[FloatArray] | None = None,
    *,
    size: str = "balanced",
    min_l1: float = 0.01,
    max_l1: float | None = None,
    until: str | float = "settled",
    max_time: float = 100.0,
) -> st.SearchStrategy[Simulation]:
    """Runs of `simulate`: initial encodings, λ and times are drawn, the flow is followed.

    Parameters
    ----------
    initial : SearchStrategy
        Of encodings, which give the model its shape; all sorts of `polytheory.testing.encodings`
        by default.
    size : {"fast", "balanced", "thorough"}
        Bounds on what is not given.
    min_l1, max_l1 : float
        Bounds on λ, flow units; from 0.01 to the strength above which no weight survives by
        default. A weaker ℓ1 takes longer to settle, its time scale being 1/λ.
    until : "settled" or float
        Follow the flow to its limit, or to a flow time.
    max_time : float
        The latest of the times at which series are kept; not later than a numerical `until`.

    Returns
    -------
    SearchStrategy
        Of `Simulation`: ``.model``, ``.encodings`` and ``.run``, a `polytheory.Trajectory`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it has to be.

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import trajectories
    >>> find(trajectories(), lambda drawn: drawn.run.outcome == "settled").run.final.shape
    (1, 1)
    """
    if not isinstance(initial, st.SearchStrategy | None):
        raise _checks.refuse_type("initial", initial, "a strategy such as encodings(), or None")
    if isinstance(until, str):
        _checks.one_of("until", until, ("settled",))
    else:
        max_time = min(max_time, _checks.scalar("until", until, low=1e-9))
    start = encodings(size=size) if initial is None else initial
    series = times(size=size, max_time=max_time)
    return _simulations(start, strengths(min_l1, max_l1), series, until)
