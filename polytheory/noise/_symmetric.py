"""User-defined symmetric distributions, and a test of their consistency."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.noise._distributions import Noise, checked_shape

#: Arguments at which a characteristic function is checked.
PROBES = np.concatenate([[1e-3, 1e-2, 0.1], np.linspace(0.25, 40.0, 160)])
TOLERANCE = 1e-9
#: Step of the five-point rule: its error h⁴/30 and the rounding eps/h are both about 1e-13.
DIFFERENCE_STEP = 1e-3


@dataclass(frozen=True)
class Sampler:
    """The user's `sample`, called with a Generator made from `rng`; its result is checked."""

    draw: Callable[..., Any]

    def __call__(self, shape: int | tuple[int, ...], *, rng: Any) -> FloatArray:
        """Return independent samples of ξ."""
        size = checked_shape(shape)
        source = _checks.generator(rng)
        try:
            drawn = self.draw(size, rng=source)
        except Exception as error:  # the user's own code may fail in any way
            came = f"a function that raises {type(error).__name__}: {error}"
            allowed = "a function called as sample(shape, rng=generator)"
            raise _checks.refuse_value("sample", came, allowed) from error
        values = _checks.real_array("sample(shape, rng=generator)", drawn)
        if values.shape != size:
            came = f"a function that returns shape {values.shape} for {size}"
            raise _checks.refuse_value("sample", came, "one that returns an array of that shape")
        return values


@dataclass(frozen=True)
class Differences:
    """The derivative of c by five-point differences."""

    c: Callable[..., Any]

    def __call__(self, u: ArrayLike) -> FloatArray:
        """Return dc/du."""
        at = np.asarray(u, dtype=np.float64)
        near = self.c(at + DIFFERENCE_STEP) - self.c(at - DIFFERENCE_STEP)
        far = self.c(at + 2 * DIFFERENCE_STEP) - self.c(at - 2 * DIFFERENCE_STEP)
        return np.asarray((8 * near - far) / (12 * DIFFERENCE_STEP))


@dataclass(frozen=True, kw_only=True)
class Symmetric(Noise):
    """A symmetric distribution, given by its characteristic function and a sampler.

    Parameters
    ----------
    std : float
        σ, positive.
    characteristic_function : callable
        c(u) = E cos(u ξ/σ) **of the variable of variance 1**, for arrays u: real, even, c(0) = 1,
        |c| ≤ 1, c''(0) = −1. Checked on (0, 40] at construction.
    sample : callable
        ``sample(shape, rng=generator)`` draws ξ itself, of standard deviation σ.
    characteristic_derivative : callable, optional
        dc/du; by default five-point differences of c, accurate to about 1e-12.
    even_cumulants : tuple of float
        κ₂ = 1, κ₄, κ₆, … of ξ/σ as far as they are known and finite. κ₄ is the excess kurtosis.
    bound : float
        A with |ξ| ≤ A, if there is a bound; it makes the functionals faster. Without it, overlaps
        beyond 400 standard deviations of the row's noise are treated as out of reach.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid. `check_consistency` tests whether `sample` and the characteristic
        function describe the same distribution.

    Examples
    --------
    Three values, zero with probability 1/2:

    >>> import numpy as np
    >>> from polytheory.noise import Symmetric
    >>> def draw(shape, *, rng):
    ...     return 0.1 * np.sqrt(2) * rng.choice([-1.0, 0.0, 0.0, 1.0], shape)
    >>> noise = Symmetric(
    ...     std=0.1,
    ...     characteristic_function=lambda u: 0.5 + 0.5 * np.cos(np.sqrt(2) * u),
    ...     sample=draw,
    ...     even_cumulants=(1.0, -1.0),
    ...     bound=0.1 * np.sqrt(2),
    ... )
    >>> noise.excess_kurtosis
    -1.0
    """

    # Without field() the methods of the base class would become defaults.
    characteristic_function: Callable[..., Any] = field()
    sample: Callable[..., Any] = field()
    # A field that replaces a method and is called the same way.
    characteristic_derivative: Callable[..., Any] | None = None  # type: ignore[assignment]
    even_cumulants: tuple[float, ...] = (1.0,)
    bound: float = math.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("characteristic_function", "sample"):
            if not callable(getattr(self, name)):
                raise _checks.refuse_type(name, getattr(self, name), "a function")
        if not isinstance(self.sample, Sampler):
            object.__setattr__(self, "sample", Sampler(self.sample))
        c = self.characteristic_function
        derivative: Any = self.characteristic_derivative
        if derivative is None:
            object.__setattr__(self, "characteristic_derivative", Differences(c))
        elif not callable(derivative):
            allowed = "a function or None"
            raise _checks.refuse_type("characteristic_derivative", derivative, allowed)
        object.__setattr__(self, "bound", self._checked_bound())
        object.__setattr__(self, "even_cumulants", self._checked_cumulants())
        self._check_characteristic_function()
        self._check_derivative()
        self.sample((2, 3), rng=0)  # raises now if the sampler does not work

    def _cumulants(self, order: int) -> tuple[float, ...]:
        known = self.even_cumulants
        if order > 2 * len(known):
            allowed = f"at most {2 * len(known)} for this distribution"
            hint = "If that moment exists, give the cumulants up to it as even_cumulants."
            raise _checks.refuse_value("order", str(order), allowed, hint)
        return known[: order // 2]

    def _checked_bound(self) -> float:
        if self.bound == math.inf:
            return math.inf
        bound = _checks.scalar("bound", self.bound, high=_checks.MAX_VALUE)
        if bound < self.std * (1 - TOLERANCE):
            allowed = f"at least std = {self.std:g}"
            raise _checks.refuse_value("bound", f"{bound:g}", allowed, "|ξ| ≤ A implies σ ≤ A.")
        return bound

    def _checked_cumulants(self) -> tuple[float, ...]:
        name = "even_cumulants"
        values = _checks.real_array(name, self.even_cumulants)
        if values.ndim != 1 or values.size == 0 or abs(values[0] - 1) > TOLERANCE:
            came = _checks.shown(self.even_cumulants)
            raise _checks.refuse_value(name, came, "a sequence that starts with κ₂ = 1")
        if values.size > 1 and values[1] < -2:
            came = f"an excess kurtosis of {values[1]:g}"
            hint = "For every distribution E ξ⁴ ≥ (E ξ²)²."
            raise _checks.refuse_value(name, came, "with κ₄, the excess kurtosis, ≥ −2", hint)
        return tuple(float(each) for each in values)

    def _values(self, name: str, u: FloatArray) -> FloatArray:
        try:
            values = getattr(self, name)(u)
        except Exception as error:  # the user's own code may fail in any way
            came = f"a function that raises {type(error).__name__}: {error}"
            raise _checks.refuse_value(name, came, "a function of an array u") from error
        values = _checks.real_array(f"{name}(u)", values)
        if values.shape != u.shape:
            came = f"shape {values.shape} for u of shape {u.shape}"
            raise _checks.refuse_value(f"{name}(u)", came, "of the shape of u")
        return values

    def _check_characteristic_function(self) -> None:
        name = "characteristic_function"
        c = self._values(name, PROBES)
        start = self._values(name, np.zeros(1))[0]
        if abs(start - 1) > TOLERANCE:
            raise _checks.refuse_value(f"{name}(0)", f"{start:g}", "1")
        odd = np.abs(c - self._values(name, -PROBES))
        if odd.max() > TOLERANCE:
            at = PROBES[int(np.argmax(odd))]
            came = f"a function with c(u) − c(−u) = {odd.max():.3g} at u = {at:g}"
            raise _checks.refuse_value(
                name, came, "even", "Only symmetric distributions are supported."
            )
        if np.abs(c).max() > 1 + TOLERANCE:
            at = PROBES[int(np.argmax(np.abs(c)))]
            came = f"|c| = {np.abs(c).max():.6g} at u = {at:g}"
            raise _checks.refuse_value(name, came, "at most 1 in size")
        # 2(1 − c)/u² → E ξ²/σ² = 1, slowly for a distribution without a fourth moment.
        variance = 2 * (1 - c[0]) / PROBES[0] ** 2
        if abs(variance - 1) > 0.01:
            came = f"a function with c''(0) = {-variance:.4g}"
            hint = "It is that of ξ/σ, of variance 1; scale u."
            raise _checks.refuse_value(name, came, "such that c''(0) = −1", hint)
        # E cos(2x) ≥ 2 (E cos x)² − 1, as the variance of cos x is not negative.
        if (self._values(name, 2 * PROBES) < 2 * c**2 - 1 - TOLERANCE).any():
            came = "a function with c(2u) < 2c(u)² − 1"
            raise _checks.refuse_value(name, came, "that of a probability distribution")

    def _check_derivative(self) -> None:
        name = "characteristic_derivative"
        expected = Differences(self.characteristic_function)(PROBES)
        wrong = np.abs(self._values(name, PROBES) - expected).max()
        if wrong > 1e-5:
            came = f"a function that differs from dc/du by {wrong:.3g}"
            raise _checks.refuse_value(name, came, "the derivative of characteristic_function")


def check_consistency(noise: Noise, *, rng: Any, n_samples: int = 100_000) -> None:
    """Raise ValueError unless samples, characteristic function, moments and bound agree.

    Parameters
    ----------
    noise : Noise
        A distribution of the package, or your own `Symmetric`.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`.
    n_samples : int
        At least 1000.

    Raises
    ------
    TypeError
        If `noise` is not a noise distribution.
    ValueError
        If a part differs from the samples by more than 5 standard errors, which happens by chance
        in about one call of 10⁵. (Standard errors are estimated from the samples; for distributions
        with very heavy tails they are too small.)

    Examples
    --------
    >>> from polytheory.noise import Laplace, check_consistency
    >>> check_consistency(Laplace(std=0.1), rng=0)
    """
    require_noise(noise)
    count = _checks.integer("n_samples", n_samples, minimum=1000)
    drawn = noise.sample(checked_shape(count), rng=_checks.generator(rng)) / noise.std
    largest = float(np.abs(drawn).max()) * noise.std
    if largest > noise.bound * (1 + TOLERANCE):
        raise _checks.refuse_value("noise", f"a sample of size {largest:g}", f"≤ {noise.bound:g}")
    u = np.array([0.3, 0.7, 1.0, 1.5, 2.5, 4.0])
    phase = np.multiply.outer(u, drawn)
    _compare("characteristic function", np.cos(phase), noise.characteristic_function(u))
    _compare("mean sine (zero for a symmetric distribution)", np.sin(phase), np.zeros_like(u))
    _compare("variance over std²", drawn[None] ** 2, np.ones(1))
    try:
        kurtosis = noise.excess_kurtosis
    except ValueError:
        return  # unknown for this distribution
    _compare("fourth moment over std⁴", drawn[None] ** 4, np.array([kurtosis + 3]))


def _compare(what: str, seen: FloatArray, claimed: FloatArray) -> None:
    """Raise ValueError if the sample mean is more than 5 standard errors from the claim."""
    mean = seen.mean(axis=-1)
    error = seen.std(axis=-1) / math.sqrt(seen.shape[-1])
    off = np.abs(mean - claimed) > 5 * error + TOLERANCE
    if off.any():
        k = int(np.argmax(off))
        came = f"a {what} of {claimed[k]:.6g} against {mean[k]:.6g} ± {error[k]:.2g} in samples"
        raise _checks.refuse_value("noise", came, "consistent with its own samples")


def require_noise(noise: Any) -> Noise:
    """Return `noise` if it is a noise distribution."""
    if not isinstance(noise, Noise):
        allowed = "a distribution such as polytheory.noise.Gaussian(std=0.1)"
        raise _checks.refuse_type("noise", noise, allowed)
    return noise
