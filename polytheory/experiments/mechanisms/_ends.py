"""Runs under ℓ1, noise and both, from the same encodings to their ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.experiments._noise import cool_rate, long_time, middle_of_window, sampled
from polytheory.experiments._sheet import Entry, Run, fill
from polytheory.experiments._store import Seed, streams
from polytheory.experiments.mechanisms._counts import MECHANISMS, RESULTS, Counts
from polytheory.flow.simulate import MIN_L1, simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import DISTRIBUTIONS
from polytheory.observables import carriers, polysemantic_neurons, winner_fidelity

__all__ = ["compute_counts", "partly_shared"]

#: Under both, ℓ1 decides when it is over: after this many 1/λ.
PATIENCE_L1 = 20.0


class Setting(NamedTuple):
    """One point of the grid."""

    mechanism: str
    n_features: int
    n_neurons: int
    l1_strength: float
    std: float
    learning_rate: float
    end: float
    n_instances: int


class Task(NamedTuple):
    """One instance: all that another process has to know."""

    entry: Entry
    setting: Setting
    distribution: str
    noise_shared_over: str


def partly_shared(W: FloatArray) -> int:
    """Count neurons on which two features or more have over a quarter of their squared norm."""
    squares = np.square(W)
    part = squares > 0.25 * squares.sum(axis=-1, keepdims=True)
    return int(np.count_nonzero(part.sum(axis=-2) >= 2))


def follow(task: Task) -> tuple[float, ...]:
    """Follow one instance to its end and count."""
    given = task.setting
    n, m, lam = given.n_features, given.n_neurons, given.l1_strength
    noise = DISTRIBUTIONS[task.distribution](std=given.std) if given.std > 0 else None
    model = ToyModel(n, m, l1_strength=lam, noise=noise)
    start = initial_encodings(model, rng=task.entry.generator())
    if noise is None:
        final = simulate(model, start).final
    elif given.learning_rate == 0:
        final = simulate(model, start, max_time=given.end).final
    else:
        final = sampled(
            model,
            start,
            learning_rate=given.learning_rate,
            time=given.end,
            noise_shared_over=task.noise_shared_over,
            rng=task.entry.of_noise(),
        )
    W = np.asarray(final, dtype=np.float64)
    return (
        int(polysemantic_neurons(W)),
        int(polysemantic_neurons(W, carrier_rule="share")),
        partly_shared(W),
        int(np.count_nonzero(carriers(W, carrier_rule="share") >= 0)),
        round(n * float(winner_fidelity(start, W))),
    )


def compute_counts(
    *,
    n_features: Iterable[int],
    widths: Iterable[float],
    mechanisms: Sequence[str] = MECHANISMS,
    l1_strength: float = 0.01,
    distribution: str = "bipolar",
    std: float | None = None,
    followed: int = 512,
    patience: float = 5.0,
    averaged_up_to: int = 128,
    temperature: float = 0.03,
    noise_shared_over: str = "input",
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Counts:
    """Count polysemantic neurons under ℓ1, noise and both, from the same initial encodings.

    Parameters
    ----------
    n_features : iterable of int
        n, each at least 3.
    widths : iterable of float
        m/n, each at least 1; m is rounded to a whole number.
    mechanisms : sequence of {"l1", "noise", "both"}
    l1_strength : float
        λ in flow units, at least 1e-8.
    distribution : {"bipolar", "uniform"}
        Of the noise; others make nothing sparse.
    std : float, optional
        σ; by default the geometric middle of `working_window`, which lies in 1 < (n−1)σ < 3.
    followed : int
        Instances are as many as follow this many features in all. So the cells of one m/n can
        expect the same number of shared neurons.
    patience : float
        Noise alone is followed for so many `half_sparsity_time`; both for 20/λ.
    averaged_up_to : int
        Up to so many weights, nm, the flow is followed on average over noise; beyond, the noise is
        sampled by gradient descent.
    temperature : float
        Θ of `largest_learning_rate`, which sets the learning rate, or 0.05 if that is less.
    noise_shared_over : {"input", "batch"}
        Of sampled noise, see `train`.
    rng : Generator, SeedSequence, int or None
        Each pair of sizes has a stream of its own, and each of its instances one of that.
    workers : int, optional
        Processes, each with one thread for linear algebra; in this process by default.
    progress : bool
        Whether to show a progress bar, one unit an instance.
    keep : str or Path, optional
        Where to `save` the record: whenever a setting is complete, and in the end, which may be
        Ctrl-C or a failure.
    resume : bool
        Go on with the record in `keep`; it has to be of the same settings and seed.

    Returns
    -------
    Counts
        In the order n, m/n, mechanism, the last changing fastest.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, the grid is empty, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Notes
    -----
    λ is the same at every n while σ falls, so that ℓ1 gains on the noise with n where both act.
    There, sampled noise leaves fewer shared neurons than the averaged flow, and as many as the
    learning rate falls: 0.8, 1.3 and 1.4 ± 0.1 of n = m = 16 for 0.044, 0.009 and the flow. Under
    noise alone a temperature of 0.1 is too much for n = 32, m = 128: a third of the rows stay
    dense.

    Examples
    --------
    >>> from polytheory.experiments.mechanisms import compute_counts
    >>> data = compute_counts(n_features=[8], widths=[1], followed=32, rng=0)
    >>> data.mechanisms, data.n_instances.tolist()
    (('l1', 'noise', 'both'), [4, 4, 4])
    >>> l1, noise, both = data.mean("share")[0]
    >>> bool(noise < l1)
    True
    """
    distribution = _checks.one_of("distribution", distribution, ("bipolar", "uniform"))
    shared = _checks.one_of("noise_shared_over", noise_shared_over, ("input", "batch"))
    kinds = [_checks.one_of("mechanisms", each, MECHANISMS) for each in mechanisms]
    lam = _checks.scalar("l1_strength", l1_strength, low=MIN_L1, high=1.0)
    total = _checks.integer("followed", followed, minimum=1)
    long = _checks.scalar("patience", patience, low=1e-3, high=1e3)
    averaged = _checks.integer("averaged_up_to", averaged_up_to, minimum=0)
    theta = _checks.scalar("temperature", temperature, low=1e-6, high=10.0)
    sizes = [_size(n, width) for n, width in product(n_features, widths)]
    settings = []
    for n, m in sizes:
        sigma = middle_of_window(n) if std is None else _checks.scalar("std", std, low=1e-6)
        kappa = DISTRIBUTIONS[distribution](std=1.0).excess_kurtosis
        slow = long_time(n, m, std=sigma, excess_kurtosis=kappa, patience=long)
        rate = 0.0
        if n * m > averaged:
            rate = cool_rate(
                n,
                m,
                std=sigma,
                excess_kurtosis=kappa,
                temperature=theta,
                noise_shared_over=shared,
            )
        of_kind = {
            "l1": (lam, 0.0, 0.0, np.inf),
            "noise": (0.0, sigma, rate, slow),
            "both": (lam, sigma, rate, PATIENCE_L1 / lam),
        }
        count = -(-total // n)
        settings += [Setting(kind, n, m, *of_kind[kind], count) for kind in kinds]
    if not settings:
        raise _checks.refuse_value("settings", "none", "one at least", "Is a list empty?")
    generators, seed = streams(rng, len(sizes))
    firsts = [streams(generator, 0)[1] for generator in generators]
    seeds = [first for first in firsts for _ in kinds]

    def task(entry: Entry) -> Task:
        return Task(entry, settings[entry.place], distribution, shared)

    fresh = _nothing_yet(settings, distribution, shared, seed)
    run = Run(workers, progress, keep, resume)
    return fill(fresh, RESULTS, follow, task, seeds, run)


def _size(n_features: Any, width: Any) -> tuple[int, int]:
    n = _checks.integer("n_features", n_features, minimum=3)
    return n, round(n * _checks.scalar("widths", width, low=1.0, high=1e4))


def _nothing_yet(settings: Sequence[Setting], distribution: str, shared: str, seed: Seed) -> Counts:
    kinds, n, m, lam, std, rate, end, count = zip(*settings, strict=True)
    published, share, partial, carried, winners = np.full(
        (len(RESULTS), len(settings), max(count)), np.nan
    )
    return Counts(
        mechanisms=kinds,
        n_features=np.array(n),
        n_neurons=np.array(m),
        l1_strength=np.array(lam),
        std=np.array(std),
        distribution=distribution,
        learning_rate=np.array(rate),
        end=np.array(end),
        n_instances=np.array(count),
        noise_shared_over=shared,
        published=published,
        share=share,
        partial=partial,
        carried=carried,
        winners=winners,
        seed=seed,
    )
