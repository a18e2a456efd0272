"""Strategies for the cases of domains and laws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from polytheory import _checks
from polytheory.checking import Law
from polytheory.domain import Case, Domain, Interval


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
    """Return a strategy for cases in a domain: one number per parameter.

    Parameters
    ----------
    domain : Domain

    Returns
    -------
    SearchStrategy
        Draws dictionaries from parameter name to number that satisfy the domain's predicate.

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
    """Return a strategy for the cases on which a law is judged.

    Parameters
    ----------
    law : Law

    Returns
    -------
    SearchStrategy
        Draws dictionaries from parameter name to number, the arguments of ``law.observe(...)`` and,
        after ``law.prepare(...)``, of ``law.predict(...)``.

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
    return from_domain(law.cases)
