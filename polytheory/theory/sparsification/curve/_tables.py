r"""Tables of the universal curve: a wide Gaussian row as a function of θ = λ√m t alone.

In the limit m → ∞, λ√m → 0 the sums of the reduction become truncated moments of the normal
distribution, and the threshold x, in standard deviations of the initial weights, obeys dx/dθ =
√G₂(x), so
:math:`\theta = \Theta(x) = \int_0^x dy/\sqrt{G_2(y)}`. It is independent of the initial scale.

Evaluation: each quantity, divided by its power of 1 + θ, varies slowly in v = √(1 + log(1 + θ)) − 1
(x grows like 2√log θ), so equal panels in v with one polynomial each cover every θ up to 1e100. The
polynomials are computed on first use.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from polytheory._checks import FloatArray
from polytheory.theory.sparsification.curve.moments import scaled_moments

__all__ = ["MAX_CLOCK", "Quantity", "clock_at", "on_curve", "scalar_ratio"]

#: The curve is tabulated up to this θ, where the threshold is 30 standard deviations.
MAX_CLOCK = 1e100
_MAX_THRESHOLD = 31.0

Quantity = Literal["scaled_threshold", "l1_norm", "nonzero_count", "fourth_power_sum"]
#: Power of 1 + θ that is factored out; the threshold is divided by log(1 + θ) instead.
_POWER: dict[Quantity, int] = {"l1_norm": -1, "nonzero_count": -2, "fourth_power_sum": 2}
_PANELS, _DEGREE = 512, 6
#: Values evaluated together, so that their temporaries fit in the cache.
_BLOCK = 1 << 13


def _panel_variable(theta: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(1.0 + np.log1p(theta)) - 1.0)


_LAST = float(_panel_variable(np.array(MAX_CLOCK)))


class _ClockTable(NamedTuple):
    """v(Θ(x)) on panels in x, as values and Chebyshev coefficients."""

    edges: FloatArray
    nodes: FloatArray
    coefficients: FloatArray


@cache
def _clock_table() -> _ClockTable:
    """Integrate 1/√G₂ panel by panel: values → coefficients → integral."""
    n, edges = 16, np.linspace(0.0, _MAX_THRESHOLD, 249)
    u = chebyshev.chebpts2(n)
    x = edges[:-1, None] + (u + 1.0) / 2.0 * np.diff(edges)[:, None]
    log_rate = x * x / 4.0 - np.log(np.sqrt(2.0 / np.pi) * scaled_moments(x)[2]) / 2.0
    to_coefficients = np.linalg.inv(chebyshev.chebvander(u, n - 1))
    integral = chebyshev.chebvander(u, n) @ chebyshev.chebint(to_coefficients, lbnd=-1)
    pieces = np.exp(log_rate) @ integral.T * (np.diff(edges)[:, None] / 2.0)
    before = np.concatenate([[0.0], np.cumsum(pieces[:-1, -1])])
    nodes = _panel_variable(pieces + before[:, None])
    return _ClockTable(edges, nodes, nodes @ to_coefficients.T)


def clock_at(scaled_threshold: ArrayLike) -> FloatArray:
    """Return θ = Θ(x) for thresholds x from 0 to 30."""
    x = np.asarray(scaled_threshold, dtype=np.float64)
    table = _clock_table()
    width = table.edges[1] - table.edges[0]
    panel = np.minimum((x / width).astype(np.intp), table.nodes.shape[0] - 1)
    position = 2.0 * (x - table.edges[panel]) / width - 1.0
    v = chebyshev.chebval(position, table.coefficients.T[:, panel], tensor=False)
    # θ = x √(G₂(0)) + … near 0, where v itself has lost the digits of x.
    return np.where(x < 1e-8, x, np.expm1(v * (v + 2.0)))


def _threshold_at(v: FloatArray) -> FloatArray:
    """Invert v(Θ(x)) by Newton on each panel's polynomial."""
    table = _clock_table()
    nodes, width = table.nodes, table.edges[1] - table.edges[0]
    panel = np.clip(np.searchsorted(nodes[:, 0], v, side="right") - 1, 0, nodes.shape[0] - 1)
    value = table.coefficients[panel].T
    slope = chebyshev.chebder(value)
    position = 2.0 * (v - nodes[panel, 0]) / (nodes[panel, -1] - nodes[panel, 0]) - 1.0
    for _ in range(6):
        position -= (chebyshev.chebval(position, value, tensor=False) - v) / chebyshev.chebval(
            position, slope, tensor=False
        )
    return np.asarray(table.edges[panel] + (position + 1.0) / 2.0 * width)


@cache
def _tables() -> dict[Quantity, FloatArray]:
    """Return each quantity's Taylor coefficients on every panel, shape (degree + 1, panels)."""
    u = chebyshev.chebpts1(_DEGREE + 1)
    v = (np.arange(_PANELS)[:, None] + (u + 1.0) / 2.0) * (_LAST / _PANELS)
    x = _threshold_at(v.ravel()).reshape(v.shape)
    i0, i1, i2, _, i4 = scaled_moments(x)
    log_growth = v * (v + 2.0)  # log(1 + θ)
    log_twice_density = 0.5 * np.log(2.0 / np.pi) - x * x / 2.0  # log 2φ(x)
    values: dict[Quantity, FloatArray] = {
        "scaled_threshold": x / log_growth,
        "l1_norm": i1 / np.sqrt(i2) * np.exp(log_twice_density / 2.0 + log_growth),
        "nonzero_count": i0 * np.exp(log_twice_density + 2.0 * log_growth),
        "fourth_power_sum": i4 / i2**2 * np.exp(-log_twice_density - 2.0 * log_growth),
    }
    to_taylor = np.linalg.inv(np.vander(u, increasing=True))
    return {name: np.ascontiguousarray(to_taylor @ value.T) for name, value in values.items()}


def on_curve(quantity: Quantity, theta: ArrayLike) -> FloatArray:
    """Return one quantity at θ in [0, 1e100], to 1e-12 relative.

    "threshold" is x, "l1_norm" is ‖w‖₁/√m = G₁/√G₂, "nonzero_count" is m'/m = 2Q(x),
    "fourth_power_sum" is m‖w‖₄⁴ = G₄/G₂².
    """
    asked = np.asarray(theta, dtype=np.float64)
    if asked.ndim == 0:
        return _on_block(quantity, asked[()])
    flat, result = asked.ravel(), np.empty(asked.size)
    for start in range(0, flat.size, _BLOCK):
        result[start : start + _BLOCK] = _on_block(quantity, flat[start : start + _BLOCK])
    return result.reshape(asked.shape)


@cache
def scalar_ratio() -> Callable[[float], tuple[float, float]]:
    """Return the function of ln(1 + θ) that returns κ = G₁/√G₂ and its slope, in plain floats.

    An integrator calls it thousands of times, one number at a time.
    """
    panels = _tables()["l1_norm"][::-1].T.tolist()
    scale = _PANELS / _LAST

    def ratio(log_growth: float) -> tuple[float, float]:
        root = math.sqrt(log_growth + 1.0)
        position = (root - 1.0) * scale
        panel = min(int(position), _PANELS - 1)
        position = 2.0 * (position - panel) - 1.0
        value = slope = 0.0
        for coefficient in panels[panel]:
            slope = slope * position + value
            value = value * position + coefficient
        shrunk = math.exp(-log_growth)
        return value * shrunk, (slope * scale / root - value) * shrunk

    return ratio


def _on_block(quantity: Quantity, theta: FloatArray) -> FloatArray:
    table, power = _tables()[quantity], _POWER.get(quantity)
    log_growth = np.log1p(theta)
    position = (np.sqrt(log_growth + 1.0) - 1.0) * (_PANELS / _LAST)
    panel: NDArray[np.intp] = np.minimum(position.astype(np.intp), _PANELS - 1)
    position = 2.0 * (position - panel) - 1.0
    value = table[-1].take(panel)
    for coefficient in table[-2::-1]:
        value *= position
        value += coefficient.take(panel)
    # An array power: that of a NumPy scalar may differ in the last digit.
    value *= log_growth if power is None else np.asarray(1.0 + theta) ** power
    return np.asarray(value)
