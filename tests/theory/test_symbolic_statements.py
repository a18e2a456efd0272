"""Every statement holds, and the same statement with something wrong in it does not.

What may be wrong stands in controls/, a file a topic: by statement, then by what is wrong with it,
the claim with which it is built instead (several in a tuple).
"""

import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import polytheory
from polytheory import symbolic
from polytheory.algebra import model
from polytheory.symbolic import Statement
from polytheory.theory import modules
from polytheory.theory.model import proof as units
from polytheory.theory.sparsification.row import proof as row

STATEMENTS = {
    name: getattr(symbolic, name) for name in dir(symbolic) if name not in symbolic.__all__
}
FILES = sorted(Path(__file__).with_name("controls").glob("*.py"))
CONTROLS = [
    pytest.param(name, wrong if isinstance(wrong, tuple) else (wrong,), id=f"{name}: {says}")
    for file in FILES
    for name, variants in runpy.run_path(str(file))["CONTROLS"].items()
    for says, wrong in variants.items()
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = STATEMENTS[name]()
    assert isinstance(statement, Statement)
    assert statement is STATEMENTS[name]()  # made once
    assert statement.name == name
    assert statement.assumptions
    assert statement.unproved() == {}


@pytest.mark.parametrize(("name", "wrong"), CONTROLS)
def test_something_wrong_is_noticed(name: str, wrong: tuple[Any, ...]) -> None:
    doctored, right = STATEMENTS[name].variant(*wrong), STATEMENTS[name]()
    # The cumulants are checked law by law: of one law alone there are fewer.
    assert set(doctored.residuals) == set(right.residuals) or right.name == "cumulants"
    assert not doctored.holds


def test_every_statement_has_a_control() -> None:
    assert {case.values[0] for case in CONTROLS} == set(STATEMENTS)
    assert max(Counter(case.id for case in CONTROLS).values()) == 1


def test_every_proof_is_found_and_known_to_type_checkers() -> None:
    package = Path(polytheory.__file__).parent
    proofs = {
        ".".join(file.relative_to(package.parent).with_suffix("").parts): file
        for file in package.glob("theory/**/proof*.py")
    }
    assert set(modules("proof")) == set(proofs)
    written = re.findall(
        r"^@statement\ndef (\w+)",
        "\n".join(file.read_text("utf-8") for file in proofs.values()),
        re.MULTILINE,
    )
    assert sorted(written) == sorted(STATEMENTS)
    listed = re.findall(r"from (\S+) import \*", (package / "symbolic.py").read_text("utf-8"))
    assert sorted(listed) == sorted(proofs)


# --- what builds on something wrong ---------------------------------------------------------------


def test_wrong_norms_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = dict(row.SPEEDS)
    for wrong in ({row.NORM: right[row.NORM] / 2}, {row.L1: right[row.L1] + row.LAMBDA}):
        monkeypatch.setattr(row, "SPEEDS", right | wrong)
        assert "the ratio, in slow time" in symbolic.polar_form.variant().unproved()
        speed = symbolic.inverse_l1_speed.variant()
        assert "exactly: the claim − (dN/dt)/(2Ns)" in speed.unproved()


def test_a_wrong_force_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = model.force

    def repelled(encodings: sp.Matrix, active: model.Pattern, *rest: Any) -> sp.Matrix:
        """Count the interference twice, its easiest mistake: the pair is met twice in the loss."""
        silent = right(encodings, dict.fromkeys(active, 0), *rest)
        return 2 * right(encodings, active, *rest) - silent

    monkeypatch.setattr(model, "force", repelled)
    monkeypatch.setattr(units, "force", repelled)
    for name in ("flow_units", "same_sign_collision"):
        assert not STATEMENTS[name].variant().holds
