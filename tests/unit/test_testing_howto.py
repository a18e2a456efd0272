"""The pages in docs/howto run: what they say is printed is printed."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from hypothesis import settings

from polytheory.cli import main

PAGES = Path(__file__).parents[2] / "docs" / "howto"
# Which counterexample is the smallest that is found may differ between versions of Hypothesis; what
# it looks like is tested with the assertions.
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def test_property_test() -> None:
    active = settings.get_current_profile_name()
    settings.load_profile("ci")  # the same draws every time
    try:
        page = str(PAGES / "property_test.md")
        found = doctest.testfile(page, module_relative=False, optionflags=FLAGS, encoding="utf-8")
    finally:
        settings.load_profile(active)
    assert found.attempted > 10
    assert found.failed == 0


def test_own_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (PAGES / "own_law.md").read_text("utf-8")
    (module,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    (session,) = re.findall(r"```console\n\$ (.*?)\n(.*?)```", page, flags=re.DOTALL)
    command, shown = session
    folder = tmp_path / "path" / "to"
    folder.mkdir(parents=True)
    for place in (tmp_path, folder):
        (place / "my_laws.py").write_text(module, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")  # also takes away what the command adds
    assert main(command.split()[1:]) == 1
    printed = capsys.readouterr().out
    same = doctest.OutputChecker().check_output(shown, printed, FLAGS)
    assert same, printed
