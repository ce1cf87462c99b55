"""One config gives one result, to the byte: in any process, with any number of workers, after any death."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from alcore.compute.crew import Crew
from alcore.compute.events import Note
from alcore.compute.execution import execute
from alcore.compute.run_control import RunControl, Stopped
from alcore.config import make_config
from alcore.data.collection import open_dataset
from alcore.experiment.loop import run
from alcore.storage.records import npz_of, to_arrays
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL
from tests.following import bytes_of, wait_for
from tests.shared import made_once

pytestmark = pytest.mark.slow

CONFIG = make_config(SMALL | {"cycles": 3, "repetitions": 2, "strategies": ["random", "badge", "core-set"]})


@pytest.fixture(scope="session")
def expected(tmp_path_factory):
    """The records of the plain loop, by file name."""
    directory = made_once(tmp_path_factory, "plain-loop", _run_the_plain_loop)
    return {f"records/{path.name}": path.read_bytes() for path in directory.iterdir()}


def _run_the_plain_loop(directory):
    directory.mkdir()
    for record in run(CONFIG, open_dataset(CONFIG.dataset)):
        (directory / f"{record.key.stem}.npz").write_bytes(npz_of(to_arrays(record)))


def records_of(store):
    return {
        name: content for name, content in bytes_of(store.directory).items() if name.startswith("records/")
    }


@pytest.fixture
def store(tmp_path):
    return RunStore.create(tmp_path / "run", CONFIG)


def test_one_worker_in_a_thread(store, expected):
    with Crew.of_thread() as crew:
        execute(store, crew=crew)
    assert records_of(store) == expected


def test_workers_in_processes(store, expected):
    """Three of them; one and two take turns in the test of stops below."""
    with Crew.of_processes(3) as crew:
        execute(store, crew=crew)
    assert records_of(store) == expected


def test_stopped_anywhere_and_resumed_with_other_workers(store, expected):
    rng, stops = random.Random(0), 0
    for workers in (2, 1, 2):
        control, seen = RunControl(), []
        stop_after = rng.randrange(3, 30)

        def stop_somewhere(event, control=control, seen=seen, stop_after=stop_after):
            seen.append(event)
            if len(seen) >= stop_after:
                control.say("stop")

        try:
            with Crew.of_processes(workers) as crew:
                execute(store, crew=crew, control=control, emit=stop_somewhere)
        except Stopped:
            stops += 1
    assert stops > 1, "it was not finished at once"
    with Crew.of_thread() as crew:
        execute(store, crew=crew)
    assert records_of(store) == expected


def test_workers_leave_in_the_midst_of_a_cycle_even_while_they_are_held(store):
    control, trains = RunControl(), threading.Event()

    def listen(event):
        if event.event == "progress" and event.phase == "training":
            trains.set()

    with Crew.of_processes(2) as crew, ThreadPoolExecutor(1) as aside:
        walking = aside.submit(execute, store, crew=crew, control=control, emit=listen)
        assert trains.wait(60)
        control.say("pause")
        wait_for(lambda: crew.all_paused, "the pause")
        bodies = [member.body for member in crew._members]
        control.say("stop")
        with pytest.raises(Stopped):
            walking.result(60)
    assert bodies
    assert {body.exitcode for body in bodies} == {0}, "nobody had to be killed"


def workers_alive():
    """The crew's processes: grandchildren of this one, behind the fork server."""
    return [child for child in psutil.Process(os.getpid()).children(recursive=True) if is_worker(child)]


def is_worker(process):
    try:
        is_forked = "multiprocessing.forkserver" in " ".join(process.cmdline())
        return is_forked and process.ppid() != os.getpid()
    except psutil.Error:  # it has gone, or is a zombie
        return False


def test_workers_killed_at_any_moment(store, expected):
    rng, killed = random.Random(1), []

    def kill_some(_event):
        if len(killed) < 3 and time.monotonic() > killing_from + 1.5 * len(killed):
            victims = workers_alive()
            if victims:
                victim = rng.choice(victims)
                killed.append(victim.pid)
                victim.send_signal(signal.SIGKILL)

    with Crew.of_processes(2) as crew:
        killing_from = time.monotonic()
        execute(store, crew=crew, emit=kill_some)
    assert killed, "somebody died"
    assert records_of(store) == expected
    wait_for(lambda: not workers_alive(), "the workers to be gone")


def test_a_worker_and_the_fork_server_that_were_stopped_are_replaced(store, expected, monkeypatch):
    monkeypatch.setattr("alcore.compute.crew.SECONDS_OF_SILENCE", 6.0)  # three times a pulse
    stopped, notes = [], []

    def stop_both(event):
        if isinstance(event, Note):
            notes.append(event.message)
        if not stopped and (workers := workers_alive()):
            stopped.extend([workers[0], workers[0].parent()])
            for process in stopped:
                process.send_signal(signal.SIGSTOP)
            wait_for(lambda: all(p.status() == psutil.STATUS_STOPPED for p in stopped), "both to stop")

    with Crew.of_processes(2) as crew:
        execute(store, crew=crew, emit=stop_both)
    assert records_of(store) == expected
    assert any("a worker hung" in note for note in notes)
    wait_for(lambda: not workers_alive(), "the workers to be gone")
    assert not any(process.is_running() and process.status() == psutil.STATUS_STOPPED for process in stopped)
