"""Whether an expression vanishes on a claim: shown by algebra, refuted at a point, or neither."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import sympy as sp
from sympy.simplify.fu import TR8

from polytheory.domain import Domain, Interval

__all__ = ["Outcome", "Place", "decide", "is_zero"]

#: A residual that exceeds this at one exact point is not identically zero.
CLEARLY_NOT_ZERO = 1e-20
#: The same for residuals with decimal numbers, which SymPy has rounded to 15 digits.
CLEARLY_NOT_ROUNDING = 1e-9
#: Bits that SymPy must vouch for: half of those of 30 digits. Fewer are left of what cancelled.
_CERTAIN_BITS = 50
_DIGITS = 30
#: Points tried after the algebra has failed: three symbols take all combinations of signs, and a
#: tenth of an interval is not missed.
_MORE_POINTS = 24
#: Draws among which these points must be; fewer satisfy a predicate that is almost never met.
_MOST_DRAWS = 200
#: A wider interval counts as infinite: what far points show is overflow.
_WIDE = 1000
#: Multiples of a number in (0, 1) at which an infinite interval is tried, one after another.
_SCALES = (1, 3, sp.Rational(1, 7), 11)
_ANYWHERE = Interval(-np.inf, np.inf)


class Outcome(Enum):
    """What is known of a residual."""

    SHOWN = "shown"  # it vanishes
    REFUTED = "refuted"  # it is not zero at a point inside the claim
    UNDECIDED = "undecided"  # neither


def is_zero(expression: sp.Expr, domain: Domain | None = None) -> bool:
    """Return whether `expression` is shown to vanish identically, see `decide`."""
    return decide(expression, domain) is Outcome.SHOWN


def decide(expression: sp.Expr, domain: Domain | None = None) -> Outcome:
    """Return whether `expression` vanishes at all points of the domain.

    Numbers refute but never prove: an exact point inside at which the expression is clearly not
    zero refutes it, and only a symbolic simplification to 0 is a proof. The methods, cheapest
    first: expansion; a common denominator; powers of sines and cosines as multiple angles, which
    removes the thirds of angles in the roots of a cubic; hyperbolic functions as exponentials;
    ``sympy.simplify``. If they fail, they are tried again with each symbol of the domain as the sum
    of an end and a number that is not negative.

    Parameters
    ----------
    expression : sympy.Expr
    domain : Domain, optional
        Its parameters are the symbols of these names; all others have their SymPy assumptions.

    Returns
    -------
    Outcome
    """
    expression = sp.sympify(expression)
    return Place(expression.free_symbols, domain).decide(expression)


class Place:
    """Where some symbols may lie: inside a domain, and as their SymPy assumptions say."""

    def __init__(self, symbols: Iterable[sp.Symbol], domain: Domain | None = None) -> None:
        self.symbols = sorted(symbols, key=str)
        self.domain = domain
        self._drawn: list[dict[sp.Symbol, sp.Rational]] = []
        self._draws = self._points()

    def decide(self, expression: sp.Expr) -> Outcome:
        """Return whether an expression of the symbols vanishes at all points."""
        expression = sp.sympify(expression)
        if expression == 0:
            return Outcome.SHOWN
        # One point first: it costs less than the algebra, which cannot succeed if it refutes.
        if any(_not_zero_at(expression, point) for point in self._first(1)):
            return Outcome.REFUTED
        if self._shown(expression):
            return Outcome.SHOWN
        more = self._first(1 + _MORE_POINTS)[1:]
        refuted = any(_not_zero_at(expression, point) for point in more)
        return Outcome.REFUTED if refuted else Outcome.UNDECIDED

    # --- points ----------------------------------------------------------------------------------

    def _first(self, number: int) -> list[dict[sp.Symbol, sp.Rational]]:
        """Return the first points, the same in every run; fewer if there are not so many."""
        self._drawn += islice(self._draws, max(number - len(self._drawn), 0))
        return self._drawn[:number]

    def _points(self) -> Iterator[dict[sp.Symbol, sp.Rational]]:
        try:
            intervals = self._intervals()
        except ValueError:  # the assumptions contradict the domain: there is no point
            return
        for turn in range(_MOST_DRAWS):
            at = {
                name: _inside(interval, turn, place)
                for place, (name, interval) in enumerate(sorted(intervals.items()))
            }
            if not self._contains(at):
                continue
            point = {each: at[each.name] for each in self.symbols}
            if all(_assumed(symbol, value) for symbol, value in point.items()):
                yield point

    def _intervals(self) -> dict[str, Interval]:
        """Return an interval per name of a symbol or parameter of the domain."""
        found = dict(self.domain.intervals) if self.domain else {}
        for symbol in self.symbols:
            found[symbol.name] = _narrowed(found.get(symbol.name, _ANYWHERE), symbol)
        return found

    def _contains(self, at: Mapping[str, sp.Rational]) -> bool:
        if self.domain is None:
            return True
        try:
            case = {name: float(at[name]) for name in self.domain.intervals}
            return self.domain.contains(**case)
        except Exception:  # noqa: BLE001 - a user's predicate; there is no point, then
            return False

    # --- algebra ---------------------------------------------------------------------------------

    def _shown(self, expression: sp.Expr) -> bool:
        if _vanishes(expression):
            return True
        given = self.domain.intervals if self.domain else {}
        try:
            inside = {
                symbol: _narrowed(given[symbol.name], symbol)
                for symbol in sorted(expression.free_symbols, key=str)
                if symbol.name in given
            }
        except ValueError:
            return False
        return bool(inside) and _vanishes_inside(expression, inside)


# --- points ---------------------------------------------------------------------------------------


def _narrowed(interval: Interval, symbol: sp.Symbol) -> Interval:
    """Return the part of an interval in which the sign of a symbol is as it assumes."""
    low, high, integer = interval.low, interval.high, interval.integer or bool(symbol.is_integer)
    open_low, open_high = interval.open_low, interval.open_high
    if symbol.is_extended_nonnegative and low <= 0:
        low, open_low = 0, bool(symbol.is_extended_positive) or (open_low and low == 0)
    if symbol.is_extended_nonpositive and high >= 0:
        high, open_high = 0, bool(symbol.is_extended_negative) or (open_high and high == 0)
    return Interval(low, high, open_low, open_high, integer=integer)


def _fraction(turn: int, place: int) -> sp.Rational:
    """Return a generic fraction in (0, 1) for each coordinate of each point."""
    if turn == 0:
        numerator = sp.prime(place + 1)
        return sp.Rational(numerator, sp.nextprime(3 * numerator))
    # Multiples of about the golden section spread evenly, of another number for each coordinate.
    prime = sp.prime(30 + place)
    return sp.Rational((43 + 10 * place) * turn % prime, prime)


def _inside(interval: Interval, turn: int, place: int) -> sp.Rational:
    """Return a generic number inside an interval."""
    # All combinations of signs, three coordinates at a time.
    sign = -1 if (turn >> place % 3) & 1 else 1
    if interval.integer:
        return _integer_inside(interval, 2 + 3 * place * (turn + 1) + 5 * turn, sign)
    share = _fraction(turn, place)
    distance = share * _SCALES[turn % len(_SCALES)]
    if np.isfinite(interval.low):
        width = interval.high - interval.low
        if width <= _WIDE:
            return _exact(interval.low) + share * (_exact(interval.high) - _exact(interval.low))
        return _exact(interval.low) + distance
    return _exact(interval.high) - distance if np.isfinite(interval.high) else sign * distance


def _integer_inside(interval: Interval, number: int, sign: int) -> sp.Integer:
    first, last = interval.first_integer, interval.last_integer
    few = 13 if first is None or last is None else min(last - first + 1, 13)
    if first is not None:
        return sp.Integer(first + number % few)
    return sp.Integer(last - number % few) if last is not None else sp.Integer(sign * (number % 13))


def _exact(end: float | None) -> sp.Rational:
    """Return a finite end as it is written: 0.1 is one tenth."""
    assert end is not None
    return sp.Rational(Fraction(repr(float(end))))


def _assumed(symbol: sp.Symbol, value: sp.Rational) -> bool:
    """Return whether a number has all properties that a symbol is assumed to have."""
    return all(
        getattr(value, f"is_{name}", wanted) in (wanted, None)
        for name, wanted in symbol.assumptions0.items()
    )


def _not_zero_at(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Return whether the expression has a finite value there that is certainly not zero."""
    least = CLEARLY_NOT_ROUNDING if expression.has(sp.Float) else CLEARLY_NOT_ZERO
    try:
        number = sp.N(expression.subs(point), _DIGITS)
        if not (number.is_number and number.is_finite):
            return False
        return any(_certain(part) and abs(part) > least for part in number.as_real_imag())
    except Exception:  # noqa: BLE001 - SymPy, on a user's expression: a point without a value
        return False


def _certain(number: sp.Expr) -> bool:
    # SymPy gives a sum that cancels the precision that is left.
    return bool(number.is_Rational or (number.is_Float and number._prec >= _CERTAIN_BITS))


# --- algebra --------------------------------------------------------------------------------------


def _multiple_angles(expression: sp.Expr) -> sp.Expr:
    # One inverse function only, so that the angles of different roots combine.
    return sp.expand(TR8(sp.expand(sp.expand_trig(expression.rewrite(sp.asin)))))


def _common_denominator(expression: sp.Expr) -> sp.Expr:
    return sp.expand(sp.numer(sp.together(expression)))


def _exponentials(expression: sp.Expr) -> sp.Expr:
    return _common_denominator(expression.rewrite(sp.exp))


def _simplified(expression: sp.Expr) -> sp.Expr:
    return sp.simplify(expression)


_ROUTES: tuple[Callable[[sp.Expr], sp.Expr], ...] = (
    sp.expand,
    _common_denominator,
    _multiple_angles,
    _exponentials,
    _simplified,
)


def _succeeds(attempt: Callable[..., bool], *given: Any) -> bool:
    """Return whether an attempt succeeds; what SymPy raises on a user's expression is a failure."""
    try:
        return bool(attempt(*given))
    except Exception:  # noqa: BLE001 - SymPy raises anything
        return False


def _vanishes(expression: sp.Expr) -> bool:
    return any(_succeeds(lambda: route(expression) == 0) for route in _ROUTES)  # noqa: B023


def _vanishes_inside(expression: sp.Expr, inside: Mapping[sp.Symbol, Interval]) -> bool:
    """Return whether it vanishes with symbols written as what can only lie in their intervals."""
    forms: tuple[_Form, ...] = (_of_its_sign, _above_low, _below_high)
    return any(_succeeds(_vanishes_as, expression, inside, form) for form in forms) or _succeeds(
        _vanishes_between, expression, inside
    )


def _vanishes_as(expression: sp.Expr, inside: Mapping[sp.Symbol, Interval], form: "_Form") -> bool:
    return _vanishes(expression.subs({symbol: form(each) for symbol, each in inside.items()}))


def _vanishes_between(expression: sp.Expr, inside: Mapping[sp.Symbol, Interval]) -> bool:
    """Try (a + b·d)/(1 + d), d ≥ 0, which covers [a, b), and the end b on its own."""
    both = [s for s, i in inside.items() if np.isfinite([i.low, i.high]).all() and not i.integer]
    # Each further symbol doubles the number of ends.
    if not 0 < len(both) <= 2:
        return False
    written = {s: _between(i) if s in both else _above_low(i) for s, i in inside.items()}
    if not _vanishes(expression.subs(written)):
        return False
    return all(
        _vanishes_at_end(expression, inside, each) for each in both if not inside[each].open_high
    )


def _vanishes_at_end(
    expression: sp.Expr, inside: Mapping[sp.Symbol, Interval], symbol: sp.Symbol
) -> bool:
    at_end = expression.subs(symbol, _exact(inside[symbol].high))
    rest = {each: interval for each, interval in inside.items() if each != symbol}
    return _vanishes(at_end) or (bool(rest) and _vanishes_inside(at_end, rest))


# --- numbers of an interval, written with one that is not negative -------------------------------

_Form = Callable[[Interval], sp.Expr]


def _of_its_sign(interval: Interval) -> sp.Expr:
    """Return a number of the sign that all numbers of the interval have."""
    low, high = interval.low, interval.high
    if low >= 0:
        return _not_negative(interval, positive=low > 0 or interval.open_low)
    if high <= 0:
        return -_not_negative(interval, positive=high < 0 or interval.open_high)
    return sp.Dummy("x", real=True, **_whole(interval))


def _above_low(interval: Interval) -> sp.Expr:
    if not np.isfinite(interval.low):
        return _below_high(interval) if np.isfinite(interval.high) else _of_its_sign(interval)
    low = interval.first_integer if interval.integer else interval.low
    open_low = interval.open_low and not interval.integer
    return _exact(low) + _not_negative(interval, positive=open_low)


def _below_high(interval: Interval) -> sp.Expr:
    if not np.isfinite(interval.high):
        return _above_low(interval) if np.isfinite(interval.low) else _of_its_sign(interval)
    high = interval.last_integer if interval.integer else interval.high
    open_high = interval.open_high and not interval.integer
    return _exact(high) - _not_negative(interval, positive=open_high)


def _between(interval: Interval) -> sp.Expr:
    d = _not_negative(interval, positive=interval.open_low)
    return (_exact(interval.low) + _exact(interval.high) * d) / (1 + d)


def _not_negative(interval: Interval, *, positive: bool) -> sp.Dummy:
    sign = {"positive": True} if positive else {"nonnegative": True}
    return sp.Dummy("d", **sign, **_whole(interval))


def _whole(interval: Interval) -> dict[str, bool]:
    return {"integer": True} if interval.integer else {}
