"""A task is one repetition of one cell. It does not know where it runs: a broker serves it."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alcore.compute import execution
from alcore.compute.run_control import Stopped
from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.errors import AlcoreError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.storage.run_store import RunStore
from alcore.study.ledger import FAILED, FINISHED, WAITING

_ENVIRONMENT = "environment.json"


@dataclass(frozen=True)
class Task:
    """One repetition of one cell. A rehearsal takes every step but trains nothing and leaves nothing."""

    cell: str
    config: RunConfig
    repetition: int
    rehearsal: bool = False

    @property
    def name(self) -> str:
        """The task's name in messages."""
        return f"repetition {self.repetition} of cell {self.cell}"


@dataclass(frozen=True)
class Outcome:
    """How a task ended: finished, failed, or waiting (it was stopped and can go on). Seconds of work."""

    task: Task
    status: str
    seconds: float = 0.0
    message: str = ""


class TaskBroker(Protocol):
    """Where a task gets its data and what it did before, and hands in what it made."""

    def patches(self, name: str) -> Patches:
        """An open data set; DataError where there is none of that name."""
        ...

    def fetch(self, task: Task) -> dict[str, bytes]:
        """The files of the run's directory that the task needs to continue, by relative path; or Stopped."""
        ...

    def deliver(self, task: Task, files: Mapping[str, bytes]) -> bool:
        """Keep files, by relative path, in the order given; false where the task shall stop."""
        ...


def perform(task: Task, broker: TaskBroker) -> Outcome:
    """Do the task in a scratch directory, handing in every cycle as it is finished; never raises."""
    started = time.monotonic()
    status, message = FINISHED, ""
    try:
        if not task.rehearsal:
            with tempfile.TemporaryDirectory(prefix="alcore-task-") as scratch:
                _perform(task, broker, Path(scratch) / "run")
    except Stopped:
        status = WAITING
    except (AlcoreError, OSError) as error:
        status, message = FAILED, str(error)
    except Exception as error:  # noqa: BLE001  the message carries the traceback to the ledger
        status, message = FAILED, f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
    return Outcome(task, status, time.monotonic() - started, message)


def _perform(task: Task, broker: TaskBroker, scratch: Path) -> None:
    store = RunStore.create(scratch, task.config)
    for name, content in broker.fetch(task).items():
        (scratch / name).write_bytes(content)

    def hand_in(key: CycleKey) -> None:
        parts = [scratch / _ENVIRONMENT, store.weights_path(key), store.record_path(key)]
        files = {path.relative_to(scratch).as_posix(): path.read_bytes() for path in parts if path.exists()}
        if not broker.deliver(task, files):
            raise Stopped

    patches = broker.patches(task.config.dataset)
    _train_missing(store, patches, task.repetition)
    execution.execute_repetition(store, patches, task.repetition, on_record=hand_in)


def _train_missing(store: RunStore, patches: Patches, repetition: int) -> None:
    """Train the models again that a finished run, whose records the cell took over, did not keep."""
    for strategy in store.config.strategies:
        done = [key for key in store.committed() if (key.repetition, key.strategy) == (repetition, strategy)]
        if done and done[-1].cycle < store.config.cycles and not store.weights_path(done[-1]).exists():
            # They load torch, as the work itself does, and the pages know tasks without doing any.
            from alcore.compute.scoring import last_model
            from alcore.learning.devices import compute_on_one_thread

            compute_on_one_thread()
            last_model(store, patches, done[-1], lambda *_: None, device=store.config.device)


def check_path(name: str) -> str:
    """The name, if it is a file of a run's directory; StoreError for any other."""
    parts = Path(name).parts
    if name != _ENVIRONMENT and not (len(parts) == 2 and parts[0] in ("records", "weights")):
        raise StoreError(f"a task handed in {name!r}, which is no file of a run")
    return name
