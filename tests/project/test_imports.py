"""Imports inside the package point one way, and no two modules wait for each other.

Every import counts for the direction, inside functions and under TYPE_CHECKING too: to know a type
of a higher layer is to know the layer. Only those that run when the module does make cycles.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

# From the ground up. A module may import from its own layer and from those before it.
LAYERS = (
    {"_checks", "_processes", "_provenance", "_rodas", "domain", "notation"},
    {"model", "noise", "reduction", "initial", "inputs", "observables"},
    {"flow", "theory", "symbolic"},
    {"laws"},
    {"compare", "verification", "recorded", "predict", "training", "diagnosis", "sweeps"},
    {"testing", "experiments", "plotting", "report", "cli", "__main__"},
)
WITNESSES = {"flow", "theory", "symbolic"}  # blind to each other
LAYER_OF = {name: layer for layer, names in enumerate(LAYERS) for name in names}
TOP = len(LAYERS) - 1

Trees = dict[str, ast.Module]


@dataclass(frozen=True)
class Import:
    """One module of the package, named in another: dotted names without the package's own."""

    importer: str
    target: str
    runs: bool  # when the importer is imported


def part(module: str) -> str:
    """Return the file or folder directly under the package that holds `module`."""
    return module.partition(".")[0]


def module_name(path: str) -> str:
    """Return the dotted name of a file, relative to the package: `flow/__init__.py` is `flow`."""
    return ".".join(Path(path).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def named_modules(node: ast.AST) -> Iterator[str]:
    """Yield each absolute name that an import statement, or `import_module("…")`, asks for."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(base), names=names, level=0):
            yield from (f"{base}.{alias.name}" for alias in names)
        case ast.Call(
            func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            yield name


def nodes_with_time(node: ast.AST, *, runs: bool = True) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node below `node`, and whether it runs when the module is imported."""
    for child in ast.iter_child_nodes(node):
        yield child, runs
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from nodes_with_time(child, runs=runs and not later and not typing_only)


def imports(trees: Trees) -> set[Import]:
    """Return the imports of one module of the package by another; the façade's own are left out."""
    modules = {module_name(path) for path in trees}
    found = set()
    for path, tree in trees.items():
        importer = module_name(path)
        if importer == "":
            continue
        for node, runs in nodes_with_time(tree):
            for name in named_modules(node):
                if name.partition(".")[0] != "polytheory":
                    continue
                target = name.removeprefix("polytheory").removeprefix(".")
                while target and target not in modules:  # a function: the module that holds it
                    target = target.rpartition(".")[0]
                found.add(Import(importer, target, runs))
    return found


def direction_offences(trees: Trees) -> list[str]:
    """Say which modules have no layer, and which imports go up or between witnesses."""
    modules = {module_name(path) for path in trees} - {""}
    homeless = {part(module) for module in modules} - set(LAYER_OF)
    offences = [f"{name} has no layer: give it one in LAYERS" for name in sorted(homeless)]
    for found in imports(trees):
        importer, target = part(found.importer), part(found.target)
        if {importer, target} & homeless:
            continue
        if target == "":
            if LAYER_OF[importer] < TOP:
                offences.append(f"{found.importer} imports the façade, which is above it")
        elif LAYER_OF[target] > LAYER_OF[importer]:
            offences.append(f"{found.importer} imports {found.target}, which is above it")
        elif importer != target and {importer, target} <= WITNESSES:
            offences.append(f"{found.importer} imports {found.target}: witnesses are blind")
    return sorted(offences)


def cycle(trees: Trees) -> list[str]:
    """Return the modules of an import cycle, or nothing."""
    graph: dict[str, set[str]] = {}
    for found in imports(trees):
        if found.runs and found.target not in {"", found.importer}:
            graph.setdefault(found.importer, set()).add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module")
def trees(package: Path, parse_folder: Callable[[Path], Trees]) -> Trees:
    return parse_folder(package)


def test_the_package_is_seen(trees: Trees) -> None:
    assert Import("model", "notation", runs=True) in imports(trees)


def test_imports_point_one_way(trees: Trees) -> None:
    assert direction_offences(trees) == []


def test_no_cycles(trees: Trees) -> None:
    assert cycle(trees) == []


def tree_of(folder: Path, parse_folder: Callable[[Path], Trees], files: dict[str, str]) -> Trees:
    for name, text in {"__init__.py": "", **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return parse_folder(folder)


LEGAL = {
    "__init__.py": "from polytheory.laws import CATALOGUE as CATALOGUE",
    "_checks.py": "import numpy",
    "notation.py": "from polytheory import _checks",
    "model.py": "from polytheory.notation import flow_l1",
    "flow/__init__.py": "from polytheory.flow._row import simulate as simulate",
    "flow/_row.py": "from polytheory.model import ToyModel",
    "theory/__init__.py": "def f():\n    from polytheory.model import ToyModel",
    "laws/__init__.py": "from polytheory import flow, theory",
    "cli.py": "from polytheory import __version__",
}


def test_a_legal_tree_passes(tmp_path: Path, parse_folder: Callable[[Path], Trees]) -> None:
    legal = tree_of(tmp_path, parse_folder, LEGAL)
    assert direction_offences(legal) == []
    assert cycle(legal) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("model.py", "import polytheory.flow", id="upward"),
        pytest.param("model.py", "from polytheory.flow import simulate", id="upward, a function"),
        pytest.param("model.py", "from polytheory import flow", id="upward, through the façade"),
        pytest.param("model.py", "from polytheory import simulate", id="the façade itself"),
        pytest.param("notation.py", "import polytheory.model", id="ground level"),
        pytest.param("theory/a.py", "from polytheory.flow._row import x", id="between witnesses"),
        pytest.param("theory/a.py", "def f():\n    import polytheory.flow", id="in a function"),
        pytest.param(
            "theory/a.py",
            "if TYPE_CHECKING:\n    from polytheory.flow import Trajectory",
            id="for a type",
        ),
        pytest.param(
            "theory/a.py",
            "import importlib\nimportlib.import_module('polytheory.flow')",
            id="by a string",
        ),
        pytest.param("helpers.py", "", id="no layer"),
    ],
)
def test_a_forbidden_import_is_caught(
    tmp_path: Path, parse_folder: Callable[[Path], Trees], name: str, text: str
) -> None:
    offences = direction_offences(tree_of(tmp_path, parse_folder, {**LEGAL, name: text}))
    assert len(offences) == 1
    assert offences[0].startswith(module_name(name))


def test_a_cycle_is_caught(tmp_path: Path, parse_folder: Callable[[Path], Trees]) -> None:
    back = {"_checks.py": "import polytheory.notation"}
    assert set(cycle(tree_of(tmp_path, parse_folder, LEGAL | back))) == {"_checks", "notation"}


def test_an_import_inside_a_function_closes_no_cycle(
    tmp_path: Path, parse_folder: Callable[[Path], Trees]
) -> None:
    back = {"_checks.py": "def f():\n    import polytheory.notation"}
    assert cycle(tree_of(tmp_path, parse_folder, LEGAL | back)) == []
