"""A whole home as one zip file, and back: `alcore backup` and `alcore restore`; and what a home holds."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

import psutil

from alcore import __version__
from alcore.access.limits import bytes_of
from alcore.compute.capacity import visible_gpus
from alcore.data.collection import dataset_names
from alcore.errors import StoreError
from alcore.home_files import connected
from alcore.json_object import parse_json_object
from alcore.machine import usable_cores
from alcore.server.home_holder import HomeHolder, holder_in_words
from alcore.server.index import RunIndex
from alcore.storage.archive import Readable, beside, opened_zip, take_out, write_zip
from alcore.storage.held_files import hold
from alcore.study.reader import studies_directory
from alcore.study.study_store import StudyStore

_MANIFEST = "manifest.json"
_LEFT_OUT = ("access.key", "server.json", "features", "uploads", "trash", "live")
"""A key would make the archive a secret; the others are temporary. Never written or restored."""
_ACCESS = ("access.json", "limits.json")
"""Access settings and limits: restored only on request, since an archive may be forged."""
_PRIVATE = (*_ACCESS, "audit.jsonl", "audit.jsonl.1")
_KEPT_TOGETHER = ("datasets", "runs", "studies")
"""Folders of which each entry is one thing, whose files go together."""
_SCRATCH = ".partial-backup-"
_PRIVATE_MODE, _MODE, _FOLDER_MODE = 0o600, 0o644, 0o755
_MOST_BYTES = 2 * 10**12


def back_up(home: Path, file: Path) -> tuple[int, int]:
    """Write all of a home except its key; returns how many files, and the archive's bytes.

    Runs may go on meanwhile: each is kept as it stands at one moment, so that it can be resumed.

    Raises:
        StoreError: there is no home, or the file cannot be written.
    """
    if not (home / "runs").is_dir():
        raise StoreError(f"there is no home in {home}")
    sums: dict[str, str] = {}

    with _scratch_in(home) as scratch:
        size = write_zip(file, _members(home, scratch, file.absolute(), sums))
    return len(sums), size


def _members(
    home: Path, scratch: Path, itself: Path, sums: dict[str, str]
) -> Iterator[tuple[str, Readable | bytes]]:
    """A home's files by name, and last of all what `sums` has then: the checksums of what was read.

    Lists and ledgers come first, each as it stands at one moment: a run that they call finished has all its
    files by then, and one that goes on is resumed when it is opened. Then each run, data set and study,
    as it stands at one moment; those that are deleted before their turn are left out.
    """
    snapshots = scratch / "databases"
    for path in sorted(home.rglob("*.sqlite")):
        if not _is_left_out(path.relative_to(home).as_posix()):
            _snapshot(path, snapshots / path.relative_to(home))
    yield from _read(snapshots, snapshots, sums)
    for kind in _KEPT_TOGETHER:
        for directory in sorted((home / kind).glob("*/")):
            held = scratch / kind / directory.name
            if not _is_left_out(f"{kind}/{directory.name}") and hold(directory, held):
                yield from _read(scratch, held, sums)
            shutil.rmtree(held, ignore_errors=True)
        for path in (home / kind).glob("*"):
            if path.is_file():
                yield from _read(home, path, sums)
    for path in sorted(home.iterdir()):
        if path.name not in _KEPT_TOGETHER and path.absolute() != itself:
            yield from _read(home, path, sums)
    yield _MANIFEST, json.dumps({"alcore": __version__, "files": sums}, indent=1).encode()


def _read(root: Path, place: Path, sums: dict[str, str]) -> Iterator[tuple[str, Readable]]:
    """The files of a place, or the one that it is, that are still there and not read yet; notes checksums."""
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        name = path.relative_to(root).as_posix()
        if _is_left_out(name) or name in sums or path.is_symlink() or not path.is_file():
            continue
        try:
            opened = path.open("rb")
        except FileNotFoundError:  # such as a log that has just been turned over
            continue
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror or error}") from None
        with opened:
            source = _Summed(opened)
            yield name, source
            sums[name] = source.sum()


class _Summed:
    """A file that is read once, with the checksum of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._sum = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """As a file's own; StoreError where the disk cannot."""
        try:
            part = self._file.read(size)
        except OSError as error:
            raise StoreError(f"{self._file.name} cannot be read: {error.strerror or error}") from None
        self._sum.update(part)
        return part

    def sum(self) -> str:
        """SHA-256 of all that was read so far."""
        return self._sum.hexdigest()


@contextmanager
def _scratch_in(home: Path) -> Iterator[Path]:
    """A folder on the home's disk, where files can have second names, or elsewhere if it is read-only.

    What a backup that was killed has left there goes first.
    """
    for left in home.glob(f"{_SCRATCH}*"):
        process = left.name.removeprefix(_SCRATCH).partition("-")[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    prefix = f"{_SCRATCH}{os.getpid()}-"
    try:
        scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
    except OSError:
        scratch = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class Restored(NamedTuple):
    """The outcome of a restore: the number of files, and the access files that were left in the backup."""

    files: int
    left: list[str]


def restore(file: Path, home: Path, *, with_access: bool = False) -> Restored:
    """Make a home from a backup, without the files that `back_up` leaves out, whatever the archive contains.

    Args:
        with_access: take access.json and limits.json too, which say who may come in and what they may have.
    Raises:
        AlcoreError: the archive is damaged or no backup, or there is a home already.
    """
    with opened_zip(file) as archive:
        if _MANIFEST not in archive.namelist():
            raise StoreError(f"{file} is no backup (no {_MANIFEST})")
        manifest = parse_json_object(archive.read(_MANIFEST), origin=_MANIFEST, error=StoreError)
        sums = manifest.get("files")
        if not isinstance(sums, dict):
            raise StoreError(f"{file} is no backup ({_MANIFEST} lists no files)")
        with beside(home) as scratch:
            kept = {name for name in sums if not _is_left_out(name)}
            left = [] if with_access else sorted(name for name in kept if _parts(name)[0] in _ACCESS)
            kept -= set(left)
            names = take_out(archive, scratch, kept.__contains__, most=_MOST_BYTES)
            for name in kept:
                if name not in names or _sum(scratch / name) != sums[name]:
                    raise StoreError(f"{file} is damaged: {name} is not what was backed up")
            for folder in ("runs", "datasets", "studies"):
                (scratch / folder).mkdir(exist_ok=True)
            for config in [
                *scratch.glob("runs/*/config.json"),
                *scratch.glob("studies/*/runs/*/config.json"),
            ]:
                for folder in ("records", "weights"):  # an archive has no empty ones, and a run writes there
                    (config.parent / folder).mkdir(exist_ok=True)
            _set_modes(scratch)
    return Restored(len(names), left)


def _parts(name: str) -> tuple[str, ...]:
    """A member's name as the file system reads it: `./access.key` is access.key, and some ignore case."""
    return PurePosixPath(name.casefold()).parts


def _set_modes(home: Path) -> None:
    """What a home's files may be read by, which no archive decides."""
    for path in home.rglob("*"):
        path.chmod(_FOLDER_MODE if path.is_dir() else _MODE)
    for name in _PRIVATE:
        if (home / name).exists():
            (home / name).chmod(_PRIVATE_MODE)


def _is_left_out(name: str) -> bool:
    parts = _parts(name)
    odd = not parts or parts[-1].startswith(".") or parts[-1].endswith(("-wal", "-shm"))
    return odd or parts[0] in _LEFT_OUT or any(part.startswith(".partial-") for part in parts)


def _snapshot(file: Path, copy: Path) -> None:
    """Make a copy of a database, as it stands at one moment; none of one that has gone."""
    if not file.is_file() or file.is_symlink():
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with connected(file, "a database") as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except StoreError:
        if file.exists():
            raise


def _sum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def status_of(home: Path) -> dict[str, object]:
    """version, home, holder (who works off its queue, or null), bytes, free, cores, gpus, runs by status,
    data_sets, studies, studies_running.

    Raises:
        StoreError: the home cannot be written, or its list of runs not be used.
    """
    rows = RunIndex(home).rows()
    claim = HomeHolder(home)
    is_free = claim.take()
    claim.leave()
    studies = [path.parent for path in studies_directory().glob("*/study.json")]
    return {
        "version": __version__,
        "home": str(home),
        "holder": None if is_free else holder_in_words(home),
        "bytes": bytes_of(home),
        "free": shutil.disk_usage(home).free,
        "cores": usable_cores(),
        "gpus": list(visible_gpus()),
        "runs": dict(sorted(Counter(row.status for row in rows).items())),
        "data_sets": len(dataset_names()),
        "studies": len(studies),
        "studies_running": sum(StudyStore(path).is_being_run() for path in studies),
    }
