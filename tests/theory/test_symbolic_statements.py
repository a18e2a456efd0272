"""Every statement holds, and the same statement with something wrong in it does not.

What may be wrong stands in controls/, a file a topic: by statement, then by what is wrong with it,
the claim with which it is built instead (several in a tuple).
"""

import ast
import re
import runpy
from collections import Counter
from functools import cache
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

PACKAGE = Path(polytheory.__file__).parent
FILES = sorted(Path(__file__).with_name("controls").glob("*.py"))


def proofs() -> dict[str, str]:
    """Return the text of each proof by the name of its module."""
    return {
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts): file.read_text("utf-8")
        for file in sorted(PACKAGE.glob("theory/**/proof*.py"))
    }


def names_in(file: Path) -> list[tuple[str, str]]:
    """Return statement and description of each control of a file, which takes seconds to run."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONTROLS":
            assert isinstance(node.value, ast.Dict)
            return [
                (ast.literal_eval(name), ast.literal_eval(says))
                for name, variants in zip(node.value.keys, node.value.values, strict=True)
                for says in variants.keys
            ]
    raise AssertionError(file)


@cache
def controls_of(file: Path) -> dict[tuple[str, str], Any]:
    """Run a file of controls."""
    found = runpy.run_path(str(file))["CONTROLS"]
    wrong = {(name, says): each for name in found for says, each in found[name].items()}
    assert list(wrong) == names_in(file)
    return wrong


# The names alone: each worker collects all tests, and building the formulas takes seconds.
STATEMENTS = re.findall(r"^@statement\ndef (\w+)", "\n".join(proofs().values()), re.MULTILINE)
CONTROLS = [
    pytest.param(file, *names, id=": ".join(names)) for file in FILES for names in names_in(file)
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    proof = getattr(symbolic, name)
    statement = proof()
    assert isinstance(statement, Statement)
    assert statement is proof()  # made once
    assert statement.name == name
    assert statement.assumptions
    assert statement.unproved() == {}


@pytest.mark.parametrize(("file", "name", "says"), CONTROLS)
def test_something_wrong_is_noticed(file: Path, name: str, says: str) -> None:
    wrong, proof = controls_of(file)[name, says], getattr(symbolic, name)
    doctored, right = proof.variant(*(wrong if isinstance(wrong, tuple) else (wrong,))), proof()
    # The cumulants are checked law by law: of one law alone there are fewer.
    assert set(doctored.residuals) == set(right.residuals) or right.name == "cumulants"
    assert not doctored.holds


def test_every_statement_has_a_control() -> None:
    assert {case.values[1] for case in CONTROLS} == set(STATEMENTS)
    assert max(Counter(case.id for case in CONTROLS).values()) == 1


def test_to_collect_these_tests_builds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runpy, "run_path", None)
    monkeypatch.setattr(symbolic, "_statements", None)
    with pytest.raises(TypeError):
        _ = symbolic.flow_units
    exec(compile(Path(__file__).read_text("utf-8"), __file__, "exec"), {"__file__": __file__})


def test_every_proof_is_found_and_known_to_type_checkers() -> None:
    assert set(modules("proof")) == set(proofs())
    assert sorted(STATEMENTS) == sorted({*dir(symbolic)} - {*symbolic.__all__})
    listed = re.findall(r"from (\S+) import \*", (PACKAGE / "symbolic.py").read_text("utf-8"))
    assert sorted(listed) == sorted(proofs())


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
        assert not getattr(symbolic, name).variant().holds
