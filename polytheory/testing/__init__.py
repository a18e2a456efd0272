"""Hypothesis strategies and assertions to test laws and bounds (extra ``testing``).

The strategies cover the whole domain: `rows` draws rows that the ℓ1 flow accepts, `times` strictly
increasing flow times, `from_law` the cases on which a law is judged. `assert_law`, `assert_bound`
and `assert_predicate` search for a case that refutes a law, a bound or a statement, and show the
smallest that they find, with the call that repeats it.

Every strategy has a named size: "fast", "balanced" (the default) or "thorough". Importing this
module registers strategies for `polytheory.ToyModel` and for the distributions of
`polytheory.noise`; it is imported once Hypothesis and polytheory both are, in either order.
"""

try:
    import hypothesis as _  # noqa: F401 - only for the error message
except ImportError as missing:
    raise ImportError(
        "polytheory.testing needs Hypothesis: pip install 'polytheory[testing]'"
    ) from missing

from polytheory.testing._arrays import encodings as encodings
from polytheory.testing._arrays import rows as rows
from polytheory.testing._arrays import times as times
from polytheory.testing._assertions import Undecided as Undecided
from polytheory.testing._assertions import assert_bound as assert_bound
from polytheory.testing._assertions import assert_law as assert_law
from polytheory.testing._assertions import assert_law_can_fail as assert_law_can_fail
from polytheory.testing._assertions import assert_predicate as assert_predicate
from polytheory.testing._domains import from_domain as from_domain
from polytheory.testing._domains import from_law as from_law
from polytheory.testing._models import models as models
from polytheory.testing._models import noises as noises
from polytheory.testing._register import register as _register
from polytheory.testing._search import Evidence as Evidence
from polytheory.testing._simulations import Simulation as Simulation
from polytheory.testing._simulations import trajectories as trajectories

_register()
