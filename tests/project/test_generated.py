"""What follows from the claims stands in docstrings and tables, and what is stale is noticed."""

import csv
import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from polytheory import CATALOGUE, Domain, Interval, law


def generate(folder: Path, *options: str) -> tuple[int, list[str]]:
    """Run the generator of a copy of the repository, with the package in it."""
    command = [sys.executable, "docs/generate.py", *options]
    env = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    docs = (
        "docs/generate.py",
        "docs/verdicts.md",
        "docs/verdicts.csv",
        "docs/howto/recorded_run.md",
    )
    for name in ("polytheory", "derivations", *docs, "README.md"):
        source, target = repository / name, folder / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return folder


def test_nothing_is_stale(repository: Path) -> None:
    assert generate(repository, "--check") == (0, [])


#: What is spoiled in a file each: a kind, a parameter, the table of laws, a table of statements.
SPOILED = [
    ("polytheory/theory/fixed_points/__init__.py", "    Kind: exact. ", "    Kind: bound. "),
    ("polytheory/theory/sparsification/curve/_bounds.py", "λ: ℓ1 strength, ", "λ: strength, "),
    ("README.md", "", "<!-- laws -->\n| law |\n<!-- end -->\n"),
    ("derivations/model.md", "", "<!-- statements: model -->\n<!-- end -->\n"),
    ("docs/verdicts.md", "", "<!-- verdicts -->\n<!-- end -->\n"),
]


def test_what_is_stale_is_named_and_written(copy: Path) -> None:
    paths = [copy / file for file, _, _ in SPOILED]
    texts = [path.read_text("utf-8") for path in paths]
    for path, text, (_, right, wrong) in zip(paths, texts, SPOILED, strict=True):
        assert right in text
        path.write_text(text.replace(right, wrong, 1), "utf-8")
    status, lines = generate(copy, "--check")
    assert (status, sorted(lines)) == (1, sorted(f"stale: {path.name}" for path in paths))
    status, lines = generate(copy)
    assert (status, sorted(lines)) == (0, sorted(f"written: {path}" for path in paths))
    assert generate(copy, "--check") == (0, [])
    for path, text, (_, right, _) in zip(paths, texts, SPOILED, strict=True):
        assert not right or path.read_text("utf-8") == text


@pytest.fixture(scope="module")
def script(repository: Path) -> Any:
    spec = spec_from_file_location("generate", repository / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_domain_is_told_in_letters_where_the_closed_form_takes_them(script: Any) -> None:
    claim = law("polysemantic_variance").claim
    assert script.place(claim.domain, claim) == "n, m whole, ≥ 1; such that n ≤ 2 m"
    drawn = {"n_neurons": Interval(1, 8), "share": Interval(0, 1), "seed": Interval(0, 9)}
    cases = Domain(drawn, because="some_thing² < n_neurons|share")
    told = "m in [1, 8]; `share` in [0, 1]; `some_thing`² < m\\|`share`"
    assert script.place(cases, claim) == told
    assert script.place(Domain({}), claim) == "everywhere"


def test_the_power_of_every_law_was_measured(repository: Path) -> None:
    with (repository / "docs" / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        measured = {row["law"]: row for row in csv.DictReader(file)}
    assert set(measured) == {law.name for law in CATALOGUE}
    assert not [name for name, row in measured.items() if "not measured" in row.values()]
