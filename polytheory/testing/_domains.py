"""Strategies for the cases of domains and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from polytheory import _checks
from polytheory.checking import Law
from polytheory.domain import Case, Domain, Interval
from polytheory.testing._spread import Search

#: Number of draws, all outside, after which a domain counts as empty: 20 for each of them.
_LOOKED = 50


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


def _cases(name: str, domain: Domain) -> st.SearchStrategy[Case]:
    """Return the strategy for cases of a domain; an empty one is refused by name."""
    parameters = {each: _within(interval) for each, interval in domain.intervals.items()}
    for each, drawn in parameters.items():
        try:
            drawn.validate()
        except InvalidArgument:
            came = f"{each} in {domain.intervals[each]}, which contains no number that can be drawn"
            raise _checks.refuse_value(name, came, "non-empty") from None
    inside = Search(domain, lambda _: (True, {}), _LOOKED, np.random.default_rng(0)).run()
    if inside is None:
        came = f"{str(domain).lstrip('; ')}: none of {20 * _LOOKED:,} draws lies inside"
        raise _checks.refuse_value(name, came, "non-empty")
    return st.fixed_dictionaries(parameters).filter(lambda case: domain.contains(**case))


def from_domain(domain: Domain) -> st.SearchStrategy[Case]:
    """Return a strategy for cases in a domain: one number per parameter.

    Parameters
    ----------
    domain : Domain

    Returns
    -------
    SearchStrategy
        Draws dictionaries from parameter name to number that satisfy the domain's predicate.

    Raises
    ------
    TypeError, ValueError
        If `domain` is no Domain, or nothing is in it.

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
    return _cases("domain", domain)


def from_law(law: Law) -> st.SearchStrategy[Case]:
    """Return a strategy for the cases on which a law is judged.

    Parameters
    ----------
    law : Law

    Returns
    -------
    SearchStrategy
        Draws dictionaries from parameter name to number, the arguments of ``law.observe(...)`` and,
        after ``law.prepare(...)``, of ``law.predict(...)``.

    Raises
    ------
    TypeError, ValueError
        If `law` is no Law, or nothing is in the domain of its cases.

    Examples
    --------
    >>> from hypothesis import find
    >>> import polytheory
    >>> from polytheory.testing import from_law
    >>> find(from_law(polytheory.law("carrier_amplitude")), lambda case: True)
    {'l1_strength': 0.0}
    """
    if not isinstance(law, Law):
        raise _checks.refuse_type("law", law, "a Law")
    return _cases(f"law {law.name!r}: its cases", law.cases)
