"""Certificates: inequalities proved by ball arithmetic (extra ``certify``).

A ball is an interval with a midpoint and a radius that contains the number meant, whatever was
rounded. `certify` evaluates the margin of an inequality on a box of arguments as a ball; a ball
that is not negative proves the inequality on the whole box, otherwise the box is halved. A law
names its certificate in the field ``certificate``, and ``polytheory verify --certify`` runs it.
"""

from polytheory.certificates._certify import Certificate, Certified, Inequality, certify
from polytheory.certificates._certify import no_certificate as no_certificate
from polytheory.certificates._certify import require_flint as require_flint

__all__ = ["Certificate", "Certified", "Inequality", "certify"]
