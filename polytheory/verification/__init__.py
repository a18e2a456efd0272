"""Verification of laws by algebra and simulation, with a report per law."""

from polytheory.verification._algebra import SymbolicCheck
from polytheory.verification._one_law import report_on as report_on
from polytheory.verification._reports import LawReport, Verification
from polytheory.verification._run import LONGEST_LAWS as LONGEST_LAWS
from polytheory.verification._run import VerifyInterrupt, verify
from polytheory.verification._run import longest_first as longest_first

__all__ = ["LawReport", "SymbolicCheck", "Verification", "VerifyInterrupt", "verify"]
