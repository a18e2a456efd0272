"""Loss and gradient of a batch of any inputs, for training on features that occur together."""

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
        One input a row; a batch for all instances, or one for each. Without noise empty inputs may
        be left out.
    scale : float
        What `polytheory.inputs.Inputs.scale` says, 1/(πB). For the n basis vectors it is 1, and
        this the published loss.
    noise : array (..., 1 or B, m), optional
        ξ, for the batch or for each input.

    Returns
    -------
    ndarray (...)
        In loss units.
    """
    hidden = x @ W if noise is None else x @ W + noise
    y = np.maximum(hidden @ np.swapaxes(W, -1, -2), 0)
    return np.asarray(scale * np.square(y - x).sum(axis=(-2, -1)))


def batch_gradient(W: Array, x: Array, scale: float, noise: Array | None = None) -> Array:
    r"""Return the gradient of `batch_loss` with respect to W, of the type of W.

    With h = x W + ξ, y = ReLU(h Wᵀ) and the error r = (y − x)·1{y > 0} it is
    2 scale (rᵀ h + xᵀ r W): W acts once as decoder and once as encoder. At the kink, where y = 0
    before the ReLU, it takes the ReLU for shut: for basis vectors that is the gradient of `train`,
    where the weights of a row of zeros are multiplied by it and of any other an output at the kink
    has no error.

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
        In loss units: for the basis vectors minus four times the velocity of the flow without ℓ1.
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
