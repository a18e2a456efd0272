"""`polytheory predict`: every closed form by name, lists crossed, both units, plain refusals."""

from __future__ import annotations

import json

import pytest

from polytheory.cli import main
from polytheory.predict import PREDICTORS, predict_each
from polytheory.theory import fixed_points, sparsification

#: One allowed value of each argument; together they lie in every form's domain.
ALLOWED = {
    "time": 100.0,
    "n_neurons": 1000.0,
    "l1_strength": 1e-3,
    "fraction": 0.5,
    "count": 20.0,
    "scaled_time": 2.0,
    "probability": 0.5,
    "scale": 1.0,
    "n_equal": 2.0,
    "n_features": 250.0,
    "expected": 1.0,
    "squared_norm": 1.5,
    "other_squared_norm": 0.5,
    "initial_cosine": 0.5,
    "initial_overlap": 0.1,
    "overlap": -0.05,
    "fourth_norm": 0.5,
    "sixth_norm": 0.3,
    "std": 0.1,
    "excess_kurtosis": -1.0,
    "sixth_cumulant": 6.0,
    "rate": 2e-3,
    "learning_rate": 0.01,
    "temperature": 0.3,
}


@pytest.mark.parametrize("name", PREDICTORS)
def test_every_form_can_be_called(name: str) -> None:
    predictor = PREDICTORS[name]
    arguments = predictor.needed + predictor.optional
    rows = list(predict_each(name, {argument: [ALLOWED[argument]] for argument in arguments}))
    assert [list(row) for row in rows] == [[*arguments, "value"]]
    assert predictor.summary


def test_lists_are_crossed_in_order() -> None:
    given = {"time": [1.0, 2.0], "n_neurons": [100, 200], "l1_strength": [1e-3]}
    rows = list(predict_each("nonzero-count", given))
    assert [(row["time"], row["n_neurons"]) for row in rows] == [
        (1, 100),
        (1, 200),
        (2, 100),
        (2, 200),
    ]
    for row in rows:
        value = row.pop("value")
        assert value == sparsification.nonzero_count(**row)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("nonsense", {}, "name must be one of"),
        ("carrier-amplitude", {}, "no l1_strength"),
        ("carrier-amplitude", {"l1_strength": [0.5]}, "collapses"),
        ("carrier-amplitude", {"l1_strength": [0.1], "time": [1.0]}, "time"),
    ],
)
def test_what_cannot_be_predicted_is_refused(
    name: str, given: dict[str, list[float]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        list(predict_each(name, given))


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "carrier-amplitude", "--l1", "0", "0.1"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["l1_strength", "value"]
    assert [float(line[1]) for line in lines[1:]] == pytest.approx(
        [fixed_points.carrier_amplitude(lam) for lam in (0.0, 0.1)], rel=1e-9
    )


def test_widths_may_be_written_as_floats(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["predict", "nonzero-count", "--n-neurons", "1e5", "--l1", "1e-5", "--time", "1e3"]
    assert main([*command, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    expected = sparsification.nonzero_count(1e3, n_neurons=100_000, l1_strength=1e-5)
    assert row["value"] == expected


def test_loss_units_are_converted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "carrier-amplitude", "--loss-l1", "0.4", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {"l1_strength": 0.1, "value": fixed_points.carrier_amplitude(0.1)}


def test_bounds_are_two_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["predict", "l1-norm-bounds", "--n-neurons", "100", "--l1", "1e-3", "--time", "5"]
    assert main([*command, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    low, high = row["value"]
    assert low < high


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonzero-count", "--n-neurons", "100", "--l1", "1e-3", "--time", "1e6"], "row_flow"),
        (["nonzero-count", "--n-neurons", "100.5", "--l1", "1e-3", "--time", "1"], "whole"),
        (["carrier-amplitude", "--l1", "-1"], "l1_strength"),
        (["survival-probability", "--n-neurons", "128.5", "--l1", "0.1"], "an integer"),
        (["completion-quantile", "--probability", "1"], "probability"),
    ],
)
def test_an_argument_outside_the_domain_is_a_message(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["carrier-amplitude", "--l1", "x"]])
def test_a_command_that_makes_no_sense_ends_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["predict", *arguments])
    assert stop.value.code == 2
