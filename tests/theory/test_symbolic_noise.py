"""The noise mechanism in SymPy: every statement holds, and fails with something wrong in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad

from polytheory import symbolic
from polytheory.theory.noise import proof_gaussian as gaussian
from polytheory.theory.noise.drift import proof as drift
from polytheory.theory.noise.edgeworth import proof as edgeworth
from polytheory.theory.noise.edgeworth import proof_laws as laws

STATEMENTS = [
    name
    for room in (gaussian, edgeworth, laws, drift)
    for name, each in vars(room).items()
    if hasattr(each, "variant") and each.__module__ == room.__name__
]
mu, s, N, sigma = gaussian.MU, gaussian.SCALE, gaussian.NORM, gaussian.STD
m, kappa, q = drift.WIDTH, edgeworth.KURTOSIS, edgeworth.FOURTH_NORM
F, F1 = symbolic.gaussian_second_moment().value, symbolic.edgeworth_second_moment().value
slope, series = symbolic.edgeworth_slope().value, symbolic.edgeworth_mean_absolute().value
gamma, gamma2 = symbolic.drift_rate().value, symbolic.drift_rate_second_order().value
gaussian_part, gradient = F1.subs(kappa, 0), symbolic.edgeworth_gradient().claim.rhs
lost, lost_slope = sp.symbols("F(−a) F′(−a)")
half, root_half = sp.Rational(1, 2), 1 / sp.sqrt(2)

CONTROLS: list[tuple[str, tuple[Any, ...], str]] = [
    ("gaussian_second_moment", (F - mu * s * gaussian.density(mu / s),), "without its density"),
    ("gaussian_second_moment", (F.subs(s, s / sp.sqrt(2)),), "half the variance"),
    ("gaussian_derivatives", (1,), "without the alternating sign"),
    ("gaussian_invariance", (sp.Rational(1, 100),), "a fourth norm in the loss"),
    ("diagonal_loss", (lost,), "without the slope"),
    ("diagonal_loss", (lost - lost_slope,), "the sign of the slope"),
    ("edgeworth_second_moment", (2 * gaussian_part - F1,), "the sign of the kurtosis"),
    ("edgeworth_second_moment", (gaussian_part + (F1 - gaussian_part) / 2,), "1/24 for 1/12"),
    ("edgeworth_slope", (2 * slope.subs(kappa, 0) - slope,), "the sign of the kurtosis"),
    ("edgeworth_mean_absolute", (series + kappa**2 * q**2 / N**4 * sigma / 100,), "κ² shifted"),
    ("edgeworth_mean_absolute", (series.subs(edgeworth.SIXTH, 0),), "without κ₆"),
    ("edgeworth_gradient", (gradient.subs(q, 0),), "without the part along the row"),
    ("edgeworth_gradient", (-gradient,), "uphill"),
    ("mean_absolute_bounds", (half, sp.sqrt(3) / 2, root_half), "Khintchine 1/2"),
    ("mean_absolute_bounds", (root_half, sp.sqrt(3) / 2, half), "Laplace 1/2"),
    ("cumulants", ({"bipolar": (laws.LAWS["bipolar"][0], -3, 16)},), "fourth moment off by one"),
    ("cumulants", ({"laplace": (laws.LAWS["laplace"][0], 6, 30)},), "Laplace of another variance"),
    ("few_weights", (sum(sp.symbols("a b c", positive=True)),), "the largest always"),
    ("drift_rate", (-gamma,), "the sign"),
    ("drift_rate", (gamma / 3,), "a third"),
    ("drift_rate_second_order", (gamma2.subs(m, 2 * m),), "twice as wide"),
    ("drift_rate_second_order", (gamma,), "first order only"),
    ("late_rate", (sigma * sp.sqrt(N) / 2,), "twice as fast"),
    ("escape_rate", (sigma * sp.sqrt(2 * N / sp.pi),), "without the partner"),
    ("escape_rate", (2 * symbolic.escape_rate().value,), "twice"),
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = getattr(symbolic, name)()
    assert statement.name == name
    assert statement.assumptions
    assert statement.unproved() == {}


@pytest.mark.parametrize(("name", "wrong", "says"), CONTROLS)
def test_what_is_wrong_is_noticed(name: str, wrong: tuple[Any, ...], says: str) -> None:
    assert not getattr(symbolic, name).variant(*wrong).holds, says


def test_every_statement_has_a_control() -> None:
    assert {name for name, _, _ in CONTROLS} == set(STATEMENTS)


# --- values against quadrature --------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [-0.3, 0.0, 0.7])
def test_the_second_moment_is_an_integral(overlap: float) -> None:
    width = 0.4

    def passed(z: float) -> float:
        return (overlap + z) ** 2 * np.exp(-(z**2) / (2 * width**2)) / np.sqrt(2 * np.pi) / width

    seen, error = quad(passed, -overlap, 5.0, epsabs=1e-13)
    form = symbolic.gaussian_second_moment().evaluate(overlap=overlap, noise_std=width)
    assert form == pytest.approx(seen, abs=10 * error)


def test_kurtosis_pays_only_if_it_and_the_overlap_have_the_same_sign() -> None:
    evaluate = symbolic.edgeworth_second_moment().evaluate
    row = {"squared_norm": 1.0, "std": 0.2}
    for overlap, excess in ((-0.1, -2.0), (-0.1, 3.0), (0.1, -2.0), (0.1, 3.0)):
        sparse, dense = (
            evaluate(overlap=overlap, excess_kurtosis=excess, fourth_norm=each, **row)
            for each in (0.2, 0.1)
        )
        assert (sparse < dense) == (overlap * excess > 0)
