"""Every end of a bound that is claimed tight is missed as soon as it is moved away."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from polytheory import CATALOGUE, Kind, Law
from polytheory.verification import LawReport

ENDS = [
    (law, end)
    for law in CATALOGUE
    if law.kind is Kind.BOUND
    for end, tight in enumerate(law.tight_ends)
    if tight is not None
]


def moved(law: Law, end: int) -> Callable[..., Any]:
    """Return the prediction with one end further out by 0.3, or by three tenths of itself."""

    def predict(**given: Any) -> Any:
        ends = list(law.predict(**given))
        kept = np.asarray(ends[end], dtype=float)
        ends[end] = kept + (0.3, -0.3)[1 - end] * np.maximum(np.abs(kept), 1.0)
        return tuple(ends)

    return predict


def test_there_are_lower_and_upper_ends() -> None:
    assert {end for _, end in ENDS} == {0, 1}
    assert {law.name for law, _ in ENDS} == {
        law.name for law in CATALOGUE if law.kind is Kind.BOUND
    }


@pytest.mark.parametrize(("law", "end"), ENDS, ids=lambda each: getattr(each, "name", str(each)))
def test_an_end_moved_away_does_not_hold(
    law: Law,
    end: int,
    report: Callable[..., LawReport],
    remembered: Callable[[Law], Callable[..., Any]],
) -> None:
    seen = report(law, predict=moved(law, end), observe=remembered(law), symbolic=None)
    assert seen.error == ""
    assert not seen.holds
