"""What a type checker is told of some calls; `tests/project/test_typing.py` checks and runs it."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from polytheory import ToyModel, diagnose
from polytheory.diagnosis import Diagnosis, feature_dimensionality
from polytheory.noise import Bipolar, Gaussian, expected_force, expected_loss, functionals
from polytheory.notation import flow_l1, training_steps
from polytheory.observables import carriers, nonzero_count, polysemantic_neurons, squared_norm
from polytheory.theory import tradeoff
from polytheory.theory.fixed_points import carrier_amplitude, critical_l1

FloatArray = NDArray[np.float64]
strengths = np.linspace(0.0, 0.3, 4)
W: NDArray[Any] = np.eye(2)
nested = [[1.0, 0.0], [0.0, -1.0]]
bipolar = Bipolar(std=0.2)

# Numbers, of whatever kind, make a float.
assert_type(carrier_amplitude(0.1), float)
assert_type(carrier_amplitude(np.float32(0.1)), float)
assert_type(critical_l1(), float)
assert_type(critical_l1(4), float)
assert_type(tradeoff.negative_overlap_rate(np.float64(0.1)), float)
assert_type(tradeoff.neuron_loss(1, 1, probability=0.1, amplitude=1.0), float)
assert_type(tradeoff.break_even_probability(amplitude=1, noise=bipolar), float)
assert_type(
    tradeoff.layer_loss(64, 128, probability=0.02, l1_strength=0.01, null_model="independent"),
    float,
)
assert_type(flow_l1(loss_l1=1e-3), float)
assert_type(Gaussian(std=0.1).characteristic_function(0.5), float)
assert_type(bipolar.excess_kurtosis, float)

# Arrays and lists make an array, and so does a number with an array.
assert_type(carrier_amplitude(strengths), FloatArray)
assert_type(carrier_amplitude([0.0, 0.1]), FloatArray)
assert_type(critical_l1(np.arange(1, 4)), FloatArray)
assert_type(tradeoff.pair_excess(probability=strengths, amplitude=strengths), FloatArray)
assert_type(tradeoff.pair_excess(probability=0.1, amplitude=strengths, noise=bipolar), FloatArray)
assert_type(tradeoff.sharing_excess([0, 1], 1, probability=0.1, amplitude=1.0), FloatArray)
assert_type(tradeoff.layer_loss(64, [128, 256], probability=0.02, l1_strength=0.01), FloatArray)
assert_type(training_steps(learning_rate=0.1, time=strengths), FloatArray)
assert_type(Gaussian(std=0.1).characteristic_derivative(strengths), FloatArray)

# One row makes a number; of an array of rows only the shape tells.
assert_type(squared_norm([3.0, -4.0]), float)
assert_type(nonzero_count([3.0, 0.0]), int)
assert_type(squared_norm(W), float | FloatArray)
assert_type(carriers(W), NDArray[np.int64])
assert_type(polysemantic_neurons(nested), int)
assert_type(polysemantic_neurons(W), int | NDArray[np.int64])
assert_type(tradeoff.one_hot_loss(W, probability=0.1), float | FloatArray)
assert_type(ToyModel(2, 2).loss(W), float | FloatArray)
assert_type(expected_loss(W, bipolar), float | FloatArray)
assert_type(expected_force(W, bipolar), FloatArray)
assert_type(functionals(0.0, [0.3, 0.4], bipolar).F, float | FloatArray)
assert_type(feature_dimensionality(nested), FloatArray)
assert_type(diagnose(nested), Diagnosis)
assert_type(diagnose(W), Diagnosis | tuple[Diagnosis, ...])
