"""Every law of the catalogue holds, and fails as soon as any of its witnesses is made to err."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

from polytheory import (
    CATALOGUE,
    Kind,
    Law,
    initial_encodings,
    initial_row,
    observables,
    row_flow,
    simulate,
    symbolic,
)
from polytheory.checking import measure as _measure
from polytheory.compare import ROUNDING
from polytheory.flow import plain
from polytheory.laws import noise as noise_laws
from polytheory.model import ToyModel
from polytheory.noise import Bipolar, Gaussian
from polytheory.theory import (
    collisions,
    fixed_points,
    interference,
    noise,
    sparsification,
    tradeoff,
)
from polytheory.theory.collisions import check as collision_laws
from polytheory.theory.collisions import check_flow as polysemantic
from polytheory.theory.noise import check_flow as _flow
from polytheory.theory.noise import check_flow_ends as _flow_ends
from polytheory.theory.noise.edgeworth import check_mixed as _mixed
from polytheory.theory.noise.rows import check as _rows
from polytheory.theory.noise.simplex import check as _simplex
from polytheory.theory.sparsification.curve import check as _curve
from polytheory.theory.sparsification.row import check as _row
from polytheory.theory.sparsification.slow_time import check as _chance
from polytheory.theory.tradeoff import check as tradeoff_laws
from polytheory.verification import LawReport, SymbolicCheck, report_on

BY_NAME = {law.name: law for law in CATALOGUE}
NAMES = list(BY_NAME)

#: Not the seed of the default run: these are other cases.
SEED = 7


def report(law: Law, **changes: Any) -> LawReport:
    rng = np.random.default_rng([SEED, *law.name.encode()])
    return report_on(replace(law, **changes), rng=rng)


def fails(law: Law, **changes: Any) -> bool:
    """Judge without the algebra, so that it is the simulation which notices."""
    seen = report(law, symbolic=None, **changes)
    assert seen.error == ""
    return not seen.holds


_OBSERVED: dict[Any, Any] = {}


def remembered(law: Law) -> Callable[..., Any]:
    """Observe each case once, however many predictions are held against it."""

    def observe(**case: Any) -> Any:
        key = law.name, *sorted(case.items())
        if key not in _OBSERVED:
            _OBSERVED[key] = law.observe(**case)
        return _OBSERVED[key]

    return observe


def changed(function: Callable[..., Any], how: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda **given: how(function(**given))


@pytest.mark.parametrize("name", NAMES)
def test_it_holds(name: str) -> None:
    law = BY_NAME[name]
    seen = report(law, observe=remembered(law))
    assert seen.error == ""
    assert seen.holds, seen.line()


# --- the closed form errs -------------------------------------------------------------------------


def scaled(factor: float) -> Callable[[Any], Any]:
    return lambda value: factor * np.asarray(value)


def raised(power: float) -> Callable[[Any], Any]:
    return lambda value: np.asarray(value) ** power


def shifted(by: float) -> Callable[[Any], Any]:
    return lambda bound: (bound[0] + by, bound[1] + by)


# In most of its cases an exact law is judged to 1e-5 or better: a thousandth is plain. For a law of
# leading order a wrong constant, however small, is an error that does not fall.
SLIGHTLY = [scaled(1.001), scaled(0.999)]
# A band is as wide as the true constant wanders: for the paper's laws by a factor of 1.5 and 2.7,
# which the eight cases of a run do not quite reach, and then there is the scatter of a finite row.
# A constant that is off by 1.25 has no room. Of the exponent, which is what these laws are right
# about, three decades leave no doubt: 5 % make a factor of more than 1.2.
OUT_OF_THE_BAND = [scaled(1.25), scaled(0.8), raised(1.05), raised(0.95)]
# Rows of nearly equal weights have ρ down to 1e-8. A higher bound is violated; a lower one is true
# but says less than it could, and is refused as vacuous.
OFF_THE_BOUND = [shifted(1e-4), shifted(-1e-4)]


def narrowed(bounds: Any) -> Any:
    return 1.02 * bounds[0], bounds[1] / 1.02


def widened(bounds: Any) -> Any:
    """Stay true, but say less than it could."""
    return 0.999 * bounds[0], 1.001 * bounds[1]


# Judged on means over 8 random rows, known to a few per cent where few weights are left and to a
# few thousandths where many are; a row at the quantiles has no scatter.
ON_THE_CURVE = [scaled(1.05), scaled(0.95)]
WITHOUT_SCATTER = [scaled(1.01), scaled(0.99)]
# A mean over 300 rows with a standard deviation of 0.8, judged at 5 standard errors: 0.23 of 1.76.
OF_A_SAMPLE = [scaled(1.2), scaled(0.8)]
# 400 000 weights a case, in which the narrow layers have most draws: a few per cent at 5 errors.
OF_MANY_DRAWS = [scaled(1.1), scaled(0.9)]
# 200 rows give a share to 0.035; 5 of these and the stated approximation leave 0.21.
OF_A_FATE = [lambda share: 1.0 - np.asarray(share), raised(4.0)]

# To 6 % or so, and the band is a factor 1.8 wide.
OF_A_COUNT = [scaled(2.0), scaled(0.4)]

DOCTORED = {
    "threshold": ON_THE_CURVE,
    "l1_norm": ON_THE_CURVE,
    "nonzero_count": ON_THE_CURVE,
    "fourth_norm": [scaled(1.1), scaled(0.9)],  # carried by the few largest weights of a row
    "l1_norm_bounds": [narrowed],
    "speedup": ON_THE_CURVE,
    "time_to_fraction": ON_THE_CURVE,
    "mean_field": WITHOUT_SCATTER,
    "slow_time": SLIGHTLY,
    "completion_time": SLIGHTLY,
    "completion_law": OF_A_SAMPLE,
    "survival_probability": OF_A_FATE,
    "flow_units": SLIGHTLY,
    "carrier_amplitude": SLIGHTLY,
    "unstable_amplitude": SLIGHTLY,
    "critical_l1": SLIGHTLY,
    "carrier_amplitude_expansion": SLIGHTLY,
    "same_sign_collision": SLIGHTLY,
    "opposite_sign_collision": SLIGHTLY,
    "growth_threshold": SLIGHTLY,
    "soft_threshold_reduction": SLIGHTLY,
    "l1_speed": SLIGHTLY,
    "squared_norm_speed": SLIGHTLY,
    "inverse_l1_speed": SLIGHTLY,
    "spread": OFF_THE_BOUND,
    "paper_l1_norm": OUT_OF_THE_BAND,
    "paper_nonzero_count": OUT_OF_THE_BAND,
    "expected_polysemantic": SLIGHTLY,
    "expected_polysemantic_independent": [scaled(1.05), scaled(0.95)],  # 4000 draws: to about 1 %
    "polysemantic_variance": SLIGHTLY,
    "no_collision_probability": SLIGHTLY,
    "expected_polysemantic_bounds": [narrowed, widened],
    "poisson_distance_bound": SLIGHTLY,
    "initial_feature_benefit": OF_MANY_DRAWS,
    "initial_interference": OF_MANY_DRAWS,
    "initial_interference_square": OF_MANY_DRAWS,
    "initial_regularization": OF_MANY_DRAWS,
    "initial_norm_speed": OF_MANY_DRAWS,
    "cosine_decay": SLIGHTLY,
    "pair_squared_norm": SLIGHTLY,
    "overlap_decay": SLIGHTLY,
    "settling": SLIGHTLY,
    "polysemantic_count": OF_A_COUNT,
    "measured_polysemantic_count": [scaled(1.25), scaled(0.75)],
    "edgeworth_second_moment": SLIGHTLY,
    "edgeworth_slope": SLIGHTLY,
    "edgeworth_mean_absolute": SLIGHTLY,
    "mean_absolute_bounds": [narrowed, widened],
    "simplex_overlap": [narrowed, widened],
    "equilibrium_norm": SLIGHTLY,
    "critical_std": SLIGHTLY,
    # The next order in the kurtosis makes up to half of it, which hides a tenth from the slope.
    "drift_rate": [scaled(1.3), scaled(0.7), scaled(-1.0)],
    "escape_rate": SLIGHTLY,
    "cubic_flow": SLIGHTLY,
    "time_to_fourth_norm": SLIGHTLY,
    "half_sparsity_time": [scaled(1.6), scaled(0.6)],  # the median of 300 rows, and a band
    "plateau_fourth_norm": SLIGHTLY,
    "fourth_norm_of_random_rows": [scaled(1.02), scaled(0.98)],
    "initial_fourth_norm_slope": OF_MANY_DRAWS,
    "neuron_loss": SLIGHTLY,
    "pair_excess": SLIGHTLY,
    "break_even_probability": SLIGHTLY,
    "one_hot_loss": OF_MANY_DRAWS,  # 20 000 inputs: to about 1 % where they are seldom empty
    "negative_overlap_rate": SLIGHTLY,
    "simplex_in_the_flow": SLIGHTLY,
    "gaussian_noise_in_the_flow": [scaled(1.3), scaled(0.7)],  # 16 instances: to 3–5 %
    # A band as wide as a factor 1.8, of which bipolar noise and uniform noise use two thirds.
    "drift_in_the_flow": [scaled(1.7), scaled(0.55), scaled(-1.0)],
    "plateau_in_the_flow": [scaled(1.1), scaled(0.9)],
    "window_in_the_flow": [shifted(0.5), shifted(-0.5)],
    "escape_in_the_flow": [scaled(1.002), scaled(0.998)],  # a step's error is 4e-4 of the rate
    "no_collisions_under_noise": [np.flip, lambda ratio: ratio + 0.9, lambda ratio: ratio - 0.9],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_doctored_prediction_is_caught(name: str) -> None:
    law = BY_NAME[name]
    assert name in DOCTORED, f"say in DOCTORED how wrong {name} may be before it must fail"
    for doctored in DOCTORED[name]:
        assert fails(law, predict=changed(law.predict, doctored), observe=remembered(law))


def with_one_more(law: Law, strength: str = "l1_strength") -> Callable[..., Any]:
    """Take λ for 1.02 λ in the closed form, where that is an argument of it."""
    return lambda **given: law.predict(**given | {strength: 1.02 * given[strength]})


@pytest.mark.parametrize(
    "name", ["growth_threshold", "l1_speed", "squared_norm_speed", "inverse_l1_speed"]
)
def test_a_prediction_for_another_strength_is_caught(name: str) -> None:
    assert fails(BY_NAME[name], predict=with_one_more(BY_NAME[name]))


# Confusions that a person could make, and that a factor would not stand for.
CONFUSED = [
    pytest.param(
        "carrier_amplitude",
        fixed_points.unstable_amplitude,
        id="the other root",
    ),
    pytest.param(
        "carrier_amplitude",
        fixed_points.carrier_amplitude_expansion,
        id="an expansion called exact",
    ),
    pytest.param("critical_l1", lambda n_equal: 0.3849 / n_equal, id="1/k for 1/√k"),
    pytest.param(
        "growth_threshold",
        lambda squared_norm, l1_strength: l1_strength / (1.0 - np.sqrt(squared_norm)),
        id="‖w‖ for ‖w‖²",
    ),
    pytest.param(
        "soft_threshold_reduction",
        lambda initial_weight, threshold, q: (initial_weight - threshold) / np.sqrt(q),
        id="dead weights come back",
    ),
    pytest.param(
        "l1_speed",
        lambda nonzero_count, l1_norm, squared_norm, l1_strength: (
            (1.0 - squared_norm) * l1_norm - l1_strength * (nonzero_count - 1)
        ),
        id="one weight not counted",
    ),
    pytest.param(
        "expected_polysemantic",
        lambda n_features, n_neurons: n_features**2 / (4.0 * n_neurons),
        id="the paper's, right to leading order",
    ),
    pytest.param(
        "expected_polysemantic",
        lambda n_features, n_neurons: collisions.expected_polysemantic(
            n_features, n_neurons, law="independent"
        ),
        id="independent features",
    ),
    pytest.param(
        "expected_polysemantic_independent",
        lambda n_features, n_neurons: collisions.expected_polysemantic(
            n_features, n_neurons, law="independent", signs="any"
        ),
        id="whatever the signs",
    ),
    pytest.param(
        "no_collision_probability",
        lambda n_features, n_neurons: collisions.no_collision_probability(
            n_features, n_neurons, law="independent"
        ),
        id="nobody meets, if independent",
    ),
    pytest.param(
        "critical_std", lambda n_features: 2.0 / np.sqrt(n_features + 1.0), id="where N = 0 rests"
    ),
    pytest.param(
        "equilibrium_norm",
        lambda n_features, std: noise.equilibrium_norm(n_features, std=std, diagonal="exact"),
        id="with the ReLU on the diagonal",
    ),
    pytest.param(
        "escape_rate",
        lambda std, squared_norm, law: noise.escape_rate(std=std, squared_norm=squared_norm),  # noqa: ARG005
        id="bipolar for Gaussian",
    ),
    pytest.param(
        "plateau_fourth_norm",
        lambda n_features, squared_norm: noise.plateau_fourth_norm(
            n_features, squared_norm=squared_norm, shape="symmetric"
        ),
        id="the other simplex",
    ),
    pytest.param(
        "fourth_norm_of_random_rows",
        lambda n_neurons, squared_norm: 3.0 * squared_norm**2 / n_neurons,
        id="Gaussian weights for unit rows",
    ),
    pytest.param(
        "neuron_loss",
        lambda n_positive, n_negative, **given: (
            tradeoff.neuron_loss(n_positive, 0, **given)
            + tradeoff.neuron_loss(n_negative, 0, **given)
        ),
        id="signs that do not see each other",
    ),
    pytest.param(
        "pair_excess",
        lambda probability, amplitude: 2.0 * probability**2 + 0.0 * amplitude,
        id="perfect carriers",
    ),
    pytest.param(
        "break_even_probability",
        lambda amplitude, noise: 0.5 * (amplitude * noise.std) ** 2,
        id="weak noise only",
    ),
    pytest.param("negative_overlap_rate", lambda probability: 2.0 * probability, id="small p only"),
    pytest.param(
        "inverse_l1_speed",
        lambda nonzero_count, l1_norm, squared_norm, l1_strength: (
            l1_strength * (nonzero_count * squared_norm / l1_norm**2 - 1.0)
        ),
        id="‖w‖² taken for 1: right to leading order",
    ),
]


@pytest.mark.parametrize(("name", "predict"), CONFUSED[:-1])
def test_a_confusion_is_caught(name: str, predict: Callable[..., Any]) -> None:
    assert fails(BY_NAME[name], predict=predict)


def test_what_agrees_to_leading_order_is_not_called_wrong() -> None:
    # ‖w‖² = 1 − O(λ‖w‖₁) on the slow manifold, so the law without it is the same law.
    name, predict = CONFUSED[-1].values
    assert not fails(BY_NAME[name], predict=predict)


# --- the simulator errs ---------------------------------------------------------------------------


@pytest.fixture
def stronger_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the plain integrator shrink weights by 1.02 λ."""
    right = plain.soft_threshold
    monkeypatch.setattr(plain, "soft_threshold", lambda w, by: right(w, 1.02 * by))


# The others see no λ of the plain integrator: they are observed in the exact flow of one row, or
# have a doctored simulation of their own below.
BY_THE_EXACT_FLOW = [
    "threshold",
    "l1_norm",
    "nonzero_count",
    "fourth_norm",
    "speedup",
    "time_to_fraction",
    "mean_field",
    "slow_time",
    "completion_time",
]
# These have no regularization in them, or only at the start.
BY_INTERFERENCE = [
    "initial_interference",
    "initial_interference_square",
    "initial_norm_speed",
    "cosine_decay",
    "pair_squared_norm",
    "overlap_decay",
]
# Combinatorics: counted, or drawn by lot.
BY_LOT = [law.name for law in collision_laws.LAWS]
BY_THE_WHOLE_FLOW = [
    "polysemantic_count",
    "measured_polysemantic_count",
]
BY_NOISE = [law.name for law in noise_laws.LAWS]
# Read off encodings, wherever they come from.
BY_INPUTS = [law.name for law in tradeoff_laws.LAWS]
NOT_BY_THE_PLAIN_FLOW = {
    "flow_units",
    "spread",
    "paper_l1_norm",
    "paper_nonzero_count",
    "l1_norm_bounds",
    "completion_law",
    "survival_probability",
    *BY_LOT,
    *BY_NOISE,
    *BY_INPUTS,
    *BY_THE_WHOLE_FLOW,
    *BY_THE_EXACT_FLOW,
    *BY_INTERFERENCE,
    "initial_feature_benefit",
    "initial_regularization",
}


@pytest.mark.usefixtures("stronger_flow")
@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_BY_THE_PLAIN_FLOW])
def test_a_flow_with_another_strength_is_caught(name: str) -> None:
    assert fails(BY_NAME[name])


@pytest.mark.parametrize("name", BY_THE_EXACT_FLOW)
def test_an_exact_flow_with_another_strength_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Judged against the scatter of random rows: 2 % would be lost in it, 20 % are not.
    def flow(row: Any, *, l1_strength: float, **given: Any) -> Any:
        return row_flow(row, l1_strength=1.2 * l1_strength, **given)

    for module in (_curve, _measure):
        monkeypatch.setattr(module, "row_flow", flow)
    assert fails(BY_NAME[name])


@pytest.mark.parametrize("name", BY_INTERFERENCE)
def test_an_interference_without_its_relu_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def linear(model: ToyModel, encodings: Any) -> Any:
        gram = encodings @ np.swapaxes(encodings, -1, -2)
        return -((gram - gram * np.eye(model.n_features)) @ encodings)

    monkeypatch.setattr(ToyModel, "interference", linear)
    assert fails(BY_NAME[name])


@pytest.mark.parametrize(
    ("name", "force"),
    [
        ("initial_feature_benefit", "feature_benefit"),
        ("initial_regularization", "regularization"),
    ],
)
def test_a_stronger_force_at_the_start_is_caught(
    name: str, force: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(ToyModel, force)
    monkeypatch.setattr(ToyModel, force, lambda model, W: 1.1 * right(model, W))
    assert fails(BY_NAME[name])


def test_rows_of_another_law_do_not_complete_like_gaussian_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Uniform rows lie in another domain of attraction: λT* has mean 3.1 instead of 1.76.
    class Uniform(_chance.RowShape):
        def __init__(self, sizes: Any) -> None:
            super().__init__(1.0 - np.exp(-sizes))

    monkeypatch.setattr(_chance, "RowShape", Uniform)
    assert fails(BY_NAME["completion_law"])


def test_random_rows_break_the_bounds_of_the_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    def scattered(n_neurons: int) -> Any:
        return initial_row(n_neurons // 100, rng=3) / 10.0

    monkeypatch.setattr(_curve, "quantile_row", scattered)
    assert fails(BY_NAME["l1_norm_bounds"])


def test_rows_under_twice_the_strength_survive_less(monkeypatch: pytest.MonkeyPatch) -> None:
    def flow(row: Any, *, l1_strength: float, **given: Any) -> Any:
        return row_flow(row, l1_strength=2.0 * l1_strength, **given)

    monkeypatch.setattr(_chance, "row_flow", flow)
    assert fails(BY_NAME["survival_probability"])


def test_a_loss_with_another_strength_is_caught() -> None:
    law = BY_NAME["flow_units"]

    def observe(l1_strength: float, **case: Any) -> Any:
        return law.observe(l1_strength=1.02 * l1_strength, **case)

    assert fails(law, observe=observe)


def test_a_loss_without_its_relu_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def linear_loss(model: ToyModel, encodings: Any) -> Any:
        gram = encodings @ np.swapaxes(encodings, -1, -2)
        fit = np.square(gram - np.eye(model.n_features)).sum(axis=(-2, -1))
        return fit + 4.0 * model.l1_strength * np.abs(encodings).sum(axis=(-2, -1))

    monkeypatch.setattr(ToyModel, "loss", linear_loss)
    assert fails(BY_NAME["flow_units"])


def test_a_norm_that_comes_out_short_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    # ρ ≥ 0 holds for every row whatever λ; norms that no row can have are what violates it.
    right = observables.squared_norm
    monkeypatch.setattr(observables, "squared_norm", lambda weights: 0.98 * right(weights))
    assert fails(BY_NAME["spread"])


@pytest.mark.parametrize("factor", [2.0, 0.5])
@pytest.mark.parametrize("name", ["paper_l1_norm", "paper_nonzero_count"])
def test_the_paper_s_laws_notice_another_strength(
    name: str, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ‖w‖₁ ∝ 1/λt within a factor of 1.5: a strength that is 2 % off has room in there, 2 has not.
    def flow(row: Any, *, l1_strength: float, times: Any) -> Any:
        return row_flow(row, l1_strength=factor * l1_strength, times=times)

    monkeypatch.setattr(_row, "row_flow", flow)
    assert fails(BY_NAME[name])


def test_a_wrong_reduction_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def flow(row: Any, *, l1_strength: float, **given: Any) -> Any:
        return row_flow(row, l1_strength=1.02 * l1_strength, **given)

    monkeypatch.setattr(_row, "row_flow", flow)
    assert fails(BY_NAME["soft_threshold_reduction"])


@pytest.mark.parametrize("name", [name for name in BY_LOT if "independent" not in name])
def test_a_layer_twice_as_wide_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = collision_laws.exact_frequencies

    def wider(n_features: int, n_neurons: int) -> Any:
        return right(n_features, 2 * n_neurons)

    monkeypatch.setattr(collision_laws, "exact_frequencies", wider)
    assert fails(BY_NAME[name])


def test_lots_that_forget_the_sign_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = collision_laws.occupied
    monkeypatch.setattr(
        collision_laws, "occupied", lambda *case: right(*case).sum(axis=-1, keepdims=True)
    )
    assert fails(BY_NAME["expected_polysemantic_independent"])


@pytest.mark.parametrize("name", BY_THE_WHOLE_FLOW)
def test_a_flow_in_which_features_do_not_exclude_one_another_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_interference(n: int, m: int, _: float, seed: int, aim: float) -> Any:
        count = polysemantic.enough_instances(n, m, aim)
        start = initial_encodings(ToyModel(n, m), count, rng=seed)
        return observables.polysemantic_neurons(
            np.where(np.abs(start) == np.abs(start).max(axis=-1, keepdims=True), 1.0, 0.0)
        )

    monkeypatch.setattr(polysemantic, "counts", without_interference)
    assert fails(BY_NAME[name])


@pytest.mark.parametrize(
    ("constant", "in_n", "in_m"), [(2.5, 0, 0), (0.1, 1, 0), (0.025, 2, 0.5), (0.011, 3, 1)]
)
def test_another_exponent_is_caught(constant: float, in_n: float, in_m: float) -> None:
    def power(n_features: int, n_neurons: int) -> float:
        return constant * n_features**in_n / n_neurons**in_m

    assert fails(BY_NAME["polysemantic_count"], predict=power)


# Other laws simulate before they can say what to predict.
@pytest.mark.parametrize("name", BY_THE_WHOLE_FLOW)
def test_every_case_of_a_full_run_can_be_predicted(name: str) -> None:
    law = BY_NAME[name]
    assert law.full_domain is not None
    for case in law.full_domain.cases(np.random.default_rng(SEED), 16):
        assert np.isfinite(law.predict(**law.prepare(**case))).all()


def another_factor(
    monkeypatch: pytest.MonkeyPatch, module: Any, function: str, position: int, factor: float
) -> None:
    right = getattr(module, function)

    def wrong(*given: Any) -> Any:
        changed = [*given[:position], factor * given[position], *given[position + 1 :]]
        return right(*changed)

    monkeypatch.setattr(module, function, wrong)


@pytest.mark.parametrize(
    ("name", "module", "function", "position", "factor"),
    [
        pytest.param("edgeworth_second_moment", _mixed, "moments", 2, 1.02, id="second moment, σ"),
        pytest.param("edgeworth_slope", _mixed, "moments", 2, 1.02, id="slope, σ"),
        pytest.param("edgeworth_mean_absolute", _mixed, "moments", 2, 1.02, id="E|z|, σ"),
        pytest.param("edgeworth_second_moment", _mixed, "moments", 3, 1.1, id="second moment, κ"),
        pytest.param("edgeworth_slope", _mixed, "moments", 3, 1.1, id="slope, κ"),
        pytest.param("edgeworth_mean_absolute", _mixed, "moments", 3, 1.1, id="E|z|, κ"),
        pytest.param("drift_rate", _mixed, "moments", 2, 1.3, id="drift, σ"),
        pytest.param("equilibrium_norm", _simplex, "rectified", 0, 1.02, id="norm"),
        pytest.param("critical_std", _simplex, "rectified", 0, 1.02, id="critical"),
        pytest.param("escape_rate", _simplex, "rectified", 0, 0.5, id="escape"),
        pytest.param("cubic_flow", _rows, "_follow", 1, 1.02, id="cubic flow"),
        pytest.param("time_to_fourth_norm", _rows, "_follow", 1, 1.02, id="time"),
        pytest.param("half_sparsity_time", _rows, "_directions", 1, 3, id="wider rows"),
        pytest.param("fourth_norm_of_random_rows", _rows, "_directions", 1, 2, id="twice as wide"),
        pytest.param("initial_fourth_norm_slope", _rows, "_directions", 1, 2, id="slope, wider"),
    ],
)
def test_another_noise_is_caught(
    name: str,
    module: Any,
    function: str,
    position: int,
    factor: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another_factor(monkeypatch, module, function, position, factor)
    assert fails(BY_NAME[name])


class Louder(Gaussian):
    """Noise that says it is weaker than it is."""

    def __init__(self, *, std: float) -> None:
        super().__init__(std=1.05 * std)


class Boastful(Gaussian):
    """Gaussian noise that passes for bipolar."""

    excess_kurtosis = -2.0


@pytest.mark.parametrize(
    ("name", "module", "which", "noise"),
    [
        pytest.param("simplex_in_the_flow", _flow, "Gaussian", Louder, id="5 % more noise"),
        pytest.param(
            "gaussian_noise_in_the_flow", _flow, "Gaussian", Bipolar, id="bipolar for Gaussian"
        ),
        pytest.param("drift_in_the_flow", _flow, "_SPARSE", (Boastful, Boastful), id="no kurtosis"),
        pytest.param(
            "plateau_in_the_flow", _flow_ends, "Bipolar", Gaussian, id="Gaussian for bipolar"
        ),
        pytest.param(
            "window_in_the_flow", _flow_ends, "Bipolar", Gaussian, id="Gaussian has no window"
        ),
        pytest.param(
            "escape_in_the_flow",
            _flow_ends,
            "_OPENING",
            (("bipolar", Gaussian), ("gaussian", Bipolar)),
            id="one law for the other",
        ),
    ],
)
def test_another_noise_in_the_flow_is_caught(
    name: str, module: Any, which: str, noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cached in (_flow._turned, _flow_ends._pairs):
        cached.cache_clear()
    monkeypatch.setattr(module, which, noise)
    assert fails(BY_NAME[name])
    for cached in (_flow._turned, _flow_ends._pairs):
        cached.cache_clear()


def test_a_mechanism_that_shares_neurons_as_l1_does_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def under_l1(n: int, m: int, _std: float, count: int, seed: int) -> Any:
        model = ToyModel(n, m, l1_strength=0.01)
        return simulate(model, initial_encodings(model, count, rng=seed)).final

    monkeypatch.setattr(_flow_ends, "_sparse", under_l1)
    assert fails(BY_NAME["no_collisions_under_noise"])


def test_longer_signs_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = _mixed.all_signs
    monkeypatch.setattr(_mixed, "all_signs", lambda m: 1.02 * right(m))
    assert fails(BY_NAME["mean_absolute_bounds"])


@pytest.mark.parametrize("name", ["neuron_loss", "pair_excess", "one_hot_loss"])
def test_an_output_without_its_relu_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def linear(_: ToyModel, encodings: Any, inputs: Any = None) -> Any:
        hidden = encodings if inputs is None else inputs @ encodings
        return hidden @ np.swapaxes(encodings, -1, -2)

    monkeypatch.setattr(ToyModel, "reconstruction", linear)
    assert fails(BY_NAME[name])


def test_noise_of_another_width_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tradeoff_laws.exact_loss
    monkeypatch.setattr(tradeoff_laws, "exact_loss", lambda W, p, signs: right(W, p, 1.02 * signs))
    assert fails(BY_NAME["break_even_probability"])


def test_a_gradient_without_its_joint_inputs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tradeoff_laws.batch_gradient
    monkeypatch.setattr(tradeoff_laws, "batch_gradient", lambda W, x, scale: right(W, x[1:], scale))
    # An overlap that does not decay at all has the rate 0.
    assert fails(BY_NAME["negative_overlap_rate"])


# --- the algebra errs -----------------------------------------------------------------------------

# What each law states without a closed form in its own parameters, so that there are no two forms.
NO_SYMBOLIC_VALUE = {
    "flow_units": "an identity between two forces",
    "same_sign_collision": "a flow, whose reduction is another law",
    "opposite_sign_collision": "a flow that falls apart into two, each of them another law",
    "spread": "a bound",
    "threshold": "the inverse of an integral; dΘ/dx is what is proved",
    "l1_norm_bounds": "a bound",
    "expected_polysemantic_bounds": "a pair of bounds",
    "time_to_fraction": "an integral",
    "mean_field": "a pair of differential equations",
    "slow_time": "a sum over deaths, each of them in closed form",
    "completion_time": "the same sum, up to the last death",
    "completion_law": "a recursion of distributions",
    "survival_probability": "an approximation; proved are the traps that decide a row's fate",
    "mean_absolute_bounds": "a pair of bounds",
    "equilibrium_norm": "the root of an equation",
    "critical_std": "a minimum",
    "cubic_flow": "a pair of formulas with a parameter",
    "time_to_fourth_norm": "the same",
    "half_sparsity_time": "the same, of a typical row",
    "neuron_loss": "a finite sum, of which every small case is proved",
    "one_hot_loss": "a sum of those over neurons",
    "simplex_in_the_flow": "all overlaps at once; their value is the root of an equation",
    "drift_in_the_flow": "the speed of a given simplex; its rate is another law",
    "window_in_the_flow": "a pair of bounds",
    "escape_in_the_flow": "for two kinds of noise; the rate is another law",
    "no_collisions_under_noise": "a measurement",
}


def statement(law: Law) -> Any:
    assert law.symbolic is not None
    return law.symbolic()


def algebra(law: Law, **changes: Any) -> SymbolicCheck:
    """Report on the algebra only: what is simulated is the number 1, which takes no time."""

    def one(**_: Any) -> float:
        return 1.0

    judged = {"kind": Kind.EXACT, "predict": one, "observe": one, "closed_form": law.numpy_form}
    seen = report(law, **judged | changes)
    assert seen.error == ""
    assert seen.symbolic is not None
    assert seen.holds == seen.symbolic.holds
    return seen.symbolic


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_are_compared_or_there_is_only_one(name: str) -> None:
    seen = algebra(BY_NAME[name])
    assert seen.holds
    assert (seen.disagreement is None) == (name in NO_SYMBOLIC_VALUE)


# A hundred times the rounding that two right forms may differ by, and nothing that one would see.
HARDLY = 100.0 * ROUNDING


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_SYMBOLIC_VALUE])
def test_a_doctored_symbolic_value_is_caught(name: str) -> None:
    law = BY_NAME[name]
    right = statement(law)
    doctored = replace(right, value=right.value * (1 + sp.Float(HARDLY, 30)))
    seen = algebra(law, symbolic=lambda: doctored)
    assert seen.disagreement is not None
    assert seen.disagreement > ROUNDING
    assert not seen.holds


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_SYMBOLIC_VALUE])
def test_a_doctored_closed_form_is_caught_by_algebra(name: str) -> None:
    law = BY_NAME[name]
    assert law.numpy_form is not None
    assert not algebra(law, closed_form=changed(law.numpy_form, scaled(1.0 + HARDLY))).holds


@pytest.mark.parametrize("name", NAMES)
def test_a_residual_that_does_not_vanish_is_caught(name: str) -> None:
    law = BY_NAME[name]
    wrong = {"two things that differ": sp.Symbol("x") ** 2 - sp.Symbol("x")}
    doctored = replace(statement(law), residuals=wrong)
    seen = algebra(law, symbolic=lambda: doctored)
    assert seen.unproved == tuple(wrong)
    assert not seen.holds


# --- the catalogue itself -------------------------------------------------------------------------

# Laws whose closed form is called otherwise, or is no closed form.
ELSEWHERE = {
    "flow_units": "ToyModel.velocity, which is no theory",
    "same_sign_collision": "row_flow: the claim is that two flows are one",
    "opposite_sign_collision": "row_flow: the claim is that one flow is two",
    "expected_polysemantic_independent": "expected_polysemantic with law='independent'",
    "settling": "simulate, whose end it is",
    "polysemantic_count": "expected_polysemantic, held against the flow",
    "measured_polysemantic_count": "expected_polysemantic with law='measured'",
    "soft_threshold_reduction": "reduced_weight, its first formula; the others are equations",
    "simplex_in_the_flow": "equilibrium_norm and simplex_overlap, held against the flow",
    "gaussian_noise_in_the_flow": "fourth_norm_of_random_rows, held against the flow",
    "drift_in_the_flow": "drift_rate, on the rows of a given simplex",
    "plateau_in_the_flow": "plateau_fourth_norm, held against the flow",
    "window_in_the_flow": "working_window, whose ends are conventions",
    "escape_in_the_flow": "escape_rate, held against the flow",
    "no_collisions_under_noise": "none: a measurement",
}


def closed_forms() -> dict[str, Callable[..., Any]]:
    topics = (collisions, fixed_points, interference, noise, sparsification, tradeoff)
    return {name: getattr(topic, name) for topic in topics for name in topic.__all__}


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(CATALOGUE)


def test_every_law_has_its_controls() -> None:
    assert set(DOCTORED) == set(NAMES)
    assert set(NO_SYMBOLIC_VALUE) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_law_can_be_read(name: str) -> None:
    law = BY_NAME[name]
    assert law.statement.strip()
    assert law.reference.strip()
    assert law.domain.intervals
    assert law.cases >= 2  # both corners


# Laws that rest on a statement of another name, because what is proved is not the whole law.
RESTS_ON = {
    "threshold": "universal_curve",
    "l1_norm_bounds": "l1_norm_upper",
    "slow_time": "slow_manifold_time",
    "completion_law": "completion_step",
    "survival_probability": "survival_traps",
    "time_to_fourth_norm": "cubic_flow",
    "half_sparsity_time": "cubic_flow",
    "settling": "carrier_amplitude",
    "polysemantic_count": "expected_polysemantic",
    "measured_polysemantic_count": "expected_polysemantic",
    "one_hot_loss": "neuron_loss",
    "simplex_in_the_flow": "equilibrium_norm",
    "gaussian_noise_in_the_flow": "fourth_norm_of_random_rows",
    "drift_in_the_flow": "drift_rate",
    "plateau_in_the_flow": "plateau_fourth_norm",
    "window_in_the_flow": "critical_std",
    "escape_in_the_flow": "escape_rate",
    "no_collisions_under_noise": "escape_rate",
}


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_same_name_in_sympy(name: str) -> None:
    stated = RESTS_ON.get(name, name)
    topics = (
        symbolic.model,
        symbolic.collisions,
        symbolic.fixed_points,
        symbolic.interference,
        symbolic.noise,
        symbolic.sparsification,
        symbolic.tradeoff,
    )
    found = [getattr(topic, stated)() for topic in topics if hasattr(topic, stated)]
    assert found == [statement(BY_NAME[name])]
    assert statement(BY_NAME[name]).name == stated


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_same_name_in_the_theory(name: str) -> None:
    assert (name in closed_forms()) != (name in ELSEWHERE)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_the_form_that_is_judged_is_the_one_that_people_call(name: str) -> None:
    law = BY_NAME[name]
    # A bound predicts an interval; these two return more than one number, of which some are judged.
    if law.kind is not Kind.BOUND and name not in {"mean_field", "completion_law"}:
        assert law.predict is closed_forms()[name]


def test_the_reduction_is_judged_by_the_formula_that_people_call() -> None:
    assert BY_NAME["soft_threshold_reduction"].predict is sparsification.reduced_weight


@pytest.mark.parametrize("name", NAMES)
def test_cases_lie_in_the_domain_and_are_reproducible(name: str) -> None:
    law = BY_NAME[name]
    first, second = (list(law.domain.cases(np.random.default_rng(SEED), 8)) for _ in range(2))
    assert first == second
    assert all(law.domain.contains(**case) for case in first)
