import errno
from pathlib import Path

import pytest

from alcore.compute.clock import Clock
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.storage import files
from alcore.storage.files import write_text, write_whole
from alcore.storage.run_store import RunStore, delete_run

KEY = CycleKey(1, 2, "core-set")


@pytest.fixture
def store(tmp_path, small):
    return RunStore.create(tmp_path / "run", small)


def test_a_record_that_fails_half_way_is_not_there(store, monkeypatch):
    def fails(_descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files.os, "fsync", fails)
    with pytest.raises(StoreError, match="cannot be written"):
        store.commit(KEY, b"an .npz", weights=b"weights")
    assert store.committed() == []
    assert not list(store.directory.rglob(".partial-*"))


def test_a_directory_with_another_run_or_other_files_is_refused(store, tmp_path, small):
    with pytest.raises(StoreError, match="already holds a run"):
        RunStore.create(store.directory, small)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="not an empty directory"):
        RunStore.create(tmp_path / "other", small)
    with pytest.raises(StoreError, match="no run"):
        RunStore(tmp_path / "nothing")


def test_no_space_is_one_sentence_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")

    def full_disk(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError, match="no space left"):
        write_whole(path, full_disk)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written_is_one_sentence(small):
    with pytest.raises(StoreError, match="cannot be written"):
        RunStore.create(Path("/proc/no-such-place/run"), small)


def test_only_the_strategys_own_older_weights_are_dropped(store):
    keys = [CycleKey(1, 1, "set"), CycleKey(1, 1, "core-set"), CycleKey(1, 2, "set")]
    for key in keys:
        store.weights_path(key).write_bytes(b"w")
    store.drop_older_weights(keys[2])
    assert sorted(path.name for path in (store.directory / "weights").iterdir()) == sorted(
        f"{key.stem}.safetensors" for key in keys[1:]
    )


def test_a_data_set_that_changed_stops_a_resumed_run(store):
    store.note_environment({"data": "one"})
    store.note_environment({"data": "one"})
    with pytest.raises(StoreError, match="has changed"):
        store.note_environment({"data": "other"})


def test_pretrained_weights_that_changed_stop_a_resumed_run(store):
    began = {"data": "one", "encoder_weights": "package x 1", "encoder_digest": "a"}
    store.note_environment(began)
    store.note_environment(began | {"encoder_weights": "hub"})  # the same weights from elsewhere
    with pytest.raises(StoreError, match=r"began with \(package x 1\); install them again"):
        store.note_environment(began | {"encoder_digest": "b"})


def test_the_lock_shows_whether_someone_runs_it(store):
    assert not store.is_being_run()
    with store.lock():
        assert store.is_being_run()
        with pytest.raises(StoreError, match="stop it"):
            delete_run(store.directory)
    delete_run(store.directory)
    assert not store.directory.exists()


def test_the_clock_estimates_from_the_pace_so_far(small):
    now = [0.0]
    clock = Clock(small, [], now=lambda: now[0])
    assert clock.left is None
    now[0] = 2.0
    for strategy in small.strategies:  # the first cycle is trained once for all three
        clock.finish(CycleKey(1, 1, strategy))
    assert clock.left == pytest.approx(2.0 * 6)
    now[0] = 4.0
    clock.held(1.0)
    for strategy in ("entropy", "core-set"):  # two cycles in progress, each 85 % done
        clock.tick(CycleKey(1, 2, strategy), "training", 1.0)
    assert clock.elapsed == pytest.approx(3.0)
    assert clock.left == pytest.approx(3.0 / 2.7 * 4.3)
    assert clock.share == pytest.approx(2.7 / 7)
