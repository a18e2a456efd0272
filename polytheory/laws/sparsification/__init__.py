"""How one encoding loses its weights: one row, wide Gaussian rows, chance."""

from polytheory.laws.sparsification import _chance, _curve, _row

LAWS = (*_row.LAWS, *_curve.LAWS, *_chance.LAWS)
