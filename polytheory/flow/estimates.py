"""How exact a run is: the difference from a second, finer run of the same problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray

__all__ = ["SAFETY", "Estimated", "What"]

#: The name of a series, or a function of a run.
What = str | Callable[[Any], ArrayLike]

#: With a quarter of the error in the second run, the error is 4/3 of the difference; the rest is
#: for where it is not a quarter (a weight dies, an error passes through zero).
SAFETY = 5.0
#: The error of one feature may pass through zero, while that of the other features does not: the
#: difference counts as no less than this share of their root mean square.
SHARE = 0.5
#: What rounding leaves, relative to the value, or to the size of a weight if that is larger.
ROUNDING = 1e-14


@dataclass(frozen=True, eq=False, kw_only=True)
class Estimated:
    """A run, and if an estimate of its error was asked for, a finer run of the same problem."""

    #: What `error` and `Observation.from_run` know by name.
    series: ClassVar[tuple[str, ...]] = ()
    #: Those with one number per feature of an instance, in the last axis.
    by_feature: ClassVar[tuple[str, ...]] = ()

    finer: Self | None = field(default=None, repr=False)

    def error(self, what: What) -> FloatArray:
        """Return the estimated error of a series, or of a function of the run.

        It is five times the difference between this run and `finer`, and a rounding error; in
        series with one number per feature the difference counts as at least half of its root mean
        square over the features. The error of the run is below it in more than 99 % of these
        series' values and in about 98 % of single numbers (it may be larger where the two runs
        happen to agree), and about a fifth of it in the median. A count on which the runs agree
        has none; up to 3 % of these are wrong. Where the finer run was interrupted, it is NaN.

        Parameters
        ----------
        what : str or callable
            The name of a series, or a function that returns a number or an array for a run. It is
            evaluated for both runs.

        Returns
        -------
        ndarray
            Of the shape of the series, or of what the function returns.

        Raises
        ------
        TypeError, ValueError
            If the run has no estimate, the name is unknown, or the function returns anything but
            numbers, or arrays of different shapes for the two runs.

        Examples
        --------
        >>> from polytheory import ToyModel, simulate
        >>> start = [[0.5, 0.1], [0.1, 0.5]]
        >>> run = simulate(ToyModel(2, 2), start, time=[0.0, 1.0], until=1.0, estimate_error=True)
        >>> run.error("squared_norm").shape, bool(run.error("squared_norm")[1].max() < 0.02)
        ((2, 2), True)
        >>> bool(run.error(lambda run: run.final[0] @ run.final[1]) < 0.02)
        True
        """
        if self.finer is None:
            hint = "Run it again with estimate_error=True (simulate or row_flow)."
            raise _checks.refuse_value("run", "without an estimate", "one with an estimate", hint)
        here, there = self.value(what), self.finer.value(what)
        if here.shape != there.shape:
            came = f"of shape {here.shape} for the run, {there.shape} for the finer one"
            raise _checks.refuse_value("what", came, "of one shape for both")
        with np.errstate(invalid="ignore"):  # ∞ − ∞, of final_time: no estimate
            apart = np.abs(here - there)
        if what in self.by_feature:
            together = np.sqrt(np.square(apart).mean(axis=-1, keepdims=True))
            apart = np.maximum(apart, SHARE * together)
        return np.asarray(SAFETY * apart + ROUNDING * np.maximum(np.abs(here), 1.0))

    def value(self, what: What) -> FloatArray:
        """Return a series by its name, or what a function returns for this run, as an array."""
        if callable(what):
            seen = np.asarray(what(self))
            if seen.dtype.kind not in "buif":
                raise _checks.refuse_type("what", what, "a function that returns real numbers")
        else:
            seen = getattr(self, _checks.one_of("what", what, self.series))
        seen = seen.astype(np.float64)
        # What an interrupted run has not counted is −1.
        return np.where(seen < 0, np.nan, seen) if what == "nonzero_count" else seen
