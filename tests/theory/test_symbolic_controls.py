"""Every statement holds, and the same statement with something wrong in it does not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.symbolic import Statement, fixed_points, interference, sparsification
from polytheory.theory.sparsification.completion import proof as _completion
from polytheory.theory.sparsification.curve import proof as _curve
from polytheory.theory.sparsification.curve import proof_moments as _moments
from polytheory.theory.sparsification.paper import proof as _paper
from polytheory.theory.sparsification.paper import proof_bands as _bands
from polytheory.theory.sparsification.row import proof as _row
from polytheory.theory.sparsification.survival import proof as _survival

STATEMENTS = {
    name: member
    for module in (interference, sparsification)
    for name, member in vars(module).items()
    if name in module.__all__ and hasattr(member, "cache_info")
}


def doctored(name: str, wrong: Any, *more: Any, says: str = "") -> Any:
    """Return a case: the residuals of a statement, built from something wrong."""
    return pytest.param(name, (wrong, *more), id=f"{name}: {says or wrong}")


def residuals_of(name: str) -> Callable[..., dict[str, sp.Expr]]:
    module = inspect.getmodule(STATEMENTS[name])
    builder: Callable[..., dict[str, sp.Expr]] = getattr(module, f"_{name}_residuals")
    return builder


lam = fixed_points.LAMBDA
stable, unstable = fixed_points.carrier_amplitude().value, fixed_points.unstable_amplitude().value
N, s, k, t, m = (
    getattr(module, letter)
    for module, letter in (
        *((_row, each) for each in ("NORM", "L1", "COUNT")),
        *((_paper, each) for each in ("TIME", "WIDTH")),
    )
)
u, tau, q = sparsification.soft_threshold_reduction().arguments
c0, _, clock = sparsification.polar_form().arguments
ratio = sparsification.polar_form().value
mean, variance, _, start, stop = sparsification.slow_time().arguments
sigma, r0, remaining, _ = sparsification.slow_manifold_time().arguments
scaled_time = sparsification.slow_manifold_time().value
paper = 1 / (1 / sp.sqrt(m) + lam * t)
second_order = sparsification.slow_manifold_time_second_order()
*_, c_start, c_now, counted, _ = second_order.arguments
theta = _bands._THETA
G = tuple(_moments.moment(p) for p in range(5))
spread, share = _completion.SPREAD, _completion.SHARE
step, following = sparsification.completion_step().value, sparsification.completion_spread().value
largest, runner_up, _ = sparsification.completion_time().arguments
duel = sparsification.completion_time().value
watershed = sparsification.survival_traps().value

features, width, row_square = interference.initial_interference().arguments
cosine, _, square_1, square_2 = interference.cosine_decay().arguments
apart, corner = interference.cosine_decay().claim.rhs, interference.pair_squared_norm().claim.rhs
along, whole = (
    interference.__dict__[each]().value
    for each in ("initial_interference", "initial_interference_square")
)
norm_speed = interference.initial_norm_speed().value
passing, later = interference.overlap_decay().arguments

CONTROLS = [
    doctored("growth_threshold", lam / (1 + N)),
    doctored("growth_threshold", lam / (4 * (1 - N)), says="loss units"),
    doctored("soft_threshold_reduction", (u - tau) / q, u, tau, q),
    doctored("soft_threshold_reduction", (u - 2 * tau) / sp.sqrt(q), u, tau, q),
    doctored("soft_threshold_reduction", u / sp.sqrt(q) - tau, u, tau, q),
    doctored("l1_speed", (1 - N) * s + lam * k),
    doctored("l1_speed", (1 - N) * s - lam),
    doctored("squared_norm_speed", N * (1 - N) - lam * s),
    doctored("squared_norm_speed", 2 * N * (1 - N) - 2 * lam * k),
    doctored("spread", k * N / s**2),
    doctored("spread", k * N / s - 1),
    doctored("spread", 1 - s**2 / (k * N)),
    doctored("inverse_l1_speed", lam * (k * N / s**2 - 1)),
    doctored("inverse_l1_speed", lam * k / s**2),
    doctored("inverse_l1_speed", -lam * (k * N / s**2 - 1) / N),
    doctored("polar_form", ratio.subs(clock, -clock), c0, k, clock, says="time reversed"),
    doctored("polar_form", ratio.subs(clock, clock / 2), c0, k, clock, says="half the speed"),
    doctored("polar_form", ratio.subs(c0, 1), c0, k, clock, says="another start"),
    doctored("paper_l1_norm", 1 / (1 / sp.sqrt(m) + 2 * lam * t)),
    doctored("paper_l1_norm", 1 / (1 / m + lam * t)),
    doctored("paper_nonzero_count", 2 * paper**2, says="twice"),
    doctored("paper_nonzero_count", paper, says="not squared"),
    doctored(
        "slow_time",
        sp.log((mean - start) / (mean - stop)) / sp.sqrt(k),
        *(mean, variance, start, stop),
        says="as if all were equal",
    ),
    doctored(
        "slow_time",
        -sparsification.slow_time().value,
        *(mean, variance, start, stop),
        says="start and stop exchanged",
    ),
    doctored("slow_manifold_time", sigma, sigma, r0, remaining, says="leading order only"),
    doctored(
        "slow_manifold_time",
        scaled_time + lam * sp.log(r0**2 / remaining) / 2,
        *(sigma, r0, remaining),
        says="sign of the drift",
    ),
    doctored(
        "slow_manifold_time",
        scaled_time + lam * (1 - r0) / r0,
        *(sigma, r0, remaining),
        says="half of the first moments",
    ),
    doctored(
        "slow_manifold_time_second_order",
        scaled_time,
        *(c_now, counted),
        says="first order only",
    ),
    doctored(
        "slow_manifold_time_second_order",
        second_order.value + lam**2 * (c_start - c_now) / 8,
        *(c_now, counted),
        says="another share of c₀ − c",
    ),
    doctored(
        "slow_manifold_time_second_order",
        second_order.value - lam**2 * c_start / 4,
        *(c_now, counted),
        says="without the first moments",
    ),
    doctored(
        "slow_manifold_time_second_order",
        second_order.value + lam**3,
        *(c_now, counted),
        says="a third order",
    ),
    doctored("paper_l1_band", theta * _curve.KAPPA, says="the law without its 1/√m"),
    doctored("paper_l1_band", (1 + theta) * G[1] / G[2], says="not the root"),
    doctored("paper_count_band", (1 + theta) ** 2 * G[0] / 2, says="one sign only"),
    doctored("paper_count_band", ((1 + theta) * _curve.KAPPA) ** 2, says="m' = ‖w‖₁²"),
    doctored("paper_time_to_count", (1 / k - 1 / m) / lam, k),
    doctored("paper_time_to_count", 1 / (lam * sp.sqrt(k)), k),
    doctored("completion_step", step * sp.sqrt(k), k, spread, share, says="without 1/√n"),
    doctored("completion_step", -step, k, spread, share, says="sign"),
    doctored(
        "completion_step", step.subs(spread, spread**2), k, spread, share, says="Y is not squared"
    ),
    doctored(
        "completion_spread",
        following.subs(share, sp.sqrt(share)),
        *(k, spread, share),
        says="b for b²",
    ),
    doctored("completion_spread", following - 1 / k, k, spread, share, says="without the 1"),
    doctored("completion_rest", sp.sqrt(2 / k), k, spread, says="one term"),
    doctored("completion_rest", sp.sqrt(1 / k), k, spread, says="without 2"),
    doctored("completion_tail_rate", sp.sqrt(k), k),
    doctored("completion_tail_rate", (k - 1) / sp.sqrt(k), k),
    doctored("completion_time", sp.sqrt(2) * duel, largest, runner_up, says="without 1/√2"),
    doctored(
        "completion_time",
        duel + sp.asinh(1) / (sp.sqrt(2) * lam),
        *(largest, runner_up),
        says="without asinh 1",
    ),
    doctored("survival_traps", stable.subs(lam, lam * _survival.RATIO), says="the larger root"),
    doctored("survival_traps", unstable, says="as if c were 1"),
    doctored("initial_feature_benefit", sp.sqrt(1 / width)),
    doctored("initial_feature_benefit", sp.sqrt(2 / width) * sp.sqrt(1 + 4 / width)),
    doctored("initial_interference", 2 * along, says="without the ReLU"),
    doctored("initial_interference", along * features / (features - 1), says="of itself too"),
    doctored("initial_interference", along / row_square, says="whatever the norm"),
    doctored("initial_interference_square", along, says="for n ≪ m only"),
    doctored("initial_interference_square", 2 * whole, says="without the ReLU"),
    doctored(
        "initial_interference_square",
        (features - 1) * (width + 2) / (2 * width**2) * row_square,
        says="without pairs of rows",
    ),
    doctored("initial_regularization", lam * sp.sqrt(width), says="the whole force"),
    doctored("initial_norm_speed", norm_speed / 2, says="half"),
    doctored("initial_norm_speed", norm_speed + 4 / width, says="without the benefit"),
    doctored("cosine_decay", cosine * sp.exp(-2 * later), says="leading order"),
    doctored("cosine_decay", apart.subs(later, 2 * later), says="twice as fast"),
    doctored("cosine_decay", apart.subs(square_1, square_2), says="one norm for both"),
    doctored("pair_squared_norm", corner.subs(cosine, 0), says="as if alone"),
    doctored("pair_squared_norm", corner.subs(cosine, cosine**2), says="c for c²"),
    doctored("overlap_decay", passing * sp.exp(-later), says="half the rate"),
    doctored("overlap_decay", passing * sp.exp(-4 * later), says="twice the rate"),
]


def test_all_statements_are_on_the_front_page() -> None:
    # Those of some topics have their controls in files of their own.
    topics = (
        symbolic.collisions,
        symbolic.fixed_points,
        symbolic.model,
        symbolic.noise,
        symbolic.tradeoff,
    )
    elsewhere = {name for topic in topics for name in topic.__all__}
    assert set(STATEMENTS) | elsewhere == {
        name for name, member in vars(symbolic).items() if hasattr(member, "cache_info")
    }


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = STATEMENTS[name]()
    assert isinstance(statement, Statement)
    assert statement.name == name
    assert statement.unproved() == {}
    assert statement.assumptions


@pytest.mark.parametrize(("name", "wrong"), CONTROLS)
def test_a_doctored_one_is_caught(name: str, wrong: tuple[Any, ...]) -> None:
    assert not replace(STATEMENTS[name](), residuals=residuals_of(name)(*wrong)).holds


def test_every_statement_has_a_control() -> None:
    assert {case.values[0] for case in CONTROLS} == set(STATEMENTS)


def test_wrong_norms_are_caught_by_what_builds_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    right = dict(_row.SPEEDS)
    for wrong in ({**right, N: right[N] / 2}, {**right, s: right[s] + lam}):
        monkeypatch.setattr(_row, "SPEEDS", wrong)
        polar = replace(
            sparsification.polar_form(), residuals=residuals_of("polar_form")(ratio, c0, k, clock)
        )
        assert "the ratio, in slow time" in polar.unproved()
        speed = sparsification.inverse_l1_speed()
        speed = replace(speed, residuals=residuals_of("inverse_l1_speed")(speed.value))
        assert "exactly: the claim − (dN/dt)/(2Ns)" in speed.unproved()
