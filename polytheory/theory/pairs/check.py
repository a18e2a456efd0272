"""Checks of pairs: sampled pairs by their exact flow, and many rows in the full flow."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtr, ndtri

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, instead, judged
from polytheory.checking.wrong import altered
from polytheory.claims import Claim, Domain, Interval, Kind, whole
from polytheory.flow.plain import integrate
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel, noise_free_force
from polytheory.theory import pairs as closed
from polytheory.theory.pairs._coincidence import given_overlap

#: Weights that are drawn for a case.
_DRAWN = 1_500_000


# --- coincidences ---------------------------------------------------------------------------------


def relaxed(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return where pairs of rows end without ℓ1, up to their norms: G^(−1/2)W if they are acute."""
    one, other = (np.square(each).sum(axis=-1, keepdims=True) for each in (first, second))
    overlap = (first * second).sum(axis=-1, keepdims=True)
    root = np.sqrt(one * other - np.square(overlap))
    acute = np.maximum(overlap, 0.0)
    return (other + root) * first - acute * second, (one + root) * second - acute * first


@cache
def coincidences(n_neurons: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Estimate 2m P(largest weights meet), opposite and same, by the sum over initial ranks.

    The neuron where they meet had some rank in each row. These ranks are drawn, ∝ r^−1.5, an entry
    is exchanged so that they are on one neuron, and each sample has the inverse of its probability
    as weight. That both are the largest has the mean 1, which reduces the error.
    """
    samples = max(_DRAWN // n_neurons, 100)
    rng = np.random.default_rng(seed)
    chance = np.arange(1.0, n_neurons + 1.0) ** -1.5
    chance /= chance.sum()
    first, second = rng.normal(size=(2, samples, n_neurons))
    rank, other = rng.choice(n_neurons, size=(2, samples), p=chance)
    row = np.arange(samples)
    here = np.argsort(-np.abs(first))[row, rank]
    there = np.argsort(-np.abs(second))[row, other]
    second[row, here], second[row, there] = second[row, there], second[row, here]
    weight = 1.0 / (chance[rank] * chance[other])
    found = np.zeros((2, samples))
    for _ in range(2):  # the sign at that neuron, and the other one
        second[row, here] *= -1.0
        ends = relaxed(first, second)
        met = np.all([np.abs(each).argmax(axis=-1) == here for each in ends], axis=0)
        opposite = ends[0][row, here] * ends[1][row, here] < 0.0
        found += weight * met * np.stack([opposite, ~opposite])
    return _controlled(found, weight * ((rank == 0) & (other == 0)) - 1.0)


def _controlled(samples: FloatArray, *controls: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return means along the last axis and their errors, with controls of mean zero."""
    design = np.stack([np.ones(samples.shape[-1]), *controls], axis=-1)
    fitted, *_ = np.linalg.lstsq(design, samples.T, rcond=None)
    left = samples.T - design @ fitted
    degrees = samples.shape[-1] - design.shape[-1]
    spread = np.linalg.inv(design.T @ design)[0, 0] * np.square(left).sum(axis=0) / degrees
    return np.asarray(fitted[0]), np.asarray(np.sqrt(spread))


def _seen_coincidences(**case: Any) -> Observation:
    return Observation(*coincidences(**case), "standard error of the sum over ranks", sampled=True)


def _both_signs(n_neurons: Any) -> FloatArray:
    return np.stack([closed.pair_coincidence(n_neurons, signs=each) for each in SIGNS])


def at_the_tail(n_neurons: Any) -> FloatArray:
    """Return both by a shift of each weight at u*, 2Q(u*) = 1/m, by its hazard (Gaussian tail)."""
    u = -ndtri(0.5 / n_neurons)
    hazard = 2.0 * n_neurons * np.exp(-(u**2) / 2.0) / np.sqrt(2.0 * np.pi)
    gain, mean = u * hazard / np.sqrt(n_neurons), u**2 / np.sqrt(n_neurons)
    moved = np.exp(gain**2 / 2.0 - mean * gain)
    opposite = ndtr(mean) + moved * ndtr(gain - mean)
    return np.stack([opposite, ndtr(-mean) + moved * ndtr(mean - gain)])


SIGNS = ("opposite", "same")


# --- many rows ------------------------------------------------------------------------------------

#: Weights and instances of a layer of which overlaps are averaged.
_WEIGHTS, _MIN_INSTANCES, _MAX_INSTANCES = 250_000, 16, 60
#: Relative error of the steps at this tolerance, from runs at a smaller one.
_RTOL, _STEPS = 1e-3, 0.004


@cache
def overlaps(
    n_features: int, n_neurons: int, time: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return √m cos(W_i, W_j) (i ≠ j) of layers at the start and later, (N, n(n−1)) each."""
    model = ToyModel(n_features, n_neurons)
    fitting = _WEIGHTS // (n_features * n_neurons)
    count = int(np.clip(fitting, _MIN_INSTANCES, _MAX_INSTANCES))
    start = initial_encodings(model, count, rng=seed)
    end = simulate(model, start, until=time, rtol=_RTOL, dtype="float32").final.astype(float)
    first, last = (between(each) for each in (start, end))
    return first, last


def between(W: FloatArray) -> FloatArray:
    """Return √m cos(W_i, W_j) of all i ≠ j."""
    rows = W / np.linalg.norm(W, axis=-1, keepdims=True)
    cosines = rows @ rows.swapaxes(-1, -2)
    return np.asarray(np.sqrt(W.shape[-1]) * cosines[..., ~np.eye(W.shape[-2], dtype=bool)])


def _mean_over_layers(samples: FloatArray, first: FloatArray, n_neurons: int) -> Observation:
    """Return the mean over layers; of the start, the means of Γ and of Γ₊ are known."""
    m = n_neurons
    expected = np.sqrt(m / np.pi) * np.exp(gammaln(m / 2.0) - gammaln((m + 1.0) / 2.0)) / 2.0
    positive = np.maximum(first, 0.0).mean(axis=-1) - expected
    (value,), (error,) = _controlled(samples[None], first.mean(axis=-1), positive)
    return Observation(
        value,
        error,
        "standard error over layers, and the steps",
        bias=_STEPS * abs(value),
        sampled=True,
        degrees=samples.size - 3.0,
    )


def _seen_mean(**case: Any) -> Observation:
    first, last = overlaps(**case)
    return _mean_over_layers(last.mean(axis=-1), first, case["n_neurons"])


def _seen_shift(**case: Any) -> Observation:
    """Measure the shift of overlaps that are clearly negative at the start."""
    first, last = overlaps(**case)
    chosen = first < -0.5
    shift = ((last - first) * chosen).sum(axis=-1) / chosen.sum(axis=-1)
    return _mean_over_layers(shift, first, case["n_neurons"])


def _crowded(n_features: Any, n_neurons: Any, **_: Any) -> Any:
    x = (n_features - 2.0) / np.sqrt(n_neurons)
    return (x >= 1.0) & (x <= 4.0)


_in_layers = partial(
    judged,
    cases=drawn(
        Domain({}, where=_crowded, because="1 ≤ (n_features − 2)/√n_neurons ≤ 4"),
        n_features=whole(10, 80),
        n_neurons=whole(64, 512, log=True),
        time=Interval(0.5, 4.0),
    ),
    draws=4,
    closed_form=None,
    not_compared="I(t) is an integral; the test of the equations compares them",
)


def _alone(n_features: Any, n_neurons: Any, time: Any) -> Any:
    return -(1.0 - np.exp(-2.0 * time)) / np.sqrt(2.0 * np.pi) + 0.0 * (n_features + n_neurons)


# --- two rows on two neurons ----------------------------------------------------------------------

#: Number of pairs; a pair is no near tie from this angle to a diagonal on, if no row is shorter.
_PAIRS, _MARGIN, _SHORT = 1500, 0.05, 0.2


@cache
def pairs_in_the_plane(l1_strength: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return random pairs of rows on two neurons, and whether they collide in the end."""
    start = end = initial_encodings(ToyModel(2, 2), _PAIRS, rng=seed)
    # Short steps at first, for long rows. Then a distance from a diagonal grows like exp(√2 λt).
    for step, time in ((0.05, 3.0), (0.25, 5.0 / l1_strength)):
        (end,) = integrate(
            noise_free_force,
            end,
            l1_strength=l1_strength,
            time=np.array([time]),
            step=step,
            method="euler",
        )
    largest = np.abs(end).argmax(axis=-1, keepdims=True)
    first, second = np.take_along_axis(end, largest, axis=-1)[..., 0].T
    return start, (largest[:, 0, 0] == largest[:, 1, 0]) & (first * second < 0.0)


def _angles(rows: FloatArray) -> FloatArray:
    return np.asarray(np.arctan2(rows[..., 1], rows[..., 0]))


def decided(rows: FloatArray) -> Any:
    """Return which pairs are no near ties: of short rows ℓ1 decides."""
    clear = np.abs(np.cos(2.0 * _angles(rows))) > np.sin(2.0 * _MARGIN)
    return (clear & (np.linalg.norm(rows, axis=-1) > _SHORT)).all(axis=-1)


def opposite_axes(W: FloatArray) -> FloatArray:
    """Return whether the nearest axes of two rows are opposite."""
    axes = np.rint(_angles(W) * 2.0 / np.pi)
    return np.asarray((axes[..., 0] - axes[..., 1]) % 4 == 2, float)


def _decided_pairs(**case: Any) -> Mapping[str, Any]:
    start, _ = pairs_in_the_plane(**case)
    return {"W": start[decided(start)]}


def _seen_ends(**case: Any) -> Observation:
    start, collided = pairs_in_the_plane(**case)
    which = decided(start)
    return Observation(collided[which], np.zeros(which.sum()), "a count")


def _seen_share(**case: Any) -> Observation:
    _, collided = pairs_in_the_plane(**case)
    # At λ = 0.05 up to 0.3 % of the pairs end otherwise than for λ → 0, at 0.03 up to 0.13 %.
    bias = 0.1 * case["l1_strength"]
    return Observation.proportion(collided.sum(), collided.size, bias=bias)


_WEAK = Domain({"l1_strength": Interval(0.0, 0.05, open_low=True)})
_in_the_plane = partial(
    judged,
    cases=drawn(l1_strength=Interval(0.04, 0.05)),
    draws=2,
    why="weaker penalties take longer",
    closed_form=None,
)

LAWS = (
    judged(
        closed.pair_coincidence,
        predict=_both_signs,
        observe=_seen_coincidences,
        cases=drawn(n_neurons=whole(8, 256, log=True)),
        draws=4,
        why="wider layers leave too few pairs",
        closed_form=given_overlap,
        evaluate_at=lambda **_: {"initial_overlap": np.array([0.3, 1.0])},
        power=0.1,
        limited_by="the pairs that fit into a tenth of a second, and the error stated, 0.7/m",
        wrong=[
            altered("chance", np.ones_like),
            instead("a shift at the tail", at_the_tail),
            altered("the signs exchanged", lambda both: both[::-1]),
            altered("acute pairs separate", lambda both: both * [1.0, 0.5]),
        ],
    ),
    _in_layers(
        closed.mean_overlap,
        observe=_seen_mean,
        why="layers that take tenths of a second; below x = 1 others matter little",
        power=0.04,
        limited_by="the error stated, (0.2 + 0.12/t)/√m, for layers of up to 512 neurons",
        wrong=[instead("without other rows: −1/√(2π)", _alone)],
    ),
    _in_layers(
        closed.overlap_shift,
        observe=_seen_shift,
        why="layers that take tenths of a second; smaller shifts drown in the rest",
        power=0.2,
        limited_by="the error stated, (1 + 0.6/t)/√m, and the random shifts",
        wrong=[
            altered("half", lambda shift: shift / 2.0),
            instead(
                "a random shift, √(n/m)",
                lambda n_features, n_neurons, time: np.sqrt(n_features / n_neurons) + 0.0 * time,
            ),
        ],
    ),
    _in_the_plane(
        Claim(
            name="two_by_two_end",
            kind=Kind.EXACT,
            domain=_WEAK,
            says="n = m = 2, λ → 0: two rows collide if their nearest axes are opposite, else not",
            source="two_rows: Two rows on two neurons",
            rests_on="two_by_two_collision",
            note="Judged on pairs more than 0.05 from a tie and longer than 0.2.",
        ),
        predict=opposite_axes,
        prepare=_decided_pairs,
        observe=_seen_ends,
        not_compared="the end of a given start; the probability is compared",
        wrong=[
            instead("obtuse pairs collide", lambda W: (W.prod(axis=1).sum(axis=-1) < 0) * 1.0),
            altered("never", lambda end: 0.0 * end),
        ],
    ),
    _in_the_plane(
        Claim(
            name="two_by_two_collision",
            kind=Kind.STATISTICAL,
            domain=_WEAK,
            says="n = m = 2, λ → 0: two rows collide with probability 1/4 (exclusion: 1/3)",
            source="two_rows: Two rows on two neurons",
        ),
        predict=lambda **_: 0.25,
        observe=_seen_share,
        not_compared="a number",
        power=0.3,
        limited_by="the pairs that fit into a quarter of a second",
        wrong=[instead("exclusion", lambda **_: 1.0 / 3.0)],
    ),
)
