"""Memory of a run, in units of the batch: results, and the arrays of one instance at a time."""

import tracemalloc

import numpy as np
import pytest

from polytheory import ToyModel, initial_encodings, simulate

MODEL = ToyModel(128, 512, l1_strength=0.05)


def peak(instances: int, dtype: str, **options: float) -> float:
    """Return the peak of a run, in units of the batch of its encodings."""
    start = initial_encodings(MODEL, instances, rng=0).astype(dtype)
    tracemalloc.start()
    simulate(MODEL, start, dtype=dtype, **options)  # type: ignore[arg-type]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / start.nbytes


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_takes_four_times_its_memory_at_most(dtype: str) -> None:
    simulate(MODEL, np.eye(128, 512))  # load everything
    # One for the results; in single precision, two to check the input. Of one instance: its
    # weights, slope, signs, and two stages; the Gram matrix; arrays of some rows.
    assert peak(4, dtype, until=0.1) < 4.0
    assert peak(1, dtype, until=0.1) < 10.0


def test_memory_is_returned_by_the_steps() -> None:
    # On the way the forms of the flow change, of which none may stay.
    simulate(MODEL, np.eye(128, 512))
    assert peak(1, "float64") < 12.0
