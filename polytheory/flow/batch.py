"""Loss and gradient on a batch of arbitrary inputs, in which features may be active together."""

from __future__ import annotations

import numpy as np

from polytheory._checks import Array

__all__ = ["batch_gradient", "batch_loss"]


def batch_loss(W: Array, x: Array, scale: float, noise: Array | None = None) -> Array:
    r"""Return the loss of a batch, scale · Σ_b ‖ReLU(W(Wᵀ x_b + ξ_b)) − x_b‖², without ℓ1 term.

    Parameters
    ----------
    W : array (..., n, m)
        Encodings.
    x : array (..., B, n)
        One input per row; one batch for all instances, or one for each. Without noise, empty inputs
        may be left out.
    scale : float
        1/(πB), see `polytheory.inputs.Inputs.scale`. For the n basis vectors it is 1, which makes
        this the published loss.
    noise : array (..., 1 or B, m), optional
        ξ, one vector for the batch or one for each input.

    Returns
    -------
    ndarray (...)
        In loss units.
    """
    hidden = x @ W if noise is None else x @ W + noise
    y = np.maximum(hidden @ np.swapaxes(W, -1, -2), 0)
    return np.asarray(scale * np.square(y - x).sum(axis=(-2, -1)))


def batch_gradient(W: Array, x: Array, scale: float, noise: Array | None = None) -> Array:
    r"""Return the gradient of `batch_loss` with respect to W, in the dtype of W.

    With h = x W + ξ, y = ReLU(h Wᵀ) and the error r = (y − x)·1{y > 0}, the gradient is
    2 scale (rᵀ h + xᵀ r W): one term from W as decoder, one from W as encoder. At the kink of the
    ReLU its derivative is taken as 0. For basis vectors the choice does not matter, and this is the
    noise-free gradient of `train`: off the diagonal an output at the kink has no error; on it the
    row is zero, and so is its gradient.

    Parameters
    ----------
    W : array (..., n, m)
    x : array (..., B, n)
    scale : float
    noise : array (..., 1 or B, m), optional
        As for `batch_loss`.

    Returns
    -------
    ndarray (..., n, m)
        In loss units: for the basis vectors, −4 times the velocity of the flow without ℓ1.
    """
    x = x.astype(W.dtype, copy=False)
    hidden = x @ W
    if noise is not None:
        hidden += noise
    y = hidden @ np.swapaxes(W, -1, -2)
    error = np.where(y > 0, y - x, 0)
    gradient = np.swapaxes(error, -1, -2) @ hidden
    gradient += np.swapaxes(x, -1, -2) @ (error @ W)
    gradient *= W.dtype.type(2.0 * scale)
    return np.asarray(gradient)
