"""The phase diagram: its record is the store, and its corners are what theory says."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from polytheory import load_sweep
from polytheory.experiments import load
from polytheory.experiments import phase_diagram as pd
from polytheory.experiments.phase_diagram import _run
from polytheory.sweeps import SweepInterrupted, SweepTable, count_task
from polytheory.theory.collisions import expected_polysemantic

Patch = pytest.MonkeyPatch

GRID = {"n_neurons": 16, "crowding": [0.5, 1, 2], "strengths": [0.2, 9.0]}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diagram") / "diagram"


@pytest.fixture(scope="module")
def data(kept: Path) -> pd.PhaseDiagram:
    return pd.compute_phase_diagram(**GRID, n_instances=40, rng=0, keep=kept)


def test_cells_are_those_of_the_grid(data: pd.PhaseDiagram) -> None:
    assert data.n_features.tolist() == [8, 8, 16, 16, 32, 32]
    assert data.strength().tolist() == [0.2, 9.0] * 3
    assert data.crowding().tolist() == [0.5, 0.5, 1.0, 1.0, 2.0, 2.0]


def test_nothing_survives_strong_regularization(data: pd.PhaseDiagram) -> None:
    strong = data.strength() == 9.0
    assert (data.surviving[strong] == 0).all()
    assert (data.polysemantic[strong] == 0).all()
    assert data.settled[strong].all()
    assert (data.survivors()[0][~strong][:2] == 1.0).all()


def test_counts_are_near_exclusion_where_regularization_is_weak(data: pd.PhaseDiagram) -> None:
    weak = (data.strength() == 0.2) & (data.crowding() <= 1)
    mean, error = data.shared()
    expected = expected_polysemantic(data.n_features, data.n_neurons) / data.n_neurons
    # The flow is within a quarter of exclusion here (theory.collisions.measured_ratio).
    assert (np.abs(mean - expected)[weak] < 0.25 * expected[weak] + 5 * error[weak]).all()
    assert (mean[weak] > 0).all()


def test_the_store_holds_the_same(data: pd.PhaseDiagram, kept: Path) -> None:
    table = load_sweep(Path(f"{kept}.sqlite"))
    assert table["polysemantic"].sum() == data.polysemantic.sum()
    again = load(pd.PhaseDiagram, kept)
    assert (again.surviving == data.surviving).all()
    assert again.seed == data.seed


def test_workers_change_nothing(data: pd.PhaseDiagram) -> None:
    other = pd.compute_phase_diagram(**GRID, n_instances=40, rng=0, workers=2)
    assert (other.polysemantic == data.polysemantic).all()


def test_an_interruption_keeps_what_is_done(tmp_path: Path, monkeypatch: Patch) -> None:
    whole = pd.compute_phase_diagram(**GRID, n_instances=3, rng=1)
    sweep = _run.sweep

    def stopped(*given: object, **options: object) -> SweepTable:
        table = sweep(*given, **options)  # type: ignore[arg-type]
        few = SweepTable({name: column[:5] for name, column in table.items()})
        raise SweepInterrupted("", lambda: few)

    monkeypatch.setattr(_run, "sweep", stopped)
    with pytest.raises(KeyboardInterrupt):
        pd.compute_phase_diagram(**GRID, n_instances=3, rng=1, keep=tmp_path / "d")
    partial = load(pd.PhaseDiagram, tmp_path / "d")
    assert (partial.polysemantic >= 0).sum() == 5
    assert np.isfinite(partial.survivors()[0]).tolist() == [True, True] + [False] * 4
    monkeypatch.setattr(_run, "sweep", sweep)
    done = pd.compute_phase_diagram(**GRID, n_instances=3, rng=1, keep=tmp_path / "d", resume=True)
    assert (done.polysemantic == whole.polysemantic).all()
    with pytest.raises(ValueError, match="another seed"):
        pd.compute_phase_diagram(**GRID, n_instances=3, rng=2, keep=tmp_path / "d", resume=True)


def test_an_interruption_before_the_first_result(tmp_path: Path, monkeypatch: Patch) -> None:
    def stopped(*_given: object, **_options: object) -> SweepTable:
        raise SweepInterrupted("", lambda: SweepTable({"n_features": np.zeros(0)}))

    monkeypatch.setattr(_run, "sweep", stopped)
    with pytest.raises(SweepInterrupted):
        pd.compute_phase_diagram(**GRID, n_instances=3, rng=1, keep=tmp_path / "d")
    assert (load(pd.PhaseDiagram, tmp_path / "d").polysemantic == -1).all()


def test_what_lies_in_the_way_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "d0.5.sqlite").write_text("mine, and long enough to be read as a header " * 9)
    with pytest.raises(ValueError, match="which is no SQLite file"):
        pd.compute_phase_diagram(**GRID, n_instances=1, rng=1, keep=tmp_path / "d0.5")
    assert (tmp_path / "d0.5.sqlite").exists()


def test_a_failure_is_not_passed_over(monkeypatch: Patch) -> None:
    monkeypatch.setattr(count_task, "check", lambda _: None)
    monkeypatch.setattr(_run, "CARRIER_RULE", "no rule")
    with pytest.raises(RuntimeError, match="an instance failed: ValueError: carrier_rule must be"):
        pd.compute_phase_diagram(**GRID, n_instances=1, rng=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_neurons": 8}, "n_neurons must be an integer of at least 16"),
        ({"crowding": []}, r"grid\['n_features'\] must be one value at least"),
        ({"crowding": [-1.0]}, "crowding must be between 0"),
        ({"strengths": [0.0]}, "strengths must be between"),
        ({"crowding": [1.0, 1.01]}, r"crowding must be apart by one feature of 16 neurons"),
        ({"n_instances": 0}, "n_instances must be"),
    ],
)
def test_bad_grids(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pd.compute_phase_diagram(**GRID | change, rng=0)  # type: ignore[arg-type]


def test_a_map_says_which_quantity(data: pd.PhaseDiagram) -> None:
    with pytest.raises(ValueError, match="of must be one of 'shared', 'survivors'"):
        pd.draw_map(data, Figure().add_subplot(), of="both")


def test_maps_show_every_cell(data: pd.PhaseDiagram) -> None:
    ax = Figure().add_subplot()
    pd.draw_map(data, ax, of="survivors")
    (mesh,) = ax.collections
    cells = np.asarray(mesh.get_array())
    assert cells.tolist() == data.survivors()[0].reshape(3, 2).tolist()


def test_slices_have_theory_and_error_bars(data: pd.PhaseDiagram) -> None:
    for draw in (pd.draw_crowding, pd.draw_survival):
        ax = Figure().add_subplot()
        draw(data, ax)
        assert len(ax.containers) == (2 if draw is pd.draw_crowding else 3)
        legend = ax.get_legend()
        assert legend is not None
        assert any("exclusion" in t.get_text() or "alone" in t.get_text() for t in legend.texts)
