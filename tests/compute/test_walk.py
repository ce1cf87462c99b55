"""Walking a run with workers that compute nothing: what is handed out, held, begun again and kept."""

import threading

import numpy as np
import pytest

from alcore.compute.clock import Clock
from alcore.compute.crew import Crew
from alcore.compute.jobs import Devices, Failed, FinishedCycle, Hold, JobProgress, Leave
from alcore.compute.run_control import RunControl, Stopped
from alcore.compute.walk import Walk
from alcore.config import make_config
from alcore.errors import PoolError, StoreError
from alcore.storage.records import npz_of
from alcore.storage.run_store import RunStore
from tests.conftest import SMALL
from tests.following import wait_for
from tests.shared import keys_in_order


class Workers:
    """Workers in threads: each does two steps per job, obeys holds, and dies or fails on request."""

    def __init__(self):
        self.begun, self.steps = [], []
        self.dies_in, self.fails_in = {}, {}
        self.allowed = threading.Semaphore(10**6)

    def start(self, connection):
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        thread.start()
        return thread

    def _serve(self, connection):
        with connection:
            connection.send(Devices(["cpu"]))
            while not isinstance(job := connection.recv(), Leave):
                if not isinstance(job, Hold) and not self._work(connection, job):
                    return

    def _work(self, connection, job):
        self.begun.append(job.key)
        for step in range(2):
            self.allowed.acquire()
            is_held = False
            while is_held or connection.poll():
                command = connection.recv()
                if isinstance(command, Leave):
                    return False
                is_held = isinstance(command, Hold) and command.still
            if self.dies_in.get(job.key, 0) > 0:
                self.dies_in[job.key] -= 1
                return False
            self.steps.append((job.key, step))
            connection.send(JobProgress(job.key, "training", step, 2))
        items = np.array([job.key.cycle]) + 100 * job.key.repetition
        answer = FinishedCycle(items, npz_of({"items": items, "labelled": np.array(1)}), b"weights")
        connection.send(self.fails_in.get(job.key, answer))
        return True


@pytest.fixture
def driven(tmp_path):
    """Workers, a store, a control, and a function that walks the run with some of them in a thread."""
    config = make_config(SMALL | {"cycles": 4, "repetitions": 2})
    store, workers = RunStore.create(tmp_path / "run", config), Workers()
    states, ended = [], []
    control = RunControl(states.append)

    def walk(size=2):
        try:
            with Crew(workers.start, size) as crew:
                clock = Clock(config, store.committed())
                Walk(store, crew, control=control, clock=clock, emit=lambda _: None).cycles()
        except (Stopped, StoreError, PoolError) as error:
            ended.append(error)
        else:
            ended.append("finished")

    def start(size=2):
        thread = threading.Thread(target=walk, args=(size,), daemon=True)
        thread.start()
        return thread

    yield workers, store, control, start, states, ended
    control.say("stop")
    workers.allowed.release(10**6)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_record_is_kept(driven, size):
    _, store, _, start, _, ended = driven
    start(size).join(30)
    assert ended == ["finished"]
    assert store.committed() == list(keys_in_order(store.config))
    assert not list((store.directory / "weights").iterdir()), "nothing goes on from the last cycle"


def test_the_first_cycle_of_a_repetition_is_computed_once(driven):
    workers, _, _, start, _, _ = driven
    start(2).join(30)
    assert [key.strategy for key in workers.begun if key.cycle == 1] == ["random", "random"]
    assert len(workers.begun) == len(set(workers.begun)) == 2 + 2 * 3 * 3


def test_a_pause_holds_every_worker_and_run_lets_them_go_on(driven):
    workers, _, control, start, states, ended = driven
    control.say("pause")
    thread = start(2)
    wait_for(lambda: states == ["paused"], "the pause")
    assert workers.begun == [], "nothing begins"
    control.say("run")
    thread.join(30)
    assert ended == ["finished"]
    assert states == ["paused", "running"]


def test_a_pause_in_the_midst_keeps_what_is_in_hand(driven):
    workers, store, control, start, states, ended = driven
    workers.allowed = threading.Semaphore(3)
    thread = start(2)
    wait_for(lambda: len(workers.steps) == 3, "three steps")
    control.say("pause")
    wait_for(lambda: states == ["paused"], "the pause")
    workers.allowed.release(10**6)
    done = len(workers.steps)
    threading.Event().wait(0.3)
    assert len(workers.steps) == done, "all are paused, though they could work"
    control.say("run")
    thread.join(30)
    assert ended == ["finished"]
    assert len(workers.steps) == len(set(workers.steps)), "nothing was done twice"
    assert store.committed() == list(keys_in_order(store.config))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_step_is_one_cycle_of_all_strategies(driven, size):
    _, store, control, start, states, _ = driven
    control.say("step")
    start(size)
    for cycle in range(1, 5):
        wait_for(lambda cycle=cycle: states.count("paused") == cycle, "the pause after the cycle")
        stages = [key for key in store.committed() if (key.repetition, key.cycle) <= (1, cycle)]
        assert len(stages) == 3 * cycle, "the cycle is whole"
        assert not [key for key in store.committed() if key.repetition == 1 and key.cycle > cycle]
        control.say("step")


def test_a_stop_ends_what_is_paused_and_nothing_calls_it_back(driven):
    _, _, control, start, states, ended = driven
    control.say("pause")
    thread = start(2)
    wait_for(lambda: states == ["paused"], "the pause")
    control.say("stop")
    control.say("run")
    thread.join(30)
    assert [type(end) for end in ended] == [Stopped]
    assert states == ["paused"], "it never ran again"


def test_the_job_of_a_worker_that_died_is_given_to_another(driven):
    workers, store, _, start, _, ended = driven
    victims = list(keys_in_order(store.config))[3:6]
    workers.dies_in = dict.fromkeys(victims, 2)
    start(2).join(30)
    assert ended == ["finished"]
    assert store.committed() == list(keys_in_order(store.config))
    assert all(workers.begun.count(key) == 3 for key in victims)


def test_a_job_that_kills_every_worker_is_one_sentence(driven):
    workers, store, _, start, _, ended = driven
    workers.dies_in = {list(keys_in_order(store.config))[4]: 99}
    start(2).join(30)
    [error] = ended
    assert "died 3 times at the same place" in str(error)


def test_what_a_worker_cannot_do_is_raised_to_the_walker(driven):
    workers, store, _, start, _, ended = driven
    workers.fails_in = {list(keys_in_order(store.config))[5]: Failed(PoolError("no such pool"))}
    start(2).join(30)
    assert str(ended[0]) == "no such pool"


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="dance"):
        RunControl().say("dance")
