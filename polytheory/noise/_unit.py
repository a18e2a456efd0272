r"""The functionals of unit rows at negative overlaps: types, and the Gaussian closed form.

With v = w/‖w‖ and ζ = v·ξ/σ, of variance 1, all functionals are multiples of

.. math:: f(x) = E\,\mathrm{ReLU}(x+\zeta)^2,\quad f' = 2E\,\mathrm{ReLU}(x+\zeta),\quad
          f'' = 2P(\zeta > -x)

and of their derivatives with respect to v at fixed x. The methods take depths d = −x ≥ 0 only;
positive overlaps follow by reflection, without cancellation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from polytheory._checks import FloatArray


class Request(NamedTuple):
    """P depths for each of R unit rows, and the weights of Q sums of gradients over them."""

    depth: FloatArray  #: (R, P)
    rows: FloatArray  #: (R, m)
    a: FloatArray  #: (R, Q, P)
    b: FloatArray  #: (R, Q, P)

    def of(self, rows: Any) -> Request:
        """Return the request for some of the rows."""
        return Request(*(each[rows] for each in self))


class UnitValues(NamedTuple):
    """Values for R rows with P depths each, and Q weighted sums of gradients over the depths."""

    f: FloatArray  #: (R, P)
    slope: FloatArray  #: f', (R, P)
    curvature: FloatArray  #: f'', (R, P)
    gradient: FloatArray  #: Σ_p a_qp ∂f/∂v + b_qp ∂f'/∂v, (R, Q, m)
    error: FloatArray  #: estimated largest error of f, f' and the first of the sums, (R,)


def gaussian(asked: Request) -> UnitValues:
    """Return the values for Gaussian noise: f = (x²+1)Φ + xφ, f' = 2(xΦ+φ), f'' = 2Φ."""
    depth, rows, a, b = asked
    above = ndtr(-depth)
    density = np.exp(-0.5 * depth**2) / np.sqrt(2 * np.pi)
    near = np.minimum(depth, 40.0)  # beyond it all values are 0; avoids infinity times zero
    f = (near**2 + 1) * above - near * density
    slope = 2 * (density - near * above)
    # The heat equation ∂f/∂(v²) = f''/2, and its derivative.
    pull = np.einsum("rqp,rp->rq", a, 2 * above) + np.einsum("rqp,rp->rq", b, 2 * density)
    gradient = pull[..., None] * rows[:, None, :]
    error = np.full(len(rows), np.finfo(float).eps)
    return UnitValues(np.maximum(f, 0.0), np.maximum(slope, 0.0), 2 * above, gradient, error)
