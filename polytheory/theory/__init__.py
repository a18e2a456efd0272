"""Closed forms in NumPy and SciPy, the public predictors; one folder, a room, per result.

In a room, ``__init__.py`` contains the closed forms with their claims, ``proof.py`` the statements
in SymPy, and ``check.py`` the simulations that test the claims. Topics are imported on first use.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polytheory.theory import collisions as collisions
    from polytheory.theory import fixed_points as fixed_points
    from polytheory.theory import interference as interference
    from polytheory.theory import model as model
    from polytheory.theory import noise as noise
    from polytheory.theory import pairs as pairs
    from polytheory.theory import sparsification as sparsification
    from polytheory.theory import tradeoff as tradeoff

#: The rooms, in logical order.
ROOMS = (
    "model",
    "fixed_points",
    *(f"sparsification.{room}" for room in ("row", "slow_manifold", "curve", "completion")),
    *(f"sparsification.{room}" for room in ("survival", "paper")),
    *("interference.initial", "interference.pair"),
    "pairs",
    "collisions",
    *(f"noise.{room}" for room in ("edgeworth", "simplex", "rows", "drift", "sampling")),
    "noise",
    "tradeoff",
)
TOPICS = tuple(dict.fromkeys(room.partition(".")[0] for room in ROOMS))


def modules(kind: str) -> Iterator[str]:
    """Yield the names of all modules of a kind, ``"proof"`` or ``"check"``, room by room.

    Parameters
    ----------
    kind : str
        Such modules are named `kind` or ``kind_…``.

    Yields
    ------
    str
    """
    for room in ROOMS:
        package = import_module(f"polytheory.theory.{room}")
        for found in iter_modules(package.__path__, f"{package.__name__}."):
            if found.name.rpartition(".")[2].partition("_")[0] == kind:
                yield found.name


def predictors() -> Iterator[Callable[..., Any]]:
    """Yield the public closed forms, topic by topic."""
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


__all__ = ["ROOMS", "TOPICS", "modules", "predictors"]
__all__.extend(TOPICS)


def __dir__() -> list[str]:
    return sorted(__all__)
