import json
import threading

import pytest

from alcore.compute import job_worker
from alcore.compute.events import Ended, Note
from alcore.config import make_config
from alcore.data.collection import dataset_path, delete_dataset, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.errors import DeviceError, StoreError
from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from alcore.server.runners import ThreadRunner
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL
from tests.data.helpers import folder_files, write_folder
from tests.following import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def manager(home):
    manager = RunManager(home, make_runner=ThreadRunner)
    yield manager
    manager.close()


def status(manager, run_id):
    return manager.index.get(run_id).status


def test_a_run_is_queued_run_and_finished(manager, small):
    run_id = manager.submit(small, "first")
    wait_for(lambda: status(manager, run_id) == "finished", "the end")
    assert len(manager.store(run_id).committed()) == 9
    assert manager.progress(run_id) is None
    assert manager.active() is None
    assert manager.index.get(run_id).name == "first"


def test_one_run_at_a_time_on_a_device(manager, small):
    first, second = manager.submit(small), manager.submit(small)
    wait_for(lambda: status(manager, first) == "running", "the first to start")
    assert status(manager, second) == "queued"
    assert manager.active().id == first
    manager.command(second, "stop")
    assert status(manager, second) == "stopped"
    wait_for(lambda: status(manager, first) == "finished", "the first to end")
    assert manager.store(second).committed() == []
    manager.resume(second)
    wait_for(lambda: status(manager, second) == "finished", "the second to end")


def test_a_data_set_that_is_replaced_while_a_run_waits_is_the_one_that_the_run_names(manager, tmp_path):
    def imported(count):
        folder = write_folder(tmp_path / str(count), folder_files(count))
        import_dataset(folder, dataset_path("mine"), options=ImportOptions((32, 32)))
        return open_dataset("mine").fingerprint

    before = imported(60)
    first = manager.submit(make_config(SMALL | {"cycles": 6}))
    waiting = manager.submit(make_config(SMALL | {"dataset": "mine", "pool_size": 24, "cycles": 2}))
    wait_for(lambda: status(manager, first) == "running", "the first to start")
    delete_dataset("mine")
    after = imported(90)
    assert status(manager, waiting) == "queued"
    wait_for(lambda: status(manager, waiting) == "finished", "the one that waited")
    named = json.loads((manager.store(waiting).directory / "environment.json").read_text())
    assert named["data"] == after != before


def test_pause_step_and_stop(manager):
    run_id = manager.submit(make_config(SMALL | {"cycles": 10}))
    wait_for(lambda: manager.progress(run_id), "progress")
    manager.command(run_id, "pause")
    wait_for(lambda: status(manager, run_id) == "paused", "the pause")
    before = len(manager.store(run_id).committed())
    manager.command(run_id, "step")
    wait_for(lambda: len(manager.store(run_id).committed()) >= before + 1, "a record")
    wait_for(lambda: status(manager, run_id) == "paused", "the pause after a cycle")
    assert len(manager.store(run_id).committed()) % 3 == 0
    manager.command(run_id, "stop")
    wait_for(lambda: status(manager, run_id) == "stopped", "the stop")


def test_a_run_that_cannot_be_run_fails_with_a_sentence(manager):
    run_id = manager.submit(make_config(SMALL | {"dataset": "nowhere"}))
    wait_for(lambda: status(manager, run_id) == "failed", "the failure")
    assert "unknown data set 'nowhere'" in manager.index.get(run_id).message


def test_rename_delete_and_what_they_refuse(manager, small, home):
    run_id = manager.submit(small)
    wait_for(lambda: status(manager, run_id) == "running", "the start")
    with pytest.raises(StoreError, match="active"):
        manager.delete(run_id)
    with pytest.raises(StoreError, match="nothing to resume"):
        manager.resume(run_id)
    wait_for(lambda: status(manager, run_id) == "finished", "the end")
    manager.index.rename(run_id, "  <b>renamed</b>  ")
    assert manager.index.get(run_id).name == "<b>renamed</b>"
    with pytest.raises(StoreError, match="empty"):
        manager.index.rename(run_id, " ")
    manager.delete(run_id)
    assert manager.index.rows() == []
    assert list((home / "runs").iterdir()) == []
    with pytest.raises(StoreError, match="no run"):
        manager.command(run_id, "stop")


def test_a_run_is_queued_though_another_process_took_its_directory_in(home, small):
    """Between a run's directory and its row, anyone who opens the list finds a stray."""
    index = RunIndex(home)
    RunStore.create(index.directory / "mine", small)
    assert RunIndex(home).get("mine").owner == ""
    index.add("mine", "My run", "queued", owner="cy")
    row = index.get("mine")
    assert (row.name, row.status, row.owner) == ("My run", "queued", "cy")


def test_a_directory_without_a_row_is_adopted(home, small):
    RunStore.create(home / "runs" / "copied-here", small)
    (home / "runs" / "not-a-run").mkdir()
    rows = RunIndex(home).rows()
    assert [(row.id, row.status) for row in rows] == [("copied-here", "interrupted")]


def test_a_finished_run_gets_its_ceiling_and_a_stop_leaves_it_finished(manager, small):
    run_id = manager.submit(small)
    with pytest.raises(StoreError, match="not finished"):
        manager.request_ceiling(run_id)
    wait_for(lambda: status(manager, run_id) == "finished", "the cycles")
    manager.request_ceiling(run_id)
    manager.command(run_id, "stop")
    wait_for(lambda: not manager.index.get(run_id).is_active, "the stop")
    if status(manager, run_id) == "stopped":  # it still waited in the queue
        manager.resume(run_id)
    wait_for(lambda: status(manager, run_id) == "finished", "a finished run")
    manager.request_ceiling(run_id)
    wait_for(lambda: status(manager, run_id) == "finished", "the ceiling")
    assert manager.store(run_id).ceilings() == [1]


def test_a_ceiling_that_fails_says_why_and_can_be_left_alone(manager, monkeypatch):
    run_id = manager.submit(make_config(SMALL | {"cycles": 1}))
    wait_for(lambda: status(manager, run_id) == "finished", "the cycles")

    def fails(*arguments):
        raise DeviceError("cpu ran out of memory")

    monkeypatch.setattr(job_worker, "train_ceiling", fails)
    manager.request_ceiling(run_id)
    wait_for(lambda: status(manager, run_id) == "failed", "the failure")
    assert "out of memory" in manager.index.get(run_id).message
    manager.resume(run_id)
    wait_for(lambda: status(manager, run_id) == "finished", "the run as it was")


def test_the_queue_is_said_in_the_order_in_which_runs_begin(manager):
    ids = [manager.submit(make_config(SMALL | {"cycles": 10, "seed": seed})) for seed in range(3)]
    wait_for(lambda: status(manager, ids[0]) == "running", "the first to start")
    assert [row.id for row in manager.queue_of("cpu")] == ids
    assert [row.id for row in manager.queue_with(ids[2])] == ids
    assert manager.queue_of("cuda:1") == []
    manager.command(ids[1], "stop")
    assert [row.id for row in manager.queue_of("cpu")] == [ids[0], ids[2]]
    assert manager.queue_with("nothing") == []
    manager.command(ids[0], "stop")
    wait_for(lambda: status(manager, ids[2]) == "running", "the last to start")
    assert [row.id for row in manager.queue_of("cpu")] == [ids[2]]
    manager.command(ids[2], "stop")
    wait_for(lambda: not manager.queue_of("cpu"), "an empty queue")


def test_what_is_worth_knowing_stands_beside_a_run_while_it_goes_on(home, small):
    noted = threading.Event()

    class Telling(ThreadRunner):
        def run(self, directory, on_event, *, is_live=False):
            on_event(Note("room for 1 worker"))
            assert noted.wait(30)
            on_event(Ended("finished"))

    manager = RunManager(home, make_runner=Telling)
    run_id = manager.submit(small)
    wait_for(lambda: manager.index.get(run_id).message == "room for 1 worker", "the note")
    assert status(manager, run_id) == "running"
    noted.set()
    wait_for(lambda: status(manager, run_id) == "finished", "the end")
    assert manager.index.get(run_id).message == ""
    manager.close()
