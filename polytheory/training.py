"""`train` with a warning if the learning rate is too large for noise to make rows sparse."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from polytheory.flow.train import train as _train
from polytheory.flow.trajectory import Trajectory
from polytheory.theory.noise import largest_learning_rate

__all__ = ["TemperatureWarning", "train"]

P = ParamSpec("P")


class TemperatureWarning(UserWarning):
    """Sampled noise will randomise the encodings faster than its kurtosis makes them sparse."""


def _limits(model: Any) -> dict[str, float]:
    """Return the largest learning rate at which rows get sparse, for each `noise_shared_over`."""
    sizes = model.n_features, model.n_neurons
    noise = {"std": model.noise.std, "excess_kurtosis": model.noise.excess_kurtosis}
    return {
        shared: largest_learning_rate(*sizes, **noise, noise_shared_over=shared)
        for shared in ("batch", "input")
    }


def _objection(given: Mapping[str, Any]) -> str | None:
    """Return a warning if the learning rate in the arguments of `train` is too large, else None."""
    model = given.get("model")
    if given.get("optimizer") != "sgd" or getattr(model, "noise", None) is None:
        return None
    if getattr(model, "l1_strength", 0.0) > 0:
        return None  # ℓ1 makes rows sparse, too
    shared = given.get("noise_shared_over") or "batch"
    try:
        rate, limits = float(given["learning_rate"]), _limits(model)
        limit = limits[shared]
    # Outside the domain of the theory, unknown kurtosis, or an invalid argument, for which `train`
    # raises the error.
    except (KeyError, TypeError, ValueError):
        return None
    if not rate > limit:
        return None
    other = f", or noise_shared_over='input' (limit {limits['input']:.2g})"
    return (
        f"learning_rate {rate:.4g} is above the temperature limit {limit:.2g} of this model: noise "
        f"sampled for each {shared} will randomise the encodings faster than it makes them sparse. "
        f"Use more steps at a lower rate{other if shared == 'batch' else ''}."
    )


def _with_warning(run: Callable[P, Trajectory]) -> Callable[P, Trajectory]:
    signature = inspect.signature(run)

    @wraps(run)
    def warned(*args: P.args, **options: P.kwargs) -> Trajectory:
        words = _objection(signature.bind_partial(*args, **options).arguments)
        if words is not None:
            warnings.warn(words, TemperatureWarning, stacklevel=2)
        return run(*args, **options)

    return warned


train = _with_warning(_train)
