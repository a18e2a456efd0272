"""Theory of incidental polysemanticity, checked by algebra and simulation.

The public names are listed in ``__init__.pyi`` and load on first access. SymPy, matplotlib and
Hypothesis load only with the names that need them.
"""

import sys
from importlib import import_module
from importlib.util import find_spec

import lazy_loader

__version__ = "0.1.0.dev0"


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:  # a module without a spec has that name
        return False


_get, _, __all__ = lazy_loader.attach_stub(__name__, __file__)
if _installed("hypothesis"):
    __all__.append("testing")


def __getattr__(name: str) -> object:
    if name == "testing":  # its error says what to install
        return import_module("polytheory.testing")
    return _get(name)


def __dir__() -> list[str]:
    return [*__all__]


if "hypothesis.strategies" in sys.modules:  # loaded before; its entry point did nothing
    import_module("polytheory.testing")
