"""The server's log: one line per event, about runs, imports, visitors and damaged files."""

import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.access import audit
from alcore.access.roles import Role, Visitor
from alcore.compute.events import Ended, StateChanged
from alcore.config import make_config
from alcore.data.importing.import_events import ImportEnded
from alcore.event_log import LogFormat, LogLevel, tell, warn, write_log
from alcore.server.child_job import Outcome
from alcore.server.import_queue import ImportJob, ImportQueue
from alcore.server.index import RunIndex
from alcore.server.manager import RunManager
from tests.conftest import SMALL
from tests.following import wait_for


@pytest.fixture
def log():
    """What is logged from here on, as JSON; the loggers are left as they were."""
    stream, root = io.StringIO(), logging.getLogger()
    before = list(root.handlers), logging.getLogger("alcore").level
    write_log(LogLevel.INFO, LogFormat.JSON, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before[0]
    logging.getLogger("alcore").setLevel(before[1])


@given(st.dictionaries(st.sampled_from(["run", "what", "reason"]), st.text() | st.integers() | st.none()))
def test_an_event_is_one_line_whatever_it_was_about(known):
    for form in LogFormat:
        stream, logger = io.StringIO(), logging.getLogger()
        before = list(logger.handlers)
        try:
            write_log(LogLevel.INFO, form, stream)
            tell("something_happened", **known)
        finally:
            logger.handlers[:] = before
            logging.getLogger("alcore").setLevel(logging.NOTSET)
        text = stream.getvalue()
        assert text.count("\n") == 1
        assert len(text.splitlines()) == 1
        assert "something_happened" in text
        if form == LogFormat.JSON:
            fields = json.loads(text)
            assert fields["level"] == "info"
            assert {name for name in known if known[name] is not None} == fields.keys() - {
                *("time", "level", "event")
            }


def test_lines_below_the_level_are_not_written_and_errors_come_whole():
    stream, logger = io.StringIO(), logging.getLogger()
    before = list(logger.handlers)
    try:
        write_log(LogLevel.WARNING, LogFormat.TEXT, stream)
        tell("run_started", run="a")
        warn("run_failed", run="a b", reason='said "no"\nand left')
        try:
            raise ValueError("a\nb")
        except ValueError:
            logging.getLogger("alcore.server.manager").exception("run %s broke off", "a")
    finally:
        logger.handlers[:] = before
        logging.getLogger("alcore").setLevel(logging.NOTSET)
    first, second = stream.getvalue().splitlines()
    assert first.endswith(r'warning run_failed run="a b" reason="said \"no\"\nand left"')
    assert "run a broke off" in second
    assert "Traceback" in second


class Scripted:
    """A runner that sends the given events."""

    says = ()

    def run(self, directory, on_event, *, is_live=False):
        for event in self.says:
            on_event(event)

    def say(self, command):
        pass

    kill = None


@pytest.mark.parametrize(
    ("says", "event", "level"),
    [
        ([StateChanged("running"), Ended("finished")], "run_finished", "info"),
        ([Ended("failed", "no space left")], "run_failed", "warning"),
        ([], "run_interrupted", "warning"),
    ],
)
def test_a_run_is_said_from_queue_to_end(home, log, monkeypatch, says, event, level):
    monkeypatch.setattr(Scripted, "says", says)
    manager = RunManager(home, make_runner=Scripted)
    try:
        run_id = manager.submit(make_config(SMALL), owner="ben")
        wait_for(lambda: len([line for line in log() if line.get("run") == run_id]) == 3, "its end")
    finally:
        manager.close()
    queued, started, ended = [line for line in log() if line.get("run") == run_id]
    assert (queued["event"], queued["visitor"], started["event"]) == ("run_queued", "ben", "run_started")
    assert (ended["event"], ended["level"], ended["visitor"]) == (event, level, "ben")
    if event == "run_failed":
        assert ended["reason"] == "no space left"


def test_refusals_imports_and_damage_are_said(home, log):
    audit.note(home, Visitor("vi", Role.VIEWER), "start_run", "synthetic", "only members may start runs")
    audit.note(home, None, "start_run", "synthetic", "done")
    job = ImportJob(name="tiles", folder=home / "uploads" / "1")
    ImportQueue(home)._end(job, Outcome(ImportEnded("failed", "mask.png is no image")))
    home.mkdir(exist_ok=True)
    (home / "runs.sqlite").write_bytes(b"no database at all" * 100)
    RunIndex(home)
    refused, done, failed, damaged = log()
    assert (refused["event"], refused["visitor"]) == ("action_refused", "vi")
    assert refused["reason"] == "only members may start runs"
    assert (done["event"], "visitor" in done) == ("action_done", False)
    assert (failed["event"], failed["data_set"]) == ("import_failed", "tiles")
    assert damaged["event"] == "damaged_file_set_aside"
    assert damaged["file"] == str(home / "runs.sqlite")
