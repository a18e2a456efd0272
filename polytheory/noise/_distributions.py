"""Symmetric distributions of the noise on one hidden neuron, independent between neurons."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import MAX_STRENGTH, FloatArray, Number, unwrap

#: Largest order of a cumulant; higher ones exceed double precision.
MAX_CUMULANT_ORDER = 100
#: A tail smaller than e^-37 vanishes in double precision.
LOG_OF_LOST_TAIL = 37.0


def checked_shape(value: Any) -> tuple[int, ...]:
    """Return the shape of a sample as a tuple."""
    sizes = value if isinstance(value, tuple) else (value,)
    return tuple(_checks.integer("shape", each, minimum=0) for each in sizes)


@cache
def bernoulli(order: int) -> Fraction:
    """Return a Bernoulli number exactly; SciPy's are accurate to 1e-12 only."""
    if order == 0:
        return Fraction(1)
    known = sum(math.comb(order + 1, k) * bernoulli(k) for k in range(order))
    return Fraction(-known, order + 1)


@dataclass(frozen=True, kw_only=True)
class Noise(ABC):
    """A symmetric distribution of the noise ξ on one hidden neuron; base class of all of them.

    The characteristic function and the cumulants are those of ξ/σ, of variance 1; `bound` and
    `sample` are those of ξ itself.

    Parameters
    ----------
    std : float
        Standard deviation σ, positive. A model without noise has no noise distribution at all.

    Raises
    ------
    TypeError, ValueError
        If σ is not a number in [1e-25, 1e25].
    """

    std: float

    def __post_init__(self) -> None:
        std = _checks.scalar("std", self.std, low=-math.inf, high=MAX_STRENGTH)
        hint = "For a model without noise, leave the noise out."
        if not std > 0:
            raise _checks.refuse_value("std", f"{std:g}", "positive", hint)
        if std < 1 / MAX_STRENGTH:
            raise _checks.refuse_value("std", f"{std:g}", f"at least {1 / MAX_STRENGTH:g}", hint)
        object.__setattr__(self, "std", std)

    @property
    def bound(self) -> float:
        """A such that |ξ| ≤ A; infinite if there is no bound."""
        return math.inf

    @property
    def excess_kurtosis(self) -> float:
        """κ = E ξ⁴/σ⁴ − 3 ≥ −2; raises ValueError if it does not exist."""
        return self.cumulants(4)[-1]

    def cumulants(self, order: int) -> tuple[float, ...]:
        """Return the even cumulants κ₂ = 1, κ₄, …, κ_order of ξ/σ; the odd ones are zero.

        Parameters
        ----------
        order : int
            Even, from 2 to 100.

        Returns
        -------
        tuple of float

        Raises
        ------
        TypeError, ValueError
            If the order is out of range, the moment does not exist, or a user's distribution does
            not give it.
        """
        order = _checks.integer("order", order, minimum=2)
        if order % 2 or order > MAX_CUMULANT_ORDER:
            allowed = f"even and at most {MAX_CUMULANT_ORDER}"
            raise _checks.refuse_value("order", str(order), allowed, "Odd cumulants vanish.")
        return self._cumulants(order)

    @abstractmethod
    def _cumulants(self, order: int) -> tuple[float, ...]: ...

    # The following methods are not abstract, because in `Symmetric` they are fields.
    @overload
    def characteristic_function(self, u: Number) -> float: ...
    @overload
    def characteristic_function(self, u: ArrayLike) -> FloatArray: ...
    def characteristic_function(self, u: Any) -> Any:
        """Return c(u) = E cos(u ξ/σ), real and even.

        Parameters
        ----------
        u : float or array

        Returns
        -------
        float or ndarray
        """
        return unwrap(self._characteristic_function(np.asarray(u, dtype=np.float64)))

    def _characteristic_function(self, u: FloatArray) -> FloatArray:
        raise NotImplementedError

    @overload
    def characteristic_derivative(self, u: Number) -> float: ...
    @overload
    def characteristic_derivative(self, u: ArrayLike) -> FloatArray: ...
    def characteristic_derivative(self, u: Any) -> Any:
        """Return dc/du.

        Parameters
        ----------
        u : float or array

        Returns
        -------
        float or ndarray
        """
        return unwrap(self._characteristic_derivative(np.asarray(u, dtype=np.float64)))

    def _characteristic_derivative(self, u: FloatArray) -> FloatArray:
        raise NotImplementedError

    def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> FloatArray:
        """Return independent samples of ξ.

        Parameters
        ----------
        shape : int or tuple of int
        rng : Generator, SeedSequence, int or None
            Passed to `numpy.random.default_rng`.

        Returns
        -------
        ndarray of this shape
        """
        raise NotImplementedError

    def reach(self, rows: FloatArray) -> FloatArray:
        """Return the distance beyond which v·ξ/σ has no probability in double precision.

        Parameters
        ----------
        rows : array (..., n_neurons)
            v, of length 1.

        Returns
        -------
        ndarray (...)
            Exact for bounded noise: (A/σ) ‖v‖₁. Infinite if unknown.
        """
        return np.asarray(self.bound / self.std * np.abs(rows).sum(axis=-1))


class Gaussian(Noise):
    """Gaussian noise, c(u) = exp(−u²/2): excess kurtosis 0, no preferred basis.

    Parameters
    ----------
    std : float
        σ, positive.

    Examples
    --------
    >>> from polytheory.noise import Gaussian
    >>> Gaussian(std=0.1).excess_kurtosis
    0.0
    """

    def _cumulants(self, order: int) -> tuple[float, ...]:
        return (1.0,) + (0.0,) * (order // 2 - 1)

    def _characteristic_function(self, u: FloatArray) -> FloatArray:
        return np.exp(-0.5 * np.square(u))

    def _characteristic_derivative(self, u: FloatArray) -> FloatArray:
        return -u * np.exp(-0.5 * np.square(u))

    def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> FloatArray:
        """Return independent normal samples."""
        return _checks.generator(rng).normal(0.0, self.std, checked_shape(shape))

    def reach(self, rows: FloatArray) -> FloatArray:
        """Return √(2·37), beyond which the tail of a unit normal vanishes in double precision."""
        return np.full(rows.shape[:-1], math.sqrt(2 * LOG_OF_LOST_TAIL))


class Bipolar(Noise):
    """Noise ±σ with equal probabilities, c(u) = cos(u): excess kurtosis −2, the least possible.

    Parameters
    ----------
    std : float
        σ, positive.

    Examples
    --------
    >>> from polytheory.noise import Bipolar
    >>> Bipolar(std=0.1).bound, Bipolar(std=0.1).cumulants(6)
    (0.1, (1.0, -2.0, 16.0))
    """

    @property
    def bound(self) -> float:
        """σ, the only value of |ξ|."""
        return self.std

    def _cumulants(self, order: int) -> tuple[float, ...]:
        # The series of log cosh.
        return tuple(
            float(4**k * (4**k - 1) * bernoulli(2 * k) / (2 * k)) for k in range(1, order // 2 + 1)
        )

    def _characteristic_function(self, u: FloatArray) -> FloatArray:
        return np.cos(u)

    def _characteristic_derivative(self, u: FloatArray) -> FloatArray:
        return -np.sin(u)

    def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> FloatArray:
        """Return independent signs times σ."""
        bits = _checks.generator(rng).integers(0, 2, checked_shape(shape))
        return np.asarray(self.std * (2.0 * bits - 1.0))


class Uniform(Noise):
    """Uniform noise on [−√3 σ, √3 σ], c(u) = sin(√3 u)/(√3 u): excess kurtosis −6/5.

    Parameters
    ----------
    std : float
        σ, positive.

    Examples
    --------
    >>> from polytheory.noise import Uniform
    >>> round(Uniform(std=0.1).excess_kurtosis, 12)
    -1.2
    """

    @property
    def bound(self) -> float:
        """√3 σ."""
        return math.sqrt(3) * self.std

    def _cumulants(self, order: int) -> tuple[float, ...]:
        return tuple(float(bernoulli(2 * k) * 12**k / (2 * k)) for k in range(1, order // 2 + 1))

    def _characteristic_function(self, u: FloatArray) -> FloatArray:
        return np.asarray(np.sinc(u * (math.sqrt(3) / math.pi)))

    def _characteristic_derivative(self, u: FloatArray) -> FloatArray:
        """Return (cos(y) − sin(y)/y)/u, y = √3 u."""
        y = np.asarray(math.sqrt(3) * u)
        small = np.abs(y) < 0.1  # the two terms cancel: use the series, to a remainder below 1e-15
        safe = np.where(small, 1.0, y)
        slope = np.array((np.cos(safe) - np.sin(safe) / safe) / safe)
        y = y[small]
        slope[small] = y * (-1 / 3 + y**2 * (1 / 30 + y**2 * (-1 / 840 + y**2 / 45360)))
        return math.sqrt(3) * slope

    def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> FloatArray:
        """Return independent uniform samples."""
        return _checks.generator(rng).uniform(-self.bound, self.bound, checked_shape(shape))


class Laplace(Noise):
    """Laplace noise, density exp(−√2 |ξ|/σ)/(√2 σ), c(u) = 1/(1 + u²/2): excess kurtosis 3.

    Parameters
    ----------
    std : float
        σ, positive.

    Examples
    --------
    >>> from polytheory.noise import Laplace
    >>> round(Laplace(std=0.1).excess_kurtosis, 12)
    3.0
    """

    def _cumulants(self, order: int) -> tuple[float, ...]:
        return tuple(2 * math.factorial(2 * k - 1) / 2.0**k for k in range(1, order // 2 + 1))

    def _characteristic_function(self, u: FloatArray) -> FloatArray:
        return 1 / (1 + 0.5 * np.square(u))

    def _characteristic_derivative(self, u: FloatArray) -> FloatArray:
        return -u / np.square(1 + 0.5 * np.square(u))

    def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> FloatArray:
        """Return independent Laplace samples."""
        size = checked_shape(shape)
        return _checks.generator(rng).laplace(0.0, self.std / math.sqrt(2), size)

    def reach(self, rows: FloatArray) -> FloatArray:
        """Return the distance where Chernoff's bound on the tail of v·ξ/σ falls below e^-37."""
        # log E exp(θ v·ξ/σ) = −Σ log(1 − θ²v²/2) ≤ θ² log 2 while θ max|v| ≤ 1, by convexity.
        best = math.sqrt(LOG_OF_LOST_TAIL / math.log(2))
        theta = np.minimum(best, 1 / np.abs(rows).max(axis=-1))
        return np.asarray(LOG_OF_LOST_TAIL / theta + math.log(2) * theta)
