"""Arrays of other libraries: what is taken over, what is refused and with which words.

The libraries are replaced by classes that behave as theirs do, so none needs to be installed.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from polytheory import carriers, diagnose, winner_fidelity
from polytheory.diagnosis import LabelledEncodings
from polytheory.theory.collisions import expected_polysemantic

W = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])


class Tensor:
    """An array whose conversion raises, as on another device or with a gradient."""

    shape, dtype = (4, 3), "float32"

    def __init__(self, problem: Exception) -> None:
        self.problem = problem

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise self.problem


class Table:
    """As a pandas DataFrame of one dtype."""

    def __init__(self, values: Any, index: Any, columns: Any, dtype: Any = None) -> None:
        self.values, self.index, self.columns = np.asarray(values), index, columns
        self.dtypes = [dtype or self.values.dtype] * len(columns)
        self.shape, self.ndim, self.iloc = self.values.shape, 2, self

    def to_numpy(self, dtype: Any = None, na_value: Any = None) -> Any:
        return np.where(self.values == None, na_value, self.values).astype(dtype)  # noqa: E711

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.values


class DataArray:
    """As an xarray DataArray."""

    def __init__(self, values: Any, dims: tuple[str, ...], **coords: list[str]) -> None:
        self.values, self.dims = np.asarray(values), dims
        self.coords = {name: SimpleNamespace(values=np.array(c)) for name, c in coords.items()}
        self.shape, self.ndim = self.values.shape, self.values.ndim

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.values


ROWS, COLUMNS = ["red", "green", "blue", "edge"], ["u0", "u1", "u2"]


def same(found: Any, expected: Any = W) -> bool:
    return bool(np.array_equal(found.carriers, diagnose(expected).carriers))


@pytest.mark.parametrize(
    "problem", [RuntimeError("call\n\x1b[2J"), TypeError("implicit"), OSError()]
)
@pytest.mark.parametrize("nested", [False, True])
def test_what_a_conversion_raises_becomes_a_type_error(problem: Exception, nested: bool) -> None:
    value = [Tensor(problem)] if nested else Tensor(problem)
    for call in (diagnose, carriers, lambda x: expected_polysemantic(x, 4)):
        with pytest.raises(TypeError, match=r"got a Tensor.*detach\(\)\.cpu\(\)") as refused:
            call(value)
        assert str(refused.value).isprintable()
        assert "must be an array" in str(refused.value)


def test_bfloat16_of_torch_is_widened_by_its_own_method() -> None:
    class Brain(Tensor):
        dtype = "torch.bfloat16"

        def float(self) -> Any:
            return W

    assert same(diagnose(Brain(TypeError())))


def test_only_dlpack() -> None:
    offer = SimpleNamespace(__dlpack__=W.__dlpack__, __dlpack_device__=W.__dlpack_device__)
    assert same(diagnose(offer))


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.coo_matrix, sparse.dok_array])
def test_sparse(kind: Any) -> None:
    assert same(diagnose(kind(W)))
    with pytest.raises(ValueError, match="GiB when dense"):
        diagnose(sparse.csr_array((10**6, 10**6)))


def test_complex_raw_bytes_and_dictionaries() -> None:
    with pytest.raises(TypeError, match="no sign"):
        diagnose(W * 1j)
    with pytest.raises(TypeError, match="bfloat16"):
        diagnose(np.zeros((2, 2), "V2"))
    with pytest.raises(TypeError, match=r"'encoder\.weight'.*Pass one"):
        diagnose({"encoder.weight": W})
    with pytest.raises(TypeError, match="without masks"):
        diagnose([np.ma.masked_array(W, W > 0)] * 2)


def test_a_table_keeps_its_names() -> None:
    found = diagnose(Table(W, ROWS, COLUMNS))
    assert found.feature_names == tuple(ROWS)
    assert found.to_dict()["neuron_names"] == COLUMNS
    assert "u0: +red −green" in str(found)
    plain = diagnose(Table(W, range(4), range(3)))
    assert plain.feature_names is plain.neuron_names is None


def test_extension_types() -> None:
    number = SimpleNamespace(kind="f")
    assert same(diagnose(Table(W.astype(object), ROWS, COLUMNS, number)))
    missing = W.astype(object)
    missing[1, 2] = None
    with pytest.raises(ValueError, match=r"nan in row 1 \('green'\), column 2 \('u2'\)"):
        diagnose(Table(missing, ROWS, COLUMNS, number))
    with pytest.raises(TypeError, match=r"column 'u0'. Complex"):
        diagnose(Table(W, ROWS, COLUMNS, np.dtype(complex)))
    with pytest.raises(TypeError, match="dtype bool in the column 'u0'"):
        diagnose(Table(W > 0, ROWS, COLUMNS))


def test_unequal_names_are_aligned_or_refused() -> None:
    turned = Table(W[::-1, ::-1], ROWS[::-1], COLUMNS[::-1])
    found = diagnose(Table(W, ROWS, COLUMNS), initial=turned)
    assert found.winner_fidelity == 1.0
    assert diagnose(W, initial=W[::-1, ::-1]).winner_fidelity < 1.0  # what crossing would give
    numbers = Table(W[::-1], range(3, -1, -1), COLUMNS)
    assert diagnose(Table(W, range(4), COLUMNS), initial=numbers).winner_fidelity == 1.0
    for rows in (["x", *ROWS[1:]], ["red", "red", "blue", "edge"], range(4)):
        with pytest.raises(ValueError, match="same feature names"):
            diagnose(Table(W, ROWS, COLUMNS), initial=Table(W, rows, COLUMNS))
    with pytest.raises(ValueError, match="final must be named as initial"):
        winner_fidelity(Table(W, ROWS, COLUMNS), turned)
    with pytest.raises(ValueError, match="other names at index 1"):
        diagnose([Table(W, ROWS, COLUMNS), turned])
    runs = diagnose([Table(W, ROWS, COLUMNS)] * 2, initial=[turned] * 2)
    assert [each.winner_fidelity for each in runs] == [1.0, 1.0]
    assert runs[1].feature_names == tuple(ROWS)


def test_dimension_names() -> None:
    named = DataArray(W.T, ("neuron", "feature"), feature=ROWS)
    found = diagnose(named)
    assert same(found)
    assert (found.feature_names, found.neuron_names) == (tuple(ROWS), None)
    assert np.array_equal(carriers(named), carriers(W))
    assert same(diagnose(DataArray(W, ("dim_0", "dim_1"))))
    runs = diagnose(DataArray(np.stack([W.T, -W.T], -1), ("neurons", "features", "run")))
    assert [each.carrier_signs[0] for each in runs] == [1, -1]
    for call in (diagnose, carriers):
        with pytest.raises(ValueError, match="'latent', 'model'"):
            call(DataArray(W, ("latent", "model")))


def test_axes_of_a_kernel() -> None:
    kernel = np.arange(2 * 3 * 2 * 2.0).reshape(2, 3, 2, 2)
    with pytest.raises(ValueError, match="convolution kernel"):
        diagnose(kernel)
    joined = diagnose(kernel, axes="feature,neuron,neuron,neuron")
    assert joined.to_dict() == diagnose(kernel.reshape(2, 12)).to_dict()
    swapped = diagnose(kernel[..., 0], axes=("neuron", "feature", "neuron"))
    by_hand = diagnose(kernel[..., 0].transpose(1, 0, 2).reshape(3, 4))
    assert swapped.to_dict() == by_hand.to_dict()
    for axes in ("feature,neuron", "feature,neuron,neuron,width", "feature,feature,run,run"):
        with pytest.raises(ValueError, match="axes must be"):
            diagnose(kernel, axes=axes)


def test_names_by_hand() -> None:
    given = LabelledEncodings(W, feature_names=["a\x1b[2J", "b", "c", "d"])
    assert "a\\x1b[2J" in str(diagnose(given))
    assert given.T.neuron_names == given.feature_names
    assert np.array_equal(np.asarray(given), W)
    with pytest.raises(ValueError, match="must be 3 names"):
        LabelledEncodings(W, neuron_names=["a"])
    with pytest.raises(TypeError, match="sequence of text"):
        LabelledEncodings(W, neuron_names="abc")
    with pytest.raises(TypeError, match="sequence of text"):
        LabelledEncodings(W, neuron_names=3)
