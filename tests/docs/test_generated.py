"""What docs/generate.py writes is up to date, and it notices what is not."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from polytheory import Domain, Interval, law


@pytest.fixture(scope="module")
def generate(repository: Path) -> Any:
    spec = spec_from_file_location("generate", repository / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stale(pairs: Iterator[tuple[Path, str]]) -> list[str]:
    return [path.name for path, text in pairs if path.read_text("utf-8") != text]


def test_docstrings_and_tables_say_what_the_claims_say(generate: Any) -> None:
    assert stale(generate.docstrings()) == []
    assert stale(generate.tables()) == []


def test_another_claim_is_noticed(generate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = generate.CATALOGUE
    assert first.claim.chapter == "model"
    monkeypatch.setattr(generate, "CATALOGUE", tuple(others))
    assert stale(generate.tables()) == ["README.md", "model.md"]


def test_a_domain_is_told_in_letters_where_the_closed_form_takes_them(generate: Any) -> None:
    claim = law("polysemantic_variance").claim
    assert generate.place(claim.domain, claim) == "n, m whole, ≥ 1; such that n ≤ 2 m"
    drawn = {"n_neurons": Interval(1, 8), "share": Interval(0, 1), "seed": Interval(0, 9)}
    cases = Domain(drawn, because="some_thing² < n_neurons|share")
    told = "m in [1, 8]; `share` in [0, 1]; `some_thing`² < m\\|`share`"
    assert generate.place(cases, claim) == told
    assert generate.place(Domain({}), claim) == "everywhere"
