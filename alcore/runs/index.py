"""The list of the dashboard's runs: an SQLite file (WAL) in ALCORE_HOME, one row per run.

It holds what a page needs to list runs without opening their directories. Everything else about a run is in
its directory, and a directory without a row is adopted when the list is opened.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alcore.errors import AlcoreError, StoreError
from alcore.runs.files import make_directory
from alcore.runs.run_store import RunStore


class Status(StrEnum):
    """What a run is doing. Compare with plain strings: they outlive a reload of this module."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_active(self) -> bool:
        """Whether the run has, or waits for, a worker."""
        return self in (Status.QUEUED, Status.RUNNING, Status.PAUSED)

    @property
    def is_finished(self) -> bool:
        """Whether every cycle is done."""
        return self is Status.FINISHED

    @property
    def is_resumable(self) -> bool:
        """Whether the run stopped before its end and can continue from its last finished cycle."""
        return self in (Status.STOPPED, Status.FAILED, Status.INTERRUPTED)


_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL,
    status TEXT NOT NULL, message TEXT NOT NULL DEFAULT ''
)
"""


@dataclass(frozen=True)
class RunRow:
    """One run as listed. `created` is in seconds since 1970; `message` says why, after a failure."""

    id: str
    name: str
    created: float
    status: str
    message: str

    @property
    def is_active(self) -> bool:
        """See `Status.is_active`."""
        return Status(self.status).is_active

    @property
    def is_finished(self) -> bool:
        """See `Status.is_finished`."""
        return Status(self.status).is_finished

    @property
    def is_resumable(self) -> bool:
        """See `Status.is_resumable`."""
        return Status(self.status).is_resumable


class _DamagedListError(StoreError):
    """The file is no SQLite database, or a broken one."""


class RunIndex:
    """The list of runs under one home; safe from several threads and processes.

    A damaged list is put aside when it is opened, and made again from the runs' directories, without the
    names that people gave: `set_aside` is then where the damaged one lies, else None.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / "runs.sqlite"
        self.directory = home / "runs"
        make_directory(self.directory)
        self.set_aside: Path | None = None
        try:
            self._open()
        except _DamagedListError:
            self.set_aside = self._put_aside()
            self._open()

    def _open(self) -> None:
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_SCHEMA)
        self._adopt_strays()

    def _put_aside(self) -> Path:
        """Give a damaged list another name; the new one is made from the runs' directories."""
        aside = self._file.with_name(f"{self._file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        self._file.replace(aside)
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        return aside

    def add(self, run_id: str, name: str, status: str) -> None:
        """Add a run, created now."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO run (id, name, created, status) VALUES (?, ?, ?, ?)",
                (run_id, name, time.time(), str(status)),
            )

    def rows(self) -> list[RunRow]:
        """All runs, the newest first."""
        with self._connection() as connection:
            found = connection.execute(
                "SELECT id, name, created, status, message FROM run ORDER BY created DESC, id"
            )
            return [RunRow(*row) for row in found]

    def get(self, run_id: str) -> RunRow | None:
        """One run, or None."""
        return next((row for row in self.rows() if row.id == run_id), None)

    def set_status(self, run_id: str, status: str, message: str = "") -> None:
        """Change a run's status and message."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE run SET status = ?, message = ? WHERE id = ?", (str(status), message, run_id)
            )

    def begin(self, run_id: str) -> bool:
        """Make a queued run a running one; False where it is no longer queued."""
        with self._connection() as connection:
            changed = connection.execute(
                "UPDATE run SET status = ?, message = '' WHERE id = ? AND status = ?",
                (str(Status.RUNNING), run_id, str(Status.QUEUED)),
            )
            return changed.rowcount == 1

    def rename(self, run_id: str, name: str) -> None:
        """Change a run's name; StoreError for an empty one."""
        if not name.strip():
            raise StoreError("a run's name cannot be empty")
        with self._connection() as connection:
            connection.execute("UPDATE run SET name = ? WHERE id = ?", (name.strip()[:120], run_id))

    def remove(self, run_id: str) -> None:
        """Take a run off the list; its directory is the caller's."""
        with self._connection() as connection:
            connection.execute("DELETE FROM run WHERE id = ?", (run_id,))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._file, timeout=10)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.OperationalError as error:  # locked, read-only, no space: the list itself is whole
            raise StoreError(f"the list of runs {self._file} cannot be used: {error}") from None
        except sqlite3.DatabaseError as error:
            raise _DamagedListError(f"the list of runs {self._file} is damaged: {error}") from None
        except sqlite3.Error as error:
            raise StoreError(f"the list of runs {self._file} cannot be used: {error}") from None

    def _adopt_strays(self) -> None:
        known = {row.id for row in self.rows()}
        for config_file in sorted(self.directory.glob("*/config.json")):
            run_id = config_file.parent.name
            if run_id in known:
                continue
            try:
                store = RunStore(config_file.parent)
            except AlcoreError:
                continue  # not a run that this version can read; it is left alone
            config = store.config
            done = len(store.committed()) == config.records
            self.add(run_id, run_id, Status.FINISHED if done else Status.INTERRUPTED)
