"""Large layers: the closed forms keep their digits where differences and binomials lose them."""

from collections.abc import Iterator

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from polytheory.theory import collisions

#: Enough for the worst cancellation below: (1 − 4/2m)ⁿ down to e^−600, squared.
DIGITS = 600
SIZES = [
    (2, 10**9),
    (3, 10**9),
    (10, 10**9),
    (1000, 10**9),
    (31_623, 10**9),
    (10**6, 10**9),
    (10**6, 10**7),
    (10**6, 10**6),
    (10**6, 500_000),
    (999_999, 500_000),
    (5000, 3000),
    (400, 700),
    (7, 5),
]
# On either side of where the covariance of independent features changes its form.
SWITCH = [(n, 30) for n in (200, 250, 260, 270, 300)]


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mpmath.workdps(DIGITS):
        yield


def near(value: mpf, rel: float) -> object:
    return pytest.approx(float(value), rel=rel, abs=0)


def log_binomial(a: int, b: int) -> mpf:
    # 50 digits: of a logarithm of up to 10¹⁰, and 600 would take long.
    with mpmath.workdps(50):
        return mpmath.loggamma(a + 1) - mpmath.loggamma(b + 1) - mpmath.loggamma(a - b + 1)


def exact_pmf(x: int, n: int, m: int) -> mpf:
    ways = log_binomial(m, x) + log_binomial(m - x, n - 2 * x) + (n - 2 * x) * mpmath.log(2)
    return mpmath.exp(ways - log_binomial(2 * m, n))


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_exclusion(n: int, m: int) -> None:
    N, M = mpf(n), mpf(m)
    mean = N * (N - 1) / (2 * (2 * M - 1))
    variance = mean * (2 * M - N) * (2 * M - N - 1) / ((2 * M - 1) * (2 * M - 3))
    rounding = 8 * np.finfo(float).eps  # products and quotients only
    assert collisions.expected_polysemantic(n, m) == near(mean, rounding)
    assert collisions.polysemantic_variance(n, m) == near(variance, rounding)
    bound = (1 - mpmath.exp(-mean)) * (1 - variance / mean)
    assert collisions.poisson_distance_bound(n, m) == near(bound, rounding)


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_the_distribution_in_its_middle_and_far_out(n: int, m: int) -> None:
    mean = collisions.expected_polysemantic(n, m)
    sd = collisions.polysemantic_variance(n, m) ** 0.5
    low, high = max(0, n - m), n // 2
    for away in (-20, -3, 0, 3, 20):
        x = min(max(round(mean + away * sd), low), high)
        # The exponent, at most 700, carries its own rounding.
        exact = exact_pmf(x, n, m)
        if exact > 1e-290:
            rel = 4e-14 + 1e-15 * abs(float(mpmath.log(exact)))
            assert collisions.polysemantic_pmf(x, n, m) == near(exact, rel)


ROOM = [(n, m) for n, m in SIZES if n <= m]


@pytest.mark.parametrize(("n", "m"), [*ROOM, (20_000, 10**6), (60_000, 10**7)])
def test_nobody_meets(n: int, m: int) -> None:
    logs = {
        "exclusion": log_binomial(m, n) + n * mpmath.log(2) - log_binomial(2 * m, n),
        "independent": log_binomial(m, n) + mpmath.loggamma(n + 1) - n * mpmath.log(m),
    }
    for null_model, log in logs.items():
        chance = collisions.no_collision_probability(n, m, null_model=null_model)
        if log > -650:
            assert chance == near(mpmath.exp(log), 4e-14 + 1e-15 * abs(float(log)))
        else:
            assert chance < 1e-280


@pytest.mark.parametrize(
    ("n", "m"), [*SIZES, (3000, 20), (2, 1), (5, 2), (40, 1), (30, 3), *SWITCH]
)
def test_independent(n: int, m: int) -> None:
    M = mpf(m)
    a = [(1 - mpf(j) / (2 * m)) ** n for j in range(5)]
    one = 1 - 2 * a[1] + a[2]
    two = 1 - 4 * a[1] + 6 * a[2] - 4 * a[3] + a[4] if m > 1 else mpf(0)
    rounding = 20 * np.finfo(float).eps
    assert collisions.expected_polysemantic(n, m, null_model="independent") == near(
        M * one, rounding
    )
    crowded = M * (1 - a[2] - n / M * (1 - 1 / M) ** (n - 1))
    seen = collisions.expected_polysemantic(n, m, null_model="independent", signs="any")
    assert seen == near(crowded, rounding)
    variance = M * one + M * (M - 1) * two - (M * one) ** 2
    # Up to 300 in the exponents of what decides it when most sites are taken.
    assert collisions.polysemantic_variance(n, m, null_model="independent") == near(variance, 2e-13)


def test_the_textbook_form_would_not_do() -> None:
    # What the tests above are for: these lose all their digits.
    n, m = 2, 10.0**9
    naive = m * (1 - 2 * (1 - 0.5 / m) ** n + (1 - 1 / m) ** n)
    assert abs(naive / collisions.expected_polysemantic(n, m, null_model="independent") - 1) > 0.1
