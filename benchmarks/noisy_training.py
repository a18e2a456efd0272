"""A step of `train` with sampled noise against a plain loop with automatic differentiation.

The baseline is the published training: one noise vector a step, gradient descent, PyTorch (which
nothing else here needs; without it there are no ratios). Both step a batch of instances at once, in
single precision, on one thread. Goal: at least 5 times faster at n = 8, m = 16, 40 instances.
"""

from __future__ import annotations

import importlib
import math
import os
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import parser, seconds, show
from numpy.typing import ArrayLike, NDArray

from polytheory import ToyModel, initial_encodings
from polytheory.flow.train import train
from polytheory.noise import Bipolar, Gaussian, Noise

Array = NDArray[Any]
RATE, STD = 1e-3, 0.1  # a rate at which the largest model does not diverge
SIZES = ((8, 16), (16, 32), (32, 64), (64, 128), (64, 256))


class Unjudged(ToyModel):
    """The model without its expected loss, a quadrature after the last step."""

    def loss(self, encodings: ArrayLike) -> Any:  # noqa: ARG002  # that is the point
        return 0.0


def torch_step_seconds(starts: Array, repeats: int, steps: int) -> float:
    """Seconds a step with automatic differentiation on the batch; NaN without PyTorch."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return math.nan
    torch.set_num_threads(1)
    W = torch.tensor(starts.astype(np.float32), requires_grad=True)
    target, n_neurons = torch.eye(W.shape[-2]), W.shape[-1]
    optimizer = torch.optim.SGD([W], lr=RATE)

    def follow() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            noise = STD * (2.0 * torch.randint(0, 2, (n_neurons,)) - 1.0)
            output = torch.relu((W + noise) @ W.transpose(-1, -2))
            ((output - target) ** 2).sum().backward()
            optimizer.step()

    return seconds(follow, repeats) / steps


def our_step_seconds(
    starts: Array, repeats: int, steps: int, distribution: Noise | None, shared: str | None = None
) -> float:
    """Seconds a step of `train`, all it does around the steps included."""
    model = Unjudged(*starts.shape[1:], noise=distribution)
    more: dict[str, Any] = {} if distribution is None else {"rng": 0, "noise_shared_over": shared}

    def follow() -> None:
        train(model, starts, optimizer="sgd", learning_rate=RATE, steps=steps, **more)

    return seconds(follow, repeats) / steps


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--instances", type=int, default=40)
    command.add_argument("--repeats", type=int, default=7)
    a = command.parse_args()
    figures = {}
    for n, m in SIZES:
        starts = initial_encodings(ToyModel(n, m), a.instances, rng=0)
        # Long enough for the clock, and whole blocks of the noise that is drawn ahead.
        steps = max(64, 4096 * (8 * 16) // (n * m))
        at = f"n = {n}, m = {m}: "
        baseline = torch_step_seconds(starts, a.repeats, max(8, steps // 4))
        ours = our_step_seconds(starts, a.repeats, steps, Bipolar(std=STD), "batch")
        figures |= {
            at + "PyTorch, µs a step": 1e6 * baseline,
            at + "train, µs a step": 1e6 * ours,
            at + "ratio" + (" (goal 5)" if (n, m) == SIZES[0] else ""): baseline / ours,
        }
    starts = initial_encodings(ToyModel(*SIZES[0]), a.instances, rng=0)
    for name, distribution, shared in (
        ("Gaussian", Gaussian(std=STD), "batch"),
        ("noise for each input", Bipolar(std=STD), "input"),
        ("no noise", None, None),
    ):
        took = our_step_seconds(starts, a.repeats, 4096, distribution, shared)
        figures[f"n = 8, m = 16: {name}, µs a step"] = 1e6 * took
    show(figures, a.json)


if __name__ == "__main__":
    main()
