"""Active runs: a command to one is known until the run has ended."""

import threading

from alcore.server.follower import Follower
from alcore.server.index import RunIndex


class Slow:
    """A runner that finishes a step after it was asked to stop."""

    def __init__(self):
        self.is_begun, self.may_end, self.said = threading.Event(), threading.Event(), []

    def run(self, *_, **__):
        self.is_begun.set()
        assert self.may_end.wait(60)

    def say(self, command):
        self.said.append(command)


def test_a_run_is_stopping_from_the_word_on_until_it_is_out_of_hand(home):
    index, runner = RunIndex(home), Slow()
    index.add("a-run", "run", "queued")
    follower = Follower(lambda: runner)
    assert not follower.say("a-run", "stop"), "it is not active"
    assert not follower.is_stopping("a-run")
    thread = threading.Thread(target=follower.follow, args=("a-run", index))
    thread.start()
    assert runner.is_begun.wait(60)
    follower.say("a-run", "pause")
    assert not follower.is_stopping("a-run")
    follower.say("a-run", "stop")
    assert follower.is_stopping("a-run")
    assert runner.said == ["pause", "stop"]
    runner.may_end.set()
    thread.join(60)
    assert not follower.is_stopping("a-run")
