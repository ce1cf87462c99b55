"""What never answers is a sentence in time, and leaves no process behind."""

import subprocess
import sys
import threading

import psutil
import pytest

from alcore.study.engines.starting import StartError, start_in_time
from tests.following import wait_for
from tests.pace import pace

ray_engine = pytest.importorskip("alcore.study.engines.cluster")


def test_what_starts_is_left_to_run_in_a_thread_that_stays():
    seen = []
    release = start_in_time(lambda: seen.append(threading.current_thread()))
    assert seen[0].is_alive()
    release()
    seen[0].join()


def test_what_stands_still_is_a_sentence_and_its_processes_are_ended():
    children, forever = [], threading.Event()

    def stand_still():
        waiting = "import time; time.sleep(600)"
        parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{waiting}']).wait()"
        child = psutil.Process(subprocess.Popen([sys.executable, "-c", parent]).pid)
        while not child.children():
            pass
        children.extend([child, *child.children()])
        forever.wait()

    with pytest.raises(StartError, match="did not answer within"):
        start_in_time(stand_still, seconds=2 * pace())
    forever.set()
    assert len(children) == 2
    wait_for(lambda: not any(map(is_alive, children)), "their ends")


def is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("error", [OSError("no room"), Exception("the node timed out")])
def test_what_fails_says_why(error):
    def fail():
        raise error

    with pytest.raises((OSError, StartError), match=str(error)):
        start_in_time(fail)


@pytest.mark.parametrize("address", [None, "auto"])
@pytest.mark.parametrize("error", [None, OSError("no\nroom"), Exception("timed out"), ValueError("bad")])
def test_a_ray_that_does_not_start_is_one_sentence_that_says_what_to_do(monkeypatch, address, error):
    def stand_still(**_options):
        if error is not None:
            raise error
        threading.Event().wait(1)

    monkeypatch.setattr(ray_engine.ray, "init", stand_still)
    monkeypatch.setattr(ray_engine, "start_in_time", lambda start: start_in_time(start, seconds=0.2))
    with pytest.raises(ray_engine.ConfigError) as caught:
        ray_engine.RayEngine(address=address).describe()
    assert "\n" not in str(caught.value)
    assert ("--engine local" if address is None else "can be joined at 'auto'") in str(caught.value)
