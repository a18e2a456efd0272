"""The units in SymPy: they hold, and with another factor or another force they do not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.algebra import model
from polytheory.symbolic import flow_units
from polytheory.theory.model import proof
from polytheory.theory.model.proof import LOSS_L1

CONTROLS = {
    "λ = λ_loss": (LOSS_L1, LOSS_L1),
    "λ = λ_loss/2": (LOSS_L1, LOSS_L1 / 2),
    "a factor 2": (LOSS_L1, LOSS_L1 / 4, 2),
}


def test_the_units_hold() -> None:
    assert flow_units().name == "flow_units"
    assert flow_units().unproved() == {}
    assert flow_units().assumptions
    # Every statement there is has its controls below.
    assert [name for name, each in vars(proof).items() if hasattr(each, "variant")] == [
        "flow_units"
    ]


@pytest.mark.parametrize("wrong", CONTROLS.values(), ids=CONTROLS)
def test_other_units_are_noticed(wrong: tuple[Any, ...]) -> None:
    assert not flow_units.variant(*wrong).holds


def test_a_wrong_force_is_caught_by_what_builds_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    right = model.force

    def repelled(encodings: sp.Matrix, active: model.Pattern, *rest: Any) -> sp.Matrix:
        """Count the interference twice, its easiest mistake: the pair is met twice in the loss."""
        silent = right(encodings, dict.fromkeys(active, 0), *rest)
        return 2 * right(encodings, active, *rest) - silent

    monkeypatch.setattr(model, "force", repelled)
    monkeypatch.setattr(proof, "force", repelled)
    for name in ("flow_units", "same_sign_collision"):
        assert not getattr(symbolic, name).variant().holds
