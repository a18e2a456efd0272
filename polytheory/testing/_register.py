"""Registration of strategies for the types of this package, for `st.from_type`."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from polytheory.model import ToyModel
from polytheory.noise import Noise, Symmetric
from polytheory.testing._models import PLAIN, SYMMETRIC, models, noises


def register() -> None:
    """Register strategies with Hypothesis; each is built on first use, to keep the import fast."""
    st.register_type_strategy(ToyModel, lambda _: models())
    st.register_type_strategy(Noise, lambda _: noises())
    for name, distribution in {**PLAIN, SYMMETRIC: Symmetric}.items():
        st.register_type_strategy(distribution, partial(_one_distribution, name))


def _one_distribution(name: str, _: type) -> st.SearchStrategy[Noise]:
    return noises(distributions=[name])
