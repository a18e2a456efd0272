"""Reach a statement of `polytheory.symbolic.sparsification`, loading SymPy only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def symbolic(name: str) -> Callable[[], Any]:
    """Return a function that loads SymPy and returns the statement of that name."""

    def statement() -> Any:
        from polytheory.symbolic import sparsification

        return getattr(sparsification, name)()

    return statement
