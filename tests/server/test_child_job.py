"""Children that babble, fall silent or are stopped end with a sentence, and nothing goes on running."""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import psutil
import pytest

from alcore.event_lines import ALIVE, HEARTBEAT, EventLines, LineWriter, beat_for_supervisor
from alcore.server import child_job, watched_child
from alcore.server.child_job import ChildJob, ChildQueue, Errand
from tests.following import wait_for


@dataclass(frozen=True)
class Step:
    event: ClassVar[str] = "progress"
    done: int


@dataclass(frozen=True)
class Over:
    event: ClassVar[str] = "ended"
    status: str


LINES = EventLines("the errand", Step, Over)
ERRAND = Errand(LINES, "the errand", ends=lambda event: isinstance(event, Over))


@pytest.fixture
def children(home, monkeypatch):
    """A queue whose children run a Python script instead of a command; looks are quick."""
    monkeypatch.setattr(watched_child, "_SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(watched_child, "_LOOKS_AT_STOPPED", 2)
    started = []

    def start(script, **environment):
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | environment,
        )
        started.append(child)
        return child

    monkeypatch.setattr(child_job, "start_child", start)
    queue = ChildQueue(home, ERRAND)
    queue.started = started
    yield queue
    queue.close()
    for child in started:
        child.wait(10)


def give(queue, script, **kwargs):
    job, ends = ChildJob(folder=queue.new_folder()), []

    def end(outcome):
        ends.append(outcome)
        return False

    queue.take(job, io.BytesIO(b"x"), lambda _: (script,), on_end=end, **kwargs)
    job.ends = ends
    return job


STEP, OVER = LINES.to_line(Step(1)), LINES.to_line(Over("finished"))
WAITS = "import time\nwhile True: time.sleep(0.01)"


def says(*lines):
    return "".join(f"print({line!r}, flush=True)\n" for line in lines)


def test_a_child_that_speaks_its_protocol_is_heard_to_the_end(children, home):
    job = give(children, says(STEP, ALIVE, OVER))
    wait_for(lambda: job.ends, "the end")
    assert job.progress == Step(1)
    assert (job.ends[0].event, job.ends[0].fault) == (Over("finished"), "")
    wait_for(lambda: not list((home / "uploads").iterdir()), "the upload's removal")


def test_a_line_that_is_no_event_ends_the_child_with_a_sentence(children):
    job = give(children, says(STEP, "Traceback (most recent call last)") + WAITS)
    wait_for(lambda: job.ends, "the end")
    assert "the errand sent a line that is no event: 'Traceback" in job.ends[0].fault
    assert children.started[0].wait(10) == -signal.SIGKILL


def test_a_child_that_was_stopped_is_begun_again_and_the_page_is_given_a_note(children, tmp_path):
    mark = tmp_path / "second time"
    script = (
        f"import os, pathlib, signal\nmark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n    mark.write_text('')\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
    ) + says(OVER)
    job = give(children, script)
    wait_for(lambda: job.ends, "the end")
    assert job.ends[0].event == Over("finished")
    assert job.note == "the errand was stopped from outside; it was ended and restarted"
    assert len(children.started) == 2


def test_a_stopped_grandchild_is_noticed_and_the_second_time_is_the_last(children, tmp_path):
    noted = tmp_path / "pids"
    script = (
        "import os, signal, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"os.kill(child.pid, signal.SIGSTOP)\nprint(child.pid, file=open({str(noted)!r}, 'a'))\n"
    ) + WAITS
    job = give(children, script)
    wait_for(lambda: job.ends, "the end")
    assert job.ends[0].fault.startswith("the errand was stopped from outside, twice")
    pids = [int(line) for line in noted.read_text().split()]
    assert len(pids) == 2
    wait_for(lambda: not any(map(is_there, pids)), "the stopped ones to have gone")


def is_there(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_silence_counts_where_signs_of_life_were_asked_for(children, monkeypatch):
    monkeypatch.setattr(watched_child, "SECONDS_OF_SILENCE", 0.2)
    job = give(children, WAITS)
    wait_for(lambda: job.ends, "the end")
    assert "the errand gave no sign of life for 0 seconds, twice" in job.ends[0].fault


def test_a_busy_child_without_signs_of_life_is_waited_for(children, monkeypatch):
    monkeypatch.setattr(watched_child, "SECONDS_OF_SILENCE", 0.0)
    monkeypatch.setattr(children, "_errand", Errand(LINES, "the errand", ERRAND.ends, beats=False))
    job = give(children, "import time\ntime.sleep(0.5)\n" + says(OVER))
    wait_for(lambda: job.ends, "the end")
    assert job.ends[0].event == Over("finished")


def test_a_job_that_is_cancelled_before_its_turn_starts_no_child(children):
    first = give(children, WAITS)
    second = give(children, says(OVER))
    children.cancel(second)
    wait_for(lambda: first.child is not None, "the first child")
    children.cancel(first)
    wait_for(lambda: first.ends and second.ends, "both ends")
    assert len(children.started) == 1
    assert second.ends[0].fault == "the errand was cancelled"


def test_signs_of_life_come_from_a_thread_and_only_if_asked_for(monkeypatch):
    quiet = io.StringIO()
    monkeypatch.delenv(HEARTBEAT, raising=False)
    beat_for_supervisor(LineWriter(quiet))
    asked = io.StringIO()
    monkeypatch.setenv(HEARTBEAT, "1")
    beat_for_supervisor(LineWriter(asked))
    wait_for(asked.getvalue, "the first sign")
    assert json.loads(asked.getvalue().splitlines()[0]) == {"event": "alive"}
    assert quiet.getvalue() == ""
    asked.close()
