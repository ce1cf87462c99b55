"""Events between processes: frozen dataclasses, one JSON object per line, whose key `event` names the kind.

Each protocol (of a run, an import, a meter, a study) is one `EventLines` beside its dataclasses. Between
their lines a supervised child sends signs of life from a thread, so that a child that hangs differs from one
that is busy. It does so only if a supervisor asked: scripts that read `--json` see none.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Generic, TextIO, TypeVar

from alcore.errors import StoreError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HEARTBEAT = "ALCORE_HEARTBEAT"
"""The environment variable by which a supervisor asks a child for signs of life."""
ALIVE = '{"event": "alive"}'
"""A sign of life: the process runs, whatever its work is doing."""
_SECONDS_BETWEEN_BEATS = 2.0

E = TypeVar("E", bound="DataclassInstance")


class EventLines(Generic[E]):
    """One protocol: its kinds of events to lines, and back."""

    def __init__(
        self,
        sender: str,
        *kinds: type[E],
        error: type[Exception] = StoreError,
        renamed: Mapping[str, str] | None = None,
    ) -> None:
        """`sender` is what messages call the child, such as 'the import'; `error` is raised for bad lines.

        renamed: earlier names of keys and the present ones, so that old lines can still be read.
        """
        self._sender, self._error, self._renamed = sender, error, renamed or {}
        self._kinds: dict[str, Callable[..., E]] = {_name(kind): kind for kind in kinds}

    def to_line(self, event: E) -> str:
        """One line of JSON, without the line's end."""
        return json.dumps({"event": _name(event)} | asdict(event), ensure_ascii=False)

    def from_line(self, line: str) -> E:
        """The event that `to_line` wrote; raises the protocol's error for a line that holds none."""
        try:
            values = {self._renamed.get(key, key): value for key, value in json.loads(line).items()}
            return self._kinds[values.pop("event")](**values)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._error(f"{self._sender} sent a line that is no event: {line[:200]!r}") from None


def _name(event: object) -> str:
    """The name that a kind, and so each of its events, has in its class."""
    return str(getattr(event, "event"))  # noqa: B009  a class variable that the bound cannot name


class LineWriter:
    """Writes lines to a stream from several threads, each whole."""

    def __init__(self, stream: TextIO) -> None:
        """`stream` is flushed after each line."""
        self._stream, self._writing = stream, threading.Lock()

    def __call__(self, line: str) -> None:
        """Write one line."""
        with self._writing:
            self._stream.write(line + "\n")
            self._stream.flush()


def said_to_scripts() -> LineWriter:
    """A writer of lines to this process's output, with signs of life between them where asked for."""
    write = LineWriter(sys.stdout)
    beat_for_supervisor(write)
    return write


def beat_for_supervisor(write: Callable[[str], None]) -> None:
    """Send signs of life from a thread until the process ends, if its supervisor asked for them."""
    if not os.environ.get(HEARTBEAT):
        return

    def beat() -> None:
        try:
            while True:
                write(ALIVE)
                time.sleep(_SECONDS_BETWEEN_BEATS)
        except (OSError, ValueError):  # the supervisor has gone
            return

    threading.Thread(target=beat, name="alcore-heartbeat", daemon=True).start()
