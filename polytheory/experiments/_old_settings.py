"""The settings that the sizes of a figure share."""

from __future__ import annotations

from polytheory.notation import flow_l1

#: The paper's λ: a coefficient of 1e-3 in the published loss.
PAPER_L1 = flow_l1(loss_l1=1e-3)

SPEED = {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 20}
COLLAPSE = {"settings": ((10**3, 1e-4), (10**4, 1e-4), (10**4, 1e-6), (10**5, 1e-5), (10**6, 1e-6))}
COMPLETION = {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 2000}
COST = {
    "n_features": 64,
    "n_neurons": (64, 128, 256),
    "l1_strengths": (0.01,),
    "probabilities": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "stds": (0.0, 0.1, 0.2),
    "n_instances": 8,
    "n_inputs": 50_000,
}
LOSS = {
    "n_features": 64,
    "n_neurons": (64, 128, 256),
    "l1_strengths": (0.01, 0.05, 0.1),
    "probabilities": (0.05,),
    "n_instances": 8,
    "n_inputs": 20_000,
}
TRAINING = {
    "sizes": ((16, 32), (32, 64)),
    "l1_strengths": (0.02, 0.04),
    "ratios": (0.0, 0.1, 0.2, 0.5, 1.0, 2.0),
    "n_instances": 48,
}
AVOIDANCE = {
    "n_features": 64,
    "n_neurons": 128,
    "l1_strengths": (0.01, 0.05),
    "n_instances": 64,
}
