"""The closed forms by name, as the command ``polytheory predict`` evaluates them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._files import as_data
from polytheory.domain import Domain
from polytheory.noise import DISTRIBUTIONS, Noise
from polytheory.theory import collisions, predictors, sparsification

__all__ = ["ARRAYS", "PREDICTORS", "WORDS", "Predictor", "predict_each"]

#: Arguments whose values together form one array.
ARRAYS = ("encodings", "initial_row", "row")
#: Further such arguments of single closed forms: a path is computed as a whole.
_ARRAYS_OF = {"mean_field": ("time",)}
#: Arguments that are strings.
WORDS = ("diagonal", "distribution", "noise", "noise_shared_over", "null_model", "shape", "signs")


@dataclass(frozen=True)
class Predictor:
    """A closed form and the names of its arguments.

    Attributes
    ----------
    call : callable
        Takes the arguments by keyword.
    needed, optional : tuple of str
        Names of the parameters without and with a default.
    arrays : tuple of str
        Parameters that take all values as one array.
    summary : str
        First line of its docstring.
    """

    call: Callable[..., Any]
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    arrays: tuple[str, ...]
    summary: str

    @classmethod
    def of(cls, call: Callable[..., Any]) -> Predictor:
        """Return the predictor of a function, with names and summary read from it."""
        parameters = inspect.signature(call).parameters.values()
        return cls(
            call,
            tuple(p.name for p in parameters if p.default is p.empty),
            tuple(p.name for p in parameters if p.default is not p.empty),
            (*ARRAYS, *_ARRAYS_OF.get(call.__name__, ())),
            (inspect.getdoc(call) or "").partition("\n")[0],
        )

    def choices(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """Return the values to evaluate for one argument."""
        if name in self.arrays:
            return [np.asarray(values).tolist()]
        return values if name in WORDS else [_whole_as_int(value) for value in values]


# SciPy calls the arguments of a distribution x and q; the command line uses the vocabulary.
_SCALED_TIME = Domain({"scaled_time": sparsification.SCALED_TIME.intervals["x"]})
_PROBABILITY = Domain({"probability": sparsification.QUANTILE_LEVEL.intervals["q"]})


def _completion_survival(scaled_time: float) -> float:
    """Return P(λT* > x), the probability that a row is incomplete at the scaled time x."""
    (x,) = _SCALED_TIME.check(scaled_time=scaled_time)
    return float(sparsification.completion_distribution().sf(x))


def _completion_quantile(probability: float) -> float:
    """Return the scaled time λT* by which a row is complete with a given probability."""
    (q,) = _PROBABILITY.check(probability=probability)
    return float(sparsification.completion_distribution().ppf(q))


def _expected_polysemantic_independent(n_features: int, n_neurons: int) -> float:
    """Return the mean number of neurons that independent features choose with both signs."""
    return float(collisions.expected_polysemantic(n_features, n_neurons, null_model="independent"))


_VARIANTS: tuple[Callable[..., Any], ...] = (
    _completion_survival,
    _completion_quantile,
    _expected_polysemantic_independent,
)

_FORMS: list[Callable[..., Any]] = [each for each in predictors() if inspect.isfunction(each)]

#: Every public closed form and three variants, by the name on the command line.
PREDICTORS: Mapping[str, Predictor] = {
    form.__name__.strip("_").replace("_", "-"): Predictor.of(form) for form in (*_FORMS, *_VARIANTS)
}


def predict_each(name: str, lists: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield one row per combination of the listed arguments: the arguments, then ``value``.

    Parameters
    ----------
    name : str
        A key of `PREDICTORS`.
    lists : mapping of str to sequence
        Values for each argument, by parameter name. The values of a row, of encodings and of the
        times of `mean_field` form one array; noise is a distribution of `polytheory.noise` or a
        string such as ``"bipolar:0.1"``.

    Yields
    ------
    dict
        Argument names and ``value``: a float, a list for bounds and arrays, a dictionary for
        results with several parts.

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
    for values in itertools.product(*(predictor.choices(*each) for each in lists.items())):
        shown = dict(zip(lists, values, strict=True))
        given = shown | ({"noise": _noise(shown["noise"])} if "noise" in shown else {})
        yield shown | {"value": as_data(predictor.call(**given))}


def _noise(noise: object) -> object:
    """Return the distribution described by a string such as ``"bipolar:0.1"``."""
    if isinstance(noise, Noise | None):
        return noise
    word, _, std = str(noise).partition(":")
    allowed = f"DISTRIBUTION:STD with one of {', '.join(DISTRIBUTIONS)}, as in bipolar:0.1"
    try:
        return DISTRIBUTIONS[word](std=float(std))
    except (KeyError, ValueError):
        raise _checks.refuse_value("noise", repr(noise), allowed) from None


def _whole_as_int(value: float) -> float | int:
    """Return a whole number as an int: the command line accepts 1e5 for 100000."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value
