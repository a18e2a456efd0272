"""polytheory: what theory predicts of incidental polysemanticity, held against simulation.

The façade. SymPy, matplotlib and Hypothesis are not loaded until something asks for them.
"""

import sys
from importlib import import_module
from typing import Any

from polytheory import notation as notation
from polytheory import observables as observables
from polytheory import theory as theory
from polytheory.diagnosis import Diagnosis as Diagnosis
from polytheory.diagnosis import diagnose as diagnose
from polytheory.domain import Domain as Domain
from polytheory.domain import Interval as Interval
from polytheory.flow.row import RowTrajectory as RowTrajectory
from polytheory.flow.row import plain_row_flow as plain_row_flow
from polytheory.flow.row import row_flow as row_flow
from polytheory.flow.simulate import simulate as simulate
from polytheory.flow.trajectory import Interrupted as Interrupted
from polytheory.flow.trajectory import Trajectory as Trajectory
from polytheory.initial import initial_encodings as initial_encodings
from polytheory.initial import initial_row as initial_row
from polytheory.laws import CATALOGUE as CATALOGUE
from polytheory.laws import Kind as Kind
from polytheory.laws import Law as Law
from polytheory.laws import Observation as Observation
from polytheory.model import ToyModel as ToyModel
from polytheory.observables import carriers as carriers
from polytheory.observables import polysemantic_neurons as polysemantic_neurons
from polytheory.observables import winner_fidelity as winner_fidelity
from polytheory.recorded import judge_recorded as judge_recorded
from polytheory.training import TemperatureWarning as TemperatureWarning
from polytheory.training import train as train
from polytheory.verification import Verification as Verification
from polytheory.verification import verify as verify

__version__ = "0.1.0.dev0"

_LAZY = ("experiments", "plotting", "report", "symbolic", "testing")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return import_module(f"polytheory.{name}")
    raise AttributeError(f"module 'polytheory' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])


if "hypothesis.strategies" in sys.modules:  # loaded before: its entry point found nothing to do
    import_module("polytheory.testing")
