"""Every statement holds, and the same statement with something wrong in it does not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.symbolic import Statement, fixed_points, interference, model, sparsification
from polytheory.theory.sparsification.completion import proof as _completion
from polytheory.theory.sparsification.curve import proof as _curve
from polytheory.theory.sparsification.curve import proof_moments as _moments
from polytheory.theory.sparsification.curve import proof_tails as _tails
from polytheory.theory.sparsification.curve.proof_ratios import Z
from polytheory.theory.sparsification.paper import proof as _paper
from polytheory.theory.sparsification.paper import proof_bands as _bands
from polytheory.theory.sparsification.row import proof as _row
from polytheory.theory.sparsification.survival import proof as _survival

STATEMENTS = {
    name: member
    for module in (model, fixed_points, interference, sparsification)
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
    getattr(module, letter)
    for module, letter in (
        *((_row, each) for each in ("NORM", "L1", "COUNT")),
        *((_paper, each) for each in ("TIME", "WIDTH")),
    )
)
loss_l1 = sp.Symbol("loss_l1", nonnegative=True)
x, y = sp.symbols("x y", positive=True)
paper = 1 / (1 / sp.sqrt(m) + lam * t)
threshold, fraction, theta = _moments.X, _paper.FRACTION, _bands._THETA
G = tuple(_moments.moment(p) for p in range(5))
curve, on_curve = (
    _curve.THETA,
    {
        each: sparsification.__dict__[each]().value
        for each in ("fourth_norm", "l1_norm", "nonzero_count", "curve_spread", "speedup")
    },
)
lower, upper = sparsification.l1_norm_lower().value, sparsification.l1_norm_upper().value
_, _, radius, strength = _curve._FIELD
left = sp.sqrt(2) * sp.erfinv(1 - fraction)
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
    doctored("gaussian_moment", (G[0], G[1], 2 * G[2], *G[3:]), says="one twice"),
    doctored("gaussian_moment", tuple(each / 2 for each in G), says="one sign of g only"),
    doctored(
        "gaussian_moment",
        tuple(each.subs(threshold, threshold**2) for each in G),
        says="another argument",
    ),
    doctored("universal_curve", curve, m, says="θ = λm·t"),
    doctored("universal_curve", curve / 2, sp.sqrt(m), says="half"),
    doctored("universal_curve", curve + 1, sp.sqrt(m), says="a late start"),
    doctored("universal_curve", threshold, sp.sqrt(m), says="as if S₂ = 1"),
    doctored("l1_norm", sp.sqrt(m) * G[1], says="not divided by the norm"),
    doctored("l1_norm", on_curve["l1_norm"] * sp.sqrt(sp.pi / 2), says="from √m on"),
    doctored("nonzero_count", m * G[0] / 2, says="one sign only"),
    doctored("nonzero_count", on_curve["l1_norm"] ** 2, says="m' = ‖w‖₁²"),
    doctored("fourth_norm", G[4] / (m * G[2]), says="divided by the norm once"),
    doctored("fourth_norm", 3 / m, says="as at the start"),
    doctored("mean_field", radius * (1 - radius**2) - strength * _curve.KAPPA, strength),
    doctored("mean_field", radius * (1 - radius**2) - strength, strength / radius, says="κ = 1"),
    doctored(
        "mean_field",
        -radius * (1 - radius**2) - strength * _curve.KAPPA,
        strength / radius,
        says="sign",
    ),
    doctored("speedup", 2 * on_curve["speedup"], says="twice"),
    doctored("speedup", 2 * on_curve["l1_norm"], says="2‖w‖₁ from the start on"),
    doctored("time_to_fraction", theta / lam, left, says="whatever m"),
    doctored("time_to_fraction", theta / (lam * m), left, says="m for √m"),
    doctored(
        "time_to_fraction",
        theta / (lam * sp.sqrt(m)),
        left.subs(fraction, fraction / 2),
        says="one sign of the weights",
    ),
    doctored("curve_spread", on_curve["curve_spread"] + 1, says="not less 1"),
    doctored("curve_spread", G[0] * G[2] / G[1] - 1),
    doctored("curve_spread", sp.pi / 2 - 1 + 0 * threshold),
    doctored("l1_norm_lower", upper, says="the upper bound"),
    doctored("l1_norm_lower", paper),
    doctored("l1_norm_upper", lower, says="the lower bound"),
    doctored("l1_norm_upper", 2 * upper, says="twice"),
    doctored("l1_norm_tail", 1 + 2 * Z**2, -6 * Z**4, says="one term less"),
    doctored("l1_norm_tail", 1 + 3 * Z**2 - 6 * Z**4, 90 * Z**6, says="second term"),
    doctored("l1_norm_tail", _tails._L1_TAIL, 80 * Z**6, says="the error"),
    doctored("l1_norm_tail", 2 * _tails._L1_TAIL, 180 * Z**6, says="twice"),
    doctored("nonzero_count_tail", _tails._COUNT_TAIL / 2, 95 * Z**6, says="published constant"),
    doctored("nonzero_count_tail", _tails._COUNT_TAIL, _tails._L1_NEXT, says="the error"),
    doctored("nonzero_count_tail", 2 + 6 * Z**2, -6 * Z**4, says="one term less"),
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
    topics = symbolic.collisions, symbolic.noise, symbolic.tradeoff
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
