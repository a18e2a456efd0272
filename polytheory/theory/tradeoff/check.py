"""Checks of the loss of features that share a neuron and are active together."""

from functools import cache
from itertools import combinations, product
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, bisected, drawn, judged
from polytheory.checking.wrong import altered, instead
from polytheory.domain import Domain, Interval, whole
from polytheory.flow.batch import batch_gradient
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli
from polytheory.model import ToyModel
from polytheory.noise import Bipolar
from polytheory.theory import tradeoff as closed
from polytheory.theory.collisions import SITES
from polytheory.theory.fixed_points import carrier_amplitude


def exact_loss(encodings: FloatArray, probability: float, hidden: FloatArray | None = None) -> Any:
    """Average the loss over all 2^n inputs and the given noise values, one set per row.

    Without the ℓ1 term; without noise, by the model's own reconstruction.
    """
    n, m = encodings.shape
    inputs = np.array(list(product((0.0, 1.0), repeat=n)))
    active = inputs.sum(axis=-1)
    chance = probability**active * (1.0 - probability) ** (n - active)
    if hidden is None:
        output = ToyModel(n, m).reconstruction(encodings, inputs)
        return chance @ np.square(output - inputs).sum(axis=-1)
    read = (inputs @ encodings)[:, None, :] + hidden
    output = np.maximum(read @ encodings.T, 0.0)
    return chance @ np.square(output - inputs[:, None, :]).sum(axis=-1).mean(axis=-1)


def _enumerated(value: Any) -> Observation:
    return Observation(value, 1e-13 * (1.0 + np.abs(value)), "all inputs enumerated; rounding")


def _one_neuron(
    n_positive: int, n_negative: int, probability: float, amplitude: float
) -> Observation:
    return _enumerated(exact_loss(_column(n_positive, n_negative, amplitude), probability))


#: The sizes (P, Q) of the statement.
_SIZES = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (1, 2), (2, 2), (3, 1))


def _column(n_positive: int, n_negative: int, amplitude: float) -> FloatArray:
    return np.repeat([[amplitude], [-amplitude]], [n_positive, n_negative], axis=0)


def _of_all_sizes(probability: float, amplitude: float) -> FloatArray:
    plus, minus = np.transpose(_SIZES)
    loss = closed.neuron_loss(plus, minus, probability=probability, amplitude=amplitude)
    return np.asarray(loss)


def _by_excess(probability: float, amplitude: float) -> FloatArray:
    """Return the same as `_of_all_sizes` by the excess; a lone feature loses p(1 − x²)²."""
    plus, minus = np.transpose(_SIZES)
    excess = closed.sharing_excess(plus, minus, probability=probability, amplitude=amplitude)
    return np.asarray(excess + (plus + minus) * probability * (1.0 - amplitude**2) ** 2)


def _of_all_columns(probability: float, amplitude: float) -> FloatArray:
    """Return the same as `_of_all_sizes` by the loss of a layer, of one neuron each."""
    columns = [_column(*size, amplitude) for size in _SIZES]
    loss = [closed.one_hot_loss(W, probability=probability) if W.size else 0.0 for W in columns]
    return np.array(loss)


def _shared_or_alone(
    n_positive: int, n_negative: int, probability: float, amplitude: float
) -> Observation:
    """Return the loss on one neuron minus that on a neuron for each feature."""
    column = np.r_[np.full(n_positive, amplitude), np.full(n_negative, -amplitude)]
    together = exact_loss(column[:, None], probability)
    return _enumerated(together - exact_loss(np.diag(column), probability))


def _mean_over_sites(
    n_features: int, n_neurons: int, probability: float, l1_strength: float
) -> Observation:
    """Average over all choices of different sites (neuron, sign), at the size from x − x³ = λ."""
    size = np.roots([-1.0, 0.0, 1.0, -l1_strength]).real.max()
    losses = []
    for chosen in combinations(product(range(n_neurons), (size, -size)), n_features):
        W = np.zeros((n_features, n_neurons))
        for feature, (neuron, weight) in enumerate(chosen):
            W[feature, neuron] = weight
        losses.append(exact_loss(W, probability))
    seen = _enumerated(np.mean(losses))
    # The size is a double root at the critical strength, which half of the digits determine.
    return Observation(seen.value, seen.error + 1e-12, f"{seen.source}; root of a cubic")


_FEW = {"n_features": whole(1, 4), "n_neurons": whole(1, 4)}


# --- a pair at rest in the flow -------------------------------------------------------------------


def _settled_size(probability: float, l1_strength: float) -> dict[str, float]:
    return {"probability": probability, "amplitude": carrier_amplitude(l1_strength)}


def _settled_pair(probability: float, l1_strength: float) -> Observation:
    """Simulate two features on one neuron and on two to rest; return the excess over all inputs."""
    losses = []
    for start in ([[0.9], [-0.8]], [[0.9, 0.0], [0.0, -0.8]]):
        model = ToyModel(2, len(start[0]), l1_strength=l1_strength)
        losses.append(exact_loss(simulate(model, start).final, probability))
    return _enumerated(losses[0] - losses[1])


# --- under noise ----------------------------------------------------------------------------------


def _bipolar(amplitude: float, std: float) -> dict[str, Any]:
    return {"amplitude": amplitude, "noise": Bipolar(std=std)}


def _bipolar_break_even(amplitude: Any, std: Any) -> Any:
    """Evaluate the closed form at one or several σ."""
    each = np.vectorize(lambda x, s: closed.break_even_probability(**_bipolar(float(x), float(s))))
    return each(amplitude, std)


def _seen_break_even(amplitude: float, std: float) -> Observation:
    """Bisect for the probability at which one and two neurons have equal loss."""
    apart = np.diag([amplitude, amplitude])
    together = np.array([[amplitude, 0.0], [-amplitude, 0.0]])
    signs = std * np.array(list(product((-1.0, 1.0), repeat=2)))

    def pays(probability: float) -> Any:
        return exact_loss(together, probability, signs) < exact_loss(apart, probability, signs)

    low, _ = bisected(pays, 1e-9, 1.0)
    # The excess is about p·p* there, known to 1e-15: so the relative error of the root is 1e-15/p*.
    return Observation(low, 1e-13, "rounding of the compared losses")


# --- a layer sparsified by the flow ---------------------------------------------------------------


@cache
def _settled(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> FloatArray:
    """Return the first of four ends of the flow that is settled."""
    model = ToyModel(n_features, n_neurons, l1_strength=l1_strength)
    run = simulate(model, initial_encodings(model, 4, rng=seed))
    return np.asarray(run.final[run.outcome == "settled"][0])


def _settled_weights(probability: float, l1_strength: float, **_: int) -> dict[str, float]:
    return _settled_size(probability, l1_strength)


def _layer(probability: float, **case: Any) -> dict[str, Any]:
    return {"encodings": _settled(**case), "probability": probability}


def _shown(probability: float, **case: Any) -> Observation:
    return _enumerated(exact_loss(_settled(**case), probability))


# --- training on co-occurring features ------------------------------------------------------------


def _seen_decay(inverse_probability: int) -> Observation:
    """Follow a small negative overlap in gradient descent on all inputs.

    Of k² equally likely inputs, k = 1/p, one has both features and k − 1 have each single one.
    """
    single = np.repeat(np.eye(2), inverse_probability - 1, axis=0)
    inputs = np.vstack([np.ones((1, 2)), single])
    scale = Bernoulli(probability=1.0 / inverse_probability, size=inverse_probability**2).scale(2)

    def velocity(W: FloatArray) -> FloatArray:
        return -0.25 * batch_gradient(W, inputs, scale)

    def slope(overlap: float, step: float) -> float:
        """Measure the rate over one time unit after the norms have relaxed, by Runge–Kutta."""
        W = np.array([[1.0, 0.0], [-overlap, np.sqrt(1.0 - overlap**2)]])
        seen = []
        for time in (20.0, 1.0):
            for _ in range(round(time / step)):
                a = velocity(W)
                b = velocity(W + 0.5 * step * a)
                c = velocity(W + 0.5 * step * b)
                d = velocity(W + step * c)
                W = W + step / 6.0 * (a + 2.0 * b + 2.0 * c + d)
            seen.append(float(W[0] @ W[1]))
        return float(np.log(seen[0] / seen[1]))

    coarse, fine, smaller = slope(1e-6, 0.2), slope(1e-6, 0.1), slope(5e-7, 0.1)
    error = abs(coarse - fine) + 3.0 * abs(fine - smaller) + 1e-10
    return Observation(fine, error, "halved step, and halved overlap")


_PROBABILITY = Interval(0.0, 1.0)


def _signs_apart(n_positive: int, n_negative: int, **given: Any) -> Any:
    up = closed.neuron_loss(n_positive, 0, **given)
    return up + closed.neuron_loss(n_negative, 0, **given)


LAWS = (
    judged(
        closed.neuron_loss,
        closed_form=_of_all_sizes,
        observe=_one_neuron,
        cases=Domain(
            {
                "n_positive": whole(0, 4),
                "n_negative": whole(1, 4),
                "probability": _PROBABILITY,
                "amplitude": Interval(0.5, 1.2),
            }
        ),
        why="all 2^(P+Q) inputs are enumerated; carriers are about this size; Q ≥ 1 ensures at "
        "least one",
        wrong=[instead("signs that do not interact", _signs_apart)],
    ),
    judged(
        closed.pair_excess,
        observe=_settled_pair,
        prepare=_settled_size,
        cases=Domain({"probability": _PROBABILITY, "l1_strength": Interval(0.005, 0.3)}),
        why="the pair is at rest in the flow",
        wrong=[
            instead("perfect carriers", lambda probability, **_: 2.0 * probability**2),
        ],
    ),
    judged(
        closed.break_even_probability,
        observe=_seen_break_even,
        prepare=_bipolar,
        closed_form=_bipolar_break_even,
        evaluate_at=dict,
        cases=Domain({"amplitude": Interval(0.7, 1.0), "std": Interval(0.01, 0.3)}),
        why="where p* < 1; bipolar noise weaker than the carrier, enumerated over its signs",
        wrong=[
            instead("weak noise only", lambda amplitude, noise: 0.5 * (amplitude * noise.std) ** 2),
        ],
    ),
    judged(
        closed.one_hot_loss,
        observe=_shown,
        prepare=_layer,
        closed_form=_of_all_columns,
        evaluate_at=_settled_weights,
        cases=drawn(
            Domain({}, lambda n_features, n_neurons, **_: n_features <= n_neurons, "n ≤ m"),
            n_features=whole(4, 12),
            n_neurons=whole(4, 24),
            probability=_PROBABILITY,
            l1_strength=Interval(0.02, 0.1, log=True),
        ),
        why="layers that settle soon, and few enough features for a sum over all inputs",
    ),
    judged(
        closed.negative_overlap_rate,
        observe=_seen_decay,
        prepare=lambda inverse_probability: {"probability": 1.0 / inverse_probability},
        cases=Domain({"inverse_probability": whole(2, 24)}),
        draws=6,
        why="p ≤ ½ with integer 1/p, so that all inputs can be enumerated",
        wrong=[
            instead("small p only", lambda probability: 2.0 * probability),
        ],
    ),
    judged(
        closed.sharing_excess,
        closed_form=_by_excess,
        observe=_shared_or_alone,
        cases=Domain(
            {
                "n_positive": whole(0, 4),
                "n_negative": whole(1, 4),
                "probability": _PROBABILITY,
                "amplitude": Interval(0.5, 1.2),
            }
        ),
        why="all 2^(P+Q) inputs are enumerated; Q ≥ 1 ensures at least one",
        wrong=[
            instead("the loss itself", closed.neuron_loss),
            altered("the other sign", lambda excess: -excess),
        ],
    ),
    judged(
        closed.layer_loss,
        closed_form=None,
        not_compared="the statement is of one pair; the mean over sites is enumerated",
        observe=_mean_over_sites,
        cases=Domain(
            {
                **_FEW,
                "probability": _PROBABILITY,
                "l1_strength": Interval(0.0, 0.38),
            },
            where=SITES.where,
            because=SITES.because,
        ),
        why="all inputs and all choices of sites are enumerated; nearer to the critical strength "
        "rounding shifts the size",
        wrong=[
            instead("the paper's count", closed.layer_loss, null_model="paper"),
        ],
    ),
)
