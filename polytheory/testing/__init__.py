"""Hypothesis strategies and assertions for bounds of one's own (extra ``testing``).

Domains come from the mathematics: `rows` are rows that a ℓ1 flow accepts, `times` are strictly
increasing flow times, `from_law` draws the cases on which a law claims to hold. `assert_law` and
`assert_bound` draw, simulate and show the smallest counterexample.

Every strategy takes a named size: "fast", "balanced" (the default) or "thorough". Importing this
module registers strategies for `polytheory.ToyModel` and for the laws of `polytheory.noise`; with
Hypothesis and polytheory both imported, in either order, that has happened.
"""

try:
    import hypothesis as _  # noqa: F401 - only to say what to install
except ImportError as missing:
    raise ImportError(
        "polytheory.testing needs Hypothesis: pip install 'polytheory[testing]'"
    ) from missing

from polytheory.testing._arrays import encodings as encodings
from polytheory.testing._arrays import rows as rows
from polytheory.testing._arrays import times as times
from polytheory.testing._assertions import assert_bound as assert_bound
from polytheory.testing._assertions import assert_law as assert_law
from polytheory.testing._assertions import assert_law_can_fail as assert_law_can_fail
from polytheory.testing._domains import from_domain as from_domain
from polytheory.testing._domains import from_law as from_law
from polytheory.testing._models import models as models
from polytheory.testing._models import noises as noises
from polytheory.testing._register import register as _register
from polytheory.testing._simulations import Simulation as Simulation
from polytheory.testing._simulations import trajectories as trajectories

_register()
