"""The published training: gradient descent or AdamW on the loss, one full batch per step."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from polytheory import _checks
from polytheory._checks import Array, FloatArray
from polytheory._threads import one_thread
from polytheory.flow._gradients import (
    BatchGradient,
    Gradient,
    NoiseFreeGradient,
    NoisyGradient,
    RandomBlocks,
)
from polytheory.flow._optimizers import AdamW, Optimizer, Sgd
from polytheory.flow._training import Training
from polytheory.flow.arguments import checked_encodings, floating_type
from polytheory.flow.progress import progress_bar
from polytheory.flow.trajectory import INTERRUPTED, RUNNING, Interrupted, Recorder, Trajectory
from polytheory.initial import initial_encodings
from polytheory.inputs import Inputs
from polytheory.model import ToyModel, require_model
from polytheory.notation import loss_l1

__all__ = ["train"]


#: The square of a larger λ would overflow a float32.
_MAX_L1 = 1e10
#: Below the first, weights do not change in single precision; above the second, training diverges.
_MIN_RATE, _MAX_RATE = 1e-12, 100.0
_MAX_STEPS = 10**9
#: Decoupled weight decay of the published runs, which is also PyTorch's default.
WEIGHT_DECAY = 0.01
#: Limits of a block of instances: weights that fit in a cache, and instances whose noise, drawn in
#: advance, fits in memory.
_BLOCK_SIZE, _MAX_INSTANCES_PER_BLOCK = 2**15, 2**10
#: With random draws, steps are so short that checking the weights after each one would be costly.
_STEPS_PER_CHECK = 64


def train(
    model: ToyModel,
    encodings: ArrayLike | None = None,
    *,
    optimizer: str = "adamw",
    learning_rate: float,
    steps: int,
    weight_decay: float | None = None,
    inputs: Inputs | None = None,
    noise_shared_over: str | None = None,
    time: ArrayLike | None = None,
    rng: Any = None,
    progress: bool | None = False,
    dtype: DTypeLike = "float32",
) -> Trajectory:
    r"""Train the toy model; each step uses all n basis vectors, as published, and new noise.

    .. math:: L = \sum_i \|\mathrm{ReLU}(W (W^\top e_i + \xi_i)) - e_i\|^2
              + \lambda_{loss} \|W\|_1, \qquad \lambda_{loss} = 4\lambda,

    with :math:`\xi_i = 0` unless the model has noise. Gradient descent, W ← W − η∇L, follows the
    flow (with noise, the averaged flow) at t = 4 · learning_rate · steps up to an error of order η,
    plus a random one of order √η with noise; for AdamW there is no such relation. At too large a
    learning rate noise randomises the encodings instead; `polytheory.train` warns of this where
    `polytheory.theory.noise.largest_learning_rate` applies.

    With `inputs` a batch of B inputs is drawn for each step, in which features may be active
    together, and the first term becomes :math:`\frac1{\pi B}\sum_b\|\mathrm{ReLU}(W (W^\top x_b +
    \xi_b)) - x_b\|^2`, π the probability that a feature is active: the published loss as π → 0.

    As sign(0) = 0, weights do not stay at zero under λ but fluctuate about it by the size of an
    update: `nonzero_count` hardly falls, so count `carriers` instead.

    Parameters
    ----------
    model : ToyModel
        Contains λ, in **flow units**, at most 1e10 (the loss uses 4λ), and the distribution of the
        noise.
    encodings : array (..., n_features, n_neurons), optional
        Initial encodings, at most 1e3 in size; not modified. By default `initial_encodings` draws
        one instance.
    optimizer : {"adamw", "sgd"}
        As in PyTorch. AdamW (β₁ = 0.9, β₂ = 0.999, ε = 1e-8, decoupled weight decay) is the default
        because the published runs with regularization use it. Those with noise use gradient
        descent.
    learning_rate : float
        η in **loss units**, between 1e-12 and 100; the published one is 1e-3 for AdamW and 0.02
        for gradient descent with noise.
    steps : int
        Number of steps, from 0 to 1e9.
    weight_decay : float, optional
        Weight decay of AdamW, from 0 to 1/learning_rate; 0.01 by default, as published.
    inputs : polytheory.inputs.Inputs, optional
        Distribution of the inputs, `Bernoulli` or `KHot`; by default each step uses the n basis
        vectors.
    noise_shared_over : {"batch", "input"}, optional
        With noise only. In each step one vector ξ is drawn per instance and shared by its batch of
        inputs (the default, as published), or one is drawn per input. The mean gradient is the
        same; its variance is smaller with one per input.
    time : array (T,), optional
        Training steps after which the series are recorded, whole numbers from 0 to `steps`,
        strictly increasing; by default only the end.
    rng : Generator, SeedSequence, int, optional
        Draws the initial encodings, unless they are given, and then noise and inputs; refused where
        nothing is random. Each instance has its own streams, spawned from `rng`: instance k does
        not depend on the number of instances, nor the streams on `steps` and `time`.
    progress : bool or None
        Whether to show a progress bar (None: on a terminal), one unit per step of an instance.
    dtype : {"float32", "float64"}
        Data type of the encodings during training, and of `final`; float32 as published.

    Returns
    -------
    Trajectory
        ``time`` and ``final_time`` are training steps; each outcome is "running". ``loss`` is
        `ToyModel.loss`: on the basis vectors and averaged over noise, not on the draws.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or lies outside its range; a ValueError also if
        the learning rate is so large that a weight grows beyond 1e4 (with random draws checked
        every 64 steps and before each record).
    Interrupted
        A `KeyboardInterrupt` at Ctrl-C; its ``trajectory`` contains the results so far.

    Notes
    -----
    Kind: exact up to rounding, given the draws. Loss units. Source: arXiv 2312.03096, sections 2
    and 5 and its public code; AdamW: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2 with a
    constant schedule.

    Examples
    --------
    >>> from polytheory import ToyModel, carriers, initial_encodings, train
    >>> from polytheory.notation import flow_l1
    >>> model = ToyModel(4, 8, l1_strength=flow_l1(loss_l1=0.02))
    >>> run = train(model, initial_encodings(model, 3, rng=0), learning_rate=0.01, steps=1500)
    >>> run.outcome.tolist(), run.final_time.tolist()
    (['running', 'running', 'running'], [1500.0, 1500.0, 1500.0])
    >>> bool((carriers(run.final) >= 0).all())
    True

    Bipolar noise makes rows sparse; the inverse participation ratio of dense ones is about 3/m:

    >>> from polytheory.noise import Bipolar
    >>> noisy = ToyModel(8, 16, noise=Bipolar(std=0.15))
    >>> run = train(noisy, optimizer="sgd", learning_rate=0.02, steps=15_000, rng=0)
    >>> bool(run.fourth_power_sum.mean() > 0.6)
    True
    """
    require_model(model)
    batches = _checked_inputs(model, inputs)
    random = model.noise is not None or batches is not None
    start, streams = _random_parts(model, encodings, rng, random=random)
    vectors = _vectors_a_step(model, noise_shared_over, batches)
    kind = floating_type(dtype)
    lam = _checks.scalar("l1_strength", model.l1_strength, high=_MAX_L1)
    rate = _checks.scalar("learning_rate", learning_rate, low=_MIN_RATE, high=_MAX_RATE)
    decay = _decay(_checks.one_of("optimizer", optimizer, ("adamw", "sgd")), weight_decay, rate)
    count = _checks.integer("steps", steps, minimum=0)
    if count > _MAX_STEPS:
        raise _checks.refuse_value("steps", _checks.shown(count), f"at most {_MAX_STEPS:g}")
    asked = np.array([float(count)]) if time is None else _record_steps(time, count)

    batch = start.shape[:-2]
    recorder = Recorder(model, asked, batch)
    final, final_time = np.array(start, dtype=kind, order="C"), np.zeros(batch)
    outcome = np.full(batch, INTERRUPTED)
    instances = list(np.ndindex(*batch))
    flat = final.reshape(-1, *final.shape[-2:]), final_time.reshape(-1), outcome.reshape(-1)
    together = min(max(1, _BLOCK_SIZE // flat[0][0].size), _MAX_INSTANCES_PER_BLOCK)
    bar = progress_bar(len(instances) * count, show=progress, label="train", unit="step")
    try:
        # Weights out of range are refused by the checks.
        with bar, np.errstate(all="ignore"), one_thread():
            for first in range(0, len(instances), together):
                block = slice(first, first + together)
                W, time, ending = (array[block] for array in flat)
                rule: Optimizer = Sgd(rate) if decay is None else AdamW(W, rate, decay)
                coefficient = loss_l1(l1_strength=lam)
                gradient = _gradient(W, coefficient, model, batches, vectors, streams[block])
                training = Training(W, gradient, rule, _STEPS_PER_CHECK if random else 1)
                try:
                    training.follow(asked, count, recorder, instances[block], bar)
                    ending[:] = RUNNING
                except KeyboardInterrupt:
                    training.check()  # do not return NaN
                    raise
                finally:
                    W[...], time[:] = training.state
    except KeyboardInterrupt:
        raise Interrupted(recorder.trajectory(final, final_time, outcome)) from None
    return recorder.trajectory(final, final_time, outcome)


def _checked_inputs(model: ToyModel, inputs: Any) -> Inputs | None:
    if inputs is None:
        return None
    if not isinstance(inputs, Inputs):
        allowed = (
            "a distribution such as polytheory.inputs.Bernoulli(probability=0.1, size=64), or None"
        )
        raise _checks.refuse_type("inputs", inputs, allowed)
    inputs.activity(model.n_features)  # raises if the distribution does not fit n_features
    return inputs


def _gradient(
    W: Array,
    loss_l1: float,
    model: ToyModel,
    inputs: Inputs | None,
    vectors: int,
    streams: list[tuple[np.random.Generator, np.random.Generator]],
) -> Gradient:
    """Return the gradient of a block of instances, with its random draws."""
    n, m = model.n_features, model.n_neurons
    noise, batches = None, None
    if model.noise is not None:
        distribution = model.noise

        def draw_noise(steps: int, rng: np.random.Generator) -> Array:
            return distribution.sample((steps, vectors, m), rng=rng)

        noise = RandomBlocks(draw_noise, [each[0] for each in streams], (vectors, m), W.dtype)
    if inputs is not None:
        size = inputs.size

        def draw_inputs(steps: int, rng: np.random.Generator) -> Array:
            many = replace(inputs, size=steps * size)
            return many.sample(n, rng=rng).reshape(steps, size, n)

        batches = RandomBlocks(draw_inputs, [each[1] for each in streams], (size, n), W.dtype)
        return BatchGradient(W, loss_l1, inputs.scale(n), batches, noise)
    return NoiseFreeGradient(W, loss_l1) if noise is None else NoisyGradient(W, loss_l1, noise)


def _random_parts(
    model: ToyModel, encodings: ArrayLike | None, rng: Any, *, random: bool
) -> tuple[FloatArray, list[tuple[np.random.Generator, np.random.Generator]]]:
    """Return the initial encodings, and streams of noise and of inputs for each instance.

    Encodings are drawn from streams spawned from `rng`, noise and inputs from children of such
    streams: otherwise an rng also given to `initial_encodings` would repeat the encodings as noise.
    """
    if encodings is None and rng is None:
        raise _checks.refuse_type(
            "encodings", encodings, "given, or drawn with an rng", "Pass rng=0, for example."
        )
    source = None if rng is None else _checks.generator(rng)
    start = (
        initial_encodings(model, rng=source)
        if encodings is None
        else checked_encodings(model, encodings)
    )
    if not random:
        if encodings is not None and rng is not None:
            hint = "It draws encodings only; nothing else is random here."
            raise _checks.refuse_value(
                "rng", _checks.shown(rng), "left out with given encodings", hint
            )
        return start, []
    if source is None:
        what = "inputs" if model.noise is None else "a model with noise"
        hint = "Pass rng=0, for example."
        raise _checks.refuse_type("rng", rng, f"given for {what}", hint)
    parents = _checks.streams(source, math.prod(start.shape[:-2]))
    return start, [(first, second) for first, second in (each.spawn(2) for each in parents)]


def _vectors_a_step(model: ToyModel, noise_shared_over: str | None, inputs: Inputs | None) -> int:
    """Return the number of noise vectors per instance and step."""
    name = "noise_shared_over"
    if model.noise is None and noise_shared_over is not None:
        came = _checks.shown(noise_shared_over)
        raise _checks.refuse_value(name, came, "left out for a model without noise")
    given = "batch" if noise_shared_over is None else noise_shared_over
    if _checks.one_of(name, given, ("batch", "input")) == "batch":
        return 1
    return model.n_features if inputs is None else inputs.size


def _decay(optimizer: str, weight_decay: float | None, rate: float) -> float | None:
    """Return the weight decay of AdamW, or None for gradient descent."""
    if optimizer == "adamw":
        given = WEIGHT_DECAY if weight_decay is None else weight_decay
        return _checks.scalar("weight_decay", given, high=1.0 / rate)
    if weight_decay is not None:
        allowed = "left out with optimizer='sgd'"
        raise _checks.refuse_value("weight_decay", _checks.shown(weight_decay), allowed)
    return None


def _record_steps(time: ArrayLike, steps: int) -> FloatArray:
    asked = _checks.real_array("time", time)
    whole = (asked >= 0) & (asked <= steps) & (asked == np.floor(asked))
    _checks.require("time", asked, whole, f"whole training steps from 0 to {steps}")
    return _checks.increasing_times(asked)
