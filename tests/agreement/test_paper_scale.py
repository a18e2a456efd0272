"""At the paper's scale: one encoding of 10⁵ weights, and whole models by the dozen."""

import numpy as np
import pytest

from polytheory import (
    ToyModel,
    initial_encodings,
    initial_row,
    polysemantic_neurons,
    row_flow,
    simulate,
)

ROW = np.abs(initial_row(100_000, rng=0))
STRENGTH = 1e-5


def euler_l1_norms(step: float, times: list[float]) -> np.ndarray:
    """Plain forward Euler that drops dead weights; every time is a multiple of the step."""
    w, norms = ROW, []
    marks = {round(t / step) for t in times}
    for count in range(1, max(marks) + 1):
        w = w + step * ((1.0 - w @ w) * w - STRENGTH)
        w = w[w > 0]
        if count in marks:
            norms.append(w.sum())
    return np.array(norms)


@pytest.mark.slow
def test_euler_converges_to_the_reduction() -> None:
    times = [100.0, 1_000.0, 10_000.0, 100_000.0]
    exact = row_flow(ROW, l1_strength=STRENGTH, time=times).l1_norm
    coarse, fine = (np.abs(euler_l1_norms(h, times) / exact - 1.0) for h in (0.5, 0.25))
    # Order 1: halving the step halves the error, to a few per cent at these steps.
    assert np.allclose(coarse / fine, 2.0, rtol=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_default_tolerance_finds_the_winners_of_a_tight_one(dtype: str) -> None:
    model = ToyModel(64, 128, l1_strength=0.003)
    start = initial_encodings(model, 256, rng=5)
    seen, tight = simulate(model, start, dtype=dtype).final, simulate(model, start, rtol=1e-5).final
    same = np.abs(seen).argmax(axis=-1) == np.abs(tight).argmax(axis=-1)
    # Competition amplifies errors; 99.6 % agree, and Euler with step 0.3 has 98.4 %.
    assert same.mean() > 0.99
    # The runs are paired, so what scatters is the difference of their counts.
    off = polysemantic_neurons(seen) - polysemantic_neurons(tight)
    assert abs(off.mean()) < 2.0 * off.std(ddof=1) / np.sqrt(off.size)


@pytest.mark.slow
def test_the_tight_winners_are_those_of_the_plain_engine() -> None:
    model = ToyModel(64, 128, l1_strength=0.003)
    start = initial_encodings(model, 8, rng=5)
    tight = simulate(model, start, rtol=1e-5).final
    plain = simulate(model, start, rtol=1e-4, method="heun").final
    assert (np.abs(tight).argmax(axis=-1) == np.abs(plain).argmax(axis=-1)).mean() > 0.99
