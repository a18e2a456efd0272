r"""Limiting distribution of λT*, by a recursion in one variable.

In the Gumbel domain (Gaussian, Laplace, …) the spacings of the largest weights tend, up to scale,
to u_(j) − u_(j+1) = E_j/j with E_j independent Exp(1). Let Y_k be the squared coefficient of
variation of the k + 1 largest, measured from the (k+1)-st. The n-th spacing, with n living weights,
takes the slow time

.. math:: \Delta T_n = \frac{1}{\sqrt n}\Bigl[\operatorname{asinh}\frac{1}{b_n\sqrt{Y_{n-1}}}
          - \operatorname{asinh}\frac{1}{\sqrt{Y_{n-1}}}\Bigr],
          \qquad Y_n = \frac{1 + (n+1)\,b_n^2\,Y_{n-1}}{n}, \quad Y_1 = 1,

where b_n = S₁/(S₁ + E_n), S₁ = E_1 + … + E_{n−1}. A sum of exponentials is independent of their
ratios, and Y is a function of these: so the b_n ~ Beta(n−1, 1) are independent of one another and
of the past, and independent of the scale. Hence f_n(y) = E[e^{z(T − T_n)} | Y_n = y] obeys
f_{n−1}(y) = E[e^{z ΔT_n} f_n(Y_n)], and f_1(1) = E e^{zλT*}. Beyond n = 64 the first cumulants of
the remaining time are known as a series in 1/n. The distribution is the inverse transform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any, overload

import numpy as np
from numpy.polynomial import chebyshev
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks
from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim

__all__ = ["QUANTILE_LEVEL", "SCALED_TIME", "CompletionDistribution", "completion_distribution"]

ComplexArray = NDArray[np.complex128]

_NODES, _WEIGHTS = leggauss(20)
#: Spacings treated one by one.
_LAST = 64
#: Chebyshev points for f_n.
_SIZE = 28
#: Rate of the tail, P(λT* > x) ~ C exp(−√2 x), due to near ties of the two largest weights.
TAIL_RATE = np.sqrt(2.0)
#: Below, P(λT* < x) < 1e-12; above, the tail is exact to 1e-8.
_LOW, _HIGH = 0.2, 9.0
_GONE = 1e9  # beyond it the tail is 0, and the exponent might overflow

#: Least probability of a quantile; below, the distribution function is too inaccurate.
_MIN_PROBABILITY = 1e-6

SCALED_TIME = Domain({"x": Interval(-np.inf, np.inf)})
QUANTILE_LEVEL = Domain({"q": Interval(_MIN_PROBABILITY, 1.0, open_high=True)})


def _rest_cumulants(y: FloatArray, k: int) -> tuple[FloatArray, FloatArray, float]:
    """Return mean, variance and third cumulant of the time beyond the k-th spacing, given Y_k = y.

    Solved order by order in 1/k from the recursion. The leading mean is exact in y, from a
    deterministic flow of weights, T = ∫ dk/(k √(y − 1 + 2k)).
    """
    d = y - 1.0
    root = np.sqrt((d + 1e-30j) / 2.0)
    leading = np.sqrt(2.0) * (np.arcsinh(root) / root).real
    first = 3 / 10 + d * (29 / 1400 + d * (-337 / 47040 + d * 1285 / 532224))
    second = -563 / 5880 - 5801 / 5433120 * d
    mean = (leading + np.sqrt(2.0) * (first + second / k) / k) / np.sqrt(k)
    variance = (4 / 9 - 4 / 135 * d + 13 / 3150 * d**2 + 394 / 1575 / k) / k**2
    return mean, variance, 352 * np.sqrt(2.0) / 945 / k**3.5


@dataclass(frozen=True)
class _Grid:
    """Chebyshev points in log y for f_n; outside, Y_n has probability below 1e-13."""

    centre: float
    half_width: float

    @classmethod
    def at(cls, n: int) -> _Grid:
        low = max(1 / n, np.exp(-9 / np.sqrt(n)))
        high = min(n, 1 + 900 / n)
        return cls(np.log(low * high) / 2, np.log(high / low) / 2)

    @property
    def points(self) -> FloatArray:
        return np.asarray(np.exp(self.centre + self.half_width * chebyshev.chebpts1(_SIZE)))

    def weights_at(self, y: FloatArray) -> FloatArray:
        """Return the matrix that interpolates to y, shape (y.size, points)."""
        u = np.clip((np.log(y.ravel()) - self.centre) / self.half_width, -1, 1)
        vander = chebyshev.chebvander(chebyshev.chebpts1(_SIZE), _SIZE - 1)
        orthogonal = vander.T / np.where(np.arange(_SIZE) == 0, _SIZE, _SIZE / 2)[:, None]
        return np.asarray(chebyshev.chebvander(u, _SIZE - 1) @ orthogonal)


def _beta_rule(n: int, z: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Return nodes b and weights for E over b ~ Beta(n−1, 1), fine enough for exp(z ΔT_n)."""
    # b = exp(−x), x ~ Exp(n−1); the integrand oscillates at a rate of at most z/√n.
    reach = 32 / (n - 1 - max(0, z.real.max()) / np.sqrt(n))
    panels = 1 + int((abs(z.imag).max() / np.sqrt(n) + n - 1) * reach / 40)
    panels += 3 * (n < 10)  # few weights: the step is curved in b over the whole range
    x = reach * (np.arange(panels)[:, None] + (_NODES + 1) / 2).ravel() / panels
    weights = np.tile(_WEIGHTS, panels) * (reach / 2 / panels) * (n - 1) * np.exp(-(n - 1) * x)
    return np.exp(-x), weights


def moment_generating(
    z: ArrayLike, *, start: int = 1, y: float = 1.0, last: int = _LAST, rest: bool = True
) -> ComplexArray:
    """Return E exp(zT), T the time beyond spacing `start` given Y_start = y; Re z < √2 for start 1.

    Without the remainder beyond spacing `last` it is exact for Laplace rows of `last` weights.
    """
    z = np.atleast_1d(np.asarray(z, dtype=np.complex128))
    grid = _Grid.at(last)
    mean, variance, third = _rest_cumulants(grid.points, last)
    cumulants = (
        np.multiply.outer(mean, z) + np.multiply.outer(variance, z**2 / 2) + third * z**3 / 6
    )
    f = np.exp(rest * cumulants)
    for n in range(last, start, -1):
        before = np.array([y]) if n == start + 1 else _Grid.at(n - 1).points
        b, weights = _beta_rule(n, z)
        by = b * b * before[:, None]
        step = np.arcsinh(1 / np.sqrt(by)) - np.arcsinh(1 / np.sqrt(before))[:, None]
        after = (1 + (n + 1) * by) / n
        values = (grid.weights_at(after) @ f).reshape(*after.shape, -1)
        values *= np.exp(step[..., None] / np.sqrt(n) * z)
        f = np.einsum("q,yqz->yz", weights, values)
        grid = _Grid.at(max(n - 1, 2))
    return np.asarray(f[0])


@dataclass(frozen=True, eq=False)
class CompletionDistribution:
    """The distribution of λT*, the scaled time at which one weight is left, for m → ∞.

    Its methods are those of a frozen distribution of `scipy.stats`.

    Attributes
    ----------
    tail_constant : float
        C in P(λT* > x) = C exp(−√2 x)(1 + O(exp(−2.05 x))).

    Examples
    --------
    >>> from polytheory.theory.sparsification import completion_distribution
    >>> distribution = completion_distribution()
    >>> round(distribution.mean(), 4), round(distribution.median(), 4)
    (1.7586, 1.5827)
    """

    tail_constant: float
    _mean: float = field(repr=False)
    _variance: float = field(repr=False)
    _skewness: float = field(repr=False)
    _z: ComplexArray = field(repr=False)
    _transform: ComplexArray = field(repr=False)

    def _invert(self, x: FloatArray, values: ComplexArray) -> FloatArray:
        # ∫ Re[values e^{−zx}] dω/π by the trapezoid rule, which aliases x with x + 2πj/step.
        weights = np.full(self._z.size, self._z[1].imag / np.pi)
        weights[0] /= 2
        blocks = np.array_split(x.ravel(), 1 + x.size // 1024)
        sums = [(np.exp(-np.multiply.outer(b, self._z)) @ (weights * values)).real for b in blocks]
        return np.concatenate(sums).reshape(x.shape)

    @overload
    def sf(self, x: Number) -> float: ...
    @overload
    def sf(self, x: ArrayLike) -> FloatArray: ...
    def sf(self, x: Any) -> Any:
        """Return the survival function P(λT* > x).

        Parameters
        ----------
        x : float or array
            A scaled time λt, of any sign.

        Returns
        -------
        float or ndarray
            To 1e-7.

        Examples
        --------
        >>> from polytheory.theory.sparsification import completion_distribution
        >>> round(completion_distribution().sf(2.0), 4)
        0.2952
        """
        (x,) = SCALED_TIME.check(x=x)
        aliased = np.exp(-self._z[0].real * 2 * np.pi / self._z[1].imag)
        body = self._invert(np.clip(x, _LOW, _HIGH), self._transform / self._z) - aliased
        body = np.where(x <= _LOW, 1.0, np.clip(body, 0.0, 1.0))
        far = self.tail_constant * np.exp(-TAIL_RATE * np.clip(x, _HIGH, _GONE))
        return unwrap(np.where(x > _HIGH, far, body))

    @overload
    def cdf(self, x: Number) -> float: ...
    @overload
    def cdf(self, x: ArrayLike) -> FloatArray: ...
    def cdf(self, x: Any) -> Any:
        """Return the cumulative distribution function P(λT* ≤ x).

        Parameters
        ----------
        x : float or array
            A scaled time λt, of any sign.

        Returns
        -------
        float or ndarray
            To 1e-7.
        """
        return 1.0 - self.sf(x)

    @overload
    def pdf(self, x: Number) -> float: ...
    @overload
    def pdf(self, x: ArrayLike) -> FloatArray: ...
    def pdf(self, x: Any) -> Any:
        """Return the probability density of λT* at x.

        Parameters
        ----------
        x : float or array
            A scaled time λt, of any sign.

        Returns
        -------
        float or ndarray
            To 1e-7.
        """
        (x,) = SCALED_TIME.check(x=x)
        body = np.maximum(self._invert(np.clip(x, _LOW, _HIGH), self._transform), 0.0)
        far = TAIL_RATE * self.tail_constant * np.exp(-TAIL_RATE * np.clip(x, _HIGH, _GONE))
        return unwrap(np.where(x <= _LOW, 0.0, np.where(x > _HIGH, far, body)))

    @overload
    def ppf(self, q: Number) -> float: ...
    @overload
    def ppf(self, q: ArrayLike) -> FloatArray: ...
    def ppf(self, q: Any) -> Any:
        """Return the quantile, the x with P(λT* ≤ x) = q.

        Parameters
        ----------
        q : float or array
            At least 1e-6 and below 1.

        Returns
        -------
        float or ndarray
            To 1e-6 between 1e-4 and 1 − 1e-12.

        Raises
        ------
        ValueError
            Outside [1e-6, 1).

        Examples
        --------
        >>> from polytheory.theory.sparsification import completion_distribution
        >>> round(completion_distribution().ppf(0.95), 4)
        3.2848
        """
        (p,) = QUANTILE_LEVEL.check(q=q)
        grid = np.linspace(_LOW, _HIGH, 221)
        x = np.interp(p, 1.0 - self.sf(grid), grid)
        for _ in range(4):
            slope = np.maximum(self.pdf(x), 1e-7)
            x = x + np.clip((p - 1.0 + self.sf(x)) / slope, -0.05, 0.05)
            x = np.clip(x, _LOW, _HIGH)
        far = np.log(self.tail_constant / (1.0 - p)) / TAIL_RATE
        return unwrap(np.where(far > _HIGH, far, x))

    def rvs(self, size: int | tuple[int, ...] | None = None, random_state: Any = None) -> Any:
        """Draw values of λT*, by inversion.

        Parameters
        ----------
        size : int or tuple of int, optional
            Shape of what is returned; one number by default.
        random_state : Generator, SeedSequence, int or None
            Passed to `numpy.random.default_rng`.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            If `size` is not a shape or `random_state` not a source of random numbers.

        Examples
        --------
        >>> from polytheory.theory.sparsification import completion_distribution
        >>> completion_distribution().rvs(size=(2, 3), random_state=0).shape
        (2, 3)
        """
        given = () if size is None else size if isinstance(size, tuple) else (size,)
        shape = tuple(_checks.integer("size", each, minimum=0) for each in given)
        uniform = _checks.generator(random_state, "random_state").random(shape)
        return self.ppf(np.maximum(uniform, _MIN_PROBABILITY))

    def mean(self) -> float:
        """Return E λT*, to about 1e-7."""
        return self._mean

    def median(self) -> float:
        """Return the x with P(λT* ≤ x) = 1/2, to 1e-6."""
        return float(self.ppf(0.5))

    def var(self) -> float:
        """Return the variance of λT*, to about 1e-7."""
        return self._variance

    def std(self) -> float:
        """Return the standard deviation of λT*, to about 1e-7."""
        return math.sqrt(self._variance)

    def stats(self, moments: str = "mv") -> tuple[float, ...]:
        """Return moments of λT*, to about 1e-7.

        Parameters
        ----------
        moments : str
            Letters of "mvs": mean, variance, skewness.

        Returns
        -------
        tuple of float
            One number per letter.

        Raises
        ------
        TypeError, ValueError
            For any other letter.
        """
        if not isinstance(moments, str):
            raise _checks.refuse_type("moments", moments, "a string of letters m, v and s")
        known = {"m": self._mean, "v": self._variance, "s": self._skewness}
        return tuple(known[_checks.one_of("moments", each, tuple(known))] for each in moments)


@claim(
    Kind.STATISTICAL,
    SCALED_TIME,
    says="λT* has one distribution for m → ∞: spacings E_j/j, mean 1.7586, tail 5.22 exp(−√2 x)",
    source="completion_time: The distribution of b",
    rests_on="completion_step",
    note="for initial distributions in the Gumbel domain; Gaussian rows converge like 1/ln m",
)
@cache
def completion_distribution() -> CompletionDistribution:
    r"""Return the limiting distribution of λT*, the scaled time at which one weight is left.

    Independent of m, λ and the scale: for m → ∞ and any initial distribution in the Gumbel domain,
    T* is the completion time of spacings E_j/j, E_j independent Exp(1).

    Returns
    -------
    CompletionDistribution
        With the methods of a frozen distribution of `scipy.stats`: `pdf`, `cdf`, `sf`, `ppf`,
        `rvs`, `mean`, `median`, `var`, `std`, `stats`.

    Notes
    -----
    Kind: statistical. Source: derivations/completion_time, “The distribution of b”.

    Computed by quadrature on the first call (some seconds). Gaussian rows converge logarithmically
    in m: their mean is 1.80–1.84 for m = 10² … 10⁵, against 1.759 in the limit. Uniform rows lie in
    another domain (about 3.1). The tail exp(−√2 x) comes from near ties of the two largest weights.

    Examples
    --------
    >>> from polytheory.theory.sparsification import completion_distribution
    >>> [round(each, 5) for each in completion_distribution().stats("mv")]
    [1.75861, 0.62815]
    """
    # Cumulants: Taylor coefficients of log E exp(zT) from a circle, well inside the pole at √2.
    points, radius = 32, 0.5
    circle = radius * np.exp(2j * np.pi * np.arange(points // 2 + 1) / points)
    taylor = _taylor(np.log(moment_generating(circle)), points, radius)
    mean, variance, third = taylor[1], 2 * taylor[2], 6 * taylor[3]
    # As b_2 → 0: ΔT_2 = [log(1/b_2) + log(2/(1+√2))]/√2 + O(b_2²) and Y_2 → 1/2.
    tie = moment_generating(TAIL_RATE, start=2, y=0.5)[0].real
    z = np.asarray(0.5 + 0.25j * np.arange(241), dtype=np.complex128)
    return CompletionDistribution(
        tail_constant=float(2 / (1 + np.sqrt(2.0)) * tie),
        _mean=float(mean),
        _variance=float(variance),
        _skewness=float(third / variance**1.5),
        _z=z,
        _transform=np.concatenate([moment_generating(part) for part in np.array_split(z, 6)]),
    )


def _taylor(half_circle: ComplexArray, points: int, radius: float) -> FloatArray:
    """Return Taylor coefficients of a real-analytic function from its values on a half circle."""
    powers = radius ** np.arange(points // 2)
    return np.asarray(np.fft.hfft(half_circle, points)[: points // 2] / points / powers)
