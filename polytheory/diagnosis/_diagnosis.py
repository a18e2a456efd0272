"""The diagnosis of a weight matrix: the result class and the function `diagnose`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks
from polytheory._checks import Array, FloatArray
from polytheory._defaults import CARRIER_RULES
from polytheory._files import as_data
from polytheory.diagnosis import _table, _verdict
from polytheory.diagnosis._capacity import capacity
from polytheory.diagnosis._chance import (
    Chance,
    check_level,
    compare_with_chance,
    compare_with_flow,
)
from polytheory.diagnosis._finding import Finding
from polytheory.diagnosis._labelled import LabelledEncodings, aligned, labelled, numbered
from polytheory.diagnosis._matrix import check_matrix
from polytheory.diagnosis._rows import fidelity, measure_columns, measure_rows
from polytheory.diagnosis._sharing import least_shared, shared_neurons
from polytheory.observables import Rows
from polytheory.theory.collisions import (
    FEW,
    FEW_ERROR,
    MEASURED,
    expected_polysemantic,
    measured_ratio,
)

#: Properties that `to_dict` includes.
DERIVED = (
    *("verdict", "reservations", "carried", "polysemantic_neurons", "opposite_pairs"),
    *("same_pairs", "carrier_picture", "dead", "distributed"),
)


class Diagnosis(Finding):
    """The diagnosis of a matrix of n features (rows) and m neurons (columns), numbered from 0.

    Attributes
    ----------
    n_features, n_neurons : int
        n and m.
    carrier_rule : str
        The definition of a carrier, see `polytheory.carriers`.
    carriers : ndarray (n,) of int
        The neuron that carries each feature, −1 if none does.
    carrier_signs : ndarray (n,) of int
        The sign of that weight, 0 if there is none.
    shared : tuple of SharedNeuron
        The polysemantic neurons, with the features that they carry with either sign.
    nonzero_count : ndarray (n,) of int
        Non-zero weights of each feature.
    participation_ratio : ndarray (n,)
        (Σw²)²/Σw⁴: 1 for a feature on one neuron, k on k equal weights, 0 for a dead feature.
    dimensionality : ndarray (n,)
        Feature dimensionality, or capacity, see `feature_dimensionality`.
    concentrated : int
        Number of features with more than half of their squared norm on one neuron.
    ties : int
        Number of carried features with several equal largest weights.
    largest_weights : (float, float)
        The range of max_k |W_ik| over the living features.
    necessary : int
        Minimal number of polysemantic neurons for this many carried features, with at most the
        observed maximum of features per neuron.
    chance : Chance or None
        Test of the number of neurons with both signs; None if no feature is carried.
    l1_strength : float or None
        λ in flow units, if given.
    measured : (float, float) or None
        Expected count in the full flow and its standard error, empirical; None without λ or outside
        the measured range.
    few_body : (float, float) or None
        The same from the few-body theory, with its stated error, for n ≤ 2√m; None without λ or
        outside its domain.
    flow : Chance or None
        Test of the number of neurons with both signs against the flow, with the mean of `measured`
        or, where that is None, of `few_body`, and its uncertainty; see `compare_with_flow`.
    winner_fidelity : float or None
        Fraction of features that end on the neuron of their largest initial weight; None without
        `initial`.
    dead_neurons : ndarray of int
        Neurons whose weights are all zero.
    unit_columns : bool
        Whether all columns have norm 1, and the rows do not: the matrix may be transposed.
    feature_names, neuron_names : tuple of str or None
        Names of rows and columns, if the encodings have any.
    """

    @property
    def verdict(self) -> str:
        """The conclusions as text."""
        return _verdict.verdict(self)

    @property
    def reservations(self) -> tuple[str, ...]:
        """The limitations of the conclusions as text."""
        return _verdict.reservations(self)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain data for `json.dumps`, without NaN."""
        data: dict[str, Any] = as_data(self)
        return {name: as_data(getattr(self, name)) for name in DERIVED} | data

    def __str__(self) -> str:
        return _table.table(self)


@overload
def diagnose(
    encodings: Rows | LabelledEncodings,
    *,
    initial: ArrayLike | None = None,
    carrier_rule: str = "published",
    l1_strength: float | None = None,
    level: float = 0.95,
    axes: str | Sequence[str] | None = None,
) -> Diagnosis: ...
@overload
def diagnose(
    encodings: ArrayLike,
    *,
    initial: ArrayLike | None = None,
    carrier_rule: str = "published",
    l1_strength: float | None = None,
    level: float = 0.95,
    axes: str | Sequence[str] | None = None,
) -> Diagnosis | tuple[Diagnosis, ...]: ...
def diagnose(
    encodings: Any,
    *,
    initial: Any = None,
    carrier_rule: str = "published",
    l1_strength: float | None = None,
    level: float = 0.95,
    axes: str | Sequence[str] | None = None,
) -> Any:
    r"""Return what a weight matrix shows about polysemanticity, and what it does not show.

    Parameters
    ----------
    encodings : array (n_features, n_neurons), or (..., n_features, n_neurons)
        Features or classes × neurons, of any real dtype. Read in blocks of rows, so that
        memory-mapped arrays stay on disk. Arrays of other libraries are converted; names of rows
        and columns (pandas, xarray, `LabelledEncodings`) are kept, and the dimensions feature and
        neuron of xarray are put in this order.
    initial : array of the same shape, optional
        The encodings before training. If both have names, they are put in the same order.
    carrier_rule : {"published", "share"}
        The carrier of a feature is the neuron of its largest weight, if 0.8 ≤ |W_ik| ≤ 1.2
        ("published") or if W_ik² > ‖W_i‖²/2 ("share", independent of scale), see
        `polytheory.carriers`.
    l1_strength : float, optional
        λ in **flow units**, if the matrix comes from training with ℓ1: adds the mean count in the
        full flow and a test against it, where it was measured or the few-body theory holds.
    level : float
        Nominal probability of the interval of the chance count.
    axes : str or sequence of str, optional
        What each axis is: "run", "feature" or "neuron", separated by commas; axes of features, and
        of neurons, are joined. Needed from four axes on, e.g. "feature,neuron,neuron,neuron" for a
        convolution kernel.

    Returns
    -------
    Diagnosis, or tuple of Diagnosis
        For a batch, a tuple with one diagnosis per matrix, leading axes in C order.

    Raises
    ------
    TypeError, ValueError
        If the encodings are not real numbers, not finite (the message lists the rows), or not a
        matrix; if `initial` has another shape or other names; if the rule is unknown or a number
        out of range.

    Notes
    -----
    Kind: the counts are definitions, the comparison with chance is exact (see
    `compare_with_chance`), the comparison with the flow empirical or, by the few-body theory,
    leading order. Source: ours;
    `carriers` arXiv 2312.03096, `dimensionality` Elhage et al. 2022 and Scherlis et al. 2022.

    Examples
    --------
    >>> from polytheory import diagnose
    >>> W = [[0.9, 0.0, 0.1], [-1.0, 0.0, 0.0], [0.0, 1.1, 0.0]]
    >>> found = diagnose(W)
    >>> found.carriers.tolist(), found.polysemantic_neurons, str(found.shared[0])
    ([0, 0, 1], 1, '0: +0 −1')
    >>> found.chance.interval, found.chance.p_value
    ((0, 1), 1.0)
    """
    _checks.one_of("carrier_rule", carrier_rule, CARRIER_RULES)
    strength = None if l1_strength is None else _checks.scalar("l1_strength", l1_strength)
    check_level(level)
    given = _matrices("encodings", encodings, axes)
    W, features, neurons = given.values, given.feature_names, given.neuron_names
    start = None if initial is None else _matrices("initial", initial, axes)
    if start is not None and start.values.shape != W.shape:
        turned = start.values.swapaxes(-1, -2).shape == W.shape
        came, hint = f"shape {start.values.shape}", "Transpose it?" if turned else ""
        raise _checks.refuse_value("initial", came, f"of shape {W.shape}", hint)
    before = None if start is None else aligned(start, given).values

    def diagnosis_at(at: tuple[int, ...]) -> Diagnosis:
        place = f"[{', '.join(map(str, at))}]" if at else ""
        check_matrix(f"encodings{place}", W[at], features, neurons)
        if before is not None:
            check_matrix(f"initial{place}", before[at], features, neurons)
        found = _diagnose_matrix(
            W[at], None if before is None else before[at], carrier_rule, strength, level
        )
        return replace(
            found,
            feature_names=None if numbered(features) else features,
            neuron_names=None if numbered(neurons) else neurons,
        )

    return diagnosis_at(()) if W.ndim == 2 else tuple(map(diagnosis_at, np.ndindex(W.shape[:-2])))


def _matrices(name: str, value: Any, axes: Any) -> LabelledEncodings:
    given = labelled(name, value, axes)
    if given.values.ndim < 2 or given.values.size == 0:
        allowed = "of shape (..., n_features, n_neurons), no axis of length 0"
        raise _checks.refuse_value(name, _checks.shown(given.values), allowed)
    return given


def _diagnose_matrix(
    W: Array, initial: Array | None, carrier_rule: str, strength: float | None, level: float
) -> Diagnosis:
    n, m = W.shape
    rows = measure_rows(W, carrier_rule)
    columns = measure_columns(W)
    shared = shared_neurons(rows.carriers, rows.carrier_signs)
    carried = rows.carriers >= 0
    alive = rows.largest > 0
    most = max((each.features for each in shared), default=1)
    chance = _chance(rows.carriers, rows.carrier_signs, m, level)
    measured, few_body = _measured_count(n, m, strength), _few_body_count(n, m, strength)
    return Diagnosis(
        n_features=n,
        n_neurons=m,
        carrier_rule=carrier_rule,
        carriers=rows.carriers,
        carrier_signs=rows.carrier_signs,
        shared=shared,
        nonzero_count=rows.nonzero_count,
        participation_ratio=rows.participation_ratio,
        dimensionality=capacity(W, rows.norm),
        concentrated=int(rows.concentrated.sum()),
        ties=int((rows.tied & carried).sum()),
        largest_weights=_range(rows.largest[alive]),
        necessary=least_shared(int(carried.sum()), m, most),
        chance=chance,
        l1_strength=strength,
        measured=measured,
        few_body=few_body,
        flow=_in_the_flow(chance, n, measured or few_body),
        winner_fidelity=None if initial is None else fidelity(initial, W),
        dead_neurons=np.flatnonzero(columns.largest == 0),
        unit_columns=columns.unit(rows.norm[alive]),
    )


def _range(values: FloatArray) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _chance(
    carriers: NDArray[np.int64], signs: NDArray[np.int64], m: int, level: float
) -> Chance | None:
    carried = carriers >= 0
    sites = np.unique(2 * carriers[carried] + (signs[carried] > 0))
    if not sites.size:
        return None
    both = sites.size - np.unique(sites // 2).size
    return compare_with_chance(both, sites.size, m, level=level)


def _measured_count(n: int, m: int, strength: float | None) -> tuple[float, float] | None:
    if strength is None or not MEASURED.contains(n_features=n, n_neurons=m, l1_strength=strength):
        return None
    ratio, error = measured_ratio(n, m, l1_strength=strength)
    mean = expected_polysemantic(n, m)
    return float(mean * ratio), float(mean * error)


def _few_body_count(n: int, m: int, strength: float | None) -> tuple[float, float] | None:
    if strength is None or not FEW.contains(n_features=n, n_neurons=m, l1_strength=strength):
        return None
    mean = expected_polysemantic(n, m, null_model="few-body", l1_strength=strength)
    return mean, FEW_ERROR * mean


def _in_the_flow(chance: Chance | None, n: int, count: tuple[float, float] | None) -> Chance | None:
    """Return the test against the mean count of n features, for the sites that are taken."""
    if chance is None or count is None or n < 2:
        return None
    ratio, error = (each / expected_polysemantic(n, chance.n_neurons) for each in count)
    sites, m, level = chance.n_sites, chance.n_neurons, chance.level
    return compare_with_flow(chance.observed, sites, m, ratio=ratio, error=error, level=level)
