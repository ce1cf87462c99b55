"""The child process that computes runs: orders on stdin, events on stdout, one JSON object per line.

    python -m alcore worker RUN_DIR     works on that run, and ends
    python -m alcore worker -           loads its libraries, then takes one run after the other

Orders are lines. `take RUN_DIR` hands a run over, and `follow RUN_DIR` one that is only watched, see
`execute`; run, pause, step and stop are about the current run. Events are those of `alcore.compute.events`:
`ready` when the libraries are loaded, and `ended` last of all of each run. When stdin ends, the owner has
died: the worker leaves at once. At most the current cycle is lost, since a finished one is committed whole.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from dataclasses import dataclass
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

TAKE, FOLLOW = "take", "follow"
"""Orders that hand a run over, the second a live one."""

_ORPHANED = 3
_SECONDS_TO_LEAVE = 5


@dataclass(frozen=True)
class _Task:
    """A run to be worked on, and what commands about it reach."""

    directory: Path
    control: RunControl
    is_live: bool = False


class _Orders:
    """The owner's orders, read by a thread: runs to take, and commands about the current one."""

    def __init__(self, lines: TextIO, emit: Emit) -> None:
        self._lines, self._emit = lines, emit
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._control: RunControl | None = None
        self.is_orphaned = threading.Event()

    def listen(self) -> None:
        """Start the thread that reads orders."""
        threading.Thread(target=self._hear, name="orders", daemon=True).start()

    def next(self) -> _Task | None:
        """Wait for the next run; None once the owner is gone."""
        return self._tasks.get()

    def take(self, directory: Path, *, is_live: bool = False) -> None:
        """Let a run be the next; commands are about it from now on."""
        self._control = RunControl(lambda state: self._emit(StateChanged(state)))
        self._tasks.put(_Task(directory, self._control, is_live))

    def end(self) -> None:
        """Note that no further run will come."""
        self._tasks.put(None)

    def _hear(self) -> None:
        """Pass orders on. Their end means that the owner has died: leave, and at all events soon.

        The current run is then left as interrupted, not stopped.
        """
        for line in self._lines:
            order, _, directory = line.rstrip("\n").partition(" ")
            if order in (TAKE, FOLLOW):
                self.take(Path(directory), is_live=order == FOLLOW)
            elif order in COMMANDS and self._control is not None:
                self._control.say(order)
        self.is_orphaned.set()
        self.end()
        if self._control is not None:
            self._control.say("stop")
        time.sleep(_SECONDS_TO_LEAVE)
        os._exit(_ORPHANED)


def work(directory: str) -> None:
    """Be the worker; see the module's text."""
    give_way()
    emit = EventWriter(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # what libraries print must not pass for events
    # Not sys.stdin: the thread that waits for orders would hold its lock when Python shuts down.
    lines = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  a descriptor, open to the end
    orders = _Orders(lines, emit)
    with Crew.of_processes(usable_cores()) as crew:
        emit(Ready(crew.warm_up()))
        if directory != "-":
            orders.take(Path(directory))
            orders.end()
        orders.listen()
        while (task := orders.next()) is not None:
            ended = _outcome(task, crew, emit)
            if orders.is_orphaned.is_set():
                return
            emit(ended)


def _outcome(task: _Task, crew: Crew, emit: Emit) -> Ended:
    """Run, and return the event that says how it ended."""
    try:
        with (task.directory / "worker.log").open("ab") as log:
            _print_to(log.fileno())
        _execute(task, crew, emit)
    except Stopped:
        return Ended("stopped")
    except (AlcoreError, OSError) as error:
        return Ended("failed", str(error))
    except Exception as error:  # noqa: BLE001  a traceback is never the answer: it goes to the log
        traceback.print_exc()
        log_file = task.directory / "worker.log"
        return Ended("failed", f"{type(error).__name__}: {error}; full traceback in {log_file}")
    finally:
        _leave(task, crew)
    return Ended("finished")


def _execute(task: _Task, crew: Crew, emit: Emit) -> None:
    store = RunStore(task.directory)
    crew.size = Capacity.here().workers_for(store.config)
    execute(store, control=task.control, emit=emit, crew=crew, is_live=task.is_live)


def _leave(task: _Task, crew: Crew) -> None:
    """Be ready for another run. Only a live one leaves its workers behind, with what they have open: the next
    is likely to need the same, within the second. Those of any other may hold much memory.
    """
    if task.is_live:
        crew.give_up()
    else:
        crew.close()
    with Path(os.devnull).open("wb") as nowhere:
        _print_to(nowhere.fileno())


def _print_to(descriptor: int) -> None:
    for stream in (1, 2):
        os.dup2(descriptor, stream)
