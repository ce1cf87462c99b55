"""Run, pause, step and stop: said by one thread, obeyed by the one that runs the loop."""

from __future__ import annotations

import threading
from collections.abc import Callable

COMMANDS = ("run", "pause", "step", "stop")


class Stopped(Exception):
    """Raised by `RunControl.wait` to leave the loop; finished cycles stay."""


class RunControl:
    """Lets the loop pass, holds it, or turns it away.

    `pause` holds it where it is, `step` lets it finish the cycle of all strategies and then holds it, `stop`
    makes it raise Stopped, `run` lets it pass.
    """

    def __init__(self, on_change: Callable[[str], None] = lambda _: None) -> None:
        """`on_change` hears "paused" and "running" from the loop's thread, when it is so."""
        self._on_change = on_change
        self._command = "run"
        self._changed = threading.Condition()

    def say(self, command: str) -> None:
        """Give a command, from any thread; ValueError for an unknown word."""
        if command not in COMMANDS:
            raise ValueError(f"unknown command {command!r}")
        with self._changed:
            if self._command != "stop":  # nothing calls a stopped run back
                self._command = command
            self._changed.notify_all()

    def wait(self) -> None:
        """Called by the loop, often: returns, blocks while paused, or raises Stopped."""
        with self._changed:
            if self._command == "pause":
                self._on_change("paused")
                self._changed.wait_for(lambda: self._command != "pause")
                if self._command != "stop":
                    self._on_change("running")
            if self._command == "stop":
                raise Stopped

    def cycle_finished(self) -> None:
        """Called by the loop when all strategies have finished a cycle."""
        with self._changed:
            if self._command == "step":
                self._command = "pause"
