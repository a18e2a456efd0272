"""Fixtures for tests that read the project's own source instead of running it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import polytheory

Trees = dict[str, ast.Module]


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def package() -> Path:
    """Return the folder of the copy that runs, installed or not."""
    return Path(polytheory.__file__).parent


@pytest.fixture(scope="session")
def parse_folder() -> Callable[[Path], Trees]:
    """Return a function from a folder to its syntax trees, by path relative to the folder."""

    def parse(folder: Path) -> Trees:
        files = sorted(folder.rglob("*.py"))
        return {str(f.relative_to(folder)): ast.parse(f.read_text("utf-8")) for f in files}

    return parse


@pytest.fixture
def modules_after(tmp_path: Path) -> Callable[[str], set[str]]:
    """Return a function from a statement to the modules that a fresh interpreter then holds."""

    def modules(statement: str) -> set[str]:
        code = f"import json, sys; {statement}; print(json.dumps(list(sys.modules)))"
        # -P: an import must find the installed copy, not whatever lies in the working folder
        command = [sys.executable, "-P", "-c", code]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return set(json.loads(done.stdout))

    return modules
