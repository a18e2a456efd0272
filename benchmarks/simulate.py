"""`simulate` to the settled state against plain proximal Euler and against training with AdamW.

Baselines, both of which would take the better part of an hour, are measured by the step:

- batched single-precision proximal Euler with step 0.3 on dense arrays, times the steps it needs to
  the time at which the last instance settled;
- 7,500 steps of AdamW with automatic differentiation (needs PyTorch, which nothing else here does).

Ratios are medians over the instances, each followed in turns with steps of the baseline. Goals: 20
times faster than Euler, 45 times faster than AdamW (80 with two processes). ``--tight`` compares
the carriers with those of a run with a tight tolerance (minutes). With ``--small`` the Euler run is
carried out in full at n = 64 and has to end with the same carriers.
"""

from __future__ import annotations

import importlib
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from _timing import parser, seconds, show
from numpy.typing import NDArray

from polytheory import ToyModel, carriers, initial_encodings, polysemantic_neurons, simulate
from polytheory._processes import usable_processors
from polytheory.flow._engines import RungeKuttaLegendre
from polytheory.flow._orthant import DenseOrthant
from polytheory.flow.settling import is_settled
from polytheory.notation import flow_l1

Array = NDArray[Any]
STEP = 0.3
TRAINING_STEPS = 7_500


def euler_step(W: Array, l1_strength: float) -> Array:
    """One plain proximal step of a batch, as anybody would write it."""
    gram = W @ W.swapaxes(-1, -2)
    diagonal = np.arange(W.shape[-2])
    benefit = 1.0 - gram[..., diagonal, diagonal]
    overlap = np.maximum(gram, 0.0)
    overlap[..., diagonal, diagonal] = 0.0
    moved = W + STEP * (benefit[..., None] * W - overlap @ W)
    return np.sign(moved) * np.maximum(np.abs(moved) - STEP * l1_strength, 0.0)


def euler_to_the_end(W: Array, l1_strength: float) -> tuple[Array, int]:
    """Step until every instance has settled."""
    steps = 0
    while not all(map(is_settled, W)):
        W = euler_step(W, np.float32(l1_strength))
        steps += 1
    return W, steps


def last_settling(model: ToyModel, starts: Array) -> float:
    """Return the flow time at which the last instance settles."""
    last = 0.0
    for start in starts:
        engine = RungeKuttaLegendre(start.astype(np.float32), model.l1_strength, 0.01, 1e-6)
        while not is_settled(engine.W):
            engine.advance(math.inf)
        last = max(last, engine.time)
    return last


def torch_step(starts: Array, loss_l1: float) -> Callable[[], None] | None:
    """Return a step of AdamW with automatic differentiation on the batch; None without PyTorch."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return None
    torch.set_num_threads(1)
    W = torch.tensor(starts.astype(np.float32), requires_grad=True)
    target = torch.eye(W.shape[-2])
    optimizer = torch.optim.AdamW([W], lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        output = torch.relu(W @ W.transpose(-1, -2))
        loss = ((output - target) ** 2).sum() + loss_l1 * W.abs().sum()
        loss.backward()
        optimizer.step()

    return step


def in_turns(model: ToyModel, starts: Array, step: Callable[[], None]) -> tuple[float, float]:
    """Return seconds a step of a baseline on the batch, over those to follow it; and of a step.

    The instances are followed one by one, each between steps, so that the load of the machine is
    the same for both.
    """
    step()
    ratios, spans = [], []
    for start in starts:
        before = seconds(step, 1)
        began = time.perf_counter()
        simulate(model, start, dtype="float32")
        ours = time.perf_counter() - began
        spans.append(0.5 * (before + seconds(step, 1)))
        ratios.append(spans[-1] / (ours * len(starts)))
    return statistics.median(ratios), statistics.median(spans)


def dense_step_overhead(model: ToyModel, start: Array) -> float:
    """Processor time of a dense stage over that of the two products alone, in turns."""
    from polytheory.flow._rkl import rkl_step

    W = start.astype(np.float32)
    space = DenseOrthant(np.sign(W), model.l1_strength)
    x, stages = space.gather(W), 9
    slope = np.zeros_like(x)
    space.stage(x, slope, 0.0, 1.0, 1.0)
    slope -= x
    gram, product = np.empty((len(W), len(W)), np.float32), np.empty_like(W)

    def products() -> None:
        np.matmul(W, W.T, out=gram)
        np.matmul(gram, W, out=product)

    def stage() -> None:
        rkl_step(space.stage, x, slope, 1.0, stages, space.signs)

    def ratio() -> float:
        began = time.process_time()
        stage()
        between = time.process_time()
        for _ in range(stages - 1):
            products()
        return (between - began) / (time.process_time() - between)

    ratio()
    return statistics.median(ratio() for _ in range(25))


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--n-features", type=int, default=256)
    command.add_argument("--n-neurons", type=int, default=1024)
    command.add_argument("--instances", type=int, default=16)
    command.add_argument("--loss-l1", type=float, default=1e-3)
    command.add_argument("--tight", action="store_true", help="also compare with a tight run")
    command.add_argument("--workers", type=int, default=min(2, usable_processors()))
    command.add_argument("--small", action="store_true", help="n = 64, m = 128, whole Euler run")
    a = command.parse_args()
    if a.small:
        a.n_features, a.n_neurons, a.loss_l1 = 64, 128, 0.012
    model = ToyModel(a.n_features, a.n_neurons, l1_strength=flow_l1(loss_l1=a.loss_l1))
    starts = initial_encodings(model, a.instances, rng=0).astype(np.float32)

    began = time.perf_counter()
    ours = simulate(model, starts, dtype="float32")
    fast = time.perf_counter() - began
    tracemalloc.start()
    simulate(model, starts, dtype="float32", until=1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    began = time.perf_counter()
    simulate(model, starts, dtype="float32", workers=a.workers)
    several = time.perf_counter() - began

    settled = last_settling(model, starts)

    def plain_step() -> None:
        euler_step(starts, np.float32(model.l1_strength))

    euler, euler_seconds = in_turns(model, starts, plain_step)
    step = torch_step(starts, a.loss_l1)
    adamw, adamw_seconds = in_turns(model, starts, step) if step else (math.nan, math.nan)
    figures = {
        "simulate to the end, s": fast,
        f"the same with workers={a.workers}, s": several,
        "polysemantic neurons, mean": float(np.mean(polysemantic_neurons(ours.final))),
        "instances not settled": float(np.count_nonzero(ours.outcome != "settled")),
        "last instance settles at": settled,
        "Euler, s a step": euler_seconds,
        "Euler, steps": settled / STEP,
        "Euler / simulate (goal 20)": euler * settled / STEP,
        "AdamW with autograd, s a step": adamw_seconds,
        "AdamW / simulate (goal 45)": adamw * TRAINING_STEPS,
        f"the same with workers={a.workers} (2: goal 80)": adamw * TRAINING_STEPS * fast / several,
        "dense stage / its two products (goal 1.1)": dense_step_overhead(model, starts[0]),
        "peak memory / W (goal 4)": peak / starts.nbytes,
    }
    if a.tight:
        tight = carriers(simulate(model, starts, rtol=3e-5, dtype="float32").final)
        same = float((carriers(ours.final) == tight).mean())
        figures["features with the carrier of rtol 3e-5"] = same
    if a.small:
        plain, steps = euler_to_the_end(starts, model.l1_strength)
        tight = carriers(simulate(model, starts, rtol=1e-5).final)
        largest = np.abs(plain).argmax(axis=-1)
        figures |= {
            "Euler in full, steps": steps,
            "features with the carrier of rtol 1e-5": float((carriers(ours.final) == tight).mean()),
            "the same of Euler": float((largest == tight).mean()),
        }
    show(figures, a.json)


if __name__ == "__main__":
    main()
