"""The inverse participation ratio under noise by the averaged flow, against sampled SGD in PyTorch.

The published figure: n = 8, m = 16, bipolar and Gaussian noise of three strengths, 5 instances,
10⁵ steps at learning rate 0.02, which is flow time 8000. SGD with automatic differentiation is
measured by the step, all instances at once, one noise vector a step (needs PyTorch, which nothing
else here does). The averaged flow is followed through `simulate` twice: at a tolerance that leaves
1e-6 of the loss at 60 recorded times, and at the default one.

A step of SGD takes hardly longer for more instances, the averaged flow a run for each: the ratio
falls with their number, which every line states. The flow is timed by the processor, as a run of
seconds is interrupted on a busy machine; the median step of SGD is not.

Goals: all six curves 12 times faster than 10⁵ steps each for five instances, with a relative error
of the loss of at most 1e-6; the expected gradient at n = 32, m = 64 in 25 ms, with a relative error
of at most 1e-6.
"""

from __future__ import annotations

import importlib
import math
import time
from typing import Any

import numpy as np
from _timing import parser, seconds, show
from numpy.typing import NDArray

from polytheory import ToyModel, Trajectory, initial_encodings, simulate
from polytheory.noise import Bipolar, Gaussian, Noise, expected_force

Array = NDArray[Any]
DISTRIBUTIONS: tuple[type[Noise], ...] = (Bipolar, Gaussian)
STRENGTHS = (0.07, 0.1, 0.15)
STEPS, LEARNING_RATE = 100_000, 0.02
END = 4 * LEARNING_RATE * STEPS
TIMES = np.concatenate([[0.0], np.geomspace(0.4, END, 59)])
#: Leaves 1e-6 of the loss; what it is compared with.
RTOL, TIGHT = 5e-6, 1e-7


def torch_step_seconds(starts: Array, distribution: Noise, repeats: int) -> float:
    """Seconds a step of SGD with automatic differentiation on the batch; NaN without PyTorch."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return math.nan
    W = torch.tensor(starts.astype(np.float32), requires_grad=True)
    target = torch.eye(W.shape[-2])
    optimizer = torch.optim.SGD([W], lr=LEARNING_RATE)
    shape = 1, 1, W.shape[-1]

    def noise() -> Any:
        if isinstance(distribution, Gaussian):
            return distribution.std * torch.randn(shape)
        return distribution.std * (2.0 * torch.randint(0, 2, shape) - 1.0)

    def step() -> None:
        optimizer.zero_grad()
        output = torch.relu((W + noise()) @ W.transpose(-1, -2))
        loss = ((output - target) ** 2).sum()
        loss.backward()
        optimizer.step()

    return seconds(step, repeats)


def figure(starts: Array, rtol: float) -> tuple[dict[Noise, Trajectory], dict[str, float]]:
    """Follow all curves; return them, and the seconds of the processor by kind of noise."""
    n, m = starts.shape[-2:]
    curves, spent = {}, {}
    for kind in DISTRIBUTIONS:
        began = time.process_time()
        for std in STRENGTHS:
            model = ToyModel(n, m, noise=kind(std=std))
            curves[kind(std=std)] = simulate(
                model, starts, time=TIMES, until=END, rtol=rtol, atol=min(1e-6, rtol / 10)
            )
        spent[kind.__name__] = time.process_time() - began
    return curves, spent


def loss_error(runs: dict[Noise, Trajectory], tight: dict[Noise, Trajectory]) -> float:
    """Largest relative error of the loss, over the curves and instances of the tight run."""
    errors = []
    for distribution, run in tight.items():
        some = run.loss.shape[1]
        errors.append(np.abs(runs[distribution].loss[:, :some] / run.loss - 1).max())
    return float(max(errors))


def gradient_figures(rtol: float) -> dict[str, float]:
    """Time the expected gradient where there are too many neurons for sums over signs."""
    distribution = Bipolar(std=0.1)
    W = initial_encodings(ToyModel(32, 64), rng=0)
    seen, truth = (
        expected_force(W, distribution, rtol=rtol),
        expected_force(W, distribution, cutoff=4000.0),
    )
    return {
        "gradient at n = 32, m = 64, ms (goal 25)": 1e3
        * seconds(lambda: expected_force(W, distribution, rtol=rtol), 9),
        "its relative error (goal 1e-6)": float(
            np.linalg.norm(seen - truth) / np.linalg.norm(truth)
        ),
    }


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--instances", type=int, default=5)
    command.add_argument("--checked", type=int, default=1, help="instances followed tightly")
    a = command.parse_args()
    starts = initial_encodings(ToyModel(8, 16), a.instances, rng=0)

    instances = f"{a.instances} instances"
    steps = {
        kind.__name__: torch_step_seconds(starts, kind(std=0.1), 3000) for kind in DISTRIBUTIONS
    }
    sgd = {kind: STEPS * len(STRENGTHS) * took for kind, took in steps.items()}
    figures = {
        f"SGD with autograd, {kind}, {instances}, us a step": 1e6 * t for kind, t in steps.items()
    }
    tight, _ = figure(starts[: a.checked], TIGHT)
    for name, rtol in (("to 1e-6", RTOL), ("by default", 0.01)):
        runs, spent = figure(starts, rtol)
        figures[f"relative error of the loss, {name}, {a.checked} checked"] = loss_error(
            runs, tight
        )
        for kind, took in spent.items():
            figures[f"averaged, {name}, {kind}, {instances}, s"] = took
            figures[f"SGD / averaged, {name}, {kind}, {instances}"] = sgd[kind] / took
        goal = " (goal 12)" if rtol == RTOL else ""
        both = sum(sgd.values()) / sum(spent.values())
        figures[f"SGD / averaged, {name}, all curves, {instances}{goal}"] = both
    show(figures | gradient_figures(1e-7), a.json)


if __name__ == "__main__":
    main()
