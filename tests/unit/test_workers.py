"""Laws judged in several processes: the same result, and nothing lost when something breaks."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from multiprocessing import active_children, connection, get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytheory import CATALOGUE, Law, Verification, _processes, _workers, verify
from polytheory._workers import Died, each_result
from polytheory.cli import _verify, main
from polytheory.report._page import page
from polytheory.verification import LONGEST_LAWS, LawReport, VerifyInterrupt, _run, longest_first

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]

#: Laws of five kinds that take a second or so together.
LAWS = (
    "growth_threshold",
    "expected_polysemantic_bounds",
    "initial_regularization",
    "unstable_amplitude",
    "carrier_amplitude_expansion",
    "working_window",
)
#: A law of some seconds, during which something can happen to its process.
LONG = "window_in_the_flow"


def named(name: str) -> Law:
    return next(law for law in CATALOGUE if law.name == name)


def no_clock(result: Verification) -> Verification:
    return replace(result, reports=tuple(replace(each, seconds=0.0) for each in result.reports))


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = set(active_children())
    yield
    assert set(active_children()) <= before


@pytest.fixture(scope="module")
def alone() -> Verification:
    return verify(LAWS, workers=1)


@pytest.fixture(scope="module")
def in_two() -> Verification:
    return verify(LAWS, workers=2)


# --- the same result ------------------------------------------------------------------------------


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same to the last bit."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    return bool(one == other)


@pytest.mark.parametrize("workers", [2, 3])
def test_processes_change_nothing(alone: Verification, in_two: Verification, workers: int) -> None:
    result = in_two if workers == 2 else verify(LAWS, workers=workers)
    assert no_clock(result) == no_clock(alone)
    one, other = (json.dumps(no_clock(each).to_dict()) for each in (result, alone))
    assert one == other
    for a, b in zip(result.reports, alone.reports, strict=True):
        assert a.law is b.law is named(a.name)
        assert a.symbolic is not None
        assert a.symbolic.statement is a.law.proof
        assert len(a.compared) == a.cases
        for x, y in zip(a.compared, b.compared, strict=True):
            assert all(same(value, vars(y)[name]) for name, value in vars(x).items())


def test_the_report_is_the_same(alone: Verification, in_two: Verification) -> None:
    def html(result: Verification) -> str:
        return re.sub(r"\d{4}-\d\d-\d\d[^<]*", "", page(no_clock(result), {}))

    assert html(in_two) == html(alone)


def test_a_comparison_to_the_last_bit_sees_one() -> None:
    values = np.array([1.0, np.nan])
    assert same((values, 1.0), (values.copy(), 1.0))
    assert not same(values, np.nextafter(values, 2.0))
    assert not same((values,), (values, 1.0))


def test_reports_are_in_the_order_asked_for_and_handed_over_once() -> None:
    seen: list[LawReport] = []
    names = [LONG, *LAWS[::-1]]  # the first is finished last
    result = verify(names, workers=2, on_report=seen.append)
    assert [each.name for each in result.reports] == names
    assert sorted(each.name for each in seen) == sorted(names)
    assert seen[0].name != LONG


def test_a_law_of_ones_own_is_judged_here_among_the_others() -> None:
    where: list[int] = []

    def observe(**case: Any) -> Any:
        where.append(os.getpid())
        return named(LAWS[0]).observe(**case)

    own = replace(named(LAWS[0]), name="own", observe=observe)
    also = replace(named(LAWS[1]), predict=lambda **_: (-1.0, -0.5))  # the name of another law
    result = verify([LAWS[2], own, LAWS[3], also], workers=2)
    assert [each.outcome for each in result.reports] == ["holds", "holds", "holds", "FAILS"]
    assert set(where) == {os.getpid()}


def test_the_longest_are_judged_first() -> None:
    order = [each.name for each in longest_first(CATALOGUE)]
    assert order[: len(LONGEST_LAWS)] == list(LONGEST_LAWS)
    assert sorted(order) == sorted(each.name for each in CATALOGUE)


# --- how many -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("laws", "processors", "count"),
    [(87, 2, 2), (87, 1, 1), (87, 64, 21), (8, 2, 2), (7, 2, 1), (1, 64, 1), (0, 64, 1)],
)
def test_by_default_a_process_has_several_laws(
    laws: int, processors: int, count: int, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(_run, "usable_processors", lambda: processors)
    assert _run._processes(None, laws) == count


@pytest.mark.parametrize(("workers", "laws", "count"), [(1, 9, 1), (4, 2, 2), (10**6, 87, 87)])
def test_no_more_processes_than_laws(workers: int, laws: int, count: int) -> None:
    assert _run._processes(workers, laws) == count


@pytest.mark.parametrize("workers", [1, None])
def test_few_laws_are_judged_here(workers: int | None, monkeypatch: Patch) -> None:
    monkeypatch.setattr(_run, "each_result", None)
    assert verify(LAWS[:2], workers=workers).holds


def test_processors_are_those_of_this_process(monkeypatch: Patch) -> None:
    count = _processes.usable_processors()
    assert 1 <= count <= (os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity") and sys.version_info < (3, 13):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5})
        assert _processes.usable_processors() == 1


# --- what may break -------------------------------------------------------------------------------


def kill_children() -> None:
    for child in active_children():
        child.kill()


@pytest.mark.usefixtures("working_folder")
def test_a_dead_process_costs_its_law(monkeypatch: Patch, capsys: Capture) -> None:
    # The quick law is finished first, and its process ended: what is left judges the long one.
    monkeypatch.setattr(_verify, "_print_report", lambda _: kill_children())
    laws = ("--law", LAWS[0], "--law", LONG)
    assert main(["verify", *laws, "--workers", "2", "--json", "a.json", "--report", "a.html"]) == 1
    out, _ = capsys.readouterr()
    assert f"1 of 2 laws hold; not: {LONG}" in out
    words = "not judged: its process ended early (by SIGKILL)"
    assert words in " ".join(out.split())
    saved = json.loads(Path("a.json").read_text())
    assert [each["outcome"] for each in saved["laws"]] == ["holds", "ERROR"]
    assert words in Path("a.html").read_text()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("__import__('os')._exit(3)", "with exit status 3"),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "by SIGKILL"),
        ("1 / 0", "with exit status 1"),  # nothing that a law does; it prints a traceback
        ("lambda: 0", "with exit status 1"),  # cannot be sent
    ],
)
def test_another_process_takes_over(expression: str, words: str) -> None:
    tasks = {
        "first": (expression,),
        **{n: (f"{n} * {n}",) for n in range(4)},
        "last": (expression,),
    }
    results = dict(each_result(eval, tasks, 1))
    assert results == {"first": Died(words), **{n: n * n for n in range(4)}, "last": Died(words)}


def test_every_task_may_die() -> None:
    tasks = dict.fromkeys(range(3), ("__import__('os')._exit(0)",))
    assert dict(each_result(eval, tasks, 2)) == dict.fromkeys(range(3), Died("with exit status 0"))


@pytest.mark.parametrize("where", ["here", "in the process"])
def test_without_processes_the_laws_are_judged_here(
    where: str, alone: Verification, monkeypatch: Patch
) -> None:
    def refuse() -> None:
        raise OSError("no room")

    if where == "here":
        monkeypatch.setattr(_workers, "_without_script", refuse)
    else:
        monkeypatch.setattr(_workers, "_serve", exec)  # which refuses its arguments
    with pytest.warns(RuntimeWarning, match="this process judges the remaining 6 laws"):
        assert no_clock(verify(LAWS, workers=2)) == no_clock(alone)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.EACCES])
def test_what_cannot_be_started_is_left_to_this_process(number: int, monkeypatch: Patch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    tasks = {n: (f"{n} * {n}",) for n in range(3)}
    with closing(each_result(eval, tasks, 1)) as results:
        assert next(results) == (0, 0)
        monkeypatch.setattr(connection, "Pipe", refuse)
        assert dict(results) == {1: 1, 2: 4}  # nothing more is needed
    assert dict(each_result(eval, tasks, 2)) == {}


def test_an_interrupt_keeps_what_is_judged() -> None:
    def stop(_: LawReport) -> None:
        raise KeyboardInterrupt

    with pytest.raises(VerifyInterrupt, match="interrupted after 1 of 2 laws") as caught:
        verify([LONG, LAWS[0]], workers=2, on_report=stop)
    result = caught.value.result
    assert result.stopped
    assert [(each.name, each.outcome) for each in result.reports] == [(LAWS[0], "holds")]


def test_an_error_of_the_caller_ends_the_processes() -> None:
    def refuse(_: LawReport) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify([LONG, LAWS[0]], workers=2, on_report=refuse)


def test_nothing_of_this_process_is_changed() -> None:
    before = dict(os.environ), sys.modules["__main__"], signal.getsignal(signal.SIGINT)
    with closing(each_result(eval, dict.fromkeys(range(3), ("0",)), 2)) as results:
        assert next(results)[1] == 0
        assert (
            dict(os.environ),
            sys.modules["__main__"],
            signal.getsignal(signal.SIGINT),
        ) == before


posix = pytest.mark.skipif(os.name != "posix", reason="sends signals to a group of processes")


@pytest.fixture
def command() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts the command, in a process group of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        laws = ("--law", LAWS[0], "--law", LONG)
        argv = [sys.executable, "-m", "polytheory", "verify", "--workers", "2", *laws, *options]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(argv, start_new_session=True, **pipes))
        return started[-1]

    yield start
    for each in started:
        with suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.communicate()


def wait_until_gone(group: int, seconds: float) -> None:
    """Wait until no process of a group is left."""
    end = time.monotonic() + seconds
    with suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.05)
        pytest.fail("a process is left")


@posix
def test_ctrl_c_at_the_terminal(command: Callable[..., subprocess.Popen[str]]) -> None:
    running = command()
    assert running.stderr is not None
    assert running.stderr.readline().startswith(f"holds    {LAWS[0]}")
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err == "polytheory verify: interrupted after 1 of 2 laws\n"  # nothing from the others
    assert "1 of 1 laws hold; stopped before the rest" in out
    wait_until_gone(running.pid, 5)


@posix
def test_processes_end_with_the_command(command: Callable[..., subprocess.Popen[str]]) -> None:
    running = command("--full")  # in which the long law takes longer than we wait
    assert running.stderr is not None
    assert running.stderr.readline().startswith(f"holds    {LAWS[0]}")
    os.kill(running.pid, signal.SIGKILL)
    running.wait(timeout=30)
    wait_until_gone(running.pid, 5)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, -1, 1.5, "two", True])
def test_no_number_of_processes(workers: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="workers must be"):
        verify(LAWS, workers=workers)


@pytest.mark.parametrize("workers", ["0", "-1", "1.5", "two"])
def test_no_number_of_processes_on_the_command_line(workers: str, capsys: Capture) -> None:
    try:
        status = main(["verify", "--law", LAWS[0], "--workers", workers])
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    assert status == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--workers" in err.splitlines()[-1]


def test_a_recorded_run_has_no_laws_to_share_out(capsys: Capture) -> None:
    assert main(["verify", "--recorded", "run.npz", "--workers", "2"]) == 2
    assert "--workers" in capsys.readouterr().err


def test_a_daemonic_process_judges_alone() -> None:
    call = "__import__('polytheory').verify(%r, workers=%r).holds"
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(eval, [call % (LAWS, None)])
        assert pool.apply(eval, [call % (LAWS, 1)])
        with pytest.raises(ValueError, match="1 in a daemonic process"):
            pool.apply(eval, [call % (LAWS, 2)])
        many = "__import__('polytheory.verification').verification._run._processes(None, 87)"
        assert pool.apply(eval, [many]) == 1


def test_a_script_needs_no_guard_and_is_run_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('begun', flush=True)\n"
        "from polytheory import verify\n"
        f"print(verify({LAWS!r}, workers=2).holds)\n"
    )
    for argv, given in (([str(script)], None), (["-"], script.read_text())):
        done = subprocess.run(
            [sys.executable, *argv], input=given, capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("begun\nTrue\n", "")
