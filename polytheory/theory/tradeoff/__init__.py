"""Loss of features that share a neuron, for inputs with co-occurring features.

Here every feature is active (1) with probability p, independently of the others, and the loss is
E‖ReLU(W(Wᵀx + ξ)) − x‖² per input, without the ℓ1 term. The states are one-hot: every feature is
carried by one neuron or by none.
"""

from polytheory.theory.tradeoff._break_even import break_even_probability, pair_excess
from polytheory.theory.tradeoff._layer import layer_loss, one_hot_loss
from polytheory.theory.tradeoff._neuron import neuron_loss, sharing_excess
from polytheory.theory.tradeoff._overlap import negative_overlap_rate

__all__ = [
    "break_even_probability",
    "layer_loss",
    "negative_overlap_rate",
    "neuron_loss",
    "one_hot_loss",
    "pair_excess",
    "sharing_excess",
]
