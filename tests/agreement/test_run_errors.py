"""The estimated error of a run against the error itself, its winners against finer runs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polytheory import (
    Domain,
    Interval,
    Kind,
    Law,
    Observation,
    RowTrajectory,
    ToyModel,
    Trajectory,
    initial_encodings,
    initial_row,
    row_flow,
    simulate,
    verify,
)
from polytheory.checking.wrong import scaled
from polytheory.flow import _pairs, estimates
from polytheory.noise import Bipolar, Gaussian

Array = NDArray[Any]
Pair = tuple[Any, Any]

TIMES = [0.0, 0.5, 2.0, 5.0, 12.0, 30.0]
#: Times that limit every step: no tolerance below changes one.
DENSE = np.linspace(0.0, 3.0, 101)
BY_FEATURE = ("l1_norm", "squared_norm", "fourth_power_sum")
#: Ten times the tolerance of the references moves them by up to 1.2e-5, 10^(2/3) times their error.
REFERENCE_ERROR = 3e-6

MODELS = {
    "l1": (ToyModel(12, 16, l1_strength=0.03), 3, {}),
    "a small l1": (ToyModel(8, 40, l1_strength=0.01), 2, {}),
    "none": (ToyModel(6, 4), 4, {}),
    "Gaussian": (ToyModel(5, 6, noise=Gaussian(std=0.2)), 4, {}),
    "bipolar, l1": (ToyModel(5, 6, l1_strength=0.01, noise=Bipolar(std=0.1)), 1, {}),
    "Heun": (ToyModel(6, 8, l1_strength=0.03), 2, {"method": "heun"}),
    "single precision": (ToyModel(6, 8, l1_strength=0.03), 2, {"dtype": "float32"}),
    "times limit the steps": (ToyModel(6, 8), 4, {"rtol": 0.1, "time": DENSE}),
}


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """Return runs with an estimate, each with a reference."""
    found = []
    for model, count, options in MODELS.values():
        start = initial_encodings(model, count, rng=5)
        how = {"time": TIMES, "until": 30.0} | options
        run = simulate(model, start, **how, estimate_error=True)
        tight = how | {"rtol": 1e-8, "atol": 1e-12, "method": "rkl2", "dtype": "float64"}
        found.append((run, simulate(model, start, **tight)))
    return found


def ratios(pairs: list[Pair], names: tuple[str, ...], known: float) -> Array:
    """Return estimated over actual error, where that is above what is `known` of the reference."""

    def of(run: Any, truth: Any, name: str) -> Array:
        actual = np.abs(run.value(name) - truth.value(name))
        seen = actual > 10.0 * known
        return np.asarray((run.error(name) + known)[seen] / actual[seen])

    return np.concatenate([of(*pair, name) for pair in pairs for name in names])


def assert_honest(found: Array, share: float) -> None:
    """Assert that few estimates are too small, and the median is no more than ten times too large.

    Two hundred values leave an uncertainty of about 1 % of the share.
    """
    assert found.size > 200
    assert (found >= 1.0).mean() >= share
    assert np.median(found) <= 10.0


def test_the_error_is_covered_and_not_overstated(pairs: list[Pair]) -> None:
    found = ratios(pairs, BY_FEATURE, REFERENCE_ERROR)
    assert_honest(found, 0.99)  # 0.999 in a larger sample
    assert_honest(ratios(pairs, ("loss", "final"), REFERENCE_ERROR), 0.95)  # 0.98


def test_an_estimate_ten_times_too_small_is_seen(
    pairs: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "SAFETY", estimates.SAFETY / 10.0)
    with pytest.raises(AssertionError):
        assert_honest(ratios(pairs, BY_FEATURE, REFERENCE_ERROR), 0.99)


def test_an_estimate_ten_times_too_large_is_seen(
    pairs: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "SAFETY", estimates.SAFETY * 10.0)
    with pytest.raises(AssertionError):
        assert_honest(ratios(pairs, BY_FEATURE, REFERENCE_ERROR), 0.99)


def test_each_kind_of_run_is_covered(pairs: list[Pair]) -> None:
    for name, pair in zip(MODELS, pairs, strict=True):
        found = ratios([pair], BY_FEATURE, REFERENCE_ERROR)
        assert found.size > 20, name
        assert (found >= 1.0).mean() >= 0.97, name


def test_where_times_limit_the_steps_a_lower_tolerance_alone_shows_nothing() -> None:
    """The control of halved steps."""
    model, count, how = MODELS["times limit the steps"]
    start = initial_encodings(model, count, rng=5)
    run = simulate(model, start, **how, until=3.0, estimate_error=True)
    lower = simulate(model, start, **how | {"rtol": 0.025}, until=3.0)
    np.testing.assert_array_equal(lower.l1_norm, run.l1_norm)
    assert run.error("l1_norm").max() > 1e-3


def rows() -> Iterator[tuple[RowTrajectory, RowTrajectory]]:
    for seed, (m, strength) in enumerate([(3, 0.0), (30, 0.02), (300, 0.002), (30, 0.3)]):
        row = initial_row(m, rng=seed)
        for time in (np.geomspace(0.1, 300.0, 15), np.linspace(0.0, 50.0, 100)):
            for rtol in (1e-6, 1e-9):
                run = row_flow(row, l1_strength=strength, time=time, rtol=rtol, estimate_error=True)
                yield run, row_flow(row, l1_strength=strength, time=time, rtol=1e-13)


def test_the_error_of_row_flow_is_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = list(rows())
    names = (*BY_FEATURE, "soft_threshold", "reach")
    assert_honest(ratios(pairs, names, 1e-13), 0.98)
    monkeypatch.setattr(estimates, "SAFETY", estimates.SAFETY / 10.0)
    with pytest.raises(AssertionError):
        assert_honest(ratios(pairs, names, 1e-13), 0.98)


# Winners


def winners(run: Trajectory) -> Array:
    return _pairs.winners(run.final)


def permuted(model: ToyModel, start: Array) -> Array:
    """Return the winners of runs in another order of features and neurons, in the old order."""
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(model.n_features), rng.permutation(model.n_neurons)
    found = winners(simulate(model, start[:, rows][:, :, columns]))
    back = np.empty_like(found)
    back[:, rows] = np.where(found < 0, -1, columns[found])
    return back


def test_every_winner_that_another_run_changes_is_uncertain_and_few_others() -> None:
    model = ToyModel(32, 32, l1_strength=0.02)
    start = initial_encodings(model, 12, rng=8)
    run = simulate(model, start, estimate_error=True)
    assert run.certain is not None
    here = winners(run)
    others = [winners(simulate(model, start, rtol=r, atol=1e-4 * r)) for r in (3e-3, 1e-3, 1e-4)]
    others += [permuted(model, start), winners(simulate(model, start * (1.0 + 1e-14)))]
    changed = np.any([here != other for other in others], axis=0)
    assert changed.sum() >= 3
    assert not (changed & run.certain).any()
    assert (~run.certain).mean() <= 0.06


def test_a_competition_decided_after_settling_is_uncertain() -> None:
    """Two weights of one feature, apart by less than the error when the run settles."""
    model = ToyModel(12, 16, l1_strength=0.03)
    start = initial_encodings(model, 6, rng=3)[4]
    run = simulate(model, start, estimate_error=True)
    tight = simulate(model, start, rtol=1e-6, atol=1e-10)
    assert run.certain is not None
    assert run.finer is not None
    changed = winners(run) != winners(tight)
    assert changed.sum() == 1
    assert winners(run.finer)[changed] == winners(run)[changed]  # both are mistaken
    assert not run.certain[changed].any()


def test_a_tie_is_uncertain_and_a_death_is_not() -> None:
    model = ToyModel(2, 3, l1_strength=0.1)
    tied = simulate(model, [[0.5, 0.5, 0.1], [0.01, 0.0, 0.0]], estimate_error=True)
    assert tied.certain is not None
    assert tied.certain.tolist() == [False, True]
    assert not tied.final[1].any()


@pytest.mark.slow
def test_the_closest_competition_at_the_paper_scale() -> None:
    model = ToyModel(256, 256, l1_strength=0.01)
    start = initial_encodings(model, 1, rng=0)
    run = simulate(model, start, estimate_error=True)
    assert run.certain is not None
    here = winners(run)
    others = [winners(simulate(model, start, rtol=r, atol=1e-4 * r)) for r in (5e-3, 1e-3, 1e-4)]
    changed = np.any([here != other for other in [*others, permuted(model, start)]], axis=0)
    assert changed.sum() >= 4
    assert not (changed & run.certain).any()
    assert (~run.certain).mean() <= 0.15


# Laws


def radius(k: int, start: float) -> float:  # noqa: ARG001 - any start leads there
    c = np.cos(2 * np.pi * np.arange(k) / k)
    return float(1 / np.sqrt((c[c > 1e-12] ** 2).sum()))


def seen(k: int, start: float) -> Observation:
    angle = 2 * np.pi * np.arange(k) / k
    encodings = start * np.c_[np.cos(angle), np.sin(angle)]
    run = simulate(ToyModel(k, 2), encodings, until=40.0, estimate_error=True)
    return Observation.from_run(run, lambda run: np.linalg.norm(run.final, axis=-1).mean())


POLYGON = Law(
    name="polygon",
    kind=Kind.EXACT,
    domain=Domain({"k": Interval(3, 12, integer=True), "start": Interval(0.2, 1.4)}),
    predict=radius,
    observe=seen,
    wrong=[scaled(1.00003), scaled(0.99997)],
)


def test_a_true_law_of_a_run_holds_and_one_that_is_slightly_off_fails() -> None:
    assert verify([POLYGON]).holds
    for _, wrong in POLYGON.variants():
        (report,) = verify([wrong]).reports
        assert report.outcome == "FAILS"


def test_the_same_numbers_taken_as_exact_fail_with_a_hint() -> None:
    def plain(**case: Any) -> Any:
        return seen(**case).value

    law = Law(
        name="plain", kind=Kind.EXACT, domain=POLYGON.domain, predict=radius, observe=plain, draws=2
    )
    wrong = Law(
        name="wrong",
        kind=Kind.EXACT,
        domain=POLYGON.domain,
        predict=lambda **case: 1.01 * radius(**case),
        observe=plain,
        draws=2,
    )
    near, far = verify([law, wrong]).reports
    assert near.outcome == far.outcome == "FAILS"
    assert "from_run" in str(verify([law]))
    assert "from_run" not in str(verify([wrong]))
