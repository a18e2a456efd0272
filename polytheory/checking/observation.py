"""What a check observed: values with the error of the simulation, or of a sample, or counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.estimates import Estimated, What

__all__ = ["AS_EXACT", "FROM_RUN", "Observation"]

#: Source of the error of plain numbers.
AS_EXACT = "taken as exact"
FROM_RUN = "a finer run beside it"


@dataclass(frozen=True, eq=False, init=False)
class Observation:
    """An observed value, its own error and the source of that error.

    Parameters
    ----------
    value : float or array
        The observed value.
    error : float or array
        Bound on its distance from the true value; if `sampled`, and for statistical and empirical
        laws, the standard error.
    source : str
        Where the error comes from.
    bias : float or array
        If sampled: bound on the bias, in addition to the standard error.
    sampled : bool
        Whether `error` is a standard error, in a law of any kind.
    degrees : float
        Degrees of freedom from which the standard error was estimated; infinite if it is known.

    Raises
    ------
    ValueError
        If the error or the bias is negative, infinite or NaN.

    Attributes
    ----------
    trials, exposure : float or None
        Set by `proportion` and `count`, which are judged by the exact tail of their distribution.

    See Also
    --------
    polytheory.checking.mean_of : The mean of independent samples.

    Examples
    --------
    >>> from polytheory import Observation
    >>> seen = Observation.proportion(3, 40)
    >>> float(seen.value), seen.source
    (0.075, '3 of 40')
    """

    value: FloatArray
    error: FloatArray
    source: str
    bias: FloatArray
    sampled: bool
    degrees: float
    trials: FloatArray | None = field(init=False)
    exposure: FloatArray | None = field(init=False)

    def __init__(
        self,
        value: ArrayLike,
        error: ArrayLike,
        source: str,
        bias: ArrayLike = 0.0,
        *,
        sampled: bool = False,
        degrees: float = np.inf,
    ) -> None:
        arrays = {"value": np.asarray(value, float), "error": _size("error", error)}
        arrays["bias"] = _size("bias", bias)
        vars(self).update(arrays, source=source, sampled=sampled, degrees=degrees)
        vars(self).update(trials=None, exposure=None)

    @classmethod
    def of(cls, seen: Observation | ArrayLike) -> Observation:
        """Return a plain number or array as an observation without error."""
        if isinstance(seen, Observation):
            return seen
        return cls(seen, np.zeros(np.shape(seen)), AS_EXACT)

    @classmethod
    def from_run(cls, run: Estimated, what: What, at: Any = ...) -> Observation:
        """Return a series of a run, or a function of it, with the estimated error of the run.

        Parameters
        ----------
        run : Trajectory or RowTrajectory
            From `simulate` or `row_flow` with ``estimate_error=True``.
        what : str or callable
            The name of a series, or a function that returns a number or an array for a run.
        at : index
            The part that is observed, as in ``run.l1_norm[at]``; by default all.

        Returns
        -------
        Observation

        Raises
        ------
        TypeError, ValueError
            As `Trajectory.error`; also where the run was interrupted.

        Examples
        --------
        >>> from polytheory import Observation, ToyModel, simulate
        >>> run = simulate(
        ...     ToyModel(2, 2), [[0.5, 0.1], [0.1, 0.5]], until=40.0, estimate_error=True
        ... )
        >>> seen = Observation.from_run(run, "squared_norm", at=-1)
        >>> bool(seen.error.max() < 1e-3), seen.source
        (True, 'a finer run beside it')
        >>> seen = Observation.from_run(run, lambda run: run.final[0] @ run.final[1])
        >>> bool(abs(seen.value) < 1e-3)
        True
        """
        if not isinstance(run, Estimated):
            raise _checks.refuse_type("run", run, "a run of simulate or row_flow")
        value, error = run.value(what)[at], run.error(what)[at]
        hint = "If the run was interrupted, choose (with at) what it has finished, or repeat it."
        _checks.require("run", error, np.isfinite(error), "finished, with an error estimate", hint)
        return cls(value, error, FROM_RUN)

    def as_sampled(self) -> Observation:
        """Return the observation with its error understood as a standard error."""
        if self.sampled:
            return self
        return Observation(self.value, self.error, self.source, self.bias, sampled=True)

    @classmethod
    def proportion(cls, events: ArrayLike, trials: ArrayLike, bias: ArrayLike = 0.0) -> Observation:
        """Return the share of independent trials with an event, to compare with a probability.

        It is judged by the exact binomial tail, so that no event in N trials is no evidence for a
        probability below 1/N.

        Parameters
        ----------
        events, trials : int or array of int
            Number of trials with the event, and of all trials.
        bias : float
            Bound on the bias of the probability.

        Returns
        -------
        Observation

        Raises
        ------
        ValueError
            Unless 0 ≤ events ≤ trials are whole, and there is a trial.
        """
        k, n = _counts("events", events), _counts("trials", trials)
        k, n = np.broadcast_arrays(k, n)
        allowed = "a whole number from 0 to trials, of at least one trial"
        _checks.require("events", k, (k <= n) & (n >= 1), allowed)
        share = k / n
        made = cls(share, np.sqrt(share * (1.0 - share) / n), _of(k, n), bias, sampled=True)
        vars(made).update(trials=n)
        return made

    @classmethod
    def count(
        cls, events: ArrayLike, exposure: ArrayLike = 1.0, bias: ArrayLike = 0.0
    ) -> Observation:
        """Return a count of rare independent events per exposure, to compare with a rate.

        It is judged by the exact Poisson tail.

        Parameters
        ----------
        events : int or array of int
            Number of events.
        exposure : float or array
            Number of units (time, runs, neurons) in which they were counted.
        bias : float
            Bound on the bias of the rate.

        Returns
        -------
        Observation

        Raises
        ------
        ValueError
            Unless events are whole and the exposure is positive.
        """
        k, size = _counts("events", events), _checks.real_array("exposure", exposure)
        _checks.require("exposure", size, size > 0, "positive")
        k, size = np.broadcast_arrays(k, size)
        made = cls(k / size, np.sqrt(k) / size, f"{_of(k, size)} units", bias, sampled=True)
        vars(made).update(exposure=size)
        return made


def _size(name: str, values: ArrayLike) -> FloatArray:
    sizes = np.asarray(values, dtype=np.float64)
    _checks.require(name, sizes, np.isfinite(sizes) & (sizes >= 0), "finite and not negative")
    return sizes


def _counts(name: str, values: ArrayLike) -> FloatArray:
    counts = _checks.real_array(name, values)
    _checks.require(name, counts, (counts >= 0) & (counts == np.floor(counts)), "whole and ≥ 0")
    return counts


def _of(events: Any, trials: Any) -> str:
    """Return "3 of 40", or the sums of several."""
    return f"{np.sum(events):g} of {np.sum(trials):g}"
