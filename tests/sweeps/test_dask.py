"""A sweep on a real dask scheduler with two workers, on this machine."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from polytheory import load_sweep, sweep
from polytheory.cli import main
from polytheory.sweeps import SweepTable

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.dask,
    # What a client says when it is closed is not about us.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

GRID = {"a": range(60), "pause": 0.02}


@contextmanager
def service(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(
    tasks: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    assert tasks
    address = f"tcp://127.0.0.1:{free_port()}"
    folder = str(tmp_path_factory.mktemp("dask"))
    worker = ("dask_worker", address, "--nthreads=1", "--no-nanny", "--no-dashboard")
    worker = (*worker, "--local-directory", folder, "--host", "127.0.0.1")
    scheduler = ("dask_scheduler", "--host=127.0.0.1", f"--port={address.rpartition(':')[2]}")
    with (
        service(*scheduler, "--no-dashboard"),
        service(*worker, "--name=one") as one,
        service(*worker, "--name=two") as two,
        distributed.Client(address, timeout=60, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield address, [one, two]


def same(one: SweepTable, other: SweepTable) -> bool:
    rows = zip(one["profile"], other["profile"], strict=True)
    return (
        list(one) == list(other)
        and all(one[name].tobytes() == other[name].tobytes() for name in ("a", "x", "word"))
        and all(np.array_equal(mine, theirs) for mine, theirs in rows)
    )


def test_a_client_is_no_executor(tasks: ModuleType, cluster: Any) -> None:
    address, _ = cluster
    words = re.escape("pass client.get_executor()")
    with (
        distributed.Client(address, set_as_default=False) as client,
        pytest.raises(TypeError, match=words),
    ):
        sweep(GRID, tasks.draw, rng=0, executor=client)


def test_the_same_table_by_call_and_by_command(
    tasks: ModuleType,
    cluster: Any,
    at_once: Callable[..., SweepTable],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, _ = cluster
    serial = at_once(GRID, 0)
    with distributed.Client(address, set_as_default=False) as client:
        assert same(sweep(GRID, tasks.draw, rng=0, executor=client.get_executor()), serial)
    spec, store = tmp_path / "spec.toml", tmp_path / "runs.sqlite"
    spec.write_text(
        f'task = "swept_tasks:draw"\nseed = 0\n[grid]\na = {[*range(60)]}\npause = 0.02', "utf-8"
    )
    assert main(["sweep", str(spec), "--store", str(store), "--dask", address]) == 0
    assert "60 done, 0 failed" in capsys.readouterr().out
    assert same(load_sweep(store), serial)


def test_failures_and_threads(tasks: ModuleType, cluster: Any) -> None:
    address, _ = cluster
    with distributed.Client(address, set_as_default=False) as client:
        executor = client.get_executor()
        table = sweep({"a": range(7)}, tasks.thirds_fail, rng=0, executor=executor)
        assert [failure.parameters["a"] for failure in table.failures] == [0, 3, 6]
        assert "in thirds_fail" in table.failures[0].traceback
        threads = sweep({"a": range(4)}, tasks.threads, rng=0, executor=executor)["threads"]
        assert threads.tolist() == [1] * 4


def test_a_task_that_workers_cannot_import_stops_the_sweep(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _ = cluster
    (tmp_path / "only_here.py").write_text("def task(parameters, rng):\n    return {}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here  # type: ignore[import-not-found]

    with distributed.Client(address, set_as_default=False) as client:
        words = r"task must be a function that the workers can import.*only_here.*installed where"
        with pytest.raises(ValueError, match=words):
            sweep({"a": range(9)}, only_here.task, rng=0, executor=client.get_executor())


def test_a_worker_that_dies_is_made_up_for(
    tasks: ModuleType, cluster: Any, at_once: Callable[..., SweepTable]
) -> None:
    """The last test of this file: afterwards one worker is left."""
    address, workers = cluster
    grid = {"a": range(200), "pause": 0.02}
    with distributed.Client(address, set_as_default=False) as client:
        Timer(1.0, workers[1].kill).start()
        table = sweep(grid, tasks.draw, rng=0, executor=client.get_executor())
        assert workers[1].wait(timeout=10) != 0
        assert len(client.scheduler_info()["workers"]) == 1
    assert table.failures == ()
    assert same(table, at_once(grid, 0))
