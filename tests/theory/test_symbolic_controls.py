"""Every statement holds, and the same statement with something wrong in it does not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.symbolic import Statement, fixed_points, model, sparsification

STATEMENTS = {
    name: member
    for module in (model, fixed_points, sparsification)
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
mirror = -stable - unstable  # the third root of the cubic: at rest, but on the wrong side of zero
n_equal = fixed_points.critical_l1().arguments[0]
critical = fixed_points.critical_l1().value
N, s, k, t, m = (
    getattr(sparsification, letter) for letter in ("NORM", "L1", "COUNT", "TIME", "WIDTH")
)
loss_l1 = sp.Symbol("loss_l1", nonnegative=True)
x, y = sp.symbols("x y", positive=True)
u, tau, q = sparsification.soft_threshold_reduction().arguments
c0, _, clock = sparsification.polar_form().arguments
ratio = sparsification.polar_form().value
mean, variance, _, start, stop = sparsification.slow_time().arguments
sigma, r0, remaining, _ = sparsification.slow_manifold_time().arguments
scaled_time = sparsification.slow_manifold_time().value
paper = 1 / (1 / sp.sqrt(m) + lam * t)

CONTROLS = [
    doctored("flow_units", loss_l1, loss_l1, says="λ = λ_loss"),
    doctored("flow_units", loss_l1, loss_l1 / 2, says="λ = λ_loss/2"),
    doctored("flow_units", loss_l1, loss_l1 / 4, 2, says="a factor 2"),
    doctored("carrier_amplitude", unstable, says="the unstable root"),
    doctored("carrier_amplitude", mirror, says="the third root"),
    doctored("carrier_amplitude", stable.subs(lam, -lam), says="sign of λ"),
    doctored("carrier_amplitude", 1 - lam / 2),
    doctored("unstable_amplitude", stable, says="the stable root"),
    doctored("unstable_amplitude", mirror, says="the third root"),
    doctored("unstable_amplitude", lam),
    doctored("critical_l1", 1 / (3 * sp.sqrt(3 * n_equal)), n_equal, says="half"),
    doctored("critical_l1", critical * sp.sqrt(n_equal), n_equal, says="whatever k"),
    doctored("carrier_amplitude_expansion", 1 + lam / 2),
    doctored("carrier_amplitude_expansion", 1 - lam),
    doctored("carrier_amplitude_expansion", 1 - lam / 2 - lam**2 / 8),
    doctored("same_sign_collision", x**2),
    doctored("same_sign_collision", x**2 + 2 * y**2),
    doctored("opposite_sign_collision", sp.S.One),
    doctored("opposite_sign_collision", 1 - lam / 2),
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
]


def test_all_statements_are_on_the_front_page() -> None:
    assert set(STATEMENTS) == {
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
    right = dict(sparsification._SPEEDS)
    for wrong in ({**right, N: right[N] / 2}, {**right, s: right[s] + lam}):
        monkeypatch.setattr(sparsification, "_SPEEDS", wrong)
        polar = replace(
            sparsification.polar_form(), residuals=residuals_of("polar_form")(ratio, c0, k, clock)
        )
        assert "the ratio, in slow time" in polar.unproved()
        speed = sparsification.inverse_l1_speed()
        speed = replace(speed, residuals=residuals_of("inverse_l1_speed")(speed.value))
        assert "exactly: the claim − (dN/dt)/(2Ns)" in speed.unproved()


def test_a_wrong_force_is_caught_by_what_builds_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    right = model.force

    def repelled(encodings: sp.Matrix, active: model.Pattern, *rest: Any) -> sp.Matrix:
        """Count the interference twice, its easiest mistake: the pair is met twice in the loss."""
        silent = right(encodings, dict.fromkeys(active, 0), *rest)
        return 2 * right(encodings, active, *rest) - silent

    monkeypatch.setattr(model, "force", repelled)
    for name, right_claim in (
        ("flow_units", (loss_l1, loss_l1 / 4)),
        ("same_sign_collision", (x**2 + y**2,)),
    ):
        assert not replace(STATEMENTS[name](), residuals=residuals_of(name)(*right_claim)).holds
