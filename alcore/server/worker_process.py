"""A worker as its owner sees it: a process with its libraries loaded, which takes one run after the other."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator

from alcore.compute.events import Ended, Event, Ready, from_line
from alcore.errors import StoreError
from alcore.event_lines import HEARTBEAT
from alcore.server.processes import alcore_command, child_environment
from alcore.server.watched_child import WatchedChild

_SECONDS_TO_LEAVE = 5


class WorkerProcess:
    """The process, and the pipes to it. It loads its libraries at once."""

    def __init__(self, on_ready: Callable[[list[str]], None] = lambda _: None) -> None:
        """Start the process; `on_ready` hears the devices that it found."""
        self._on_ready = on_ready
        self._saying, self._reading = threading.Lock(), threading.Lock()
        self._is_ready = False
        self._process = subprocess.Popen(
            alcore_command("worker", "-"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # until it has a run, whose worker.log takes it
            text=True,
            encoding="utf-8",
            env=child_environment(**{HEARTBEAT: "1"}),
            start_new_session=True,  # Ctrl-C in the server's terminal is the server's to handle
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise StoreError("a worker process could not be given its pipes")  # cannot be: both are asked for
        self._orders = self._process.stdin
        self._watched = WatchedChild(self._process, what="the worker process")

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Read the first event, which comes when the libraries are loaded; again is nothing.

        Raises:
            HungChildError: it hung while it loaded them, and has been ended.
        """
        with self._reading:
            line = "" if self._is_ready else next(self._watched.lines(), "")
            self._is_ready = True
        if line:
            event = from_line(line)
            if isinstance(event, Ready):
                self._on_ready(event.devices)

    def tell(self, order: str) -> None:
        """Send an order, see `alcore.compute.worker`; a process that has gone ignores it."""
        with self._saying:
            try:
                self._orders.write(order + "\n")
                self._orders.flush()
            except (BrokenPipeError, ValueError):
                return

    def events(self) -> Iterator[Event]:
        """The events of the run that was handed over; `Ended` is always the last.

        Raises:
            HungChildError: it hung, and has been ended with its own workers.
        """
        self.wait_until_ready()
        for line in self._watched.lines():
            event = from_line(line)
            yield event
            if isinstance(event, Ended):
                return
        code = self._process.wait()
        yield Ended("interrupted", f"the worker process exited with code {code}")

    def kill(self) -> None:
        """Close its stdin, at which it leaves; kill it if it does not."""
        with self._saying, contextlib.suppress(BrokenPipeError):  # it may have gone already
            self._orders.close()
        try:
            self._process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
