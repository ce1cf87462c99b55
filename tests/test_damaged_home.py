"""A disk, or a hand, does anything to any file of a home: a sentence, and everything else is read as before.

By default a few hundred changes; ALCORE_FUZZ says how many (make fuzz: 10,000).
"""

import hashlib
import json
import os
import shutil
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alcore.data.collection import dataset_names, make_surfaces, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.overview import describe
from alcore.data.synthetic import SurfaceSettings
from alcore.errors import AlcoreError, DamagedFileError, DataError, StoreError
from alcore.home_files import map_npy, read_npz, read_parquet
from alcore.logs.imported import import_logs
from alcore.logs.reading import LogSettings
from alcore.logs.writing import export_log
from alcore.server.home_holder import holder_in_words
from alcore.server.index import RunIndex
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.study.ledger import Ledger
from alcore.study.plan import make_study
from alcore.study.reader import known_studies, open_study
from alcore.study.results import collect
from alcore.study.study_events import StudyEnded
from alcore.study.study_store import StudyStore
from tests.conftest import SMALL
from tests.data.helpers import SIZE, folder_files, write_folder
from tests.shared import made_once

EXAMPLES = int(os.environ.get("ALCORE_FUZZ", "120"))
CONTENTS = [
    *(b"", b"[]", b"{}", b"null", b"\x00" * 999, b"9" * 9999, b"\xff\xfe"),
    *(b"[" * 50_000, b'{"a":' * 50_000, b"\x93NUMPY", b"PK\x05\x06" + bytes(18), b"PAR1PAR1"),
]
SUMMED = (".npz", ".npy", ".parquet")
"""Files with checksums: whatever is read of them is as before, or it is a sentence."""


@pytest.fixture(scope="module")
def whole_home(tmp_path_factory, small_run):
    """A home with one of everything; its files are put back after each change."""

    def make(home):
        os.environ["ALCORE_HOME"] = str(home)
        shutil.copytree(small_run, home / "runs" / "one")
        RunIndex(home).rename("one", "my run")
        import_dataset(
            write_folder(home.parent / "in", folder_files()),
            home / "datasets" / "tiles",
            options=ImportOptions(patch=SIZE),
        )
        make_surfaces("mine", SurfaceSettings(count=60))
        export_log(RunTables(RunStore(small_run)), home.parent / "logs")
        import_logs([home.parent / "logs"], "theirs", [LogSettings(80, 0.2, 0.02)])
        plan = make_study({"base": SMALL})
        store = StudyStore.create(home / "studies" / "grid", plan)
        (cell,) = plan.cells
        shutil.copytree(small_run, store.run_directory(cell.id))
        collect(RunStore(small_run), [1]).save(store.results_file(cell.id))
        store.ledger().begin([(cell.id, 1, "finished", 9)])
        store.ledger().note(left=12.5, launched=1.0)
        (store.directory / "summary.csv").write_text("cell,aubc\nx,0.5\n")
        store.note_outcome(StudyEnded("finished"))
        (home / "server.json").write_text('{"process": 1, "started": 1.0, "host": "x", "since": 1.0}')

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ALCORE_HOME", "")
        return made_once(tmp_path_factory, "whole-home", make)


def digest(*arrays) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def read_all(home, area: str = "") -> dict[str, object]:
    """All that pages read of a home, or of a folder in it, by name; or the error of that part."""
    found: dict[str, object] = {}

    def look(name, read):
        try:
            found[name] = read()
        except AlcoreError as error:
            found[name] = error
            assert 0 < len(str(error)) < 3000
        except Exception as error:
            raise AssertionError(f"{name} fails with {type(error).__name__}: {error}") from error

    if area in ("", "runs", "runs.sqlite"):
        look("list", lambda: [row.name for row in RunIndex(home).rows()])
        look("run", lambda: read_run(home / "runs" / "one", look))
    if area in ("", "server.json"):
        look("holder", lambda: holder_in_words(home))
    if area in ("", "datasets"):
        look("data", dataset_names)
        for name in ("tiles", "mine"):
            look(f"data/{name}", lambda name=name: read_data(name))
    for name, directory in known_studies().items():
        if directory.parent == home / (area or directory.parent.name):
            look(f"study/{name}", lambda directory=directory: read_study(directory, look))
    return found


def read_run(directory, look):
    store = RunStore(directory)
    records = RunRecords(store)
    for key in records.committed():
        look(f"record/{key.stem}", lambda key=key: read_record(records[key]))
    look("environment", store.environment)
    look("fingerprint", store.data_fingerprint)
    look("evidence", lambda: gather(RunRecords(store)))
    look("tables", lambda: (RunTables(store).metrics(), RunTables(store).selections()))


def read_record(record):
    parts = [
        record.labelled,
        record.items,
        record.scores,
        record.counts,
        record.class_means,
        record.candidates,
    ]
    maps = [*vars(record.pool_map).values()] if record.pool_map else []
    axes = [*vars(record.axes).values()] if record.axes else []
    return digest(*parts, record.candidates, record.probability, record.gallery_probability, *maps, *axes)


def read_data(name):
    patches = open_dataset(name)
    some = np.array([0, len(patches.defective) - 1])
    patches.describe(0)
    describe(patches)
    return digest(patches.images(some), patches.masks(some), patches.defective, patches.split)


def read_results(results):
    if results is None:
        return None
    arrays = {name: value for name, value in vars(results).items() if isinstance(value, np.ndarray)}
    return digest(*arrays.values())


def read_study(directory, look):
    reader = open_study(directory)
    for cell in reader.plan.cells:
        look(f"results/{directory.name}", lambda cell=cell: read_results(reader.results(cell.id)))
        look(f"evidence/{directory.name}", lambda cell=cell: reader.evidence_by_pool([cell]))
    look("summary", reader.table)
    look("study environment", reader.environment)
    if reader.can_resume and reader.has_counts:
        ledger = Ledger(directory)
        look("ledger", lambda: (ledger.by_cell(), ledger.notes(), ledger.failures()))
        look("outcome", StudyStore(directory).outcome)


@st.composite
def changes(draw):
    """What becomes of a file's bytes."""
    kind = draw(st.sampled_from(["cut", "flip", "insert", "other", "gone", "half twice"]))
    where = draw(st.floats(0, 1, exclude_max=True))
    if kind == "flip":
        spots = draw(
            st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4)
        )
        return kind, spots
    if kind == "insert":
        return kind, (where, draw(st.binary(min_size=1, max_size=30)))
    return kind, draw(st.sampled_from(CONTENTS)) if kind == "other" else where


def changed(content: bytes, change) -> bytes | None:
    kind, how = change
    match kind:
        case "cut":
            return content[: int(how * len(content))]
        case "flip":
            flipped = bytearray(content or b"\x00")
            for place, bit in how:
                flipped[int(place * len(flipped))] ^= 1 << bit
            return bytes(flipped)
        case "insert":
            at = int(how[0] * len(content))
            return content[:at] + how[1] + content[at:]
        case "other":
            return how
        case "half twice":
            at = int(how * len(content))
            return content[:at] + content[:at]
    return None


@pytest.fixture(scope="module")
def damaged(whole_home, tmp_path_factory):
    """A copy of the home, to be changed and put right again; its files; what is read of it."""
    copy = tmp_path_factory.mktemp("damaged") / "home"
    shutil.copytree(whole_home, copy)
    files = sorted(path for path in copy.rglob("*") if path.is_file() and not path.name.startswith("."))
    files = [path for path in files if path.suffix not in (".sqlite-shm", ".sqlite-wal", ".log")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ALCORE_HOME", str(copy))
        before = read_all(copy)
    assert not [value for value in before.values() if isinstance(value, AlcoreError)]
    assert len(before) > 25
    return copy, files, before


def test_any_change_of_any_file_is_a_sentence_or_nothing(damaged, monkeypatch):
    home, files, before = damaged
    monkeypatch.setenv("ALCORE_HOME", str(home))
    contents = {file: file.read_bytes() for file in files}
    areas = sorted({file.relative_to(home).parts[0] for file in files})
    outcomes = {"reported": 0, "equal": 0}

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(area=st.sampled_from(areas), which=st.floats(0, 1, exclude_max=True), change=changes())
    def attempt(area, which, change):
        inside = [file for file in files if file.relative_to(home).parts[0] == area]
        file = inside[int(which * len(inside))]
        began = time.monotonic()
        content = changed(contents[file], change)
        file.unlink() if content is None else file.write_bytes(content)
        try:
            now = read_all(home, area)
        finally:
            for left in [*home.rglob("*.damaged-*"), *home.rglob("*.sqlite-*")]:
                left.unlink()
            file.write_bytes(contents[file])
        if file.suffix in SUMMED and content is not None:
            for name, value in now.items():
                same = isinstance(value, AlcoreError) or not isinstance(value, str) or value == before[name]
                assert same, f"{name} is read otherwise than it was written"
        outcomes[
            "reported" if any(isinstance(value, AlcoreError) for value in now.values()) else "equal"
        ] += 1
        assert time.monotonic() - began < 60, "no file takes a reader for ever"

    attempt()
    assert outcomes["reported"] > EXAMPLES / 10
    if EXAMPLES > 1000:
        print(f"{EXAMPLES} changes: {outcomes}")


ARRAYS = {"a": np.arange(12).reshape(3, 4), "b": np.asfortranarray(np.ones((2, 3))), "none": np.zeros((0, 5))}


def test_arrays_come_back(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", **ARRAYS)
    found = read_npz(tmp_path / "x.npz", lambda _: True)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable
    with pytest.raises(StoreError, match="lacks 'c'"):
        read_npz(tmp_path / "x.npz", ["c"])
    np.save(tmp_path / "x.npy", ARRAYS["a"])
    np.testing.assert_array_equal(map_npy(tmp_path / "x.npy"), ARRAYS["a"])


def test_arrays_of_objects_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([{"x": 1}], dtype=object))
    np.save(tmp_path / "x.npy", np.array([print], dtype=object), allow_pickle=True)
    for read in (lambda: read_npz(tmp_path / "x.npz", ["a"]), lambda: map_npy(tmp_path / "x.npy")):
        with pytest.raises(DamagedFileError, match="damaged"):
            read()


def test_one_error_for_runs_and_data_that_travels_between_processes(tmp_path):
    import pickle

    with pytest.raises(DataError) as raised:
        read_parquet(tmp_path / "none.parquet", ["a"], advice="import it again")
    again = pickle.loads(pickle.dumps(raised.value))
    assert isinstance(again, StoreError)
    assert str(again) == str(raised.value)
    assert str(again).endswith("none.parquet; import it again")


def test_a_table_without_a_column_and_a_block_that_is_flipped_are_named(whole_home, tmp_path, monkeypatch):
    import pandas as pd

    copy = tmp_path / "home"
    shutil.copytree(whole_home, copy)
    monkeypatch.setenv("ALCORE_HOME", str(copy))
    tiles = copy / "datasets" / "tiles"
    assert set(json.loads((tiles / "checksums.json").read_text())) == {
        "images.npy",
        "masks.npy",
        "items.parquet",
    }
    pixels = bytearray((tiles / "images.npy").read_bytes())
    pixels[-1] ^= 1
    (tiles / "images.npy").write_bytes(pixels)
    with pytest.raises(DataError, match=r"images\.npy is damaged: it is not what was imported; import"):
        open_dataset("tiles")
    (tiles / "checksums.json").unlink()  # as sets of earlier versions are
    open_dataset("tiles")
    pd.read_parquet(tiles / "items.parquet").drop(columns="split").to_parquet(tiles / "items.parquet")
    with pytest.raises(DataError, match=r"items\.parquet has no column 'split'"):
        open_dataset("tiles")
