"""Whatever stops a sweep, what was finished is kept, nothing is there twice, and it can go on.

The command runs in a process of its own and is stopped at random times. Its table in the end is
that of a sweep that nobody disturbed, to the last bit.
"""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from polytheory import load_sweep, sweep_status
from polytheory.sweeps import SweepTable

psutil = pytest.importorskip("psutil")  # comes with distributed
if sys.platform == "win32":
    pytest.skip("signals of POSIX", allow_module_level=True)

N = 200
GRID = {"a": range(N), "pause": 0.01}
SPEC = f'task = "swept_tasks:draw"\nseed = 5\n[grid]\na = {[*range(N)]}\npause = 0.01\n'
# As from a terminal: whoever started the tests may have had Ctrl-C ignored, which is inherited.
COMMAND = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from polytheory.cli import main; sys.exit(main(sys.argv[1:]))"
)
#: Seconds that a clean stop may take.
SECONDS = 5.0

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def undisturbed(at_once: Callable[..., SweepTable]) -> SweepTable:
    return at_once(GRID, 5)


@pytest.fixture
def start(tmp_path: Path, tasks: ModuleType) -> Start:
    (tmp_path / "spec.toml").write_text(SPEC, "utf-8")
    assert tasks.draw

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", COMMAND, "sweep", "spec.toml", "--store", "runs.sqlite"]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return run


def done_in(store: Path) -> int:
    try:
        return sweep_status(store).done
    except (OSError, ValueError):  # not there yet
        return 0


def wait_for(store: Path, count: int, driver: subprocess.Popen[str]) -> None:
    """Wait until so many tasks are done."""
    deadline = time.monotonic() + 60.0
    while done_in(store) < count and driver.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def workers_of(driver: int) -> list[Any]:
    """Return the processes of a pool; the one that only keeps track of semaphores is none."""
    children = psutil.Process(driver).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def same(one: SweepTable, other: SweepTable) -> bool:
    plain = ["a", "pause", "x", "word"]
    rows = zip(one["profile"], other["profile"], strict=True)
    return (
        list(one) == list(other)
        and all(one[name].tobytes() == other[name].tobytes() for name in plain)
        and all(np.array_equal(mine, theirs) for mine, theirs in rows)
    )


def rounds(count: int, seed: int) -> list[int]:
    """Return after how many finished tasks the sweep is killed, in each round."""
    return np.sort(np.random.default_rng(seed).integers(5, N - 20, count)).tolist()


def killed_and_resumed(
    start: Start, folder: Path, kills: list[int], undisturbed: SweepTable, *, worker: bool
) -> None:
    store = folder / "runs.sqlite"
    finished: dict[int, tuple[str, str]] = {}
    for count in kills:
        driver = start("--workers", "2", "--retry-failed")
        wait_for(store, count, driver)
        if driver.poll() is None:
            victim = workers_of(driver.pid)[0] if worker else driver
            victim.kill()
        told, _ = driver.communicate(timeout=60.0)
        assert driver.returncode in ((0, 1) if worker else (0, -signal.SIGKILL)), told
        now = entries(store)
        assert finished.items() <= now.items()  # nothing lost, nothing done again
        assert len(now) >= count
        finished = now
    last = start("--workers", "2", "--retry-failed")
    told, _ = last.communicate(timeout=60.0)
    assert last.returncode == 0, told
    assert entries(store).items() >= finished.items()
    assert same(load_sweep(store), undisturbed)
    with closing(sqlite3.connect(store)) as db:
        assert db.execute("SELECT count(*), count(DISTINCT a) FROM task").fetchone() == (N, N)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def entries(store: Path) -> dict[int, tuple[str, str]]:
    """Return when each task that is done was begun and finished: a second time would show."""
    with closing(sqlite3.connect(store)) as db:
        rows = db.execute("SELECT a, _started, _finished FROM task WHERE _status = 'done'")
        return {a: (started, finished) for a, started, finished in rows}


def test_sigkill_of_the_driver(start: Start, tmp_path: Path, undisturbed: SweepTable) -> None:
    killed_and_resumed(start, tmp_path, rounds(2, 1), undisturbed, worker=False)


def test_sigkill_of_a_worker(start: Start, tmp_path: Path, undisturbed: SweepTable) -> None:
    killed_and_resumed(start, tmp_path, rounds(1, 2), undisturbed, worker=True)


@pytest.mark.slow
def test_twenty_kills_of_the_driver(start: Start, tmp_path: Path, undisturbed: SweepTable) -> None:
    killed_and_resumed(start, tmp_path, rounds(20, 3), undisturbed, worker=False)


@pytest.mark.slow
@pytest.mark.parametrize("count", rounds(20, 4))
def test_twenty_kills_of_a_worker(
    start: Start, tmp_path: Path, undisturbed: SweepTable, count: int
) -> None:
    # A store each: the command goes on with another pool, until all is done.
    killed_and_resumed(start, tmp_path, [count], undisturbed, worker=True)


def test_workers_do_not_outlive_their_driver(start: Start, tmp_path: Path) -> None:
    driver = start("--workers", "2")
    wait_for(tmp_path / "runs.sqlite", 5, driver)
    workers = workers_of(driver.pid)
    assert len(workers) == 2
    driver.kill()
    driver.communicate()
    gone, alive = psutil.wait_procs(workers, timeout=SECONDS)
    assert (len(gone), alive) == (2, [])


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["serial", "pool"])
@pytest.mark.parametrize(
    ("number", "status", "words"),
    [(signal.SIGINT, 130, "interrupted: "), (signal.SIGTERM, 143, "")],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_clean_stop(
    start: Start,
    tmp_path: Path,
    workers: tuple[str, ...],
    number: signal.Signals,
    status: int,
    words: str,
) -> None:
    store = tmp_path / "runs.sqlite"
    spec = SPEC.replace("pause = 0.01", "pause = [0.01, 30.0]")
    (tmp_path / "spec.toml").write_text(spec, "utf-8")  # a task that nobody wants to wait for
    driver = start(*workers)
    wait_for(store, 1, driver)
    began = time.monotonic()
    driver.send_signal(number)
    told, _ = driver.communicate(timeout=60.0)
    assert time.monotonic() - began < SECONDS
    assert driver.returncode == status, told
    assert words in told
    assert "Traceback" not in told
    assert done_in(store) >= 1
    assert not Path(f"{store}-wal").exists()  # it was closed
