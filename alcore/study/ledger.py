"""The progress of a study: an SQLite file (WAL) in its directory, one row per task.

It serves the pages that follow a study. The records in the runs' directories are the source of truth: a lost
ledger is rebuilt from them.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alcore.errors import DamagedFileError
from alcore.home_files import connected, put_aside

WAITING, RUNNING, FINISHED, FAILED = "waiting", "running", "finished", "failed"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS task (
    cell TEXT NOT NULL, repetition INTEGER NOT NULL, status TEXT NOT NULL,
    records INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '', PRIMARY KEY (cell, repetition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class CellProgress:
    """How far one cell has come: its tasks by state, and records of those begun but not finished."""

    waiting: int = 0
    running: int = 0
    finished: int = 0
    failed: int = 0
    records: int = 0

    @property
    def tasks(self) -> int:
        """The number of tasks in any state."""
        return self.waiting + self.running + self.finished + self.failed


class Ledger:
    """The ledger of one study; safe from several threads and processes of one machine."""

    def __init__(self, directory: Path) -> None:
        self._file = Path(directory) / "progress.sqlite"
        try:
            self._open()
        except DamagedFileError:  # the next run of the study writes all of it again
            put_aside(self._file)
            self._open()

    def _open(self) -> None:
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)

    def begin(self, tasks: Iterable[tuple[str, int, str, int]]) -> None:
        """Write all tasks again: (cell, repetition, status, records committed). Seconds are kept."""
        with self._connection() as connection:
            connection.execute("CREATE TEMP TABLE seen AS SELECT cell, repetition, seconds FROM task")
            connection.execute("CREATE INDEX temp.seen_key ON seen (cell, repetition)")
            connection.execute("DELETE FROM task")
            connection.executemany(
                "INSERT INTO task (cell, repetition, status, records) VALUES (?, ?, ?, ?)", tasks
            )
            connection.execute(
                "UPDATE task SET seconds = seen.seconds FROM seen "
                "WHERE seen.cell = task.cell AND seen.repetition = task.repetition"
            )

    def count_record(self, cell: str, repetition: int, records: int) -> None:
        """A task runs, and has committed so many records."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE task SET status = ?, records = ? WHERE cell = ? AND repetition = ?",
                (RUNNING, records, cell, repetition),
            )

    def end(self, ended: Iterable[tuple[str, int, str, float, str]]) -> None:
        """Tasks came back: (cell, repetition, status, seconds spent this time, message)."""
        rows = [(status, seconds, message, cell, rep) for cell, rep, status, seconds, message in ended]
        with self._connection() as connection:
            connection.executemany(
                "UPDATE task SET status = ?, seconds = seconds + ?, message = ? "
                "WHERE cell = ? AND repetition = ?",
                rows,
            )

    def by_cell(self) -> dict[str, CellProgress]:
        """CellProgress of every cell."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT cell, sum(status = 'waiting'), sum(status = 'running'), sum(status = 'finished'), "
                "sum(status = 'failed'), sum(iif(status = 'finished', 0, records)) FROM task GROUP BY cell"
            )
            return {cell: CellProgress(*counts) for cell, *counts in rows}

    def failures(self, most: int = 5) -> list[tuple[str, int, str]]:
        """(cell, repetition, message) of some failed tasks."""
        with self._connection() as connection:
            query = "SELECT cell, repetition, message FROM task WHERE status = ? LIMIT ?"
            found = connection.execute(query, (FAILED, most))
            return [(str(cell), repetition, str(message)) for cell, repetition, message in found]

    def note(self, **values: object) -> None:
        """Keep texts by name, with the time of writing as `noted`."""
        rows = [(key, str(value)) for key, value in (values | {"noted": time.time()}).items()]
        with self._connection() as connection:
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

    def notes(self) -> dict[str, str]:
        """All notes by name."""
        with self._connection() as connection:
            found = connection.execute("SELECT key, value FROM note")
            return {str(key): str(value) for key, value in found}

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with connected(self._file, "the study's ledger", seconds=30) as connection:
            connection.execute("PRAGMA synchronous=OFF")  # the records are the truth
            yield connection


def number_noted(notes: Mapping[str, str], name: str) -> float:
    """A note that is a number; 0 where there is none that can be read."""
    try:
        number = float(notes.get(name) or 0)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0
