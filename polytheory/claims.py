"""Claims: the kind, domain, statement and source of each result, declared once.

A claim is attached to the closed form that it describes::

    @claim(Kind.EXACT, CARRIER, says="x₊ = …", source="fixed_points: One weight")
    def carrier_amplitude(l1_strength): ...

or stands alone where there is no public closed form. Its check (`polytheory.checking`) defines how
it is observed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from polytheory import _checks
from polytheory.domain import Domain, Interval, whole

#: The names with which claims are written.
__all__ = ["Claim", "Domain", "Interval", "Kind", "claim", "claims_of", "whole"]

Form = TypeVar("Form", bound=Callable[..., Any])


class Kind(Enum):
    """Kind of a claim, which decides how it is judged (see `polytheory.compare`)."""

    EXACT = "exact"
    LEADING_ORDER = "leading order"
    BOUND = "bound"
    STATISTICAL = "statistical"
    EMPIRICAL = "empirical"


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """One statement of the theory.

    Attributes
    ----------
    name : str
        The same in the catalogue, in reports and on pages.
    kind : Kind
        Decides how the claim is judged.
    domain : Domain
        The arguments for which it holds; the closed form checks its arguments against it.
    says : str
        The statement, readable in a terminal.
    source : str
        ``chapter: Section``, the heading in ``derivations/chapter.md`` under which it is derived
        or, if it is empirical, measured; the published source follows in brackets.
    predictor : callable, optional
        The public closed form.
    rests_on : str
        The statement of `polytheory.symbolic` that proves it, or the part of it that is proved.
    note : str
        A remark for readers of the report.
    tested_in : str
        The test that checks it, if `polytheory.verify` does not.
    error : callable, optional
        Leading order: the largest relative error of the closed form at given arguments, which the
        check compares with observations. Takes the arguments of `domain` by keyword, broadcast.

    Raises
    ------
    TypeError
        If a field has the wrong type.

    Examples
    --------
    >>> from polytheory.theory.fixed_points import carrier_amplitude
    >>> from polytheory.claims import claims_of
    >>> (claim,) = claims_of(carrier_amplitude)
    >>> claim.kind, claim.derivation
    (<Kind.EXACT: 'exact'>, 'derivations/fixed_points.md')
    """

    name: str
    kind: Kind
    domain: Domain
    says: str
    source: str
    predictor: Callable[..., Any] | None = None
    rests_on: str = ""
    note: str = ""
    tested_in: str = ""
    error: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        words = ("name", "says", "source", "rests_on", "note", "tested_in")
        for field, wanted in (dict.fromkeys(words, str) | {"kind": Kind}).items():
            if not isinstance(getattr(self, field), wanted):
                raise _checks.refuse_type(field, getattr(self, field), f"a {wanted.__name__}")
        given: Any = self.error
        if given is not None and not (callable(given) and self.kind is Kind.LEADING_ORDER):
            raise _checks.refuse_type("error", given, "a function, of a leading-order claim")

    @property
    def chapter(self) -> str:
        """The chapter in which it is derived; empty if the source names none."""
        found = re.match(r"(\w+): ", self.source)
        return found[1] if found else ""

    @property
    def derivation(self) -> str:
        """The file of the repository in which it is derived or measured."""
        return f"derivations/{self.chapter}.md" if self.chapter else ""

    @property
    def section(self) -> str:
        """The heading of the chapter under which it is derived or measured."""
        return self.source.partition(": ")[2].partition(" (")[0]

    @property
    def citation(self) -> str:
        """Its source: chapter and heading of the derivation, then the published source."""
        if not self.chapter:
            return self.source
        _, bracket, published = self.source.partition(" (")
        return f"derivations/{self.chapter}, “{self.section}”{bracket}{published}"

    @property
    def missing(self) -> list[str]:
        """The names of the required fields that are empty."""
        domain: Any = self.domain
        there = {
            "says": self.says.strip(),
            "source": self.chapter,
            "domain": isinstance(domain, Domain) and domain.intervals,
        }
        return [each for each, found in there.items() if not found]


def claim(
    kind: Kind,
    domain: Domain,
    *,
    says: str,
    source: str,
    name: str = "",
    rests_on: str = "",
    error: Callable[..., Any] | None = None,
    **more: Any,
) -> Callable[[Form], Form]:
    """Attach a claim to a closed form, which is returned unchanged.

    Parameters
    ----------
    kind, domain, says, source, **more
        As in `Claim`; `more` can contain ``note`` and ``tested_in``.
    name : str, optional
        The name of the function by default. If a function has several claims, each needs a name.
    rests_on : str, optional
        Name of a statement in `polytheory.symbolic`, by default that of the claim.
    error : callable, optional
        Leading order: the stated relative error, as in `Claim`.

    Returns
    -------
    callable
        The decorator.
    """

    def attach(form: Form) -> Form:
        own = name or form.__name__
        about: dict[str, Any] = {"name": own, "predictor": form, "rests_on": rests_on or own} | more
        made = Claim(kind=kind, domain=domain, says=says, source=source, error=error, **about)
        form.__dict__["claims"] = (made, *claims_of(form))  # decorators apply from the last up
        return form

    return attach


def claims_of(form: Any) -> tuple[Claim, ...]:
    """Return the claims attached to a closed form, in the order in which they are written."""
    found: tuple[Claim, ...] = getattr(form, "claims", ())
    return found
