"""Power of a verdict: the smallest change of a prediction that the judge would notice.

What was observed is judged again with a changed prediction; nothing is simulated anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polytheory.checking import Law
from polytheory.checking.observed import Observed
from polytheory.compare import FALSE_ALARM, judge_observed

__all__ = ["Power", "power_of"]

#: Changes of which the smallest noticed one is sought: decades, then halved to about a tenth.
_DECADES = 10.0 ** np.arange(-13, 2)
_HALVINGS = 4

Change = Callable[[Observed], Any]


@dataclass(frozen=True)
class Power:
    r"""The smallest changes of a prediction with which its law would no longer hold.

    Attributes
    ----------
    lower, higher : float
        Smallest relative change of the prediction (of both ends of a bound) to lower and to higher
        values; infinite if not even a factor of 10 is noticed.
    exponents : dict of str to float
        For each argument :math:`a` that varies over the cases the smallest :math:`\delta` for
        which neither the prediction times :math:`(a/\bar a)^\delta` nor times
        :math:`(a/\bar a)^{-\delta}` passes, with :math:`\bar a` the geometric mean over the cases.

    Examples
    --------
    >>> from polytheory import verify
    >>> report = verify("carrier_amplitude", power=True).reports[0]
    >>> report.power.relative < 1e-6
    True
    """

    lower: float
    higher: float
    exponents: dict[str, float]

    @property
    def relative(self) -> float:
        """The smallest relative change that is noticed in either direction."""
        return max(self.lower, self.higher)

    def words(self) -> str:
        """Return the power in words."""
        words = f"a prediction lower by {_size(self.lower)} or higher by {_size(self.higher)}"
        powers = ", ".join(f"{name} {_size(size)}" for name, size in self.exponents.items())
        return f"{words} would be noticed" + (f"; as a power of {powers}" if powers else "")


def _size(change: float) -> str:
    return f"{change:.1e}" if np.isfinite(change) else "more than a factor of 10"


def power_of(law: Law, observed: Sequence[Observed], level: float = FALSE_ALARM) -> Power:
    """Return the power of the verdict on a law that holds.

    Parameters
    ----------
    law : Law
    observed : sequence of Observed
        What it was judged on.
    level : float
        Probability that chance makes a true law fail, over all cases.

    Returns
    -------
    Power
    """

    def passes(factor: Change) -> bool:
        changed = [_changed(each, factor) for each in observed]
        return judge_observed(law, changed, level)[0].holds

    def smallest(of_size: Callable[[float], Change]) -> float:
        return _smallest(lambda size: passes(of_size(size)))

    def power_law(name: str, mean: float, sign: int) -> Callable[[float], Change]:
        def change(size: float) -> Change:
            # An argument of 0 has no power law: there the prediction stays.
            return lambda each: ((each.case[name] or mean) / mean) ** (sign * size)

        return change

    means = _geometric_means([each.case for each in observed])
    return Power(
        lower=smallest(lambda size: lambda _: 1.0 / (1.0 + size)),
        higher=smallest(lambda size: lambda _: 1.0 + size),
        exponents={
            name: max(smallest(power_law(name, mean, sign)) for sign in (1, -1))
            for name, mean in means.items()
        },
    )


def _changed(observed: Observed, factor: Change) -> Observed:
    """Return what was observed with the prediction times a factor."""
    by = factor(observed)
    ends = observed.predicted
    changed = tuple(by * end for end in ends) if isinstance(ends, tuple) else by * ends
    later = observed.refined and _changed(observed.refined, factor)
    return observed._replace(predicted=changed, refined=later)


def _smallest(passes: Callable[[float], bool]) -> float:
    """Return the smallest size that does not pass, to about a tenth; infinite if all do.

    If sizes pass that are larger than one that does not, it may be a later one: the power is then
    stated too low, never too high.
    """
    found = bisect_left(_DECADES, True, key=lambda size: not passes(size))
    if found == _DECADES.size:
        return np.inf
    high, low = _DECADES[found], _DECADES[found] / 10.0
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if passes(middle) else (low, middle)
    return float(high)


def _geometric_means(cases: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the geometric mean of each argument of one sign that varies over the cases."""
    means = {}
    for name in cases[0] if cases else ():
        values = np.array([case[name] for case in cases if case[name] != 0], float)
        if name != "seed" and (values > 0).all() and np.ptp(values) > 0:
            means[name] = float(np.exp(np.log(values).mean()))
    return means
