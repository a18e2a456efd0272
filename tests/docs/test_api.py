"""The API reference lists every public module."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import polytheory

# Modules without an underscore that are nevertheless no place to import from.
INTERNAL = ("polytheory.cli", "polytheory.flow.plain", "polytheory.flow.train", "polytheory.laws.")


def public_modules() -> set[str]:
    """Return the modules that define names for others, without those that only hold modules."""
    found = {
        module.name
        for module in pkgutil.walk_packages(polytheory.__path__, "polytheory.")
        if "._" not in module.name and not module.name.startswith(INTERNAL)
    }
    return {name for name in found if import_module(name).__file__ and holds_names(name)}


def holds_names(name: str) -> bool:
    members = vars(import_module(name)).values()
    return any(getattr(m, "__module__", "").startswith(name) for m in members)


def listed(text: str) -> set[str]:
    return set(re.findall(r"^   (polytheory[\w.]*)$", text, re.MULTILINE))


def test_every_public_module_is_listed(repository: Path) -> None:
    names = listed((repository / "docs" / "api" / "index.md").read_text("utf-8"))
    assert public_modules() - names == set()
    for name in names:
        import_module(name)


def test_the_probe_sees_modules() -> None:
    found = public_modules()
    assert {"polytheory.diagnosis", "polytheory.theory.noise", "polytheory.model"} <= found
    assert listed("   polytheory.model\n   :toctree: x\n") == {"polytheory.model"}
