"""Hypothesis profiles, and a line in pytest's header that says which copy of the package runs.

There is no conftest.py at the repository's root: pytest would import it before the doctest run of
the installed package and put the source tree first.
"""

import os

# Before NumPy loads: on small matrices threads of the linear algebra cost more than they save,
# here about half of the time of the whole run.
os.environ["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import settings

import polytheory

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("dev", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]


def pytest_report_header() -> str:
    return f"polytheory {polytheory.__version__} from {Path(polytheory.__file__).parent}"
