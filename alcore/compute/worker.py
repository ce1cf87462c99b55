"""The child process that a run lives in: commands on stdin, events on stdout, one JSON object per line.

    python -m alcore worker RUN_DIR     works on that run
    python -m alcore worker -           loads its libraries, then waits for the directory on its first line

The events are those of `alcore.compute.events`; the last one says how the run ended. When stdin ends, its
owner has died: the worker leaves at once. That loses at most the cycle in hand, since a finished one is
committed whole.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from alcore.compute.capacity import Capacity
from alcore.compute.crew import Crew
from alcore.compute.events import Emit, Ended, EventWriter, Ready, StateChanged
from alcore.compute.execution import execute
from alcore.compute.run_control import COMMANDS, RunControl, Stopped
from alcore.errors import AlcoreError
from alcore.machine import give_way, usable_cores
from alcore.storage.run_store import RunStore

_ORPHANED = 3
_SECONDS_TO_LEAVE = 5


def work(directory: str) -> None:
    """Be the worker; see the module's text."""
    give_way()
    emit = EventWriter(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # what libraries print must not pass for events
    # Not sys.stdin: the thread that waits for commands would hold its lock when Python shuts down.
    commands = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  a descriptor, open to the end
    with Crew.of_processes(usable_cores()) as crew:
        emit(Ready(crew.warm_up()))
        if directory == "-":
            directory = commands.readline().rstrip("\n")
            if not directory:
                return  # the owner went away without a run for us
        control, is_orphaned = RunControl(lambda state: emit(StateChanged(state))), threading.Event()
        listener = (commands, control, is_orphaned)
        threading.Thread(target=_obey, args=listener, name="commands", daemon=True).start()
        ended = _outcome(Path(directory), lambda store: _execute(store, crew, control, emit))
    if not is_orphaned.is_set():
        emit(ended)


def _execute(store: RunStore, crew: Crew, control: RunControl, emit: Emit) -> None:
    crew.size = Capacity.here().workers_for(store.config)
    execute(store, control=control, emit=emit, crew=crew)


def _outcome(directory: Path, execute_in: Callable[[RunStore], None]) -> Ended:
    """Run, and say how it ended."""
    try:
        with (directory / "worker.log").open("ab") as log:
            os.dup2(log.fileno(), 2)
            os.dup2(log.fileno(), 1)
        execute_in(RunStore(directory))
    except Stopped:
        return Ended("stopped")
    except (AlcoreError, OSError) as error:
        return Ended("failed", str(error))
    except Exception as error:  # noqa: BLE001  a traceback is never the answer: it goes to the log
        traceback.print_exc()
        log_file = directory / "worker.log"
        return Ended("failed", f"{type(error).__name__}: {error}; full traceback in {log_file}")
    return Ended("finished")


def _obey(commands: TextIO, control: RunControl, is_orphaned: threading.Event) -> None:
    """Pass on commands. Their end means that the owner has died: leave, and at all events soon.

    The run is not told to be stopped then, but left as interrupted.
    """
    for line in commands:
        command = line.strip()
        if command in COMMANDS:
            control.say(command)
    is_orphaned.set()
    control.say("stop")
    time.sleep(_SECONDS_TO_LEAVE)
    os._exit(_ORPHANED)
