"""The statements of the theory in SymPy: what is claimed, and what must vanish for it to be true.

Each statement is a function without arguments that returns a `Statement`. Nothing here is computed
from the NumPy closed forms, nor they from this: agreement of the two is tested.
"""

from polytheory.symbolic._statement import Statement as Statement
from polytheory.symbolic.fixed_points import carrier_amplitude as carrier_amplitude
from polytheory.symbolic.fixed_points import (
    carrier_amplitude_expansion as carrier_amplitude_expansion,
)
from polytheory.symbolic.fixed_points import critical_l1 as critical_l1
from polytheory.symbolic.fixed_points import opposite_sign_collision as opposite_sign_collision
from polytheory.symbolic.fixed_points import same_sign_collision as same_sign_collision
from polytheory.symbolic.fixed_points import unstable_amplitude as unstable_amplitude
from polytheory.symbolic.model import flow_units as flow_units
from polytheory.symbolic.sparsification import growth_threshold as growth_threshold
from polytheory.symbolic.sparsification import inverse_l1_speed as inverse_l1_speed
from polytheory.symbolic.sparsification import l1_speed as l1_speed
from polytheory.symbolic.sparsification import paper_l1_norm as paper_l1_norm
from polytheory.symbolic.sparsification import paper_nonzero_count as paper_nonzero_count
from polytheory.symbolic.sparsification import polar_form as polar_form
from polytheory.symbolic.sparsification import slow_manifold_time as slow_manifold_time
from polytheory.symbolic.sparsification import slow_time as slow_time
from polytheory.symbolic.sparsification import soft_threshold_reduction as soft_threshold_reduction
from polytheory.symbolic.sparsification import spread as spread
from polytheory.symbolic.sparsification import squared_norm_speed as squared_norm_speed
