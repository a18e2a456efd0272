"""Pictures of theory against simulation, one per law, in a form that depends on its kind.

- *exact*, *statistical*, *empirical*: observed against predicted, and the differences in units of
  the tolerance;
- *bound*: the claimed interval with the observations, and their distance from its ends;
- *leading order by constant or stated error*: observed against predicted, and their ratio;
- *leading order by refinement*: the error against the small parameter, and the fitted order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law
from polytheory.claims import Kind
from polytheory.compare import (
    ROUNDING_TOLERANCE,
    SLOPE_TOLERANCE,
    Comparison,
    fitted_order,
)
from polytheory.report._numbers import number, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, SEEN, BAD, ALLOWED = "#1a1a1a", "#767676", "#0072b2", "#d55e00", "#009e73"
#: Largest number of points; more would overlap.
MAX_POINTS = 400
#: Fractions of the tolerance below this are drawn at it: a difference of 0 has no logarithm.
MIN_SHARE = 1e-6
_TINY = 1e-300
#: Largest number that is drawn: beyond it the axes cannot be laid out.
MAX_DRAWN = 1e100


class Points(NamedTuple):
    """The elements of all cases in one sequence, at most as many as a picture can show."""

    case: FloatArray  # number of the case, from 1
    lower: FloatArray  # the prediction, or the lower end of a bound
    upper: FloatArray  # the prediction, or the upper end of a bound
    observed: FloatArray
    off: FloatArray
    allowed: FloatArray
    claimed: FloatArray  # the stated relative error; 0 if none is stated

    @property
    def passed(self) -> Any:
        """Whether each element is within its tolerance."""
        return self.off <= self.allowed

    @property
    def share(self) -> FloatArray:
        """The difference of each element as a fraction of its tolerance."""
        return np.asarray(self.off / np.maximum(self.allowed, _TINY))


def points_of(compared: Sequence[Comparison]) -> Points:
    """Return the elements of all cases, if there are many the same number from each case."""
    most = max(1, MAX_POINTS // max(1, len(compared)))
    kept = [each.thinned(most) for each in compared]
    columns: list[list[FloatArray]] = [[] for _ in Points._fields]
    for place, each in enumerate(kept, 1):
        ends = each.predicted if isinstance(each.predicted, tuple) else (each.predicted,) * 2
        claimed = 0.0 if each.claimed is None else each.claimed
        row = (float(place), *ends, each.observed, each.off, each.allowed, claimed)
        for column, values in zip(columns, row, strict=True):
            column.append(np.broadcast_to(values, each.observed.shape).ravel())
    return Points(*map(np.concatenate, columns))


def draw(law: Law, compared: Sequence[Comparison]) -> tuple[Figure, str]:
    """Return the picture of a law and its caption."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.0))
    # Fixed margins: fitting them would take as long as drawing the rest.
    space = {"left": 0.115, "right": 0.99, "bottom": 0.16, "top": 0.89, "wspace": 0.3}
    left, right = figure.subplots(1, 2, gridspec_kw=space)
    if compared[0].levels:
        words = _order(left, right, law, compared)
    else:
        points = points_of(compared)
        numbers = np.concatenate([points.lower, points.upper, points.observed])
        if np.abs(numbers[np.isfinite(numbers)]).max() > MAX_DRAWN:
            raise ValueError(f"numbers beyond {MAX_DRAWN:g} are not drawn")
        picture = {Kind.BOUND: _bound, Kind.LEADING_ORDER: _band}.get(law.kind, _difference)
        words = picture(left, right, law, points)
    for ax in (left, right):
        _plain_ticks(ax)
        close = {"columnspacing": 0.9, "handlelength": 1.9, "handletextpad": 0.5}
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=3, **close)
    return figure, words


def _plain_ticks(ax: Axes) -> None:
    """Set few ticks with plain labels, since the page does not render mathtext."""
    from matplotlib.ticker import AutoLocator, LogLocator, MaxNLocator, NullLocator

    for axis, scale in ((ax.xaxis, ax.get_xscale()), (ax.yaxis, ax.get_yscale())):
        axis.set_minor_locator(NullLocator())
        if scale == "log":
            low, high = axis.get_view_interval()
            steps = (1.0,) if high > 100.0 * low else (1.0, 2.0, 5.0)
            axis.set_major_locator(LogLocator(subs=steps, numticks=7))
        elif isinstance(axis.get_major_locator(), AutoLocator):  # the axis of cases has its own
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda value, _: tick(value))


def _logarithmic(*values: FloatArray) -> bool:
    """Return whether the numbers are positive and span too much for a linear scale."""
    every = np.concatenate([each.ravel() for each in values])
    every = every[np.isfinite(every)]
    return bool(every.size and every.min() > 0 and every.max() / every.min() > 30)


def _marks(ax: Axes, x: FloatArray, y: FloatArray, passed: Any) -> None:
    """Draw points that passed as circles and points that failed as larger crosses."""
    ax.plot(x[passed], y[passed], "o", color=SEEN, ms=4, mfc="none", mew=1.2, label="observed")
    if not np.all(passed):
        ax.plot(x[~passed], y[~passed], "X", color=BAD, ms=7, label="outside")


def _against(ax: Axes, points: Points) -> None:
    """Draw observed against predicted, with the line where both are equal."""
    both = np.concatenate([points.lower, points.observed])
    ends = np.array([both.min(), both.max()])
    if ends[1] - ends[0] < 1e-3 * np.abs(ends).max() or ends[0] == ends[1]:
        ends += np.array([-0.05, 0.05]) * (np.abs(ends).max() or 1.0)  # keeps ticks apart
    if _logarithmic(points.lower, points.observed):
        ax.set(xscale="log", yscale="log")
    ax.plot(ends, ends, "-", color=MUTED, lw=1, label="equal")
    _marks(ax, points.lower, points.observed, points.passed)
    ax.set(xlabel="predicted", ylabel="observed")


def _number_cases(ax: Axes, count: int) -> None:
    ticks = range(1, count + 1, 1 + (count - 1) // 12)
    ax.set(xlim=(0.4, count + 0.6), xticks=ticks, xlabel="case")


def _by_case(ax: Axes, points: Points) -> FloatArray:
    """Label the cases and return the positions of their elements, side by side."""
    count = int(points.case[-1])
    _number_cases(ax, count)
    place = points.case.copy()
    for case in range(1, count + 1):
        here = np.flatnonzero(points.case == case)
        place[here] += np.linspace(-0.3, 0.3, here.size) if here.size > 1 else 0.0
    return place


def _shares(ax: Axes, points: Points) -> None:
    """Draw each difference as a fraction of its tolerance."""
    share = np.clip(points.share, MIN_SHARE, MAX_DRAWN)
    ax.set_yscale("log")
    ax.axhspan(MIN_SHARE / 3, 1.0, color=ALLOWED, alpha=0.12, lw=0)
    ax.axhline(1.0, color=ALLOWED, lw=1.2, ls=(0, (5, 2)), label="tolerance")
    _marks(ax, _by_case(ax, points), share, points.passed)
    ax.set(ylim=(MIN_SHARE / 3, max(5.0, 5.0 * share.max())), ylabel="difference / tolerance")


def _difference(left: Axes, right: Axes, law: Law, points: Points) -> str:
    _against(left, points)
    _shares(right, points)
    times = ""
    if law.kind is not Kind.EXACT:
        times = " The tolerance, within which chance explains the difference, is drawn on the left."
        allowed: dict[str, Any] = {"fmt": "none", "ecolor": ALLOWED, "elinewidth": 1, "capsize": 2}
        where = points.lower, points.observed
        left.errorbar(*where, yerr=points.allowed, label="tolerance", **allowed)
    return (
        "Left: observed against predicted, with the line of equality. Right: difference in units"
        f" of the tolerance, by case; at most 1 is allowed, and values below"
        f" {number(MIN_SHARE)} are drawn at {number(MIN_SHARE)}. The largest is"
        f" {number(points.share.max(), 3)}.{times}"
    )


def _bound(left: Axes, right: Axes, law: Law, points: Points) -> str:
    place = _by_case(left, points)
    finite = [each[np.isfinite(each)] for each in (points.lower, points.upper, points.observed)]
    every = np.concatenate(finite)
    log = _logarithmic(every)
    low, high = every.min(), every.max()
    margin = 0.08 * (high - low) or 1.0
    limits = (low / 1.5, high * 1.5) if log else (low - margin, high + margin)
    left.set(yscale="log" if log else "linear", ylim=limits)
    lower, upper = (np.clip(ends, *limits) for ends in (points.lower, points.upper))
    left.vlines(place, lower, upper, color=ALLOWED, lw=3, alpha=0.45, label="allowed")
    for ends in (points.lower, points.upper):
        seen = np.isfinite(ends)
        left.plot(place[seen], ends[seen], ls="", marker="_", ms=9, mew=1.2, color=INK)
    _marks(left, place, points.observed, points.passed)
    left.set_ylabel("observed, and its bounds")
    right.set_yscale("log")
    place = _by_case(right, points)
    words = []
    for label, ends, tight, look in zip(
        ("lower", "upper"),
        (points.lower, points.upper),
        law.tight_ends,
        ("v", "^"),
        strict=True,
    ):
        claimed = np.isfinite(ends)
        if not claimed.any() or tight is None:
            continue
        size = np.maximum(np.maximum(np.abs(points.observed), np.abs(ends)), _TINY)
        distance = np.clip(np.abs(points.observed - ends) / size, 1e-12, MAX_DRAWN)[claimed]
        style: dict[str, Any] = {"color": SEEN, "ls": "", "marker": look, "ms": 4, "mfc": "none"}
        right.plot(place[claimed], distance, label=label, **style)
        right.axhline(tight, color=ALLOWED, lw=1.2, ls=(0, (5, 2)))
        words.append(
            f"{number(distance.min(), 2)} from the {label} end (to reach: {number(tight)})"
        )
    right.set_ylabel("distance from the ends")
    return (
        "Left: the interval that the law allows and the observations, by case. Right: the relative"
        " distance of each observation from the ends that are claimed to be tight; distances below"
        " 1e−12 are drawn there. Some case must come below the dashed line of each end. The"
        f" nearest are {' and '.join(words)}."
    )


def _band(left: Axes, right: Axes, law: Law, points: Points) -> str:
    _against(left, points)
    ratio = points.observed / points.lower
    place = _by_case(right, points)
    if law.band is not None:
        low, high = law.band
        right.axhspan(low, high, color=ALLOWED, alpha=0.15, lw=0)
        for end, label in ((low, "band"), (high, None)):
            right.axhline(end, color=ALLOWED, lw=1.2, ls=(0, (5, 2)), label=label)
        claim = f"in its band from {number(low)} to {number(high)}"
    else:
        claimed: dict[str, Any] = {"color": ALLOWED, "lw": 3, "alpha": 0.45, "label": "stated"}
        right.vlines(place, 1.0 - points.claimed, 1.0 + points.claimed, **claimed)
        claim = "within the stated error"
    error = np.maximum(points.allowed - ROUNDING_TOLERANCE, 0.0)
    right.errorbar(place, ratio, yerr=error, fmt="none", ecolor=MUTED, elinewidth=1, capsize=2)
    _marks(right, place, ratio, points.passed)
    right.set_ylabel("observed / predicted")
    return (
        "Left: observed against predicted, with the line of equality. Right: their ratio by case,"
        f" {claim}, with the error of the observation."
        f" It runs from {number(ratio.min(), 4)} to {number(ratio.max(), 4)}."
    )


def _order(left: Axes, right: Axes, law: Law, compared: Sequence[Comparison]) -> str:
    assert law.order is not None
    passed = np.array([each.holds for each in compared])
    for each in compared:
        size = np.array([level.small for level in each.levels])
        error = np.array([max(level.error, _TINY) for level in each.levels])
        floor = np.array([level.floor for level in each.levels])
        look: dict[str, Any] = {"color": BAD, "marker": "X"}
        if each.holds:
            look = {"color": SEEN, "marker": "o", "mfc": "none"}
        left.plot(size, np.maximum(error, floor), "-", lw=1, ms=5, mew=1.2, **look)
        guide = max(error[0], floor[0]) * (size / size[0]) ** law.order
        left.plot(size, guide, color=INK, lw=1, ls=(0, (2, 2)))
        left.plot(size, floor, "_", color=MUTED, ms=7)
    left.set(xscale="log", yscale="log", xlabel=law.small or "", ylabel="relative error")
    left.plot([], [], color=INK, lw=1, ls=(0, (2, 2)), label=f"order {law.order:g}")
    left.plot([], [], "_", color=MUTED, label="error of the observation")
    orders = np.array([fitted_order(*each.levels) for each in compared])
    measurable = np.array([each.levels[0].error > each.levels[0].floor for each in compared])
    place = np.arange(1.0, len(compared) + 1)
    claimed, least = law.order, law.order - SLOPE_TOLERANCE
    right.axhline(claimed, color=INK, lw=1, ls=(0, (2, 2)), label=f"claimed: {number(claimed, 3)}")
    right.axhline(least, color=ALLOWED, lw=1.2, ls=(0, (5, 2)), label=f"least: {number(least, 3)}")
    _marks(right, place[measurable], orders[measurable], passed[measurable])
    seen = orders[measurable] if measurable.any() else np.array([law.order])
    limits = min(0.0, seen.min() - 0.3), max(seen.max(), law.order) + 0.6
    right.set(ylim=limits, ylabel="fitted order")
    _number_cases(right, len(compared))
    hidden = int(np.sum(~measurable))
    unseen = f" In {hidden} cases the error is below that of the observation." if hidden else ""
    return (
        f"Left: relative error as {law.small} is halved twice, one line per case, with the slope of"
        f" order {law.order:g}; errors below that of the observation are drawn at it. Right: the"
        f" fitted order by case, from {number(seen.min(), 3)} to {number(seen.max(), 3)}; at least"
        f" {number(least, 3)} is required.{unseen}"
    )
