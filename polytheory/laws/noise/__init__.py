"""Noise: expansions by enumeration, the simplex by quadrature, rows by flow and draws, the flow."""

from polytheory.laws.noise import _expansion, _flow, _flow_ends, _rows, _simplex

#: In the order in which the theory unfolds.
LAWS = (*_expansion.LAWS, *_simplex.LAWS, *_rows.LAWS, *_flow.LAWS, *_flow_ends.LAWS)
