"""The child process that a run lives in: commands on stdin, events on stdout, one JSON object a line.

    python -m alcore worker RUN_DIR     works on that run
    python -m alcore worker -           loads its libraries, then waits for the directory on its first line

Events: ready {devices}, state {state: running | paused}, progress, record, and last one of finished,
stopped, failed {message}. When stdin ends, its owner has died: the worker leaves at once. That loses at most
the cycle in hand, since a finished one is committed whole.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TextIO

from alcore.errors import AlcoreError
from alcore.runs.run_control import COMMANDS, RunControl, Stopped
from alcore.runs.run_store import RunStore

_NICENESS = 10  # the page comes first
_SECONDS_BETWEEN_PROGRESS = 0.1
_ORPHANED = 3


class EventWriter:
    """Writes events; of progress within one phase, at most ten a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._writing = stream, threading.Lock()
        self._last_phase: tuple | None = None
        self._last_time = 0.0

    def __call__(self, event: dict[str, object]) -> None:
        if event["event"] == "progress" and self._is_too_soon(event):
            return
        with self._writing:
            self._stream.write(json.dumps(event) + "\n")
            self._stream.flush()

    def _is_too_soon(self, event: dict[str, object]) -> bool:
        phase = tuple(event[name] for name in ("strategy", "repetition", "cycle", "phase"))
        soon = phase == self._last_phase and time.monotonic() - self._last_time < _SECONDS_BETWEEN_PROGRESS
        if not soon:
            self._last_phase, self._last_time = phase, time.monotonic()
        return soon


def work(directory: str) -> None:
    """Be the worker; see the module's text. Leaves by sys.exit or os._exit."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    emit = EventWriter(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # what libraries print must not pass for events
    from alcore.learning.devices import available_devices  # here, so that a waiting worker loads torch first
    from alcore.runs.execution import execute

    emit({"event": "ready", "devices": available_devices()})
    if directory == "-":
        directory = sys.stdin.readline().rstrip("\n")
        if not directory:
            return  # the owner went away without a run for us
    control = RunControl(lambda state: emit({"event": "state", "state": state}))
    threading.Thread(target=_obey, args=(control,), name="commands", daemon=True).start()
    emit(_outcome(Path(directory), lambda store: execute(store, control=control, emit=emit)))
    sys.stderr.flush()
    os._exit(0)  # torch's threads and the command reader need no farewell


def _outcome(directory: Path, execute_in) -> dict[str, object]:
    """Run, and say in one event how it ended."""
    try:
        with (directory / "worker.log").open("ab") as log:
            os.dup2(log.fileno(), 2)
            os.dup2(log.fileno(), 1)
        execute_in(RunStore(directory))
    except Stopped:
        return {"event": "stopped"}
    except (AlcoreError, OSError) as error:
        return {"event": "failed", "message": str(error)}
    except Exception as error:
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}; the whole story is in {directory / 'worker.log'}"
        return {"event": "failed", "message": message}
    return {"event": "finished"}


def _obey(control: RunControl) -> None:
    for line in sys.stdin:
        command = line.strip()
        if command in COMMANDS:
            control.say(command)
    os._exit(_ORPHANED)
