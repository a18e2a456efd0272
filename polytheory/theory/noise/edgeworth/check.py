"""Checks of the expansions of F, F′ and E|z|, against the exact sum over all signs."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, judged, narrowed, widened
from polytheory.domain import Domain, Interval, whole
from polytheory.theory.noise import edgeworth as closed
from polytheory.theory.noise.edgeworth import check_mixed as _mixed
from polytheory.theory.noise.edgeworth.check_mixed import cumulants

# Several at once: at a single overlap the leading error may cancel.
_RELATIVE_OVERLAPS = np.linspace(-1.5, 1.5, 7)
_ROUNDING = "rounding of a sum over all signs"


def _row(n_neurons: int, seed: int) -> FloatArray:
    return np.asarray(np.random.default_rng(seed).normal(size=n_neurons) / np.sqrt(n_neurons))


def _norms(row: FloatArray) -> dict[str, float]:
    return {"squared_norm": float(row @ row), "fourth_power_sum": float((row**4).sum())}


def _of_overlaps(n_neurons: int, std: float, bipolar_share: float, seed: int) -> dict[str, Any]:
    row = _row(n_neurons, seed)
    overlap = _RELATIVE_OVERLAPS * std * np.linalg.norm(row)
    kurtosis = cumulants(bipolar_share)["excess_kurtosis"]
    return {"overlap": overlap, "std": std, "excess_kurtosis": kurtosis, **_norms(row)}


def _of_row(n_neurons: int, std: float, bipolar_share: float, seed: int) -> dict[str, Any]:
    row = _row(n_neurons, seed)
    return {
        "std": std,
        **_norms(row),
        "sixth_power_sum": float((row**6).sum()),
        **cumulants(bipolar_share),
    }


def _observation(value: FloatArray) -> Observation:
    return Observation(value, 1e-14 * np.abs(value), _ROUNDING)


def _observed(which: str, relative: FloatArray = _RELATIVE_OVERLAPS) -> Callable[..., Observation]:
    def observe(n_neurons: int, std: float, bipolar_share: float, seed: int) -> Observation:
        row = _row(n_neurons, seed)
        seen = _mixed.moments(relative * std * np.linalg.norm(row), row, std, bipolar_share)
        return _observation(getattr(seen, which).squeeze())

    return observe


def _two_rows(n_neurons: int, seed: int) -> list[FloatArray]:
    """Return a random row and, if there is room, one of two equal weights, of the least E|z|."""
    row = _row(n_neurons, seed)
    return [row, np.r_[row[:1], row[:1], np.zeros(n_neurons - 2)] if n_neurons > 1 else row]


def _of_bipolar(n_neurons: int, std: float, seed: int) -> dict[str, Any]:
    squares = [float(row @ row) for row in _two_rows(n_neurons, seed)]
    return {"squared_norm": np.array(squares), "std": std}


def _seen_bipolar(n_neurons: int, std: float, seed: int) -> Observation:
    signs = _mixed.all_signs(n_neurons)
    rows = _two_rows(n_neurons, seed)
    return _observation(np.array([np.abs(std * signs @ row).mean() for row in rows]))


def _all_bounds(squared_norm: float, std: float) -> FloatArray:
    """Return the lower and the upper bound of each distribution, as the statement has them."""
    names = ("bipolar", "uniform", "laplace")
    ends = [closed.mean_absolute_bounds(squared_norm, std=std, distribution=each) for each in names]
    return np.concatenate(ends)


def _certificate() -> Any:
    from polytheory.theory.noise.edgeworth.certificate import mean_absolute_bounds

    return mean_absolute_bounds()


def _cases(low: float, high: float, widest: int = 8) -> Domain:
    bipolar_share = Interval(low, high, log=True)
    return drawn(
        n_neurons=whole(2, widest), std=Interval(0.02, 2.0, log=True), bipolar_share=bipolar_share
    )


_expansion = partial(
    judged,
    why="rows short enough for a sum over all signs; Gaussian noise with a bipolar share a of "
    "the variance, so that its kurtosis −2a² can be small",
    small="bipolar_share",
    refined_to=0.02,
)

LAWS = (
    _expansion(
        closed.edgeworth_second_moment,
        observe=_observed("second"),
        cases=_cases(0.1, 0.3),
        prepare=_of_overlaps,
        order=3.0,
    ),
    _expansion(
        closed.edgeworth_slope,
        observe=_observed("slope"),
        cases=_cases(0.1, 0.3),
        prepare=_of_overlaps,
        order=3.0,
    ),
    _expansion(
        closed.edgeworth_mean_absolute,
        observe=_observed("slope", np.zeros(1)),
        cases=_cases(0.08, 0.14, widest=6),
        prepare=_of_row,
        order=4.0,
    ),
    judged(
        closed.mean_absolute_bounds,
        observe=_seen_bipolar,
        certificate=_certificate,
        cases=drawn(n_neurons=whole(1, 10), std=Interval(0.1, 2.0)),
        prepare=_of_bipolar,
        closed_form=_all_bounds,
        why="rows short enough for a sum over all signs, one of them of two equal weights",
        tight=1e-9,
        wrong=[narrowed(1.02), widened(1.001)],
    ),
)
