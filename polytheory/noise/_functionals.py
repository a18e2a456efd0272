"""F(μ; w) = E ReLU(μ + w·ξ)², its derivatives with respect to μ and its gradient in w."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray, unwrap
from polytheory.noise._characteristic import characteristic
from polytheory.noise._distributions import Bipolar, Gaussian, Noise
from polytheory.noise._enumeration import MAX_NEURONS, enumeration
from polytheory.noise._symmetric import require_noise
from polytheory.noise._unit import Request, UnitValues, gaussian

METHODS = ("auto", "closed", "enumeration", "characteristic")
#: Up to this many neurons exact enumeration is faster than quadrature for bipolar noise.
MAX_ENUMERATED_NEURONS = 22
#: Largest depth in standard deviations; no distribution has probability beyond it.
MAX_DEPTH = 1e8


@dataclass(frozen=True)
class Method:
    """A method of evaluation with its checked options."""

    name: str
    rtol: float
    cutoff: float | None


class Values(NamedTuple):
    """The functionals of R rows with P overlaps each."""

    F: FloatArray
    slope: FloatArray
    curvature: FloatArray
    gradient: FloatArray  #: Σ_p a_qp ∂F/∂w + b_qp ∂F'/∂w, (R, Q, m)
    error: FloatArray


@dataclass(frozen=True)
class Functionals:
    """The result of `functionals`: arrays of the broadcast shape of overlaps and rows."""

    F: float | FloatArray  #: E ReLU(μ+z)²
    slope: float | FloatArray  #: F' = 2 E ReLU(μ+z)
    curvature: float | FloatArray  #: F'' = 2 P(z > −μ), an atom of z at −μ counting half
    gradient: FloatArray  #: ∂F/∂w at fixed μ, (..., m)
    slope_gradient: FloatArray  #: ∂F'/∂w at fixed μ, (..., m)
    error: float | FloatArray  #: estimated error of F/s², F'/s, ∂F/∂w/(σs); not of F'', ∂F'/∂w


def functionals(
    overlap: ArrayLike,
    row: ArrayLike,
    noise: Noise,
    *,
    method: str = "auto",
    rtol: float = 1e-9,
    cutoff: float | None = None,
) -> Functionals:
    r"""Return the functionals F, F', F'' of a row under noise, and the gradients of F and F'.

    .. math:: F(\mu; w) = E\,\mathrm{ReLU}(\mu + z)^2,\quad z = w\cdot\xi,\quad
              F' = 2E\,\mathrm{ReLU}(\mu+z),\quad F'' = 2P(z > -\mu)

    Parameters
    ----------
    overlap : float or array
        μ; broadcasts against the leading axes of `row`.
    row : array (..., n_neurons)
        w. For a row of zeros z = 0.
    noise : Noise
        The distribution of each ξ_k.
    method : {"auto", "closed", "enumeration", "characteristic"}
        Closed form (Gaussian noise only), exact sums over signs (bipolar noise, at most 24
        neurons), or quadrature of the characteristic function. "auto" uses the first that applies,
        sums for at most 22 neurons.
    rtol : float
        Required error of the quadrature, between 1e-14 and 0.1; with s = σ‖w‖ it is in units of s²
        for F, s for F', σs for ∂F/∂w. The largest frequency is doubled, up to 1024/s, until the
        estimated error is below `rtol`. A row with atoms within a few s/1024 of the kink does not
        reach it; see `error` of the result. F'' and ∂F'/∂w jump at atoms and need ten times that
        distance for the same accuracy.
    cutoff : float, optional
        A fixed largest frequency instead, in units of 1/s, from 8 to 1e4.

    Returns
    -------
    Functionals
        Floats instead of arrays if `overlap` is a number and `row` a single row.

    Raises
    ------
    TypeError, ValueError
        If `noise` is not a distribution, the method does not apply, or a number is out of range.

    Notes
    -----
    Kind: exact, for every symmetric distribution with independent components. Source: ours.

    Examples
    --------
    >>> from polytheory.noise import Bipolar, functionals
    >>> values = functionals(0.0, [0.3, 0.4], Bipolar(std=1.0))
    >>> round(values.F, 12), round(values.slope, 12)  # s²/2 and E|z|
    (0.125, 0.4)
    """
    how = checked_method(require_noise(noise), method, rtol, cutoff)
    mu = _checks.real_array("overlap", overlap)
    _checks.within("overlap", mu, _checks.MAX_STRENGTH)
    w = checked_rows("row", row)
    require_few(how, w.shape[-1])
    try:
        shape = np.broadcast_shapes(mu.shape, w.shape[:-1])
    except ValueError:
        came = f"shapes {mu.shape} and {w.shape}"
        allowed = "such that overlap broadcasts against the leading axes of row"
        raise _checks.refuse_value("overlap and row", came, allowed) from None
    flat = np.broadcast_to(w, (*shape, w.shape[-1])).reshape(-1, w.shape[-1])
    depth = np.broadcast_to(mu, shape).reshape(-1, 1)
    both = np.broadcast_to(np.eye(2)[:, :, None, None], (2, 2, len(flat), 1)).transpose(0, 2, 1, 3)
    values = evaluate(depth, flat, noise, both[0], both[1], how)
    gradients = values.gradient.reshape(*shape, 2, w.shape[-1])
    return Functionals(
        F=unwrap(values.F.reshape(shape)),
        slope=unwrap(values.slope.reshape(shape)),
        curvature=unwrap(values.curvature.reshape(shape)),
        gradient=gradients[..., 0, :],
        slope_gradient=gradients[..., 1, :],
        error=unwrap(values.error.reshape(shape)),
    )


def evaluate(
    overlap: FloatArray,
    rows: FloatArray,
    noise: Noise,
    a: FloatArray,
    b: FloatArray,
    how: Method,
    *,
    force_only: bool = False,
) -> Values:
    """Return the values at overlaps (R, P) of rows (R, m); a, b (R, Q, P) weight the gradients.

    With `force_only` F, and F'' where b = 0, may be NaN: a method may leave out their sums.
    """
    norm = np.sqrt(np.square(rows).sum(axis=-1))
    s = noise.std * norm
    silent = s < 1 / _checks.MAX_VALUE
    some_silent = bool(silent.any())
    scale = np.where(silent, 1.0, s) if some_silent else s
    unit = rows / (np.where(silent, 1.0, norm) if some_silent else norm)[:, None]
    depth = np.minimum(np.abs(overlap) / scale[:, None], MAX_DEPTH)
    if some_silent:
        unit[silent] = np.eye(rows.shape[-1])[0]
        depth[silent] = MAX_DEPTH
    # F(μ) + F(−μ) = μ² + s² reduces positive overlaps to negative ones.
    up = overlap > 0
    mirrored = np.where(up[:, None, :], -a, a)
    asked = Request(depth, unit, mirrored, b / scale[:, None, None])
    values = _evaluator(noise, how, rows.shape[-1], force_only)(asked)
    variance = (np.where(silent, 0.0, s) if some_silent else s)[:, None]
    slope = variance * values.slope
    F = values.f
    if not force_only:
        F = np.where(up, overlap**2 + variance**2 * (1 - F), variance**2 * F)
    above = (a @ up[:, :, None]) * rows[:, None, :]
    curvature = values.curvature
    if some_silent:
        curvature = np.where(silent[:, None], overlap == 0, curvature)
    return Values(
        F,
        np.where(up, 2 * overlap + slope, slope),
        np.where(up, 2 - curvature, curvature),
        noise.std * variance[..., None] * values.gradient + 2 * noise.std**2 * above,
        values.error,
    )


def _evaluator(noise: Noise, how: Method, n_neurons: int, force_only: bool) -> Any:
    name = how.name
    if name == "auto":
        if isinstance(noise, Gaussian):
            name = "closed"
        elif isinstance(noise, Bipolar) and n_neurons <= MAX_ENUMERATED_NEURONS:
            name = "enumeration"
        else:
            name = "characteristic"
    if name == "closed":
        return gaussian
    if name == "enumeration":
        return partial(enumeration, force_only=force_only)
    return partial(_finite, noise=noise, rtol=how.rtol, cutoff=how.cutoff)


def _finite(asked: Request, *, noise: Noise, rtol: float, cutoff: float | None) -> UnitValues:
    """Return the values from the characteristic function, which may be a user's."""
    values = characteristic(asked, noise=noise, rtol=rtol, cutoff=cutoff)
    if not all(np.isfinite(each).all() for each in values):
        came = "a distribution with values that are not finite"
        raise _checks.refuse_value("noise", came, "finite at every frequency")
    return values


def checked_method(noise: Noise, method: str, rtol: float, cutoff: float | None) -> Method:
    """Return the checked method and options, if the distribution allows them."""
    name = _checks.one_of("method", method, METHODS)
    if name == "closed" and not isinstance(noise, Gaussian):
        came = f"'closed' for {type(noise).__name__} noise"
        allowed = "one that applies (only Gaussian noise has a closed form)"
        raise _checks.refuse_value("method", came, allowed)
    if name == "enumeration" and not isinstance(noise, Bipolar):
        came = f"'enumeration' for {type(noise).__name__} noise"
        allowed = "one that applies (only bipolar noise is a sum of signs)"
        raise _checks.refuse_value("method", came, allowed)
    if cutoff is not None:
        cutoff = _checks.scalar("cutoff", cutoff, low=8.0, high=1e4)
    return Method(name, _checks.scalar("rtol", rtol, low=1e-14, high=0.1), cutoff)


def require_few(how: Method, n_neurons: int) -> None:
    """Raise ValueError if there are too many neurons to enumerate signs."""
    if how.name == "enumeration" and n_neurons > MAX_NEURONS:
        came = f"'enumeration' for {n_neurons} neurons"
        allowed = f"one that applies (enumeration takes at most {MAX_NEURONS} neurons)"
        raise _checks.refuse_value("method", came, allowed, "Use 'characteristic'.")


def checked_rows(name: str, value: ArrayLike) -> FloatArray:
    """Return the checked rows (..., m), at least one weight each; a row may be zero."""
    rows = _checks.real_array(name, value)
    if rows.ndim == 0 or rows.size == 0:
        allowed = "of shape (..., n_neurons) with at least one row and one neuron"
        raise _checks.refuse_value(name, _checks.shown(rows), allowed)
    _checks.within(name, rows, _checks.MAX_STRENGTH)
    return rows


def checked_encodings(encodings: ArrayLike) -> FloatArray:
    """Return the checked encodings (..., n_features, n_neurons); rows may be zero."""
    W = checked_rows("encodings", encodings)
    if W.ndim < 2:
        allowed = "of shape (..., n_features, n_neurons)"
        raise _checks.refuse_value("encodings", f"shape {W.shape}", allowed)
    return W
