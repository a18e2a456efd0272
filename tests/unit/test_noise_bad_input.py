"""Noise: whatever comes in, what comes out is a number or an error that names the argument."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory import noise

NOISE = noise.Bipolar(std=0.1)
ROW = [0.5, -0.4, 0.1]
W = [[0.5, -0.4], [0.1, 0.9]]


def own(**changes: Any) -> noise.Symmetric:
    signs = noise.Bipolar(std=0.1)
    parts = {
        "std": 0.1,
        "characteristic_function": signs.characteristic_function,
        "sample": signs.sample,
    }
    return noise.Symmetric(**parts | changes)


def cf(c: Any) -> noise.Symmetric:
    return own(characteristic_function=c)


def raises(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("my own mistake")


# A call, the argument it must name, a word on what is allowed.
TYPES = [
    (lambda: noise.Gaussian(std="0.1"), "std", "real numbers"),
    (lambda: noise.Gaussian(std=True), "std", "real numbers"),
    (lambda: NOISE.cumulants(4.0), "order", "integer"),
    (lambda: NOISE.sample((2, 1.5), rng=0), "shape", "integer"),
    (lambda: NOISE.sample(2, rng="seed"), "rng", "Generator"),
    (lambda: cf(0.5), "characteristic_function", "a function"),
    (lambda: own(sample=None), "sample", "a function"),
    (lambda: cf(lambda u: np.exp(1j * u)), "characteristic_function(u)", "real"),
    (lambda: own(characteristic_derivative=1), "characteristic_derivative", "None"),
    (lambda: noise.check_consistency("gaussian", rng=0), "noise", "a distribution"),
    (lambda: noise.functionals(0.0, ROW, "bipolar"), "noise", "a distribution"),
    (lambda: noise.functionals(0.0, ROW, noise.Bipolar), "noise", "a distribution"),
    (lambda: noise.functionals(0.0, ROW, None), "noise", "a distribution"),
    (lambda: noise.expected_loss(W, 0.1), "noise", "a distribution"),
    (lambda: noise.averaging(0.1), "noise", "a distribution"),
    (lambda: noise.averaging(NOISE, rtol="small"), "rtol", "real numbers"),
]
VALUES = [
    *(
        (lambda each=each: each(std=0), "std", "positive.*leave the noise out")
        for each in (noise.Gaussian, noise.Bipolar, noise.Uniform, noise.Laplace)
    ),
    (lambda: noise.Gaussian(std=-0.1), "std", "positive"),
    (lambda: noise.averaging(NOISE, rtol=0.0), "rtol", "between"),
    (lambda: noise.Gaussian(std=math.nan), "std", "finite"),
    (lambda: noise.Gaussian(std=math.inf), "std", "finite"),
    (lambda: noise.Gaussian(std=1e30), "std", "between"),
    (lambda: noise.Gaussian(std=1e-30), "std", "at least"),
    (lambda: noise.Gaussian(std=[0.1]), "std", "single number"),
    (lambda: NOISE.cumulants(3), "order", "even"),
    (lambda: NOISE.cumulants(0), "order", "at least 2"),
    (lambda: NOISE.cumulants(102), "order", "at most 100"),
    (lambda: NOISE.sample(-1, rng=0), "shape", "at least 0"),
    (lambda: own(std=0.0), "std", "positive"),
    (lambda: cf(lambda u: 0.9 * np.cos(u)), "characteristic_function(0)", "must be 1"),
    (lambda: cf(lambda u: np.cos(u) + 0.1 * np.sin(u)), "characteristic_function", "even"),
    (lambda: cf(lambda u: 1 - u**2 / 2), "characteristic_function", "at most 1 in size"),
    (lambda: cf(np.cosh), "characteristic_function", "at most 1 in size"),
    (lambda: cf(lambda u: np.cos(2 * u)), "characteristic_function", "scale u"),
    (lambda: cf(lambda u: 1 / (1 + np.abs(u))), "characteristic_function", "c''"),
    (
        lambda: cf(lambda u: np.where(np.abs(u) < 0.2, np.cos(u), 0.5)),
        "characteristic_function",
        "probability distribution",
    ),
    (lambda: cf(lambda u: u / u), "characteristic_function(u)", "finite"),
    (lambda: cf(lambda _: 1.0), "characteristic_function(u)", "shape of u"),
    (lambda: cf(raises), "characteristic_function", "my own mistake"),
    (
        lambda: own(characteristic_derivative=np.sin),
        "characteristic_derivative",
        "the derivative of",
    ),
    (lambda: own(sample=raises), "sample", "my own mistake"),
    (lambda: own(sample=np.zeros), "sample", "called as"),
    (lambda: own(sample=lambda _, *, rng: rng.normal(size=3)), "sample", "that shape"),
    (lambda: own(sample=lambda shape, *, rng: rng.normal(size=shape) * np.nan), "sample", "finite"),
    (lambda: own(even_cumulants=(1.0, -2.1)), "even_cumulants", "≥ −2"),
    (lambda: own(even_cumulants=(2.0,)), "even_cumulants", "κ₂ = 1"),
    (lambda: own(even_cumulants=()), "even_cumulants", "κ₂ = 1"),
    (lambda: own(even_cumulants=(1.0, math.nan)), "even_cumulants", "finite"),
    (lambda: own().excess_kurtosis, "order", "give the cumulants"),
    (lambda: own(even_cumulants=(1.0, -2.0)).cumulants(6), "order", "at most 4"),
    (lambda: own(bound=0.05), "bound", "at least std"),
    (lambda: own(bound=-math.inf), "bound", "finite"),
    (lambda: own(bound=math.nan), "bound", "finite"),
    (lambda: noise.check_consistency(NOISE, rng=0, n_samples=10), "n_samples", "at least 1000"),
    (lambda: noise.functionals(np.nan, ROW, NOISE), "overlap", "finite"),
    (lambda: noise.functionals(1e60, ROW, NOISE), "overlap", "at most"),
    (lambda: noise.functionals(0.0, [0.1, np.inf], NOISE), "row", "finite"),
    (lambda: noise.functionals(0.0, [1e60], NOISE), "row", "at most"),
    (lambda: noise.functionals(0.0, 0.5, NOISE), "row", "n_neurons"),
    (lambda: noise.functionals(0.0, [], NOISE), "row", "n_neurons"),
    (lambda: noise.functionals([0.0] * 3, [ROW] * 2, NOISE), "overlap and row", "broadcasts"),
    (lambda: noise.functionals(0.0, ROW, NOISE, method="fast"), "method", "'enumeration'"),
    (lambda: noise.functionals(0.0, ROW, NOISE, method="closed"), "method", "only Gaussian"),
    (
        lambda: noise.functionals(0.0, ROW, noise.Uniform(std=0.1), method="enumeration"),
        "method",
        "only bipolar",
    ),
    (
        lambda: noise.functionals(0.0, np.ones(25), NOISE, method="enumeration"),
        "method",
        "'characteristic'",
    ),
    (lambda: noise.functionals(0.0, ROW, NOISE, rtol=0.0), "rtol", "between"),
    (lambda: noise.functionals(0.0, ROW, NOISE, cutoff=1.0), "cutoff", "between"),
    (lambda: noise.functionals(0.0, ROW, NOISE, cutoff=[9.0]), "cutoff", "single number"),
    (lambda: noise.expected_loss(ROW, NOISE), "encodings", "n_features, n_neurons"),
    (lambda: noise.expected_force(1.0, NOISE), "encodings", "n_neurons"),
    (lambda: noise.expected_force(np.empty((0, 3)), NOISE), "encodings", "at least one"),
    (lambda: noise.expected_loss([[np.nan]], NOISE), "encodings", "finite"),
    (lambda: noise.expected_loss([[1e30]], NOISE), "encodings", "at most"),
    (lambda: noise.expectation(np.ones((2, 25)), NOISE, method="enumeration"), "method", "24"),
]


@pytest.mark.parametrize(
    ("error", "call", "argument", "words"),
    [*((TypeError, *case) for case in TYPES), *((ValueError, *case) for case in VALUES)],
)
def test_bad_input_is_named(error: type[Exception], call: Any, argument: str, words: str) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(error, match=words) as caught:
        call()
    assert argument in str(caught.value)
    assert "got" in str(caught.value) or error is TypeError


def test_a_function_that_fails_later_is_an_error_too() -> None:
    def late(u: Any) -> Any:
        return np.where(np.abs(u) > 90, np.nan, np.cos(u))

    distribution = own(characteristic_function=late, characteristic_derivative=lambda u: -np.sin(u))
    with pytest.raises(ValueError, match="noise must be finite at every frequency"):
        noise.functionals(-0.02, [1.0, 0.9], distribution, cutoff=1000.0)


def test_one_unusable_argument_is_an_error_of_python() -> None:
    with pytest.raises(TypeError):
        noise.Gaussian(0.1)  # type: ignore[misc]  # std is keyword-only
    with pytest.raises(TypeError):
        noise.Symmetric(std=0.1)  # type: ignore[call-arg]  # parts are missing


EDGES = st.sampled_from([0.0, 1e-300, 1e-30, 1e-8, 0.3, 1.0, 1e8, 1e25])
SIGNED = st.builds(lambda size, sign: size * sign, EDGES, st.sampled_from([-1, 1]))


@given(
    overlap=SIGNED,
    row=st.lists(SIGNED, min_size=1, max_size=4),
    distribution=st.sampled_from([noise.Gaussian, noise.Bipolar, noise.Uniform, noise.Laplace]),
    std=st.sampled_from([1e-25, 1e-8, 0.3, 1e8, 1e25]),
)
@settings(max_examples=60)
def test_extreme_numbers_stay_numbers(
    overlap: float, row: list[float], distribution: Any, std: float
) -> None:
    with np.errstate(all="raise", under="ignore"):
        seen = noise.functionals(overlap, row, distribution(std=std), cutoff=16.0)
        each = noise.expectation([row, row], distribution(std=std), cutoff=16.0)
    for value in (seen.F, seen.slope, seen.curvature, seen.gradient, seen.slope_gradient):
        assert np.isfinite(value).all()
    assert seen.F >= 0
    assert np.isfinite(each.loss)
    assert np.isfinite(each.force).all()
