"""Settled layers on inputs whose features are active independently, against the exact loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.flow.simulate import MIN_L1, simulate
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli
from polytheory.model import ToyModel
from polytheory.noise import Gaussian
from polytheory.observables import polysemantic_neurons
from polytheory.theory.fixed_points import carrier_amplitude
from polytheory.theory.tradeoff import neuron_loss, one_hot_loss

__all__ = ["Cost", "compute_cost", "noise_of"]


@dataclass(frozen=True, eq=False)
class Cost:
    """Losses of N settled layers of each of P settings; arrays are read-only.

    Attributes
    ----------
    n_features : int
    n_neurons, l1_strength : ndarray (P,)
    probability : ndarray (K,)
        p of the inputs.
    std : ndarray (S,)
        σ of Gaussian noise on the hidden layer at the time of the test; 0 is none.
    count : ndarray (P, N) of int
        Polysemantic neurons by the published rule.
    loss, error : ndarray (P, N, S, K)
        Mean over the sampled inputs, and its standard error.
    exact : ndarray (P, N, S, K)
        What `one_hot_loss` says of the same encodings.
    n_inputs : int
        How many were sampled, each time.
    seed : Seed
    """

    n_features: int
    n_neurons: NDArray[np.int64]
    l1_strength: FloatArray
    probability: FloatArray
    std: FloatArray
    count: NDArray[np.int64]
    loss: FloatArray
    error: FloatArray
    exact: FloatArray
    n_inputs: int
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def deviations(self) -> FloatArray:
        """Return (sampled − exact) in standard errors, (P, N, S, K)."""
        return (self.loss - self.exact) / self.error

    def apart(self) -> FloatArray:
        """Return the loss if no neuron were shared, (P, 1, S, K)."""
        x = np.asarray(carrier_amplitude(self.l1_strength))[:, None]
        single = [
            neuron_loss(1, 0, probability=self.probability, amplitude=x, noise=noise_of(std))
            for std in self.std
        ]
        return self.n_features * np.stack(single, axis=1)[:, None]


def noise_of(std: float) -> Gaussian | None:
    """Return Gaussian noise of that width, None for 0."""
    return Gaussian(std=float(std)) if std > 0 else None


def compute_cost(
    *,
    n_features: int,
    n_neurons: Iterable[int],
    l1_strengths: Iterable[float],
    probabilities: Iterable[float],
    stds: Iterable[float] = (0.0,),
    n_instances: int = 8,
    n_inputs: int = 10_000,
    rng: Any,
    progress: bool = False,
) -> Cost:
    """Let layers settle in the full flow of basis vectors, and test them on features together.

    Parameters
    ----------
    n_features : int
        n.
    n_neurons : iterable of int
        The widths m.
    l1_strengths : iterable of float
        λ in flow units, from 1e-8 to 2/(3√3).
    probabilities : iterable of float
        p with which each feature is active, in (0, 1].
    stds : iterable of float
        σ of Gaussian noise at the time of the test; 0 for none.
    n_instances : int
        Of each setting.
    n_inputs : int
        For each instance, σ and p.
    rng : Generator, SeedSequence, int or None
        Each setting (m, λ), λ changing fastest, has a stream of its own.
    progress : bool
        Whether to show a progress bar, one unit a setting.

    Returns
    -------
    Cost

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or a run does not settle.

    Examples
    --------
    >>> from polytheory.experiments.tradeoff import compute_cost
    >>> data = compute_cost(
    ...     n_features=8,
    ...     n_neurons=[8],
    ...     l1_strengths=[0.05],
    ...     probabilities=[0.1, 0.3],
    ...     n_instances=3,
    ...     n_inputs=2000,
    ...     rng=0,
    ... )
    >>> data.loss.shape, bool((abs(data.deviations()) < 4).all())
    ((1, 3, 1, 2), True)
    """
    n = _checks.integer("n_features", n_features, minimum=1)
    settings = [
        (
            _checks.integer("n_neurons", m, minimum=1),
            _checks.scalar("l1_strength", lam, low=MIN_L1, high=_checks.MAX_STRENGTH),
        )
        for m, lam in product(n_neurons, l1_strengths)
    ]
    size = _checks.integer("n_inputs", n_inputs, minimum=2)
    batches = [Bernoulli(probability=p, size=size) for p in probabilities]
    widths = [_checks.scalar("std", std) for std in stds]
    for name, given in (("n_neurons", settings), ("probabilities", batches), ("stds", widths)):
        if not given:
            raise _checks.refuse_value(name, "none", "one at least")
    generators, seed = streams(rng, len(settings))

    counts, tested = [], []
    pairs = list(zip(settings, generators, strict=True))
    for (m, lam), generator in watch(pairs, progress=progress, label="settings"):
        model = ToyModel(n, m, l1_strength=lam)
        run = simulate(model, initial_encodings(model, n_instances, rng=generator))
        counts.append(polysemantic_neurons(run.final))
        tested.append([[_tested(W, batches, std, generator) for std in widths] for W in run.final])
    loss, error, exact = np.moveaxis(np.array(tested), -2, 0)
    m_all, lam_all = zip(*settings, strict=True)
    p_all = np.array([batch.probability for batch in batches])
    return Cost(
        n_features=n,
        n_neurons=np.array(m_all),
        l1_strength=np.array(lam_all),
        probability=p_all,
        std=np.array(widths),
        count=np.array(counts),
        loss=loss,
        error=error,
        exact=exact,
        n_inputs=size,
        seed=seed,
    )


def _tested(
    W: FloatArray, batches: list[Bernoulli], std: float, rng: np.random.Generator
) -> FloatArray:
    """Return sampled mean, its standard error and the exact loss for each batch: (3, K)."""
    exact = one_hot_loss(W, probability=[each.probability for each in batches], noise=noise_of(std))
    seen = []
    for batch in batches:
        x = batch.sample(W.shape[-2], rng=rng)
        hidden = x @ W
        if std > 0:
            hidden += rng.normal(0.0, std, hidden.shape)
        losses = np.square(np.maximum(hidden @ W.T, 0.0) - x).sum(axis=-1)
        seen.append((losses.mean(), losses.std(ddof=1) / np.sqrt(batch.size)))
    return np.vstack([np.transpose(seen), exact])
