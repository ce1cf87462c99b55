"""One server processes the queue of a home; a second one watches, and takes over when the first ends."""

import json
import threading

import psutil
import pytest

from alcore.compute.events import Ended
from alcore.errors import StoreError
from alcore.server.home_holder import HomeHolder, holder_in_words
from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from tests.following import wait_for


class Patient:
    """A runner that says a run is finished once it is let."""

    let = threading.Event()

    def run(self, directory, on_event, *, is_live=False):
        self.let.wait(20)
        on_event(Ended("finished"))

    def say(self, command):
        pass

    def kill(self):
        self.let.set()


@pytest.fixture
def managers(home, monkeypatch):
    monkeypatch.setattr(Patient, "let", threading.Event())
    made = []

    def make():
        made.append(RunManager(home, make_runner=Patient))
        return made[-1]

    yield make
    for manager in made:
        manager.close()


def statuses(home):
    return [row.status for row in reversed(RunIndex(home).rows())]


def test_a_second_server_looks_on_and_leaves_the_queue_alone(home, small, managers):
    first = managers()
    runs = [first.submit(small), first.submit(small)]
    wait_for(lambda: statuses(home) == ["running", "queued"], "the first to begin")
    second = managers()
    assert statuses(home) == ["running", "queued"]
    assert "process" in second.claim_home()
    refused = [
        lambda: second.submit(small),
        lambda: second.resume(runs[0]),
        lambda: second.command(runs[1], "stop"),
        lambda: second.delete(runs[1]),
        lambda: second.request_ceiling(runs[0]),
    ]
    for act in refused:
        with pytest.raises(StoreError, match=r"held by another server \(process \d+ on "):
            act()
    Patient.let.set()
    wait_for(lambda: statuses(home) == ["finished", "finished"], "both to end")


def test_the_second_takes_over_what_the_first_left_in_the_queue(home, small, managers):
    RunIndex(home)
    HomeHolder(home).take()  # a claim that is given back as its holder is forgotten, as with a process's end
    first = managers()
    assert first.claim_home() == ""
    first.submit(small)
    first.submit(small)
    wait_for(lambda: statuses(home) == ["running", "queued"], "the first to begin")
    second = managers()
    first.close()
    wait_for(lambda: statuses(home)[0] != "running", "the end")
    Patient.let.set()
    assert second.claim_home() == ""
    wait_for(lambda: statuses(home)[1] == "finished", "the queued one to be run")


@pytest.mark.parametrize(
    "about", ["", "[]", "{}", '{"process": "x"}', '{"since": 1e400, "process": 1, "host": ""}']
)
def test_who_holds_a_home_may_not_be_known(home, about):
    home.mkdir()
    (home / "server.json").write_text(about)
    assert holder_in_words(home) == "another process"


def test_a_process_that_was_given_the_number_of_a_dead_one_is_not_named(home):
    home.mkdir()
    holder = HomeHolder(home)
    assert holder.take()
    about = json.loads((home / "server.json").read_text())
    assert f"process {about['process']} on" in holder_in_words(home)
    assert about["started"] == psutil.Process().create_time()
    (home / "server.json").write_text(json.dumps(about | {"started": about["started"] - 100}))
    assert holder_in_words(home) == "another process"
    holder.leave()
    assert not (home / "server.json").exists()
    assert HomeHolder(home).take()


def test_a_server_that_retires_lets_the_next_one_go_on(home, small, managers):
    first = managers()
    first.submit(small)
    first.submit(small)
    wait_for(lambda: statuses(home) == ["running", "queued"], "the first to begin")
    first.retire()
    assert statuses(home) == ["queued", "queued"], "whatever its worker says while it is ended"
    managers()
    wait_for(lambda: statuses(home) == ["finished", "finished"], "both to be run by the next server")
