"""The statements of the theory in SymPy: claims, and residuals that vanish if they are true.

Each statement is a function without arguments that returns a `Statement`; it is defined in a
``proof*.py`` of its topic and available here by name. Proofs and NumPy closed forms are written
independently; tests compare them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from polytheory.algebra.statement import Outcome, Proof, Statement, statement
from polytheory.theory import modules

__all__ = ["Outcome", "Proof", "Statement", "statement"]

if TYPE_CHECKING:  # all proofs; a test compares the list
    from polytheory.theory.collisions.proof_bounds import *
    from polytheory.theory.collisions.proof_exclusion import *
    from polytheory.theory.collisions.proof_independent import *
    from polytheory.theory.fixed_points.proof import *
    from polytheory.theory.interference.initial.proof import *
    from polytheory.theory.interference.pair.proof import *
    from polytheory.theory.model.proof import *
    from polytheory.theory.noise.drift.proof import *
    from polytheory.theory.noise.edgeworth.proof import *
    from polytheory.theory.noise.edgeworth.proof_distributions import *
    from polytheory.theory.noise.proof_gaussian import *
    from polytheory.theory.noise.rows.proof import *
    from polytheory.theory.noise.simplex.proof import *
    from polytheory.theory.pairs.proof import *
    from polytheory.theory.sparsification.completion.proof import *
    from polytheory.theory.sparsification.curve.proof import *
    from polytheory.theory.sparsification.curve.proof_bounds import *
    from polytheory.theory.sparsification.curve.proof_moments import *
    from polytheory.theory.sparsification.curve.proof_ratios import *
    from polytheory.theory.sparsification.curve.proof_tails import *
    from polytheory.theory.sparsification.paper.proof import *
    from polytheory.theory.sparsification.paper.proof_bands import *
    from polytheory.theory.sparsification.row.proof import *
    from polytheory.theory.sparsification.slow_manifold.proof import *
    from polytheory.theory.sparsification.survival.proof import *
    from polytheory.theory.tradeoff.proof import *


@cache
def _statements() -> dict[str, Proof]:
    """Return every statement by name."""
    found: dict[str, Proof] = {}
    for name in modules("proof"):
        module = import_module(name)
        found |= {
            key: value
            for key, value in vars(module).items()
            if hasattr(value, "variant") and value.__module__ == name
        }
    return found


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and name in _statements():
        return _statements()[name]
    raise AttributeError(f"module 'polytheory.symbolic' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_statements()])
