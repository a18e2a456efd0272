"""Public signatures say what comes out: mypy reads an example, and no signature says Any."""

import ast
import runpy
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import getsource
from pathlib import Path
from types import FunctionType, UnionType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polytheory.theory import predictors

#: Besides the predictors: where observables, units and noise are.
MODULES = ("diagnosis", "inputs", "model", "noise", "notation", "observables", "reduction")
FloatArray = NDArray[np.float64]
EXAMPLE = Path(__file__).parents[1] / "typing" / "example.py"


# --- what mypy infers -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mypy(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], tuple[int, str]]:
    """Return a function from a file to mypy's exit code and output; its cache is kept."""
    pytest.importorskip("mypy", reason="mypy comes with the extra dev")
    cache = tmp_path_factory.mktemp("mypy")

    def run(file: Path) -> tuple[int, str]:
        # The package itself is checked elsewhere.
        options = ["--strict", "--follow-imports=silent", f"--cache-dir={cache}"]
        command = [sys.executable, "-m", "mypy", *options, str(file)]
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


def test_mypy_infers_what_the_example_says(mypy: Callable[[Path], tuple[int, str]]) -> None:
    assert mypy(EXAMPLE) == (0, "Success: no issues found in 1 source file\n")


def test_mypy_refuses_another_type(mypy: Callable[[Path], tuple[int, str]], tmp_path: Path) -> None:
    right = EXAMPLE.read_text("utf-8")
    call = "assert_type(carrier_amplitude({}), {})"
    wrong = right
    for argument, said, other in (
        ("0.1", "float", "FloatArray"),
        ("strengths", "FloatArray", "float"),
    ):
        assert call.format(argument, said) in right
        wrong = wrong.replace(call.format(argument, said), call.format(argument, other))
    file = tmp_path / "wrong.py"
    file.write_text(wrong, "utf-8")
    code, output = mypy(file)
    assert code == 1
    assert output.count("[assert-type]") == output.count("error:") == 2


def is_a(value: Any, said: Any) -> bool:
    """Return whether a value is of a type such as `float | NDArray[np.float64]`."""
    if isinstance(said, UnionType):
        return any(is_a(value, each) for each in said.__args__)
    if typing.get_origin(said) is np.ndarray:
        return isinstance(value, np.ndarray) and value.dtype == said.__args__[1].__args__[0]
    if typing.get_origin(said) is tuple:
        parts = zip(value, said.__args__, strict=True)
        return type(value) is tuple and all(is_a(part, each) for part, each in parts)
    return type(value) is said


def test_what_is_said_is_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(typing, "assert_type", lambda *both: seen.append(both))
    runpy.run_path(str(EXAMPLE))
    assert len(seen) > 12
    assert [(value, said) for value, said in seen if not is_a(value, said)] == []
    assert not is_a(1.0, int | FloatArray)
    assert is_a((1.0, 2), tuple[float, int])
    assert not is_a((1.0, 2), tuple[float, float])
    assert not is_a(np.arange(2), FloatArray)


# --- what signatures say --------------------------------------------------------------------------


def untyped(body: list[ast.stmt], names: set[str]) -> Iterator[str]:
    """Yield the functions, and methods of classes, of these names of which callers see Any.

    Where there are overloads it is them that callers see.
    """
    functions: dict[str, list[ast.FunctionDef]] = {}
    for each in body:
        if isinstance(each, ast.ClassDef) and each.name in names:
            methods = {m.name for m in each.body if isinstance(m, ast.FunctionDef)}
            public = {name for name in methods if not name.startswith("_")}
            yield from (f"{each.name}.{name}" for name in untyped(each.body, public))
        elif isinstance(each, ast.FunctionDef) and each.name in names:
            functions.setdefault(each.name, []).append(each)
    for name, several in functions.items():
        overloads = [f for f in several if "overload" in map(ast.unparse, f.decorator_list)]
        if any(says_any(f.returns) for f in overloads or several):
            yield name


def says_any(returns: ast.expr | None) -> bool:
    """Return whether an annotation is missing or has Any in it, other than as values of a dict."""
    said = "Any" if returns is None else ast.unparse(returns).replace("dict[str, Any]", "dict")
    return any(getattr(node, "id", "") == "Any" for node in ast.walk(ast.parse(said)))


def test_no_public_signature_says_any() -> None:
    public: dict[str, set[str]] = {}
    members = [
        getattr(module, name)
        for module in (import_module(f"polytheory.{each}") for each in MODULES)
        for name in module.__all__
    ]
    for member in (*predictors(), *members):
        if isinstance(member, FunctionType | type) or hasattr(member, "cache_info"):
            public.setdefault(member.__module__, set()).add(member.__name__)
    assert len(public) > 20
    found = {
        f"{module}.{name}"
        for module, names in public.items()
        for name in untyped(ast.parse(getsource(import_module(module))).body, names)
    }
    assert found == set()


def test_the_reader_of_signatures_sees_any() -> None:
    source = """
def plain(x) -> Any: ...
def nothing(x): ...
def pair(x) -> tuple[Any, float]: ...
def typed(x: Any) -> float: ...
def data() -> dict[str, Any]: ...
@overload
def half(x: Number) -> float: ...
@overload
def half(x: ArrayLike) -> Any: ...
def half(x: Any) -> Any: ...
@overload
def whole(x: Number) -> float: ...
@overload
def whole(x: ArrayLike) -> FloatArray: ...
def whole(x: Any) -> Any: ...
def _private() -> Any: ...
class Law:
    def value(self) -> Any: ...
    def _value(self) -> Any: ...
"""
    names = {"plain", "nothing", "pair", "typed", "data", "half", "whole", "Law"}
    seen = set(untyped(ast.parse(source).body, names))
    assert seen == {"plain", "nothing", "pair", "half", "Law.value"}
