"""The two unit systems: the factor 4, round trips, and the table of symbols."""

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytheory import Interval, ToyModel, notation
from polytheory.theory import predictors

STRENGTHS = st.just(0.0) | st.floats(1e-300, 1e6)  # a quarter of 1e-308 has lost digits
RATES = st.floats(1e-9, 1e3)
EPS = np.finfo(float).eps


@given(strength=STRENGTHS)
def test_strength_survives_the_round_trip(strength: float) -> None:
    # A factor 4 changes the exponent only, so both ways are exact.
    assert notation.flow_l1(loss_l1=notation.loss_l1(l1_strength=strength)) == strength


@given(strength=STRENGTHS)
def test_a_loss_unit_is_a_quarter_of_a_flow_unit(strength: float) -> None:
    assert 4 * notation.flow_l1(loss_l1=strength) == strength


@given(rate=RATES, time=STRENGTHS)
def test_time_survives_the_round_trip(rate: float, time: float) -> None:
    steps = notation.training_steps(learning_rate=rate, time=time)
    # Two roundings: one product, one quotient.
    assert notation.flow_time(learning_rate=rate, steps=steps) == pytest.approx(
        time, rel=2 * EPS, abs=0
    )


def test_a_step_of_gradient_descent_takes_four_learning_rates() -> None:
    assert notation.flow_time(learning_rate=0.01, steps=1) == 0.04


def test_without_steps_no_time_passes() -> None:
    assert notation.flow_time(learning_rate=0.1, steps=0) == 0
    assert notation.training_steps(learning_rate=0.1, time=0) == 0


def test_the_factor_is_the_one_of_the_published_gradient() -> None:
    # One weight w > 0: L = (w² − 1)² + λ_loss w, dL/dw = 4w(w² − 1) + λ_loss, by hand.
    w, strength = 0.7, 0.05
    model = ToyModel(1, 1, l1_strength=strength)
    gradient = 4 * w * (w**2 - 1) + notation.loss_l1(l1_strength=strength)
    assert -gradient == pytest.approx(
        notation.GRADIENT_FACTOR * model.velocity([[w]]).item(), rel=8 * EPS, abs=0
    )


def test_a_step_of_gradient_descent_is_an_euler_step_of_the_flow() -> None:
    w, coefficient, rate = 0.7, 0.2, 0.01
    descended = w - rate * (4 * w * (w**2 - 1) + coefficient)
    model = ToyModel(1, 1, l1_strength=notation.flow_l1(loss_l1=coefficient))
    flowed = w + notation.flow_time(learning_rate=rate, steps=1) * model.velocity([[w]]).item()
    assert descended == pytest.approx(flowed, rel=4 * EPS, abs=0)


def test_conversions_take_arrays_and_broadcast() -> None:
    assert notation.flow_l1(loss_l1=[4.0, 8.0]).tolist() == [1.0, 2.0]
    assert notation.flow_time(learning_rate=[[0.25], [0.5]], steps=[1, 2, 3]).shape == (2, 3)


@pytest.mark.parametrize("zero_dimensional", [1.0, 1, np.float32(1), np.array(1.0)])
def test_a_number_in_gives_a_float_out(zero_dimensional: float) -> None:
    assert type(notation.flow_l1(loss_l1=zero_dimensional)) is float
    assert type(notation.flow_time(learning_rate=zero_dimensional, steps=1)) is float


def test_conversions_leave_their_input_alone() -> None:
    strengths = np.array([4.0, 8.0])
    notation.flow_l1(loss_l1=strengths)
    assert strengths.tolist() == [4.0, 8.0]


@pytest.mark.parametrize("column", ["letter", "name"])
def test_a_symbol_stands_once(column: str) -> None:
    entries = [getattr(symbol, column) for symbol in notation.SYMBOLS]
    assert len(set(entries)) == len(entries)


@pytest.mark.parametrize("symbol", notation.SYMBOLS, ids=lambda symbol: symbol.name)
def test_a_symbol_is_a_python_name_with_a_domain_and_a_meaning(symbol: notation.Symbol) -> None:
    assert symbol.name.isidentifier()
    assert symbol.meaning
    assert symbol.option.startswith("--")
    if symbol.domain is None:  # a word, or an object
        return
    assert isinstance(symbol.domain, Interval)
    assert symbol.example is None or symbol.domain.contains(symbol.example).all()


def test_letters_are_marked_up_for_formulas_and_plain_for_people() -> None:
    assert notation.VOCABULARY["fourth_power_sum"].plain == "‖w‖₄⁴"
    assert notation.VOCABULARY["initial_overlap"].plain == "G_ij(0)"
    assert notation.VOCABULARY["l1_strength"].option == "--l1"
    assert notation.VOCABULARY["n_features"].option == "--n-features"


@pytest.mark.parametrize("form", [*predictors()], ids=lambda form: form.__name__)
def test_every_argument_of_a_closed_form_is_in_the_vocabulary(form: Any) -> None:
    assert set(inspect.signature(form).parameters) <= set(notation.VOCABULARY)


def test_counts_are_whole_and_strengths_are_not_negative() -> None:
    domains = {symbol.name: symbol.domain for symbol in notation.SYMBOLS}
    for name in ("n_features", "n_neurons", "nonzero_count"):
        assert domains[name].integer
    for name in ("l1_strength", "time", "squared_norm", "l1_norm", "squared_cv"):
        assert domains[name].low == 0
    assert domains["n_features"].low == domains["n_neurons"].low == 1
    assert math.isinf(domains["encodings"].low)
