"""Noise on the hidden layer: its distributions, and expectations over it.

A distribution is a value; the functionals F, F', F'' of a row and the expected loss and force of
the model are functions of the encodings and the noise.
"""

from collections.abc import Callable, Mapping

from polytheory.noise._distributions import Bipolar, Gaussian, Laplace, Noise, Uniform
from polytheory.noise._expectation import (
    Average,
    Expectation,
    averaging,
    expectation,
    expected_force,
    expected_loss,
)
from polytheory.noise._functionals import METHODS, Functionals, functionals
from polytheory.noise._hessian import expected_hessian
from polytheory.noise._symmetric import Symmetric, check_consistency

__all__ = [
    "DISTRIBUTIONS",
    "METHODS",
    "Average",
    "Bipolar",
    "Expectation",
    "Functionals",
    "Gaussian",
    "Laplace",
    "Noise",
    "Symmetric",
    "Uniform",
    "averaging",
    "check_consistency",
    "expectation",
    "expected_force",
    "expected_hessian",
    "expected_loss",
    "functionals",
]

#: The distributions by name; each has the standard deviation as its argument ``std``.
DISTRIBUTIONS: Mapping[str, Callable[..., Noise]] = {
    "bipolar": Bipolar,
    "gaussian": Gaussian,
    "laplace": Laplace,
    "uniform": Uniform,
}
