import threading

import pytest

from alcore.runs.gate import Gate, Stopped
from tests.runs.helpers import wait_for


@pytest.fixture
def driven():
    """A gate with a loop of five cycles of two steps behind it; yields (gate, passed, states)."""
    states, passed = [], []
    gate = Gate(states.append)
    allowed = threading.Semaphore(0)

    def loop():
        try:
            for cycle in range(5):
                for step in range(2):
                    allowed.acquire()
                    gate.wait()
                    passed.append((cycle, step))
                gate.cycle_finished()
        except Stopped:
            passed.append("stopped")

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    yield gate, passed, states, lambda n=1: [allowed.release() for _ in range(n)]
    gate.say("stop")
    allowed.release(20)
    thread.join(5)
    assert not thread.is_alive()


def test_it_holds_where_it_is_and_goes_on(driven):
    gate, passed, states, allow = driven
    allow()
    wait_for(lambda: len(passed) == 1, "the first step")
    gate.say("pause")
    allow()
    wait_for(lambda: states == ["paused"], "the pause")
    assert len(passed) == 1
    gate.say("run")
    wait_for(lambda: len(passed) == 2, "the second step")
    assert states == ["paused", "running"]


def test_a_step_is_one_cycle(driven):
    gate, passed, states, allow = driven
    gate.say("step")
    allow(10)
    wait_for(lambda: states == ["paused"], "the pause after the cycle")
    assert passed == [(0, 0), (0, 1)]
    gate.say("step")
    wait_for(lambda: states == ["paused", "running", "paused"], "the next pause")
    assert passed[2:] == [(1, 0), (1, 1)]


def test_stop_also_frees_what_is_paused_and_is_final(driven):
    gate, passed, states, allow = driven
    gate.say("pause")
    allow()
    wait_for(lambda: states == ["paused"], "the pause")
    gate.say("stop")
    gate.say("run")
    wait_for(lambda: passed == ["stopped"], "the stop")
    assert states == ["paused"], "it never ran again"


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="dance"):
        Gate().say("dance")
