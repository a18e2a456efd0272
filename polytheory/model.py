"""The toy autoencoder ``y = ReLU(W Wᵀ x)``: its loss and the forces of its gradient flow."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray, unwrap
from polytheory.noise import Noise, expected_force, expected_loss
from polytheory.notation import loss_l1

__all__ = ["ToyModel", "soft_threshold"]


def soft_threshold(values: FloatArray, amount: ArrayLike) -> FloatArray:
    """Return `values` moved towards zero by `amount`, and zero where that would overshoot."""
    return np.asarray(np.sign(values) * np.maximum(np.abs(values) - amount, 0.0))


@dataclass(frozen=True)
class ToyModel:
    r"""The toy model of incidental polysemanticity and its gradient flow.

    The reconstruction of an input ``x`` is :math:`y = \mathrm{ReLU}(W W^\top x)` with encodings
    ``W`` of shape (..., n_features, n_neurons); inputs are the basis vectors :math:`e_i`. The flow
    is minus a quarter of the gradient of the published loss,

    .. math:: \dot W_i = (1-\|W_i\|^2) W_i - \sum_{j\ne i}\mathrm{ReLU}(W_i\cdot W_j) W_j
              - \lambda\,\mathrm{sign}(W_i).

    With noise on the hidden layer, :math:`y = \mathrm{ReLU}(W (W^\top x + \xi))`, loss and flow are
    averaged over ξ, see `polytheory.noise.expectation`.

    Parameters
    ----------
    n_features : int
        n, at least 1.
    n_neurons : int
        m, at least 1; m < n is allowed.
    l1_strength : float
        λ in **flow units**, between 0 and 1e50; convert a loss coefficient with
        `polytheory.notation.flow_l1`.
    noise : polytheory.noise.Noise, optional
        Distribution of the noise on each hidden neuron; none by default.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1, λ is not a number in its range, or `noise` is
        not a distribution of `polytheory.noise`.

    Notes
    -----
    Kind: exact. Source: arXiv 2312.03096, section 2; noise: section 5, averages ours.

    Examples
    --------
    >>> import numpy as np
    >>> from polytheory import ToyModel
    >>> model = ToyModel(n_features=2, n_neurons=3)
    >>> W = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    >>> float(model.loss(W))
    0.0

    Noise of variance σ² costs σ² for each feature and σ²/2 for each pair of them:

    >>> from polytheory.noise import Bipolar
    >>> noisy = ToyModel(n_features=2, n_neurons=3, noise=Bipolar(std=0.1))
    >>> round(noisy.loss(W), 12)
    0.03
    """

    n_features: int
    n_neurons: int
    _: KW_ONLY
    l1_strength: float = 0.0
    noise: Noise | None = None

    def __post_init__(self) -> None:
        for name in ("n_features", "n_neurons"):
            object.__setattr__(self, name, _checks.integer(name, getattr(self, name), minimum=1))
        object.__setattr__(self, "l1_strength", _checks.scalar("l1_strength", self.l1_strength))
        noise: object = self.noise
        if not isinstance(noise, Noise | None):
            allowed = "a distribution such as polytheory.noise.Bipolar(std=0.1), or None"
            raise _checks.refuse_type("noise", noise, allowed)

    def _encodings(self, encodings: ArrayLike) -> FloatArray:
        return _checks.encodings("encodings", encodings, self.n_features, self.n_neurons)

    def reconstruction(self, encodings: ArrayLike, inputs: ArrayLike | None = None) -> FloatArray:
        """Return the reconstructions y = ReLU(W Wᵀ x) of inputs, without noise.

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)
        inputs : array (..., n_inputs, n_features), optional
            One input per row; by default the n basis vectors.

        Returns
        -------
        ndarray (..., n_inputs, n_features)
            One reconstruction per row.
        """
        W = self._encodings(encodings)
        if inputs is None:
            hidden = W
        else:
            x = _checks.real_array("inputs", inputs)
            if x.ndim < 2 or x.shape[-1] != self.n_features:
                allowed = (
                    f"of shape (..., n_inputs, n_features) = (..., n_inputs, {self.n_features})"
                )
                raise _checks.refuse_value("inputs", f"shape {x.shape}", allowed)
            _checks.within("inputs", x, _checks.MAX_VALUE)
            hidden = x @ W
        return np.maximum(hidden @ np.swapaxes(W, -1, -2), 0.0)

    def loss(self, encodings: ArrayLike) -> float | FloatArray:
        """Return the published loss Σ_i ‖ReLU(W W_i) − e_i‖² + λ_loss ‖W‖₁, with λ_loss = 4λ.

        With noise the first term is the mean of Σ_i ‖ReLU(W (W_i + ξ)) − e_i‖².

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        float or ndarray (...)
            In **loss units**: its gradient is −4 times the velocity of the flow.
        """
        W = self._encodings(encodings)
        penalty = loss_l1(l1_strength=self.l1_strength) * np.abs(W).sum(axis=(-2, -1))
        if self.noise is not None:
            bare = expected_loss(W, self.noise)
        else:
            bare = ((self.reconstruction(W) - np.eye(self.n_features)) ** 2).sum(axis=(-2, -1))
        loss: float | FloatArray = unwrap(bare + penalty)
        return loss

    def feature_benefit(self, encodings: ArrayLike) -> FloatArray:
        """Return the force (1 − ‖W_i‖²) W_i that brings each row to unit length.

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        ndarray (..., n_features, n_neurons)
            In flow units.
        """
        return _feature_benefit(self._encodings(encodings))

    def interference(self, encodings: ArrayLike) -> FloatArray:
        """Return the force −Σ_{j≠i} ReLU(W_i·W_j) W_j that drives overlapping rows apart.

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        ndarray (..., n_features, n_neurons)
            In flow units; rows at a right or obtuse angle do not contribute.
        """
        return _interference(self._encodings(encodings))

    def regularization(self, encodings: ArrayLike) -> FloatArray:
        """Return the force −λ sign(W), with sign(0) = 0.

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        ndarray (..., n_features, n_neurons)
            In flow units.
        """
        return -self.l1_strength * np.sign(self._encodings(encodings))

    def noise_force(self, encodings: ArrayLike) -> FloatArray:
        """Return the average force that noise adds to feature benefit and interference.

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        ndarray (..., n_features, n_neurons)
            In flow units; zero without noise.
        """
        W = self._encodings(encodings)
        if self.noise is None:
            return np.zeros_like(W)
        return self.smooth_force(W) - self.feature_benefit(W) - self.interference(W)

    def smooth_force(self, encodings: ArrayLike) -> FloatArray:
        """Return the sum of feature benefit, interference and noise force, without regularization.

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        ndarray (..., n_features, n_neurons)
            In flow units.
        """
        W = self._encodings(encodings)
        if self.noise is not None:
            return expected_force(W, self.noise)
        return noise_free_force(W)

    def velocity(self, encodings: ArrayLike) -> FloatArray:
        """Return dW/dt of the flow, with the set-valued sign of zero weights resolved.

        A zero weight stays zero while the smooth force on it is at most λ in size; a larger force
        revives it with velocity |force| − λ (the Filippov solution, of least velocity).

        Parameters
        ----------
        encodings : array (..., n_features, n_neurons)

        Returns
        -------
        ndarray (..., n_features, n_neurons)
            In flow units.
        """
        W = self._encodings(encodings)
        force = self.smooth_force(W)
        moving = force + self.regularization(W)
        return np.where(W == 0, soft_threshold(force, self.l1_strength), moving)


def _feature_benefit(W: FloatArray) -> FloatArray:
    return np.asarray((1.0 - np.square(W).sum(axis=-1, keepdims=True)) * W)


def _interference(W: FloatArray) -> FloatArray:
    overlap = np.maximum(W @ np.swapaxes(W, -1, -2), 0.0)
    diagonal = np.arange(W.shape[-2])
    overlap[..., diagonal, diagonal] = 0.0
    return np.asarray(-(overlap @ W))


def noise_free_force(W: FloatArray) -> FloatArray:
    """Return `ToyModel.smooth_force` without noise, for loops of integrators: W is not checked."""
    return _feature_benefit(W) + _interference(W)


def require_model(model: object) -> None:
    """Refuse anything but a `ToyModel`."""
    if not isinstance(model, ToyModel):
        raise _checks.refuse_type("model", model, "a ToyModel")
