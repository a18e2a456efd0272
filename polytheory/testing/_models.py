"""Strategies for models and distributions of noise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import ToyModel
from polytheory.noise import Bipolar, Gaussian, Laplace, Noise, Symmetric, Uniform
from polytheory.testing._sizes import bound, named, words
from polytheory.theory.fixed_points import critical_l1


def strengths(min_l1: float, max_l1: float | None) -> st.SearchStrategy[float]:
    """Return a strategy for λ within the bounds."""
    low = _checks.scalar("min_l1", min_l1)
    top = max(critical_l1(), low) if max_l1 is None else _checks.scalar("max_l1", max_l1, low=low)
    return st.floats(low, top, allow_subnormal=False)


def models(
    *,
    size: str = "balanced",
    max_features: int | None = None,
    max_neurons: int | None = None,
    min_l1: float = 0.0,
    max_l1: float | None = None,
    noise: st.SearchStrategy[Any] | None = None,
) -> st.SearchStrategy[ToyModel]:
    """Return a strategy for toy models of any shape, m < n included.

    Parameters
    ----------
    size : {"fast", "balanced", "thorough"}
        n and m up to 4 and 5, 6 and 8, or 12 and 16.
    max_features, max_neurons : int
        Bounds on n and m, instead of those of the size.
    min_l1, max_l1 : float
        Bounds on λ, flow units; by default 0 and the strength above which no weight survives.
    noise : SearchStrategy
        A strategy for distributions of noise, such as ``noises()`` or ``st.none() | noises()``; by
        default no noise.

    Returns
    -------
    SearchStrategy

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import models
    >>> find(models(), lambda model: model.n_features > model.n_neurons)
    ToyModel(n_features=2, n_neurons=1, l1_strength=0.0, noise=None)
    """
    scale = named(size)
    n = bound("max_features", max_features, scale.features)
    m = bound("max_neurons", max_neurons, scale.neurons)
    if not isinstance(noise, st.SearchStrategy | None):
        raise _checks.refuse_type("noise", noise, "a strategy such as noises(), or None")
    return st.builds(
        ToyModel,
        n_features=st.integers(1, n),
        n_neurons=st.integers(1, m),
        l1_strength=strengths(min_l1, max_l1),
        noise=st.none() if noise is None else noise,
    )


def _three_valued(u: ArrayLike, *, zero: float) -> Any:
    return zero + (1.0 - zero) * np.cos(np.asarray(u) / np.sqrt(1.0 - zero))


def _draw_three_valued(
    shape: tuple[int, ...], *, rng: np.random.Generator, std: float, zero: float
) -> FloatArray:
    living = rng.random(shape) >= zero
    signs = np.where(living, rng.choice([-1.0, 1.0], shape), 0.0)
    return np.asarray(std / np.sqrt(1.0 - zero) * signs)


def _symmetric(std: float, zero: float) -> Symmetric:
    """Return a distribution of class `Symmetric`: zero with a given probability, else ±const."""
    return Symmetric(
        std=std,
        characteristic_function=partial(_three_valued, zero=zero),
        sample=partial(_draw_three_valued, std=std, zero=zero),
        even_cumulants=(1.0, 1.0 / (1.0 - zero) - 3.0),
        bound=std / np.sqrt(1.0 - zero),
    )


#: The distributions with no parameter but σ, the simplest first.
PLAIN = {"bipolar": Bipolar, "uniform": Uniform, "gaussian": Gaussian, "laplace": Laplace}
SYMMETRIC = "symmetric"


def noises(
    *,
    distributions: Sequence[str] = (*PLAIN, SYMMETRIC),
    min_std: float = 0.01,
    max_std: float = 0.5,
) -> st.SearchStrategy[Noise]:
    """Return a strategy for distributions of the noise on a hidden neuron.

    Parameters
    ----------
    distributions : sequence of str
        From "bipolar", "uniform", "gaussian", "laplace" and "symmetric" (a `Symmetric` with three
        values, zero with a probability of up to 0.9: its excess kurtosis is between −2 and 7); by
        default all.
    min_std, max_std : float
        Bounds on σ.

    Returns
    -------
    SearchStrategy

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import noises
    >>> find(noises(), lambda noise: noise.excess_kurtosis > 1)
    Laplace(std=0.5)
    """
    low = _checks.scalar("min_std", min_std, low=1e-20, high=_checks.MAX_STRENGTH)
    std = st.floats(low, _checks.scalar("max_std", max_std, low=low, high=_checks.MAX_STRENGTH))
    wanted = words("distributions", distributions, (*PLAIN, SYMMETRIC))
    if not wanted:
        raise _checks.refuse_value("distributions", "none", "at least one name")
    drawn = {name: st.builds(distribution, std=std) for name, distribution in PLAIN.items()}
    drawn[SYMMETRIC] = st.builds(_symmetric, std, st.floats(0.0, 0.9))
    return st.one_of([drawn[name] for name in wanted])
