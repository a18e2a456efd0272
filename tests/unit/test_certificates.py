"""Certificates: what holds is proved, what is false is refuted at a point where it is false."""

import json
import math
import sys
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest
import sympy as sp

from polytheory import Domain, Interval, Kind, Law, verify
from polytheory.certificates import Certificate, Inequality, certify, no_certificate

pytest.importorskip("flint")
from flint import arb, arb_series, ctx

from polytheory.certificates._balls import compiled, on_box
from polytheory.cli import main
from polytheory.report._page import page
from polytheory.theory.noise.edgeworth.certificate import mean_absolute_bounds
from polytheory.theory.noise.edgeworth.proof_distributions import HAAGERUP, ORDER
from polytheory.theory.sparsification.curve import certificate as curve

x, y = sp.symbols("x y")
UNIT = {"x": (0, 1)}
THIRD, TENTH = sp.Rational(1, 3), sp.Rational(1, 10)


def certified(
    margin: Any, box: Any = UNIT, *, seconds: float = 10.0, bits: int = 128, **how: Any
) -> Certificate:
    claim = Inequality(says="it", margin=margin, box=box, **how)
    return certify("a claim", claim, seconds=seconds, bits=bits)


PROVED = [
    pytest.param(sp.exp(x) - 1 - x, {"x": ("0.1", 9)}, id="1 + x ≤ eˣ"),
    pytest.param(1 + TENTH - x - sp.cos(x) ** 9, UNIT, id="a power of a cosine"),
    pytest.param((x - y) ** 2 + TENTH**2, {"x": (0, 1), "y": (0, 1)}, id="two arguments"),
    pytest.param(sp.pi - 3, UNIT, id="a constant"),
    pytest.param(x + x ** (x + 2) + TENTH, {"x": (1, 2)}, id="a power of an argument"),
    pytest.param(2 - sp.Abs(x), {"x": (-1, 1)}, id="no power series"),
    pytest.param(sp.erf(x) - x / 2 + TENTH, UNIT, id="erf"),
    pytest.param(sp.digamma(x), {"x": (2, 3)}, id="digamma"),
    pytest.param(sp.loggamma(x) + 1, {"x": (2, 3)}, id="log Γ"),
    pytest.param(1 / sp.sqrt(x) - x + TENTH, {"x": (Fraction(1, 2), 1)}, id="fractions"),
    pytest.param(sp.Integer(0), UNIT, id="0 ≥ 0"),
    pytest.param(x, {"x": (2, 2)}, id="a point"),
    pytest.param(lambda x: 1 - (-x).exp() - x / 2 + arb("0.1"), UNIT, id="a function of balls"),
    pytest.param(lambda x: x.sinh() + 1, UNIT, id="one without power series"),
]


@pytest.mark.parametrize(("margin", "box"), PROVED)
def test_what_holds_is_proved(margin: Any, box: Any) -> None:
    found = certified(margin, box)
    assert (found.outcome.value, found.reason, found.at) == ("PROVED", "", {})
    assert found.boxes >= 1
    assert found.words().startswith("PROVED: a claim; ")


@pytest.mark.parametrize(("margin", "box"), PROVED[:3])
def test_less_a_little_too_much_it_is_refuted_where_it_is_false(margin: Any, box: Any) -> None:
    symbols = sorted(margin.free_symbols, key=str)
    grid = [sp.Rational(k, 7) for k in range(8)]
    points = [dict.fromkeys(symbols, k) for k in grid if k > TENTH]
    least = min(float(margin.subs(point)) for point in points)
    planted = margin - sp.Rational(least).limit_denominator(1000) - sp.Rational(1, 100)
    found = certified(planted, box)
    assert found.outcome.value == "REFUTED"
    at = {sp.Symbol(name): sp.Rational(value) for name, value in found.at.items()}
    assert float(planted.subs(at)) < 0
    assert all(low <= Fraction(found.at[name]) <= high for name, (low, high) in exact(box).items())
    assert "does not hold" in found.words()


def exact(box: Any) -> dict[str, tuple[Fraction, Fraction]]:
    return {name: (Fraction(low), Fraction(high)) for name, (low, high) in box.items()}


def test_a_narrow_violation_is_found() -> None:
    # Negative only for |x − 1/3| < 1e-6.
    found = certified((x - THIRD) ** 2 - sp.Rational(1, 10**12), order=2)
    assert found.outcome.value == "REFUTED"
    assert abs(Fraction(found.at["x"]) - Fraction(1, 3)) < Fraction(1, 10**6)


@pytest.mark.parametrize(
    ("margin", "box"),
    [
        pytest.param((x - THIRD) ** 2, UNIT, id="equal inside"),
        pytest.param(x * (1 - x), UNIT, id="equal at the ends"),
        pytest.param(sp.log(x) ** 2, {"x": (0, 1)}, id="not defined at an end"),
        pytest.param(sp.sqrt(x - 5), UNIT, id="nowhere defined"),
        pytest.param(1 / (x - THIRD) ** 2, UNIT, id="a pole"),
    ],
)
def test_where_no_ball_decides_it_is_unknown(margin: Any, box: Any) -> None:
    found = certified(margin, box)
    assert found.outcome.value == "UNKNOWN"
    assert "it: not decided near x = " in found.reason
    assert found.at == {}


def test_a_strict_claim_that_is_equal_at_a_point_is_unknown() -> None:
    assert certified(sp.Integer(0), strict=True).outcome.value == "UNKNOWN"
    assert certified(x + 1, strict=True).proved
    assert certified(x - 2, strict=True).outcome.value == "REFUTED"


def test_a_violation_elsewhere_is_found_in_spite_of_an_equality() -> None:
    planted = (x - THIRD) ** 2 * (1 - sp.Rational(11, 10) * x)
    assert certified(planted).outcome.value == "REFUTED"
    assert certified(-((x - THIRD) ** 2) * (x - 2), {"x": (0, 3)}).outcome.value == "REFUTED"


def test_the_time_limit_ends_it() -> None:
    square = {"x": (0, 1), "y": (0, 1)}
    found = certified((3 * x - y) ** 2, square, seconds=0.2)  # equal on a line
    assert found.outcome.value == "UNKNOWN"
    assert "not decided in time" in found.reason
    assert found.seconds < 2
    assert certified(x + 1, seconds=0.0).outcome.value == "UNKNOWN"


def test_an_unknown_argument_refutes_only_together() -> None:
    box, unknown = {"x": (0, 1), "y": (-1, 1)}, ("y",)
    # A remainder of unknown sign and of size 1: too large to decide, but it refutes nothing.
    assert certified(x + y, box).outcome.value == "REFUTED"
    assert certified(x + y, box, unknown=unknown).outcome.value == "UNKNOWN"
    assert certified(x + y + 2, box, unknown=unknown).proved
    found = certified(x + y - 2 - TENTH, box, unknown=unknown)
    assert (found.outcome.value, set(found.at)) == ("REFUTED", {"x"})


def test_too_few_bits_cost_the_proof_and_not_its_truth() -> None:
    close = sp.pi - sp.Rational(31415926535897932384626433832795, 10**31)  # 2.9e-32
    assert certified(close).proved
    assert certified(close, bits=64).outcome.value == "UNKNOWN"
    assert certified(-close).outcome.value == "REFUTED"
    assert certified(-close, bits=64).outcome.value == "UNKNOWN"


@pytest.mark.parametrize("order", [0, 1, 3, 12])
@pytest.mark.parametrize("margin", [sp.exp(x) * sp.cos(3 * x), x**5 - 2 * x**2, 1 / (1 + x)])
def test_a_ball_contains_every_value_on_its_box(margin: Any, order: int) -> None:
    low, high = Fraction(-1, 4), Fraction(1, 5)
    found = on_box(compiled(margin), {"x": (low, high)}, order)
    for k in range(11):
        at = low + (high - low) * Fraction(k, 10)
        value = sp.N(margin.subs(x, sp.Rational(at)), 30)
        assert found.contains(arb(str(value)))


def test_a_higher_order_needs_fewer_boxes() -> None:
    cancelling = sp.exp(x) - 1 - x - x**2 / 2 - x**3 / 7 + sp.Rational(1, 10**4)
    boxes = [certified(cancelling, order=order).boxes for order in (0, 2, 8)]
    assert boxes[0] > boxes[1] > boxes[2] >= 1


def test_terms_lost_in_a_series_are_not_taken_for_zero() -> None:
    # The quotient of two series that begin with t loses its last term.
    def lossy(x: Any) -> Any:
        if isinstance(x, arb_series):
            return arb_series([x[0], x[1]], 2)
        return x

    found = on_box(lossy, {"x": (Fraction(-1), Fraction(1))}, 4)
    assert not found > -1  # the plain ball


def test_the_precision_is_left_as_it_was() -> None:
    before = ctx.prec, ctx.cap
    certified(sp.exp(x) - 1 - x + TENTH)
    with pytest.raises(TypeError):
        certified(lambda x: math.exp(float(x.mid())))
    assert (ctx.prec, ctx.cap) == before


@pytest.mark.parametrize(
    ("how", "words"),
    [
        pytest.param({"box": {"x": (0.1, 1)}}, "'0.1'", id="a float"),
        pytest.param({"box": {"x": (0, math.inf)}}, "z = 1/x", id="infinite"),
        pytest.param({"box": {"x": (0, sp.oo)}}, "z = 1/x", id="SymPy's infinity"),
        pytest.param({"box": {"x": (0, sp.pi)}}, "irrational", id="irrational"),
        pytest.param({"box": {"x": ("zero", 1)}}, "'zero'", id="no number"),
        pytest.param({"box": {"x": (1, 0)}}, "low ≤ high", id="empty"),
        pytest.param({"box": {"x": (0, 1, 2)}}, "pair", id="three ends"),
        pytest.param({"box": {}}, "mapping", id="no box"),
        pytest.param({"box": {"y": (0, 1)}}, "without x", id="another argument"),
        pytest.param({"margin": "x"}, "SymPy expression", id="a string"),
        pytest.param({"margin": 0.1 * x}, "sympy.Rational", id="a float in it"),
        pytest.param({"margin": sp.besselj(0, x)}, "function of balls", id="no such ball"),
        pytest.param({"margin": sp.I * x}, "fractions", id="complex"),
        pytest.param({"order": 100}, "at most 60", id="order"),
        pytest.param({"order": -1}, "at least 0", id="negative order"),
        pytest.param({"unknown": ("z",)}, "unknown", id="unknown to the box"),
        pytest.param({"unknown": "x"}, "sequence", id="unknown without a comma"),
        pytest.param({"says": None}, "says", id="no words"),
    ],
)
def test_bad_input_is_refused(how: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        Inequality(**{"says": "it", "margin": x, "box": UNIT} | how)


def test_bad_arguments_of_certify_are_refused() -> None:
    claim = Inequality(says="it", margin=x, box=UNIT)
    for given in ((), ("x ≥ 0",)):
        with pytest.raises(TypeError, match="inequalities"):
            certify("a claim", *given)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="seconds"):
        certify("a claim", claim, seconds=-1)
    with pytest.raises(ValueError, match="bits"):
        certify("a claim", claim, bits=10)
    with pytest.raises(TypeError, match="float"):
        certified(lambda x: float(x.mid()))
    # An uncertain comparison is False, and 0 is not negative.
    with pytest.raises(TypeError, match=r"b − a instead of the comparison"):
        certified(lambda x: x - 5 >= 0)


@pytest.mark.parametrize("there", [None, ModuleType("flint")], ids=["none", "too old"])
def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, there: Any
) -> None:
    monkeypatch.setitem(sys.modules, "flint", there)
    with pytest.raises(ImportError, match=r"pip install 'polytheory\[certify\]'"):
        certified(x)


def test_a_law_without_a_certificate_is_unknown() -> None:
    assert no_certificate().words() == "UNKNOWN: no certificate"


# --- the certificates of the catalogue ------------------------------------------------------------


def test_the_squared_cv_increases_on_the_curve() -> None:
    found = curve.curve_squared_cv()
    assert found.proved, found
    assert "moment_series" in found.rests_on


def with_sign(h: Any, x: Any) -> Any:
    return -curve.slope_cubic(h, x)


def another_factor(h: Any, x: Any) -> Any:
    return 2 * h**3 - 3 * x * h**2 + (x**2 - sp.Rational(301, 100)) * h + x


def without_cancellation(h: Any, x: Any) -> Any:
    return curve.slope_cubic(h, x) - h / 10**9  # negative from some hundred on only


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"slope": with_sign}, id="decreases"),
        pytest.param({"slope": another_factor}, id="3.01 for 3"),
        pytest.param({"slope": without_cancellation}, id="wrong far out only"),
        pytest.param({"largest": sp.Rational(99, 100)}, id="ρ < 0.99"),
        pytest.param({"largest": sp.Rational(999999, 10**6)}, id="ρ < 0.999999"),
    ],
)
def test_a_wrong_derivation_is_not_proved(wrong: dict[str, Any]) -> None:
    assert curve.curve_squared_cv(**wrong).outcome.value == "REFUTED"


def test_a_crude_remainder_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    right = curve.far_moment
    monkeypatch.setattr(curve, "far_moment", lambda power, share: right(power, 10**12 * share))
    g = curve._G
    _, far = curve._positive("ρ < 1", 2 * g[1] ** 2 - g[0] * g[2], 4)
    assert certify("far out", far).outcome.value == "UNKNOWN"


def test_khintchine() -> None:
    assert mean_absolute_bounds().proved


@pytest.mark.parametrize("wrong", [1 / HAAGERUP, HAAGERUP / sp.sqrt(ORDER)])
def test_a_wrong_haagerup_function_is_refuted(wrong: Any) -> None:
    assert mean_absolute_bounds(wrong).outcome.value == "REFUTED"


# --- a law with a certificate ---------------------------------------------------------------------


def a_law(certificate: Any, upper: float = 1.0) -> Law:
    return Law(
        name="toy",
        kind=Kind.BOUND,
        domain=Domain({"x": Interval(0.0, 1.0)}),
        predict=lambda x: (0 * x, upper),
        observe=lambda x: x,
        tight=0.01,
        certificate=certificate,
    )


def judged(certificate: Any, upper: float = 1.0, **how: Any) -> Any:
    (report,) = verify([a_law(certificate, upper)], certify=True, **how).reports
    return report


def test_an_unknown_certificate_leaves_the_verdict_as_it_is() -> None:
    unknown = lambda: certified((x - THIRD) ** 2)  # noqa: E731
    for certificate in (None, unknown):
        report = judged(certificate)
        assert (report.outcome, report.certificate.outcome.value) == ("holds", "UNKNOWN")
        assert "certificate UNKNOWN: " in str(verify([a_law(certificate)], certify=True))
    assert judged(None).certificate.reason == "no certificate"
    assert judged(unknown, upper=0.5).outcome == "FAILS"


def test_a_proof_is_reported_and_does_not_save_a_law_that_fails() -> None:
    proof = lambda: certified(x + 1)  # noqa: E731
    assert (judged(proof).outcome, judged(proof).certificate.outcome.value) == ("holds", "PROVED")
    assert judged(proof, upper=0.5).outcome == "FAILS"
    assert "certificate PROVED" in judged(proof).line()


def test_a_refuted_law_fails() -> None:
    result = verify([a_law(lambda: certified(x - 2))], certify=True)
    assert not result.holds
    assert [each.name for each in result.failed] == ["toy"]
    assert result.reports[0].outcome == "FAILS"
    assert result.reports[0].undecided == ""
    assert "certificate REFUTED: " in result.text()
    law = json.loads(json.dumps(result.to_dict()))["laws"][0]
    assert (law["certificate"]["outcome"], law["certificate"]["at"]) == ("REFUTED", {"x": "0"})
    assert "REFUTED: a claim" in page(result, {})
    # An undecided simulation does not hide it.
    undecided = verify([a_law(lambda: certified(x - 2), upper=2.0)], certify=True)
    assert undecided.reports[0].verdict is not None
    assert undecided.reports[0].verdict.undecided
    assert undecided.reports[0].outcome == "FAILS"


def test_it_runs_only_when_asked_for() -> None:
    def never() -> Certificate:
        raise AssertionError

    (report,) = verify([a_law(never)]).reports
    assert (report.outcome, report.certificate) == ("holds", None)
    assert "certificate" not in report.line()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        pytest.param(lambda: certified(math), "SymPy expression", id="raises"),
        pytest.param(lambda: True, "must be a Certificate", id="no certificate"),
    ],
)
def test_a_broken_certificate_is_an_error_of_its_law(broken: Any, words: str) -> None:
    report = judged(broken)
    assert report.outcome == "ERROR"
    assert words in report.error
    with pytest.raises(TypeError, match="certificate"):
        a_law("a string")


def test_the_catalogue_is_certified_from_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["verify", "--law", "mean_absolute_bounds", "--certify"]) == 0
    assert "certificate PROVED: F(ν) ≥ F(2)" in capsys.readouterr().out


def test_the_command_says_what_to_install_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(ImportError, match="polytheory"):
        judged(None)
    assert main(["verify", "--certify"]) == 2
    assert "--certify: " in (said := capsys.readouterr().err)
    assert "pip install 'polytheory[certify]'" in said
    for option in (["--certify"], ["--case", "{}"]):
        assert main(["verify", *option, "--recorded", "run.npz"]) == 2
        assert "apply to laws only" in capsys.readouterr().err
