"""Run, pause, step and stop: said by one thread, obeyed by the one that walks the run."""

from __future__ import annotations

import threading
from collections.abc import Callable

COMMANDS = ("run", "pause", "step", "stop")


class Stopped(Exception):
    """Raised to leave a run that a user stopped; finished cycles stay."""


class RunControl:
    """The latest command, and what the run does about it.

    `pause` holds the work where it is, `step` lets all strategies finish a cycle and then holds, `stop` ends
    the run, `run` lets it go on.
    """

    def __init__(self, on_change: Callable[[str], None] = lambda _: None) -> None:
        """`on_change` hears "paused" and "running" from the walking thread, when it is so."""
        self._on_change = on_change
        self._command = "run"
        self._guard = threading.Lock()
        self._is_paused = False

    @property
    def command(self) -> str:
        """The latest command; `run` at first."""
        return self._command

    def say(self, command: str) -> None:
        """Give a command, from any thread; ValueError for an unknown word."""
        if command not in COMMANDS:
            raise ValueError(f"unknown command {command!r}")
        with self._guard:
            if self._command != "stop":  # nothing calls a stopped run back
                self._command = command

    def cycle_finished(self) -> None:
        """Called by the walker when a step is done: it was one cycle, so a pause follows."""
        with self._guard:
            if self._command == "step":
                self._command = "pause"

    def note(self, *, is_paused: bool) -> None:
        """Called by the walker with what is so."""
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            self._on_change("paused" if is_paused else "running")
