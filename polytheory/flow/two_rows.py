"""The flow of many pairs of rows at once, by a splitting whose parts are solved exactly.

Without ℓ1, two rows with W₁·W₂ > 0 follow W' = (I − K) W with their Gram matrix K = W Wᵀ, so that
K' = 2(K − K²): the eigenvectors of K stay, and each eigenvalue k obeys the logistic equation, hence
W(t + h) = f(K) W(t) with f(k) = (k + (1 − k)e^{−2h})^{−1/2}. The first half step is this, which
takes care of the fast relaxation. Then three parts alternate:

- ℓ1 alone moves each weight towards zero at rate λ, where it stops;
- each length alone obeys the logistic equation;
- contact alone, W₁' = −G W₂ and W₂' = −G W₁ with G = (W₁·W₂)₊ on the neurons where both weights
  live, multiplies W₁ ± W₂ by e^{∓I}, I = ∫ G dt, which has a closed form.

Elsewhere ℓ1 holds a zero weight against contact, up to its strength: with these weights in the
contact, too, the next ℓ1 step would undo a part of it, and contact would lag behind. While both
rows live on the same neurons, the first solution replaces the last two parts.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow._pairs import winners

Whole: TypeAlias = NDArray[np.int64]
Truth: TypeAlias = NDArray[np.bool_]

__all__ = ["STEP", "Ends", "follow_pairs"]

#: Default step, in units of 1/(λ max ‖W_i‖₁): the time in which ℓ1 moves a row by its length.
STEP = 0.03
#: Smaller squares are rounding errors, in collinear rows: in a step they grow by e^{2h}, to here.
_ROUNDING = 1e-14
#: A pair that has not settled after this many 1/λ does not: its rows tie.
_PATIENCE = 100.0
#: Keeps a quotient finite where two rows agree on all neurons.
_SMALLEST = 1e-30
#: Slightly below the maximum 2/(3√3) of r − r³.
_LARGEST_PULL = 0.999 * 2.0 / 3.0**1.5
#: Columns are repacked if at most this share of them is alive.
_REPACK = 0.8


class Ends(NamedTuple):
    """Where pairs of rows end.

    Attributes
    ----------
    site : ndarray (k, 2)
        The neuron, counted from 1, with the sign of the weight. 0 for a row that has died, and in a
        pair that does not settle (equal rows never part).
    displacement : ndarray (k, 2, m) or None
        X_ib = −∫ (W_1·W_2)₊ W_jb/A_i dt, where j is the other row and
        A_i(t) = exp ∫ (1 − ‖W_i‖²) dt: what contact has moved, in units of the initial weights.
    """

    site: FloatArray
    displacement: FloatArray | None


def follow_pairs(
    W: ArrayLike, *, l1_strength: float, step: float = STEP, displacements: bool = False
) -> Ends:
    """Follow pairs of rows until no neuron has two weights of equal sign.

    From then on they do not interact, and each row keeps its largest weight, or dies.

    Parameters
    ----------
    W : array (k, 2, m)
        k pairs of initial rows, at most 1e3 in size.
    l1_strength : float
        λ: ℓ1 strength, flow units; in [1e-6, 1].
    step : float
        Length of the steps in units of 1/(λ max ‖W_i‖₁), in [1e-4, 1]. The method is of first
        order in it, and the error falls with λ.
    displacements : bool
        Whether to add up the displacements; it takes about twice as long.

    Returns
    -------
    Ends

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or lies outside its range.

    Notes
    -----
    Kind: exact up to the step. Source: ours.

    Examples
    --------
    Two rows on two neurons. Their first weights have opposite signs and are the largest, so both
    rows keep them:

    >>> from polytheory.flow.two_rows import follow_pairs
    >>> follow_pairs([[[0.9, 0.5], [-0.8, 0.1]]], l1_strength=0.01).site.tolist()
    [[1.0, -1.0]]
    """
    start = _checks.real_array("W", W)
    if start.ndim != 3 or start.shape[1] != 2 or start.shape[2] == 0:
        raise _checks.refuse_value("W", _checks.shown(start), "of shape (k, 2, m), m ≥ 1")
    _checks.within("W", start, 1e3)
    lam = _checks.scalar("l1_strength", l1_strength, low=1e-6, high=1.0)
    run = _Pairs(start, lam, _checks.scalar("step", step, low=1e-4, high=1.0), displacements)
    while run.pair.size:
        run.advance()
    return Ends(run.site, run.displacement)


class _Pairs:
    """The pairs that have not settled; their columns with a living weight."""

    def __init__(self, W: FloatArray, lam: float, step: float, displacements: bool) -> None:
        k, _, m = W.shape
        self.lam, self.step = lam, step
        self.site = np.zeros((k, 2))
        self.displacement = np.zeros(W.shape) if displacements else None
        self.pair, self.time = np.arange(k), np.zeros(k)
        self.unit = np.ones((2, k))  # 1/A_i
        self.neuron = np.broadcast_to(np.arange(m), (k, m))
        self.rows = [W[:, 0].copy(), W[:, 1].copy()]
        self._drop_settled()
        if self.pair.size:
            self._relax(np.arange(self.pair.size), 0.5 * self._length())

    def advance(self) -> None:
        """Take one step and drop the pairs that have settled."""
        h = self._length()
        x, y = self.rows = [_shrunk(w, self.lam * h[:, None]) for w in self.rows]
        same = ((x == 0) == (y == 0)).all(axis=-1)  # the living neurons: without ℓ1 solved exactly
        if same.any():
            self._relax(np.flatnonzero(same), h[same])
        rest = np.flatnonzero(~same)
        if rest.size:
            self._stretch(rest, 0.5 * h[rest])
            near = rest[np.einsum("kb,kb->k", self.rows[0][rest], self.rows[1][rest]) > 0]
            if near.size:
                self._separate(near, h[near])
            self._stretch(rest, 0.5 * h[rest])
        self.time += h
        self._drop_settled()
        self._repack()

    def _length(self) -> FloatArray:
        """Return the length of the next step of each pair."""
        x, y = (np.abs(w).sum(axis=-1) for w in self.rows)
        return np.asarray(self.step / (self.lam * np.maximum(np.maximum(x, y), 1.0)))

    def _relax(self, pairs: Whole, h: FloatArray) -> None:
        """Follow the flow without ℓ1 for h."""
        x, y = (w[pairs] for w in self.rows)
        (a, b, d), logs = _relaxation(x, y, h)
        after = a[:, None] * x + b[:, None] * y, b[:, None] * x + d[:, None] * y
        for row, (old, new) in enumerate(zip((x, y), after, strict=True)):
            growth = np.exp(logs[row])
            self._displace(row, new / growth[:, None] - old, pairs)
            self.unit[row, pairs] /= growth
            self.rows[row][pairs] = new

    def _stretch(self, pairs: Whole, h: FloatArray) -> None:
        """Let each length approach 1 for h."""
        decay = np.exp(-2.0 * h)
        for row, w in enumerate(self.rows):
            here = w[pairs]
            factor = np.exp(_log_f(np.einsum("kb,kb->k", here, here), decay))
            self.rows[row][pairs] = here * factor[:, None]
            self.unit[row, pairs] /= factor

    def _separate(self, near: Whole, h: FloatArray) -> None:
        """Let contact alone act for h on the pairs `near`."""
        x, y = (w[near] for w in self.rows)
        both = (x != 0) & (y != 0)
        total = np.square((x + y) * both).sum(axis=-1)
        difference = np.maximum(np.square((x - y) * both).sum(axis=-1), _SMALLEST)
        # E = e^{2I} obeys 2E' = total − difference · E²:
        ratio = np.sqrt(total / difference)
        reached = np.tanh(0.5 * np.sqrt(total * difference) * h)
        impulse = 0.5 * np.log((ratio * reached + 1.0) / (1.0 + reached / ratio))[:, None]
        stay, turn = np.cosh(impulse), np.sinh(impulse)
        held = self.lam * h[:, None]
        for row, (own, other) in enumerate(((x, y), (y, x))):
            after = np.where(both, stay * own - turn * other, own - impulse * other)
            self._displace(row, after - own, near)
            # Where the own weight is zero only what exceeds ℓ1 moves it; where the other one is
            # zero, nothing does.
            self.rows[row][near] = np.where(own == 0, _shrunk(after, held), after)

    def _displace(self, row: int, change: FloatArray, where: Whole) -> None:
        """Add what contact has moved in a row of some pairs."""
        if self.displacement is not None:
            pair, neuron = self.pair[where, None], self.neuron[where]
            self.displacement[pair, row, neuron] += change * self.unit[row, where, None]

    def _drop_settled(self) -> None:
        x, y = self.rows
        settled = ~np.any(x * y > 0, axis=-1)
        # Until their fate is certain, rows that may die are followed further.
        settled[settled] = self._certain(x[settled]) & self._certain(y[settled])
        runs = np.arange(np.count_nonzero(settled))
        for row, weights in enumerate(self.rows):
            ended = weights[settled]
            place = winners(ended)
            site = (self.neuron[settled][runs, place] + 1) * np.sign(ended[runs, place])
            self.site[self.pair[settled], row] = np.where(place < 0, 0.0, site)
        keep = ~settled & (self.time < _PATIENCE / self.lam)
        if not keep.all():
            self.rows = [w[keep] for w in self.rows]
            self.pair, self.time, self.neuron = self.pair[keep], self.time[keep], self.neuron[keep]
            self.unit = self.unit[:, keep]

    def _certain(self, w: FloatArray) -> Truth:
        """Return whether a row without contact has died or cannot.

        Its length obeys r' = r − r³ − λc, and c = ‖w‖₁/‖w‖₂ only falls: beyond the smaller root
        of r − r³ = λc it cannot die.
        """
        length = np.linalg.norm(w, axis=-1)
        pull = self.lam * np.abs(w).sum(axis=-1) / np.where(length > 0, length, 1.0)
        grows = (length >= 3**-0.5) | (length - length**3 > pull)
        return np.asarray((length == 0) | (grows & (pull < _LARGEST_PULL)))

    def _repack(self) -> None:
        """Leave out columns that are dead in both rows: nothing revives there."""
        alive = (self.rows[0] != 0) | (self.rows[1] != 0)
        most = int(np.count_nonzero(alive, axis=-1).max(initial=0))
        if 0 < most <= _REPACK * alive.shape[-1]:
            keep = np.argsort(~alive, axis=-1, kind="stable")[:, :most]
            self.rows = [np.take_along_axis(w, keep, axis=-1) for w in self.rows]
            self.neuron = np.take_along_axis(self.neuron, keep, axis=-1)


def _shrunk(x: FloatArray, pull: FloatArray) -> FloatArray:
    """Return x moved towards zero by `pull`, at most to zero."""
    return np.asarray(x - np.clip(x, -pull, pull))


def _log_f(k: FloatArray, decay: FloatArray) -> FloatArray:
    """Return ln f(k) for a step with e^{−2h} = `decay`."""
    return np.asarray(-0.5 * np.log(np.maximum(k + (1.0 - k) * decay, _ROUNDING)))


Entries = tuple[FloatArray, FloatArray, FloatArray]


def _relaxation(x: FloatArray, y: FloatArray, h: FloatArray) -> tuple[Entries, list[FloatArray]]:
    """Return f(K), as its entries 11, 12 and 22, and ∫(1 − ‖W_i‖²) dt over the step of each row."""
    p, q, g = (np.einsum("kb,kb->k", u, v) for u, v in ((x, x), (y, y), (x, y)))
    g = np.maximum(g, 0.0)  # rows with W₁·W₂ ≤ 0 do not interact
    mean, half = 0.5 * (p + q), 0.5 * (p - q)
    radius = np.hypot(half, g)
    eigenvalues = np.stack([mean + radius, np.maximum(mean - radius, 0.0)])
    log_f = _log_f(eigenvalues, np.exp(-2.0 * h))
    # The eigenvectors lie at half the angle whose cosine and sine are these:
    scale = np.where(radius > 0, radius, 1.0)
    cosine, sine = half / scale, g / scale

    def entries(first: FloatArray, second: FloatArray) -> Entries:
        middle, apart = 0.5 * (first + second), 0.5 * (first - second)
        return middle + apart * cosine, apart * sine, middle - apart * cosine

    of_log = entries(*log_f)  # f(K) is the exponential of ∫(I − K) dt
    return entries(*np.exp(log_f)), [of_log[0], of_log[2]]
