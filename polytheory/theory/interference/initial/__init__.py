"""Mean of the three forces on a row over the paper's initialization."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

__all__ = [
    "GIVEN_ROW",
    "PENALTY",
    "START",
    "WIDTH",
    "initial_feature_benefit",
    "initial_interference",
    "initial_interference_square",
    "initial_norm_speed",
    "initial_regularization",
]

_SIZE, _AMOUNT = whole(1, 1e15), Interval(0.0, MAX_VALUE)
WIDTH = Domain({"n_neurons": _SIZE})
GIVEN_ROW = Domain({"n_features": _SIZE, "n_neurons": _SIZE, "squared_norm": _AMOUNT})
PENALTY = Domain({"n_neurons": _SIZE, "l1_strength": _AMOUNT})
START = Domain({"n_features": _SIZE, "n_neurons": _SIZE, "l1_strength": _AMOUNT})
_SAMPLED = "for weights N(0, 1/m); the expectation is exact and is compared with samples"


@overload
def initial_feature_benefit(n_neurons: Number) -> float: ...
@overload
def initial_feature_benefit(n_neurons: ArrayLike) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    WIDTH,
    says="at the start 1 − ‖W_i‖² has root mean square √(2/m)",
    source="interference: Feature benefit",
    note=_SAMPLED,
)
def initial_feature_benefit(n_neurons: Any) -> Any:
    r"""Return the root mean square √(2/m) of the feature benefit 1 − ‖W_i‖² at the start.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
        The weights are independent N(0, 1/m).

    Returns
    -------
    float or ndarray
        In flow units: the force is 1 − ‖W_i‖² times W_i. The mean of 1 − ‖W_i‖² is zero.

    Raises
    ------
    TypeError, ValueError
        If `n_neurons` is not a whole number of at least 1.

    Notes
    -----
    Kind: statistical. Source: derivations/interference, “Feature benefit”.

    For Gaussian weights. The component along W_i is (1 − ‖W_i‖²)‖W_i‖², with mean −2/m.

    Examples
    --------
    >>> from polytheory.theory.interference import initial_feature_benefit
    >>> initial_feature_benefit(200)
    0.1
    """
    (m,) = WIDTH.check(n_neurons=n_neurons)
    return unwrap(np.sqrt(2.0 / m))


@overload
def initial_interference(
    n_features: Number, n_neurons: Number, *, squared_norm: Number = 1.0
) -> float: ...
@overload
def initial_interference(
    n_features: ArrayLike, n_neurons: ArrayLike, *, squared_norm: ArrayLike = 1.0
) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    GIVEN_ROW,
    says="at the start E[Σ_j ReLU(G_ij) G_ij | W_i] = (n−1)‖W_i‖²/(2m)",
    source="interference: Interference",
    note=_SAMPLED,
)
def initial_interference(n_features: Any, n_neurons: Any, *, squared_norm: Any = 1.0) -> Any:
    r"""Return the mean interference along W_i at the start, (n − 1)‖W_i‖²/(2m) given ‖W_i‖².

    .. math:: E\Bigl[\sum_{j\ne i}\mathrm{ReLU}(G_{ij})\,G_{ij} \Big| W_i\Bigr]
              = \frac{(n-1)\|W_i\|^2}{2m}, \qquad G = WW^\top

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    squared_norm : float or array
        N: Σ_k w_k² of a row; ≥ 0.
        The default, its mean, gives the mean over all rows.

    Returns
    -------
    float or ndarray
        In flow units; the force points against W_i.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1, or `squared_norm` is negative.

    Notes
    -----
    Kind: statistical. Source: derivations/interference, “Interference”.

    For other rows with a distribution symmetric under a change of sign and covariance 1/m,
    Gaussian or not.

    Examples
    --------
    >>> from polytheory.theory.interference import initial_interference
    >>> initial_interference(65, 128)
    0.25
    """
    n, m, square = GIVEN_ROW.check(
        n_features=n_features, n_neurons=n_neurons, squared_norm=squared_norm
    )
    return unwrap((n - 1.0) * square / (2.0 * m))


@overload
def initial_interference_square(
    n_features: Number, n_neurons: Number, *, squared_norm: Number = 1.0
) -> float: ...
@overload
def initial_interference_square(
    n_features: ArrayLike, n_neurons: ArrayLike, *, squared_norm: ArrayLike = 1.0
) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    GIVEN_ROW,
    says="at the start E[‖Σ_j ReLU(G_ij) W_j‖² | W_i] = (n−1)(2m+n+2)‖W_i‖²/(4m²)",
    source="interference: Interference",
    note=_SAMPLED,
)
def initial_interference_square(n_features: Any, n_neurons: Any, *, squared_norm: Any = 1.0) -> Any:
    r"""Return the mean square of the total interference on a row at the start, given ‖W_i‖².

    .. math:: E\Bigl[\Bigl\|\sum_{j\ne i}\mathrm{ReLU}(G_{ij}) W_j\Bigr\|^2 \Big| W_i\Bigr]
              = \frac{(n-1)(2m+n+2)}{4m^2}\,\|W_i\|^2

    For n ≪ m its root is √((n−1)/(2m)); pairs of other rows are correlated and add a relative
    (n−2)/(2m).

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    squared_norm : float or array
        N: Σ_k w_k² of a row; ≥ 0.
        The default, its mean, gives the mean over all rows.

    Returns
    -------
    float or ndarray
        In flow units, squared.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1, or `squared_norm` is negative.

    Notes
    -----
    Kind: statistical. Source: derivations/interference, “Interference”.

    For Gaussian weights.

    Examples
    --------
    >>> from polytheory.theory.interference import initial_interference_square
    >>> initial_interference_square(2, 2)
    0.5
    """
    n, m, square = GIVEN_ROW.check(
        n_features=n_features, n_neurons=n_neurons, squared_norm=squared_norm
    )
    return unwrap((n - 1.0) / (2.0 * m) * (1.0 + (n + 2.0) / (2.0 * m)) * square)


@overload
def initial_regularization(n_neurons: Number, *, l1_strength: Number) -> float: ...
@overload
def initial_regularization(n_neurons: ArrayLike, *, l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    PENALTY,
    says="at the start λ E‖W_i‖₁ = λ√(2m/π)",
    source="interference: Regularization",
    note=_SAMPLED,
)
def initial_regularization(n_neurons: Any, *, l1_strength: Any) -> Any:
    r"""Return the mean regularization along W_i at the start, λ E‖W_i‖₁ = λ√(2m/π).

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        In flow units; the force points against W_i, and its norm is λ√m.

    Raises
    ------
    TypeError, ValueError
        If `n_neurons` is not a whole number of at least 1, or `l1_strength` is negative.

    Notes
    -----
    Kind: statistical. Source: derivations/interference, “Regularization”.

    For Gaussian weights.

    Examples
    --------
    >>> from polytheory.theory.interference import initial_regularization
    >>> round(initial_regularization(100, l1_strength=0.01), 6)
    0.079788
    """
    m, lam = PENALTY.check(n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(lam * np.sqrt(2.0 * m / np.pi))


@overload
def initial_norm_speed(n_features: Number, n_neurons: Number, *, l1_strength: Number) -> float: ...
@overload
def initial_norm_speed(
    n_features: ArrayLike, n_neurons: ArrayLike, *, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    START,
    says="at the start E[d‖W_i‖²/dt] = −(n+3)/m − 2λ√(2m/π)",
    source="interference: Regularization",
    note=_SAMPLED,
)
def initial_norm_speed(n_features: Any, n_neurons: Any, *, l1_strength: Any) -> Any:
    r"""Return the mean of d‖W_i‖²/dt at the start under all three forces: rows shrink at first.

    .. math:: E\Bigl[\frac{d\|W_i\|^2}{dt}\Bigr]
              = -\frac{4}{m} - \frac{n-1}{m} - 2\lambda\sqrt{\frac{2m}{\pi}}

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        In flow units; the terms are twice the components of feature benefit, interference and
        regularization along W_i.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1, or `l1_strength` is negative.

    Notes
    -----
    Kind: statistical. Source: derivations/interference, “Regularization”.

    For Gaussian weights.

    Examples
    --------
    >>> from polytheory.theory.interference import initial_norm_speed
    >>> initial_norm_speed(5, 4, l1_strength=0.0)
    -2.0
    """
    n, m, lam = START.check(n_features=n_features, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(-(n + 3.0) / m - 2.0 * lam * np.sqrt(2.0 * m / np.pi))
