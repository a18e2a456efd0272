"""The verdict on a recorded run, as a value that prints itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from polytheory.recorded._encodings import History


@dataclass(frozen=True)
class RecordedVerdict:
    """Comparison of a recorded run with the flow, the paper's laws and the universal curve.

    Attributes
    ----------
    holds : bool
        Whether the run, or each run of a batch, follows the flow within the tolerances.
    l1_disagreement, l1_tolerance : float
        Relative difference of ‖w‖₁, largest in units of its tolerance, and that tolerance.
    l1_worst_time : float
        The time of that difference.
    count_disagreement : int
        Largest number of weights by which m' leaves the flow's range within the clock error.
    clock_tolerance : float
        Flow time by which deaths may be early or late.
    reason : str
        Where the tolerances come from.
    paper_l1_ratio, paper_count_ratio : (float, float) or None
        Smallest and largest recorded/law for the paper's two laws; None if the row is narrower, or
        ℓ1 stronger, than they are claimed for.
    curve_l1_ratio, curve_count_ratio : (float, float) or None
        The same for the universal curve, on its domain (t ≥ 5, λ√m ≤ 0.1, at least 10 weights on
        the curve); None if no time of the run lies there.
    follows_curve : bool or None
        Whether both stay within the scatter of a finite Gaussian row, 5 × 0.8/√m', and the bias
        1/m'. Not part of `holds`: a row need not be Gaussian.
    method : str
        The method whose tolerance was used.
    likely_cause : str or None
        For a run that fails: the known mistake that explains it.
    runs : tuple of RecordedVerdict
        For a batch, the verdict on each run; the numbers above are those of the worst, and the
        ratios those of the mean over the batch.
    history : History or None
        For a history of whole encodings, the judgement by intervals; the numbers of the row are
        then zero.
    """

    holds: bool
    l1_disagreement: float
    l1_tolerance: float
    l1_worst_time: float
    count_disagreement: int
    clock_tolerance: float
    reason: str
    paper_l1_ratio: tuple[float, float] | None = None
    paper_count_ratio: tuple[float, float] | None = None
    curve_l1_ratio: tuple[float, float] | None = None
    curve_count_ratio: tuple[float, float] | None = None
    follows_curve: bool | None = None
    method: str = "exact"
    likely_cause: str | None = None
    runs: tuple[RecordedVerdict, ...] = ()
    history: History | None = None

    @property
    def undecided(self) -> bool:
        """Whether nothing failed, and most of the history competes too closely to be judged."""
        parts = self.runs or (self,)
        open_ones = [each.history is not None and not each.history.decided for each in parts]
        return any(open_ones) and all(
            each.holds or part for each, part in zip(parts, open_ones, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for `json.dumps`."""
        return {**asdict(self), "undecided": self.undecided}

    def __str__(self) -> str:
        word = "HOLDS" if self.holds else "UNDECIDED" if self.undecided else "FAILS"
        lines = [self._title(word), *(self.history.lines() if self.history else self._row_lines())]
        if self.likely_cause:
            lines.append(f"    {'cause':11} likely {self.likely_cause}")
        lines += [*self._law_lines(), *map(_one_line, range(len(self.runs)), self.runs)]
        return "\n".join(lines)

    def _title(self, word: str) -> str:
        against = "the full flow" if self.history else "the exact reduction"
        if not self.runs:
            return f"{word:8} recorded run against {against}"
        good = sum(each.holds for each in self.runs)
        return (
            f"{word:8} {good} of {len(self.runs)} recorded runs hold against {against}; the worst:"
        )

    def _row_lines(self) -> list[str]:
        clock = f"±{self.clock_tolerance:.3g}"
        allowed = f"allowed {self.l1_tolerance:.2e} (relative), at t = {self.l1_worst_time:.6g}"
        return [
            f"    ℓ1 norm     off by {self.l1_disagreement:.2e}, {allowed}",
            f"    count       {self.count_disagreement} outside the flow's range within {clock}",
            f"    tolerance   {self.reason}",
        ]

    def _law_lines(self) -> list[str]:
        lines = []
        who = "mean" if self.runs else "recorded"
        if self.paper_l1_ratio and self.paper_count_ratio:
            (low1, high1), (low2, high2) = self.paper_l1_ratio, self.paper_count_ratio
            lines += [
                f"    paper's law ‖w‖₁: {who}/law between {low1:.3f} and {high1:.3f}",
                f"    paper's law m': {who}/law between {low2:.3f} and {high2:.3f}",
            ]
        if self.curve_l1_ratio and self.curve_count_ratio:
            (low1, high1), (low2, high2) = self.curve_l1_ratio, self.curve_count_ratio
            word = "followed" if self.follows_curve else "not followed: no Gaussian row?"
            lines += [
                f"    our curve   ‖w‖₁: {who}/curve between {low1:.3f} and {high1:.3f}",
                f"    our curve   m': {who}/curve between {low2:.3f} and {high2:.3f}; {word}",
            ]
        return lines


def _one_line(index: int, run: RecordedVerdict) -> str:
    word = "HOLDS" if run.holds else "UNDECIDED" if run.undecided else "FAILS"
    if run.history:
        off, limit = run.history.weight_disagreement, run.history.weight_tolerance
    else:
        off, limit = run.l1_disagreement, run.l1_tolerance
    cause = f"; {run.likely_cause}" if run.likely_cause else ""
    return f"    run {index:<7} {word}: off by {off:.2e}, allowed {limit:.2e}{cause}"
