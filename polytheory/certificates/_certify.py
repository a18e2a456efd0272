"""Proofs of inequalities on boxes, by ball arithmetic and subdivision."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import product
from numbers import Rational
from typing import Any

import sympy as sp

from polytheory import _checks
from polytheory.certificates._balls import Box, Function, compiled, on_box

#: Seconds after which a proof is given up.
TIME_LIMIT = 60.0
#: Bits of the midpoints of balls. Too few cost a proof, never its truth.
BITS = 128
#: A box is not halved more often than this in each direction.
MOST_HALVINGS = 40
#: Boxes still searched for a violation once some point is known to be undecided.
MOST_MORE = 1000
_MAX_ORDER = 60


class Certified(StrEnum):
    """Outcome of a certificate."""

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"


def require_flint() -> None:
    """Raise an ImportError that says what to install, unless python-flint is there."""
    try:
        from flint import arb_series

        _ = arb_series.prec  # the number of known terms
    except (ImportError, AttributeError) as missing:
        words = "certificates need python-flint 0.8 or later: pip install 'polytheory[certify]'"
        raise ImportError(words) from missing


@dataclass(frozen=True, kw_only=True, eq=False)
class Inequality:
    """The claim that a function is nowhere negative on a box.

    Attributes
    ----------
    says : str
        The inequality in words.
    margin : sympy.Expr or callable
        What is claimed to be ≥ 0, of the arguments in `box`: for "a ≤ b" it is b − a. An
        expression of exact numbers, or a function that takes balls of python-flint by keyword and
        returns a ball. Such a function must not branch on its arguments.
    box : mapping of str to (low, high)
        Exact ends of the interval of each argument: whole numbers, fractions, or strings such as
        ``"0.1"``. An infinite interval needs a substitution, z = 1/x.
    strict : bool
        Whether `margin` is claimed to be > 0.
    unknown : sequence of str
        Arguments of which nothing is known but the box, such as the remainder of a series. The
        inequality must hold for all their values, and is refuted only if it fails for all. Their
        intervals are not halved.
    order : int
        Order of the Taylor polynomial with which boxes are evaluated. The higher it is, the larger
        are the boxes, and the longer takes each; of several arguments, and of functions without
        power series, at most 1 or 0.

    Raises
    ------
    TypeError, ValueError
        If an end is a float, infinite, or not a number, an interval is empty, an argument of the
        expression has none, or the expression contains floats or functions that balls do not have.

    Examples
    --------
    >>> import sympy as sp
    >>> from polytheory.certificates import Inequality
    >>> x = sp.Symbol("x")
    >>> Inequality(says="1 + x ≤ eˣ", margin=sp.exp(x) - 1 - x, box={"x": (1, 2)}).domain
    'x in [1, 2]'
    """

    says: str
    margin: sp.Expr | Function
    box: Mapping[str, tuple[Any, Any]]
    strict: bool = False
    unknown: Sequence[str] = ()
    order: int = 8
    _function: Function = field(init=False, repr=False)
    _exact: Box = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.says, str):
            raise _checks.refuse_type("says", self.says, "a str")
        if _checks.integer("order", self.order, minimum=0) > _MAX_ORDER:
            raise _checks.refuse_value("order", str(self.order), f"at most {_MAX_ORDER}")
        box: Any = self.box
        if not isinstance(box, Mapping) or not box:
            raise _checks.refuse_type("box", box, "a mapping {argument: (low, high)}")
        exact = {name: _ends(name, given) for name, given in self.box.items()}
        unknown: Any = self.unknown
        if isinstance(unknown, str) or not set(unknown) <= set(exact):
            raise _checks.refuse_type("unknown", unknown, "a sequence of arguments in box")
        object.__setattr__(self, "_exact", exact)
        object.__setattr__(self, "_function", self._of_balls())

    def _of_balls(self) -> Function:
        if not isinstance(self.margin, sp.Expr):
            if not callable(self.margin):
                raise _checks.refuse_type("margin", self.margin, "a SymPy expression or a function")
            return self.margin
        symbols = {each.name for each in self.margin.free_symbols}
        if missing := sorted(symbols - set(self.box)):
            words = f"without {', '.join(missing)}"
            raise _checks.refuse_value("box", words, "an interval for each symbol of margin")
        return compiled(self.margin)

    @property
    def domain(self) -> str:
        """The box, in words."""
        return "; ".join(f"{name} in [{a}, {b}]" for name, (a, b) in self._exact.items())

    def _holds(self, margin: Any) -> bool:
        return bool(margin > 0 or (margin >= 0 and not self.strict))

    def _at(self, point: Mapping[str, Fraction]) -> Any:
        """Return the ball of the margin at a point, for all values of what is unknown."""
        at = {name: (each, each) for name, each in point.items()}
        at |= {name: self._exact[name] for name in self.unknown}
        return on_box(self._function, at, 0)

    def _near(self, point: Mapping[str, Fraction]) -> str:
        known = {name: float(each) for name, each in point.items() if name not in self.unknown}
        return ", ".join(f"{name} = {each:.6g}" for name, each in known.items())


def _ends(name: str, given: Any) -> tuple[Fraction, Fraction]:
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise _checks.refuse_type(f"box: {name}", given, "a pair (low, high)")
    low, high = (_exact_number(f"box: {name}", each) for each in given)
    if low > high:
        raise _checks.refuse_value(f"box: {name}", f"({low}, {high})", "a pair with low ≤ high")
    return low, high


def _exact_number(name: str, value: Any) -> Fraction:
    allowed = "exact: a whole number, a fraction, or a string such as '0.1'"
    if type(value) is not bool and isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise _checks.refuse_value(name, repr(value), allowed) from None
    hint = "Substitute z = 1/x for an infinite end; bound an irrational one by fractions."
    raise _checks.refuse_type(name, value, allowed, hint)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Outcome of `certify`.

    Attributes
    ----------
    statement : str
        What was to be proved, in words.
    outcome : Certified
        PROVED, UNKNOWN, or REFUTED: at `at` the inequality certainly does not hold.
    reason : str
        Why it is unknown, or which inequality is refuted.
    at : dict of str to str
        The point that refutes it, as exact fractions.
    domain : str
        The boxes, in words.
    boxes : int
        Number of boxes evaluated.
    seconds : float
        Time taken.
    rests_on : str
        What the proof uses beside the inequalities on the boxes.
    """

    statement: str
    outcome: Certified
    reason: str = ""
    at: dict[str, str] = field(default_factory=dict)
    domain: str = ""
    boxes: int = 0
    seconds: float = 0.0
    rests_on: str = ""

    @property
    def proved(self) -> bool:
        """Whether the statement is proved."""
        return self.outcome is Certified.PROVED

    @property
    def refuted(self) -> bool:
        """Whether the statement is refuted."""
        return self.outcome is Certified.REFUTED

    def words(self) -> str:
        """Return the certificate as one sentence."""
        where = ", ".join(f"{name} = {value}" for name, value in self.at.items())
        boxes = f"{self.boxes} box{'es' if self.boxes > 1 else ''}"
        spent = f"{boxes}, {self.seconds:.1f} s" if self.boxes else ""
        on = f"on {self.domain}" if self.domain else ""
        parts = (self.statement, self.reason, f"at {where}" if where else "", on, spent)
        rests = f"; rests on: {self.rests_on}" if self.rests_on else ""
        return f"{self.outcome}: {'; '.join(filter(None, parts))}{rests}"

    def __str__(self) -> str:
        return self.words()


def no_certificate() -> Certificate:
    """Return the certificate of a law that has none."""
    return Certificate(statement="", outcome=Certified.UNKNOWN, reason="no certificate")


def certify(
    statement: str,
    *inequalities: Inequality,
    rests_on: str = "",
    seconds: float = TIME_LIMIT,
    bits: int = BITS,
) -> Certificate:
    """Prove inequalities on boxes by ball arithmetic.

    A box on which the sign is not certain is halved, along its longest side relative to the whole.
    Nothing rounded is trusted: ends are exact, and each ball contains what its rounding left out.

    Parameters
    ----------
    statement : str
        What the inequalities prove, in words.
    *inequalities : Inequality
        All must hold.
    rests_on : str
        What else the proof uses: a step in words, a statement of `polytheory.symbolic`.
    seconds : float
        Time limit for all of them, looked at before each box.
    bits : int
        Bits of the midpoints of balls; cancellation may need more. At least 53.

    Returns
    -------
    Certificate
        PROVED if each inequality holds on its whole box; REFUTED if at some point of it a margin is
        certainly negative; otherwise UNKNOWN, with the reason: the time is over, or balls of a
        given precision do not decide, as where both sides are equal.

    Raises
    ------
    ImportError
        Without python-flint, the extra ``certify``.
    TypeError, ValueError
        If an argument has the wrong type or value, or a margin returns no ball.

    Examples
    --------
    >>> import sympy as sp
    >>> from polytheory.certificates import Inequality, certify
    >>> x = sp.Symbol("x")
    >>> above = Inequality(says="above", margin=sp.exp(x) - 1 - x, box={"x": ("0.1", 9)})
    >>> certify("1 + x ≤ eˣ", above).outcome.value
    'PROVED'
    >>> square = Inequality(says="square", margin=sp.exp(x) - 1 - x**2, box={"x": ("0.1", 9)})
    >>> certify("1 + x² ≤ eˣ", square).outcome.value
    'PROVED'
    >>> twice = Inequality(says="twice", margin=sp.exp(x) - 1 - 2 * x, box={"x": ("0.1", 9)})
    >>> found = certify("1 + 2x ≤ eˣ", twice)
    >>> found.outcome.value, found.at
    ('REFUTED', {'x': '1/10'})
    """
    require_flint()
    from flint import ctx

    if not inequalities or not all(isinstance(each, Inequality) for each in inequalities):
        raise _checks.refuse_type("inequalities", inequalities, "of type Inequality, at least one")
    limit = _checks.scalar("seconds", seconds)
    began, before = time.perf_counter(), ctx.prec
    found = Certificate(
        statement=statement,
        outcome=Certified.PROVED,
        domain=" and ".join(dict.fromkeys(each.domain for each in inequalities)),
        rests_on=rests_on,
    )
    try:
        ctx.prec = _checks.integer("bits", bits, minimum=53)
        for each in inequalities:
            found = _proof(each, found, began + limit)
            if not found.proved:
                break
    finally:
        ctx.prec = before
    return replace(found, seconds=time.perf_counter() - began)


def _proof(claim: Inequality, found: Certificate, end: float) -> Certificate:
    """Return the certificate `found` with what is found about one inequality more."""
    whole, boxes = claim._exact, found.boxes

    def ends(outcome: Certified, reason: str, at: Mapping[str, Any] | None = None) -> Certificate:
        point = {name: str(each) for name, each in (at or {}).items() if name not in claim.unknown}
        words = f"{claim.says}: {reason}"
        return replace(found, outcome=outcome, reason=words, at=point, boxes=boxes)

    for corner in _corners(whole):
        if claim._at(corner) < 0:
            return ends(Certified.REFUTED, "does not hold", corner)
    # Level by level, so that a place where both sides are equal does not hide one that refutes.
    waiting: deque[tuple[Box, int]] = deque([(whole, 0)])
    equal, last = "", math.inf  # where no ball decides, and the box at which to end the search
    while waiting:
        if time.perf_counter() > end:
            return ends(Certified.UNKNOWN, f"not decided in time; {len(waiting)} boxes are left")
        box, halvings = waiting.popleft()
        boxes += 1
        if claim._holds(on_box(claim._function, box, claim.order, claim.unknown)):
            continue
        centre = {name: (low + high) / 2 for name, (low, high) in box.items()}
        value = claim._at(centre)
        if value < 0:
            return ends(Certified.REFUTED, "does not hold", centre)
        deepest = halvings == MOST_HALVINGS * len(set(whole) - set(claim.unknown))
        if not equal and (deepest or not claim._holds(value)):
            equal, last = claim._near(centre), boxes + MOST_MORE
        if boxes >= last or deepest or not _sizes(box, claim):
            words = f"not decided near {equal}, where both sides may be equal or not defined"
            return ends(Certified.UNKNOWN, words)
        waiting.extend((each, halvings + 1) for each in _halves(box, claim))
    return replace(found, boxes=boxes)


def _corners(box: Box) -> Iterator[dict[str, Fraction]]:
    for ends in product(*box.values()):
        yield dict(zip(box, ends, strict=True))


def _sizes(box: Box, claim: Inequality) -> dict[str, Fraction]:
    """Return the length of each side that can be halved, relative to the whole."""
    return {
        name: (high - low) / (claim._exact[name][1] - claim._exact[name][0])
        for name, (low, high) in box.items()
        if low < high and name not in claim.unknown
    }


def _halves(box: Box, claim: Inequality) -> Iterator[Box]:
    sizes = _sizes(box, claim)
    name = max(sizes, key=sizes.__getitem__)
    low, high = box[name]
    middle = (low + high) / 2
    yield {**box, name: (low, middle)}
    yield {**box, name: (middle, high)}
