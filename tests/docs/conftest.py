"""Fixtures for tests of the pages: where they are, and what is code in them and what is prose."""

import re
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

GENERATED = re.compile(r"docs/(_build|auto_|api/generated|derivations)|(^|/)\.")


@pytest.fixture(scope="session")
def pages() -> Any:
    """Return the module that splits pages and runs their blocks."""
    spec = spec_from_file_location("pages", Path(__file__).with_name("pages.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def split(pages: Any) -> Callable[[str], Any]:
    return pages.split_page


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that asks for a `page` one page after the other."""
    if "page" in metafunc.fixturenames:
        root = Path(__file__).parents[2]
        found = sorted(str(path.relative_to(root)) for path in root.rglob("*.md"))
        pages = [name for name in found if not GENERATED.search(name)]
        metafunc.parametrize("page", [root / name for name in pages], ids=pages)


@pytest.fixture
def workplace(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that looks like a clone, in which commands may write."""
    for name in ("derivations", "simulations", "tests"):
        (tmp_path / name).symlink_to(repository / name, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.syspath_prepend("")  # also takes away what `polytheory verify` adds
    return tmp_path
