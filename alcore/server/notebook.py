"""The list of runs as a notebook: each run with its figures of merit; filtering, sorting and searching.

Figures are computed once for each state of a run's records and kept in the list's own database, so that a
thousand runs are listed without opening one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from math import isnan, nan
from pathlib import Path

from alcore.access.limits import count_bytes
from alcore.errors import AlcoreError
from alcore.experiment.run_identity import run_fingerprint
from alcore.home_files import connected
from alcore.server.index import RunIndex, RunRow
from alcore.statistics.estimands import aubc
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables

_BASELINE = "random"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS merit (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, records INTEGER NOT NULL, dataset TEXT NOT NULL,
    best TEXT NOT NULL, final_iou REAL, aubc REAL, advantage REAL, seconds REAL NOT NULL,
    bytes INTEGER NOT NULL
)
"""


@dataclass(frozen=True)
class Merits:
    """The results of a run at its own π₁; NaN where unknown.

    version: changes with the records; best: the strategy whose IoU is highest at the end, or all that tie
    there, with commas; final_iou, aubc, advantage: of it, where several tie the highest AUBC, and no
    advantage over random; seconds: from the first record to the last.
    """

    version: int
    records: int
    dataset: str
    best: str
    final_iou: float
    aubc: float
    advantage: float
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Entry:
    """One run with its figures, None while they are not known."""

    row: RunRow
    merits: Merits | None


ORDERS = {
    "newest": lambda entry: -entry.row.created,
    "name": lambda entry: entry.row.name.casefold(),
    "final IoU": lambda entry: _falling(entry, "final_iou"),
    "AUBC": lambda entry: _falling(entry, "aubc"),
    "advantage": lambda entry: _falling(entry, "advantage"),
    "time": lambda entry: _falling(entry, "seconds"),
    "size": lambda entry: _falling(entry, "bytes"),
}
"""Ways to sort entries: keys by title; numbers fall, and what is not known comes last."""


class Notebook:
    """The runs of one home's list with their figures."""

    def __init__(self, index: RunIndex) -> None:
        """`index` is the list; its database gets one more table."""
        self._index = index
        with connected(index.file, "the list of runs") as connection:
            connection.execute(_SCHEMA)

    def entries(self) -> list[Entry]:
        """All runs, the newest first, with what is known of them."""
        names = ", ".join(field.name for field in fields(Merits))
        with connected(self._index.file, "the list of runs") as connection:
            found = connection.execute(f"SELECT id, {names} FROM merit").fetchall()
        known = {run_id: _merits(values) for run_id, *values in found}
        return [Entry(row, known.get(row.id)) for row in self._index.rows()]

    def fill(self, entries: Iterable[Entry], *, seconds: float) -> bool:
        """Compute missing or outdated figures of inactive runs.

        Args:
            entries: those that matter most first.
            seconds: to spend at most, but that a run once begun is finished.
        Returns:
            Whether anything was computed.
        """
        until, has_news = time.monotonic() + seconds, False
        for entry in entries:
            if time.monotonic() > until:
                break
            if entry.row.is_active:
                continue
            with suppress(AlcoreError):  # a damaged run has none; its own row says what is wrong
                has_news |= self._fill_one(entry)
        return has_news

    def _fill_one(self, entry: Entry) -> bool:
        directory = self._index.directory / entry.row.id
        version = _version(directory)
        if entry.merits is not None and entry.merits.version == version and entry.row.fingerprint:
            return False
        store = RunStore(directory)
        values = (entry.row.id, *astuple(_measure(store, version)))
        marks = ", ".join("?" * len(values))
        with connected(self._index.file, "the list of runs") as connection:
            connection.execute(f"INSERT OR REPLACE INTO merit VALUES ({marks})", values)
        if entry.row.fingerprint != (fingerprint := run_fingerprint(store.config)):
            self._index.note_fingerprint(entry.row.id, fingerprint)
        return True


def chosen(
    entries: Iterable[Entry], *, words: str = "", statuses: Sequence[str] = (), order: str = "newest"
) -> list[Entry]:
    """Entries with all the words in name, id, tags, note or data set, and one of the statuses, sorted."""
    wanted = words.casefold().split()
    kept = [
        entry
        for entry in entries
        if (not statuses or entry.row.status in statuses) and all(word in _text(entry) for word in wanted)
    ]
    return sorted(kept, key=ORDERS[order])


def _text(entry: Entry) -> str:
    row, dataset = entry.row, entry.merits.dataset if entry.merits else ""
    return " ".join((row.name, row.id, row.tags, row.note, row.status, row.owner, dataset)).casefold()


def _falling(entry: Entry, name: str) -> tuple[bool, float]:
    value = nan if entry.merits is None else getattr(entry.merits, name)
    return isnan(value), -value


def _version(directory: Path) -> int:
    try:
        return (directory / "records").stat().st_mtime_ns
    except OSError:
        return 0


def _measure(store: RunStore, version: int) -> Merits:
    files = [store.record_path(key) for key in store.committed()]
    times = [file.stat().st_mtime for file in files]
    frame = RunTables(store).values("iou", store.config.test_prevalence)
    means = frame.groupby(["strategy", "labelled"])["value"].mean().unstack("labelled")
    best, final, area, advantage = "", nan, nan, nan
    whole = means.dropna()
    if len(whole):
        areas = dict(zip(whole.index, aubc(whole.to_numpy(), whole.columns.to_numpy(float)), strict=True))
        final = float(whole.iloc[:, -1].max())
        names = [str(name) for name in whole.index[whole.iloc[:, -1] == final]]
        best, area = ",".join(names), max(float(areas[name]) for name in names)
        advantage = area - float(areas.get(_BASELINE, nan)) if len(names) == 1 else nan
    return Merits(
        version=version,
        records=len(files),
        dataset=store.config.dataset,
        best=best,
        final_iou=final,
        aubc=area,
        advantage=advantage,
        seconds=max(times, default=0.0) - min(times, default=0.0),
        bytes=count_bytes(store.directory),
    )


def _merits(values: Sequence[object]) -> Merits:
    return Merits(*(nan if value is None else value for value in values))  # type: ignore[arg-type]
