"""Checks of rates in the exact force: drift on a simplex, and opening of collisions."""

from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, instead, judged, mean_of, scaled
from polytheory.domain import Domain, Interval, whole
from polytheory.noise import Bipolar, Uniform, expected_force
from polytheory.theory.noise import drift as closed
from polytheory.theory.noise.edgeworth.check_mixed import cumulants, noise_gradient
from polytheory.theory.noise.simplex import check as _simplex


def _of_drift(bipolar_share: float, **case: Any) -> dict[str, float]:
    given = {name: case[name] for name in ("n_features", "std", "squared_norm")}
    return given | {"excess_kurtosis": cumulants(bipolar_share)["excess_kurtosis"]}


def _seen_drift(
    n_features: int,
    n_neurons: int,
    std: float,
    squared_norm: float,
    bipolar_share: float,
    seed: int,
) -> Observation:
    """Measure the coefficient of the cubed weights in the force projected on rotations."""
    W = _simplex.simplex(n_features, n_neurons, squared_norm, seed)
    turning = _simplex.rotation(W, -noise_gradient(W, std, bipolar_share) / 4.0)
    cube = _simplex.rotation(W, W**3 / squared_norm)
    size = float((cube * cube).sum())
    error = 1e-15 * n_features / np.sqrt(size)
    return Observation((turning * cube).sum() / size, error, "rounding of the force")


#: Noise whose cumulants are known, by number, for a case, and simplices over which it is averaged.
_NOISES = (Bipolar, Uniform)
_KURTOSES, _SIXTH = (-2.0, -1.2), (16.0, 48.0 / 7.0)
_SIMPLICES = 48


def of_second_order(
    n_features: int, n_neurons: int, scaled_std: float, uniform_noise: int, **_: int
) -> dict[str, float]:
    """Return the arguments of γ₂ for a case."""
    return {
        "n_features": n_features,
        "n_neurons": n_neurons,
        "std": scaled_std / (n_features - 1),
        "excess_kurtosis": _KURTOSES[uniform_noise],
        "sixth_cumulant": _SIXTH[uniform_noise],
        "squared_norm": 0.95,
    }


def _seen_second_order(
    n_features: int, n_neurons: int, scaled_std: float, uniform_noise: int, seed: int
) -> Observation:
    """Project the exact force on rotations of random simplices, as for `drift_rate`."""
    noise = _NOISES[uniform_noise](std=scaled_std / (n_features - 1))
    along, square = np.empty((2, _SIMPLICES))
    for each in range(_SIMPLICES):
        W = _simplex.simplex(n_features, n_neurons, 0.95, (seed + each) % 2**32)
        turning = _simplex.rotation(W, expected_force(W, noise))
        cube = _simplex.rotation(W, W**3 / 0.95)
        along[each], square[each] = (turning * cube).sum(), (cube * cube).sum()
    rate = along.sum() / square.sum()
    scatter = mean_of((along - rate * square) / square.mean())
    source = f"standard error of {_SIMPLICES} simplices"
    return Observation(rate, scatter.error, source, sampled=True, degrees=scatter.degrees)


def first_order(**given: Any) -> Any:
    """Return γ for the arguments of γ₂."""
    return closed.drift_rate(**{n: given[n] for n in closed.DRIFT.intervals if n in given})


def _force(W: FloatArray, std: float) -> FloatArray:
    """Return the mean force under Gaussian noise by quadrature, own outputs above their kink."""
    gram = W @ W.T
    N = np.diag(gram)
    s = std * np.sqrt(N)
    passes, first, _ = _simplex.rectified(gram / s)
    off = 1.0 - np.eye(len(W))
    pull = off * (s * first)
    along = 1.0 - N - std**2 / 2.0 * (1.0 + (off * passes).sum(axis=0))
    return np.asarray(along[:, None] * W - (pull + pull.T) / 2.0 @ W)


def _of_escape(std: float, squared_norm: float, **_: int) -> dict[str, Any]:
    return {"std": std, "squared_norm": squared_norm, "distribution": "gaussian"}


def _seen_escape(n_pairs: int, std: float, squared_norm: float) -> Observation:
    """Measure how fast antipodal pairs open when bent slightly towards an unused neuron."""

    def rate(bent: float) -> Any:
        W = np.zeros((2 * n_pairs, n_pairs + 1))
        for pair in range(n_pairs):
            W[2 * pair : 2 * pair + 2, pair] = np.sqrt(squared_norm) * np.array([1.0, -1.0])
        W[:4, -1] = bent * np.array([1.0, 1.0, -1.0, -1.0])
        speed = _force(W, std)
        return speed[0, -1] / bent - speed[0, 0] / W[0, 0]

    scale = np.sqrt(squared_norm) * min(std, 1.0)
    coarse, fine = rate(2e-4 * scale), rate(1e-4 * scale)
    error = abs(fine - coarse) + 1e-10 * abs(fine)
    return Observation(fine, error, "halved bend, and rounding")


_NORM = Interval(0.2, 1.0)

LAWS = (
    judged(
        closed.drift_rate,
        observe=_seen_drift,
        cases=drawn(
            closed.SIMPLEX_FITS,
            n_features=whole(3, 6),
            n_neurons=whole(3, 8),
            std=Interval(0.15, 0.5, log=True),
            squared_norm=_NORM,
            bipolar_share=Interval(0.1, 0.3, log=True),
        ),
        prepare=_of_drift,
        why="layers small enough for a sum over all signs; Gaussian noise with a bipolar share a "
        "of the variance, so that its kurtosis −2a² can be small",
        small="bipolar_share",
        refined_to=0.025,
        order=1.0,
        # The next order in the kurtosis is up to half as large and hides 10 % from the slope.
        wrong=[scaled(-1.0)],
    ),
    judged(
        closed.escape_rate,
        observe=_seen_escape,
        cases=Domain(
            {"n_pairs": whole(2, 5), "std": Interval(0.05, 0.5, log=True), "squared_norm": _NORM}
        ),
        prepare=_of_escape,
        closed_form=partial(closed.escape_rate, distribution="gaussian"),
        why="a few pairs under Gaussian noise, whose force is a quadrature; more pairs add nothing",
        wrong=[
            instead(
                "bipolar for Gaussian",
                lambda **g: closed.escape_rate(**g | {"distribution": "bipolar"}),
            ),
        ],
    ),
    judged(
        closed.drift_rate_second_order,
        observe=_seen_second_order,
        prepare=of_second_order,
        cases=drawn(
            n_features=whole(7, 9),
            n_neurons=whole(16, 18),
            scaled_std=Interval(0.8, 1.2),
            uniform_noise=whole(0, 1),
        ),
        full_cases=drawn(
            closed.SIMPLEX_FITS,
            n_features=whole(7, 12),
            n_neurons=whole(20, 26),
            scaled_std=Interval(0.8, 1.2),
            uniform_noise=whole(0, 1),
        ),
        draws=3,
        why="layers wide enough for the first correction, and small enough for the exact force; "
        "scaled_std is (n−1)σ, uniform_noise 0 for bipolar noise",
        error=lambda n_neurons, **_: 14.0 / n_neurons**2,
        wrong=[
            instead("to first order", first_order),
        ],
        power=0.15,
        limited_by="the next order, 14/m² at these strengths, and the scatter of simplices",
    ),
)
