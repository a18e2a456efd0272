"""The strategies. Simple examples come first, so that a failure shrinks to two or three weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.domain import Case, Domain, Interval
from polytheory.laws import Law
from polytheory.model import ToyModel
from polytheory.theory.fixed_points import critical_l1

__all__ = ["from_domain", "from_law", "models", "rows", "times"]


def rows(
    *, min_neurons: int = 1, max_neurons: int = 12, largest: float = 2.0
) -> st.SearchStrategy[FloatArray]:
    """Rows of weights, shape (m,): dense, sparse, tied and nearly tied, never all zero.

    Parameters
    ----------
    min_neurons, max_neurons : int
        Bounds on m.
    largest : float
        Bound on the size of a weight.

    Returns
    -------
    SearchStrategy

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import rows
    >>> find(rows(), lambda row: (row < 0).any()).size
    1
    """
    low = _checks.integer("min_neurons", min_neurons, minimum=1)
    high = _checks.integer("max_neurons", max_neurons, minimum=low)
    top = _checks.scalar("largest", largest, low=1e-3)
    plain = st.floats(-top, top, allow_subnormal=False)
    rough = st.sampled_from([0.0, 0.1 * top, 0.5 * top, -0.5 * top, top])
    # Ties and near-ties are where winner-take-all is decided, so they are drawn on purpose.
    near = st.tuples(rough, st.floats(-1e-9, 1e-9)).map(lambda pair: pair[0] * (1.0 - abs(pair[1])))
    weights = st.lists(st.one_of(plain, rough, near), min_size=low, max_size=high)
    return weights.map(np.array).filter(lambda row: np.abs(row).max() > 1e-6 * top)


def times(
    *, max_time: float = 100.0, min_count: int = 1, max_count: int = 6
) -> st.SearchStrategy[FloatArray]:
    """Strictly increasing flow times from 0 to `max_time`, shape (T,).

    Parameters
    ----------
    max_time : float
        The latest time.
    min_count, max_count : int
        Bounds on T.

    Returns
    -------
    SearchStrategy

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import times
    >>> find(times(), lambda t: t.size == 2).tolist()
    [0.0, 1.0]
    """
    top = _checks.scalar("max_time", max_time, low=1e-9)
    fewest = _checks.integer("min_count", min_count, minimum=1)
    most = _checks.integer("max_count", max_count, minimum=fewest)
    instant = st.floats(0.0, top, allow_subnormal=False)
    series = st.lists(instant, min_size=fewest, max_size=most, unique=True)
    return series.map(lambda values: np.array(sorted(values)))


def models(
    *, max_features: int = 6, max_neurons: int = 8, max_l1: float | None = None
) -> st.SearchStrategy[ToyModel]:
    """Toy models of any proportion, m < n included.

    Parameters
    ----------
    max_features, max_neurons : int
        Bounds on n and m.
    max_l1 : float, optional
        Bound on λ; by default the strength above which no weight survives.

    Returns
    -------
    SearchStrategy

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import models
    >>> find(models(), lambda model: model.n_features > model.n_neurons)
    ToyModel(n_features=2, n_neurons=1, l1_strength=0.0, noise=None)
    """
    n = _checks.integer("max_features", max_features, minimum=1)
    m = _checks.integer("max_neurons", max_neurons, minimum=1)
    top = critical_l1() if max_l1 is None else _checks.scalar("max_l1", max_l1)
    return st.builds(
        ToyModel,
        n_features=st.integers(1, n),
        n_neurons=st.integers(1, m),
        l1_strength=st.floats(0.0, top, allow_subnormal=False),
    )


def _within(interval: Interval) -> st.SearchStrategy[Any]:
    if interval.integer:
        return st.integers(interval.first_integer, interval.last_integer)
    return st.floats(
        interval.low,
        interval.high,
        exclude_min=interval.open_low,
        exclude_max=interval.open_high,
        allow_nan=False,
        allow_infinity=False,
        allow_subnormal=False,
    )


def from_domain(domain: Domain) -> st.SearchStrategy[Case]:
    """Cases inside a domain: one number a parameter, with the domain's predicate met.

    Parameters
    ----------
    domain : Domain

    Returns
    -------
    SearchStrategy
        Of dictionaries from parameter name to number.

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory import Domain, Interval
    >>> from polytheory.testing import from_domain
    >>> find(from_domain(Domain({"x": Interval(1, 9, integer=True)})), lambda case: case["x"] > 3)
    {'x': 4}
    """
    if not isinstance(domain, Domain):
        raise _checks.refuse_type("domain", domain, "a Domain")
    parameters = {name: _within(interval) for name, interval in domain.intervals.items()}
    return st.fixed_dictionaries(parameters).filter(lambda case: domain.contains(**case))


def from_law(law: Law) -> st.SearchStrategy[Case]:
    """Cases on which a law claims to hold.

    Parameters
    ----------
    law : Law

    Returns
    -------
    SearchStrategy
        Of dictionaries from parameter name to number, ready for ``law.predict(**law.prepare(...))``
        and ``law.observe(...)``.

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.laws.fixed_points import LAWS
    >>> from polytheory.testing import from_law
    >>> find(from_law(LAWS[0]), lambda case: True)
    {'l1_strength': 0.0}
    """
    if not isinstance(law, Law):
        raise _checks.refuse_type("law", law, "a Law")
    return from_domain(law.domain)
