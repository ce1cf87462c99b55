"""The dashboard's runs: a background thread for each device, a queue before it, a child process behind it.

One manager per server, whatever the number of tabs. It survives the tabs; when the server ends, its workers
end too (their stdin closes), and the next manager shows their runs as interrupted.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from alcore.config import RunConfig
from alcore.errors import AlcoreError, StoreError
from alcore.runs.events import Ended, Event, Note, RunProgress, StateChanged
from alcore.runs.index import RunIndex, RunRow, Status
from alcore.runs.run_store import RunStore, delete_run
from alcore.runs.runners import ChildRunner, Runner
from alcore.wording import percent

_log = logging.getLogger(__name__)


class RunManager:
    """Submits, follows and commands runs. All methods may be called from any thread and return at once."""

    def __init__(self, home: Path, *, make_runner: Callable[[], Runner] | None = None) -> None:
        """Open the home; runs that a dead server left behind become interrupted.

        Args:
            home: ALCORE_HOME.
            make_runner: where runs run; by default child processes, of which one is kept ready.
        """
        self.index = RunIndex(home)
        self.devices: list[str] | None = None
        self._make_runner = make_runner or self._take_spare
        self._keeps_spare = make_runner is None
        self._lanes: dict[str, queue.SimpleQueue[str | None]] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._turns = itertools.count()
        self._runners: dict[str, Runner] = {}
        self._progress: dict[str, RunProgress] = {}
        self._spare: ChildRunner | None = None
        self._spare_is_due = False
        self._guard = threading.RLock()
        self._closing = False
        self._mark_interrupted()
        atexit.register(self.close)

    def submit(self, config: RunConfig, name: str | None = None) -> str:
        """Put a new run in its device's queue; returns its id.

        Raises:
            StoreError: its directory cannot be written.
        """
        run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        RunStore.create(self.index.directory / run_id, config)
        self._add(run_id, name or default_name(config))
        self._enqueue(run_id, config.device)
        return run_id

    def _add(self, run_id: str, name: str) -> None:
        try:
            self.index.add(run_id, name, Status.QUEUED)
        except StoreError:
            delete_run(self.index.directory / run_id)
            raise

    def resume(self, run_id: str) -> None:
        """Continue a stopped, failed or interrupted run from its last finished cycle."""
        row = self._row(run_id)
        if not row.is_resumable:
            raise StoreError(f"the run is {row.status}, so there is nothing to resume")
        device = self.store(run_id).config.device
        self.index.set_status(run_id, Status.QUEUED)
        self._enqueue(run_id, device)

    def request_ceiling(self, run_id: str) -> None:
        """Have a finished run's network trained on its full pools too.

        Raises:
            StoreError: the run is not finished, or its directory cannot be written.
        """
        if not self._row(run_id).is_finished:
            raise StoreError("the run is not finished; its ceiling can be trained afterwards")
        store = self.store(run_id)
        store.request_ceiling()
        self.index.set_status(run_id, Status.QUEUED)
        self._enqueue(run_id, store.config.device)

    def command(self, run_id: str, command: str) -> None:
        """run, pause, step or stop a run that this server works on; a queued one can only be stopped."""
        row = self._row(run_id)
        with self._guard:
            runner = self._runners.get(run_id)
        if runner is not None:
            runner.say(command)
        elif row.status == Status.QUEUED and command == "stop":
            self.index.set_status(run_id, Status.STOPPED)
        elif row.is_active and row.status != Status.QUEUED:
            raise StoreError("the run belongs to another server; use its dashboard")

    def progress(self, run_id: str) -> RunProgress | None:
        """The latest progress of a run that this server works on, or None."""
        return self._progress.get(run_id)

    def store(self, run_id: str) -> RunStore:
        """The run's directory."""
        return RunStore(self.index.directory / run_id)

    def active(self) -> RunRow | None:
        """The run being worked on, else the one next in the queue, else None."""
        rows = [row for row in reversed(self.index.rows()) if row.is_active]
        return next((row for row in rows if row.status != Status.QUEUED), rows[0] if rows else None)

    def queue_of(self, device: str) -> list[RunRow]:
        """This server's active runs that a new run on the device would wait for.

        Returns:
            The one being worked on, if any, then those that wait, in the order in which they begin.
        """
        lane = _lane_of(device)
        with self._guard:
            turns = {run_id: turn for run_id, (name, turn) in self._places.items() if name == lane}
        rows = [row for row in self.index.rows() if row.is_active and row.id in turns]
        return sorted(rows, key=lambda row: (row.status == Status.QUEUED, turns[row.id]))

    def queue_with(self, run_id: str) -> list[RunRow]:
        """`queue_of` the device that an active run of this server is on or waits for; empty for any other."""
        with self._guard:
            place = self._places.get(run_id)
        return self.queue_of(place[0]) if place else []

    def delete(self, run_id: str) -> None:
        """Remove a run and its directory; StoreError while it is active."""
        if self._row(run_id).is_active:
            raise StoreError("the run is active; stop it before deleting it")
        directory = self.index.directory / run_id
        if directory.exists():
            delete_run(directory)
        self.index.remove(run_id)

    def keep_spare(self, *, after: float = 0) -> None:
        """Have a worker with its libraries loaded, so that the next run begins at once.

        Args:
            after: seconds to wait first, so that loading does not take a core from a page being drawn.
        """
        with self._guard:
            if self._keeps_spare and self._spare is None and not self._spare_is_due:
                self._spare_is_due = True
                timer = threading.Timer(after, self._start_spare)
                timer.name, timer.daemon = "alcore-spare", True
                timer.start()

    def _start_spare(self) -> None:
        with self._guard:
            self._spare_is_due = False
            if self._closing or self._runners:
                return
            spare = self._spare = ChildRunner(self._note_devices)
        spare.wait_until_ready()

    def close(self) -> None:
        """End all workers. Idempotent; called when the server ends."""
        with self._guard:
            self._closing = True
            runners = [*self._runners.values(), *([self._spare] if self._spare else [])]
            lanes = list(self._lanes.values())
        for lane in lanes:
            lane.put(None)
        for runner in runners:
            runner.kill()

    def _enqueue(self, run_id: str, device: str) -> None:
        lane_name = _lane_of(device)
        with self._guard:
            if lane_name not in self._lanes:
                self._lanes[lane_name] = queue.SimpleQueue()
                threading.Thread(
                    target=self._work_off,
                    args=(self._lanes[lane_name],),
                    name=f"alcore-{lane_name}",
                    daemon=True,
                ).start()
            self._places[run_id] = lane_name, next(self._turns)
            self._lanes[lane_name].put(run_id)

    def _work_off(self, lane: queue.SimpleQueue[str | None]) -> None:
        """A lane's thread: one run after the other."""
        while (run_id := lane.get()) is not None:
            row = self.index.get(run_id)
            if row is None or row.status != Status.QUEUED or self._closing:
                continue
            try:
                self._follow(run_id)
            except Exception:  # noqa: BLE001  the lane must outlive one run's trouble, or all later ones wait for ever
                _log.exception("run %s broke off", run_id)
                with contextlib.suppress(AlcoreError):  # such as a disk that is still full
                    self.index.set_status(
                        run_id, Status.FAILED, "the server could not follow it; see its log"
                    )

    def _follow(self, run_id: str) -> None:
        if not self.index.begin(run_id):
            return  # it was stopped while it waited
        try:
            with self._guard:
                runner = self._runners[run_id] = self._make_runner()
            runner.run(self.index.directory / run_id, lambda event: self._hear(run_id, event))
        finally:
            with self._guard:
                self._runners.pop(run_id, None)
                self._progress.pop(run_id, None)
            row = self.index.get(run_id)
            if row is not None and row.is_active:
                self.index.set_status(
                    run_id, Status.INTERRUPTED, "its worker exited without reporting a result"
                )
            self.keep_spare()

    def _hear(self, run_id: str, event: Event) -> None:
        match event:
            case RunProgress():
                self._progress[run_id] = event
            case StateChanged(state):
                self.index.set_status(run_id, Status(state))
            case Note(message):
                row = self.index.get(run_id)
                if row is not None:
                    self.index.set_status(run_id, row.status, message)
            case Ended(status, message):
                row = self.index.get(run_id)
                if row is not None and row.is_active:
                    self.index.set_status(run_id, Status(status), message)

    def _take_spare(self) -> ChildRunner:
        spare, self._spare = self._spare, None
        return spare if spare is not None and spare.is_alive else ChildRunner(self._note_devices)

    def _note_devices(self, devices: list[str]) -> None:
        self.devices = devices

    def _row(self, run_id: str) -> RunRow:
        row = self.index.get(run_id)
        if row is None:
            raise StoreError(f"there is no run {run_id!r}; it may have been deleted")
        return row

    def _mark_interrupted(self) -> None:
        for row in self.index.rows():
            if not row.is_active:
                continue
            try:
                is_alive = self.store(row.id).is_being_run()
            except AlcoreError:
                is_alive = False
            if not is_alive:
                self.index.set_status(row.id, Status.INTERRUPTED, "the server ended while it was active")


def default_name(config: RunConfig) -> str:
    """A run's name until someone gives it another."""
    return (
        f"{config.dataset}, π₀ {percent(config.pool_prevalence)} → π₁ {percent(config.test_prevalence)}, "
        f"seed {config.seed}"
    )


def _lane_of(device: str) -> str:
    """Which queue a device's runs wait in: one per device."""
    if device == "auto":
        return "cuda:0" if Path("/dev/nvidia0").exists() else "cpu"
    return "cuda:0" if device == "cuda" else device
