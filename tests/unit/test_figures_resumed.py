"""Every figure goes on after an interruption: nothing lost, nothing computed twice, same data."""

import signal
import sqlite3
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytheory import load_sweep, sweep
from polytheory.experiments import FIGURES, Figure, FigureError, Record
from polytheory.sweeps import StoreError, SweepInterrupted, _tasks, count_task

each_figure = pytest.mark.parametrize(
    "figure",
    FIGURES.values(),
    ids=lambda figure: figure.name,
)


class Counting(Executor):
    """Runs tasks at once and counts them; after so many of them the user presses Ctrl-C."""

    def __init__(self, interrupted_after: int | None = None) -> None:
        self.count = 0
        self._last = interrupted_after

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn is not exec:  # with which a sweep looks whether a worker can work at all
            self.count += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        if self.count == self._last and fn is not exec:
            signal.raise_signal(signal.SIGINT)
        return future


@pytest.fixture(autouse=True)
def listens_to_ctrl_c() -> Iterator[None]:
    """A shell that starts the tests in the background has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def differences(one: Record, other: Record) -> list[str]:
    """Return the names of fields that are not the same to the bit."""
    assert type(one) is type(other)
    return [
        field.name
        for field in fields(one)
        if field.name != "seed"
        and not identical(getattr(one, field.name), getattr(other, field.name))
    ]


def identical(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        same_kind = (one.dtype, one.shape) == (other.dtype, other.shape)
        return same_kind and one.tobytes() == other.tobytes()
    return bool(one == other)


def computed(figure: Figure, **options: Any) -> Any:
    return figure.compute("small", **options)


@each_figure
def test_an_interruption_loses_nothing(figure: Figure, tmp_path: Path) -> None:
    path, all_of_them = tmp_path / "store.sqlite", Counting()
    whole = computed(figure, executor=all_of_them)
    total = all_of_them.count
    assert total > 1 or figure.name == "diagnosis"
    stop = int(np.random.default_rng(zlib.crc32(figure.name.encode())).integers(1, max(total, 2)))
    if total > 1:
        with pytest.raises(SweepInterrupted, match=f"{stop} of {total} tasks are done"):
            computed(figure, executor=Counting(stop), store=path)
        with pytest.raises(ValueError, match=f"with {stop} of {total} tasks done"):
            figure.load(path)
    rest = Counting()
    resumed = computed(figure, executor=rest, store=path)
    assert rest.count == total - (stop if total > 1 else 0)
    assert differences(resumed, whole) == []
    nothing = Counting()
    assert differences(computed(figure, executor=nothing, store=path), whole) == []
    assert nothing.count == 0
    assert differences(figure.load(path), whole) == []
    refuses_other_runs(figure, path, whole)


def refuses_other_runs(figure: Figure, path: Path, whole: Record) -> None:
    never = Counting()
    advice = r"Choose another store, or start again with fresh=True\."
    with pytest.raises(ValueError, match=f"entropy 0 .*; got another seed, entropy 1. {advice}"):
        computed(figure, executor=never, store=path, rng=1)
    with pytest.raises(ValueError, match=f"which was made with .* = .*{advice}"):
        figure.compute("paper", executor=never, store=path)
    for other in FIGURES.values():
        if other is not figure:
            with pytest.raises(ValueError, match=f"made with figure = {figure.name}"):
                computed(other, executor=never, store=path)
            with pytest.raises(ValueError, match=f"got .*, of {figure.name}, version"):
                other.load(path)
            break
    assert never.count == 0
    assert differences(figure.load(path), whole) == []


#: A figure whose tasks take no time.
QUICK = FIGURES["winner-fidelity"]


def quick(**options: Any) -> Any:
    settings = {"n_features": 4, "n_neurons": (4, 8), "l1_strengths": (0.05,), "n_instances": 3}
    return QUICK.compute("small", **{**settings, **options})


def test_what_differs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    quick(store=path)
    words = (
        f"store must be one with n_neurons = [4, 16], rtol = 0.02; got {path}, which was made "
        "with n_neurons = [4, 8], rtol = 0.01."
    )
    with pytest.raises(ValueError, match="n_neurons") as refused:
        quick(store=path, n_neurons=(4, 16), rtol=0.02)
    assert str(refused.value).startswith(words)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    quick(store=path)
    newer = replace(QUICK, version=QUICK.version + 1)
    settings = dict(QUICK.load(path).settings)
    with pytest.raises(ValueError, match=r"one with version = 2; got .* made with version = 1"):
        newer.compute("small", store=path, **settings)
    with pytest.raises(ValueError, match=r"a store of winner-fidelity, version 2"):
        newer.load(path)
    fresh = newer.compute("small", store=path, fresh=True, **settings)
    assert differences(fresh, newer.load(path)) == []


def test_fresh_computes_again(tmp_path: Path) -> None:
    path, again = tmp_path / "store.sqlite", Counting()
    quick(store=path)
    other = quick(store=path, rng=1, fresh=True, executor=again)
    assert again.count == 6
    assert QUICK.load(path).seed.entropy == 1
    assert differences(other, quick(rng=1)) == []


@pytest.mark.parametrize("fresh", [False, True])
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, fresh: bool) -> None:
    path = tmp_path / "store.sqlite"
    path.write_text("mine, and long enough to be read as a header " * 9)
    with pytest.raises(ValueError, match=r"which is not an SQLite file\. Move it away"):
        quick(store=path, fresh=fresh)
    assert path.read_text().startswith("mine")
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    with pytest.raises(ValueError, match="an SQLite file that is not a store"):
        quick(store=path, fresh=fresh)
    with pytest.raises(ValueError, match="an SQLite file that is not a store"):
        QUICK.load(path)


def test_a_damaged_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    quick(store=path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    for use in (lambda: quick(store=path), lambda: QUICK.load(path)):
        with pytest.raises(StoreError, match=r"store .* is damaged: "):
            use()
    assert path.read_bytes()[4096:] == content[4096:]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE about SET value = '{oops' WHERE name = 'note.rtol'",
        "DELETE FROM about WHERE name = 'note.rtol'",
        "UPDATE about SET value = '[\"a\"]' WHERE name = 'entropy'",
        "UPDATE task SET alive = 'many' WHERE _id = 2",
        "DROP TABLE about",
    ],
)
def test_contents_that_no_sweep_has_written_are_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "store.sqlite"
    whole = quick(store=path)
    with sqlite3.connect(path) as database:
        database.execute(damage)
    database.close()
    with pytest.raises(StoreError, match=r"store .* is damaged: "):
        QUICK.load(path)
    with pytest.raises((StoreError, ValueError), match=r"start again with fresh=True\."):
        quick(store=path)
    assert differences(quick(store=path, fresh=True), whole) == []


def test_a_truncated_store_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    whole = quick(store=path)
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(StoreError, match=r"is damaged: .*start again with fresh=True\."):
        quick(store=path)
    assert differences(quick(store=path, fresh=True), whole) == []


def test_the_record_of_another_figure_is_not_drawn() -> None:
    record = FIGURES["diagnosis"].compute("small")
    with pytest.raises(TypeError, match=r"record must be one of winner-fidelity.*got Weights of"):
        QUICK.draw(record)
    with pytest.raises(TypeError, match=r"record must be one of winner-fidelity.*got int\."):
        QUICK.draw(3)


def test_the_store_of_another_sweep_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    sweep({"n_features": 4, "n_neurons": [4, 8], "l1_strength": 0.05}, count_task, store=path)
    before = load_sweep(path)["polysemantic"]
    with pytest.raises(ValueError, match="made with no notes"):
        quick(store=path)
    with pytest.raises(ValueError, match=r"must be a store of winner-fidelity.*of no figure"):
        QUICK.load(path)
    assert np.array_equal(load_sweep(path)["polysemantic"], before)
    with pytest.raises(FileNotFoundError):
        QUICK.load(tmp_path / "nothing.sqlite")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_processes_changes_nothing(workers: int) -> None:
    assert differences(quick(workers=workers), quick()) == []


def test_a_failure_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, whole, tries = tmp_path / "store.sqlite", quick(), Counting()
    monkeypatch.setattr(_tasks, "simulate", never_works)
    with pytest.raises(FigureError, match=r"6 of 6 tasks of winner-fidelity failed; .*LookupError"):
        quick(store=path)
    monkeypatch.undo()
    assert differences(quick(store=path, executor=tries), whole) == []
    assert tries.count == 6


def never_works(*_: Any, **__: Any) -> None:
    raise LookupError("nothing there")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": "huge"}, r"size must be one of 'small', 'full', 'paper'"),
        ({"n_rows": 3}, r"a setting of winner-fidelity must be one of n_features, .*'n_rows'"),
        ({"n_neurons": []}, "n_neurons must be a list of at least one value; got an empty list"),
        ({"n_neurons": 8}, "n_neurons must be a list"),
        ({"n_neurons": "8"}, "n_neurons must be a list"),
        ({"n_neurons": [8, 8]}, "n_neurons must be without repeats"),
        ({"n_neurons": [8.0]}, "n_neurons must be an integer"),
        ({"l1_strengths": [0.0]}, "l1_strengths must be between 1e-08"),
        ({"dtype": "float16"}, "dtype must be one of 'float32', 'float64'"),
        ({"workers": 0}, "workers must be an integer of at least 1"),
        ({"workers": 1, "executor": Counting()}, "workers and executor must be given alone"),
        ({"executor": 3}, "executor must be"),
        ({"rng": "a"}, "rng must be"),
        ({"rng": -1}, "rng must be"),
        ({"store": 3}, "store must be"),
    ],
)
def test_bad_input_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        QUICK.compute(**{"size": "small", **options})


def test_settings_and_arrays_are_read_only() -> None:
    data = quick()
    with pytest.raises(AttributeError, match="read-only"):
        data.settings.n_features = 3
    with pytest.raises(AttributeError, match="no setting 'n_rows'"):
        _ = data.settings.n_rows
    for field in fields(data):
        value = getattr(data, field.name)
        assert not isinstance(value, np.ndarray) or not value.flags.writeable


def test_the_recorded_seed_gives_the_same_again() -> None:
    generator = np.random.default_rng([4, 2])
    first, second = quick(rng=generator), quick(rng=generator)
    assert "winners" in differences(first, second)
    for data in (first, second, quick(rng=None)):
        assert differences(quick(rng=data.seed), data) == []


def test_figures_describe_their_settings() -> None:
    told = QUICK.describe()
    assert all(f"    {name}: " in told for name in QUICK.settings)
    assert "small 8; full 64; paper 64" in told
