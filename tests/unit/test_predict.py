"""`polytheory predict`: every closed form by name, lists crossed, both units, plain refusals."""

import inspect
import json
from typing import Any

import numpy as np
import pytest

from polytheory.cli import main
from polytheory.notation import VOCABULARY
from polytheory.predict import ARRAYS, PREDICTORS, Predictor, predict_each
from polytheory.theory import fixed_points, predictors, sparsification


def example(argument: str) -> list[Any]:
    """Return what the vocabulary gives as an example, as a list of values."""
    value = VOCABULARY[argument].example
    return list(value) if argument in ARRAYS else [value]


@pytest.mark.parametrize("name", PREDICTORS)
def test_every_form_can_be_called(name: str) -> None:
    predictor = PREDICTORS[name]
    arguments = predictor.needed + predictor.optional
    given = {each: example(each) for each in arguments if VOCABULARY[each].example is not None}
    assert set(predictor.needed) <= set(given)
    if name == "expected-polysemantic":  # chance does not know of λ
        del given["l1_strength"]
    rows = list(predict_each(name, given))
    assert [list(row) for row in rows] == [[*given, "value"]]
    json.dumps(rows)
    assert predictor.summary


def test_every_closed_form_has_a_name() -> None:
    forms = [form for form in predictors() if inspect.isfunction(form)]
    assert {predictor.call for predictor in PREDICTORS.values()} >= set(forms)
    assert len(PREDICTORS) == len(forms) + 3
    assert {"completion-survival", "completion-quantile"} <= set(PREDICTORS)


def test_an_argument_that_the_vocabulary_lacks_takes_nothing_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def strange(wibble_size: float) -> float:
        """Twice the wibble."""
        return 2.0 * wibble_size

    monkeypatch.setitem(PREDICTORS, "strange", Predictor.of(strange))  # type: ignore[arg-type]
    assert main(["predict", "strange", "--wibble-size", "3"]) == 0
    assert capsys.readouterr().out.split() == ["wibble_size", "value", "3", "6"]
    assert main(["predict", "carrier-amplitude", "--l1", "0"]) == 0


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
        (
            ["pair-excess", "--probability", "0", "--amplitude", "1", "--noise", "loud"],
            "DISTRIBUTION:STD",
        ),
        (["one-hot-loss", "--encodings", "no.npy", "--probability", "0.5"], "no.npy"),
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


@pytest.mark.usefixtures("working_folder")
@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["critical-l1"], 0.3849),
        (
            ["pair-excess", "--probability", "0.1", "--amplitude", "1", "--noise", "gaussian:0.1"],
            None,
        ),
        (
            [
                "hitting-time",
                "--initial-row",
                "0.5",
                "0.3",
                "--soft-threshold",
                "0",
                "--l1",
                "1e-3",
            ],
            0.0,
        ),
        (
            [
                "expected-polysemantic",
                "--n-features",
                "8",
                "--n-neurons",
                "8",
                "--null-model",
                "paper",
            ],
            2.0,
        ),
        (["one-hot-loss", "--encodings", "W.npy", "--probability", "0.5"], 0.0),
    ],
)
def test_words_rows_noise_and_files_are_taken(
    words: list[str], value: float | None, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("W.npy", np.eye(2))
    assert main(["predict", *words, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert np.isfinite(row["value"])
    assert value is None or row["value"] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["carrier-amplitude", "--l1", "x"]])
def test_a_command_that_makes_no_sense_ends_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["predict", *arguments])
    assert stop.value.code == 2
