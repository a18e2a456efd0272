"""Rules that hold in every file of the package and every script, read off the syntax trees."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PICKLERS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
SCRIPTS = ("benchmarks", "derivations", "simulations")
PRINTERS = {"__main__.py", "cli/__init__.py", "cli/_verify.py"}
# What numpy.random offers besides functions on a hidden global state.
GENERATORS = {"BitGenerator", "Generator", "SeedSequence", "default_rng", "PCG64", "Philox"}

Rule = Callable[[ast.AST], bool]


def imported(node: ast.AST) -> Iterator[str]:
    """Yield what an import statement names, `from a import b` as `a.b`."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(base), names=names, level=0):
            yield from (f"{base}.{alias.name}" for alias in names)


def pickles(node: ast.AST) -> bool:
    return any(name.partition(".")[0] in PICKLERS for name in imported(node))


def allows_pickle(node: ast.AST) -> bool:
    match node:
        case ast.keyword(arg="allow_pickle", value=ast.Constant(value=False)):
            return False
        case ast.keyword(arg="allow_pickle"):
            return True
    return False


def draws_from_global_state(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return any(
                name.partition(".")[0] == "random"
                or (name.startswith("numpy.random.") and name.split(".")[2] not in GENERATORS)
                for name in imported(node)
            )
        case ast.Attribute(value=value, attr=name):
            return ast.unparse(value) in {"np.random", "numpy.random"} and name not in GENERATORS
        case ast.Call(func=ast.Attribute(attr="rvs"), keywords=keywords):  # scipy.stats
            return all(keyword.arg != "random_state" for keyword in keywords)
    return False


def prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "print"


def offences(trees: dict[str, ast.Module], rule: Rule) -> list[str]:
    return [
        f"{path}:{getattr(node, 'lineno', '?')}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if rule(node)
    ]


Trees = dict[str, ast.Module]
ParseFolder = Callable[[Path], Trees]


@pytest.fixture(scope="module")
def package_trees(package: Path, parse_folder: ParseFolder) -> Trees:
    return parse_folder(package)


@pytest.fixture(scope="module")
def all_trees(package_trees: Trees, repository: Path, parse_folder: ParseFolder) -> Trees:
    scripts = {
        f"{folder}/{path}": tree
        for folder in SCRIPTS
        for path, tree in parse_folder(repository / folder).items()
    }
    return package_trees | scripts


@pytest.mark.parametrize("rule", [pickles, allows_pickle, draws_from_global_state])
def test_everywhere(all_trees: Trees, rule: Rule) -> None:
    assert "__init__.py" in all_trees
    assert offences(all_trees, rule) == []


def test_only_the_command_line_prints(package_trees: Trees) -> None:
    library = {path: tree for path, tree in package_trees.items() if path not in PRINTERS}
    assert offences(library, prints) == []


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        (pickles, "import pickle"),
        (pickles, "from joblib import dump"),
        (allows_pickle, "np.load(file, allow_pickle=True)"),
        (allows_pickle, "np.load(file, allow_pickle=flag)"),
        (draws_from_global_state, "np.random.seed(0)"),
        (draws_from_global_state, "numpy.random.normal(size=3)"),
        (draws_from_global_state, "from numpy.random import rand"),
        (draws_from_global_state, "import random"),
        (draws_from_global_state, "stats.norm.rvs(size=3)"),
        (prints, "def f():\n    print('x')"),
    ],
)
def test_a_breach_is_caught(rule: Rule, bad: str) -> None:
    assert len(offences({"bad.py": ast.parse(bad)}, rule)) == 1


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        (allows_pickle, "np.load(file, allow_pickle=False)"),
        (draws_from_global_state, "rng = np.random.default_rng(0); rng.normal()"),
        (draws_from_global_state, "from numpy.random import Generator"),
        (draws_from_global_state, "x: np.random.Generator"),
        (draws_from_global_state, "stats.norm.rvs(size=3, random_state=rng)"),
        (prints, "console.print('x')"),
    ],
)
def test_what_is_allowed_passes(rule: Rule, good: str) -> None:
    assert offences({"good.py": ast.parse(good)}, rule) == []


def test_no_conftest_at_the_root(repository: Path) -> None:
    assert not (repository / "conftest.py").exists()
