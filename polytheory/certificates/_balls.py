"""Balls of functions: SymPy expressions as functions of balls, and their ranges on boxes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from polytheory import _checks

Function = Callable[..., Any]
Box = Mapping[str, tuple[Fraction, Fraction]]

#: Methods of balls by their SymPy names; the last ones have no power series.
_METHODS: dict[Any, str] = {
    **{each: each.__name__ for each in (sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.atan)},
    **{each: each.__name__ for each in (sp.asin, sp.acos, sp.erf, sp.erfc, sp.erfi, sp.gamma)},
    **{each: each.__name__ for each in (sp.sinh, sp.cosh, sp.tanh)},
    sp.loggamma: "lgamma",
    sp.Abs: "__abs__",
}
#: What an enclosure that needs derivatives may raise: it is then not available on this box.
_NO_SERIES = (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError)


def ball(number: Fraction) -> Any:
    """Return a ball that contains a fraction."""
    from flint import arb, fmpq

    return arb(fmpq(number.numerator, number.denominator))


def compiled(expression: sp.Expr) -> Function:
    """Return a SymPy expression as a function of balls, or of their power series, by name."""
    steps: list[tuple[Function, tuple[int, ...]]] = []
    places: dict[sp.Basic, int] = {}

    def place(node: sp.Basic) -> int:
        if node not in places:
            step, parts = _step(node)
            below = tuple(place(each) for each in parts)
            steps.append((step, below))
            places[node] = len(steps) - 1
        return places[node]

    place(expression)

    def evaluate(**at: Any) -> Any:
        values: list[Any] = []
        for step, below in steps:
            values.append(step(at, *(values[each] for each in below)))
        return values[-1]

    return evaluate


def _step(node: Any) -> tuple[Function, tuple[sp.Basic, ...]]:
    """Return how a node of an expression follows from other nodes, and these."""
    if node.is_Symbol:
        return lambda at: at[node.name], ()
    if node.is_Rational:
        number = Fraction(int(node.p), int(node.q))
        return lambda _: ball(number), ()
    if node is sp.pi:
        return lambda _: ball(Fraction(1)).pi(), ()
    if node is sp.E:
        return lambda _: ball(Fraction(1)).exp(), ()
    if node.is_Add:
        return lambda _, *terms: sum(terms[1:], terms[0]), node.args
    if node.is_Mul:
        return _product, node.args
    if isinstance(node, sp.polygamma) and node.args[0] == 0:
        return lambda _, x: x.digamma(), node.args[1:]
    if node.func in _METHODS and len(node.args) == 1:
        method = _METHODS[node.func]
        return lambda _, x: getattr(x, method)(), node.args
    if node.is_Pow:
        return _power(node)
    words = f"{node} ({type(node).__name__})"
    known = ", ".join(sorted([*(each.__name__ for each in _METHODS), "digamma"]))
    hint = "Floats were rounded: write sympy.Rational. Other functions: give a function of balls."
    allowed = f"made of symbols, fractions, π, e, + − × /, powers and {known}"
    raise _checks.refuse_value("margin", words, allowed, hint)


def _product(_: Any, *factors: Any) -> Any:
    result = factors[0]
    for each in factors[1:]:
        result = result * each
    return result


def _power(node: Any) -> tuple[Function, tuple[sp.Basic, ...]]:
    base, exponent = node.args
    if exponent.is_Integer:
        factors = abs(int(exponent))
        whole = partial(_whole_power, factors)
        return (lambda _, x: 1 / whole(x)) if exponent < 0 else (lambda _, x: whole(x)), (base,)
    if abs(exponent) == sp.S.Half:
        method = "sqrt" if exponent > 0 else "rsqrt"
        return lambda _, x: getattr(x, method)(), (base,)
    return lambda _, x, y: (x.log() * y).exp(), (base, exponent)


def _whole_power(power: int, x: Any) -> Any:
    """Return x to a power of at least 1; that of python-flint is undefined for balls about 0."""
    if power == 1:
        return x
    half = _whole_power(power // 2, x)
    return half * half * x if power % 2 else half * half


def on_box(function: Function, box: Box, order: int, fixed: Collection[str] = ()) -> Any:
    """Return a ball that contains all values on a box.

    It is that of the function itself or, if the sign of that is not certain and `order` > 0, the
    sum of a Taylor polynomial at the centre and its remainder: the derivative of that order is
    evaluated on the whole box. With several arguments the order is 1, the mean value theorem. The
    arguments `fixed` are whole intervals throughout.
    """
    from flint import arb

    unit = arb(0, 1)
    centres = {name: ball((low + high) / 2) for name, (low, high) in box.items()}
    radii = {name: ball((high - low) / 2) for name, (low, high) in box.items()}
    whole = {name: each + radii[name] * unit for name, each in centres.items()}
    centres |= {name: whole[name] for name in fixed}
    plain = _a_ball(function(**whole))
    if plain >= 0 or plain < 0 or not order:
        return plain
    moving = [name for name in box if name not in fixed]
    try:
        if len(moving) == 1:
            (name,) = moving
            found = _coefficients(function, centres, name, order)[:order]
            found.append(_coefficients(function, whole, name, order)[order])
            return sum((each * _of_radius(radii[name], k) for k, each in enumerate(found)), arb(0))
        slopes = {name: _coefficients(function, whole, name, 1)[1] for name in moving}
        moved = sum((slopes[name] * radii[name] * unit for name in moving), arb(0))
        return _a_ball(function(**centres)) + moved
    except _NO_SERIES:
        return plain


def _of_radius(radius: Any, power: int) -> Any:
    """Return a ball with the powers of all numbers of at most that size."""
    from flint import arb

    if power == 0:
        return arb(1)
    return radius**power * (arb(0, 1) if power % 2 else arb(0.5, 0.5))


def _coefficients(function: Function, at: Mapping[str, Any], name: str, order: int) -> list[Any]:
    """Return the Taylor coefficients in one argument up to an order, at points or on a box."""
    from flint import arb_series, ctx

    before, ctx.cap = ctx.cap, order + 1
    try:
        series = function(**{**at, name: arb_series([at[name], 1])})
    finally:
        ctx.cap = before
    if not isinstance(series, arb_series) or series.prec <= order:  # some terms are not known
        raise NotImplementedError
    return [series[k] for k in range(order + 1)]


def _a_ball(value: Any) -> Any:
    from flint import arb, fmpq, fmpz

    if isinstance(value, int | fmpz | fmpq) and not isinstance(value, bool):
        return arb(value)
    if not isinstance(value, arb):
        allowed = "a ball (flint.arb) for balls"
        hint = "A float is not one: use methods of the arguments, x.exp() for math.exp(x)."
        if isinstance(value, bool):  # a comparison that is not certain is False, which is no margin
            hint = "For a ≤ b return b − a instead of the comparison."
        raise _checks.refuse_type("the value of margin", value, allowed, hint)
    return value
