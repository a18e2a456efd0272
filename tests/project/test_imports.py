"""Imports inside the package point one way, and no two modules wait for each other.

Every import counts, inside functions and under TYPE_CHECKING too: to know a type of a higher layer
is to know the layer, and a circle of types is a circle.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from polytheory.theory import ROOMS

# From the ground up. A module may import from its own layer and from those before it. In a room of
# the theory the file's name says what it is: proof*.py, check*.py, and closed forms otherwise.
LAYERS = (
    {
        *{"_checks", "_defaults", "_files", "_foreign", "_processes", "_provenance"},
        *{
            "_axes",
            "_rodas",
            "_roots",
            "_threads",
            "_wording",
            "_workers",
            "domain",
            "notation",
            "claims",
        },
    },
    {"model", "noise", "reduction", "initial", "inputs", "observables"},
    {"flow", "closed forms", "proofs", "algebra", "symbolic", "certificates", "theory"},
    {"checking", "contact"},
    {"checks"},
    {"laws"},
    {
        *{"compare", "power", "verification", "recorded", "predict", "training", "diagnosis"},
        *{"sweeps", "own_laws"},
    },
    {"testing", "experiments", "plotting", "report", "cli", "__main__"},
)
# Blind to each other, and to `theory` itself, through which every room can be reached; only
# `symbolic` asks it which proofs there are.
WITNESS_OF = {
    "flow": "flow",
    "closed forms": "closed forms",
    "proofs": "proofs",
    "algebra": "proofs",
    "symbolic": "proofs",
    "certificates": "proofs",
    "theory": "theory",
}
#: What a witness may take from elsewhere: algebra no numbers, numbers no algebra.
FOREIGN = {"proofs": {"numpy", "scipy", "matplotlib"}, "closed forms": {"sympy", "mpmath"}}
FOREIGN["flow"] = FOREIGN["closed forms"]
LAYER_OF = {name: layer for layer, names in enumerate(LAYERS) for name in names}
TOP = len(LAYERS) - 1

Trees = dict[str, ast.Module]


@dataclass(frozen=True)
class Import:
    """One module of the package, named in another: dotted names without the package's own."""

    importer: str
    target: str
    private: str = ""  # a name with an underscore that is taken from it


def part(module: str) -> str:
    """Return what a module is: the file or folder under the package, or its role in a room."""
    top, _, inside = module.partition(".")
    if top != "theory" or not inside:
        return top
    role = inside.rpartition(".")[2].partition("_")[0]
    return {"proof": "proofs", "certificate": "proofs", "check": "checks"}.get(role, "closed forms")


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


def imports(trees: Trees) -> set[Import]:
    """Return the imports of one module of the package by another; the façade's own are left out."""
    modules = {module_name(path) for path in trees}
    found = set()
    for path, tree in trees.items():
        importer = module_name(path)
        if importer == "":
            continue
        for node in ast.walk(tree):
            for name in named_modules(node):
                if name.partition(".")[0] != "polytheory":
                    continue
                target = name.removeprefix("polytheory").removeprefix(".")
                while target and target not in modules:  # a function: the module that holds it
                    target = target.rpartition(".")[0]
                rest = name.removeprefix("polytheory").removeprefix(".").removeprefix(target)
                private = rest.removeprefix(".") if rest.startswith("._") else ""
                found.add(Import(importer, target, private))
    return found


def sees(importer: str, target: str) -> bool:
    """Return whether one witness looks at another."""
    if not {importer, target} <= WITNESS_OF.keys() or importer == "theory":
        return False
    if (importer, target) == ("symbolic", "theory"):
        return False
    return WITNESS_OF[importer] != WITNESS_OF[target]


def hidden_offences(trees: Trees) -> list[str]:
    """Say which witnesses import in a way that cannot be read off, or what is foreign to them."""
    offences = []
    for path, tree in trees.items():
        role = part(module_name(path))
        if role not in FOREIGN:
            continue
        for node in ast.walk(tree):
            named = {name.partition(".")[0] for name in named_modules(node)}
            offences += [f"{path} imports {name}" for name in sorted(named & FOREIGN[role])]
            if isinstance(node, ast.ImportFrom) and node.level:
                offences.append(f"{path} imports relatively")
            if isinstance(node, ast.Name | ast.Attribute | ast.alias) and not named:
                name = getattr(node, "id", getattr(node, "attr", getattr(node, "name", "")))
                if name in {"import_module", "__import__", "importlib"}:
                    offences.append(f"{path} imports by {name}")
    return offences


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
        elif sees(importer, target):
            offences.append(f"{found.importer} imports {found.target}: witnesses are blind")
    return sorted(offences)


def cycle(trees: Trees) -> list[str]:
    """Return the modules of an import cycle, or nothing."""
    graph: dict[str, set[str]] = {}
    for found in imports(trees):
        if found.target not in {"", found.importer}:
            graph.setdefault(found.importer, set()).add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def private_offences(trees: Trees) -> list[str]:
    """Say who imports what another package keeps to itself."""
    folders = {module_name(path) for path in trees if Path(path).name == "__init__.py"}
    offences = []
    for found in imports(trees):
        parts = f"{found.target}.{found.private}".strip(".").split(".")
        hidden = next((k for k, each in enumerate(parts) if each.startswith("_")), None)
        if hidden is None or parts[hidden].startswith("__"):
            continue
        owner = ".".join(parts[:hidden])
        if owner not in folders and owner != found.importer:  # a private name of a module
            owner = owner.rpartition(".")[0]
        if owner and not f"{found.importer}.".startswith(f"{owner}."):
            offences.append(f"{found.importer} imports {'.'.join(parts)}")
    return sorted(offences)


@pytest.fixture(scope="module")
def trees(package: Path, parse_folder: Callable[[Path], Trees]) -> Trees:
    return parse_folder(package)


def test_the_package_is_seen(trees: Trees) -> None:
    assert Import("model", "notation") in imports(trees)


def test_imports_point_one_way(trees: Trees) -> None:
    assert direction_offences(trees) == []
    assert hidden_offences(trees) == []


def test_nothing_private_crosses_packages(trees: Trees) -> None:
    assert private_offences(trees) == []


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
    "theory/__init__.py": "",
    "theory/a/__init__.py": "def f():\n    from polytheory.model import ToyModel",
    "theory/a/proof.py": "from polytheory.algebra.statement import Statement",
    "theory/a/check.py": "from polytheory.theory import a\nfrom polytheory.checking import Law",
    "algebra/statement.py": "",
    "checking.py": "from polytheory import flow, theory",
    "laws.py": "from polytheory.checking import Law",
    "cli.py": "from polytheory import __version__",
}


def test_a_legal_tree_passes(tmp_path: Path, parse_folder: Callable[[Path], Trees]) -> None:
    legal = tree_of(tmp_path, parse_folder, LEGAL)
    assert direction_offences(legal) == []
    assert hidden_offences(legal) == []
    assert cycle(legal) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("model.py", "import polytheory.flow", id="upward"),
        pytest.param("model.py", "from polytheory.flow import simulate", id="upward, a function"),
        pytest.param("model.py", "from polytheory import flow", id="upward, through the façade"),
        pytest.param("model.py", "from polytheory import simulate", id="the façade itself"),
        pytest.param("notation.py", "import polytheory.model", id="ground level"),
        pytest.param("theory/b.py", "from polytheory.flow import x", id="between witnesses"),
        pytest.param("theory/b.py", "from polytheory.theory.a import proof", id="sees the proof"),
        pytest.param("theory/b.py", "from polytheory.theory.a import check", id="sees the check"),
        pytest.param(
            "theory/a/proof_2.py", "from polytheory.theory import a", id="proof sees NumPy"
        ),
        pytest.param("theory/a/proof_2.py", "import polytheory.flow", id="proof sees the flow"),
        pytest.param("flow/b.py", "from polytheory.theory import a", id="flow sees a closed form"),
        pytest.param("theory/b.py", "def f():\n    import polytheory.flow", id="in a function"),
        pytest.param(
            "theory/b.py",
            "if TYPE_CHECKING:\n    from polytheory.flow import Trajectory",
            id="for a type",
        ),
        pytest.param(
            "theory/b.py",
            "import importlib\nimportlib.import_module('polytheory.flow')",
            id="by a string",
        ),
        pytest.param("theory/b.py", "from polytheory import theory", id="through the rooms"),
        pytest.param("theory/b.py", "import polytheory.theory", id="through the rooms, too"),
        pytest.param("flow/b.py", "from polytheory import theory", id="the flow, likewise"),
        pytest.param("theory/a/proof_2.py", "from polytheory.theory import x", id="a proof, too"),
        pytest.param("helpers.py", "", id="no layer"),
    ],
)
def test_a_forbidden_import_is_caught(
    tmp_path: Path, parse_folder: Callable[[Path], Trees], name: str, text: str
) -> None:
    offences = direction_offences(tree_of(tmp_path, parse_folder, {**LEGAL, name: text}))
    assert len(offences) == 1
    assert offences[0].startswith(module_name(name))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("theory/a/proof_2.py", "from . import f"),
        ("theory/a/proof_2.py", "from ..b import f"),
        ("theory/a/proof_2.py", "def f():\n    import numpy as np"),
        ("theory/a/proof_2.py", "from scipy.special import ndtr"),
        ("theory/b.py", "from sympy import Symbol"),
        ("flow/b.py", "import sympy"),
        ("theory/b.py", "from importlib import import_module as load"),
        ("flow/b.py", "import importlib\nimportlib.import_module(f'polytheory.{x}')"),
    ],
)
def test_a_hidden_or_foreign_import_is_caught(
    tmp_path: Path, parse_folder: Callable[[Path], Trees], name: str, text: str
) -> None:
    assert hidden_offences(tree_of(tmp_path, parse_folder, {**LEGAL, name: text}))


def test_a_cycle_is_caught(tmp_path: Path, parse_folder: Callable[[Path], Trees]) -> None:
    back = {"_checks.py": "import polytheory.notation"}
    assert set(cycle(tree_of(tmp_path, parse_folder, LEGAL | back))) == {"_checks", "notation"}


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import polytheory.notation",
        "if TYPE_CHECKING:\n    from polytheory.notation import Symbol",
    ],
)
def test_a_cycle_inside_a_function_or_of_types_is_one(
    tmp_path: Path, parse_folder: Callable[[Path], Trees], text: str
) -> None:
    assert cycle(tree_of(tmp_path, parse_folder, LEGAL | {"_checks.py": text}))


@pytest.mark.parametrize(
    "text", ["from polytheory.flow._row import simulate", "from polytheory.flow import _row"]
)
def test_a_private_import_is_caught(
    tmp_path: Path, parse_folder: Callable[[Path], Trees], text: str
) -> None:
    assert private_offences(tree_of(tmp_path, parse_folder, LEGAL)) == []
    tree = tree_of(tmp_path, parse_folder, LEGAL | {"sweeps/__init__.py": "", "sweeps/a.py": text})
    assert private_offences(tree) == ["sweeps.a imports flow._row"]


# --- each module by itself ------------------------------------------------------------------------

#: Loaded once, without what loads some of ours: with Hypothesis, `polytheory` imports `testing`.
HEAVY = (
    "matplotlib.figure, multiprocessing.connection, scipy.interpolate, scipy.stats, sqlite3, sympy"
)
#: Each module is imported in a fork of its own. To import a.b is to import a and then a.b: the fork
#: for a.b is one of the process that has imported a alone.
ALONE = """
import json, os, sys, traceback

def visit(name):
    if name in sys.modules:  # the package above imports it
        return visit_below(name)
    if os.fork() == 0:
        try:
            __import__(name)
        except BaseException:
            print(json.dumps([name, traceback.format_exc()[-2000:]]), flush=True)
        else:
            visit_below(name)
        os._exit(0)
    status = os.wait()[1]
    if status:
        print(json.dumps([name, f"status {status}"]), flush=True)

def visit_below(package):
    for name in names:
        if name.rpartition(".")[0] == package:
            visit(name)

names = json.load(sys.stdin)
assert not any(each.startswith("polytheory") for each in sys.modules)
visit_below("")
"""


def failures(names: list[str], folder: Path, heavy: str = "sys") -> dict[str, str]:
    """Import each module in a process that has imported none of ours; return what was raised."""
    command = [sys.executable, "-P", "-W", "ignore", "-c", f"import {heavy}\n{ALONE}"]
    env, asked = os.environ | {"PYTHONPATH": str(folder)}, json.dumps(names)
    told = subprocess.check_output(command, input=asked, cwd=folder, env=env, text=True)
    return dict(map(json.loads, told.splitlines()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_every_module_imports_alone(trees: Trees, tmp_path: Path) -> None:
    names = [f"polytheory.{module_name(path)}".rstrip(".") for path in trees]
    assert "polytheory.theory.fixed_points.check" in names
    names = [name for name in names if "__main__" not in name]
    assert failures(names, tmp_path, HEAVY) == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_circle_is_seen_whichever_side_comes_first(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two\nx = 1\n", "utf-8")
    (tmp_path / "two.py").write_text("from one import x\n", "utf-8")
    assert set(failures(["one", "two"], tmp_path)) == {"one"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_circle_below_a_package_is_seen(tmp_path: Path) -> None:
    files = {"p/__init__.py": "", "p/one.py": "import p.two\nx = 1\n", "p/all.py": "import p.one\n"}
    files |= {"p/two.py": "from p.one import x\n", "p/dies.py": "import os; os._exit(3)\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    names = ["p", "p.one", "p.two", "p.all", "p.dies"]
    assert set(failures(names, tmp_path)) == {"p.one", "p.all", "p.dies"}
    (tmp_path / "p" / "__init__.py").write_text("import p.two\n", "utf-8")  # the way that works
    assert set(failures(names, tmp_path)) == {"p.dies"}
    (tmp_path / "p" / "__init__.py").write_text("import p.one, p.two\n", "utf-8")
    assert set(failures(names, tmp_path)) == {"p"}


def test_every_room_is_on_the_list(trees: Trees) -> None:
    there = {
        ".".join(Path(path).parts[1:-1])
        for path in trees
        if Path(path).parts[0] == "theory" and Path(path).stem.startswith(("proof", "check"))
    }
    assert there == set(ROOMS)
