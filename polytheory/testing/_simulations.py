"""A strategy for simulated runs of drawn models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.simulate import simulate
from polytheory.flow.trajectory import Trajectory
from polytheory.model import ToyModel
from polytheory.testing._arrays import encodings, times
from polytheory.testing._models import strengths


@dataclass(frozen=True, eq=False)
class Simulation:
    """A run with its model and initial encodings; the repr is enough to repeat it.

    Attributes
    ----------
    model : ToyModel
    encodings : ndarray (n_features, n_neurons)
    run : Trajectory
    until : "settled" or float
        As for `simulate`.
    """

    model: ToyModel
    encodings: FloatArray
    run: Trajectory
    until: str | float = "settled"

    @classmethod
    def of(
        cls,
        model: ToyModel,
        encodings: ArrayLike,
        *,
        time: ArrayLike,
        until: str | float = "settled",
    ) -> Simulation:
        """Run `simulate`, as the replay line of a counterexample does.

        Parameters
        ----------
        model, encodings, time, until
            As for `simulate`.

        Returns
        -------
        Simulation

        Examples
        --------
        >>> from polytheory import ToyModel
        >>> from polytheory.testing import Simulation
        >>> Simulation.of(ToyModel(2, 1, l1_strength=0.25), [[1.0], [-1.0]], time=[0.0]).run.outcome
        'settled'
        """
        start = np.asarray(encodings, dtype=np.float64)
        return cls(model, start, simulate(model, start, time=time, until=until), until)

    @property
    def call(self) -> str:
        """The Python call that repeats the run, on one line."""
        start, time = self.encodings.tolist(), self.run.time.tolist()
        return f"Simulation.of({self.model!r}, {start}, time={time}, until={self.until!r})"

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
    # All digits, because a rounded counterexample need not be one.
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
    # The encodings determine the model, so that a failure shrinks to fewer features and neurons.
    encodings = draw(initial)
    model = ToyModel(*encodings.shape, l1_strength=draw(l1_strength))
    return Simulation.of(model, encodings, time=draw(times), until=until)


def trajectories(
    initial: st.SearchStrategy[FloatArray] | None = None,
    *,
    size: str = "balanced",
    min_l1: float = 0.01,
    max_l1: float | None = None,
    until: str | float = "settled",
    max_time: float = 100.0,
) -> st.SearchStrategy[Simulation]:
    """Return a strategy for runs of `simulate` with drawn initial encodings, λ and times.

    Parameters
    ----------
    initial : SearchStrategy
        A strategy for encodings, which determine the shape of the model; by default
        `polytheory.testing.encodings` of all sorts.
    size : {"fast", "balanced", "thorough"}
        Size of the default encodings and times.
    min_l1, max_l1 : float
        Bounds on λ, flow units; by default 0.01 and the strength above which no weight survives. A
        smaller λ takes longer to settle, on a time scale of 1/λ.
    until : "settled" or float
        Integrate to the limit, or to a flow time.
    max_time : float
        The latest recorded time; not later than a numerical `until`.

    Returns
    -------
    SearchStrategy
        Draws `Simulation`: ``.model``, ``.encodings`` and ``.run``, a `polytheory.Trajectory`.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.

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
