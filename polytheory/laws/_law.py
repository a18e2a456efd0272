"""A claim as a value: what it says, of which kind, where, and how each witness speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.domain import Domain

__all__ = ["Kind", "Law", "Observation"]


class Kind(Enum):
    """The kind of a claim decides how it is judged (see `polytheory.compare`)."""

    EXACT = "exact"
    LEADING_ORDER = "leading order"
    BOUND = "bound"
    STATISTICAL = "statistical"
    EMPIRICAL = "empirical"


@dataclass(frozen=True, eq=False)
class Observation:
    """What a simulation shows, with the size of its own error and where that error comes from.

    Attributes
    ----------
    value : ndarray
        What was seen.
    error : ndarray
        How far the truth of the model may lie from it; a standard error for statistical laws.
    source : str
        Where the error comes from.
    """

    value: FloatArray
    error: FloatArray
    source: str

    @classmethod
    def of(cls, seen: Observation | ArrayLike) -> Observation:
        """Take a plain number or array for an observation without error."""
        if isinstance(seen, Observation):
            return seen
        value = np.asarray(seen, dtype=np.float64)
        return cls(value, np.zeros_like(value), "stated to be free of error")


@dataclass(frozen=True, kw_only=True, eq=False)
class Law:
    """A claim about the model, with everything needed to judge it.

    A *case* is a mapping from parameter name to number, drawn from `domain`. The judge turns it
    into the arguments of the closed form with `prepare`, calls `predict` on them, evaluates the
    symbolic form on the same arguments, and compares with `observe(**case)`.

    Attributes
    ----------
    name : str
        The same in theory, symbolic, catalogue and tests.
    kind : Kind
        Decides how the law is judged.
    statement : str
        The formula, readable in a terminal.
    domain : Domain
        The parameters of a case and where the statement holds.
    predict : callable
        The closed form. A bound returns a pair (lower, upper).
    observe : callable
        Takes the case by keyword, returns an `Observation` (or plain numbers) from simulation.
        Randomness comes only from a parameter of the case called ``seed``.
    reference : str
        Where the claim comes from.
    prepare : callable, optional
        Takes the case by keyword, returns the arguments of `predict`. The case itself by default.
    symbolic : callable, optional
        Returns the `Statement` of `polytheory.symbolic`. Called only when the law is judged.
    closed_form : callable or None, optional
        The NumPy form of the statement's `value`, if that is not `predict`: takes the statement's
        arguments by keyword. None if the statement has none in the law's parameters.
    small, order : str and float, optional
        Leading order by refinement: halving the parameter `small` must shrink the relative error
        like small**order.
    band : (float, float), optional
        Leading order by constant: observed / predicted stays in this band over the whole domain.
    tight : float, optional
        A bound is vacuous unless some case comes within this relative distance of it.
    note : str
        What a reader must know besides the verdict.
    cases : int
        How many cases the default run draws.
    """

    name: str
    kind: Kind
    statement: str
    domain: Domain
    predict: Callable[..., Any]
    observe: Callable[..., Any]
    reference: str
    prepare: Callable[..., Mapping[str, Any]] = dict
    symbolic: Callable[[], Any] | None = None
    closed_form: Callable[..., Any] | EllipsisType | None = ...
    small: str | None = None
    order: float | None = None
    band: tuple[float, float] | None = None
    tight: float | None = None
    note: str = ""
    cases: int = 8

    def __post_init__(self) -> None:
        for field, wanted in (("name", str), ("kind", Kind), ("domain", Domain)):
            if not isinstance(getattr(self, field), wanted):
                raise _checks.refuse_type(field, getattr(self, field), f"a {wanted.__name__}")
        for field in ("predict", "observe", "prepare"):
            if not callable(getattr(self, field)):
                raise _checks.refuse_type(field, getattr(self, field), "callable")
        if self.closed_form is ...:
            object.__setattr__(self, "closed_form", self.predict)
        if self.kind is Kind.LEADING_ORDER and (self.small is None) == (self.band is None):
            raise ValueError(
                f"law {self.name!r}: leading order needs either small and order, or band"
            )
        if (self.small is None) != (self.order is None):
            raise ValueError(f"law {self.name!r}: small and order belong together")
        if self.small is not None and self.small not in self.domain.intervals:
            raise ValueError(f"law {self.name!r}: small must be a parameter of its domain")
        if self.kind is Kind.BOUND and self.tight is None:
            raise ValueError(f"law {self.name!r}: a bound needs tight, or it could be vacuous")
