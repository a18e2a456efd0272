"""Noise: whatever comes in, what comes out is a number or an error that names the argument."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory.noise import (
    Bipolar,
    Gaussian,
    Laplace,
    Symmetric,
    Uniform,
    check_consistency,
    expectation,
    expected_force,
    expected_loss,
    functionals,
)

LAW = Bipolar(std=0.1)
ROW = [0.5, -0.4, 0.1]
W = [[0.5, -0.4], [0.1, 0.9]]


def own(**changes: Any) -> Symmetric:
    signs = Bipolar(std=0.1)
    parts = {
        "std": 0.1,
        "characteristic_function": signs.characteristic_function,
        "sample": signs.sample,
    }
    return Symmetric(**parts | changes)


def cf(c: Any) -> Symmetric:
    return own(characteristic_function=c)


def raises(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("my own mistake")


BAD = [
    # a call, the argument it must name, the error, a word on what is allowed
    *(
        (lambda law=law: law(std=0), "std", ValueError, "positive.*leave the noise out")
        for law in (Gaussian, Bipolar, Uniform, Laplace)
    ),
    (lambda: Gaussian(std=-0.1), "std", ValueError, "positive"),
    (lambda: Gaussian(std=math.nan), "std", ValueError, "finite"),
    (lambda: Gaussian(std=math.inf), "std", ValueError, "finite"),
    (lambda: Gaussian(std=1e30), "std", ValueError, "between"),
    (lambda: Gaussian(std=1e-30), "std", ValueError, "at least"),
    (lambda: Gaussian(std="0.1"), "std", TypeError, "real numbers"),
    (lambda: Gaussian(std=[0.1]), "std", ValueError, "single number"),
    (lambda: Gaussian(std=True), "std", TypeError, "real numbers"),
    (lambda: LAW.cumulants(3), "order", ValueError, "even"),
    (lambda: LAW.cumulants(0), "order", ValueError, "at least 2"),
    (lambda: LAW.cumulants(102), "order", ValueError, "at most 100"),
    (lambda: LAW.cumulants(4.0), "order", TypeError, "integer"),
    (lambda: LAW.sample(-1, rng=0), "shape", ValueError, "at least 0"),
    (lambda: LAW.sample((2, 1.5), rng=0), "shape", TypeError, "integer"),
    (lambda: LAW.sample(2, rng="seed"), "rng", TypeError, "Generator"),
    # a law of one's own
    (lambda: own(std=0.0), "std", ValueError, "positive"),
    (lambda: cf(0.5), "characteristic_function", TypeError, "a function"),
    (lambda: own(sample=None), "sample", TypeError, "a function"),
    (lambda: cf(lambda u: 0.9 * np.cos(u)), "characteristic_function(0)", ValueError, "must be 1"),
    (
        lambda: cf(lambda u: np.cos(u) + 0.1 * np.sin(u)),
        "characteristic_function",
        ValueError,
        "even",
    ),
    (
        lambda: cf(lambda u: 1 - u**2 / 2),
        "characteristic_function",
        ValueError,
        "at most 1 in size",
    ),
    (lambda: cf(np.cosh), "characteristic_function", ValueError, "at most 1 in size"),
    (lambda: cf(lambda u: np.cos(2 * u)), "characteristic_function", ValueError, "scale u"),
    (lambda: cf(lambda u: 1 / (1 + np.abs(u))), "characteristic_function", ValueError, "c''"),
    (
        lambda: cf(lambda u: np.where(np.abs(u) < 0.2, np.cos(u), 0.5)),
        "characteristic_function",
        ValueError,
        "probability law",
    ),
    (lambda: cf(lambda u: np.exp(1j * u)), "characteristic_function(u)", TypeError, "real"),
    (lambda: cf(lambda u: u / u), "characteristic_function(u)", ValueError, "finite"),
    (lambda: cf(lambda _: 1.0), "characteristic_function(u)", ValueError, "shape of u"),
    (lambda: cf(raises), "characteristic_function", ValueError, "my own mistake"),
    (
        lambda: own(characteristic_derivative=np.sin),
        "characteristic_derivative",
        ValueError,
        "the derivative of",
    ),
    (lambda: own(characteristic_derivative=1), "characteristic_derivative", TypeError, "None"),
    (lambda: own(sample=raises), "sample", ValueError, "my own mistake"),
    (lambda: own(sample=np.zeros), "sample", ValueError, "called as"),
    (lambda: own(sample=lambda _, *, rng: rng.normal(size=3)), "sample", ValueError, "that shape"),
    (
        lambda: own(sample=lambda shape, *, rng: rng.normal(size=shape) * np.nan),
        "sample",
        ValueError,
        "finite",
    ),
    (lambda: own(even_cumulants=(1.0, -2.1)), "even_cumulants", ValueError, "≥ −2"),
    (lambda: own(even_cumulants=(2.0,)), "even_cumulants", ValueError, "κ₂ = 1"),
    (lambda: own(even_cumulants=()), "even_cumulants", ValueError, "κ₂ = 1"),
    (lambda: own(even_cumulants=(1.0, math.nan)), "even_cumulants", ValueError, "finite"),
    (lambda: own().excess_kurtosis, "order", ValueError, "give the cumulants"),
    (lambda: own(even_cumulants=(1.0, -2.0)).cumulants(6), "order", ValueError, "at most 4"),
    (lambda: own(bound=0.05), "bound", ValueError, "at least std"),
    (lambda: own(bound=-math.inf), "bound", ValueError, "finite"),
    (lambda: own(bound=math.nan), "bound", ValueError, "finite"),
    (lambda: check_consistency("gaussian", rng=0), "law", TypeError, "noise law"),
    (lambda: check_consistency(LAW, rng=0, n_samples=10), "n_samples", ValueError, "at least 1000"),
    # functionals
    (lambda: functionals(0.0, ROW, "bipolar"), "law", TypeError, "noise law"),
    (lambda: functionals(0.0, ROW, Bipolar), "law", TypeError, "noise law"),
    (lambda: functionals(0.0, ROW, None), "law", TypeError, "noise law"),
    (lambda: functionals(np.nan, ROW, LAW), "overlap", ValueError, "finite"),
    (lambda: functionals(1e60, ROW, LAW), "overlap", ValueError, "at most"),
    (lambda: functionals(0.0, [0.1, np.inf], LAW), "row", ValueError, "finite"),
    (lambda: functionals(0.0, [1e60], LAW), "row", ValueError, "at most"),
    (lambda: functionals(0.0, 0.5, LAW), "row", ValueError, "n_neurons"),
    (lambda: functionals(0.0, [], LAW), "row", ValueError, "n_neurons"),
    (lambda: functionals([0.0] * 3, [ROW] * 2, LAW), "overlap and row", ValueError, "broadcasts"),
    (lambda: functionals(0.0, ROW, LAW, method="fast"), "method", ValueError, "'enumeration'"),
    (lambda: functionals(0.0, ROW, LAW, method="closed"), "method", ValueError, "only Gaussian"),
    (
        lambda: functionals(0.0, ROW, Uniform(std=0.1), method="enumeration"),
        "method",
        ValueError,
        "only bipolar",
    ),
    (
        lambda: functionals(0.0, np.ones(25), LAW, method="enumeration"),
        "method",
        ValueError,
        "'characteristic'",
    ),
    (lambda: functionals(0.0, ROW, LAW, rtol=0.0), "rtol", ValueError, "between"),
    (lambda: functionals(0.0, ROW, LAW, cutoff=1.0), "cutoff", ValueError, "between"),
    (lambda: functionals(0.0, ROW, LAW, cutoff=[9.0]), "cutoff", ValueError, "single number"),
    # the model
    (lambda: expected_loss(ROW, LAW), "encodings", ValueError, "n_features, n_neurons"),
    (lambda: expected_force(1.0, LAW), "encodings", ValueError, "n_neurons"),
    (lambda: expected_force(np.empty((0, 3)), LAW), "encodings", ValueError, "at least one"),
    (lambda: expected_loss([[np.nan]], LAW), "encodings", ValueError, "finite"),
    (lambda: expected_loss([[1e30]], LAW), "encodings", ValueError, "at most"),
    (lambda: expected_loss(W, 0.1), "law", TypeError, "noise law"),
    (lambda: expectation(np.ones((2, 25)), LAW, method="enumeration"), "method", ValueError, "24"),
]


@pytest.mark.parametrize(("call", "argument", "error", "words"), BAD)
def test_bad_input_is_named(call: Any, argument: str, error: type[Exception], words: str) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(error, match=words) as caught:
        call()
    assert argument in str(caught.value)
    assert "got" in str(caught.value) or error is TypeError


def test_a_function_that_fails_later_is_an_error_too() -> None:
    def late(u: Any) -> Any:
        return np.where(np.abs(u) > 90, np.nan, np.cos(u))

    law = own(characteristic_function=late, characteristic_derivative=lambda u: -np.sin(u))
    with pytest.raises(ValueError, match="law must be finite at every frequency"):
        functionals(-0.02, [1.0, 0.9], law, cutoff=1000.0)


def test_one_unusable_argument_is_an_error_of_python() -> None:
    with pytest.raises(TypeError):
        Gaussian(0.1)  # type: ignore[misc]  # std is keyword-only
    with pytest.raises(TypeError):
        Symmetric(std=0.1)  # type: ignore[call-arg]  # parts are missing


EDGES = st.sampled_from([0.0, 1e-300, 1e-30, 1e-8, 0.3, 1.0, 1e8, 1e25])
SIGNED = st.builds(lambda size, sign: size * sign, EDGES, st.sampled_from([-1, 1]))


@given(
    overlap=SIGNED,
    row=st.lists(SIGNED, min_size=1, max_size=4),
    law=st.sampled_from([Gaussian, Bipolar, Uniform, Laplace]),
    std=st.sampled_from([1e-25, 1e-8, 0.3, 1e8, 1e25]),
)
@settings(max_examples=60)
def test_extreme_numbers_stay_numbers(
    overlap: float, row: list[float], law: Any, std: float
) -> None:
    with np.errstate(all="raise", under="ignore"):
        seen = functionals(overlap, row, law(std=std), cutoff=16.0)
        each = expectation([row, row], law(std=std), cutoff=16.0)
    for value in (seen.F, seen.slope, seen.curvature, seen.gradient, seen.slope_gradient):
        assert np.isfinite(value).all()
    assert seen.F >= 0
    assert np.isfinite(each.loss)
    assert np.isfinite(each.force).all()
