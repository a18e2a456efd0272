"""A module of tasks that other processes can import, and what to run sweeps in."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from polytheory import sweep
from polytheory.sweeps import SweepTable

TASKS = """
import os
import signal
import time

import numpy as np


def draw(parameters, rng):
    time.sleep(parameters.get("pause", 0.0))
    return {"x": rng.random(), "profile": rng.standard_normal(3), "word": f"a{parameters['a']}"}


def thirds_fail(parameters, rng):
    if parameters["a"] % 3 == 0 and not os.path.exists(os.environ.get("MENDED", "/nowhere")):
        raise ValueError("a third\\nof them")
    return {"x": rng.random()}


def deadly(parameters, rng):
    if parameters["a"] == 5 and not os.path.exists(os.environ.get("MENDED", "/nowhere")):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.005)
    return {"x": rng.random()}


def two_threads():
    from threadpoolctl import threadpool_limits

    threadpool_limits(2).__enter__()


def threads(parameters, rng):
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return {"threads": max(each["num_threads"] for each in threadpool_info())}


def many_names(parameters, rng):
    return {f"x{parameters['a']}_{k}": k for k in range(900)}


class Later:
    def method(self, parameters, rng):
        return {}


bound = Later().method
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture(scope="session")
def task_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "swept_tasks.py").write_text(TASKS, "utf-8")
    return folder


@pytest.fixture(scope="session")
def tasks(task_folder: Path) -> Iterator[ModuleType]:
    """Return the module; processes that are started find it, too."""
    folder, before = str(task_folder), os.environ.get("PYTHONPATH", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (folder, before))))
        patch.setattr(sys, "path", [folder, *sys.path])
        yield importlib.import_module("swept_tasks")


@pytest.fixture(scope="session")
def at_once(tasks: ModuleType) -> Callable[[Mapping[str, Any], int], SweepTable]:
    """Return a function that draws a sweep here, without the pauses that give others time."""

    def swept(grid: Mapping[str, Any], rng: int) -> SweepTable:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tasks, "time", SimpleNamespace(sleep=lambda _: None))
            return sweep(grid, tasks.draw, rng=rng)

    return swept
