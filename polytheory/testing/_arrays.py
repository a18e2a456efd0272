"""Strategies for rows, encodings and times; failures shrink to few weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtri

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import ToyModel, require_model
from polytheory.testing._sizes import bound, named, words

#: Relative difference of weights that are nearly tied.
TIE_DIFFERENCE = 1e-9
#: Number of drawn quantiles of the normal distribution on either side: two bytes per weight.
N_QUANTILES = 2**15


def _with_ties(plain: st.SearchStrategy[float], top: float) -> st.SearchStrategy[float]:
    """Add ties and near-ties, which decide winner-take-all and would hardly occur by chance."""
    rough = st.sampled_from([0.0, 0.1 * top, 0.5 * top, -0.5 * top, top])
    near = st.tuples(rough, st.floats(-TIE_DIFFERENCE, TIE_DIFFERENCE)).map(
        lambda pair: pair[0] * (1.0 - abs(pair[1]))
    )
    return st.one_of(plain, rough, near)


def _sizes(top: float) -> st.SearchStrategy[float]:
    """Return a strategy for sizes that are not negligible; they shrink to 1 if that is allowed."""
    return st.floats(1e-3 * top, top)


def _living(top: float) -> st.SearchStrategy[float]:
    return st.one_of(_sizes(top), _sizes(top).map(lambda x: -x))


def rows(
    *,
    size: str = "balanced",
    min_neurons: int = 1,
    max_neurons: int | None = None,
    largest: float = 2.0,
) -> st.SearchStrategy[FloatArray]:
    """Return a strategy for rows (m,): dense, sparse, tied and nearly tied, never all zero.

    Parameters
    ----------
    size : {"fast", "balanced", "thorough"}
        At most 6, 12 or 32 weights.
    min_neurons, max_neurons : int
        Bounds on m, instead of those of the size.
    largest : float
        Bound on the size of a weight.

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
    >>> from polytheory.testing import rows
    >>> find(rows(), lambda row: (row < 0).any()).size
    1
    """
    low = _checks.integer("min_neurons", min_neurons, minimum=1)
    high = bound("max_neurons", max_neurons, named(size).weights, minimum=low)
    top = _checks.scalar("largest", largest, low=1e-3)
    plain = st.floats(-top, top, allow_subnormal=False)
    weights = st.lists(_with_ties(plain, top), min_size=low, max_size=high)
    return weights.map(np.array).filter(lambda row: np.abs(row).max() > 1e-6 * top)


def times(
    *,
    size: str = "balanced",
    max_time: float = 100.0,
    min_count: int = 1,
    max_count: int | None = None,
) -> st.SearchStrategy[FloatArray]:
    """Return a strategy for strictly increasing flow times (T,) from 0 to `max_time`.

    Parameters
    ----------
    size : {"fast", "balanced", "thorough"}
        At most 3, 6 or 12 times.
    max_time : float
        The latest time.
    min_count, max_count : int
        Bounds on T, instead of those of the size.

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
    >>> from polytheory.testing import times
    >>> find(times(), lambda t: t.size == 2).tolist()
    [0.0, 1.0]
    """
    top = _checks.scalar("max_time", max_time, low=1e-9)
    fewest = _checks.integer("min_count", min_count, minimum=1)
    most = bound("max_count", max_count, named(size).times, minimum=fewest)
    instant = st.floats(0.0, top, allow_subnormal=False)
    series = st.lists(instant, min_size=fewest, max_size=most, unique=True)
    return series.map(lambda values: np.array(sorted(values)))


@dataclass(frozen=True)
class _Box:
    """The range of shapes to draw, and the largest weight."""

    n: tuple[int, int]
    m: tuple[int, int]
    top: float

    def shape(self, draw: st.DrawFn) -> tuple[int, int]:
        return draw(st.integers(*self.n)), draw(st.integers(*self.m))


def _ranks(draw: st.DrawFn, box: _Box) -> FloatArray:
    """Draw a matrix of integers of the largest shape, move zeros last, cut it to a drawn shape.

    When a failure shrinks, irrelevant rows and columns become zero and are then cut off. If the
    shape were drawn first, only the last ones could be. The matrix is drawn as one string of bytes,
    because Hypothesis takes as long to draw a single weight.
    """
    (_, n), (_, m) = box.n, box.m
    pairs = draw(st.binary(min_size=2 * n * m, max_size=2 * n * m))
    numbers = np.frombuffer(pairs, dtype=">u2").astype(np.float64).reshape(n, m)
    ranks = np.where(numbers % 2 == 1, 1.0, -1.0) * ((numbers + 1) // 2)  # 0, 1, −1, 2, −2, …
    n, m = box.shape(draw)
    if ranks.shape != (n, m):
        living = ranks != 0
        order = [np.argsort(~living.any(axis=axis), kind="stable") for axis in (1, 0)]
        ranks = ranks[np.ix_(*order)]
    return ranks[:n, :m]


def _dense(draw: st.DrawFn, box: _Box) -> FloatArray:
    """Draw any pattern of zeros and signs, with four sizes of weights, hence many ties."""
    ranks = _ranks(draw, box)
    sizes = draw(st.lists(_with_ties(_sizes(box.top), box.top), min_size=4, max_size=4))
    W = np.sign(ranks) * np.array([0.0, *sizes])[np.abs(ranks).astype(int) % 5]
    return np.asarray(W + 0.0)  # no negative zeros


def _sparse(draw: st.DrawFn, box: _Box) -> FloatArray:
    """Draw one weight per row, on different neurons; if m < n the other rows are zero."""
    n, m = box.shape(draw)
    W = np.zeros((n, max(n, m)))
    W[np.arange(n), draw(st.permutations(range(max(n, m))))[:n]] = draw(_amplitudes(n, box.top))
    return W[:, :m]


def _collisions(draw: st.DrawFn, box: _Box) -> FloatArray:
    """Draw one weight per row, of either sign, at least two of them on one neuron."""
    n, m = box.shape(draw)
    neurons = draw(st.lists(st.integers(0, m - 1), min_size=n, max_size=n))
    neurons[1] = neurons[0]
    W = np.zeros((n, m))
    W[np.arange(n), neurons] = draw(_amplitudes(n, box.top))
    return W


def _near_tie(draw: st.DrawFn, box: _Box) -> FloatArray:
    """Draw rows whose two largest weights are equal or differ by at most 1e-9."""
    W = _dense(draw, box)
    step = draw(st.integers(1, W.shape[1] - 1))
    for row in W:
        first = int(np.abs(row).argmax())
        row[first] = row[first] or draw(_living(box.top))
        sign = draw(st.sampled_from([1.0, -1.0]))
        row[first - step] = sign * abs(row[first]) * (1.0 - draw(st.floats(0.0, TIE_DIFFERENCE)))
    return W


def _gaussian(draw: st.DrawFn, box: _Box) -> FloatArray:
    """Draw the paper's initialization, clipped at the bound on weights.

    Quantiles are drawn instead of a random stream, so that a failure can shrink weight by weight.
    """
    W = ndtri(0.5 + (ranks := _ranks(draw, box)) / (2 * N_QUANTILES + 2)) / np.sqrt(ranks.shape[1])
    return np.asarray(W.clip(-box.top, box.top))


def _amplitudes(count: int, top: float) -> st.SearchStrategy[list[float]]:
    return st.lists(_living(top), min_size=count, max_size=count)


#: The function that draws each sort; failures shrink to the first.
_DRAWN: dict[str, Callable[[st.DrawFn, _Box], FloatArray]] = {
    "dense": _dense,
    "sparse": _sparse,
    "collisions": _collisions,
    "near-tie": _near_tie,
    "gaussian": _gaussian,
}
#: Smallest n and m of each sort.
_LEAST = dict.fromkeys(_DRAWN, (1, 1)) | {"collisions": (2, 1), "near-tie": (1, 2)}


@st.composite
def _encodings(
    draw: st.DrawFn, sorts: list[str], fewest: tuple[int, int], most: tuple[int, int], top: float
) -> FloatArray:
    sort = draw(st.sampled_from(sorts))
    n, m = (max(low, least) for low, least in zip(fewest, _LEAST[sort], strict=True))
    return _DRAWN[sort](draw, _Box((n, most[0]), (m, most[1]), top))


def encodings(
    model: ToyModel | None = None,
    *,
    size: str = "balanced",
    max_features: int | None = None,
    max_neurons: int | None = None,
    sorts: Sequence[str] = tuple(_DRAWN),
    largest: float = 2.0,
) -> st.SearchStrategy[FloatArray]:
    """Return a strategy for encodings (n_features, n_neurons) of any shape, m < n included.

    Parameters
    ----------
    model : ToyModel, optional
        Determines the shape; by default any shape. ``models().flatmap(encodings)`` draws both.
    size : {"fast", "balanced", "thorough"}
        At most 4 × 5, 6 × 8 or 12 × 16 weights.
    max_features, max_neurons : int
        Bounds on n and m, instead of those of the size.
    sorts : sequence of str
        From "dense" (any pattern, few sizes of weights, many ties), "sparse" (one weight per row,
        no neuron shared), "collisions" (one weight per row, at least two of them on one neuron),
        "near-tie" (the two largest weights of each row equal to 1e-9) and "gaussian" (the paper's
        initialization); by default all.
    largest : float
        Bound on the size of a weight.

    Returns
    -------
    SearchStrategy
        Rows of zeros, that is dead features, occur.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, or no matrix of the shape is of these sorts.

    Examples
    --------
    >>> from hypothesis import find
    >>> from polytheory.testing import encodings
    >>> find(encodings(sorts=["collisions"]), lambda W: True).tolist()
    [[1.0], [1.0]]
    """
    top = _checks.scalar("largest", largest, low=1e-3)
    scale = named(size)
    if model is not None:
        require_model(model)
        for name, value in {"max_features": max_features, "max_neurons": max_neurons}.items():
            if value is not None:
                raise _checks.refuse_value(name, repr(value), "left out with a model")
        fewest = most = model.n_features, model.n_neurons
    else:
        fewest = 1, 1
        most = (
            bound("max_features", max_features, scale.features),
            bound("max_neurons", max_neurons, scale.neurons),
        )
    return _encodings(_possible(sorts, *most), fewest, most, top)


def _possible(sorts: Any, n: int, m: int) -> list[str]:
    """Return the sorts that exist for n features and m neurons."""
    wanted = words("sorts", sorts, tuple(_DRAWN))
    possible = [sort for sort in wanted if n >= _LEAST[sort][0] and m >= _LEAST[sort][1]]
    if not possible:
        came = f"{', '.join(wanted) or 'none'} for up to {n} features and {m} neurons"
        hint = "Collisions need two features, near-ties two neurons."
        raise _checks.refuse_value("sorts", came, "at least one that is possible", hint)
    return possible
