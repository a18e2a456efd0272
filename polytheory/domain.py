"""Domains of statements: an interval per parameter and, where needed, a joint condition.

One :class:`Domain` serves every purpose: predictors check their arguments against it, ``verify``
draws cases from it, ``polytheory.testing.from_law`` makes it a Hypothesis strategy, and reports
print it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks

Case = dict[str, float | int]
#: Ends beyond this stand for infinity: they only keep results representable.
_EFFECTIVELY_INFINITE = 1e14
#: Largest number of corners of one domain, and draws until a point on an edge meets the predicate.
_MAX_CORNERS, _TRIES_PER_EDGE = 16, 50


@dataclass(frozen=True)
class Interval:
    """The allowed values of one parameter.

    Parameters
    ----------
    low, high : float
        The ends; either may be infinite.
    open_low, open_high : bool
        Whether that end is excluded.
    integer : bool
        Whole numbers only.
    log : bool
        Spread samples evenly in the logarithm (needs ``low > 0``).
    label : str
        Text of the interval where its decimal ends would be obscure: "[0, 2/(3√3)]".

    Examples
    --------
    >>> from polytheory.notation import Interval
    >>> print(Interval(0, 0.5, open_low=True))
    (0, 0.5]
    >>> Interval(0, 1).contains([0.0, 2.0]).tolist()
    [True, False]
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False
    integer: bool = False
    log: bool = False
    label: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            end = getattr(self, name)
            if isinstance(end, bool) or not isinstance(end, (int, float, np.number)):
                raise _checks.refuse_type(name, end, "a number")
        if not self.low <= self.high:
            raise _checks.refuse_value("low", f"{self.low} with high {self.high}", "at most high")
        if self.log and not self.low > 0:
            raise _checks.refuse_value("low", str(self.low), "positive on a logarithmic interval")
        if not self._has_room():
            raise _checks.refuse_value("Interval", str(self), "non-empty")

    def _has_room(self) -> bool:
        if not self.integer:
            return self.low < self.high or not (self.open_low or self.open_high)
        first, last = self.first_integer, self.last_integer
        return first is None or last is None or first <= last

    @property
    def first_integer(self) -> int | None:
        """The smallest whole number inside; None if there is none."""
        if np.isinf(self.low):
            return None
        low = int(np.ceil(self.low))
        return low + 1 if self.open_low and low == self.low else low

    @property
    def last_integer(self) -> int | None:
        """The largest whole number inside; None if there is none."""
        if np.isinf(self.high):
            return None
        high = int(np.floor(self.high))
        return high - 1 if self.open_high and high == self.high else high

    def contains(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Return, element by element, whether `values` lie inside."""
        x = np.asarray(values, dtype=np.float64)
        above = x > self.low if self.open_low else x >= self.low
        below = x < self.high if self.open_high else x <= self.high
        whole = x == np.floor(x) if self.integer else True
        return np.asarray(above & below & whole)

    def covers(self, other: Interval) -> bool:
        """Return whether every value of the other interval lies inside.

        >>> Interval(0, 1).covers(Interval(0, 1, open_low=True)), whole(0, 1).covers(Interval(0, 1))
        (True, False)
        """
        if self.integer and not other.integer:
            return other.low == other.high and self.holds(other.low)
        below = self.low < other.low or (
            self.low == other.low and (other.open_low or not self.open_low)
        )
        above = self.high > other.high or (
            self.high == other.high and (other.open_high or not self.open_high)
        )
        return below and above

    def holds(self, x: float) -> bool:
        """Return whether one finite number lies inside, in plain Python: for scalar calls."""
        above = x > self.low if self.open_low else x >= self.low
        below = x < self.high if self.open_high else x <= self.high
        return above and below and (not self.integer or x.is_integer())

    def sample(self, rng: np.random.Generator) -> float | int:
        """Draw one value, evenly in the value or in its logarithm."""
        if not np.isfinite([self.low, self.high]).all():
            raise _checks.refuse_value("Interval", str(self), "bounded to be sampled")
        ends = self.closed_ends()
        if self.integer and not self.log:
            return int(rng.integers(int(ends[0]), int(ends[-1]), endpoint=True))
        position = rng.uniform()
        if self.log:
            value = self.low * (self.high / self.low) ** position
        else:
            value = self.low + (self.high - self.low) * position
        if self.integer:
            return int(min(max(round(value), ends[0]), ends[-1]))
        # Rounding may reach an excluded end.
        low = np.nextafter(self.low, np.inf) if self.open_low else self.low
        high = np.nextafter(self.high, -np.inf) if self.open_high else self.high
        return float(min(max(value, low), high))

    def closed_ends(self) -> list[float | int]:
        """Return the ends that belong to the interval and are finite."""
        if self.integer:
            return [end for end in (self.first_integer, self.last_integer) if end is not None]
        ends = (self.low, self.open_low), (self.high, self.open_high)
        return [float(end) for end, left_out in ends if np.isfinite(end) and not left_out]

    def words(self) -> str:
        """Return the interval in words, without the limits of floating-point numbers.

        >>> Interval(1, np.inf, integer=True).words(), Interval(0.0, 1e50, open_low=True).words()
        ('whole, ≥ 1', '> 0')
        """
        if self.label:
            return f"in {self.label}"
        low, high = abs(self.low) < _EFFECTIVELY_INFINITE, abs(self.high) < _EFFECTIVELY_INFINITE
        # A tiny lower end stands for "positive", with an inverse that is representable.
        tiny = 0.0 < self.low < 1.0 / _EFFECTIVELY_INFINITE
        over = ">" if self.open_low or tiny else "≥"
        under = "<" if self.open_high else "≤"
        start, stop = "0" if tiny else _numeral(self.low), _numeral(self.high)
        if low and high:
            left, right = "(" if over == ">" else "[", ")" if self.open_high else "]"
            ends = f"in {left}{start}, {stop}{right}"
        elif low or high:
            ends = f"{over} {start}" if low else f"{under} {stop}"
        else:
            ends = "any number"
        if self.integer:
            return "any whole number" if ends == "any number" else f"whole, {ends}"
        return ends

    def __str__(self) -> str:
        if self.label:
            return self.label
        left = "(" if self.open_low or self.low == -np.inf else "["
        right = ")" if self.open_high or self.high == np.inf else "]"
        ends = f"{left}{self.low:.6g}, {self.high:.6g}{right}"
        return f"{ends} whole" if self.integer else ends


def _numeral(x: float) -> str:
    """Return a number as text, 10⁻⁶ rather than 1e-06."""
    digits, _, power = f"{x:.6g}".replace("-", "−").partition("e")
    if not power:
        return digits
    ten = "10" + str(int(power.replace("−", "-"))).translate(SUPERSCRIPTS)
    return {"1": ten, "−1": f"−{ten}"}.get(digits, f"{digits}·{ten}")


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def whole(low: float, high: float, *, log: bool = False) -> Interval:
    """Return the interval of the whole numbers from `low` to `high`.

    >>> print(whole(1, 8))
    [1, 8] whole
    """
    return Interval(low, high, integer=True, log=log)


def _always(**_: Any) -> bool:
    return True


@dataclass(frozen=True)
class Domain:
    """A box of intervals, optionally with a predicate over all parameters together.

    Parameters
    ----------
    intervals : mapping of str to Interval
        One interval per parameter.
    where : callable, optional
        Takes every parameter by keyword and returns whether the combination is allowed
        (element by element for arrays).
    because : str
        The predicate in words, for errors and reports.
    instead : str
        What to do outside the domain, for errors.

    Examples
    --------
    >>> from polytheory.domain import Domain, Interval
    >>> domain = Domain({"x": Interval(0, 1)})
    >>> domain.check(x=0.25)
    [np.float64(0.25)]
    >>> domain.check(x=2.0)
    Traceback (most recent call last):
        ...
    ValueError: x must be in [0, 1]; got 2.
    """

    intervals: Mapping[str, Interval]
    where: Callable[..., Any] = field(default=_always)
    because: str = ""
    instead: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "intervals", MappingProxyType(dict(self.intervals)))

    def check(self, **values: ArrayLike) -> list[_checks.FloatArray]:
        """Return the arguments as float arrays; raise an error that names one that lies outside.

        Plain numbers become NumPy scalars, which behave like arrays without axes.
        """
        numbers = self._plain(values)
        return numbers if numbers is not None else self._check_arrays(values)

    def _plain(self, values: Mapping[str, Any]) -> list[Any] | None:
        """Return plain numbers inside the domain as NumPy scalars; None in any other case."""
        numbers = {}
        for name, value in values.items():
            if type(value) is int:
                if not -_EFFECTIVELY_INFINITE < value < _EFFECTIVELY_INFINITE:
                    return None
                value = float(value)  # noqa: PLW2901 - the same number
            elif not isinstance(value, float) or not math.isfinite(value):
                return None
            if not self.intervals[name].holds(value):
                return None
            numbers[name] = np.float64(value)
        if self.where is not _always and not self.where(**numbers):
            return None
        return list(numbers.values())

    def _check_arrays(self, values: Mapping[str, ArrayLike]) -> list[_checks.FloatArray]:
        arrays = {name: _checks.real_array(name, value) for name, value in values.items()}
        for name, array in arrays.items():
            inside = self.intervals[name].contains(array)
            # With a predicate, the advice is about the predicate.
            hint = "" if self.because else self.instead
            _checks.require(name, array, inside, f"in {self.intervals[name]}", hint)
        together = _checks.broadcast(**arrays)
        # The arguments are not broadcast yet, so a predicate evaluates each only at its own size.
        met = np.broadcast_to(self.where(**arrays), next(iter(together.values())).shape)
        if not np.all(met):  # all() of an empty array is true
            bad = tuple(np.argwhere(~met)[0])
            came = ", ".join(f"{name} = {a[bad]:g}" for name, a in together.items())
            raise _checks.refuse_value(" and ".join(together), came, self.because, self.instead)
        return list(arrays.values())

    def contains(self, **case: ArrayLike) -> bool:
        """Return whether one case lies inside, with all elements of its arrays."""
        inside = all(bool(i.contains(case[name]).all()) for name, i in self.intervals.items())
        if not inside or self.where is _always:
            return inside
        return bool(np.all(self.where(**{n: np.asarray(v, float) for n, v in case.items()})))

    def cases(self, rng: np.random.Generator, count: int, *, edges: bool = False) -> Iterator[Case]:
        """Yield `count` cases: two opposite closed corners of the box first, then random ones.

        With `edges`, up to three quarters of them are corners and points on edges, where one
        parameter is at an end of its interval.

        A parameter called ``seed`` is drawn for the corners, too: no seed is extreme, and with a
        fixed one every run would judge the same sample there.
        """
        given = 0
        for case in self._on_the_rim(rng) if edges else self.corners():
            if "seed" in case:
                case["seed"] = self.intervals["seed"].sample(rng)
            if given < (math.ceil(0.75 * count) if edges else count) and self.contains(**case):
                given += 1
                yield case
        tries = 0
        while given < count:
            tries += 1
            if tries > 1000 * count:
                words = f"the predicate of the domain ({self.because}) is almost never met"
                raise ValueError(words)
            case = self._drawn(rng)
            if self.contains(**case):
                given += 1
                yield case

    def _on_the_rim(self, rng: np.random.Generator) -> Iterator[Case]:
        """Yield the closed corners in random order after two opposite ones, then edge points."""
        yield from self.corners()
        ends = {n: i.closed_ends() for n, i in self.intervals.items() if n != "seed"}
        names = [name for name, both in ends.items() if both]
        for _ in range(min(2 ** len(names), _MAX_CORNERS) if len(names) == len(ends) else 0):
            yield self._drawn(rng) | {name: rng.choice(ends[name]).item() for name in names}
        for name in names:
            for end in ends[name]:
                for _ in range(_TRIES_PER_EDGE):
                    case = self._drawn(rng) | {name: end}
                    if self.contains(**case):
                        yield case
                        break

    def _drawn(self, rng: np.random.Generator) -> Case:
        return {name: interval.sample(rng) for name, interval in self.intervals.items()}

    def corners(self) -> Iterator[Case]:
        """Yield two of the closed corners: all parameters at their low, then at their high ends."""
        ends = {name: interval.closed_ends() for name, interval in self.intervals.items()}
        if all(ends.values()):
            yield {name: both[0] for name, both in ends.items()}
            yield {name: both[-1] for name, both in ends.items()}

    def words(self) -> str:
        """Return the domain in words: the intervals by name, then the predicate."""
        box = "; ".join(f"{name} {each.words()}" for name, each in self.intervals.items())
        return f"{box}; {self.because}" if self.because else box

    def __str__(self) -> str:
        box = ", ".join(f"{name} in {interval}" for name, interval in self.intervals.items())
        return f"{box}; {self.because}" if self.because else box
