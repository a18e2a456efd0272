"""Reach a statement of `polytheory.symbolic.sparsification`, loading SymPy only then."""

from functools import partial

from polytheory.laws._measure import symbolic_statement

symbolic = partial(symbolic_statement, "sparsification")
