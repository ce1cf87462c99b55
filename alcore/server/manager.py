"""The dashboard's runs: a background thread for each device, a queue before it, a child process behind it.

One manager per server, whatever the number of tabs. It survives the tabs; when the server ends, its workers
end too (their stdin closes), and the next manager shows their runs as interrupted.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from alcore.compute.events import RunProgress
from alcore.config import RunConfig
from alcore.errors import AlcoreError, StoreError
from alcore.event_log import tell
from alcore.experiment.run_identity import run_fingerprint
from alcore.server.follower import Follower
from alcore.server.home_holder import HomeHolder, holder_in_words
from alcore.server.index import RunIndex, RunRow, Status, tell_end
from alcore.server.lanes import Lanes
from alcore.server.live_runs import LiveRuns, is_live
from alcore.server.processes import starts_ahead
from alcore.server.runners import Runner
from alcore.server.spare import SpareWorker
from alcore.server.trash import Trash
from alcore.server.uploads import sweep_uploads
from alcore.storage.run_store import RunStore, delete_run
from alcore.wording import percent

_SECONDS_TO_CLOSE = 8


class RunManager:
    """Submits, follows and commands runs. All methods may be called from any thread and return at once."""

    def __init__(self, home: Path, *, make_runner: Callable[[], Runner] | None = None) -> None:
        """Open the home; runs that a dead server left behind become interrupted, or are queued again.

        Where another server holds the home, this one only watches: every method that changes something raises
        StoreError, which says who holds it.

        Args:
            home: ALCORE_HOME.
            make_runner: where runs run; by default child processes, of which one is kept ready unless
                the environment says otherwise.
        """
        self.index = RunIndex(home)
        self.devices: list[str] | None = None
        self._spare = SpareWorker(self._note_devices, is_wanted=self._wants_spare)
        self._keeps_spare = make_runner is None and starts_ahead()
        self._trash = Trash(self.index)
        self._lanes = Lanes(self._work_on, found=lambda: self.devices)
        self._follower = Follower(make_runner or self._spare.take)
        self.live = LiveRuns(
            self.index, self._lanes, self._follower, check=self._check_ours, queue=self._queue
        )
        self._guard = threading.RLock()
        self._closing = False
        self._holder = HomeHolder(home)
        with contextlib.suppress(StoreError):  # said when an action needs it
            self.claim_home()
        atexit.register(self.retire)

    def claim_home(self) -> str:
        """The other holder of the home, such as 'process 4711 on lab-pc'; '' if this server holds it.

        A home whose holder has ended is taken over.

        Raises:
            StoreError: the home cannot be written.
        """
        with self._guard:
            if self._holder.is_ours:
                return ""
            if self._closing or not self._holder.take():
                return holder_in_words(self.index.home)
            self._take_over()
            tell("home_held", home=str(self.index.home))
            return ""

    def _check_ours(self) -> None:
        if holder := self.claim_home():
            raise StoreError(
                f"{self.index.home} is held by another server ({holder}); use that one, or end it first"
            )

    def submit(self, config: RunConfig, name: str | None = None, *, owner: str = "") -> str:
        """Put a new run in its device's queue; returns its id.

        Args:
            owner: the name of who starts it.

        Raises:
            StoreError: its directory cannot be written.
        """
        self._check_ours()
        run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        RunStore.create(self.index.directory / run_id, config)
        self._add(run_id, config, name or default_name(config), owner)
        self._queue(run_id, config.device)
        tell("run_queued", run=run_id, visitor=owner or None, waiting=len(self.queue_of(config.device)) - 1)
        return run_id

    def _queue(self, run_id: str, device: str) -> None:
        """Let a run wait for its device; a live one makes room."""
        live = self._lanes.put(run_id, device)
        if live is not None:
            self.live.make_room(live)

    def _add(self, run_id: str, config: RunConfig, name: str, owner: str) -> None:
        try:
            self.index.add(run_id, name, Status.QUEUED, owner=owner, fingerprint=run_fingerprint(config))
        except StoreError:
            delete_run(self.index.directory / run_id)
            raise

    def resume(self, run_id: str) -> None:
        """Continue a stopped, failed or interrupted run from its last finished cycle."""
        self._check_ours()
        row = self._row(run_id)
        if not row.is_resumable:
            raise StoreError(f"the run is {row.status}, so there is nothing to resume")
        if is_live(run_id):
            self.live.resume(run_id)
            return
        device = self.store(run_id).config.device
        self.index.set_status(run_id, Status.QUEUED)
        self._queue(run_id, device)

    def request_ceiling(self, run_id: str) -> None:
        """Train a finished run's network on its full pools too.

        Raises:
            StoreError: the run is not finished, or its directory cannot be written.
        """
        self._check_ours()
        if not self._row(run_id).is_finished:
            raise StoreError("the run is not finished; its ceiling can be trained afterwards")
        store = self.store(run_id)
        store.request_ceiling()
        self.index.set_status(run_id, Status.QUEUED)
        self._queue(run_id, store.config.device)

    def command(self, run_id: str, command: str) -> None:
        """run, pause, step or stop a run that this server works on; a queued one can only be stopped."""
        self._check_ours()
        row = self._row(run_id)
        if self._follower.say(run_id, command):
            return
        if row.status == Status.QUEUED and command == "stop":
            self._list_with(run_id).set_status(run_id, Status.STOPPED)
        elif row.is_active and row.status != Status.QUEUED:
            raise StoreError("the run belongs to another server; use its dashboard")

    def progress(self, run_id: str) -> RunProgress | None:
        """The latest progress of a run that this server works on, or None."""
        return self._follower.progress(run_id)

    def is_stopping(self, run_id: str) -> bool:
        """Whether an active run of this server was asked to stop, and is still finishing a step."""
        return self._follower.is_stopping(run_id)

    def row(self, run_id: str) -> RunRow | None:
        """A run as it is listed, or a live one; None where there is none of that id."""
        return self._list_with(run_id).get(run_id)

    def _list_with(self, run_id: str) -> RunIndex | LiveRuns:
        return self.live if is_live(run_id) else self.index

    def store(self, run_id: str) -> RunStore:
        """Open the directory of a run, also of a live one."""
        return RunStore(self._list_with(run_id).place(run_id))

    def active(self) -> RunRow | None:
        """The active run, else the next in the queue, else None."""
        rows = [row for row in reversed(self.index.rows()) if row.is_active]
        return next((row for row in rows if row.status != Status.QUEUED), rows[0] if rows else None)

    def queue_of(self, device: str) -> list[RunRow]:
        """This server's active runs that a new run on the device would wait for.

        Returns:
            The active one, if any, then the waiting ones, in the order in which they will start.
        """
        turns = self._lanes.turns(self._lanes.of(device))
        rows = [row for row in self.index.rows() if row.is_active and row.id in turns]
        return sorted(rows, key=lambda row: (row.status == Status.QUEUED, turns[row.id]))

    def queue_with(self, run_id: str) -> list[RunRow]:
        """`queue_of` the device that an active run of this server is on or waits for; empty for any other.

        A live run waits for all of them, and for live ones that began before.
        """
        lane = self._lanes.lane_with(run_id)
        queue = self.queue_of(lane) if lane else []
        if lane and is_live(run_id):
            turns = self._lanes.turns(lane)
            live = [row for row in self.live.rows() if row.is_active and row.id in turns]
            queue += sorted(live, key=lambda row: (row.status == Status.QUEUED, turns[row.id]))
        return queue

    def delete(self, run_id: str) -> None:
        """Put a run with its directory into the trash; StoreError while it is active."""
        self._check_ours()
        if self._row(run_id).is_active:
            raise StoreError("the run is active; stop it before deleting it")
        self._trash.put(run_id)

    def undo_delete(self, run_id: str) -> None:
        """Take a run out of the trash; StoreError if it is no longer there."""
        self._check_ours()
        self._trash.take_back(run_id)

    def keep_spare(self, *, after: float = 0) -> None:
        """Have a worker with its libraries loaded, so that the next run begins at once.

        Args:
            after: seconds to wait first, so that loading does not take a core from a page being drawn.
        """
        if self._keeps_spare and self._holder.is_ours:
            self._spare.keep(after=after)

    def _wants_spare(self) -> bool:
        return not self._closing and self._follower.is_idle

    def retire(self) -> None:
        """End all workers as `close` does, but let the next server continue the active runs."""
        self.close(goes_on=True)

    def close(self, *, goes_on: bool = False) -> None:
        """End all workers, within ten seconds. Idempotent.

        Args:
            goes_on: put the active runs back into the queue; else they are interrupted.
        """
        self._closing = True
        in_hand = self._follower.close(goes_on=goes_on)
        kills = [one.kill for one in in_hand.values()] + [one.kill for one in self._spare.close()]
        if goes_on:
            for run_id in filter(self.index.get, in_hand):
                with contextlib.suppress(AlcoreError):  # such as a full disk: then it is interrupted
                    self.index.set_status(run_id, Status.QUEUED, "continues when the server is back")
        self._lanes.close()
        ends = [threading.Thread(target=kill, name="alcore-end") for kill in kills]
        for end in ends:
            end.start()
        for end in ends:
            end.join(_SECONDS_TO_CLOSE)
        self._holder.leave()

    def _work_on(self, run_id: str) -> None:
        """Work on a run in its lane's turn."""
        if is_live(run_id):
            self.live.follow(run_id)
        elif self._follower.follow(run_id, self.index):
            tell_end(self.index.get(run_id))
        self.keep_spare()

    def _note_devices(self, devices: list[str]) -> None:
        self.devices = devices

    def _row(self, run_id: str) -> RunRow:
        row = self.row(run_id)
        if row is None:
            raise StoreError(f"there is no run {run_id!r}; it may have been deleted")
        return row

    def _take_over(self) -> None:
        """Take over the last holder's runs: waiting ones wait again, the rest are interrupted."""
        self._trash.empty()
        sweep_uploads(self.index.home)
        self.live.sweep()
        for row in reversed(self.index.rows()):
            if not row.is_active:
                continue
            try:
                store = self.store(row.id)
                is_alive = store.is_being_run()
                if row.status == Status.QUEUED and not is_alive:
                    self._lanes.put(row.id, store.config.device)
                    continue
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
