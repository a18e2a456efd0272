"""What is certain about noise, whatever the rows: bounds B1–B9, and claims that have to fail.

A claim returns margins, which are never negative if it is true. The same cases that support the
true ones refute the false ones.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory.noise import (
    Bipolar,
    Functionals,
    Gaussian,
    Laplace,
    Noise,
    Uniform,
    expected_loss,
    functionals,
)
from polytheory.testing import rows

Array = NDArray[np.float64]
EPS = np.finfo(float).eps
GAUSS = math.sqrt(2 / math.pi)  # E|Z|
ALL: list[type[Noise]] = [Gaussian, Bipolar, Uniform, Laplace]


@dataclass(frozen=True)
class Case:
    """A row, a distribution, and depths x = −μ/s ≥ 0 in ascending order."""

    row: Array
    distribution: Noise
    x: Array

    @property
    def s(self) -> float:
        return self.distribution.std * math.sqrt((self.row**2).sum())

    def at(self, x: Array) -> Functionals:
        return functionals(np.asarray(x) * self.s, self.row, self.distribution, rtol=1e-7)

    @property
    def mean_size(self) -> float:
        """Return E|z|/s."""
        return float(self.at(np.array(0.0)).slope) / self.s


Claim = Callable[[Case], Array]


def cases(distributions: list[type[Noise]]) -> st.SearchStrategy[Case]:
    depths = st.lists(st.floats(0, 4), min_size=3, max_size=3).map(lambda x: np.array(sorted(x)))
    distribution = st.builds(
        lambda kind, std: kind(std=std), st.sampled_from(distributions), st.floats(0.05, 2.0)
    )
    return st.builds(Case, rows(max_neurons=8), distribution, depths)


def tolerance(case: Case) -> float:
    """Return what the quadrature may be off, in units of s² or s: margins hold several values."""
    return 1e-12 + 10 * float(np.max(case.at(np.append(case.x, 0.0)).error))


def refutation(claim: Claim, distributions: list[type[Noise]]) -> Case:
    """Return a case that refutes the claim by far more than any error; or NoSuchExample."""
    quiet = settings(
        max_examples=400, derandomize=True, database=None, deadline=None, phases=[Phase.generate]
    )
    return find(
        cases(distributions), lambda case: bool((claim(case) < -1e-3).any()), settings=quiet
    )


# B1: shape of F


def shape_of_F(case: Case) -> Array:
    ends = np.concatenate([-case.x[::-1], case.x])
    seen, middle = case.at(ends), case.at((ends[1:] + ends[:-1]) / 2)
    F, half = seen.F / case.s**2, middle.F / case.s**2
    convex = (F[1:] + F[:-1]) / 2 - half
    slope, curvature = seen.slope / case.s, seen.curvature
    return np.concatenate([F, np.diff(F), convex, slope, np.diff(slope), curvature, 2 - curvature])


def reflection(case: Case) -> Array:
    up, down, mu = case.at(case.x), case.at(-case.x), case.x * case.s
    whole = (up.F + down.F - mu**2) / case.s**2 - 1
    return -np.abs(np.concatenate([whole, (up.slope - down.slope - 2 * mu) / case.s]))


# B2, B3: between parabolas, for μ ≤ 0


def within_parabolas(case: Case) -> Array:
    F = case.at(-case.x).F / case.s**2
    return np.concatenate([F - np.maximum(1 - case.x, 0) ** 2 / 2, 0.5 - F])


def within_tangents(case: Case) -> Array:
    seen, K = case.at(-case.x), case.mean_size
    tangent, slope = 0.5 - case.x * K, seen.slope / case.s
    F = seen.F / case.s**2
    return np.concatenate(
        [F - tangent, tangent + case.x**2 / 2 - F, slope - np.maximum(0, K - case.x), K - slope]
    )


# B4: the mean size


def mean_size_of_any_distribution(case: Case) -> Array:
    return np.array([1 - case.mean_size])


def mean_size_of_signs(case: Case) -> Array:
    weights = np.abs(case.row) * case.distribution.std / case.s
    K, top = case.mean_size, weights.max()
    margins = [K - math.sqrt(0.5), K - top]  # Szarek's constant
    if top >= weights.sum() - top:
        margins.append(top - K)  # then the largest alone decides the sign
    return np.array(margins)


def mean_size_of_uniform(case: Case) -> Array:
    return np.array([case.mean_size - GAUSS, math.sqrt(3) / 2 - case.mean_size])


def mean_size_of_laplace(case: Case) -> Array:
    return np.array([case.mean_size - math.sqrt(0.5), GAUSS - case.mean_size])


def evened(case: Case) -> Case:
    """Average the squares of the first two weights: less concentrated, the same norm."""
    row = case.row.copy()
    row[:2] = math.sqrt((row[:2] ** 2).mean())
    return Case(row, case.distribution, case.x)


def concentration_raises_the_mean_size(case: Case) -> Array:
    return np.array([case.mean_size - evened(case).mean_size])


def concentration_lowers_the_mean_size(case: Case) -> Array:
    return -concentration_raises_the_mean_size(case)


def concentration_raises_F_below_zero(case: Case) -> Array:
    return (case.at(-case.x).F - evened(case).at(-case.x).F) / case.s**2


def mean_size_grows_with_the_fourth_power_sum(case: Case) -> Array:
    """Compare with the row of which one weight is doubled, at equal norm."""
    row = case.row.copy()
    row[0] *= 2
    other = Case(row, case.distribution, case.x)
    fourth = [(each.row**4).sum() / (each.row**2).sum() ** 2 for each in (case, other)]
    return np.array([math.copysign(1, fourth[1] - fourth[0]) * (other.mean_size - case.mean_size)])


TRUE: list[tuple[Claim, list[type[Noise]]]] = [
    (shape_of_F, ALL),
    (reflection, ALL),
    (within_parabolas, ALL),
    (within_tangents, ALL),
    (mean_size_of_any_distribution, ALL),
    (mean_size_of_signs, [Bipolar]),
    (mean_size_of_uniform, [Uniform]),
    (mean_size_of_laplace, [Laplace]),
    (concentration_raises_the_mean_size, [Uniform]),
    (concentration_lowers_the_mean_size, [Laplace]),
    (concentration_raises_F_below_zero, [Laplace]),
]
FALSE: list[tuple[Claim, list[type[Noise]]]] = [
    (mean_size_grows_with_the_fourth_power_sum, [Bipolar]),
    (concentration_raises_the_mean_size, [Bipolar]),
    (concentration_lowers_the_mean_size, [Bipolar]),
    (concentration_raises_F_below_zero, [Bipolar]),
    (concentration_raises_F_below_zero, [Uniform]),
    (mean_size_of_uniform, [Bipolar]),
    (mean_size_of_uniform, [Laplace]),
    (mean_size_of_laplace, [Uniform]),
    (mean_size_of_signs, [Laplace]),
    (lambda case: within_parabolas(case) - 1e-2, ALL),
    (lambda case: within_tangents(case) - 1e-2, ALL),
]


def name(value: object) -> str:
    return getattr(value, "__name__", "") or "+".join(each.__name__ for each in value)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("claim", "distributions"), TRUE, ids=name)
def test_what_is_certain(claim: Claim, distributions: list[type[Noise]]) -> None:
    @given(case=cases(distributions))
    @settings(max_examples=25)
    def holds(case: Case) -> None:
        assert (claim(case) >= -tolerance(case)).all()

    holds()


@pytest.mark.parametrize(("claim", "distributions"), FALSE, ids=name)
def test_what_is_false_is_refuted(claim: Claim, distributions: list[type[Noise]]) -> None:
    assert isinstance(refutation(claim, distributions), Case)


def test_bounds_that_are_attained() -> None:
    x = np.array([0.0, 0.3, 0.9])
    alone = Case(np.array([0.0, 0.7]), Bipolar(std=0.4), x)
    pair = Case(np.array([0.7, 0.7]), Bipolar(std=0.4), x)
    assert within_parabolas(alone)[:3] == pytest.approx(0, abs=8 * EPS)
    assert mean_size_of_signs(pair)[0] == pytest.approx(0, abs=8 * EPS)
    assert mean_size_of_uniform(Case(np.ones(1), Uniform(std=1.0), x))[1] == pytest.approx(
        0, abs=1e-8
    )
    assert mean_size_of_laplace(Case(np.ones(1), Laplace(std=1.0), x))[0] == pytest.approx(
        0, abs=1e-8
    )


# B5: bounded noise


@given(
    row=rows(max_neurons=8),
    distribution=st.sampled_from([Bipolar, Uniform]),
    std=st.floats(0.05, 2),
)
@settings(max_examples=25)
def test_bounded_noise_reaches_exactly_its_bound(
    row: Array, distribution: type[Noise], std: float
) -> None:
    noise = distribution(std=std)
    reach = noise.bound * np.abs(row).sum()
    beyond = functionals(-reach * (1 + 1e-9), row, noise)
    assert beyond.F == beyond.slope == 0
    # Just inside there is weight, of which the smallest atom of signs is 2^-8.
    if distribution is Bipolar:
        inside = functionals(-reach * (1 - 1e-9), row, noise)
        assert inside.slope > 0


# B6, B7: Gram matrices


@st.composite
def obtuse(draw: st.DrawFn) -> Array:
    """Draw unit rows with all overlaps ≤ 0: Gram matrices I − A with A ≥ 0 of radius at most 1."""
    n = draw(st.integers(2, 5))
    flat = draw(st.lists(st.floats(0.01, 1), min_size=n * n, max_size=n * n))
    A = np.array(flat).reshape(n, n)
    A = (A + A.T) * (1 - np.eye(n))
    gram = np.eye(n) - draw(st.floats(0, 1)) * A / np.linalg.eigvalsh(A).max()
    values, vectors = np.linalg.eigh(gram)
    W = vectors * np.sqrt(np.maximum(values, 0))
    return np.asarray(W / np.sqrt((W**2).sum(axis=1, keepdims=True)))


@st.composite
def any_rows(draw: st.DrawFn) -> Array:
    n, m = draw(st.integers(2, 5)), draw(st.integers(1, 5))
    W = np.random.default_rng(draw(st.integers(0, 10**6))).normal(size=(n, m))
    return np.asarray(W / np.sqrt((W**2).sum(axis=1, keepdims=True)))


def off_diagonal(W: Array) -> Array:
    return np.asarray((W @ W.T)[~np.eye(len(W), dtype=bool)])


def crosstalk(W: Array, distribution: Noise) -> float:
    """Return Σ_{i≠j} F_j(W_i·W_j)."""
    seen = functionals(W @ W.T, W[None], distribution, rtol=1e-7)
    return float(seen.F[~np.eye(len(W), dtype=bool)].sum())


@given(W=any_rows(), std=st.floats(0.05, 1.0))
@settings(max_examples=40)
def test_nothing_beats_the_simplex_under_gaussian_noise(W: Array, std: float) -> None:
    n, distribution = len(W), Gaussian(std=std)
    assert off_diagonal(W).sum() >= -n * (1 + 64 * EPS)
    least = n * (n - 1) * functionals(-1 / (n - 1), [1.0], distribution).F
    assert crosstalk(W, distribution) >= least * (1 - 1e-12)


def test_the_simplex_attains_it_and_orthogonal_rows_do_not() -> None:
    n, distribution = 4, Gaussian(std=0.3)
    simplex = math.sqrt(n / (n - 1)) * (np.eye(n) - 1 / n)
    least = n * (n - 1) * functionals(-1 / (n - 1), [1.0], distribution).F
    assert crosstalk(simplex, distribution) == pytest.approx(least, rel=1e-12, abs=0)
    assert crosstalk(np.eye(n), distribution) > 1.5 * least


@given(W=obtuse(), distribution=st.sampled_from(ALL), std=st.floats(0.05, 1.0))
@settings(max_examples=25)
def test_crosstalk_of_obtuse_rows(W: Array, distribution: type[Noise], std: float) -> None:
    least = (np.maximum(std + np.minimum(off_diagonal(W), 0), 0) ** 2).sum() / 2
    assert crosstalk(W, distribution(std=std)) >= least * (1 - 1e-6)


def rates(W: Array, std: float) -> Array:
    """Return γ_j/|κ| = (σ²/12) Σ_i |x_ij| φ(x_ij) for unit rows."""
    x = np.abs(W @ W.T) * (1 - np.eye(len(W))) / std
    return np.asarray(std**2 / 12 * (x * np.exp(-(x**2) / 2)).sum(axis=0) / math.sqrt(2 * math.pi))


@given(W=obtuse(), std=st.floats(0.02, 3.0))
def test_the_mean_drift_rate_is_bounded(W: Array, std: float) -> None:
    gamma, rounding = rates(W, std), 1 + 1e-9
    assert gamma.mean() <= std / math.sqrt(2 * math.pi) / 12 * rounding
    steepest = math.exp(-0.5) / math.sqrt(2 * math.pi)  # the largest x φ(x)
    assert gamma.max() <= steepest / 12 * std**2 * (len(W) - 1) * rounding


def test_the_rate_of_a_single_row_is_not() -> None:
    W = np.vstack([np.eye(7), -np.ones(7) / math.sqrt(7)])
    assert rates(W, 0.5).max() > 1.9 * 0.5 / math.sqrt(2 * math.pi) / 12 > rates(W, 0.5).mean()


# B8: symmetries of the loss


@given(
    W=any_rows(), distribution=st.sampled_from(ALL), std=st.floats(0.05, 1), seed=st.integers(0, 99)
)
@settings(max_examples=25)
def test_names_and_signs_of_neurons_are_nothing_to_the_loss(
    W: Array, distribution: type[Noise], std: float, seed: int
) -> None:
    rng, noise = np.random.default_rng(seed), distribution(std=std)
    n, m = W.shape
    turned = (W * rng.choice([-1, 1], m))[rng.permutation(n)][:, rng.permutation(m)]
    # The quadrature is symmetric but for the order of sums.
    assert expected_loss(turned, noise) == pytest.approx(expected_loss(W, noise), rel=1e-9, abs=0)


def test_mixing_neurons_is_something_to_it() -> None:
    half_turn = np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2)
    W, noise = np.array([[1.0, 0.0], [-0.2, 0.9]]), Bipolar(std=0.3)
    assert abs(expected_loss(W @ half_turn, noise) - expected_loss(W, noise)) > 1e-3


# B9: the cubic flow of one unit row


def cubic_flow(w: Array, sign: float, step: float = 0.05, count: int = 60) -> Array:
    def velocity(w: Array) -> Array:
        return sign * (w**3 - (w**4).sum() * w)

    path = [w]
    for _ in range(count):  # Runge–Kutta; its error per step, (step)⁵, is far below the changes
        k1 = velocity(w)
        k2 = velocity(w + step / 2 * k1)
        k3 = velocity(w + step / 2 * k2)
        k4 = velocity(w + step * k3)
        w = w + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        path.append(w)
    return np.array(path)


@given(row=rows(max_neurons=8))
@settings(max_examples=40)
def test_the_cubic_flow_keeps_the_order_and_lowers_the_participation_ratio(row: Array) -> None:
    path = cubic_flow(row / math.sqrt((row**2).sum()), 1.0)
    fourth = (path**4).sum(axis=1) / (path**2).sum(axis=1) ** 2
    assert (np.diff(fourth) >= -64 * EPS).all()
    order = np.argsort(np.abs(row))
    assert (np.diff(np.abs(path[:, order]), axis=1) >= -64 * EPS).all()


def test_positive_kurtosis_lowers_it() -> None:
    path = cubic_flow(np.array([0.8, 0.6]), -1.0)
    assert (path[-1] ** 4).sum() < (path[0] ** 4).sum() - 0.01
