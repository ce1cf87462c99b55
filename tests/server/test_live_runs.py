"""Runs that follow a tab's controls: dropped, kept, and always behind the others."""

import os
import signal
import subprocess
import sys

import pytest

from alcore.compute.events import Ended
from alcore.config import make_config
from alcore.errors import StoreError
from alcore.experiment.run_identity import run_fingerprint
from alcore.server import live_runs
from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from alcore.server.runners import ChildRunner, ThreadRunner
from alcore.server.worker_process import WorkerProcess
from alcore.storage.run_store import RunStore
from tests.conftest import ROOT, SMALL
from tests.following import bytes_of, wait_for

pytestmark = pytest.mark.slow

LONG = make_config(SMALL | {"cycles": 10})


@pytest.fixture
def manager(home):
    manager = RunManager(home, make_runner=ThreadRunner)
    yield manager
    manager.close()


def status(manager, run_id):
    row = manager.row(run_id)
    return "" if row is None else row.status


def lying(home):
    """What lies in the directories of live runs and of those that stay."""
    return [sorted(path.name for path in (home / name).glob("*")) for name in ("live", "runs")]


def test_a_live_run_that_is_kept_has_the_bytes_of_any_other(manager, small, small_run, home):
    run_id = manager.live.start(small, "mine", seat="tab", owner="cy")
    wait_for(lambda: status(manager, run_id) == "finished", "the end")
    assert manager.index.rows() == []
    assert (manager.live.of_seat("tab").id, manager.active()) == (run_id, None)
    kept = manager.live.keep(run_id)
    row = manager.index.get(kept)
    assert (row.name, row.status, row.owner, row.fingerprint) == (
        "mine",
        "finished",
        "cy",
        run_fingerprint(small),
    )
    assert bytes_of(manager.store(kept).directory) == bytes_of(small_run)
    assert (lying(home), manager.live.of_seat("tab")) == ([[], [kept]], None)
    with pytest.raises(StoreError, match="no longer exists"):
        manager.live.keep(run_id)


def test_one_that_is_kept_while_it_is_computed_goes_on_to_the_same_bytes(manager, small, small_run):
    run_id = manager.live.start(small, "mine", seat="tab")
    wait_for(lambda: manager.store(run_id).committed(), "a record")
    kept = manager.live.keep(run_id)
    wait_for(lambda: status(manager, kept) == "finished", "the end")
    assert bytes_of(manager.store(kept).directory) == bytes_of(small_run)


def test_the_next_one_of_a_tab_takes_the_place_of_the_last(manager, small, home):
    first = manager.live.start(LONG, "first", seat="tab")
    wait_for(lambda: manager.store(first).committed(), "a record")
    other = manager.live.start(small, "other", seat="another tab")
    assert [row.id for row in manager.queue_with(other)] == [first, other]
    second = manager.live.start(small, "second", seat="tab")
    assert manager.row(first) is None
    wait_for(lambda: status(manager, second) == "finished", "the second")
    assert status(manager, other) == "finished", "another tab's is left alone, and came before"
    wait_for(lambda: first.removeprefix("live-") not in lying(home)[0], "the first to be removed")
    manager.live.drop("tab")
    assert (manager.live.of_seat("tab"), len(lying(home)[0])) == (None, 1)


def test_a_live_run_makes_room_for_any_other_and_goes_on_afterwards(manager, small, small_run):
    live = manager.live.start(small, "live", seat="tab")
    wait_for(lambda: manager.store(live).committed(), "a record")
    real = manager.submit(LONG)
    later = manager.submit(small)
    wait_for(lambda: status(manager, real) == "running", "the one that stays")
    assert status(manager, live) == "queued"
    assert [row.id for row in manager.queue_of("cpu")] == [real, later]
    assert [row.id for row in manager.queue_with(live)] == [real, later, live]
    manager.command(real, "stop")
    wait_for(lambda: status(manager, live) == "finished", "the live one")
    assert (status(manager, real), status(manager, later)) == ("stopped", "finished")
    assert bytes_of(manager.store(live).directory) == bytes_of(small_run)


def test_a_tab_that_is_closed_waits_for_nothing(manager):
    run_id = manager.live.start(LONG, "live", seat="tab")
    waiting = manager.live.start(LONG, "waiting", seat="another tab")
    wait_for(lambda: manager.store(run_id).committed(), "a record")
    manager.live.leave("another tab")
    assert status(manager, waiting) == "stopped"
    manager.live.leave("tab")
    wait_for(lambda: status(manager, run_id) == "stopped", "the stop")
    assert manager.store(run_id).committed(), "a visitor who comes back can look at what is finished"
    there = len(manager.store(run_id).committed())
    manager.resume(run_id)
    wait_for(lambda: len(manager.store(run_id).committed()) > there, "the same run to go on")


def test_only_a_few_live_runs_lie_about_and_only_so_many_wait(manager, small, home, monkeypatch):
    monkeypatch.setattr(live_runs, "_MOST_AT_REST", 1)
    monkeypatch.setattr(live_runs, "_MOST_WAITING", 1)
    tiny = make_config(SMALL | {"cycles": 1})
    ids = []
    for seat in ("one", "two", "three"):
        ids.append(manager.live.start(tiny, "tiny", seat=seat))
        wait_for(lambda: status(manager, ids[-1]) == "finished", "the end")
    assert [manager.row(run_id) is None for run_id in ids] == [True, False, False]
    assert len(lying(home)[0]) == 2
    manager.live.start(LONG, "long", seat="four")
    with pytest.raises(StoreError, match="1 live runs wait already"):
        manager.live.start(tiny, "tiny", seat="five")


def test_what_cannot_be_moved_is_not_lost(manager, small, monkeypatch):
    run_id = manager.live.start(small, "mine", seat="tab")
    wait_for(lambda: status(manager, run_id) == "finished", "the end")

    def refuse(*_, **__):
        raise StoreError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(RunIndex, "add", refuse)
        with pytest.raises(StoreError, match="no space"):
            manager.live.keep(run_id)
    assert len(manager.store(run_id).committed()) == 9
    assert manager.index.get(manager.live.keep(run_id)).is_finished


def test_one_process_takes_one_run_after_the_other(tmp_path, small, small_run):
    """Live ones leave their workers behind, in the middle of what they did; the next is none the worse."""
    process = WorkerProcess()
    try:
        for name, config, is_live in (("a", LONG, True), ("b", small, True), ("c", small, False)):
            store, events = RunStore.create(tmp_path / name, config), []
            runner = ChildRunner(process, on_end=lambda _: None)

            def hear(event, runner=runner, events=events, config=config):
                events.append(event)
                if event.event == "record" and config is LONG:
                    runner.say("stop")

            runner.run(store.directory, hear, is_live=is_live)
            runner.say("stop")  # about a run that is over: the next one does not hear it
            assert events[-1] == Ended("stopped" if config is LONG else "finished")
            assert config is LONG or bytes_of(store.directory) == bytes_of(small_run)
        assert process.is_alive
    finally:
        process.kill()


SERVER = """
import sys, time
from pathlib import Path
from alcore.config import load_config
from alcore.server.manager import RunManager
from alcore.server.runners import ThreadRunner
manager = RunManager(Path(sys.argv[1]), make_runner=ThreadRunner)
print(manager.live.start(load_config(sys.argv[2]), "live", seat="tab"), flush=True)
time.sleep(300)
"""


def test_of_a_killed_server_no_live_run_is_left(home, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(LONG.to_json())
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    directory = home / "live" / server.stdout.readline().strip().removeprefix("live-")
    wait_for(lambda: list((directory / "records").glob("r*.npz")), "a record")
    server.send_signal(signal.SIGKILL)
    server.wait()
    manager = RunManager(home, make_runner=ThreadRunner)
    assert (manager.index.rows(), lying(home)) == ([], [[], []])
    manager.close()
