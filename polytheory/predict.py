"""The closed forms by name, as the command ``polytheory predict`` offers them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polytheory import _checks
from polytheory.theory import collisions, fixed_points, interference, noise, sparsification

__all__ = ["PREDICTORS", "Predictor", "predict_each"]


@dataclass(frozen=True)
class Predictor:
    """A closed form and the names of its numerical arguments.

    Attributes
    ----------
    call : callable
        Takes the arguments by keyword.
    needed, optional : tuple of str
        Parameter names, without and with a default.
    summary : str
        First line of its docstring.
    """

    call: Callable[..., Any]
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    summary: str

    @classmethod
    def of(cls, call: Callable[..., Any]) -> Predictor:
        """Read names and summary off a function, but not a choice of words and what it needs."""
        every = inspect.signature(call).parameters.values()
        parameters = [p for p in every if p.default is not None and not isinstance(p.default, str)]
        return cls(
            call,
            tuple(p.name for p in parameters if p.default is p.empty),
            tuple(p.name for p in parameters if p.default is not p.empty),
            (inspect.getdoc(call) or "").splitlines()[0],
        )


def _completion_survival(scaled_time: float) -> Any:
    """P(λT* > x), x the scaled time: the chance that a row is not yet complete."""
    return sparsification.completion_law().survival(scaled_time)


def _completion_quantile(probability: float) -> Any:
    """Scaled time λT* by which a row is complete with a given probability."""
    return sparsification.completion_law().quantile(probability)


def _expected_polysemantic_independent(n_features: float, n_neurons: float) -> Any:
    """Mean number of neurons that independent features choose with both signs."""
    return collisions.expected_polysemantic(n_features, n_neurons, law="independent")


PREDICTORS: Mapping[str, Predictor] = {
    "nonzero-count": Predictor.of(sparsification.nonzero_count),
    "l1-norm": Predictor.of(sparsification.l1_norm),
    "l1-norm-bounds": Predictor.of(sparsification.l1_norm_bounds),
    "fourth-norm": Predictor.of(sparsification.fourth_norm),
    "threshold": Predictor.of(sparsification.threshold),
    "speedup": Predictor.of(sparsification.speedup),
    "time-to-fraction": Predictor.of(sparsification.time_to_fraction),
    "completion-survival": Predictor.of(_completion_survival),
    "completion-quantile": Predictor.of(_completion_quantile),
    "survival-probability": Predictor.of(sparsification.survival_probability),
    "paper-nonzero-count": Predictor.of(sparsification.paper_nonzero_count),
    "paper-l1-norm": Predictor.of(sparsification.paper_l1_norm),
    "paper-time-to-count": Predictor.of(sparsification.paper_time_to_count),
    "carrier-amplitude": Predictor.of(fixed_points.carrier_amplitude),
    "unstable-amplitude": Predictor.of(fixed_points.unstable_amplitude),
    "critical-l1": Predictor.of(fixed_points.critical_l1),
    "initial-feature-benefit": Predictor.of(interference.initial_feature_benefit),
    "initial-interference": Predictor.of(interference.initial_interference),
    "initial-interference-square": Predictor.of(interference.initial_interference_square),
    "initial-regularization": Predictor.of(interference.initial_regularization),
    "initial-norm-speed": Predictor.of(interference.initial_norm_speed),
    "cosine-decay": Predictor.of(interference.cosine_decay),
    "pair-squared-norm": Predictor.of(interference.pair_squared_norm),
    "overlap-decay": Predictor.of(interference.overlap_decay),
    "expected-polysemantic": Predictor.of(collisions.expected_polysemantic),
    "expected-polysemantic-independent": Predictor.of(_expected_polysemantic_independent),
    "expected-polysemantic-bounds": Predictor.of(collisions.expected_polysemantic_bounds),
    "measured-ratio": Predictor.of(collisions.measured_ratio),
    "necessary-polysemantic": Predictor.of(collisions.necessary_polysemantic),
    "polysemantic-pmf": Predictor.of(collisions.polysemantic_pmf),
    "polysemantic-variance": Predictor.of(collisions.polysemantic_variance),
    "no-collision-probability": Predictor.of(collisions.no_collision_probability),
    "pair-probability": Predictor.of(collisions.pair_probability),
    "poisson-distance-bound": Predictor.of(collisions.poisson_distance_bound),
    "width-for": Predictor.of(collisions.width_for),
    "simplex-overlap": Predictor.of(noise.simplex_overlap),
    "equilibrium-norm": Predictor.of(noise.equilibrium_norm),
    "critical-std": Predictor.of(noise.critical_std),
    "working-window": Predictor.of(noise.working_window),
    "drift-rate": Predictor.of(noise.drift_rate),
    "drift-rate-second-order": Predictor.of(noise.drift_rate_second_order),
    "half-sparsity-time": Predictor.of(noise.half_sparsity_time),
    "equivalent-l1": Predictor.of(noise.equivalent_l1),
    "plateau-fourth-norm": Predictor.of(noise.plateau_fourth_norm),
    "fourth-norm-of-random-rows": Predictor.of(noise.fourth_norm_of_random_rows),
    "initial-fourth-norm-slope": Predictor.of(noise.initial_fourth_norm_slope),
    "escape-rate": Predictor.of(noise.escape_rate),
    "sgd-temperature": Predictor.of(noise.sgd_temperature),
    "largest-learning-rate": Predictor.of(noise.largest_learning_rate),
    "mean-absolute-bounds": Predictor.of(noise.mean_absolute_bounds),
    "edgeworth-mean-absolute": Predictor.of(noise.edgeworth_mean_absolute),
    "edgeworth-second-moment": Predictor.of(noise.edgeworth_second_moment),
    "edgeworth-slope": Predictor.of(noise.edgeworth_slope),
}


def predict_each(name: str, lists: Mapping[str, Sequence[float]]) -> Iterator[dict[str, Any]]:
    """Yield a row for every combination of the listed arguments: the arguments, then ``value``.

    Parameters
    ----------
    name : str
        A key of `PREDICTORS`.
    lists : mapping of str to sequence of float
        Values for each argument, by parameter name.

    Yields
    ------
    dict
        Argument names and ``value`` (a float, or a list of two for bounds).

    Raises
    ------
    TypeError, ValueError
        For an unknown name, a missing or surplus argument, or one outside the form's domain.

    Examples
    --------
    >>> from polytheory.predict import predict_each
    >>> [
    ...     round(row["value"], 4)
    ...     for row in predict_each("carrier-amplitude", {"l1_strength": [0.1]})
    ... ]
    [0.9456]
    """
    predictor = PREDICTORS[_checks.one_of("name", name, tuple(PREDICTORS))]
    missing = [argument for argument in predictor.needed if argument not in lists]
    if missing:
        needed = ", ".join(predictor.needed)
        raise _checks.refuse_value("arguments", f"no {', '.join(missing)}", f"all of {needed}")
    surplus = [a for a in lists if a not in predictor.needed + predictor.optional]
    if surplus:
        taken = ", ".join(predictor.needed + predictor.optional)
        raise _checks.refuse_value("arguments", f"{', '.join(surplus)} too", f"among {taken}")
    for values in itertools.product(*lists.values()):
        given = dict(zip(lists, map(_whole_as_int, values), strict=True))
        value = predictor.call(**given)
        yield given | {"value": list(value) if isinstance(value, tuple) else value}


def _whole_as_int(value: float) -> float | int:
    """Turn 1e5 into 100000: on a command line widths are written either way."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value
