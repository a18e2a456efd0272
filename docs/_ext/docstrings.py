"""Escapes for bars in docstrings: |w| is an absolute value, in reStructuredText a substitution."""

import re

AS_IT_STANDS = re.compile(r"(``.*?``|(?::\w+:)?`[^`]*`)", re.DOTALL)


def escape_bars(lines):
    r"""Return the lines with bars escaped in prose, but not in code and formulas.

    >>> escape_bars(["|x| is :math:`|x|`"])
    ['\\|x\\| is :math:`|x|`']
    >>> escape_bars([">>> 1 | 2", "|3|", "", ".. math::", "    |x|", "|y|"])
    ['>>> 1 | 2', '|3|', '', '.. math::', '    |x|', '\\|y\\|']
    """
    done, prose, example, formula = [], [], False, None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if formula is not None and line.strip() and indent <= formula:
            formula = None
        if line.lstrip().startswith(".. math::"):
            formula = indent
        if example or formula is not None:
            done += [*escaped(prose), line]
            prose = []
        else:
            prose.append(line)
    return done + escaped(prose)


def escaped(prose):
    parts = AS_IT_STANDS.split("\n".join(prose))  # code may span lines
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "".join(parts).split("\n") if prose else []


def process(app, what, name, obj, options, lines):
    lines[:] = escape_bars(lines)


def setup(app):
    app.connect("autodoc-process-docstring", process, priority=900)  # after numpydoc
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
