"""Fixtures that hold one law against other cases than those of the default run."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from polytheory import Law
from polytheory.verification import LawReport, report_on


@pytest.fixture(scope="session")
def seed() -> int:
    return 7  # not that of the default run


@pytest.fixture(scope="session")
def report(seed: int) -> Callable[..., LawReport]:
    def judge(law: Law, *, power: bool = False, **changes: Any) -> LawReport:
        rng = np.random.default_rng([seed, *law.name.encode()])
        return report_on(replace(law, **changes), rng=rng, power=power)

    return judge


@pytest.fixture(scope="session")
def fails(report: Callable[..., LawReport]) -> Callable[..., bool]:
    """Judge without the algebra, so that it is the simulation which notices."""

    def judge(law: Law, **changes: Any) -> bool:
        seen = report(law, symbolic=None, **changes)
        assert seen.error == ""
        return not seen.holds

    return judge
