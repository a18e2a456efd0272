"""Importing the package is cheap, and importing Hypothesis does not import it.

The entry point of Hypothesis is a module outside the package; Hypothesis knows the types of the
package all the same, whichever of the two is imported first.
"""

import inspect
import subprocess
from collections.abc import Callable

import pytest

import polytheory
from polytheory.theory import TOPICS

ModulesAfter = Callable[[str], set[str]]

#: Commands whose help needs no names of forms or laws.
COMMANDS = ("verify", "diagnose", "figures", "sweep")
#: A call of the command that ends in help, a version or a mistake in the arguments.
CALLED = """
import contextlib, io
from polytheory.cli import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main({})
    raise AssertionError
"""


def test_import_polytheory_is_light(modules_after: ModulesAfter) -> None:
    heavy = {"hypothesis", "matplotlib", "numpy", "scipy", "sqlite3", "sympy", "threadpoolctl"}
    assert not heavy & modules_after("import polytheory")
    heavy -= {"numpy", "scipy"}
    loaded = modules_after("import polytheory; polytheory.simulate, polytheory.theory.noise")
    assert {"polytheory.model", "polytheory.theory.noise"} <= loaded
    assert not {*heavy, "scipy.integrate", "scipy.optimize"} & loaded


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_there_in_a_fresh_interpreter(modules_after: ModulesAfter, topic: str) -> None:
    loaded = modules_after(f"from polytheory import theory; theory.{topic}.__name__")
    assert f"polytheory.theory.{topic}" in loaded
    assert "sympy" not in loaded
    modules_after("from polytheory import theory; theory.fixed_points.carrier_amplitude(0.1)")


def test_the_facade_lists_public_names_only_and_each_is_there() -> None:
    assert dir(polytheory) == sorted(polytheory.__all__)
    members = dict(inspect.getmembers(polytheory))
    assert set(members) == set(polytheory.__all__)
    assert {"law", "predict", "theory", "verify", "CATALOGUE", "testing"} <= set(members)
    assert not [name for name in members if name.startswith("_")]
    star: dict[str, object] = {}
    exec("from polytheory import *", star)
    assert set(polytheory.__all__) <= set(star)
    with pytest.raises(AttributeError, match="swep"):
        _ = polytheory.swep


@pytest.mark.parametrize(
    "call",
    [
        "help(polytheory)",
        "dir(polytheory)",
        "inspect.getmembers(polytheory)",
        "exec('from polytheory import *')",
    ],
)
def test_without_extras_everything_else_is_there(modules_after: ModulesAfter, call: str) -> None:
    without = "[sys.modules.__setitem__(name, None) for name in ('hypothesis', 'distributed')]"
    quiet = "import contextlib, inspect, io, polytheory"
    there = f"with contextlib.redirect_stdout(io.StringIO()): {call}"
    modules_after(
        f"import sys; {without}; {quiet}\n{there}\nassert 'testing' not in dir(polytheory)\n"
    )


def test_loading_all_at_once_needs_no_extra(
    modules_after: ModulesAfter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EAGER_IMPORT", "1")  # of lazy_loader
    loaded = modules_after("sys.modules['hypothesis'] = None\nimport polytheory")
    assert "polytheory.sweeps" in loaded


def test_a_missing_extra_says_what_to_install(modules_after: ModulesAfter) -> None:
    told = "print('pip install' in str(problem), file=sys.stderr); sys.exit(3)"
    asked = f"try:\n    polytheory.testing\nexcept ImportError as problem:\n    {told}"
    with pytest.raises(subprocess.CalledProcessError) as stopped:
        modules_after(f"sys.modules['hypothesis'] = None; import polytheory\n{asked}\n")
    assert (stopped.value.returncode, stopped.value.stderr.strip()) == (3, "True")


def test_the_command_and_the_report_load_the_heavy_ones_when_they_need_them(
    modules_after: ModulesAfter,
) -> None:
    loaded = modules_after("import polytheory.cli, polytheory.report")
    assert "polytheory.report" in loaded
    assert not {"matplotlib", "sympy"} & loaded


@pytest.mark.parametrize(
    "words",
    ["--help", "--version", "nothing", *(f"{name} --help" for name in COMMANDS), "figures -?"],
)
def test_help_and_a_mistake_load_no_numerics(modules_after: ModulesAfter, words: str) -> None:
    loaded = modules_after(CALLED.format(words.split()))
    assert "polytheory.cli._parsers" in loaded
    assert not {"numpy", "polytheory._checks", "multiprocessing", "asyncio"} & loaded


def test_the_forms_of_predict_do_load_them(modules_after: ModulesAfter) -> None:
    assert {"numpy", "polytheory.predict"} <= modules_after(CALLED.format(["predict", "--help"]))


def test_import_hypothesis_does_not_load_the_package(modules_after: ModulesAfter) -> None:
    loaded = modules_after("import hypothesis")
    assert "_polytheory_hypothesis" in loaded  # the entry point was called
    assert "polytheory" not in loaded
    assert "numpy" not in loaded


@pytest.mark.parametrize(
    "first", ["import hypothesis, polytheory", "import polytheory, hypothesis"]
)
def test_hypothesis_knows_the_types_of_the_package(modules_after: ModulesAfter, first: str) -> None:
    # Warnings are errors: Hypothesis warns of slow code in a plugin.
    strict = "import warnings; warnings.simplefilter('error')"
    types = "st.from_type(polytheory.ToyModel), st.from_type(polytheory.noise.Noise)"
    draw = f"from hypothesis import strategies as st; hypothesis.find(st.tuples({types}), bool)"
    modules_after(f"{strict}; {first}; {draw}")


def test_the_package_does_without_hypothesis(modules_after: ModulesAfter) -> None:
    without = "sys.modules['hypothesis'] = None"
    with_the_judge = f"{without}; import polytheory; polytheory.verify"
    assert "polytheory.verification" in modules_after(with_the_judge)


def test_another_module_of_that_name_does_no_harm(modules_after: ModulesAfter) -> None:
    own = "import types; sys.modules['hypothesis'] = types.ModuleType('hypothesis')"
    assert "polytheory.testing" not in modules_after(f"{own}; import polytheory")


def test_the_probe_sees_what_is_loaded(modules_after: ModulesAfter) -> None:
    assert {"sympy", "polytheory"} <= modules_after("import polytheory, sympy")
