"""Laws: claims with their observation, their cases and the variants that must fail."""

from polytheory.checking.law import Law as Law
from polytheory.checking.law import LawError as LawError
from polytheory.checking.law import judged as judged
from polytheory.checking.measure import *  # noqa: F403 - a check takes its toolkit from here
from polytheory.checking.observation import Observation as Observation
from polytheory.checking.wrong import *  # noqa: F403
