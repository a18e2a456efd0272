"""The table of residuals of a law: one row per case, with columns that depend on the kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polytheory.checking import Law
from polytheory.checking.law import case_words
from polytheory.claims import Kind
from polytheory.compare import Comparison, fitted_order, worst_element
from polytheory.report._html import Html, element, scrolled, table
from polytheory.report._numbers import number

#: Marks of passed and failed cases: a sign and a word, so that colour is not the only mark.
MARKS = {True: ("ok", "✓ within"), False: ("no", "✗ outside")}


def residual_table(law: Law, compared: Sequence[Comparison]) -> Html:
    """Return the table; a case with many elements is shown by the one nearest to failing."""
    heads, row = _columns(law, compared)
    titles = ["case", "parameters", *heads, "verdict"]
    rows = [_row(place, each, row(each)) for place, each in enumerate(compared, 1)]
    label = f"Residuals of {law.name}"
    caption = f"{label}, by case{_elements(compared)}"
    return scrolled(table(caption, titles, rows, class_="residuals"), label=label)


def _elements(compared: Sequence[Comparison]) -> str:
    most = max(each.observed.size + each.left_out for each in compared)
    nearest = f", of up to {most:,} numbers per case the one nearest to failing"
    return f"{nearest if most > 1 else ''}."


def _row(place: int, compared: Comparison, cells: Sequence[str]) -> Html:
    style, word = MARKS[compared.holds]
    return element(
        "tr",
        element("th", str(place), scope="row"),
        element("td", case_words(compared.case), class_="case"),
        *(element("td", cell, class_="number") for cell in cells),
        element("td", word, class_=style),
        class_=f"row-{style}",
    )


def _columns(law: Law, compared: Sequence[Comparison]) -> tuple[list[str], Any]:
    if compared[0].levels:
        small = str(law.small)
        return [
            small,
            "relative error",
            f"{small}, reduced",
            "relative error",
            "fitted order",
        ], _order
    if law.kind is Kind.BOUND:
        return ["lower", "observed", "upper", "outside by", "error of the observation"], _bound
    if law.kind is Kind.LEADING_ORDER:
        return ["predicted", "observed", "ratio", "outside by", "tolerance"], _band
    return ["predicted", "observed", "difference", "tolerance", "fraction of it"], _difference


def _worst(compared: Comparison) -> tuple[int, list[float]]:
    """Return the index of the element nearest to failing, and its prediction and observation."""
    shape = compared.observed.shape
    index = worst_element(np.broadcast_to(compared.off, shape), compared.allowed)
    ends = compared.predicted if isinstance(compared.predicted, tuple) else (compared.predicted,)
    values = [np.broadcast_to(each, shape).flat[index] for each in (*ends, compared.observed)]
    return index, [float(each) for each in values]


def _difference(compared: Comparison) -> list[str]:
    _, (predicted, observed) = _worst(compared)
    share = compared.disagreement / compared.tolerance if compared.tolerance else np.nan
    tail = (compared.disagreement, compared.tolerance, share)
    return [number(predicted), number(observed), *(number(each, 3) for each in tail)]


def _band(compared: Comparison) -> list[str]:
    _, (predicted, observed) = _worst(compared)
    tail = (compared.disagreement, compared.tolerance)
    ratio = number(observed / predicted, 5)
    return [number(predicted), number(observed), ratio, *(number(each, 3) for each in tail)]


def _bound(compared: Comparison) -> list[str]:
    _, (lower, upper, observed) = _worst(compared)
    tail = (compared.disagreement, compared.tolerance)
    return [*map(number, (lower, observed, upper)), *(number(each, 3) for each in tail)]


def _order(compared: Comparison) -> list[str]:
    coarse, fine = compared.levels
    measurable = coarse.error > coarse.floor
    order = number(fitted_order(coarse, fine), 3) if measurable else "not seen: below the error"
    levels = [number(each, 4) for level in compared.levels for each in (level.small, level.error)]
    return [*levels, order]
