"""polytheory: what theory predicts of incidental polysemanticity, held against simulation.

The façade. The judge, sweeps, SymPy, matplotlib and Hypothesis are not loaded until something asks
for them.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from polytheory.model import ToyModel as ToyModel
from polytheory.observables import carriers as carriers
from polytheory.observables import polysemantic_neurons as polysemantic_neurons
from polytheory.observables import winner_fidelity as winner_fidelity
from polytheory.training import TemperatureWarning as TemperatureWarning
from polytheory.training import train as train

if TYPE_CHECKING:  # the same names as in _LATE; tests/project/test_import_cost.py compares
    from polytheory.laws import CATALOGUE as CATALOGUE
    from polytheory.laws import Kind as Kind
    from polytheory.laws import Law as Law
    from polytheory.laws import Observation as Observation
    from polytheory.recorded import judge_recorded as judge_recorded
    from polytheory.sweeps import SweepInterrupted as SweepInterrupted
    from polytheory.sweeps import SweepTable as SweepTable
    from polytheory.sweeps import load_sweep as load_sweep
    from polytheory.sweeps import sweep as sweep
    from polytheory.sweeps import sweep_status as sweep_status
    from polytheory.verification import Verification as Verification
    from polytheory.verification import verify as verify

__version__ = "0.1.0.dev0"

#: Modules that are imported when they are asked for, and names by the module they come from.
_MODULES = ("experiments", "plotting", "report", "sweeps", "symbolic", "testing")
_LATE = {
    "polytheory.laws": ("CATALOGUE", "Kind", "Law", "Observation"),
    "polytheory.recorded": ("judge_recorded",),
    "polytheory.sweeps": (
        "SweepInterrupted",
        "SweepTable",
        "load_sweep",
        "sweep",
        "sweep_status",
    ),
    "polytheory.verification": ("Verification", "verify"),
}
_MODULE_OF = {name: module for module, names in _LATE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"polytheory.{name}")
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    raise AttributeError(f"module 'polytheory' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES, *_MODULE_OF])


if "hypothesis.strategies" in sys.modules:  # loaded before: its entry point found nothing to do
    import_module("polytheory.testing")
