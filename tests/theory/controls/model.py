"""What is wrong about the units."""

from polytheory.theory.model.proof import LOSS_L1

CONTROLS = {
    "flow_units": {
        "λ = λ_loss": (LOSS_L1, LOSS_L1),
        "λ = λ_loss/2": (LOSS_L1, LOSS_L1 / 2),
        "a factor 2": (LOSS_L1, LOSS_L1 / 4, 2),
    }
}
