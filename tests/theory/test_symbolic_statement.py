"""The machinery: what counts as a proof, and how a closed form is evaluated."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

from polytheory.algebra.statement import is_zero, rate
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
