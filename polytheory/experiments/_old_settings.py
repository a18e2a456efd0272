"""The settings that the sizes of a figure share."""

from __future__ import annotations

from polytheory.notation import flow_l1

#: The paper's λ: a coefficient of 1e-3 in the published loss.
PAPER_L1 = flow_l1(loss_l1=1e-3)

SPEED = {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 20}
COLLAPSE = {"settings": ((10**3, 1e-4), (10**4, 1e-4), (10**4, 1e-6), (10**5, 1e-5), (10**6, 1e-6))}
COMPLETION = {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 2000}
