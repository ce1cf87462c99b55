"""Two places to walk a run in: a child process (the default), or the calling thread."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from alcore.compute.crew import Crew
from alcore.compute.events import Emit, Ended, Ready, StateChanged, from_line
from alcore.compute.execution import execute
from alcore.compute.run_control import RunControl, Stopped
from alcore.errors import AlcoreError, StoreError
from alcore.server.processes import alcore_command, child_environment
from alcore.storage.run_store import RunStore

_SECONDS_TO_LEAVE = 5


class Runner(Protocol):
    """Runs one run. The last event says how it ended; without one it was interrupted."""

    def run(self, directory: Path, on_event: Emit) -> None:
        """Run to the end, calling `on_event` from this thread."""
        ...

    def say(self, command: str) -> None:
        """Pass on a command (see `alcore.compute.run_control`), from any thread."""
        ...

    def kill(self) -> None:
        """End it now, from any thread; the run is then interrupted."""
        ...


class ChildRunner:
    """A worker process that loads its libraries at once and waits for its run."""

    def __init__(self, on_ready: Callable[[list[str]], None] = lambda _: None) -> None:
        """Start the process; `on_ready` hears the devices that it found."""
        self._on_ready = on_ready
        self._saying, self._reading = threading.Lock(), threading.Lock()
        self._has_run = threading.Event()  # until then a command would be read as the run's directory
        self._is_ready = False
        self._process = subprocess.Popen(
            alcore_command("worker", "-"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # until it has a run, whose worker.log takes it
            text=True,
            encoding="utf-8",
            env=child_environment(),
            start_new_session=True,  # Ctrl-C in the server's terminal is the server's to handle
        )

        if self._process.stdin is None or self._process.stdout is None:
            raise StoreError("a worker process could not be given its pipes")  # cannot be: both are asked for
        self._commands, self._events = self._process.stdin, self._process.stdout

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Read the first event, which comes when the libraries are loaded; again is nothing."""
        with self._reading:
            line = "" if self._is_ready else self._events.readline()
            self._is_ready = True
        if line:
            event = from_line(line)
            if isinstance(event, Ready):
                self._on_ready(event.devices)

    def run(self, directory: Path, on_event: Emit) -> None:
        """Hand the run over and pass on its events until the process ends."""
        self._write(str(directory))
        self._has_run.set()
        self.wait_until_ready()
        for line in self._events:
            on_event(from_line(line))
        code = self._process.wait()
        if code:
            on_event(Ended("interrupted", f"the worker process exited with code {code}"))

    def say(self, command: str) -> None:
        """Pass on a command, once the run has been handed over."""
        if self._has_run.wait(_SECONDS_TO_LEAVE):
            self._write(command)

    def _write(self, line: str) -> None:
        """Write a line to the worker; one that has gone does not hear it."""
        with self._saying:
            try:
                self._commands.write(line + "\n")
                self._commands.flush()
            except (BrokenPipeError, ValueError):
                return

    def kill(self) -> None:
        """Close its stdin, at which it leaves; kill it if it does not."""
        with self._saying, contextlib.suppress(BrokenPipeError):  # it may have gone already
            self._commands.close()
        try:
            self._process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()


class ThreadRunner:
    """Walks in the calling thread, with one worker in a thread beside it.

    For tests, and where child processes are not available.
    """

    def __init__(self) -> None:
        self._on_event: Emit = lambda _: None
        self._control = RunControl(lambda state: self._on_event(StateChanged(state)))

    def run(self, directory: Path, on_event: Emit) -> None:
        """Run to the end in this thread."""
        self._on_event = on_event
        try:
            with Crew.of_thread() as crew:
                execute(RunStore(directory), control=self._control, emit=on_event, crew=crew)
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
