"""Noise: expansions by enumeration, the simplex by quadrature, rows by their flow and by draws."""

from polytheory.laws.noise import _expansion, _rows, _simplex

#: In the order in which the theory unfolds.
LAWS = (*_expansion.LAWS, *_simplex.LAWS, *_rows.LAWS)
