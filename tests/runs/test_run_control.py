import threading

import pytest

from alcore.runs.run_control import RunControl, Stopped
from tests.runs.helpers import wait_for


@pytest.fixture
def driven():
    """A control with a loop of five cycles of two steps behind it; yields (control, passed, states)."""
    states, passed = [], []
    control = RunControl(states.append)
    allowed = threading.Semaphore(0)

    def loop():
        try:
            for cycle in range(5):
                for step in range(2):
                    allowed.acquire()
                    control.wait()
                    passed.append((cycle, step))
                control.cycle_finished()
        except Stopped:
            passed.append("stopped")

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    yield control, passed, states, lambda n=1: [allowed.release() for _ in range(n)]
    control.say("stop")
    allowed.release(20)
    thread.join(5)
    assert not thread.is_alive()


def test_it_holds_where_it_is_and_goes_on(driven):
    control, passed, states, allow = driven
    allow()
    wait_for(lambda: len(passed) == 1, "the first step")
    control.say("pause")
    allow()
    wait_for(lambda: states == ["paused"], "the pause")
    assert len(passed) == 1
    control.say("run")
    wait_for(lambda: len(passed) == 2, "the second step")
    assert states == ["paused", "running"]


def test_a_step_is_one_cycle(driven):
    control, passed, states, allow = driven
    control.say("step")
    allow(10)
    wait_for(lambda: states == ["paused"], "the pause after the cycle")
    assert passed == [(0, 0), (0, 1)]
    control.say("step")
    wait_for(lambda: states == ["paused", "running", "paused"], "the next pause")
    assert passed[2:] == [(1, 0), (1, 1)]


def test_stop_also_frees_what_is_paused_and_is_final(driven):
    control, passed, states, allow = driven
    control.say("pause")
    allow()
    wait_for(lambda: states == ["paused"], "the pause")
    control.say("stop")
    control.say("run")
    wait_for(lambda: passed == ["stopped"], "the stop")
    assert states == ["paused"], "it never ran again"


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="dance"):
        RunControl().say("dance")
