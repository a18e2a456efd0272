"""The run: which laws, in how many processes, and what is kept if one ends early."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing import parent_process
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory._defaults import DEFAULT_SEED
from polytheory._processes import refuse_daemonic, usable_processors
from polytheory._provenance import versions
from polytheory._workers import Died, each_result
from polytheory.checking import Law
from polytheory.compare import FALSE_ALARM
from polytheory.domain import Case
from polytheory.flow.progress import progress_bar
from polytheory.laws import CATALOGUE, law, laws_named
from polytheory.verification._one_law import not_judged, report_on
from polytheory.verification._reports import LawReport, Verification

#: Starting a process takes as long as judging about two laws: fewer than this each do not pay.
_LAWS_PER_PROCESS = 4
#: The laws that take longest, in this order. Processes judge them first: the last to start decides
#: how long the others wait. A slow test compares the order with measured times.
LONGEST_LAWS = (
    "window_in_the_flow",
    "no_collisions_under_noise",
    "survival_probability",
    "measured_ratio",
    "measured_polysemantic_count",
    "polysemantic_count",
    "time_to_fraction",
)


class VerifyInterrupt(KeyboardInterrupt):
    """Ctrl-C in `verify`; ``result`` is the `Verification` of the laws judged before."""

    def __init__(self, result: Verification, laws: int) -> None:
        super().__init__(f"interrupted after {len(result.reports)} of {laws} laws")
        self.result = result


def _chosen(laws: object) -> tuple[Law, ...]:
    """Return the laws to judge, each once."""
    several = [laws] if isinstance(laws, str | Law) else laws
    allowed = "a name, a pattern, a Law, or a sequence of them"
    if not isinstance(several, Iterable):
        raise _checks.refuse_type("laws", laws, allowed)
    found: dict[Law, None] = {}
    for each in several:
        if not isinstance(each, str | Law):
            raise _checks.refuse_type("laws", each, allowed)
        found |= dict.fromkeys(laws_named(each) if isinstance(each, str) else [each])
    if not found:
        raise _checks.refuse_value("laws", "none", "at least one law")
    return tuple(found)


def verify(
    laws: str | Law | Sequence[str | Law] | None = None,
    *,
    full: bool = False,
    rng: Any = DEFAULT_SEED,
    progress: bool | None = None,
    on_report: Callable[[LawReport], object] | None = None,
    case: Mapping[str, Any] | None = None,
    workers: int | None = None,
    power: bool = False,
    certify: bool = False,
) -> Verification:
    """Judge laws by algebra and simulation, by default the whole catalogue.

    Parameters
    ----------
    laws : str, Law, or sequence of them, optional
        The laws to judge: names and patterns (``"paper_*"``) of the catalogue, or user-defined
        laws.
    full : bool
        Paper scale: each law on its full cases, 4 times as many, with corners and edges.
    rng : Generator, SeedSequence, int or None
        Draws the cases. Each law has its own stream, so its cases do not depend on the other laws.
        The attribute ``seed`` of the result is an integer that draws the same cases as `rng`.
    progress : bool or None
        Whether to show a bar (None: on a terminal), one unit per law.
    on_report : callable, optional
        Called with the `LawReport` of each law as soon as it is judged; with several processes,
        in the order in which they finish.
    case : mapping, optional
        Judge a single law in this case only.
    workers : int, optional
        Processes that judge laws of the catalogue, each on one thread; 1: this process alone.
        By default one per processor that this process may use, with at least four laws each.
    power : bool
        Find the smallest change of each prediction that the verdict would notice, by judging what
        was observed again (see `polytheory.power`).
    certify : bool
        Whether to prove by ball arithmetic what has a certificate (extra ``certify``). A refuted
        law fails; an unknown outcome leaves the verdict as it is.

    Returns
    -------
    Verification

    Raises
    ------
    TypeError, ValueError
        If `laws` is empty, names an unknown law or contains another type, `rng` is invalid,
        `case` has other parameters than the law, or `workers` is not positive, or more than 1 in a
        daemonic process.
    ImportError
        If `certify` is set and python-flint is missing.
    VerifyInterrupt
        On Ctrl-C, a KeyboardInterrupt with the result of the laws judged so far.

    Notes
    -----
    In a run in which all laws are true, chance makes some law fail with a probability of at most
    `polytheory.compare.FALSE_ALARM`, by Holm's procedure over all comparisons with a sample.

    The result is the same for any number of processes, except for the times. User-defined laws are
    judged in this process. Other processes judge the package as it is on disk: what is replaced in
    this one (a simulator, for a test) needs ``workers=1``. If a process dies, the outcome of the
    law that it was judging is ERROR, and the others are judged.

    Examples
    --------
    >>> from polytheory import verify
    >>> verify("flow_units").holds
    True
    """
    chosen = CATALOGUE if laws is None else _chosen(laws)
    seed = _seed(rng)
    only = None if case is None else _only_case(chosen, case)

    if certify:
        from polytheory.certificates import require_flint

        require_flint()
    count = _processes(workers, len(_in_catalogue(chosen)))
    judge = _Judge(seed, bool(full), FALSE_ALARM / len(chosen), only, bool(power), bool(certify))
    reports: dict[Law, LawReport] = {}  # in the order in which they are ready

    def result(*, stopped: bool = False) -> Verification:
        found = tuple(reports[law] for law in chosen if law in reports)
        return Verification(found, seed, versions(), bool(full), stopped)

    try:
        with (
            progress_bar(len(chosen), show=progress, label="verify", unit="law") as bar,
            closing(_reports(chosen, judge, count)) as found,
        ):
            for report in found:
                reports[report.law] = report
                bar.set_postfix(law=report.name, refresh=False)
                bar.update()
                if on_report is not None:
                    on_report(report)
        reports |= _judged_again({each: reports[each] for each in chosen}, judge)
    except KeyboardInterrupt:
        raise VerifyInterrupt(result(stopped=True), len(chosen)) from None
    return result()


class _Judge(NamedTuple):
    """How the laws of a run are judged; plain data, which can be sent to another process."""

    seed: int
    full: bool
    level: float
    case: Case | None
    power: bool = False
    certify: bool = False

    def report(self, law: Law) -> LawReport:
        """Judge a law on its own stream of random numbers."""
        stream = np.random.SeedSequence([self.seed, *law.name.encode("utf-8", "surrogatepass")])
        rng = np.random.default_rng(stream)
        how: dict[str, Any] = {"full": self.full, "level": self.level, "case": self.case}
        return report_on(law, rng=rng, power=self.power, certify=self.certify, **how)


def _in_catalogue(laws: Iterable[Law]) -> list[Law]:
    """Return the laws that another process finds by their names."""
    return [each for each in laws if each in CATALOGUE]


def longest_first(laws: Iterable[Law]) -> list[Law]:
    """Return the laws in the order in which several processes start them."""
    places = {name: place for place, name in enumerate(LONGEST_LAWS)}
    return sorted(laws, key=lambda each: places.get(each.name, len(places)))


def _processes(workers: object, laws: int) -> int:
    """Return how many processes judge that many laws of the catalogue; 1 is this process."""
    if workers is None:
        alone = parent_process() is not None  # it may be one of many
        return 1 if alone else max(1, min(usable_processors(), laws // _LAWS_PER_PROCESS))
    count = _checks.integer("workers", workers, minimum=1)
    if count > 1:
        refuse_daemonic(count, "1")
    return min(count, max(1, laws))


def _reports(chosen: Sequence[Law], judge: _Judge, processes: int) -> Generator[LawReport]:
    """Judge laws; those of the catalogue in several processes."""
    remaining = dict.fromkeys(chosen)
    if processes > 1:
        tasks = {each: (each.name, judge) for each in longest_first(_in_catalogue(chosen))}
        with closing(each_result(_report_by_name, tasks, processes)) as results:
            for each, found in results:
                del remaining[each]
                yield _restored(each, found, judge)
        if left := len(_in_catalogue(remaining)):
            words = f"could not be started; this process judges the remaining {left} laws"
            warnings.warn(f"workers: {words}", RuntimeWarning, stacklevel=3)
    yield from map(judge.report, remaining)


def _report_by_name(name: str, judge: _Judge) -> LawReport:
    """Judge a law of the catalogue; leave out of the report what cannot be sent."""
    report = judge.report(law(name))
    bare: Any = report.symbolic and replace(report.symbolic, build=None)
    return replace(report, symbolic=bare, law=None)  # type: ignore[arg-type]  # set by _restored


def _restored(law: Law, found: LawReport | Died, judge: _Judge) -> LawReport:
    """Return the report of another process with what could not be sent."""
    if isinstance(found, Died):
        error = f"not judged: its process ended early ({found.words})"
        return not_judged(law, error, full=judge.full)
    symbolic = found.symbolic and replace(found.symbolic, build=law.symbolic)
    return replace(found, symbolic=symbolic, law=law)


def _only_case(chosen: Sequence[Law], case: object) -> Case:
    if len(chosen) != 1:
        raise _checks.refuse_value("case", f"with {len(chosen)} laws", "given for one law only")
    (law,) = chosen
    names = ", ".join(sorted(law.cases.intervals))
    if not isinstance(case, Mapping) or set(case) != set(law.cases.intervals):
        raise _checks.refuse_value("case", repr(case), f"a mapping with the parameters {names}")
    for name, value in case.items():
        _checks.scalar(f"case: {name}", value, low=-_checks.MAX_VALUE)
    return dict(case)


def _judged_again(reports: Mapping[Law, LawReport], judge: _Judge) -> dict[Law, LawReport]:
    """Return new reports on laws that fail by Holm's procedure, though not by Bonferroni's.

    While the laws are judged, it is not known in how many of them chance plays a part; each then
    has an equal share of the false-alarm rate among all laws. Holm's procedure takes the laws in
    the order of their p-values and leaves out those that have failed. It rarely changes anything.
    """
    chances = {
        law: each.verdict.p_value
        for law, each in reports.items()
        if each.verdict is not None and each.verdict.p_value is not None
    }
    again = {}
    ordered = sorted(chances, key=chances.__getitem__)
    for rank, each in enumerate(ordered):
        level = FALSE_ALARM / (len(ordered) - rank)
        if chances[each] > level:
            break
        verdict = reports[each].verdict
        if verdict is not None and (verdict.holds or verdict.undecided):
            again[each] = judge._replace(level=level).report(each)
    return again


def _seed(rng: Any) -> int:
    """Return an integer seed equivalent to `rng`: an integer itself, else 128 bits from it."""
    source = _checks.seed_sequence(rng)
    if isinstance(source.entropy, int) and not source.spawn_key:
        return source.entropy
    return int.from_bytes(source.generate_state(4).tobytes(), "little")
