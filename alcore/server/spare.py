"""A worker with its libraries loaded, kept ready so that the next run begins at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from alcore.server.runners import ChildRunner


class SpareWorker:
    """At most one worker that waits. All methods may be called from any thread and return at once."""

    def __init__(self, on_devices: Callable[[list[str]], None], *, is_wanted: Callable[[], bool]) -> None:
        """Nothing is started yet.

        Args:
            on_devices: hears the devices that a worker found.
            is_wanted: asked again when the time to start one has come.
        """
        self._on_devices, self._is_wanted = on_devices, is_wanted
        self._guard = threading.RLock()
        self._worker: ChildRunner | None = None
        self._is_due = False

    def keep(self, *, after: float) -> None:
        """Have one, started after some seconds where there is none yet."""
        with self._guard:
            if self._worker is not None or self._is_due:
                return
            self._is_due = True
            timer = threading.Timer(after, self._start)
            timer.name, timer.daemon = "alcore-spare", True
            timer.start()

    def _start(self) -> None:
        with self._guard:
            self._is_due = False
            if not self._is_wanted():
                return
            worker = self._worker = ChildRunner(self._on_devices)
        worker.wait_until_ready()

    def take(self) -> ChildRunner:
        """The one that waits, or a new one."""
        with self._guard:
            worker, self._worker = self._worker, None
        return worker if worker is not None and worker.is_alive else ChildRunner(self._on_devices)

    def waiting(self) -> list[ChildRunner]:
        """The one that waits, to be ended."""
        with self._guard:
            return [] if self._worker is None else [self._worker]
