"""What is measured on rows and encodings: limits, invariances, naive loops that say the same."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import observables
from polytheory.observables import (
    carriers,
    fourth_power_sum,
    l1_norm,
    nonzero_count,
    polysemantic_neurons,
    squared_cv,
    squared_norm,
    winner_fidelity,
)
from polytheory.testing import rows

Error = type[Exception]

Row = NDArray[np.float64]
EPS = np.finfo(float).eps
ALL = [nonzero_count, l1_norm, squared_norm, fourth_power_sum, squared_cv]
POWERS = [(l1_norm, 1), (squared_norm, 2), (fourth_power_sum, 4)]


def naive_squared_cv(row: Row) -> float:
    """Return the squared coefficient of variation, exactly rounded sums."""
    alive = [abs(w) for w in row.tolist() if w != 0]
    mean = math.fsum(alive) / len(alive)
    return math.fsum((w / mean - 1) ** 2 for w in alive) / len(alive)


@pytest.mark.parametrize(("norm", "power"), POWERS)
@given(row=rows())
def test_norms_equal_exactly_rounded_sums(norm: Callable[..., float], power: int, row: Row) -> None:
    expected = math.fsum(abs(w) ** power for w in row.tolist())
    # m positive terms, each a product of `power` factors.
    assert norm(row) == pytest.approx(expected, rel=(row.size + power) * EPS, abs=0)


@given(row=rows())
def test_the_count_equals_a_loop(row: Row) -> None:
    assert nonzero_count(row) == sum(w != 0 for w in row.tolist())


@given(row=rows())
def test_squared_cv_equals_its_definition(row: Row) -> None:
    # The mean is good to m roundings, and the deviations from it are at most m times the mean.
    assert squared_cv(row) == pytest.approx(
        naive_squared_cv(row), rel=1e-9, abs=8 * row.size**2 * EPS
    )


@given(row=rows())
def test_squared_cv_is_the_excess_of_cauchy_schwarz(row: Row) -> None:
    excess = nonzero_count(row) * squared_norm(row) / l1_norm(row) ** 2 - 1
    assert squared_cv(row) == pytest.approx(excess, abs=8 * row.size**2 * EPS)


@given(row=rows())
def test_squared_cv_is_never_negative(row: Row) -> None:
    assert squared_cv(row) >= 0


@given(row=rows())
def test_squared_cv_is_less_than_the_number_of_living_weights(row: Row) -> None:
    # N ≤ ‖w‖₁², with equality for a single weight.
    assert squared_cv(row) <= (nonzero_count(row) - 1) * (1 + 4 * EPS)


@given(size=st.floats(1e-10, 1e10), count=st.integers(1, 50), signs=st.integers(0, 2**50))
def test_equal_weights_have_no_variation(size: float, count: int, signs: int) -> None:
    row = [size if signs >> k & 1 else -size for k in range(count)]
    assert squared_cv(row) == 0


def test_squared_cv_keeps_digits_where_the_excess_has_lost_them() -> None:
    # Two weights 1 ± δ: ρ = δ², below the rounding of m'N/‖w‖₁² − 1. A rounded weight moves δ by
    # EPS, so ρ by a relative 2 EPS/δ.
    delta = 2.0**-30
    assert squared_cv([1 + delta, 1 - delta]) == pytest.approx(delta**2, rel=2 * EPS / delta, abs=0)


def test_dead_weights_do_not_count() -> None:
    assert squared_cv([3.0, 1.0, 0.0, 0.0]) == squared_cv([3.0, 1.0])


def test_squared_cv_counts_every_nonzero_weight() -> None:
    # m' = 2, N/‖w‖₁² = 1 to rounding.
    assert squared_cv([1e50, 1e-300]) == 1


@pytest.mark.parametrize("measure", ALL)
def test_a_row_without_weights_measures_zero(measure: Callable[..., float]) -> None:
    assert measure([0.0, 0.0]) == 0


@pytest.mark.parametrize("measure", ALL)
@given(row=rows(), seed=st.integers(0, 99))
def test_the_order_of_neurons_does_not_matter(
    measure: Callable[..., float], row: Row, seed: int
) -> None:
    shuffled = np.random.default_rng(seed).permutation(row)
    # Sums in another order.
    tolerance = 8 * row.size**2 * EPS
    assert measure(shuffled) == pytest.approx(measure(row), rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("measure", ALL)
@given(row=rows(), seed=st.integers(0, 99))
def test_signs_do_not_matter(measure: Callable[..., float], row: Row, seed: int) -> None:
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], row.size)
    # NumPy's power function is even to a few roundings only.
    assert measure(signs * row) == pytest.approx(measure(row), rel=4 * EPS, abs=0)


@pytest.mark.parametrize(
    ("measure", "degree"),
    [(nonzero_count, 0), (l1_norm, 1), (squared_norm, 2), (fourth_power_sum, 4), (squared_cv, 0)],
)
@given(row=rows(), exponent=st.integers(-20, 20))
def test_each_is_homogeneous(
    measure: Callable[..., float], degree: int, row: Row, exponent: int
) -> None:
    # Powers of two scale without rounding, but for subnormal numbers and NumPy's power function.
    scale = 2.0**exponent
    row = np.where(np.abs(row) < 1e-70, 0.0, row)
    assert measure(scale * row) == pytest.approx(scale**degree * measure(row), rel=4 * EPS, abs=0)


@given(row=rows())
def test_norms_are_ordered(row: Row) -> None:
    n1, n2, n4 = l1_norm(row), squared_norm(row), fourth_power_sum(row)
    slack = 1 + 16 * EPS
    assert n2 <= n1**2 * slack
    assert n4 <= n2**2 * slack
    assert n1**2 <= nonzero_count(row) * n2 * slack
    assert n2**2 <= nonzero_count(row) * n4 * slack


@pytest.mark.parametrize("measure", ALL)
def test_a_batch_equals_a_loop(measure: Callable[..., Any]) -> None:
    batch = np.random.default_rng(0).normal(size=(2, 3, 5))
    batch[0, 1, 2:] = 0.0
    looped = [[measure(row) for row in block] for block in batch]
    assert measure(batch).tolist() == looped


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    "row", [[1, 0, -2], np.array([1, 0, -2], dtype=np.int8), np.array([1, 0, -2], dtype=np.float32)]
)
def test_any_real_dtype_is_accepted(measure: Callable[..., Any], row: Any) -> None:
    assert measure(row) == measure([1.0, 0.0, -2.0])


@pytest.mark.parametrize("measure", ALL)
def test_layout_does_not_matter_and_input_is_left_alone(measure: Callable[..., Any]) -> None:
    batch = np.random.default_rng(0).normal(size=(4, 3))
    fortran = np.asfortranarray(batch)
    fortran.setflags(write=False)
    np.testing.assert_allclose(measure(fortran), measure(batch), rtol=16 * EPS)
    assert (fortran == batch).all()


def test_one_row_gives_plain_numbers() -> None:
    assert type(nonzero_count([1.0])) is int
    assert {type(measure([1.0])) for measure in ALL[1:]} == {float}


# What is measured on whole encodings

OF_ENCODINGS = [carriers, polysemantic_neurons, winner_fidelity]
CARRIER_RULES = ("published", "share")


def test_every_public_observable_is_tested_here() -> None:
    assert {measure.__name__ for measure in [*ALL, *OF_ENCODINGS]} == set(observables.__all__)


def sparse_encodings(seed: int, n: int = 6, m: int = 5) -> Row:
    """Draw encodings with one weight about 1 in most rows, and smaller ones beside it."""
    rng = np.random.default_rng(seed)
    W = rng.normal(scale=0.4, size=(n, m)) * (rng.random((n, m)) < 0.5)
    W[np.arange(n), rng.integers(m, size=n)] += rng.choice([-1.0, 0.0, 1.0], n)
    return W


def carrier_by_hand(row: list[float], carrier_rule: str) -> int:
    """Return the neuron whose weight satisfies the rule and is the largest; −1 if none does."""
    best = max(range(len(row)), key=lambda k: abs(row[k]))
    if carrier_rule == "published":
        return best if 0.8 <= abs(row[best]) <= 1.2 else -1
    rest = math.fsum(w * w for k, w in enumerate(row) if k != best)
    return best if row[best] ** 2 > rest else -1


@pytest.mark.parametrize("carrier_rule", CARRIER_RULES)
@given(seed=st.integers(0, 10**6))
def test_carriers_equal_a_loop(carrier_rule: str, seed: int) -> None:
    W = sparse_encodings(seed)
    assert carriers(W, carrier_rule=carrier_rule).tolist() == [
        carrier_by_hand(row, carrier_rule) for row in W.tolist()
    ]


@pytest.mark.parametrize("carrier_rule", CARRIER_RULES)
@given(seed=st.integers(0, 10**6))
def test_polysemantic_neurons_equal_a_loop(carrier_rule: str, seed: int) -> None:
    W = sparse_encodings(seed)
    owners = [carrier_by_hand(row, carrier_rule) for row in W.tolist()]
    assert polysemantic_neurons(W, carrier_rule=carrier_rule) == sum(
        owners.count(k) >= 2 for k in range(5)
    )


@pytest.mark.parametrize(
    ("row", "published", "share"),
    [
        ([0.0, 1.0, 0.0], 1, 1),
        ([0.0, 0.0, -1.0], 2, 2),  # the sign does not matter
        ([0.8, 0.0, 0.0], 0, 0),  # the published thresholds belong to the interval
        ([1.2, 0.0, 0.0], 0, 0),
        ([np.nextafter(0.8, 0), 0.0, 0.0], -1, 0),
        ([np.nextafter(1.2, 2), 0.0, 0.0], -1, 0),
        ([0.0, 0.0, 0.0], -1, -1),
        ([0.9, 0.85, 0.0], 0, 0),  # two weights of carrier size: the larger one
        ([0.85, 0.0, -0.9], 2, 2),
        ([1.0, 1.3, 0.0], -1, 1),  # the largest is out of range: none, whatever the others
        ([1.0, 1.0, 0.0], 0, -1),  # a tie: the first one by the published rule; just half a share
        ([0.9, 0.7, 0.7], 0, -1),
        ([0.5, 0.3, 0.3], -1, 0),
        ([1e-300, 0.0, 0.0], -1, 0),
        ([1e50, 1e49, 0.0], -1, 0),
    ],
)
def test_the_carrier_of_a_row_by_hand(row: list[float], published: int, share: int) -> None:
    assert carriers([row]).tolist() == [published]
    assert carriers([row], carrier_rule="published").tolist() == [published]
    assert carriers([row], carrier_rule="share").tolist() == [share]


@given(seed=st.integers(0, 10**6), exponent=st.integers(-150, 150))
def test_a_share_has_no_scale(seed: int, exponent: int) -> None:
    W = sparse_encodings(seed)
    expected = carriers(W, carrier_rule="share").tolist()
    assert carriers(2.0**exponent * W, carrier_rule="share").tolist() == expected


def test_the_published_rule_has_one() -> None:
    assert carriers(np.eye(3)).tolist() == [0, 1, 2]
    assert carriers(0.7 * np.eye(3)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("W", "count"),
    [
        (np.eye(3), 0),
        ([[1.0, 0.0], [1.0, 0.0]], 1),
        ([[1.0, 0.0], [-1.0, 0.0]], 1),  # opposite signs share a neuron, too
        ([[1.0, 0.0], [-1.0, 0.0], [1.1, 0.0]], 1),  # neurons are counted, not pairs
        ([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], 2),
        ([[1.0, 0.0], [0.5, 0.0]], 0),  # no carrier by the published rule
        (np.zeros((3, 2)), 0),
    ],
)
def test_polysemantic_neurons_by_hand(W: Any, count: int) -> None:
    assert polysemantic_neurons(W) == count


def test_features_without_a_carrier_share_no_neuron() -> None:
    # −1 is no neuron: not the last one, either.
    assert polysemantic_neurons([[0.1, 0.2], [0.1, 0.2], [0.2, 0.1]]) == 0


def test_the_winner_of_a_row_that_does_not_change_is_faithful() -> None:
    W = np.random.default_rng(0).normal(size=(5, 7))
    assert winner_fidelity(W, W) == 1.0
    assert winner_fidelity(W, -3.0 * W) == 1.0


@pytest.mark.parametrize(
    ("final", "share"),
    [
        ([[0.0, -1.0], [1.0, 0.0], [0.0, 0.2], [0.9, 0.8]], 1.0),
        ([[1.0, 0.0], [1.0, 0.0], [0.0, 0.2], [0.9, 0.8]], 0.75),
        ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.9, 0.8]], 0.25),  # the dead are unfaithful
        ([[0.0, 0.0]] * 4, 0.0),
    ],
)
def test_winner_fidelity_by_hand(final: Any, share: float) -> None:
    initial = [[0.3, 0.4], [-0.5, 0.4], [0.1, -0.2], [0.2, 0.1]]
    assert winner_fidelity(initial, final) == share


def test_chance_keeps_one_winner_in_m() -> None:
    rng = np.random.default_rng(0)
    initial, final = rng.normal(size=(2, 4000, 8))
    share = winner_fidelity(initial, final)
    # Four standard errors of a binomial share: one seed in 16 000 would fail.
    assert abs(share - 1 / 8) < 4 * math.sqrt(1 / 8 * 7 / 8 / 4000)


@given(seed=st.integers(0, 10**6))
def test_neurons_have_no_order_and_no_sign_here(seed: int) -> None:
    rng = np.random.default_rng(seed)
    W, before = sparse_encodings(seed), rng.normal(size=(6, 5))
    order, signs = rng.permutation(5), rng.choice([-1.0, 1.0], 5)
    turned, turned_before = W[:, order] * signs, before[:, order] * signs
    for carrier_rule in CARRIER_RULES:
        assert polysemantic_neurons(turned, carrier_rule=carrier_rule) == polysemantic_neurons(
            W, carrier_rule=carrier_rule
        )
    assert winner_fidelity(turned_before, turned) == winner_fidelity(before, W)


def test_encodings_in_a_batch_equal_a_loop() -> None:
    batch = np.array([[sparse_encodings(3 * i + j) for j in range(3)] for i in range(2)])
    other = batch[::-1]
    for i, j in np.ndindex(2, 3):
        for carrier_rule in CARRIER_RULES:
            found = carriers(batch, carrier_rule=carrier_rule)[i, j]
            np.testing.assert_array_equal(found, carriers(batch[i, j], carrier_rule=carrier_rule))
            count = polysemantic_neurons(batch[i, j], carrier_rule=carrier_rule)
            assert polysemantic_neurons(batch, carrier_rule=carrier_rule)[i, j] == count
        assert winner_fidelity(other, batch)[i, j] == winner_fidelity(other[i, j], batch[i, j])
    assert type(polysemantic_neurons(batch[0, 0])) is int
    assert type(winner_fidelity(batch[0, 0], batch[0, 0])) is float
    assert carriers(batch).dtype.kind == "i"


@pytest.mark.parametrize("measure", [carriers, polysemantic_neurons])
@pytest.mark.parametrize(
    ("arguments", "name", "error", "allowed"),
    [
        ({"encodings": [1.0, 0.0]}, "encodings", ValueError, "n_features, n_neurons"),
        ({"encodings": 1.0}, "encodings", ValueError, "n_features, n_neurons"),
        ({"encodings": np.empty((0, 3))}, "encodings", ValueError, "neither of them 0"),
        ({"encodings": np.empty((3, 0))}, "encodings", ValueError, "neither of them 0"),
        ({"encodings": [[np.nan]]}, "encodings", ValueError, "finite"),
        ({"encodings": [[1j]]}, "encodings", TypeError, "real"),
        ({"encodings": [[1e60]]}, "encodings", ValueError, "at most"),
        ({"encodings": [[1.0], [1.0, 2.0]]}, "encodings", ValueError, "rectangular"),
        ({"encodings": None}, "encodings", TypeError, "real"),
        (
            {"encodings": [[1.0]], "carrier_rule": "paper"},
            "carrier_rule",
            ValueError,
            "'published', 'share'",
        ),
        (
            {"encodings": [[1.0]], "carrier_rule": None},
            "carrier_rule",
            TypeError,
            "'published', 'share'",
        ),
    ],
)
def test_what_carriers_refuse(
    measure: Callable[..., Any], arguments: dict[str, Any], name: str, error: Error, allowed: str
) -> None:
    with pytest.raises(error, match=rf"^{name}\b.* must be .*{allowed}"):
        measure(**arguments)


@pytest.mark.parametrize(
    ("initial", "final", "name", "allowed"),
    [
        ([1.0, 0.0], [[1.0, 0.0]], "initial", "n_features, n_neurons"),
        ([[1.0, 0.0]], [1.0, 0.0], "final", "n_features, n_neurons"),
        ([[1.0, 0.0]], [[1.0], [0.0]], "final", r"shape \(1, 2\)"),
        ([[1.0, 0.0]], [[[1.0, 0.0]]], "final", r"shape \(1, 2\)"),
        ([[1.0, np.inf]], [[1.0, 0.0]], "initial", "finite"),
    ],
)
def test_what_winner_fidelity_refuses(initial: Any, final: Any, name: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}\b.* must be .*{allowed}"):
        winner_fidelity(initial, final)
