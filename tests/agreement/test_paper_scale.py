"""At the paper's scale: m = 10⁵, λ = 10⁻⁵, from the start to one weight."""

from __future__ import annotations

import numpy as np
import pytest

from polytheory import initial_row, row_flow

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
    exact = row_flow(ROW, l1_strength=STRENGTH, times=times).l1_norm
    coarse, fine = (np.abs(euler_l1_norms(h, times) / exact - 1.0) for h in (0.5, 0.25))
    # Order 1: halving the step halves the error, to a few per cent at these steps.
    assert np.allclose(coarse / fine, 2.0, rtol=0.1)
