"""Docstrings say |w| for an absolute value; to reStructuredText that is a substitution."""

import re

AS_IT_STANDS = re.compile(r"(``.*?``|(?::\w+:)?`[^`]*`)")


def escape_bars(lines):
    r"""Return the lines with a bar escaped where it is prose, not code or a formula.

    >>> print("\n".join(escape_bars(["|x| is :math:`|x|`", "", ">>> 1 | 2", "|3|", "", "|y|"])))
    \|x\| is :math:`|x|`
    <BLANKLINE>
    >>> 1 | 2
    |3|
    <BLANKLINE>
    \|y\|
    """
    done, example, formula = [], False, None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if formula is not None and line.strip() and indent <= formula:
            formula = None
        if line.lstrip().startswith(".. math::"):
            formula = indent
        if not example and formula is None:
            parts = AS_IT_STANDS.split(line)
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            line = "".join(parts)
        done.append(line)
    return done


def process(app, what, name, obj, options, lines):
    lines[:] = escape_bars(lines)


def setup(app):
    app.connect("autodoc-process-docstring", process, priority=900)  # after numpydoc
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
