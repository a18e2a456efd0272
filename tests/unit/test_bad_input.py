"""Whatever comes in, what comes out is a number or an error that names the argument."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory import (
    CATALOGUE,
    Interval,
    ToyModel,
    initial_row,
    notation,
    observables,
    plain_row_flow,
    row_flow,
    simulate,
    theory,
    verify,
)
from polytheory.theory import fixed_points, interference, noise
from polytheory.theory import sparsification as sparse

ROW = [0.5, -0.4, 0.1]


def flow(**changes: Any) -> Any:
    return row_flow(**{"initial_row": ROW, "l1_strength": 0.1, "time": [0.0, 1.0]} | changes)


def plain(**changes: Any) -> Any:
    given = {"initial_row": ROW, "l1_strength": 0.1, "time": [0.0, 1.0], "step": 0.1}
    return plain_row_flow(**given | changes)


def model(**changes: Any) -> ToyModel:
    return ToyModel(**{"n_features": 2, "n_neurons": 3} | changes)


#: What laws of the universal curve name when they refuse several arguments together.
CURVE = "time and n_neurons and l1_strength"

# A call, the argument it must name, a word on what is allowed.
TYPES = [
    (lambda: flow(initial_row="abc"), "initial_row", "real numbers"),
    (lambda: flow(initial_row=None), "initial_row", "real numbers"),
    (lambda: flow(initial_row=[1j, 0.0]), "initial_row", "real numbers"),
    (lambda: flow(initial_row=[True, False]), "initial_row", "real numbers"),
    (lambda: flow(initial_row=np.ma.array([1.0, 2.0], mask=[0, 1])), "initial_row", "mask"),
    (lambda: verify(3.0), "laws", "sequence"),
    (lambda: flow(l1_strength="0.1"), "l1_strength", "real numbers"),
    (lambda: plain(method=4), "method", "'strang'"),
    (lambda: model(n_neurons=3.0), "n_neurons", "an integer"),
    (lambda: model(n_neurons=True), "n_neurons", "an integer"),
    (lambda: model(l1_strength=None), "l1_strength", "real numbers"),
    (lambda: initial_row(2.5, rng=0), "n_neurons", "an integer"),
    (lambda: initial_row(2, rng="seed"), "rng", "Generator"),
    (lambda: initial_row(2, rng=-1), "rng", "Generator"),
    (lambda: Interval("a", 1), "low", "a number"),
    (lambda: sparse.survival_probability(0.1, n_neurons=1.5), "n_neurons", "an integer"),
    (lambda: verify([CATALOGUE[0], None]), "laws", "Law"),
    (lambda: verify(rng=-1), "rng", "non-negative"),
]
VALUES = [
    (lambda: flow(initial_row=[[1.0], [1.0, 2.0]]), "initial_row", "rectangular"),
    (lambda: flow(initial_row=1.0), "initial_row", "shape"),
    (lambda: flow(initial_row=[]), "initial_row", "at least one"),
    (lambda: flow(initial_row=np.empty((3, 0))), "initial_row", "at least one"),
    (lambda: flow(initial_row=np.empty((0, 3))), "initial_row", "at least one"),
    (lambda: flow(initial_row=[0.0, np.nan]), "initial_row", "finite"),
    (lambda: flow(initial_row=[0.0, np.inf]), "initial_row", "finite"),
    (lambda: flow(initial_row=[0.0, 0.0]), "initial_row", "non-zero"),
    (lambda: flow(initial_row=[[1.0, 0.0], [0.0, 0.0]]), "initial_row", r"row \(1,\)"),
    (lambda: flow(initial_row=[1e60]), "initial_row", "1e\\+25"),
    (lambda: flow(initial_row=[10**400]), "initial_row", "finite|rectangular"),
    (lambda: flow(l1_strength=[]), "l1_strength", "at least one"),
    (lambda: plain(step=1e-12, time=[1e3]), "step", "at least"),
    (lambda: sparse.hitting_time([1e-3, 5e-4], 4e-4, l1_strength=0.1), "l1_strength", "row_flow"),
    (lambda: flow(l1_strength=-0.1), "l1_strength", "between 0"),
    (lambda: flow(l1_strength=np.nan), "l1_strength", "finite"),
    (
        lambda: flow(initial_row=[ROW, ROW], l1_strength=[0.1] * 3),
        "initial_row and l1_strength",
        "broadcast",
    ),
    (lambda: flow(time=[1.0, 0.0]), "time", "increasing"),
    (lambda: flow(time=[1.0, 1.0]), "time", "increasing"),
    (lambda: flow(time=[-1.0, 1.0]), "time", "non-negative"),
    (lambda: flow(time=[]), "time", "non-empty"),
    (lambda: flow(time=1.0), "time", "one-dimensional"),
    (lambda: flow(time=[0.0, np.nan]), "time", "finite"),
    (lambda: flow(time=[0.0, 1e60]), "time", "at most"),
    (lambda: flow(time=[[0.0, 1.0]]), "time", "one-dimensional"),
    (lambda: flow(rtol=0.0), "rtol", "between"),
    (lambda: flow(rtol=[1e-9]), "rtol", "single number"),
    (lambda: plain(step=0.0), "step", "positive"),
    (lambda: plain(step=0.9), "step", "stable"),
    (lambda: plain(method="rk4"), "method", "'strang'"),
    (lambda: plain(l1_strength=[0.1]), "l1_strength", "single number"),
    (lambda: model(n_features=0), "n_features", "at least 1"),
    (lambda: model(n_neurons=0), "n_neurons", "at least 1"),
    (lambda: model(l1_strength=-1.0), "l1_strength", "between 0"),
    (lambda: model().loss(np.ones((3, 2))), "encodings", "Transpose"),
    (lambda: model().velocity(np.ones(3)), "encodings", "n_features, n_neurons"),
    (lambda: model().loss(np.full((2, 3), np.nan)), "encodings", "finite"),
    (lambda: model().reconstruction(np.ones((2, 3)), np.ones(2)), "inputs", "n_inputs"),
    (lambda: initial_row(0, rng=0), "n_neurons", "at least 1"),
    (lambda: initial_row(2, rng=0, scale=0.0), "scale", "between"),
    (lambda: notation.flow_l1(loss_l1=-1.0), "loss_l1", r"\[0, "),
    (lambda: notation.flow_time(learning_rate=0.0, steps=1), "learning_rate", r"in \["),
    (lambda: notation.training_steps(learning_rate=1.0, time=-1.0), "time", r"\[0, "),
    (lambda: Interval(1, 0), "low", "at most high"),
    (lambda: Interval(0, 1, log=True), "low", "positive"),
    (lambda: fixed_points.carrier_amplitude(0.4), "l1_strength", "collapses"),
    (lambda: fixed_points.unstable_amplitude(-0.1), "l1_strength", r"\[0, "),
    (lambda: fixed_points.critical_l1(0), "n_equal", "whole"),
    (lambda: fixed_points.critical_l1(1.5), "n_equal", "whole"),
    (lambda: sparse.growth_threshold(1.0, 0.1), "squared_norm", r"\[0, 1\)"),
    (lambda: sparse.paper_l1_norm(-1.0, n_neurons=40, l1_strength=0.01), "time", r"\[0, "),
    (lambda: sparse.paper_l1_norm(1.0, n_neurons=40.5, l1_strength=0.01), "n_neurons", "whole"),
    (
        lambda: sparse.paper_l1_norm([1.0, 2.0], n_neurons=[40, 40, 40], l1_strength=0.01),
        CURVE,
        "broadcast",
    ),
    (lambda: sparse.l1_norm(1e9, n_neurons=1000, l1_strength=1e-3), CURVE, "row_flow"),
    (lambda: sparse.l1_norm(1.0, n_neurons=10_000, l1_strength=0.05), CURVE, "mean_field"),
    (
        lambda: sparse.time_to_fraction(0.0, n_neurons=100, l1_strength=1e-3),
        "fraction",
        r"\(0, 1\]",
    ),
    (lambda: sparse.hitting_time(ROW, 0.6, l1_strength=0.01), "soft_threshold", "largest weight"),
    (lambda: sparse.hitting_time(ROW, 0.1, l1_strength=0.0), "l1_strength", "No|no"),
    (lambda: sparse.hitting_time(ROW, 0.1, l1_strength=0.1, order=3), "order", "0, 1 or 2"),
    (lambda: sparse.completion_distribution().ppf(1.0), "q", r"\[1e-06, 1\)"),
    (lambda: interference.initial_interference(0, 4), "n_features", "whole"),
    (lambda: interference.initial_feature_benefit(1.5), "n_neurons", "whole"),
    (lambda: interference.cosine_decay(1.5, 1.0), "initial_cosine", r"\[-1, 1\]"),
    (
        lambda: interference.pair_squared_norm(0.5, 1.0, squared_norm=0.0),
        "squared_norm",
        r"\[1e-50, ",
    ),
    (
        lambda: interference.overlap_decay(
            [0.01, 0.02], [0.1, 0.2, 0.3], n_features=2, largest_overlap=0.02
        ),
        "initial_overlap and time and n_features and largest_overlap",
        "broadcast",
    ),
    (lambda: noise.equilibrium_norm(1, std=0.1), "n_features", r"\[2, "),
    (lambda: noise.equilibrium_norm(8, std=0.0), "std", r"in \["),
    (
        lambda: noise.equilibrium_norm(8, std=0.7),
        "n_features and std",
        "features shrink.*diagonal='exact'",
    ),
    (lambda: noise.drift_rate(8, std=0.7, excess_kurtosis=-2.0), "n_features and std", "shrink"),
    (lambda: noise.drift_rate(8, std=-0.1, excess_kurtosis=-2.0), "std", r"in \["),
    (lambda: noise.drift_rate(8, std=0.1, excess_kurtosis=-2.1), "excess_kurtosis", "-2"),
    (
        lambda: noise.sgd_temperature(8, 4, std=0.1, excess_kurtosis=-2.0, learning_rate=0.01),
        "n_features and n_neurons",
        "same negative overlap",
    ),
    (
        lambda: noise.largest_learning_rate(8, 16, std=0.1, excess_kurtosis=3.0),
        "excess_kurtosis",
        "negative excess kurtosis",
    ),
    (
        lambda: noise.sgd_temperature(
            8, 16, std=0.1, excess_kurtosis=-2.0, learning_rate=0.1, noise_shared_over="step"
        ),
        "noise_shared_over",
        "'input'",
    ),
    (lambda: noise.escape_rate(std=0.1, distribution="cauchy"), "distribution", "'laplace'"),
    (
        lambda: noise.edgeworth_slope(-0.1, 1.0, 0.9, std=0.1, excess_kurtosis=-2.0),
        "overlap and squared_norm and fourth_power_sum and std and excess_kurtosis",
        "polytheory.noise",
    ),
    (lambda: noise.cubic_flow(1.0, [0.0, 0.0], rate=0.1), "row", "non-zero"),
    (
        lambda: noise.time_to_inverse_participation_ratio(ROW, 1.0, rate=0.1),
        "inverse_participation_ratio",
        r"\[0, 1\)",
    ),
    (lambda: noise.half_sparsity_time(4, rate=0.1), "n_neurons", r"\[8, "),
    (lambda: noise.equivalent_l1(16, rate=0.0), "rate", r"in \["),
    (lambda: observables.l1_norm([]), "row", "m ≥ 1"),
    (lambda: observables.squared_cv([np.nan]), "row", "finite"),
    (lambda: verify([]), "laws", "at least one"),
    (lambda: verify("flow_unit"), "laws", "Close matches: flow_units"),
    (lambda: verify(["flow_units", "paper_?"]), "laws", "a pattern"),
]


@pytest.mark.parametrize(
    ("error", "call", "name", "words"),
    [*((TypeError, *case) for case in TYPES), *((ValueError, *case) for case in VALUES)],
)
def test_refusals_name_the_argument(
    error: type[Exception], call: Callable[[], Any], name: str, words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert str(caught.value).startswith(f"{name} must be ")
    assert "got" in str(caught.value)


ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.lists(st.floats(), max_size=4),
    st.lists(st.lists(st.floats(-2, 2), max_size=3), max_size=3),
    st.sampled_from([np.float16(1), np.array([1, 2]), np.array(["a"]), {}, object()]),
)


def by_keyword(call: Callable[..., Any]) -> tuple[Callable[..., Any], int]:
    names = list(inspect.signature(call).parameters)
    return (lambda *values: call(**dict(zip(names, values, strict=True)))), len(names)


# Every public function of theory is in here by construction.
THEORY = {
    f"{module.__name__}.{name}": by_keyword(getattr(module, name))
    for module in (
        theory.collisions,
        theory.fixed_points,
        theory.interference,
        theory.noise,
        theory.sparsification,
    )
    for name in module.__all__
    if name.islower() and name != "completion_distribution"  # which takes nothing
}
MEASURED = [
    name for name in observables.__all__ if name not in ("carriers", "polysemantic_neurons")
]
FUZZED: dict[str, tuple[Callable[..., Any], int]] = (
    THEORY
    | {
        "completion_distribution.sf": (theory.sparsification.completion_distribution().sf, 1),
        "completion_distribution.ppf": (theory.sparsification.completion_distribution().ppf, 1),
        "flow_l1": (lambda a: notation.flow_l1(loss_l1=a), 1),
        "flow_time": (lambda a, b: notation.flow_time(learning_rate=a, steps=b), 2),
        "training_steps": (lambda a, b: notation.training_steps(learning_rate=a, time=b), 2),
        "loss": (lambda a, b: ToyModel(2, 3, l1_strength=a).loss(b), 2),
        "sizes": (lambda a, b: ToyModel(a, b).n_neurons, 2),
    }
    | {f"observables.{name}": by_keyword(getattr(observables, name)) for name in MEASURED}
    | {
        "carriers": (observables.carriers, 1),
        "polysemantic_neurons": (observables.polysemantic_neurons, 1),
    }
    | {"simulate": (lambda a, b, c: simulate(ToyModel(1, 2, l1_strength=a), b, until=c).final, 3)}
)


def returns_numbers_or_refuses(call: Callable[..., Any], *arguments: Any) -> None:
    """Any warning is an error here, so NumPy's complaints count as tracebacks."""
    try:
        result = call(*arguments)
    except (TypeError, ValueError) as problem:
        refusal = str(problem)
    else:
        # An infinite time is a documented answer; NaN never is.
        numbers = vars(result).values() if hasattr(result, "__dict__") else [result]
        refusal = (
            f"returned {result!r}"
            if any(np.isnan(np.asarray(n, dtype=float)).any() for n in numbers)
            else ""
        )
    assert not refusal or " must be " in refusal


@pytest.mark.parametrize("name", FUZZED)
@settings(max_examples=40)
@given(data=st.data())
def test_predictors_return_numbers_or_refuse(name: str, data: st.DataObject) -> None:
    call, arity = FUZZED[name]
    returns_numbers_or_refuses(call, *(data.draw(ANYTHING) for _ in range(arity)))


def _everything(row: Any, strength: Any, times: Any) -> Any:
    run = row_flow(row, l1_strength=strength, time=times)
    series = [
        run.l1_norm,
        run.squared_norm,
        run.fourth_power_sum,
        run.soft_threshold,
        run.weights(),
    ]
    return np.concatenate([np.ravel(s) for s in series])


@given(row=ANYTHING, strength=ANYTHING, times=ANYTHING)
def test_row_flow_returns_numbers_or_refuses_anything(row: Any, strength: Any, times: Any) -> None:
    returns_numbers_or_refuses(_everything, row, strength, times)


@settings(max_examples=100)
@given(
    row=st.lists(st.floats(-1e25, 1e25, width=64), min_size=1, max_size=6),
    strength=st.floats(0, 1e25),
    times=st.lists(st.floats(0, 1e50), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_row_flow_returns_numbers_at_every_scale(
    row: list[float], strength: float, times: list[float]
) -> None:
    returns_numbers_or_refuses(_everything, row, strength, times)
