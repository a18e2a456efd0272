"""Laws from elsewhere are found, judged like ours, and fail under their own name."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polytheory import Domain, Interval, Kind, Law, Observation, verify
from polytheory.cli import main
from polytheory.laws import LawError
from polytheory.own_laws import load_laws

MODULE = """
from dataclasses import dataclass
from polytheory import Domain, Interval, Kind, Law

DOMAIN = Domain({"x": Interval(0, 1)})

@dataclass
class Line:  # dataclasses look up their module
    slope: "float"
    def __call__(self, x):
        return self.slope * x

def explode(x):
    raise OSError("the instrument is broken")

def quits(x):
    raise SystemExit(0)

def law(name, **changes):
    given = {"predict": Line(2.0), "observe": lambda x: x + x}
    return Law(name=name, kind=Kind.EXACT, domain=DOMAIN, **given | changes)

GOOD = law("own_good")
BAD = law("own_bad", predict=Line(1.0))
RAISES = law("own_raises", observe=explode)
QUITS = law("own_quits", observe=quits)
SHAPE = law("own_shape", predict=lambda x: [x, x])
BOTH = [GOOD, BAD]
NOTHING = []
NUMBER = 3
"""
HOLDS, FAILS, UNUSABLE = 0, 1, 2
Said = tuple[int, str, str]


@pytest.fixture
def verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Return a function that runs the command in a folder with a module `own_laws`."""
    (tmp_path / "own_laws.py").write_text(MODULE, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")  # also takes away what the command adds
    monkeypatch.delitem(sys.modules, "own_laws", raising=False)

    def run(*names: str) -> Said:
        arguments = [each for name in names for each in ("--law", name)]
        status = main(["verify", *arguments])
        return status, *capsys.readouterr()

    return run


Verified = Callable[..., Said]


@pytest.mark.parametrize("source", ["own_laws", "own_laws.py", "./own_laws.py"])
def test_a_law_is_found_by_module_or_file(verified: Verified, source: str) -> None:
    status, out, err = verified(f"{source}:GOOD")
    assert status == HOLDS
    assert out.startswith("HOLDS    own_good (exact)\n")
    assert err.startswith("holds    own_good (exact): no algebra; ")


def test_a_list_of_laws_is_judged_in_order_and_each_once(verified: Verified) -> None:
    status, out, err = verified("own_laws:BOTH", "l1_speed", "own_laws:GOOD")
    assert status == FAILS
    assert [line.split()[:2] for line in err.splitlines()] == [
        ["holds", "own_good"],
        ["FAILS", "own_bad"],
        ["holds", "l1_speed"],
    ]
    assert "2 of 3 laws hold; not: own_bad" in out


def test_a_law_that_raises_is_shown_as_its_own_and_the_rest_goes_on(verified: Verified) -> None:
    status, out, _ = verified("own_laws:RAISES", "own_laws:GOOD")
    assert status == FAILS
    assert "ERROR    own_raises (exact)" in out
    assert "OSError: the instrument is broken" in out
    line = MODULE.splitlines().index('    raise OSError("the instrument is broken")') + 1
    assert f"raised by observe (own_laws.py, line {line}) for x=0" in out
    assert "HOLDS    own_good" in out


def test_a_law_that_leaves_does_not_take_the_run_with_it(verified: Verified) -> None:
    status, out, _ = verified("own_laws:QUITS", "own_laws:GOOD")
    assert status == FAILS
    assert "SystemExit: 0" in out
    assert "HOLDS    own_good" in out


def test_a_wrong_shape_is_told_under_the_law_s_name(verified: Verified) -> None:
    status, out, _ = verified("own_laws:SHAPE")
    assert status == FAILS
    assert "ERROR    own_shape" in out
    assert "law 'own_shape': predict returned shape (2,), observe ()" in out


UNUSABLE_NAMES = {
    "no_such_module:LAW": "no module called 'no_such_module'",
    "own_laws.part:LAW": "no module called 'own_laws.part'",
    "no/such/file.py:LAW": "no such file",
    "own_laws:NO_SUCH": "no such name. Laws in own_laws: GOOD, BAD, RAISES, QUITS, SHAPE.",
    "own_laws:NUMBER": "must be a polytheory.Law, or a list of them; got 3 (int)",
    "own_laws:NOTHING": "must be a polytheory.Law, or a list of them; got []",
    "own_laws:": "must be the name of a law, or a pattern, or module:NAME or file.py:NAME",
    ":GOOD": "must be the name of a law, or a pattern, or module:NAME or file.py:NAME",
    ".own_laws:GOOD": "'.own_laws', which raises TypeError",
    "own_laws": "module:NAME or file.py:NAME; got 'own_laws'",
}


@pytest.mark.parametrize(("name", "words"), UNUSABLE_NAMES.items(), ids=list(UNUSABLE_NAMES))
def test_what_is_not_found_is_a_line_and_a_status(
    verified: Verified, name: str, words: str
) -> None:
    status, out, err = verified("l1_speed", name)
    assert (status, out) == (UNUSABLE, "")
    (line,) = err.splitlines()
    assert line.startswith("polytheory verify: --law")
    assert words in line


BROKEN = {
    "import no_such_thing": "ModuleNotFoundError: No module named 'no_such_thing'",
    "LAW = (": "SyntaxError: ",
    "1 / 0": "ZeroDivisionError: division by zero",
    "raise SystemExit(0)": "SystemExit: 0",
}


@pytest.mark.parametrize("source", ["own_broken", "own_broken.py"])
@pytest.mark.parametrize(("text", "words"), BROKEN.items(), ids=list(BROKEN))
def test_a_module_that_cannot_be_imported_says_why(
    verified: Verified, tmp_path: Path, source: str, text: str, words: str
) -> None:
    (tmp_path / "own_broken.py").write_text(text, "utf-8")
    status, _, err = verified(f"{source}:LAW")
    assert status == UNUSABLE
    assert f"which raises {words}" in err


def test_a_law_is_loaded_as_it_is() -> None:
    (law,) = load_laws("polytheory.theory.fixed_points.check:LAWS")[:1]
    assert law.name == "carrier_amplitude"


# --- as a process of its own: the working folder --------------------------------------------------


def test_the_working_folder_is_looked_in_first(tmp_path: Path) -> None:
    (tmp_path / "own_laws.py").write_text(MODULE, "utf-8")
    command = Path(sys.executable).with_name("polytheory")
    if not command.exists():
        pytest.skip("the command is not beside the interpreter")
    arguments = [str(command), "verify", "--law", "own_laws:GOOD"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
    done = subprocess.run(
        arguments, cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == HOLDS
    safe = environment | {"PYTHONSAFEPATH": "1"}
    done = subprocess.run(arguments, cwd=tmp_path, env=safe, capture_output=True, check=False)
    assert done.returncode == UNUSABLE


# --- the value ------------------------------------------------------------------------------------


def law(**changes: Any) -> Law:
    given = {
        "name": "own",
        "kind": Kind.EXACT,
        "domain": Domain({"x": Interval(0, 1)}),
        "predict": lambda x: x,
        "observe": lambda x: x,
    }
    return Law(**given | changes)


def test_name_kind_domain_and_two_functions_are_enough() -> None:
    result = verify([law()])
    assert result.holds
    assert str(result).startswith("HOLDS    own (exact)\n")
    report = json.loads(json.dumps(result.to_dict(), allow_nan=False))["laws"][0]
    assert report["symbolic"] is None
    assert report["where"] == ""


def test_a_law_may_have_no_parameters() -> None:
    assert verify([law(domain=Domain({}), predict=lambda: 1, observe=lambda: 1)]).holds
    assert not verify([law(domain=Domain({}), predict=lambda: 1, observe=lambda: 2)]).holds


def test_numbers_in_an_observation_are_arrays() -> None:
    seen = Observation(2, 0.1, "a ruler")
    assert (seen.value.shape, seen.error.shape) == ((), ())
    assert verify(
        [law(predict=lambda x: x + 0.05, observe=lambda x: Observation(x, 0.1, ""))]
    ).holds


def test_the_error_of_a_part_is_the_cause() -> None:
    def broken(x: float) -> float:
        return x / 0

    (report,) = verify([law(predict=broken)]).reports
    assert report.error == "ZeroDivisionError: float division by zero"
    assert report.where.startswith("raised by predict (test_own_laws.py, line ")
    error = LawError("own", "predict", {"x": 0.5}, ValueError("no"))
    assert str(error) == "law 'own': ValueError: no (raised by predict for x=0.5)"


MEANINGLESS = {
    "note": 3,
    "statement": None,
    "evaluate_at": "x",
    "full_cases": {"x": Interval(0, 1)},
    "domain": Domain({"x": (0, 1)}),  # type: ignore[dict-item]  # that is the point
}


@pytest.mark.parametrize(("field", "value"), MEANINGLESS.items(), ids=list(MEANINGLESS))
def test_a_field_of_the_wrong_type_is_named(field: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{field}.* must be .*; got "):
        law(**{field: value})
