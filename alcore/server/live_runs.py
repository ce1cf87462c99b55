"""Live runs: they follow the controls of a tab, which has one at a time, and go unless they are kept.

They are runs as any other, computed by the same code into the same files, but lie in ALCORE_HOME/live and are
on no list. They come after all others: an active one makes room as soon as another run waits for its device,
and continues afterwards. What a dead server left of them is removed by the next one.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from alcore.config import RunConfig
from alcore.errors import StoreError
from alcore.experiment.run_identity import run_fingerprint
from alcore.server.follower import Follower
from alcore.server.index import RunIndex, RunRow, Status
from alcore.server.lanes import Lanes
from alcore.storage.run_store import RunStore, delete_run, move_run

_PREFIX = "live-"
_MOST_WAITING, _MOST_AT_REST = 20, 8
_SECONDS_TO_STOP = 5


@dataclass
class _Live:
    """A live run. seat: the tab that it belongs to.

    makes_room: it is stopped only to continue later; is_leaving: it is about to be kept.
    """

    row: RunRow
    device: str
    seat: str
    makes_room: bool = False
    is_leaving: bool = False


class LiveRuns:
    """All live runs of a server, and a `RunList` of them.

    All methods may be called from any thread, and but `keep` return at once.
    """

    def __init__(
        self,
        index: RunIndex,
        lanes: Lanes,
        follower: Follower,
        *,
        check: Callable[[], None],
        queue: Callable[[str, str], None],
    ) -> None:
        """Nothing is written yet.

        Args:
            check: raises StoreError where this server may change nothing.
            queue: lets a run, by its id, wait for its device, as one that stays.
        """
        self._index, self._lanes, self._follower = index, lanes, follower
        self._check, self._queue = check, queue
        self._directory = index.home / "live"
        self._guard = threading.RLock()
        self._found: dict[str, _Live] = {}

    def sweep(self) -> None:
        """Remove the live runs that a dead server left."""
        for path in self._directory.glob("*"):
            _remove(path)

    def begin(self, run_id: str) -> bool:
        """Mark a queued run as running; False if it is no longer queued."""
        with self._guard:
            live = self._found.get(run_id)
            if live is None or live.row.status != Status.QUEUED or live.makes_room or live.is_leaving:
                return False
            self.set_status(run_id, Status.RUNNING)
            return True

    def get(self, run_id: str) -> RunRow | None:
        """One run, or None where it was dropped."""
        with self._guard:
            live = self._found.get(run_id)
        return None if live is None else live.row

    def set_status(self, run_id: str, status: str, message: str = "") -> None:
        """Change a run's status and message."""
        with self._guard:
            live = self._found.get(run_id)
            if live is None:
                return
            if live.makes_room and status == Status.STOPPED:
                status = Status.QUEUED
            live.row = replace(live.row, status=status, message=message)

    def place(self, run_id: str) -> Path:
        """The directory of a run."""
        return self._directory / kept_id(run_id)

    def rows(self) -> list[RunRow]:
        """All live runs, the oldest first."""
        with self._guard:
            return [live.row for live in self._found.values()]

    def start(self, config: RunConfig, name: str, *, seat: str, owner: str = "") -> str:
        """Drop the run of a tab, and start another in its place; returns its id.

        Args:
            seat: names the tab.
            owner: the name of who starts it.
        Raises:
            StoreError: its directory cannot be written, or too many wait.
        """
        self._check()
        self.drop(seat)
        self._tidy()
        run_id = f"{_PREFIX}{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        RunStore.create(self.place(run_id), config)
        row = RunRow(run_id, name, time.time(), Status.QUEUED, "", owner, fingerprint=run_fingerprint(config))
        with self._guard:
            self._found[run_id] = _Live(row, config.device, seat)
        self._lanes.put(run_id, config.device, yields=True)
        return run_id

    def _tidy(self) -> None:
        """Remove those that have ended and were shown the longest ago; StoreError where too many have not."""
        with self._guard:
            at_rest = [run_id for run_id, live in self._found.items() if not live.row.is_active]
            if len(self._found) - len(at_rest) >= _MOST_WAITING:
                raise StoreError(f"{_MOST_WAITING} live runs wait already; try again in a moment")
            gone = at_rest[: max(len(at_rest) - _MOST_AT_REST, 0)]
            for run_id in gone:
                del self._found[run_id]
        for run_id in gone:
            _remove(self.place(run_id))

    def of_seat(self, seat: str) -> RunRow | None:
        """The run of a tab, if it has one."""
        with self._guard:
            return next((live.row for live in self._found.values() if live.seat == seat), None)

    def drop(self, seat: str) -> None:
        """Drop the run of a tab, if it has one, in any state."""
        with self._guard:
            row = self.of_seat(seat)
            if row is None:
                return
            del self._found[row.id]
        self._lanes.forget(row.id)
        if not self._follower.say(row.id, "stop"):
            _remove(self.place(row.id))

    def leave(self, seat: str) -> None:
        """A tab was closed: its run stops; finished cycles can still be shown."""
        with self._guard:
            row = self.of_seat(seat)
            if row is None or not row.is_active:
                return
            self._found[row.id].makes_room = False
        self._lanes.forget(row.id)
        if not self._follower.say(row.id, "stop"):
            self.set_status(row.id, Status.STOPPED)

    def resume(self, run_id: str) -> None:
        """Continue a stopped live run."""
        with self._guard:
            live = self._found[run_id]
            live.makes_room = False
            self.set_status(run_id, Status.QUEUED)
        self._lanes.put(run_id, live.device, yields=True)

    def make_room(self, run_id: str) -> None:
        """Another run waits: stop this one, which continues afterwards."""
        with self._guard:
            live = self._found.get(run_id)
            if live is not None:
                live.makes_room = True
        self._follower.say(run_id, "stop")

    def follow(self, run_id: str) -> None:
        """A lane's turn: run one to its end, or until it is stopped."""
        self._follower.follow(run_id, self, is_live=True)
        with self._guard:
            live = self._found.get(run_id)
            goes_on = live is not None and live.makes_room and live.row.status == Status.QUEUED
        if live is None:
            _remove(self.place(run_id))
        elif goes_on:
            self.resume(run_id)

    def keep(self, run_id: str) -> str:
        """Make a live run an ordinary one, among the other runs and on their list; returns its new id.

        Where it has not been finished it is stopped first, and queued then.

        Raises:
            StoreError: it was dropped, does not stop, or cannot be moved; it is as it was then.
        """
        self._check()
        with self._guard:
            live = self._found.get(run_id)
            if live is None:
                raise StoreError("that live run no longer exists; press Run to compute it again")
            live.makes_room, live.is_leaving = False, True
        self._lanes.forget(run_id)
        try:
            if not self._follower.stop(run_id, seconds=_SECONDS_TO_STOP):
                raise StoreError("the run is in use; try again in a moment")
            kept = self._move(live)
        except StoreError:
            live.is_leaving = False
            if live.row.status in (Status.QUEUED, Status.STOPPED):
                self.resume(run_id)
            raise
        with self._guard:
            self._found.pop(run_id, None)
        if not live.row.is_finished:
            self._queue(kept, live.device)
        return kept

    def _move(self, live: _Live) -> str:
        row, kept = live.row, kept_id(live.row.id)
        status = Status.FINISHED if row.is_finished else Status.QUEUED
        move_run(self.place(row.id), self._index.place(kept))
        try:
            self._index.add(kept, row.name, status, owner=row.owner, fingerprint=row.fingerprint)
        except StoreError:
            move_run(self._index.place(kept), self.place(row.id))
            raise
        return kept


def is_live(run_id: str) -> bool:
    """Whether an id is that of a live run."""
    return run_id.startswith(_PREFIX)


def kept_id(run_id: str) -> str:
    """The id that a live run has once it is kept; any other's is its own."""
    return run_id.removeprefix(_PREFIX)


def _remove(directory: Path) -> None:
    with contextlib.suppress(StoreError):  # the process that still works on it, or the next server, does it
        if directory.exists():
            delete_run(directory)
