"""Deliberately wrong predictions, which the check of a law must reject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

__all__ = ["Wrong", "altered", "instead"]
__all__ += ["narrowed", "raised", "scaled", "shifted", "stronger", "widened"]

Form = Callable[..., Any]


@dataclass(frozen=True)
class Wrong:
    """A wrong variant of a prediction.

    Attributes
    ----------
    words : str
        Description of the error.
    of : callable
        Takes the right prediction, returns the wrong one.
    """

    words: str
    of: Callable[[Form], Form]

    def __call__(self, right: Form) -> Form:
        """Return the wrong variant of a prediction."""
        return self.of(right)


def instead(words: str, form: Form, **fixed: Any) -> Wrong:
    """Return a variant that calls another function with the same arguments, a likely mistake."""
    return Wrong(words, lambda _: partial(form, **fixed))


def altered(words: str, how: Callable[[Any], Any]) -> Wrong:
    """Return a variant that changes the predicted value by `how`."""
    return Wrong(words, lambda right: lambda **given: how(right(**given)))


def stronger(factor: float) -> Wrong:
    """Return a variant that predicts for `factor` times the ℓ1 strength."""

    def of(right: Form) -> Form:
        return lambda l1_strength, **given: right(l1_strength=factor * l1_strength, **given)

    return Wrong(f"for {factor:g} λ", of)


def scaled(factor: float) -> Wrong:
    """Return a variant that multiplies the predicted value."""
    return altered(f"times {factor:g}", lambda value: factor * np.asarray(value))


def raised(power: float) -> Wrong:
    """Return a variant that raises the predicted value to a power."""
    return altered(f"to the power {power:g}", lambda value: np.asarray(value) ** power)


def shifted(by: float) -> Wrong:
    """Return a variant that moves both ends of a bound."""
    return altered(f"both ends {by:+g}", lambda ends: (ends[0] + by, ends[1] + by))


def narrowed(by: float) -> Wrong:
    """Return a variant that claims too much: a bound with both ends closer by a factor."""
    return altered(f"ends closer by {by:g}", lambda ends: (by * ends[0], ends[1] / by))


def widened(by: float) -> Wrong:
    """Return a variant that claims too little: a bound with both ends further by a factor."""
    return altered(f"ends further by {by:g}", lambda ends: (ends[0] / by, by * ends[1]))
