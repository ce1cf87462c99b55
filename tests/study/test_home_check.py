"""`alcore check` names all that is not as it was written, and makes again what follows from records."""

import shutil

import numpy as np
import pytest

from alcore.data.feature_shelf import open_store
from alcore.data.features import FeatureKey, MapLayout, row_type
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.errors import StoreError
from alcore.server.index import RunIndex
from alcore.storage.run_store import RunStore
from alcore.study.home_check import check_everything
from alcore.study.plan import make_study
from alcore.study.results import CellResults, collect
from alcore.study.study_store import StudyStore
from tests.conftest import SMALL
from tests.data.helpers import SIZE, folder_files, write_folder


@pytest.fixture
def whole(home, tmp_path, small_run):
    shutil.copytree(small_run, home / "runs" / "one")
    RunIndex(home)
    source = write_folder(tmp_path / "in", folder_files())
    import_dataset(source, home / "datasets" / "tiles", options=ImportOptions(patch=SIZE))
    plan = make_study({"base": SMALL})
    store = StudyStore.create(home / "studies" / "grid", plan)
    (cell,) = plan.cells
    shutil.copytree(small_run, store.run_directory(cell.id))
    collect(RunStore(small_run), [1]).save(store.results_file(cell.id))
    return home


def test_kept_features_that_differ_are_dropped_and_never_count_as_damage(whole):
    kind = row_type([(3, 4, 4)], pooled=2)
    key = FeatureKey("data", "tu-x", "weights", "image", MapLayout((1,)))
    with open_store(key, kind, patches=20, name="tiles") as store:
        store.fill(
            np.arange(20),
            lambda views: np.ones(views.size, dtype=kind),
            follow=lambda *_: None,
            has_room=lambda _: True,
        )
    flip(store.directory / "rows.bin", 30)
    found = check_everything(whole)
    assert found.damaged == []
    assert f"features {key.digest}" in found.looked_at
    assert "1 damaged block; a run computes them again" in found.repaired[0]
    assert check_everything(whole).repaired == []


def flip(file, at):
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


def test_a_whole_home_is_said_to_be_whole(whole):
    found = check_everything(whole)
    assert found.damaged == []
    assert found.repaired == []
    assert found.looked_at == ["run one", "study grid", "data set tiles"]


def test_everything_that_differs_is_named(whole):
    run = whole / "runs" / "one"
    tables = {name: (run / name).read_bytes() for name in ("metrics.csv", "selections.csv")}
    (run / "metrics.csv").write_text("strategy\n")
    (run / "selections.csv").unlink()
    (run / "counts.parquet").write_bytes((run / "counts.parquet").read_bytes()[:900])
    (results,) = (whole / "studies" / "grid" / "results").iterdir()
    flip(results, 300)
    (whole / "runs.sqlite").write_bytes(b"no database" * 100)
    found = check_everything(whole)
    assert found.damaged == []
    text = "\n".join(found.repaired)
    for name in (*tables, "counts.parquet", results.name, "the list of runs"):
        assert name in text
    assert len(found.repaired) == 5
    assert {name: (run / name).read_bytes() for name in tables} == tables
    assert CellResults.load(results).repetitions.tolist() == [1]
    assert check_everything(whole).repaired == []


def test_what_cannot_be_had_back_stays_as_it_is(whole):
    run, tiles = whole / "runs" / "one", whole / "datasets" / "tiles"
    flip(run / "records" / "r00001-c00002-entropy.npz", 400)
    (run / "records" / "r00001-c00001-random.npz").unlink()
    (run / "metrics.csv").write_text("as it was")
    flip(tiles / "masks.npy", 200)
    (tiles / "checksums.json").unlink()  # as in sets of before: the fingerprint tells
    found = check_everything(whole)
    text = "\n".join(found.damaged)
    for words in ("c00002-entropy.npz is damaged", "c00001-random.npz is missing", "its fingerprint differs"):
        assert words in text
    assert len(found.damaged) == 3
    assert (run / "metrics.csv").read_text() == "as it was"


def test_nothing_to_check_is_one_sentence(tmp_path):
    with pytest.raises(StoreError, match="holds no run, study"):
        check_everything(tmp_path)
