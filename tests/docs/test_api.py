"""The API reference lists every public module."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import polytheory

# Modules without an underscore that are nevertheless no place to import from: other packages of
# ours use them, or what they hold is on the page of the package above.
INTERNAL = (
    "polytheory.algebra.model",
    "polytheory.checking.law",
    "polytheory.checking.measure",
    "polytheory.cli",
    *(f"polytheory.flow.{name}" for name in ("arguments", "batch", "plain", "progress", "train")),
    "polytheory.sweeps.",
)
# Closed forms are on the page of their topic; checks hold laws, which the catalogue has.
ROOM = re.compile(r"polytheory\.theory\.\w+\.(?!.*\bproof)")


def public_modules() -> set[str]:
    """Return the modules that define names for others, without those that only hold modules."""
    found = {
        module.name
        for module in pkgutil.walk_packages(polytheory.__path__, "polytheory.")
        if "._" not in module.name
        and not module.name.startswith(INTERNAL)
        and not ROOM.match(module.name)
    }
    return {name for name in found if import_module(name).__file__ and holds_names(name)}


def holds_names(name: str) -> bool:
    members = vars(import_module(name)).values()
    return any(getattr(m, "__module__", "").startswith(name) for m in members)


def listed(text: str) -> set[str]:
    return set(re.findall(r"^   (polytheory[\w.]*)$", text, re.MULTILINE))


def test_every_public_module_is_listed(repository: Path) -> None:
    pages = sorted((repository / "docs" / "api").glob("*.md"))
    names = listed("\n".join(page.read_text("utf-8") for page in pages))
    assert public_modules() - names == set()
    for name in names:
        import_module(name)


def test_the_probe_sees_modules() -> None:
    found = public_modules()
    assert {"polytheory.diagnosis", "polytheory.theory.noise", "polytheory.model"} <= found
    assert "polytheory.theory.noise.drift.proof" in found
    assert {name for name in found if "check" in name} == {
        "polytheory.checking",
        "polytheory.checking.observation",
        "polytheory.checking.observed",
        "polytheory.checking.pooled",
        "polytheory.checking.tails",
        "polytheory.checking.wrong",
    }
    assert listed("   polytheory.model\n   :toctree: x\n") == {"polytheory.model"}
