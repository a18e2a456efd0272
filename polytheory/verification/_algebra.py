"""The check by algebra: the residuals of a statement vanish, and its value is the NumPy form's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from polytheory.checking import Law
from polytheory.compare import ROUNDING_TOLERANCE
from polytheory.domain import Case

#: Relative step of the difference quotients of the symbolic form.
_RELATIVE_STEP = 2.0**-30


@dataclass(frozen=True)
class SymbolicCheck:
    """Result of checking a law by algebra.

    Attributes
    ----------
    residuals : int
        Number of expressions that must vanish.
    refuted : tuple of str
        Labels of those that are not zero at a point inside the claim.
    not_shown : tuple of str
        Labels of those that SymPy could neither show to vanish nor refute.
    disagreement : float or None
        Largest relative difference between the NumPy form and the symbolic one at 50 digits;
        None where they are not compared.
    not_proved : str
        The part of the claim that SymPy did not prove.
    not_compared : str
        Why the NumPy form is not compared with the symbolic one; empty if it is.
    build : callable or None
        Returns the statement that was checked; left out of `Verification.to_dict`.
    """

    residuals: int
    refuted: tuple[str, ...]
    not_shown: tuple[str, ...]
    disagreement: float | None
    not_proved: str
    not_compared: str = ""
    build: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def statement(self) -> Any:
        """The `Statement` that was checked."""
        return self.build() if self.build else None

    @property
    def unproved(self) -> tuple[str, ...]:
        """Labels of all residuals that were not shown to vanish."""
        return self.refuted + self.not_shown

    @property
    def agrees(self) -> bool:
        """Whether both forms agree to rounding, as far as they are compared."""
        return self.disagreement is None or self.disagreement <= ROUNDING_TOLERANCE

    @property
    def holds(self) -> bool:
        """Whether every residual vanishes and both forms agree to rounding."""
        return not self.unproved and self.agrees

    @property
    def residual_words(self) -> str:
        """What is known of the residuals, in words."""
        if not self.unproved:
            one = self.residuals == 1
            return "1 residual vanishes" if one else f"{self.residuals} residuals vanish"
        refuted = f"not zero: {', '.join(self.refuted)}" if self.refuted else ""
        return "; ".join(filter(None, (refuted, _not_shown(self.not_shown))))

    @property
    def undecided(self) -> str:
        """What SymPy could not decide, in words; empty if nothing, or if the algebra fails."""
        return _not_shown(self.not_shown) if self.agrees and not self.refuted else ""


def _not_shown(labels: Sequence[str]) -> str:
    return f"not shown: {', '.join(labels)} (SymPy could not decide)" if labels else ""


def check_symbolic(
    law: Law, cases: Sequence[Case], arguments: Sequence[Mapping[str, Any]]
) -> SymbolicCheck | None:
    """Check the statement of a law; None if it has none."""
    if law.symbolic is None:
        return None
    statement = law.symbolic()
    compared = statement.value is not None and law.numpy_form is not None
    given: list[Mapping[str, Any]] = []
    if compared:
        if law.evaluate_at is not None:
            arguments = [law.evaluate_at(**case) for case in cases]
        given = [case | dict(each) for case, each in zip(cases, arguments, strict=True)]
        _refuse_other_arguments(law, statement, given[0], arguments[0])
    outcomes = statement.outcomes(law.domain)

    def labels(outcome: str) -> tuple[str, ...]:
        return tuple(label for label, each in outcomes.items() if each.value == outcome)

    return SymbolicCheck(
        residuals=len(outcomes),
        refuted=labels("refuted"),
        not_shown=labels("undecided"),
        disagreement=(
            max(_disagreement(law, statement, each) for each in given) if compared else None
        ),
        not_proved=statement.not_proved,
        not_compared="" if compared else _why_not_compared(law, statement),
        build=lambda: statement,
    )


def _why_not_compared(law: Law, statement: Any) -> str:
    missing = "the statement has no value" if statement.value is None else "closed_form is None"
    return law.not_compared or missing


def _refuse_other_arguments(
    law: Law, statement: Any, given: Mapping[str, Any], arguments: Mapping[str, Any]
) -> None:
    """Refuse a value of a statement whose arguments are not those of the NumPy form."""
    wanted = [symbol.name for symbol in statement.arguments]
    if set(wanted) <= set(given) and _takes(law.numpy_form, wanted):
        return
    raise ValueError(
        f"law {law.name!r}: the value of its statement takes {', '.join(wanted) or 'nothing'}; "
        f"its prediction is given {', '.join(arguments) or 'nothing'}. Name the arguments of "
        "the statement like those of the prediction, or give closed_form= and evaluate_at="
    )


def _takes(form: Any, names: Sequence[str]) -> bool:
    """Return whether a function can be called with these arguments, by keyword."""
    try:
        signature = inspect.signature(form)
    except (TypeError, ValueError):  # a function in C may have none: the call will tell
        return True
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError:
        return False
    return True


def _disagreement(law: Law, statement: Any, given: Mapping[str, Any]) -> float:
    """Return the difference of the NumPy form and the symbolic one over |f| + Σ|x ∂f/∂x|.

    Rounding the arguments changes f by that scale times the machine precision: where terms cancel,
    no formula in double precision can do better.
    """
    arguments = {s.name: np.asarray(given[s.name], dtype=float) for s in statement.arguments}
    assert law.numpy_form is not None
    ours = np.asarray(law.numpy_form(**arguments))
    theirs = np.asarray(statement.evaluate(**arguments))
    scale = np.abs(theirs)
    for name, value in arguments.items():
        moved = np.asarray(statement.evaluate(**arguments | {name: value * (1.0 - _RELATIVE_STEP)}))
        scale = scale + np.abs(moved - theirs) / _RELATIVE_STEP
    # Both may be zero, and then so is the scale.
    gap = np.where(ours == theirs, 0.0, np.abs(ours - theirs))
    return float(np.max(gap / np.maximum(scale, np.finfo(float).tiny)))
