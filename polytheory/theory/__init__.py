"""Closed forms in NumPy and SciPy, written by hand, for people to call; a room a topic.

A room is a folder: its ``__init__.py`` has the closed forms, each with its claim, ``proof.py`` the
statements in SymPy, ``check.py`` how each claim is observed. Topics load when they are asked for.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polytheory.theory import collisions as collisions
    from polytheory.theory import fixed_points as fixed_points
    from polytheory.theory import interference as interference
    from polytheory.theory import model as model
    from polytheory.theory import noise as noise
    from polytheory.theory import sparsification as sparsification
    from polytheory.theory import tradeoff as tradeoff

#: The topics, in the order in which the theory unfolds.
TOPICS = (
    "model",
    "fixed_points",
    "sparsification",
    "interference",
    "collisions",
    "noise",
    "tradeoff",
)


def modules(kind: str) -> Iterator[str]:
    """Yield the names of all modules of a kind, ``"proof"`` or ``"check"``, topic by topic.

    Parameters
    ----------
    kind : str
        Such a module is called by that word, or by that word, an underscore and more.

    Yields
    ------
    str
    """
    for topic in TOPICS:
        package = import_module(f"polytheory.theory.{topic}")
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.rpartition(".")[2].partition("_")[0] == kind:
                yield found.name


def predictors() -> Iterator[Callable[..., Any]]:
    """Yield the closed forms that people call, topic by topic."""
    for topic in TOPICS:
        module = import_module(f"polytheory.theory.{topic}")
        for name in getattr(module, "__all__", ()):
            form = getattr(module, name)
            if isinstance(form, FunctionType) or hasattr(form, "cache_info"):
                yield form


def __getattr__(name: str) -> Any:
    if name in TOPICS:
        return import_module(f"polytheory.theory.{name}")
    raise AttributeError(f"module 'polytheory.theory' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*TOPICS, "TOPICS", "modules", "predictors"])
