"""Checks in the full flow: the settled end, and the number of polysemantic neurons.

The null models are compared with the flow from random initialization to the end. None is exact
for the flow; a derivation of the ratio is an open problem.
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from polytheory._checks import MAX_VALUE, FloatArray
from polytheory.checking import Observation, drawn, judged, mean_of
from polytheory.checking.wrong import altered, instead
from polytheory.claims import Claim, Domain, Interval, Kind, whole
from polytheory.flow.plain import integrate
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel, noise_free_force
from polytheory.observables import polysemantic_neurons
from polytheory.theory import collisions as closed
from polytheory.theory import fixed_points

#: Target relative standard error of a mean count, for a band and for a comparison with the table
#: (whose own error is 1.5 %); maximum and minimum number of instances.
AIM, FINE_AIM = 0.06, 0.03
_MAX_INSTANCES, _MIN_INSTANCES = 320, 16


# --- the settled flow -----------------------------------------------------------------------------


@cache
def settled_encodings(n_features: int, n_neurons: int, seed: int) -> FloatArray:
    """Draw encodings in which each signed site (neuron, sign) belongs to one feature at most."""
    rng = np.random.default_rng(seed)
    W = np.zeros((n_features, n_neurons))
    for sign in (1.0, -1.0):
        owner = rng.integers(n_features, size=n_neurons)
        free = W[owner, np.arange(n_neurons)] == 0
        W[owner[free], np.flatnonzero(free)] = sign * rng.uniform(0.2, 1.0, free.sum())
    norm = np.linalg.norm(W, axis=-1, keepdims=True)
    return np.asarray(W / np.where(norm == 0, 1.0, norm))


def _settled_case(
    n_features: int, n_neurons: int, l1_strength: float, seed: int
) -> Mapping[str, Any]:
    return {"W": settled_encodings(n_features, n_neurons, seed), "l1_strength": l1_strength}


def settled_limit(W: FloatArray, l1_strength: float) -> FloatArray:
    """Return the end of a settled flow: each row's largest weight, at the size x₊."""
    size = np.abs(W)
    largest = (size == size.max(axis=-1, keepdims=True)) & (size > 0)
    return np.where(largest, np.sign(W) * fixed_points.carrier_amplitude(l1_strength), 0.0)


def _long_run(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> Observation:
    """Follow the full model from settled encodings to rest, without a reduction to rows."""
    half, full = integrate(
        noise_free_force,
        settled_encodings(n_features, n_neurons, seed),
        l1_strength=l1_strength,
        time=np.array([15.0, 30.0]) / l1_strength,
        step=0.2,
        method="euler",  # its fixed points are exactly those of the flow
    )
    error = np.full_like(full, 2.0 * np.abs(full - half).max() + 1e-13)
    return Observation(full, error, "twice the change over the second half of the run")


# --- the end of the flow --------------------------------------------------------------------------


@cache
def one_hot_ends(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> FloatArray:
    """Simulate 16 instances to the end; return those that settle: only they end one-hot."""
    model = ToyModel(n_features, n_neurons, l1_strength=l1_strength)
    run = simulate(model, initial_encodings(model, 16, rng=seed))
    return np.asarray(run.final[run.outcome == "settled"])


def _sum_and_amplitude(**case: Any) -> Mapping[str, Any]:
    W = one_hot_ends(**case)
    return {
        "squared_norm_of_sum": np.square(W.sum(axis=-2)).sum(axis=-1),
        "n_living": W.any(axis=-1).sum(axis=-1),
        "amplitude": fixed_points.carrier_amplitude(case["l1_strength"]),
    }


def _count_in_the_end(**case: Any) -> Observation:
    count = np.asarray(polysemantic_neurons(one_hot_ends(**case)))
    error = np.full(count.shape, 1e-12)
    return Observation(count, error, "rounding of the encodings")


def _with_the_dead(squared_norm_of_sum: Any, n_living: Any, amplitude: Any) -> Any:
    # The largest number of living rows stands for n.
    return closed.polysemantic_from_overlap(
        squared_norm_of_sum, np.max(n_living), amplitude=amplitude
    )


# --- the count ------------------------------------------------------------------------------------


def enough_instances(n_features: int, n_neurons: int, aim: float) -> int:
    """Return the number of instances for a target error of the mean, by the null model."""
    expected = max(closed.expected_polysemantic(n_features, n_neurons), 0.1)
    return int(np.clip(1.0 / (aim**2 * expected), _MIN_INSTANCES, _MAX_INSTANCES))


@cache
def counts(
    n_features: int, n_neurons: int, l1_strength: float, seed: int, aim: float
) -> FloatArray:
    """Simulate from random initialization and count the polysemantic neurons of each instance."""
    model = ToyModel(n_features, n_neurons, l1_strength=l1_strength)
    start = initial_encodings(model, enough_instances(n_features, n_neurons, aim), rng=seed)
    return np.asarray(polysemantic_neurons(simulate(model, start, dtype="float32").final))


def _mean_count(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> Observation:
    return mean_of(counts(n_features, n_neurons, l1_strength, seed, AIM))


def _measured_again(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> Observation:
    """Measure the ratio, with the joint standard error of sample and table."""
    layer: dict[str, Any] = {"n_features": n_features, "n_neurons": n_neurons}
    seen = mean_of(counts(n_features, n_neurons, l1_strength, seed, FINE_AIM))
    expected = closed.expected_polysemantic(**layer)
    _, of_table = closed.measured_ratio(**layer, l1_strength=l1_strength)
    error = np.hypot(seen.error / expected, of_table)
    source = "standard error of the mean and of the table"
    return _as_sampled(seen, seen.value / expected, error, source)


def _as_sampled(seen: Observation, value: Any, error: Any, source: str) -> Observation:
    """Return a sampled observation of the same degrees of freedom."""
    return Observation(value, error, source, sampled=True, degrees=seen.degrees)


def _mean_count_again(**case: Any) -> Observation:
    seen = _measured_again(**case)
    expected = closed.expected_polysemantic(case["n_features"], case["n_neurons"])
    return _as_sampled(seen, seen.value * expected, seen.error * expected, seen.source)


def _layer_only(n_features: int, n_neurons: int, **_: float) -> Mapping[str, Any]:
    return {"n_features": n_features, "n_neurons": n_neurons}


def _from_chance(
    like: Domain, n: tuple[int, int], m: tuple[int, int], lam: tuple[float, float]
) -> Domain:
    strength = Interval(*lam, log=True)
    return drawn(like, n_features=whole(*n), n_neurons=whole(*m), l1_strength=strength)


_MEASURED: dict[str, Any] = {
    "cases": _from_chance(closed.MEASURED, (16, 48), (16, 96), (0.01, 0.075)),
    "full_cases": _from_chance(closed.MEASURED, (16, 256), (16, 1024), (3e-4, 0.125)),
    "why": "a few hundred instances determine the mean to 3 %; the whole domain in the full run",
}

LAWS = (
    judged(
        Claim(
            name="settling",
            kind=Kind.EXACT,
            domain=Domain(
                {
                    "n_features": whole(1, 1e15),
                    "n_neurons": whole(1, 1e15),
                    "l1_strength": Interval(
                        1 / MAX_VALUE, fixed_points.critical_l1(), label="(0, 2/(3√3)]"
                    ),
                }
            ),
            says="settled: a row that survives ends with its largest weight alone, at x₊",
            source="fixed_points: Settled rows",
            rests_on="carrier_amplitude",
            note=(
                "settled: no neuron has two living weights of the same sign. Weights tied for the "
                "largest stay tied."
            ),
        ),
        cases=drawn(
            n_features=whole(2, 8),
            n_neurons=whole(8, 16),
            l1_strength=Interval(0.02, 0.07, log=True),
        ),
        why="penalties that every row survives (λ√m < 0.3), in runs of length 30/λ",
        predict=settled_limit,
        closed_form=fixed_points.carrier_amplitude,
        prepare=_settled_case,
        observe=_long_run,
    ),
    judged(
        closed.polysemantic_from_overlap,
        prepare=_sum_and_amplitude,
        observe=_count_in_the_end,
        cases=_from_chance(closed.SITES, (4, 32), (4, 32), (0.02, 0.25)),
        why="instances of the flow that settle; at the strongest penalties many rows die",
        wrong=[
            altered("without the ½", lambda count: 2.0 * count),
            instead("dead rows counted too", _with_the_dead),
            instead(
                "without x₊²",
                lambda squared_norm_of_sum, n_living, **_: (n_living - squared_norm_of_sum) / 2.0,
            ),
            instead(
                "plus the square",
                lambda squared_norm_of_sum, n_living, amplitude: (
                    (n_living + squared_norm_of_sum / amplitude**2) / 2.0
                ),
            ),
            instead(
                "x₊ for x₊²",
                lambda squared_norm_of_sum, n_living, amplitude: (
                    (n_living - squared_norm_of_sum / amplitude) / 2.0
                ),
            ),
        ],
    ),
    judged(
        closed.expected_polysemantic,
        "polysemantic_count",
        observe=_mean_count,
        prepare=_layer_only,
        # n²/m varies by a factor of 64 with n and of 16 with m: a wrong exponent leaves the band.
        cases=_from_chance(closed.SURVIVED, (8, 64), (8, 128), (0.01, 0.1)),
        full_cases=_from_chance(closed.SURVIVED, (8, 256), (8, 1024), (2.5e-4, 0.1)),
        draws=3,
        why="a few hundred instances determine the mean, and wider layers take minutes",
        band=(0.65, 1.2),  # means of many more runs lie between 0.74 and 1.15, without deaths
        power=0.8,
        limited_by="the band 0.65–1.2: the ratio is not derived",
    ),
    judged(
        closed.measured_ratio,
        predict=lambda **layer: closed.measured_ratio(**layer)[0],
        closed_form=closed.expected_polysemantic,
        observe=_measured_again,
        **_MEASURED,
        draws=1,
        power=0.3,
        limited_by="the instances that fit into seconds, and the error of the table, 1.5 to 3 %",
    ),
    judged(
        closed.expected_polysemantic,
        "measured_polysemantic_count",
        predict=partial(closed.expected_polysemantic, null_model="measured"),
        closed_form=closed.expected_polysemantic,
        observe=_mean_count_again,
        **_MEASURED,
        draws=1,
        power=0.3,
        limited_by="the instances that fit into seconds, and the error of the table, 1.5 to 3 %",
    ),
)
