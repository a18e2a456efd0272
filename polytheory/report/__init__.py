"""The verification report: one HTML file with every law, its formula, picture and residuals.

The file needs no network and no script. SymPy and matplotlib are loaded when a report is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from polytheory import _checks
from polytheory.checking import Law
from polytheory.verification import Verification

__all__ = ["require_writable", "write_report"]


def write_report(
    verification: Verification, path: str | Path, *, sources: Mapping[Law, str] | None = None
) -> Path:
    """Write a verification as one self-contained HTML file.

    Parameters
    ----------
    verification : Verification
        What `polytheory.verify` returned.
    path : str or Path
        The file; its folder must exist. A file of that name is overwritten.
    sources : mapping of Law to str, optional
        For laws outside the catalogue, the value of ``polytheory verify --law``
        (``mymodule:MY_LAW``), shown in "Run it again".

    Returns
    -------
    Path
        The file.

    Raises
    ------
    TypeError
        If `verification` is not what `polytheory.verify` returns.
    ValueError
        If the file cannot be opened for writing; see `require_writable`.
    OSError
        If writing fails after that.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from polytheory import CATALOGUE, verify
    >>> from polytheory.report import write_report
    >>> result = verify([law for law in CATALOGUE if law.name == "critical_l1"])
    >>> with TemporaryDirectory() as folder:
    ...     text = write_report(result, Path(folder) / "report.html").read_text("utf-8")
    >>> "1 of 1 laws hold" in text, "<math" in text, "<svg" in text, "<script" in text
    (True, True, True, False)
    """
    from polytheory.report._page import page

    if not isinstance(verification, Verification):
        raise _checks.refuse_type("verification", verification, "what polytheory.verify returns")
    file = require_writable(path)
    file.write_text(page(verification, dict(sources or {})), encoding="utf-8", newline="\n")
    return file


def require_writable(path: str | Path, name: str = "path") -> Path:
    """Return the path of a report if it can be written; leave no file behind.

    Parameters
    ----------
    path : str or Path
    name : str
        Name of the argument, for the error.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If its folder does not exist, it is a folder itself, or writing is not permitted.
    """
    file = Path(path)
    allowed = "a file that can be written, in a folder that exists"
    if not file.parent.is_dir():
        raise _checks.refuse_value(name, f"{file}; no folder {file.parent}", allowed)
    if file.is_dir():
        raise _checks.refuse_value(name, f"{file}, which is a folder", allowed)
    existed = file.exists()
    try:
        with file.open("ab"):
            pass
    except OSError as problem:
        raise _checks.refuse_value(name, f"{file} ({problem.strerror})", allowed) from None
    if not existed:
        file.unlink()
    return file
