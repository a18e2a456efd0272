"""The full gradient flow of the toy model, from given encodings to its limit."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory._processes import refuse_daemonic, usable_processors
from polytheory._threads import one_thread
from polytheory._workers import Died, each_result, sendable
from polytheory.flow._engines import ENGINES, Engine, engine
from polytheory.flow._pairs import FINER, follow_both, winners
from polytheory.flow.arguments import checked_encodings, floating_type
from polytheory.flow.progress import progress_bar
from polytheory.flow.settling import final_encodings, is_settled, later_encodings
from polytheory.flow.trajectory import (
    AT_REST,
    DEAD,
    FADED,
    INTERRUPTED,
    RUNNING,
    SETTLED,
    STATIONARY,
    TIME_LIMIT,
    IncompleteError,
    Interrupted,
    Recorder,
    Trajectory,
)
from polytheory.model import ToyModel

__all__ = ["simulate"]

#: Records encodings (n, m) at an index of the requested times.
Record = Callable[..., None]

#: A run that has not settled after this many 1/λ is stopped (1/λ := 100 without regularization).
_PATIENCE_IN_LIFETIMES = 100.0
#: For a smaller λ the time scale 1/λ takes too many steps.
MIN_L1 = 1e-8
#: Under noise, only noise above the critical strength makes the norm of a feature this small.
_FADED_NORM = 0.5
#: At rest, no weight moves by more than this fraction of rtol while the time doubles,
_REST_OVER_RTOL = 1e-3
#: or by more than this, for the precision of the dtype.
_REST_PRECISION = {"float32": 1e-5, "float64": 1e-9}
#: Longest step while rest is tested for, as a fraction of the time passed: a stabilized step damps
#: stiff modes by about one half only, however long it is.
_MAX_STEP_OVER_TIME = 0.125


def simulate(
    model: ToyModel,
    encodings: ArrayLike,
    *,
    time: ArrayLike | None = None,
    until: str | float = "settled",
    method: str = "rkl2",
    rtol: float = 0.01,
    atol: float = 1e-6,
    max_time: float | None = None,
    dtype: DTypeLike = "float64",
    progress: bool | None = False,
    estimate_error: bool = False,
    workers: int = 1,
) -> Trajectory:
    r"""Compute the gradient flow of the toy model from given encodings, or from a batch of them.

    .. math:: \dot W_i = (1-\|W_i\|^2) W_i - \sum_{j\ne i}\mathrm{ReLU}(W_i\cdot W_j) W_j
              - \lambda\,\mathrm{sign}(W_i),

    with exact zeros: a zero weight stays zero while the other forces on it are at most λ in size,
    and revives otherwise. Once no neuron has two living weights of the same sign, rows no longer
    interact; from then on the exact reduction of `row_flow` is used, for all later times and the
    limit. Each instance is integrated by itself, so results do not depend on the batch.

    With noise in the model this is the flow averaged over the noise, which is deterministic (see
    `polytheory.noise.expectation`; `train` draws samples). Then all rows interact and never settle:
    an instance is integrated until it is at rest.

    Parameters
    ----------
    model : ToyModel
        Contains λ, in flow units, and the distribution of the noise.
    encodings : array (..., n_features, n_neurons)
        Initial encodings, at most 1e3 in size; not modified. See `initial_encodings`.
    time : array (T,), optional
        Flow times of the series, non-negative and strictly increasing; by default only the end. No
        step crosses them. They may lie after settling, but not after ``until`` or `max_time`.
    until : "settled" or float
        Integrate each instance to its limit (under noise, until it rests), or to a flow time.
    method : {"rkl2", "heun"}
        "rkl2": Runge–Kutta–Legendre steps of second order and adaptive size; with noise, no ℓ1 and
        at most 256 weights, implicit steps instead, interpolated at the requested times. "heun",
        the readable reference: Heun steps of size √rtol, or the largest stable one if smaller.
    rtol, atol : float
        Error allowed per step, relative to the root mean square norm of the rows, and absolute.
        `rtol` is between 1e-10 and 0.1. Competition between features amplifies errors: at the
        default, more than 99 % of the features end on the same neuron as in a run with a tight
        tolerance for m ≥ 2n, and 93 % for n = m = 256, where competition is closest (98 % at
        rtol = 1e-3). The mean number of polysemantic neurons was unchanged for n = 64, m = 128
        (256 runs) and higher by 1.5 ± 0.7 of 71 for n = m = 256 (6 runs).
    max_time : float, optional
        Time at which to stop an instance that has not settled; by default 100/λ (10⁴ if λ = 0, and
        at least that under noise), or the last of `time` if later. Not allowed with a numerical
        ``until``.
    dtype : {"float64", "float32"}
        Data type of the encodings during the run, and of `final`.
    progress : bool or None
        Whether to show a progress bar (None: on a terminal), one unit per instance.
    estimate_error : bool
        Whether to run each instance a second time, finer: at a quarter of `rtol` and `atol`, in
        float64, each step divided into two (implicit steps by the tolerance alone). For a method of
        order two that leaves a quarter of the error, so the difference shows it. In all it takes
        three times as long. The results are the same as without; a coarser second run would be
        cheaper, but mistakes other winners. See `Trajectory.error` for any series or function of
        the run, and `Trajectory.certain` for the winners: a feature is uncertain if the runs
        disagree, if they were ever apart by a tenth of its length, or if the lead of its largest
        weight is within the error when the run settles. At the default tolerance and λ = 0.01 to
        0.02 that is 1 to 3 % of the features for m ≥ 2n, 5 % for n = m = 64, 13 % for n = m = 256
        (2 % do end elsewhere at a tight tolerance; 39 % at λ = 0.003), a third for n = 64, m = 32.
    workers : int
        Processes that follow instances, each on one thread; 1: this process alone. At most the
        number of processors that this process may use. The results are the same, bit for bit.
        Starting a process takes about a second. A script needs no guard.

    Returns
    -------
    Trajectory
        ``outcome`` of each instance is "settled", "dead", "stationary, not sparse", "time limit",
        or "running" at a numerical ``until``; under noise "at rest", or "faded" if noise above the
        critical strength has shrunk all features ("dead" then only from zero encodings).

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or lies outside its range.
    Interrupted
        A `KeyboardInterrupt` at Ctrl-C; its ``trajectory`` contains the results so far, with the
        estimates of the instances that are finished.
    IncompleteError
        If a worker dies; its ``trajectory`` contains the instances of the others.

    Notes
    -----
    Kind: exact up to the tolerance; exact after settling. Flow units; the loss is in loss units.
    Linear algebra runs on one thread, or as many as the environment variable
    ``POLYTHEORY_THREADS`` says: more can pay for large matrices on an idle machine.
    Source: arXiv 2312.03096, section 2; settling rule: ours.

    Examples
    --------
    >>> from polytheory import ToyModel, initial_encodings, simulate
    >>> model = ToyModel(8, 16, l1_strength=0.02)
    >>> run = simulate(model, initial_encodings(model, 2, rng=0), time=[0.0, 20.0, 1000.0])
    >>> run.outcome.tolist()
    ['settled', 'settled']
    >>> run.nonzero_count.sum(axis=-1).tolist()[::2]
    [[128, 128], [8, 8]]

    Under isotropic noise the flow comes to rest with overlaps −‖W_i‖²/(n − 1):

    >>> from polytheory.noise import Gaussian
    >>> noisy = ToyModel(3, 4, noise=Gaussian(std=0.3))
    >>> run = simulate(noisy, initial_encodings(noisy, rng=0))
    >>> (run.final @ run.final.T / run.squared_norm[-1]).round(3)[0].tolist(), run.outcome
    ([1.0, -0.5, -0.5], 'at rest')
    """
    _checks.one_of("method", method, tuple(ENGINES))
    kind = floating_type(dtype)
    start = checked_encodings(model, encodings)
    _checks.scalar("l1_strength", model.l1_strength, high=_checks.MAX_STRENGTH)
    tolerances = (
        _checks.scalar("rtol", rtol, low=1e-10, high=0.1),
        _checks.scalar("atol", atol, low=0.0, high=0.1),
    )
    span = _span(time, until, max_time, model)
    processes = _processes(workers, model)
    problem = _Problem(model, kind, method, tolerances, span, bool(estimate_error))
    runs = _Runs(problem, start)
    batch = runs.first.outcome.shape
    bar = progress_bar(math.prod(batch), show=progress, label="simulate", unit="instance")
    indices = dict.fromkeys(np.ndindex(*batch))  # those not followed yet
    dead: dict[tuple[int, ...], str] = {}
    try:
        with bar:
            if processes > 1 and len(indices) > 1:
                dead = _in_processes(processes, problem, start, runs, indices, bar)
            del start  # may be a copy, and twice the size
            with one_thread():
                for index in indices:
                    runs.follow(index, bar)
                    bar.update()
    except KeyboardInterrupt:
        raise Interrupted(runs.trajectory()) from None
    if dead:
        raise IncompleteError(runs.trajectory(), dead)
    return runs.trajectory()


def _in_processes(
    processes: int,
    problem: _Problem,
    start: FloatArray,
    runs: _Runs,
    indices: dict[tuple[int, ...], None],
    bar: Any,
) -> dict[tuple[int, ...], str]:
    """Follow instances in processes and remove their indices; return those whose process died."""
    dead = {}
    tasks = {index: (problem, start[index]) for index in indices}
    with closing(each_result(_alone, tasks, processes)) as results:
        for index, found in results:
            del indices[index]
            if isinstance(found, Died):
                dead[index] = found.words
            else:
                runs.take(index, found)
            bar.update()
    if indices:
        words = "could not be started; this process follows the remaining instances"
        warnings.warn(f"workers: {words}", RuntimeWarning, stacklevel=3)
    return dead


def _processes(workers: int, model: ToyModel) -> int:
    """Return the number of processes, checked."""
    count, most = _checks.integer("workers", workers, minimum=1), usable_processors()
    if count > most:
        allowed = f"at most {most}, the number of processors that this process may use"
        raise _checks.refuse_value("workers", str(count), allowed)
    if count > 1:
        refuse_daemonic(count, "1")
        if not sendable(model):
            allowed = "1 with noise of functions or classes that workers cannot import"
            hint = "Define them in a module instead of a script, and not within a function."
            raise _checks.refuse_value("workers", str(count), allowed, hint)
    return count


class _Problem(NamedTuple):
    """What is asked about every instance."""

    model: ToyModel
    kind: np.dtype[Any]
    method: str
    tolerances: tuple[float, float]
    span: tuple[FloatArray, float, bool]
    estimate_error: bool


class _Runs:
    """The runs of all instances, with those that estimate the error, and what they reached."""

    def __init__(self, problem: _Problem, start: FloatArray) -> None:
        self.first = _Batch(problem, start)
        self.second = None
        if problem.estimate_error:
            rtol, atol = problem.tolerances
            finer = problem._replace(
                kind=np.dtype(np.float64), tolerances=(rtol / FINER, atol / FINER)
            )
            self.second = _Batch(finer, start)
        self.clear = np.zeros((*self.first.outcome.shape, problem.model.n_features), dtype=bool)

    def follow(self, index: tuple[int, ...], bar: Any) -> None:
        """Follow an instance to its end."""
        with self.first.instance(index, bar) as run:
            if self.second is None:
                run.finish()
            else:
                with self.second.instance(index, bar) as fine:
                    self.clear[index] = follow_both(run, fine)

    def take(self, index: tuple[int, ...], other: _Runs) -> None:
        """Take an instance from the runs of another process, which are of it alone."""
        self.first.take(index, other.first)
        if self.second is not None and other.second is not None:
            self.second.take(index, other.second)
        self.clear[index] = other.clear

    def trajectory(self) -> Trajectory:
        """Return the first runs, with what the second say of their error."""
        if self.second is None:
            return self.first.trajectory()
        self.second.final[self.second.outcome == INTERRUPTED] = np.nan  # no estimate
        certain = self.clear & (winners(self.first.final) == winners(self.second.final))
        return self.first.trajectory(finer=self.second.trajectory(), certain=certain)


def _alone(problem: _Problem, start: FloatArray) -> _Runs:
    """Follow one instance in a process of its own."""
    runs = _Runs(problem, start)
    with one_thread():
        runs.follow((), progress_bar(1, show=False, label="", unit=""))
    return runs


class _Batch:
    """The runs of all instances with one engine, and what they have reached so far."""

    def __init__(self, problem: _Problem, start: FloatArray) -> None:
        self.problem, batch = problem, start.shape[:-2]
        self.recorder = Recorder(problem.model, problem.span[0], batch)
        self.final, self.final_time = np.array(start, dtype=problem.kind), np.zeros(batch)
        self.outcome = np.full(batch, INTERRUPTED, dtype="<U24")

    @contextmanager
    def instance(self, index: tuple[int, ...], bar: Any) -> Iterator[_Instance]:
        """Provide the run of an instance; keep what it reached, also after Ctrl-C."""
        model, kind, method, tolerances, span, _ = self.problem
        W = np.ascontiguousarray(self.final[index])
        stepper = engine(method, W, model.l1_strength, *tolerances, model.noise)
        still = max(_REST_OVER_RTOL * tolerances[0], _REST_PRECISION[kind.name])
        record = partial(self.recorder.record, instance=index)
        run = _Instance(stepper, model, still, record, bar, span)
        try:
            yield run
        finally:
            last, self.final_time[index] = run.end
            self.final[index] = last + 0.0  # no negative zeros
            self.outcome[index] = run.outcome

    def take(self, index: tuple[int, ...], other: _Batch) -> None:
        """Take an instance from a batch of it alone."""
        self.recorder.copy_from(other.recorder, index)
        self.final[index], self.final_time[index] = other.final, other.final_time
        self.outcome[index] = other.outcome

    def trajectory(self, **estimate: Any) -> Trajectory:
        """Return what was reached."""
        return self.recorder.trajectory(self.final, self.final_time, self.outcome, **estimate)


class _Instance:
    """The run of one instance: steps, records and the test for its end."""

    def __init__(
        self,
        stepper: Engine,
        model: ToyModel,
        still: float,
        record: Record,
        bar: Any,
        span: tuple[FloatArray, float, bool],
    ) -> None:
        self.engine, self.lam, self.still = stepper, model.l1_strength, still
        self.record, self.bar, self.span = record, bar, span
        # Under noise rows always interact; without regularization they do not become sparse.
        self.settles, self.noisy = self.lam > 0 and model.noise is None, model.noise is not None
        self.outcome, self.halt = INTERRUPTED, math.inf
        self._end: tuple[NDArray[Any], float] | None = None

    @property
    def end(self) -> tuple[NDArray[Any], float]:
        """Encodings and time at the end, or the current ones during the run."""
        return self._end or (self.engine.W, self.engine.time)

    def finish(self) -> None:
        """Integrate to the end."""
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[float]:
        """Integrate to the end, record the requested times; yield the time after each step.

        No step crosses `halt`, which the caller may change between steps.
        """
        asked, end, to_limit = self.span
        engine, done = self.engine, 0
        # An instance that cannot settle may rest after a few units of time.
        look_from = 10.0 / self.lam if self.settles else 10.0
        mark, rest_at = engine.W, look_from
        while True:
            while done < asked.size and asked[done] == engine.time:
                self.record(done, encodings=engine.W)
                done += 1
            if self.settles and is_settled(engine.W):
                self.outcome = self._finish_exactly(asked, done, end, to_limit)
                return
            if engine.time >= rest_at:
                if self._rests(mark, rest_at / 2.0):
                    time = math.inf if to_limit else end
                    self.outcome = self._stop(asked, done, time, self._resting())
                    return
                mark, rest_at = engine.W, 2.0 * engine.time
            if engine.time >= end:
                outcome = TIME_LIMIT if to_limit else RUNNING
                self.outcome = self._stop(asked, done, engine.time, outcome)
                return
            stop = min(float(asked[done]), end) if done < asked.size else end
            if engine.time >= look_from:
                stop = min(stop, (1.0 + _MAX_STEP_OVER_TIME) * engine.time)
            engine.advance(min(stop, self.halt))
            self.bar.set_postfix(time=f"{engine.time:.4g}", refresh=False)
            yield engine.time

    def _rests(self, mark: NDArray[Any], since: float) -> bool:
        W = self.engine.W
        rounding = float(np.finfo(W.dtype).eps) * (self.engine.time - since)
        return bool(np.abs(W - mark).max() <= self.still + rounding)

    def _resting(self) -> str:
        if not self.noisy:
            return STATIONARY
        longest = float(np.linalg.norm(self.engine.W, axis=-1).max())
        return AT_REST if longest > _FADED_NORM else FADED if longest > 0 else DEAD

    def _finish_exactly(self, asked: FloatArray, done: int, end: float, to_limit: bool) -> str:
        W, now = self.engine.W, self.engine.time
        finite = asked[done:][np.isfinite(asked[done:])]
        if finite.size:
            later = later_encodings(W, l1_strength=self.lam, time=finite - now)
            for index, encodings in enumerate(later):
                self.record(done + index, encodings=encodings)
        if to_limit:
            last = final_encodings(W, l1_strength=self.lam), math.inf
            if finite.size < asked.size - done:
                self.record(asked.size - 1, encodings=last[0])
        elif end > now:
            rest = later_encodings(W, l1_strength=self.lam, time=np.array([end - now]))
            last = next(rest), end
        else:
            last = W, now
        self._end = last
        return SETTLED if last[0].any() else DEAD

    def _stop(self, asked: FloatArray, done: int, time: float, outcome: str) -> str:
        """Record the current encodings at all remaining times, end there, return the outcome."""
        for index in range(done, asked.size):
            self.record(index, encodings=self.engine.W)
        self._end = self.engine.W, time
        return outcome


def _span(
    time: ArrayLike | None, until: str | float, max_time: float | None, model: ToyModel
) -> tuple[FloatArray, float, bool]:
    """Return the requested times, the latest end, and whether to integrate to the limit."""
    asked = None if time is None else _checks.increasing_times(time)
    lam = model.l1_strength
    to_limit = isinstance(until, str)
    if to_limit:
        _checks.one_of("until", until, ("settled",))
        patience = _PATIENCE_IN_LIFETIMES / (lam if lam > 0 else 0.01)
        if model.noise is not None:
            patience = max(patience, _PATIENCE_IN_LIFETIMES / 0.01)
        name, end = "max_time", max(patience, 0.0 if asked is None else float(asked[-1]))
        if max_time is not None:
            end = _checks.scalar("max_time", max_time)
    elif max_time is not None:
        allowed = "left out with a numerical until"
        raise _checks.refuse_value("max_time", repr(max_time), allowed, "until is the end.")
    else:
        name, end = "until", _checks.scalar("until", until)
    if 0 < lam < MIN_L1 and end > 1.0 / MIN_L1:
        allowed = f"0, or at least {MIN_L1:g} (flow units), in a run this long"
        hint = f"Its time scale is 1/λ. Stop it by {name} = {1.0 / MIN_L1:g} or earlier."
        raise _checks.refuse_value("l1_strength", f"{lam:g}", allowed, hint)
    if asked is None:
        return np.array([math.inf if to_limit else end]), end, to_limit
    if asked[-1] > end:
        allowed, hint = f"at most {name} = {end:g}", f"Raise {name}, or leave it out."
        raise _checks.refuse_value("time", f"{asked[-1]:g}", allowed, hint)
    return asked, end, to_limit
