"""What sharing a neuron costs on features that are active together (theory 6.1)."""

from __future__ import annotations

from functools import cache, partial
from itertools import product
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED, symbolic_statement
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.flow.batch import batch_gradient
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli
from polytheory.model import ToyModel
from polytheory.noise import Bipolar
from polytheory.theory import tradeoff as theory
from polytheory.theory.fixed_points import carrier_amplitude

REFERENCE = "ours; theory 6.1"
#: Inputs that a trained layer is shown.
SHOWN = 20_000

_symbolic = partial(symbolic_statement, "tradeoff")
_PROBABILITY = Interval(0.0, 1.0)
_AMPLITUDE = Interval(0.5, 1.2)


def exact_loss(encodings: FloatArray, probability: float, hidden: FloatArray | None = None) -> Any:
    """Average over all 2^n inputs, and over the given values of the noise, one set of values a row.

    Without the ℓ1 term; by the model's own reconstruction where there is no noise.
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
    value = np.asarray(value)
    return Observation(value, 1e-13 * (1.0 + np.abs(value)), "all inputs enumerated; rounding")


def _one_neuron(
    n_positive: int, n_negative: int, probability: float, amplitude: float
) -> Observation:
    column = np.r_[np.full(n_positive, amplitude), np.full(n_negative, -amplitude)]
    return _enumerated(exact_loss(column[:, None], probability))


# --- a pair that the flow has brought to rest -----------------------------------------------------


def _settled_size(probability: float, l1_strength: float) -> dict[str, float]:
    return {"probability": probability, "amplitude": carrier_amplitude(l1_strength)}


def _settled_pair(probability: float, l1_strength: float) -> Observation:
    """Let the flow settle two features on one neuron, and on two, and show both every input."""
    losses = []
    for start in ([[0.9], [-0.8]], [[0.9, 0.0], [0.0, -0.8]]):
        model = ToyModel(2, len(start[0]), l1_strength=l1_strength)
        losses.append(exact_loss(simulate(model, start).final, probability))
    return _enumerated(losses[0] - losses[1])


# --- under noise ----------------------------------------------------------------------------------


def _bipolar(amplitude: float, std: float) -> dict[str, Any]:
    return {"amplitude": amplitude, "noise": Bipolar(std=std)}


def _bipolar_break_even(amplitude: Any, std: Any) -> Any:
    """Evaluate the closed form at one σ, or at each of several."""
    each = np.vectorize(lambda x, s: theory.break_even_probability(**_bipolar(float(x), float(s))))
    return each(amplitude, std)


def _seen_break_even(amplitude: float, std: float) -> Observation:
    """Bisect for the probability at which together and apart cost the same."""
    apart = np.diag([amplitude, amplitude])
    together = np.array([[amplitude, 0.0], [-amplitude, 0.0]])
    signs = std * np.array(list(product((-1.0, 1.0), repeat=2)))
    low, high = 1e-9, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        pays = exact_loss(together, middle, signs) < exact_loss(apart, middle, signs)
        low, high = (middle, high) if pays else (low, middle)
    # The excess is some p·p* there, known to 1e-15: so is the root to 1e-15/p*, relative.
    return Observation(np.asarray(low), np.asarray(1e-13), "rounding of the losses compared")


# --- a whole layer that the flow has sparsified ---------------------------------------------------


@cache
def trained(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> FloatArray:
    """Return the end of the flow from a random start."""
    model = ToyModel(n_features, n_neurons, l1_strength=l1_strength)
    return np.asarray(simulate(model, initial_encodings(model, rng=seed)).final)


def _trained(
    n_features: int, n_neurons: int, probability: float, l1_strength: float, seed: int
) -> dict[str, Any]:
    W = trained(n_features, n_neurons, l1_strength, seed)
    return {"encodings": W, "probability": probability}


def _shown(
    n_features: int, n_neurons: int, probability: float, l1_strength: float, seed: int
) -> Observation:
    W = trained(n_features, n_neurons, l1_strength, seed)
    law = Bernoulli(probability=probability, size=SHOWN)
    inputs = law.sample(n_features, rng=np.random.default_rng([seed, 1]))
    output = ToyModel(n_features, n_neurons).reconstruction(W, inputs)
    losses = np.square(output - inputs).sum(axis=-1)
    error = losses.std(ddof=1) / np.sqrt(SHOWN)
    return Observation(losses.mean(), error, f"standard error of {SHOWN} inputs")


# --- training on co-occurring features ------------------------------------------------------------


def _probability(parts: int) -> dict[str, float]:
    return {"probability": 1.0 / parts}


def _seen_decay(parts: int) -> Observation:
    """Follow a small negative overlap down the gradient on all inputs, p = 1/parts.

    Of parts² equally likely inputs one has both features, parts − 1 each have one of them.
    """
    single = np.repeat(np.eye(2), parts - 1, axis=0)
    inputs = np.vstack([np.ones((1, 2)), single])
    scale = Bernoulli(probability=1.0 / parts, size=parts**2).scale(2)

    def slope(overlap: float, step: float) -> float:
        """Rate over one time unit after the norms have relaxed; Heun's method."""
        W = np.array([[1.0, 0.0], [-overlap, np.sqrt(1.0 - overlap**2)]])
        seen = []
        for time in (20.0, 1.0):
            for _ in range(round(time / step)):
                first = -0.25 * batch_gradient(W, inputs, scale)
                second = -0.25 * batch_gradient(W + step * first, inputs, scale)
                W = W + 0.5 * step * (first + second)
            seen.append(float(W[0] @ W[1]))
        return float(np.log(seen[0] / seen[1]))

    coarse, fine, smaller = slope(1e-5, 0.1), slope(1e-5, 0.05), slope(5e-6, 0.05)
    error = abs(coarse - fine) + 3.0 * abs(fine - smaller) + 1e-10
    return Observation(np.asarray(fine), np.asarray(error), "halved step, and halved overlap")


_LAYER = Domain(
    {
        "n_features": Interval(8, 16, integer=True),
        "n_neurons": Interval(8, 24, integer=True),
        "probability": Interval(0.02, 0.5, log=True),
        "l1_strength": Interval(0.02, 0.1, log=True),
        "seed": SEED,
    }
)

LAWS = (
    Law(
        name="neuron_loss",
        kind=Kind.EXACT,
        statement="P features of +x, Q of −x: ΣΣ C(P,a) C(Q,b) pᵃ⁺ᵇ (1−p)^(P+Q−a−b) · errors²",
        domain=Domain(
            {
                "n_positive": Interval(0, 4, integer=True),
                "n_negative": Interval(1, 4, integer=True),
                "probability": _PROBABILITY,
                "amplitude": _AMPLITUDE,
            }
        ),
        predict=theory.neuron_loss,
        observe=_one_neuron,
        symbolic=_symbolic("neuron_loss"),
        source=REFERENCE,
    ),
    Law(
        name="pair_excess",
        kind=Kind.EXACT,
        statement="opposite signs on one neuron lose 2p²(1 − (1 − x₊²)²) more than apart",
        domain=Domain({"probability": _PROBABILITY, "l1_strength": Interval(0.005, 0.3)}),
        prepare=_settled_size,
        predict=theory.pair_excess,
        observe=_settled_pair,
        symbolic=_symbolic("pair_excess"),
        source=REFERENCE,
    ),
    Law(
        name="break_even_probability",
        kind=Kind.EXACT,
        statement="under noise sharing pays below p* = (F(0) − F(−s))/(s(2−s) − F′(0) + F′(−s))",
        domain=Domain({"amplitude": Interval(0.7, 1.0), "std": Interval(0.01, 0.3)}),
        prepare=_bipolar,
        predict=theory.break_even_probability,
        closed_form=_bipolar_break_even,
        evaluate_at=dict,
        observe=_seen_break_even,
        symbolic=_symbolic("break_even_probability"),
        source="ours",
        note="Observed with bipolar noise, every sign of it.",
    ),
    Law(
        name="one_hot_loss",
        kind=Kind.STATISTICAL,
        statement="the loss of a settled layer is a sum over its neurons, plus p a dead feature",
        domain=_LAYER,
        prepare=_trained,
        predict=theory.one_hot_loss,
        closed_form=None,
        observe=_shown,
        symbolic=_symbolic("neuron_loss"),
        source=REFERENCE,
        note="One-hot states only; the layer is that of the full flow from a random start.",
    ),
    Law(
        name="negative_overlap_rate",
        kind=Kind.EXACT,
        statement="trained on inputs that co-occur, a small negative overlap decays like e^−rt, "
        "r = 1 + p − √((1−p)² + 4p²)",
        domain=Domain({"parts": Interval(2, 24, integer=True)}),
        prepare=_probability,
        predict=theory.negative_overlap_rate,
        observe=_seen_decay,
        symbolic=_symbolic("negative_overlap_rate"),
        source="ours",
        note="Two rows without ℓ1; loss per active feature. The probability is 1/parts.",
        draws=6,
    ),
)
