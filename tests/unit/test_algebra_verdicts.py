"""What a verdict says of the algebra: zero, not zero, not shown, compared with NumPy or not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

from polytheory import Domain, Interval, Kind, Law, Verification, verify
from polytheory.report import write_report
from polytheory.symbolic import Statement
from polytheory.verification import LawReport, SymbolicCheck

x, rate = sp.symbols("x rate")
positive = sp.Symbol("x", positive=True)
TRUE = {"the square": (x + 1) ** 2 - x**2 - 2 * x - 1}
FALSE = {"a difference": x - 2}
#: Twice the Gudermannian function, which SymPy does not know.
UNKNOWN = {"two forms": 2 * sp.atan(sp.tanh(positive / 2)) - sp.asin(sp.tanh(positive))}
NOT_KNOWN = "not shown: two forms (SymPy could not decide)"


def proof(residuals: dict[str, sp.Expr], **more: Any) -> Callable[[], Statement]:
    claim = sp.Eq(sp.Symbol("y"), x)
    return lambda: Statement(name="own", claim=claim, residuals=residuals, **more)


def law(**changes: Any) -> Law:
    given: dict[str, Any] = {
        "name": "own",
        "kind": Kind.EXACT,
        "domain": Domain({"x": Interval(1, 10)}),
        "predict": lambda x: 2.0 * x,
        "observe": lambda x: 2.0 * x,
        "symbolic": proof(TRUE, value=2 * x, arguments=(x,)),
    }
    return Law(**given | changes)


def judged(**changes: Any) -> LawReport:
    (report,) = verify([law(**changes)]).reports
    return report


def algebra(**changes: Any) -> SymbolicCheck:
    return checked(judged(**changes))


def checked(report: LawReport) -> SymbolicCheck:
    assert report.symbolic is not None
    return report.symbolic


def outputs(tmp_path: Path, **changes: Any) -> tuple[str, dict[str, Any], str]:
    """Return the text, the data and the page of a verification, without line breaks."""
    return told(verify([law(**changes)]), tmp_path)


def told(result: Verification, tmp_path: Path) -> tuple[str, dict[str, Any], str]:
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))["laws"][0]["symbolic"]
    page = write_report(result, tmp_path / "r.html").read_text("utf-8")
    return " ".join(str(result).split()), data, page


def test_what_vanishes_and_agrees_holds() -> None:
    check = algebra()
    assert check.holds
    assert (check.refuted, check.not_shown, check.unproved) == ((), (), ())
    assert (check.undecided, check.not_compared) == ("", "")
    assert check.disagreement == 0.0


def test_what_is_not_zero_is_called_so(tmp_path: Path) -> None:
    result = verify([law(symbolic=proof(TRUE | FALSE | UNKNOWN))])  # SymPy takes seconds
    check = checked(result.reports[0])
    assert not check.holds
    assert (check.refuted, check.not_shown) == (("a difference",), ("two forms",))
    assert check.undecided == ""  # it fails
    text, data, page = told(result, tmp_path)
    for words in ("not zero: a difference", NOT_KNOWN):
        assert words in text
        assert words in page
    assert (data["refuted"], data["not_shown"]) == (["a difference"], ["two forms"])


def test_what_sympy_cannot_decide_is_never_called_not_zero(tmp_path: Path) -> None:
    result = verify([law(symbolic=proof(UNKNOWN))])
    check = checked(result.reports[0])
    assert not check.holds
    assert check.undecided == NOT_KNOWN
    text, data, page = told(result, tmp_path)
    assert "not zero" not in text + page
    assert NOT_KNOWN in text
    assert NOT_KNOWN in page
    assert (data["refuted"], data["not_shown"]) == ([], ["two forms"])


def test_forms_that_differ_fail_whatever_sympy_cannot_decide() -> None:
    wrong = proof(UNKNOWN, value=3 * x, arguments=(x,))
    report = judged(symbolic=wrong)
    assert report.symbolic is not None
    assert not report.symbolic.agrees
    assert report.symbolic.undecided == ""
    assert "NumPy and SymPy differ by" in report.line()


def test_the_domain_of_the_law_is_that_of_the_algebra() -> None:
    above = {"above 1": abs(x - 1) - (x - 1)}
    assert algebra(symbolic=proof(above)).holds
    wider = algebra(symbolic=proof(above), domain=Domain({"x": Interval(0, 10)}))
    assert wider.refuted == ("above 1",)
    own = Domain({"x": Interval(1, 2)})
    assert algebra(symbolic=proof(above, domain=own), domain=Domain({"x": Interval(0, 10)})).holds
    # True outside of the claim and false inside.
    assert algebra(symbolic=proof({"below 1": abs(x - 1) + (x - 1)})).refuted == ("below 1",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbolic": proof(TRUE)}, "the statement has no value"),
        ({"closed_form": None}, "closed_form is None"),
        ({"closed_form": None, "not_compared": "an integral"}, "an integral"),
    ],
)
def test_what_is_not_compared_is_told_with_its_reason(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    text, data, page = outputs(tmp_path, **changes)
    words = f"not compared with NumPy ({reason})"
    assert f"1 residual vanishes, {words}" in text
    assert words in page
    assert words in judged(**changes).line()
    assert (data["disagreement"], data["not_compared"]) == (None, reason)


def test_what_is_compared_is_not_said_not_to_be(tmp_path: Path) -> None:
    text, data, page = outputs(tmp_path, not_compared="never mind")
    assert "not compared" not in text + page
    assert data["not_compared"] == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        # Other names.
        ({"symbolic": proof(TRUE, value=2 * rate, arguments=(rate,))}, ["takes rate", "given x"]),
        # One more, and one less, than the prediction takes.
        (
            {"symbolic": proof(TRUE, value=2 * x + rate, arguments=(x, rate))},
            ["takes x, rate", "given x"],
        ),
        (
            {
                "predict": lambda x, scale: scale * x,
                "prepare": lambda x: {"x": x, "scale": 2.0},
            },
            ["takes x", "given x, scale"],
        ),
    ],
)
def test_a_value_with_other_arguments_is_refused_by_name_before_anything_runs(
    changes: dict[str, Any], named: list[str]
) -> None:
    def observe(**_: Any) -> float:
        raise AssertionError("must not be called")

    report = judged(observe=observe, **changes)
    assert report.outcome == "ERROR"
    assert report.error.startswith("ValueError: law 'own': the value of its statement ")
    assert all(words in report.error for words in named)


def test_arguments_with_defaults_and_of_the_case_are_no_mismatch() -> None:
    assert algebra(predict=lambda x, factor=2.0: factor * x).disagreement == 0.0
    by_case = {"prepare": lambda x: {"twice": 2.0 * x}, "predict": lambda twice: twice}
    assert algebra(**by_case, closed_form=lambda x: 2.0 * x).disagreement == 0.0
    # A function in C has no signature to compare with.
    assert algebra(closed_form=np.vectorize(lambda x: 2.0 * x)).disagreement == 0.0


def test_both_ends_of_a_bound_are_compared() -> None:
    ends = sp.Matrix([x, 2 * x])
    bound = {
        "kind": Kind.BOUND,
        "tight": (None, 1e-9),
        "predict": lambda x: (x, 2.0 * x),
        "symbolic": proof(TRUE, value=ends, arguments=(x,)),
    }
    assert judged(**bound).holds
    for wrong in (lambda x: (0.9 * x, 2.0 * x), lambda x: (x, 2.1 * x)):
        assert not algebra(**bound | {"predict": wrong}).holds
