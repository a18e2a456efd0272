"""Fixtures that judge one law at other cases than those of the default run, and what they keep."""

import hashlib
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pytest
import scipy

import polytheory
from polytheory import CATALOGUE, Law, Observation
from polytheory.verification import LawReport, report_on

PARTS = tuple(field.name for field in fields(Observation))


def digest_of(package: Path) -> str:
    """Return a digest of what an observation follows from: the package and what it runs on."""
    runs_on = sys.version, platform.platform(), np.__version__, scipy.__version__
    found = hashlib.sha256(repr(runs_on).encode())
    for file in sorted(package.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = file.read_bytes()
            found.update(f"\n{file.relative_to(package)} {len(content)}\n".encode() + content)
    return found.hexdigest()


class Observations:
    """Observations of the laws of the catalogue, each made once for all tests and processes.

    A file each, in a folder named by the digest of the package: a changed simulator never meets an
    old observation. They last for one run of pytest only, because modules are loaded at any time:
    if one is edited during a run, no digest says which observations are those of the old one.
    """

    def __init__(self, folder: Path, package: Path) -> None:
        self.folder = folder / digest_of(package)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.asked: list[str] = []  # the names of the laws
        self._here: dict[str, Observation] = {}

    def of(self, law: Law) -> Callable[..., Observation]:
        """Return the law's own way to observe, which remembers; refuse a law that was changed."""
        assert any(law is each for each in CATALOGUE), "its observation is not that of the package"

        def observe(**case: Any) -> Observation:
            self.asked.append(law.name)
            key = repr((law.name, sorted(case.items())))
            if key not in self._here:
                self._here[key] = self._shared(key, law, case)
            return self._here[key]

        return observe

    def _shared(self, key: str, law: Law, case: dict[str, Any]) -> Observation:
        file = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()}.npz"
        if not file.exists():
            self.write(file, Observation.of(law.observe(**case)))
        return self.read(file)

    @staticmethod
    def write(file: Path, seen: Observation) -> None:
        """Write an observation at once, so that no other process reads a half."""
        parts = {name: getattr(seen, name) for name in PARTS}
        with NamedTemporaryFile(dir=file.parent, delete=False) as unfinished:
            np.savez(unfinished, **{name: part for name, part in parts.items() if part is not None})
        Path(unfinished.name).replace(file)

    @staticmethod
    def read(file: Path) -> Observation:
        """Return an observation as it was written, to the last bit."""
        with np.load(file, allow_pickle=False) as archive:
            parts = dict.fromkeys(PARTS) | dict(archive)
        plain = {name: parts[name].item() for name in ("source", "sampled", "degrees")}
        seen = Observation(0.0, 0.0, "")
        vars(seen).update(parts | plain)
        return seen


@pytest.fixture(scope="session")
def observations(tmp_path_factory: pytest.TempPathFactory) -> Observations:
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Observations(run / "observations", Path(polytheory.__file__).parent)


@pytest.fixture(scope="session")
def remembered(observations: Observations) -> Callable[[Law], Callable[..., Observation]]:
    return observations.of


@pytest.fixture(scope="session")
def seed() -> int:
    return 7  # not that of the default run


@pytest.fixture(scope="session")
def report(seed: int) -> Callable[..., LawReport]:
    def judge(law: Law, *, power: bool = False, **changes: Any) -> LawReport:
        rng = np.random.default_rng([seed, *law.name.encode()])
        return report_on(replace(law, **changes), rng=rng, power=power)

    return judge


@pytest.fixture(scope="session")
def fails(report: Callable[..., LawReport]) -> Callable[..., bool]:
    """Judge without the algebra, so that it is the simulation which notices."""

    def judge(law: Law, **changes: Any) -> bool:
        seen = report(law, symbolic=None, **changes)
        assert seen.error == ""
        return not seen.holds

    return judge
