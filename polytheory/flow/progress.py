"""A progress bar that imports tqdm only if it is shown."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["progress_bar"]


class _NoBar:
    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, _count: int = 1) -> None:
        pass

    def set_postfix(self, **_: object) -> None:
        pass


def progress_bar(total: int, *, show: bool | None, label: str, unit: str) -> Any:
    """Return a tqdm bar as a context manager, or a stand-in that does nothing.

    ``show=None`` shows the bar if the standard error stream is a terminal.
    """
    if not (sys.stderr.isatty() if show is None else show):
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=total, desc=label, unit=unit)
