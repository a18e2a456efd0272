"""What is wrong on purpose: what each constructor makes, and that the judge notices."""

import operator
from typing import Any

import numpy as np
import pytest

from polytheory import Domain, Interval, Kind, Law, verify
from polytheory.checking.wrong import (
    Wrong,
    altered,
    instead,
    narrowed,
    raised,
    scaled,
    shifted,
    widened,
)


def line(x: float) -> float:
    return 2.0 * x


def ends(x: float) -> tuple[float, float]:
    return x, 4.0 * x


@pytest.mark.parametrize(
    ("wrong", "right", "words", "value"),
    [
        (instead("a constant", lambda **_: 7.0), line, "a constant", 7.0),
        (instead("a pair", ends), line, "a pair", [1.0, 4.0]),
        (instead("a power", lambda x, to: 3.0 * x**to, to=2), line, "a power", 3.0),
        (altered("the sign", operator.neg), line, "the sign", -2.0),
        (scaled(1.5), line, "times 1.5", 3.0),
        (scaled(1.5), lambda x: [x, 2.0 * x], "times 1.5", [1.5, 3.0]),
        (raised(3), line, "to the power 3", 8.0),
        (raised(0.5), ends, "to the power 0.5", [1.0, 2.0]),
        (shifted(0.5), ends, "both ends +0.5", [1.5, 4.5]),
        (shifted(-0.5), ends, "both ends -0.5", [0.5, 3.5]),
        (narrowed(1.25), ends, "ends closer by 1.25", [1.25, 3.2]),
        (widened(2.0), ends, "ends further by 2", [0.5, 8.0]),
    ],
)
def test_what_it_says_is_what_it_does(wrong: Wrong, right: Any, words: str, value: Any) -> None:
    assert wrong.words == words
    for doctored in (wrong(right), wrong.of(right)):
        assert np.asarray(doctored(x=1.0)).tolist() == value


def law(**changes: Any) -> Law:
    given = {"name": "own", "kind": Kind.EXACT, "domain": Domain({"x": Interval(1, 2)})}
    return Law(**given | {"predict": line, "observe": line} | changes)


def between(**changes: Any) -> Law:
    return law(kind=Kind.BOUND, tight=0.1, predict=lambda x: (1.95 * x, 2.05 * x), **changes)


@pytest.mark.parametrize(
    "own",
    [
        law(wrong=[lambda x: x + 1.5, scaled(1.01), raised(1.1), altered("sign", operator.neg)]),
        between(wrong=(shifted(0.2), shifted(-0.2), narrowed(1.1), widened(2.0))),
    ],
    ids=["exact", "bound"],
)
def test_every_wrong_variant_of_one_s_own_law_fails(own: Law) -> None:
    assert verify(own).holds
    variants = list(own.variants())
    assert [words for words, _ in variants][1:] == [each.words for each in own.wrong[1:]]
    assert all(variant.wrong == () and variant.name == own.name for _, variant in variants)
    result = verify([variant for _, variant in variants])
    # A bound with its ends further out is not contradicted, only vacuous.
    outcomes = ["UNDECIDED" if "further" in words else "FAILS" for words, _ in variants]
    assert [report.outcome for report in result.reports] == outcomes


def test_a_variant_that_is_not_wrong_is_noticed() -> None:
    # What agrees with the prediction on every case holds, so a suite that wants failures sees it.
    ((words, variant),) = law(wrong=[lambda x: x + x]).variants()
    assert words == "<lambda>"
    assert verify(variant).holds
    # As does a bound that is wider than it need be, as long as `tight` lets it pass.
    ((_, variant),) = between(wrong=[widened(1.01)]).variants()
    assert verify(variant).holds


def test_a_law_without_variants_has_none() -> None:
    assert list(law().variants()) == []
