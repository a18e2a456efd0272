"""The published loss averaged over the noise on the hidden layer, and its force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, unwrap
from polytheory.noise._distributions import Noise
from polytheory.noise._functionals import (
    Method,
    Values,
    checked_encodings,
    checked_method,
    evaluate,
    require_few,
)
from polytheory.noise._symmetric import require_noise
from polytheory.notation import GRADIENT_FACTOR


@dataclass(frozen=True)
class Expectation:
    """The result of `expectation`."""

    loss: float | FloatArray  #: (...), in loss units
    force: FloatArray  #: (..., n_features, n_neurons), in flow units
    reconstruction: FloatArray  #: E ReLU(W(W_i+ξ)), one row per input i, (..., n, n)
    error: float | FloatArray  #: (...), the largest `Functionals.error` of a row


class Average(NamedTuple):
    """The result of a function from `averaging`: an `Expectation` without its loss."""

    force: FloatArray  #: (..., n_features, n_neurons), in flow units
    reconstruction: FloatArray  #: (..., n, n)
    error: float | FloatArray  #: (...)


def expectation(
    encodings: ArrayLike,
    noise: Noise,
    *,
    method: str = "auto",
    rtol: float = 1e-6,
    cutoff: float | None = None,
) -> Expectation:
    r"""Return the published loss averaged over the noise, with its force and reconstructions.

    .. math:: L = E\sum_i\|\mathrm{ReLU}(W(W_i+\xi)) - e_i\|^2
                = \sum_{ij} F_j(W_i\cdot W_j) - \sum_i F_i'(N_i) + n,
              \quad N_i = \|W_i\|^2

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)
        W.
    noise : Noise
        The distribution of each ξ_k.
    method, rtol, cutoff
        As for `polytheory.noise.functionals`.

    Returns
    -------
    Expectation
        The loss in **loss units**, without ℓ1 term; the force, −¼ of its gradient, in **flow
        units**; the mean reconstructions.

    Raises
    ------
    TypeError, ValueError
        As for `polytheory.noise.functionals`.

    Notes
    -----
    Kind: exact, up to the quadrature. The result does not depend on whether inputs share the noise
    vector. Source: ours; loss of arXiv 2312.03096, section 5.

    Examples
    --------
    >>> import numpy as np
    >>> from polytheory.noise import Bipolar, expectation
    >>> seen = expectation(np.eye(2), Bipolar(std=0.1))
    >>> round(seen.loss, 12)  # n σ² on the diagonal, n(n−1) σ²/2 off it
    0.03
    """
    how = checked_method(require_noise(noise), method, rtol, cutoff)
    W = checked_encodings(encodings)
    require_few(how, W.shape[-1])
    average, values, missed = _average(W, noise, how, force_only=False)
    *batch, n, _ = W.shape
    F = values.F.reshape(*batch, n, n)
    N = np.square(W).sum(axis=-1)
    loss = F.sum(axis=(-2, -1)) - 2 * np.trace(F, axis1=-2, axis2=-1)
    loss += ((N - 1) ** 2 + noise.std**2 * N - missed.reshape(*batch, n)).sum(axis=-1)
    return Expectation(unwrap(loss), *average)


def averaging(noise: Noise, *, rtol: float = 1e-6) -> Callable[[FloatArray], Average]:
    """Return the averages of `expectation` that a flow needs, for the loops of integrators.

    The loss is left out: for bipolar noise it costs a quarter more.

    Parameters
    ----------
    noise : Noise
        The distribution of each ξ_k.
    rtol : float
        As for `polytheory.noise.functionals`.

    Returns
    -------
    callable
        Of the encodings alone, to an `Average`. Its argument must be a finite float64 array
        (..., n_features, n_neurons): it is not checked.

    Raises
    ------
    TypeError, ValueError
        If `noise` is not a distribution, or `rtol` is out of range.

    Notes
    -----
    Kind: exact, up to the quadrature. Source: ours; see `expectation`.

    Examples
    --------
    >>> import numpy as np
    >>> from polytheory.noise import Bipolar, averaging
    >>> average = averaging(Bipolar(std=0.1))
    >>> round(float(average(np.array([[1.0, 0.0]])).force[0, 0]), 12)
    -0.005
    """
    how = checked_method(require_noise(noise), "auto", rtol, None)
    return lambda W: _average(W, noise, how, force_only=True)[0]


def _average(
    W: FloatArray, noise: Noise, how: Method, *, force_only: bool
) -> tuple[Average, Values, FloatArray]:
    """Return the averages, the functionals for output j and input i, (B n, n), and F_i'(−N_i)."""
    *batch, n, m = W.shape
    W = W.reshape(-1, n, m)
    norm = np.square(W).sum(axis=-1)
    # E(ReLU(N+z) − 1)² = (N−1)² + s² − F(−N) − F'(−N): no cancellation when the loss is small.
    overlap = W @ np.swapaxes(W, -1, -2)
    _diagonal(overlap)[:] = -norm
    a, b = _signs(n)
    if len(W) > 1:
        a, b = (np.tile(each, (len(W), 1, 1)) for each in (a, b))
    values = evaluate(
        overlap.reshape(-1, n), W.reshape(-1, m), noise, a, b, how, force_only=force_only
    )
    slope, curvature = (each.reshape(-1, n, n) for each in values[1:3])
    missed = _diagonal(slope).copy()
    _diagonal(slope)[:] = 0.0
    turned = np.swapaxes(slope, -1, -2)
    reconstruction, pull = turned / 2, turned + slope
    _diagonal(pull)[:] = 4 * (norm - 1) + 2 * noise.std**2 + 2 * (missed + _diagonal(curvature))
    gradient = pull @ W + values.gradient.reshape(W.shape)
    # Here [j, i] is output j for input i; E ReLU(N + z) = N + E ReLU(−N + z).
    _diagonal(reconstruction)[:] = norm + missed / 2
    average = Average(
        (gradient / -GRADIENT_FACTOR).reshape(*batch, n, m),
        reconstruction.reshape(*batch, n, n),
        unwrap(values.error.reshape(-1, n).max(axis=-1).reshape(batch)),
    )
    return average, values, missed


@cache
def _signs(n_features: int) -> tuple[FloatArray, FloatArray]:
    """Return the weights of the gradients of F and F' in the loss, (n, 1, n)."""
    b = -np.eye(n_features)[:, None]
    return 1 + 2 * b, b


def _diagonal(matrices: FloatArray) -> FloatArray:
    """Return a view of the diagonals of square matrices (B, n, n), (B, n)."""
    return np.asarray(np.einsum("bii->bi", matrices))


def expected_loss(
    encodings: ArrayLike,
    noise: Noise,
    *,
    method: str = "auto",
    rtol: float = 1e-6,
    cutoff: float | None = None,
) -> float | FloatArray:
    """Return the published loss averaged over the noise, in loss units.

    Parameters
    ----------
    encodings, noise, method, rtol, cutoff
        As for `expectation`.

    Returns
    -------
    float or ndarray (...)

    Raises
    ------
    TypeError, ValueError
        As for `expectation`.

    Notes
    -----
    Kind: exact. Source: ours.

    Examples
    --------
    >>> from polytheory.noise import Gaussian, expected_loss
    >>> round(expected_loss([[1.0, 0.0], [0.0, 1.0]], Gaussian(std=0.1)), 12)
    0.03
    """
    return expectation(encodings, noise, method=method, rtol=rtol, cutoff=cutoff).loss


def expected_force(
    encodings: ArrayLike,
    noise: Noise,
    *,
    method: str = "auto",
    rtol: float = 1e-6,
    cutoff: float | None = None,
) -> FloatArray:
    """Return −¼ of the gradient of `expected_loss`: the averaged force, in flow units.

    Parameters
    ----------
    encodings, noise, method, rtol, cutoff
        As for `expectation`.

    Returns
    -------
    ndarray (..., n_features, n_neurons)

    Raises
    ------
    TypeError, ValueError
        As for `expectation`.

    Notes
    -----
    Kind: exact. Source: ours.

    Examples
    --------
    Noise shortens a single feature slightly, 1 − N = σ²/2:

    >>> from polytheory.noise import Bipolar, expected_force
    >>> round(float(expected_force([[1.0, 0.0]], Bipolar(std=0.1))[0, 0]), 12)
    -0.005
    """
    return expectation(encodings, noise, method=method, rtol=rtol, cutoff=cutoff).force
