"""Following runs: each is started in its turn, controlled while it is active, and recorded."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from alcore.compute.events import Ended, Event, Note, RunProgress, StateChanged
from alcore.errors import AlcoreError
from alcore.event_log import tell
from alcore.server.index import RunRow, Status
from alcore.server.runners import Runner

_log = logging.getLogger(__name__)


class RunList(Protocol):
    """A list of runs that keeps their status."""

    def get(self, run_id: str) -> RunRow | None:
        """The run of that id, or None."""
        ...

    def begin(self, run_id: str) -> bool:
        """Mark a queued run as running; False if it is no longer queued."""
        ...

    def set_status(self, run_id: str, status: str, message: str = "") -> None:
        """Change a run's status and message."""
        ...

    def place(self, run_id: str) -> Path:
        """The directory of a run."""
        ...


class Follower:
    """The active runs. Methods may be called from any thread; all but `follow` and `stop` return at once."""

    def __init__(self, make_runner: Callable[[], Runner]) -> None:
        """`make_runner`: where a run runs."""
        self._make_runner = make_runner
        self._news = threading.Condition(threading.RLock())
        self._runners: dict[str, Runner] = {}
        self._progress: dict[str, RunProgress] = {}
        self._stopping: set[str] = set()
        self._is_closing = self._goes_on = False

    @property
    def is_idle(self) -> bool:
        """Whether no run is active."""
        return not self._runners

    def progress(self, run_id: str) -> RunProgress | None:
        """The latest progress of an active run, or None."""
        return self._progress.get(run_id)

    def is_stopping(self, run_id: str) -> bool:
        """Whether the current run was asked to stop but has not stopped yet."""
        return run_id in self._stopping

    def say(self, run_id: str, command: str) -> bool:
        """Pass a command on to an active run; False if it is not active."""
        with self._news:
            runner = self._runners.get(run_id)
            if runner is not None and command == "stop":
                self._stopping.add(run_id)
        if runner is not None:
            runner.say(command)
        return runner is not None

    def stop(self, run_id: str, *, seconds: float) -> bool:
        """Stop a run and wait; returns whether it has ended within so many seconds."""
        self.say(run_id, "stop")
        with self._news:
            return self._news.wait_for(lambda: run_id not in self._runners, seconds)

    def follow(self, run_id: str, runs: RunList, *, is_live: bool = False) -> bool:
        """Run a queued run to its end, in this thread; raises nothing, or all later runs would wait for ever.

        Args:
            runs: the list that it is on.
            is_live: as of `execute`.
        Returns:
            Whether it was started; a run that was stopped while it waited is not.
        """
        try:
            return self._follow(run_id, runs, is_live=is_live)
        except Exception:  # noqa: BLE001  whatever it is, the lane must outlive it
            _log.exception("run %s broke off", run_id)
            with contextlib.suppress(AlcoreError):  # such as a disk that is still full
                runs.set_status(run_id, Status.FAILED, "the server could not follow it; see its log")
            return True

    def _follow(self, run_id: str, runs: RunList, *, is_live: bool) -> bool:
        with self._news:  # a command finds it either waiting or active
            if self._is_closing or not runs.begin(run_id):
                return False
            runner = self._runners[run_id] = self._make_runner()
        if not is_live:
            tell("run_started", run=run_id)
        try:
            runner.run(runs.place(run_id), lambda event: self._hear(run_id, runs, event), is_live=is_live)
        finally:
            row = runs.get(run_id)
            if row is not None and row.is_active and row.status != Status.QUEUED and not self._goes_on:
                runs.set_status(run_id, Status.INTERRUPTED, "its worker exited without reporting a result")
            with self._news:
                self._runners.pop(run_id, None)
                self._stopping.discard(run_id)
                self._progress.pop(run_id, None)
                self._news.notify_all()
        return True

    def _hear(self, run_id: str, runs: RunList, event: Event) -> None:
        if self._goes_on:  # its last events are about this server, not about the run
            return
        match event:
            case RunProgress():
                self._progress[run_id] = event
            case StateChanged(state):
                runs.set_status(run_id, Status(state))
            case Note(message):
                row = runs.get(run_id)
                if row is not None:
                    runs.set_status(run_id, row.status, message)
            case Ended(status, message):
                row = runs.get(run_id)
                if row is not None and row.is_active:
                    runs.set_status(run_id, Status(status), message)

    def close(self, *, goes_on: bool = False) -> dict[str, Runner]:
        """Start no more runs; stop following active ones that continue, and return them. Idempotent."""
        with self._news:
            self._is_closing, self._goes_on = True, self._goes_on or goes_on
            return dict(self._runners)
