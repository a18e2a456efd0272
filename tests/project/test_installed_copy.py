"""Which copy of the package do the tests run? The one that its metadata speaks of, and no other."""

import json
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

import polytheory


@pytest.fixture
def distribution() -> metadata.Distribution:
    return metadata.distribution("polytheory")


@pytest.fixture
def editable_from(distribution: metadata.Distribution) -> Path | None:
    """Return the source tree of an editable installation, or None for an ordinary one."""
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(origin["url"]).path))


def test_the_copy_that_runs_is_the_installed_one(
    distribution: metadata.Distribution, editable_from: Path | None, package: Path
) -> None:
    installed = editable_from or Path(str(distribution.locate_file("")))
    assert package.resolve() == (installed / "polytheory").resolve()


def test_the_version_is_the_installed_one(distribution: metadata.Distribution) -> None:
    assert polytheory.__version__ == distribution.version


def test_every_loaded_module_comes_from_that_copy(package: Path) -> None:
    loaded = {
        name: Path(module.__file__)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "polytheory" and getattr(module, "__file__", None)
    }
    strays = {name: file for name, file in loaded.items() if not file.is_relative_to(package)}
    assert loaded
    assert strays == {}


def test_the_wheel_holds_the_package_its_hook_and_nothing_else(
    distribution: metadata.Distribution, editable_from: Path | None
) -> None:
    if editable_from:
        pytest.skip("an editable installation lists no files of the package")
    files = [file.parts for file in distribution.files or []]
    hook = "_polytheory_hypothesis"  # outside the package, so that Hypothesis need not load it
    others = [parts for parts in files if ".dist-info" not in parts[0] and hook not in parts[-1]]
    assert ("polytheory", "py.typed") in files
    assert (f"{hook}.py",) in files
    assert {parts[0] for parts in others} <= {"polytheory", ".."}  # ".." leads to the command
