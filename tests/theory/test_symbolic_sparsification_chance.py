"""Completion and survival: every statement holds, and with something wrong in it does not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from polytheory.algebra.statement import value_of
from polytheory.symbolic import carrier_amplitude, unstable_amplitude
from polytheory.theory.sparsification.completion import proof as completion
from polytheory.theory.sparsification.completion.proof import SHARE, SPREAD
from polytheory.theory.sparsification.row.proof import COUNT, LAMBDA
from polytheory.theory.sparsification.survival import proof as survival

STATEMENTS = {
    name: each
    for module in (completion, survival)
    for name, each in vars(module).items()
    if hasattr(each, "variant") and each.__module__ == module.__name__
}
step, following, duel = (
    STATEMENTS[f"completion_{name}"]().value for name in ("step", "spread", "time")
)
larger_root = value_of(carrier_amplitude()).subs(LAMBDA, LAMBDA * survival.RATIO)


def doctored(name: str, wrong: sp.Expr, says: str = "") -> Any:
    return pytest.param(name, wrong, id=f"{name}: {says or wrong}")


CONTROLS = [
    doctored("completion_step", step * sp.sqrt(COUNT), "without 1/√n"),
    doctored("completion_step", -step, "sign"),
    doctored("completion_step", step.subs(SPREAD, SPREAD**2), "Y is not squared"),
    doctored("completion_spread", following.subs(SHARE, sp.sqrt(SHARE)), "b for b²"),
    doctored("completion_spread", following - 1 / COUNT, "without the 1"),
    doctored("completion_rest", sp.sqrt(2 / COUNT), "one term"),
    doctored("completion_rest", sp.sqrt(1 / COUNT), "without 2"),
    doctored("completion_tail_rate", sp.sqrt(COUNT)),
    doctored("completion_tail_rate", (COUNT - 1) / sp.sqrt(COUNT)),
    doctored("completion_time", sp.sqrt(2) * duel, "without 1/√2"),
    doctored("completion_time", duel + sp.asinh(1) / (sp.sqrt(2) * LAMBDA), "without asinh 1"),
    doctored("survival_traps", larger_root, "the larger root"),
    doctored("survival_traps", unstable_amplitude().value, "as if c were 1"),
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = STATEMENTS[name]()
    assert statement.name == name
    assert statement.unproved() == {}
    assert statement.assumptions


@pytest.mark.parametrize(("name", "wrong"), CONTROLS)
def test_a_doctored_one_is_caught(name: str, wrong: sp.Expr) -> None:
    assert not STATEMENTS[name].variant(wrong).holds


def test_every_statement_has_a_control() -> None:
    assert {case.values[0] for case in CONTROLS} == set(STATEMENTS)
