"""Ready-made tasks for sweeps, and a decorator to check the parameters of a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from polytheory import _checks
from polytheory._defaults import CARRIER_RULES
from polytheory.flow.simulate import simulate
from polytheory.flow.trajectory import Trajectory
from polytheory.initial import KINDS, initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import DISTRIBUTIONS
from polytheory.observables import carriers, polysemantic_neurons, winner_fidelity
from polytheory.sweeps._grid import Parameters, Scalar
from polytheory.training import train

Task = TypeVar("Task", bound=Callable[..., Any])

MODEL = {"n_features", "n_neurons", "l1_strength", "noise", "noise_std", "initial"}
#: Parameters passed to the function of each method's name.
OPTIONS = {
    "simulate": {"rtol", "atol", "max_time", "dtype"},
    "train": {"optimizer", "learning_rate", "steps", "weight_decay", "noise_shared_over", "dtype"},
}


def checked_by(check: Callable[[Parameters], None]) -> Callable[[Task], Task]:
    """Return a decorator that has `sweep` check all parameters before it runs a task.

    Parameters
    ----------
    check : callable
        Called with the parameters of one task; raises if they are invalid.

    Returns
    -------
    callable
        A decorator that returns the task itself, with `check` as an attribute.

    Examples
    --------
    >>> from polytheory.sweeps import checked_by
    >>> def check(parameters):
    ...     if parameters["n"] < 1:
    ...         raise ValueError(f"n must be at least 1; got {parameters['n']}.")
    >>> @checked_by(check)
    ... def task(parameters, rng):
    ...     return {"total": rng.random(parameters["n"]).sum()}
    """

    def mark(task: Task) -> Task:
        task.check = check  # type: ignore[attr-defined]  # a function of the user's
        return task

    return mark


def _check(parameters: Parameters) -> None:
    """Raise if `count_task` would, or if a parameter has an unknown name."""
    method = _checks.one_of("method", parameters.get("method", "simulate"), tuple(OPTIONS))
    known = MODEL | OPTIONS[method] | {"method", "carrier_rule", "repeat"}
    for name in parameters:
        if name not in known:
            allowed = f"one of {', '.join(sorted(known))}"
            hint = "Number repetitions with repeat."
            raise _checks.refuse_value("a parameter of count_task", repr(name), allowed, hint)
    needed = {"n_features", "n_neurons", *(("learning_rate", "steps") * (method == "train"))}
    if missing := sorted(needed - parameters.keys()):
        came = f"none called {' or '.join(missing)}"
        raise _checks.refuse_value("parameters of count_task", came, "complete")
    _checks.one_of("initial", parameters.get("initial", "gaussian"), KINDS)
    _checks.one_of("carrier_rule", parameters.get("carrier_rule", "published"), CARRIER_RULES)
    _model(parameters)


def _model(parameters: Parameters) -> ToyModel:
    given: Any = parameters
    noise, std = given.get("noise"), given.get("noise_std")
    if (noise is None) != (std is None):
        came, allowed = f"noise={noise!r}, noise_std={std!r}", "given together"
        raise _checks.refuse_value("noise and noise_std", came, allowed)
    distribution = None
    if noise is not None:
        distribution = DISTRIBUTIONS[_checks.one_of("noise", noise, tuple(DISTRIBUTIONS))](std=std)
    strength = given.get("l1_strength", 0.0)
    return ToyModel(
        given["n_features"], given["n_neurons"], l1_strength=strength, noise=distribution
    )


def _followed(
    model: ToyModel, start: Any, parameters: Parameters, rng: np.random.Generator
) -> Trajectory:
    method: Any = parameters.get("method", "simulate")
    options: Any = {n: v for n, v in parameters.items() if n in OPTIONS[method]}
    if method == "simulate":
        return simulate(model, start, **options)
    return train(model, start, rng=rng if model.noise is not None else None, **options)


@checked_by(_check)
def count_task(parameters: Parameters, rng: np.random.Generator) -> dict[str, Scalar]:
    """Simulate or train one instance of the toy model and count: a task for `polytheory.sweep`.

    Parameters
    ----------
    parameters : dict
        - ``n_features``, ``n_neurons``; ``l1_strength`` in **flow units**, 0 by default;
        - ``noise`` ("bipolar", "gaussian", "laplace", "uniform") with ``noise_std``; by default
          none;
        - ``initial``, a kind of `polytheory.initial_encodings`; "gaussian" by default;
        - ``method``: "simulate" (default) or "train", and arguments of that function: ``rtol``,
          ``atol``, ``max_time``, ``dtype``, or ``learning_rate``, ``steps`` (both required),
          ``optimizer``, ``weight_decay``, ``noise_shared_over``, ``dtype``;
        - ``carrier_rule``, the definition of a carrier: "published" (default) or "share";
        - ``repeat``, a number that distinguishes repetitions.
    rng : Generator
        Draws the initial encodings, then noise for training.

    Returns
    -------
    dict
        ``polysemantic``, the number of neurons that carry two or more features; ``surviving``, of
        features that a neuron carries; ``alive``, of features with a non-zero weight;
        ``winner_fidelity``; ``outcome``, a key of `polytheory.flow.trajectory.OUTCOMES`;
        ``final_time``, the flow time (or training steps) of the count, inf for the limit.

    Raises
    ------
    TypeError, ValueError
        As `simulate` or `train`.

    Examples
    --------
    >>> import numpy as np
    >>> from polytheory.sweeps import count_task
    >>> end = count_task(
    ...     {"n_features": 8, "n_neurons": 16, "l1_strength": 0.02}, np.random.default_rng(0)
    ... )
    >>> end["outcome"], end["surviving"], end["final_time"]
    ('settled', 8, inf)
    """
    kind: Any = parameters.get("initial", "gaussian")
    carrier_rule: Any = parameters.get("carrier_rule", "published")
    model = _model(parameters)
    start = initial_encodings(model, rng=rng, kind=kind)
    run = _followed(model, start, parameters, rng)
    W = np.asarray(run.final, dtype=np.float64)
    return {
        "polysemantic": int(polysemantic_neurons(W, carrier_rule=carrier_rule)),
        "surviving": int(np.count_nonzero(carriers(W, carrier_rule=carrier_rule) >= 0)),
        "alive": int(np.count_nonzero(W.any(axis=-1))),
        "winner_fidelity": float(winner_fidelity(start, W)),
        "outcome": str(run.outcome),
        "final_time": float(run.final_time),
    }


# Stores record the name of their task: the public one, wherever it is defined.
count_task.__module__ = "polytheory.sweeps"
