"""Two places to walk a run in: a child process (the default), or the calling thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from alcore.compute.crew import Crew
from alcore.compute.events import Emit, Ended, Note, StateChanged
from alcore.compute.execution import execute
from alcore.compute.run_control import RunControl, Stopped
from alcore.compute.worker import FOLLOW, TAKE
from alcore.errors import AlcoreError
from alcore.server.watched_child import HungChildError
from alcore.server.worker_process import WorkerProcess
from alcore.storage.run_store import RunStore

_SECONDS_TO_BEGIN = 5


class Runner(Protocol):
    """Runs one run. The last event says how it ended; without one it was interrupted."""

    def run(self, directory: Path, on_event: Emit, *, is_live: bool = False) -> None:
        """Run to the end, calling `on_event` from this thread; `is_live` as of `execute`."""
        ...

    def say(self, command: str) -> None:
        """Pass on a command (see `alcore.compute.run_control`), from any thread."""
        ...

    def kill(self) -> None:
        """End it now, from any thread; the run is then interrupted."""
        ...


class ChildRunner:
    """Lets a worker process work on one run."""

    def __init__(
        self,
        process: WorkerProcess | None = None,
        *,
        on_end: Callable[[WorkerProcess], None] = WorkerProcess.kill,
    ) -> None:
        """Nothing is handed over yet.

        Args:
            process: by default a new one.
            on_end: takes the process back after the run, whether it lives or not; by default it is ended.
        """
        self._process, self._on_end = process or WorkerProcess(), on_end
        self._saying = threading.Lock()
        self._has_run = threading.Event()
        self._is_over = False

    def run(self, directory: Path, on_event: Emit, *, is_live: bool = False) -> None:
        """Hand the run over and pass on its events until it has ended."""
        order = f"{FOLLOW if is_live else TAKE} {directory}"
        self._process.tell(order)
        self._has_run.set()
        try:
            self._follow(on_event)
        except HungChildError as error:
            on_event(Note(f"{error}; it was ended, and another one continues from the last finished cycle"))
            self._begin_again(order, on_event)
        except BaseException:  # the listener broke off: the process still works on the run
            self._process.kill()
            raise
        self._on_end(self._process)

    def _begin_again(self, order: str, on_event: Emit) -> None:
        """Let another process continue the run; if a second one hangs, the run ends."""
        with self._saying:
            self._process = WorkerProcess()
            self._process.tell(order)
        try:
            self._follow(on_event)
        except HungChildError as error:
            on_event(Ended("interrupted", f"{error}, and so did the one before; resume the run"))

    def _follow(self, on_event: Emit) -> None:
        for event in self._process.events():
            if isinstance(event, Ended):
                with self._saying:  # from here on a command would reach the process's next run
                    self._is_over = True
            on_event(event)

    def say(self, command: str) -> None:
        """Pass on a command once the run has been handed over; a run that has ended ignores it."""
        if self._has_run.wait(_SECONDS_TO_BEGIN):
            with self._saying:
                if not self._is_over:
                    self._process.tell(command)

    def kill(self) -> None:
        """End the process."""
        self._process.kill()


class ThreadRunner:
    """Walks in the calling thread, with one worker in a thread beside it.

    For tests, and where child processes are not available.
    """

    def __init__(self) -> None:
        self._on_event: Emit = lambda _: None
        self._control = RunControl(lambda state: self._on_event(StateChanged(state)))

    def run(self, directory: Path, on_event: Emit, *, is_live: bool = False) -> None:
        """Run to the end in this thread."""
        self._on_event = on_event
        try:
            with Crew.of_thread() as crew:
                execute(RunStore(directory), control=self._control, emit=on_event, crew=crew, is_live=is_live)
        except Stopped:
            on_event(Ended("stopped"))
        except (AlcoreError, OSError) as error:
            on_event(Ended("failed", str(error)))
        else:
            on_event(Ended("finished"))

    def say(self, command: str) -> None:
        """Pass the command on to the loop."""
        self._control.say(command)

    def kill(self) -> None:
        """A thread cannot be killed; it is stopped."""
        self._control.say("stop")
