"""Declarations of the settings of figures: meaning, range and caption."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from polytheory import _checks
from polytheory.flow.simulate import MIN_L1

__all__ = [
    "FEATURES",
    "INSTANCES",
    "NEURONS",
    "SCALED",
    "STRENGTH",
    "Setting",
    "Settings",
    "number",
    "pair",
    "several",
    "whole",
    "word",
]


class Setting(NamedTuple):
    """One setting of a figure.

    Attributes
    ----------
    meaning : str
        The meaning, with symbol, unit and range.
    check : callable
        Called with name and value; returns the value in the form of the record, or raises.
    caption : str
        Its form in captions, such as ``"n = {}"``; empty if they omit it.
    """

    meaning: str
    check: Callable[[str, Any], Any]
    caption: str = ""

    def captioned(self, value: Any) -> str:
        """Return the part of a caption for a value."""
        values = value if isinstance(value, tuple) else (value,)
        shown = [f"{each:g}" if isinstance(each, int | float) else str(each) for each in values]
        listed = ", ".join(shown) if len(shown) < 5 else f"{shown[0]} … {shown[-1]}"
        words = self.caption.format(listed)
        return words.removesuffix("s") if words.startswith("1 ") else words


def whole(meaning: str, minimum: int = 1, caption: str = "") -> Setting:
    """Return a setting that is a whole number."""

    def check(name: str, value: Any) -> int:
        return _checks.integer(name, value, minimum=minimum)

    return Setting(f"{meaning}; a whole number of at least {minimum}", check, caption)


def number(
    meaning: str, low: float = 0.0, high: float = _checks.MAX_VALUE, caption: str = ""
) -> Setting:
    """Return a setting that is a number in [low, high]."""

    def check(name: str, value: Any) -> float:
        return _checks.scalar(name, value, low=low, high=high)

    return Setting(f"{meaning}; from {low:g} to {high:g}", check, caption)


def word(meaning: str, *allowed: str, caption: str = "") -> Setting:
    """Return a setting that is one of some words."""

    def check(name: str, value: Any) -> str:
        return _checks.one_of(name, value, allowed)

    return Setting(f"{meaning}; one of {', '.join(allowed)}", check, caption)


def several(each: Setting) -> Setting:
    """Return a setting that is a list of at least one value, without repeats."""

    def check(name: str, value: Any) -> tuple[Any, ...]:
        if isinstance(value, str | bytes):
            raise _checks.refuse_type(name, value, "a list")
        try:
            given = list(value)
        except TypeError:
            raise _checks.refuse_type(name, value, "a list") from None
        values = tuple(each.check(name, item) for item in given)
        if not values:
            raise _checks.refuse_value(name, "an empty list", "a list of at least one value")
        if len(set(values)) < len(values):
            raise _checks.refuse_value(name, f"{list(values)}", "without repeats")
        return values

    return Setting(f"a list: {each.meaning}", check, each.caption)


def pair(first: Setting, second: Setting, caption: str = "") -> Setting:
    """Return a setting that is a pair of two others."""

    def check(name: str, value: Any) -> tuple[Any, Any]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise _checks.refuse_type(name, value, "a pair")
        a, b = (f"{name} ({place} of a pair)" for place in ("first", "second"))
        return first.check(a, value[0]), second.check(b, value[1])

    return Setting(f"a pair: {first.meaning}; {second.meaning}", check, caption)


FEATURES = whole("number of features n", 1, "n = {}")
NEURONS = whole("number of neurons m", 1, "m = {}")
STRENGTH = number(
    "ℓ1 strength λ in flow units", MIN_L1, _checks.MAX_STRENGTH, "λ = {} (flow units)"
)
SCALED = several(number("λ√m, λ in flow units", 0, 1e6, "λ√m = {} (flow units)"))
INSTANCES = whole("instances of each setting", 1, "{} instances")


class Settings(Mapping[str, Any]):
    """Checked settings, read-only: ``settings.n_features`` or ``settings["n_features"]``."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        vars(self).update(values)

    def __getitem__(self, name: str) -> Any:
        return vars(self)[name]

    def __getattr__(self, name: str) -> Any:  # called only for missing names
        raise AttributeError(f"no setting {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"settings are read-only: {name} cannot be set to {value!r}")

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self))

    def __len__(self) -> int:
        return len(vars(self))

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.items())})"
