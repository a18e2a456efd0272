"""Statements: a claim, residuals that vanish if it is true, and a closed form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, wraps
from types import MappingProxyType
from typing import Any, Protocol, cast

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from polytheory.algebra.zero import Outcome, Place, is_zero
from polytheory.domain import Domain

__all__ = ["Outcome", "Proof", "Statement", "is_zero", "rate", "statement", "value_of"]

#: Working digits: 30 for the result and 20 for cancellation.
WORKING_DIGITS = 50
#: A smaller imaginary part is attributed to an argument a rounding error beyond a branch point: the
#: square root of one unit in the last place of a double is 1e-8.
ROUNDING_AT_A_BRANCH_POINT = 1e-7


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
    value : sympy.Expr or sympy.Matrix, optional
        The closed form, if there is one; see `statement`. A column contains several: both ends of a
        bound. Without it, a law is not compared with SymPy, whatever the residuals are.
    arguments : tuple of sympy.Symbol
        The symbols of `value`, named as the parameters of the library's predictors, in order.
    assumptions : str
        Where the statement holds.
    not_proved : str
        The steps that are argued in words only.
    domain : Domain, optional
        Where the residuals must vanish: its parameters are the symbols of these names. All other
        symbols have their SymPy assumptions. If there is none, the domain of the law is used.

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
    value: sp.Expr | sp.MatrixBase | None = None
    arguments: tuple[sp.Symbol, ...] = ()
    assumptions: str = ""
    not_proved: str = ""
    domain: Domain | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "residuals", MappingProxyType(dict(self.residuals)))
        if not self.residuals:
            raise ValueError(f"{self.name}: residuals must not be empty")
        if self.value is not None and self.value.free_symbols - set(self.arguments):
            raise ValueError(f"{self.name}: value has symbols that are not among the arguments")

    def outcomes(self, domain: Domain | None = None) -> dict[str, Outcome]:
        """Return, for each residual, whether it is shown to vanish, refuted, or neither.

        Parameters
        ----------
        domain : Domain, optional
            The domain of the law, for a statement without one of its own.

        Returns
        -------
        dict of str to Outcome
        """
        symbols = {symbol for each in self.residuals.values() for symbol in _symbols(each)}
        place = Place(symbols, self.domain or domain)
        return {label: place.decide(each) for label, each in self.residuals.items()}

    def unproved(self, domain: Domain | None = None) -> dict[str, sp.Expr]:
        """Return the residuals that were not shown to vanish; empty if the statement holds."""
        return self._with(domain, Outcome.REFUTED, Outcome.UNDECIDED)

    def refuted(self, domain: Domain | None = None) -> dict[str, sp.Expr]:
        """Return the residuals that are not zero at a point inside the claim."""
        return self._with(domain, Outcome.REFUTED)

    def undecided(self, domain: Domain | None = None) -> dict[str, sp.Expr]:
        """Return the residuals that SymPy can neither show to vanish nor refute."""
        return self._with(domain, Outcome.UNDECIDED)

    def _with(self, domain: Domain | None, *outcomes: Outcome) -> dict[str, sp.Expr]:
        found = self.outcomes(domain)
        return {label: self.residuals[label] for label in found if found[label] in outcomes}

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
            A float if every argument is a single number. If the value is a column, an array with
            one more axis, the first.

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
        if isinstance(self.value, sp.MatrixBase):
            parts = [replace(self, value=each).evaluate(**arguments) for each in self.value]
            return np.array(parts)
        closed_form = _function(self.arguments, self.value)
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


@lru_cache(maxsize=256)
def _function(arguments: tuple[sp.Symbol, ...], value: sp.Expr) -> Callable[..., Any]:
    """Return a function of numbers of `mpmath`; compiling it costs more than most calls."""
    return cast("Callable[..., Any]", sp.lambdify(arguments, value, modules="mpmath"))


def _symbols(residual: object) -> set[sp.Symbol]:
    return cast("set[sp.Symbol]", sp.sympify(residual).free_symbols)
