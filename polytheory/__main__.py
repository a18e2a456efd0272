"""``python -m polytheory`` is the command ``polytheory``."""

import sys

from polytheory.cli import main

if __name__ == "__main__":
    sys.exit(main())
