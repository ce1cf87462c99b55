"""The list of the dashboard's runs: an SQLite file (WAL) in ALCORE_HOME, one row per run.

It holds what a page needs to list runs without opening their directories. Everything else about a run is in
its directory, and a directory without a row is adopted when the list is opened.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alcore.errors import AlcoreError, DamagedFileError, StoreError
from alcore.event_log import tell, warn
from alcore.experiment.run_identity import run_fingerprint
from alcore.home_files import connected, damage_reported, put_aside
from alcore.storage.files import make_directory
from alcore.storage.run_store import RunStore
from alcore.wording import odd_character


class Status(StrEnum):
    """The state of a run. Compare with plain strings, which outlive a reload of this module."""

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


_LONGEST_NOTE = 2000
_LAST_SECOND = 2**40  # since 1970; far beyond any clock, and still a date
_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL,
    status TEXT NOT NULL, message TEXT NOT NULL DEFAULT ''
)
"""
_LATER = ("owner", "note", "tags", "trashed", "fingerprint")
"""Columns that lists of earlier versions lack."""
_COLUMNS = "id, name, created, status, message, owner, note, tags, fingerprint"


@dataclass(frozen=True)
class RunRow:
    """One run as listed. `created` is in seconds since 1970; `message` says why, after a failure.

    owner: the name of who started it, '' at a server without roles; tags: words with spaces between them;
    fingerprint: of its config, '' where that is not known yet.
    """

    id: str
    name: str
    created: float
    status: str
    message: str
    owner: str = ""
    note: str = ""
    tags: str = ""
    fingerprint: str = ""

    @property
    def _texts(self) -> tuple[object, ...]:
        return self.id, self.name, self.message, self.owner, self.note, self.tags, self.fingerprint

    @property
    def is_sound(self) -> bool:
        """Whether the row is as this program writes it; a disk error may have changed it."""
        return (
            all(isinstance(text, str) for text in self._texts)
            and re.fullmatch(r"[\w.-]+", self.id) is not None
            and isinstance(self.created, float)
            and 0 <= self.created < _LAST_SECOND
            and self.status in list(Status)
        )

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


class RunIndex:
    """The list of runs under one home; safe from several threads and processes.

    A damaged list is put aside when it is opened, and made again from the runs' directories, without the
    names that people gave: `set_aside` is then where the damaged one lies, else None.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "runs.sqlite"
        self.directory = home / "runs"
        make_directory(self.directory)
        self.set_aside: Path | None = None
        try:
            self._open()
        except DamagedFileError:
            self.set_aside = put_aside(self.file)
            self._open()

    def _open(self) -> None:
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("BEGIN IMMEDIATE")  # two servers may open a list of before at once
            connection.execute(_SCHEMA)
            have = {row[1] for row in connection.execute("PRAGMA table_info(run)")}
            for name in set(_LATER) - have:
                connection.execute(f"ALTER TABLE run ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
        self._adopt_strays()

    def place(self, run_id: str) -> Path:
        """Where a run's directory is, or would be."""
        return self.directory / run_id

    def find(self, fingerprint: str) -> list[RunRow]:
        """Finished runs whose config has that fingerprint, the newest first."""
        return [row for row in self.rows() if row.fingerprint == fingerprint and row.is_finished]

    def add(self, run_id: str, name: str, status: str, *, owner: str = "", fingerprint: str = "") -> None:
        """Add a run, created now; the fingerprint is its config's.

        Another process that opened the list meanwhile may have added the directory as a stray: this row
        counts.
        """
        with self._connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO run (id, name, created, status, owner, fingerprint)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (run_id, name, time.time(), str(status), owner, fingerprint),
            )

    def rows(self) -> list[RunRow]:
        """All runs, the newest first."""
        with self._connection() as connection:
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM run WHERE trashed = '' ORDER BY created DESC, id"
            )
            rows = [RunRow(*row) for row in found]
        if not all(row.is_sound for row in rows):
            raise self._unsound()
        return rows

    def get(self, run_id: str) -> RunRow | None:
        """The run of that id, or None."""
        with self._connection() as connection:
            query = f"SELECT {_COLUMNS} FROM run WHERE trashed = '' AND id = ?"
            found = connection.execute(query, (run_id,)).fetchone()
        row = None if found is None else RunRow(*found)
        if row is not None and not row.is_sound:
            raise self._unsound()
        return row

    def _unsound(self) -> DamagedFileError:
        return DamagedFileError(self.file, "(the list of runs) contains entries that were never written")

    def set_status(self, run_id: str, status: str, message: str = "") -> None:
        """Change a run's status and message."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE run SET status = ?, message = ? WHERE id = ?", (str(status), message, run_id)
            )

    def begin(self, run_id: str) -> bool:
        """Mark a queued run as running; False if it is no longer queued."""
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
        if odd := odd_character(name.strip()):
            raise StoreError(f"a run's name cannot hold the character {odd}")
        with self._connection() as connection:
            connection.execute("UPDATE run SET name = ? WHERE id = ?", (name.strip()[:120], run_id))

    def annotate(self, run_id: str, *, note: str, tags: str) -> None:
        """Change a run's note and tags; StoreError where one cannot be."""
        odd = odd_character(note.replace("\n", " ")) or odd_character(tags)
        if odd or len(note) > _LONGEST_NOTE or len(tags) > _LONGEST_NOTE:
            raise StoreError(f"notes and tags have up to {_LONGEST_NOTE} characters, none of them hidden")
        tags = " ".join(dict.fromkeys(tags.replace(",", " ").split()))
        with self._connection() as connection:
            connection.execute("UPDATE run SET note = ?, tags = ? WHERE id = ?", (note, tags, run_id))

    def note_fingerprint(self, run_id: str, fingerprint: str) -> None:
        """Note the fingerprint of a run's config."""
        with self._connection() as connection:
            connection.execute("UPDATE run SET fingerprint = ? WHERE id = ?", (fingerprint, run_id))

    def put_in_trash(self, run_id: str) -> None:
        """Take a run off the list, so that it can be put back."""
        self._set_trashed(run_id, repr(time.time()))

    def take_from_trash(self, run_id: str) -> None:
        """Put a run back on the list."""
        self._set_trashed(run_id, "")

    def _set_trashed(self, run_id: str, when: str) -> None:
        with self._connection() as connection:
            connection.execute("UPDATE run SET trashed = ? WHERE id = ?", (when, run_id))

    def trash(self) -> dict[str, float]:
        """When the runs that were put there were, in seconds since 1970, by id."""
        with self._connection() as connection:
            found = connection.execute("SELECT id, trashed FROM run WHERE trashed != ''").fetchall()
        with damage_reported(self.file):
            return {str(run_id): float(when) for run_id, when in found}

    def owner_of(self, run_id: str) -> str:
        """Who started a run, whether it is listed or in the trash; '' for nobody."""
        with self._connection() as connection:
            found = connection.execute("SELECT owner FROM run WHERE id = ?", (run_id,)).fetchone()
        return str(found[0]) if found else ""

    def remove(self, run_id: str) -> None:
        """Take a run off the list; its directory is the caller's."""
        with self._connection() as connection:
            connection.execute("DELETE FROM run WHERE id = ?", (run_id,))

    def _connection(self) -> AbstractContextManager[sqlite3.Connection]:
        return connected(self.file, "the list of runs")

    def _adopt_strays(self) -> None:
        known = {row.id for row in self.rows()} | self.trash().keys()
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
            status = Status.FINISHED if done else Status.INTERRUPTED
            self.add(run_id, run_id, status, fingerprint=run_fingerprint(config))


def tell_end(row: RunRow | None) -> None:
    """Log how a run stands after its worker has left it; nothing for a deleted run."""
    if row is None:
        return
    is_well = row.status in (Status.FINISHED, Status.STOPPED, Status.QUEUED)
    name = "run_put_back" if row.status == Status.QUEUED else f"run_{row.status}"
    log = tell if is_well else warn
    log(name, run=row.id, visitor=row.owner or None, reason=row.message or None)
