"""Hypothesis profiles, and a line in pytest's header that says which copy of the package runs.

There is no conftest.py at the repository's root: pytest would import it before the doctest run of
the installed package and put the source tree first.
"""

import os

# Before NumPy loads: on small matrices threads of the linear algebra cost more than they save,
# here about half of the time of the whole run.
os.environ["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import polytheory

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("dev", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new folder, which is the working folder until the test ends."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def interrupted_after() -> Callable[..., AbstractContextManager[None]]:
    """Return a context in which a module's function works so often, and then comes Ctrl-C."""

    @contextmanager
    def interrupted(count: int, module: Any, name: str) -> Iterator[None]:
        function, left = getattr(module, name), iter(range(count))

        def stop(*arguments: Any, **options: Any) -> Any:
            if next(left, None) is None:
                signal.raise_signal(signal.SIGINT)
            return function(*arguments, **options)

        # A shell that starts the tests in the background has them ignore it.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, name, stop)
                yield
        finally:
            signal.signal(signal.SIGINT, before)

    return interrupted


def pytest_report_header() -> str:
    return f"polytheory {polytheory.__version__} from {Path(polytheory.__file__).parent}"
