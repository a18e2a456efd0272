"""What a given weight matrix says about polysemanticity.

`diagnose` counts carriers and shared neurons, compares them with chance and with what lack of room
forces, measures each row in ways that need no carriers, and says in words what follows and what
does not. `read_encodings` reads matrices that come in files.
"""

from polytheory.diagnosis._capacity import feature_dimensionality
from polytheory.diagnosis._chance import Chance, compare_with_chance
from polytheory.diagnosis._diagnosis import Diagnosis, diagnose
from polytheory.diagnosis._read import read_encodings
from polytheory.diagnosis._sharing import SharedNeuron
from polytheory.observables import CARRIER_RULES

__all__ = [
    "CARRIER_RULES",
    "Chance",
    "Diagnosis",
    "SharedNeuron",
    "compare_with_chance",
    "diagnose",
    "feature_dimensionality",
    "read_encodings",
]
