"""The Hypothesis entry point, outside the package so that it does not import polytheory.

Python imports a package before its modules, so an entry point inside would make every
`import hypothesis` in the environment load polytheory, which takes longer than Hypothesis itself.
"""

import sys


def register() -> None:
    """Register strategies if polytheory is loaded; if loaded later, it registers them itself."""
    if "polytheory" in sys.modules:
        import polytheory.testing  # noqa: F401 - registers
