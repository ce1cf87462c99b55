"""A worker process with its libraries loaded, kept ready so that the next run starts at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from alcore.server.runners import ChildRunner
from alcore.server.watched_child import HungChildError
from alcore.server.worker_process import WorkerProcess


class SpareWorker:
    """At most one process that waits. All methods may be called from any thread and return at once."""

    def __init__(self, on_devices: Callable[[list[str]], None], *, is_wanted: Callable[[], bool]) -> None:
        """Nothing is started yet.

        Args:
            on_devices: hears the devices that a worker found.
            is_wanted: asked again before one is started.
        """
        self._on_devices, self._is_wanted = on_devices, is_wanted
        self._guard = threading.RLock()
        self._process: WorkerProcess | None = None
        self._is_due = self._is_closed = False

    def keep(self, *, after: float) -> None:
        """Keep one; if there is none yet, it is started after some seconds."""
        with self._guard:
            if self._process is not None or self._is_due:
                return
            self._is_due = True
            timer = threading.Timer(after, self._start)
            timer.name, timer.daemon = "alcore-spare", True
            timer.start()

    def _start(self) -> None:
        with self._guard:
            self._is_due = False
            if self._process is not None or self._is_closed or not self._is_wanted():
                return
            process = self._process = WorkerProcess(self._on_devices)
        with suppress(HungChildError):  # it is gone then, and the next caller starts another
            process.wait_until_ready()

    def take(self) -> ChildRunner:
        """A runner with the process that waits, or with a new one; after its run that waits here again."""
        with self._guard:
            process, self._process = self._process, None
        if process is None or not process.is_alive:
            process = WorkerProcess(self._on_devices)
        return ChildRunner(process, on_end=self._take_back)

    def _take_back(self, process: WorkerProcess) -> None:
        with self._guard:
            if self._process is None and not self._is_closed and process.is_alive:
                self._process = process
                return
        threading.Thread(target=process.kill, name="alcore-end", daemon=True).start()

    def close(self) -> list[WorkerProcess]:
        """Keep none any more; returns the waiting one, to be ended. Idempotent."""
        with self._guard:
            self._is_closed = True
            return [] if self._process is None else [self._process]
