"""Check of the units: minus the gradient of the published loss is four times the flow."""

from typing import Any

import numpy as np

from polytheory._checks import MAX_VALUE, FloatArray
from polytheory.checking import Observation, drawn, judged
from polytheory.claims import Claim, Domain, Interval, Kind, whole
from polytheory.model import ToyModel
from polytheory.notation import GRADIENT_FACTOR


def _model_and_encodings(
    n_features: int, n_neurons: int, l1_strength: float, seed: int
) -> tuple[ToyModel, FloatArray]:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n_features, n_neurons)) / np.sqrt(n_neurons)
    return ToyModel(n_features, n_neurons, l1_strength=l1_strength), W


def _velocity(**case: Any) -> dict[str, FloatArray]:
    model, W = _model_and_encodings(**case)
    return {"velocity": model.velocity(W)}


def _descent(**case: Any) -> Observation:
    """Return minus the gradient of the loss by central differences, one weight at a time."""
    model, W = _model_and_encodings(**case)

    def slopes(h: float) -> FloatArray:
        bumps = np.eye(W.size).reshape(W.size, *W.shape) * h
        difference = model.loss(W - bumps) - model.loss(W + bumps)
        return np.asarray(difference).reshape(W.shape) / (2.0 * h)

    h = 1e-5
    fine, coarse = slopes(h), slopes(2.0 * h)
    error = np.abs(fine - coarse) + 1e-15 * (1.0 + float(model.loss(W))) / h
    return Observation(fine, error, "central differences: halved step, and rounding")


LAWS = (
    judged(
        Claim(
            name="flow_units",
            kind=Kind.EXACT,
            domain=Domain(
                {
                    "n_features": whole(1, 1e15),
                    "n_neurons": whole(1, 1e15),
                    "l1_strength": Interval(0, MAX_VALUE),
                }
            ),
            says="−∂L/∂W = 4 dW/dt with λ = λ_loss/4, away from kinks",
            source="model: Any number of features and neurons "
            "(loss and flow: arXiv 2312.03096, section 2)",
        ),
        cases=drawn(n_features=whole(1, 8), n_neurons=whole(1, 8), l1_strength=Interval(0, 1)),
        why="there is a difference per weight, and λ enters linearly",
        prepare=_velocity,
        predict=lambda velocity: GRADIENT_FACTOR * velocity,
        closed_form=lambda: GRADIENT_FACTOR,
        observe=_descent,
    ),
)
