"""A record through its file and back, whole, lazily and damaged."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.experiment.cycle_record import Ceiling
from alcore.experiment.loop import run
from alcore.metrics import class_means
from alcore.storage.records import StoredRecord, ceiling_to_arrays, npz_of, to_arrays
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def made(surfaces):
    """The records of a run of two cycles."""
    return list(run(make_config(SMALL | {"cycles": 2}), surfaces))


@pytest.fixture
def store(tmp_path, made):
    store = RunStore.create(tmp_path / "run", make_config(SMALL | {"cycles": 2}))
    for record in made:
        store.commit(record.key, npz_of(to_arrays(record)))
    return store


def assert_same(one, other):
    """Two values of records are equal to the last bit, whatever they are made of."""
    if is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    else:
        assert one == other


def test_a_stored_record_gives_every_part_of_what_was_committed(store, made):
    for record in made:
        stored = store.record(record.key)
        assert stored.labelled == record.labelled
        parts = ("items", "defective", "scores", "candidates", "candidate_scores", "probability", "pool_map")
        for name in parts:
            assert_same(getattr(record.selection, name), getattr(stored, name))
        for name in ("test_items", "test_defective", "counts", "max_probability", "axes"):
            assert_same(getattr(record, name), getattr(stored, name))
        for name in ("gallery_items", "gallery_probability", "threshold_histogram", "validation"):
            assert_same(getattr(record, name), getattr(stored, name))
        assert np.array_equal(stored.class_means, class_means(record.counts, record.test_defective))


def test_records_of_a_repetition_share_the_memory_of_their_test_set(store):
    records = RunRecords(store)
    first, *others = [records[key] for key in records.committed()]
    assert all(other.test_items is first.test_items for other in others)
    assert all(other.counts is not first.counts for other in others)


def test_a_record_can_be_read_without_being_listed_first(store, made):
    assert np.array_equal(RunRecords(store)[made[-1].key].items, made[-1].selection.items)


def test_a_run_from_before_maps_has_none(store, made):
    key = made[-1].key
    kept = {
        name: value for name, value in to_arrays(made[-1]).items() if not name.startswith(("map_", "axes_"))
    }
    store.commit(key, npz_of(kept))
    assert store.record(key).pool_map is None
    assert store.record(key).axes is None


def test_a_part_that_an_earlier_version_did_not_keep_is_named(store, made):
    key = made[-1].key
    kept = {name: value for name, value in to_arrays(made[-1]).items() if name != "candidates"}
    store.commit(key, npz_of(kept))
    with pytest.raises(StoreError, match=r"candidates.*earlier version"):
        _ = store.record(key).candidates


def test_a_damaged_record_is_named(store, made):
    path = store.record_path(made[0].key)
    whole = path.read_bytes()
    flipped = (whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in range(60))
    for content in (b"", whole[:40], *flipped):
        path.write_bytes(content)
        try:
            _ = StoredRecord(made[0].key, path).items
        except StoreError as error:
            assert str(path) in str(error)
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="damaged"):
        _ = StoredRecord(made[0].key, path).counts


def test_a_ceiling_comes_back(store):
    rng = np.random.default_rng(0)
    ceiling = Ceiling(
        labelled=80,
        test_items=np.arange(20),
        test_defective=np.arange(20) < 10,
        counts=rng.integers(1, 50, size=(20, 4)).astype(np.int32),
        max_probability=rng.random(20).astype(np.float32),
    )
    store.request_ceiling()
    store.commit_ceiling(1, npz_of(ceiling_to_arrays(ceiling)))
    assert_same(RunRecords(store).ceilings()[1], ceiling)
