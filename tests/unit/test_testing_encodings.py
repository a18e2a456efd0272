"""Encodings, noise and simulated runs: what is drawn, and what a failure shrinks to."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import polytheory.noise
from polytheory import ToyModel, polysemantic_neurons
from polytheory.noise import Noise, Symmetric, check_consistency
from polytheory.testing import encodings, models, noises, rows, times, trajectories

HARD = settings(
    max_examples=1000, derandomize=True, database=None, phases=[Phase.generate, Phase.shrink]
)
#: Without shrinking, where only being found matters.
FOUND = settings(HARD, phases=[Phase.generate])
SIZES = ["fast", "balanced", "thorough"]
SORTS = ["dense", "sparse", "collisions", "near-tie", "gaussian"]

# --- encodings ------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(data=st.data(), n=st.integers(1, 5), m=st.integers(1, 5), top=st.floats(1e-3, 1e3))
def test_encodings_are_within_bounds(data: st.DataObject, n: int, m: int, top: float) -> None:
    W = data.draw(encodings(max_features=n, max_neurons=m, largest=top))
    assert W.dtype == np.float64
    assert 1 <= W.shape[0] <= n
    assert 1 <= W.shape[1] <= m
    assert np.abs(W).max() <= top
    assert not (np.signbit(W) & (W == 0)).any()


@settings(max_examples=30)
@given(st.data())
def test_encodings_fit_their_model(data: st.DataObject) -> None:
    model = data.draw(models())
    model.loss(data.draw(encodings(model)))


@settings(max_examples=20)
@given(W=encodings(sorts=["sparse"]))
def test_sparse_encodings_share_nothing(W: Any) -> None:
    assert (np.count_nonzero(W, axis=0) <= 1).all()
    assert (np.count_nonzero(W, axis=1) <= 1).all()
    assert np.count_nonzero(W) == min(W.shape)


@settings(max_examples=20)
@given(W=encodings(sorts=["collisions"]))
def test_collisions_collide(W: Any) -> None:
    assert (np.count_nonzero(W, axis=1) == 1).all()
    assert (np.count_nonzero(W, axis=0) > 1).any()


@settings(max_examples=20)
@given(W=encodings(sorts=["near-tie"]))
def test_near_ties_are_nearly_tied(W: Any) -> None:
    size = np.sort(np.abs(W), axis=1)
    assert (size[:, -1] > 0).all()
    assert (size[:, -2] >= size[:, -1] * (1 - 2e-9)).all()


def test_gaussian_encodings_have_the_paper_s_variance() -> None:
    squares = []

    @settings(FOUND, max_examples=100)
    @given(encodings(ToyModel(6, 8), sorts=["gaussian"], largest=10.0))
    def collect(W: Any) -> None:
        squares.append((W**2).mean())

    collect()
    # Hypothesis likes extremes, so this is no statistical test: one over m, within a factor.
    assert 0.5 < 8 * np.mean(squares) < 2.0


WANTED: dict[str, Callable[[Any], bool]] = {
    "more features than neurons": lambda W: W.shape[0] > W.shape[1],
    "more neurons than features": lambda W: W.shape[0] < W.shape[1],
    "a feature without weights": lambda W: (~W.any(axis=1)).any() and W.any(),
    "dense throughout": lambda W: W.size > 5 and (W != 0).all(),
    "equal weights of one sign on a neuron": lambda W: len(set(W[:, 0])) < len(W) and W[:, 0].all(),
    "opposite weights on a neuron": lambda W: W[:, 0].min() == -W[:, 0].max() != 0,
    "sizes that nearly agree": lambda W: ((gap := np.ptp(abs(W[0]))) > 0) & (gap < 1e-8),
    "all different": lambda W: W.size > 5 and len(set(abs(W.ravel()))) == W.size,
}


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_encodings_of_every_sort_are_found(wanted: Callable[[Any], bool]) -> None:
    find(encodings(size="fast"), wanted, settings=FOUND)


def smallest(claim_is_false: Callable[[Any], bool], strategy: Any) -> Any:
    return find(strategy, claim_is_false, settings=HARD)


def test_a_counterexample_loses_rows_and_columns_that_do_not_matter() -> None:
    # "Rows never point apart": two rows of one weight refute it.
    fast = encodings(size="fast")
    assert smallest(lambda W: (W @ W.T).min() < 0, fast).shape == (2, 1)
    # "No row has two weights of different size": one row of two.
    W = smallest(lambda W: any(len(set(abs(row[row != 0]))) > 1 for row in W), fast)
    assert W.shape == (1, 2)
    # "No two features share a neuron while there is one for each": two of each, one of them empty.
    W = smallest(
        lambda W: W.shape[1] >= W.shape[0] and (np.count_nonzero(W, axis=0) > 1).any(), fast
    )
    assert W.shape == (2, 2)
    assert np.count_nonzero(W) == 2


@pytest.mark.parametrize("sort", SORTS)
def test_each_sort_shrinks_to_its_least_shape(sort: str) -> None:
    least = {"collisions": (2, 1), "near-tie": (1, 2)}.get(sort, (1, 1))
    assert smallest(lambda _: True, encodings(sorts=[sort], size="fast")).shape == least


# --- noise ----------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(noise=noises(min_std=0.1, max_std=0.2))
def test_noises_are_distributions_of_noise(noise: Noise) -> None:
    assert isinstance(noise, Noise)
    assert 0.1 <= noise.std <= 0.2


@pytest.mark.parametrize("zero", [0.0, 0.4, 0.9])
def test_the_three_valued_distribution_is_consistent(zero: float) -> None:
    # P(0) = z, so that the kurtosis is 1/(1 − z): −2, −4/3 and 7 in excess.
    def near(noise: Noise) -> bool:
        return abs(noise.excess_kurtosis - (1 / (1 - zero) - 3)) < 0.2

    noise = find(noises(distributions=["symmetric"]), near, settings=HARD)
    assert isinstance(noise, Symmetric)
    check_consistency(noise, rng=0)
    drawn = noise.sample(20_000, rng=0)
    assert np.abs(drawn).max() <= noise.bound
    assert drawn.var() == pytest.approx(noise.std**2, rel=0.1, abs=0)


def test_models_are_noisy_if_asked() -> None:
    assert find(models(), lambda _: True).noise is None
    noisy = find(models(noise=st.none() | noises()), lambda model: model.noise is not None)
    assert isinstance(noisy.noise, Noise)


# --- simulated runs -------------------------------------------------------------------------------


@settings(max_examples=15)
@given(drawn=trajectories(size="fast"))
def test_trajectories_are_runs_of_their_model(drawn: Any) -> None:
    assert drawn.run.final.shape == drawn.encodings.shape
    assert drawn.model.l1_strength >= 0.01
    assert drawn.run.time[-1] <= 100.0
    assert drawn.run.outcome != "running"
    assert all(word in repr(drawn) for word in ("ToyModel(", "encodings", "outcome"))


@settings(max_examples=15)
@given(drawn=trajectories(encodings(max_features=2), until=3.0, max_l1=0.02))
def test_a_run_may_end_earlier(drawn: Any) -> None:
    assert drawn.run.final_time == 3.0
    assert drawn.run.time[-1] <= 3.0
    assert drawn.encodings.shape[0] <= 2
    assert drawn.model.l1_strength <= 0.02


def test_a_failing_run_shrinks_to_two_features() -> None:
    # "With a neuron for each feature none is polysemantic."
    def collides(drawn: Any) -> bool:
        n, m = drawn.encodings.shape
        return bool(m >= n and polysemantic_neurons(drawn.run.final, carrier_rule="share") > 0)

    n, m = find(trajectories(size="fast"), collides, settings=HARD).encodings.shape
    assert n == 2
    assert m <= 3


# --- sizes and health checks ----------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("strategy", [rows, encodings, times, models])
def test_health_checks_are_silent(strategy: Any, size: str) -> None:
    # With every check on: one that speaks raises FailedHealthCheck.
    @settings(FOUND, max_examples=30, deadline=None, suppress_health_check=[])
    @given(strategy(size=size))
    def draw(_: Any) -> None:
        pass

    draw()


def test_larger_sizes_hold_larger_examples() -> None:
    def more_than(rows_: int) -> Callable[[Any], bool]:
        return lambda W: len(W) > rows_

    for size, rows_ in (("balanced", 4), ("thorough", 6)):
        find(encodings(size=size), more_than(rows_), settings=FOUND)


# --- registered types -----------------------------------------------------------------------------


@settings(max_examples=10)
@given(model=st.from_type(ToyModel), noise=st.from_type(Noise))
def test_types_are_known(model: ToyModel, noise: Noise) -> None:
    assert isinstance(model, ToyModel)
    assert isinstance(noise, Noise)


@pytest.mark.parametrize("name", ["Bipolar", "Uniform", "Gaussian", "Laplace", "Symmetric"])
def test_each_distribution_of_noise_is_known_by_its_type(name: str) -> None:
    distribution = getattr(polytheory.noise, name)
    assert type(find(st.from_type(distribution), lambda _: True)) is distribution


# --- bad arguments --------------------------------------------------------------------------------

BAD = [
    (lambda: rows(size="huge"), "size", ValueError),
    (lambda: times(size=3), "size", TypeError),
    (lambda: models(size=""), "size", ValueError),
    (lambda: models(noise=0.1), "noise", TypeError),
    (lambda: models(noise=polytheory.noise.Bipolar(std=0.1)), "noise", TypeError),
    (lambda: models(min_l1=0.3, max_l1=0.2), "max_l1", ValueError),
    (lambda: models(min_l1=-1), "min_l1", ValueError),
    (lambda: encodings(np.eye(2)), "model", TypeError),
    (lambda: encodings(ToyModel(1, 1), max_features=2), "max_features", ValueError),
    (lambda: encodings(ToyModel(1, 1), size="none"), "size", ValueError),
    (lambda: encodings(ToyModel(1, 9), sorts=["collisions"]), "sorts", ValueError),
    (lambda: encodings(ToyModel(9, 1), sorts=["near-tie"]), "sorts", ValueError),
    (lambda: encodings(max_features=1, sorts=["collisions"]), "sorts", ValueError),
    (lambda: encodings(sorts="dense"), "sorts", TypeError),
    (lambda: encodings(sorts=["thin"]), "sorts", ValueError),
    (lambda: encodings(sorts=[]), "sorts", ValueError),
    (lambda: encodings(max_neurons=0), "max_neurons", ValueError),
    (lambda: encodings(largest=0), "largest", ValueError),
    (lambda: noises(distributions="bipolar"), "distributions", TypeError),
    (lambda: noises(distributions=["normal"]), "distributions", ValueError),
    (lambda: noises(distributions=[]), "distributions", ValueError),
    (lambda: noises(min_std=0.0), "min_std", ValueError),
    (lambda: noises(min_std=0.2, max_std=0.1), "max_std", ValueError),
    (lambda: trajectories(np.eye(2)), "initial", TypeError),
    (lambda: trajectories(until="later"), "until", ValueError),
    (lambda: trajectories(until=0.0), "until", ValueError),
    (lambda: trajectories(max_time=-1.0), "max_time", ValueError),
    (lambda: trajectories(min_l1="weak"), "min_l1", TypeError),
]


@pytest.mark.parametrize(("call", "name", "error"), BAD)
def test_refusals_name_the_argument(call: Any, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name} must be .*; got "):
        call()
