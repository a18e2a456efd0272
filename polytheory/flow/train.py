"""The published training: gradient descent or AdamW on the loss, one full batch a step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow._arguments import floating_type, initial_weights
from polytheory.flow._optimizers import AdamW, Optimizer, Sgd, Training
from polytheory.flow._progress import progress_bar
from polytheory.flow.trajectory import INTERRUPTED, RUNNING, Interrupted, Recorder, Trajectory
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.notation import loss_l1

__all__ = ["train"]

#: The square of a stronger pull does not fit in a float32.
STRONGEST = 1e10
#: Beyond these nothing moves in single precision, or everything jumps.
LEAST_RATE, LARGEST_RATE = 1e-12, 100.0
MOST_STEPS = 10**9
#: Decoupled weight decay of the published runs, and AdamW's own default.
WEIGHT_DECAY = 0.01
#: Instances are stepped together while they have about as many weights as fit in a cache.
BLOCK = 2**15


def train(
    model: ToyModel,
    W0: ArrayLike | None = None,
    *,
    optimizer: str = "adamw",
    learning_rate: float,
    steps: int,
    weight_decay: float | None = None,
    times: ArrayLike | None = None,
    rng: Any = None,
    progress: bool = False,
    dtype: DTypeLike = "float32",
) -> Trajectory:
    r"""Train the toy model as published: every step sees all n basis vectors, without noise.

    .. math:: L = \sum_i \|\mathrm{ReLU}(W W^\top e_i) - e_i\|^2 + \lambda_{loss} \|W\|_1,
              \qquad \lambda_{loss} = 4\lambda.

    Gradient descent, W ← W − η∇L, follows the flow at t = 4 · learning_rate · steps up to an error
    of order η; AdamW has no such clock. With sign(0) = 0 weights do not stay at zero but dither
    about it by what a step moves them: `nonzero_count` hardly falls, so count `carriers` instead.

    Parameters
    ----------
    model : ToyModel
        Carries λ, in **flow units**, at most 1e10; the loss takes 4λ.
    W0 : array (..., n_features, n_neurons), optional
        Initial encodings, at most 1e3 in size; never changed. Without them one instance is drawn
        by `initial_encodings`.
    optimizer : {"adamw", "sgd"}
        As in PyTorch. AdamW (β₁ = 0.9, β₂ = 0.999, ε = 1e-8, decoupled weight decay) made the
        published runs with regularization, hence the default.
    learning_rate : float
        η in **loss units**, between 1e-12 and 100; the published one for AdamW is 1e-3.
    steps : int
        Number of steps, from 0 to 1e9.
    weight_decay : float, optional
        Of AdamW only, from 0 to 1/learning_rate; 0.01 by default, as published.
    times : array (T,), optional
        Training steps after which the series are recorded, whole numbers from 0 to `steps`,
        strictly increasing; the end only by default.
    rng : Generator, SeedSequence, int, optional
        Draws the initial encodings; needed without `W0`, refused with it. Nothing else is random.
    progress : bool
        Show a bar, one unit a step of an instance.
    dtype : {"float32", "float64"}
        Of the encodings while they are trained, and of `final`; float32 is the published one.

    Returns
    -------
    Trajectory
        Its ``times`` and ``final_time`` are training steps, its outcomes "running".

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or lies outside its range; a ValueError too if
        the learning rate is so large that a weight grows beyond 1e4.
    Interrupted
        A `KeyboardInterrupt` at Ctrl-C; its ``trajectory`` holds what was computed.

    Notes
    -----
    Kind: exact up to rounding. Loss units. Source: arXiv 2312.03096, section 2 and its public code;
    AdamW: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2 with a constant schedule.

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
    """
    start = _initial(model, W0, rng)
    kind = floating_type(dtype)
    lam = _checks.scalar("l1_strength", model.l1_strength, high=STRONGEST)
    rate = _checks.scalar("learning_rate", learning_rate, low=LEAST_RATE, high=LARGEST_RATE)
    decay = _decay(_checks.one_of("optimizer", optimizer, ("adamw", "sgd")), weight_decay, rate)
    count = _checks.integer("steps", steps, minimum=0)
    if count > MOST_STEPS:
        raise _checks.refuse_value("steps", _checks.shown(count), f"at most {MOST_STEPS:g}")
    asked = np.array([float(count)]) if times is None else _asked(times, count)

    batch = start.shape[:-2]
    recorder = Recorder(model, asked, batch)
    final, final_time = np.array(start, dtype=kind, order="C"), np.zeros(batch)
    outcome = np.full(batch, INTERRUPTED)
    instances = list(np.ndindex(*batch))
    flat = final.reshape(-1, *final.shape[-2:]), final_time.reshape(-1), outcome.reshape(-1)
    together = max(1, BLOCK // flat[0][0].size)
    bar = progress_bar(len(instances) * count, show=progress, label="train", unit="step")
    try:
        with bar, np.errstate(all="ignore"):  # a weight that leaves its range is refused
            for first in range(0, len(instances), together):
                block = slice(first, first + together)
                W, time, ending = (array[block] for array in flat)
                rule: Optimizer = Sgd(rate) if decay is None else AdamW(W, rate, decay)
                training = Training(W, loss_l1(l1_strength=lam), rule)
                try:
                    training.follow(asked, count, recorder, instances[block], bar)
                    ending[:] = RUNNING
                finally:
                    W[...], time[:] = training.state
    except KeyboardInterrupt:
        raise Interrupted(recorder.trajectory(final, final_time, outcome)) from None
    return recorder.trajectory(final, final_time, outcome)


def _initial(model: ToyModel, W0: ArrayLike | None, rng: Any) -> FloatArray:
    if W0 is not None and rng is not None:
        hint = "It would draw W0; nothing else is random."
        raise _checks.refuse_value("rng", _checks.shown(rng), "left out with a given W0", hint)
    if W0 is None and rng is None:
        raise _checks.refuse_type("W0", W0, "given, or drawn with an rng", "Pass rng=0, say.")
    return initial_encodings(model, rng=rng) if W0 is None else initial_weights(model, W0)


def _decay(optimizer: str, weight_decay: float | None, rate: float) -> float | None:
    """Return the weight decay of AdamW, None for gradient descent."""
    if optimizer == "adamw":
        given = WEIGHT_DECAY if weight_decay is None else weight_decay
        return _checks.scalar("weight_decay", given, high=1.0 / rate)
    if weight_decay is not None:
        allowed = "left out with optimizer='sgd'"
        raise _checks.refuse_value("weight_decay", _checks.shown(weight_decay), allowed)
    return None


def _asked(times: ArrayLike, steps: int) -> FloatArray:
    asked = _checks.real_array("times", times)
    whole = (asked >= 0) & (asked <= steps) & (asked == np.floor(asked))
    _checks.require("times", asked, whole, f"whole training steps from 0 to {steps}")
    return _checks.times(asked)
