"""The command: what goes to which stream, and what the exit status says."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polytheory
from polytheory import CATALOGUE, Kind, Law, Observation
from polytheory.cli import _verify, main

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

REFERENCE = Path(__file__).parents[1] / "reference" / "row_flow_m10000.npz"
HOLDS, FAILS, UNUSABLE, INTERRUPTED = 0, 1, 2, 130

#: A law that takes no time.
QUICK = "l1_speed"


def law(name: str) -> Law:
    return next(each for each in CATALOGUE if each.name == name)


@pytest.fixture
def one_law_fails(monkeypatch: Patch) -> Law:
    right = law("growth_threshold")
    wrong = replace(right, predict=lambda **given: 1.01 * right.predict(**given))
    monkeypatch.setattr(_verify, "CATALOGUE", (law(QUICK), wrong))
    return wrong


@pytest.fixture
def doctored(tmp_path: Path) -> Path:
    """Return a copy of the reference run whose ℓ1 norm drifts off by 5 %."""
    path = tmp_path / "doctored.npz"
    with np.load(REFERENCE, allow_pickle=False) as archive:
        run = dict(archive)
    run["l1_norm"] = run["l1_norm"] * (1.0 + 0.05 * run["time"] / run["time"][-1])
    np.savez(path, **run)
    return path


def read_strictly(text: str) -> Any:
    """Read JSON as others do: NaN and Infinity are not part of it."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def one_line(text: str) -> str:
    assert text.endswith("\n")
    (line,) = text.splitlines()
    return line


# --- verify ---------------------------------------------------------------------------------------


def test_a_law_that_holds(capsys: Capture) -> None:
    assert main(["verify", "--law", QUICK]) == HOLDS
    out, err = capsys.readouterr()
    assert law(QUICK).statement in out
    assert "1 of 1 laws hold" in out
    # Away from a terminal there is no bar, but a line a law as it goes.
    assert one_line(err).startswith(f"holds    {QUICK}")


def test_several_laws_are_judged_in_the_order_given(capsys: Capture) -> None:
    names = [QUICK, "growth_threshold"]
    assert main(["verify", "--law", names[0], "--law", names[1]]) == HOLDS
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == names


@pytest.mark.usefixtures("one_law_fails")
def test_a_law_that_fails(capsys: Capture) -> None:
    assert main(["verify"]) == FAILS
    out, err = capsys.readouterr()
    assert "1 of 2 laws hold; not: growth_threshold" in out
    assert [line.split()[0] for line in err.splitlines()] == ["holds", "FAILS"]


def test_a_law_that_raises(monkeypatch: Patch, capsys: Capture) -> None:
    def broken(**_: Any) -> Any:
        raise RuntimeError("out of order")

    monkeypatch.setattr(_verify, "CATALOGUE", (replace(law(QUICK), observe=broken),))
    assert main(["verify"]) == FAILS
    out, err = capsys.readouterr()
    assert "RuntimeError: out of order" in out
    assert one_line(err).startswith(f"ERROR    {QUICK}")


def test_the_seed_is_taken(tmp_path: Path) -> None:
    results = []
    for seed in ("0", "0", "1"):
        path = tmp_path / "result.json"
        assert main(["verify", "--law", "flow_units", "--seed", seed, "--json", str(path)]) == HOLDS
        result = read_strictly(path.read_text("utf-8"))
        results.append((result["seed"], result["laws"][0]["verdict"]))
    assert results[0] == results[1]
    assert results[0][1] != results[2][1]
    assert [seed for seed, _ in results] == [0, 0, 1]


def test_what_may_be_read_before_anything_is_judged(capsys: Capture) -> None:
    assert main(["verify", "--list"]) == HOLDS
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == [each.name for each in CATALOGUE]
    assert all(each.statement in out for each in CATALOGUE)
    assert err == ""


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert one_line(capsys.readouterr().out) == f"polytheory {polytheory.__version__}"


# --- JSON -----------------------------------------------------------------------------------------


def test_json_to_a_file_beside_the_text(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "result.json"
    assert main(["verify", "--law", QUICK, "--json", str(path)]) == HOLDS
    assert "1 of 1 laws hold" in capsys.readouterr().out
    result = read_strictly(path.read_text("utf-8"))
    assert result["holds"] is True
    assert [each["name"] for each in result["laws"]] == [QUICK]


def test_json_to_stdout_and_nothing_else_there(capsys: Capture) -> None:
    assert main(["verify", "--law", QUICK, "--json", "-"]) == HOLDS
    out, err = capsys.readouterr()
    assert read_strictly(out)["holds"] is True
    assert one_line(err).startswith("holds")


@pytest.mark.usefixtures("one_law_fails")
def test_json_of_a_law_that_fails(capsys: Capture) -> None:
    assert main(["verify", "--json", "-"]) == FAILS
    result = read_strictly(capsys.readouterr().out)
    assert result["holds"] is False
    assert [each["outcome"] for each in result["laws"]] == ["holds", "FAILS"]


def test_json_of_a_bound_that_is_none(monkeypatch: Patch, capsys: Capture) -> None:
    def anything_goes(**_: Any) -> tuple[float, float]:
        return -np.inf, np.inf

    vacuous = replace(law(QUICK), kind=Kind.BOUND, tight=0.1, predict=anything_goes)
    monkeypatch.setattr(_verify, "CATALOGUE", (vacuous,))
    assert main(["verify", "--json", "-"]) == FAILS
    assert read_strictly(capsys.readouterr().out)["holds"] is False


@pytest.mark.usefixtures("working_folder")
@pytest.mark.parametrize("where", ["no/such/folder/result.json", "."])
def test_a_file_that_cannot_be_written_is_refused_before_the_work(
    where: str, monkeypatch: Patch, capsys: Capture
) -> None:
    def touched(**_: Any) -> Any:
        raise AssertionError("the law was judged")

    monkeypatch.setattr(_verify, "CATALOGUE", (replace(law(QUICK), observe=touched),))
    assert main(["verify", "--json", where]) == UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert one_line(err).startswith("polytheory verify: --json must be a file that can be written")
    assert where.partition("/")[0] in err


# --- undecided, replayed, stopped -----------------------------------------------------------------


def blurred(**_: Any) -> Observation:
    return Observation(1.0, 1e6, "an instrument that sees nothing")


def test_undecided_has_a_status_of_its_own(monkeypatch: Patch, capsys: Capture) -> None:
    unseen = replace(law(QUICK), observe=blurred)
    false = replace(law(QUICK), name="false", predict=lambda **_: 7.0)
    monkeypatch.setattr(_verify, "CATALOGUE", (unseen, law(QUICK)))
    assert main(["verify"]) == 3
    out = capsys.readouterr().out
    assert out.startswith(f"UNDECIDED {QUICK}")
    assert "the error of the observation, 1e+06, is larger than half of the compared value" in out
    assert out.endswith(f"1 of 2 laws hold; undecided: {QUICK}\n")
    monkeypatch.setattr(_verify, "CATALOGUE", (unseen, false))
    assert main(["verify", "--json", "-"]) == FAILS
    result = read_strictly(capsys.readouterr().out)
    assert (result["failed"], result["undecided"]) == (["false"], [QUICK])
    assert [each["outcome"] for each in result["laws"]] == ["UNDECIDED", "FAILS"]


@pytest.mark.usefixtures("working_folder")
def test_a_failure_prints_a_line_that_replays_its_case(capsys: Capture) -> None:
    Path("mine.py").write_text(
        "from polytheory import Domain, Interval, Kind, Law\n"
        "domain = Domain({'x': Interval(0, 1), 'seed': Interval(0, 2**32 - 1, integer=True)})\n"
        "def seen(x, seed): return x + (x > 0.9)\n"
        "LAWS = [Law(name=name, kind=Kind.EXACT, domain=domain, observe=seen,\n"
        "            predict=lambda x, seed: x, draws=40) for name in ('one', 'two')]\n"
    )
    assert main(["verify", "--law", "mine.py:LAWS"]) == FAILS
    lines = capsys.readouterr().out.splitlines()
    replay = [line.split(maxsplit=1)[1] for line in lines if line.startswith("    replay ")]
    assert len(replay) == 2
    program, *argv = shlex.split(replay[1])
    assert (program, argv[:3]) == ("polytheory", ["verify", "--law", "mine.py:LAWS/two"])
    assert main([*argv, "--json", "-"]) == FAILS
    (again,) = read_strictly(capsys.readouterr().out)["laws"]
    assert again["name"] == "two"
    assert again["cases"] == 1
    assert again["verdict"]["worst"] == json.loads(argv[-1])
    assert (again["verdict"]["predicted"], again["verdict"]["observed"]) == (
        again["verdict"]["worst"]["x"],
        again["verdict"]["worst"]["x"] + 1.0,
    )


@pytest.mark.parametrize("case", ["{", "[]", "1", '{"nonsense": 1}', '{"l1_strength": "x"}', "{}"])
def test_a_case_that_is_none_is_refused(case: str, capsys: Capture) -> None:
    assert main(["verify", "--law", "carrier_amplitude", "--case", case]) == UNUSABLE
    assert "case" in one_line(capsys.readouterr().err)


def test_a_case_is_for_one_law(capsys: Capture) -> None:
    assert main(["verify", "--law", "paper_*", "--case", "{}"]) == UNUSABLE
    assert "one --law NAME" in one_line(capsys.readouterr().err)


@pytest.mark.usefixtures("working_folder")
def test_an_interrupt_keeps_what_has_been_judged(monkeypatch: Patch, capsys: Capture) -> None:
    def interrupted(**_: Any) -> Any:
        raise KeyboardInterrupt

    stopping = replace(law(QUICK), name="stopping", observe=interrupted)
    monkeypatch.setattr(_verify, "CATALOGUE", (law(QUICK), stopping, law("flow_units")))
    assert main(["verify", "--json", "a.json", "--report", "a.html"]) == INTERRUPTED
    out, err = capsys.readouterr()
    assert "1 of 1 laws hold; stopped before the rest" in out
    assert err.splitlines()[-1] == "polytheory verify: interrupted after 1 of 3 laws"
    saved = read_strictly(Path("a.json").read_text())
    assert saved["stopped"] is True
    assert [each["name"] for each in saved["laws"]] == [QUICK]
    assert "stopped before the rest" in Path("a.html").read_text()


# --- a recorded run -------------------------------------------------------------------------------


def test_a_recorded_run_that_is_faithful(capsys: Capture) -> None:
    assert main(["verify", "--recorded", str(REFERENCE)]) == HOLDS
    out, err = capsys.readouterr()
    assert out.startswith("HOLDS")
    assert err == ""


def test_a_recorded_run_that_is_doctored(doctored: Path, capsys: Capture) -> None:
    assert main(["verify", "--recorded", str(doctored)]) == FAILS
    assert capsys.readouterr().out.startswith("FAILS")


def test_json_of_a_recorded_run(doctored: Path, capsys: Capture) -> None:
    for path, status in ((REFERENCE, HOLDS), (doctored, FAILS)):
        assert main(["verify", "--recorded", str(path), "--json", "-"]) == status
        result = read_strictly(capsys.readouterr().out)
        assert result["holds"] is (status == HOLDS)


# --- unusable input -------------------------------------------------------------------------------


def lacks_arrays(path: Path) -> None:
    np.savez(path, time=np.arange(3.0))


def is_text(path: Path) -> None:
    path.write_text("time,l1_norm\n", "utf-8")


def is_missing(_: Path) -> None:
    pass


@pytest.mark.parametrize("make", [is_missing, is_text, lacks_arrays])
def test_an_unusable_file_is_a_line_on_stderr(make: Any, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "run.npz"
    make(path)
    assert main(["verify", "--recorded", str(path)]) == UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert one_line(err).startswith("polytheory verify: recorded file must be ")


def test_an_unknown_law_is_told_what_is_near_or_where_they_are(capsys: Capture) -> None:
    assert main(["verify", "--law", QUICK, "--law", "no_such_law"]) == UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert "no_such_law" in one_line(err)
    assert "polytheory verify --list" in err
    assert main(["verify", "--law", "cosine_decoy"]) == UNUSABLE
    assert "cosine_decay" in capsys.readouterr().err


def test_a_negative_seed_is_refused(capsys: Capture) -> None:
    assert main(["verify", "--law", "flow_units", "--seed", "-1"]) == UNUSABLE
    assert "seed must be" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    "argv",
    [[], ["prove"], ["verify", "--seed", "x"], ["verify", "--law"], ["verify", "now"]],
    ids=" ".join,
)
def test_what_cannot_be_parsed_shows_the_usage(argv: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: polytheory")


def test_an_interrupt_is_a_line_and_its_usual_status(monkeypatch: Patch, capsys: Capture) -> None:
    def interrupted(**_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(_verify, "CATALOGUE", (replace(law(QUICK), observe=interrupted),))
    assert main(["verify"]) == INTERRUPTED
    assert one_line(capsys.readouterr().err) == "polytheory verify: interrupted after 0 of 1 laws"


# --- as a process of its own ----------------------------------------------------------------------


def run(*argv: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # -P: an import must find the installed copy, not whatever lies in the working folder
    command = [sys.executable, "-P", "-m", "polytheory", *argv]
    env = os.environ | {"PYTHONIOENCODING": "utf-8"} | environment
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False
    )


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = run("verify", "--law", QUICK, cwd=tmp_path)
    assert done.returncode == HOLDS
    assert "1 of 1 laws hold" in done.stdout
    assert one_line(done.stderr).startswith(f"holds    {QUICK}")


def test_no_traceback_for_an_unusable_file(tmp_path: Path) -> None:
    done = run("verify", "--recorded", "none.npz", cwd=tmp_path)
    assert done.returncode == UNUSABLE
    assert done.stdout == ""
    assert "none.npz" in one_line(done.stderr)


def test_a_terminal_without_mathematics_loses_nothing(tmp_path: Path) -> None:
    # As on Windows when stdout is redirected: λ and ‖ are not in its code page.
    done = run("verify", "--law", QUICK, "--json", "x.json", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (tmp_path / "x.json").exists()
    assert "1 of 1 laws hold" in done.stdout
    assert done.returncode == HOLDS
