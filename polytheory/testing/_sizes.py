"""The named sizes of strategies, and checks of arguments that they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polytheory import _checks


@dataclass(frozen=True)
class Size:
    """Largest n, m, row length and number of times to draw; number of examples per assertion."""

    features: int
    neurons: int
    weights: int
    times: int
    examples: int


SIZES = {
    "fast": Size(features=4, neurons=5, weights=6, times=3, examples=50),
    "balanced": Size(features=6, neurons=8, weights=12, times=6, examples=100),
    "thorough": Size(features=12, neurons=16, weights=32, times=12, examples=1000),
}


def named(size: str) -> Size:
    """Return the size of that name."""
    return SIZES[_checks.one_of("size", size, tuple(SIZES))]


def bound(name: str, value: int | None, default: int, *, minimum: int = 1) -> int:
    """Return the given bound, or by default that of the size, but at least `minimum`."""
    if value is None:
        return max(default, minimum)
    return _checks.integer(name, value, minimum=minimum)


def words(name: str, value: Any, allowed: tuple[str, ...]) -> list[str]:
    """Return a sequence of allowed names as a list; a single string is refused."""
    if isinstance(value, str):
        raise _checks.refuse_type(name, value, "a sequence of names", "Wrap it in a list.")
    return [_checks.one_of(name, each, allowed) for each in value]
