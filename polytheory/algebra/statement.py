"""Statements: a claim, residuals that vanish if it is true, and a closed form."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, wraps
from types import MappingProxyType
from typing import Any, Protocol, cast

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from sympy.simplify.fu import TR8

__all__ = ["Proof", "Statement", "is_zero", "rate", "statement", "value_of"]

#: Working digits: 30 for the result and 20 for cancellation.
WORKING_DIGITS = 50
#: A smaller imaginary part is attributed to an argument a rounding error beyond a branch point: the
#: square root of one unit in the last place of a double is 1e-8.
ROUNDING_AT_A_BRANCH_POINT = 1e-7
#: A residual that exceeds this at one exact point is not identically zero.
CLEARLY_NOT_ZERO = 1e-20


@dataclass(frozen=True, eq=False, kw_only=True)
class Statement:
    """A mathematical statement with the residuals by which SymPy checks it.

    Parameters
    ----------
    name : str
        The name of the claim that it proves; `statement` sets it to that of the function.
    claim : sympy.Basic
        The statement for readers; the proof does not use it.
    residuals : mapping of str to sympy.Expr
        Expressions that must vanish identically, by label. Inequalities appear as identities whose
        other side has an evident sign.
    value : sympy.Expr, optional
        The closed form, if there is one; see `statement`.
    arguments : tuple of sympy.Symbol
        The symbols of `value`, named as the parameters of the library's predictors, in order.
    assumptions : str
        Where the statement holds.
    not_proved : str
        The steps that are argued in words only.

    Examples
    --------
    >>> import sympy as sp
    >>> from polytheory.symbolic import Statement
    >>> x = sp.Symbol("x")
    >>> square = Statement(
    ...     name="square",
    ...     claim=sp.Eq((x + 1) ** 2, x**2 + 2 * x + 1, evaluate=False),
    ...     residuals={"expanded": (x + 1) ** 2 - x**2 - 2 * x - 1},
    ...     value=(x + 1) ** 2,
    ...     arguments=(x,),
    ... )
    >>> square.holds
    True
    >>> square.evaluate(x=2.0)
    9.0
    """

    claim: sp.Basic
    residuals: Mapping[str, sp.Expr]
    name: str = ""
    value: sp.Expr | None = None
    arguments: tuple[sp.Symbol, ...] = ()
    assumptions: str = ""
    not_proved: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "residuals", MappingProxyType(dict(self.residuals)))
        if not self.residuals:
            raise ValueError(f"{self.name}: residuals must not be empty")
        if self.value is not None and self.value.free_symbols - set(self.arguments):
            raise ValueError(f"{self.name}: value has symbols that are not among the arguments")

    def unproved(self) -> dict[str, sp.Expr]:
        """Return the residuals that were not shown to vanish; empty if the statement holds."""
        return {label: each for label, each in self.residuals.items() if not is_zero(each)}

    @property
    def holds(self) -> bool:
        """Return whether every residual was shown to vanish."""
        return not self.unproved()

    def evaluate(self, **arguments: ArrayLike) -> Any:
        """Evaluate the closed form, element by element, in 50-digit arithmetic.

        Parameters
        ----------
        **arguments : float or array
            One number or array for each of `arguments`, by name; they broadcast.

        Returns
        -------
        float or ndarray
            A float if every argument is a single number.

        Raises
        ------
        TypeError
            If the statement has no closed form, or an argument is missing or unknown.
        ValueError
            If the closed form is not a finite real number at some point, except by a rounding error
            of the argument at the end of its domain.
        """
        if self.value is None:
            raise TypeError(f"{self.name} has no closed form to evaluate")
        names = [symbol.name for symbol in self.arguments]
        if set(arguments) != set(names):
            raise TypeError(f"{self.name} takes {', '.join(names)}; got {', '.join(arguments)}")
        closed_form = sp.lambdify(self.arguments, self.value, modules="mpmath")
        given = [np.asarray(arguments[name], dtype=np.float64) for name in names]
        points = np.broadcast_arrays(*given) if given else [np.empty(())]
        # Without arguments there is one point, the empty one.
        cases = zip(*(grid.flat for grid in points), strict=True) if given else [()]
        numbers = [self._number(closed_form, case) for case in cases]
        result = np.array(numbers, dtype=np.float64).reshape(points[0].shape)
        return result if result.ndim else float(result)

    def _number(self, closed_form: Callable[..., Any], case: tuple[float, ...]) -> float:
        with mpmath.workdps(WORKING_DIGITS):
            try:
                number = mpmath.mpmathify(closed_form(*(mpmath.mpf(float(x)) for x in case)))
            except ZeroDivisionError:
                number = mpmath.nan
            if abs(mpmath.im(number)) <= ROUNDING_AT_A_BRANCH_POINT * abs(number):
                number = mpmath.re(number)
        if isinstance(number, mpmath.mpc) or not mpmath.isfinite(number):
            where = ", ".join(
                f"{s.name}={float(x)!r}" for s, x in zip(self.arguments, case, strict=True)
            )
            raise ValueError(f"{self.name} has no finite real value at {where}")
        return float(number)


class Proof(Protocol):
    """A function that returns a statement, with a method for wrong variants of it."""

    __name__: str

    def __call__(self) -> Statement:
        """Return the statement, built once."""
        ...

    def variant(self, *wrong: Any) -> Statement:
        """Return the statement built from wrong claims."""
        ...


def statement(build: Callable[..., Statement]) -> Proof:
    """Convert a function that builds a statement to the `Proof` of that name.

    The parameters of the function, all with defaults, are the claim; `variant` builds the statement
    from a wrong claim, whose residuals must not vanish. The value of a statement with arguments is
    the right-hand side of its claim, unless given.
    """

    @wraps(build)
    def built(*wrong: Any) -> Statement:
        made = build(*wrong)
        right_side = made.claim.rhs if made.arguments and made.value is None else made.value
        return replace(made, name=build.__name__, value=right_side)

    @wraps(build)
    def made() -> Statement:
        return built()

    for each in (built, made):
        del each.__dict__["__wrapped__"]  # the signature is that of a function without arguments
    found = cache(made)
    found.__dict__["variant"] = built
    return cast(Proof, found)


def value_of(statement: Statement) -> sp.Expr:
    """Return the closed form of a statement, for use in another."""
    if statement.value is None:
        raise TypeError(f"{statement.name} has no closed form")
    return statement.value


def rate(expression: sp.Expr, rates: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """Return the rate of `expression`, given the rates of its symbols."""
    return sum((sp.diff(expression, each) * speed for each, speed in rates.items()), sp.S.Zero)


def is_zero(expression: sp.Expr) -> bool:
    """Return whether `expression` is shown to vanish identically.

    Numbers refute but never prove: one exact point at which the expression is clearly not zero
    refutes it, and only a symbolic simplification to 0 is a proof. The methods, cheapest first:
    expansion; a common denominator; powers of sines and cosines as multiple angles, which removes
    the thirds of angles in the roots of a cubic; hyperbolic functions as exponentials;
    ``sympy.simplify``.
    """
    expression = sp.sympify(expression)
    if expression == 0:
        return True
    if _refuted(expression):
        return False
    return any(bool(route(expression) == 0) for route in _ROUTES)


def _multiple_angles(expression: sp.Expr) -> sp.Expr:
    # One inverse function only, so that the angles of different roots combine.
    return sp.expand(TR8(sp.expand(sp.expand_trig(expression.rewrite(sp.asin)))))


def _common_denominator(expression: sp.Expr) -> sp.Expr:
    return sp.expand(sp.numer(sp.together(expression)))


def _exponentials(expression: sp.Expr) -> sp.Expr:
    return _common_denominator(expression.rewrite(sp.exp))


_ROUTES: tuple[Callable[[sp.Expr], sp.Expr], ...] = (
    sp.expand,
    _common_denominator,
    _multiple_angles,
    _exponentials,
    sp.simplify,
)


def _refuted(expression: sp.Expr) -> bool:
    try:
        number = sp.N(expression.subs(_somewhere(expression)), 30)
        return bool(number.is_number and abs(number) > CLEARLY_NOT_ZERO)
    except TypeError:
        # With an unspecified function there is no numerical value: leave it to algebra.
        return False


def _somewhere(expression: sp.Expr) -> dict[sp.Symbol, sp.Rational]:
    """Return a generic exact point, the same in every run, with coordinates in (0, 1)."""
    symbols = sorted(expression.free_symbols, key=str)
    return dict(zip(symbols, _generic_fractions(), strict=False))


def _generic_fractions() -> Iterator[sp.Rational]:
    numerator = 2
    while True:
        yield sp.Rational(numerator, sp.nextprime(3 * numerator))
        numerator = sp.nextprime(numerator)
