"""The hook that `import hypothesis` calls. It stands outside the package to be loaded without it.

Python imports a package before any module inside, so an entry point in there would make every
`import hypothesis` in the environment load polytheory, which takes longer than Hypothesis itself.
"""

import sys


def register() -> None:
    """Register strategies if polytheory is loaded; if it is loaded later, it does so itself."""
    if "polytheory" in sys.modules:
        import polytheory.testing  # noqa: F401 - registers
