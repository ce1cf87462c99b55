"""A child whose lines are read, and that is ended if it hangs.

It hangs if it gives no sign of life for a while, where it sends them (see `alcore.event_lines`), or if
a process of its family was stopped, as by SIGSTOP, and stays so. A slow child does not count as one: signs of
life come from a thread, whatever the work is doing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from subprocess import Popen

import psutil

from alcore.errors import StoreError
from alcore.event_lines import ALIVE
from alcore.server.processes import end_child

SECONDS_OF_SILENCE = 25.0
"""Longer than a crew gives a worker of its own, which it replaces without the rest being disturbed."""
_SECONDS_BETWEEN_LOOKS = 2.0
_LOOKS_AT_STOPPED = 12


class HungChildError(StoreError):
    """A child that gave no sign of life for too long, or was stopped from outside. It has been ended."""


class WatchedChild:
    """A child of `start_child`, or one with a session of its own and a pipe for its lines."""

    def __init__(self, child: Popen[str], *, what: str, beats: bool = True) -> None:
        """Begin to listen.

        Args:
            what: messages call it so.
            beats: whether it was asked for signs of life, so that silence means something.
        """
        self._child, self._what, self._beats = child, what, beats
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._is_alive = False
        self._silent, self._stopped_looks, self._looked_at = 0.0, 0, time.monotonic()
        threading.Thread(target=self._listen, name="alcore-listen", daemon=True).start()

    def _listen(self) -> None:
        try:
            for line in self._child.stdout or ():
                self._is_alive = True
                if line.rstrip() != ALIVE:
                    self._said.put(line)
        finally:
            self._said.put(None)

    def lines(self) -> Iterator[str]:
        """Lines as they come, until the child has closed its output; may be left and taken up again.

        Raises:
            HungChildError: the child hung, and has been ended with its family.
        """
        while (line := self._next()) is not None:
            yield line

    def _next(self) -> str | None:
        while True:
            try:
                line = self._said.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                self._look()
                continue
            if line is None:
                self._said.put(None)  # later callers get the same answer
            elif time.monotonic() - self._looked_at > _SECONDS_BETWEEN_LOOKS:
                self._look()
            return line

    def _look(self) -> None:
        """Check the time since the last look; no more of it counts than was waited here.

        A machine that slept, or a server that was stopped, would otherwise mistake its own absence for the
        child's silence.
        """
        self._looked_at = time.monotonic()
        self._silent = 0.0 if self._is_alive else self._silent + _SECONDS_BETWEEN_LOOKS
        self._is_alive = False
        self._stopped_looks = self._stopped_looks + 1 if any_stopped(self._child.pid) else 0
        if self._stopped_looks >= _LOOKS_AT_STOPPED:
            self._give_up("was stopped from outside")
        if self._beats and self._silent >= SECONDS_OF_SILENCE:
            self._give_up(f"gave no sign of life for {SECONDS_OF_SILENCE:.0f} seconds")

    def end(self) -> None:
        """End it with its family, at once."""
        end_child(self._child)

    def wait(self) -> int:
        """Wait until it has exited; its exit code."""
        return self._child.wait()

    def _give_up(self, why: str) -> None:
        self.end()
        raise HungChildError(f"{self._what} {why}")


def any_stopped(pid: int) -> bool:
    """Whether a process or one of its descendants was stopped, as by SIGSTOP."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return False
    return any(is_stopped(member.pid) for member in family)


def is_stopped(pid: int) -> bool:
    """Whether that very process was stopped, whatever those below it do."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return False
