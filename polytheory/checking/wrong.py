"""Predictions that are wrong on purpose: a check that cannot fail is worse than none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

__all__ = ["OFF_BY_A_THOUSANDTH", "Wrong", "altered", "instead"]
__all__ += ["narrowed", "raised", "scaled", "shifted", "stronger", "widened"]

Form = Callable[..., Any]


@dataclass(frozen=True)
class Wrong:
    """A wrong variant of a prediction.

    Attributes
    ----------
    words : str
        What is wrong with it.
    of : callable
        Takes the right prediction, returns the wrong one.
    """

    words: str
    of: Callable[[Form], Form]

    def __call__(self, right: Form) -> Form:
        """Return the wrong variant of a prediction."""
        return self.of(right)


def instead(words: str, form: Form, **fixed: Any) -> Wrong:
    """Call another function with the same arguments: a confusion that a person could make."""
    return Wrong(words, lambda _: partial(form, **fixed))


def altered(words: str, how: Callable[[Any], Any]) -> Wrong:
    """Change what is predicted."""
    return Wrong(words, lambda right: lambda **given: how(right(**given)))


def stronger(factor: float) -> Wrong:
    """Predict for another penalty."""

    def of(right: Form) -> Form:
        return lambda l1_strength, **given: right(l1_strength=factor * l1_strength, **given)

    return Wrong(f"for {factor:g} λ", of)


def scaled(factor: float) -> Wrong:
    """Multiply what is predicted."""
    return altered(f"times {factor:g}", lambda value: factor * np.asarray(value))


def raised(power: float) -> Wrong:
    """Raise what is predicted to a power."""
    return altered(f"to the power {power:g}", lambda value: np.asarray(value) ** power)


def shifted(by: float) -> Wrong:
    """Move both ends of a bound."""
    return altered(f"both ends {by:+g}", lambda ends: (ends[0] + by, ends[1] + by))


def narrowed(by: float) -> Wrong:
    """Claim more than is true: a bound whose ends lie closer together by a factor each."""
    return altered(f"ends closer by {by:g}", lambda ends: (by * ends[0], ends[1] / by))


def widened(by: float) -> Wrong:
    """Say less than is true: a bound whose ends lie further apart by a factor each."""
    return altered(f"ends further by {by:g}", lambda ends: (ends[0] / by, by * ends[1]))


#: For what is judged to 1e-5 or better, as most exact laws are; and for leading order by
#: refinement, where a wrong constant, however small, is an error that does not fall.
OFF_BY_A_THOUSANDTH = [scaled(1.001), scaled(0.999)]
