"""The diagnosis of a matrix: what is counted, what does not change, what is refused."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import Diagnosis, carriers, diagnose, polysemantic_neurons, winner_fidelity
from polytheory.diagnosis import (
    _capacity,
    _matrix,
    compare_with_flow,
    feature_dimensionality,
)
from polytheory.diagnosis._sharing import least_shared
from polytheory.theory.collisions import (
    FEW_ERROR,
    expected_polysemantic,
    measured_ratio,
    necessary_polysemantic,
)

Array = NDArray[np.float64]
RECORDED = Path(__file__).parents[1] / "reference" / "training_n64_m128.npz"


def one_hot(sites: list[tuple[int, float]], n_neurons: int) -> Array:
    """Return rows with one weight each: (neuron, weight)."""
    W = np.zeros((len(sites), n_neurons))
    for i, (neuron, weight) in enumerate(sites):
        W[i, neuron] = weight
    return W


def on_random_sites(n: int, m: int, rng: np.random.Generator) -> Array:
    """Return features on different signed sites."""
    sites = rng.permutation(2 * m)[:n]
    return one_hot([(s // 2, 1.0 if s % 2 else -1.0) for s in sites.tolist()], m)


def dense(n: int, m: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((n, m)) / np.sqrt(m)


# --- limits ---------------------------------------------------------------------------------------


def test_zeros_are_dead_and_nothing_is_claimed() -> None:
    found = diagnose(np.zeros((3, 4)))
    assert found.dead.tolist() == [0, 1, 2]
    assert (found.carried, found.polysemantic_neurons, found.chance) == (0, 0, None)
    assert not found.participation_ratio.any()
    assert not found.dimensionality.any()
    assert "all features are dead" in found.verdict


def test_a_neuron_of_its_own_for_everyone() -> None:
    found = diagnose(np.eye(6, 9))
    assert found.carriers.tolist() == list(range(6))
    assert found.shared == ()
    assert found.dimensionality == pytest.approx(np.ones(6), rel=0, abs=0)
    assert found.participation_ratio.tolist() == [1.0] * 6


def test_one_feature_on_one_neuron() -> None:
    found = diagnose([[-1.0]])
    assert found.carrier_signs.tolist() == [-1]
    assert found.chance.possible == (0, 0)
    assert found.chance.p_value == 1.0
    assert "says nothing" in found.verdict


def test_two_features_on_one_neuron_are_forced_to_share_it() -> None:
    found = diagnose([[1.0], [-1.0]])
    assert (found.polysemantic_neurons, found.necessary) == (1, 1)
    assert found.chance.p_value == 1.0  # it could not be otherwise


# --- who shares what ------------------------------------------------------------------------------


def test_a_matrix_by_hand() -> None:
    sites = [(0, 1.0), (0, -0.9), (2, 1.1), (2, 1.0), (2, -1.0), (3, 1.0), (3, 0.3)]
    W = one_hot(sites, 5)
    W[6] = 0.3  # spread over all neurons
    found = diagnose(np.vstack([W, np.zeros(5)]))
    assert [str(each) for each in found.shared] == ["0: +0 −1", "2: +2 +3 −4"]
    assert (found.opposite_pairs, found.same_pairs) == (1 + 2, 1)
    assert (found.carried, found.distributed.tolist(), found.dead.tolist()) == (6, [6], [7])
    assert found.participation_ratio[6] == pytest.approx(5.0, rel=1e-14, abs=0)
    assert found.chance.n_sites == 5  # 0+, 0−, 2+, 2−, 3+
    assert found.chance.observed == 2
    assert "independently" in found.verdict  # same signs are remarked upon


def test_it_counts_what_the_observables_count() -> None:
    with np.load(RECORDED, allow_pickle=False) as run:
        before, after, counted = run["W_initial"], run["W_final"], run["polysemantic_neurons"]
    found = diagnose(after, initial=before)
    assert [each.polysemantic_neurons for each in found] == counted.tolist()
    fidelity = winner_fidelity(before, after)
    assert [each.winner_fidelity for each in found] == pytest.approx(fidelity, rel=1e-12, abs=0)
    assert all(each.carrier_picture for each in found)


@pytest.mark.parametrize("rule", ["published", "share"])
def test_the_rule_is_that_of_the_observables(rule: str) -> None:
    W = np.vstack([dense(20, 6), 2.0 * np.eye(6), 0.9 * np.eye(6)])
    found = diagnose(W, carrier_rule=rule)
    assert found.carriers.tolist() == carriers(W, carrier_rule=rule).tolist()
    assert found.polysemantic_neurons == polysemantic_neurons(W, carrier_rule=rule)
    assert found.concentrated == np.count_nonzero(carriers(W, carrier_rule="share") >= 0)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 10))
def test_order_and_signs_of_neurons_do_not_matter(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    W = on_random_sites(min(n, 2 * m), m, rng) + 0.05 * rng.standard_normal((min(n, 2 * m), m))
    features, neurons = rng.permutation(len(W)), rng.permutation(m)
    flipped = rng.choice([-1.0, 1.0], m)
    one, other = diagnose(W), diagnose((W * flipped)[features][:, neurons])
    for name in ("polysemantic_neurons", "opposite_pairs", "same_pairs", "necessary", "carried"):
        assert getattr(one, name) == getattr(other, name)
    assert one.chance == other.chance
    kept = one.dimensionality[features]
    assert other.dimensionality == pytest.approx(kept, rel=1e-10, abs=0)  # sums in another order


@pytest.mark.parametrize(("k", "m"), [(3, 2), (5, 3), (4, 2), (6, 3), (5, 2)])
def test_what_is_necessary_is_needed_and_enough(k: int, m: int) -> None:
    # Every way to put k features on m neurons, by the largest number on one.
    fewest: dict[int, int] = {}
    for places in product(range(m), repeat=k):
        count = np.bincount(places, minlength=m)
        most, shared = int(count.max()), int((count > 1).sum())
        fewest[most] = min(fewest.get(most, m), shared)
    for most, shared in fewest.items():
        assert least_shared(k, m, most) <= shared
    smallest = min(fewest)
    assert least_shared(k, m, smallest) == fewest[smallest]
    if smallest == 2:
        assert least_shared(k, m, 2) == necessary_polysemantic(k, m)


# --- feature dimensionality -----------------------------------------------------------------------


def by_definition(W: Array) -> Array:
    gram = W @ W.T
    return np.diag(gram) ** 2 / np.square(gram).sum(axis=1)


@pytest.fixture(params=["by rows", "by rows, in blocks", "by neurons"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "by neurons":
        monkeypatch.setattr(_capacity, "_MANY", 0)
    if request.param == "by rows, in blocks":
        monkeypatch.setattr(_capacity, "_ROWS", 3)
        monkeypatch.setattr(_matrix, "BLOCK_SIZE", 20)
    return str(request.param)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 4), (10, 30), (30, 2)])
def test_dimensionality_is_its_definition(way: str, n: int, m: int) -> None:
    W = dense(n, m)
    assert feature_dimensionality(W) == pytest.approx(by_definition(W), rel=1e-12, abs=0), way


def test_dimensionality_does_not_know_the_basis(way: str) -> None:
    W = dense(9, 6)
    rotation = np.linalg.qr(dense(6, 6, seed=1))[0]
    turned = feature_dimensionality(W @ rotation)
    assert turned == pytest.approx(feature_dimensionality(W), rel=1e-12, abs=0), way


@pytest.mark.parametrize("scale", [1e-45, 1e45])
def test_dimensionality_has_no_unit(way: str, scale: float) -> None:
    W = dense(9, 6)
    scaled = feature_dimensionality(W * scale)
    assert scaled == pytest.approx(feature_dimensionality(W), rel=1e-12, abs=0), way


def test_no_more_dimensions_than_the_rank(way: str) -> None:
    W = dense(12, 3) @ dense(3, 8, seed=1)
    D = feature_dimensionality(W)
    assert D.max() <= 1.0, way
    assert 0.5 < D.sum() <= 3.0 + 1e-12, way


def test_dimensionality_by_hand(way: str) -> None:
    # A dead feature, an antipodal pair, one alone.
    W = np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 0, 5]])
    expected = [0.0, 0.5, 0.5, 1.0]
    assert feature_dimensionality(W) == pytest.approx(expected, rel=1e-14, abs=0), way


def test_single_precision_keeps_small_rows_beside_large_ones() -> None:
    W = dense(20, 30) * np.logspace(-12, 0, 20)[:, None]
    exact = by_definition(W)
    found = feature_dimensionality(W.astype(np.float32))
    # Rounding of the weights and of sums of 30 products; D varies over 24 orders of magnitude.
    assert found == pytest.approx(exact, rel=1e-4, abs=0)


# --- types, sizes, batches ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["i1", "u2", "i8", "f2", "f4", "f8", ">f4"])
def test_any_real_type(kind: str) -> None:
    found = diagnose(np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1]], kind))
    assert found.carriers.tolist() == [0, 2, 2]
    assert found.dimensionality == pytest.approx([1.0, 0.5, 0.5], rel=1e-6, abs=0)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    W, start = on_random_sites(11, 7, np.random.default_rng(3)), dense(11, 7)
    whole = diagnose(W, initial=start).to_dict()
    monkeypatch.setattr(_matrix, "BLOCK_SIZE", 20)
    assert diagnose(W, initial=start).to_dict() == whole


def test_a_batch_is_a_tuple_in_c_order() -> None:
    batch = np.stack([dense(4, 5, seed) for seed in range(6)]).reshape(2, 3, 4, 5)
    with pytest.raises(ValueError, match="Say what its axes are"):
        diagnose(batch)
    found = diagnose(batch, axes="run,run,feature,neuron")
    assert len(found) == 6
    assert found[4].to_dict() == diagnose(batch[1, 1]).to_dict()


def test_bad_rows_are_named_by_their_place_in_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_matrix, "BLOCK_SIZE", 20)
    with pytest.raises(ValueError, match=r"in rows 3, 17 \(2 of 20\)"):
        diagnose(with_nan([3, 17]))


def test_results_are_read_only() -> None:
    found = diagnose(np.eye(3))
    with pytest.raises(ValueError, match="read-only"):
        found.carriers[0] = 1
    with pytest.raises(AttributeError):
        found.necessary = 1


def test_the_matrix_is_left_alone() -> None:
    W = dense(4, 5)
    before = W.copy()
    diagnose(W)
    assert np.array_equal(W, before)
    assert W.flags.writeable


def test_participation_by_hand() -> None:
    found = diagnose([[3.0, -1.0, 0.0], [1e-45, 0.0, 1e-45], [0.0, 0.0, 1e45]])
    expected = [10.0**2 / 82.0, 2.0, 1.0]
    assert found.participation_ratio == pytest.approx(expected, rel=1e-14, abs=0)


# --- the flow's own count -------------------------------------------------------------------------


def test_the_measured_count() -> None:
    W = on_random_sites(64, 128, np.random.default_rng(0))
    found = diagnose(W, l1_strength=0.003)
    ratio, error = measured_ratio(64, 128, l1_strength=0.003)
    chance = 64 * 63 / (2 * 255)
    assert found.measured == pytest.approx((ratio * chance, error * chance), rel=1e-12, abs=0)


def test_the_test_against_the_flow_takes_the_measured_mean_and_its_error() -> None:
    W = on_random_sites(64, 128, np.random.default_rng(0))
    found = diagnose(W, l1_strength=0.003)
    ratio, error = measured_ratio(64, 128, l1_strength=0.003)
    observed, sites = found.chance.observed, found.chance.n_sites
    assert found.flow == compare_with_flow(observed, sites, 128, ratio=ratio, error=error)
    assert found.few_body is None  # 64 > 2√128
    assert "by the flow" in str(found)


def test_few_rows_in_a_wide_layer_are_compared_with_the_few_body_mean() -> None:
    W = on_random_sites(16, 256, np.random.default_rng(0))
    found = diagnose(W, l1_strength=0.003)
    mean = expected_polysemantic(16, 256, null_model="few-body", l1_strength=0.003)
    assert found.measured is None
    assert found.few_body == pytest.approx((mean, FEW_ERROR * mean))
    assert found.flow.expected == pytest.approx(
        mean / expected_polysemantic(16, 256) * expected_polysemantic(found.flow.n_sites, 256)
    )
    assert "few-body flow" in str(found)
    assert "The ℓ1 flow itself" in found.verdict
    assert "no correction" not in " ".join(found.reservations)


def test_without_the_strength_there_is_no_test_against_the_flow() -> None:
    found = diagnose(on_random_sites(16, 256, np.random.default_rng(0)))
    assert (found.flow, found.few_body) == (None, None)
    assert "The ℓ1 flow itself" not in found.verdict


def test_a_count_that_the_flow_explains_and_chance_does_not() -> None:
    # 256 features on 1024 neurons: chance expects 15.9 ± 3.5, the flow a fifth less.
    W = one_hot([(i % 248, 1.0 if i < 248 else -1.0) for i in range(256)], 1024)
    found = diagnose(W, l1_strength=0.01 / 1024**0.5)
    assert found.chance.observed == 8
    assert not found.chance.consistent
    assert found.flow.consistent
    assert "consistent with the flow from a random start" in found.verdict


def test_one_feature_has_no_test_against_the_flow() -> None:
    assert diagnose(np.eye(1, 30), l1_strength=0.01).flow is None


def test_outside_of_the_table_it_says_so() -> None:
    found = diagnose(np.eye(8), l1_strength=0.003)
    assert found.measured is None
    assert "not measured" in " ".join(found.reservations)


# --- words ----------------------------------------------------------------------------------------


def pairs(k: int, m: int) -> Array:
    """Return k pairs of opposite sign on k of m neurons."""
    return one_hot([(i, s) for i in range(k) for s in (1.0, -1.0)], m)


def words(found: Diagnosis) -> str:
    return f"{found.verdict} {' '.join(found.reservations)}"


def test_dense_rows_get_measures_without_a_basis() -> None:
    found = diagnose(dense(30, 60))
    assert not found.carrier_picture
    assert "not sparse" in found.verdict
    assert "does not apply" in found.verdict
    assert "dimensions" in found.verdict
    assert "chance" not in found.verdict


@pytest.mark.parametrize(
    ("W", "word"),
    [
        (pairs(12, 40), "more than by chance"),
        (one_hot([(i, (-1.0) ** i) for i in range(40)], 45), "fewer than by chance"),
        (on_random_sites(40, 80, np.random.default_rng(0)), "consistent with chance"),
        (np.eye(1, 30), "says nothing"),
    ],
)
def test_the_word_on_chance(W: Array, word: str) -> None:
    found = diagnose(W)
    assert word in found.verdict
    assert ("does not prove an incidental origin" in found.verdict) == found.chance.consistent or (
        found.chance.powerless
    )


@pytest.mark.parametrize(
    ("W", "options", "word"),
    [
        (np.eye(5, 3), {}, "transpose"),
        (np.eye(3, 5), {}, "by accident"),
        (3.0 * np.eye(12, 20), {}, "'share'"),
        (np.eye(12, 20), {}, "same sign"),
        (np.ones((3, 12)), {}, "equal weights"),
        (pairs(3, 12), {}, "Without the initial matrix"),
        (np.vstack([np.eye(12), np.zeros(12)]), {}, "One feature is dead"),
        (np.vstack([np.eye(12), np.full((2, 12), 0.1)]), {}, "2 features are carried by no"),
        (np.eye(12), {"l1_strength": 1e-9}, "not measured"),
        (np.eye(12), {}, "needs the ℓ1 strength"),
    ],
)
def test_reservations(W: Array, options: dict[str, Any], word: str) -> None:
    assert word in words(diagnose(W, **options))


def test_no_reservations_without_a_reason() -> None:
    W = one_hot([(i, 1.0 if i % 3 else -1.0) for i in range(20)], 20)
    notes = diagnose(W, l1_strength=0.02).reservations
    assert len(notes) == 1
    assert "equally likely" in notes[0]


def test_more_features_than_neurons_and_what_that_forces() -> None:
    found = diagnose(on_random_sites(10, 8, np.random.default_rng(1)))
    assert found.necessary == 2
    assert "at least 2 features have to share" in found.verdict


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6), st.floats(0.0, 1.0))
def test_whatever_comes_in_json_and_words_come_out(seed: int, n: int, m: int, alive: float) -> None:
    rng = np.random.default_rng(seed)
    W = rng.choice([-1.0, 0.5, 1.0], (n, m)) * (rng.random((n, m)) < alive)
    found = diagnose(W, initial=W, carrier_rule=str(rng.choice(["published", "share"])))
    read = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert read["polysemantic_neurons"] == len(read["shared"])
    assert len(read["carriers"]) == n
    assert "nan" not in str(found)
    assert found.dimensionality.sum() <= np.linalg.matrix_rank(W) + 1e-9
    occupancy = np.bincount(found.carriers[found.carriers >= 0], minlength=m)
    surplus = np.maximum(occupancy - 1, 0).sum()
    assert surplus >= found.carried - m  # pigeonholes
    assert found.polysemantic_neurons >= found.necessary


# --- bad input ------------------------------------------------------------------------------------


def with_nan(rows: list[int], n: int = 20) -> Array:
    W = dense(n, 4)
    W[rows, 1] = np.nan
    return W


BAD = [
    (lambda: diagnose("abc"), TypeError, "encodings must be real numbers"),
    (lambda: diagnose(None), TypeError, "encodings must be real numbers"),
    (lambda: diagnose([[1j]]), TypeError, "encodings must be real numbers"),
    (lambda: diagnose([[True]]), TypeError, "encodings must be real numbers"),
    (lambda: diagnose(np.ma.masked_array([[1.0]])), TypeError, "without a mask"),
    (lambda: diagnose([[1.0], [1.0, 2.0]]), ValueError, "rectangular"),
    (lambda: diagnose(np.array([[None]])), TypeError, "encodings must be real numbers"),
    (lambda: diagnose([1.0, 2.0]), ValueError, "encodings must be of shape"),
    (lambda: diagnose(np.empty((0, 3))), ValueError, "no axis of length 0"),
    (lambda: diagnose(np.empty((3, 0))), ValueError, "no axis of length 0"),
    (lambda: diagnose(with_nan([3, 7])), ValueError, r"in rows 3, 7 \(2 of 20\)"),
    (lambda: diagnose(with_nan([*range(15)])), ValueError, r"8, 9, … \(15 of 20\)"),
    (lambda: diagnose([[1.0, -np.inf]]), ValueError, r"in row 0 \(1 of 1\)"),
    (lambda: diagnose([[1e60]]), ValueError, r"at most 1e\+50"),
    (lambda: diagnose(np.stack([dense(20, 4), with_nan([2])])), ValueError, r"encodings\[1\] must"),
    (lambda: diagnose(np.eye(2), initial=np.eye(3)), ValueError, "initial must be of shape"),
    (lambda: diagnose(np.eye(2, 3), initial=np.eye(3, 2)), ValueError, "Transpose it"),
    (lambda: diagnose(dense(20, 4), initial=with_nan([5])), ValueError, "initial must be finite"),
    (lambda: diagnose(np.eye(2), carrier_rule="best"), ValueError, "carrier_rule must be one of"),
    (lambda: diagnose(np.eye(2), carrier_rule=1), TypeError, "carrier_rule must be one of"),
    (lambda: diagnose(np.eye(2), l1_strength=-1.0), ValueError, "l1_strength must be between"),
    (lambda: diagnose(np.eye(2), l1_strength="x"), TypeError, "l1_strength must be real"),
    (lambda: diagnose(np.eye(2), level=1.0), ValueError, "level must be between 0 and 1"),
    (lambda: feature_dimensionality(np.ones(3)), ValueError, "encodings must be of shape"),
    (lambda: feature_dimensionality(with_nan([1])), ValueError, "in row 1"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_named(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


# --- extremes -------------------------------------------------------------------------


def test_rows_far_below_the_longest_count_as_none_and_warn_of_nothing() -> None:
    assert feature_dimensionality([[1.0, 0.0], [0.0, 1e-140]]).tolist() == [1.0, 1.0]
    assert feature_dimensionality([[1e10, 0.0], [0.0, 1e-320]]).tolist() == [1.0, 0.0]


def test_dense_rows_come_with_a_word_on_chance() -> None:
    found = diagnose(np.linalg.qr(dense(64, 64))[0] + 0.0, carrier_rule="share")
    if found.chance is not None:
        assert any("comparison with chance" in each for each in found.reservations)
    assert "by chance" not in str(found)
