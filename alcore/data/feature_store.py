"""A store of kept features on disk, filled by any number of processes at once, each block by one of them.

A store is a directory with store.json (what it holds), rows.bin (one row for each patch as the encoder saw
it, mapped into memory) and index.sqlite (blocks of rows: which patches, who computes them, their checksum).
A block counts once its checksum is there, which is written after its rows have reached the disk. It is
compared once before an open store reads the block, and what differs is computed again. A process that claims
a block holds a lock that the system frees when it dies; then another one computes it. So
runs, their workers and studies share a store without knowing of each other, and a kill costs a block.
"""

from __future__ import annotations

import json
import mmap
import operator
import os
import sqlite3
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
from filelock import FileLock, Timeout

from alcore.data.features import FLIPS, FeatureKey, row_type, shapes_of
from alcore.errors import AlcoreError, StoreError
from alcore.event_log import warn
from alcore.home_files import connected, damage_reported
from alcore.json_object import read_json_object

ABOUT, ROWS, INDEX, USERS = "store.json", "rows.bin", "index.sqlite", "users"
TOGETHER = 8
"""Patches of one forward pass, always: then what a patch gets does not depend on who asked for it."""

_LARGE = 256 * 2**20  # bytes
_BLOCK_BYTES, _BLOCK_ROWS = 8 * 2**20, 64
_SECONDS_BETWEEN_LOOKS = 0.05
_TABLE = """CREATE TABLE IF NOT EXISTS blocks (
  first INTEGER PRIMARY KEY, views BLOB NOT NULL, owner TEXT NOT NULL, crc32 INTEGER)"""

Compute = Callable[[np.ndarray], np.ndarray]
"""(n,) views -> (n,) rows of the store's type."""
Follow = Callable[[int, int], None]
"""Called with (done, total) before each block; it may block, or raise to leave."""


def views_of(items: np.ndarray, flip: str, patches: int) -> np.ndarray:
    """(n,) ids and how they are flipped -> (n,) int64 views: a number for each way of seeing each patch."""
    return np.asarray(items, dtype=np.int64) + FLIPS.index(flip) * patches


@dataclass(frozen=True)
class _Block:
    """Rows that lie together: where, (n,) views, who computes them, and their checksum once it is there."""

    first: int
    views: np.ndarray
    owner: str
    crc32: int | None

    def crc32_of(self, rows: bytes) -> int:
        """Its checksum if these are its rows; views are part of it, as the index may be damaged too."""
        return zlib.crc32(rows, zlib.crc32(self.views.astype("<i8").tobytes()))


class FeatureStore:
    """One store, open. A context manager; while it is open, nobody removes it."""

    def __init__(self, directory: Path, key: FeatureKey, kind: np.dtype, *, patches: int, name: str) -> None:
        """Open a store, or begin one. Use `alcore.data.feature_shelf.open_store`, which knows where it is.

        Args:
            kind: `alcore.data.features.row_type` of a row; patches, name: of the data set.
        Raises:
            StoreError: it cannot be written, or is damaged beyond what filling it again would mend.
        """
        self.directory, self.kind, self.patches = directory, kind, patches
        self.block_rows = max(
            TOGETHER, min(_BLOCK_ROWS, _BLOCK_BYTES // kind.itemsize // TOGETHER * TOGETHER)
        )
        self._slots = np.full(len(FLIPS) * patches, -1, dtype=np.int64)
        self._unchecked: dict[int, _Block] = {}
        self._checked: set[tuple[int, int | None]] = set()
        self._rows: np.ndarray | None = None
        self._name = uuid.uuid4().hex
        with _writing(directory):
            (directory / USERS).mkdir(parents=True, exist_ok=True)
            self._lease = FileLock(_lease(directory, self._name), thread_local=False)
            self._lease.acquire(timeout=0)
            if kept_type(directory) != kind:  # none yet, or damaged, or of an earlier version
                self.put(ABOUT, _about(key, kind, name))
            os.utime(directory / ABOUT)
            (directory / ROWS).touch()
        try:
            with self._connected() as index:
                index.execute(_TABLE)
            self._look_again()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> FeatureStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; idempotent."""
        self._lease.release()
        with suppress(OSError):
            _lease(self.directory, self._name).unlink(missing_ok=True)

    def put(self, name: str, content: bytes) -> None:
        """Write a small file beside the rows, whole or not at all; StoreError where that fails."""
        partial = self.directory / f".{name}-{self._name}"
        with _writing(self.directory):
            partial.write_bytes(content)
            partial.replace(self.directory / name)

    @property
    def kept(self) -> int:
        """How many views the store has."""
        return int(np.count_nonzero(self._slots >= 0))

    def missing(self, views: np.ndarray) -> np.ndarray:
        """Those of (n,) views that are not there, ascending."""
        views = np.unique(views)
        if (self._slots[views] < 0).any():
            self._look_again()
        self._check(views)
        return views[self._slots[views] < 0]

    def read(self, views: np.ndarray, field: str | None = None) -> np.ndarray:
        """(n,) views, all of them there -> (n,) rows, or one field of them."""
        slots = self._slots[views]
        if (slots < 0).any():
            raise KeyError(f"no features of the views {views[slots < 0]}")
        needed = (int(slots.max(initial=-1)) + 1) * self.kind.itemsize
        if needed and (self._rows is None or self._rows.nbytes < needed):
            self._rows = self._mapped()
        if self._rows is None:
            return np.zeros(0, dtype=self.kind if field is None else self.kind[field])
        rows = (self._rows if field is None else self._rows[field])[slots]
        if self._rows.nbytes > _LARGE and hasattr(mmap, "MADV_DONTNEED"):
            cast(mmap.mmap, self._rows.base).madvise(mmap.MADV_DONTNEED)
        return rows

    def fill(
        self, views: np.ndarray, compute: Compute, *, follow: Follow, has_room: Callable[[int], bool]
    ) -> None:
        """Compute what is missing among (n,) views, together with other processes that do so.

        Args:
            has_room: asked before a block is added whether there is room for some bytes; if not, this
                returns.
        Raises:
            StoreError: the index cannot be written. What `compute` and `follow` raise.
        """
        total = np.unique(views).size
        while (missing := self.missing(views)).size:
            follow(total - missing.size, total)
            block = self._claim(missing)
            if block is None:  # others compute all that is missing
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                continue
            is_kept = False
            try:
                is_kept = has_room(block.views.size * self.kind.itemsize) and self._keep(block, compute)
            finally:
                if not is_kept:
                    self._release(block)
            if not is_kept:
                return
        follow(total, total)

    def _connected(self) -> AbstractContextManager[sqlite3.Connection]:
        return _index_of(self.directory)

    def _look_again(self) -> None:
        with self._connected() as index:
            blocks = [block for block in self._blocks(index) if block.crc32 is not None]
        self._slots[:] = -1
        for block in blocks:
            self._slots[block.views] = block.first + np.arange(block.views.size)
        self._unchecked = {b.first: b for b in blocks if (b.first, b.crc32) not in self._checked}

    def _blocks(self, index: sqlite3.Connection) -> list[_Block]:
        """All of the index, which is damaged where one cannot be."""
        blocks, most = _blocks(index, self.directory), self._slots.size
        with damage_reported(self.directory / INDEX):
            for block in blocks:
                if not (
                    0 <= block.first <= 2 * most and (block.views < most).all() and (block.views >= 0).all()
                ):
                    raise ValueError(block.first)
        return blocks

    def _check(self, views: np.ndarray) -> None:
        """Compare the blocks of (n,) views with their checksums, once; those that differ are gone then."""
        if not self._unchecked:
            return
        slots, firsts = np.sort(self._slots[views]), np.array(sorted(self._unchecked))
        ends = firsts + [self._unchecked[first].views.size for first in firsts]
        touched = np.searchsorted(slots, ends) > np.searchsorted(slots, firsts)
        blocks = [self._unchecked.pop(int(first)) for first in firsts[touched]]
        dropped = _drop_damaged(self.directory, self.kind.itemsize, blocks)
        self._checked |= {(block.first, block.crc32) for block in blocks if block.first not in dropped}
        if dropped:
            self._look_again()

    def _mapped(self) -> np.ndarray:
        file = self.directory / ROWS
        return np.memmap(file, self.kind, "r", shape=(file.stat().st_size // self.kind.itemsize,))

    def _claim(self, missing: np.ndarray) -> _Block | None:
        """A block of missing views, from now on in this store's hand; None where others have them all."""
        with self._connected() as index:
            index.execute("BEGIN IMMEDIATE")
            first = 0
            for block in self._blocks(index):  # some may have been finished since `missing` was asked
                if block.crc32 is None and self._is_dead(block.owner):
                    index.execute("DELETE FROM blocks WHERE first = ?", (block.first,))
                    continue
                missing = np.setdiff1d(missing, block.views)
                first = block.first + block.views.size
            if not missing.size:
                return None
            views = missing[: self.block_rows].astype("<i8")
            claim = (first, views.tobytes(), self._name)
            index.execute("INSERT INTO blocks (first, views, owner) VALUES (?, ?, ?)", claim)
            return _Block(first, views, self._name, None)

    def _is_dead(self, owner: str) -> bool:
        """Whether the process that claimed a block ended without having computed it."""
        if owner == self._name:
            return True  # of an earlier attempt, which failed
        lease = _lease(self.directory, owner)
        if not lease.exists():
            return True
        with suppress(Timeout), FileLock(lease).acquire(timeout=0):
            return True
        return False

    def _keep(self, block: _Block, compute: Compute) -> bool:
        """Compute a block and write it, rows first; False where the disk has no room for it."""
        rows = compute(block.views)
        content = np.ascontiguousarray(rows, dtype=self.kind).tobytes()
        try:
            with (self.directory / ROWS).open("r+b") as file:
                file.seek(block.first * self.kind.itemsize)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            warn("kept_features_not_written", store=str(self.directory), why=error.strerror)
            return False
        with self._connected() as index:
            index.execute(
                "UPDATE blocks SET crc32 = ? WHERE first = ? AND owner = ?",
                (block.crc32_of(content), block.first, self._name),
            )
        return True

    def _release(self, block: _Block) -> None:
        with suppress(StoreError), self._connected() as index:
            index.execute(
                "DELETE FROM blocks WHERE first = ? AND owner = ? AND crc32 IS NULL",
                (block.first, self._name),
            )


def kept_type(directory: Path) -> np.dtype | None:
    """The type of a store's rows, as its store.json says; None where it does not, or is damaged."""
    try:
        about = read_json_object(directory / ABOUT)
    except AlcoreError:
        return None
    crc32 = about.pop("crc32", None)
    if crc32 is None or crc32 != _crc32_of(about):
        return None
    maps, pooled = cast(list[list[int]], about["maps"]), cast(int, about["pooled"])
    return row_type([tuple(shape) for shape in maps], pooled)


def _about(key: FeatureKey, kind: np.dtype, name: str) -> bytes:
    """The content of store.json, with a checksum of the rest, as how rows are read follows from it."""
    maps, pooled = shapes_of(kind)
    shapes = {"row_bytes": kind.itemsize, "pooled": pooled, "maps": [list(shape) for shape in maps]}
    about = asdict(key) | {"dataset": name} | shapes
    return (json.dumps(about | {"crc32": _crc32_of(about)}, indent=2) + "\n").encode()


def _crc32_of(about: dict[str, object]) -> int:
    return zlib.crc32(json.dumps(about, sort_keys=True).encode())


def verify(directory: Path) -> int:
    """Compare every block of a store with its checksum; those that differ go, to be computed again.

    Returns:
        how many differed.
    Raises:
        DamagedFileError: the store cannot be read at all.
    """
    about = read_json_object(directory / ABOUT)
    with damage_reported(directory / ABOUT):
        row_bytes = int(about["row_bytes"])
    with _index_of(directory) as index:
        blocks = _blocks(index, directory)
    return len(_drop_damaged(directory, row_bytes, blocks))


def _index_of(directory: Path) -> AbstractContextManager[sqlite3.Connection]:
    return connected(directory / INDEX, "the index of kept features", seconds=60)


def _blocks(index: sqlite3.Connection, directory: Path) -> list[_Block]:
    found = index.execute("SELECT first, views, owner, crc32 FROM blocks ORDER BY first").fetchall()
    with damage_reported(directory / INDEX):
        return [
            _Block(operator.index(first), np.frombuffer(views, "<i8"), str(owner), crc)
            for first, views, owner, crc in found
        ]


def _drop_damaged(directory: Path, row_bytes: int, blocks: list[_Block]) -> set[int]:
    """Where the blocks began that were not what they had been."""
    done, damaged = [block for block in blocks if block.crc32 is not None], set()
    with damage_reported(directory / ROWS), (directory / ROWS).open("rb") as file:
        for block in done:
            file.seek(block.first * row_bytes)
            if block.crc32_of(file.read(block.views.size * row_bytes)) != block.crc32:
                damaged.add(block.first)
    if damaged:
        warn("kept_features_damaged", store=str(directory), blocks=len(damaged))
        with _index_of(directory) as index:
            index.executemany("DELETE FROM blocks WHERE first = ?", [(first,) for first in damaged])
    return damaged


def is_in_use(directory: Path) -> bool:
    """Whether somebody has the store open; leases of the dead are swept up."""
    for lease in (directory / USERS).glob("*.lock"):
        try:
            with FileLock(lease).acquire(timeout=0):
                lease.unlink(missing_ok=True)
        except Timeout:
            return True
        except OSError:
            continue
    return False


def _lease(directory: Path, owner: str) -> Path:
    return directory / USERS / f"{owner}.lock"


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{directory} cannot be written: {error.strerror or error}") from None
