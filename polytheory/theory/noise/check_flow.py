"""Checks of noise in the full flow: the simplex and its rotation."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, instead, judged, mean_of, scaled
from polytheory.claims import Claim, Domain, Interval, Kind, whole
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import Bipolar, Gaussian, Noise, Uniform
from polytheory.theory import noise as closed
from polytheory.theory.noise.drift.check import first_order, of_second_order
from polytheory.theory.noise.simplex.check import rotation

#: Noise that makes rows sparse, by number, for a case.
_SPARSE: tuple[Callable[..., Noise], ...] = (Bipolar, Uniform)


def random_encodings(n_features: int, n_neurons: int, count: int, seed: int) -> FloatArray:
    """Draw a batch of encodings."""
    return initial_encodings(ToyModel(n_features, n_neurons), count, rng=seed)


def fourth(W: FloatArray) -> Any:
    """Return the mean of ‖W_i‖₄⁴/‖W_i‖₂⁴ over the rows."""
    return ((W**4).sum(axis=-1) / np.square((W**2).sum(axis=-1))).mean(axis=-1)


_ROOMY = Domain(
    {},
    where=lambda n_features, n_neurons, **_: n_neurons >= n_features,
    because="n_neurons ≥ n_features",
)


def sizes(n: tuple[int, int], m: tuple[int, int], **others: Interval) -> Domain:
    """Return a domain of sizes n ≤ m."""
    return drawn(_ROOMY, n_features=whole(*n), n_neurons=whole(*m), **others)


def sizes_only(n: tuple[int, int], m: tuple[int, int], **others: Interval) -> Domain:
    """Return the domain of a claim for sizes n ≤ m."""
    box = {"n_features": whole(*n), "n_neurons": whole(*m), **others}
    return replace(_ROOMY, intervals=box)


def strength(n_features: int, std_over_critical: float) -> float:
    """Return σ, given relative to the critical one."""
    return std_over_critical * closed.critical_std(n_features)


# --- the simplex, and rows on it under Gaussian noise ---------------------------------------------


def _of_simplex(n_features: int, std_over_critical: float, **_: int) -> dict[str, Any]:
    return {"n_features": n_features, "std": strength(n_features, std_over_critical)}


def _gram(n_features: int, std: float) -> FloatArray:
    """Return the Gram matrix of the simplex at the norm at which noise and growth balance."""
    N = closed.equilibrium_norm(n_features, std=std, diagonal="exact")
    overlap = closed.simplex_overlap(n_features, squared_norm=N)
    return np.where(np.eye(n_features) == 1, N, overlap)


def _seen_gram(n_features: int, n_neurons: int, std_over_critical: float, seed: int) -> Observation:
    noise = Gaussian(std=strength(n_features, std_over_critical))
    (start,) = random_encodings(n_features, n_neurons, 1, seed)
    W = simulate(ToyModel(n_features, n_neurons, noise=noise), start, rtol=1e-5).final
    gram = W @ W.T
    error = np.full_like(gram, 1e-6)
    return Observation(gram, error, "a hundred times the change when the time is doubled")


def _seen_rest(n_features: int, n_neurons: int, std_over_critical: float, seed: int) -> Observation:
    noise = Gaussian(std=strength(n_features, std_over_critical))
    start = random_encodings(n_features, n_neurons, 16, seed)
    final = simulate(ToyModel(n_features, n_neurons, noise=noise), start, until=60.0).final
    return mean_of(fourth(final))


# --- rotation by other noise ---------------------------------------------------------------------

#: Times between which the drift is measured, after the overlaps have adapted to the new noise.
_FROM, _TO = 8.0, 12.0
_SIMPLICES = 3


def _noise(n_features: int, scaled_std: float, uniform_noise: int) -> Noise:
    return _SPARSE[uniform_noise](std=scaled_std / (n_features - 1))


@cache
def _turned(
    n_features: int, n_neurons: int, scaled_std: float, uniform_noise: int, seed: int
) -> FloatArray:
    """Simulate Gaussian noise until rows form simplices, then the other noise."""
    noise = _noise(n_features, scaled_std, uniform_noise)
    W = random_encodings(n_features, n_neurons, _SIMPLICES, seed)
    for each, until in ((Gaussian(std=noise.std), 300.0), (noise, _FROM)):
        W = simulate(ToyModel(n_features, n_neurons, noise=each), W, until=until).final
    return W


def _of_drift(
    n_features: int, n_neurons: int, scaled_std: float, uniform_noise: int, **_: int
) -> dict[str, float]:
    """Return the arguments of γ₂."""
    given = of_second_order(n_features, n_neurons, scaled_std, uniform_noise)
    return given | {"squared_norm": 1.0}


def _prepared_drift(**case: Any) -> dict[str, Any]:
    layer = {name: value for name, value in case.items() if name != "seed"}
    noise = _of_drift(**layer)
    del noise["squared_norm"]  # that of the equilibrium
    return {"W": _turned(**case), **noise}


def _predicted_drift(
    W: FloatArray, rate: Callable[..., Any] = closed.drift_rate_second_order, **noise: Any
) -> FloatArray:
    """Return the mean rate of ‖w‖₄⁴ when rows rotate together under the cubes of their weights."""
    N = np.square(W).sum(axis=-1, keepdims=True)
    turning = rate(**noise) * np.array([rotation(each, each**3) for each in W]) / N.mean()
    return np.asarray((4.0 * W**3 / N**2 * turning).sum(axis=-1).mean())


def _observed_drift(
    n_features: int, n_neurons: int, scaled_std: float, uniform_noise: int, seed: int
) -> Observation:
    W = _turned(n_features, n_neurons, scaled_std, uniform_noise, seed)
    model = ToyModel(n_features, n_neurons, noise=_noise(n_features, scaled_std, uniform_noise))
    final = simulate(model, W, until=_TO - _FROM, rtol=1e-4).final
    speed = (fourth(final) - fourth(W)).mean() / (_TO - _FROM)
    return Observation(speed, 1e-6, "error of the integrator")


_FRACTION = Interval(0.3, 0.8)
_NEAR_ONE = Interval(0.8, 1.2)

LAWS = (
    judged(
        Claim(
            name="simplex_in_the_flow",
            kind=Kind.EXACT,
            domain=sizes_only((2, 16), (2, 24), std_over_critical=_FRACTION),
            says="under Gaussian noise all W_i·W_j end at −N*/(n−1), all ‖W_i‖² at N*",
            source="noise: Overlaps become negative",
            rests_on="equilibrium_norm",
            note="From random encodings. N* includes the ReLU on the diagonal. "
            "For (n−1)σ ≪ 1 it takes exponentially long. The simplex is proved to be the minimum "
            "for equal norms, not that every run ends there.",
        ),
        not_compared="the statement leaves out the ReLU on the diagonal",
        cases=sizes((3, 8), (3, 12), std_over_critical=_FRACTION),
        why="small layers, and σ/σ_c at which they soon come to rest",
        prepare=_of_simplex,
        predict=_gram,
        observe=_seen_gram,
        draws=4,
    ),
    judged(
        closed.fourth_power_sum_of_random_rows,
        "gaussian_noise_in_the_flow",
        prepare=lambda n_neurons, **_: {"n_neurons": n_neurons, "squared_norm": 1.0},
        observe=_seen_rest,
        # In wide layers the sum of fourth powers scatters less, and they take as long.
        cases=sizes((16, 24), (64, 96), std_over_critical=_FRACTION),
        draws=3,
        why="layers that settle in seconds; rows are normalised",
        power=0.06,
        limited_by="the rows of 48 runs; a full run has four times as many",
    ),
    judged(
        Claim(
            name="drift_in_the_flow",
            kind=Kind.LEADING_ORDER,
            domain=sizes_only((6, 8), (16, 24), scaled_std=_NEAR_ONE),
            says="rows of a simplex rotate together by dw_k/dt = γ₂(w_k³ − q w_k), become sparse",
            source="noise: The drift to second order",
            rests_on="drift_rate_second_order",
            note="For bipolar and uniform noise. Observed over predicted is 0.95–1.2, by the order "
            "1/m² and what overlaps add while they follow; with γ it is 1.3–1.6.",
        ),
        cases=sizes((7, 8), (16, 18), scaled_std=_NEAR_ONE, uniform_noise=whole(0, 1)),
        why="layers small enough for runs of seconds; "
        "scaled_std is (n−1)σ, uniform_noise 0 for bipolar noise",
        prepare=_prepared_drift,
        predict=_predicted_drift,
        closed_form=closed.drift_rate_second_order,
        evaluate_at=_of_drift,
        observe=_observed_drift,
        draws=3,
        band=(0.9, 1.2),
        power=0.2,
        limited_by="the band 0.9–1.2: terms of order 1/m² and the motion of the overlaps",
        wrong=[scaled(-1.0), instead("to first order", _predicted_drift, rate=first_order)],
    ),
)
