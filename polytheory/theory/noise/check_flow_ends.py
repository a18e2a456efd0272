"""Checks of noise in the full flow: the plateau, the window and collisions."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, altered, judged
from polytheory.claims import Claim, Domain, Interval, Kind, whole
from polytheory.flow.simulate import simulate
from polytheory.model import ToyModel
from polytheory.noise import Bipolar, Gaussian, Noise
from polytheory.observables import polysemantic_neurons
from polytheory.theory import noise as closed
from polytheory.theory.collisions import expected_polysemantic
from polytheory.theory.noise.check_flow import fourth, random_encodings, sizes, sizes_only, strength

#: Noise that opens pairs, by number, for a case.
_OPENING: tuple[tuple[str, Callable[..., Noise]], ...] = (
    ("bipolar", Bipolar),
    ("gaussian", Gaussian),
)
#: Length of a run to sparse rows, in typical times to half sparsity.
_RUN_IN_HALF_SPARSITY_TIMES = 5.0
#: Steps three times as coarse as usual end at the same states.
_RTOL = 0.03


def _sparse(
    n_features: int, n_neurons: int, std: float, count: int, seed: int, clock: float | None = None
) -> FloatArray:
    """Simulate random encodings under bipolar noise; the length follows from `clock`, or σ."""
    rate = closed.drift_rate(n_features, std=clock or std, excess_kurtosis=-2.0)
    long = _RUN_IN_HALF_SPARSITY_TIMES * closed.half_sparsity_time(max(n_neurons, 8), rate=rate)
    model = ToyModel(n_features, n_neurons, noise=Bipolar(std=std))
    start = random_encodings(n_features, n_neurons, count, seed)
    return np.asarray(simulate(model, start, max_time=long, rtol=_RTOL).final)


# --- the plateau ----------------------------------------------------------------------------------


def _seen_plateau(n_features: int, n_neurons: int, scaled_std: float, seed: int) -> Observation:
    final = _sparse(n_features, n_neurons, scaled_std / (n_features - 1), 7, seed)
    # Some runs end elsewhere.
    return Observation(np.median(fourth(final)), 0.0, "negligible error")


# --- the window -----------------------------------------------------------------------------------

#: Noise below the window and inside, as (n − 1)σ, and above it, in units of the critical one.
_BELOW, _INSIDE, _ABOVE = 0.3, 1.0, 1.2


def _window(n_features: int, **_: int) -> tuple[FloatArray, FloatArray]:
    """Return the ends of what `_seen_window` returns; an infinite end is none."""
    above = _ABOVE * closed.critical_std(n_features)
    small = 1.5 * closed.equilibrium_norm(n_features, std=above, diagonal="exact")
    low = np.array([-np.inf, 0.95, 0.65, 0.95, -np.inf])
    return low, np.array([0.2, np.inf, np.inf, np.inf, small])


def _seen_window(n_features: int, n_neurons: int, seed: int) -> Observation:
    """Measure fourth norms (below, their change) and largest squared norms."""
    inside = _INSIDE / (n_features - 1)
    levels = _BELOW / (n_features - 1), inside, strength(n_features, _ABOVE)
    layer = {"n_features": n_features, "n_neurons": n_neurons, "count": 1, "seed": seed}
    below, working, above = (_sparse(**layer, std=std, clock=inside)[0] for std in levels)
    changed = fourth(below) - fourth(random_encodings(**layer)[0])
    norms = [np.square(W).sum(axis=-1).max() for W in (below, working, above)]
    seen = np.array([changed, norms[0], fourth(working), *norms[1:]])
    return Observation(seen, np.zeros(5), "negligible error")


# --- collisions -----------------------------------------------------------------------------------


@cache
def _pairs(n_pairs: int, std: float, gaussian_noise: int) -> FloatArray:
    """Return antipodal pairs, each on its own neuron, of the norm at which they rest."""
    W = np.zeros((2 * n_pairs, n_pairs + 1))
    for pair in range(n_pairs):
        W[2 * pair : 2 * pair + 2, pair] = 1.0, -1.0
    used = W != 0
    model = ToyModel(*W.shape, noise=_OPENING[gaussian_noise][1](std=std))
    W = simulate(model, W, until=20.0, rtol=1e-6).final
    assert np.abs(W[~used]).max() < 1e-9, "a pair has opened without being bent"
    return np.where(used, W, 0.0)


def _of_pairs(n_pairs: int, std: float, gaussian_noise: int) -> dict[str, Any]:
    N = float(np.square(_pairs(n_pairs, std, gaussian_noise)).sum(axis=-1).mean())
    return {"std": std, "squared_norm": N, "distribution": _OPENING[gaussian_noise][0]}


def _seen_escape(n_pairs: int, std: float, gaussian_noise: int) -> Observation:
    """Bend two pairs slightly, in opposite directions, towards the free neuron."""
    rest = _pairs(n_pairs, std, gaussian_noise)
    model = ToyModel(*rest.shape, noise=_OPENING[gaussian_noise][1](std=std))
    time = 1.0 / std

    def rate(bent: float, rtol: float) -> float:
        W = rest.copy()
        W[:4, -1] = bent * np.array([1.0, 1.0, -1.0, -1.0])
        final = simulate(model, W, until=time, rtol=rtol, atol=1e-12).final
        grown = final[0, -1] / final[0, 0] / (bent / rest[0, 0])
        return float(np.log(grown)) / time

    fine = rate(1e-4, 1e-10)
    error = abs(fine - rate(2e-4, 1e-10)) + abs(fine - rate(1e-4, 1e-9))
    return Observation(fine, error, "halved bend; tenfold integrator tolerance")


#: As many under noise as refute a quarter of chance in a run of all laws, also if two pairs remain.
_INSTANCES, _UNDER_L1_INSTANCES = 40, 128
#: Count under ℓ1 alone over that of exclusion, measured, and how exact it and 0 are claimed to be.
_UNDER_L1, _WITHIN = 0.9, 0.05


def _seen_sharing(n_features: int, n_neurons: int, scaled_std: float, seed: int) -> Observation:
    """Count shared neurons under noise, and under ℓ1 from the same and more encodings."""
    noisy = _sparse(n_features, n_neurons, scaled_std / (n_features - 1), _INSTANCES, seed)
    start = random_encodings(n_features, n_neurons, _UNDER_L1_INSTANCES, seed)
    plain = simulate(ToyModel(n_features, n_neurons, l1_strength=0.01), start).final
    found = [np.sum(polysemantic_neurons(W, carrier_rule="share")) for W in (noisy, plain)]
    runs = np.array([_INSTANCES, _UNDER_L1_INSTANCES])
    # Counts under ℓ1 scatter less than Poisson's, whose tails are taken.
    chance = runs * float(expected_polysemantic(n_features, n_neurons))
    return Observation.count(found, chance, bias=_WITHIN)


#: Layers in which shared neurons were counted; with fewer features noise leaves a tenth.
MEASURED = Domain(
    {"n_features": whole(10, 64), "n_neurons": whole(10, 256), "scaled_std": Interval(1.3, 2.5)},
    where=lambda n_features, n_neurons, **_: (
        (n_features <= n_neurons) & (n_neurons <= 4 * n_features)
    ),
    because="n ≤ m ≤ 4n",
)
_REACH = Interval(0.9, 1.5)
#: Layers that were followed under noise until their rows are sparse.
_SOON_SPARSE = sizes_only((6, 8), (6, 9))


def _layer_only(n_features: int, n_neurons: int, **_: float) -> dict[str, int]:
    return {"n_features": n_features, "n_neurons": n_neurons}


LAWS = (
    judged(
        Claim(
            name="plateau_in_the_flow",
            kind=Kind.LEADING_ORDER,
            domain=_SOON_SPARSE,
            says="bipolar noise ends at n−1 sparse rows and a dense one: ‖w‖₄⁴ = 0.79 for n = 8",
            source="noise: The plateau below 1",
            rests_on="plateau_fourth_power_sum",
            note="Normalised rows, (n−1)σ near 1, the median of several runs; unequal norms raise "
            "it by up to 3 %. The value is derived; that runs end there is measured: 6–9 % at "
            "n = 8 do not.",
        ),
        cases=sizes((6, 8), (6, 9), scaled_std=_REACH),
        why="seven instances per layer, sparse within seconds; scaled_std is (n−1)σ",
        prepare=lambda n_features, **_: {"n_features": n_features, "squared_norm": 1.0},
        predict=closed.plateau_fourth_power_sum,
        closed_form=closed.plateau_fourth_power_sum,
        observe=_seen_plateau,
        draws=2,
        band=(1.0, 1.03),
        power=0.03,
        limited_by="the norms of the rows, which are not quite equal",
    ),
    judged(
        Claim(
            name="window_in_the_flow",
            kind=Kind.BOUND,
            domain=_SOON_SPARSE,
            says="sparse rows for (n−1)σ = 1, none for 0.3 in the same time; small rows above σ_c",
            source="noise: The window",
            rests_on="critical_std",
            note="Bipolar noise. For 0.3 the fourth norm of normalised rows grows by at most 0.2, "
            "for 1 it is at least 0.65; squared norms at least 0.95, above at most 1.5 N* of "
            "Gaussian noise. The limits are measured: the transitions are gradual.",
        ),
        cases=sizes((6, 8), (6, 9)),
        prepare=_layer_only,
        closed_form=None,
        not_compared="the limits are conventions; the statement is of σ_c, which they contain",
        predict=_window,
        observe=_seen_window,
        draws=2,
        # The norm inside is 0.98, that above 1.1 to 1.4 N*.
        tight=(0.1, 0.3),
        power=0.1,
        limited_by="the limits, which are conventions: the transitions are gradual",
        wrong=[
            altered("lower ends up", lambda ends: (ends[0] * 1.25, ends[1])),
            altered("upper ends down", lambda ends: (ends[0], ends[1] / 2.0)),
            altered("lower ends away", lambda ends: (ends[0] / 1.25, ends[1])),
            altered("upper ends away", lambda ends: (ends[0], ends[1] * 2.0)),
        ],
    ),
    judged(
        Claim(
            name="escape_in_the_flow",
            kind=Kind.EXACT,
            domain=Domain({"n_pairs": whole(2, 8), "std": Interval(0.05, 0.3, log=True)}),
            says="opposite-sign collisions open at the rate F′(0) − F′(−N) ≈ E|z|",
            source="noise: Opposite-sign collisions escape",
            rests_on="escape_rate",
            note="Pairs on separate neurons, at the norm N at which they rest; for Gaussian noise, "
            "and for bounded noise that cannot reach −N.",
        ),
        cases=Domain(
            {
                "n_pairs": whole(2, 4),
                "std": Interval(0.05, 0.3, log=True),
                "gaussian_noise": whole(0, 1),
            }
        ),
        why="more pairs take longer; gaussian_noise is 0 for bipolar noise",
        prepare=_of_pairs,
        predict=closed.escape_rate,
        closed_form=partial(closed.escape_rate, distribution="gaussian"),
        observe=_seen_escape,
        draws=4,
    ),
    judged(
        Claim(
            name="no_collisions_under_noise",
            kind=Kind.EMPIRICAL,
            domain=MEASURED,
            says="neurons shared by two features, over exclusion: 0 under noise, 0.9 under ℓ1",
            source="noise: Noise against ℓ1: which neurons are shared",
            rests_on="escape_rate",
            note="Bipolar noise, inside its window, each to within 0.05. Proved: pairs on neurons "
            "of their own open. A pair with a share n/(2(n−1)) of its norm there can rest on a "
            "simplex: with n ≤ 8 about one run in ten ends there.",
        ),
        cases=sizes((10, 10), (10, 10), scaled_std=Interval(1.3, 2.5)),
        why=f"{_INSTANCES} instances under noise take seconds; scaled_std is (n−1)σ",
        predict=lambda **_: np.array([0.0, _UNDER_L1]),
        not_compared="both ratios are measured; the statement is why noise has none",
        observe=_seen_sharing,
        draws=1,
        power=0.7,
        limited_by="the claimed 0.05, and the runs under ℓ1 that fit into a second; of the ratio 0 "
        "under noise no relative change exists, and a quarter of chance is refuted",
        wrong=[
            altered("noise and ℓ1 exchanged", np.flip),
            altered("a quarter of chance remains under noise", lambda _: np.array([0.25, 0.9])),
            altered("0.3 of chance remains under ℓ1", lambda _: np.array([0.0, 0.3])),
            altered("twice chance remains under ℓ1", lambda _: np.array([0.0, 1.8])),
        ],
    ),
)
