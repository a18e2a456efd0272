"""The settings that the sizes of a figure share."""

from __future__ import annotations

from polytheory.notation import flow_l1

#: The paper's λ: a coefficient of 1e-3 in the published loss.
PAPER_L1 = flow_l1(loss_l1=1e-3)

COUNT = {
    "n_features": 256,
    "n_neurons": range(256, 4097, 256),
    "l1_strength": PAPER_L1,
    "n_instances": 16,
    "dtype": "float32",
}
RATIO = {
    "n_features": (16, 32, 64, 128, 256),
    "widths": (1, 2, 4),
    "strengths": (1, 0.3, 0.1, 0.03, 0.01),
    "standard_error": 0.015,
    "dtype": "float32",
    "rtol": 1e-3,
}
FIDELITY = {
    "n_features": 64,
    "n_neurons": (64, 128, 256, 512, 1024),
    "l1_strengths": (PAPER_L1, 0.001, 0.003, 0.01, 0.03),
    "n_instances": 32,
}
WEIGHTS = {"n_features": 64, "n_neurons": 256, "l1_strength": PAPER_L1, "n_instances": 32}
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
STRENGTHS = (0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.3, 1.6, 2, 2.5, 3.5, 5)
PHASES = {
    "n_neurons": 64,
    "crowding": (0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3),
    "strengths": STRENGTHS,
    "n_instances": 16,
}
DIAGNOSIS = {"n_features": 128, "n_neurons": 256, "l1_strength": PAPER_L1, "n_instances": 1}
