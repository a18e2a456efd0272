"""Hypothesis strategies for the model, and laws turned into strategies (extra ``testing``).

Domains come from the mathematics: `rows` are rows that a ℓ1 flow accepts, `times` are strictly
increasing flow times, `from_law` draws the cases on which a law claims to hold.
"""

from polytheory.testing._strategies import from_domain as from_domain
from polytheory.testing._strategies import from_law as from_law
from polytheory.testing._strategies import models as models
from polytheory.testing._strategies import rows as rows
from polytheory.testing._strategies import times as times
