"""Real deaths: kill -9 of the command line, of a worker, and of the server that owns one."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from alcore.config import make_config
from alcore.server import watched_child, worker_process
from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from alcore.server.processes import SPARE
from alcore.server.runners import ThreadRunner
from tests.conftest import ROOT, SMALL, train
from tests.following import alcore_process, bytes_of, start_alcore, wait_for
from tests.pace import pace
from tests.shared import made_once

pytestmark = pytest.mark.slow

LONGER = SMALL | {"cycles": 4, "training": {"steps": 8, "batch_size": 6}}


@pytest.fixture(scope="session")
def expected(tmp_path_factory):
    return bytes_of(made_once(tmp_path_factory, "longer-run", lambda path: train(path, LONGER)))


@pytest.fixture
def impatient(monkeypatch):
    """A spare worker that still loads its libraries is killed at once; only how it is done takes longer."""
    monkeypatch.setattr(worker_process, "_SECONDS_TO_LEAVE", 0.1)


def test_the_command_line_killed_and_resumed(tmp_path, expected):
    config = tmp_path / "config.json"
    config.write_text(make_config(LONGER).to_json())
    process = start_alcore("run", str(config), "--out", str(tmp_path / "run"))
    wait_for(lambda: len(list((tmp_path / "run" / "records").glob("r*.npz"))) >= 2, "two records")
    process.send_signal(signal.SIGKILL)
    process.wait()
    (tmp_path / "run" / "records" / ".partial-left-by-the-dead").write_bytes(b"half")
    result = alcore_process("resume", str(tmp_path / "run"))
    assert result.returncode == 0, result.stderr
    assert bytes_of(tmp_path / "run") == expected


def worker_of(pid):
    children = psutil.Process(pid).children()
    return [child for child in children if child.status() != "zombie" and "worker" in child.cmdline()]


def test_a_stopped_worker_is_replaced_and_a_killed_one_leaves_an_interrupted_run_that_resumes(
    home, expected, impatient, monkeypatch
):
    monkeypatch.setattr(watched_child, "_SECONDS_BETWEEN_LOOKS", 0.2)
    monkeypatch.setattr(watched_child, "_LOOKS_AT_STOPPED", 3)
    manager = RunManager(home)
    run_id = manager.submit(make_config(LONGER))
    wait_for(lambda: len(manager.store(run_id).committed()) >= 2, "two records")
    [stopped] = worker_of(os.getpid())
    stopped.send_signal(signal.SIGSTOP)
    wait_for(lambda: manager.index.get(run_id).message, "a note on the page")
    assert "was stopped from outside; it was ended, and another one" in manager.index.get(run_id).message
    there = len(manager.store(run_id).committed())
    wait_for(lambda: len(manager.store(run_id).committed()) > there, "the other one to go on")
    wait_for(lambda: not stopped.is_running() or stopped.status() == "zombie", "the stopped one to have gone")

    for worker in worker_of(os.getpid()):
        worker.send_signal(signal.SIGKILL)
    wait_for(lambda: manager.index.get(run_id).status == "interrupted", "the interruption to be seen")
    manager.resume(run_id)
    wait_for(lambda: manager.index.get(run_id).status == "finished", "the end")
    manager.close()
    assert bytes_of(manager.index.directory / run_id) == expected


SERVER = """
import sys, time
from pathlib import Path
from alcore.config import load_config
from alcore.server.manager import RunManager
manager = RunManager(Path(sys.argv[1]))
print(manager.submit(load_config(sys.argv[2])), flush=True)
time.sleep(300)
"""


def test_a_killed_server_takes_its_worker_along_and_the_next_one_resumes(home, tmp_path, expected, impatient):
    config = tmp_path / "config.json"
    config.write_text(make_config(LONGER).to_json())
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    run_id = server.stdout.readline().strip()
    directory = home / "runs" / run_id
    wait_for(lambda: len(list((directory / "records").glob("r*.npz"))) >= 2, "two records")
    workers = worker_of(server.pid)
    assert len(workers) == 1
    server.send_signal(signal.SIGKILL)
    server.wait()
    _, alive = psutil.wait_procs(workers, timeout=10 * pace())
    assert not alive, "a worker outlives its server"
    assert RunIndex(home).get(run_id).status == "running", "nobody could say otherwise"

    manager = RunManager(home, make_runner=ThreadRunner)
    assert manager.index.get(run_id).status == "interrupted"
    manager.resume(run_id)
    wait_for(lambda: manager.index.get(run_id).status == "finished", "the end")
    manager.close()
    assert bytes_of(directory) == expected


def test_a_run_takes_the_spare_worker_and_closing_a_manager_ends_it_and_is_idempotent(home, monkeypatch):
    monkeypatch.setenv(SPARE, "yes")
    manager = RunManager(home)
    manager.keep_spare()
    wait_for(lambda: manager.devices, "the spare worker to be ready")
    [spare] = worker_of(os.getpid())
    run_id = manager.submit(make_config(LONGER | {"cycles": 12}))
    wait_for(lambda: manager.store(run_id).committed(), "a record")
    workers = worker_of(os.getpid())
    assert workers == [spare]
    manager.close()
    manager.close()
    _, alive = psutil.wait_procs(workers, timeout=10 * pace())
    assert not alive
    wait_for(lambda: manager.index.get(run_id).status == "interrupted", "the run to be marked")
