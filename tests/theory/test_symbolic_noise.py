"""The noise mechanism in SymPy against quadrature and by sign."""

import numpy as np
import pytest
from scipy.integrate import quad

from polytheory import symbolic


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
            evaluate(overlap=overlap, excess_kurtosis=excess, fourth_power_sum=each, **row)
            for each in (0.2, 0.1)
        )
        assert (sparse < dense) == (overlap * excess > 0)
