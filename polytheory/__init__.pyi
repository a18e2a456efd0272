# What `import polytheory` offers. Read by type checkers, and by __init__.py, which loads each name
# when it is asked for. `testing` needs an extra: it must not load with the others (EAGER_IMPORT).

import polytheory.testing as testing

from . import certificates as certificates
from . import checking as checking
from . import claims as claims
from . import diagnosis as diagnosis
from . import domain as domain
from . import experiments as experiments
from . import flow as flow
from . import initial as initial
from . import inputs as inputs
from . import laws as laws
from . import model as model
from . import noise as noise
from . import notation as notation
from . import observables as observables
from . import own_laws as own_laws
from . import plotting as plotting
from . import predict as predict
from . import reduction as reduction
from . import report as report
from . import sweeps as sweeps
from . import symbolic as symbolic
from . import theory as theory
from .checking import Law as Law
from .checking import Observation as Observation
from .claims import Claim as Claim
from .claims import Kind as Kind
from .diagnosis import Diagnosis as Diagnosis
from .diagnosis import diagnose as diagnose
from .domain import Domain as Domain
from .domain import Interval as Interval
from .flow.row import RowTrajectory as RowTrajectory
from .flow.row import plain_row_flow as plain_row_flow
from .flow.row import row_flow as row_flow
from .flow.simulate import simulate as simulate
from .flow.trajectory import IncompleteError as IncompleteError
from .flow.trajectory import Interrupted as Interrupted
from .flow.trajectory import Trajectory as Trajectory
from .initial import initial_encodings as initial_encodings
from .initial import initial_row as initial_row
from .laws import CATALOGUE as CATALOGUE
from .laws import law as law
from .model import ToyModel as ToyModel
from .observables import carriers as carriers
from .observables import polysemantic_neurons as polysemantic_neurons
from .observables import winner_fidelity as winner_fidelity
from .recorded import judge_recorded as judge_recorded
from .sweeps import SweepInterrupted as SweepInterrupted
from .sweeps import SweepTable as SweepTable
from .sweeps import load_sweep as load_sweep
from .sweeps import sweep as sweep
from .sweeps import sweep_status as sweep_status
from .training import TemperatureWarning as TemperatureWarning
from .training import train as train
from .verification import Verification as Verification
from .verification import verify as verify

__version__: str
