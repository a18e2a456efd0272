"""What sharing costs: against enumeration in exact fractions, in its limits, and under noise."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory.noise import Bipolar, Gaussian, Laplace, Noise, Uniform
from polytheory.theory.tradeoff import (
    break_even_probability,
    layer_loss,
    negative_overlap_rate,
    neuron_loss,
    one_hot_loss,
    pair_excess,
    sharing_excess,
)

EPS = np.finfo(float).eps
PROBABILITIES = st.floats(0, 1, allow_subnormal=False)
AMPLITUDES = st.floats(0.3, 1.3)
COUNTS = st.integers(0, 4)
NOISES = [Bipolar(std=0.2), Gaussian(std=0.2), Uniform(std=0.2), Laplace(std=0.2)]


def enumerated(weights: list[list[Any]], p: Any, noise: list[Any] | None = None) -> Any:
    """Average over every input, and every sign of noise of the given sizes; exact in fractions."""
    n, m = len(weights), len(weights[0])
    total = p * 0
    kicks = list(product(*[(-s, s) for s in noise])) if noise else [(0,) * m]
    for x in product((0, 1), repeat=n):
        chance = p ** sum(x) * (1 - p) ** (n - sum(x))
        for kick in kicks:
            read = [sum(x[i] * weights[i][k] for i in range(n)) + kick[k] for k in range(m)]
            for i in range(n):
                y = max(sum(weights[i][k] * read[k] for k in range(m)), 0)
                total += chance * (y - x[i]) ** 2 / len(kicks)
    return total


@settings(max_examples=30)
@given(plus=COUNTS, minus=COUNTS, p=st.integers(0, 12), x=st.integers(3, 13))
def test_a_neuron_is_the_sum_over_all_its_inputs(plus: int, minus: int, p: int, x: int) -> None:
    chance, size = Fraction(p, 12), Fraction(x, 10)
    exact = enumerated([[size]] * plus + [[-size]] * minus or [[0]], chance)
    loss = neuron_loss(plus, minus, probability=float(chance), amplitude=float(size))
    if plus + minus == 0:
        assert loss == 0
    else:  # positive terms only: a few roundings each, and p and x are rounded themselves
        assert loss == pytest.approx(float(exact), rel=100 * EPS, abs=4 * EPS)


@given(plus=COUNTS, minus=COUNTS, p=PROBABILITIES, x=AMPLITUDES)
def test_signs_are_equivalent(plus: int, minus: int, p: float, x: float) -> None:
    one = neuron_loss(plus, minus, probability=p, amplitude=x)
    other = neuron_loss(minus, plus, probability=p, amplitude=x)
    assert one == pytest.approx(other, rel=20 * EPS, abs=0)


@given(n=st.integers(1, 100), p=PROBABILITIES, x=AMPLITUDES)
def test_features_of_one_sign_have_a_closed_form(n: int, p: float, x: float) -> None:
    # E[A] − 2s E[A²] + n s² E[A²], with the two moments of a binomial A.
    s, square = x * x, n * p * (1 - p) + (n * p) ** 2
    expected = n * p - 2 * s * square + n * s * s * square
    # The closed form cancels; the sum of a hundred terms of binomials is good to 1e-12.
    size = n * p + (2 * s + n * s * s) * square
    assert neuron_loss(n, 0, probability=p, amplitude=x) == pytest.approx(
        expected, rel=0, abs=1e-12 * size
    )


def test_nothing_active_costs_nothing_and_everything_active_cancels() -> None:
    assert neuron_loss(3, 2, probability=0.0, amplitude=0.9) == 0
    # 3 − 2 = 1 left over: y = 1 for the three, 0 for the two.
    assert neuron_loss(3, 2, probability=1.0, amplitude=1.0) == 2


@given(p=PROBABILITIES, x=AMPLITUDES)
def test_a_pair_is_two_features_together_less_two_apart(p: float, x: float) -> None:
    excess = pair_excess(probability=p, amplitude=x)
    assert excess == pytest.approx(
        sharing_excess(1, 1, probability=p, amplitude=x), rel=0, abs=50 * EPS * (p + EPS)
    )
    assert excess >= 0  # x² ≤ 2
    assert sharing_excess(1, 0, probability=p, amplitude=x) == 0


def test_the_price_of_opposite_signs_is_of_second_order_and_that_of_equal_ones_of_first() -> None:
    p = 2.0 ** -np.arange(4, 12)
    for pattern, order, constant in (((1, 1), 2, 2.0), ((2, 0), 1, 2.0), ((2, 1), 1, 2.0)):
        excess = sharing_excess(*pattern, probability=p, amplitude=1.0)
        slope = np.polyfit(np.log(p), np.log(excess), 1)[0]
        assert slope == pytest.approx(order, abs=0.06)  # the next order in p adds up to 6 %
        assert excess[-1] / p[-1] ** order == pytest.approx(constant, rel=4 * p[-1], abs=0)


# Under noise


@pytest.mark.parametrize("std", [0.1, 0.9, 1.5])
def test_bipolar_noise_is_enumerated(std: float) -> None:
    # 0.9 < 1.1 < 1.5: below and above the size at which a kick reaches past the kink.
    x, p = 1.1, 0.3
    together = [[x], [-x]]
    exact = enumerated(together, p, [std])
    loss = neuron_loss(1, 1, probability=p, amplitude=x, noise=Bipolar(std=std))
    assert loss == pytest.approx(exact, rel=1e-13, abs=0)
    apart = enumerated([[x, 0.0], [0.0, x]], p, [std, std])
    excess = pair_excess(probability=p, amplitude=x, noise=Bipolar(std=std))
    assert excess == pytest.approx(exact - apart, rel=0, abs=1e-13)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: type(noise).__name__)
def test_sampled_noise_costs_what_it_should(noise: Noise) -> None:
    rng = np.random.default_rng(4)
    count = 200_000
    w = np.array([0.9, 0.9, -0.9])
    x = (rng.random((count, 3)) < 0.3).astype(float)
    read = x @ w + noise.sample(count, rng=rng)
    losses = np.square(np.maximum(read[:, None] * w, 0) - x).sum(axis=1)
    exact = neuron_loss(2, 1, probability=0.3, amplitude=0.9, noise=noise)
    assert abs(losses.mean() - exact) < 4 * losses.std() / np.sqrt(count)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: type(noise).__name__)
def test_sharing_pays_below_the_break_even_probability_and_not_above(noise: Noise) -> None:
    p = break_even_probability(amplitude=0.95, noise=noise)
    assert 0 < p < 1
    for factor, pays in ((0.9, True), (1.1, False)):
        excess = sharing_excess(1, 1, probability=factor * p, amplitude=0.95, noise=noise)
        assert (excess < 0) == pays
    # To leading order it is σ²/2, whatever the distribution.
    weak = type(noise)(std=1e-3)
    assert break_even_probability(amplitude=1.0, noise=weak) == pytest.approx(5e-7, rel=0.01, abs=0)


def test_break_even_under_bipolar_noise_in_closed_form() -> None:
    found = break_even_probability(amplitude=[0.9, 1.0], noise=Bipolar(std=0.3))
    expected = [0.09 * 0.9 / (2 * (0.9 * 1.19 - 0.3)), 0.09 / 1.4]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_break_even_at_its_ends() -> None:
    assert break_even_probability(amplitude=0.0, noise=Bipolar(std=0.3)) == 0
    # Oversized carriers, s(2 − s) < xσ: noise takes more from an input with both than both are.
    oversized = {"amplitude": 1.2, "noise": Bipolar(std=1.0)}
    assert break_even_probability(**oversized) == np.inf
    # Strong noise: a value above 1, which no p reaches.
    strong = {"amplitude": 1.0, "noise": Gaussian(std=3.0)}
    assert 1 < break_even_probability(**strong) < np.inf
    for state in (oversized, strong):
        assert sharing_excess(1, 1, probability=1.0, **state) < 0
        assert sharing_excess(1, 1, probability=0.1, **state) < 0


# Layers


@settings(max_examples=30)
@given(data=st.data())
def test_a_layer_is_the_sum_over_all_its_inputs(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 3))
    sizes = data.draw(st.lists(st.integers(-12, 12), min_size=n, max_size=n))
    where = data.draw(st.lists(st.integers(0, m - 1), min_size=n, max_size=n))
    p = data.draw(st.integers(0, 8))
    pairs = list(zip(sizes, where, strict=True))
    W = [[Fraction(a, 10) if k == at else 0 for k in range(m)] for a, at in pairs]
    exact = float(enumerated(W, Fraction(p, 8)))
    loss = one_hot_loss(np.array(W, dtype=float), probability=p / 8)
    assert loss == pytest.approx(exact, rel=1e-13, abs=1e-14)


def test_equal_carriers_make_a_sum_of_neurons_and_the_dead_cost_p() -> None:
    x, given = 0.97, {"probability": 0.15, "noise": Gaussian(std=0.1)}
    W = np.zeros((7, 4))
    W[[0, 1], 0] = x, -x
    W[[2, 3, 4], 2] = x, x, -x
    W[5, 3] = -x
    expected = sum(neuron_loss(*each, amplitude=x, **given) for each in ((1, 1), (2, 1), (0, 1)))
    assert one_hot_loss(W, **given) == pytest.approx(expected + 0.15, rel=1e-13, abs=0)


def test_a_batch_of_layers_is_taken_one_by_one() -> None:
    W = np.zeros((2, 3, 4, 3))
    for index in np.ndindex(2, 3, 4):
        W[index][sum(index) % 3] = 1.0 - 0.1 * index[1]
    W[1, 2, 0] = 0.0
    p = np.array([[0.1], [0.3]])
    together = one_hot_loss(W, probability=p)
    assert together.shape == (2, 3)
    alone = [[one_hot_loss(W[i, j], probability=p[i, 0]) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(together, alone, rtol=1e-14)
    assert type(one_hot_loss(W[0, 0], probability=0.1)) is float


def test_rows_and_neurons_may_be_permuted_and_neurons_flipped() -> None:
    rng = np.random.default_rng(0)
    W = np.zeros((6, 4))
    W[np.arange(6), rng.integers(4, size=6)] = rng.normal(size=6)
    turned = W[rng.permutation(6)][:, rng.permutation(4)] * rng.choice([-1.0, 1.0], 4)
    assert one_hot_loss(turned, probability=0.2) == pytest.approx(
        one_hot_loss(W, probability=0.2), rel=1e-13, abs=0
    )


def test_the_mean_layer_is_linear_in_the_count() -> None:
    # n = 2, m = 1: the two share the neuron, certainly. x₊ = 1 without a penalty.
    assert layer_loss(2, 1, probability=0.1, l1_strength=0.0) == pytest.approx(0.02, rel=1e-14)
    # Wide layers: what is left is what λ costs, (1 − x₊²)² ≈ λ² a feature.
    wide = layer_loss(10, 10**12, probability=0.1, l1_strength=0.01)
    assert wide == pytest.approx(10 * 0.1 * 0.01**2, rel=0.03, abs=0)
    # Exclusion's mean count, n(n−1)/(2(2m−1)) = 63·64/(2·255), times 2p².
    mean = layer_loss(64, 128, probability=0.1, l1_strength=0.0)
    assert mean == pytest.approx(63 * 64 / 510 * 0.02, rel=1e-13, abs=0)
    several = layer_loss(64, [64, 128], probability=[[0.1], [0.2]], l1_strength=0.01)
    assert several.shape == (2, 2)
    assert (np.diff(several, axis=1) < 0).all()


# Training on co-occurring features


def test_the_rate_is_the_slower_eigenvalue() -> None:
    for p in (0.01, 0.2, 0.5, 0.9):
        slow = np.linalg.eigvalsh(2 * np.array([[1, p], [p, p]]))[0]
        assert negative_overlap_rate(p) == pytest.approx(slow, rel=1e-13, abs=0)


def test_the_rate_at_its_ends() -> None:
    assert negative_overlap_rate(0.0) == 0
    assert negative_overlap_rate(1.0) == 0
    tiny = np.array([1e-300, 1e-12, 1e-6])
    np.testing.assert_allclose(negative_overlap_rate(tiny), 2 * tiny * (1 - tiny), rtol=1e-11)


# Refusals


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: neuron_loss(1, 1, probability=1.5, amplitude=1.0), "^probability must be in"),
        (lambda: neuron_loss(0.5, 1, probability=0.5, amplitude=1.0), "^n_positive must be in"),
        (lambda: neuron_loss(101, 1, probability=0.5, amplitude=1.0), "^n_positive must be in"),
        (lambda: pair_excess(probability=0.5, amplitude=-1.0), "^amplitude must be in"),
        (lambda: pair_excess(probability=np.nan, amplitude=1.0), "^probability must be finite"),
        (lambda: layer_loss(5, 2, probability=0.1, l1_strength=0.1), "n_features ≤ 2 n_neurons"),
        (lambda: layer_loss(2, 2, probability=0.1, l1_strength=0.5), "collapses"),
        (
            lambda: one_hot_loss([[1.0, 0.1]], probability=0.1),
            "^encodings must be rows with at most one",
        ),
        (lambda: one_hot_loss([[1.0]] * 13, probability=0.1), "^encodings must be at most 12"),
        (lambda: one_hot_loss([1.0], probability=0.1), "^encodings must be of shape"),
        (lambda: negative_overlap_rate(-0.1), "^probability must be in"),
    ],
)
def test_what_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_a_number_is_no_noise() -> None:
    with pytest.raises(TypeError, match=r"^noise must be a distribution"):
        pair_excess(probability=0.1, amplitude=1.0, noise=0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^noise must be a distribution"):
        break_even_probability(amplitude=1.0, noise="bipolar")  # type: ignore[arg-type]
