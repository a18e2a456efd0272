"""Polysemanticity of a given weight matrix: counts, tests against chance, and a verdict.

`diagnose` counts carriers and shared neurons, compares the counts with a null model and with the
minimum for this many features and neurons, computes measures of each row that need no carriers, and
states what follows and what does not. `read_encodings` and `read_labelled` read
matrices from files.
"""

from polytheory._defaults import CARRIER_RULES
from polytheory.diagnosis._capacity import feature_dimensionality
from polytheory.diagnosis._chance import Chance, compare_with_chance, compare_with_flow
from polytheory.diagnosis._diagnosis import Diagnosis, diagnose
from polytheory.diagnosis._labelled import LabelledEncodings
from polytheory.diagnosis._read import read_encodings, read_labelled
from polytheory.diagnosis._sharing import SharedNeuron

__all__ = [
    "CARRIER_RULES",
    "Chance",
    "Diagnosis",
    "LabelledEncodings",
    "SharedNeuron",
    "compare_with_chance",
    "compare_with_flow",
    "diagnose",
    "feature_dimensionality",
    "read_encodings",
    "read_labelled",
]
