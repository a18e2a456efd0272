"""The machinery: what counts as a proof, and how a closed form is evaluated."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

from polytheory.algebra.statement import is_zero, rate
from polytheory.algebra.zero import Outcome, decide
from polytheory.domain import Domain, Interval, whole
from polytheory.symbolic import Statement

x, y = sp.symbols("x y", positive=True)
third = sp.acos(x) / 3


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(sp.S.Zero, id="zero"),
        pytest.param((x + y) ** 2 - x**2 - 2 * x * y - y**2, id="expansion"),
        pytest.param(1 / x + 1 / y - (x + y) / (x * y), id="fractions"),
        pytest.param(4 * sp.cos(third) ** 3 - 3 * sp.cos(third) - x, id="third of an angle"),
        pytest.param(sp.acos(-x) - sp.pi / 2 - sp.asin(x), id="two inverse functions"),
        pytest.param(sp.tanh(x) - (1 - sp.exp(-2 * x)) / (1 + sp.exp(-2 * x)), id="hyperbolic"),
    ],
)
def test_what_vanishes_is_proved(expression: sp.Expr) -> None:
    assert is_zero(expression)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(x - y, id="a plain difference"),
        pytest.param(sp.Rational(1, 10**30) * x, id="too small to be refuted by a number"),
        pytest.param(sp.Abs(sp.Symbol("r", real=True)) - sp.Symbol("r", real=True), id="half zero"),
        pytest.param(sp.Function("f")(x), id="without a numerical value"),
    ],
)
def test_a_number_may_refute_but_never_proves(expression: sp.Expr) -> None:
    assert not is_zero(expression)


# --- inside the claim and nowhere else -----------------------------------------------------------

plain, other = sp.symbols("x y")  # of which SymPy assumes nothing
number = sp.Symbol("n")
half = sp.Rational(1, 2)
SHOWN, REFUTED, UNDECIDED = Outcome


def box(where: Any = None, **intervals: Interval) -> Domain:
    return Domain(intervals, where=where, because="as told") if where else Domain(intervals)


ABOVE_ONE, INFINITE = Interval(1, 10), Interval(-np.inf, np.inf)
DECIDED = [
    pytest.param(abs(plain - 1) - plain + 1, box(x=ABOVE_ONE), SHOWN, id="true above 1 only"),
    pytest.param(abs(plain - 1) - plain + 1, box(x=Interval(0, 10)), REFUTED, id="a tenth is not"),
    pytest.param(abs(plain - 1) - plain + 1, box(x=INFINITE), REFUTED, id="false on the line"),
    pytest.param(
        abs(plain - 1) + plain - 1, box(x=ABOVE_ONE), REFUTED, id="true outside, false inside"
    ),
    pytest.param(abs(plain - 10) + plain - 10, box(x=ABOVE_ONE), SHOWN, id="below the high end"),
    pytest.param(
        sp.sqrt((plain - 1) ** 2 * (10 - plain) ** 2) - (plain - 1) * (10 - plain),
        box(x=ABOVE_ONE),
        SHOWN,
        id="between both ends",
    ),
    pytest.param(
        sp.sqrt((plain - 1) ** 2 * (10 - plain) ** 2) - (plain - 1) * (10 - plain),
        box(x=Interval(1, 11)),
        REFUTED,
        id="not quite between them",
    ),
    pytest.param(
        abs(plain - other) - plain + other, box(x=ABOVE_ONE, y=Interval(0, 1)), SHOWN, id="two"
    ),
    pytest.param(
        abs(plain - other) - plain + other,
        box(x=ABOVE_ONE, y=Interval(0, 3)),
        REFUTED,
        id="overlap",
    ),
    pytest.param(
        abs(plain - sp.Rational(3, 10)) - plain + sp.Rational(3, 10),
        box(x=Interval(0.3, 1)),
        SHOWN,
        id="an end that no double is",
    ),
    pytest.param(sp.sqrt(plain**2) + plain, box(x=Interval(-np.inf, 0)), SHOWN, id="no lower end"),
    pytest.param(sp.sin(sp.pi * number), box(n=whole(1, 9)), SHOWN, id="whole numbers only"),
    pytest.param(sp.sin(sp.pi * number), box(n=ABOVE_ONE), REFUTED, id="not between them"),
    pytest.param((-1) ** number - 1, box(n=whole(1, 9)), REFUTED, id="even ones only"),
    pytest.param(sp.sin(sp.pi * number), box(n=whole(-np.inf, np.inf)), SHOWN, id="any integer"),
    pytest.param(
        sp.Piecewise((0, plain < 10), (1, True)), box(x=ABOVE_ONE), UNDECIDED, id="but for the end"
    ),
    pytest.param(
        sp.Piecewise((0, plain < 10), (1, True)),
        box(x=Interval(1, 10, open_high=True)),
        SHOWN,
        id="the end is open",
    ),
    pytest.param(
        abs(plain + other - 1) - plain - other + 1,
        box(lambda x, y: x + y > 1, x=Interval(0, 1), y=Interval(0, 1)),
        UNDECIDED,
        id="true where the predicate holds",
    ),
    pytest.param(
        abs(plain + other - 1) - plain - other + 1,
        box(lambda x, y: x + y < 1, x=Interval(0, 1), y=Interval(0, 1)),
        REFUTED,
        id="false where it holds",
    ),
    pytest.param(
        abs(plain - half) - plain + half,
        box(lambda x: x / "0", x=Interval(0, 1)),
        UNDECIDED,
        id="a predicate that raises allows no point",
    ),
    pytest.param(
        abs(plain - half) - plain + half,
        box(lambda x: x > 2, x=Interval(0, 1)),
        UNDECIDED,
        id="a predicate that is never met",
    ),
    # No domain: what SymPy assumes.
    pytest.param(abs(x) - x, None, SHOWN, id="positive"),
    pytest.param(abs(sp.Symbol("r", real=True)) - sp.Symbol("r", real=True), None, REFUTED, id="r"),
    pytest.param(abs(sp.Symbol("r", negative=True)) - 1, None, REFUTED, id="negative"),
    pytest.param((-1) ** sp.Symbol("k", integer=True) - 1, None, REFUTED, id="integer"),
    pytest.param((-1) ** sp.Symbol("k", even=True) - 1, None, SHOWN, id="even"),
    pytest.param(sp.Symbol("z", irrational=True) - 2, None, UNDECIDED, id="no such exact point"),
    # A domain narrows what SymPy assumes; other symbols keep it.
    pytest.param(abs(plain) - plain + abs(y) - y, box(x=Interval(0, 1)), SHOWN, id="and another"),
    pytest.param(x - 1, box(x=Interval(-2, -1)), UNDECIDED, id="they contradict each other"),
    # What is no number refutes nothing.
    pytest.param(sp.zoo * x, None, UNDECIDED, id="complex infinity"),
    pytest.param(sp.Function("f")(x), None, UNDECIDED, id="no value"),
    pytest.param(sp.sin(sp.Symbol("t")) / 0, None, UNDECIDED, id="a pole"),
    # Rounding refutes nothing.
    pytest.param(0.1 * x + 0.2 * x - 0.3 * x, None, UNDECIDED, id="rounding of decimal numbers"),
    pytest.param(1.001 * x - x, None, REFUTED, id="a decimal number that is wrong"),
    pytest.param(sp.exp(200 * x) * (sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), None, SHOWN, id="huge"),
    # What SymPy does not know.
    pytest.param(
        2 * sp.atan(sp.tanh(x / 2)) - sp.asin(sp.tanh(x)),  # the Gudermannian, twice
        None,
        UNDECIDED,
        id="true, and neither shown nor refuted",
    ),
]


@pytest.mark.parametrize(("expression", "domain", "outcome"), DECIDED)
def test_a_residual_is_shown_refuted_or_undecided(
    expression: sp.Expr, domain: Domain | None, outcome: Outcome
) -> None:
    assert decide(expression, domain) is outcome
    assert is_zero(expression, domain) == (outcome is SHOWN)


def test_what_cancels_beyond_the_working_digits_refutes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("polytheory.algebra.zero._ROUTES", ())
    huge = sp.exp(1000) * (sp.sin(plain) ** 2 + sp.cos(plain) ** 2 - 1)
    assert decide(huge) is UNDECIDED
    assert decide(huge + sp.exp(1000)) is REFUTED


def test_an_exception_in_sympy_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> sp.Expr:
        raise RecursionError

    identity = sp.tan(x) ** 2 + 1 - 1 / sp.cos(x) ** 2
    assert decide(identity) is SHOWN
    for name in ("simplify", "expand", "together", "expand_trig"):
        monkeypatch.setattr(sp, name, breaks)
    assert decide(identity) is UNDECIDED
    assert decide(identity + 1) is REFUTED
    monkeypatch.setattr(sp, "N", breaks)
    assert decide(identity + 1) is UNDECIDED


def test_a_statement_has_its_own_domain_or_that_of_the_law(quotient: Statement) -> None:
    above = {"above": abs(plain - 1) - plain + 1, "wrong": x - 2 * y}
    law, own = box(x=Interval(0, 10)), box(x=ABOVE_ONE)
    there = replace(quotient, residuals=above)
    assert set(there.refuted(law)) == {"above", "wrong"}
    assert set(there.refuted(own)) == set(there.unproved(own)) == {"wrong"}
    assert set(replace(there, domain=own).refuted(law)) == {"wrong"}
    assert there.undecided(own) == {}
    assert there.outcomes(own) == {"above": SHOWN, "wrong": REFUTED}
    unknown = {"f": sp.Function("f")(x)}
    assert replace(quotient, residuals=unknown).undecided() == unknown
    assert not replace(quotient, residuals=unknown).holds


def test_rate_is_the_chain_rule() -> None:
    assert sp.expand(rate(x**2 * y, {x: y, y: -x}) - (2 * x * y**2 - x**3)) == 0


@pytest.fixture
def quotient() -> Statement:
    return Statement(
        name="quotient",
        claim=sp.Eq(sp.Symbol("z"), sp.sqrt(x) / y),
        residuals={"squared": (sp.sqrt(x) / y) ** 2 - x / y**2},
        value=sp.sqrt(x) / y,
        arguments=(x, y),
    )


def test_it_names_the_residuals_that_fail(quotient: Statement) -> None:
    assert quotient.holds
    doctored = replace(quotient, residuals={**quotient.residuals, "wrong": x - y})
    assert not doctored.holds
    assert doctored.unproved() == {"wrong": x - y}


def test_it_cannot_be_changed(quotient: Statement) -> None:
    with pytest.raises(FrozenInstanceError):
        quotient.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        quotient.residuals["more"] = x  # type: ignore[index]


def test_a_claim_needs_residuals(quotient: Statement) -> None:
    with pytest.raises(ValueError, match="residuals must not be empty"):
        replace(quotient, residuals={})


def test_a_value_has_no_stray_symbols(quotient: Statement) -> None:
    with pytest.raises(ValueError, match="not among the arguments"):
        replace(quotient, arguments=(x,))


def test_numbers_give_a_float_and_arrays_broadcast(quotient: Statement) -> None:
    assert quotient.evaluate(x=4.0, y=2) == 1.0
    assert isinstance(quotient.evaluate(x=4.0, y=2), float)
    table = quotient.evaluate(x=[[1.0], [4.0]], y=[1.0, 2.0, 4.0])
    np.testing.assert_array_equal(table, [[1.0, 0.5, 0.25], [2.0, 1.0, 0.5]])
    assert quotient.evaluate(x=np.empty(0), y=1.0).shape == (0,)


def test_a_column_gives_an_array_of_values(quotient: Statement) -> None:
    both = replace(quotient, value=sp.Matrix([x / y, x * y]))
    assert both.evaluate(x=4.0, y=2.0).tolist() == [2.0, 8.0]
    assert both.evaluate(x=[1.0, 2.0, 4.0], y=2.0).shape == (2, 3)
    with pytest.raises(TypeError, match="takes x, y"):
        both.evaluate(x=1.0)
    with pytest.raises(ValueError, match="not among the arguments"):
        replace(both, arguments=(x,))


def test_a_constant_takes_no_arguments(quotient: Statement) -> None:
    constant = replace(quotient, value=sp.sqrt(2), arguments=())
    assert constant.evaluate() == np.sqrt(2)


def test_cancellation_costs_no_digits(quotient: Statement) -> None:
    statement = replace(quotient, value=sp.sqrt(1 + x**2) - 1, arguments=(x,))
    assert statement.evaluate(x=1e-10) == pytest.approx(5e-21, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"x": 1.0}, TypeError, "takes x, y"),
        ({"x": 1.0, "y": 1.0, "z": 1.0}, TypeError, "takes x, y"),
        ({"x": 1.0, "y": 0.0}, ValueError, r"no finite real value at x=1\.0, y=0\.0"),
        ({"x": -1.0, "y": 1.0}, ValueError, r"x=-1\.0"),
        ({"x": np.nan, "y": 1.0}, ValueError, "x=nan"),
    ],
)
def test_bad_arguments_are_refused(
    quotient: Statement, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        quotient.evaluate(**arguments)


def test_without_a_value_there_is_nothing_to_evaluate(quotient: Statement) -> None:
    with pytest.raises(TypeError, match="no closed form"):
        replace(quotient, value=None).evaluate(x=1.0, y=1.0)
