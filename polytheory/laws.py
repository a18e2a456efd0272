"""The catalogue: all laws of the library, collected from the checks of `polytheory.theory`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import Any

from polytheory import _checks
from polytheory.checking import Law, LawError, Observation
from polytheory.claims import Claim, Kind, claims_of
from polytheory.theory import modules, predictors

__all__ = ["CATALOGUE", "Kind", "Law", "LawError", "Observation", "law", "laws_named"]


def _laws() -> Iterator[Law]:
    for name in modules("check"):
        yield from getattr(import_module(name), "LAWS", ())


def refuse_incomplete(
    laws: tuple[Law, ...], claims: tuple[Claim, ...], forms: tuple[Callable[..., Any], ...] = ()
) -> None:
    """Raise if a claim lacks a part, a closed form its claim, or a name occurs twice.

    Parameters
    ----------
    laws : tuple of Law
        All laws.
    claims : tuple of Claim
        The claims attached to closed forms, each with statement, source, domain and check.
    forms : tuple of callable
        The closed forms, each with a claim.

    Raises
    ------
    ValueError
        The message names each claim and what it lacks.
    """
    judged = {law.claim for law in laws}
    problems = [
        f"{each.name} has no {', no '.join(missing)}"
        for each in dict.fromkeys([*(law.claim for law in laws if law.claim), *claims])
        if (missing := [*each.missing, *([] if each in judged or each.tested_in else ["check"])])
    ]
    problems += [f"{law.name} has no claim" for law in laws if law.claim is None]
    problems += [f"{form.__name__} has no claim" for form in forms if not claims_of(form)]
    names = [law.name for law in laws]
    problems += [
        f"{name} occurs twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if problems:
        raise ValueError(f"the catalogue is incomplete: {'; '.join(problems)}")


@cache
def _catalogue() -> tuple[Law, ...]:
    laws = tuple(_laws())
    forms = tuple(predictors())
    refuse_incomplete(laws, tuple(each for form in forms for each in claims_of(form)), forms)
    return laws


#: All laws, in the order of the theory.
CATALOGUE: tuple[Law, ...] = _catalogue()


def law(name: str) -> Law:
    """Return the law of the given name.

    Parameters
    ----------
    name : str
        A name of the catalogue; ``polytheory verify --list`` prints them.

    Returns
    -------
    Law
        With its claim, domain, kind, source, cases, predictor, proof, derivation and check.

    Raises
    ------
    TypeError, ValueError
        If there is no law of that name.

    Examples
    --------
    >>> import polytheory
    >>> law = polytheory.law("cosine_decay")
    >>> law.kind.value, law.predictor.__name__, law.derivation
    ('exact', 'cosine_decay', 'derivations/interference.md')
    """
    if not isinstance(name, str):
        raise _checks.refuse_type("name", name, "the name of a law")
    for each in CATALOGUE:
        if each.name == name:
            return each
    raise _unknown("name", name, "the name of a law")


def laws_named(pattern: str, argument: str = "laws") -> tuple[Law, ...]:
    """Return the laws whose names match a pattern with ``*``, ``?`` and ``[...]``.

    Parameters
    ----------
    pattern : str
        A name, or a pattern.
    argument : str
        Name of the argument, for the error.

    Returns
    -------
    tuple of Law
        At least one.

    Raises
    ------
    ValueError
        If none matches.

    Examples
    --------
    >>> from polytheory.laws import laws_named
    >>> [law.name for law in laws_named("paper_*")]
    ['paper_l1_norm', 'paper_nonzero_count', 'paper_time_to_count']
    """
    found = tuple(each for each in CATALOGUE if fnmatchcase(each.name, pattern))
    if not found:
        raise _unknown(argument, pattern)
    return found


def _unknown(
    argument: str, name: str, allowed: str = "the name of a law, or a pattern"
) -> ValueError:
    known = [each.name for each in CATALOGUE]
    near = get_close_matches(name, known, n=3)
    hint = f"Close matches: {', '.join(near)}." if near else "See `polytheory verify --list`."
    if argument == "--law":  # which also takes user-defined laws
        allowed += ", or module:NAME or file.py:NAME"
    return _checks.refuse_value(argument, repr(name), allowed, hint)
