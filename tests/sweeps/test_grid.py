"""From a grid to tasks, and from tasks to names and streams."""

import itertools
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytheory.sweeps._grid import count_tasks, expand, key, keys
from polytheory.sweeps._identity import Identity
from polytheory.sweeps._worker import task_stream


def test_lists_are_crossed_the_last_fastest() -> None:
    tasks = expand({"a": [1, 2], "b": ("x", "y", "z")})
    assert [tuple(task.values()) for task in tasks] == list(product([1, 2], "xyz"))


def test_what_is_no_list_stands_for_itself() -> None:
    tasks = expand({"a": range(2), "method": "train", "rate": 0.5, "noise": None})
    assert tasks == [{"a": a, "method": "train", "rate": 0.5, "noise": None} for a in (0, 1)]


def test_a_list_of_dicts_is_taken_as_it_is() -> None:
    assert expand([{"a": 1, "b": 2.5}, {"b": 3, "a": 0}]) == [{"a": 1, "b": 2.5}, {"a": 0, "b": 3}]


def test_values_of_numpy_become_those_of_python() -> None:
    (task,) = expand({"a": np.array([3]), "b": np.float32(0.5), "c": [np.True_], "d": np.array(2)})
    assert task == {"a": 3, "b": 0.5, "c": True, "d": 2}
    assert [type(value) for value in task.values()] == [int, float, bool, int]


def test_counted_before_they_are_made() -> None:
    huge = {name: range(1000) for name in "abcd"}
    assert count_tasks({name: range(100) for name in "abc"}) == 10**6
    endless = {"a": itertools.count()}
    for grid in (huge, endless, {"a": range(10**30)}):
        with pytest.raises(ValueError, match=r"grid must be at most 10,000,000; got .* tasks"):
            expand(grid)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({}, "grid must be at least one task"),
        ([], "grid must be at least one task"),
        ([{}], r"grid\[0\] must be at least one parameter"),
        ({"a": []}, r"grid\['a'\] must be at least one value"),
        ("abc", "grid must be a dict of lists, or a list of dicts"),
        (3, "grid must be a dict of lists, or a list of dicts"),
        ([3], r"grid\[0\] must be a dict from name to value"),
        ([{"a": 1}, {"b": 1}], r"grid\[1\] must be of the parameters of the first one, a; got b"),
        ({"a": [1, 1]}, "without repeats; got a=1 twice"),
        ({"a": [1, 1.0]}, "without repeats; got a=1.0 twice"),
        ({"a": [1, np.nan]}, r"grid\['a'\] must be finite"),
        ({"a": [1, [2]]}, r"grid\['a'\] must be a number, a str, a bool or None"),
        ({"a": [True, 2]}, "'a' must be either all bool or all numbers"),
        ({"a": {"b": 1}}, r"grid\['a'\] must be a number, a str, a bool or None"),
        ({"a": {1, 2}}, "A set has no order"),
        ({"a": 2**63}, "an integer of 64 bits"),
        ({"a": "\ud800"}, "text that UTF-8 can hold"),
        ({"a": "x\0"}, "text without NUL"),
        ({"a": np.ones((2, 2))}, "one-dimensional"),
        ({"_a": 1}, "does not begin with an underscore"),
        ({"a b": 1}, "a name as in Python"),
        ({3: 1}, "a name as in Python"),
        ({"a": 1, "A": 2}, "names that differ in more than case; got 'a' and 'A'"),
    ],
)
def test_bad_grids(grid: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        list(keys(expand(grid)))


names = st.sampled_from(["a", "b", "n_features", "λ"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)
tasks = st.dictionaries(names, scalars, min_size=1)


@given(tasks)
def test_a_key_does_not_depend_on_the_order_of_names(task: dict[str, Any]) -> None:
    assert key(task) == key(dict(reversed(task.items())))


@given(tasks, tasks)
def test_equal_keys_are_equal_tasks(one: dict[str, Any], other: dict[str, Any]) -> None:
    def plain(task: dict[str, Any]) -> dict[str, Any]:  # True is not 1 here, 1.0 is
        return {name: (isinstance(value, bool), value) for name, value in task.items()}

    assert (key(one) == key(other)) == (plain(one) == plain(other))


def test_a_stream_depends_on_seed_and_parameters_alone() -> None:
    seed = Identity("module:task", 7, (3,))
    here = task_stream(seed, {"a": 1, "b": 2}).random(4)
    assert (task_stream(seed, {"b": 2.0, "a": 1}).random(4) == here).all()
    others = [
        task_stream(seed, {"a": 1, "b": 3}),
        task_stream(seed, {"a": 2, "b": 1}),
        task_stream(Identity("module:task", 8, (3,)), {"a": 1, "b": 2}),
        task_stream(Identity("module:task", 7), {"a": 1, "b": 2}),
    ]
    assert not any((other.random(4) == here).any() for other in others)


def test_streams_of_neighbours_are_not_correlated() -> None:
    draws = np.array(
        [task_stream(Identity("t", 0), {"k": k}).standard_normal(200) for k in range(200)]
    )
    # Standard deviation of a correlation of 200 pairs: 0.07; the largest of 19,900 lies near 4.4 of
    # them, and beyond 6.5 once in 10^6 runs.
    correlation = np.corrcoef(draws) - np.eye(200)
    assert np.abs(correlation).max() < 6.5 / np.sqrt(200)
    assert abs(draws.mean()) < 5 / np.sqrt(draws.size)
